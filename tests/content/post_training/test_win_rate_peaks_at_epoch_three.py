"""The numbers of `post-training/win-rate-peaks-at-epoch-three`, recomputed."""

from __future__ import annotations

from math import sqrt
from statistics import correlation, linear_regression, mean
from typing import Any

import pytest

from tests.content.saying import says

ID = "post-training/win-rate-peaks-at-epoch-three"
LOG = "One row per epoch"
SPLIT = "The 6,000 short questions, reproduced after each epoch, %"
RUNS = "Two more runs of 1,875 steps each"
EPOCHS = ("e1", "e2", "e3", "e4", "e5")


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def log(question: Any, columns: Any) -> Any:
    return columns(question, LOG)


def runs(question: Any, columns: Any) -> dict[str, list[float]]:
    table = columns(question, RUNS)
    steps = [name for name in table if name != "run"]
    assert steps == ["375", "750", "1125", "1500", "1875"]
    return {run: [table[step][at] for step in steps] for at, run in enumerate(table["run"])}


def test_steps_and_stairs(question: Any, columns: Any, log: Any) -> None:
    assert 24_000 / 64 == 375
    points = columns(question, "Training loss, averaged over 75 steps")["train_nll"]
    assert [step for step, _ in points] == [75 * at for at in range(1, 26)]
    losses = [loss for _, loss in points]
    for epoch, printed in enumerate(log["train_nll"]):
        assert mean(losses[5 * epoch : 5 * epoch + 5]) == pytest.approx(printed, abs=0.00051)
    stairs = [losses[5 * epoch - 1] - losses[5 * epoch] for epoch in range(1, 5)]
    assert min(stairs) > 0.1
    assert min(log["val_nll"]) == log["val_nll"][0]
    assert max(log["win_rate"]) == log["win_rate"][2]


@pytest.mark.parametrize(("column", "items"), [("win_rate", 500), ("ifeval", 541), ("wrong", 1000), ("abstain", 1000)])
def test_shares_are_counts(log: Any, column: str, items: int) -> None:
    for share in log[column]:
        assert round(100 * round(share * items / 100) / items, 1) == share


def test_groups_and_their_shares(question: Any, columns: Any) -> None:
    table = columns(question, SPLIT)
    assert sum(table["questions"]) == 6000
    for epoch in EPOCHS:
        for share, items in zip(table[epoch], table["questions"], strict=True):
            assert round(100 * round(share * items / 100) / items, 1) == share


def test_errors_follow_the_unknown_facts(question: Any, columns: Any, log: Any) -> None:
    table = columns(question, SPLIT)
    unknown = [table[epoch][2] for epoch in EPOCHS]
    assert correlation(unknown, log["wrong"]) > 0.98
    assert linear_regression(unknown, log["wrong"]).slope == pytest.approx(0.115, abs=0.0005)
    assert (table["e1"][0], unknown[0], unknown[-1]) == (88.5, 3.8, 70.6)
    says(question.debrief, "88.5 %", "3.8 to 70.6 %", "0.115 points")


def test_the_other_runs(question: Any, columns: Any, log: Any) -> None:
    table = runs(question, columns)
    all_data = table["all 24,000, wrong %"]
    without = table["1,960 never right left out, wrong %"]
    known_out = table["1,960 of the known left out, wrong %"]
    wins = table["1,960 never right left out, win rate %"]
    assert all_data == log["wrong"]
    assert (without[-1], known_out[-1]) == (12.5, 19.3)
    assert without[-1] - without[0] == pytest.approx(1.7)
    assert all_data[-1] - without[-1] == pytest.approx(6.1)
    for win, usual in zip(wins, log["win_rate"], strict=True):
        assert round(500 * win / 100) / 5 == win
        assert abs(win - usual) < 1
    says(question.debrief, "12.5 %", "19.3 %", "1.7 points", "about 6.")


def test_what_is_noise_and_what_is_not(question: Any, log: Any) -> None:
    second, third, fourth = log["win_rate"][1:4]
    error = 100 * sqrt(third / 100 * (1 - third / 100) / 500)
    assert error == pytest.approx(2.2, abs=0.05)
    assert third - second < sqrt(2) * error
    assert third - fourth < sqrt(2) * error
    rise = log["wrong"][-1] - log["wrong"][0]
    assert rise == pytest.approx(7.6)
    assert rise > 4 * 100 * sqrt((0.11 * 0.89 + 0.186 * 0.814) / 1000)
    assert log["abstain"][0] - log["abstain"][-1] == pytest.approx(1.9)
    says(question.model_answer, "11.0 to 18.6 %", "57.2, 60.2 and 59.2", "2.2 points", "12.5 % wrong")
    says(question.debrief, "76 items", "1.9 points", "rose by 7.6")
    assert log["win_rate"][0] - 50 < 1.96 * error
    at_three, at_one = log["wrong"][2] / 100, log["wrong"][0] / 100
    apart = sqrt((at_three * (1 - at_three) + at_one * (1 - at_one)) / 1000)
    assert (at_three - at_one) / apart == pytest.approx(1.8, abs=0.05)
    says(question.debrief, "52.6 told from 50", "13.7 against 11.0 is 1.8 standard errors")
