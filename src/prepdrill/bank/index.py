"""A cache of what listing, choosing and asking need, so that none of them parses YAML twice.

One SQLite file in the cache folder, keyed by path, size and modification time. It holds nothing that cannot be
rebuilt: an unreadable one is deleted, one that cannot be written is done without.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from prepdrill import __version__

if TYPE_CHECKING:
    from prepdrill.model import Level, QuestionKind

FORMAT: Final = 4
"""Stored in `user_version`; a cache of another format is rebuilt."""

_SCHEMA: Final = f"""
CREATE TABLE file (path TEXT PRIMARY KEY, size INTEGER, mtime INTEGER, entry TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE document (name TEXT PRIMARY KEY, stamp TEXT NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;
PRAGMA user_version = {FORMAT};
"""


class Entry(NamedTuple):
    """What is known of a question without parsing it; `broken` says why a file cannot be loaded."""

    id: str
    title: str = ""
    topics: tuple[str, ...] = ()
    kind: QuestionKind = "diagnose"
    level: Level = "core"
    minutes: float = 0.0
    family: str | None = None
    staged: bool = False
    contents: tuple[str, ...] = ()
    """Kinds of the exhibits: log, table, chart, diff, samples."""
    twist: bool = False
    broken: tuple[str, ...] = ()

    @property
    def section(self) -> str:
        return self.id.split("/", 1)[0]


def entries(cache: Path | None, files: Mapping[str, str], parse: Callable[[str], Entry]) -> list[Entry]:
    """Entries of all `files` (identity -> path), in their order; `parse` is called for new and changed ones only."""
    wanted = list(_stats(files))
    with _open(cache) as database:
        known = _known(database)
        unchanged = {id: row[2] for id, path, *stat in wanted if (row := known.get(path)) and list(row[:2]) == stat}
        found = dict(zip(unchanged, _decoded(unchanged.values()), strict=True))
        fresh = []
        for id, path, size, mtime in wanted:
            if id not in found:
                found[id] = entry = parse(id)
                if not entry.broken:
                    fresh.append((path, size, mtime, json.dumps(entry, ensure_ascii=False)))
        if fresh:
            gone = known.keys() - {path for _, path, _, _ in wanted}
            _store(database, fresh, [path for path in gone if not Path(path).exists()])
    return [found[id] for id, *_ in wanted]


def document(
    cache: Path | None, name: str, paths: Iterable[Path | str], read: Callable[[], Any], given: Any = None
) -> Any:
    """The JSON value that `read` makes of the files at `paths`, from the cache while none of them has changed.

    `name` is what it is kept under, for as long as `given`, a JSON value, is the same. A file that is not there counts
    as one that may come. None is not kept.
    """
    if cache is None:
        return read()
    stamp = json.dumps([__version__, given, *(_stamp(path) for path in paths)])
    with _open(cache) as database:
        known = _kept(database, name)
        if known is not None and known[0] == stamp:
            return json.loads(known[1])
        value = read()
        if value is not None:
            _keep(database, name, stamp, json.dumps(value, ensure_ascii=False))
        return value


def _stamp(path: Path | str) -> tuple[str, int, int] | None:
    name = os.fspath(path)
    try:
        stat = os.stat(name)
    except FileNotFoundError:
        return None
    return name, stat.st_size, stat.st_mtime_ns


def _kept(database: sqlite3.Connection | None, name: str) -> tuple[str, str] | None:
    if database is None:
        return None
    with contextlib.suppress(sqlite3.DatabaseError):
        row: tuple[str, str] | None = database.execute(
            "SELECT stamp, value FROM document WHERE name = ?", (name,)
        ).fetchone()
        return row
    return None


def _keep(database: sqlite3.Connection | None, name: str, stamp: str, value: str) -> None:
    if database is not None:
        with contextlib.suppress(sqlite3.DatabaseError):
            database.execute("INSERT OR REPLACE INTO document VALUES (?, ?, ?)", (name, stamp, value))


def _stats(files: Mapping[str, str]) -> Iterator[tuple[str, str, int, int]]:
    for id, path in files.items():
        with contextlib.suppress(FileNotFoundError):
            stat = os.stat(path)
            yield id, path, stat.st_size, stat.st_mtime_ns


@contextlib.contextmanager
def _open(cache: Path | None) -> Iterator[sqlite3.Connection | None]:
    database = _connect(cache) if cache is not None else None
    try:
        yield database
    finally:
        if database is not None:
            database.close()


def _connect(cache: Path, *, again: bool = True) -> sqlite3.Connection | None:
    database = None
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(cache, isolation_level=None, timeout=2)
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version == FORMAT:
            return database
        if version == 0:
            database.executescript(_SCHEMA)
            return database
        raise sqlite3.DatabaseError("another format")
    except sqlite3.OperationalError:
        if database is not None:
            database.close()
        return None
    except (sqlite3.DatabaseError, OSError):
        if database is not None:
            database.close()
        if not again:
            return None
        with contextlib.suppress(OSError):
            cache.unlink()
        return _connect(cache, again=False)


def _known(database: sqlite3.Connection | None) -> dict[str, tuple[int, int, str]]:
    """All rows of the cache, by path."""
    if database is None:
        return {}
    try:
        rows = database.execute("SELECT path, size, mtime, entry FROM file").fetchall()
    except sqlite3.DatabaseError:
        return {}
    return {path: (size, mtime, entry) for path, size, mtime, entry in rows}


def _store(database: sqlite3.Connection | None, fresh: list[tuple[Any, ...]], gone: list[str]) -> None:
    if database is None or not (fresh or gone):
        return
    with contextlib.suppress(sqlite3.DatabaseError):
        database.execute("BEGIN IMMEDIATE")
        database.executemany("INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?)", fresh)
        database.executemany("DELETE FROM file WHERE path = ?", [(path,) for path in gone])
        database.execute("COMMIT")


def _decoded(rows: Iterable[str]) -> Iterator[Entry]:
    """Entries from their JSON; one parse for all, since there may be thousands."""
    for id, title, topics, kind, level, minutes, family, staged, contents, twist, _ in json.loads(
        f"[{','.join(rows)}]"
    ):
        yield Entry(id, title, tuple(topics), kind, level, minutes, family, staged, tuple(contents), twist)
