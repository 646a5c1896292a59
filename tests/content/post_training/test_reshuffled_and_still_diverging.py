"""Every number of post-training/reshuffled-and-still-diverging that can be recomputed."""

from __future__ import annotations

from math import log as ln
from math import sqrt
from typing import Any

import pytest

from tests.content.saying import says

ID = "post-training/reshuffled-and-still-diverging"
START = 5_000


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def log(question: Any, columns: Any) -> Any:
    return columns(question, "Log of the original run")


@pytest.fixture
def replays(question: Any, columns: Any) -> Any:
    return columns(question, "Replays from step 5,000")


def test_divergence_is_where_the_scenario_says(question: Any, log: Any, replays: Any) -> None:
    says(question.scenario, "0.15 above the mean of the hundred steps before", "At step 6,310")
    loss = dict(zip(log["step"], log["loss"], strict=True))
    before = sum(loss[step] for step in (6200, 6250, 6280, 6300)) / 4
    assert loss[6300] - before < 0.15 < loss[6310] - before
    assert replays["diverges at"][0] == 6_310
    logit = dict(zip(log["step"], log["max_logit"], strict=True))
    assert replays["max logit at 6200"][0] == logit[6200]


def test_half_the_rate_takes_twice_the_steps(question: Any, log: Any, replays: Any) -> None:
    full = replays["diverges at"][0] - START
    half = replays["diverges at"][4] - START
    assert (full, half) == (1_310, 2_590)
    assert half / full == pytest.approx(1.98, abs=0.005)
    assert 4 * full == 5_240
    says(question.model_answer, "2,590 steps instead of 1,310")
    says(question.debrief, "5,240; it took 1.98 times", "logit of 22 at 6,200", "near 5,600")
    says(question.scenario, "4,000 steps remain after step 6,310")
    assert replays["diverges at"][4] < 6_310 + 4_000  # so finishing at 1e-5 would have failed
    logit = dict(zip(log["step"], log["max_logit"], strict=True))
    # after 1,200 steps at half the rate the weights are where the original was after 600
    assert logit[5500] < replays["max logit at 6200"][4] < logit[5800]


def test_scatter_of_the_order(question: Any, replays: Any) -> None:
    ends = [replays["diverges at"][run] for run in (0, 2, 3)]
    assert max(ends) - min(ends) == 50
    assert max(abs(end - 6_310) for end in ends) == 30
    assert replays["diverges at"][1] == 6_310
    says(question.model_answer, "within 30 steps")
    says(question.debrief, "three runs that end within 50 steps")


def test_constant_against_random_direction(question: Any, number_target: Any) -> None:
    assert number_target(ID, "factor-36").value == pytest.approx(1_310 / sqrt(1_310), abs=0.05)
    says(question.model_answer, "36 times one error in 1,310 steps", "36 times more")


def test_correlated_errors_add_up(question: Any, columns: Any) -> None:
    table = columns(question, "Error of bf16 gradients against fp32, and its mean cosine between 12 batches")
    cosine = table["cosine at 5000"][0]
    assert cosine == 0.21
    assert sqrt(1_310 * (1 + 1_309 * cosine)) == pytest.approx(600, abs=10)
    says(question.debrief, "a cosine of 0.21, 1,310 of them add up to about 600 times one, with independent ones to 36")


def test_excess_of_the_logit_is_an_exponential(question: Any, log: Any) -> None:
    logit = dict(zip(log["step"], log["max_logit"], strict=True))
    excess = {step: logit[step] - logit[START] for step in (5500, 6000, 6200)}
    assert [round(value, 1) for value in excess.values()] == [2.2, 11.9, 22.9]
    for early, late in ((5500, 6000), (6000, 6200)):
        assert (late - early) / ln(excess[late] / excess[early]) == pytest.approx(300, rel=0.03)
    says(question.debrief, "2.2 at 5,500, 11.9 at 6,000 and 22.9 at 6,200", "e-fold about every 300 steps")
