"""Numbers are read as engineers write them."""

from __future__ import annotations

import pytest

from prepdrill.graders.numbers import agrees, quantities
from prepdrill.model import NumberTarget


def given(text: str, value: float, tolerance: float, unit: str = "") -> bool:
    target = NumberTarget(value, tolerance, unit)
    return any(agrees(quantity, target) for quantity in quantities(text))


@pytest.mark.parametrize(
    ("text", "value", "tolerance", "unit"),
    [
        ("about 700", 693, 35, "steps"),
        ("half-life = 693 steps", 693, 35, "steps"),
        ("6,931 steps", 6931, 70, "steps"),
        ("~6.9k steps", 6931, 70, "steps"),
        ("3e-4", 3e-4, 1e-6, ""),
        ("3 x 10^-4", 3e-4, 1e-6, ""),
        ("3×10−4 no, 3 × 10^−4", 3e-4, 1e-6, ""),
        ("47 %", 0.47, 0.01, ""),
        ("0.47", 47, 1, "%"),
        ("47 per cent", 47, 1, "%"),
        ("47pct of it", 47, 1, "%"),
        ("7/8 of the time", 0.875, 0.001, ""),
        ("between 650 and 740", 693, 35, "steps"),
        ("13-15 epochs", 14, 0.5, "epochs"),
        ("31.4GB", 31.4, 0.1, "GB"),
        ("-2.1 points", -2.1, 0.1, "points"),
        ("a 14-fold repetition", 14, 1, "epochs"),
        ("$2.5M", 2.5e6, 1, ""),
        ("4B params", 4e9, 1e8, "parameters"),
        ("2.4 questions", 2.4, 0.05, "items"),
        ("fourteen epochs", 14, 0.5, "epochs"),
    ],
)
def test_a_number_agrees(text: str, value: float, tolerance: float, unit: str) -> None:
    assert given(text, value, tolerance, unit)


@pytest.mark.parametrize(
    ("text", "value", "tolerance", "unit"),
    [
        ("about 800", 693, 35, "steps"),
        ("693 GB", 693, 35, "steps"),
        ("693 %", 693, 35, "steps"),
        ("6.93", 693, 35, "steps"),
        ("bf16", 16, 1, ""),
        ("4.7", 47, 1, "%"),
        ("version 1.2.3", 2.3, 0.01, ""),
        ("2.1 points", -2.1, 0.1, "points"),
        ("no number at all", 0, 1, ""),
    ],
)
def test_a_number_does_not_agree(text: str, value: float, tolerance: float, unit: str) -> None:
    assert not given(text, value, tolerance, unit)


def test_a_wide_range_is_no_answer() -> None:
    assert not given("somewhere between 100 and 1300", 693, 35, "steps")
