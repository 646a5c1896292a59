"""The arithmetic of research-reading/a-recipe-from-another-family."""

from __future__ import annotations

from math import sqrt
from typing import Any

import pytest

from prepdrill.model import Table
from tests.content.saying import says

ID = "research-reading/a-recipe-from-another-family"


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


def table(question: Any, at: int) -> Table:
    content = question.exhibits[at].content
    assert isinstance(content, Table)
    return content


def test_gains_and_room(question: Any) -> None:
    paper = {row[0]: row[1:] for row in table(question, 0).rows}
    base = float(paper["base model"][0])
    for name in ("agreement reward", "reward from labels"):
        accuracy, gain = (float(cell) for cell in paper[name])
        assert gain == pytest.approx(accuracy - base)
        assert accuracy * 20 == pytest.approx(round(accuracy * 20))  # 2,000 answers
    appendix = {row[0]: float(row[1]) for row in table(question, 1).rows}
    assert appendix["accuracy of single answers"] == base
    room = appendix["accuracy of the majority answer"] - base
    assert room == pytest.approx(15.2)
    assert appendix["accuracy of the majority answer"] * 5 == pytest.approx(324)  # of 500 problems
    says(question.model_answer, "64.8 %, 15.2 points above", "most of the 19.3", "21.4 %")


def test_own_room_ends_the_ladder(question: Any) -> None:
    own = {row[0]: [float(cell) for cell in row[1:]] for row in table(question, 2).rows}
    single, majority = own["accuracy of single answers"], own["accuracy of the majority answer"]
    assert all(value * 5 == pytest.approx(round(value * 5)) for value in majority)
    assert [round(b - a, 1) for a, b in zip(single, majority, strict=True)] == [3.7, 4.2, 3.8]
    says(question.model_answer, "less than 5 points above")
    says(question.debrief, "3.7, 4.2 and 3.8 points", "after 14 GPU-hours")


def test_hours_and_error(question: Any) -> None:
    says(question.scenario, "50 GPU-hours at 2B and 220 at 9B", "spend 800", "1 GPU-hour at 2B, 3 at 9B, 10 at 32B")
    rungs = [1 + 3 + 10, 6 * 50, 2 * 220]
    assert (rungs, sum(rungs)) == ([14, 300, 440], 754)
    assert 3 * 200 == 600
    assert 0.8 * sqrt(1 / 2 + 1 / 2) == pytest.approx(0.8)
    says(question.model_answer, "14 GPU-hours", "300 hours", "440 hours", "754 of 800", "an error of 0.8", "600 hours")
