"""The numbers of `data/five-thousand-against-a-hundred-thousand`, recomputed from its exhibits."""

from __future__ import annotations

from math import cos, pi, sqrt
from typing import Any

import pytest

from tests.content.saying import says

ID = "data/five-thousand-against-a-hundred-thousand"


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def raw(question: Any, columns: Any) -> Any:
    return columns(question, "Log of the 100,000")


@pytest.fixture
def edited(question: Any, columns: Any) -> Any:
    return columns(question, "Log of the 5,000")


@pytest.fixture
def fresh(question: Any, columns: Any) -> dict[tuple[str, float, float], tuple[float, float]]:
    table = columns(question, "Further runs, each with a schedule of its own length")
    return {row[:3]: row[3:] for row in zip(*table.values(), strict=True)}


def error(a: float, b: float, n: int) -> float:
    """Standard error of a difference of two percentages, unpaired."""
    return sqrt((a * (100 - a) + b * (100 - b)) / n)


def test_updates(question: Any, raw: Any, edited: Any) -> None:
    assert (3 * (5_000 // 64), 3 * (100_000 // 64), 234 * 64) == (234, 4686, 14976)
    assert round(4686 / 234) == 20
    for log, total in ((edited, 234), (raw, 4686)):
        assert log["step"][-1] == total
        for step, epoch, rate in zip(log["step"], log["epoch"], log["rate_e-5"], strict=True):
            assert epoch == pytest.approx(3 * step / total, abs=0.006)
            assert rate == pytest.approx(2 * (0.1 + 0.45 * (1 + cos(pi * step / total))), abs=0.006)
    says(question.model_answer, "234 updates against 4,686, twenty times")
    hours = 6 * 8e9 * 300_000 * 667 / (0.4 * 989e12) / 3600
    assert hours / 8 * 60 == pytest.approx(50, abs=2)  # 667 tokens an example


def test_the_raw_arm_turns_after_its_first_pass(question: Any, raw: Any) -> None:
    score = raw["solved_pct"]
    top = score.index(max(score))
    assert (raw["step"][top], score[top], score[-1], len(score)) == (1562, 50.3, 43.5, 15)
    stairs = [round(raw["train_loss"][raw["step"].index(step)], 2) for step in (1562, 1988, 3550)]
    assert stairs == [1.02, 0.82, 0.59]
    says(
        question.model_answer,
        "50.3 after its first pass",
        "1.02, 0.82, 0.59",
        "slides to 43.5",
        "best of fifteen looks",
    )


def test_errors(question: Any, edited: Any) -> None:
    assert edited["solved_pct"][-1] == 48.9
    assert error(48.9, 50.3, 1000) == pytest.approx(2.2, abs=0.05)
    lead = 50.3 - 48.9
    assert lead == pytest.approx(1.4)
    assert (48.9 - 43.5) / error(48.9, 43.5, 1000) > 1.96
    says(question.model_answer, "1.4 above 48.9", "standard error of 2.2")
    says(question.scenario, "48.9 to 43.5")


def test_further_runs(question: Any, fresh: Any, columns: Any) -> None:
    memo = columns(question, "The comparison of the memo")
    assert fresh["5,000 edited", 2e-5, 234][0] == memo["5,000 edited"][-1] == 48.9
    best_edited = max(test for (name, _, _), (_, test) in fresh.items() if name == "5,000 edited")
    best_raw = max(test for (name, _, _), (_, test) in fresh.items() if name.startswith("100,000"))
    assert (best_edited, best_raw) == (48.1, 52.3)
    assert (best_raw - best_edited) / error(best_raw, best_edited, 2000) == pytest.approx(2.7, abs=0.05)
    assert best_edited - fresh["5,000 random raw", 2e-5, 234][1] == pytest.approx(5.9)
    assert best_raw - fresh["100,000 raw", 1e-5, 4686][1] == pytest.approx(5.8)
    says(question.debrief, "5.9", "48.1 against 42.2", "52.3, 4.2 above", "z = 2.7", "45.6", "5.8 points")
