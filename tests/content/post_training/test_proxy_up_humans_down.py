"""The score climbs on, the raters turn back: what the odds promise, how sure ratings are, where the twist stands."""

from __future__ import annotations

from math import exp, sqrt
from statistics import NormalDist
from typing import Any

import pytest

from tests.content.saying import says

ID = "post-training/proxy-up-humans-down"
MIDDLES = [NormalDist().inv_cdf((at + 0.5) / 1000) for at in range(1000)]
SPREAD = 1.04
"""Standard deviation of the difference of two scores on one prompt that makes odds right on 68 % of pairs."""


def expected(gain: float) -> float:
    return sum(100 / (1 + exp(-(gain + SPREAD * z))) for z in MIDDLES) / len(MIDDLES)


def error(share: float, n: float) -> float:
    return 100 * sqrt(share / 100 * (1 - share / 100) / n)


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def log(question: Any, columns: Any) -> Any:
    return columns(question, "Training log")


@pytest.fixture
def preferred(question: Any, columns: Any) -> Any:
    return {name: dict(points) for name, points in columns(question, "Preferred to the SFT model").items()}


def test_score_and_promise(question: Any, log: Any, preferred: Any) -> None:
    scores = dict(zip(log["step"], log["score"], strict=True))
    for step, share in preferred["expected by the reward model"].items():
        assert share == pytest.approx(expected(scores[step]), abs=0.15)
    for kl, score in zip(log["kl"], log["score"], strict=True):
        assert score == pytest.approx(0.35 * sqrt(kl), abs=0.03)
    right = sum(100 / (1 + exp(-abs(SPREAD * z))) for z in MIDDLES) / len(MIDDLES)
    assert right == pytest.approx(68.0, abs=0.1)
    says(question.model_answer, "from 1.19 to 2.15")
    assert (scores[600], scores[1200]) == (1.19, 2.15)


def test_where_the_penalty_balances(question: Any, log: Any) -> None:
    rest = {coefficient: (0.35 / 2 / coefficient) ** 2 for coefficient in (0.02, 0.065, 0.1)}
    assert rest[0.02] == pytest.approx(77, abs=0.5)
    assert rest[0.1] == pytest.approx(3, abs=0.1)
    assert rest[0.065] == pytest.approx(7.4, abs=0.2)
    rows = dict(zip(log["step"], log["kl"], strict=True))
    assert rows[200] < rest[0.1] < rows[300] < rows[1200] < rest[0.02]
    says(
        question.debrief,
        "0.35 times the root",
        "0.175 over the coefficient, 77 nats for 0.02 and 3 nats for 0.1",
        "step 300",
    )
    says(question.model_answer, "back to some three nats")
    assert 100 * 2 * 0.5 / sqrt(2500) == 2  # two standard errors of a head to head
    says(question.debrief, "two points takes 2,500 comparisons for two standard errors")


def test_ratings(question: Any, preferred: Any) -> None:
    rated = preferred["raters"]
    assert all(share * 4 == round(share * 4) for share in rated.values())  # counts of 400
    assert error(rated[600], 400) == pytest.approx(2.4, abs=0.05)
    assert (rated[400], rated[600], rated[800]) == (59.5, 61.25, 60.5)
    assert max(rated.values()) - rated[400] < error(rated[600], 400)
    says(question.model_answer, "2.4 points", "59.5, 61.25 and 60.5", "promises 85.9, the raters say 54.5")
    gap = preferred["expected by the reward model"][1200] - rated[1200]
    assert 12 < gap / error(rated[1200], 400) < 13
    fall = (rated[600] - rated[1200]) / sqrt(error(rated[600], 400) ** 2 + error(rated[1200], 400) ** 2)
    assert fall == pytest.approx(1.9, abs=0.05)
    says(question.debrief, "61.25 against 54.5 is 1.9 standard errors", "37.8 nats", "11.8", "214 to 223")


def test_staged(question: Any, columns: Any) -> None:
    agree = columns(question, "Reward model against raters on pairs of a checkpoint's own answers")
    for share, pairs in zip(agree["right, %"], agree["pairs"], strict=True):
        assert abs(share - 100 * round(share * pairs / 100) / pairs) <= 0.0501
    assert sum(agree["pairs"]) == 1200
    says(question.model_answer, "First I buy 1,200 ratings", "68 %")
    head = {name: cells[0] for name, cells in columns(question, "Step 600 against step 1,200, raters").items()}
    assert head["600 preferred"] + head["1200 preferred"] == head["prompts"] == 400
    assert 100 * head["600 preferred"] / 400 == 57.5
    assert (57.5 - 50) / error(50, 400) == pytest.approx(3.0, abs=0.01)
    assert head["score higher for 1200, %"] * 4 == round(head["score higher for 1200, %"] * 4)
    says(question.debrief, "68.0 to 51.3 %", "66.1", "230 of 400 prompts (57.5 %, 3.0 standard errors)")


def test_twist(question: Any, log: Any, preferred: Any) -> None:
    rows = dict(zip(log["step"], zip(log["score"], log["kl"], strict=True), strict=True))
    assert rows[400] < (0.95, 7.4) < rows[500]
    assert rows[400][1] < 7.4 < rows[500][1]
    assert pytest.approx(0.35 * sqrt(7.4), abs=0.01) == 0.95
    assert 242 / 4 == 60.5
    both = sqrt(error(60.5, 400) ** 2 + error(preferred["raters"][600], 400) ** 2)
    assert both == pytest.approx(3.5, abs=0.06)
    assert pytest.approx(7.4, abs=0.15) == 0.95 / (2 * 0.065)  # at rest: gain is twice the penalty
    says(question.twist.fact, "0.065 from step 0", "0.95 and 7.4 nats", "242 of 400 prompts, 60.5 %")
    says(question.twist.model_answer, "between steps 400 and 500", "60.5 against our 61.25", "3.5 points", "38 nats")
