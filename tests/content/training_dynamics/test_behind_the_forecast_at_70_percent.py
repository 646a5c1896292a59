"""The numbers of "0.03 above the forecast with 70 % of the budget gone", recomputed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.content.saying import says

ID = "training-dynamics/behind-the-forecast-at-70-percent"
CHART = "Validation loss of the run, and the forecast for the tokens read so far"
RUNS = "The longest of the smaller runs, and ours, validation loss and forecast at 70 % of the tokens and at the end"
FINALS = {
    0.2: (3.346, 3.192, 3.092, 2.972, 2.882, 2.811),
    0.5: (2.937, 2.819, 2.735, 2.643, 2.575, 2.515),
    1.2: (2.626, 2.537, 2.480, 2.405, 2.350, 2.310),
    3.0: (2.392, 2.319, 2.274, 2.223, 2.174, 2.142),
}
"""By billions of parameters, the final losses of runs of 6, 10, 15, 25, 40 and 60 tokens per parameter."""
COPY = "A copy of step 70,000, its rate brought to zero within 7,000 steps"


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


def law(parameters: float, tokens: float) -> float:
    """The forecast of the question: both arguments in billions."""
    return float(1.64 + 392 / (parameters * 1e9) ** 0.34 + 432 / (tokens * 1e9) ** 0.285)


def billions(steps: float) -> float:
    return steps * 1_024 * 4_096 / 1e9


def gpu_hours(steps: float) -> float:
    return steps * 1.8 * 256 / 3_600


def test_every_forecast_comes_from_one_law(question: Any, columns: Any) -> None:
    runs = columns(question, RUNS)
    for size, tokens, early, late in zip(
        runs["run"], runs["tokens, B"], runs["forecast at 70 %"], runs["forecast at the end"], strict=True
    ):
        parameters = float(size.rstrip("B"))
        assert tokens == pytest.approx(60 * parameters, rel=0.01)
        assert early == pytest.approx(law(parameters, 0.7 * tokens), abs=0.0006)
        assert late == pytest.approx(law(parameters, tokens), abs=0.0006)
    assert billions(100_000) == pytest.approx(419, abs=0.5)
    chart, copy = columns(question, CHART), columns(question, COPY)
    for step, value in [*chart["forecast"], *zip(copy["step"], copy["forecast"], strict=True)]:
        assert value == pytest.approx(law(7, billions(step)), abs=0.0006)


def sumprod(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(one * other for one, other in zip(left, right, strict=True))


def solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Cramer's rule for three unknowns."""

    def det(m: list[list[float]]) -> float:
        (a, b, c), (d, e, f), (g, h, i) = m
        return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)

    columns = [
        [[*row[:at], value, *row[at + 1 :]] for row, value in zip(matrix, right, strict=True)] for at in range(3)
    ]
    return [det(column) / det(matrix) for column in columns]


def fitted(runs: list[tuple[float, float, float]]) -> Callable[[float, float], float]:
    """The law of least squares for (parameters, tokens, loss): exponents from a grid, the rest solved for."""
    losses = [loss for _, _, loss in runs]
    best: tuple[float, float, float, list[float]] | None = None
    for a in (at / 100 for at in range(20, 51)):
        for b in (at / 200 for at in range(40, 77)):
            rows = [(1.0, size**-a, tokens**-b) for size, tokens, _ in runs]
            matrix = [[sum(row[i] * row[j] for row in rows) for j in range(3)] for i in range(3)]
            right = [sum(row[i] * loss for row, loss in zip(rows, losses, strict=True)) for i in range(3)]
            found = solved(matrix, right)
            error = sum((loss - sumprod(found, row)) ** 2 for row, loss in zip(rows, losses, strict=True))
            if best is None or error < best[0]:
                best = (error, a, b, found)
    assert best is not None
    _, a, b, found = best
    return lambda size, tokens: sumprod(found, (1.0, size**-a, tokens**-b))


