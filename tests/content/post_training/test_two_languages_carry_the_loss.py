"""The arithmetic of post-training/two-languages-carry-the-loss."""

from __future__ import annotations

from typing import Any

import pytest

from tests.content.saying import says

ID = "post-training/two-languages-carry-the-loss"
TWO = ("Korean", "Turkish")


@pytest.fixture
def question(bank_question: Any) -> Any:
    return bank_question(ID)


@pytest.fixture
def ordinary(question: Any, columns: Any) -> dict[str, list[Any]]:
    table: dict[str, list[Any]] = columns(question, "Ordinary prompts, 250 per language")
    return table


@pytest.fixture
def harmful(question: Any, columns: Any) -> dict[str, list[Any]]:
    table: dict[str, list[Any]] = columns(question, "Pairs, and refusals of 150 harmful prompts per language")
    return table


def split(table: dict[str, list[Any]], column: str) -> tuple[float, float]:
    """Sums over the six languages and over the two."""
    two = sum(value for name, value in zip(table["language"], table[column], strict=True) if name in TWO)
    return sum(table[column]) - two, two


def test_counts_behind_the_percentages(ordinary: Any) -> None:
    for column in ("v2 wins, %", "v1 refuses, %", "v2 refuses, %"):
        assert all(value * 2.5 == pytest.approx(round(value * 2.5), abs=1e-6) for value in ordinary[column])
    rows = zip(*(ordinary[name] for name in list(ordinary)[1:]), strict=True)
    for wins, before, after, both, there in rows:
        won = round(there * both / 100)
        assert there == pytest.approx(100 * won / both, abs=0.051)
        assert won <= wins * 2.5 <= won + 250 - both  # the rest is won or lost where one of them refuses
        assert 250 - both <= (before + after) * 2.5
        assert both <= 250 - max(before, after) * 2.5


def test_totals(question: Any, ordinary: Any, harmful: Any) -> None:
    six, two = split(ordinary, "v2 wins, %")
    assert (six + two) / 8 == pytest.approx(46.4, abs=0.01)
    assert six * 2.5 == pytest.approx(743)
    assert six / 6 == pytest.approx(49.5, abs=0.05)
    assert [sum(harmful[name]) / 12 for name in ("v1 refuses", "v2 refuses")] == pytest.approx([74.3, 80.4], abs=0.051)
    gains = [b - a for a, b in zip(split(harmful, "v1 refuses"), split(harmful, "v2 refuses"), strict=True)]
    assert gains == [42, 32]
    assert gains[1] / 3 == pytest.approx(11, abs=0.4)
    refused = [split(ordinary, name)[1] / 2 for name in ("v1 refuses, %", "v2 refuses, %")]
    assert refused == pytest.approx([3, 35], abs=1e-6)
    says(question.scenario, "74.3 % to 80.4 %", "46.4 %")
    says(question.model_answer, "from 3 % to 35 %", "rose by 11 points, those of ordinary ones by 32", "52 % and 56 %")
    says(question.debrief, "743 of 1,500 are won, 49.5 %", "by 42 of 900", "171 of 316")
    pairs = zip(ordinary["language"], ordinary["both answer"], ordinary["v2 wins there, %"], strict=True)
    both = [(n, round(n * share / 100)) for name, n, share in pairs if name in TWO]
    assert [sum(column) for column in zip(*both, strict=True)] == [316, 171]


def test_log_ends_at_the_table(question: Any, ordinary: Any, columns: Any) -> None:
    log = columns(question, "Trainer log, Korean and Turkish (two) against the others (six)")
    six, two = split(ordinary, "v2 refuses, %")
    assert log["refused_six"][-1] == pytest.approx(six / 6, abs=0.051)
    assert log["refused_two"][-1] == pytest.approx(two / 2, abs=0.051)
    assert all(value * 5 == pytest.approx(round(value * 5), abs=1e-6) for value in log["refused_two"])
    assert log["step"][-1] == -(-53_700 // 128)
    assert log["acc_two"][log["step"].index(90)] == 0.95
    says(question.model_answer, "0.95 after 90 steps")


def test_audit(question: Any, harmful: Any, columns: Any) -> None:
    audit = columns(question, "What the pairs of each language are about")
    assert audit["pairs"] == harmful["pairs"]
    assert sum(audit["pairs"]) == 53_700
    share, answered = audit["refusal chosen, %"], audit["pairs with an answer chosen"]
    for pairs, refused, rest in zip(audit["pairs"], share, answered, strict=True):
        assert rest == pytest.approx(pairs * (1 - refused / 100))
    assert split(audit, "pairs")[1] - split(audit, "pairs with an answer chosen")[1] == 5_499
    says(question.debrief, "5,499 of the 5,700")
    says(question.model_answer, "5,700 pairs")
