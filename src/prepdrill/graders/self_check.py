"""The candidate settles what a grader left open, and may overrule anything. Who said what is kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Final

from prepdrill.model import Grade, GraderId, Outcome, Verdict

ID: Final = GraderId("self-check", "1")
USER: Final = "user"


def open_verdicts(grade: Grade) -> tuple[Verdict, ...]:
    """The verdicts that are waiting to be settled."""
    return tuple(verdict for verdict in grade.verdicts if verdict.outcome in (Outcome.UNSURE, Outcome.UNGRADED))


def decisions(grade: Grade) -> dict[str, Outcome]:
    """What the user decided in this grade, by criterion."""
    return {verdict.criterion: verdict.outcome for verdict in grade.verdicts if verdict.by == USER}


def settled(grade: Grade, decisions: Mapping[str, Outcome]) -> tuple[Verdict, ...]:
    """The verdicts of `grade` with the user's decisions in their place; those are the user's from then on."""
    return tuple(
        dataclasses.replace(
            verdict,
            outcome=decisions[verdict.criterion],
            reason=f"{verdict.by} said {verdict.outcome}: {verdict.reason}",
            confidence=1.0,
            by=USER,
        )
        if verdict.criterion in decisions
        else verdict
        for verdict in grade.verdicts
    )
