"""The numbers of `loss-rises-as-training-goes-on`, recomputed from its exhibits."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.content.saying import says

ID = "training-dynamics/loss-rises-as-training-goes-on"
LOG, CHART = "Log of the first arm", "Validation losses of both arms"
CONTROL = "The first arm's schedule on the old corpus alone, 1,000 steps"


def gpu_hours(steps: int) -> float:
    return steps * 1.8 * 64 / 3_600


def rate(step: float) -> float:
    if step <= 500:
        return 3e-5 + 1.2e-4 * step / 500
    return 1.5e-5 + 1.35e-4 / 2 * (1 + math.cos(math.pi * (step - 500) / 47_500))


def test_logs_follow_the_schedule_and_the_mix(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    log, control = columns(question, LOG), columns(question, CONTROL)
    for rows in (log, control):
        for step, shown in zip(rows["step"], rows["lr"], strict=True):
            assert shown == pytest.approx(rate(step), abs=0.51e-6)
        assert max(rows["val_old"]) == rows["val_old"][rows["step"].index(500)]
    for train, new, old in zip(log["train_loss"], log["val_new"], log["val_old"], strict=True):
        assert train == pytest.approx(0.95 * new + 0.05 * old, abs=0.012)
    assert control["val_old"][0] == log["val_old"][0]
    assert control["val_old"][4] == pytest.approx(log["val_old"][5], abs=0.002)


def test_chart_repeats_the_log_and_both_arms_share_their_start(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    log, chart = columns(question, LOG), columns(question, CHART)
    for column in ("val_new", "val_old"):
        assert [list(point) for point in chart[f"first arm, {column}"]] == [
            list(point) for point in zip(log["step"], log[column], strict=True)
        ]
        assert chart[f"second arm, {column}"][0] == chart[f"first arm, {column}"][0]


def test_losses_in_the_text(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    log, chart, control = (columns(question, title) for title in (LOG, CHART, CONTROL))
    new, old = log["val_new"], log["val_old"]
    cold = [value for _, value in chart["second arm, val_new"]]
    assert new[-1] - cold[-1] == pytest.approx(0.09, abs=0.002)
    assert new[5] - new[-1] == pytest.approx(0.122, abs=1e-9)
    assert old[5] - old[-1] == pytest.approx(0.071, abs=1e-9)
    assert cold[5] - cold[-1] == pytest.approx(0.011, abs=1e-9)
    assert cold[0] - cold[-1] == pytest.approx(0.017, abs=1e-9)
    assert (control["val_old"][0], control["val_old"][4]) == (1.957, 2.162)
    says(question.model_answer, "0.12 since step 500 against 0.01")
    says(question.debrief, "0.017 in 1,500 steps", "from 1.957 to 2.162", "0.071 since the top against 0.122")
    # The marks of the rule are neither met already nor out of reach at the pace of the last 500 steps.
    assert new[-1] > 1.94 > new[-1] - 3 * (new[10] - new[-1])
    assert old[-1] > 2.06 > old[-1] - 3 * (old[10] - old[-1])


def test_prices(bank_question: Any) -> None:
    question = bank_question(ID)
    assert gpu_hours(48_000) == pytest.approx(1_536)
    assert gpu_hours(1_000) == pytest.approx(32)
    assert gpu_hours(1_500) == pytest.approx(48)
    assert gpu_hours(1_500) / gpu_hours(48_000) == pytest.approx(0.03, abs=0.002)
    says(question.scenario, "1,536 GPU hours in all", "0.09 ahead")
    says(question.model_answer, "1,000 steps on the old corpus alone: 32 GPU hours", "48 GPU hours, 3 % of the run")
