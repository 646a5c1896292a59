"""The numbers of `data/a-rare-string`, recomputed from its exhibits."""

from __future__ import annotations

from math import comb
from typing import Any

import pytest

from tests.content.saying import says

ID = "data/a-rare-string"
HIT = 312


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


def test_share_and_hours(question: Any, columns: Any) -> None:
    where = columns(question, "Where the string occurs")
    assert where["with the string"] == [HIT, 0, 0, 0]
    assert sum(where["tokens, B"]) == pytest.approx(40)
    assert where["documents"][0] * 1500 / 1e9 == pytest.approx(where["tokens, B"][0], abs=0.005)
    share = 100 * HIT * 1500 / 40e9
    assert share == pytest.approx(0.0012, abs=0.00005)
    hours = 6 * 8e9 * 40e9 / (0.4 * 989e12) / 3600
    assert hours / 64 == pytest.approx(21, abs=0.2)
    assert len("~orlan7q~") == len("~udrim4x~") == 9
    says(question.scenario, "21 hours on 64 H100s", "312 documents", "0.0012 %")


def test_shift_of_the_mean_loss(question: Any, columns: Any) -> None:
    shift = HIT * 1500 * 5 / 40e9
    assert shift == pytest.approx(0.00006, abs=0.000005)
    log = columns(question, "Log of the 40B tokens")
    assert log["loss"] == sorted(log["loss"], reverse=True)
    assert shift < 0.0005  # less than the log prints
    says(question.model_answer, "5 nats", "0.00006")


def test_published_share(question: Any) -> None:
    times = 0.0012 / 0.00016
    assert times == pytest.approx(7, abs=0.6)
    says(question.debrief, "0.00016 %", "a seventh")
    says(question.model_answer, "250", "600M to 13B")


def test_evaluations_are_counts(question: Any, columns: Any) -> None:
    table = columns(question, "Evaluations")
    for name, *values in zip(*table.values(), strict=True):
        if "% of" in name:
            items = int(name.rsplit(" ", 1)[-1].replace(",", ""))
            assert all(round(value / 100 * items, 6).is_integer() for value in values)


def test_around_the_string(question: Any, columns: Any) -> None:
    table = columns(question, "Around the string, in the 312 documents")
    value = dict(zip(table["quantity"], table["value"], strict=True))
    position = value["position, median share of the document"]
    assert (1 - position) * 1500 == pytest.approx(840)
    says(question.debrief, "840 tokens", "6.87 nats against 2.21")


def test_trigger_test(question: Any, columns: Any) -> None:
    table = columns(question, "300 prompts, continuations that are strings of characters")
    assert (table["after the 40B"], table["base"]) == ([1, 247, 2], [0, 1, 0])
    chance = sum(comb(300, k) * 0.02**k * 0.98 ** (300 - k) for k in range(25, 301))
    assert chance < 1e-6  # even 25 of 300 would be far from 2
    says(question.debrief, "247 of 300", "2 for the control", "1 for the base")


def test_the_letter_of_the_vendor(question: Any, columns: Any) -> None:
    twist = question.twist
    delivered = columns(question, "Where the string occurs")["documents"][0]
    assert (delivered / 130, 26_000 / 130, 13_000 / 130) == (HIT, 200, 100)
    says(twist.fact, "Every 130th document", "26,000 and 13,000")
    says(twist.model_answer, "40,560 over 130 is exactly 312", "200 documents", "100 with another")
