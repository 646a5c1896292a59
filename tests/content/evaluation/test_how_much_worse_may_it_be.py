"""The numbers of `evaluation/how-much-worse-may-it-be`, recomputed from its tables."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import Any

import pytest

from tests.content.saying import says

ID = "evaluation/how-much-worse-may-it-be"
NORMAL = NormalDist()


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def guardrails(question: Any, columns: Any) -> dict[str, tuple[int, int, float]]:
    """Items now, items in reserve and the share that differs."""
    table = columns(question, "The three guardrails")
    rows = zip(table["guardrail"], table["items now"], table["items in reserve"], table["differ"], strict=True)
    return {name.split(",")[0]: (int(now), int(reserve), _share(differ)) for name, now, reserve, differ in rows}


def _share(cell: float | str) -> float:
    return float(str(cell).rstrip(" %")) / 100


def squared(power: float) -> float:
    """(z of one-sided 2.5 % + z of the power) squared."""
    return (NORMAL.inv_cdf(0.975) + NORMAL.inv_cdf(power)) ** 2


def items(variance: float, margin: float, power: float = 0.8) -> float:
    return squared(power) * variance / margin**2


def test_draft_lets_a_loss_pass(question: Any, guardrails: dict[str, tuple[int, int, float]]) -> None:
    now, _, differ = guardrails["facts"]
    error = sqrt((differ - 0.03**2) / now)
    power = 1 - NORMAL.cdf(1.96 - 0.03 / error)
    assert [round(x, 4) for x in (error, power)] == [0.0172, 0.4132]
    says(question.model_answer, "standard error is 1.7 points", "four times in ten; it passes six times in ten")
    says(question.debrief, "standard error 1.72, power 0.41")


def test_sizes(question: Any, guardrails: dict[str, tuple[int, int, float]], number_target: Any) -> None:
    assert round(squared(0.8), 2) == 7.85
    facts, harmless = (guardrails[name] for name in ("facts", "harmless"))
    wanted = items(facts[2], 0.015)
    assert round(wanted, -1) == number_target(ID, "facts-items").value == 3140
    assert round(items(harmless[2], 0.005), -1) == 3770
    each = 0.8 ** (1 / 3)
    assert round(each, 2) == 0.93
    assert [round(x, 1) for x in (squared(each), squared(each) / squared(0.8))] == [11.7, 1.5]
    assert [round(items(row[2], m, each), -2) for row, m in ((facts, 0.015), (harmless, 0.005))] == [4700, 5600]
    assert all(now + reserve >= 5700 for now, reserve, _ in (facts, harmless))
    assert round(0.8**3, 2) == 0.51
    says(question.model_answer, "3,140 questions", "0.8 cubed is 0.51", "about 93 % power", "4,700", "would be 7.5")
    says(question.debrief, "(1.96 + 1.46)^2 = 11.7", "3,770 prompts", "5,600 at 93 %")


def test_code(question: Any, columns: Any, guardrails: dict[str, tuple[int, int, float]]) -> None:
    now, reserve, differ = guardrails["code"]
    assert (now, reserve) == (600, 0)
    assert round(100 * sqrt(squared(0.8) * differ / now), 1) == 5.1
    table = columns(question, "Code tasks, several samples per task")
    samples = table["samples per task and model"]
    spread = table["standard deviation of the paired difference per task"]
    assert spread[0] == round(sqrt(differ), 3)
    assert spread == [round(sqrt(0.03 + 0.17 / k), 3) for k in samples]
    assert round(100 * sqrt(squared(0.8) / now) * spread[-1], 1) == 2.3
    assert round(items(spread[-1] ** 2, 0.02), -2) == now + 200
    assert round(items(spread[-1] ** 2, 0.02, 0.8 ** (1 / 3)), -2) == now + 600
    says(question.model_answer, "5.1 points")
    says(question.debrief, "0.447 to 0.202", "600 tasks then carry 2.3 points, and 800 would carry 2.0", "600 if")
