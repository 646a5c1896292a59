"""The numbers of `experiment-design/what-five-hundred-items-can-see`, recomputed."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import Any

import pytest

from tests.content.saying import says

ID = "experiment-design/what-five-hundred-items-can-see"
NORMAL = NormalDist()
Z = NORMAL.inv_cdf(0.975)
BOTH = Z + NORMAL.inv_cdf(0.8)
HOPED = 0.015


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


def visible(variance: float, tasks: float) -> float:
    """The difference in points that 80 % power takes."""
    return 100 * BOTH * sqrt(variance / tasks)


def needed(variance: float) -> float:
    return BOTH**2 * variance / HOPED**2


def test_paired_arithmetic(question: Any, columns: Any, number_target: Any) -> None:
    counts = columns(question, "Two runs of today's recipe, different seeds, on the 500 tasks")["tasks"]
    tasks, differing = sum(counts), counts[1] + counts[2]
    assert (tasks, differing) == (500, 50)
    share = differing / tasks
    assert 100 * sqrt(share / tasks) == pytest.approx(1.4, abs=0.02)
    assert pytest.approx(2.8, abs=0.005) == BOTH
    assert pytest.approx(7.85, abs=0.005) == BOTH**2
    assert number_target(ID, "smallest-visible").holds(visible(share, tasks))
    power = NORMAL.cdf(HOPED / sqrt(share / tasks) - Z)
    assert HOPED / sqrt(share / tasks) == pytest.approx(1.06, abs=0.005)
    assert number_target(ID, "chance-at-the-truth").holds(100 * power)
    assert 100 * power == pytest.approx(18, abs=0.6)
    assert number_target(ID, "tasks-needed").holds(needed(share))
    assert 100 * Z * sqrt(share / tasks) == pytest.approx(2.8, abs=0.05)
    says(question.model_answer, "about 4 points", "1.06 standard errors", "some 18 %", "about 3,500 tasks")
    says(question.debrief, "has to reach 2.8 points")


def test_unpaired_arithmetic(question: Any, columns: Any) -> None:
    counts = columns(question, "Two runs of today's recipe, different seeds, on the 500 tasks")["tasks"]
    rate = (counts[0] + (counts[1] + counts[2]) / 2) / 500
    assert rate == 0.62
    assert 100 * sqrt(rate * (1 - rate) / 500) == pytest.approx(2.2, abs=0.05)
    assert visible(2 * rate * (1 - rate), 500) == pytest.approx(8.6, abs=0.05)
    unpaired = needed(2 * rate * (1 - rate))
    assert unpaired == pytest.approx(16_400, abs=60)
    assert 1 - needed(0.1) / unpaired == pytest.approx(0.79, abs=0.005)
    says(question.scenario, "2.2 points", "16,000 tasks")
    says(question.debrief, "8.6 points", "16,400 tasks")


def test_hours(question: Any) -> None:
    compute = 6 * 14e9 * 15e9 / (0.4 * 989e12) / 3600
    assert compute == pytest.approx(900, rel=0.05)
    assert 2 * 3 * 4 == 24
    says(question.scenario, "900 H100-hours", "1,000 of them through one model takes 4 H100-hours")
    says(question.model_answer, "24 H100-hours")


def test_pilots(question: Any, columns: Any) -> None:
    counts = columns(question, "The pilots with the 3B model, old format and new, on the same 500 tasks")["tasks"]
    assert sum(counts) == 500
    share = (counts[1] + counts[2]) / 500
    assert share == 0.16
    assert visible(share, 500) == pytest.approx(5, abs=0.05)
    assert needed(share) == pytest.approx(5_600, abs=30)
    gain = counts[1] - counts[2]
    assert gain == 8
    assert 100 * gain / 500 == pytest.approx(1.6)
    assert 100 * sqrt(share / 500) == pytest.approx(1.8, abs=0.02)
    says(
        question.debrief, "80 of 500 tasks, 16 %", "500 tasks see 5 points", "about 5,600", "5,500", "1.6 points", "1.8"
    )
