"""The arithmetic of post-training/pass-at-one-up-pass-at-64-down."""

from __future__ import annotations

from itertools import pairwise
from math import erfc, sqrt
from typing import Any

import pytest

from tests.content.saying import says

ID = "post-training/pass-at-one-up-pass-at-64-down"
K = (1, 2, 4, 8, 16, 32, 64)
TITLES = {
    "same": "The same in numbers, pass@k in %",
    "hand": "Problems that only one of the two solves, read by hand",
    "hot": "Step 400 at higher temperatures",
}


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def curves(question: Any, columns: Any) -> dict[str, dict[float, float]]:
    series = columns(question, "Pass@k on 500 problems")
    return {name: {2**x: y for x, y in points} for name, points in series.items()}


@pytest.fixture
def tables(question: Any) -> dict[str, dict[str, list[str]]]:
    found = {}
    for key, title in TITLES.items():
        table = next(exhibit.content for exhibit in question.exhibits if exhibit.title == title)
        found[key] = {row[0]: [cell.replace(",", "") for cell in row[1:]] for row in table.rows}
    return found


def test_ends_are_counts(curves: Any, tables: Any) -> None:
    for name, (*shares, solved) in tables["same"].items():
        assert [curves[name][k] for k in K] == [float(share) for share in shares]
        assert curves[name][64] == pytest.approx(100 * int(solved) / 500, abs=1e-9)
    for right, share, solved, covered in tables["hot"].values():
        assert float(share) == pytest.approx(100 * int(right) / 32000, abs=0.0501)
        assert float(covered) == pytest.approx(100 * int(solved) / 500, abs=1e-9)
    _, share, solved, covered = tables["hot"]["1.0"]
    assert [share, covered, solved] == [tables["same"]["step 400"][at] for at in (0, 6, 7)]


def test_curves_rise_and_flatten(curves: Any) -> None:
    for curve in curves.values():
        gains = [b - a for a, b in pairwise(curve.values())]
        assert all(gain > 0 for gain in gains)
        assert all(later < sooner for sooner, later in pairwise(gains))
    assert curves["step 400"][4] > curves["start"][4]
    assert curves["step 400"][8] < curves["start"][8]
    assert all(curves["step 150"][k] >= curves["start"][k] for k in curves["start"])
    assert curves["step 150"][2] > curves["step 400"][2]


def test_flips(question: Any, tables: Any) -> None:
    start, new, both, neither = (int(row[0]) for row in tables["hand"].values())
    assert (start + new + both + neither, start + both, new + both) == (500, 435, 412)
    assert (start - new) / sqrt(start + new) == pytest.approx(3.6, abs=0.05)
    valid_start, valid_new = (int(row[1]) for row in list(tables["hand"].values())[:2])
    assert (valid_start, valid_new) == (24, 8)
    assert (valid_start - valid_new) / sqrt(valid_start + valid_new) == pytest.approx(2.8, abs=0.05)
    assert 1 - valid_start / start == 0.25
    says(question.debrief, "gives 32 problems", "and 9 that only", "z = 3.6", "24 and 8 remain, z = 2.8", "a quarter")


def test_sizes_in_the_answer(question: Any, curves: Any, tables: Any) -> None:
    start, mid, new = (curves[name] for name in ("start", "step 150", "step 400"))
    assert (new[1] - start[1], mid[1] - start[1]) == pytest.approx((13.9, 11.1), abs=1e-6)
    assert (new[1] - mid[1], start[64] - new[64], mid[64] - new[64]) == pytest.approx((2.8, 4.6, 5.4), abs=1e-6)
    assert (mid[1] - start[1]) / (new[1] - start[1]) == pytest.approx(0.8, abs=0.005)
    error = 100 * sqrt(sum(p * (1 - p) / 500 for p in (0.870, 0.824)))
    assert error == pytest.approx(2.3, abs=0.05)
    assert erfc(4.6 / error / sqrt(2)) == pytest.approx(0.04, abs=0.005)
    assert int(tables["same"]["start"][-1]) - int(tables["same"]["step 400"][-1]) == 23
    says(
        question.model_answer,
        "11.1 of the 13.9 points",
        "23 problems of 500",
        "2.3 points, so 4.6 is two",
        "87.8",
        "82.4",
    )
    says(question.scenario, "Pass@1 rose by 13.9 points")
    says(question.debrief, "2.8 points ahead")
    hot = tables["hot"]["1.2"]
    assert int(hot[2]) - 412 == 16
    assert 56.1 - float(hot[1]) == pytest.approx(1.2, abs=1e-9)
    says(question.debrief, "solves 428 problems, 16 of the 23", "1.2 points of pass@1", "439")
