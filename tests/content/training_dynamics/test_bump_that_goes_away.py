"""The numbers of `bump-that-goes-away`, recomputed."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest

from tests.content.saying import says

ID = "training-dynamics/bump-that-goes-away"
LOG = "Training log"
CHART = "Both losses"
STAGED = "Training loss by number of copies"
SHARE = 0.1 / (0.999 + 0.1)


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def log(question: Any, columns: Any) -> Any:
    return columns(question, LOG)


def gap(log: Any, tokens: float) -> float:
    at = log["tokens_B"].index(tokens)
    return float(log["val"][at] - log["train"][at])


def test_log_and_chart_agree_and_the_rate_is_smooth(question: Any, log: Any, columns: Any) -> None:
    for name, points in columns(question, CHART).items():
        assert points == list(zip(log["tokens_B"], log[name], strict=True))
    for tokens, rate in zip(log["tokens_B"], log["lr"], strict=True):  # 8B tokens of warm-up
        cosine = 3e-5 + (3e-4 - 3e-5) / 2 * (1 + math.cos(math.pi * (tokens - 8) / 992))
        assert rate == pytest.approx(cosine, rel=0.006)
    assert (min(log["grad_norm"]), max(log["grad_norm"])) == (0.32, 0.36)
    assert all(after < before for before, after in pairwise(log["train"]))
    rises = [
        tokens for tokens, (before, after) in zip(log["tokens_B"], pairwise(log["val"]), strict=False) if after > before
    ]
    assert rises == [200, 240]
    says(question.scenario, "Between 200B and 280B")


def test_share_and_gap(question: Any, log: Any, number_target: Any) -> None:
    assert number_target(ID, "token-share").holds(100 * SHARE)
    assert number_target(ID, "token-share").holds(10)
    assert not number_target(ID, "token-share").holds(0.1)
    assert pytest.approx(9.1, abs=0.05) == 100 * SHARE
    assert [gap(log, tokens) for tokens in (160, 280, 720)] == pytest.approx([0.008, 0.070, 0.160], abs=1e-9)
    rows = [log["tokens_B"].index(tokens) for tokens in (200, 280, 720)]
    copied = [log["val"][at] - (log["val"][at] - log["train"][at]) / SHARE for at in rows]
    assert copied == pytest.approx([2.0, 1.5, 0.3], abs=0.05)
    says(question.model_answer, "9.1 %", "0.008 at 160B, 0.070 at 280B and 0.160 at 720B")
    says(question.model_answer, "2.0 at 200B, 1.5 at 280B and 0.3 at 720B")
    says(question.debrief, "a loss that falls from 2.0 to 0.3")


def test_buckets_make_up_the_training_loss(question: Any, log: Any, columns: Any) -> None:
    buckets = columns(question, STAGED)
    assert buckets["tokens_B"] == log["tokens_B"]
    for at, tokens in enumerate(log["tokens_B"]):
        assert buckets["copies_so_far"][at] == tokens / 10
        single, copied = buckets["single"][at], buckets["hundredfold"][at]
        assert log["train"][at] == pytest.approx((1 - SHARE) * single + SHARE * copied, abs=0.0011)
        assert single == pytest.approx(log["val"][at], abs=0.0071)
    falls = {n: a - b for n, (a, b) in zip(buckets["copies_so_far"], pairwise(buckets["hundredfold"]), strict=False)}
    assert sorted(falls, key=falls.__getitem__)[-2:] in ([24, 28], [28, 24])
    assert (round(buckets["hundredfold"][0], 2), round(max(buckets["hundredfold"][-1:]), 2)) == (2.50, 0.33)
    says(question.debrief, "from 2.50 to 0.33, fastest between 24 and 32 copies", "within 0.007 of validation")


def test_what_is_to_come(question: Any, log: Any, columns: Any) -> None:
    assert pytest.approx(25, abs=0.5) == 280 * SHARE
    jump = columns(question, STAGED)["single"][-1] - log["train"][-1]
    assert jump == pytest.approx(0.16, abs=0.005)
    last = log["val"][-4:]
    assert last[-1] + (last[-1] - last[0]) / 3 == pytest.approx(2.058, abs=0.001)
    says(question.model_answer, "25B of the 280B tokens", "jump by 0.16", "2.058 at 760B", "more than 0.004")
