"""The numbers of `one-four-eight-steps-stale`, recomputed from its exhibits."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import pytest

from tests.content.saying import says

ID = "distributed/one-four-eight-steps-stale"
PILOTS = "The three pilots (averages of 50 updates; held_out at the update)"
HOURS = "Held-out accuracy by hour"
AGES = "Lag 8 at update 900, tokens by the true age of their weights"
FORK = "Lag 8 forked at update 600, weights capped at 2"
RATE = {1: 20.0, 4: 26.2, 8: 28.8}


def test_weights_of_a_row_belong_together(bank_question: Any, columns: Any) -> None:
    log = columns(bank_question(ID), PILOTS)
    for lag, step, hour in zip(log["lag"], log["step"], log["hours"], strict=True):
        assert hour == pytest.approx(step / RATE[int(lag)], abs=0.051)
    for dlogp, top, ess in zip(log["abs_dlogp"], log["top_1pct"], log["ess"], strict=True):
        spread = math.sqrt(-math.log(ess))  # log-normal weights of mean 1
        normal = NormalDist(-(spread**2) / 2, spread)
        folded = spread * math.sqrt(2 / math.pi) * math.exp(-(spread**2) / 8) + normal.mean * (1 - 2 * normal.cdf(0))
        assert dlogp == pytest.approx(folded, rel=0.11)
        assert top == pytest.approx(NormalDist().cdf(spread - NormalDist().inv_cdf(0.99)), abs=0.004)


def test_both_axes(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    log, chart = columns(question, PILOTS), columns(question, HOURS)
    at = {(int(lag), int(step)): held for lag, step, held in zip(log["lag"], log["step"], log["held_out"], strict=True)}
    assert [at[lag, 1200] for lag in RATE] == [0.613, 0.602, 0.535]
    hour = {lag: dict(chart[f"lag {lag}"]) for lag in RATE}
    assert [hour[lag][60] for lag in RATE] == [0.613, 0.622, 0.439]
    assert (hour[1][60], hour[1][30]) == (at[1, 1200], at[1, 600])
    assert hour[4][48] == 0.611
    assert max(hour[8][18], hour[4][18], hour[1][18]) == hour[8][18]
    assert (hour[8][24], hour[4][24], hour[4][42]) == (0.552, 0.548, 0.598)
    assert hour[8][30] < hour[4][30]
    assert [round((RATE[lag] / RATE[1] - 1) * 100) for lag in (4, 8)] == [31, 44]
    assert round(RATE[4] * 60) == 1572
    assert round(0.613 - 0.601, 3) == 0.012
    says(
        question.model_answer,
        "0.613, 0.602 and 0.535",
        "0.011 behind",
        "differ by 0.012",
        "1,572 updates",
        "0.94 to 0.90",
    )
    says(question.model_answer, "0.622 for lag 4, 0.613 for lag 1 and 0.439 for lag 8", "about 12 of 60 hours")
    assert round((RATE[8] / RATE[4] - 1) * 100) == 10
    assert round(hour[8][18] - hour[4][18], 3) == round(hour[4][60] - hour[1][60], 3) == 0.009
    says(question.debrief, "only 10 % more updates over lag 4", "hour 18, 0.009")
    ess = {(int(lag), int(step)): value for lag, step, value in zip(log["lag"], log["step"], log["ess"], strict=True)}
    assert (ess[8, 600], ess[8, 1200], ess[4, 300], ess[4, 1500]) == (0.68, 0.31, 0.94, 0.90)
    assert dict(zip(log["ess"], log["top_1pct"], strict=True))[0.31] == pytest.approx(0.107)


def test_staged_tables_fit(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    ages, fork = columns(question, AGES), columns(question, FORK)
    assert sum(ages["share of tokens"]) == pytest.approx(1)
    mixed = 1 / sum(share / ess for share, ess in zip(ages["share of tokens"], ages["ess"], strict=True))
    assert mixed == pytest.approx(0.51, abs=0.005)
    for step, hour in zip(fork["update"], fork["hour"], strict=True):
        assert hour == pytest.approx(step / RATE[8], abs=0.051)
    log = columns(question, PILOTS)
    assert fork["held_out"][0] == log["held_out"][list(zip(log["lag"], log["step"], strict=True)).index((8, 600))]
    says(question.debrief, "0.588 where lag 4 has 0.598 at hour 42", "answers of 5,200")
