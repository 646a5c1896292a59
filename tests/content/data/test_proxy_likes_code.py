"""The numbers of `data/proxy-likes-code`, recomputed from its exhibits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.content.saying import says

ID = "data/proxy-likes-code"
SWEEP = "Proxy sweep, 150M models, 8B tokens"


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def log(question: Any, columns: Any) -> Any:
    return columns(question, "The two 3B runs, code share 18 % and 35 %")


@pytest.fixture
def code_pool(question: Any, columns: Any) -> float:
    table = columns(question, "Corpora")
    return float(dict(zip(table["corpus"], table["unique tokens, B"], strict=True))["code"])


def best(points: list[tuple[float, float]]) -> float:
    return min(points, key=lambda point: point[1])[0]


def test_mix_is_the_weighted_loss(log: Any) -> None:
    for arm in ("18", "35"):
        for web, code, mix in zip(log[f"web_{arm}"], log[f"code_{arm}"], log[f"mix_{arm}"], strict=True):
            assert mix == pytest.approx(0.6 * web + 0.4 * code, abs=0.00051)


def test_passes(question: Any, number_target: Any, code_pool: float) -> None:
    passes = 0.35 * 400 / code_pool
    assert number_target(ID, "passes-at-the-end").value == pytest.approx(passes, abs=0.05)
    says(question.model_answer, "140B", "15.5B", "9.0 passes", "2.8B", "0.18 of a pass", "5.2 passes")
    assert (round(passes, 1), round(0.35 * 8 / code_pool, 2), round(0.2 * 400 / code_pool, 1)) == (9.0, 0.18, 5.2)
    assert round(0.18 * 600 / code_pool, 1) == 7.0
    assert (4 * code_pool, 4 * code_pool / 400) == (62, 0.155)
    says(question.debrief, "7.0 passes", "62B of code, 15.5 %")
    assert code_pool / 50 * 1e9 == pytest.approx(number_target(ID, "thin-size").value)
    assert passes == pytest.approx(0.35 * 8 / 0.31, abs=0.01)
    assert round(0.35 * 8 / 9, 2) == 0.31
    assert 0.35 * 40 / code_pool == pytest.approx(0.9, abs=0.01)  # "the end of the first pass" at 40B


def test_lead_and_price(question: Any, log: Any) -> None:
    lead = [round(low - high, 3) for low, high in zip(log["code_18"], log["code_35"], strict=True)]
    price = [round(high - low, 3) for low, high in zip(log["web_18"], log["web_35"], strict=True)]
    at = {int(tokens): (lead[row], price[row]) for row, tokens in enumerate(log["tokens_B"])}
    assert (at[20], at[40], at[400]) == ((0.092, 0.038), (0.075, 0.031), (0.0, 0.019))
    says(question.model_answer, "0.075 at 40B", "from 0.031 to 0.019")
    says(question.debrief, "0.038 to 0.019", "from 0.092 to 0.000")


def test_the_order_turns(question: Any, log: Any) -> None:
    ahead = [round(low - high, 3) for low, high in zip(log["mix_18"], log["mix_35"], strict=True)]
    assert (ahead[0], ahead[-1]) == (0.019, -0.011)
    assert all(value > 0.01 for value in ahead[:4])
    says(question.scenario, "behind by 0.011")
    says(question.debrief, "0.019 better at 35 %")


def test_minima_of_the_sweeps(question: Any, columns: Any) -> None:
    assert best(columns(question, SWEEP)["full corpora"]) == 35
    assert best(columns(question, SWEEP + ", code corpus cut to 0.31B")["thinned code"]) == 20
    says(question.scenario, "minimum at 35 %", "seven times")
    assert 6 < 1000 / 150 < 7  # model FLOPs at equal tokens
    says(question.debrief, "minimum of the same small models moves to 20 %")
