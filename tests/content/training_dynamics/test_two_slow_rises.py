"""The numbers of "Two losses creep up, on two runs", recomputed."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest

from tests.content.saying import says

ID = "training-dynamics/two-slow-rises"
STAGED = "Elm by layer, entropy in nats and largest logit before the softmax"
SAVED = "Saved checkpoints of Oak on the validation set"


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


def spacing(magnitude: float) -> float:
    """Distance of neighbouring bf16 values, which have eight significant bits."""
    return float(2.0 ** (math.floor(math.log2(magnitude)) - 7))


def test_schedules(question: Any, columns: Any) -> None:
    elm, oak = columns(question, "Elm"), columns(question, "Oak")
    for step, rate in zip(elm["step"], elm["lr"], strict=True):
        cosine = 6e-5 + 5.4e-4 * 0.5 * (1 + math.cos(math.pi * (step - 2_000) / 138_000))
        assert rate == pytest.approx(cosine, rel=0.002)
    for step, rate in zip(oak["step"], oak["lr"], strict=True):
        assert rate == pytest.approx(3e-4 - 2.7e-4 * (step - 160_000) / 30_000, rel=1e-3)
    assert oak["lr"][-1] < oak["lr"][0] / 3
    says(question.model_answer, "fallen to less than a third")
    says(question.debrief, "from 3.0e-4 to 8.4e-5")
    utilization = 6 * 7e9 * 512 * 4_096 / (128 * 1.8) / 989e12
    assert 0.3 < utilization < 0.45


def test_each_run_has_one_tell_tale_column(question: Any, columns: Any) -> None:
    elm, oak = columns(question, "Elm"), columns(question, "Oak")
    assert (elm["attn_H"][0], elm["attn_H"][-1]) == (5.14, 4.61)
    assert (elm["grad_norm"][0], elm["grad_norm"][-1]) == (0.30, 0.85)
    assert all(abs(value - 3.03) < 0.06 for value in elm["log_Z"])
    assert all(abs(value - 5.16) < 0.02 for value in oak["attn_H"])
    assert all(0.20 <= value <= 0.22 for value in oak["grad_norm"])
    drift = [after - before for before, after in pairwise(oak["log_Z"])]
    assert all(later < earlier < 0 for earlier, later in pairwise(drift))  # ever faster
    says(question.model_answer, "falls from 5.14 to 4.61", "rises from 0.30 to 0.85", "log_Z drifts from -6 to -246")
    for run in (elm, oak):
        for train, val in zip(run["loss"], run["val"], strict=True):
            assert 0.003 < val - train < 0.011
    assert elm["step"][elm["loss"].index(min(elm["loss"])) + 1] == 46_000
    assert elm["attn_H"][1] < elm["attn_H"][0] - 0.05


def test_layers_average_to_the_log(question: Any, columns: Any) -> None:
    elm, layers = columns(question, "Elm"), columns(question, STAGED)
    for step, head in ((42_000, "H at 42k"), (52_000, "H at 52k"), (62_000, "H at 62k")):
        mean = sum(count * value for count, value in zip((2, 4, 26), layers[head], strict=True)) / 32
        assert elm["attn_H"][elm["step"].index(step)] == pytest.approx(mean, abs=0.025)
        assert all(value < math.log(4_096) for value in layers[head])
    says(question.debrief, "four layers of 32 have gone from 4.55 to 0.24", "from 42 to 370", "loses 0.5 nats")


def test_rounding(question: Any, columns: Any) -> None:
    oak, saved = columns(question, "Oak"), columns(question, SAVED)
    for step, rounded, exact, level in zip(*saved.values(), strict=True):
        row = oak["step"].index(step)
        assert (oak["val"][row], oak["log_Z"][row]) == (rounded, level)
        # a rounding error of this spacing, even for a flat distribution, costs about half its variance
        assert 0 <= rounded - exact <= spacing(2 * abs(level)) ** 2 / 24 + 0.002
    assert saved["val, logits in bf16"][-1] - saved["val, logits in fp32"][-1] == pytest.approx(0.046)
    says(question.debrief, "to 1.998; the whole difference of 0.046")
    assert [spacing(value) for value in (40, 100, 200)] == [0.25, 0.5, 1.0]
    says(question.debrief, "0.25 from 32 to 64, 0.5 from 64 to 128, and 1 from 128 to 256")


def test_penalty(question: Any, columns: Any, number_target: Any) -> None:
    penalty = 2e-4 * columns(question, "Oak")["log_Z"][-1] ** 2
    assert number_target(ID, "penalty-size").holds(penalty)
    assert penalty == pytest.approx(12.09, abs=0.01)
    says(question.model_answer, "2e-4 times 246 squared, about 12")
