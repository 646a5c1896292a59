"""The arithmetic of post-training/wrong-answers-grow-longer."""

from __future__ import annotations

from statistics import fmean, pstdev
from typing import Any

import pytest

from tests.content.saying import says

ID = "post-training/wrong-answers-grow-longer"
FIXED = "Wrong answers to 200 fixed problems, 16 answers each"
FORK = "Fork at step 200, every answer divided by 1,077 instead of its own length"


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def log(question: Any, columns: Any) -> dict[str, list[float]]:
    table: dict[str, list[float]] = columns(question, "Training log")
    return table


def at(log: dict[str, list[float]], step: int, column: str) -> float:
    return log[column][log["step"].index(step)]


@pytest.mark.parametrize("title", ["Training log", FORK])
def test_mean_length_fits_its_parts(question: Any, columns: Any, title: str) -> None:
    log = columns(question, title)
    rows = zip(*(log[name] for name in ("reward", "len_right", "len_wrong", "len_mean")), strict=True)
    for reward, right, wrong, mean in rows:
        slack = 0.0005 * (wrong - right) + 1.01
        assert mean == pytest.approx(reward * right + (1 - reward) * wrong, abs=slack)


def test_group_with_two_right_of_eight(question: Any, number_target: Any) -> None:
    group = [1.0, 1.0, 0, 0, 0, 0, 0, 0]
    wrong = (0 - fmean(group)) / pstdev(group)
    assert pstdev(group) == pytest.approx(0.433, abs=0.0005)
    assert wrong == pytest.approx(-0.577, abs=0.0005)
    assert (wrong / 600, wrong / 2400) == pytest.approx((-0.00096, -0.00024), abs=5e-6)
    assert number_target(ID, "quarter-per-token").holds(-wrong / 2400)
    assert not number_target(ID, "quarter-per-token").holds(-wrong / 600)
    says(question.model_answer, "0.433", "-0.577", "-0.00096", "-0.00024")


def test_what_is_said_of_the_log(question: Any, log: Any) -> None:
    growth = log["len_mean"][-1] / log["len_mean"][0]
    assert growth == pytest.approx(1.2, abs=0.01)
    says(question.scenario, "grown by a fifth", "128 problems")
    wrong = [at(log, step, "len_wrong") for step in (150, 400)]
    right = [at(log, step, "len_right") for step in (150, 400)]
    assert (wrong, right) == ([1524, 1931], [706, 668])
    assert wrong[1] / wrong[0] == pytest.approx(1.27, abs=0.005)
    late = [value for step, value in zip(log["step"], log["held_out"], strict=True) if step >= 150]
    assert max(late) - min(late) <= 4 * (0.25 / 1000) ** 0.5 * 100  # no more than sampling explains
    assert max(log["cut_%"]) == 0.07
    says(
        question.model_answer, "from 1,524 to 1,931", "from 706 to 668", "Under 0.1 %", "about the present mean length"
    )
    says(question.debrief, "another 27 %", "0.07 % are cut")
    assert at(log, 200, "len_mean") == 1077


def test_fixed_problems_and_fork(question: Any, columns: Any, log: Any) -> None:
    table = columns(question, FIXED)
    assert sum(table["problems"]) == 200
    for problems, before, after in zip(table["problems"], table["wrong at 0"], table["wrong at 400"], strict=True):
        assert max(before, after) <= 16 * problems
    assert (table["wrong at 0"][0], table["wrong at 0"][-1]) == (16 * table["problems"][0], 0)
    assert (table["tokens at 0"][:2], table["tokens at 400"][:2]) == ([1470, 1261], [1758, 2031])
    fork = columns(question, FORK)
    assert (min(fork["len_wrong"]), max(fork["len_wrong"])) == (1624, 1646)
    late = [value for step, value in zip(log["step"], log["held_out"], strict=True) if step > 200]
    assert fmean(fork["held_out"]) == pytest.approx(fmean(late), abs=2)
    says(question.debrief, "1,261 to 2,031", "1,470 to 1,758", "1,624 and 1,646")
