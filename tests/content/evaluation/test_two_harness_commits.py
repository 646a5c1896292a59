"""The numbers of `evaluation/two-harness-commits`, recomputed from its exhibits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.content.saying import says

ID = "evaluation/two-harness-commits"
PROBLEMS = 1000


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture(scope="module")
def shown(question: Any, columns: Any) -> Any:
    return columns(question, "The two evaluations")


@pytest.fixture(scope="module")
def settings(question: Any, columns: Any) -> Any:
    return columns(question, "Both checkpoints under all four settings")


def test_the_shown_cells(question: Any, shown: Any) -> None:
    old, new = shown["3,000 on 41c7e02"], shown["3,600 on 9fe1b36"]
    assert (old[0] / 10, new[0] / 10) == (71.2, 62.9)
    assert (old[0] - new[0], new[1] - old[1]) == (83, 139)
    cut = new[1] / PROBLEMS
    finished = (new[2] - cut * 256) / (1 - cut)
    assert finished < 256
    says(question.scenario, "from 71.2 to 62.9")
    says(question.model_answer, "8.3 points", "148 outputs hit the limit instead of 9, that is 139 more", "83 correct")
    shares = [100 * cells[0] / (PROBLEMS - cells[1]) for cells in (new, old)]
    assert [round(share, 1) for share in shares] == [73.8, 71.8]
    says(question.debrief, "73.8 % against 71.8 %", "139 against 83")


def test_the_staged_cells_agree_with_the_shown_ones(shown: Any, settings: Any) -> None:
    assert [settings["max_new_tokens"][0], settings["system prompt"][0]] == [512, "none"]
    assert [settings["max_new_tokens"][3], settings["system prompt"][3]] == [256, "tutor"]
    assert [settings["3,000 correct"][0], settings["3,000 at limit"][0]] == shown["3,000 on 41c7e02"][:2]
    assert [settings["3,600 correct"][3], settings["3,600 at limit"][3]] == shown["3,600 on 9fe1b36"][:2]


def test_the_staged_cells_are_possible(settings: Any) -> None:
    for name in ("3,000", "3,600"):
        right, cut = settings[f"{name} correct"], settings[f"{name} at limit"]
        assert all(good + bad <= PROBLEMS for good, bad in zip(right, cut, strict=True))
        for long, short in ((0, 2), (1, 3)):
            assert 0 <= right[long] - right[short] <= cut[short] - cut[long]


def test_what_the_debrief_reads_from_them(question: Any, settings: Any) -> None:
    old, new = settings["3,000 correct"], settings["3,600 correct"]
    ahead = [later - earlier for earlier, later in zip(old, new, strict=True)]
    assert (min(ahead), max(ahead)) == (3, 8)
    assert (old[0] - old[3], new[0] - new[3]) == (88, 91)
    assert (old[1] - old[0], new[1] - new[0]) == (4, -1)
    assert (old[0] - old[2], new[0] - new[2]) == (36, 36)
    says(question.debrief, "3 to 8 problems", "3,000 loses 88 and 3,600 loses 91", "4 and -1 problems", "36 in both")
