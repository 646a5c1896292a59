"""The numbers of `experiment-design/parts-that-sum-to-seven`, recomputed from its exhibits."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.content.saying import says

ID = "experiment-design/parts-that-sum-to-seven"
MEAN_ERROR = 0.4 / math.sqrt(4)


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture(scope="module")
def left_out(question: Any, columns: Any) -> Any:
    return columns(question, "Leaving out one change")


@pytest.fixture(scope="module")
def further(question: Any, columns: Any) -> Any:
    return columns(question, "Further recipes, four runs each")


def test_drops_and_shares(question: Any, left_out: Any) -> None:
    new, *without, old = left_out["score"]
    drops = left_out["drop"][1:]
    assert drops == [round(new - score, 1) for score in (*without, old)]
    total = round(sum(drops[:5]), 1)
    assert (total, drops[5]) == (7.0, 4.0)
    assert [round(100 * drop / total) for drop in drops[:5]] == [50, 44, 3, 3, 0]
    says(question.scenario, "45.1 instead of 41.1", "50 % of the 7.0", "44 %", "3 % each")


def test_the_excess_and_its_error(question: Any) -> None:
    error = MEAN_ERROR * math.sqrt(4**2 + 5 + 1)
    assert (round(MEAN_ERROR, 1), round(error, 2), round(3.0 / error, 1)) == (0.2, 0.94, 3.2)
    as_if_independent = MEAN_ERROR * math.sqrt(2 * 6)
    assert round(as_if_independent, 2) == 0.69
    assert round(3.0 / (2 * error), 1) == 1.6
    says(question.model_answer, "16 + 5 + 1, 0.94", "3.0 is 3.2 errors")
    says(question.debrief, "0.69", "1.6 errors")


def test_the_pair_and_the_sum_of_single_effects(question: Any, left_out: Any) -> None:
    new, without_a, without_b = left_out["score"][:3]
    old = left_out["score"][-1]
    assert round(2 * new - without_a - without_b, 1) == 6.6
    assert (round(without_a - old, 1), round(without_b - old, 1)) == (0.5, 0.9)
    assert 2 * 4.0 - 7.0 == 1.0
    says(question.model_answer, "drops make 6.6", "bring only 0.5, without B 0.9", "2 times 4.0 minus 7.0, that is 1.0")
    cut = left_out["answers at the cap in training, %"]
    assert (cut[1], cut[2]) == (43, 2)
    says(question.model_answer, "43 % of the answers", "only 2 % reach the new cap")


def test_the_further_recipes(question: Any, further: Any, left_out: Any) -> None:
    new, old = left_out["score"][0], left_out["score"][-1]
    for score, to_old, to_new in zip(further["score"], further["against old"], further["against new"], strict=True):
        assert (round(score - old, 1), round(score - new, 1)) == (float(to_old), float(to_new))
    gains = [float(gain) for gain in further["against old"]]
    assert round(sum(gains[:5]), 1) == 0.6
    assert (gains[0], gains[1], gains[2], gains[3], gains[5]) == (0.0, -0.6, 0.6, 0.4, 3.3)
    says(question.debrief, "A alone 0.0, B alone -0.6, both +3.3", "sum to 0.6", "they bring 0.6 and 0.4")
    loss = round(new - further["score"][6], 1)
    assert (loss, round(new - further["score"][5], 1)) == (0.8, 0.7)
    assert round(MEAN_ERROR * 2, 1) == 0.4  # of the loss of both minus the two drops: four means
    says(question.debrief, "the loss is 0.8 instead of 0.2 + 0.2, by an error of 0.4", "lose 0.7 of the 4.0")
