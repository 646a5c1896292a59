"""Mock interviews in the history: which there are, which can be gone on with, and the scorecard of each."""

from __future__ import annotations

import dataclasses

from prepdrill import scoring
from prepdrill.errors import PrepdrillError
from prepdrill.history import Attempt, History, Session
from prepdrill.model import Grade, Item, Scale
from prepdrill.programme import MOCK
from prepdrill.scorecard import Performance, Scorecard, State, scorecard
from prepdrill.screen.text import local, spoken_minutes
from prepdrill.sitting import rebuilt


def find(history: History, number: int | None) -> Session:
    """The interview with this session number, the newest without one; raises PrepdrillError if there is none."""
    if number is None:
        found = history.sessions(MOCK)
        if not found:
            raise PrepdrillError("There is no mock interview yet; `prepdrill mock` holds the first.")
        return found[0]
    session = history.session(number)
    if session.command != MOCK:
        raise PrepdrillError(
            f"Session {number} is no mock interview ({session.command}); `prepdrill mock list` lists them."
        )
    return session


def resumable(history: History) -> int | None:
    """The session of the newest mock interview, if something of it is left to go on with; None if not."""
    newest = next(iter(history.sessions(MOCK)), None)
    if newest is None or newest.ended is not None or newest.plan is None:
        return None
    begun = history.attempts_of(newest.id)
    if not begun:
        return None
    left = len(begun) < len(newest.plan.rounds) or history.attempt(begun[-1]).state in ("open", "answered")
    return newest.id if left else None


def card(history: History, session: int, scale: Scale) -> Scorecard:
    """The scorecard of one interview as the history has it now: every attempt with its newest grade by one grader.

    Of an interview that was left in the middle it is what was said so far. Raises HistoryError if there is none.
    """
    stored = history.session(session)
    rounds = stored.plan.rounds if stored.plan is not None else ()
    attempts = [history.attempt(id) for id in history.attempts_of(session)]
    roles = [entry.role for entry in rounds] + [""] * len(attempts)
    grades = scoring.by_one_grader([scoring.by_grader(entry.grade for entry in attempt.grades) for attempt in attempts])
    performances = [
        _performance(attempt, role, grade) for attempt, role, grade in zip(attempts, roles, grades, strict=False)
    ]
    minutes = stored.plan.minutes if stored.plan is not None else None
    return scorecard(performances, scale, planned=len(rounds), minutes=minutes)


def title(session: Session) -> str:
    """`Mock interview 7 · 45 minutes · 2026-11-23 07:05`."""
    minutes = session.plan.minutes if session.plan is not None else None
    length = [spoken_minutes(minutes)] if minutes is not None else []
    return " · ".join((f"Mock interview {session.id}", *length, local(session.started)))


def _performance(attempt: Attempt, role: str, grade: Grade | None) -> Performance:
    interview = rebuilt(attempt)
    return Performance(
        role=role,
        item=_as_asked(attempt),
        state=_state(attempt),
        grade=grade,
        transcript=attempt.transcript,
        seconds=attempt.seconds,
        budget=attempt.budget,
        prompted=interview.prompted,
        confidence=attempt.confidence,
        asked=interview.asked,
        attempt=attempt.id,
    )


def _state(attempt: Attempt) -> State:
    if attempt.state == "skipped":
        return "skipped"
    return "cut off" if attempt.submitted is None else "answered"


def _as_asked(attempt: Attempt) -> Item:
    """The item, without what its twist asks for if the interview did not get that far."""
    if any(exchange.kind == "twist" for exchange in attempt.transcript.exchanges):
        return attempt.item
    rubric = attempt.item.rubric
    asked = tuple(criterion for criterion in rubric.criteria if criterion not in rubric.twist)
    return dataclasses.replace(attempt.item, rubric=dataclasses.replace(rubric, criteria=asked))
