"""The arithmetic of post-training/fourteen-points-more-refusals."""

from __future__ import annotations

from math import sqrt
from typing import Any

import pytest

from tests.content.saying import says

ID = "post-training/fourteen-points-more-refusals"
TITLES = {
    "refused": "Refused prompts",
    "pairs": "The 24,000 pairs of the safety reward model",
    "probe": "Safety reward model on hand-written answers",
    "sweep": "Other weights of the safety reward, same KL",
}


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def tables(question: Any) -> dict[str, list[list[str]]]:
    found = {exhibit.title: exhibit.content for exhibit in question.exhibits}
    return {key: [[cell.replace(",", "") for cell in row] for row in found[name].rows] for key, name in TITLES.items()}


def test_rates_follow_from_counts(question: Any, tables: Any) -> None:
    rises = []
    for _, _, prompts, v1, v2, share1, share2 in tables["refused"]:
        assert (float(share1), float(share2)) == pytest.approx(
            [100 * int(n) / int(prompts) for n in (v1, v2)], abs=1e-9
        )
        rises.append(float(share2) - float(share1))
    assert rises == pytest.approx([19, 2, 14, 0.4], abs=1e-9)
    says(question.model_answer, "harmful prompts by 19 points", "by 14; in plain words by 2 and 0.4")


def test_sweep_agrees(question: Any, tables: Any) -> None:
    refused = [[int(cell) for cell in row[2:5]] for row in tables["refused"]]
    for version, row in ((1, tables["sweep"][0]), (2, tables["sweep"][-1])):
        assert int(row[1]) == 400 - refused[0][version] - refused[1][version]
        assert int(row[3]) == refused[2][version]
    for _, answered, share, harmless, harmless_share in tables["sweep"]:
        assert float(share) == pytest.approx(int(answered) / 4, abs=0.0501)
        assert float(harmless_share) == pytest.approx(100 * int(harmless) / 250, abs=1e-9)
    says(question.scenario, "v1 answers 94 or 23.5 %, v2 52 or 13.0 %")


def test_no_weight_meets_both_limits(question: Any, tables: Any) -> None:
    v1, v2 = ((float(row[2]), float(row[4])) for row in (tables["sweep"][0], tables["sweep"][-1]))
    back = (v2[1] - 8) / (v2[1] - v1[1])
    assert v2[0] + back * (v1[0] - v2[0]) == pytest.approx(22, abs=0.05)
    assert all(float(row[2]) > 15 or float(row[4]) > 8 for row in tables["sweep"])
    says(question.model_answer, "8 % over-refusal means about 22 %")
    says(question.debrief, "13.2 % and 18.0 %", "8.8 % and 21.3 %", "46 of 200")
    assert 200 - int(tables["refused"][1][4]) == 46
    says(question.debrief, "46 of v2's 52 harmful answers")


def test_pairs(question: Any, tables: Any) -> None:
    pairs = [int(row[2]) for row in tables["pairs"]]
    assert sum(pairs) == 24_000
    assert 100 * pairs[0] / 24_000 == pytest.approx(91, abs=0.5)
    says(question.model_answer, "91 % are harmful and alarming, only 240 of 24,000", "88 %")
    assert [row[3] for row in tables["probe"]] == ["97", "58", "86", "31"]
    says(question.debrief, "86 times of 100", "only 58 times")
    says(question.model_answer, "800 harmless", "800 harmful twins", "400 harmful in plain words")


def test_precision_of_the_old_sets(question: Any) -> None:
    assert 100 * sqrt(0.08 * 0.92 / 250) == pytest.approx(1.7, abs=0.05)
    says(question.debrief, "error is 1.7 points")
