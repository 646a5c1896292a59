"""The numbers of `data/the-new-vendor`, recomputed from its exhibits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.content.saying import says

ID = "data/the-new-vendor"


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def curves(question: Any, columns: Any) -> dict[str, dict[float, float]]:
    return {name: dict(points) for name, points in columns(question, "Accuracy of the reward models").items()}


def test_vendors(question: Any, columns: Any) -> None:
    table = columns(question, "Two vendors")
    assert table["of 600, %"] == [round(right / 6, 1) for right in table["agrees with experts"]] == [76.0, 70.7]
    assert table["of 200, %"] == [same / 2 for same in table["same on repeat"]] == [81.0, 94.0]
    wrong = [1 - right / 600 for right in table["agrees with experts"]]
    assert [round(100 * share) for share in wrong] == [24, 29]
    worth = [round(pairs * (1 - 2 * share) ** 2) for pairs, share in zip(table["pairs"], wrong, strict=True)]
    assert worth == [5408, 6834]
    says(question.debrief, "worth 6,834 true", "only 5,408")
    says(question.scenario, "29 % against 24 %")


def test_slips(question: Any, columns: Any) -> None:
    slips = []
    for same in columns(question, "Two vendors")["of 200, %"]:
        unequal = 1 - same / 100
        slips.append(round(100 * (1 - (1 - 2 * unequal) ** 0.5) / 2, 1))
    assert slips == [10.6, 3.1]
    says(question.debrief, "slip rate of 3.1 %", "it would be 10.6 %")


def test_curves(question: Any, curves: Any) -> None:
    assert (curves["B on its own labels"][40], curves["B on experts"][40], curves["B on experts"][5]) == (
        83.6,
        65.3,
        66.7,
    )
    assert (curves["A on experts"][20], curves["A on its own labels"][20]) == (73.7, 70.3)
    for name in ("A on experts", "B on experts"):
        for value in curves[name].values():
            assert value == pytest.approx(round(value * 6) / 6, abs=0.051)
    says(question.model_answer, "70.7 % of the time. The reward model reaches 83.6", "A climbs to 73.7")
    says(question.debrief, "73.7 against 70.3")


def test_links(question: Any, columns: Any, curves: Any) -> None:
    table = columns(question, "The 600 pairs by which answer cites web links")
    assert sum(table["pairs"]) == 600
    assert (sum(table["A agrees"]), sum(table["B agrees"])) == (456, 424)
    assert round(sum(table["RM A, 20k"]) / 6, 1) == curves["A on experts"][20]
    assert round(sum(table["RM B, 40k"]) / 6, 1) == curves["B on experts"][40]
    assert (table["B agrees"][1], table["B agrees"][0], table["RM B, 40k"][1]) == (22, 148, 15)
    neutral = table["pairs"][2]
    assert 40_000 * neutral / 600 == 22_000
    assert round(100 * table["B agrees"][2] / neutral, 1) == 77.0
    assert round(100 * table["A agrees"][2] / neutral, 1) == 75.8
    says(question.model_answer, "55 % or some 22,000")
    says(question.debrief, "22 of 120", "148 of 150", "77.0 % (A 75.8 %)", "15 of 120")
    edit = columns(question, "The same 300 answers with and without an added list of unrelated links")
    assert edit["of 300, %"] == [count / 3 for count in edit["prefers the copy with links"]]
