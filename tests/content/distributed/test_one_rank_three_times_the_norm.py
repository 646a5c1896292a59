"""The numbers of `one-rank-three-times-the-norm`, recomputed from its exhibits."""

from __future__ import annotations

from math import hypot, log
from typing import Any

import pytest

from tests.content.saying import says

ID = "distributed/one-rank-three-times-the-norm"
ROWS = "Every row with a ratio above 2, steps 11,800 to 14,400"
REPLAYS = "One forward and backward pass, weights of step 13,250, same kernels"
STEPS, RANKS, RESUMED = 14_400 - 11_800, 256, 13_050


def test_rows_follow_the_card(bank_question: Any, columns: Any) -> None:
    rows = columns(bank_question(ID), ROWS)
    assert set(zip(rows["host"], rows["gpu"], strict=True)) == {("n17", 5)}
    assert [41 if step < RESUMED else 173 for step in rows["step"]] == rows["rank"]
    for norm, median, ratio in zip(rows["norm"], rows["norm_med"], rows["ratio"], strict=True):
        assert norm / median == pytest.approx(ratio, abs=0.05)
        assert ratio > 2
    for loss, median in zip(rows["loss"], rows["loss_med"], strict=True):
        assert abs(loss - median) < 2 * 0.05


def test_rate_and_repeats(bank_question: Any, columns: Any, number_target: Any) -> None:
    question = bank_question(ID)
    events = len(columns(question, ROWS)["step"])
    rate = events / STEPS
    repeats = log(0.05) / log(1 - rate)
    target = number_target(ID, "clean-repeats")
    assert target.value == pytest.approx(repeats, rel=0.005)
    assert target.value == pytest.approx(3 / rate, rel=0.005)
    assert (round(1 / rate), round(repeats), round(rate, 4)) == (289, 864, 0.0035)
    minutes = 870 * 1.7 / 60
    assert 20 < minutes < 30
    says(question.model_answer, "once in 289 steps", "9 in 2,600", "3 divided by 0.0035, about 870")
    says(question.debrief, "864 clean passes")


def test_share_in_the_mean(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    rows = columns(question, ROWS)
    share = 1.25 / RANKS
    assert share == pytest.approx(0.0049, abs=0.00005)
    assert share / 0.11 == pytest.approx(0.04, abs=0.005)
    assert hypot(0.11, share) - 0.11 == pytest.approx(0.0001, abs=0.00005)
    largest = max(rows["norm"]) / RANKS
    assert round(largest, 4) == 0.0082
    assert max(rows["global"]) - min(rows["global"]) >= 0.008
    says(question.model_answer, "1.25 divided by 256 is 0.005, next to 0.11")
    says(question.debrief, "1.25/256 = 0.0049", "4 % of it", "in quadrature 0.0001", "2.11, adds 0.0082")


def test_replays_agree_with_the_rate(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    replays = columns(question, REPLAYS)
    suspect = sum(
        passes for card, passes in zip(replays["card"], replays["passes"], strict=True) if card == "n17 GPU 5"
    )
    expected = suspect * len(columns(question, ROWS)["step"]) / STEPS
    assert suspect == 800
    assert abs(3 - expected) < expected**0.5
    assert round(0.63 / 0.41, 1) == 1.5
    says(question.debrief, "3 times in 800 passes", "norm 0.63, a ratio of 1.5")
