"""The numbers of `one-column-after-the-resume`, recomputed from its exhibits."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.content.saying import says

ID = "training-dynamics/one-column-after-the-resume"
LOG = "Log before and after"
STATE = "What stood in the checkpoint and what stood in the job after loading"
RESUMED = 41_000


def schedule(step: float) -> float:
    if step <= 2_000:
        return 3e-4 * step / 2_000
    return 3e-5 + 2.7e-4 / 2 * (1 + math.cos(math.pi * (step - 2_000) / 58_000))


def run_two(step: float) -> float:
    return schedule(step - RESUMED)


def test_rates_are_the_schedule_before_and_the_warm_up_after(bank_question: Any, columns: Any) -> None:
    log = columns(bank_question(ID), LOG)
    for run, step, rate in zip(log["run"], log["step"], log["lr"], strict=True):
        expected = schedule(step) if run == 1 else run_two(step)
        assert rate == pytest.approx(expected, abs=0.51 * 10 ** (math.floor(math.log10(rate)) - 2))


def test_losses_follow_the_rate(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    log = columns(question, LOG)
    first, second = (
        {
            step: (loss, val)
            for run, step, loss, val in zip(log["run"], log["step"], log["loss"], log["val"], strict=True)
            if run == wanted
        }
        for wanted in (1, 2)
    )
    assert first[41_200][0] - second[41_200][0] == pytest.approx(0.015, abs=1e-9)
    vals = [val for _, val in second.values()]
    assert vals[:-1] == sorted(vals[:-1])
    assert vals[-1] == pytest.approx(vals[-2], abs=0.002)
    crossing = next(step for step in range(41_001, 43_000) if run_two(step) >= schedule(step))
    assert crossing == pytest.approx(41_600, abs=20)
    # The smoothed loss lags a little behind: at 41,800 it is where run 1 left it.
    assert second[41_800][0] == pytest.approx(first[41_200][0], abs=0.0015)
    says(question.model_answer, "drops by 0.015", "Around step 41,600", "9.42e-05 and 2.116")
    says(question.debrief, "at 41,800")


def test_figures_of_the_answer(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    log = columns(question, LOG)
    assert log["lr"][log["step"].index(42_400)] == 2.1e-4
    assert schedule(42_400) == pytest.approx(8.7e-5, abs=0.05e-5)
    assert schedule(43_400) == pytest.approx(8.1e-5, abs=0.05e-5)
    assert max(log["step"]) - RESUMED == 2_400
    gpu_hours = 2_400 * 1.8 * 128 / 3_600
    assert gpu_hours == pytest.approx(154, abs=0.5)
    says(question.model_answer, "about 8.7e-5", "2,400 steps, 154 GPU hours", "9.54e-05")
    state = columns(question, STATE)
    saved = dict(zip(state["entry"], state["in the checkpoint"], strict=True))
    loaded = dict(zip(state["entry"], state["after loading"], strict=True))
    assert saved["sequences read"] == loaded["sequences read"] == RESUMED * 512
    assert (saved["scheduler step"], loaded["scheduler step"]) == (RESUMED, 0)
