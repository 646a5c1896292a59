"""The arithmetic of post-training/four-runs-for-on-policy-pairs."""

from __future__ import annotations

from itertools import pairwise
from math import sqrt
from typing import Any

import pytest

from tests.content.saying import says

ID = "post-training/four-runs-for-on-policy-pairs"


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def log(question: Any, columns: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = columns(question, "Kept checkpoints, all scored by J2 on the same 1,000 prompts")
    return found


def test_what_is_left(question: Any, columns: Any, log: dict[str, list[Any]]) -> None:
    rows = [dict(zip(log, row, strict=True)) for row in zip(*log.values(), strict=True)]
    bought, own = ([row for row in rows if row["run"] == run] for run in "BO")
    settings = next(exhibit.content for exhibit in question.exhibits if exhibit.title == "The two old runs")
    reported = [float(cell) for cell in settings.rows[-1][1:]]
    assert reported[1] == own[-1]["win"]
    gaps = [
        reported[1] - reported[0],
        own[-1]["win"] - bought[-1]["win"],
        own[-1]["LC"] - bought[-1]["LC"],
        own[1]["LC"] - bought[-1]["LC"],
    ]
    assert gaps == pytest.approx([7.6, 5.2, 1.5, 0.1], abs=1e-6)
    assert [a - b for a, b in pairwise(gaps)] == pytest.approx([2.4, 3.7, 1.4], abs=1e-6)
    assert (own[1]["KL_to_start"], bought[-1]["KL_to_start"]) == (6.3, 6.2)
    says(question.scenario, "by 7.6 points")
    says(question.model_answer, "60.6 against 55.4, 5.2", "55.3 against 53.8, 1.5", "53.9 against 53.8: 0.1")
    says(
        question.debrief,
        "60.6 against 53.0",
        "2.4 points are the judge, 3.7 the length, 1.4 the distance, and 0.1 is left",
    )


def test_log_is_consistent(columns: Any, log: dict[str, list[Any]]) -> None:
    for run in "BO":
        at = [i for i, name in enumerate(log["run"]) if name == run]
        for column in ("step", "KL_to_start", "tokens", "win", "LC"):
            values = [log[column][i] for i in at]
            assert values == sorted(values)
    for tokens, win, lc in zip(log["tokens"], log["win"], log["LC"], strict=True):
        assert win - lc == pytest.approx(14 * (tokens / 231 - 1), abs=0.11)
    assert (20000 // 64, 40000 // 64) == (312, 625)


def test_pairs(question: Any, columns: Any) -> None:
    pairs = columns(question, "Three kinds of pairs on the same 500 dialogues")
    shares = [int(cell.split()[0]) / 5 for cell in pairs["reward model agrees with raters"]]
    assert shares == pytest.approx([82.4, 66.2, 81.0])
    assert pairs["reward gap"] == [2.1, 0.9, 2.2]
    says(
        question.debrief,
        "gap of 0.9 against 2.1",
        "66.2 % against 82.4 %",
        "gap of 2.2",
        "81.0 %",
        "62 tokens instead of 34",
    )


def test_resolution_and_hours(question: Any) -> None:
    error = 1.4 * sqrt(1 / 2 + 1 / 2)
    assert error == 1.4
    assert 1.96 * error == pytest.approx(3, abs=0.3)
    assert 2.571 * error == pytest.approx(3.6, abs=0.05)
    assert 1.4 * sqrt(2) == pytest.approx(2.0, abs=0.05)
    says(question.model_answer, "standard error of 1.4, so I see about 3 points, with a t-quantile 3.6")
    assert 1.4 * sqrt(1 / 4 + 1 / 4) == pytest.approx(1.0, abs=0.05)
    says(question.debrief, "standard error of 2.0", "four seeds per arm, a standard error of 1.0")
    hours = 8 * 8e9 * 40000 * 2 * 1450 / (4 * 312e12 * 0.4) / 3600
    assert 3 < hours < 8 < 2 * hours + 1
