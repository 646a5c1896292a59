"""The numbers of `ranks-with-short-answers`, recomputed from its exhibits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.content.saying import says

ID = "distributed/ranks-with-short-answers"
LOG = "Loss and gradient norm as logged (loss averaged over ranks)"
NEW, OLD = "Step 1 under v2, rank by rank", "Step 1 under v1, rank by rank"
FED = "Step 1 at the same weights, fed in several ways"
HELD_OUT = "Held-out loss per answer token, by source"


def _plain(values: list[float]) -> float:
    return sum(values) / len(values)


def _weighted(values: list[float], weights: list[float]) -> float:
    return sum(value * weight for value, weight in zip(values, weights, strict=True)) / sum(weights)


def test_two_averages_of_one_batch(bank_question: Any, columns: Any, number_target: Any) -> None:
    question = bank_question(ID)
    log, new, old, fed = (columns(question, title) for title in (LOG, NEW, OLD, FED))
    tokens = new["answer_tokens"]
    assert sum(tokens) == sum(old["answer_tokens"]) == 23_830
    assert _plain(new["mean_loss"]) == pytest.approx(log["loss_v2"][0], abs=0.001)
    assert _plain(old["mean_loss"]) == pytest.approx(log["loss_v1"][0], abs=0.001)
    for seating in (new, old):
        assert _weighted(seating["mean_loss"], seating["answer_tokens"]) == pytest.approx(1.070, abs=0.001)
    assert fed["loss"] == [1.070, log["loss_v1"][0], log["loss_v2"][0], 0.134]
    assert fed["loss"][0] / 8 == pytest.approx(fed["loss"][3], abs=0.0006)
    assert fed["gradient norm"][0] / 8 == pytest.approx(fed["gradient norm"][3], abs=0.006)
    assert fed["gradient norm"][1:3] == [log["gnorm_v1"][0], log["gnorm_v2"][0]]
    assert max(log["gnorm_v1"] + log["gnorm_v2"]) < 4.0
    assert number_target(ID, "token-factor").value == pytest.approx(tokens[7] / tokens[0], abs=0.05)
    assert round(100 * sum(tokens[:4]) / sum(tokens), 1) == 7.4
    assert (min(old["answer_tokens"]), max(old["answer_tokens"])) == (1856, 4544)
    says(question.model_answer, "8,955 over 81, about 110", "23,830", "1.082 is close")
    says(question.debrief, "is 1.554, the token-weighted one 1.070", "7.4 %", "1,856 to 4,544", "0.9996 against 0.9544")


def test_ends_and_held_out_losses(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    log, held_out = columns(question, LOG), columns(question, HELD_OUT)
    at = log["step"].index(400)
    assert log["loss_v2"][at] < log["loss_v1"][at]
    *tokens, total = held_out["answer tokens"]
    assert sum(tokens) == total
    for run in ("v1", "v2"):
        *losses, overall = held_out[run]
        assert _weighted(losses, tokens) == pytest.approx(overall, abs=0.0006)
    labels, maths = (held_out["v1"][row] - held_out["v2"][row] for row in (0, 5))
    assert (round(labels, 3), round(maths, 3)) == (0.210, -0.039)
    assert 600 * 128 == 76_800
    says(question.model_answer, "0.859 and 0.875")
    says(
        question.debrief,
        "0.854 against 0.879",
        "better by 0.210 and maths worse by 0.039",
        "an eighth of its length, 0.28",
    )
