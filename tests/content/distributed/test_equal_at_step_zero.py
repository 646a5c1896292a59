"""The numbers of `equal-at-step-zero`, recomputed from its exhibits."""

from __future__ import annotations

from math import hypot
from typing import Any

import pytest

from tests.content.saying import says

ID = "distributed/equal-at-step-zero"
LOG = "Three layouts on the same batches"
BY_KIND = "Gradient norms of row 0 by kind of parameter"


def test_losses_start_equal_and_only_one_parts(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    log = columns(question, LOG)
    assert (log["step"][0], log["gap_B"][0], log["gap_C"][0]) == (0, 0, 0)
    assert max(abs(gap) for gap in log["gap_B"]) == pytest.approx(0.00002, abs=1e-9)
    assert log["gap_C"] == sorted(log["gap_C"])
    assert log["gap_C"][-1] == 0.00445
    says(question.debrief, "within 0.00002 while C reaches 0.00445")


def test_norm_differs_from_the_first_row_and_never_clips(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    log = columns(question, LOG)
    assert max(log["gnorm_A"] + log["gnorm_B"] + log["gnorm_C"]) < 1.0
    for a, b, c in zip(log["gnorm_A"], log["gnorm_B"], log["gnorm_C"], strict=True):
        assert b == pytest.approx(a, abs=0.00011)
        assert 0.02 < 1 - c / a < 0.045
    assert (log["gnorm_A"][0], log["gnorm_C"][0]) == (0.4140, 0.4010)
    says(question.model_answer, "0.4010 against 0.4140", "below 1.0")


def test_norms_by_kind_make_the_totals(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    log, table = columns(question, LOG), columns(question, BY_KIND)
    (whole, gains), (first, copy), (second, other) = table["A"], table["C, rank 0"], table["C, rank 1"]
    assert hypot(first, second) == pytest.approx(whole, abs=0.0001)
    assert hypot(whole, gains) == pytest.approx(log["gnorm_A"][0], abs=0.0001)
    assert hypot(whole, copy) == pytest.approx(log["gnorm_C"][0], abs=0.0001)
    assert abs(copy - other) < gains < copy + other
    says(question.debrief, "give 0.3950 together", "0.0693 and 0.0688", "A has 0.1240")
