"""The numbers of `off-by-two-hundredths`, recomputed from its exhibits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.content.saying import says

ID = "distributed/off-by-two-hundredths"
RUNS = "Both runs"
DEGREES = "Loss of the converted checkpoint on the batch of step 0"
MODULES = "Module by module, fp32, the batch of step 0, TP = 2 minus TP = 1"
REPEAT = 0.0003


def test_gap_is_the_difference_and_fades(bank_question: Any, columns: Any) -> None:
    log = columns(bank_question(ID), RUNS)
    for x, y, gap in zip(log["loss_X"], log["loss_Y"], log["gap"], strict=True):
        assert y - x == pytest.approx(gap, abs=1e-9)
    assert log["gap"] == sorted(log["gap"], reverse=True)
    assert log["step"][-1] == 400
    assert log["gap"][-1] <= REPEAT
    assert all(y >= x for x, y in zip(log["gnorm_X"], log["gnorm_Y"], strict=True))
    assert (log["gnorm_X"][0], log["gnorm_Y"][0]) == (0.52, 0.71)
    says(bank_question(ID).debrief, "0.71 against 0.52")


def test_excess_goes_with_the_square_of_the_extra_ranks(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    log, table = columns(question, RUNS), columns(question, DEGREES)
    assert table["bf16"][:2] == [log["loss_X"][0], log["loss_Y"][0]]
    assert all(49_152 % (128 * degree) == 0 for degree in table["TP"])
    excess = {name: [loss - table[name][0] for loss in table[name][1:]] for name in ("bf16", "fp32")}
    assert excess["bf16"] == pytest.approx([0.0201, 0.1753, 0.8268], abs=1e-9)
    assert excess["fp32"] == pytest.approx(excess["bf16"], abs=REPEAT)
    assert excess["fp32"][0] == pytest.approx(0.0201, abs=1e-9)
    ratios = [value / excess["bf16"][0] for value in excess["bf16"]]
    assert ratios == pytest.approx([1, 8.7, 41], abs=0.15)
    assert [(degree - 1) ** 2 for degree in table["TP"][1:]] == [1, 9, 49]
    says(question.model_answer, "the same 0.0201", "by 0.02, 0.18 and 0.83 at 2, 4 and 8", "1, 9, 41", "1, 3, 7")
    says(question.debrief, "0.0201, 0.1753 and 0.8268", "1 : 8.7 : 41", "1 : 9 : 49", "TP = 8 is 0.83 off")


def test_the_vector_is_constant_and_triples(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    table = columns(question, MODULES)
    at = table["first block"].index("attention output")
    assert all(value < 1e-6 for value in table["mean abs difference"][:at])
    assert table["the same for TP = 4"][at] == pytest.approx(3 * table["mean abs difference"][at], abs=1e-9)
    assert table["sd over tokens"][at] < 1e-6
    assert table["mean abs difference"][at + 1] == table["mean abs difference"][at] == 0.0113
    says(question.debrief, "0.0113 at TP = 2, three times that at TP = 4")
    says(question.model_answer, "within 0.0003")
    says(question.scenario, "no printed loss by more than 0.0003")


def test_run_x_fits_its_cards_with_zero_1_only(bank_question: Any) -> None:
    weights_and_gradients, optimiser_state, card = 7e9 * (2 + 4), 7e9 * 12, 80e9
    assert weights_and_gradients + optimiser_state / 16 < card < weights_and_gradients + optimiser_state
    says(bank_question(ID).scenario, "7B", "16 H100s", "(16 data-parallel ranks)", "(ZeRO-1)")
