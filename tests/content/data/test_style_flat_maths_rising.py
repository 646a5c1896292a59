"""The numbers of `data/style-flat-maths-rising`, recomputed from its exhibits."""

from __future__ import annotations

from math import exp, log, sqrt
from statistics import linear_regression
from typing import Any

import pytest

from tests.content.saying import says

ID = "data/style-flat-maths-rising"


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def pilots(question: Any, columns: Any) -> Any:
    return columns(question, "The same as curves")


@pytest.fixture
def maths(pilots: Any) -> dict[float, float]:
    return dict(pilots["maths: result wrong"])


def law(points: dict[float, float], floor: float = 0.0) -> Any:
    """Least squares line through the logarithms, as a function of thousands of problems."""
    fit = linear_regression([log(n) for n in points], [log(error - floor) for error in points.values()])
    return lambda n: floor + exp(fit.intercept + fit.slope * log(n))


def test_table_and_curves_agree(question: Any, columns: Any, pilots: Any) -> None:
    table = columns(question, "Pilots with N chats and N maths problems")
    thousands = [n / 1000 for n in table["N"]]
    for column, series in (
        ("style: preferred, %", "style: pilot preferred"),
        ("maths: wrong, %", "maths: result wrong"),
    ):
        assert list(zip(thousands, table[column], strict=True)) == [tuple(point) for point in pilots[series]]


def test_values_are_counts(pilots: Any) -> None:
    assert all(round(10 * share, 6).is_integer() for series in pilots.values() for _, share in series)


def test_exponent(question: Any, maths: Any, number_target: Any) -> None:
    fit = linear_regression([log(n) for n in maths], [log(error) for error in maths.values()])
    ends = log(maths[1] / maths[30]) / log(30)
    target = number_target(ID, "exponent")
    assert target.holds(-fit.slope)
    assert target.holds(ends)
    assert round(-fit.slope, 2) == round(ends, 2) == 0.17
    for n, double in ((1, 2), (5, 10), (10, 20)):
        assert maths[double] / maths[n] == pytest.approx(8 / 9, abs=0.01)  # "a ninth"
    says(question.model_answer, "64.3 to 36.0", "factor of 30", "0.17", "a ninth")


def test_forecasts(question: Any, maths: Any, number_target: Any) -> None:
    line = law(maths)
    assert (line(50), line(80), line(130)) == pytest.approx((33.1, 30.6, 28.2), abs=0.05)
    target = number_target(ID, "forecast-28")
    assert target.value == pytest.approx(line(130), abs=0.05)
    assert target.holds(maths[30] * (130 / 30) ** -0.17)
    cost = number_target(ID, "half-costs")
    with_floor = law(maths, 10)
    assert line(80) - line(130) == pytest.approx(2.4, abs=0.05)
    assert cost.holds(line(80) - line(130))
    assert cost.holds(with_floor(80) - with_floor(130))
    assert not cost.holds(maths[20] - maths[30])  # what the last 10,000 brought
    straight = maths[30] - (maths[1] - maths[30]) / log(30) * log(130 / 30)
    assert straight == pytest.approx(23.8, abs=0.05)
    assert not target.holds(straight)
    for floor, there in ((10, 29.2), (15, 29.9)):
        curve = law(maths, floor)
        assert curve(130) == pytest.approx(there, abs=0.05)
        assert all(abs(curve(n) - error) < 1 for n, error in maths.items())
    says(
        question.model_answer, "about 28 %", "30.6 %", "2.4 points", "33.1 at 50,000", "15 % the same points give 29.9"
    )
    says(question.debrief, "23.8 %", "28.2", "10 % 29.2", "15 % 29.9", "10,000 bring 2.7 points", "brought 7.4")
    assert (maths[20] - maths[30], maths[1] - maths[2]) == pytest.approx((2.7, 7.4))


def test_style_is_flat_within_its_noise(question: Any, pilots: Any) -> None:
    style = dict(pilots["style: pilot preferred"])
    assert (style[3], style[30]) == (58.3, 58.4)
    one = sqrt(58 * 42 / 1000)
    assert (one, one * sqrt(2)) == pytest.approx((1.6, 2.2), abs=0.05)
    assert all(abs(share - style[3]) < one for n, share in style.items() if n >= 3)
    says(question.model_answer, "58.3 there, 58.4 at 30,000", "error of 2.2")


def test_budget(question: Any, columns: Any) -> None:
    plans = columns(question, "What the money buys")
    for chats, new_maths in zip(plans["new chats"], plans["new maths"], strict=True):
        assert 5 * chats + 1.5 * new_maths == 150_000
    for new, total in (("new chats", "chats in all"), ("new maths", "maths in all")):
        assert [count + 30_000 for count in plans[new]] == plans[total]


def test_unequal_pilots(question: Any, columns: Any, pilots: Any, maths: Any) -> None:
    table = columns(question, "Pilots with unequal numbers, from the examples we own")
    style = dict(pilots["style: pilot preferred"])
    for chats, problems, preferred, wrong in zip(*table.values(), strict=True):
        assert wrong == pytest.approx(maths[problems / 1000], abs=0.5)
        assert preferred == pytest.approx(style[chats / 1000], abs=0.5)
        if chats == problems:
            assert (preferred, wrong) == (style[chats / 1000], maths[chats / 1000])
    says(question.debrief, "58.0", "36.4 and 36.0, 52.7 and 52.4")
