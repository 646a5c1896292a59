"""The numbers of `a-third-slower-same-loss`, recomputed from its exhibits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.content.saying import says

ID = "distributed/a-third-slower-same-loss"
PILOTS = "Three pilots (loss over steps 251 to 300)"
MEMORY = "What fills the memory of one GPU (GB)"
TRACE = "Where the seconds of a step go"
OTHERS = "Ten steps at other accumulations"
PARAMETERS, LAYERS, HIDDEN, TOKENS, VOCABULARY, RANKS = 2.70, 32, 2560, 16_384, 32_000, 64
LINK = 17  # GB/s into a node


def _received(stage: int, micro_batches: int) -> float:
    units = {1: 2 + 1, 2: 2 * micro_batches + 1, 3: 4 * micro_batches}[stage]
    return units * 2 * PARAMETERS * (RANKS - 1) / RANKS


def _ktok(step: float, micro_batches: int) -> float:
    return RANKS * micro_batches * TOKENS / step / 1e3


def test_traffic_and_speed(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    pilots, others = columns(question, PILOTS), columns(question, OTHERS)
    names = ("ZeRO", "GB received per node, step", "step s", "ktok/s")
    rows = [(*row, 4) for row in zip(*(pilots[name] for name in names), strict=True)]
    rows += list(zip(*(others[name] for name in (*names, "micro-batches")), strict=True))
    for stage, received, step, ktok, micro_batches in rows:
        assert received == pytest.approx(_received(int(stage), int(micro_batches)), abs=0.051)
        assert ktok == pytest.approx(_ktok(step, int(micro_batches)), abs=0.51)
        arithmetic = micro_batches * (6 * PARAMETERS * 1e9 + 6 * LAYERS * HIDDEN * TOKENS) * TOKENS / (0.5 * 989e12)
        assert step > arithmetic
    assert round(RANKS * 4 * TOKENS / 1e6, 2) == 4.19
    assert [round(_received(stage, 4) / _received(1, 4), 1) for stage in (2, 3)] == [3.0, 5.3]
    assert [round(_received(stage, 4) / LINK, 1) for stage in (1, 3)] == [0.9, 5.0]
    assert [round(1e9 / ktok / 86400, 1) for ktok in (pilots["ktok/s"][0], pilots["ktok/s"][2])] == [10.4, 15.4]
    assert round(1 - 750 / 1113, 2) == 0.33
    assert round(100 * (1 - 975 / 1113)) == 12
    says(question.model_answer, "10.4 days instead of 15.4", "16 units", "here it is 5.3")
    says(question.debrief, "21.3 against 15.9 GB", "take 5.0 s", "take 0.9 s", "12 % slower", "(1,193 ", "(755)")


def test_memory_adds_up(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    memory = columns(question, MEMORY)
    peaks = columns(question, PILOTS)["peak GB"]
    for stage, peak in zip((1, 2, 3), peaks, strict=True):
        assert sum(memory[f"ZeRO-{stage}"]) == pytest.approx(peak, abs=0.051)
    assert memory["ZeRO-1"][:3] == pytest.approx([2 * PARAMETERS, 4 * PARAMETERS, 12 * PARAMETERS / RANKS], abs=0.006)
    assert memory["ZeRO-3"][:2] == pytest.approx([2 * PARAMETERS / RANKS, 4 * PARAMETERS / RANKS], abs=0.006)
    sequence = (34 * HIDDEN * LAYERS + 10 * VOCABULARY) * TOKENS / 1e9
    assert memory["ZeRO-3"][3] == pytest.approx(sequence, abs=0.006)
    assert (round(80 - peaks[2]), round(sequence), round(peaks[0] - peaks[1], 1)) == (26, 51, 10.6)
    says(question.model_answer, "26 GB buy nothing", "needs 51", "69 of 80 GB")
    says(question.debrief, "leaves 10.6 GB more")


def test_seconds_add_up(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    trace = columns(question, TRACE)
    parts = [name for name in trace if name != "ZeRO"]
    for at, step in enumerate(columns(question, PILOTS)["step s"]):
        assert sum(trace[name][at] for name in parts) == pytest.approx(step, abs=0.006)
    others = columns(question, OTHERS)
    per_micro_batch, fixed = (3.26 / 4, 3.77 - 3.26), ((3.41 + 0.95 + 1.16) / 4, 0.07)
    for stage, micro_batches, step in zip(others["ZeRO"], others["micro-batches"], others["step s"], strict=True):
        each, once = (per_micro_batch[0], per_micro_batch[1]) if stage == 1 else fixed
        assert step == pytest.approx(each * micro_batches + once, abs=0.011)
    assert 1 - trace["compute"][2] / 5.59 > 1 / 3
