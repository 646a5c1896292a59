"""The numbers of `packing-nearly-doubles-it`, recomputed."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.content.saying import says

ID = "efficiency/packing-nearly-doubles-it"
ARMS = "The two arms"
LOG = "Loss (training loss is the mean of the last 50 steps; held out, one dialogue a row in both arms)"
STAGED = "Loss of the starting checkpoint by place in the row, 6,400 dialogues"


def p_value(one: float, other: float) -> float:
    return math.erfc(abs(one - other) / math.sqrt(one + other) / math.sqrt(2))


def test_padding_explains_the_speed(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    arms = columns(question, ARMS)
    old, new = arms["one a row"], arms["packed"]
    assert old[1] == new[1] == 64000
    for column in (old, new):
        assert column[2] == pytest.approx(column[1] * (1 - column[0] / 100), abs=0.5)
    assert new[2] / old[2] == pytest.approx(1.9, abs=0.001)
    says(question.model_answer, "0.988 over 0.52 is 1.9")
    flops = 64000 * 6 * 8e9  # eight H100s of 989 TFLOP/s
    assert 0.35 < flops / (8 * 989e12) < 0.45


def test_dialogues_and_rows(bank_question: Any) -> None:
    question = bank_question(ID)
    assert 128 * 2000 == 256_000
    assert pytest.approx(7, abs=0.2) == 8192 * 0.988 / 1140
    says(question.scenario, "256,000", "1,140 tokens", "about seven to a row")
    assert 6400 == 50 * 128


def test_scores_and_pairs(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    arms = columns(question, ARMS)
    old, new = arms["one a row"], arms["packed"]
    for score, only in ((6, 8), (7, 9)):
        assert new[only] - old[only] == pytest.approx((new[score] - old[score]) * 10, abs=1e-6)
    assert p_value(84, 53) == pytest.approx(0.008, abs=0.0005)
    assert p_value(41, 44) > 0.7
    says(question.debrief, "p = 0.008")


def test_losses(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    log = columns(question, LOG)
    gaps = [one - packed for one, packed in zip(log["train"], log["train_packed"], strict=True)]
    assert all(gap == pytest.approx(0.049, abs=0.0015) for gap in gaps)
    assert log["held_out"][0] == log["held_out_packed"][0]
    behind = [packed - one for one, packed in zip(log["held_out"], log["held_out_packed"], strict=True)]
    assert min(behind[3:]) > 0.01
    assert behind[-1] == pytest.approx(0.015)
    says(question.model_answer, "1.473 against 1.423", "1.240 against 1.225", "0.003 above 1.225")


def test_places_in_the_row(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    staged = columns(question, STAGED)
    shares = staged["share of answer tokens"][:-1]
    assert sum(shares) == pytest.approx(1)
    for name in ("one a row", "packed as it ran", "packed with block mask"):
        mean = sum(share * loss for share, loss in zip(shares, staged[name][:-1], strict=True))
        assert staged[name][-1] == pytest.approx(mean, abs=0.0006)
    gains = [one - packed for one, packed in zip(staged["one a row"], staged["packed as it ran"], strict=True)]
    assert gains == pytest.approx([0, 0.041, 0.053, 0.060, 0.063, 0.049], abs=1e-9)
    says(question.debrief, "gain 0.041 to 0.063, 0.049 on average")
