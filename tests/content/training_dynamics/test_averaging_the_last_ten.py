"""The numbers of `averaging-the-last-ten`, recomputed from its exhibits."""

from __future__ import annotations

from math import cos, pi
from typing import Any

import pytest

from tests.content.saying import says

ID = "training-dynamics/averaging-the-last-ten"
PEAK, END, STEPS, NOW = 6e-4, 6e-5, 100_000, 60_000


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def log(question: Any, columns: Any) -> dict[str, list[float]]:
    found: dict[str, list[float]] = columns(question, "The same numbers, with the cosine run's rate")
    return found


def cosine(step: float) -> float:
    return END + (PEAK - END) / 2 * (1 + cos(pi * step / STEPS))


def test_chart_is_the_log(question: Any, columns: Any, log: dict[str, list[float]]) -> None:
    chart = columns(question, "Validation loss of the two runs and of the average")
    for name, series in {"raw": "constant, raw", "mean_10": "constant, mean of ten", "cosine": "cosine, raw"}.items():
        assert chart[series] == list(zip(log["step"], log[name], strict=True))
    assert log["cosine_lr"] == pytest.approx([cosine(step) for step in log["step"]], rel=0.002)


def test_lead_shrinks_with_the_rate(question: Any, log: dict[str, list[float]]) -> None:
    lead = {step: own - other for step, own, other in zip(log["step"], log["cosine"], log["mean_10"], strict=True)}
    assert min(lead.values()) > 0
    assert (lead[30_000], lead[60_000]) == pytest.approx((0.019, 0.004), abs=1e-9)
    later = [gap for step, gap in lead.items() if step >= 30_000]
    assert later == sorted(later, reverse=True)
    assert log["cosine_lr"][-1] / PEAK == pytest.approx(0.41, abs=0.005)
    assert log["raw"][-1] - log["mean_10"][-1] == pytest.approx(0.037, abs=1e-9)
    says(question.model_answer, "41 % of its peak rate", "from 0.019 at 30,000 to 0.004 at 60,000")
    says(question.debrief, "0.037 below the raw weights", "at ten evaluations in a row")
    assert len(lead) == 10


def test_windows(question: Any, columns: Any, log: dict[str, list[float]]) -> None:
    table = columns(question, "Other averages of the constant run at step 60,000")
    rows = list(zip(table["saves"], table["steps apart"], table["oldest save"], table["validation loss"], strict=True))
    for saves, apart, oldest, _ in rows[1:]:
        assert NOW - (saves - 1) * apart == oldest
    losses = {(saves, apart): loss for saves, apart, _, loss in rows}
    assert losses[10, 500] == log["mean_10"][-1] == min(losses.values())
    assert losses[1, "-"] == log["raw"][-1]
    assert (losses[10, 100], losses[40, 500]) == (2.469, 2.468)
    assert NOW - rows[5][2] == 19_500
    age = (40 - 1) * 500 / 2
    assert age == pytest.approx(10_000, rel=0.03)
    says(question.model_answer, "100 apart are too alike, so their noise stays: 2.469", "19,500 steps", "2.468")


def test_cooled_copy(question: Any, columns: Any, log: dict[str, list[float]], number_target: Any) -> None:
    fork = columns(question, "A copy of step 60,000, cooled to zero in 4,000 steps")
    assert fork["cooled_lr"] == pytest.approx([PEAK * (64_000 - step) / 4_000 for step in fork["step"]])
    assert fork["mean_10"][0] == log["mean_10"][-1]
    assert fork["cooled"][0] == fork["raw"][0] == log["raw"][-1]
    assert fork["mean_10"][-1] - fork["cooled"][-1] == pytest.approx(0.021, abs=1e-9)
    says(question.debrief, "ends at 2.426, 0.021 below the average")
    hours = 4_000 * 1.5 * 64 / 3_600
    assert hours == pytest.approx(number_target(ID, "fork-hours").value, abs=0.5)
    says(question.model_answer, "4,000 x 1.5 s x 64 GPUs are 107 GPU hours")


def test_step_time() -> None:
    tokens = 512 * 4_096
    assert tokens == pytest.approx(2.1e6, rel=0.01)
    seconds = 6 * 3e9 * tokens / (64 * 0.4 * 989e12)
    assert seconds == pytest.approx(1.5, abs=0.02)
