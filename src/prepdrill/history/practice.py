"""Graded attempts as figures, and what the user has ordered about questions: what schedule and progress rest on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any, Final

from prepdrill.model import GraderId, Mark, MarkKind, Outcome, Practice, Rubric, Subject, decode_rubric

_CHOSEN: Final = {
    # the newest grade of each attempt, whoever gave it
    "anyone": "SELECT max(id) AS id FROM grade GROUP BY attempt",
    # the newest of one grader in the version heard last, with what the candidate settled in it afterwards
    "one": (
        "SELECT (SELECT max(id) FROM grade n WHERE n.attempt = b.attempt AND n.id >= b.id AND (n.id = b.id OR"
        "  (n.grader = 'self-check' AND n.fingerprint = (SELECT fingerprint FROM grade WHERE id = b.id)))) AS id"
        " FROM (SELECT attempt, max(id) AS id FROM grade WHERE grader = ?1 AND version ="
        "  (SELECT version FROM grade WHERE grader = ?1 ORDER BY id DESC LIMIT 1) GROUP BY attempt) b"
    ),
}
_PRACTICE: Final = """
    SELECT a.id, a.question, a.revision, a.started, a.seconds, a.budget, a.confidence,
        (SELECT count(*) FROM event WHERE attempt = a.id AND kind = 'hint taken'),
        g.low, g.high, g.grader = 'self-check',
        CASE g.grader WHEN 'self-check' THEN coalesce((SELECT p.grader || char(31) || p.version FROM grade p
            WHERE p.attempt = a.id AND p.id < g.id AND p.grader != 'self-check' AND p.fingerprint = g.fingerprint
            ORDER BY p.id DESC LIMIT 1), g.grader || char(31) || g.version)
        ELSE g.grader || char(31) || g.version END,
        (SELECT group_concat(criterion || ' ' || outcome || ' ' || prompted, char(31)) FROM verdict WHERE grade = g.id)
    FROM ({chosen}) c JOIN grade g USING (id) JOIN attempt a ON a.id = g.attempt
    ORDER BY a.started, a.id
"""
_ESSENTIALS: Final = """
    SELECT question, revision, group_concat(json_extract(c.value, '$.id'), char(31))
    FROM revision, json_each(item, '$[1].criteria') c WHERE json_extract(c.value, '$.essential')
    GROUP BY question, revision
"""
_FLAGS: Final = """
    SELECT question, revision, group_concat(json_extract(c.value, '$.id'), char(31))
    FROM revision, json_each(item, '$[1].red_flags') c GROUP BY question, revision
"""


class Practices:
    """What was practised. Every method raises HistoryError if the file cannot be used."""

    def __init__(
        self,
        transaction: Callable[[], AbstractContextManager[sqlite3.Connection]],
        rows: Callable[..., list[Any]],
    ) -> None:
        self._transaction = transaction
        self._rows = rows

    def all(self, grader: str | None = None) -> list[Practice]:
        """Every graded attempt, the oldest first: with its newest grade, or with the newest of one grader alone."""
        essentials, flags = self._ids(_ESSENTIALS), self._ids(_FLAGS)
        chosen = _CHOSEN["anyone" if grader is None else "one"]
        found = self._rows(_PRACTICE.format(chosen=chosen), *(() if grader is None else (grader,)))
        return [_practice(row, essentials, flags) for row in found]

    def graders(self) -> list[str]:
        """Names of the graders that have graded anything, the one that graded most first; the candidate is none."""
        return [
            name
            for (name,) in self._rows(
                "SELECT grader FROM grade WHERE grader != 'self-check' GROUP BY grader"
                " ORDER BY count(DISTINCT attempt) DESC, max(id) DESC"
            )
        ]

    def rubrics(self) -> dict[tuple[str, str], Rubric]:
        """(question, revision) -> the rubric, of everything that was ever asked."""
        found = self._rows("SELECT question, revision, json_extract(item, '$[1]') FROM revision")
        return {(question, revision): decode_rubric(json.loads(rubric)) for question, revision, rubric in found}

    def former(self, questions: Iterable[str]) -> dict[str, Subject]:
        """What questions were about when they were asked last: of those that the bank has no longer."""
        found = {}
        for question in questions:
            rows = self._rows(
                "SELECT json_extract(item, '$[0].family'), json_extract(item, '$[0].topics') FROM attempt"
                " JOIN revision USING (question, revision) WHERE question = ? ORDER BY started DESC LIMIT 1",
                question,
            )
            for family, topics in rows:
                found[question] = Subject(question, family, tuple(json.loads(topics)))
        return found

    def mark(self, question: str, kind: MarkKind, at: float) -> None:
        """Store an order of the user's about a question."""
        with self._transaction() as database:
            database.execute("INSERT INTO mark (question, kind, at) VALUES (?, ?, ?)", (question, kind.value, at))

    def marks(self) -> list[Mark]:
        """All orders about questions, the oldest first."""
        return [
            Mark(question, MarkKind(kind), at)
            for question, kind, at in self._rows("SELECT question, kind, at FROM mark ORDER BY number")
        ]

    def _ids(self, statement: str) -> dict[tuple[str, str], frozenset[str]]:
        return {(question, revision): frozenset(ids.split("\x1f")) for question, revision, ids in self._rows(statement)}


def _practice(
    row: tuple[Any, ...],
    essentials: dict[tuple[str, str], frozenset[str]],
    flags: dict[tuple[str, str], frozenset[str]],
) -> Practice:
    attempt, question, revision, at, seconds, budget, confidence, hints, low, high, settled, grader, said = row
    name, _, version = grader.partition("\x1f")
    outcomes = tuple(tuple(entry.split(" ")) for entry in said.split("\x1f")) if said else ()
    essential = essentials.get((question, revision), frozenset())
    flag = flags.get((question, revision), frozenset())
    missed = tuple(
        criterion
        for criterion, outcome, _ in outcomes
        if outcome == (Outcome.MET.value if criterion in flag else Outcome.UNMET.value)
    )
    prompted = {criterion for criterion, outcome, late in outcomes if late == "1" and outcome == Outcome.MET.value}
    return Practice(
        attempt=attempt,
        question=question,
        revision=revision,
        at=at,
        seconds=seconds,
        budget=budget,
        confidence=confidence,
        hints=hints,
        grader=GraderId(name, version),
        settled=bool(settled),
        low=low,
        high=high,
        essentials=len(essential),
        essentials_missed=len(essential.intersection(missed)),
        essentials_prompted=len(essential & prompted),
        missed=missed,
        outcomes=outcomes,
    )
