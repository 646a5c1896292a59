"""The numbers of `data/by-document-or-by-token`, recomputed from its exhibits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.content.saying import says

ID = "data/by-document-or-by-token"
PLAN = {"forum posts": 0.6, "reports": 0.2, "source code": 0.2}
RUN = 20e9


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def sources(question: Any, columns: Any) -> dict[str, tuple[float, float, float, float]]:
    table = columns(question, "The three sources")
    return {row[0]: row[1:] for row in zip(*table.values(), strict=True)}


def shares(parts: dict[str, float]) -> dict[str, float]:
    return {name: part / sum(parts.values()) for name, part in parts.items()}


def test_shares_of_the_tokens(question: Any, sources: Any, number_target: Any) -> None:
    assert {name: row[3] for name, row in sources.items()} == PLAN
    a_pick = {name: weight * mean for name, (_, mean, _, weight) in sources.items()}
    assert a_pick == pytest.approx({"forum posts": 240, "reports": 1200, "source code": 320})
    fed = shares(a_pick)
    assert 100 * fed["reports"] == pytest.approx(number_target(ID, "reports-share").value, abs=0.05)
    assert [round(100 * share) for share in fed.values()] == [14, 68, 18]
    says(question.model_answer, "240 tokens a pick", "1,200", "320", "1,760", "68 %", "only 14 %", "14, 68 and 18 %")
    read = {name: RUN * fed[name] / (count * mean) for name, (count, mean, _, _) in sources.items()}
    assert read["reports"] == pytest.approx(3.2, abs=0.05)
    planned = 0.2 * RUN / (700_000 * 6_000)
    assert planned == pytest.approx(0.95, abs=0.005)
    assert (RUN * fed["reports"] / 1e9, RUN * fed["forum posts"] / 1e9) == pytest.approx((13.6, 2.7), abs=0.05)
    says(question.debrief, "13.6B", "3.2 passes", "4.2B", "4B, 0.95 of a pass", "2.7B instead of 12B")


def test_probabilities_for_the_plan(question: Any, sources: Any, number_target: Any) -> None:
    picks = shares({name: PLAN[name] / mean for name, (_, mean, _, _) in sources.items()})
    assert 100 * picks["forum posts"] == pytest.approx(number_target(ID, "draws-for-plan").value, abs=0.05)
    assert list(picks.values()) == pytest.approx([0.905, 0.020, 0.075], abs=0.0006)
    says(question.model_answer, "0.905", "0.075", "0.020")


def test_medians_miss_the_tolerances(question: Any, sources: Any, number_target: Any) -> None:
    a_pick = {name: weight * median for name, (_, _, median, weight) in sources.items()}
    assert list(a_pick.values()) == pytest.approx([156, 580, 140])
    assert 100 * shares(a_pick)["reports"] == pytest.approx(66, abs=0.5)
    assert not number_target(ID, "reports-share").holds(100 * shares(a_pick)["reports"])
    posts = shares({name: PLAN[name] / median for name, (_, _, median, _) in sources.items()})["forum posts"]
    assert posts == pytest.approx(0.867, abs=0.0005)
    assert not number_target(ID, "draws-for-plan").holds(100 * posts)
    says(question.debrief, "156, 580 and 140", "66 %", "0.867 instead of 0.905")


def test_what_was_fed(question: Any, sources: Any, columns: Any) -> None:
    fed = columns(question, "What 200 steps of the new run were fed")
    total = sum(fed["tokens, M"])
    assert total == pytest.approx(200 * 256 * 8192 / 1e6, abs=0.1)  # 256 sequences a step
    for name, count, tokens, share in zip(*fed.values(), strict=True):
        assert 100 * tokens / total == pytest.approx(share, abs=0.05)
        assert 1e6 * tokens / count == pytest.approx(sources[name][1], rel=0.03)
        assert count / sum(fed["documents drawn"]) == pytest.approx(PLAN[name], abs=0.003)
    says(question.debrief, "13.6, 68.4 and 18.0 %")


def test_losses_move_with_the_shares(question: Any, columns: Any) -> None:
    table = columns(question, "Held-out loss after 20B tokens")
    change = [round(new - old, 3) for old, new in zip(table["last quarter"], table["new run"], strict=True)]
    assert change == [0.149, -0.072, 0.002]
