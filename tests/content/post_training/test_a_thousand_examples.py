"""The numbers of `post-training/a-thousand-examples`, recomputed."""

from __future__ import annotations

from math import log2, sqrt
from typing import Any

import pytest

from tests.content.saying import says

ID = "post-training/a-thousand-examples"
SMALL, LARGE = "tuned on 1,000", "tuned on 24,000"


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def checked(question: Any, columns: Any) -> Any:
    return columns(question, "Both models on 800 held-out problems, final results checked")


@pytest.fixture
def parts(question: Any, columns: Any) -> Any:
    return columns(question, "Random parts of the 24,000, same problems")


def test_preferred_answers_and_their_interval(question: Any, columns: Any) -> None:
    table = columns(question, "The colleague's comparison")
    wins, shares = (table[SMALL][0], table[LARGE][0]), (table[SMALL][1], table[LARGE][1])
    assert sum(wins) == 500
    assert shares == pytest.approx([100 * win / 500 for win in wins])
    error = 100 * sqrt(0.514 * 0.486 / 500)
    assert error == pytest.approx(2.2, abs=0.05)
    interval = [51.4 + sign * 1.96 * error for sign in (-1, 1)]
    assert [round(end) for end in interval] == [47, 56]
    says(question.model_answer, "257 of 500", "47 to 56 %")


def test_checked_problems_add_up(question: Any, checked: Any) -> None:
    small, large = checked[SMALL], checked[LARGE]
    assert small[0] + sum(small[2:]) == large[0] + sum(large[2:]) == 800
    assert small[0] - small[1] == large[0] - large[1]  # right in both
    assert (100 * small[0] / 800, 100 * large[0] / 800) == (45.0, 59.0)
    z = (large[1] - small[1]) / sqrt(large[1] + small[1])
    assert z == pytest.approx(8.3, abs=0.05)
    assert (small[2], large[2], small[5], large[5]) == (9, 8, 247, 187)
    says(question.debrief, "45.0 %", "59.0 %", "148 problems against 36", "z = 8.3", "9 and 8", "247 and 187")
    assert "45 % right for the small model and 59 % for the large" in question.follow_ups[0].ask


def test_what_another_thirty_thousand_would_bring(question: Any, checked: Any, parts: Any) -> None:
    for right, share in zip(parts["right of 800"], parts["right, %"], strict=True):
        assert share == pytest.approx(100 * right / 800, abs=0.0501)
    assert parts["right of 800"][2] == checked[LARGE][0]
    _, six, all_of_them = parts["right, %"]
    assert all_of_them - six == pytest.approx(6.5)
    assert log2(24 / 6) == 2
    doublings = log2((24 + 30) / 24)
    assert doublings == pytest.approx(1.17, abs=0.005)
    assert doublings * 6.5 / 2 == pytest.approx(3.8, abs=0.05)
    lot = log2(30 / 24)
    assert lot == pytest.approx(0.32, abs=0.005)
    assert lot * 6.5 / 2 == pytest.approx(1.0, abs=0.05)
    says(question.model_answer, "1.2 doublings")
    says(question.debrief, "6.5 points in two doublings", "1.17 more", "3.8 points", "0.32 doublings", "1.0 point")


def test_hand_picking_is_within_noise(question: Any, checked: Any, parts: Any) -> None:
    gain = 100 * checked[SMALL][0] / 800 - 100 * parts["right of 800"][0] / 800
    assert gain == pytest.approx(1.4, abs=0.05)
    assert gain < 1.96 * 100 * sqrt(2 * 0.45 * 0.55 / 800)
    says(question.debrief, "1.4 points over a random thousand")
