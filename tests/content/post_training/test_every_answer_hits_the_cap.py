"""The numbers of `post-training/every-answer-hits-the-cap`, recomputed."""

from __future__ import annotations

from math import ceil
from typing import Any

import pytest

from tests.content.saying import says

ID = "post-training/every-answer-hits-the-cap"
BATCH = "One collated batch, the end of its shortest row"


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


def test_steps_and_epochs(question: Any, columns: Any) -> None:
    log = columns(question, "Training log")
    per_epoch = ceil(30_000 / 64)
    assert per_epoch == 469
    assert log["step"][-1] == 2 * per_epoch == 938
    first, second = log["loss"][: log["step"].index(469) + 1], log["loss"][log["step"].index(469) + 1 :]
    assert min(first) - max(second) > 0.1  # the second pass over the same dialogues
    assert max(log["eval_loss"][6:]) - min(log["eval_loss"][6:]) < 0.01
    says(question.scenario, "2 epochs, batch 64, 938 steps")


def test_shares_are_counts_of_five_hundred(question: Any, columns: Any) -> None:
    table = columns(question, "The 500 answers")
    base, tuned = table["base with 4 examples"], table["fine-tuned"]
    for share in (*base, *tuned):
        assert share == pytest.approx(round(5 * share) / 5)
    assert base[0] + base[1] == tuned[0] + tuned[1] == 100  # an answer either ends or is stopped
    assert (tuned[1], tuned[2], base[1]) == (0, 0, 93.6)
    says(question.model_answer, "81 %", "Not one of 500")
    says(question.debrief, "93.6 %", "(0.0 %)", "one token in 215")
    assert tuned[3] == pytest.approx(81, abs=0.5)
    says(question.scenario, "the mean is 214 tokens")


def test_labels_are_masked_by_id(question: Any, columns: Any) -> None:
    rows = columns(question, BATCH)
    for token, label, attention in zip(rows["input_id"], rows["label"], rows["attention"], strict=True):
        assert label == (-100 if token == 2 else token)
        assert attention == 1 or token == 2
    at = rows["position"].index(61)
    assert (rows["input_id"][at], rows["label"][at], rows["attention"][at]) == (2, -100, 1)
    assert rows["attention"][at + 1 :] == [0, 0, 0]
    says(question.debrief, "position 61")
