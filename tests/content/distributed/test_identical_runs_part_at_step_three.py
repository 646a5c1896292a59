"""The numbers of `identical-runs-part-at-step-three`, recomputed from its exhibits."""

from __future__ import annotations

from statistics import mean, stdev
from typing import Any

import pytest

from tests.content.saying import says

ID = "distributed/identical-runs-part-at-step-three"
LOG = "Three runs"
REPEATS = "Final validation loss of four runs of build O, same seed"
T_95_TEN_DEGREES = 2.228


def test_differences_are_those_of_the_losses(bank_question: Any, columns: Any) -> None:
    log = columns(bank_question(ID), LOG)
    for name in ("O2", "N1"):
        for first, other, gap in zip(log["O1"], log[name], log[f"{name}-O1"], strict=True):
            assert other - first == pytest.approx(gap, abs=1e-9)
    assert log["O2-O1"][:2] == [0, 0]
    assert log["O2-O1"][2] != 0
    assert all(gap != 0 for gap in log["N1-O1"])
    assert max(map(abs, log["O2-O1"])) == pytest.approx(0.010, abs=0.0005)
    assert max(map(abs, log["N1-O1"])) == pytest.approx(0.005, abs=0.0005)
    assert abs(log["O2-O1"][log["step"].index(20)]) == pytest.approx(0.01, abs=0.0005)
    assert log["N1-O1"][-1] == pytest.approx(0.0009, abs=0.00005)
    says(bank_question(ID).debrief, "the largest gaps are 0.005 and 0.010", "about 0.01 within 20 steps")


def test_cost_of_a_run_and_of_the_plan(bank_question: Any) -> None:
    question = bank_question(ID)
    seconds = 2_000 * 6 * 1.3e9 * 1.05e6 / (16 * 989e12 * 0.40)
    assert 16 * seconds / 3_600 == pytest.approx(12, abs=0.6)
    runs, cost, budget = 6 + 6, 12, 200
    assert (runs * cost, budget // cost - runs) == (144, 4)
    says(question.model_answer, "144 of the 200 GPU-hours", "the remaining four runs")


def test_what_six_runs_each_can_see(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    spread = stdev(columns(question, REPEATS)["validation loss at step 2000"])
    assert spread == pytest.approx(0.0013, abs=0.00006)
    error = 0.0013 * (2 / 6) ** 0.5
    half = T_95_TEN_DEGREES * error
    assert (round(error, 4), round(half, 4)) == (0.0008, 0.0017)
    assert (round(0.005 - half, 4), round(0.0038 + half, 4), round(0.0038 - half, 4)) == (0.0033, 0.0055, 0.0021)
    says(question.debrief, "0.0013", "0.0008", "half width of the interval 0.0017", "0.0033 worse")
    says(question.debrief, "0.0038 + 0.0017 = 0.0055", "0.0021 as the lower end")
    assert mean(columns(question, REPEATS)["validation loss at step 2000"]) == pytest.approx(3.1408, abs=0.0001)
