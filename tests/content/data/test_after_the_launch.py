"""The numbers of `data/after-the-launch`, recomputed from its exhibits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.content.saying import says

ID = "data/after-the-launch"


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def evaluations(question: Any, columns: Any) -> dict[str, tuple[float, float, float, float]]:
    table = columns(question, "Evaluations")
    return {row[0]: row[1:] for row in zip(*table.values(), strict=True)}


@pytest.fixture
def log(question: Any, columns: Any) -> dict[str, list[float]]:
    found: dict[str, list[float]] = columns(question, "Training log, each row the mean of the 20 steps up to it")
    return found


def test_rates_are_multiples(evaluations: Any) -> None:
    for metric, (items, *values) in evaluations.items():
        for value in values:
            if metric != "mean tokens":
                assert value == pytest.approx(round(value * items / 100) * 100 / items, abs=0.051)


def test_halves(question: Any, evaluations: Any) -> None:
    _, start, half, end = evaluations["false premise corrected, %"]
    assert (round(start - half), round(half - end)) == (8, 23)
    for metric in ("code, pass@1, %", "maths, %"):
        _, start, half, end = evaluations[metric]
        assert half > start
        assert round(half - end) == 7
    says(
        question.model_answer,
        "78 to 70 by step 400",
        "lose 7 points each",
        "lose 23 points in the second half against 8",
    )
    says(question.debrief, "at 61.7 and 72.9", "70.2 at step 400")


def test_reward_is_the_weighted_sum(question: Any, log: Any) -> None:
    for thumbs, quality, reward in zip(log["thumbs"], log["quality"], log["reward"], strict=True):
        assert reward == pytest.approx(quality + 0.5 * thumbs, abs=0.0006)
    before, after = log["step"].index(400), log["step"].index(440)
    assert (log["kl"][before], log["kl"][after]) == (9.08, 0.59)
    assert round(log["kl"][before] / log["kl"][after]) == 15
    assert log["quality"][before] == 0.18
    assert 420 * 128 == 53_760
    says(question.model_answer, "KL drops from 9.08 to 0.59", "stalls at 0.18")


def test_annotators(question: Any, columns: Any) -> None:
    table = columns(question, "Annotators of the quality pairs")
    assert (sum(table["pairs"]), 100 * table["pairs"][2] / sum(table["pairs"])) == (60_000, 4)
    assert 100 * table["agreeing, v2 round"][2] / 400 == 61
    assert table["agreeing, v1 round"][2] == 246
    says(question.debrief, "244 of 400 is low, but was 246", "4 % of 60,000 pairs")


def test_stored_checkpoints(question: Any, columns: Any, log: Any, evaluations: Any) -> None:
    table = columns(question, "Stored checkpoints against v1")
    at = table["step"].index(400)
    assert table["KL to v1"][at] == pytest.approx(log["kl"][log["step"].index(400)], abs=0.2)
    for name, metric in (("false premise, %", "false premise corrected, %"), ("code, %", "code, pass@1, %")):
        assert (table[name][0], table[name][at], table[name][-1]) == evaluations[metric][1:]
    anchor, run = table["KL to v1"][at], log["kl"][-1]
    assert anchor + run < table["KL to v1"][-1] == 29.2 < (anchor**0.5 + run**0.5) ** 2
    says(question.debrief, "29.2, more than 9.1 + 9.6")


def test_reward_terms(question: Any, columns: Any) -> None:
    title = "400 pairs of stored rollouts on false premises, one reply corrects the user"
    table = columns(question, title)
    for count, rate in zip(table["prefers the correcting reply"], table["of 400, %"], strict=True):
        assert rate == pytest.approx(count / 4, abs=0.051)
    says(question.debrief, "72.0 % of 400 pairs", "thumbs in 29.0 %", "66.8 % and at 0.5 in 47.2 %")
