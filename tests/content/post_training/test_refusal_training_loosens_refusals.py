"""The arithmetic of post-training/refusal-training-loosens-refusals."""

from __future__ import annotations

from itertools import pairwise
from math import log, log1p, sqrt
from typing import Any

import pytest

from tests.content.saying import says

ID = "post-training/refusal-training-loosens-refusals"


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


def test_pairs_and_steps(question: Any, columns: Any) -> None:
    pairs = columns(question, "The 6,000 pairs")
    assert sum(pairs["number"]) == 6000
    assert pairs["number"][0] / 6000 == 0.75
    assert round(6000 / 32) == 188
    assert round(1500 / 32) == 47
    says(question.model_answer, "three quarters of the pairs", "81 % share the first four words", "100 of 100")
    assert pairs["audited, chosen is right"] == ["93 of 100", "100 of 100"]
    assert pairs["refusing first word, chosen | rejected, %"] == ["96 | 96", "97 | 2"]
    says(question.debrief, "refuses in 96 % of the chosen and of the rejected")


def test_held_out_log(question: Any, columns: Any) -> None:
    rows = columns(question, "Held-out pairs, 300 both refuse (2r), 100 one refuses (1r)")
    for kind, pairs in (("2r", 300), ("1r", 100)):
        for share in rows[f"acc_{kind}"]:
            assert share == pytest.approx(round(share * pairs) / pairs, abs=0.0006)
        for loss, margin in zip(rows[f"loss_{kind}"], rows[f"margin_{kind}"], strict=True):
            assert log1p(2.718281828 ** -(margin - 0.005)) <= loss + 0.005  # Jensen: spread only adds
            assert loss < log(2)
        assert all(b <= a for a, b in pairwise(rows[f"loss_{kind}"]))
        assert all(b > a for a, b in pairwise(rows[f"margin_{kind}"]))
    assert (rows["acc_1r"][-1], rows["margin_1r"][-1]) == (1.00, 5.10)


def test_refusals(question: Any, columns: Any) -> None:
    table = columns(question, "Start model and two checkpoints")
    start, middle, end = ([float(cell) for cell in table[name]] for name in ("start", "step 94", "step 188"))
    assert (start[0], middle[0], end[0]) == (456, 389, 318)
    assert (start[0] / 500, end[0] / 500) == (0.912, 0.636)
    for stage in (start, middle, end):
        assert 0.9 < stage[1] + stage[2] < 1
    assert abs(start[3] - end[3]) < 2 * sqrt(15)
    says(question.scenario, "456 of 500 held-out harmful requests (91.2 %)", "318 of the 500 (63.6 %)")
    says(question.model_answer, "from 0.92 to 0.65", "from 0.03 to 0.26", "fewer than 456 of 500")


def test_partial_runs(question: Any, columns: Any) -> None:
    runs = columns(question, "Trained from the start model on 1,500 pairs, 47 steps each")
    for count, share in zip(runs["harmful requests refused, of 500"], runs["%"], strict=True):
        assert share == pytest.approx(count / 5)
    for share in runs["%"][:2]:
        assert sqrt(share * (100 - share) / 500) == pytest.approx(1.7, abs=0.06)
    says(question.debrief, "83.6 against 81.0 %, standard error 1.7 each", "95.8 %", "89.8 %", "389 of 500")
