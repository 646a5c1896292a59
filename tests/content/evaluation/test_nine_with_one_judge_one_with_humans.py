"""The numbers of `evaluation/nine-with-one-judge-one-with-humans`, recomputed from its exhibits."""

from __future__ import annotations

from math import sqrt
from typing import Any

import pytest

from tests.content.saying import says

ID = "evaluation/nine-with-one-judge-one-with-humans"
PROMPTS = 800
HUMANS, J1 = "humans", "J1"


def error(share: float) -> float:
    return 100 * sqrt(share * (1 - share) / PROMPTS)


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture(scope="module")
def wins(question: Any, columns: Any) -> dict[str, int]:
    """Prompts on which an evaluator chose the new model, by its short name."""
    table = columns(question, "Step 600 against the SFT model, 800 fresh prompts")
    counts = {}
    for name, rate, printed in zip(table["evaluator"], table["new model wins, %"], table["SE"], strict=True):
        count = round(PROMPTS * rate / 100)
        assert rate == pytest.approx(100 * count / PROMPTS, abs=0.051)
        assert printed == pytest.approx(error(count / PROMPTS), abs=0.051)
        counts[name.split()[0]] = count
    return counts


def test_rates_and_what_is_said_of_them(question: Any, wins: dict[str, int]) -> None:
    assert wins == {"J1": 473, "J3": 459, "J2": 416, "J4": 399, "humans": 405}
    gains = {name: 100 * count / PROMPTS - 50 for name, count in wins.items()}
    assert sum(gains.values()) / 5 == pytest.approx(3.8, abs=0.05)
    low, high = (gains[HUMANS] + sign * 1.96 * error(wins[HUMANS] / PROMPTS) for sign in (-1, 1))
    assert (low, high) == pytest.approx((-2.8, 4.1), abs=0.05)
    says(question.scenario, '"+9.1"', "+3.8", "349 tokens", "344")
    says(question.model_answer, "plus 9.1 and 7.4", "2.0, minus 0.1 and 0.6", "minus 2.8 to plus 4.1")


def test_the_distance_is_not_noise(question: Any, wins: dict[str, int]) -> None:
    distance = 100 * (wins[J1] - wins[HUMANS]) / PROMPTS
    together = sqrt(error(wins[J1] / PROMPTS) ** 2 + error(wins[HUMANS] / PROMPTS) ** 2)
    assert distance == pytest.approx(8.5)
    assert together == pytest.approx(2.5, abs=0.05)
    assert distance / together > 3
    says(question.model_answer, "59.1 against 50.6 is 8.5 points, with a standard error of 2.5")


def test_cross_table_fits_the_rates(question: Any, columns: Any, wins: dict[str, int]) -> None:
    table = columns(question, "Judges and humans prompt by prompt at step 600")
    names = ("judge", "same verdict as the human", "judge new and human SFT", "judge SFT and human new")
    agreement = {}
    for judge, same, new, old in zip(*(table[name] for name in names), strict=True):
        assert same + new + old == PROMPTS
        assert new - old == wins[judge] - wins[HUMANS]
        agreement[judge] = 100 * same / PROMPTS
    assert agreement == pytest.approx({"J1": 64.0, "J3": 65.8, "J2": 72.6, "J4": 71.3}, abs=0.051)
    assert 100 * sqrt(178 + 110 - (178 - 110) ** 2 / PROMPTS) / PROMPTS == pytest.approx(2.1, abs=0.05)
    new, old = table["judge new and human SFT"][0], table["judge SFT and human new"][0]
    assert (new - old) / sqrt(new + old) == pytest.approx(4.0, abs=0.05)
    says(question.debrief, "64.0 % for J1 and 65.8 %", "72.6 and 71.3", "178 against 110, z = 4.0")


def test_reward_models_and_checkpoints(question: Any, columns: Any, wins: dict[str, int]) -> None:
    models = columns(question, "Two reward models on the same 800 pairs")
    for count, share in zip(models["prefers the new model of 800"], models["%"], strict=True):
        assert share == pytest.approx(100 * count / PROMPTS, abs=0.051)
    says(question.debrief, "gives 51.4 % where the run's own gives 60.9")
    chart = columns(question, "Win rate of the checkpoints on the same prompts")
    for name, points in chart.items():
        assert all(abs(round(8 * rate) / 8 - rate) <= 0.051 for _, rate in points)
        assert points[-1][1] == pytest.approx(100 * wins[name] / PROMPTS, abs=0.051)
    assert max(rate for _, rate in chart[HUMANS]) == dict(chart[HUMANS])[400] == 54
    people = [rate for _, rate in chart[HUMANS]]
    assert sum(people[:4]) / 4 == pytest.approx(53.3, abs=0.051)
    assert sum(people[4:]) / 2 == pytest.approx(50.8, abs=0.051)
    says(question.debrief, "step 400 has 54.0 with humans", "average 53.3 over steps 100 to 400 and 50.8 after")
