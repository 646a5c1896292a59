"""The numbers of `four-epochs-for-free`, recomputed from its exhibits."""

from __future__ import annotations

from math import exp, log
from typing import Any

import pytest

from tests.content.saying import says

ID = "training-dynamics/four-epochs-for-free"
DECAY = 15.4
TOKENS = 300.0


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def sweep(question: Any, columns: Any) -> dict[float | str, tuple[float, float]]:
    table = columns(question, "The sweep with the 1.3B model, losses at the end")
    return {
        times: (general, held_out)
        for times, general, held_out in zip(
            table["times read"], table["general text"], table["held-out textbooks"], strict=True
        )
    }


def counted(unique: float, epochs: float) -> float:
    return unique * (1 + DECAY * (1 - exp(-(epochs - 1) / DECAY)))


def test_readings_by_source(question: Any, columns: Any, number_target: Any) -> None:
    table = columns(question, "The mix for the 3B run")
    unique, shares = table["unique tokens, B"], table["share of the 300B, %"]
    assert sum(shares) == 100
    assert sum(unique) == 200.5
    assert round(TOKENS / sum(unique), 1) == 1.5
    readings = {
        source: TOKENS * share / 100 / own for source, own, share in zip(table["source"], unique, shares, strict=True)
    }
    assert readings["textbooks"] == number_target(ID, "shard-readings").value
    assert (readings["web"], readings["papers"]) == pytest.approx((1.2, 2.3), abs=0.051)
    says(question.model_answer, "read 1.2 times and the papers 2.3 times", "30B tokens out of 0.5B, so 60 readings")
    assert 0.5 / sum(unique) == pytest.approx(0.0025, abs=0.0001)


def test_law(question: Any, number_target: Any) -> None:
    worth = counted(0.5, 60)
    assert worth * 1e9 == pytest.approx(number_target(ID, "effective-tokens").value, rel=0.001)
    assert 30 - worth == pytest.approx(22, abs=0.05)
    assert counted(1, 4) == pytest.approx(3.7, abs=0.05)
    halving = DECAY * log(2)
    assert halving == pytest.approx(10.7, abs=0.05)
    says(question.model_answer, "= 8.0B tokens", "22 of the 30B are lost")
    says(question.debrief, "law counts four readings as 3.7", "halves every 10.7 readings")


def test_sweep(question: Any, columns: Any, sweep: dict[float | str, tuple[float, float]]) -> None:
    table = columns(question, "The sweep with the 1.3B model, losses at the end")
    for shard, times in list(zip(table["textbook shard"], table["times read"], strict=True))[:-1]:
        assert float(shard.removesuffix("B")) * times == pytest.approx(10, abs=0.03)
    none, sixty = sweep["-"], sweep[60]
    assert sixty[0] - none[0] == pytest.approx(0.017, abs=1e-9)
    assert all(sweep[times][0] < none[0] for times in (1, 4, 16))
    assert sweep[16][0] - sweep[1][0] == pytest.approx(0.005, abs=1e-9)
    says(question.model_answer, "2.481, 0.017 worse", "from 2.095 to 1.913", "Sixteen cost 0.005")
    # Up to 16 readings the sweep agrees with the law; no value of the repeats explains 60.
    for times in (4, 16):
        lost = 10 - counted(10 / times, times)
        loss = 0.45 * ((1 - lost / 100) ** -0.28 - 1)
        assert sweep[times][0] - sweep[1][0] == pytest.approx(loss, abs=0.001)
    without = 0.45 * (0.9**-0.28 - 1)
    assert none[0] - sweep[1][0] == pytest.approx(without, abs=0.001)


def test_own_shard(question: Any, columns: Any, sweep: dict[float | str, tuple[float, float]]) -> None:
    table = columns(question, "Loss of the sweep's runs on their own shard, last reading")
    assert table["held-out textbooks"] == [sweep[times][1] for times in table["times read"]]
    assert table["own shard"][0] == table["held-out textbooks"][0]
    assert table["own shard"] == sorted(table["own shard"], reverse=True)


def test_share_and_price(question: Any) -> None:
    share = 8 * 0.5 / TOKENS
    assert share == pytest.approx(0.013, abs=0.0005)
    hours = 6 * 3e9 * TOKENS * 1e9 / (0.4 * 989e12) / 3_600
    assert hours == pytest.approx(3_800, rel=0.01)
    says(question.model_answer, "4B tokens, 1.3 % of the mix", "380 GPU hours each")
