"""The arithmetic of post-training/still-at-one-rate-gone-at-ten."""

from __future__ import annotations

from math import erf, floor, log2, sqrt
from typing import Any

import pytest

from tests.content.saying import says

ID = "post-training/still-at-one-rate-gone-at-ten"


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def bands(question: Any, columns: Any) -> list[tuple[float, float, float]]:
    table = columns(question, "How large the weights of the matrices are")
    return [
        (low, float("inf") if high == "-" else high, share)
        for low, high, share in zip(table["|w| from"], table["to"], table["share, %"], strict=True)
    ]


def spacing(weight: float) -> float:
    """Distance of neighbouring bfloat16 numbers at a weight."""
    return float(2.0 ** (floor(log2(weight)) - 7))


def moved(bands: list[tuple[float, float, float]], rate: float) -> float:
    """Share of the weights, in percent, for which a step exceeds half the distance."""
    return sum(share for low, high, share in bands if rate > spacing(min(high * 0.999, max(low * 1.001, 1e-3))) / 2)


def test_table_is_a_normal_distribution(bands: Any) -> None:
    for low, high, share in bands:
        exact = [min(1.0, erf(edge / 0.02 / sqrt(2))) for edge in (low, min(high, 1))]
        assert share == pytest.approx(100 * (exact[1] - exact[0]), abs=0.09)  # the edges are rounded powers of two


def test_shares_and_rates(question: Any, bands: Any, number_target: Any) -> None:
    assert moved(bands, 1e-5) == pytest.approx(15.5, abs=0.05)
    assert moved(bands, 3e-5) == pytest.approx(30.4, abs=0.05)
    assert (spacing(0.0038) / 2, spacing(0.0040) / 2) == pytest.approx((7.6e-6, 1.5e-5), rel=0.02)
    assert (spacing(0.02), spacing(0.02) / 2) == pytest.approx((1.2e-4, 6.1e-5), rel=0.02)
    assert spacing(0.01) / 2 == pytest.approx(3.05e-5, rel=0.001)
    assert number_target(ID, "share-that-moves").holds(moved(bands, 1e-5))
    assert number_target(ID, "rate-for-typical").holds(spacing(0.02) / 2)
    assert not number_target(ID, "rate-for-typical").holds(0.004 * 0.02)
    says(question.model_answer, "7.6e-6", "1.5e-5", "15.5 %", "1.2e-4 apart", "6.1e-5", "3.05e-5", "Seventy per cent")
    assert spacing(0.02) / 1e-4 == pytest.approx(1.22, abs=0.005)
    assert (spacing(1.0) / 2, spacing(0.999) / 2) == pytest.approx((0.0039, 0.002), abs=5e-5)
    says(question.debrief, "22 % too far", "0.0039 upwards and 0.002 downwards")


def test_memory_and_log(question: Any, columns: Any) -> None:
    weights, gpus = 8e9, 8
    assert weights * 4 / gpus == pytest.approx(4e9)
    says(question.model_answer, "4 GB per GPU")
    log = columns(question, "The two runs (means of 20 steps)")
    assert log["lr_A"][:5] == pytest.approx([1e-7 * step for step in log["step"][:5]])
    assert log["lr_B"][:5] == pytest.approx([1e-6 * step for step in log["step"][:5]])
    assert max(log["loss_A"]) - min(log["loss_A"]) < 0.015
    finer = columns(question, "The same two runs with the weights in float32")
    assert finer["loss_A"][-1] == pytest.approx(1.18, abs=0.005)
    assert finer["loss_B"][log["step"].index(140)] > 4
    says(question.debrief, "1.18 in 400 steps", "after the rate passes 6e-5")
