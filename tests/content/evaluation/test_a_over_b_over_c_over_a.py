"""The numbers of `evaluation/a-over-b-over-c-over-a`, recomputed from its exhibits."""

from __future__ import annotations

from math import sqrt
from typing import Any

import pytest

from tests.content.saying import says

ID = "evaluation/a-over-b-over-c-over-a"
PAIRS = ("A:B", "B:C", "C:A")
TRAFFIC = {"code": 0.20, "explanations": 0.25, "chat": 0.55}
Counts = tuple[float, float, float]


def rate_and_error(counts: Counts) -> tuple[float, float]:
    """Win rate of the first in per cent with a flip as a half, and its standard error."""
    won, flips, _ = counts
    prompts = sum(counts)
    mean = (won + flips / 2) / prompts
    return 100 * mean, 100 * sqrt(((won + flips / 4) / prompts - mean**2) / prompts)


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture(scope="module")
def overall(question: Any) -> dict[str, Counts]:
    text = next(exhibit.content.text for exhibit in question.exhibits if exhibit.title == "Verdicts on 1,200 prompts")
    rows = [line.split() for line in text.splitlines() if ":" in line]
    found: dict[str, Counts] = {}
    for row in rows:
        counts = (float(row[1]), float(row[2]), float(row[3]))
        rate, error = rate_and_error(counts)
        assert float(row[4]) == pytest.approx(rate, abs=0.051)
        assert float(row[5]) == pytest.approx(error, abs=0.005)
        found[row[0]] = counts
    return found


@pytest.fixture(scope="module")
def by_kind(question: Any) -> dict[str, dict[str, Counts]]:
    title = "The same verdicts by kind of prompt"
    text = next(exhibit.content.text for exhibit in question.exhibits if exhibit.title == title)
    found: dict[str, dict[str, Counts]] = {kind: {} for kind in TRAFFIC}
    for line in text.splitlines()[1:]:
        kind, pair, *cells = line.split()
        counts = (float(cells[0]), float(cells[1]), float(cells[2]))
        rate, error = rate_and_error(counts)
        assert float(cells[3]) == pytest.approx(rate, abs=0.051)
        assert float(cells[4]) == pytest.approx(error, abs=0.051)
        assert sum(counts) == 400
        found[kind][pair] = counts
    return found


def test_kinds_add_up_to_the_whole(overall: dict[str, Counts], by_kind: dict[str, dict[str, Counts]]) -> None:
    for pair in PAIRS:
        assert sum(overall[pair]) == 1200
        for at in range(3):
            assert sum(by_kind[kind][pair][at] for kind in TRAFFIC) == overall[pair][at]


def test_the_circle_is_beyond_chance(question: Any, overall: dict[str, Counts]) -> None:
    rates, errors = zip(*(rate_and_error(overall[pair]) for pair in PAIRS), strict=True)
    excess, error = sum(rates) - 150, sqrt(sum(value**2 for value in errors))
    assert (excess, error) == pytest.approx((14.8, 2.3), abs=0.05)
    assert 6 < excess / error < 6.5
    scores = [(rate - 50) / error for rate, error in zip(rates, errors, strict=True)]
    assert scores == pytest.approx([4.5, 3.6, 2.9], abs=0.05)
    low, high = (rates[2] + sign * 1.96 * errors[2] for sign in (-1, 1))
    assert (low, high) == pytest.approx((51.3, 56.5), abs=0.05)
    says(question.model_answer, "14.8 points, with a standard error of 2.3", "more than six", "46 to 54")


def test_opponents_and_averages(question: Any, overall: dict[str, Counts]) -> None:
    ab, bc, ca = (rate_and_error(overall[pair])[0] for pair in PAIRS)
    assert 100 - bc == pytest.approx(45.1, abs=0.05)
    means = ((ab + 100 - ca) / 2, (bc + 100 - ab) / 2, (ca + 100 - bc) / 2)
    assert means == pytest.approx((51.0, 49.4, 49.5), abs=0.05)
    errors = [rate_and_error(overall[pair])[1] for pair in PAIRS]
    assert means[0] - means[1] == pytest.approx(1.6, abs=0.05)
    assert sqrt(4 * errors[0] ** 2 + errors[1] ** 2 + errors[2] ** 2) / 2 == pytest.approx(1.6, abs=0.05)
    says(question.model_answer, "51.0 for A and 49.4 and 49.5", "1.6 points")
    says(question.debrief, "51.0, 49.4 and 49.5")
    says(question.scenario, "A has 56.0 there and C only 45.1")


def test_length_gets_one_row_wrong(question: Any, columns: Any, overall: dict[str, Counts]) -> None:
    text = next(exhibit.content.text for exhibit in question.exhibits if exhibit.title == "Verdicts on 1,200 prompts")
    shares = {}
    for row in (line.split() for line in text.splitlines() if ":" in line):
        won, _, lost = overall[row[0]]
        shares[row[0]] = 100 * int(row[6]) / (won + lost)
    assert shares["A:B"] == pytest.approx(44, abs=0.5)
    assert min(shares["B:C"], shares["C:A"]) > 55
    assert sum(overall["A:B"][::2]) == 1024
    says(question.model_answer, "only 447 of 1,024")
    says(question.debrief, "it wins 44 %")
    tokens = dict(zip(*(columns(question, "The answers")[name] for name in ("model", "mean tokens")), strict=True))
    assert tokens["B"] > tokens["C"] > tokens["A"]
    assert tokens["B"] - tokens["A"] == 145
    says(question.model_answer, "145 tokens fewer")


def weighted(by_kind: dict[str, dict[str, Counts]], pair: str, weights: dict[str, float]) -> tuple[float, float]:
    cells = {kind: rate_and_error(by_kind[kind][pair]) for kind in weights}
    return (
        sum(weights[kind] * cells[kind][0] for kind in weights),
        sqrt(sum((weights[kind] * cells[kind][1]) ** 2 for kind in weights)),
    )


def test_traffic(question: Any, by_kind: dict[str, dict[str, Counts]]) -> None:
    assert sum(TRAFFIC.values()) == pytest.approx(1)
    assert weighted(by_kind, "C:A", TRAFFIC) == pytest.approx((57.8, 1.4), abs=0.05)
    assert weighted(by_kind, "B:C", TRAFFIC)[0] == pytest.approx(48.6, abs=0.05)
    other = {"code": 0.375, "explanations": 0.375, "chat": 0.25}
    assert weighted(by_kind, "B:C", other)[0] == pytest.approx(57, abs=0.5)
    assert rate_and_error(by_kind["chat"]["B:C"])[0] == pytest.approx(36)
    says(question.debrief, "57.8 to 42.2 (standard error 1.4)", "48.6", "36 to 64", "with 57 %")


def test_orders_within_kinds(question: Any, columns: Any, by_kind: dict[str, dict[str, Counts]]) -> None:
    for kind, order in (("code", "ABC"), ("explanations", "BCA"), ("chat", "CAB")):
        ahead = {pair: rate_and_error(by_kind[kind][pair])[0] > 50 for pair in PAIRS}
        assert ahead == {pair: order.index(pair[0]) < order.index(pair[2]) for pair in PAIRS}
    triples = columns(question, "Circles on single prompts")["prompts"]
    assert triples[2] == pytest.approx(triples[0] / 4, abs=0.5)
    says(question.debrief, "12 circles among 767", "192")
