"""The numbers of `experiment-design/two-papers-one-mystery`, recomputed from its exhibits."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import pytest

from tests.content.saying import says

ID = "experiment-design/two-papers-one-mystery"
SEED_SD = 2.5


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


def test_budget(question: Any) -> None:
    assert 600 / 50 == 12
    answers, tokens = 150 * 128 * 16, 800
    hours = 6 * 7e9 * answers * tokens / (0.4 * 989e12) / 3600
    assert hours < 25  # the updates; sampling takes the rest of the 50
    says(question.scenario, "600 GPU-hours", "150 steps costs 50", "Twelve runs")
    says(question.model_answer, "Three arms of four runs")


def test_detectable_difference(question: Any, number_target: Any) -> None:
    error = SEED_SD * math.sqrt(2 / 4)
    factor = NormalDist().inv_cdf(0.975) + NormalDist().inv_cdf(0.80)
    assert (round(error, 2), round(factor, 1)) == (1.77, 2.8)
    target = number_target(ID, "detectable-difference")
    assert target.value == pytest.approx(2.8 * error, abs=0.01)
    assert target.value - target.tolerance < 5.0 < target.value + target.tolerance
    says(question.model_answer, "1.77; times 2.8 that is 5.0 points")


def test_the_clip_acts_only_with_several_updates(question: Any, columns: Any) -> None:
    log = columns(question, "Pilot of 20 steps with the coin, two settings of prompts per update")
    assert set(log["clip_frac_128"]) == {0.0}
    assert set(log["max_ratio_128"]) == {1.0}
    assert all(0.001 < share <= 0.002 for share in log["clip_frac_16"])
    assert all(ratio > 1.2 for ratio in log["max_ratio_16"])
    says(question.debrief, "0.1 to 0.2 % clipped tokens for 16")


def test_the_sets(question: Any, columns: Any) -> None:
    table = columns(question, "Sets at hand, 500 problems each, start model")
    known, new, chains = range(3)
    other, code = table["pass@1 of the 8B, %"], table["in code, %"]
    assert abs(other[known] - other[new]) < 1
    assert code[chains] < 5 < code[new]
    says(question.model_answer, "writes code in 4 %")
    says(question.debrief, "23.1 against 22.8", "from 49.2 to 23.6")
    assert (table["pass@1, %"][known], table["pass@1, %"][new]) == (49.2, 23.6)


def test_the_problems_completed_word_for_word(question: Any) -> None:
    assert round(0.546 * 500) == 273
    says(question.follow_ups[2].ask, "the 273 problems")
