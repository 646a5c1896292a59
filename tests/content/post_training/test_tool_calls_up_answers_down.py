"""The arithmetic of post-training/tool-calls-up-answers-down."""

from __future__ import annotations

import json
from math import sqrt
from typing import Any

import pytest

from prepdrill.model import Table
from tests.content.saying import says

ID = "post-training/tool-calls-up-answers-down"
RIGHT = {
    "tool calls": (714, 889),
    "short questions": (1268, 792),
    "maths": (1104, 789),
    "MMLU": (9998, 9956),
    "tools listed, none fits": (424, 108),
}


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def again(question: Any) -> dict[str, list[int]]:
    content = next(e.content for e in question.exhibits if e.title == "Looked at again, nothing trained")
    assert isinstance(content, Table)
    return {row[0]: [int(cell) for cell in row[1:]] for row in content.rows}


def test_rates_follow_from_counts(question: Any) -> None:
    table = question.exhibits[0].content
    assert isinstance(table, Table)
    for name, items, before, after, change, braces in table.rows:
        was, now = RIGHT[name]
        assert float(before) == pytest.approx(100 * was / int(items), abs=0.0501)
        assert float(after) == pytest.approx(100 * now / int(items), abs=0.0501)
        assert float(change) == pytest.approx(float(after) - float(before))
        if name == "tools listed, none fits":
            assert float(braces) == pytest.approx(100 * (500 - now) / 500)
    assert 100 * sqrt(2 * 0.71 * 0.29 / 14042) == pytest.approx(0.5, abs=0.05)
    says(question.model_answer, "moved by 0.3, within its error of 0.5", "38 % of the short answers and 31 %")
    hours = 6 * 14e9 * 60_000 * 1_500 * 3 / 0.4e15 / 3600  # 1,500 tokens a conversation, 40 % of a peak of 1e15
    assert hours == pytest.approx(16, abs=0.5)


def test_split_by_brace_adds_up(question: Any, again: dict[str, list[int]]) -> None:
    for name, items, share in (("short questions", 2000, 38.0), ("maths", 1319, 31.4)):
        braces, other = again[f"{name}, output begins with {{"], again[f"{name}, other output"]
        assert [a + b for a, b in zip(braces, other, strict=True)] == [items, *RIGHT[name]]
        assert share == pytest.approx(100 * braces[0] / items, abs=0.05)
    maths = again["maths, output begins with {"]
    assert (maths[1] - maths[2], RIGHT["maths"][0] - RIGHT["maths"][1]) == (301, 315)
    says(question.debrief, "474 to 7 right, elsewhere from 794 to 785", "301 of the 315", "171 of 500", "38 and 31 %")


def test_scored_without_the_call(question: Any, again: dict[str, list[int]]) -> None:
    begun = again['short questions, answer begun with "The answer is"']
    shots = again["maths, three worked examples in the prompt"]
    assert [100 * n / begun[0] for n in begun[1:]] == pytest.approx([63.6, 62.7], abs=0.01)
    assert [100 * n / shots[0] for n in shots[1:]] == pytest.approx([84.1, 82.8], abs=0.05)
    assert again["none fits, no { as first character"][1] == RIGHT["tools listed, none fits"][0]
    says(question.debrief, "63.6 and 62.7 %", "84.1 against 82.8 %")


def test_the_third_answer_holds_a_right_expression(question: Any) -> None:
    sample = question.exhibits[1].content.pairs[2]
    expression = json.loads(sample.b)["arguments"]["expression"]
    assert expression == "7 * 12 - 5"
    assert sample.a.strip().endswith(str(7 * 12 - 5))
    assert json.loads(question.exhibits[1].content.pairs[1].b)["arguments"]["text"] == "George Eliot"
