"""The arithmetic of post-training/reward-flat-kl-near-zero."""

from __future__ import annotations

from math import log, sqrt
from statistics import fmean
from typing import Any

import pytest

from tests.content.saying import says

ID = "post-training/reward-flat-kl-near-zero"
SPREAD, START, BETA = 0.08, 0.552, 0.4


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


def test_optimum_of_the_penalised_score(question: Any, columns: Any) -> None:
    table = columns(question, "Training log (means of the 25 steps up to the row)")
    late = {name: values[3:] for name, values in table.items()}
    kl, gain = SPREAD**2 / (2 * BETA**2), SPREAD**2 / BETA
    assert (kl, gain, BETA / SPREAD) == pytest.approx((0.02, 0.016, 5))
    assert fmean(late["score_std"]) == pytest.approx(SPREAD, abs=0.0003)
    assert fmean(late["score"]) - START == pytest.approx(gain, abs=0.001)
    assert fmean(late["kl"]) == pytest.approx(kl, abs=0.001)
    noise = sqrt(2 * kl / (25 * 512))  # the log-ratio of an answer has about twice the KL as variance
    assert all(value == pytest.approx(kl, abs=3 * noise) for value in late["kl"])
    assert table["score"][2] - START == pytest.approx(0.016, abs=0.0005)
    assert table["kl"][2] == 0.018
    says(question.model_answer, "five standard deviations", "0.02 nats", "0.016", "0.018 within 75 steps")
    assert max(abs(value - fmean(late["score"])) for value in late["score"]) < 0.003
    says(question.scenario, "score - 0.4 * KL", "0.552")


def test_a_quarter_of_the_coefficient(question: Any) -> None:
    low = BETA / 4
    assert (SPREAD**2 / (2 * low**2), SPREAD**2 / low) == pytest.approx((0.32, 0.064))
    says(question.model_answer, "coefficient at 0.1", "towards 0.3 nats and 0.06")
    says(question.debrief, "0.32 nats and 0.064")


def test_best_of_eight(question: Any, columns: Any) -> None:
    table = columns(question, "Best of 8 from the starting model, 300 articles")
    one, best = table["mean score"]
    assert one == START
    assert (best - one) / SPREAD == pytest.approx(1.42, abs=0.01)  # expected maximum of eight normal draws
    nats = log(8) - 7 / 8
    assert (nats, nats * BETA) == pytest.approx((1.20, 0.48), abs=0.005)
    says(question.debrief, "+0.114", "1.42 standard deviations", "63 %", "1.20 nats", "cost 0.48")
    assert pytest.approx(0.63) == 189 / 300
