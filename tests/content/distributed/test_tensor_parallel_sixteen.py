"""The numbers of `tensor-parallel-sixteen`, recomputed from its exhibits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.content.saying import says

ID = "distributed/tensor-parallel-sixteen"
LAYOUTS = "Layouts on 32 GPUs, 32 sequences per step"
TIMES = "Measured on this cluster, all GPUs busy with the same"
TRIAL = "Twenty steps of each layout"
PARAMETERS, TOKENS, PEAK, ARITHMETIC = 34e9, 32 * 4096, 32 * 989e12, 2.1
INSIDE, ACROSS, SEND = 0.36e-3, 5.4e-3, 2.9e-3


def _rows(table: dict[str, list[Any]]) -> dict[str, dict[str, Any]]:
    names = list(table)
    return {row[0]: dict(zip(names[1:], row[1:], strict=True)) for row in zip(*table.values(), strict=True)}


def test_layouts_fill_the_cluster_and_the_batch(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    states = {}
    for name, row in _rows(columns(question, LAYOUTS)).items():
        assert row["TP"] * row["stages"] * row["DP"] == 32
        assert row["DP"] * row["micro-batches per replica"] == 32
        assert row["stages"] * row["layers per stage"] == 48
        states[name] = 34 / (row["TP"] * row["stages"]) * (4 + 12 / row["DP"])
    assert states == {"plan": 21.25, "Jun": 29.75, "third": 21.25, "fourth": 17}
    assert round(4096 * 8192 * 2 / 1e6) == 67
    assert pytest.approx(0.40, abs=0.005) == 6 * PARAMETERS * TOKENS / PEAK / ARITHMETIC
    says(question.debrief, "21.25 GB for the plan", "29.75 for Jun's, 17 for the fourth", "131,072 tokens")


def test_times_of_the_layouts(bank_question: Any, columns: Any, number_target: Any) -> None:
    question = bank_question(ID)
    times = list(zip(*columns(question, TIMES).values(), strict=True))
    assert [time for *_, time in times] == ["0.36 ms", "5.4 ms", "2.9 ms", "1.5 s", "4.3 s"]
    # a node's link carries 25 GB/s: no measured time is below what its bytes need
    assert ACROSS > 2 * 15 / 16 * 67e6 / 25e9
    assert SEND > 67e6 / 25e9
    assert 8 * 2 / 2 * 4.25 / 25 < 1.5
    assert 8 * 2 * 3 / 4 * 8.5 / 25 < 4.3
    plan, inside = 16 * 48 * 4 * ACROSS, 32 * 12 * 4 * INSIDE
    assert (round(plan, 1), round(inside, 2)) == (16.6, 0.55)
    assert number_target(ID, "sixteen-seconds").value == 16.6
    work = ARITHMETIC + inside
    third = work * (1 + 1 / 16) + 16 * 2 * SEND
    fourth = work * (1 + 3 / 32) + 32 * 2 * SEND
    assert [round(value, 1) for value in (fourth, third + 1.5, third, work + 4.3)] == [3.1, 4.4, 2.9, 7.0]
    assert round(8 * plan) == 133
    bubbles = [round(share * 100, 2) for share in (3 / 32, 3 / 35, 1 / 16, 1 / 17)]
    assert bubbles == [9.38, 8.57, 6.25, 5.88]
    says(question.model_answer, "3,072 all-reduces", "16.6 s per step", "1,536 times 0.36 ms, 0.55 s", "about 3.1 s")
    says(question.debrief, "4.4 s, with all of it hidden about 2.9", "133 s", "is 32 in every row")


def test_trial_keeps_within_the_bounds(bank_question: Any, columns: Any) -> None:
    rows = _rows(columns(bank_question(ID), TRIAL))
    for row in rows.values():
        assert row["MFU %"] == pytest.approx(6 * PARAMETERS * TOKENS / PEAK / row["step s"] * 100, abs=0.051)
        assert row["loss step 0"] == pytest.approx(1.3127, abs=1.1e-4)
        assert row["peak GB"] < 80
    assert 4.3 < rows["Jun"]["step s"] < 7.0
    assert 2.9 < rows["third"]["step s"] < 4.4
    assert rows["fourth"]["step s"] == 3.1
