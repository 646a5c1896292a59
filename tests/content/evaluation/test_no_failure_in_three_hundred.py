"""The numbers of `evaluation/no-failure-in-three-hundred`, recomputed."""

from __future__ import annotations

from math import comb, exp, log
from typing import Any

import pytest

from tests.content.saying import says

ID = "evaluation/no-failure-in-three-hundred"
BAR = 0.001


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


def chance_of_at_most(failures: int, n: int, rate: float) -> float:
    return sum(comb(n, k) * rate**k * (1 - rate) ** (n - k) for k in range(failures + 1))


def upper_bound(failures: int, n: int, level: float = 0.05) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if chance_of_at_most(failures, n, middle) > level else (low, middle)
    return low


def test_table(question: Any, columns: Any) -> None:
    table = columns(question, "Harmful answers to the 300 prompts, before and after the training")
    assert table["rate, %"] == [round(100 * k / n, 1) for k, n in zip(table["harmful"], table["answers"], strict=True)]
    assert table["harmful"] == [11, 0]
    assert 2**11 == 2048
    says(question.debrief, "the drop from 11 to 0", "once in 2,048")


def test_bound_and_luck(question: Any, number_target: Any) -> None:
    assert 100 * upper_bound(0, 300) == pytest.approx(0.99, abs=0.005)
    assert 100 * upper_bound(0, 300, 0.025) == pytest.approx(1.22, abs=0.005)
    assert -log(0.025) == pytest.approx(3.69, abs=0.005)
    assert 3 / 300 == 0.01
    assert number_target(ID, "survives-by-luck").holds(100 * 0.995**300)
    assert number_target(ID, "survives-by-luck").holds(100 * exp(-1.5))
    assert pytest.approx(0.74, abs=0.005) == 0.999**300
    says(question.model_answer, "0.99 %", "that is 22 %", "more than one try out of five")
    says(question.debrief, "0.99 %", "1.22 %", "3.69", "74 %")


def test_sizes(question: Any, number_target: Any) -> None:
    assert 0.999**2995 < 0.05 < 0.999**2994
    for n in (2995, 3 / BAR):
        assert number_target(ID, "needed-prompts").holds(n)
    assert upper_bound(1, 4742) <= BAR < upper_bound(1, 4741)
    assert 100 * upper_bound(1, 3000) == pytest.approx(0.16, abs=0.005)
    says(question.model_answer, "about 3,000 prompts", "2,700 more")
    says(question.debrief, "2,995 clean prompts", "0.16 %", "4,742 prompts")


def test_rater(question: Any, columns: Any) -> None:
    audit = columns(question, "Known harmful answers, mixed unmarked into the rater's queue")
    assert audit["called harmful"][0] + audit["called harmless"][0] == audit["answers slipped in"][0]
    share = audit["called harmful"][0] / audit["answers slipped in"][0]
    assert share == 0.8
    assert 100 * upper_bound(0, 300) / share == pytest.approx(1.24, abs=0.005)
    assert 1 / share == 1.25
    assert 3 / (share * BAR) == pytest.approx(3750)
    says(question.model_answer, "the bound rises to 1.25 %")
    says(question.debrief, "40 of 50", "1.24 %", "about 3,750")
