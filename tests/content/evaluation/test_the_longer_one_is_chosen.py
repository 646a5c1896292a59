"""The numbers of `evaluation/the-longer-one-is-chosen`, recomputed from its exhibits."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.content.saying import says

ID = "evaluation/the-longer-one-is-chosen"
QUICK, MIDDLE, SLOW = "label given in under 60 s", "label given in 60 to 180 s", "label given in over 180 s"


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture(scope="module")
def held_out(question: Any, columns: Any) -> Any:
    return columns(question, "The 4,000 held-out pairs")


@pytest.fixture(scope="module")
def by_time(question: Any, columns: Any) -> Any:
    return columns(question, "Held-out pairs by time per label")


def test_the_longer_answer_in_model_and_labels(question: Any, held_out: Any, number_target: Any) -> None:
    (all_pairs, longer, shorter) = held_out["number"]
    right = held_out["model agrees"]
    assert longer + shorter == all_pairs == 4000
    assert right[0] == right[1] + right[2]
    for agreed, pairs, share in zip(right, held_out["number"], held_out["%"], strict=True):
        assert share == pytest.approx(100 * agreed / pairs, abs=0.05)
    taken = right[1] + shorter - right[2]
    assert taken == 3419
    assert number_target(ID, "takes-the-longer").holds(100 * taken / all_pairs)
    assert 100 * longer / all_pairs == pytest.approx(70.1, abs=0.05)
    says(question.model_answer, "gets 70.1 %", "72.0", "27.5 %", "2,551 plus 868 pairs", "3,419 of 4,000 or 85.5 %")
    assert shorter - right[2] == 868


def test_reading_times(question: Any, held_out: Any, by_time: Any) -> None:
    assert sum(by_time["pairs"]) == 4000
    assert sum(by_time["longer one chosen"]) == held_out["number"][1]
    for chosen, pairs, share in zip(by_time["longer one chosen"], by_time["pairs"], by_time["longer, %"], strict=True):
        assert share == pytest.approx(100 * chosen / pairs, abs=0.051)
    quick = by_time["pairs"][0] / 4000
    assert 100 * quick == pytest.approx(59, abs=0.5)
    assert 60_000 * (1 - quick) == pytest.approx(25_000, abs=500)
    minutes = 640 / 250
    assert minutes == pytest.approx(2.5, abs=0.1)
    says(question.model_answer, "59 %", "two and a half", "about 25,000 pairs")
    says(question.debrief, "in 56.0 %")


def test_agreement_is_no_ceiling(question: Any, held_out: Any) -> None:
    right = (1 + (2 * 0.65 - 1) ** 0.5) / 2
    assert (right, right**2 + (1 - right) ** 2) == pytest.approx((0.77, 0.65), abs=0.005)
    longer = held_out["number"][1] / held_out["number"][0]
    assert longer**2 + (1 - longer) ** 2 == pytest.approx(0.58, abs=0.005)
    says(question.debrief, "right in 77 %", "would score 77", "in 70.1 % of all pairs", "agree in 58 %")


def test_the_curves_fit_the_tables(question: Any, columns: Any, held_out: Any, by_time: Any) -> None:
    chart = columns(question, "How often the longer answer is taken, by ratio of the lengths")
    for name, share in zip((QUICK, MIDDLE, SLOW), by_time["longer, %"], strict=True):
        values = [value for _, value in chart[name]]
        assert min(values) < share < max(values)
    assert [round(at[1]) for at in (chart[QUICK][0], chart[QUICK][-1])] == [51, 99]
    assert [round(edge) for edge in (min(y for _, y in chart[SLOW]), max(y for _, y in chart[SLOW]))] == [52, 63]
    assert all(later[1] > before[1] for before, later in pairwise(chart[QUICK]))
    says(question.model_answer, "51 % at equal length, rising to 99 %", "between 52 and 63")


def test_staged_tables(question: Any, columns: Any, by_time: Any) -> None:
    equal = columns(question, "Pairs of about equal length (ratio below 1.1)")
    for agreed, pairs, share in zip(equal["model agrees"], equal["pairs"], equal["%"], strict=True):
        assert share == pytest.approx(100 * agreed / pairs, abs=0.051)
    assert all(part < whole for part, whole in zip(equal["pairs"], by_time["pairs"], strict=True))
    says(question.debrief, "51.9 % on quick labels and 74.8 % on slow ones")
    again = columns(question, "Pairs with a ratio above 1.5 labelled again, blind, by careful readers")
    assert again["pairs"] == [200, 200]
    for first, second, agreed in zip(
        again["longer in first label"], again["longer in second"], again["second agrees with first"], strict=True
    ):
        # as many pairs changed sides as are needed for the two counts, plus pairs that changed both ways
        assert 200 - agreed >= abs(first - second)
        assert (200 - agreed - abs(first - second)) % 2 == 0
    assert [100 * agreed / 200 for agreed in again["second agrees with first"]] == [58, 79]
    says(question.debrief, "they took the longer one 182 times", "110 times", "in 58 %, against 79 %")
