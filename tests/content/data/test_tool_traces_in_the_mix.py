"""The numbers of `data/tool-traces-in-the-mix`, recomputed from its exhibits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.content.saying import says

ID = "data/tool-traces-in-the-mix"
DRAWS = 2_000 * 256


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def mix(question: Any, columns: Any) -> dict[str, tuple[float, float, float]]:
    table = columns(question, "The mix")
    return {row[0]: row[1:] for row in zip(*table.values(), strict=True)}


def test_passes(question: Any, mix: Any, number_target: Any) -> None:
    passes = {name: DRAWS * share / 100 / unique for name, (unique, share, _) in mix.items()}
    assert DRAWS * mix["tool traces"][1] / 100 == 40_960
    assert [round(passes[name], 2) for name in ("chat", "maths", "tool traces")] == [0.9, 1.25, 13.65]
    assert number_target(ID, "passes").value == 13.65
    assert round(2 * passes["tool traces"]) == 27  # at 16 %
    assert round(40_960 / 250) == 164
    says(question.model_answer, "13.7 passes", "Chat gets 0.9 and maths 1.25", "27 passes")
    says(question.debrief, "about 164")


def test_token_share(question: Any, mix: Any, number_target: Any) -> None:
    trained = {name: DRAWS * share / 100 * tokens / 1e6 for name, (_, share, tokens) in mix.items()}
    assert [round(value) for value in trained.values()] == [179, 101, 98]
    assert round(sum(trained.values())) == 379
    share = 100 * trained["tool traces"] / sum(trained.values())
    assert number_target(ID, "token-share").value == round(share, 1) == 25.9
    says(question.model_answer, "98 million, chat has 179 and maths 101 million", "98 of 379 million, 26 %")


def test_largest_share(question: Any, mix: Any, number_target: Any) -> None:
    unique, share, tokens = mix["tool traces"]
    most = 100 * 4 * unique / DRAWS
    assert number_target(ID, "largest-share").value == round(most, 2) == 2.34
    assert DRAWS * share / 100 / 4 == 10_240
    says(question.debrief, "takes 10,240 different traces, 7,240 more", "29 million beside some 298 million")
    rest = DRAWS - 4 * unique
    others = rest * (70 * 500 + 22 * 900) / 92 / 1e6
    traces = 4 * unique * tokens / 1e6
    assert (round(traces), round(others), round(100 * traces / (traces + others))) == (29, 298, 9)


def test_trial(question: Any, columns: Any, mix: Any) -> None:
    title = "The tool traces in a trial of 1,000 steps, same mix (training loss: mean of 100 steps)"
    log = columns(question, title)
    for step, passes in zip(log["step"], log["passes"], strict=True):
        assert passes == pytest.approx(step * 256 * 0.08 / 3_000, abs=0.051)
    best = log["heldout_tool"].index(min(log["heldout_tool"]))
    assert (log["step"][best], log["passes"][best], log["passes"][best + 1]) == (500, 3.4, 4.1)
    assert log["train_tool"] == sorted(log["train_tool"], reverse=True)
    says(question.debrief, "step 500 to 600, 3.4 to 4.1 passes")
