"""The answers that a batch is about: attempts of the history, or lines of somebody's file."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from prepdrill.bank import Bank
from prepdrill.batch.folder import ANSWERS, Batch
from prepdrill.batch.lines import each_line, loaded
from prepdrill.chat import encodable
from prepdrill.errors import PrepdrillError
from prepdrill.history import History
from prepdrill.history.batches import Batches
from prepdrill.model import Exchange, Item, Transcript
from prepdrill.sitting import LONGEST_ANSWER

PROBLEMS_SHOWN: Final = 10
ITEMS_AT_HAND: Final = 64
"""Questions that are kept decoded while answers are gone through."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer that is to be graded: an attempt of the history, or one from a file."""

    item: Item
    transcript: Transcript
    attempt: int | None = None
    id: str = ""

    def __str__(self) -> str:
        return f"answer {self.id!r}" if self.attempt is None else f"attempt {self.attempt}"


def write_attempts(attempts: Iterable[int], path: Path) -> int:
    """Note attempts of the history as the answers of a batch, and return how many."""
    return _write_lines(({"attempt": number} for number in attempts), path)


def write_answers(source: Path, bank: Bank, batches: Batches, path: Path) -> int:
    """Take over the answers in a file, checked, as those of a batch, and return how many.

    Raises PrepdrillError that names, as path:line, what is wrong in it.
    """
    count = _write_lines(_checked(source, bank, batches), path)
    if not count:
        raise PrepdrillError(f"{source} holds no answer; write one JSON object a line.")
    return count


def _write_lines(lines: Iterable[Mapping[str, Any]], path: Path) -> int:
    part, count = path.with_name(f"{path.name}.part"), 0
    with part.open("w", encoding="utf-8") as file:
        for fields in lines:
            file.write(json.dumps(fields, ensure_ascii=False) + "\n")
            count += 1
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return count


def _checked(source: Path, bank: Bank, batches: Batches) -> Iterator[dict[str, Any]]:
    problems: list[str] = []
    known: dict[str, str] = {}

    def fault(question: str) -> str:
        if question not in known:
            try:
                bank.ready(question)
                known[question] = ""
            except PrepdrillError as error:
                known[question] = str(error)
        return known[question]

    with batches.unique() as fresh:
        for number, (line, _) in enumerate(each_line(source), start=1):
            if not line.strip():
                continue
            try:
                fields = _fields(line)
                if wrong := fault(fields["question"]):
                    raise ValueError(wrong)
                if not fresh(fields["id"]):
                    raise ValueError(f"the id {fields['id']!r} stands in an earlier line too")
            except ValueError as error:
                problems.append(f"{source}:{number}: {error}")
                if len(problems) == PROBLEMS_SHOWN:
                    break
            else:
                if not problems:
                    yield fields
    if problems:
        raise PrepdrillError("\n".join(problems))


def _fields(line: bytes) -> dict[str, Any]:
    """One answer of a file; raises ValueError, with a sentence, if it is none."""
    fields = loaded(line)
    if fields is None:
        raise ValueError("this is no JSON object; write one a line")
    taken: dict[str, Any] = {name: _given(fields, name) for name in ("id", "question", "answer")}
    if not taken["id"].strip():
        raise ValueError("'id' is empty; it tells one answer from all others")
    if len(taken["answer"]) > LONGEST_ANSWER:
        raise ValueError(f"'answer' is too long: {LONGEST_ANSWER:,} characters at most")
    follow_ups = fields.get("follow_ups") or []
    if not (isinstance(follow_ups, list) and all(isinstance(entry, dict) for entry in follow_ups)):
        raise ValueError("'follow_ups' must be a list of objects with 'ask' and 'answer'")
    taken["follow_ups"] = [
        {"ask": _given(entry, "ask"), "answer": _given(entry, "answer"), "kind": entry.get("kind", "follow-up")}
        for entry in follow_ups
    ]
    if any(entry["kind"] not in _KINDS for entry in taken["follow_ups"]):
        raise ValueError(f"the 'kind' of a follow-up is one of {', '.join(_KINDS)}")
    return taken


_KINDS: Final = ("headline", "twist", "follow-up", "probe")


def _given(fields: Mapping[str, Any], name: str) -> str:
    found = fields.get(name)
    text = found if isinstance(found, str) else None
    if text is None:
        raise ValueError(f"{name!r} must be a text")
    return encodable(text).replace("\r\n", "\n")


def answers(batch: Batch, bank: Bank, history: History) -> Iterator[Answer]:
    """The answers of a batch, one after the other."""
    item = functools.lru_cache(maxsize=ITEMS_AT_HAND)(bank.ready)
    with batch.path(ANSWERS).open(encoding="utf-8") as file:
        for line in file:
            fields = json.loads(line)
            if "attempt" in fields:
                stored = history.attempt(fields["attempt"])
                yield Answer(stored.item, stored.transcript, attempt=stored.id)
                continue
            exchanges = tuple(
                Exchange(entry["ask"], entry["answer"], kind=entry["kind"]) for entry in fields["follow_ups"]
            )
            asked = item(fields["question"])
            twist = asked.question.twist and any(exchange.kind == "twist" for exchange in exchanges)
            yield Answer(asked.with_twist if twist else asked, Transcript(fields["answer"], exchanges), id=fields["id"])
