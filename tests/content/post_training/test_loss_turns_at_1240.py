"""Every number of post-training/loss-turns-at-1240 that can be recomputed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.content.saying import says

ID = "post-training/loss-turns-at-1240"
PEAK, WARM_UP, SHARD = 6e-5, 1_200, 206


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def log(question: Any, columns: Any) -> Any:
    return columns(question, "Training log (norm before clipping; share of the last 20 steps that were clipped)")


def test_warm_up(question: Any, log: Any) -> None:
    says(question.scenario, "linearly over 1,200 steps to 6e-5")
    for step, rate in zip(log["step"], log["lr"], strict=True):
        # a cosine over the 6,800 steps after it has moved by less than the printed digits at step 1,300
        assert rate == pytest.approx(PEAK * min(step / WARM_UP, 1), rel=6e-4)


def test_half_the_peak_was_the_rate_of_step_600(question: Any, log: Any, number_target: Any) -> None:
    assert number_target(ID, "half-is-600").value == WARM_UP / 2
    at = log["step"].index(600)
    assert log["lr"][at] == PEAK / 2
    says(question.model_answer, "Half the peak is 3e-5, the rate of step 600, where the norm was 0.83")
    assert log["grad_norm"][at] == 0.83


def test_budget_and_corpus(question: Any) -> None:
    assert pytest.approx(8.4e9, rel=0.002) == 8_000 * 256 * 4_096
    assert 3_600 / 18 == 200  # one hour, eight GPU-hours: step 1,100 to 1,300
    says(question.scenario, "8.4B tokens", "8,000 steps of 256", "18 seconds a step", "eight H100s")


def test_shards(question: Any) -> None:
    starts = [SHARD * shard for shard in range(7)]
    assert starts[-1] == 1_236
    assert len([start for start in starts if 0 < start < 1_236]) == 5
    says(question.scenario, "206 to a shard; shard 7 starts with batch 1,236")
    says(question.model_answer, "Five earlier shard changes")


def test_norm_leaves_its_level_before_the_shard(question: Any, log: Any) -> None:
    norm = dict(zip(log["step"], log["grad_norm"], strict=True))
    assert max(norm[step] for step in (100, 200, 400, 600, 800, 900)) < 0.85
    assert norm[1000] > 1
    assert norm[1000] < norm[1020] < norm[1040]
    assert SHARD * 5 == 1_030  # shard 6 starts when the norm is growing already
    says(question.debrief, "shard 6 starts at 1,030")
    assert norm[1200] / norm[900] > 3
    says(question.model_answer, "1.0 at 1,000, 2.6 at 1,200", "4.4 at 1,220", "more than 230 steps before")
    assert round(norm[1220], 1) in (4.3, 4.4)
    clipped = dict(zip(log["step"], log["clipped"], strict=True))
    assert all(share == 1 for step, share in clipped.items() if step >= 1120)
    for share in log["clipped"]:
        assert abs(share * 20 - round(share * 20)) < 1e-9


def test_suspicious_batches_are_ordinary(question: Any, columns: Any) -> None:
    table = columns(question, "Loss of single batches under the weights of step 1,100 (no training)")
    *suspects, others = table["loss"]
    says(others, "1.063 to 1.128, mean 1.098")
    assert all(1.063 <= loss <= 1.128 for loss in suspects)
    assert sum(suspects) / len(suspects) == pytest.approx(1.098, abs=0.01)
    for batch, shard in zip(table["batch"][:-1], table["shard"][:-1], strict=True):
        assert shard == batch // SHARD + 1
