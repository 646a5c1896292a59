"""The numbers of `lora-at-512`, recomputed."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.content.saying import says

ID = "training-dynamics/lora-at-512"
RUNS = "The four test runs"
CURVES = "Their validation loss on the way"
SWEEP = "Final validation loss against the rate"
EXAMPLES = 98_304
SEED_SD = 0.004


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def final(question: Any, columns: Any) -> dict[tuple[float, float], float]:
    table = columns(question, RUNS)
    return dict(zip(zip(table["rank"], table["batch"], strict=True), table["validation loss"], strict=True))


def test_sizes_and_steps(question: Any, columns: Any) -> None:
    table = columns(question, RUNS)
    # hidden 8,192, feed-forward 28,672, 1,024 for keys and values, 80 layers: q, k, v, o, gate, up, down
    per_rank = 80 * (2 * 16_384 + 2 * 9_216 + 3 * 36_864)
    for rank, weights, batch, steps in zip(*(table[n] for n in list(table)[:4]), strict=True):
        assert weights == f"{round(rank * per_rank / 1e6)}M"
        assert batch * steps == EXAMPLES
    assert 512 % 64 == 0 == 32 % 8
    says(question.model_answer, "192 updates instead of 3,072")


def test_time(question: Any, number_target: Any) -> None:
    small, large = 3_072 * 22.3 / 3_600, 192 * 49.6 / 3_600
    assert number_target(ID, "fits-deadline").holds(small)
    assert (small, large) == pytest.approx((19.0, 2.6), abs=0.05)
    assert (8 * small, 64 * large) == pytest.approx((152, 169), abs=0.5)
    assert 2 * large == pytest.approx(5.3, abs=0.05)  # half of the nodes
    assert 3 * 2 * large < small
    says(question.model_answer, "5.3 hours each")
    says(question.scenario, "22.3 s on one node", "49.6 s on all eight nodes", "30 hours")
    says(question.model_answer, "19.0 hours and 152 GPU hours", "2.6 hours but 169 GPU hours")
    says(question.debrief, "under 19 hours")


def test_gaps(question: Any, final: Any) -> None:
    gap = {rank: final[rank, 512] - final[rank, 32] for rank in (16, 128)}
    gain = {batch: final[16, batch] - final[128, batch] for batch in (32, 512)}
    assert (gap[16], gap[128]) == pytest.approx((0.091, 0.093), abs=1e-9)
    assert (gain[32], gain[512]) == pytest.approx((0.007, 0.005), abs=1e-9)
    error = SEED_SD * math.sqrt(2)
    assert error == pytest.approx(0.0057, abs=5e-5)
    assert 2 * error == pytest.approx(0.012, abs=0.001)
    assert max(gain.values()) < 1.3 * error
    says(
        question.model_answer, "0.007 at batch 32 and 0.005 at 512", "0.0057", "0.091 at rank 16 and 0.093 at rank 128"
    )
    says(question.model_answer, "0.012, two standard errors")


def test_curves_end_in_the_table_and_large_batches_still_fall(question: Any, columns: Any, final: Any) -> None:
    slope = {}
    for name, points in columns(question, CURVES).items():
        rank, batch = (float(part.split()[1]) for part in name.split(", "))
        values = [value for _, value in points]
        assert [at for at, _ in points] == [8_192 * part for part in range(1, 13)]
        assert values == sorted(values, reverse=True)
        assert values[-1] == final[rank, batch]
        slope[batch] = values[-4] - values[-1]
    assert slope[512] > 1.7 * slope[32]
    small, small_wide, large, large_wide = columns(question, CURVES).values()
    pairs = [*zip(small, small_wide, strict=True), *zip(large, large_wide, strict=True)]
    assert len(pairs) == 24
    assert all(wide[1] < narrow[1] for narrow, wide in pairs)
    says(question.debrief, "lower on all 24 points of the curves", "differences of about one standard error each")


def test_sweep(question: Any, columns: Any, final: Any) -> None:
    sweep = {name: dict(points) for name, points in columns(question, SWEEP).items()}
    small, middle, large, wide = sweep.values()
    assert (small[2e-4], large[2e-4], wide[2e-4]) == (final[16, 32], final[16, 512], final[128, 512])
    best = [min((loss, rate) for rate, loss in curve.items())[1] for curve in (small, middle, large, wide)]
    assert best == [2e-4, 4e-4, 8e-4, 8e-4]
    assert 2e-4 * math.sqrt(16) == best[2]
    rest = large[8e-4] - small[2e-4]
    assert (large[2e-4] - large[8e-4], rest) == pytest.approx((0.052, 0.039), abs=1e-9)
    assert rest / (SEED_SD * math.sqrt(2)) == pytest.approx(7, abs=0.2)
    assert middle[4e-4] - small[2e-4] == pytest.approx(0.010, abs=1e-9)
    assert large[8e-4] - wide[8e-4] == pytest.approx(0.005, abs=1e-9)
    assert large[1.6e-3] > large[8e-4]
    says(question.debrief, "0.958: 0.052 of the 0.091", "0.039", "about seven standard errors", "0.929, 0.010 behind")
    says(question.debrief, "lowers that curve by 0.005 at its best rate")
