"""The numbers of `data/easy-first`, recomputed from its exhibits."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.content.saying import says

ID = "data/easy-first"


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def log(question: Any, columns: Any) -> Any:
    return columns(question, "Training log")


@pytest.fixture
def split(question: Any, columns: Any) -> Any:
    return columns(question, "Held-out passes by tier, %")


def multiple(value: float, step: float, printed: float) -> bool:
    return abs(round(value / step) * step - value) <= printed / 2 + 1e-9


def test_rates_are_counts(log: Any, split: Any) -> None:
    assert all(multiple(value, 1 / 1600, 0.001) for value in log["held_out"])
    assert all(multiple(value, 1 / 1920, 0.001) for value in log["frac_reward_zero_std"])
    for step in ("step 0", "step 240"):
        assert all(multiple(value, 0.25, 0.0) for value in split[step])


def test_split_averages_to_the_log(question: Any, log: Any, split: Any) -> None:
    assert sum(split["step 0"]) / 400 == pytest.approx(0.388, abs=0.0006)
    assert sum(split["step 240"]) / 400 == pytest.approx(log["held_out"][-1], abs=0.0006)
    says(question.scenario, "it was 0.388 before training", "0.81, 0.55, 0.21, 0.03")
    assert 96 * 25 == 2400
    assert round(240 / 25) == 10  # passes over tier 1


def test_live_tasks(question: Any, log: Any, number_target: Any) -> None:
    live = [96 * (1 - dead) for dead in log["frac_reward_zero_std"]]
    assert (round(live[0]), round(live[-1])) == (56, 11)
    assert number_target(ID, "live-tasks").value == pytest.approx(live[-1], abs=0.06)
    says(question.model_answer, "about 11 of 96", "56 at step 20", "89 %")
    says(question.debrief, "from 56 to 11", "by 0.117")
    assert log["reward"][-1] - log["reward"][0] == pytest.approx(0.117)
    assert log["reward"][-1] - log["reward"][6] == pytest.approx(0.011)


def test_reward_and_dead_groups_fit(question: Any, log: Any) -> None:
    for reward, dead in zip(log["reward"], log["frac_reward_zero_std"], strict=True):
        right = max(reward - (1 - dead) * 7 / 8, 0), min(reward - (1 - dead) / 8, dead)
        assert right[0] <= right[1]  # some share of all-right groups gives both columns
    assert round(100 * (1 - log["reward"][-1]), 1) == 4.7
    says(question.model_answer, "at most 4.7 %")


def test_gradient_norm_follows_the_live_share(log: Any) -> None:
    for norm, dead in zip(log["grad_norm"], log["frac_reward_zero_std"], strict=True):
        assert norm == pytest.approx(0.36 * (1 - dead) ** 0.5, abs=0.013)


def test_gain_of_a_quarter(question: Any, log: Any, number_target: Any) -> None:
    gain, quarter = log["held_out"][-1] - 0.388, (round(log["reward"][-1], 2) - 0.81) / 4
    assert (round(gain, 3), round(quarter, 3)) == (0.042, 0.035)
    assert number_target(ID, "quarter-of-the-test").value == pytest.approx(quarter)
    assert round((1 - 0.81) / 4, 2) == 0.05
    assert round(0.01 * 2**0.5, 3) == 0.014
    says(question.model_answer, "a quarter of 0.14 is 0.035", "gained 0.042, plus or minus 0.014", "gives only 0.05")


def test_what_the_tiers_offer(question: Any, columns: Any) -> None:
    tiers = columns(question, "Fresh samples at step 240, 256 tasks per tier, 16 answers each")
    dead, always, never = tiers["dead groups at G = 8, %"], tiers["always solved"], tiers["never solved"]
    assert round(96 * (1 - dead[1] / 100)) == 85
    assert round(1 - never[0] / 256, 2) == 0.96
    for share, top, bottom, mean in zip(dead, always, never, tiers["mean pass rate, %"], strict=True):
        assert share / 100 >= (top + bottom) / 256
        assert multiple(mean / 100, 1 / 4096, 0.001)
    assert dead[0] == pytest.approx(88.9, abs=1)
    says(question.debrief, "10 of 256", "near 0.96", "11.8 %", "about 85 live", "85.5 %", "77.75 to 93.75 %")


def test_the_reward_never_falls_far(log: Any) -> None:
    assert all(after > before - 0.004 for before, after in pairwise(log["reward"]))
    assert max(log["reward"]) < 0.97
