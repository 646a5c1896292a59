"""The numbers of `recompute-moves-the-loss`, recomputed."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest

from tests.content.saying import says

ID = "efficiency/recompute-moves-the-loss"
LOG = "Training log, same seed and data (single steps up to 5, then the mean of the last 50)"
TABLE = "Held-out loss (dropout off), memory and time"
STAGED = "One batch, starting checkpoint - gradient against that of the unwrapped model (cosine)"


def test_step_one_and_the_gap(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    log = columns(question, LOG)
    assert log["loss"][0] == log["loss_rc"][0] == 1.6017
    assert log["grad_norm_rc"][0] / log["grad_norm"][0] - 1 == pytest.approx(0.006, abs=0.0005)
    assert log["loss_rc"][-1] - log["loss"][-1] == pytest.approx(0.010, abs=0.0005)
    says(question.model_answer, "1.6017", "1.151 against 1.158")
    says(question.debrief, "0.6 % in length")


def test_seeds_against_arms(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    before_1, before_2, wrapped_1, wrapped_2 = columns(question, TABLE)["step 2000"]
    assert wrapped_1 - before_1 == pytest.approx(0.0100)
    assert wrapped_2 - before_2 == pytest.approx(0.0096)
    assert max(before_1 - before_2, wrapped_1 - wrapped_2) < 0.0016
    says(question.debrief, "0.0100 and 0.0096 in two seeds")
    says(question.model_answer, "two seeds differ by about 0.001, the arms by 0.010")


def test_time_and_size(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    seconds = columns(question, TABLE)["seconds a step"]
    assert seconds[-1] / seconds[0] - 1 == pytest.approx(0.31, abs=0.005)
    says(question.debrief, "0.98 against 0.75 seconds, 31 % more")
    flops = 6 * 3e9 * 131072
    assert 0.35 < flops / (seconds[0] * 8 * 989e12) < 0.45


def test_directions(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    staged = columns(question, STAGED)
    groups = ["head", "blocks 25-32", "blocks 17-24", "blocks 9-16", "blocks 1-8"]
    cosines = [staged[group][0] for group in groups]
    assert all(upper > lower for upper, lower in pairwise(cosines))
    angles = [math.degrees(math.acos(cosine)) for cosine in cosines[1:]]
    assert 21.5 < angles[0] < angles[-1] < 24.6
    says(question.debrief, "22 to 24 degrees (cosine 0.929 to 0.910)")
    assert all(staged[group][row] == 1 for group in groups for row in (1, 2))
