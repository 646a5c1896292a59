"""The numbers of `experiment-design/replicate-the-regression`, recomputed from its exhibits."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from tests.content.saying import says

ID = "experiment-design/replicate-the-regression"
PROBLEMS = 1000


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture(scope="module")
def shown(question: Any, columns: Any) -> Any:
    return columns(question, "The 1,000 problems by verdict of the grader")["problems"]


@pytest.fixture(scope="module")
def fixed(question: Any, columns: Any) -> Any:
    return columns(question, "All 2,000 stored outputs under the fixed grader")["problems"]


@pytest.fixture(scope="module")
def read(question: Any, columns: Any) -> Any:
    return columns(question, "New model's outputs to the 84 problems, read by hand")["problems"]


def test_the_scores_follow_from_the_verdicts(question: Any, shown: Any) -> None:
    both, old, new, _ = shown
    assert sum(shown) == PROBLEMS
    assert ((both + old) / 10, (both + new) / 10) == (80.4, 74.2)
    says(question.scenario, "74.2", "80.4", "the 84 problems that only the old model got right")


def test_what_is_left_of_the_loss(question: Any, shown: Any, read: Any) -> None:
    assert sum(read) == shown[1]
    left, ahead = shown[1] - read[0], shown[2] - (shown[1] - read[0])
    assert (shown[1] - shown[2], left, ahead) == (62, 15, 7)
    says(question.model_answer, "84 against 22, so 62", "15 against 22", "7 problems ahead, 0.7 points")


def test_the_regrading_can_come_from_the_shown_verdicts(question: Any, shown: Any, fixed: Any, read: Any) -> None:
    assert sum(fixed) == PROBLEMS
    assert fixed[3] <= shown[3]
    assert fixed[0] - shown[0] >= read[0]
    scores = [
        first + second for table in (shown, fixed) for first, second in ((table[0], table[1]), (table[0], table[2]))
    ]
    assert scores == [804, 742, 811, 824]
    few, many = int(fixed[1]), int(fixed[2])
    chance = 2 * sum(math.comb(few + many, wins) for wins in range(few + 1)) / 2 ** (few + many)
    assert (many - few, round(chance, 2), round(math.sqrt(few + many) / 10, 1)) == (13, 0.07, 0.7)
    says(
        question.debrief,
        "from 804 to 811",
        "from 742 to 824",
        "13 problems, 16 against 29, p = 0.07",
        "about 0.7 points",
    )


def test_old_and_fixed_pattern() -> None:
    old, new = r"-?\d+(?:\.\d+)?", r"-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
    assert re.findall(old, "The total is 1,250.")[-1] == "250"
    assert [
        float(re.findall(new, text)[-1].replace(",", "")) for text in ("is 1,250.", "1250", "-12,500.5", "3, 12")
    ] == [
        1250,
        1250,
        -12500.5,
        12,
    ]


def test_price(question: Any) -> None:
    assert round(600 / 32) == 19
    assert 6 * 14e9 * 4e9 / (0.4 * 989e12) / 3600 < 300  # SFT of one seed; DPO takes the rest
    says(question.scenario, "600 GPU-hours, 19 hours on your 32 GPUs")
