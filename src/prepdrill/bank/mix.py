"""What a bank is made of, counted: kinds, levels, exhibits, variants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from prepdrill.bank.index import Entry
from prepdrill.model import LEVELS, QUESTION_KINDS


@dataclass(frozen=True, slots=True)
class Mix:
    """Counts over some questions."""

    questions: int
    kinds: dict[str, int]
    """Kind -> questions, in the order of `QUESTION_KINDS`; likewise `levels`."""
    levels: dict[str, int]
    exhibits: dict[str, int]
    """log, table, chart, diff, samples -> exhibits of that kind."""
    staged: int
    """Questions with evidence that is shown only when it is asked for."""
    twists: int
    variants: int
    """Questions whose family has another member among them."""
    families: int
    """Families with two members or more."""


def mix(entries: Iterable[Entry]) -> Mix:
    """What these questions are made of; those that cannot be loaded do not count."""
    sound = [entry for entry in entries if not entry.broken]
    kinds, levels = Counter(entry.kind for entry in sound), Counter(entry.level for entry in sound)
    exhibits = Counter(content for entry in sound for content in entry.contents)
    families = Counter(entry.family for entry in sound if entry.family is not None)
    shared = [count for count in families.values() if count > 1]
    return Mix(
        len(sound),
        {kind: kinds[kind] for kind in QUESTION_KINDS},
        {level: levels[level] for level in LEVELS},
        {name: exhibits[name] for name in ("log", "table", "chart", "diff", "samples")},
        sum(entry.staged for entry in sound),
        sum(entry.twist for entry in sound),
        sum(shared),
        len(shared),
    )
