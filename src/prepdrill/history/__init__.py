"""The history: one SQLite file that only grows.

Everything that the user typed is on disk, with `synchronous=FULL`, before a method returns. Two processes may write at
once. Every failure of the database is a HistoryError with a sentence; the caller still holds the text.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import os
import sqlite3
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from prepdrill.errors import HistoryError
from prepdrill.history.batches import Batches
from prepdrill.history.claims import Claims
from prepdrill.history.migrations import STEPS
from prepdrill.history.practice import Practices
from prepdrill.history.replies import Replies
from prepdrill.model import (
    Event,
    EventKind,
    Evidence,
    Exchange,
    Grade,
    GraderId,
    Item,
    Moment,
    Outcome,
    Plan,
    Round,
    Score,
    Transcript,
    Verdict,
    decode_question,
    decode_rubric,
    encode,
)

BUSY_SECONDS: Final = 10.0
"""How long a write waits for another process before it gives up."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One change of a draft: a line added, the whole text replaced, or `removed` characters from `start` on."""

    at: Moment
    text: str
    whole: bool
    start: int | None = None
    removed: int = 0


@dataclass(frozen=True, slots=True)
class StoredGrade:
    id: int
    attempt: int
    graded: float
    grade: Grade


@dataclass(frozen=True, slots=True)
class Session:
    """One sitting; times are seconds since the epoch. `plan` is None if it was stored without one."""

    id: int
    command: str
    started: float
    ended: float | None
    grader: str
    plan: Plan | None


@dataclass(frozen=True, slots=True)
class Summary:
    """One attempt as a line of a list, with its latest grade."""

    id: int
    question: str
    title: str
    section: str
    started: float
    state: str
    seconds: float
    budget: float | None
    words: int
    grader: str | None
    low: float | None
    high: float | None
    rating: str | None
    snippet: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt in full; times are seconds since the epoch, durations seconds."""

    id: int
    session: int
    item: Item
    started: float
    submitted: float | None
    state: str
    budget: float | None
    strict: bool
    seconds: float
    twist: bool
    confidence: int | None
    draft: str
    """What was typed and not submitted: of the answer, or of the follow-up that was being answered."""
    transcript: Transcript
    record: tuple[Event | Draft, ...]
    """All that happened, in order: applying it again rebuilds the interview."""
    grades: tuple[StoredGrade, ...]

    @property
    def events(self) -> tuple[Event, ...]:
        return tuple(entry for entry in self.record if isinstance(entry, Event))


@dataclass(frozen=True, slots=True)
class Filter:
    """Which attempts a list holds; None everywhere is all of them."""

    section: str | None = None
    question: str | None = None
    since: float | None = None
    until: float | None = None
    rating: str | None = None
    text: str | None = None
    """Words that the answers or the title contain."""


def open_history(path: Path) -> History:
    """The history at `path`, made or migrated if need be.

    Raises HistoryError if it cannot be opened, is damaged, or was written by a newer prepdrill.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = not path.exists()
        if fresh:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise HistoryError(
            f"The history {path} cannot be made: {error.strerror}. Choose another folder with PREPDRILL_HOME."
        ) from None
    return History(_connect(path), path)


def read_history(path: Path) -> History:
    """The history at `path` for reading: an empty one in memory if there is none yet."""
    if path.exists():
        return open_history(path)
    return History(_connect(None), path)


