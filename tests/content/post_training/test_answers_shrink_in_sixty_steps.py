"""Every number of post-training/answers-shrink-in-sixty-steps that can be recomputed."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.content.saying import says

ID = "post-training/answers-shrink-in-sixty-steps"
LAMBDA, TOKENS = 0.95, 1900


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def log(question: Any, columns: Any) -> Any:
    return columns(question, "Training log")


@pytest.fixture
def critic(question: Any, columns: Any) -> Any:
    return columns(question, "Step-0 critic on 512 stored step-0 answers of about 1,900 tokens")


def values(positions: list[float], printed: list[float]) -> list[float]:
    """The value at every token, interpolated between the printed ones."""
    points = list(zip(positions, printed, strict=True))
    whole = [printed[0]]
    for (before, low), (after, high) in pairwise(points):
        width = int(after - before)
        whole += [low + (high - low) * step / width for step in range(1, width + 1)]
    return whole


def advantages(value: list[float], reward: float) -> list[float]:
    """Generalised advantages with gamma 1 and the reward at the last token."""
    found: list[float] = []
    later = 0.0
    for at in reversed(range(len(value))):
        ahead = reward if at == len(value) - 1 else value[at + 1]
        later = ahead - value[at] + LAMBDA * later
        found.append(later)
    return found[::-1]


def test_error_of_the_critic_follows_from_mean_and_explained_variance(log: Any) -> None:
    for reward, value, error, explained in zip(
        *(log[name] for name in ("reward", "v_mean", "mc_mse", "expl_var")), strict=True
    ):
        assert error == pytest.approx(reward * (1 - reward) * (1 - explained) + (reward - value) ** 2, abs=0.0015)


def test_log_says_what_the_texts_say(question: Any, log: Any) -> None:
    assert log["mean_len"][0] / log["mean_len"][-1] == pytest.approx(8, abs=0.5)
    assert log["reward"][-1] < log["reward"][0] / 2
    assert log["expl_var"][0] < 0
    assert log["v_mean"][0] == -0.614
    assert max(log["kl_step"]) <= 0.0012
    assert sum(log["clip"]) / len(log["clip"]) == pytest.approx(0.014, abs=0.0005)
    assert dict(zip(log["step"], log["mean_len"], strict=True))[20] < 1_600  # the stop rule would have fired
    says(question.model_answer, "says -0.61", "near 0.43", "1.4 %", "0.001")
    says(question.debrief, "2 % clipping", "0.001 nats")


def test_reach_of_the_outcome(question: Any) -> None:
    assert pytest.approx(0.006, abs=0.0001) == LAMBDA**100
    assert pytest.approx(20) == 1 / (1 - LAMBDA)
    assert LAMBDA**60 < 0.05
    says(question.model_answer, "0.95 to the power of 100 is 0.006", "20 to 60 tokens; the other 1,800")


@pytest.mark.parametrize(("kind", "reward"), [("right", 1.0), ("wrong", 0.0)])
def test_advantages_follow_from_the_values(question: Any, critic: Any, kind: str, reward: float) -> None:
    value = values(critic["token"], critic[f"value {kind}"])
    assert len(value) == TOKENS
    found = advantages(value, reward)
    for token, printed in zip(critic["token"], critic[f"advantage {kind}"], strict=True):
        assert found[int(token) - 1] == pytest.approx(printed, abs=0.00051)
    says(question.debrief, "A wrong ending earns +0.98, a right one +1.94", "about -0.007")


def test_staged_values_average_to_the_first_row(log: Any, critic: Any) -> None:
    means = [sum(values(critic["token"], critic[f"value {kind}"])) / TOKENS for kind in ("right", "wrong")]
    mixed = 0.43 * means[0] + 0.57 * means[1]
    assert mixed == pytest.approx(log["v_mean"][0], abs=0.02)
