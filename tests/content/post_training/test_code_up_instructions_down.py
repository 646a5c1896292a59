"""The arithmetic of post-training/code-up-instructions-down."""

from __future__ import annotations

from datetime import date, timedelta
from math import erfc, sqrt
from typing import Any

import pytest

from tests.content.saying import says

ID = "post-training/code-up-instructions-down"
RIGHT = {"HumanEval": (102, 117), "MMLU": (9296, 9240), "IFEval": (403, 343), "BBH": (4258, 4063)}


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def rows(question: Any) -> dict[str, list[float]]:
    table = question.exhibits[0].content
    return {row[0]: [float(cell) for cell in row[1:]] for row in table.rows}


def z_of(lost: float, gained: float) -> float:
    return (lost - gained) / sqrt(lost + gained)


def test_rates_and_changes_follow_from_counts(rows: dict[str, list[float]]) -> None:
    for name, (a, b) in RIGHT.items():
        items, share_a, share_b, change, lost, gained = rows[name]
        assert (share_a, share_b) == pytest.approx((100 * a / items, 100 * b / items), abs=0.0501)
        assert change == pytest.approx(100 * (b - a) / items, abs=0.0501)
        assert change == pytest.approx(share_b - share_a, abs=1e-9)
        assert gained - lost == b - a
        assert lost <= a
        assert gained <= items - a


def test_which_changes_are_real(question: Any, rows: dict[str, list[float]]) -> None:
    z = {name: z_of(*cells[4:]) for name, cells in rows.items()}
    assert z["MMLU"] == pytest.approx(1.5, abs=0.05)
    assert erfc(z["MMLU"] / sqrt(2)) == pytest.approx(0.13, abs=0.005)
    assert z["IFEval"] == pytest.approx(6.2, abs=0.05)
    says(question.model_answer, "721 lost against 665 gained, z = 1.5", "77 lost IFEval items and 388 BBH items")
    says(question.debrief, "six standard errors (77 lost, 17", "p = 0.13")


@pytest.fixture
def again(question: Any) -> list[list[int]]:
    table = next(e.content for e in question.exhibits if e.title == "Looked at again, nothing trained")
    return [[int(cell) for cell in row[1:]] for row in table.rows]


def test_failures_by_form(question: Any, again: list[list[int]]) -> None:
    code, prose = again[:2]
    assert code[0] + prose[0] == 541
    assert (code[1] + prose[1], code[2] + prose[2]) == RIGHT["IFEval"]
    assert (code[1] - code[2], prose[1] - prose[2]) == (49, 11)
    assert [100 * right / prose[0] for right in prose[1:]] == pytest.approx([75.5, 73.0], abs=0.05)
    says(question.debrief, "net loss of 60 IFEval items, 49", "only 96 of 541", "73.0 %", "75.5 %", "11 items lost")


def test_scored_again(question: Any, again: list[list[int]]) -> None:
    ifeval, bbh = again[2:]
    assert (ifeval[0], bbh[0]) == (541, 6511)
    assert [100 * right / bbh[0] for right in bbh[1:]] == pytest.approx([67.1, 66.9], abs=0.05)
    assert [100 * right / ifeval[0] for right in ifeval[1:]] == pytest.approx([74.3, 72.3], abs=0.05)
    assert 100 * (ifeval[1] - ifeval[2]) / ifeval[0] == pytest.approx(2.0, abs=0.05)
    says(question.debrief, "66.9 against 67.1 %", "72.3 %", "it leaves 2.0 points")


def test_the_code_of_the_third_sample_is_right(question: Any) -> None:
    sample = question.exhibits[1].content.pairs[2]
    day = (date(2021, 5, 30) + timedelta(days=1)).strftime("%m/%d/%Y")
    assert day in sample.a
    assert day not in sample.b
    assert "dt.date(2021, 5, 30) + dt.timedelta(days=1)" in sample.b
