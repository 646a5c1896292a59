"""The arithmetic of post-training/taught-or-sharpened."""

from __future__ import annotations

from itertools import pairwise
from math import comb, sqrt
from typing import Any

import pytest

from tests.content.saying import says

ID = "post-training/taught-or-sharpened"


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def scores(question: Any, columns: Any) -> dict[tuple[str, str, str], float]:
    table = columns(question, "Pass@1, %")
    found = {}
    for model, arm, public, fresh in zip(table["model"], table["arm"], table["Public"], table["Fresh"], strict=True):
        found[model, arm, "Public"], found[model, arm, "Fresh"] = public, fresh
    return found


def test_gains(question: Any, scores: dict[tuple[str, str, str], float]) -> None:
    gains = {key: round(scores[key] - scores[key[0], "start", key[2]], 1) for key in scores}
    assert (gains["Q", "right", "Public"], gains["Q", "random", "Public"]) == (26.8, 18.0)
    assert (gains["Q", "right", "Fresh"], gains["Q", "random", "Fresh"]) == (8.1, 0.5)
    assert (gains["L", "right", "Fresh"], gains["L", "random", "Fresh"]) == (6.7, -0.2)
    assert abs(gains["L", "random", "Public"]) < 0.9
    assert abs(scores["L", "start", "Public"] - scores["L", "start", "Fresh"]) < 2
    assert round(18.0 / 26.8, 2) == 0.67
    cells = [("Q", "Public"), ("Q", "Fresh"), ("L", "Public"), ("L", "Fresh")]
    over_coin = [round(scores[model, "right", kind] - scores[model, "random", kind], 1) for model, kind in cells]
    assert over_coin == [8.8, 7.6, 7.6, 6.9]
    says(question.debrief, "Right minus coin is 8.8, 7.6, 7.6 and 6.9")
    says(question.scenario, "from 48.2 to 75.0")
    says(question.model_answer, "18.0 of the 26.8 points, 67 %", "it brings 0.5", "48 on Public but 21 on Fresh")
    says(question.model_answer, "8.1 points and the coin 0.5; for L 6.7 and minus 0.2")


def test_curves(question: Any, columns: Any, scores: dict[tuple[str, str, str], float]) -> None:
    curves = columns(question, "Pass@k of Q on Fresh")
    for arm, points in curves.items():
        assert points[0][1] == scores["Q", arm, "Fresh"]
        assert [x for x, _ in points] == list(range(9))
        assert all(b > a for (_, a), (_, b) in pairwise(points))
    lead = [y - z for (_, y), (_, z) in zip(curves["start"], curves["right"], strict=True)]
    assert [gap > 0 for gap in lead] == [False] * 6 + [True] * 3
    says(question.scenario, "leads by 73.6 to 60.0 at k = 256")
    assert (curves["start"][-1][1], curves["right"][-1][1]) == (73.6, 60.0)
    gains = [b - a for (_, a), (_, b) in pairwise(curves["start"])]
    assert gains[5] < gains[6] < gains[7]
    assert all(later < sooner for sooner, later in pairwise(gains[:5]))


def test_guessing(question: Any, number_target: Any) -> None:
    chance = 100 * (1 - (499 / 500) ** 256)
    target = number_target(ID, "guess-chance")
    assert chance == pytest.approx(target.value, abs=0.05)
    says(question.model_answer, "1 minus (499/500)^256, 40 %")
    below_four = sum(comb(256, hits) * 499 ** (256 - hits) for hits in range(4)) / 500**256
    assert 100 * (1 - below_four) == pytest.approx(0.2, abs=0.05)
    says(question.debrief, "blind guesser in 0.2 %")


def test_derivations(question: Any, columns: Any) -> None:
    table = columns(question, "Fresh problems that Q solves within 256 samples")
    (both, both_valid), (start, start_valid), (right, right_valid), (_, _) = (
        table[name] for name in ("both", "only start", "only right", "neither")
    )
    for at in (0, 1):
        assert sum(table[name][at] for name in ("both", "only start", "only right", "neither")) == 500
    curves = columns(question, "Pass@k of Q on Fresh")
    assert (both + start) / 5 == pytest.approx(curves["start"][-1][1])
    assert (both + right) / 5 == pytest.approx(curves["right"][-1][1])
    assert (right_valid - start_valid) / sqrt(right_valid + start_valid) == pytest.approx(3.8, abs=0.05)
    assert (both + start - both_valid - start_valid, both + right - both_valid - right_valid) == (118, 25)
    says(question.debrief, "by 99 to 31 problems", "by 9 to 34 (z = 3.8)", "368", "118", "300 only 25")


def test_truncated_prompts(question: Any, columns: Any) -> None:
    table = columns(question, "First 60 % of a problem's text as the prompt, greedy")
    for name in ("rest reproduced, %", "problem answered, %"):
        assert all(float(share) * 5 == pytest.approx(round(float(share) * 5)) for share in table[name])
    says(question.debrief, "completes 51.6 % of the public texts and none of the fresh")
