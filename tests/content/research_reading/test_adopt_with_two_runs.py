"""The numbers of `research-reading/adopt-with-two-runs`, recomputed from its exhibits."""

from __future__ import annotations

import math
from statistics import NormalDist, linear_regression, mean, stdev
from typing import Any

import pytest

from tests.content.saying import says

ID = "research-reading/adopt-with-two-runs"
SIZES = (1.5, 3, 7)
TWO_SIDED_WITH_POWER = NormalDist().inv_cdf(0.975) + NormalDist().inv_cdf(0.80)
T_975_DF_4 = 2.776


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture(scope="module")
def paper(question: Any, columns: Any) -> Any:
    return columns(question, "The paper's main table (accuracy in %)")


@pytest.fixture(scope="module")
def scores(question: Any, columns: Any) -> Any:
    return columns(question, "Your 8B runs so far (same code, same 400k traces)")["score"]


def test_accuracies_are_multiples_of_one_in_two_thousand(paper: Any, scores: Any) -> None:
    for score in [*paper["all traces, 1 pass"], *paper["top 30 %, 3 passes"], *scores]:
        assert score * 20 == pytest.approx(round(score * 20))


def test_gains_and_their_trend(question: Any, paper: Any) -> None:
    arms = zip(paper["top 30 %, 3 passes"], paper["all traces, 1 pass"], strict=True)
    assert [round(new - old, 2) for new, old in arms] == paper["gain"]
    slope, start = linear_regression([math.log2(size) for size in SIZES], paper["gain"])
    assert round(start + 3 * slope, 1) == 1.5
    assert 18 <= 2 ** (-start / slope) < 19
    assert round(3 * 0.30, 2) == 0.9
    says(question.scenario, "10 % fewer training tokens")
    says(question.model_answer, "about 1.5 at best", "from 4.6 to 1.8", "near 18B")


def test_what_five_seeds_allow(question: Any, scores: Any, number_target: Any) -> None:
    seeds = scores[:5]
    sd, center = stdev(seeds), mean(seeds)
    assert (round(sd, 2), center) == (0.63, pytest.approx(61.15))
    one = sd * math.sqrt(1 + 1 / 5)
    assert (round(one, 2), round(TWO_SIDED_WITH_POWER * one, 1), round(T_975_DF_4 * one, 1)) == (0.69, 1.9, 1.9)
    assert number_target(ID, "detectable-gain").value == 1.9
    assert round(sd * math.sqrt(2), 2) == 0.88
    assert round(TWO_SIDED_WITH_POWER * sd * math.sqrt(2), 1) == 2.5
    assert round(TWO_SIDED_WITH_POWER * sd * math.sqrt(1 / 2 + 1 / 5), 1) == 1.5
    says(question.model_answer, "SD is 0.63", "0.69; times 2.8 that is 1.9", "Below 63.05", "by 2.5")
    says(question.debrief, "standard error of 0.88", "detectable gain to 1.5")
    assert center + 1.9 == pytest.approx(63.05)


def test_passes(question: Any, scores: Any, columns: Any) -> None:
    assert mean(scores[:5]) - scores[5] == pytest.approx(2.95)
    appendix = dict(
        zip(
            zip(*list(columns(question, "From the paper's appendix, 3B").values())[:2], strict=True),
            columns(question, "From the paper's appendix, 3B")["accuracy, %"],
            strict=True,
        )
    )
    every, again, random, top = (appendix[key] for key in (("all", 1), ("all", 3), ("random 30 %", 3), ("top 30 %", 3)))
    gaps = [again - every, top - every, top - again, top - random]
    assert [round(gap, 2) for gap in gaps] == [2.85, 3.20, 0.35, 1.10]
    says(question.model_answer, "we gained 2.95, from 58.20 to 61.15")
    says(question.debrief, "2.85 of the 3.20", "0.35 over all traces", "1.10 over a random 30 %")


def test_hours(question: Any) -> None:
    hours = 6 * 8e9 * 3 * 400e3 * 9e3 / (0.38 * 989e12) / 3600
    assert hours / 8 == pytest.approx(48, rel=0.02)
    assert 0.30 * 400e3 * 10 == 3 * 400e3 == 1.2e6
    says(question.scenario, "1.2M traces seen, 48 hours", "120k traces, ten passes")
