"""The numbers of `evaluation/thirty-problems-sixteen-samples`, recomputed from its chart."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist, mean, stdev
from typing import Any

import pytest

from tests.content.saying import says

ID = "evaluation/thirty-problems-sixteen-samples"
DRAWS = 16


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture(scope="module")
def counts(question: Any, columns: Any) -> dict[str, list[int]]:
    chart = columns(question, "Right answers out of 16, problems in the order of A's count")
    return {model: [int(y) for _, y in chart[model]] for model in ("A", "B")}


def luck(counts: list[int]) -> float:
    return mean(k * (DRAWS - k) / (DRAWS * (DRAWS - 1)) for k in counts)


@pytest.fixture(scope="module")
def differences(counts: dict[str, list[int]]) -> list[float]:
    return [(b - a) / DRAWS for a, b in zip(counts["A"], counts["B"], strict=True)]


def test_table_is_the_chart(
    question: Any, columns: Any, counts: dict[str, list[int]], differences: list[float]
) -> None:
    table = columns(question, "The 30 problems, as shares of right answers")
    a, b = counts["A"], counts["B"]
    assert a == sorted(a)
    assert (len(a), sum(a), sum(b)) == (30, 225, 264)
    shares = [[k / DRAWS for k in a], [k / DRAWS for k in b], differences]
    for name, column in zip(("A", "B", "B minus A"), shares, strict=True):
        assert table[name][0] == round(mean(column), 3)
        assert table[name][1] == round(stdev(column), 3)
    assert [table["A"][2], table["B"][2]] == [round(luck(a), 3), round(luck(b), 3)]
    steps = [round(DRAWS * d) for d in differences]
    assert (max(steps), sorted(steps)[-2], sorted(steps)[:3]) == (12, 8, [-5, -5, -4])
    says(question.scenario, "A gets 225 right (46.9 %), B 264 (55.0 %)")
    says(question.debrief, "B gains 12 on one problem and 8 on another, and loses 5 on each of two")


def test_the_two_errors(question: Any, counts: dict[str, list[int]], differences: list[float]) -> None:
    gain = mean(differences)
    over_problems = stdev(differences) / sqrt(30)
    fixed = sqrt((luck(counts["A"]) + luck(counts["B"])) / 480)
    assert [round(100 * x, 1) for x in (gain, over_problems, fixed)] == [8.1, 4.7, 2.3]
    assert [round(gain / x, 1) for x in (over_problems, fixed)] == [1.7, 3.5]
    # two-sided 10 % of Student's t with 29 degrees of freedom is reached at 1.699, 5 % at 2.045
    assert 1.699 < gain / over_problems < 2.045
    assert pytest.approx(0.00055, abs=0.000005) == (0.137 + 0.126) / 480
    says(question.model_answer, "0.259 over the square root of 30 is 4.7 points", "0.00055, so 2.3 points", "3.5")


def test_the_colleague(question: Any) -> None:
    a, b = 225 / 480, 264 / 480
    pooled = (a + b) / 2
    error = sqrt(2 * pooled * (1 - pooled) / 480)
    z = (b - a) / error
    assert (round(100 * error, 1), round(z, 1)) == (3.2, 2.5)
    assert round(2 * (1 - NormalDist().cdf(z)), 3) == 0.012
    says(question.scenario, "3.2 points, z = 2.5, p = 0.012")


def test_more_answers_or_more_problems(
    question: Any, counts: dict[str, list[int]], differences: list[float], number_target: Any
) -> None:
    total = stdev(differences) ** 2
    sampling = luck(counts["A"]) + luck(counts["B"])
    stays = total - sampling / DRAWS
    assert [round(x, 4) for x in (total, sampling / DRAWS, stays)] == [0.0669, 0.0164, 0.0504]

    def error(problems: int, draws: float) -> float:
        return 100 * sqrt((stays + sampling / draws) / problems)

    assert number_target(ID, "sixty-four-answers").holds(error(30, 64))
    assert [round(error(30, n), 1) for n in (16, 64, 1e12)] == [4.7, 4.3, 4.1]
    assert round(error(90, 21), 1) == 2.6
    assert 90 * 21 <= 1920 == 30 * 64
    assert 8 / error(90, 21) == pytest.approx(3, abs=0.05)
    says(question.model_answer, "0.067", "0.263 over 16, that is 0.016", "4.3", "4.1", "about 2.6")
    says(question.debrief, "0.0164 of 0.0669", "three standard errors", "3.2 lies between 2.3 and 4.7")
