"""The numbers of `two-gradient-norms`, recomputed from its exhibits."""

from __future__ import annotations

from statistics import fmean, median, stdev
from typing import Any

import pytest

from tests.content.saying import says

ID = "training-dynamics/two-gradient-norms"
SMALL, BIG, WISHED = 16, 1_024, 4_096
Rows = list[tuple[float, float]]


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def norms(question: Any, columns: Any) -> Rows:
    log = columns(question, "Squared norms")
    *rows, mean = zip(log["sq_rank"], log["sq_all"], strict=True)
    assert mean == pytest.approx([fmean(column) for column in zip(*rows, strict=True)], abs=0.0005)
    assert mean[1] == pytest.approx(fmean(row[1] for row in rows), abs=0.000005)
    return rows


def signal(rank: float, whole: float) -> float:
    return (BIG * whole - SMALL * rank) / (BIG - SMALL)


def trace(rank: float, whole: float) -> float:
    return (rank - whole) / (1 / SMALL - 1 / BIG)


def combined(rows: Rows) -> float:
    return fmean(trace(*row) for row in rows) / fmean(signal(*row) for row in rows)


def price(batch: int, noise: float) -> float:
    return 1 + batch / noise


def test_noise_scale_from_the_means(question: Any, norms: Rows, number_target: Any) -> None:
    assert 64 * SMALL == BIG
    noise = combined(norms)
    assert noise == pytest.approx(number_target(ID, "noise-scale").value, abs=5)
    assert fmean(signal(*row) for row in norms) == pytest.approx(0.0095, abs=0.00005)
    assert fmean(trace(*row) for row in norms) == pytest.approx(30.1, abs=0.06)
    signals = [signal(*row) for row in norms]
    assert stdev(signals) / len(signals) ** 0.5 / fmean(signals) == pytest.approx(0.17, abs=0.01)
    assert (min(signals), max(signals)) == pytest.approx((-0.0002, 0.018), abs=0.0002)
    traces = [trace(*row) for row in norms]
    assert stdev(traces) / fmean(traces) == pytest.approx(0.02, abs=0.003)
    says(question.model_answer, "= 0.0095", "= 30.1", "about 3,170 sequences, good to about 17 %")


def test_quotients_by_step(question: Any, norms: Rows, number_target: Any) -> None:
    quotients = [trace(*row) / signal(*row) for row in norms]
    assert quotients[1] == pytest.approx(9_567, abs=1)
    negative = [at for at, value in enumerate(quotients) if value < 0]
    assert negative == [4]  # step 12,020
    assert quotients[4] == pytest.approx(-141_547, abs=1)
    assert fmean(quotients) == pytest.approx(-8_205, abs=1)
    assert median(quotients) == pytest.approx(2_721, abs=1)
    positive = [value for value in quotients if value > 0]
    assert (min(positive), max(positive)) == pytest.approx((1_677, 9_567), abs=1)
    dropped = combined([row for at, row in enumerate(norms) if at != 4])
    assert dropped == pytest.approx(2_900, abs=5)
    assert not number_target(ID, "noise-scale").holds(dropped)
    says(question.debrief, "1,677 to 9,567", "-141,547", "-8,205", "The median, 2,721")


def test_price_of_the_larger_batch(question: Any, norms: Rows, number_target: Any) -> None:
    noise = combined(norms)
    now, wished = price(BIG, noise), price(WISHED, noise)
    assert (wished, now) == pytest.approx((2.29, 1.32), abs=0.005)
    assert 100 * (wished / now - 1) == pytest.approx(number_target(ID, "token-price").value, abs=0.5)
    assert 4 * now / wished == pytest.approx(2.3, abs=0.05)
    assert price(2_048, noise) / now == pytest.approx(1.24, abs=0.005)
    assert 150 * now / wished == pytest.approx(87, abs=0.5)
    assert WISHED / noise == pytest.approx(1.3, abs=0.05)
    says(question.model_answer, "about 73 % more tokens, for 2.3 times fewer", "2,048 would cost 24 %")
    spent = 12_000 * BIG * 4_096
    assert spent == pytest.approx(50e9, rel=0.01)


def test_forks(question: Any, columns: Any) -> None:
    table = columns(question, "Two copies of step 12,000, validation loss at equal tokens")
    tokens, small, large = table.values()
    assert large[-1] - small[-1] == pytest.approx(0.008, abs=1e-9)
    # Where the small batch had the loss that the large one ends with, interpolated.
    at = next(at for at, loss in enumerate(small) if loss <= large[-1])
    share = (small[at - 1] - large[-1]) / (small[at - 1] - small[at])
    reached = tokens[at - 1] + share * (tokens[at] - tokens[at - 1])
    assert reached == pytest.approx(5, abs=0.15)
    assert tokens[-1] / reached == pytest.approx(1.73, abs=0.1)
