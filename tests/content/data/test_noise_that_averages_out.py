"""The numbers of `data/noise-that-averages-out`, recomputed from its exhibits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.content.saying import says

ID = "data/noise-that-averages-out"
RANDOM = "20 % flipped at random"
DIRECTED = "20 % flipped to the longer answer"


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def pilots(question: Any, columns: Any) -> dict[str, dict[float, float]]:
    return {name: dict(points) for name, points in columns(question, "Your pilots").items()}


def worth(pairs: float, flipped: float) -> float:
    """True pairs that give the same ratio of average gradient to its noise."""
    return pairs * (1 - 2 * flipped) ** 2


def test_blog(question: Any, columns: Any) -> None:
    table = columns(question, "The blog post: accuracy on 4,000 held-out pairs with true labels")
    for right, accuracy in zip(table["right"], table["accuracy, %"], strict=True):
        assert accuracy == pytest.approx(right / 40, abs=0.051)
    assert round((table["right"][0] - table["right"][3]) / 40, 1) == 1.4
    assert worth(60, 0.3) == pytest.approx(9.6)
    says(question.scenario, "lost 1.4 points")
    says(question.debrief, "still worth 9,600", "2.8-fold at 20 % and 6.25-fold at 30 %")
    assert round(1 / 0.36, 1) == 2.8
    assert round(1 / 0.16, 2) == 6.25


def test_price_of_random_flips(question: Any, pilots: Any, number_target: Any) -> None:
    assert worth(24_000, 0.2) == pytest.approx(8640)
    assert worth(48_000, 0.2) == pytest.approx(17_280)
    assert number_target(ID, "price-in-pairs").value == 8640
    assert pilots["true labels"][6] < pilots[RANDOM][24] < pilots["true labels"][12]
    says(question.model_answer, "about 8,600", "reach 73.7, between 6,000 and 12,000")
    says(question.debrief, "are worth 17,300")


def test_gaps(question: Any, pilots: Any) -> None:
    gaps = {name: {n: round(pilots["true labels"][n] - y, 1) for n, y in pilots[name].items()} for name in pilots}
    assert (gaps[RANDOM][6], gaps[RANDOM][24], gaps[RANDOM][48]) == (7.2, 4.2, 2.0)
    assert (gaps[DIRECTED][3], gaps[DIRECTED][6], gaps[DIRECTED][48]) == (10.5, 13.6, 16.3)
    says(question.model_answer, "7.2 points at 6,000 to 2.0 at 48,000", "from 13.6 to 16.3", "cost 4.2 at our size")
    assert round(pilots[DIRECTED][48] - pilots[DIRECTED][24], 1) == 1.0
    says(question.debrief, "would buy about a point")
    assert round((0.5 * 0.5 / 4000) ** 0.5 * 100, 1) == 0.8
    assert round((0.787 * 0.213 / 4000) ** 0.5 * 100, 1) == 0.6


def test_audit(question: Any, columns: Any) -> None:
    table = columns(question, "The 120 wrong labels of your own set")
    (audited_long, audited_short), (wrong_long, wrong_short) = table["audited"], table["wrong labels"]
    assert (audited_long + audited_short, wrong_long + wrong_short) == (600, 120)
    assert table["wrong, %"] == [round(100 * wrong_long / audited_long, 1), round(100 * wrong_short / audited_short, 1)]
    assert 100 * wrong_short / 120 == 85
    labelled_long = audited_long - wrong_long + wrong_short
    assert (labelled_long, round(100 * wrong_short / labelled_long, 1)) == (414, 24.6)
    assert (audited_long - wrong_long) / 480 == 0.65
    assert (600 - labelled_long, round(100 * wrong_long / (600 - labelled_long), 1)) == (186, 9.7)
    says(
        question.debrief,
        "102 of the 120 wrong labels, 85 %",
        "37.8 %",
        "5.5 %",
        "only 65 %",
        "414 audited pairs",
        "24.6 %",
        "9.7 %",
    )
