"""The shapes of `--json`: values of the model as what docs/json.md describes."""

from __future__ import annotations

import datetime
from typing import Any

from prepdrill.history import Attempt, Draft, StoredGrade, Summary
from prepdrill.model import Event, Grade, Item, Verdict, encode


def grade(value: Grade, item: Item) -> dict[str, Any]:
    return {
        "question": value.question,
        "revision": value.revision,
        "grader": {
            "name": value.grader.name,
            "version": value.grader.version,
            "fingerprint": value.fingerprint,
        },
        "score": {
            "value": _rounded(value.score.value),
            "low": _rounded(value.score.low),
            "high": _rounded(value.score.high),
        },
        "rating": value.rating,
        "verdicts": [_verdict(verdict, item) for verdict in value.verdicts],
    }


def _verdict(verdict: Verdict, item: Item) -> dict[str, Any]:
    criterion = item.rubric.criterion(verdict.criterion)
    evidence = verdict.evidence
    return {
        "criterion": verdict.criterion,
        "red_flag": criterion.red_flag,
        "dimension": criterion.dimension,
        "points": criterion.points,
        "essential": criterion.essential,
        "outcome": verdict.outcome.value,
        "prompted": verdict.prompted,
        "confidence": verdict.confidence,
        "reason": verdict.reason,
        "by": verdict.by,
        "evidence": evidence and {"quote": evidence.quote, "start": evidence.start, "end": evidence.end},
    }


def summary(value: Summary) -> dict[str, Any]:
    return {
        "attempt": value.id,
        "question": value.question,
        "title": value.title,
        "section": value.section,
        "started": iso(value.started),
        "state": value.state,
        "seconds": round(value.seconds, 1),
        "budget": value.budget,
        "words": value.words,
        "grade": None
        if value.grader is None
        else {
            "grader": value.grader,
            "low": _rounded(value.low),
            "high": _rounded(value.high),
            "rating": value.rating,
        },
    }


def attempt(value: Attempt) -> dict[str, Any]:
    return {
        "attempt": value.id,
        "session": value.session,
        "question": encode(value.item.question),
        "revision": value.item.revision,
        "rubric": encode(value.item.rubric),
        "started": iso(value.started),
        "submitted": iso(value.submitted),
        "state": value.state,
        "budget": value.budget,
        "strict": value.strict,
        "twist": value.twist,
        "confidence": value.confidence,
        "seconds": round(value.seconds, 1),
        "answer": value.transcript.answer,
        "draft": value.draft,
        "follow_ups": [
            {
                "kind": exchange.kind,
                "ask": exchange.ask,
                "when_missed": exchange.when_missed,
                "answer": exchange.answer,
            }
            for exchange in value.transcript.exchanges
        ],
        "events": [_entry(entry) for entry in value.record],
        "grades": [stored_grade(stored, value.item) for stored in value.grades],
    }


def _entry(entry: Event | Draft) -> dict[str, Any]:
    kind = entry.kind.value if isinstance(entry, Event) else "line" if entry.start is None else "edit"
    shape: dict[str, Any] = {"at": iso(entry.at.wall), "kind": kind, "text": entry.text}
    if isinstance(entry, Draft) and entry.start is not None:
        shape |= {"start": entry.start, "removed": entry.removed}
    return shape


def stored_grade(stored: StoredGrade, item: Item) -> dict[str, Any]:
    return {"grade": stored.id, "graded": iso(stored.graded), **grade(stored.grade, item)}


def iso(seconds: float | None) -> str | None:
    """A time as ISO 8601 in UTC."""
    if seconds is None:
        return None
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(timespec="seconds")


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
