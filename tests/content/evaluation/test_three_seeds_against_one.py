"""The numbers of `evaluation/three-seeds-against-one`, recomputed from its tables."""

from __future__ import annotations

from math import comb, sqrt
from statistics import mean, stdev
from typing import Any

import pytest

from tests.content.saying import says

ID = "evaluation/three-seeds-against-one"


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


def two_sided_p(t: float) -> float:
    """Of Student's t with two degrees of freedom."""
    return 1 - t / sqrt(2 + t * t)


def test_accuracies(question: Any, columns: Any) -> None:
    once = columns(question, "Final checkpoints on 500 problems")
    often = columns(question, "The same four checkpoints, 32 answers to each problem")
    assert 500 * 32 == 16000
    for table, correct, of in ((once, "correct of 500", 500), (often, "correct of 16000", 16000)):
        assert table["accuracy, %"] == [round(100 * count / of, 1) for count in table[correct]]


def test_one_run_against_three(question: Any, columns: Any) -> None:
    *old, new = columns(question, "Final checkpoints on 500 problems")["accuracy, %"]
    gain = new - mean(old)
    error = stdev(old) * sqrt(1 + 1 / 3)
    assert [round(x, 2) for x in (stdev(old), error, gain, gain / error)] == [1.3, 1.5, 2.07, 1.38]
    assert max(old) - min(old) == pytest.approx(2.6)
    assert new - max(old) == pytest.approx(0.8)
    assert two_sided_p(gain / error) == pytest.approx(0.3, abs=0.005)
    assert two_sided_p(4.303) == pytest.approx(0.05, abs=0.0005)
    assert 4.303 * error == pytest.approx(6.5, abs=0.05)
    assert 100 * sqrt(0.63 * 0.37 / 500) == pytest.approx(2.16, abs=0.01)
    says(question.scenario, "64.8 against a mean of 62.7")
    says(
        question.model_answer,
        "2.6 points apart",
        "2.1 points above",
        "only 0.8 above",
        "about 1.5 points",
        "1.4 of those",
    )
    assert (comb(6, 3), 2**3) == (20, 8)
    says(question.debrief, "once in twenty", "once in eight")
    says(question.debrief, "is 1.50", "2.07 is 1.38", "4.30 of them, 6.5 points", "chance 1/4")


def test_with_more_answers(question: Any, columns: Any) -> None:
    correct = columns(question, "The same four checkpoints, 32 answers to each problem")["correct of 16000"]
    *old, new = [100 * count / 16000 for count in correct]
    assert max(old) - min(old) == pytest.approx(0.8, abs=0.005)
    assert new - mean(old) == pytest.approx(0.93, abs=0.005)
    assert stdev(old) * sqrt(4 / 3) == pytest.approx(0.49, abs=0.005)
    assert round(32 * 10 / 60, 1) == 5.3
    says(question.debrief, "0.8 apart instead of 2.6", "0.9 instead of 2.1", "0.49 points", "5.3 GPU-hours")