class History:
    """Attempts, what was typed in them, and their grades. Close it, or use it as a context manager."""

    def __init__(self, database: sqlite3.Connection, path: Path) -> None:
        self._database = database
        self.path = path
        self._claims = Claims(path.with_suffix(".sessions"))

    def __enter__(self) -> History:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()
        self._claims.close()

    def claim(self, session: int) -> bool:
        """Hold a session until this history is closed; False if another window holds it."""
        return self._claims.take(session)

    # --- writing

    def begin_session(
        self, command: str, grader: str, at: float, seed: int | None = None, plan: Plan | None = None
    ) -> int:
        """Store the start of a sitting, with what it will ask, and return its number."""
        with self._transaction() as database:
            cursor = database.execute(
                "INSERT INTO session (started, command, grader, seed, plan) VALUES (?, ?, ?, ?, ?)",
                (at, command, grader, seed, _encoded_plan(plan)),
            )
            return _new_id(cursor)

    def change_plan(self, session: int, plan: Plan) -> None:
        """Store what a sitting will ask from now on."""
        with self._transaction() as database:
            database.execute("UPDATE session SET plan = ? WHERE id = ?", (_encoded_plan(plan), session))

    def end_session(self, session: int, at: float) -> None:
        with self._transaction() as database:
            database.execute("UPDATE session SET ended = ? WHERE id = ?", (at, session))

    def begin_attempt(
        self,
        session: int,
        item: Item,
        at: float,
        budget: float | None,
        strict: bool = False,
        twist: bool = False,
    ) -> int:
        """Store an attempt with the question and rubric as they are asked, and return its number."""
        question = item.question
        with self._transaction() as database:
            database.execute(
                "INSERT OR IGNORE INTO revision VALUES (?, ?, ?)",
                (question.id, item.revision, json.dumps([encode(question), encode(item.rubric)], ensure_ascii=False)),
            )
            cursor = database.execute(
                "INSERT INTO attempt (session, question, revision, section, title, started, budget, strict, twist)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (session, question.id, item.revision, question.section, question.title, at, budget, strict, twist),
            )
            return _new_id(cursor)

    def record(self, attempt: int, event: Event, *, seconds: float) -> None:
        """Store an event; `seconds` is the time spent on the answer so far.

        A submitted text becomes the attempt's answer, an answered follow-up joins the transcript.
        """
        with self._transaction() as database:
            database.execute(
                "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    attempt,
                    self._next_number(attempt),
                    event.kind.value,
                    event.at.monotonic,
                    event.at.wall,
                    event.text,
                    json.dumps(sorted(event.missed)),
                ),
            )
            database.execute("UPDATE attempt SET seconds = ? WHERE id = ?", (seconds, attempt))
            if event.kind is EventKind.SUBMITTED:
                database.execute(
                    "UPDATE attempt SET state = 'answered', submitted = ?, answer = ? WHERE id = ?",
                    (event.at.wall, event.text, attempt),
                )
            elif event.kind is EventKind.CONFIDENCE_GIVEN:
                level = int(event.text) if event.text.isdigit() else None
                database.execute("UPDATE attempt SET confidence = ? WHERE id = ?", (level, attempt))
            elif event.kind is EventKind.SKIPPED:
                database.execute("UPDATE attempt SET state = 'skipped' WHERE id = ?", (attempt,))
            elif event.kind is EventKind.ENDED:
                database.execute("UPDATE attempt SET state = 'done' WHERE id = ? AND state = 'answered'", (attempt,))

    def add_exchange(self, attempt: int, exchange: Exchange, event: Event, *, seconds: float) -> None:
        """Store the answer to a follow-up together with its event."""
        with self._transaction() as database:
            (number,) = database.execute("SELECT count(*) FROM follow_up WHERE attempt = ?", (attempt,)).fetchone()
            database.execute(
                "INSERT INTO follow_up (attempt, number, ask, when_missed, answer, answered, kind)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (attempt, number, exchange.ask, exchange.when_missed, exchange.answer, event.at.wall, exchange.kind),
            )
            database.execute(
                "UPDATE attempt SET said = trim(said || char(10, 10) || ?, char(10)) WHERE id = ?",
                (exchange.answer, attempt),
            )
            database.execute(
                "INSERT INTO event (attempt, number, kind, monotonic, wall, text) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    attempt,
                    self._next_number(attempt),
                    event.kind.value,
                    event.at.monotonic,
                    event.at.wall,
                    event.text,
                ),
            )
            database.execute("UPDATE attempt SET seconds = ? WHERE id = ?", (seconds, attempt))

    def change_draft(self, attempt: int, draft: Draft, *, seconds: float) -> None:
        """Store a change of the draft; `seconds` is the time spent on the answer so far."""
        with self._transaction() as database:
            database.execute(
                "INSERT INTO draft (attempt, number, monotonic, wall, whole, text, start, removed)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    attempt,
                    self._next_number(attempt),
                    draft.at.monotonic,
                    draft.at.wall,
                    draft.whole,
                    draft.text,
                    draft.start,
                    None if draft.start is None else draft.removed,
                ),
            )
            database.execute("UPDATE attempt SET seconds = ? WHERE id = ?", (seconds, attempt))

    def add_grade(self, attempt: int, grade: Grade, at: float, replies: Sequence[str] = ()) -> int:
        """Append a grade; earlier ones stay. `replies` are the digests of the replies that a judge's grade rests on."""
        with self._transaction() as database:
            cursor = database.execute(
                "INSERT INTO grade (attempt, graded, grader, version, fingerprint, revision, value, low, high, rating)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    attempt,
                    at,
                    grade.grader.name,
                    grade.grader.version,
                    grade.fingerprint,
                    grade.revision,
                    grade.score.value,
                    grade.score.low,
                    grade.score.high,
                    grade.rating,
                ),
            )
            number = _new_id(cursor)
            database.executemany(
                "INSERT INTO verdict VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(number, at, *_verdict_row(verdict)) for at, verdict in enumerate(grade.verdicts)],
            )
            database.executemany(
                "INSERT INTO grade_reply VALUES (?, ?, ?)", [(number, at, digest) for at, digest in enumerate(replies)]
            )
            return number

    # --- reading

    def attempt(self, id: int) -> Attempt:
        """One attempt in full; raises HistoryError if there is none with this number."""
        row = self._one(
            "SELECT a.session, a.question, a.revision, a.started, a.submitted, a.state, a.budget, a.strict, a.seconds,"
            " a.answer, a.twist, a.confidence, r.item FROM attempt a JOIN revision r USING (question, revision)"
            " WHERE a.id = ?",
            id,
        )
        if row is None:
            raise HistoryError(f"There is no attempt {id}; `prepdrill review` lists them.")
        session, _, revision, started, submitted, state, budget, strict, seconds, answer, twist, confidence, item = row
        record = tuple(self._record(id))
        exchanges = tuple(
            Exchange(ask, said, when_missed, kind)
            for ask, said, when_missed, kind in self._all(
                "SELECT ask, answer, when_missed, kind FROM follow_up WHERE attempt = ? ORDER BY number", id
            )
        )
        return Attempt(
            id=id,
            session=session,
            item=_item(item, revision, twist=bool(twist)),
            started=started,
            submitted=submitted,
            state=state,
            budget=budget,
            strict=bool(strict),
            seconds=seconds,
            twist=bool(twist),
            confidence=confidence,
            draft=drafted(record),
            transcript=Transcript(answer, exchanges),
            record=record,
            grades=tuple(self.grades(id)),
        )

    def grades(self, attempt: int) -> Iterator[StoredGrade]:
        """All grades of an attempt, the oldest first."""
        rows = self._all(
            "SELECT g.id, g.graded, a.question, g.revision, g.grader, g.version, g.fingerprint, g.value, g.low, g.high,"
            " g.rating FROM grade g JOIN attempt a ON a.id = g.attempt WHERE g.attempt = ? ORDER BY g.id",
            attempt,
        )
        for id, graded, question, revision, grader, version, fingerprint, value, low, high, rating in rows:
            verdicts = self._all(
                'SELECT criterion, outcome, prompted, confidence, reason, by, quote, start, "end"'
                " FROM verdict WHERE grade = ? ORDER BY number",
                id,
            )
            grade = Grade(
                question,
                revision,
                GraderId(grader, version),
                fingerprint,
                Score(value, low, high),
                rating,
                tuple(_verdict(*row) for row in verdicts),
            )
            yield StoredGrade(id, attempt, graded, grade)

    def page(self, filter: Filter, *, limit: int, offset: int = 0) -> list[Summary]:
        """Attempts that the filter lets through, the newest first."""
        where: list[str] = ["1"]
        values: list[str | float] = []
        columns, source = "''", "attempt a"
        if filter.text:
            source = "answer_search s JOIN attempt a ON a.id = s.rowid"
            columns = "snippet(answer_search, -1, char(2), char(3), '…', 14)"
            where.append("answer_search MATCH ?")
            values.append(_match_expression(filter.text))
        for condition, value in (
            ("a.section = ?", filter.section),
            ("a.question = ?", filter.question),
            ("a.started >= ?", filter.since),
            ("a.started < ?", filter.until),
            ("g.rating = ?", filter.rating),
        ):
            if value is not None:
                where.append(condition)
                values.append(value)
        order = "s.rowid DESC" if filter.text else "a.started DESC, a.id DESC"
        rows = self._all(
            "SELECT a.id, a.question, a.title, a.section, a.started, a.state, a.seconds, a.budget,"
            f" a.answer, g.grader, g.low, g.high, g.rating, {columns} FROM {source}"
            " LEFT JOIN grade g ON g.id = (SELECT max(id) FROM grade WHERE attempt = a.id)"
            f" WHERE {' AND '.join(where)} ORDER BY {order} LIMIT ? OFFSET ?",
            *values,
            limit,
            offset,
        )
        return [Summary(*(*row[:8], len(row[8].split()), *row[9:])) for row in rows]

    def count(self) -> int:
        """How many attempts there are."""
        (count,) = self._one("SELECT count(*) FROM attempt") or (0,)
        return int(count)

    def unfinished(self) -> int | None:
        """The newest attempt that was started and neither ended nor skipped, None if there is none.

        What another window holds is not left unfinished: it is being written.
        """
        rows = self._all(
            "SELECT id, session FROM attempt WHERE state IN ('open', 'answered') ORDER BY id DESC LIMIT 50"
        )
        return next((id for id, session in rows if self._claims.free(session)), None)

    @property
    def in_flight(self) -> bool:
        """Whether anything is open, held by a window or not: an attempt, or the newest session."""
        return bool(
            self._one(
                "SELECT EXISTS (SELECT 1 FROM attempt WHERE state IN ('open', 'answered')) OR EXISTS"
                " (SELECT 1 FROM session WHERE ended IS NULL AND id = (SELECT max(id) FROM session))"
            )[0]
        )

    def resumable(self) -> int | None:
        """The session to go on with, None if there is none.

        It is that of the newest unfinished attempt, or else the newest session, if it was left between two questions.
        """
        attempt = self.unfinished()
        if attempt is not None:
            row = self._one("SELECT session FROM attempt WHERE id = ?", attempt)
            return int(row[0])
        row = self._one("SELECT id FROM session WHERE ended IS NULL AND id = (SELECT max(id) FROM session)")
        if row is None or not self._claims.free(row[0]):
            return None
        plan = self.session(row[0]).plan
        begun = len(self.attempts_of(row[0]))
        return row[0] if plan is not None and 0 < begun < len(plan.rounds) else None

    def session(self, id: int) -> Session:
        """One sitting; raises HistoryError if there is none with this number."""
        row = self._one("SELECT id, command, started, ended, grader, plan FROM session WHERE id = ?", id)
        if row is None:
            raise HistoryError(f"There is no session {id}.")
        return _session(*row)

    def sessions(self, command: str) -> list[Session]:
        """All sittings of one command, the newest first."""
        rows = self._all(
            "SELECT id, command, started, ended, grader, plan FROM session WHERE command = ? ORDER BY id DESC", command
        )
        return [_session(*row) for row in rows]

    def attempts_of(self, session: int) -> list[int]:
        """Numbers of the attempts of one sitting, in the order in which they were begun."""
        return [id for (id,) in self._all("SELECT id FROM attempt WHERE session = ? ORDER BY id", session)]

    def attempted(self) -> dict[str, float]:
        """Question -> when it was last attempted, in seconds since the epoch."""
        return dict(self._all("SELECT question, max(started) FROM attempt GROUP BY question"))

    def replies(self) -> Replies:
        """What judges have replied, in this same file."""
        return Replies(self._database, self._transaction, self._all)

    def batches(self) -> Batches:
        """The lines of batches that were exported from this same file."""
        return Batches(self._database, self._transaction, self._all)

    def practices(self) -> Practices:
        """What was practised, as figures, and the user's orders about questions."""
        return Practices(self._transaction, self._all)

    def handed_in(self, since: float | None = None) -> list[int]:
        """Numbers of the attempts that were handed in, the oldest first; `since` is in seconds since the epoch."""
        rows = self._all("SELECT id FROM attempt WHERE submitted >= ? ORDER BY id", 0.0 if since is None else since)
        return [id for (id,) in rows]

    def graded(self, attempt: int, grader: GraderId, fingerprint: str) -> bool:
        """Whether this grader has graded the attempt on these very inputs."""
        row = self._one(
            "SELECT 1 FROM grade WHERE attempt = ? AND grader = ? AND version = ? AND fingerprint = ?",
            attempt,
            grader.name,
            grader.version,
            fingerprint,
        )
        return row is not None

    def ids(self) -> list[int]:
        """Numbers of all attempts, the oldest first."""
        return [id for (id,) in self._all("SELECT id FROM attempt ORDER BY id")]

    def check(self) -> list[str]:
        """What SQLite finds wrong with the file, nothing if it is sound."""
        return [text for (text,) in self._all("PRAGMA quick_check") if text != "ok"]

    # --- copies

    def backup(self, target: Path) -> None:
        """Write a complete copy to `target`; raises HistoryError if that exists or cannot be written."""
        if target.exists():
            raise HistoryError(f"{target} exists already; name a new file.")
        with _translated(target), contextlib.closing(sqlite3.connect(target)) as copy:
            self._database.backup(copy)
        target.chmod(0o600)

    # --- inside

    def _record(self, attempt: int) -> Iterator[Event | Draft]:
        rows = self._all(
            "SELECT number, kind, monotonic, wall, text, missed, 0, NULL, NULL FROM event WHERE attempt = ?1"
            " UNION ALL SELECT number, '', monotonic, wall, text, '[]', whole, start, removed FROM draft"
            " WHERE attempt = ?1 ORDER BY number",
            attempt,
        )
        for _, kind, monotonic, wall, text, missed, whole, start, removed in rows:
            at = Moment(monotonic, wall)
            if kind:
                yield Event(EventKind(kind), at, text, frozenset(json.loads(missed)))
            else:
                yield Draft(at, text, bool(whole), start, removed or 0)

    def _next_number(self, attempt: int) -> int:
        row = self._database.execute(
            "SELECT 1 + max(coalesce((SELECT max(number) FROM event WHERE attempt = ?1), 0),"
            " coalesce((SELECT max(number) FROM draft WHERE attempt = ?1), 0))",
            (attempt,),
        ).fetchone()
        return int(row[0])

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with _translated(self.path):
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    def _all(self, statement: str, *values: Any) -> list[Any]:
        with _translated(self.path):
            return self._database.execute(statement, values).fetchall()

    def _one(self, statement: str, *values: Any) -> Any:
        with _translated(self.path):
            return self._database.execute(statement, values).fetchone()


