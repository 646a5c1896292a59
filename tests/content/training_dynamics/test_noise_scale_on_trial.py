"""The numbers of `noise-scale-on-trial`, recomputed from its exhibits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.content.saying import says

ID = "training-dynamics/noise-scale-on-trial"
TOLERANCE = 0.01
BATCHES = [512, 1_024, 2_048, 4_096, 8_192, 16_384]


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def losses(question: Any, columns: Any) -> dict[str, list[float]]:
    """Of every column the loss before the branch, then those of the six batches."""
    table = columns(question, "Loss of the copies after 2B tokens")
    assert table.pop("batch")[1:] == BATCHES
    return {name.removeprefix("branched at "): column for name, column in table.items()}


def passing(column: list[float]) -> float:
    """The largest batch up to which every loss is within the tolerance of the kept one."""
    fine = [loss - column[1] <= TOLERANCE + 1e-9 for loss in column[1:]]
    return BATCHES[[*fine, False].index(False) - 1]


def price(batch: int, noise: float) -> float:
    return 1 + batch / noise


def test_chart_and_rule_follow_from_the_losses(question: Any, columns: Any, losses: dict[str, list[float]]) -> None:
    chart = columns(question, "How far the copies end above the kept 512")
    for name, column in losses.items():
        gaps = [(doublings, loss - column[1]) for doublings, loss in enumerate(column[1:])]
        for shown, gap in zip(chart[f"branched at {name}"], gaps, strict=True):
            assert shown == pytest.approx(gap, abs=1e-6)
    rule = columns(question, "Both measurements, in sequences")["largest batch within 0.01"]
    assert [str(passing(column)) for column in losses.values()] == [
        str(value).split(", largest")[0].replace(",", "").removesuffix(".0") for value in rule
    ]


def test_one_currency_at_20b(question: Any, columns: Any, losses: dict[str, list[float]]) -> None:
    noise = columns(question, "Both measurements, in sequences")["noise scale"][1]
    cost = price(1_024, noise) / price(512, noise)
    assert cost == pytest.approx(1.9, abs=0.005)
    before, kept, doubled, *_ = losses["20B"]
    assert 1 - 1 / cost == pytest.approx(0.47, abs=0.005)
    assert (doubled - kept) / (before - kept) == pytest.approx(0.10, abs=0.005)
    says(question.model_answer, "= 1.9 times", "lose 47 %", "0.0020 of 0.0205, about 10 %")
    quadrupled = (before - losses["20B"][4]) / (before - kept)
    implied = (4_096 * quadrupled - 512) / (1 - quadrupled)
    assert implied == pytest.approx(4_000, rel=0.05)
    assert implied / noise == pytest.approx(70, abs=4)


def test_tolerance_against_progress(question: Any, losses: dict[str, list[float]]) -> None:
    share = {name: TOLERANCE / (column[0] - column[1]) for name, column in losses.items()}
    assert share == pytest.approx({"5B": 0.10, "20B": 0.49, "100B": 3.7}, abs=0.01)
    before, kept, *_, largest = losses["100B"]
    assert before - kept == pytest.approx(0.0027, abs=1e-6)
    assert (largest - kept) / (before - kept) == pytest.approx(0.70, abs=0.005)
    assert (before - kept) / (before - largest) == pytest.approx(3.4, abs=0.05)
    says(question.model_answer, "0.0019 of 0.0027: 70 % of its tokens")
    says(question.debrief, "10 % of the progress at 5B, half of it at 20B and 370 % at 100B")
    says(question.scenario, "on 128 H100s", "256 more GPUs")
    says(question.debrief, "384 GPUs make a step at best three times as fast")
    noise = 92
    assert 16_384 / noise == pytest.approx(180, abs=3)


def test_longer_copies(question: Any, columns: Any) -> None:
    table = columns(question, "Loss of copies from 100B after 20B tokens")
    before, *after = table["loss"]
    assert table["above 512"][1:] == pytest.approx([loss - after[0] for loss in after], abs=1e-6)
    assert passing([before, *after]) == 4_096
    shares = [(loss - after[0]) / (before - after[0]) for loss in after]
    assert shares[1:3] == pytest.approx([0.07, 0.17], abs=0.005)
    says(question.debrief, "0.0171 behind, of 0.0247", "1,024 gives up 7 % of the progress and 2,048 17 %")


def test_hardware() -> None:
    hours = 6 * 7e9 * 2e9 / (0.4 * 989e12) / 3_600
    assert hours == pytest.approx(59, abs=1)
    updates = 2e9 / (16_384 * 4_096)
    assert updates == pytest.approx(30, abs=0.5)
