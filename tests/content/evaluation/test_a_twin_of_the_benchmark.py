"""The numbers of `evaluation/a-twin-of-the-benchmark`, recomputed from its tables."""

from __future__ import annotations

from math import sqrt
from typing import Any

import pytest

from tests.content.saying import says

ID = "evaluation/a-twin-of-the-benchmark"
OLD, NEW, NATS = "GSM8k test, % of 1,319", "twin, % of 1,200", "nats per character, GSM8k test"


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture(scope="module")
def scores(question: Any, columns: Any) -> dict[str, list[Any]]:
    table: dict[str, list[Any]] = columns(question, "Six models on both sets (one greedy answer, same prompt)")
    return table


def error(percent: float, n: int) -> float:
    return sqrt(percent * (100 - percent) / n)


def test_scores_are_counts_and_drops_fit(scores: dict[str, list[Any]]) -> None:
    for name, n in ((OLD, 1319), (NEW, 1200)):
        for percent in scores[name]:
            assert round(100 * round(percent * n / 100) / n, 1) == percent
    assert scores["drop"] == [round(a - b, 1) for a, b in zip(scores[OLD], scores[NEW], strict=True)]


def test_error_and_excess(question: Any, scores: dict[str, list[Any]], number_target: Any) -> None:
    errors = dict(
        zip(
            scores["model"],
            [sqrt(error(a, 1319) ** 2 + error(b, 1200) ** 2) for a, b in zip(scores[OLD], scores[NEW], strict=True)],
            strict=True,
        )
    )
    drops = dict(zip(scores["model"], scores["drop"], strict=True))
    assert number_target(ID, "error-of-the-drop").holds(errors["E"])
    assert round(errors["E"], 1) == 1.7
    assert round(drops["E"] - drops["A"], 1) == 5.8
    assert drops["C"] == drops["A"] == 2.9
    assert sqrt(errors["E"] ** 2 + errors["A"] ** 2) == pytest.approx(2.56, abs=0.02)
    assert round(errors["A"], 1) == 1.9
    assert round(drops["F"] - drops["A"], 1) == 1.5 < errors["F"]
    says(
        question.model_answer, "8.7 has a standard error of 1.7", "about 5.8 points", "C drops 2.9", "loses 2.9 points"
    )
    says(question.debrief, "5.8 points, with a standard error of at most 2.6", "F's 4.4 is 1.5 above", "error of 1.9")


def test_ranks(question: Any, scores: dict[str, list[Any]]) -> None:
    by_twin = sorted(zip(scores[NEW], scores["model"], strict=True), reverse=True)
    assert by_twin[:2] == [(81.9, "C"), (73.1, "E")]
    by_nats = sorted(zip(scores[NATS], scores["model"], strict=True))
    assert [model for _, model in by_nats[:2]] == ["C", "E"]
    says(question.model_answer, "C leads with 81.9 and E is still second with 73.1")


def test_two_texts(question: Any, columns: Any, scores: dict[str, list[Any]]) -> None:
    table = columns(question, "Nats per character on both texts (standard error 0.003 each)")
    assert table["GSM8k test"] == scores[NATS]
    gaps = [round(b - a, 2) for a, b in zip(table["GSM8k test"], table["twin"], strict=True)]
    assert gaps == [0.01, 0.01, 0.01, 0.01, 0.11, 0.01]
    says(question.debrief, "Five models find the twin 0.01 nats per character less", "E 0.11", "C's 0.44")


def test_paper(question: Any, columns: Any) -> None:
    table = columns(question, "What the abstract of the paper says, in brief")
    assert table["r² (Spearman)"] == [0.32, 0.36]
    assert table["largest drop"] == [13, 8]
    assert round(1 - 0.36, 2) == 0.64
    says(question.debrief, "from 13 to 8", "0.36 leaves 0.64")
