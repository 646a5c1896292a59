"""The numbers of `evaluation/four-slices-and-a-total`, recomputed from its tables."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import Any

import pytest

from tests.content.saying import says

ID = "evaluation/four-slices-and-a-total"
MONTHS = (("March votes", "B wins", "March, %"), ("September votes", "B wins there", "September, %"))


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture(scope="module")
def votes(question: Any, columns: Any) -> dict[str, list[float]]:
    table: dict[str, list[float]] = columns(question, "Votes by kind of prompt")
    return table


def rates(votes: dict[str, list[float]], month: int) -> list[float]:
    n, wins, _ = MONTHS[month]
    return [w / k for w, k in zip(votes[wins], votes[n], strict=True)]


def mixed(votes: dict[str, list[float]], results: int, mix: int) -> float:
    weights = votes[MONTHS[mix][0]]
    return sum(w * r for w, r in zip(weights[:4], rates(votes, results)[:4], strict=True)) / weights[4]


def test_table(question: Any, votes: dict[str, list[float]]) -> None:
    for month, (n, wins, percent) in enumerate(MONTHS):
        assert sum(votes[n][:4]) == votes[n][4] == 4000
        assert sum(votes[wins][:4]) == votes[wins][4]
        assert votes[percent] == [round(100 * rate, 1) for rate in rates(votes, month)]
    march, september = rates(votes, 0)[4], rates(votes, 1)[4]
    pooled = (march + september) / 2
    z = (march - september) / sqrt(2 * pooled * (1 - pooled) / 4000)
    assert 2 * (1 - NormalDist().cdf(z)) < 0.0001
    assert 5.8 < z < 6
    assert [votes[n][3] / 4000 for n, _, _ in MONTHS] == [0.15, 0.45]
    says(question.scenario, "53.6 % of the votes in March and 47.0 % in September (p < 0.0001")


def test_slices_are_flat(question: Any, votes: dict[str, list[float]]) -> None:
    moves = [b - a for a, b in zip(rates(votes, 0)[:4], rates(votes, 1)[:4], strict=True)]
    errors = [
        sqrt(p * (1 - p) / n + q * (1 - q) / m)
        for p, q, n, m in zip(
            rates(votes, 0)[:4], rates(votes, 1)[:4], votes["March votes"], votes["September votes"], strict=False
        )
    ]
    assert round(100 * max(moves), 1) == 1.0
    assert round(100 * min(moves), 1) == -0.5
    assert round(max(abs(m) / e for m, e in zip(moves, errors, strict=True)), 1) == 0.5
    says(question.model_answer, "No slice fell by more than half a point", "at most one point, half a standard error")


def test_reweighted(question: Any, votes: dict[str, list[float]], number_target: Any) -> None:
    assert number_target(ID, "same-mix").holds(100 * mixed(votes, 1, 0))
    assert [round(100 * mixed(votes, *pair), 1) for pair in ((1, 0), (0, 1))] == [54.1, 46.4]
    fall = [mixed(votes, 0, 0) - mixed(votes, *pair) for pair in ((1, 1), (0, 1))]
    assert [round(100 * x, 1) for x in (*fall, fall[1] - fall[0])] == [6.6, 7.2, 0.6]
    says(question.model_answer, "B gets 54.1 %")
    says(question.debrief, "46.4 %", "fall of 6.6 points the mix makes 7.2 and the slices give 0.6 back", "54.1 %")


def test_break_even(question: Any, votes: dict[str, list[float]], number_target: Any) -> None:
    others = sum(votes["B wins there"][:3]) / sum(votes["September votes"][:3])
    fiction = rates(votes, 1)[3]
    share = (others - 0.5) / (others - fiction)
    assert number_target(ID, "break-even").holds(100 * share)
    assert not number_target(ID, "break-even").holds(votes["September, %"][3])
    assert [round(100 * x, 1) for x in (others, others - 0.5, others - fiction, share)] == [57.1, 7.1, 22.4, 31.7]
    says(question.model_answer, "57.1 %", "7.1 over 22.4, that is 31.7 %")


def test_fixed_prompts(question: Any, columns: Any) -> None:
    table = columns(question, "100 prompts of March per kind, answered and voted on again in September")
    assert [sum(table[f"B wins, votes of {month}"]) for month in ("March", "September")] == [206, 205]
    assert 100 * sqrt(0.25 / 100) == 5
    says(question.debrief, "206 of 400 with March's votes and 205 with September's", "an error of 5 points")