def drafted(record: Sequence[Event | Draft]) -> str:
    """What the draft in hand has come to: of the answer, or of the follow-up that is being answered."""
    return next(iter(deque((draft for _, draft in replayed(record)), maxlen=1)), "")


def replayed(record: Sequence[Event | Draft]) -> Iterator[tuple[Event | Draft, str]]:
    """Every entry with what the draft in hand had come to after it."""
    draft: str | None = None
    for entry in record:
        if isinstance(entry, Draft):
            draft = _changed(draft, entry)
        elif entry.kind in (EventKind.SUBMITTED, EventKind.FOLLOW_UP_ANSWERED):
            draft = None
        yield entry, draft or ""


def _changed(draft: str | None, change: Draft) -> str:
    if change.whole:
        return change.text
    if change.start is not None:
        before = draft or ""
        return before[: change.start] + change.text + before[change.start + change.removed :]
    return change.text if draft is None else f"{draft}\n{change.text}"


def restore(copy: Path, path: Path) -> Path | None:
    """Put the backup `copy` in the place of the history at `path`.

    What stood there is kept beside it; its new place is returned. Raises HistoryError if `copy` is no history.
    """
    if not copy.is_file():
        raise HistoryError(f"There is no backup {copy}.")
    with _translated(path), contextlib.closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as database:
        version, tables = _contents(database)
        if not 1 <= version <= len(STEPS) or not {"attempt", "event", "grade"} <= tables:
            raise HistoryError(f"{copy} is not a history that this prepdrill can read.")
        kept = None
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.exists():
            kept = _free_name(path.with_name(f"{path.stem}.before-restore{path.suffix}"))
            _set_aside(path, kept)
        with contextlib.closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as target:
            database.backup(target)
    path.chmod(0o600)
    open_history(path).close()
    return kept


