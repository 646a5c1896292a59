"""The numbers of `evaluation/best-of-twenty-mixes`, recomputed from its exhibits."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist, mean, stdev
from typing import Any

import pytest

from tests.content.saying import says

ID = "evaluation/best-of-twenty-mixes"
NORMAL = NormalDist()


def expected_maximum(draws: int) -> float:
    """Of standard normal draws, by the trapezium rule."""
    step = 0.01
    grid = [-6 + step * at for at in range(1201)]
    return sum(x * draws * NORMAL.pdf(x) * NORMAL.cdf(x) ** (draws - 1) * step for x in grid)


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture(scope="module")
def mixes(question: Any, columns: Any) -> list[float]:
    return [score for _, score in columns(question, "Score of the twenty mixes")["mixes"]]


@pytest.fixture(scope="module")
def runs(question: Any, columns: Any) -> dict[str, list[Any]]:
    table: dict[str, list[Any]] = columns(question, "The runs behind the interval")
    return table


@pytest.fixture(scope="module")
def baseline(runs: dict[str, list[Any]]) -> list[float]:
    return [100 * correct / 2500 for correct in runs["correct of 2500"][1:]]


def test_scores_and_their_scatter(question: Any, columns: Any, mixes: list[float], baseline: list[float]) -> None:
    table = columns(question, "Mean and standard deviation of the scores")
    assert table["mean, %"] == [round(mean(mixes), 2), round(mean(baseline), 2)]
    assert table["standard deviation, points"] == [round(stdev(mixes), 2), round(stdev(baseline), 2)]
    assert all(round(score * 25) == pytest.approx(score * 25) for score in mixes)
    assert mixes.index(max(mixes)) + 1 == 10
    assert mixes.index(sorted(mixes)[-2]) + 1 == 4
    assert baseline[0] == min(baseline)
    chart = columns(question, "Score of the twenty mixes")
    assert {score for _, score in chart["baseline, seed 1"]} == {baseline[0]}


def test_interval_and_p_value(question: Any, runs: dict[str, list[Any]]) -> None:
    mix, seed = runs["correct of 2500"][:2]
    only_mix, only_seed = runs["right where the other is wrong"][:2]
    assert mix - seed == only_mix - only_seed == 47
    gain = 100 * 47 / 2500
    error = 100 * sqrt(only_mix + only_seed - 47**2 / 2500) / 2500
    assert error == pytest.approx(0.8, abs=0.005)
    assert [round(gain + side * 1.96 * error, 1) for side in (-1, 1)] == [0.3, 3.5]
    p = 2 * (1 - NORMAL.cdf(47 / sqrt(only_mix + only_seed)))
    assert round(p, 2) == 0.02
    assert round(20 * p, 1) == 0.4
    assert round(error / sqrt(2), 2) == 0.57
    says(question.scenario, "1.9 points, 95 % interval [0.3, 3.5], p = 0.02")
    says(question.debrief, "225 against 178", "Bonferroni, 0.4", "0.8 / 1.41 = 0.57")


def test_parts_of_the_gain(question: Any, mixes: list[float], baseline: list[float], number_target: Any) -> None:
    parts = (mean(baseline) - baseline[0], mean(mixes) - mean(baseline), max(mixes) - mean(mixes))
    assert [round(part, 2) for part in parts] == [0.55, -0.07, 1.39]
    assert sum(parts) == pytest.approx(1.88)
    assert max(mixes) - mean(baseline) == pytest.approx(1.33, abs=0.005)
    top = expected_maximum(20)
    assert round(top, 2) == 1.87
    target = number_target(ID, "expected-maximum")
    assert all(target.holds(top * sigma) for sigma in (0.55, 0.566, 0.6))
    assert not target.holds(parts[2])
    assert round(0.8 * top, 1) == 1.5
    pooled = sqrt((19 * stdev(mixes) ** 2 + 4 * stdev(baseline) ** 2) / 23)
    assert (round(pooled, 2), round(top * pooled, 2)) == (0.67, 1.25)
    says(question.model_answer, "0.55 of the 1.88", "1.87 sigma up, so 1.03 points", "1.4 above the mean")
    says(
        question.debrief,
        "1.88 = 0.55 (baseline run) - 0.07",
        "+ 1.39",
        "0.8 times 1.87, gives 1.5",
        "1.25 if all 25 runs",
    )


def test_shrunken_gain(question: Any, mixes: list[float], baseline: list[float]) -> None:
    share = 1 - stdev(baseline) ** 2 / stdev(mixes) ** 2
    assert share == pytest.approx(0.36, abs=0.005)
    believed = mean(mixes) + share * (max(mixes) - mean(mixes)) - mean(baseline)
    assert round(believed, 2) == 0.44
    says(question.debrief, "36 % of the variance", "gives +0.44")


def test_trained_again(question: Any, columns: Any) -> None:
    table = columns(question, "Trained again with three new seeds, scored on the 10,000 unused items")
    means = [mean(table[f"seed {seed}"][row] for seed in (11, 12, 13)) for row in range(3)]
    assert [round(each - means[0], 2) for each in means[1:]] == [0.81, 0.48]
    assert 0.57 / 2 * sqrt(2 / 3) == pytest.approx(0.23, abs=0.005)
    says(question.debrief, "0.48 ahead", "mix 4, 0.81", "error near 0.23")


def test_gpu_hours(question: Any) -> None:
    def hours(parameters: float, tokens: float, utilisation: float) -> float:
        return 6 * parameters * tokens / (989e12 * utilisation) / 3600

    assert hours(1e9, 25e9, 0.4) == pytest.approx(105, abs=1)
    assert hours(7e9, 140e9, 0.4) == pytest.approx(4100, abs=50)
    assert 1300 // 105 == 12
    assert 9 * 105 == 945
    assert 2e12 / 25e9 == 80
    says(question.model_answer, "945 hours", "eighty times the tokens")
