"""The numbers of `fewer-tokens-a-second`, recomputed from its exhibits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.content.saying import says

ID = "distributed/fewer-tokens-a-second"
PARTS = "Where the time of a step goes (per cent of the step)"
SEQUENCES = {"N4": 512, "N1": 128, "R1": 128}
IDEAL = 560  # thousand tokens per second without bubble, recomputation or exposed communication
SLOWDOWN = {"N4": 1 + 7 / 64, "N1": 1 + 7 / 16, "R1": 4 / 3 / 0.96}


def test_log_columns_follow_speed_and_batch(bank_question: Any, columns: Any) -> None:
    log = columns(bank_question(ID), "The pilots")
    for arm, hour, speed, tokens, steps in zip(*(list(log.values())[:5]), strict=True):
        exact = IDEAL / SLOWDOWN[arm]
        assert speed == round(exact)
        assert tokens == pytest.approx(exact * hour * 3.6e-3, abs=0.051)
        assert steps == pytest.approx(exact * 1e3 * hour * 3600 / (SEQUENCES[arm] * 8192), abs=1)


def test_losses_by_hour(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    log, chart = columns(question, "The pilots"), columns(question, "Held-out loss by hour")
    for arm, hour, loss in zip(log["arm"], log["hour"], log["loss"], strict=True):
        assert dict(chart[arm])[hour] == loss
    last = {arm: dict(chart[arm])[24] for arm in SEQUENCES}
    assert last == {"N4": 2.493, "N1": 2.392, "R1": 2.384}
    recomputing = dict(chart["R1"])
    assert recomputing[14] > last["N4"] > recomputing[16]
    early = []  # hours at which R1 has what N4 has at 12, 18 and 24
    for loss in (dict(chart["N4"])[hour] for hour in (12, 18, 24)):
        before = max(hour for hour, value in recomputing.items() if value > loss)
        fall = recomputing[before] - recomputing[before + 2]
        early.append(round(before + 2 * (recomputing[before] - loss) / fall, 1))
    assert early == [7.4, 11.2, 14.7]
    says(question.debrief, "7.4, 11.2 and 14.7", "32 GB of each card unused")
    assert round(last["N4"] - last["R1"], 3) == 0.109
    assert round((505 / 403 - 1) * 100) == 25
    says(
        question.model_answer,
        "2.384 against 2.392 for N1 and 2.493 for N4",
        "about 15",
        "2.561",
        "33.7 and 2.384 at 34.8",
    )
    says(question.debrief, "0.109 of loss worse", "25 % more tokens")


def test_parts_of_a_step(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    parts = columns(question, PARTS)
    for row in zip(*parts.values(), strict=True):
        assert sum(row[1:]) == pytest.approx(100)
        assert row[1] == pytest.approx(100 / SLOWDOWN[row[0]], abs=0.06)
    assert parts["repeated forward"][2] == pytest.approx(parts["forward, backward"][2] / 3)
    assert round(16 / 23, 2) == 0.70
    assert [round(7 / count * 100) for count in (16, 64)] == [44, 11]
    says(question.model_answer, "7/16, 44 %", "7/64, 11 %", "1.11 over 1.44 is 0.77", "403 against 390")


def test_memory_of_the_scenario(bank_question: Any) -> None:
    kept = 50 * 4096 * 32 * 8192 / 1e9  # bytes per token, hidden unit and layer, as without recomputation
    logits, whole = 10 * 128_000 * 8192 / 1e9, 8 * (4 + 12 / 64)
    assert round(whole + kept + logits) == 98
    assert round(8 * (4 + 12 / 8) / 8 + kept) in (59, 60)
    assert round(whole + kept / 32 + 2 * 4096 * 32 * 8192 / 1e9 + logits) == 48
    says(bank_question(ID).scenario, "98 GB", "60 GB", "48 GB")
