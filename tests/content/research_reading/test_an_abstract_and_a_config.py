"""The numbers of `research-reading/an-abstract-and-a-config`, recomputed from its exhibits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.content.saying import says

ID = "research-reading/an-abstract-and-a-config"
PROMPTS, ANSWERS, STEPS = 64, 8, 40


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture(scope="module")
def log(question: Any, columns: Any) -> Any:
    return columns(question, "Training log, means of 40 steps")


@pytest.fixture(scope="module")
def split(question: Any, columns: Any) -> Any:
    return columns(question, "The silent groups, split")


def is_share(share: float, of: int, digits: int) -> bool:
    return round(round(share * of) / of, digits) == share


def test_shares_are_shares(question: Any, log: Any, columns: Any) -> None:
    answers = PROMPTS * ANSWERS * STEPS
    assert all(is_share(share, answers, 3) for share in log["reward"])
    assert all(is_share(share, answers, 4) for share in log["truncated"])
    assert all(is_share(share, PROMPTS * STEPS, 3) for share in log["zero_std"])
    held_out = columns(question, "Held-out accuracy (500 problems, 4 answers each)")["accuracy, %"]
    assert all((100 * share) % 5 == pytest.approx(0) for share in held_out)
    gains = [later - earlier for earlier, later in zip(held_out[::3], held_out[3::3], strict=False)]
    assert gains == sorted(gains, reverse=True)


def test_silent_groups_fit_the_reward(log: Any, split: Any) -> None:
    for step, right, wrong, together in zip(*split.values(), strict=True):
        at = log["step"].index(step)
        assert log["zero_std"][at] == together == pytest.approx(right + wrong, abs=0.0011)
        assert 1 / ANSWERS < (log["reward"][at] - right) / (1 - together) < 1 - 1 / ANSWERS


def test_what_the_texts_say(question: Any, log: Any, split: Any, number_target: Any) -> None:
    live = 1 - log["zero_std"][-1]
    drawn = PROMPTS / live
    assert (round(live, 3), round(PROMPTS * live), round(drawn), round(1 / live, 1)) == (0.261, 17, 245, 3.8)
    assert number_target(ID, "prompts-per-step").value == 245
    assert set(log["clip_high"]) == {0}
    assert [log["len_wrong"][0], log["len_wrong"][-1]] == [1036, 1025]
    assert {round(100 * share, 1) for share in log["truncated"]} <= {0.3, 0.4, 0.5}
    after = (log["reward"][-1] - split["all right"][-1]) / live
    assert round(after, 2) == 0.78
    says(
        question.model_answer, "0.29 to 0.74", "17 of 64", "64 over 0.261, or 245 prompts, 3.8 times", "1,036 to 1,025"
    )
    says(question.debrief, "26.1 %", "0.604 all right and 0.135 all wrong", "0.136 and 0.177", "0.78 instead of 0.81")
