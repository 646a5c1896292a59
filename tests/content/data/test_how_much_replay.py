"""The numbers of `data/how-much-replay`, recomputed from its exhibits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.content.saying import says

ID = "data/how-much-replay"
MIX = {"web": 0.70, "code": 0.15, "books": 0.10, "maths": 0.05}


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def pilots(question: Any, columns: Any) -> dict[int, tuple[float, float, float]]:
    table = columns(question, "Pilots after 30B tokens")
    return {int(row[0]): row[1:] for row in zip(*table.values(), strict=True)}


def test_japanese_tokens(question: Any, pilots: Any, number_target: Any) -> None:
    for share, (tokens, _, _) in pilots.items():
        assert tokens == pytest.approx(30 * (1 - share / 100))
    assert (0.25 * 240, 0.05 * 240) == (60, 12)
    assert number_target(ID, "tokens-of-25").value == 48e9
    assert 5 * 48 == 240  # "a fifth of the compute"
    assert 30 - pilots[25][0] == 7.5
    says(question.model_answer, "60B tokens, 48B more than my 12B")
    says(question.debrief, "7.5B tokens")


def test_steps_of_the_ladder(question: Any, pilots: Any) -> None:
    steps = []
    for low, high in ((0, 1), (1, 5), (5, 25)):
        gain, cost = pilots[low][1] - pilots[high][1], pilots[high][2] - pilots[low][2]
        steps.append((round(gain, 3), round(cost, 3)))
    assert steps == [(0.12, 0.001), (0.06, 0.003), (0.012, 0.026)]
    assert steps[2][1] > 2 * steps[2][0]
    assert steps[1][0] / steps[1][1] == pytest.approx(20)
    assert pilots[1][1] == 3 * pilots[5][1]
    says(question.model_answer, "0.120 for 0.001", "0.060 for 0.003", "gains 0.012 and costs 0.026")
    says(question.debrief, "twenty times", "0.026 against 0.012")
    sums = {share: round(old + new, 3) for share, (_, old, new) in pilots.items()}
    assert sums == {0: 2.122, 1: 2.003, 5: 1.946, 25: 1.960}  # what the rubric accepts as the same argument


def test_the_cost_is_missing_japanese(question: Any, pilots: Any, columns: Any) -> None:
    alone = columns(question, "New loss without replay, each row a pilot decayed over its own length")
    loss = dict(zip(alone["Japanese tokens, B"], alone["new loss"], strict=True))
    for tokens, _, new in pilots.values():
        if tokens in loss:
            assert new == pytest.approx(loss[tokens], abs=0.0011)
    assert loss[22.5] == pilots[25][2]
    for tokens, value in loss.items():  # one power law
        assert value == pytest.approx(1.5097 + 0.9415 * tokens**-0.25, abs=0.001)
    says(question.model_answer, "after 22.5B, 1.942")


def test_domains_average_to_the_old_loss(question: Any, pilots: Any, columns: Any) -> None:
    table = columns(question, "Change of the old loss by domain")
    assert sum(MIX.values()) == pytest.approx(1)
    for row, share in enumerate(table["replay, %"]):
        mean = sum(weight * table[domain][row] for domain, weight in MIX.items())
        assert mean == pytest.approx(pilots[int(share)][1], abs=0.0006)
    at = table["replay, %"].index(5)
    assert (table["web"][at], table["code"][at], table["maths"][at]) == (0.012, 0.095, 0.11)
    assert 0.05 * (MIX["code"] + MIX["maths"]) == pytest.approx(0.01)  # "only 1 % of all tokens"
    says(question.scenario, "70 % web, 15 % code, 10 % books, 5 % maths")
    says(question.debrief, "+0.012", "+0.095", "+0.110", "code at +0.045")


def test_curves_end_in_the_table(question: Any, pilots: Any, columns: Any) -> None:
    chart = columns(question, "Old loss during the pilots")
    for share, (_, old, _) in pilots.items():
        points = dict(chart[f"{share} %"])
        assert points[30] == old
        assert max(points.values()) > old  # all of them rise and come back
    assert max(dict(chart["5 %"]).values()) == 0.101
    says(question.model_answer, "from 0.101 to 0.030")
    assert min(dict(points)[3] for points in chart.values()) > 0.05
