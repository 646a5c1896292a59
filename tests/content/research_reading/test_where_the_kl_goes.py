"""The numbers of `research-reading/where-the-kl-goes`, and the three gradients of one small policy."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.content.saying import says

ID = "research-reading/where-the-kl-goes"
POLICY, REFERENCE = (0.5, 0.3, 0.2), (0.2, 0.3, 0.5)


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture(scope="module")
def log(question: Any, columns: Any) -> Any:
    return columns(question, "Training log (means over the last 20 steps; kl in nats per answer)")


@pytest.fixture(scope="module")
def without(question: Any, columns: Any) -> Any:
    return columns(question, "The new code with beta = 0")


def test_rewards_are_shares_and_kl_rises(log: Any, without: Any) -> None:
    for name in ("reward_old", "reward_new", "reward_new_x5"):
        assert all(0 < share < 1 for share in log[name])
    for name in ("kl_old", "kl_new", "kl_new_x5"):
        assert log[name] == sorted(log[name])
    assert without["step"] == log["step"]


def test_the_old_code_holds_and_the_new_one_does_not(question: Any, log: Any, without: Any) -> None:
    old, new, five = log["kl_old"][-1], log["kl_new"][-1], log["kl_new_x5"][-1]
    assert (old, new, five, without["kl"][-1]) == (2.65, 5.57, 5.87, 5.50)
    for at, free in enumerate(without["kl"]):
        assert log["kl_new"][at] == pytest.approx(free, rel=0.1)
        assert log["kl_old"][at] < free
    says(question.model_answer, "about 5.6 at step 600", "about 2.7 at step 600")
    says(question.debrief, "5.87 against 5.57", "it is 5.50 (staged)")


def expected_gradient(weights: tuple[float, ...]) -> list[float]:
    """Mean over the policy's samples of weight times the gradient of log p, for the logits of a softmax."""
    pairs = list(zip(POLICY, weights, strict=True))
    mean = sum(p * weight for p, weight in pairs)
    return [p * (weight - mean) for p, weight in pairs]


def test_the_gradients_that_the_debrief_speaks_of() -> None:
    ratio = [math.log(p / q) for p, q in zip(POLICY, REFERENCE, strict=True)]
    divergence = sum(p * r for p, r in zip(POLICY, ratio, strict=True))
    true = [p * (r - divergence) for p, r in zip(POLICY, ratio, strict=True)]
    in_score = half_square = expected_gradient(tuple(ratio))  # d(r*r/2) = r d(log p)
    assert in_score == pytest.approx(true)
    assert half_square == pytest.approx(true)
    assert expected_gradient((1.0, 1.0, 1.0)) == pytest.approx([0, 0, 0])
    third = expected_gradient(tuple(1 - math.exp(-r) for r in ratio))
    assert all(a * b >= 0 for a, b in zip(third, true, strict=True))
    assert third != pytest.approx(true, rel=0.1)
