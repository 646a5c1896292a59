"""The numbers of `efficiency/preference-run-that-does-not-move`, recomputed."""

from __future__ import annotations

from math import exp, floor, log, log2
from typing import Any

import pytest

from tests.content.saying import says

ID = "efficiency/preference-run-that-does-not-move"
BETA = 0.1
RATE = 5e-7
TITLES = ("Log of this run", "Log of the run in spring")


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


def spacing(weight: float) -> float:
    """Distance of neighbouring bfloat16 numbers, which have seven bits behind the leading one."""
    return float(2.0 ** (floor(log2(weight)) - 7))


def test_rows_of_both_logs(question: Any, columns: Any) -> None:
    assert 60_000 // 128 == 468
    says(question.scenario, "3,200 pairs", "200 of 468 steps")
    for title in TITLES:
        table = columns(question, title)
        assert table["step"] == list(range(0, 201, 25))
        assert table["loss"][0] == pytest.approx(log(2), abs=5e-5)
        assert table["margin"][0] == table["shift"][0] == table["acc"][0] == 0.0
        for loss, accuracy, margin in list(zip(table["loss"], table["acc"], table["margin"], strict=True))[1:]:
            assert abs(round(accuracy * 3200) / 3200 - accuracy) < 0.0005
            assert loss >= log(1 + exp(-margin)) - 1e-4  # Jensen
            assert loss == pytest.approx(log(2) - margin / 2, abs=0.08)


def test_rounding(question: Any) -> None:
    assert spacing(0.02) == pytest.approx(1.2e-4, rel=0.02)
    assert spacing(0.02) / 2 == pytest.approx(6e-5, rel=0.02)
    assert spacing(0.02) / 2 / RATE == pytest.approx(120, rel=0.02)
    says(question.model_answer, "1.2e-4 apart", "6e-5", "120 times too small", "5e-7")


def test_what_answer_and_debrief_read_off(question: Any, columns: Any) -> None:
    now, spring = (columns(question, title) for title in TITLES)
    assert min(now["shift"][1:]) == 0.25
    assert max(now["shift"]) == 0.26
    assert spring["shift"][-1] == 2.58
    at = spring["step"].index(75)
    assert now["margin"][at] < 0.05 < spring["margin"][at]
    says(question.model_answer, "0.25 nats", "2.58", "0.05 by step 75")


def test_memory(question: Any) -> None:
    mixed, pure, parameters = 4 + 4 + 8, 2 + 2 + 4, 8  # weights, gradients, moments in bytes; billions
    assert (mixed - pure) * parameters == 64
    assert mixed * parameters / 8 == 16
    assert 2 * parameters / 8 == 2
    says(question.model_answer, "64 GB over eight GPUs, so 8 GB each")
    says(question.debrief, "16 bytes a parameter are 128 GB, 16 GB per GPU, the reference 2 GB more")


def test_short_runs(question: Any, columns: Any) -> None:
    table = columns(question, "Runs of 50 steps on the new pairs (gain over 10,000 held-out pairs)")
    gains, changed = (list(table.values())[at] for at in (3, 2))
    assert gains[3] / gains[2] == pytest.approx(4, abs=0.3)
    assert changed[3] / changed[2] == pytest.approx(2, abs=0.1)
    spring = columns(question, TITLES[1])
    assert BETA * gains[4] == pytest.approx(spring["margin"][2], abs=0.01)
    says(question.debrief, "0.67 nats", "from 0.13 to 0.52", "5.1 % instead of 2.5 %", "Sixteen times the rate")
