"""The numbers of `evaluation/eighteen-points-on-one-set`, recomputed from its exhibits."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import Any

import pytest

from tests.content.saying import says

ID = "evaluation/eighteen-points-on-one-set"


def unpaired_error(one: float, other: float, problems: float) -> float:
    """Standard error of the difference of two accuracies, in points."""
    shares = (one / problems, other / problems)
    return 100 * sqrt(sum(share * (1 - share) for share in shares) / problems)


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture(scope="module")
def scores(question: Any, columns: Any) -> Any:
    return columns(question, "Scores")


def test_scores_follow_from_the_counts(scores: Any) -> None:
    for row, problems in enumerate(scores["problems"]):
        old, new = (100 * scores[f"{model} correct"][row] / problems for model in "ON")
        assert (round(old, 1), round(new, 1)) == (scores["O, %"][row], scores["N, %"][row])
        assert round(new - old, 1) == scores["change, points"][row]


def test_standard_errors(question: Any, scores: Any, number_target: Any) -> None:
    errors = [unpaired_error(scores["O correct"][row], scores["N correct"][row], 500) for row in (0, 1)]
    assert errors == pytest.approx([3.1, 3.1], abs=0.05)
    assert all(number_target(ID, "how-sure").holds(error) for error in errors)
    assert [-1.0 - 1.96 * errors[1], -1.0 + 1.96 * errors[1]] == pytest.approx([-7, 5], abs=0.1)
    gained = scores["N correct"][0] - scores["O correct"][0]
    assert 100 * sqrt(gained - gained**2 / 500) / 500 == pytest.approx(1.7, abs=0.05)  # paired, nothing lost
    says(question.model_answer, "about 3.1 points", "from -7 to +5")
    says(question.debrief, "between 1.7 points (N fails nothing that O solves) and 3.1")


def test_the_price_of_retraining(question: Any) -> None:
    hours = 6 * 7e9 * (1 - 1 / 5) * 40e9 / (340e12 * 3600)
    assert hours == pytest.approx(1100, rel=0.02)
    says(question.scenario, "1,100 H100-hours")
    says(question.model_answer, "1,100 GPU-hours")


def test_the_split_adds_up_to_the_benchmark(question: Any, scores: Any, columns: Any) -> None:
    split = columns(question, "MATH-500, split by whether N recites the rest of the statement")
    probe = columns(question, "First 60 % of the statement given, greedy continuation, notation normalised")
    for name in ("problems", "O correct", "N correct"):
        assert sum(split[name]) == scores[name][0]
    assert split["problems"][0] == probe["N, rest verbatim"][0]
    gains = [split["N correct"][row] - split["O correct"][row] for row in (0, 1)]
    assert gains == [83, 7]
    assert [100 * gain / split["problems"][row] for row, gain in enumerate(gains)] == pytest.approx(
        [32.5, 2.9], abs=0.05
    )
    assert unpaired_error(102, 109, 245) == pytest.approx(4.5, abs=0.05)
    assert (255 / 500, 21 / 500) == (0.51, 0.042)
    says(question.debrief, "255 of 500 statements (51.0 %)", "21 (4.2 %)", "1 of 300", "83 of the 90", "+32.5", "+2.9")


def test_the_new_problems(question: Any, columns: Any) -> None:
    twin = columns(question, "300 new problems with the topics and levels of MATH")
    problems, old, new, only_old, only_new = (cells[0] for cells in twin.values())
    assert new - old == only_new - only_old
    assert only_old <= old
    assert old + only_new <= problems
    z = (only_new - only_old) / sqrt(only_new + only_old)
    assert (round(100 * old / problems, 1), round(100 * (new - old) / problems, 1)) == (46.3, 4.0)
    assert round(z, 1) == 1.7
    assert 2 * NormalDist().cdf(-z) == pytest.approx(0.09, abs=0.002)
    says(
        question.debrief, "46.3 %", "47.2 %", "4.0 points", "31 against 19", "z = 1.7", "p = 0.09", "some 14 of the 18"
    )
