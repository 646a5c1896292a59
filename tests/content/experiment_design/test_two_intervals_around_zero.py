"""The numbers of `experiment-design/two-intervals-around-zero`, recomputed."""

from __future__ import annotations

from math import erfc, sqrt
from statistics import NormalDist
from typing import Any

import pytest

from tests.content.saying import says

ID = "experiment-design/two-intervals-around-zero"
PAYS = 1.0
Z = 1.96


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture(scope="module")
def ideas(question: Any, columns: Any) -> list[tuple[float, float, str]]:
    """(difference, standard error, printed interval) of each idea, in points, from its discordant items."""
    table = columns(question, "Each idea against the baseline, on its own test set")
    found = []
    for _, items, won, lost, printed, interval in zip(*table.values(), strict=True):
        difference = 100 * (won - lost) / items
        assert difference == pytest.approx(printed, abs=0.005)
        error = 100 * sqrt(won + lost - (won - lost) ** 2 / items) / items
        found.append((difference, error, interval))
    return found


def test_intervals_and_p_values(question: Any, ideas: Any) -> None:
    for difference, error, interval in ideas:
        assert f"{difference - Z * error:.1f} to {difference + Z * error:+.1f}" == interval
        assert erfc(abs(difference) / error / sqrt(2)) > 0.6
    says(question.scenario, "both p > 0.6", "+1.0 point")


def test_width_with_four_times_the_items(question: Any, ideas: Any, number_target: Any) -> None:
    difference, error, _ = ideas[0]
    assert Z * error == pytest.approx(1.7, abs=0.005)
    assert number_target(ID, "half-as-wide").holds(Z * error / 2)
    assert difference + Z * error / 2 == pytest.approx(0.65, abs=0.005)
    says(question.model_answer, "from plus or minus 1.7 to 0.85", "about +0.65", "-1.9 to +1.5", "ends at +0.3")


def test_what_the_debrief_says_of_power(question: Any, ideas: Any) -> None:
    (_, first, _), (estimate, second, _) = ideas
    assert first == pytest.approx(0.87, abs=0.005)
    assert second == pytest.approx(0.13, abs=0.005)
    assert NormalDist().cdf(PAYS / first - Z) == pytest.approx(0.2, abs=0.02)
    assert 7 < (PAYS - estimate) / second < 8
    says(question.debrief, "0.87", "one time in five", "0.13", "more than seven")


def test_scatter_over_seeds(question: Any, columns: Any, ideas: Any) -> None:
    scatter = columns(question, "Five seeds of the baseline")["SD of the score over five seeds"]
    wide = [Z * sqrt(error**2 + 2 * sd**2) for (_, error, _), sd in zip(ideas, scatter, strict=True)]
    assert wide == [pytest.approx(2.3, abs=0.05), pytest.approx(0.6, abs=0.05)]
    assert ideas[1][0] + wide[1] == pytest.approx(0.7, abs=0.05)
    assert 2 * scatter[0] ** 2 > (ideas[0][1] / 2) ** 2  # with 8,000 items the scatter is most of the error
    says(question.debrief, "±2.3 for K and ±0.6 for M", "reaches +0.7")
