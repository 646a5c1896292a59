"""Requests into files: all that the answers of a batch need next, and that nobody was asked yet."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from prepdrill import chat
from prepdrill.bank import Bank
from prepdrill.batch.answers import Answer, answers
from prepdrill.batch.desk import Desk, Request
from prepdrill.batch.folder import Batch, Shard
from prepdrill.errors import PrepdrillError
from prepdrill.graders.judge import Judgement
from prepdrill.history import History
from prepdrill.history.batches import Batches

AT_ONCE: Final = 1000
"""Lines that are noted in one transaction."""
MEGABYTE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may hold; `size` is in bytes. By default what OpenAI takes, with room to spare."""

    requests: int = 50_000
    size: int = 190 * MEGABYTE


@dataclass(slots=True)
class Exported:
    """What an export did: `answers` were gone through, `requests` written."""

    answers: int = 0
    graded: int = 0
    """Answers that have this very grade already."""
    ready: int = 0
    """Answers whose replies are all there; an import grades them."""
    unreadable: int = 0
    """Answers whose replies hold no verdict."""
    requests: int = 0
    open: int = 0
    """Requests that are written already and not yet answered."""
    shards: list[Shard] = field(default_factory=list)
    """The files that were written."""


def export(
    batch: Batch,
    history: History,
    bank: Bank,
    limits: Limits,
    *,
    again: bool = False,
    advance: Callable[[], None] = lambda: None,
) -> Exported:
    """Write all requests that the answers of a batch need next, and that are neither answered nor written.

    `again` writes those anew that are written and not answered. Raises PrepdrillError if a request alone is too large.
    """
    lines, told = history.batches(), Exported()
    _tidy(batch, lines)
    _relearn(batch, history, lines)
    desk = Desk(batch.manifest, bank, history.replies())
    with _Files(batch, lines, limits, again=again) as files:
        for answer in answers(batch, bank, history):
            told.answers += 1
            found = desk.judged(answer)
            if not isinstance(found, Judgement):
                for request in found:
                    if files.wants(request):
                        files.write(request, answer)
                        told.requests += 1
                    else:
                        told.open += 1
            elif found.empty:
                told.unreadable += 1
            elif answer.attempt is not None and history.graded(answer.attempt, desk.judge.id, found.fingerprint):
                told.graded += 1
            else:
                told.ready += 1
            advance()
    if batch.manifest.from_file:
        told.graded = min(batch.manifest.graded, told.ready)
        told.ready -= told.graded
    told.shards = files.written
    return told


def _tidy(batch: Batch, lines: Batches) -> None:
    """Take back what an export that was stopped had begun: a file counts once the manifest has it."""
    last = len(batch.manifest.shards)
    lines.forget(batch.manifest.id, after=last)
    begun = Shard(last + 1, 0, 0).requests
    for name in (begun, f"{begun}.part"):
        batch.path(name).unlink(missing_ok=True)


def _relearn(batch: Batch, history: History, lines: Batches) -> None:
    """Go by what was learned of the server since, as long as no line was answered and none is under way."""
    manifest = batch.manifest
    known = history.replies().abilities(manifest.base_url, manifest.model)
    states = {state for counts in lines.counts(manifest.id).values() for state in counts}
    if known is not None and known != manifest.abilities and not states & {"exported", "answered"}:
        lines.forget(manifest.id, state="failed")
        batch.save(abilities=known)


class _Files:
    """Writes requests into files within their limits, and notes them; what is not complete at an error is dropped."""

    def __init__(self, batch: Batch, lines: Batches, limits: Limits, *, again: bool) -> None:
        self.written: list[Shard] = []
        self._batch = batch
        self._lines = lines
        self._limits = limits
        self._again = again
        self._first = len(batch.manifest.shards) + 1
        self._shard = Shard(self._first, 0, 0)
        self._pending: dict[str, str] = {}
        self._file: Any = None

    def __enter__(self) -> _Files:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._close()
        elif self._file is not None:
            self._file.close()
            _tidy(self._batch, self._lines)

    def wants(self, request: Request) -> bool:
        """Whether a request must be written: it is not, or it failed, or what is under way is to be written again."""
        if request.digest in self._pending:
            return False
        line = self._lines.find(request.digest)
        if line is None or line.state != "exported":
            return True
        return self._again and not (line.batch == self._batch.manifest.id and line.shard >= self._first)

    def write(self, request: Request, answer: Answer) -> None:
        line = request.line()
        if len(line) > self._limits.size:
            raise PrepdrillError(
                f"The request for {answer} has {len(line):,} bytes, and a file may have {self._limits.size:,}."
                " Allow more with --megabytes, or leave that one out."
            )
        if self._shard.lines == self._limits.requests or self._shard.size + len(line) > self._limits.size:
            self._close()
        if self._file is None:
            self._file = self._part.open("wb")
        self._file.write(line)
        self._shard = dataclasses.replace(self._shard, lines=self._shard.lines + 1, size=self._shard.size + len(line))
        self._pending[request.digest] = chat.parameters(request.body)
        if len(self._pending) == AT_ONCE:
            self._note()

    @property
    def _part(self) -> Path:
        return self._batch.path(f"{self._shard.requests}.part")

    def _note(self) -> None:
        self._lines.write(self._batch.manifest.id, self._shard.number, self._pending.items())
        self._pending.clear()

    def _close(self) -> None:
        if self._file is None:
            return
        self._note()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._file = None
        self._part.replace(self._batch.path(self._shard.requests))
        self._batch.save(shards=(*self._batch.manifest.shards, self._shard))
        self.written.append(self._shard)
        self._shard = Shard(self._shard.number + 1, 0, 0)
