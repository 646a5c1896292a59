"""The numbers of `quiet-column-then-a-jump`, recomputed from its exhibits."""

from __future__ import annotations

from math import log2
from typing import Any

import pytest

from tests.content.saying import says

ID = "training-dynamics/quiet-column-then-a-jump"
BETA2, CLIP = 0.999, 1.0
Rows = dict[float, dict[str, float]]


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def rows(question: Any, columns: Any) -> Rows:
    table = columns(question, "Trainer log with one expert")
    names = list(table)
    return {values[0]: dict(zip(names, values, strict=True)) for values in zip(*table.values(), strict=True)}


def moment(row: dict[str, float]) -> float:
    return row["g_17"] ** 2 / row["g2v_17"]


def test_second_moment_decays_no_faster_than_beta2_lets_it(rows: Rows) -> None:
    for before, after in ((43_000, 44_000), (44_000, 45_000), (45_000, 46_000)):
        assert moment(rows[after]) / moment(rows[before]) > 0.8 * BETA2 ** (after - before)
    left = moment(rows[46_000]) / moment(rows[40_000])
    assert 1 / left == pytest.approx(100, rel=0.3)  # "about a hundredfold"
    assert moment(rows[40_000]) == pytest.approx(4.4e-12, rel=0.01)
    assert moment(rows[46_000]) == pytest.approx(3.4e-14, rel=0.02)
    assert left == pytest.approx(0.008, abs=0.0005)
    # On the way back v can gain at most (1 - beta2) g^2 a step.
    for first, last in ((46_022, 46_024), (46_026, 46_028), (46_032, 46_034)):
        gain = moment(rows[last]) - moment(rows[first])
        assert 0 < gain < 1.1 * (last - first) * (1 - BETA2) * rows[last]["g_17"] ** 2


def test_memory_of_the_second_moment(question: Any) -> None:
    half_life = -1 / log2(BETA2)
    assert half_life == pytest.approx(693, abs=0.5)
    left = BETA2**5_000
    assert left == pytest.approx(0.007, abs=0.0005)
    says(question.model_answer, "half-life of 693 steps", "0.999^5000, 0.7 %")


def test_order_of_events(question: Any, rows: Rows) -> None:
    calm = [row["loss"] for step, row in rows.items() if step <= 46_024]
    assert max(calm) < rows[46_026]["loss"] < max(calm) + 0.01
    assert rows[46_028]["loss"] > max(calm) + 0.03
    assert rows[46_026]["upd_17"] / rows[40_000]["upd_17"] > 3
    assert max(row["upd_rest"] for row in rows.values()) <= 0.43
    assert rows[40_000]["g_17"] / rows[43_000]["g_17"] == pytest.approx(20, abs=1)
    assert max(row["g_17"] for row in rows.values()) == rows[40_000]["g_17"]
    assert rows[46_022]["load_17"] / rows[40_000]["load_17"] == pytest.approx(1 / 3, abs=0.03)
    says(question.model_answer, "19 at 46,022 and 61", "1.4 at 46,026, 2.1 at the end", "only at 46,028")


def test_clip_came_too_late(question: Any, rows: Rows) -> None:
    clipped = [step for step, row in rows.items() if row["raw_norm"] > CLIP]
    assert clipped[0] == 46_034
    assert rows[46_034]["loss"] == pytest.approx(2.6, abs=0.05)
    assert rows[46_026]["raw_norm"] == 0.43
    assert 0.3 / rows[46_026]["raw_norm"] == pytest.approx(0.7, abs=0.005)
    says(question.model_answer, "raw_norm was 0.43 at 46,026 and passed 1.0 only at 46,034")


def test_replays(question: Any, columns: Any, rows: Rows) -> None:
    title = "Replays from checkpoint 46,000, 100 steps each, expert 17 coming back as before except in the last row"
    table = columns(question, title)
    jumps = [loss > 2.2 for loss in table["largest loss"]]
    assert jumps == [True, True, True, False, False, False, False]
    assert table["largest upd_17"][0] >= max(row["upd_17"] for row in rows.values())
    minutes = 100 * 1.7 / 60
    assert minutes == pytest.approx(3, abs=0.2)
