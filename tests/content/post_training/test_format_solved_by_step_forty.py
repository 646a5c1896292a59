"""The arithmetic of post-training/format-solved-by-step-forty."""

from __future__ import annotations

from statistics import fmean, pstdev
from typing import Any

import pytest

from tests.content.saying import says

ID = "post-training/format-solved-by-step-forty"
GROUPS = 10 * 128
CONTROL = "A run from the same start with the correct reward alone"
AGAIN = "500 fresh problems, 16 answers to each"


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def log(question: Any, columns: Any) -> Any:
    return columns(question, "Training log")


@pytest.fixture
def group(question: Any, columns: Any) -> list[tuple[float, float]]:
    table = columns(question, "One group of step 16")
    rows = zip(table["answers"], table["format"], table["correct"], strict=True)
    return [(form, right) for answers, form, right in rows for _ in range(int(answers))]


def normalised(values: list[float]) -> list[float]:
    return [(value - fmean(values)) / pstdev(values) for value in values]


def summed(group: list[tuple[float, float]], weight: float = 1) -> list[float]:
    return normalised([form + weight * right for form, right in group])


def apart(group: list[tuple[float, float]]) -> list[float]:
    both = (normalised([answer[at] for answer in group]) for at in (0, 1))
    return [form + right for form, right in zip(*both, strict=True)]


def test_shares_are_counts(log: Any) -> None:
    kinds = [log[name] for name in ("neither", "format_only", "correct_only", "both")]
    for row in zip(*kinds, strict=True):
        assert sum(row) == pytest.approx(1, abs=0.0021)
    for column in kinds:
        assert all(abs(share * GROUPS - round(share * GROUPS)) <= 0.0005 * GROUPS + 1e-9 for share in column)
    for std, neither in zip(log["std"], log["neither"], strict=True):
        assert std <= 1 - neither  # the sum of two rewards spreads by 1 at most
        assert std >= 0.33 * (1 - neither) - 0.001  # one odd answer of eight spreads by 0.33, save opposite changes


def test_group_of_eight(question: Any, group: Any, number_target: Any) -> None:
    as_trained, separately, weighted = summed(group), apart(group), summed(group, 5)
    sums = [form + right for form, right in group]
    assert (fmean(sums), pstdev(sums)) == pytest.approx((0.625, 0.484), abs=0.0005)
    assert as_trained[0] == as_trained[4] == pytest.approx(0.77, abs=0.005)
    assert as_trained[-1] == pytest.approx(-1.29, abs=0.005)
    assert (separately[0], separately[4]) == pytest.approx((0.62, 1.65), abs=0.005)
    assert normalised([right for _, right in group])[4] == pytest.approx(2.65, abs=0.005)
    assert number_target(ID, "separate-numbers").holds(separately[4])
    assert not number_target(ID, "separate-numbers").holds(2.65)
    assert (weighted[4], weighted[0]) == pytest.approx((2.52, -0.08), abs=0.005)
    says(
        question.model_answer, "mean 0.625, standard deviation 0.484", "+0.77", "2.65", "0.62 for format-only and 1.65"
    )
    says(question.debrief, "2.52", "-0.08")


def test_factor_cancels_where_one_reward_varies(log: Any) -> None:
    right = [(1.0, 1.0)] * 3 + [(1.0, 0.0)] * 5
    layout = [(1.0, 0.0)] * 7 + [(0.0, 0.0)]
    for group in (right, layout):
        assert summed(group, 5) == pytest.approx(summed(group), abs=1e-9)
    assert log["both"][-1] * 128 == pytest.approx(0.64, abs=0.005)


def test_tie_that_separate_normalisation_leaves() -> None:
    tied = [(1.0, 0.0)] * 7 + [(0.0, 1.0)]
    assert apart(tied) == pytest.approx([0.0] * 8, abs=1e-9)
    assert {form + right for form, right in tied} == {1.0}  # no spread: zeros


def test_numbers_said(question: Any, log: Any, columns: Any) -> None:
    varies = [only + both for only, both in zip(log["correct_only"], log["both"], strict=True)]
    assert (varies[0], varies[-1]) == pytest.approx((0.52, 0.05), abs=0.005)
    assert log["format_only"][1] == pytest.approx(0.57, abs=0.005)
    assert (log["len"][0], log["len"][-1]) == pytest.approx((439, 150), abs=5)
    assert 200 * 128 <= 26_000
    says(question.model_answer, "57 %", "439 to 150", "52 % of the groups at step 10, in 5 %", "0.5 % of the groups")
    control = columns(question, CONTROL)
    assert control["correct"][-1] == pytest.approx(0.46, abs=0.005)
    assert control["correct_varies"][-1] >= 0.55
    assert control["len"][-1] > control["len"][0]
    at_60 = log["step"].index(60)
    assert control["correct"][at_60] > 0.34 > log["correct"][at_60]
    assert control["correct_varies"][at_60] > 0.30 > varies[at_60]
    says(question.debrief, "0.46", "in 55 % of the groups")


def test_sampled_again(question: Any, log: Any) -> None:
    table = next(exhibit.content for exhibit in question.exhibits if exhibit.title == AGAIN)
    rows = {(row[0], row[1]): [float(cell) for cell in row[2:]] for row in table.rows}
    start, kept_short, late, free = rows.values()
    for right, results, solved, _ in rows.values():
        assert right <= solved / 500 <= min(1, 16 * right)  # a problem counts once, an answer at most 16 times
        assert 1 <= results <= 16
    assert max(start[0], late[0]) == pytest.approx(0.31, abs=0.015)  # as the log says of both ends
    assert (start[3], late[3]) == pytest.approx((log["len"][0], log["len"][-1]), abs=10)
    assert kept_short[3] < 200
    assert late[2] / 500 - late[0] < 0.05 < start[2] / 500 - start[0]  # hardly any problem is right now and then
    says(question.debrief, "right 0.292 instead of 0.309", "writes 157 tokens and gives 1.2 distinct results in 16")
    says(question.debrief, "168 problems are ever solved where it was 379")
    assert (kept_short[0], start[0], free[3], free[1], late[2], start[2]) == (0.292, 0.309, 157, 1.2, 168, 379)
