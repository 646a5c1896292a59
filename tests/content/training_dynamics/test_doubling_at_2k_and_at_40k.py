"""The numbers of `doubling-at-2k-and-at-40k`, recomputed from its exhibits."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.content.saying import says

ID = "training-dynamics/doubling-at-2k-and-at-40k"
LOG = "Validation loss against billions of tokens since the fork"
Rows = list[tuple[float, float, float]]


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def forks(question: Any, columns: Any) -> dict[str, Rows]:
    log = columns(question, LOG)
    found: dict[str, Rows] = {"2k": [], "40k": []}
    for fork, *row in zip(log["fork"], log["tokens"], log["kept"], log["doubled"], strict=True):
        found[fork].append((row[0], row[1], row[2]))
    return found


def kept_reached(rows: Rows, loss: float) -> float:
    """Tokens after which the kept run had this loss, interpolated."""
    for (before, high, _), (after, low, _) in pairwise(rows):
        if low <= loss <= high:
            return before + (high - loss) / (high - low) * (after - before)
    raise AssertionError(loss)


def lost(rows: Rows, tokens: float) -> float:
    doubled = next(row[2] for row in rows if row[0] == tokens)
    return tokens - kept_reached(rows, doubled)


def yield_per_token(batch: int, noise: float) -> float:
    return 1 / (1 + batch / noise)


def test_chart_is_the_difference_of_the_log(question: Any, columns: Any, forks: dict[str, Rows]) -> None:
    chart = columns(question, "How far the doubled copy trails")
    for name, rows in (("fork at 2,000", forks["2k"]), ("fork at 40,000", forks["40k"])):
        for (tokens, gap), (logged, kept, doubled) in zip(chart[name], rows, strict=True):
            assert (tokens, gap) == pytest.approx((logged, doubled - kept), abs=1e-9)
    early = [gap for _, gap in chart["fork at 2,000"]]
    assert (max(early), early[-1]) == pytest.approx((0.069, 0.061), abs=0.0005)
    assert chart["fork at 40,000"][-1][1] == pytest.approx(0.003, abs=0.0005)


def test_table_of_factors_agrees_with_the_log(question: Any, columns: Any, forks: dict[str, Rows]) -> None:
    table = columns(question, "Doubled minus kept after 4.2B tokens, by factor on the rate")
    values = list(zip(*table.values(), strict=True))
    for fork, name in ((2_000, "2k"), (40_000, "40k")):
        kept, doubled = next(row[1:] for row in forks[name] if row[0] == 4.2)
        shown = next(row for row in values if row[0] == fork and row[1] == 1.41)
        assert shown[3] == pytest.approx(doubled - kept, abs=1e-9)
    assert all(training == pytest.approx(validation, abs=0.001) for _, _, training, validation in values)
    says(question.model_answer, "0.068 on training and 0.067 on validation", "0.080 and factor 2 gives 0.073")


def test_lost_tokens(question: Any, forks: dict[str, Rows]) -> None:
    early, late = lost(forks["2k"], 6.3), lost(forks["40k"], 16.8)
    assert (early, late) == pytest.approx((1.5, 1.5), abs=0.02)
    assert (6.3 - early, 16.8 - late) == pytest.approx((4.8, 15.3), abs=0.05)
    shares = early / 6.3, late / 16.8
    assert shares == pytest.approx((0.24, 0.09), abs=0.005)
    assert shares[0] / shares[1] == pytest.approx(2.7, abs=0.1)  # "nearly a factor of three"
    assert lost(forks["2k"], 2.1) == pytest.approx(0.6, abs=0.02)
    assert (lost(forks["2k"], 4.2), lost(forks["40k"], 4.2)) == pytest.approx((1.07, 0.45), abs=0.01)
    says(question.model_answer, "after about 4.8B of 6.3B tokens: 24 % lost", "15.3 of 16.8B: 9 % lost")
    # What a loss of 24 % would have shown late: the kept run that much earlier.
    kept = [(row[0], row[1]) for row in forks["40k"]]
    tokens = 16.8 * (1 - 0.24)
    before, after = next(pair for pair in pairwise(kept) if pair[0][0] <= tokens <= pair[1][0])
    there = before[1] + (tokens - before[0]) / (after[0] - before[0]) * (after[1] - before[1])
    assert there - kept[-1][1] == pytest.approx(0.009, abs=0.0005)
    # Slopes of the kept runs at their ends.
    first, second = ((rows[-2][1] - rows[-1][1]) / (rows[-1][0] - rows[-2][0]) for rows in (forks["2k"], forks["40k"]))
    assert first / second == pytest.approx(16, abs=0.5)
    # What the criterion allows for a reading at other rows, and the quotient that is no share of tokens.
    early_shares = [lost(forks["2k"], row[0]) / row[0] for row in forks["2k"][1:]]
    late_shares = [lost(forks["40k"], row[0]) / row[0] for row in forks["40k"] if row[0] >= 4.2]
    assert 0.23 < min(early_shares) < max(early_shares) < 0.29
    assert 0.08 < min(late_shares) < max(late_shares) < 0.125
    quotients = [(rows[-1][2] - rows[-1][1]) / (rows[0][1] - rows[-1][1]) for rows in (forks["2k"], forks["40k"])]
    assert quotients == pytest.approx([0.105, 0.073], abs=0.0005)
    says(
        question.debrief,
        "10.5 % and 7.3 %",
        "16 times smaller",
        "1.5B behind, but of 6.3B and of 16.8B",
        "from 0.6B at 2.1B to 1.5B at 6.3B",
    )


def test_noise_scale_and_what_doubling_costs(question: Any, columns: Any) -> None:
    title = "Noise scale of the kept run, from squared gradient norms at two batch sizes"
    table = columns(question, title)
    noise = dict(zip(table["step"], table["noise scale, sequences"], strict=True))
    for step, cost in ((2_000, 0.34), (40_000, 0.10)):
        ratio = yield_per_token(1_024, noise[step]) / yield_per_token(512, noise[step])
        assert 1 - ratio == pytest.approx(cost, abs=0.006)
    says(question.debrief, "34 % at the first and 10 % at the second")
    per_step = 512 * 2_048
    assert per_step == pytest.approx(1.05e6, rel=0.002)
