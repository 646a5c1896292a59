"""The numbers of `evaluation/sixty-first-forty-four-second`, recomputed from its exhibits."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import Any

import pytest

from tests.content.saying import says

ID = "evaluation/sixty-first-forty-four-second"
PROMPTS = 500
POWERED = NormalDist().inv_cdf(0.975) + NormalDist().inv_cdf(0.8)


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture(scope="module")
def outcomes(question: Any, columns: Any) -> list[float]:
    """Prompts with A both times, B both times, the first, the second."""
    counts: list[float] = columns(question, "A against B, prompt by prompt")["prompts"]
    return counts


def binomial_error(share: float, verdicts: float) -> float:
    return 100 * sqrt(share * (1 - share) / verdicts)


def win_rate(outcomes: list[float]) -> tuple[float, float]:
    """Win rate in both orders with a flip as a half, and the variance of one prompt's score."""
    won, _, first, second = outcomes
    mean = (won + (first + second) / 2) / PROMPTS
    return mean, (won + (first + second) / 4) / PROMPTS - mean**2


def test_the_draft_follows_from_its_counts(question: Any, columns: Any, outcomes: list[float]) -> None:
    draft = columns(question, "The draft")
    for verdicts, preferred, rate, error in zip(
        *(draft[name] for name in ("verdicts", "preferred", "win_rate", "SE")), strict=True
    ):
        assert rate == pytest.approx(100 * preferred / verdicts, abs=0.001)
        assert error == pytest.approx(binomial_error(preferred / verdicts, verdicts), abs=0.005)
    won, lost, first, second = outcomes
    assert sum(outcomes) == PROMPTS
    assert draft["preferred"][:3] == [won + first, won + second, 2 * won + first + second]
    gap = (61.2 - 52.0) / sqrt(draft["SE"][3] ** 2 + draft["SE"][2] ** 2)
    assert gap == pytest.approx(3.4, abs=0.05)
    assert 100 * won / (won + lost) == pytest.approx(52.8, abs=0.05)
    says(question.scenario, "9.2 points ahead of A, z = 3.4", "360 prompts", "52.8 instead of 52.0")


def test_the_error_of_a(question: Any, outcomes: list[float], number_target: Any) -> None:
    mean, variance = win_rate(outcomes)
    error = 100 * sqrt(variance / PROMPTS)
    assert mean == pytest.approx(0.52)
    assert number_target(ID, "right-error").holds(error)
    assert (error, variance) == pytest.approx((1.90, 0.18), abs=0.005)
    assert (52 - 1.96 * error, 52 + 1.96 * error) == pytest.approx((48.3, 55.7), abs=0.05)
    won, lost = outcomes[:2]
    share = won / (won + lost)
    assert binomial_error(share, won + lost) == pytest.approx(2.6, abs=0.05)
    for stretched in ((won - lost) / sqrt(won + lost), 2 / error):
        assert stretched == pytest.approx(1.054, abs=0.005)
    naive = 2 / binomial_error(mean, 2 * PROMPTS)
    assert naive == pytest.approx(1.27, abs=0.005)
    agree = PROMPTS * (0.6 * 0.44 + 0.4 * 0.56)
    assert agree == pytest.approx(244)
    together = won / PROMPTS - 0.6 * 0.44
    assert together / sqrt(0.6 * 0.4 * 0.44 * 0.56) == pytest.approx(0.48, abs=0.005)
    says(question.model_answer, "360 of 500", "244", "1.90", "48.3 to 55.7", "grows to 2.6", "z stays at 1.05")
    says(question.debrief, "is 0.48", "from 1.58 to 1.90", "from 1.27 to 1.06", "140 flips")


def test_prompts_for_a_true_52(question: Any, outcomes: list[float], number_target: Any) -> None:
    target = number_target(ID, "needed-prompts")
    for variance in (win_rate(outcomes)[1], 0.18):
        assert target.holds(variance * (POWERED / 0.02) ** 2)
    assert not target.holds(0.25 * (POWERED / 0.02) ** 2 / 2)
    says(question.model_answer, "about 3,500 prompts")


def test_c(question: Any, columns: Any, number_target: Any) -> None:
    assert number_target(ID, "c-estimate").holds(61.2 - (60.0 - 52.0))
    error = sqrt(binomial_error(0.6, PROMPTS) ** 2 + binomial_error(0.612, PROMPTS) ** 2)
    assert error == pytest.approx(3.1, abs=0.05)
    means = [(61.2 + second) / 2 for second in (53, 39, 50, 45)]
    assert means == pytest.approx([57.1, 50.1, 55.6, 53.1])
    assert not any(number_target(ID, "c-estimate").holds(value) for value in (*means, 53))
    says(question.model_answer, "about 53.2", "61.2 against 60.0, 1.2 points", "up to 3.1", "averages 57")
    says(question.debrief, "its mean would be 55.6")


def test_the_error_of_the_corrected_c(question: Any, outcomes: list[float]) -> None:
    _, lost, first, second = outcomes
    worth = (first - second) / (2 * PROMPTS)
    of_worth = 100 * sqrt(((first + second) / (4 * PROMPTS) - worth**2) / PROMPTS)
    error = sqrt(binomial_error(0.612, PROMPTS) ** 2 + of_worth**2)
    assert (of_worth, error, (53.2 - 50) / error) == pytest.approx((1.1, 2.45, 1.3), abs=0.05)
    assert (lost, lost + second) == (170, 200)
    says(question.debrief, "about 2.5 points", "one of 1.1", "z against B is 1.3", "170 of 200", "306 prompts")


def test_what_the_place_is_worth_elsewhere(question: Any, columns: Any) -> None:
    table = columns(question, "Other pairs that this judge has seen in both orders")
    names = ("first named both times", "other both times", "first shown", "second shown")
    rows = [[table[name][row] for name in names] for row in range(3)]
    assert all(sum(row) == PROMPTS for row in rows)
    worth = [100 * (first - second) / (2 * PROMPTS) for _, _, first, second in rows]
    assert worth == pytest.approx([14.2, 8.0, 4.6])
    overlap = table["overlap of the answers"]
    slope = (worth[0] - worth[1]) / (overlap[0] - overlap[1])
    assert worth[1] + slope * (overlap[3] - overlap[1]) == pytest.approx(11, abs=0.2)
    assert 61.2 - worth[0] == pytest.approx(47.0)
    says(question.debrief, "14.2 points", "8.0", "4.6", "about 11 points and C's win rate about 50", "47.0")
