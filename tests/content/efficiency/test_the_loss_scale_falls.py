"""The numbers of `the-loss-scale-falls`, recomputed."""

from __future__ import annotations

from typing import Any

from tests.content.saying import says

ID = "efficiency/the-loss-scale-falls"
LOG = "Trainer log (25 steps a row; loss and unscaled gradient norm of the steps taken, scale at the end)"
STAGED = "Largest absolute value in a forward pass in fp32, batch 188"
FP16_LARGEST = (2 - 2**-10) * 2**15
FP16_SMALLEST = 2.0**-24


def test_each_skip_halves_the_scale(bank_question: Any, columns: Any) -> None:
    log = columns(bank_question(ID), LOG)
    scale = 65536
    for skipped, logged in zip(log["skipped"], log["loss_scale"], strict=True):
        scale = max(1, scale // 2 ** int(skipped))
        assert logged == scale
    assert all(skipped <= 25 for skipped in log["skipped"])
    assert max(log["grad_norm"]) < 1


def test_counts_of_skips(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    log = columns(question, LOG)
    first = sum(skipped for step, skipped in zip(log["step"], log["skipped"], strict=True) if step <= 200)
    assert (first, sum(log["skipped"])) == (38, 151)
    says(question.scenario, "151 steps", "38 were skipped in the first epoch and 113 in the second")
    says(question.model_answer, "at least 75", "20 in 25", "a gradient norm of 0.9")
    says(question.debrief, "113 - 38 = 75")
    assert 151 - 38 == 113
    assert log["skipped"][:2] == [0, 0]
    says(question.model_answer, "from step 50, before the first skip")
    says(question.follow_ups[2].ask, f"{400 - 151} steps")


def test_range_of_fp16(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    assert FP16_LARGEST == 65504
    assert 5.9e-8 < FP16_SMALLEST < 6e-8
    says(question.model_answer, "65,504", "3e-8")
    table = columns(question, STAGED)
    over = [name for name, value in zip(table["tensor"], table["step 400"], strict=True) if value > FP16_LARGEST]
    assert over == ["residual after layer 3", "residual after layer 4"]
    assert all(value < FP16_LARGEST for step in ("step 0", "step 200") for value in table[step])
    says(question.debrief, "from 28,400 to 55,900 and 80,600")
