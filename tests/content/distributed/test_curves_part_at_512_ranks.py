"""The numbers of `curves-part-at-512-ranks`, recomputed from its exhibits."""

from __future__ import annotations

import struct
from math import sqrt
from typing import Any

import pytest

from tests.content.saying import says

ID = "distributed/curves-part-at-512-ranks"
LOG, GAPS = "The three runs", "Loss minus that of A"
BATCH = "One batch of 1,024 sequences at the weights of A, step 2,000"
BRANCHES = "Branches of 1,500 steps from A's checkpoint at step 2,000"
SETTINGS = "Settings"


def _bf16(value: float) -> float:
    bits: int = struct.unpack("<I", struct.pack("<f", value))[0]
    kept = (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000
    result: float = struct.unpack("<f", struct.pack("<I", kept))[0]
    return result


def test_ones_stall_at_256(bank_question: Any, number_target: Any) -> None:
    total = 0.0
    for _ in range(512):
        total = _bf16(total + 1)
    assert total == number_target(ID, "stalls-at-256").value == 256
    assert _bf16(63.0 + 1) == 64
    says(bank_question(ID).model_answer, "256 plus 1 rounds back to 256", "63 times in A and 511 times in C")


def test_gaps_of_log_and_chart_agree(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    log, chart = columns(question, LOG), columns(question, GAPS)
    for series, run in (("256 ranks", "loss_B"), ("512 ranks", "loss_C")):
        gaps = [(step, round(x - a, 4)) for step, x, a in zip(log["step"], log[run], log["loss_A"], strict=True)]
        assert [tuple(point) for point in chart[series]] == gaps
    assert round(chart["512 ranks"][-1][1], 3) == 0.036
    assert all(0.95 < c / a < 0.985 for a, c in zip(log["gnorm_A"], log["gnorm_C"], strict=True))
    says(question.ask, "0.036 of loss")


def test_settings_make_one_batch(bank_question: Any, columns: Any) -> None:
    settings = columns(bank_question(ID), SETTINGS)
    rows = {name: [settings[run][at] for run in "ABC"] for at, name in enumerate(settings["setting"])}
    ranks, micro = rows["data-parallel ranks"], rows["micro-batches per rank and step"]
    assert {rank * count * 2 for rank, count in zip(ranks, micro, strict=True)} == {1024}
    for rank, seconds in zip(ranks, rows["seconds per step"], strict=True):
        arithmetic = 6 * 7e9 * 1024 * 4096 / (rank * 989e12 * 0.42)
        assert 0 <= seconds - arithmetic < 0.06


def test_errors_and_prices(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    batch, branches = columns(question, BATCH), columns(question, BRANCHES)
    for ranks, error in list(zip(batch["ranks"], batch["matmuls"], strict=True))[:4]:
        assert error == pytest.approx(0.83 * sqrt(ranks / 64), abs=0.05)
    assert (batch["matmuls"][3], batch["norm_gains"][0], batch["norm_gains"][3]) == (2.34, 0.82, 10.70)
    seconds = dict(zip(branches["sum over ranks"][2:], branches["s per step"][2:], strict=True))
    assert round(100 * (seconds["fp32 ring"] / seconds["bf16 ring"] - 1), 1) == 5.7
    assert round(100 * (seconds["bf16 sent, summed in fp32"] / seconds["bf16 ring"] - 1), 1) == 2.3
    says(question.debrief, "0.83 to 2.34 %", "0.82 to 10.70 %", "0.93 against 0.88 s, 5.7 %", "costs 2.3 %")
    says(question.debrief, "0.0003 for 512 ranks with fp32")
