"""The numbers of "Four domains get better, one gets worse", recomputed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.content.saying import says

ID = "training-dynamics/one-domain-gets-worse"
LOG = "Training log, each loss the mean of the 1,000 steps up to it"
CHANGES = "Validation loss by domain, change since step 76,000"
LEVELS = "Validation loss by domain at two steps"
TOKENS = "Tokens that the ranks have read, in billions per 2,000 steps"
PER_STEP = 512 * 4_096


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def shares(question: Any, columns: Any) -> dict[str, float]:
    table = columns(question, LEVELS)
    return {name: share / 100 for name, share in zip(table["domain"], table["configured share, %"], strict=True)}


def test_log(question: Any, columns: Any, shares: dict[str, float]) -> None:
    log, changes, levels = columns(question, LOG), columns(question, CHANGES), columns(question, LEVELS)
    at_84 = dict(zip(levels["domain"], levels["step 84,000"], strict=True))
    start = {name: at_84[name] - dict(changes[name])[84_000] for name in shares}
    assert sum(shares.values()) == pytest.approx(1)
    for step, rate, mix, train in zip(log["step"], log["lr"], log["val_mix"], log["loss"], strict=True):
        assert rate == pytest.approx(3e-4 * (1 - 0.9 * max(0, step - 82_000) / 38_000), rel=0.002)
        average = sum(share * (start[name] + dict(changes[name])[step]) for name, share in shares.items())
        assert mix == pytest.approx(average, abs=0.0011)
        assert step > 84_000 or abs(train - mix) < 0.009
    for name, now in zip(levels["domain"], levels["step 91,000"], strict=True):
        assert now == pytest.approx(start[name] + dict(changes[name])[91_000], abs=1e-9)


def test_only_papers_turn_and_they_turn_after_84000(question: Any, columns: Any) -> None:
    for name, points in columns(question, CHANGES).items():
        values = dict(points)
        assert values[84_000] < values[80_000] < 0
        assert (values[91_000] < values[84_000]) == (name != "papers")
    papers = dict(columns(question, CHANGES)["papers"])
    assert papers[85_000] - papers[84_000] == pytest.approx(0.08, abs=0.005)
    assert papers[87_000] - papers[84_000] == pytest.approx(0.18, abs=0.005)
    assert papers[91_000] - papers[84_000] == pytest.approx(0.26, abs=0.005)
    says(question.model_answer, "up by 0.08", "already up by 0.18", "14 % of 0.26 is 0.037")
    hidden = 0.14 * 0.261
    assert hidden == pytest.approx(0.037, abs=0.0005)


def test_why_the_training_loss_stays_smooth(question: Any, columns: Any, shares: dict[str, float]) -> None:
    levels, log = columns(question, LEVELS), columns(question, LOG)
    losses: dict[str, float] = dict(zip(levels["domain"], levels["step 84,000"], strict=True))
    mean = sum(share * losses[name] for name, share in shares.items())

    def without(gone: str) -> float:
        return sum(share * losses[name] for name, share in shares.items() if name != gone) / (1 - shares[gone])

    assert without("papers") == pytest.approx(2.046, abs=0.0005)
    assert mean - without("papers") == pytest.approx(0.002, abs=0.0005)
    assert without("code") - mean == pytest.approx(0.2, abs=0.01)
    says(question.model_answer, "2.046 on average", "moves by 0.002", "0.006 above the training loss at 84,000")
    gaps = [mix - train for mix, train in zip(log["val_mix"], log["loss"], strict=True)]
    assert gaps[log["step"].index(84_000)] == pytest.approx(0.006)
    assert gaps[-1] == pytest.approx(0.037)
    says(question.debrief, "jumped by about 0.2")


def test_token_counts(question: Any, columns: Any, shares: dict[str, float]) -> None:
    tokens = columns(question, TOKENS)
    for row in range(len(tokens["steps"])):
        assert sum(tokens[name][row] for name in shares) == pytest.approx(tokens["total"][row], abs=0.0005)
        assert tokens["total"][row] == pytest.approx(2_000 * PER_STEP / 1e9, abs=0.0005)
        for name, share in shares.items():
            served = tokens[name][row] / tokens["total"][row]
            if row < 4:
                assert served == pytest.approx(share, rel=0.02)
            elif name != "papers":
                assert served == pytest.approx(share * (1 - 0.0093) / (1 - 0.14), rel=0.03)
            else:
                assert served == pytest.approx(0.009, abs=0.0005)
    says(question.debrief, "0.591 billion", "0.039 after, 0.9 % in place of 14 %", "missed 1.9 billion tokens")
    assert tokens["papers"][3] == 0.591
    missed = 7_000 * PER_STEP * (0.14 - 0.0093) / 1e9
    assert missed == pytest.approx(1.9, abs=0.05)


def test_cost(question: Any, number_target: Any) -> None:
    hours = 7_000 * 1.5 * 64 / 3_600
    assert number_target(ID, "cost-of-rewind").holds(hours)
    says(question.model_answer, f"{hours:.0f} GPU hours")
    utilization = 6 * 3e9 * PER_STEP / (64 * 1.5) / 989e12
    assert 0.35 < utilization < 0.45
