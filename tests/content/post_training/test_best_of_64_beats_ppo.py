"""Best-of-64 beats PPO at the same KL: the formula, the two curves lined up by score, and the growth with root KL."""

from __future__ import annotations

from math import log, sqrt
from statistics import NormalDist, mean
from typing import Any

import pytest

from tests.content.saying import says

ID = "post-training/best-of-64-beats-ppo"
NORMAL = NormalDist()


def nats(n: float) -> float:
    return log(n) - (n - 1) / n


def best_of(n: int) -> float:
    """Expected maximum of n standard normal draws."""
    middles = ((at + 0.5) / 4000 for at in range(4000))
    return mean(NORMAL.inv_cdf(middle ** (1 / n)) for middle in middles)


def error(*shares: float) -> float:
    return sqrt(sum(share * (100 - share) / 1000 for share in shares))


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def sampled(question: Any, columns: Any) -> Any:
    table = columns(question, "Best-of-n")
    return {int(n): row for n, *row in zip(*table.values(), strict=True)}


@pytest.fixture
def trained(question: Any, columns: Any) -> Any:
    return columns(question, "PPO, until it was stopped")


@pytest.fixture
def later(question: Any, columns: Any) -> Any:
    return columns(question, "The same PPO run, let go on")


def test_best_of_n(question: Any, sampled: Any) -> None:
    for n, (kl, score, preferred) in sampled.items():
        assert kl == pytest.approx(nats(n), abs=0.005)
        assert score == pytest.approx(best_of(n), abs=0.03)
        assert preferred * 10 == pytest.approx(round(preferred * 10), abs=1e-9)  # counts of 1,000
    assert sampled[256][2] - sampled[64][2] == pytest.approx(0.5, abs=1e-9)
    assert error(65.3, 64.8) == pytest.approx(2.1, abs=0.05)
    assert sampled[256][1] - sampled[64][1] == pytest.approx(0.47, abs=1e-9)
    says(question.model_answer, "65.3 against 64.8", "error of 2.1", "rose by 0.47")
    assert error(63.7, 64.8) == pytest.approx(2.1, abs=0.05)
    assert (sampled[64][2] - sampled[16][2]) / error(63.7, 64.8) == pytest.approx(0.5, abs=0.05)
    says(question.debrief, "63.7 against 64.8 is half a standard error of 2.1 apart")
    assert sampled[256][2] - sampled[16][2] == pytest.approx(1.6, abs=1e-9)
    says(question.debrief, "from 1.78 to 2.83 best-of-n gains only 1.6 points")


def test_gap_at_equal_kl(question: Any, sampled: Any, trained: Any) -> None:
    assert (trained["kl"][-1], trained["score"][-1], trained["preferred_pct"][-1]) == (3.20, 0.87, 57.8)
    gap = sampled[64][2] - trained["preferred_pct"][-1]
    assert gap == pytest.approx(7.0, abs=1e-9)
    assert gap / error(64.8, 57.8) == pytest.approx(3.2, abs=0.05)
    assert sampled[64][1] - trained["score"][-1] == pytest.approx(1.49, abs=1e-9)
    says(question.debrief, "7.0 points", "3.2 standard errors", "1.49 units")
    says(question.scenario, "64.8 against 57.8", "3.2 nats")


def test_lined_up_by_score(question: Any, sampled: Any, trained: Any) -> None:
    (_, low, below), (_, high, above) = sampled[2], sampled[4]
    assert low < trained["score"][-1] < high
    between = below + (0.87 - low) / (high - low) * (above - below)
    assert between == pytest.approx(58.4, abs=0.05)
    assert error(57.8) == pytest.approx(1.6, abs=0.05)
    says(question.model_answer, "0.87 gets 57.8", "0.56 gets 55.9", "1.02 gets 59.6")
    says(question.debrief, "gives 58.4", "error of 1.6")


def test_growth_with_root_kl(question: Any, trained: Any, later: Any, number_target: Any) -> None:
    slopes = [score / sqrt(kl) for kl, score in zip(trained["kl"], trained["score"], strict=True)]
    assert mean(slopes) == pytest.approx(0.47, abs=0.005)
    assert max(slopes) - min(slopes) < 0.05
    target = number_target(ID, "nats-needed")
    assert pytest.approx(25, abs=0.3) == (2.36 / 0.47) ** 2
    assert target.holds((2.36 / 0.47) ** 2)
    assert target.holds(3.2 * (2.36 / 0.87) ** 2)
    assert not target.holds(3.2 * 2.36 / 0.87)
    says(question.model_answer, "near 0.47, so 2.36 needs about 25 nats")
    for kl, score in zip(later["KL, nats"], later["score"], strict=True):
        assert score / sqrt(kl) == pytest.approx(0.475, abs=0.01)


def test_plot_and_later_rows(question: Any, columns: Any, sampled: Any, trained: Any, later: Any) -> None:
    plot = columns(question, "The plot that started the argument")
    assert plot["best-of-n"][1:] == [(row[0], row[2]) for row in sampled.values()]
    rated = [at for at, share in enumerate(trained["preferred_pct"]) if share != "-"]
    assert plot["PPO"][1:] == [(trained["kl"][at], trained["preferred_pct"][at]) for at in rated]
    assert later["score"][-1] == pytest.approx(sampled[64][1], abs=0.02)
    assert abs(later["preferred, %"][-1] - sampled[64][2]) < error(64.7)
    says(question.debrief, "up to 2.37 and 64.7 %, at 25 nats")
