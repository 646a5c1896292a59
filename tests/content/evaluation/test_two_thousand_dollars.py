"""The numbers of `evaluation/two-thousand-dollars`, recomputed from its exhibits and scenario."""

from __future__ import annotations

from math import exp, pi, sqrt
from statistics import NormalDist
from typing import Any

import pytest

from tests.content.saying import says

ID = "evaluation/two-thousand-dollars"
NORMAL = NormalDist()
POWERED = NORMAL.inv_cdf(0.975) + NORMAL.inv_cdf(0.8)
VARIANCE = (1 - 0.25) / 4
"""Of the score of one prompt if a quarter of the pairs are ties and B is no better."""
SCORES = (1.0, 0.5, 0.0)


def smallest_gain(prompts: float) -> float:
    return 100 * POWERED * sqrt(VARIANCE / prompts)


def false_alarms(looks: int, bound: float = 1.96, cells: int = 240) -> float:
    """Chance that a sum of normal draws without drift crosses `bound` standard errors at one of the looks."""
    edge = bound * sqrt(looks)
    width = 2 * edge / cells
    points = [-edge + width * (at + 0.5) for at in range(cells)]
    bell = [exp(-((width * at) ** 2) / 2) / sqrt(2 * pi) for at in range(cells)]
    inside = [bell_of if abs(x) < bound else 0.0 for x in points for bell_of in [exp(-x * x / 2) / sqrt(2 * pi)]]
    for look in range(2, looks + 1):
        inside = [
            width * sum(mass * bell[abs(at - other)] for other, mass in enumerate(inside) if mass)
            if abs(points[at]) < bound * sqrt(look)
            else 0.0
            for at in range(cells)
        ]
    return 1 - width * sum(inside)


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture(scope="module")
def verdicts(question: Any, columns: Any) -> list[list[float]]:
    """Counts by human verdict (rows) and judge verdict (columns), each new, undecided, old."""
    table = columns(question, "Judge and humans on 200 prompts of the last release")
    names = ("judge prefers new", "judge flips with order", "judge prefers old")
    return [[table[name][row] for name in names] for row in range(3)]


def correlation(counts: list[list[float]]) -> tuple[float, float, float, float]:
    """Human mean, judge mean, their correlation, and the standard error of the difference."""
    total = sum(map(sum, counts))
    cells = [(SCORES[i], SCORES[j], counts[i][j] / total) for i in range(3) for j in range(3)]
    human = sum(h * share for h, _, share in cells)
    judge = sum(j * share for _, j, share in cells)
    human_variance = sum(h * h * share for h, _, share in cells) - human**2
    judge_variance = sum(j * j * share for _, j, share in cells) - judge**2
    together = sum(h * j * share for h, j, share in cells) - human * judge
    error = sqrt((human_variance + judge_variance - 2 * together) / total)
    return human, judge, together / sqrt(human_variance * judge_variance), error


def test_prices_of_plan_and_draft(question: Any, columns: Any) -> None:
    dollars = columns(question, "Prices")["dollars"]
    compare, grade, judge = dollars[:3]
    assert 450 * compare == 1800
    assert 2000 * 2 * judge == 100
    assert 400 * 2 * grade == 1600
    assert round(805 * judge) == 20
    assert 40_000 * judge == 1000
    says(question.model_answer, "$1,800 for 450 prompts", "$100 buys the judge in both orders on 2,000 prompts")


def test_power_of_the_human_part(question: Any, number_target: Any) -> None:
    assert smallest_gain(450) == pytest.approx(5.7, abs=0.05)
    assert smallest_gain(500) == pytest.approx(5.4, abs=0.05)
    target = number_target(ID, "smallest-gain")
    assert all(target.holds(smallest_gain(prompts)) for prompts in (400, 425, 450, 475, 500))
    assert not target.holds(smallest_gain(2000))
    assert smallest_gain(1) == pytest.approx(121, abs=0.5)
    assert [round(smallest_gain(prompts), 1) for prompts in (350, 250)] == [6.5, 7.7]
    needed = VARIANCE * (POWERED / 0.025) ** 2
    assert number_target(ID, "needed-prompts").holds(needed)
    assert round(needed, -1) == pytest.approx(2350, abs=10)
    error = sqrt(VARIANCE / 450)
    power = 1 - NORMAL.cdf(1.96 - 0.025 / error)
    assert power == pytest.approx(0.23, abs=0.005)
    says(question.model_answer, "standard error 2.04 points", "5.7 points", "55.7 %", "2,350 prompts, $9,400")
    says(question.debrief, "less than one time in four")
    assert 100 * error == pytest.approx(2.04, abs=0.005)
    assert needed * 4 == pytest.approx(9400, abs=50)


def test_the_judge_in_the_debrief(question: Any, verdicts: list[list[float]]) -> None:
    human, judge, rho, error = correlation(verdicts)
    assert sum(map(sum, verdicts)) == 200
    assert sum(verdicts[1]) / 200 == 0.25
    assert (100 * human, 100 * judge) == pytest.approx((52.0, 63.0))
    assert rho == pytest.approx(0.40, abs=0.005)
    assert 100 * error == pytest.approx(3.4, abs=0.05)
    assert 100 * sqrt(VARIANCE / 40_000) == pytest.approx(0.2, abs=0.05)

    def effective(correlated: float) -> float:
        return 1 / ((1 - correlated**2) / 450 + correlated**2 / 2000)

    assert smallest_gain(effective(rho)) == pytest.approx(5.4, abs=0.05)
    assert effective(0.9) == pytest.approx(1200, abs=20)
    assert smallest_gain(166 * 3 / (1 + 2 * 0.4)) == pytest.approx(7.3, abs=0.05)
    says(
        question.debrief, "63.0 %", "52.0 %", "11.0 points (standard error 3.4)", "correlate 0.40", "about 1,200", "7.3"
    )


def test_ten_looks(question: Any) -> None:
    assert 400 / 40 == 10
    assert false_alarms(1) == pytest.approx(0.05, abs=0.002)
    assert false_alarms(10) == pytest.approx(0.19, abs=0.006)
    says(question.debrief, "ten looks", "19 %")
