"""The arithmetic of efficiency/before-the-kernel-goes-in."""

from __future__ import annotations

from math import sqrt
from typing import Any

import pytest

from prepdrill.model import Table
from tests.content.saying import says

ID = "efficiency/before-the-kernel-goes-in"
SELF = "Loss gap of the present kernel against itself, 1B, three pairs of runs"
LATE = "Copy A against the present kernel, 1B, run to the end"
ERROR = "Error against fp32 on stored batches of the 7B run's last checkpoint, millionths of the fp32 rms, 21M elements"


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


def test_hours_and_days(question: Any) -> None:
    says(question.scenario, "240,000 steps", "512 H100s, 40 days", "12 % more", "240,000 steps costs 260")
    tokens = 512 * 0.4e15 * 40 * 86_400 / (6 * 30e9)  # what 40 days at 40 % of the peak allow
    assert 15e6 < tokens / 240_000 < 18e6
    hours = 6 * 1e9 * 240_000 * 262_144 / 0.4e15 / 3600
    assert hours == pytest.approx(260, abs=3)
    days = 40 * (1 - 1 / 1.12)
    assert days == pytest.approx(4.3, abs=0.05)
    says(question.debrief, "worth 4.3 days")
    says(question.model_answer, "520 GPU-hours")


def test_everything_passes_the_proposal(question: Any, columns: Any) -> None:
    table = question.exhibits[0].content
    assert isinstance(table, Table)
    for _, difference, gap, verdict in table.rows:
        assert (float(difference) <= 0.01, abs(float(gap)) <= 0.004, verdict) == (True, True, "pass")
        assert min(abs(float(difference) - step * 2**-8) for step in range(3)) < 5e-5  # spacing of bf16 near one
    gaps = {row[0]: float(row[2]) for row in table.rows}
    pairs = columns(question, SELF)
    assert gaps["present (second run)"] == pairs["pair_2"][pairs["step"].index(5000)]
    late = columns(question, LATE)
    assert gaps["A"] == late["gap"][late["step"].index(5000)]


def test_noise_and_growth(question: Any, columns: Any, number_target: Any) -> None:
    pairs = columns(question, SELF)
    gaps = [abs(gap) for name in ("pair_1", "pair_2", "pair_3") for gap in pairs[name]]
    assert max(gaps) == 0.0037
    noise = sqrt(sum(gap**2 for gap in gaps) / len(gaps))
    late = columns(question, LATE)
    slope = late["gap"][-1] / late["step"][-1]
    assert all(abs(gap - slope * step) < 3 * noise for gap, step in zip(late["gap"], late["step"], strict=True))
    assert number_target(ID, "gap-at-the-end").value == pytest.approx(0.004 * 240 / 5, abs=0.005)
    says(question.model_answer, "48 times that at the end, 0.19")
    says(question.debrief, "with 0.0016 and ends 0.109 worse", "never exceed 0.0037", "a fault of 0.016")


def test_errors_against_fp32(question: Any, columns: Any) -> None:
    errors = columns(question, ERROR)
    for part in ("output", "dV"):
        present = errors[f"{part} rms"][0] / sqrt(21e6)
        for mean in errors[f"{part} mean"][:2]:
            assert abs(mean) <= present
    assert errors["output rms"][0] / sqrt(21e6) == pytest.approx(0.37, abs=0.005)
    assert abs(errors["output mean"][2]) > 100 * 0.37
    says(question.debrief, "over 100 standard errors of 0.37")
