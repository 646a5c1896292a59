"""Every number of post-training/reward-falls-at-step-nine-hundred that can be recomputed."""

from __future__ import annotations

from math import exp
from typing import Any

import pytest

from tests.content.saying import says

ID = "post-training/reward-falls-at-step-nine-hundred"


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def log(question: Any, columns: Any) -> Any:
    return columns(question, "Training log (each row the mean of the last 50 steps)")


@pytest.fixture
def engines(question: Any, columns: Any) -> Any:
    return columns(question, "Sampler against trainer at the same weights, 256 stored answers per step")


def test_log_and_chart_agree(question: Any, log: Any, columns: Any) -> None:
    chart = columns(question, "Reward, and accuracy on 500 held-out problems (greedy, by the sampler)")
    reward = dict(chart["reward"])
    assert [reward[step] for step in log["step"]] == log["reward"]
    for _, accuracy in chart["held out"]:
        assert abs(accuracy * 500 - round(accuracy * 500)) < 1e-6
    assert max(chart["reward"], key=lambda point: point[1])[0] == 800


def test_nothing_can_be_clipped(question: Any, log: Any) -> None:
    says(question.scenario, "one update per batch", "which the trainer computes by a forward pass before the update")
    assert set(log["clip"]) == {0.0}


def test_nats_per_answer(question: Any, engines: Any, log: Any) -> None:
    says(question.scenario, "1,230 tokens long", "0.0005 nats per token")
    assert pytest.approx(0.6, abs=0.02) == 0.0005 * 1_230
    assert exp(0.0005 * 1_230) == pytest.approx(1.85, abs=0.01)
    says(question.model_answer, "0.0005 times 1,230 is 0.6 nats", "almost a factor of two")
    lengths = dict(zip(log["step"], log["mean_len"], strict=True))
    for step, gap, length, nats in zip(
        *(engines[name] for name in ("step", "dlogp", "mean_len", "nats/answer")), strict=True
    ):
        assert nats == pytest.approx(gap * length, abs=0.051)
        assert length == lengths.get(step, length)


def test_gap_is_a_possible_divergence(engines: Any) -> None:
    for absolute, mean in zip(engines["abs_dlogp"], engines["dlogp"], strict=True):
        assert 0 < mean < absolute  # a mean of log ratios under the sampler: a divergence, and no larger than its size
    for largest, share, length in zip(*(engines[name] for name in ("max_ratio", "%ratio>2", "mean_len")), strict=True):
        assert largest > 2
        assert share / 100 * 256 * length > 1  # at least one token is above 2, and the largest is
    assert engines["%ratio>2"] == sorted(engines["%ratio>2"])


def test_order_of_events(question: Any, engines: Any, log: Any) -> None:
    gap = dict(zip(engines["step"], engines["dlogp"], strict=True))
    assert gap[600] == 2 * gap[0]
    assert gap[800] / gap[0] > 10
    norm = dict(zip(log["step"], log["grad_norm"], strict=True))
    assert norm[800] == 0.20
    assert norm[850] > 0.22
    kl = dict(zip(log["step"], log["kl_ref"], strict=True))
    assert kl[800] == pytest.approx(0.02, abs=0.001)
    says(question.debrief, "doubles by 600", "grown tenfold by 800", "only from 850 on", "10 nats at step 800", "0.2 %")
    says(question.model_answer, "KL to the reference was only 0.02")
    assert 0.01 * kl[950] == pytest.approx(0.0004, abs=0.00005)
    says(question.debrief, "0.01 times a KL of 0.04 is 0.0004")


def test_price_of_the_fork(question: Any) -> None:
    says(question.scenario, "100 steps cost 270 GPU-hours", "64 H100s")
    assert 3 * 270 == 810
    says(question.model_answer, "300 steps and 810 GPU-hours each")
