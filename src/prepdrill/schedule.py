"""What to ask next: pure, seeded, told what the history holds."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol, TypeVar

DAYS: Final = (1, 2, 4, 8, 16, 32, 64)
"""Days until a question is due again, box by box."""
_STEPS: Final = (2, 1, -1, -6)
"""Boxes that a rating moves a question up or down, from the best rating to the worst."""


class Candidate(Protocol):
    """What choosing needs to know of a question."""

    @property
    def id(self) -> str: ...
    @property
    def section(self) -> str: ...
    @property
    def family(self) -> str | None: ...
    @property
    def minutes(self) -> float: ...


CandidateT = TypeVar("CandidateT", bound=Candidate)


def choose(
    candidates: Sequence[CandidateT],
    *,
    attempted: Mapping[str, float],
    weight: Callable[[str], float],
    seed: int,
    count: int | None,
    minutes: float | None,
) -> list[CandidateT]:
    """Questions for one drill, in the order in which to ask them.

    `attempted` maps a question to when it was last attempted, in seconds since the epoch; `weight` gives a section's
    weight. Sections are drawn by weight without repeating one while others are left; in a section, what was never
    attempted comes first, then what was attempted longest ago. No two questions of one family are chosen. With
    `minutes`, questions are added while they fit, one at least. Same input, same seed: same choice.
    """
    generator = random.Random(seed)
    shelves: dict[str, list[CandidateT]] = {}
    for candidate in sorted(candidates, key=lambda entry: entry.id):
        shelves.setdefault(candidate.section, []).append(candidate)
    for shelf in shelves.values():
        generator.shuffle(shelf)
        shelf.sort(key=lambda entry: attempted.get(entry.id, float("-inf")))
    chosen: list[CandidateT] = []
    families: set[str] = set()
    waiting: list[str] = []
    while shelves and (count is None or len(chosen) < count):
        waiting = [section for section in waiting if section in shelves] or sorted(shelves)
        section = generator.choices(waiting, [weight(name) or 1e-9 for name in waiting])[0]
        waiting.remove(section)
        candidate = shelves[section].pop(0)
        if not shelves[section]:
            del shelves[section]
        if candidate.family is not None and candidate.family in families:
            continue
        spent = sum(entry.minutes for entry in chosen)
        if minutes is not None and chosen and spent + candidate.minutes > minutes:
            continue
        chosen.append(candidate)
        families.update({candidate.family} - {None})  # type: ignore[arg-type]
    return chosen


def due_again(reviews: Sequence[tuple[float, int]]) -> float | None:
    """When a question is due again, in seconds since the epoch; None if it was never answered.

    `reviews` are (when, rank of the rating: 0 the best) of its attempts, the oldest first. Leitner's boxes: an answer
    of the best rating moves the question up two boxes, of the second one, of the third down one, of any worse down to
    the first.
    """
    box = -1
    for _, rank in reviews:
        box = min(len(DAYS) - 1, max(0, box + _STEPS[min(rank, len(_STEPS) - 1)]))
    return reviews[-1][0] + DAYS[box] * 86_400 if reviews else None
