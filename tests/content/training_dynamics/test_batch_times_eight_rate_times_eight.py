"""The numbers of `batch-times-eight-rate-times-eight`, recomputed."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.content.saying import says

ID = "training-dynamics/batch-times-eight-rate-times-eight"
TRIES = {"First try, warm-up over 50 steps": 50, "Second try, warm-up over 200 steps": 200}
STAGED = "Restarts of 1,000 steps at batch 512"
PEAK = 8e-4


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.mark.parametrize(("title", "ramp"), TRIES.items())
def test_rate_follows_its_ramp_and_quiet_rows_track_the_small_batch(
    question: Any, columns: Any, title: str, ramp: int
) -> None:
    log = columns(question, title)
    for step, rate in zip(log["step"], log["lr"], strict=True):
        assert rate == pytest.approx(PEAK * min(1, step / ramp), rel=1e-9)
    onset = next(at for at, norm in enumerate(log["grad_norm"]) if norm > 0.5)
    for at in range(onset):
        assert log["loss"][at] == pytest.approx(log["loss_64"][at], abs=0.0021)
    assert log["lr"][onset - 1] >= 4.8e-4 - 1e-12
    assert log["lr"][onset] <= 5.6e-4 + 1e-12
    assert log["step"][onset] == {50: 35, 200: 125}[ramp]
    says(
        question.model_answer, "between steps 25 and 35", "between 120 and 125", "about 5e-4", "within 0.002 of loss_64"
    )


def test_scales(question: Any, number_target: Any) -> None:
    assert pytest.approx(21e9, rel=0.005) == 64 * 8192 * 40_000
    assert 512 / 64 == PEAK / 1e-4 == 400 / 50 == 256 / 32 == pytest.approx(8)
    assert number_target(ID, "root-rate").holds(1e-4 * math.sqrt(8))
    assert not number_target(ID, "root-rate").holds(4e-4)
    assert number_target(ID, "beta2-in-tokens").holds(0.999**8)
    half_life = [math.log(2) / -math.log(beta) for beta in (0.999, 0.999**8)]
    assert half_life == pytest.approx([693, 87], abs=0.5)
    assert pytest.approx(600, abs=30) == 5e-4 / PEAK * 1000
    assert 300 * 1.1 / 60 < 6
    assert 8 * math.sqrt(8) == pytest.approx(22.6, abs=0.05)
    says(question.model_answer, "2.83e-4", "0.992", "87 steps instead of 693", "around step 600", "under six minutes")
    says(question.debrief, "8 from the rate times 2.83", "22.6")


def test_norms_and_noise_scale(question: Any, columns: Any) -> None:
    small, large = 0.81, columns(question, "First try, warm-up over 50 steps")["grad_norm"][0]
    assert large == columns(question, "Second try, warm-up over 200 steps")["grad_norm"][0] == 0.31
    assert small / large == pytest.approx(2.6, abs=0.02)
    signal = (512 * large**2 - 64 * small**2) / (512 - 64)
    noise = (small**2 - large**2) / (1 / 64 - 1 / 512)
    assert noise / signal == pytest.approx(2500, rel=0.03)
    says(question.scenario, "0.81 on average")
    says(question.model_answer, "from 0.81 to 0.31, by 2.6")
    says(question.debrief, "about 2,500 sequences, five times the batch")
    assert (1.0 / large, 1.0 / small) == pytest.approx((3, 1.2), abs=0.25)
    says(question.debrief, "1.0 is three times the usual norm at 512, 1.2 times at 64")


def test_quiet_rows_between_loud_ones(question: Any, columns: Any) -> None:
    for title, step in zip(TRIES, (50, 250), strict=True):
        log = columns(question, title)
        at = log["step"].index(step)
        assert log["lr"][at] == PEAK
        assert log["grad_norm"][at - 1] > 2 * log["grad_norm"][at] < log["grad_norm"][at + 1] * 2
        assert log["grad_norm"][at] < 0.4
    says(question.model_answer, "step 250 is quiet at 8e-4", "so is step 50 of the first try")


def test_restarts(question: Any, columns: Any) -> None:
    table = columns(question, STAGED)
    loud = dict(zip(zip(table["peak"], table["beta2"], table["warm-up"], strict=True), table[_LOUD], strict=True))
    assert loud[PEAK, 0.999, 200] == 455 > loud[PEAK, 0.999, 50] == 324
    assert loud[PEAK, 0.992, 50] == 460
    assert loud[2.83e-4, 0.999, 50] == loud[2.83e-4, 0.992, 50] == 0
    for norm, steps in zip(table["largest norm"], table[_LOUD], strict=True):
        assert (norm > 0.5) == (steps > 0)
    for title, ramp in TRIES.items():
        row = next(at for at in range(5) if (table["peak"][at], table["warm-up"][at]) == (PEAK, ramp))
        assert max(columns(question, title)["grad_norm"]) <= table["largest norm"][row]
    says(question.debrief, "455 loud steps of 1,000 instead of 324", "460 loud steps")


_LOUD = "steps with norm > 0.5"
