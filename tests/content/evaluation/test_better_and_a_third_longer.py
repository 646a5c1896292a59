"""The numbers of `evaluation/better-and-a-third-longer`, recomputed from its chart and log."""

from __future__ import annotations

from itertools import pairwise
from math import erfc, sqrt
from typing import Any

import pytest

from tests.content.saying import says

ID = "evaluation/better-and-a-third-longer"
FULL = 16384


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def scores(question: Any, columns: Any) -> dict[str, dict[float, float]]:
    return {name: dict(points) for name, points in columns(question, "Accuracy by cap").items()}


@pytest.fixture
def spent(question: Any, columns: Any) -> dict[str, dict[float, float]]:
    log = columns(question, "Tokens spent")
    return {name: dict(zip(log["cap"], log[name], strict=True)) for name in log if name != "cap"}


def at_spend(scores: dict[float, float], means: dict[float, float], tokens: float) -> tuple[float, float]:
    """Cap and accuracy at which so many tokens are spent on average, between two neighbouring caps."""
    caps = sorted(means)
    low, high = next(pair for pair in pairwise(caps) if means[pair[0]] <= tokens <= means[pair[1]])
    part = (tokens - means[low]) / (means[high] - means[low])
    return low + part * (high - low), scores[low] + part * (scores[high] - scores[low])


def test_curves(scores: dict[str, dict[float, float]], spent: dict[str, dict[float, float]]) -> None:
    for model in "AB":
        assert list(scores[model]) == list(spent[f"mean_tokens_{model}"])
        for cap, mean in spent[f"mean_tokens_{model}"].items():
            cut = spent[f"cut_off_{model}_%"][cap]
            assert cut / 100 * cap <= mean <= cap
            assert scores[model][cap] <= 100 - cut


def test_gain_and_price(question: Any, scores: Any, spent: Any, number_target: Any) -> None:
    a, b = spent["mean_tokens_A"][FULL], spent["mean_tokens_B"][FULL]
    assert (scores["A"][FULL], scores["B"][FULL]) == (74.91, 73.98)
    assert round(100 * (a / b - 1)) == 34
    assert 1 - b / a == pytest.approx(0.25, abs=0.005)
    assert a - b == 1362
    assert number_target(ID, "price-of-a-right-answer").value == pytest.approx(1362 / 0.0093, rel=0.005)
    assert round(scores["A"][FULL] - scores["B"][FULL], 2) == 0.93
    error = (1.7 - 0.2) / 2 / 1.96
    assert round(erfc(0.93 / error / sqrt(2)), 2) in (0.01, 0.02)
    says(question.scenario, "74.91 % and B 73.98 %", "0.2 to 1.7, p = 0.01")
    says(question.model_answer, "5,407", "4,045", "1,362 extra tokens", "146,000", "a quarter fewer")
    says(question.debrief, "34 % more", "146,000")


def test_lower_cap(question: Any, scores: Any, spent: Any) -> None:
    assert (round(scores["A"][8192], 1), spent["mean_tokens_A"][8192]) == (67.8, 4397)
    assert scores["B"][FULL] - scores["A"][8192] == pytest.approx(6.2, abs=0.05)
    assert spent["mean_tokens_A"][8192] > spent["mean_tokens_B"][FULL]
    cap, score = at_spend(scores["A"], spent["mean_tokens_A"], spent["mean_tokens_B"][FULL])
    assert cap == pytest.approx(6800, abs=50)
    assert score == pytest.approx(64, abs=0.5)
    assert spent["cut_off_A_%"][8192] < 25 < spent["cut_off_A_%"][6144]
    says(question.model_answer, "67.8, six points below B", "4,397", "near 6,800 and scores about 64")
    says(question.debrief, "ten points behind")


def test_made_to_go_on(question: Any) -> None:
    log = question.exhibits[-1].content.text
    says(log, "5376 74.6", "5407 74.9", "-0.5 to +1.0")
    assert round(5376 / 5407, 2) == 0.99
    assert round((74.6 - 74.0) / (74.9 - 74.0), 2) == 0.67
    says(question.debrief, "5,376 tokens scores 74.6", "Two thirds of the gain")
