"""The numbers of `evaluation/sixty-looks-at-one-set`, recomputed from its log and tables."""

from __future__ import annotations

from itertools import accumulate
from math import erfc, sqrt
from statistics import NormalDist, mean, stdev
from typing import Any

import pytest

from tests.content.saying import says

ID = "evaluation/sixty-looks-at-one-set"
LOG = "The sixty looks, dev score in percent"


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def fives(question: Any, columns: Any) -> list[list[float]]:
    log = columns(question, LOG)
    return [list(five) for five in zip(*(log[name] for name in ("1st", "2nd", "3rd", "4th", "5th")), strict=True)]


def expected_maximum(n: int) -> float:
    """Of n standard normal draws: the mean of the middles of many equal slices of its distribution."""
    slices = 20_000
    return mean(NormalDist().inv_cdf(((k + 0.5) / slices) ** (1 / n)) for k in range(slices))


def test_log(question: Any, columns: Any, fives: list[list[float]]) -> None:
    log = columns(question, LOG)
    looks = [score for five in fives for score in five]
    assert len(looks) == 60
    assert all(round(5 * score, 6) == round(5 * score) for score in looks)
    assert log["mean_of_five"] == [pytest.approx(mean(five), abs=0.0501) for five in fives]
    assert log["best_so_far"] == list(accumulate(map(max, fives), max))
    assert looks.index(max(looks)) + 1 == 49
    assert [round(x, 1) for x in (mean(looks), stdev(looks))] == [62.2, 1.5]
    assert [round(mean(half), 1) for half in (looks[:30], looks[30:])] == [62.1, 62.3]
    assert round(log["best_so_far"][-1] - log["best_so_far"][0], 1) == 2.8
    says(question.exhibits[0].content.text, "all sixty: mean 62.2, standard deviation 1.5")
    says(question.model_answer, "62.1 in the first thirty, 62.3 in the last thirty", "climbed to 66.2")
    says(question.debrief, "rises by 2.8")


def test_luck(question: Any, fives: list[list[float]]) -> None:
    looks = [score for five in fives for score in five]
    above = expected_maximum(60) * stdev(looks)
    assert round(expected_maximum(60), 1) == 2.3
    assert round(above, 1) == 3.5
    assert round(mean(looks) + above, 1) == 65.7
    assert round(65.7 - 62.0, 1) == 3.7
    says(question.model_answer, "scatter by 1.5", "2.3 of those", "so 3.5, about 65.7")
    binomial = 100 * sqrt(0.622 * 0.378 / 500)
    assert [round(x, 1) for x in (binomial, mean(looks) + 2.3 * binomial)] == [2.2, 67.2]
    says(question.debrief, "62.2 + 2.3 x 1.5 = 65.7", "3.7 above the baseline", "2.2, would give 67")


def test_gain_on_dev(question: Any) -> None:
    assert round(66.2 - 62.0, 1) == 100 * (67 - 46) / 500
    assert round(erfc(21 / sqrt(2 * (67 + 46))), 2) == 0.05
    assert 100 * sqrt(67 + 46) / 500 == pytest.approx(2.1, abs=0.03)
    says(question.scenario, "62.0 %", "66.2 %", "+4.2, with 67 questions gained and 46 lost, McNemar p = 0.05")
    says(question.model_answer, "two standard errors, about four points on 500")


def test_fresh_set(question: Any, columns: Any) -> None:
    table = columns(question, "The missing cell")
    base, look = (float(str(cell).rstrip(" %")) for cell in table["fresh, 4,000"])
    lost, won = table["only this one right (fresh)"]
    gain = 100 * (won - lost) / 4000
    error = 100 * sqrt(won + lost - (won - lost) ** 2 / 4000) / 4000
    assert gain == pytest.approx(look - base)
    assert (base, look) == (58.7, 59.3)
    assert round(error, 2) == 0.76
    assert [round(gain + side * 1.96 * error, 1) for side in (-1, 1)] == [-0.9, 2.1]
    assert (won + lost) / 4000 == pytest.approx((67 + 46) / 500, abs=0.01)
    assert [round(x, 1) for x in (62.0 - 58.7, 4.2 - gain, 66.2 - 59.3, 59.3 - 4.2)] == [3.3, 3.6, 6.9, 55.1]
    says(question.debrief, "3.3 of the 6.9 points are Ana's and 3.6 Ben's", "472 against 448, interval -0.9 to +2.1")
    says(question.model_answer, "falls to about 55")
    says(question.follow_ups[0].ask, "-0.9 to +2.1")
