"""The numbers of `experiment-design/an-entropy-bonus-for-a-plateau`, recomputed from its exhibits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.content.saying import says

ID = "experiment-design/an-entropy-bonus-for-a-plateau"
GROUPS = 96 * 20


@pytest.fixture(scope="module")
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture(scope="module")
def log(question: Any, columns: Any) -> Any:
    return columns(question, "Training log (rows pool the 20 steps up to them)")


def _is_share(value: float, of: int) -> bool:
    return any(round(count / of, 3) == value for count in (int(value * of), int(value * of) + 1))


def test_shares_add_up_and_are_of_whole_groups(log: Any) -> None:
    for passed, failed, equal, reward in zip(
        log["all_pass"], log["all_fail"], log["zero_std"], log["reward"], strict=True
    ):
        assert abs(passed + failed - equal) < 0.0011
        assert all(_is_share(share, GROUPS) for share in (passed, failed, equal))
        assert passed + (1 - equal) / 8 <= reward <= passed + (1 - equal) * 7 / 8


def test_what_moved_when(question: Any, log: Any) -> None:
    at = {int(step): row for row, step in enumerate(log["step"])}
    entropy, reward = log["entropy"], log["reward"]
    assert round(entropy[at[80]], 1) == round(entropy[at[300]], 1) == 0.4
    assert max(entropy[at[80] :]) - min(entropy[at[80] :]) < 0.012
    assert (round(reward[at[80]], 2), round(reward[at[180]], 2)) == (0.67, 0.75)
    assert reward[at[300]] - reward[at[180]] < 0.02
    assert 300 - 80 == 220
    says(question.model_answer, "stays at 0.40", "from 0.67 to 0.75", "5.2 different ways")
    says(question.debrief, "stood still for 220 steps")
    assert all(abs(value - 5.2) < 0.1 for value in log["variants"])


def test_which_groups_are_silent(question: Any, log: Any) -> None:
    passed, failed, equal = log["all_pass"], log["all_fail"], log["zero_std"]
    assert (round(passed[0], 2), round(passed[-1], 2)) == (0.13, 0.57)
    assert (round(failed[0], 2), round(failed[-1], 2)) == (0.25, 0.16)
    mixed = 1 - equal[-1]
    assert (round(100 * mixed), round(96 * mixed)) == (27, 26)
    says(question.model_answer, "0.13 to 0.57", "0.25 to 0.16", "27 % of the groups are mixed, 26 of 96", "the 16 %")


def test_the_earlier_pair(question: Any, columns: Any) -> None:
    table = columns(question, "An earlier pair of runs, 3B of the same family, same pool, step 300")
    for name in ("without bonus", "bonus 0.01"):
        entropy, passed, failed, equal, reward, _ = table[name]
        assert round(passed + failed, 3) == equal
        assert all(_is_share(share, GROUPS) for share in (passed, failed, equal))
        assert passed < reward < 1 - failed
        assert entropy < 0.7
    before, after = table["without bonus"], table["bonus 0.01"]
    assert round(before[1] - after[1], 2) == 0.11
    assert before[3] - after[3] < before[1] - after[1]  # all of the fall, and more, comes from all_pass
    says(question.debrief, "from 0.38 to 0.61", "from 0.71 to 0.60", "taking 0.11 from all_pass", "38.6 to 38.3")
