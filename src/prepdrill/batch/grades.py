"""Grades of all answers whose replies are there."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from prepdrill import judging
from prepdrill.bank import Bank
from prepdrill.batch.answers import Answer, answers
from prepdrill.batch.desk import Desk
from prepdrill.batch.folder import GRADES, Batch
from prepdrill.graders.judge import Judgement
from prepdrill.history import History
from prepdrill.history.batches import Line
from prepdrill.model import Grade, Item


@dataclass(slots=True)
class Graded:
    """How the answers of a batch stand, each counted once."""

    graded: int = 0
    already: int = 0
    """They had this very grade before."""
    again: int = 0
    """They need another round: export again."""
    failed: int = 0
    """A request of theirs failed; the next export writes it again."""
    open: int = 0
    """Their requests are under way."""
    unreadable: int = 0
    """Their replies hold no verdict."""


def grade(
    batch: Batch,
    history: History,
    bank: Bank,
    at: float,
    shape: Callable[[Grade, Item], Mapping[str, Any]],
    *,
    advance: Callable[[], None] = lambda: None,
) -> Graded:
    """Grade every answer whose replies are all there.

    Attempts get their grade appended to the history, once; grades of answers from a file are written into the folder,
    each as `shape` gives it after the answer's id.
    """
    told, lines = Graded(), history.batches()
    desk = Desk(batch.manifest, bank, history.replies())
    path = batch.path(GRADES)
    part = path.with_name(f"{GRADES}.part")
    with lines.repeatable(), contextlib.ExitStack() as stack:
        file = stack.enter_context(part.open("w", encoding="utf-8")) if batch.manifest.from_file else None
        for answer in answers(batch, bank, history):
            found = desk.judged(answer)
            if not isinstance(found, Judgement):
                _count_waiting(told, [lines.find(request.digest) for request in found])
            elif found.empty:
                told.unreadable += 1
            else:
                given = judging.grade(answer.item, bank.scale, desk.judge, found)
                if file is not None:
                    fields = {"id": answer.id, **shape(given, answer.item)}
                    file.write(json.dumps(fields, ensure_ascii=False) + "\n")
                    told.graded += 1
                else:
                    _add(told, history, answer, given, found, at)
            advance()
    if batch.manifest.from_file:
        part.replace(path)
        batch.save(graded=told.graded)
    return told


def _add(told: Graded, history: History, answer: Answer, given: Grade, judgement: Judgement, at: float) -> None:
    assert answer.attempt is not None
    if history.graded(answer.attempt, given.grader, given.fingerprint):
        told.already += 1
    else:
        history.add_grade(answer.attempt, given, at, [reply.digest for reply in judgement.replies])
        told.graded += 1


def _count_waiting(told: Graded, lines: Iterable[Line | None]) -> None:
    states = {None if line is None else line.state for line in lines}
    if "failed" in states:
        told.failed += 1
    elif states == {"exported"}:
        told.open += 1
    else:
        told.again += 1
