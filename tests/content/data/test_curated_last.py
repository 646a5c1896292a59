"""The numbers of `data/curated-last`, recomputed from its exhibits."""

from __future__ import annotations

from math import sqrt
from statistics import stdev
from typing import Any

import pytest

from tests.content.saying import says

ID = "data/curated-last"
A, B = 41.2, 44.3


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def spread(question: Any, columns: Any) -> tuple[float, float]:
    table = columns(question, "Repeats of run A")
    whole, tail = zip(table["first"], table["second"], table["third"], strict=True)
    return stdev(whole), stdev(tail)


def test_scores_are_counts_of_4000_items(question: Any, columns: Any) -> None:
    assert columns(question, "The two runs")["score"] == [A, B]
    table = columns(question, "Correct answers, items found in the curated text and the others")
    assert sum(table["number"]) == 10 * 400
    assert sum(table["run A"]) / 40 == pytest.approx(A)
    assert sum(table["run B"]) / 40 == pytest.approx(B)
    gains = [after - before for before, after in zip(table["run A"], table["run B"], strict=True)]
    assert (gains, sum(gains)) == ([60, 64], 124)
    shares = [round(100 * gain / number, 1) for gain, number in zip(gains, table["number"], strict=True)]
    assert shares == [12.5, 1.8]
    says(question.debrief, "Of the 124 items gained 60 are among the 480", "12.5 points there, 1.8")


def test_cost(question: Any, number_target: Any) -> None:
    assert number_target(ID, "cost").value == 2 * 20e9
    assert 2 * 250 == 500
    assert 2500 * 20 / 200 == 250
    says(question.model_answer, "40B tokens, 500 GPU-hours, instead of 400B")
    flops = 6 * 3e9 * 20e9
    assert flops / (250 * 3600) == pytest.approx(4e14)  # per GPU and second: plausible on one H100


def test_errors(question: Any, spread: tuple[float, float]) -> None:
    whole, tail = spread
    assert (round(whole, 2), round(tail, 2)) == (0.57, 0.2)
    order, decay, interaction = whole * sqrt(2), tail * sqrt(2), tail * 2
    assert (round(order, 1), round(decay, 1), round(interaction, 1)) == (0.8, 0.3, 0.4)
    assert round(2 * order, 1) == 1.6
    assert (B - A) / order == pytest.approx(4, abs=0.2)
    says(question.model_answer, "scatter by 0.57", "by 0.2", "about 0.3 to 0.4", "about 0.8", "more than 1.6")


def test_the_cells_that_come_back(question: Any) -> None:
    spread_decay, last_constant = 43.7, 43.3
    says(question.follow_ups[0].ask, "decay 43.7", "constant rate 43.3")
    decay, order, both = spread_decay - A, last_constant - A, B - A
    assert (round(decay, 1), round(order, 1), round(both, 1)) == (2.5, 2.1, 3.1)
    assert round(B - spread_decay, 1) == 0.6
    interaction = both - decay - order
    assert round(interaction, 1) == -1.5
    assert -interaction / 0.4 == pytest.approx(3.75)
    says(question.debrief, "one branch, A with decay, 20B tokens")
    says(question.debrief, "decay alone 2.5, order alone 2.1, both 3.1", "worth 0.6", "-1.5, is almost four times")
