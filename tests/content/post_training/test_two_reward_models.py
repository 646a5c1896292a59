"""The more accurate reward model teaches less: counts, the parts of a variance, and the balance with the penalty."""

from __future__ import annotations

from math import sqrt
from statistics import mean
from typing import Any

import pytest

from prepdrill.model import Table
from tests.content.saying import says

ID = "post-training/two-reward-models"


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def log(question: Any, columns: Any) -> Any:
    return columns(question, "Log of both runs")


def by_row(question: Any, title: str) -> dict[str, tuple[float, float]]:
    content = next(exhibit.content for exhibit in question.exhibits if exhibit.title == title)
    assert isinstance(content, Table)
    numeric = (row for row in content.rows if any(sign.isdigit() for sign in row[1]))
    return {row[0]: (float(row[1].replace(",", "")), float(row[2].replace(",", ""))) for row in numeric}


def test_held_out_pairs(question: Any) -> None:
    table = by_row(question, "The two reward models")
    right = [share * 20 for share in table["accuracy on 2,000 held-out pairs, %"]]
    only_a, only_b = table["of these, only this one gets right"]
    assert right[0] - only_a == right[1] - only_b  # both right
    assert right[0] - only_a + only_a + only_b < 2000
    assert (only_b - only_a) / sqrt(only_a + only_b) == pytest.approx(4.9, abs=0.05)  # "almost five standard errors"


def test_spread_has_two_parts(question: Any) -> None:
    spread = by_row(question, "Eight fresh SFT answers to each of 512 prompts, scored by both")
    total, means = spread["standard deviation, all 4,096 scores"], spread["of the 512 means of a prompt"]
    within = spread["within a prompt, root mean square"]
    for all_scores, between, inside in zip(total, means, within, strict=True):
        assert all_scores**2 == pytest.approx(between**2 + inside**2, abs=0.002)
    share = [100 * (inside / all_scores) ** 2 for inside, all_scores in zip(within, total, strict=True)]
    assert share == pytest.approx([26, 0.9], abs=0.3)
    assert within[0] / within[1] == pytest.approx(5.5, abs=0.05)
    assert 0.1 / (within[0] / within[1]) == pytest.approx(0.018, abs=0.0005)
    for inside, reach in zip(within, spread["best minus worst of the eight, mean"], strict=True):
        assert reach == pytest.approx(2.847 * inside * sqrt(8 / 7), rel=0.02)  # mean range of eight normal draws
    says(question.debrief, "26 %", "0.9 %", "0.514 against 0.093", "factor of 5.5", "coefficient of 0.018")


def test_rated_pairs(question: Any) -> None:
    spread = by_row(question, "Eight fresh SFT answers to each of 512 prompts, scored by both")
    rated = spread["right on 400 rated pairs of own answers, %"]
    assert all(share * 4 == round(share * 4) for share in rated)
    assert rated == (60.0, 61.0)
    assert 100 * sqrt(0.6 * 0.4 / 400) == pytest.approx(2.4, abs=0.05)
    says(question.debrief, "61 against 60 %, 400 pairs, standard error 2.4")


def test_log_and_balance(question: Any, log: Any) -> None:
    gain = [log[name][-1] - log[name][0] for name in ("A_score", "B_score")]
    assert gain == pytest.approx([0.980, 0.049], abs=1e-9)
    says(question.model_answer, "0.05 while A's rose by 0.98", "since about step 240")
    assert gain[1] / log["B_kl"][-1] == pytest.approx(2 * 0.1, abs=0.006)  # at rest: gain is twice the penalty
    assert gain[0] / log["A_kl"][-1] == pytest.approx(0.32, abs=0.005)
    says(question.debrief, "0.049 over 0.25 is 0.20", "0.980 over 3.04, 0.32")
    at = log["step"].index(240)
    assert log["B_score"][-1] - log["B_score"][at] < 0.005
    assert log["B_kl"][-1] - log["B_kl"][at] <= 0.02
    assert all(abs(value - 1) < 0.02 for name in ("A_std", "B_std") for value in log[name])
    size = [rise / sqrt(2 * log[name][-1]) for rise, name in zip(gain, ("A_kl", "B_kl"), strict=True)]
    assert size == pytest.approx([0.40, 0.07], abs=0.005)
    assert size[0] / size[1] == pytest.approx(6, abs=0.35)
    reach = [(min(log[name]), max(log[name])) for name in ("A_std", "B_std")]
    assert reach == [(0.990, 1.011), (0.994, 0.998)]
    for (low, high), inside in zip(reach, (0.514, 0.093), strict=True):  # prompts fixed, 4,096 fresh answers a row
        assert 2 < (high - low) / (inside / 64) < 4.5  # the range of eleven normal draws is 3.2 deviations
    says(question.debrief, "0.07 for B and 0.40 for A", "factor of about 6", "0.994 to 0.998", "0.990 to 1.011")


def test_judge(question: Any, columns: Any, log: Any) -> None:
    preferred = columns(question, "Preferred to the SFT model by the judge")
    for points in preferred.values():
        for _, share in points:
            assert abs(share - round(share * 6) / 6) <= 0.0501  # counts of 600
    a, b = (dict(points) for points in preferred.values())
    assert (a[50], b[50], a[200]) == (53.2, 53.0, 59.0)
    says(question.debrief, "53.2 and 53.0")
    says(question.model_answer, "below the 59 of run A", "passes 0.25 nats the judge gives it some 54 %")
    part = (0.25 - log["A_kl"][1]) / (log["A_kl"][2] - log["A_kl"][1])  # of the way from step 40 to step 80
    at = 40 + 40 * part
    assert a[50] + (at - 50) / 50 * (a[100] - a[50]) == pytest.approx(54.4, abs=0.1)
    assert mean(b[step] for step in range(200, 401, 50)) == pytest.approx(54.6, abs=0.05)
    assert (a[400] - b[400]) > 4 * 100 * sqrt(0.24 / 600)
