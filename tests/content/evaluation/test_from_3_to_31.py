"""The numbers of `evaluation/from-3-to-31`, recomputed from its exhibits."""

from __future__ import annotations

from itertools import pairwise
from math import log10, sqrt
from typing import Any

import pytest

from prepdrill.model import Log
from tests.content.saying import says

ID = "evaluation/from-3-to-31"
SIZES = (0.3, 0.8, 2, 5, 13, 34)
"""Billions of parameters."""
DIGITS, SUMS = 20, 500


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture(scope="module")
def exact(question: Any, columns: Any) -> list[float]:
    """Share of sums right, by size."""
    points = columns(question, "Figure 1 of the draft: 500 sums")["exact match"]
    assert [x for x, _ in points] == [round(log10(size * 1e9), 2) for size in SIZES]
    return [y / 100 for _, y in points]


@pytest.fixture(scope="module")
def digits(question: Any, columns: Any) -> list[float]:
    table = columns(question, "Digits right, same outputs")
    assert set(table["digits"]) == {SUMS * DIGITS}
    assert [round(right / 100, 1) for right in table["digits right"]] == table["right, %"]
    return [right / (SUMS * DIGITS) for right in table["digits right"]]


@pytest.fixture(scope="module")
def short(question: Any, columns: Any) -> list[float]:
    table = columns(question, "500 sums with five-digit results")
    assert [round(right / 5, 1) for right in table["right"]] == table["right, %"]
    return [right / SUMS for right in table["right"]]


def test_rates_are_counts_and_fit_the_digits(exact: list[float], digits: list[float], short: list[float]) -> None:
    for share, digit, brief in zip(exact, digits, short, strict=True):
        assert share * SUMS == pytest.approx(round(share * SUMS))
        for length, seen in ((DIGITS, share), (5, brief)):
            chance = digit**length
            assert seen == pytest.approx(chance, abs=2 * sqrt(chance * (1 - chance) / SUMS) + 1 / SUMS)
        assert share <= digit
    steps = [later - earlier for earlier, later in pairwise(digits)]
    assert max(steps) == steps[1]
    assert 100 * steps[3] == pytest.approx(10.4, abs=0.05)


def test_the_shown_sum(question: Any) -> None:
    log = next(exhibit.content for exhibit in question.exhibits if exhibit.title == "The first sum of the test")
    assert isinstance(log, Log)
    correct, *answers = (line.split()[-1] for line in log.text.splitlines())
    assert len(correct) == DIGITS
    assert [sum(map(str.__eq__, correct, answer)) for answer in answers] == [7, 13, 17, 19]
    says(question.model_answer, "13 of 20 digits right")


def test_implied_accuracies(question: Any, exact: list[float], number_target: Any) -> None:
    low, high = (exact[at] ** (1 / DIGITS) for at in (3, 4))
    assert (low, high) == pytest.approx((0.84, 0.94), abs=0.005)
    assert number_target(ID, "implied-digits").holds(high)
    assert not number_target(ID, "implied-digits").holds(low)
    assert number_target(ID, "short-sums").holds(low**5)
    assert (low**5, high**5) == pytest.approx((0.42, 0.75), abs=0.005)
    errors = [1 - low, 1 - high]
    forecast = 1 - errors[1] ** 2 / errors[0]
    assert [round(100 * error) for error in (*errors, 1 - forecast)] == [16, 6, 2]
    assert forecast**DIGITS == pytest.approx(0.67, abs=0.005)
    between = 1 - errors[0] * (errors[1] / errors[0]) ** (log10(8 / 5) / log10(13 / 5))
    assert between**DIGITS == pytest.approx(0.13, abs=0.005)  # at 8B
    says(question.model_answer, "from 16 to 6 %", "67 % of the sums at 34B, close to the 69.2")
    says(question.model_answer, "3.0 % means q = 0.84, 31.0 % means q = 0.94", "0.84^5, about 42 %", "75 % at 13B")


def test_zeros_and_noise(question: Any, exact: list[float]) -> None:
    bound, lucky = 1 - 0.05 ** (1 / SUMS), 0.63**DIGITS
    assert bound == pytest.approx(0.006, abs=0.0001)
    assert lucky == pytest.approx(1e-4, rel=0.05)
    errors = [100 * sqrt(share * (1 - share) / SUMS) for share in (exact[3], exact[4])]
    assert errors == pytest.approx([0.8, 2.1], abs=0.05)
    says(question.model_answer, "below about 0.6 %", "63 % of its digits", "one sum in ten thousand")
    says(question.debrief, "standard errors 0.8 and 2.1 points")


def test_cost_of_the_three_sizes(question: Any) -> None:
    hours = 6 * (6e9 + 8e9 + 10e9) * 1e12 / (400e12 * 3600)
    assert hours == pytest.approx(100_000)
    says(question.scenario, "100,000 H100-hours")


def test_the_debrief(question: Any, digits: list[float], short: list[float]) -> None:
    series = ", ".join(f"{100 * share:.1f}" for share in digits)
    says(question.debrief, f"{series} %", "only 10.4 points", "9.2 % at 2B and 42.2 % at 5B")
    assert (short[2], short[3]) == (0.092, 0.422)
    error = (1 - digits[3]) ** 2 / (1 - digits[2])
    assert (100 * error, 100 * (1 - error) ** DIGITS) == pytest.approx((6.5, 26), abs=0.5)
    says(question.debrief, "digit errors of 38.2 and 15.7 % carry on to 6.5 %, which is 26 % of the sums")
