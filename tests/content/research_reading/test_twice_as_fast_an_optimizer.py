"""The numbers of `research-reading/twice-as-fast-an-optimizer`, recomputed from its exhibits."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.content.saying import says

ID = "research-reading/twice-as-fast-an-optimizer"
FLOPS = 0.4 * 989e12  # an H100 at 40 % utilisation, bf16


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture(scope="module")
def curves(question: Any, columns: Any) -> dict[str, dict[float, float]]:
    chart = columns(question, "Validation loss of the 350M, cosine over 40k steps")
    return {name: dict(points) for name, points in chart.items()}


@pytest.fixture(scope="module")
def ended(question: Any, columns: Any) -> Any:
    return columns(question, "Losses at the end of the schedule, from the appendix")


def hours(size: float, tokens: float) -> float:
    return 6 * size * tokens / FLOPS / 3600


def test_the_headline_can_be_read_off(question: Any, curves: Any, ended: Any) -> None:
    adamw, new = curves["AdamW"], curves["new"]
    assert adamw[20] == 3.006 == pytest.approx(new[10], abs=0.005)
    assert (adamw[40], new[40]) == (ended["AdamW, 40k"][1], ended["new, 40k"][1])
    assert all(new[step] < adamw[step] for step in adamw)
    assert (1 + math.cos(math.pi * 20 / 40)) / 2 == pytest.approx(0.5)
    says(question.model_answer, "3.006", "still half its peak", "it has 2.955")


def test_factors_of_the_ended_runs(question: Any, ended: Any, number_target: Any) -> None:
    factors = []
    for at in (0, 1):
        half, full, new = (ended[name][at] for name in ("AdamW, 20k", "AdamW, 40k", "new, 20k"))
        factors.append(2 ** ((half - new) / (half - full)))
    assert [round(factor, 2) for factor in factors] == [1.55, 1.32]
    assert round(20 * factors[1], 1) == 26.4
    wall = factors[1] / float(str(ended["time per step"][1]).split()[0])
    assert round(wall, 2) == 1.22
    assert number_target(ID, "factor-in-steps").value == 1.32
    assert number_target(ID, "factor-in-hours").value == 1.22
    says(question.model_answer, "0.024 of 0.060", "0.4 of a doubling", "a factor of 1.32", "1.22 in hours")
    says(question.model_answer, "0.044 of 0.070, or 1.55")


def test_tuned_baseline(question: Any, columns: Any, ended: Any) -> None:
    sweep = columns(question, "A sweep of AdamW's peak rate, 350M, 20k steps, run by us")["loss at the end"]
    assert sweep[0] == ended["AdamW, 20k"][1]
    left = min(sweep) - ended["new, 20k"][1]
    factor = 2 ** (left / (ended["AdamW, 20k"][1] - ended["AdamW, 40k"][1]))
    assert (round(left, 3), round(factor, 2), round(factor / 1.08, 2)) == (0.006, 1.07, 0.99)
    says(question.debrief, "1.2e-3 ends at 2.937", "0.006 ahead", "1.07 in steps and 0.99 in hours")
    assert 1.96 * math.sqrt(2) * 0.002 == pytest.approx(left, rel=0.1)
    breaks_even = 0.060 * math.log2(1.08)
    assert 0.005 < breaks_even < 0.007


def test_hours(question: Any) -> None:
    assert hours(3e9, 120e9) == pytest.approx(1500, rel=0.02)
    assert hours(350e6, 20e3 * 0.5e6) == pytest.approx(16, rel=0.1)
    pair = (1 + 1.08) * hours(1.2e9, 40 * 1.2e9)
    assert pair == pytest.approx(500, rel=0.02)
    assert pair + 4 * hours(350e6, 20e3 * 0.5e6) < 600
    says(question.model_answer, "about 500 hours", "40 tokens per parameter")
    says(question.scenario, "1,500 GPU-hours", "750 hours saved")
