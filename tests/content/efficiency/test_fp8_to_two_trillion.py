"""The numbers of `fp8-to-two-trillion`, recomputed."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest

from tests.content.saying import says

ID = "efficiency/fp8-to-two-trillion"
SETTINGS = "Settings for the 2T run"
LOG = "Held-out loss of the qualification runs"
CHART = "FP8 run, largest absolute value at the input of the down projection (per step; max and median of 1,000 steps)"
STAGED = "Last year's BF16 checkpoints, layer 30, 5,000 batches forward with the FP8 scaling rule applied"


def test_days(bank_question: Any, columns: Any, number_target: Any) -> None:
    question = bank_question(ID)
    settings = columns(question, SETTINGS)
    exact = [2e12 / (million * 1e6) / 86400 for million in settings["million tokens a second"]]
    assert settings["days for 2T"] == pytest.approx(exact, abs=0.006)
    plain, exempt, full = settings["days for 2T"]
    target = number_target(ID, "price-of-exemption")
    assert target.holds(exempt - full)
    assert not target.holds(plain - full)
    assert (exempt - full) * 24 == pytest.approx(7, abs=0.15)
    assert (plain - full, plain - exempt) == pytest.approx((2.35, 2.06), abs=0.011)
    says(question.model_answer, "7.59 - 7.30 = 0.29 days, about 7 hours", "2.5 %")
    says(question.debrief, "2.35 days for all FP8, 2.06 with the exemption")
    utilization = 6 * 7e9 * 2.40e6 / (256 * 989e12)
    assert 0.35 < utilization < 0.45


def test_losses_differ_as_the_seeds_do(bank_question: Any, columns: Any) -> None:
    log = columns(bank_question(ID), LOG)
    seeds = [abs(one - other) for one, other in zip(log["bf16_a"], log["bf16_b"], strict=True)]
    fp8 = [new - (one + other) / 2 for one, other, new in zip(log["bf16_a"], log["bf16_b"], log["fp8"], strict=True)]
    assert max(map(abs, fp8)) < max(seeds)
    assert min(fp8) < 0 < max(fp8)


def test_one_layer_grows(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    chart = {name: dict(points) for name, points in columns(question, CHART).items()}
    top, typical = chart["layer 30, max"], chart["layer 30, median"]
    assert (round(top[5]), round(top[50])) == (10, 37)
    assert max(chart["layer 2, max"].values()) < 1.15 * min(chart["layer 2, max"].values())
    ratio = [top[tokens] / typical[tokens] for tokens in (1, 10, 25, 50)]
    assert all(before < after for before, after in pairwise(ratio))
    exponent = math.log(top[50] / top[5]) / math.log(10)
    assert top[50] * 40**exponent == pytest.approx(300, rel=0.1)
    says(question.debrief, "some 300 at 2T")


def test_jumps_in_the_late_checkpoints(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    staged = columns(question, STAGED)
    jumps = staged["largest ratio to the history"]
    assert all(before < after for before, after in pairwise(jumps))
    assert all(big > typical for big, typical in zip(staged["largest"], staged["median of the batches"], strict=True))
    says(question.debrief, "to 103", "8,881", "5.44 times the history", "ratio was 1.07")
