"""The blank column for best-of-n: what the formula gives, and which rows of the two exhibits are alike."""

from __future__ import annotations

from math import exp, log, sqrt
from typing import Any

import pytest

from tests.content.saying import says

ID = "post-training/nats-per-sample"


def nats(n: float) -> float:
    return log(n) - (n - 1) / n


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


def test_formula(question: Any, number_target: Any) -> None:
    assert (nats(16), nats(128)) == pytest.approx((1.84, 3.86), abs=0.005)
    assert (log(16), 15 / 16, log(128), 127 / 128) == pytest.approx((2.77, 0.94, 4.85, 0.99), abs=0.005)
    says(question.model_answer, "2.77 minus 0.94", "1.84 nats", "4.85 minus 0.99", "3.86")
    target = number_target(ID, "nats-of-128")
    assert target.holds(nats(128))
    assert not target.holds(log(128))


def test_n_for_24_nats(question: Any, columns: Any, number_target: Any) -> None:
    assert columns(question, "PPO")["kl_nats"][-1] == 24
    assert nats(exp(25)) == pytest.approx(24, abs=1e-9)
    assert exp(25) == pytest.approx(7.2e10, rel=0.01)
    says(question.model_answer, "e^25, about 7e10", "Seventy billion")
    target = number_target(ID, "n-for-24")
    assert target.holds(exp(25))
    assert target.holds(7e10)
    assert not target.holds(exp(24))


def test_equal_score_equal_preference(question: Any, columns: Any) -> None:
    sampled, trained = columns(question, "Best-of-n"), columns(question, "PPO")
    scores = sampled["score gain"][1], trained["score_gain"][-1]
    assert scores == (1.76, 1.75)
    preferred = sampled["preferred by raters, %"][1], trained["preferred_pct"][-1]
    assert preferred == (63.8, 63.4)
    error = 100 * sqrt(0.634 * 0.366 / 500)
    assert error == pytest.approx(2.2, abs=0.05)
    assert preferred[0] - preferred[1] < error
    says(question.model_answer, "1.75 against 1.76", "63.4 against 63.8", "2.2", "24 nats", "1.84")
    for rate in (*sampled["preferred by raters, %"], *trained["preferred_pct"]):
        assert rate * 5 == pytest.approx(round(rate * 5), abs=1e-9)  # counts of 500


def test_other_rows(question: Any, columns: Any) -> None:
    sampled, trained = columns(question, "Best-of-n"), columns(question, "PPO")
    assert trained["kl_nats"][0] > nats(128)
    assert trained["score_gain"][0] == 0.75
    assert trained["score_gain"][0] < sampled["score gain"][0]
    says(question.model_answer, "below 0.75, less than best-of-4", "best-of-128 is at 2.61", "PPO ends at 1.75")
    says(question.debrief, "at 4.1 nats PPO has 0.75 and best-of-128, with 3.86, has 2.61", "ln 2 = 0.69")
    assert log(2) == pytest.approx(0.69, abs=0.005)
    says(question.debrief, "PPO at 1.75 with the raters near 56 %")
    gains = list(zip(trained["score_gain"], trained["preferred_pct"], strict=True))
    assert gains == sorted(gains)
