"""The numbers of `evaluation/accuracy-on-attempted`, recomputed from its tables."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import Any

import pytest

from tests.content.saying import says

ID = "evaluation/accuracy-on-attempted"
MODELS = ("A", "B")


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture(scope="module")
def bands(question: Any, columns: Any) -> dict[str, list[float]]:
    table: dict[str, list[float]] = columns(question, "Accuracy on attempted questions")
    return table


@pytest.fixture(scope="module")
def kept(question: Any, columns: Any) -> dict[str, list[float]]:
    title = 'Both made to answer all 3,000, ranked by the probability of "I don\'t know"'
    table: dict[str, list[float]] = columns(question, title)
    return table


def accuracies(bands: dict[str, list[float]], model: str) -> list[float]:
    pairs = zip(bands[f"{model} right"], bands[f"{model} attempted"], strict=True)
    return [right / attempted for right, attempted in pairs]


def test_totals_and_percentages(question: Any, bands: dict[str, list[float]]) -> None:
    for name in ("asked", "A attempted", "A right", "B attempted", "B right"):
        assert sum(bands[name][:3]) == bands[name][3]
    for model in MODELS:
        assert bands[f"{model}, %"] == [round(100 * share, 1) for share in accuracies(bands, model)]
    assert all(b > a for a, b in list(zip(bands["A, %"], bands["B, %"], strict=True))[:3])
    says(question.scenario, "from 85.2 % to 81.2 %", "p < 0.002")


def test_the_p_value_of_the_totals(bands: dict[str, list[float]]) -> None:
    a, b = accuracies(bands, "A")[3], accuracies(bands, "B")[3]
    pooled = (1236 + 1827) / (1450 + 2250)
    errors = (
        sqrt(a * (1 - a) / 1450 + b * (1 - b) / 2250),
        sqrt(pooled * (1 - pooled) * (1 / 1450 + 1 / 2250)),
    )
    assert all(0.001 < 2 * (1 - NormalDist().cdf((a - b) / error)) < 0.002 for error in errors)


def test_hint_in_the_often_viewed_band(question: Any, bands: dict[str, list[float]]) -> None:
    left = bands["asked"][0] - bands["A attempted"][0]
    assert (left, bands["B right"][0] - left, bands["A right"][0]) == (42, 895, 886)
    says(question.debrief, "937 - 42 = 895 right of A's 958, and A 886")


def test_same_mix(question: Any, bands: dict[str, list[float]], number_target: Any) -> None:
    a, b = accuracies(bands, "A")[:3], accuracies(bands, "B")[:3]
    weights = [n / 1450 for n in bands["A attempted"][:3]]
    others = [n / 2250 for n in bands["B attempted"][:3]]
    mixed = sum(w * x for w, x in zip(weights, b, strict=True))
    assert 100 * mixed == pytest.approx(87.5, abs=0.05)
    assert number_target(ID, "same-mix").holds(100 * mixed)
    assert 100 * sum(w * x for w, x in zip(others, a, strict=True)) == pytest.approx(78.5, abs=0.05)
    assert [round(w, 3) for w in weights] == [0.661, 0.29, 0.05]
    errors = [
        sqrt(x * (1 - x) / n + y * (1 - y) / m)
        for x, n, y, m in zip(a, bands["A attempted"][:3], b, bands["B attempted"][:3], strict=True)
    ]
    assert max((y - x) / e for x, y, e in zip(a, b, errors, strict=True)) == pytest.approx(1.6, abs=0.05)
    assert 100 * sqrt(sum((w * e) ** 2 for w, e in zip(weights, errors, strict=True))) == pytest.approx(1.1, abs=0.05)
    says(question.model_answer, "0.661 times 94.3 plus 0.290 times 76.9 plus 0.050 times 59.5, that is 87.5 %")
    says(question.debrief, "B scores 87.5 %", "A scores 78.5 %", "2.2 to 2.7 points", "standard error near 1.1")


def test_break_even(question: Any, bands: dict[str, list[float]], number_target: Any) -> None:
    right = {model: bands[f"{model} right"][3] for model in MODELS}
    wrong = {model: bands[f"{model} attempted"][3] - right[model] for model in MODELS}
    assert (wrong["A"], wrong["B"]) == (214, 423)
    assert (right["B"] - right["A"], wrong["B"] - wrong["A"]) == (591, 209)
    assert number_target(ID, "break-even").holds(591 / 209)
    assert round(591 / 209, 2) == 2.83
    assert round(2.83 / 3.83, 2) == 0.74
    assert [right[model] - wrong[model] for model in MODELS] == [1022, 1404]
    says(question.model_answer, "591 more right and 209 more wrong", "423 wrong answers instead of 214")
    says(question.debrief, "1,404", "1,022", "2.83")


def test_forced_answers(question: Any, bands: dict[str, list[float]], kept: dict[str, list[float]]) -> None:
    for model in MODELS:
        both = zip(kept[f"{model} right"], kept[f"{model} wrong"], strict=True)
        assert [right + wrong for right, wrong in both] == kept["answers kept"]
        row = kept["answers kept"].index(bands[f"{model} attempted"][3])
        assert kept[f"{model} right"][row] == bands[f"{model} right"][3]
    assert all(b > a for a, b in zip(kept["A right"], kept["B right"], strict=True))
    assert kept["B wrong"][2] == 216
    assert kept["B right"][2] - bands["A right"][3] == 348
    says(question.debrief, "1,335 right against 1,236", "2,048 against 1,869", "216 wrong ones", "348 more right")