def test_the_fit_and_the_fit_without_3b(question: Any, columns: Any) -> None:
    multiples = (6, 10, 15, 25, 40, 60)
    runs = [(n, n * per, loss) for n, row in FINALS.items() for per, loss in zip(multiples, row, strict=True)]
    assert columns(question, RUNS)["loss at the end"][:4] == [row[-1] for row in FINALS.values()]
    full, without = fitted(runs), fitted([run for run in runs if run[0] < 3])
    assert all(
        full(n, tokens) == pytest.approx(law(n, tokens), abs=0.001) for n, tokens in ((3, 180), (7, 294), (7, 419))
    )
    misses = [abs(loss - full(n, tokens)) for n, tokens, loss in runs]
    assert sum(misses) / 24 == pytest.approx(0.002, abs=0.0005)
    left_out = [abs(loss - without(n, tokens)) for n, tokens, loss in runs if n == 3]
    assert sum(left_out) / 6 == pytest.approx(0.006, abs=0.0005)
    says(question.scenario, "24 smaller runs", "by 0.002 on average, and those of 3B by 0.006")
    says(question.model_answer, "the law is good to about 0.006")


def test_gaps(question: Any, columns: Any) -> None:
    runs = columns(question, RUNS)
    gaps = [now - law for now, law in zip(runs["loss at 70 %"], runs["forecast at 70 %"], strict=True)]
    assert [f"{gap:.3f}" for gap in gaps] == ["0.039", "0.036", "0.036", "0.034", "0.031"]
    says(question.model_answer, "0.039, 0.036, 0.036 and 0.034", "within 0.003 of them", "0.031 above")
    misses = [
        abs(end - law) for end, law in zip(runs["loss at the end"][:4], runs["forecast at the end"][:4], strict=True)
    ]
    assert max(misses) == pytest.approx(0.003)
    assert sum(misses) / 4 == pytest.approx(0.002, abs=0.0005)
    chart = columns(question, CHART)
    steps, forecast = dict(chart["run"]), dict(chart["forecast"])
    assert steps[70_000] - forecast[70_000] == pytest.approx(0.031)
    assert all(0.029 < steps[step] - forecast[step] < 0.036 for step in steps if step >= 20_000)


def test_copy(question: Any, columns: Any) -> None:
    copy = columns(question, COPY)
    for step, rate, val, forecast, difference in zip(*copy.values(), strict=True):
        assert rate == pytest.approx(3e-4 * (77_000 - step) / 7_000, rel=0.005, abs=1e-9)
        assert val - forecast == pytest.approx(difference, abs=1e-9)
    says(question.model_answer, "the forecast for 77,000 steps, 2.043, not with the 2.027 of the end")
    says(question.debrief, "ends 0.002 above", "would look 0.018 too high")
    assert copy["val"][-1] - columns(question, RUNS)["forecast at the end"][-1] == pytest.approx(0.018)


def test_price(question: Any, number_target: Any) -> None:
    assert number_target(ID, "price-of-the-copy").holds(gpu_hours(7_000))
    assert gpu_hours(7_000) / gpu_hours(30_000) == pytest.approx(0.23, abs=0.005)
    says(question.model_answer, "3.5 hours and costs 896 GPU hours, 23 %")
    assert gpu_hours(7_000) / 256 == pytest.approx(3.5)
    assert [gpu_hours(steps) for steps in (1_000, 5_000, 10_000, 30_000)] == pytest.approx([128, 640, 1_280, 3_840])
    assert gpu_hours(14_000) == pytest.approx(1_792)
    assert law(7, billions(70_000)) == pytest.approx(2.049, abs=0.0005)
    says(question.debrief, "read at 70,000 against 2.049, for 1,792 GPU hours")
    utilization = 6 * 7e9 * billions(1) * 1e9 / (256 * 1.8) / 989e12
    assert 0.35 < utilization < 0.42
