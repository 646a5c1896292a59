"""The numbers of `average-for-a-short-run`, recomputed from its exhibits."""

from __future__ import annotations

from math import log2, sqrt
from typing import Any

import pytest

from tests.content.saying import says

ID = "training-dynamics/average-for-a-short-run"
STEPS = 400
Columns = dict[str, list[float]]


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def long_log(question: Any, columns: Any) -> Columns:
    found: Columns = columns(question, "Training log")
    return found


@pytest.fixture
def short_log(question: Any, columns: Any) -> Columns:
    found: Columns = columns(question, "The same run with an average of another length")
    return found


def lag(decay: float, step: float) -> float:
    """Steps that the average trails a policy at an even pace."""
    return float(decay / (1 - decay) * (1 - decay**step))


def test_columns_follow_from_the_decay(long_log: Columns, short_log: Columns) -> None:
    for table, decay in ((long_log, 0.999), (short_log, 0.98)):
        for step, start, moving in zip(*(table[name] for name in list(table) if name != "reward"), strict=True):
            assert moving / start == pytest.approx((lag(decay, step) / step) ** 2, rel=0.08)
            assert start == pytest.approx(table["kl_to_initial"][-1] * (step / STEPS) ** 2, rel=0.04)


def test_share_of_the_start(question: Any) -> None:
    shares = [0.999**STEPS, 0.9999**STEPS, 0.999**200, 0.999**100]
    assert shares == pytest.approx([0.67, 0.96, 0.82, 0.90], abs=0.005)
    half_life = -1 / log2(0.999)
    assert half_life == pytest.approx(693, abs=0.5)
    says(question.model_answer, "0.999^400, so 67 %", "half-life is 693 steps", "96 % initial model")


def test_log_agrees(question: Any, long_log: Columns) -> None:
    ratio = {
        step: moving / start
        for step, start, moving in zip(
            long_log["step"], long_log["kl_to_initial"], long_log["kl_to_reference"], strict=True
        )
    }
    assert [ratio[step] for step in (400, 200, 100)] == pytest.approx([0.667, 0.83, 0.89], abs=0.006)
    assert sqrt(ratio[400]) == pytest.approx(0.82, abs=0.005)
    trail = lag(0.999, STEPS)
    assert trail == pytest.approx(330, abs=2)
    assert trail / STEPS == pytest.approx(0.82, abs=0.005)
    says(question.model_answer, "0.0599 against 0.0898", "82 % as far", "18 % of the way", "330 of 400 steps")


def test_decay_for_fifty(question: Any, number_target: Any, short_log: Columns) -> None:
    decay = 50 / 51
    by_half_life = 0.5 ** (1 / 50)
    target = number_target(ID, "decay-for-fifty")
    assert target.holds(decay)
    assert target.holds(by_half_life)
    assert not target.holds(0.99)
    assert by_half_life == pytest.approx(0.986, abs=0.0005)
    half_life = -1 / log2(0.98)
    assert half_life == pytest.approx(34, abs=0.5)
    left = 100 * 0.98**STEPS
    assert left == pytest.approx(0.03, abs=0.002)
    assert short_log["kl_to_reference"][-1] == 0.0021
    assert short_log["kl_to_initial"][-1] / 0.0898 == pytest.approx(1.5, abs=0.1)
    says(question.model_answer, "half-life of 34 steps", "a weight of 0.03 %")
