"""The numbers of "One spike, five remedies on the table", recomputed."""

from __future__ import annotations

from math import exp
from typing import Any

import pytest

from tests.content.saying import says

ID = "training-dynamics/five-fixes-for-one-spike"
SPIKE = 73_412
VALIDATION = "Validation loss, and the line through the 20 evaluations up to 73,000 (scatter 0.0015)"
PAIRS = "The remedies in pairs of 1.3B runs of the same recipe, each put in at 60 % of the run"
DOMAINS = "Validation at step 74,000 by domain, against each domain's own line"


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


def gpu_hours(steps: float) -> float:
    return steps * 1.7 * 512 / 3_600


def test_the_spike_heals(question: Any, columns: Any) -> None:
    log = columns(question, "Log around the jump")
    loss = dict(zip(log["step"], log["loss"], strict=True))
    assert max(loss, key=lambda step: loss[step]) == SPIKE
    level = sum(loss[step] for step in range(73_406, 73_411)) / 5
    assert all(abs(value - level) < 0.016 for step, value in loss.items() if step >= SPIKE + 48)
    says(question.model_answer, "after about 60 steps", "0.001 below its line")
    utilization = 6 * 13e9 * 1_024 * 4_096 / (512 * 1.7) / 989e12
    assert 0.35 < utilization < 0.42


def test_validation(question: Any, columns: Any) -> None:
    table, domains = columns(question, VALIDATION), columns(question, DOMAINS)
    for value, line, difference in zip(*(table[name] for name in list(table)[1:]), strict=True):
        assert value - line == pytest.approx(difference, abs=1e-9)
        assert difference == 0.006 or abs(difference) <= 0.002
    for step, overall in ((73_500, 0.006), (74_000, -0.001)):
        parts = domains[f"difference at {step:,}"]
        assert sum(domains["share, %"]) == 100
        mean = sum(share * part for share, part in zip(domains["share, %"], parts, strict=True)) / 100
        assert mean == pytest.approx(overall, abs=0.0006)


def test_prices(question: Any, columns: Any, number_target: Any) -> None:
    pairs = columns(question, PAIRS)
    measured = [value for value in pairs["final loss, changed minus unchanged"] if isinstance(value, float)]
    says(question.scenario, "0.001 of final loss is worth about 500 steps")
    cut = 500 * measured[0] / 0.001
    assert cut == pytest.approx(4_000)
    assert number_target(ID, "price-of-the-cut").holds(gpu_hours(cut))
    says(question.model_answer, f"about 4,000 steps, {gpu_hours(cut):.0f} GPU hours", f"that is {gpu_hours(500):.0f}")
    assert gpu_hours(cut) / gpu_hours(500) == pytest.approx(8)
    assert sum(measured) == pytest.approx(0.014)
    says(question.debrief, "0.014 or 7,000 steps, 1,692 GPU hours")
    assert gpu_hours(500 * sum(measured) / 0.001) == pytest.approx(1_692, abs=1)
    left = gpu_hours(120_000 - 74_000)
    assert left == pytest.approx(11_000, rel=0.02)
    says(question.follow_ups[2].ask, "11,000 GPU hours")


def test_the_clip_and_the_dump(question: Any, columns: Any) -> None:
    log = columns(question, "Log around the jump")
    everyday = [norm for step, norm in zip(log["step"], log["raw_norm"], strict=True) if step < 73_411]
    assert (min(everyday), max(everyday)) == (0.33, 0.36)
    says(question.debrief, "everyday norm of 0.33 to 0.36", "the 6.10 of 73,411 was cut to 1.0")
    assert log["raw_norm"][log["step"].index(73_411)] == 6.10
    share = 0.05 * 1_024
    assert abs(55 - share) < (share * 0.95) ** 0.5  # nothing unusual
    says(question.scenario, "55 of the 1,024 sequences", "5 % of what is left")
    says(question.debrief, f"5 % of any batch are {share:.0f}")


def test_chances(question: Any) -> None:
    assert question.twist is not None
    quiet = exp(-5_000 / SPIKE)
    assert quiet == pytest.approx(0.93, abs=0.005)
    says(question.model_answer, "with a chance of 93 %", "I expect less than one more spike")
    assert (120_000 - 74_000) / SPIKE < 1
    again = 1 - exp(-900 / SPIKE)
    assert again == pytest.approx(0.01, abs=0.003)
    assert SPIKE + 900 == 74_312
    says(question.twist.fact, "74,312, 900 steps after")
    says(question.twist.model_answer, "a chance of about 1 %")
