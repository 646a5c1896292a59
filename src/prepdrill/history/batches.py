"""Requests that were written into the files of a batch: which of them are open, answered or failed."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

State: TypeAlias = Literal["exported", "answered", "failed"]


@dataclass(frozen=True, slots=True)
class Line:
    """One request in the file `shard` of a batch; numbers count from 1."""

    batch: str
    shard: int
    state: State
    parameters: str
    """What is sent besides messages and schema, as JSON."""


class Batches:
    """The lines of all batches in a history. Every method raises HistoryError if the file cannot be used."""

    def __init__(
        self,
        database: sqlite3.Connection,
        transaction: Callable[[], AbstractContextManager[sqlite3.Connection]],
        rows: Callable[..., list[Any]],
    ) -> None:
        self._database = database
        self._transaction = transaction
        self._rows = rows

    def find(self, digest: str) -> Line | None:
        """Where the request with this digest was written, None if nowhere."""
        rows = self._rows("SELECT batch, shard, state, parameters FROM batch_line WHERE digest = ?", digest)
        return Line(*rows[0]) if rows else None

    def write(self, batch: str, shard: int, lines: Iterable[tuple[str, str]]) -> None:
        """Note (digest, parameters) of lines that were written; one that is noted already is open again, here."""
        with self._transaction() as database:
            database.executemany(
                "INSERT INTO batch_line (digest, batch, shard, parameters) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (digest) DO UPDATE SET batch = excluded.batch, shard = excluded.shard,"
                " state = 'exported', parameters = excluded.parameters, reason = ''",
                ((digest, batch, shard, parameters) for digest, parameters in lines),
            )

    def settle(self, answered: Iterable[str], failed: Iterable[tuple[str, str]]) -> None:
        """Note the digests of answered lines, and (digest, reason) of failed ones."""
        with self._transaction() as database:
            database.executemany(
                "UPDATE batch_line SET state = 'answered', reason = '' WHERE digest = ?",
                ((digest,) for digest in answered),
            )
            database.executemany(
                "UPDATE batch_line SET state = 'failed', reason = ? WHERE digest = ?",
                ((reason, digest) for digest, reason in failed),
            )

    def give_up(self, batch: str, shard: int, reason: str) -> int:
        """Let the lines of a file that are still open fail, and return how many they are."""
        with self._transaction() as database:
            cursor = database.execute(
                "UPDATE batch_line SET state = 'failed', reason = ? WHERE batch = ? AND shard = ?"
                " AND state = 'exported'",
                (reason, batch, shard),
            )
            return cursor.rowcount

    def forget(self, batch: str, *, after: int = 0, state: State = "exported") -> None:
        """Forget the lines of a batch in this state, in files of a number above `after`."""
        with self._transaction() as database:
            database.execute(
                "DELETE FROM batch_line WHERE batch = ? AND shard > ? AND state = ?", (batch, after, state)
            )

    def counts(self, batch: str) -> dict[int, dict[str, int]]:
        """File -> state -> how many lines of the batch are in it."""
        counts: dict[int, dict[str, int]] = {}
        for shard, state, count in self._rows(
            "SELECT shard, state, count(*) FROM batch_line WHERE batch = ? GROUP BY shard, state", batch
        ):
            counts.setdefault(shard, {})[state] = count
        return counts

    def reasons(self, batch: str, most: int) -> list[tuple[str, int]]:
        """The most frequent reasons for which lines failed, and how many failed for each."""
        return [
            (reason, count)
            for reason, count in self._rows(
                "SELECT reason, count(*) FROM batch_line WHERE batch = ? AND state = 'failed'"
                " GROUP BY reason ORDER BY 2 DESC, 1 LIMIT ?",
                batch,
                most,
            )
        ]

    @contextlib.contextmanager
    def unique(self) -> Iterator[Callable[[str], bool]]:
        """Whether a text is new among those asked about so far; they are held on disk, not in memory."""
        self._rows("CREATE TEMP TABLE text (text TEXT PRIMARY KEY) WITHOUT ROWID")
        try:
            yield lambda text: bool(self._rows("INSERT OR IGNORE INTO temp.text VALUES (?) RETURNING 1", text))
        finally:
            self._rows("DROP TABLE temp.text")

    @contextlib.contextmanager
    def repeatable(self) -> Iterator[None]:
        """For work that can be done again: a write need not wait until the disk has it. A crash loses the last ones."""
        self._rows("PRAGMA synchronous = NORMAL")
        try:
            yield
        finally:
            self._rows("PRAGMA synchronous = FULL")
