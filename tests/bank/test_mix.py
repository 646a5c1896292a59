"""The counts of `bank coverage` and of the README."""

from __future__ import annotations

from prepdrill.bank import Entry
from prepdrill.bank.mix import mix


def test_a_mix_counts_questions_exhibits_and_variants() -> None:
    entries = [
        Entry("data/a", kind="decide", level="core", family="x", staged=True, contents=("log", "log", "chart")),
        Entry("data/b", kind="decide", level="stretch", family="x", contents=("table",), twist=True),
        Entry("data/c", kind="design", level="core", family="alone", contents=("log",)),
        Entry("data/d", broken=("data/d.yaml:1: is empty",)),
    ]
    found = mix(entries)
    assert found.questions == 3
    assert {kind: count for kind, count in found.kinds.items() if count} == {"decide": 2, "design": 1}
    assert next(iter(found.kinds)) == "diagnose"
    assert found.levels == {"warm-up": 0, "core": 2, "stretch": 1}
    assert found.exhibits == {"log": 3, "table": 1, "chart": 1, "diff": 0, "samples": 0}
    assert (found.staged, found.twists, found.variants, found.families) == (1, 1, 2, 1)


def test_an_empty_bank_has_a_mix() -> None:
    assert mix([]).questions == 0
