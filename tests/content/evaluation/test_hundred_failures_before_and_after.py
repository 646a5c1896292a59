"""The numbers of `evaluation/hundred-failures-before-and-after`, recomputed from its exhibits."""

from __future__ import annotations

import re
from math import sqrt
from typing import Any

import pytest

from prepdrill.model import Samples
from tests.content.saying import says

ID = "evaluation/hundred-failures-before-and-after"
REASONING = 4


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture(scope="module")
def codes(question: Any, columns: Any) -> tuple[list[float], list[float]]:
    table = columns(question, "Codes of 100 failures")
    return table["old version, coder 1"], table["new version, coder 2"]


@pytest.fixture(scope="module")
def both_coders(question: Any, columns: Any) -> list[list[float]]:
    table = columns(
        question,
        "40 failures of the old version, coded by both (coder 1 in rows, coder 2 in columns; none = not extracted)",
    )
    names = [name for name in table if name != "coder 1"]
    return [[table[name][row] for name in names] for row in range(6)]


def test_codes_sum_to_a_hundred(codes: tuple[list[float], list[float]]) -> None:
    assert [sum(column) for column in codes] == [100, 100]


def test_double_coding(question: Any, both_coders: list[list[float]]) -> None:
    first = [sum(row) for row in both_coders]
    second = [sum(column) for column in zip(*both_coders, strict=True)]
    assert sum(first) == 40
    same = sum(both_coders[at][at] for at in range(6))
    by_chance = sum(a * b for a, b in zip(first, second, strict=True)) / 40**2
    assert same == 33
    assert round((same / 40 - by_chance) / (1 - by_chance), 2) == 0.77
    assert (first[REASONING], second[REASONING]) == (16, 10)
    away = first[REASONING] - both_coders[REASONING][REASONING]
    assert away == 6
    assert second[REASONING] == both_coders[REASONING][REASONING]
    assert round(2 * 0.5**away, 2) == 0.03
    assert 40 * second[REASONING] / first[REASONING] == 25
    coder_1 = (17, 40, 28)  # misread, reasoning, arithmetic of the old version
    parts = [share * both_coders[row][5] / first[row] for share, row in zip(coder_1, (3, 4, 5), strict=True)]
    assert [round(part, 1) for part in parts] == [2.4, 12.5, 28]
    assert round(sum(parts)) == 43
    says(question.debrief, "about 43 times for the old version (28 + 12.5 + 2.4), against 26")
    says(question.model_answer, "33 of 40", "reasoning 16 times, coder 2 only 10 times", "about 25, not 40")
    says(question.debrief, "two-sided p = 0.03")


def test_problems_behind_the_shares(question: Any, codes: tuple[list[float], list[float]], number_target: Any) -> None:
    old, new = codes
    assert (round(old[2] / 100 * 480), round(new[2] / 100 * 462)) == (24, 111)
    assert 738 + 111 == 849
    assert number_target(ID, "at-best").holds(100 * 849 / 1200)
    assert (0.25 * 480, round(0.22 * 462)) == (120, 102)
    for share, failures in ((0.25, 480), (0.22, 462)):
        assert failures * sqrt(share * (1 - share) / 100) == pytest.approx(20, abs=1)
    assert 100 - sum(new[:3]) == 64
    assert 100 - sum(old[:3]) == 85
    assert sqrt(1200 * (0.6 * 0.4 + 0.615 * 0.385)) == pytest.approx(24, abs=0.5)
    says(question.scenario, "old version gets 720 right, the new one 738", "the 480 and the 462", "+1.5 points")
    says(question.model_answer, "849 of 1,200, 70.8 %")
    says(question.debrief, "120 before and 102 after", "18 problems with an unpaired error of 24", "87 problems")


def test_extracted_again(question: Any, columns: Any) -> None:
    table = columns(question, "Stored outputs of both versions, all 1,200 problems, extracted again")
    looser = table["right, looser pattern"]
    assert [a + b for a, b in zip(table["right, pattern"], table["of these right"], strict=True)] == looser
    assert [round(100 * n / 1200, 1) for n in looser] == [61.8, 69.1]
    assert round(100 * (looser[1] - looser[0]) / 1200, 1) == 7.3
    for share, count, failures in zip((0.05, 0.24), table["not extracted"], (480, 462), strict=True):
        assert abs(share - count / failures) < 2 * sqrt(share * (1 - share) / 100)
    says(question.debrief, "61.8 against 69.1 %", "7.3 points", "gains 21 and the new one 91")


def test_pattern_on_the_samples(question: Any) -> None:
    exhibit = next(each for each in question.exhibits if isinstance(each.content, Samples))
    pattern = re.compile(r"^Answer: (-?[0-9]+)$", re.MULTILINE)
    says(question.scenario, "^Answer: (-?[0-9]+)$")
    for sample in exhibit.content.pairs:
        assert pattern.search(sample.a)
        assert not pattern.search(sample.b)
