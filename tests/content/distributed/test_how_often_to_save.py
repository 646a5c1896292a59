"""The numbers of `how-often-to-save`, recomputed from its exhibits."""

from __future__ import annotations

from math import sqrt
from typing import Any

import pytest

from tests.content.saying import says

ID = "distributed/how-often-to-save"
PUBLISHED = "A published run (Llama 3 405B)"
REHEARSAL = "Interruptions in a ten-day rehearsal on your own 4,096 GPUs"
PAUSE, RESTART = 1.5, 10.0  # minutes
BETWEEN = 54 * 24 / 419 * 4 * 60  # minutes between failures on a quarter of the GPUs


def _lost(interval: float, between: float = BETWEEN, pause: float = PAUSE) -> float:
    return 100 * (pause / interval + interval / 2 / between)


def test_time_between_failures_and_best_interval(bank_question: Any, columns: Any, number_target: Any) -> None:
    question = bank_question(ID)
    assert columns(question, PUBLISHED)["value"] == ["16,384 H100", "54 days", 47, 419]
    assert (round(54 * 24 / 419, 1), round(BETWEEN / 60, 1), round(BETWEEN)) == (3.1, 12.4, 742)
    best = sqrt(2 * PAUSE * BETWEEN)
    assert round(best) == 47
    assert number_target(ID, "time-between").value == pytest.approx(BETWEEN / 60, abs=0.01)
    assert number_target(ID, "interval").value == pytest.approx(best, abs=0.5)
    assert round(sqrt(PAUSE * BETWEEN)) == 33
    says(question.model_answer, "one every 3.1 hours", "12.4 hours, 742 minutes", "47 minutes", "falls to 33 minutes")


def test_what_each_interval_loses(bank_question: Any) -> None:
    question = bank_question(ID)
    assert [round(_lost(interval), 1) for interval in (10, 47.19, 60, 240)] == [15.7, 6.4, 6.5, 16.8]
    assert (round(100 * PAUSE / 10), round(50 * 10 / BETWEEN, 1)) == (15, 0.7)
    assert (round(100 * PAUSE / 240, 1), round(50 * 240 / BETWEEN, 1)) == (0.6, 16.2)
    assert round(100 * RESTART / BETWEEN, 1) == 1.3
    says(question.model_answer, "15.7 %", "16.8 %", "about 6.4 %", "1.3 % of the time")
    says(question.debrief, "60 minutes lose 6.5 %")


def test_other_readings(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    all_of_them = 54 * 24 / 466 * 4
    assert (round(all_of_them, 1), round(sqrt(2 * PAUSE * all_of_them * 60))) == (11.1, 45)
    brief = sqrt(2 * 10 / 60 * BETWEEN)
    assert (round(brief), round(_lost(brief, pause=10 / 60), 1)) == (16, 2.1)
    log = columns(question, REHEARSAL)
    ends = [sum(log["hours_since_last"][: at + 1]) for at in range(18)]
    assert [int(end // 24) + 1 for end in ends] == log["day"]
    assert ends[-1] < 240
    assert (round(240 / 18, 1), round(sqrt(2 * PAUSE * 240 / 18 * 60))) == (13.3, 49)
    expected = 240 * 60 / BETWEEN
    assert (round(expected, 1), round(sqrt(expected), 1)) == (19.4, 4.4)
    says(question.debrief, "11.1 hours and 45 minutes", "13.3 hours", "19.4 expected", "spread of 4.4", "49 minutes")
    says(question.debrief, "16 minutes and the loss 2.1 %", "between 0.1 and 41.8 hours")


def test_length_of_the_run() -> None:
    days = 6 * 70e9 * 15e12 / (4096 * 989e12 * 0.40) / 86400
    assert days == pytest.approx(45, abs=0.5)