def _contents(database: sqlite3.Connection) -> tuple[int, set[str]]:
    """(format, names of the tables); (0, none) of what is no database."""
    try:
        version = database.execute("PRAGMA user_version").fetchone()[0]
        return version, {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.DatabaseError:
        return 0, set()


def _set_aside(path: Path, kept: Path) -> None:
    """Copy the history to `kept`; a damaged one as the file that it is."""
    try:
        with open_history(path) as current:
            current.backup(kept)
    except HistoryError:
        kept.unlink(missing_ok=True)
        for ending in ("", "-wal", "-shm"):
            part = path.with_name(path.name + ending)
            if part.exists():
                part.rename(kept.with_name(kept.name + ending))


def _connect(path: Path | None) -> sqlite3.Connection:
    shown = path or Path("history")
    with _translated(shown):
        database = sqlite3.connect(path or ":memory:", isolation_level=None, timeout=BUSY_SECONDS)
        try:
            database.execute("PRAGMA foreign_keys = ON")
            version = database.execute("PRAGMA user_version").fetchone()[0]
            if version > len(STEPS):
                raise HistoryError(
                    f"The history {shown} was written by a newer prepdrill (format {version}, this one knows"
                    f" {len(STEPS)}); upgrade prepdrill. Nothing was changed."
                )
            if version < len(STEPS):
                _migrate(database, path, version)
            elif path is not None and not os.access(path, os.W_OK):
                database.execute("PRAGMA query_only = ON")
                return database
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
        except BaseException:
            database.close()
            raise
        return database


def _migrate(database: sqlite3.Connection, path: Path | None, version: int) -> None:
    for number in range(version + 1, len(STEPS) + 1):
        if number > 1 and path is not None:
            copy = _free_name(path.with_name(f"{path.stem}.before-format-{number}{path.suffix}"))
            with contextlib.closing(sqlite3.connect(copy)) as target:
                database.backup(target)
            copy.chmod(0o600)
        database.execute("BEGIN EXCLUSIVE")
        if database.execute("PRAGMA user_version").fetchone()[0] >= number:  # another process was first
            database.execute("ROLLBACK")
            continue
        try:
            for statement in _statements(STEPS[number - 1]):
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {number}")
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _free_name(path: Path) -> Path:
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    """SQLite's failures as HistoryError, each with what the user can do."""
    try:
        yield
    except sqlite3.Error as error:
        text = str(error)
        if "disk is full" in text:
            advice = "the disk is full; make room and go on"
        elif "readonly" in text or "unable to open" in text:
            advice = "it cannot be written; check the folder's rights or choose another with PREPDRILL_HOME"
        elif "locked" in text:
            advice = "another prepdrill holds it for too long; close that one and try again"
        elif "malformed" in text or "not a database" in text:
            advice = (
                "it is damaged; move it away, then put a backup in its place with `prepdrill backup --restore FILE`"
            )
        else:
            advice = text
        raise HistoryError(f"The history {path} cannot be used: {advice}.") from error


def _new_id(cursor: sqlite3.Cursor) -> int:
    assert cursor.lastrowid is not None
    return cursor.lastrowid


@functools.lru_cache(maxsize=64)
def _item(encoded: str, revision: str, *, twist: bool) -> Item:
    question, rubric = json.loads(encoded)
    item = Item(decode_question(question), decode_rubric(rubric), revision)
    return item.with_twist if twist else item


def _encoded_plan(plan: Plan | None) -> str:
    return "" if plan is None else json.dumps(dataclasses.asdict(plan), ensure_ascii=False)


def _session(id: int, command: str, started: float, ended: float | None, grader: str, plan: str) -> Session:
    encoded = json.loads(plan) if plan else None
    rounds = None if encoded is None else tuple(Round(**entry) for entry in encoded["rounds"])
    decoded = (
        None if encoded is None or rounds is None else Plan(rounds, encoded["minutes"], encoded.get("probe", False))
    )
    return Session(id, command, started, ended, grader, decoded)


def _verdict_row(verdict: Verdict) -> tuple[Any, ...]:
    evidence = verdict.evidence
    return (
        verdict.criterion,
        verdict.outcome.value,
        verdict.prompted,
        verdict.confidence,
        verdict.reason,
        verdict.by,
        *((evidence.quote, evidence.start, evidence.end) if evidence else (None, None, None)),
    )


def _verdict(
    criterion: str,
    outcome: str,
    prompted: int,
    confidence: float,
    reason: str,
    by: str,
    quote: str | None,
    start: int | None,
    end: int | None,
) -> Verdict:
    evidence = None if quote is None or start is None or end is None else Evidence(quote, start, end)
    return Verdict(criterion, Outcome(outcome), evidence, reason, confidence, bool(prompted), by)


def _match_expression(text: str) -> str:
    """Words of the user as an FTS5 expression: all of them, the last as a beginning; no operator gets through."""
    terms = ['"' + word.replace('"', '""') + '"' for word in text.split()]
    return " ".join(terms) + "*" if terms else '""'
