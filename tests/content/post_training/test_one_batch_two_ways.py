"""The numbers of `post-training/one-batch-two-ways`, recomputed."""

from __future__ import annotations

from math import sqrt
from typing import Any

import pytest

from tests.content.saying import says

ID = "post-training/one-batch-two-ways"
SLICES = "Step 1 of 8x16, slice by slice"


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def log(question: Any, columns: Any) -> Any:
    return columns(question, "Training loss and gradient norm as logged")


@pytest.fixture
def slices(question: Any, columns: Any) -> Any:
    return columns(question, SLICES)


def test_one_epoch_is_five_hundred_steps(log: Any) -> None:
    assert 64_000 / 128 == log["step"][-1] == 500
    assert 16 * 8 == 128


def test_both_logged_losses_follow_from_the_slices(question: Any, log: Any, slices: Any) -> None:
    tokens, losses = slices["tokens"], slices["mean_loss"]
    assert len(tokens) == 16
    total = sum(tokens)
    assert total == 24_768
    by_token = sum(count * loss for count, loss in zip(tokens, losses, strict=True)) / total
    by_slice = sum(losses) / 16
    assert by_token == pytest.approx(log["loss_128x1"][0], abs=0.0006)
    assert by_slice == pytest.approx(log["loss_8x16"][0], abs=0.0006)
    assert by_slice / by_token - 1 == pytest.approx(0.19, abs=0.005)
    assert sum(tokens[:8]) == 569
    assert 100 * 569 / total == pytest.approx(2.3, abs=0.05)
    says(question.debrief, "569 of 24,768 tokens, 2.3 %", "half of the weight", "2.307", "1.946")
    says(question.model_answer, "1.946 against 2.307", "19 %")


def test_sorted_slices_and_the_factor(question: Any, slices: Any, number_target: Any) -> None:
    tokens = slices["tokens"]
    assert tokens == sorted(tokens)
    assert tokens[0] >= 8 * 2
    assert tokens[-1] <= 8 * 1024
    assert (tokens[0], tokens[-1]) == (17, 5960)
    says(question.scenario, "17 tokens together, the longest eight 5,960")
    factor = (1 / (16 * tokens[0])) / (1 / (16 * tokens[-1]))
    assert factor == pytest.approx(350.6, abs=0.05)
    assert number_target(ID, "token-factor").value == 350.6
    says(question.model_answer, "5,960 over 17, about 350 times")


def test_parity_table_agrees_with_the_log(question: Any, columns: Any, log: Any) -> None:
    table = columns(question, "The batch of step 1 at the same weights")
    assert table["loss"][:2] == [log["loss_128x1"][0], log["loss_8x16"][0]]
    assert table["gradient norm"][:2] == [log["gnorm_128x1"][0], log["gnorm_8x16"][0]]
    assert table["loss"][3] == table["loss"][0]
    assert table["cosine with 128x1"][3] == 1
    assert table["loss"][2] - table["loss"][0] == pytest.approx(0.004, abs=1e-9)
    says(question.debrief, "0.004 in this batch")
    # the difference of the two gradients is no larger than their sum and no smaller than the gap of their norms
    first, second, cosine = table["gradient norm"][0], table["gradient norm"][1], table["cosine with 128x1"][1]
    apart = sqrt(first**2 + second**2 - 2 * first * second * cosine)
    assert abs(first - second) < apart < first + second


def test_the_offset_has_a_sign(question: Any, log: Any) -> None:
    assert all(b > a for a, b in zip(log["loss_128x1"], log["loss_8x16"], strict=True))
    assert (log["loss_128x1"][-1], log["loss_8x16"][-1]) == (1.312, 1.381)
    says(question.model_answer, "1.312 and 1.381")


def test_held_out_losses_and_lengths(question: Any, columns: Any) -> None:
    table = columns(question, "Held-out conversations by kind of answer")
    short, long, both = table["short answers"], table["long answers"], table["all tokens"]
    assert short[0] + long[0] == both[0] == 1000
    assert short[1] + long[1] == both[1]
    for row in (2, 3):
        mean = (short[1] * short[row] + long[1] * long[row]) / both[1]
        assert mean == pytest.approx(both[row], abs=0.0006)
    assert short[3] < short[2]
    assert long[3] > long[2]
    says(question.debrief, "1.462 against 1.634", "1.352 against 1.311")
