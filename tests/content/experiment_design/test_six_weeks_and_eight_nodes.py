"""The numbers of `experiment-design/six-weeks-and-eight-nodes`, recomputed."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import Any

import pytest

from tests.content.saying import says

ID = "experiment-design/six-weeks-and-eight-nodes"
GPUS = 64
BUDGET = GPUS * 24 * 42
TASKS = 400
Z = NormalDist().inv_cdf(0.975)
BOTH = Z + NormalDist().inv_cdf(0.8)


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


def test_what_400_tasks_see(question: Any, columns: Any, number_target: Any) -> None:
    counts = columns(question, "Today's model and a second seed of its last stage, 400 tool tasks, one attempt each")[
        "tasks"
    ]
    assert sum(counts) == TASKS
    assert (counts[0] + counts[1]) / TASKS == (counts[0] + counts[2]) / TASKS == 0.34
    share = (counts[1] + counts[2]) / TASKS
    assert share == 0.18
    error = 100 * sqrt(share / TASKS)
    assert error == pytest.approx(2.1, abs=0.05)
    assert BOTH * error == pytest.approx(5.94, abs=0.01)
    assert number_target(ID, "what-400-see").holds(BOTH * error)
    assert BOTH * error / 2 == pytest.approx(3, abs=0.05)  # four attempts, were all of it luck of the attempt
    says(question.model_answer, "18 % of 400 tasks", "2.1 points", "about 6", "20 hours instead of 5", "towards 3")
    says(question.debrief, "5.9 points")


def test_errors(question: Any, columns: Any) -> None:
    table = columns(question, "First fatal error in 200 of the 264 failures, drawn at random and read by hand")
    assert sum(table["failures"]) == 200
    assert TASKS - 0.34 * TASKS == 264
    stuck = table["failures"][3]
    assert (stuck, stuck / 200) == (72, 0.36)
    assert table["failures"][5] / 200 == 0.05
    repaired = columns(
        question, "The 72 stuck attempts, first repeated call replaced by a right one by hand, then the model goes on"
    )["attempts"]
    assert sum(repaired) == stuck
    failing = 0.36 * 264
    assert failing == pytest.approx(95, abs=0.5)
    assert 100 * repaired[0] / stuck == pytest.approx(43, abs=0.5)
    worth = 100 * failing * repaired[0] / stuck / TASKS
    assert worth == pytest.approx(10, abs=0.5)
    assert 6 / worth == pytest.approx(0.59, abs=0.01)
    assert 100 * failing / TASKS == pytest.approx(24, abs=0.5)
    says(question.debrief, "31 of 72", "43 %", "about 95", "some 10 points", "would be 24", "a good half")


def test_costs_fit_the_machines(question: Any, columns: Any) -> None:
    assert pytest.approx(64_500, abs=20) == BUDGET
    table = columns(question, "What things cost")
    for hours, days in list(zip(table["GPU-hours"], table["days on all nodes"], strict=True))[:3]:
        assert hours / GPUS / 24 == pytest.approx(days, abs=0.05)
    floating = 6 * 30e9 * 50e9
    assert floating / (0.4 * 989e12) / 3600 == pytest.approx(6500, rel=0.05)
    assert BUDGET - 20_000 > 2 * 200 + 2 * 4800
    assert pytest.approx(0.1, abs=0.005) == 6500 / BUDGET
    assert 24 * 200 < 6500
    says(question.model_answer, "two SFT seeds, 400 hours", "4,800, and a second seed, 4,800", "At least 20,000 hours")


def test_twist(question: Any) -> None:
    low, high, gain = -1.6, 2.8, 0.6
    assert (low + high) / 2 == pytest.approx(gain)
    assert (high - low) / 2 < Z * 100 * sqrt(0.18 / TASKS)  # four attempts a task narrow it
    assert (high - low) / 2 > Z * 100 * sqrt(0.18 / TASKS) / 2  # by no more than a factor of two
    assert (71 - 24, 100 - 71) == (47, 29)
    assert high * 29 / 47 == pytest.approx(1.7, abs=0.05)
    assert high < 6 / 2
    says(question.twist.fact, "71 %", "24 %", "+0.6", "-1.6 to +2.8", "+6")
    says(question.twist.model_answer, "from 24 to 71 %", "2.8 points", "Forty-seven points", "29", "1.7")
