"""The arithmetic of post-training/forty-thousand-thumbs."""

from __future__ import annotations

from math import sqrt
from typing import Any

import pytest

from tests.content.saying import says

ID = "post-training/forty-thousand-thumbs"


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


def test_thumbs_add_up(question: Any, columns: Any) -> None:
    by_model = columns(question, "The thumbs by the model that wrote the answer")
    by_topic = columns(question, "The thumbs by topic")
    for table in (by_model, by_topic):
        assert (sum(table["thumbs"]), sum(table["up"])) == (40000, 31752)
        for thumbs, up, share in zip(table["thumbs"], table["up"], table["up, %"], strict=True):
            assert share == pytest.approx(100 * up / thumbs, abs=0.0501)
    assert sum(by_topic["prompts with an up and a down"]) == 640
    assert 40000 - 31752 == 8248
    assert by_model["thumbs"][-1] / 40000 == 0.06
    assert round(31752 / 8248) == 4
    says(question.scenario, "up (31,752) or down (8,248)")
    says(
        question.model_answer,
        "Only 640 prompts",
        "only 2,400 of 40,000 thumbs, 6 %",
        "92 % up in small talk and 57 %",
        "4 to 1",
    )
    gaps = [round(nats - by_model["nats per token under v5"][-1], 2) for nats in by_model["nats per token under v5"]]
    assert gaps == [0.69, 0.42, 0]


def test_topic_alone_ranks_random_pairs(question: Any, columns: Any) -> None:
    topics = columns(question, "The thumbs by topic")
    up = [count / 31752 for count in topics["up"]]
    down = [(thumbs - count) / 8248 for thumbs, count in zip(topics["thumbs"], topics["up"], strict=True)]
    assert topics["up, %"] == sorted(topics["up, %"], reverse=True)
    right = sum(u * d * (1 if i < j else 0.5 * (i == j)) for i, u in enumerate(up) for j, d in enumerate(down))
    tested = columns(question, "Reward model on 36,000 thumbs, tested on pairs it has not seen")
    assert 100 * right == pytest.approx(tested["topic alone right"][0], abs=0.0501)
    for number, share in zip(tested["number"], tested["reward model right"], strict=True):
        count = share / 100 * number
        assert count == pytest.approx(round(count), abs=1e-6)
    assert 100 * sqrt(0.54 * 0.46 / 300) == pytest.approx(2.9, abs=0.05)
    says(question.debrief, "71.0 %", "68.6 %", "55.2 %", "54.0 %", "error of 2.9", "75.0 %")


def test_audit(question: Any, columns: Any) -> None:
    audit = columns(question, "Thumbed answers judged blind")
    sound, unwelcome, flawed = audit["sound"], audit["sound, but a refusal or a correction"], audit["flawed"]
    assert [sum(row) for row in zip(sound, unwelcome, flawed, strict=True)] == [200, 200]
    assert (sound[0] / 200, flawed[1] / 200, unwelcome[1]) == (0.79, 0.56, 46)
    says(question.debrief, "79 % of the ups", "56 % of the downs", "46 of 200")


def test_budget_and_hours(question: Any) -> None:
    assert 400 + 1500 + 600 == 2500
    assert 50 / sqrt(600) == pytest.approx(2.0, abs=0.05)
    assert 14 * 24 / 6 > 13
    flop, tokens = 8 * 989e12 * 0.3, 400 * 512 * 600
    training = (2 * 6 + 4 * 2) * 8e9 * tokens / flop / 3600
    assert 2 < training < 6
    assert 12 * 8e9 * 40000 * 600 / flop / 3600 < 0.5
    says(
        question.model_answer,
        "400 go to that check",
        "1,500 I spend",
        "600 stay",
        "standard error is 2 points",
        "from 54 % on",
    )
    says(question.model_answer, "at 6 hours a run, a dozen PPO runs fit")
