"""What judges have replied: kept for ever, and found again instead of asked for again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any

from prepdrill.chat import Abilities, Reply, decode_abilities


class Replies:
    """The replies in a history. Every method raises HistoryError if the file cannot be used."""

    def __init__(
        self,
        database: sqlite3.Connection,
        transaction: Callable[[], AbstractContextManager[sqlite3.Connection]],
        rows: Callable[..., list[Any]],
    ) -> None:
        self._database = database
        self._transaction = transaction
        self._rows = rows

    def find(self, digest: str) -> Reply | None:
        """The reply to the request with this digest, None if it was never answered."""
        rows = self._rows(
            "SELECT text, finish, returned, refusal, reasoning, prompt_tokens, completion_tokens, seconds, digest,"
            " parameters FROM reply WHERE digest = ?",
            digest,
        )
        return Reply(*rows[0]) if rows else None

    def keep(self, base_url: str, model: str, replies: Iterable[Reply], at: float) -> None:
        """Store replies, each under its digest, in the place of one that is there already."""
        with self._transaction() as database:
            database.executemany(
                "INSERT OR REPLACE INTO reply VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (
                        reply.digest,
                        at,
                        base_url,
                        model,
                        reply.model,
                        reply.parameters,
                        reply.text,
                        reply.finish,
                        reply.refusal,
                        reply.reasoning,
                        reply.prompt_tokens,
                        reply.completion_tokens,
                        reply.seconds,
                    )
                    for reply in replies
                ),
            )

    def forget(self, digests: Iterable[str]) -> None:
        """Remove replies that nothing could be read from, so that they are asked for anew."""
        with self._transaction() as database:
            database.executemany("DELETE FROM reply WHERE digest = ?", ((digest,) for digest in digests))

    def of_grade(self, grade: int) -> list[Reply]:
        """The replies that a grade rests on, in the order in which they were read."""
        digests = self._rows("SELECT digest FROM grade_reply WHERE grade = ? ORDER BY number", grade)
        found = (self.find(digest) for (digest,) in digests)
        return [reply for reply in found if reply is not None]

    # --- what servers can do

    def abilities(self, base_url: str, model: str) -> Abilities | None:
        """What this server was found to accept for this model, None if it was never asked."""
        rows = self._rows("SELECT abilities FROM ability WHERE base_url = ? AND model = ?", base_url, model)
        return decode_abilities(rows[0][0]) if rows else None

    def learn(self, base_url: str, model: str, abilities: Abilities) -> None:
        """Remember what a server accepts."""
        with self._transaction() as database:
            database.execute("INSERT OR REPLACE INTO ability VALUES (?, ?, ?)", (base_url, model, abilities.encode()))
