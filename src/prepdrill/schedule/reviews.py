"""A graded attempt as a review: the table that turns scores, hints and overtime into what a memory model takes.

`docs/schedule.md` shows the table.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from prepdrill.model import Practice


class Recall(enum.IntEnum):
    """How well something was known, in the words of spaced repetition; 1 to 4 as FSRS counts them."""

    AGAIN = 1
    HARD = 2
    GOOD = 3
    EASY = 4


TYPED: Final = 30.0
"""Seconds from which an answer was written in the session, and not brought to it."""
OVERTIME: Final = 1.5
"""Share of the budget from which an answer took too long to have come easily."""
HINTS_FOR_HARD: Final = 2


@dataclass(frozen=True, slots=True)
class Review:
    """One practice of a family, on a day counted from the epoch in the candidate's own time zone."""

    day: int
    question: str
    share: float
    """Share of the points, 0 to 1; the middle of the bounds while verdicts are open."""
    open: float
    """Half the distance of the bounds: how far the share may be off while verdicts are open."""
    recall: Recall
    missed: tuple[str, ...] = ()
    """Ids of the criteria that were not met."""


def share_of(practice: Practice) -> float:
    """Share of the points, 0 to 1: the middle of the bounds while verdicts are open."""
    return (practice.low + practice.high) / 2


def open_share(practice: Practice) -> float:
    """Half the distance of the bounds."""
    return (practice.high - practice.low) / 2


def recall(practice: Practice, thresholds: Sequence[float]) -> Recall:
    """What a graded attempt says of memory: from the score first, by the least shares of the ratings, then capped.

    Without an essential criterion, or with two hints, an answer was hard; with one hint, an essential only when
    prompted, or half as much time again as there was, it did not come easily. All essentials missed is not knowing it.
    """
    share = share_of(practice)
    steps = [Recall.EASY, Recall.GOOD, Recall.HARD]
    reached = next(
        (step for step, least in zip(steps, thresholds, strict=False) if share >= least - 1e-9), Recall.AGAIN
    )
    if practice.essentials and practice.essentials_missed == practice.essentials:
        return Recall.AGAIN
    if practice.essentials_missed or practice.hints >= HINTS_FOR_HARD:
        return min(reached, Recall.HARD)
    slow = practice.budget is not None and practice.seconds > OVERTIME * practice.budget
    if practice.hints or practice.essentials_prompted or slow:
        return min(reached, Recall.GOOD)
    return reached


def of_another_wording(reviews: Sequence[Review], question: str, found: Recall, *, wordings: int) -> Recall:
    """What a review counts after the earlier ones of its family.

    The wording that was asked last, asked again, is no proof: remembering the answer would do. It counts as hard where
    the family has another wording that could have been asked, and never as easy.
    """
    if not reviews or reviews[-1].question != question:
        return found
    return min(found, Recall.HARD if wordings > 1 else Recall.GOOD)
