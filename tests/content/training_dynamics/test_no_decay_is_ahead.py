"""The numbers of `no-decay-is-ahead`, recomputed."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.content.saying import says

ID = "training-dynamics/no-decay-is-ahead"
LEAD = "How far the arm without decay is below the other"
TABLE = "Both arms at step 12,000"
SIZES = "Size of the update and of the weights, root mean square over the matrices"
WARM_UP, LAST, NOW = 2_000, 40_000, 12_000


def cosine(step: float) -> float:
    return 1e-4 + (1e-3 - 1e-4) / 2 * (1 + math.cos(math.pi * (step - WARM_UP) / (LAST - WARM_UP)))


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


def test_table_agrees_with_schedule_and_curves(question: Any, columns: Any) -> None:
    table = columns(question, TABLE)
    assert table["rate"] == [pytest.approx(cosine(NOW), abs=0.5e-6)] * 2
    assert table["share of peak"] == [pytest.approx(cosine(NOW) / 1e-3, abs=0.005)] * 2
    assert table["steps left"] == [LAST - NOW] * 2
    for train, val, gap in zip(table["train loss"], table["val loss"], table["val minus train"], strict=True):
        assert val - train == pytest.approx(gap, abs=1e-9)
    lead = [table[name][0] - table[name][1] for name in ("train loss", "val loss")]
    assert lead == pytest.approx([0.014, 0.013], abs=1e-9)
    says(question.model_answer, "0.007 and 0.008", "the lead of 0.013")


def test_no_decay_leads_everywhere(question: Any, columns: Any) -> None:
    points = columns(question, LEAD)["lead of no decay"]
    assert [step for step, _ in points] == list(range(2_000, 12_001, 1_000))
    assert all(lead > 0 for _, lead in points)
    table = columns(question, TABLE)
    assert points[-1][1] == pytest.approx(table["val loss"][0] - table["val loss"][1], abs=1e-9)
    assert pytest.approx(21e9, rel=0.005) == LAST * 256 * 2_048
    late = [lead for step, lead in points if step >= 7_000]
    assert max(late) - min(late) <= 0.002
    assert pytest.approx(10_000) == 1 / (1e-3 * 0.1)
    assert 1 < sum(min(1e-3 * step / WARM_UP, cosine(max(step, WARM_UP))) * 0.1 for step in range(1, NOW + 1)) < 1.2
    says(question.model_answer, "85 % of its peak", "hardly grown since step 7,000")
    says(question.debrief, "a time constant of 10,000 steps", "little more than one")


def test_relative_step(question: Any, columns: Any) -> None:
    log = columns(question, SIZES)
    for step, rate, update in zip(log["step"], log["lr"], log["update"], strict=True):
        assert rate == pytest.approx(cosine(step), abs=0.51e-5)
        assert update == pytest.approx(0.3 * cosine(step), abs=0.51e-6)
    with_decay, without = log["weight_decay0.1"], log["weight_none"]
    assert without == sorted(without)
    assert all(a < b for a, b in zip(with_decay, without, strict=True))
    assert with_decay[-1] / without[-1] == pytest.approx(0.635, abs=0.0006)
    says(question.debrief, "0.0956 against 0.0607", "0.635 of the other one")
    # decoupled decay and updates that add up at random: the squared weights follow the same recurrence in both arms
    for decay, logged in ((0.1, with_decay), (0.0, without)):
        square = 0.02**2
        for step in range(1, NOW + 1):
            rate = cosine(step) if step > WARM_UP else 1e-3 * step / WARM_UP
            square = square * (1 - rate * decay) ** 2 + 10 * (0.3 * rate) ** 2
        assert math.sqrt(square) == pytest.approx(logged[-1], abs=1e-4)


def test_time_and_rule(question: Any, number_target: Any) -> None:
    hours = (LAST - NOW) * 0.4 / 3_600
    assert number_target(ID, "hours").holds(hours)
    assert hours == pytest.approx(3.1, abs=0.05)
    assert 64 * hours == pytest.approx(199, abs=0.5)
    assert 18 < 15 + hours < 18.2
    error = 0.004 * math.sqrt(2)
    assert error == pytest.approx(0.006, abs=0.0005)
    assert 2 * error == pytest.approx(0.012, abs=0.001)
    says(question.model_answer, "3.1 hours, 199 GPU hours", "about 0.006", "more than 0.012", "shortly after six")
