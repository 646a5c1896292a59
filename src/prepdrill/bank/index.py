"""A cache of what listing and choosing need, so that neither parses YAML.

One SQLite file in the cache folder, keyed by path, size and modification time. It holds nothing that cannot be
rebuilt: an unreadable one is deleted, one that cannot be written is done without.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from prepdrill.model import Level, QuestionKind

FORMAT: Final = 1
"""Stored in `user_version`; a cache of another format is rebuilt."""

_SCHEMA: Final = f"""
CREATE TABLE file (path TEXT PRIMARY KEY, size INTEGER, mtime INTEGER, entry TEXT NOT NULL) WITHOUT ROWID;
PRAGMA user_version = {FORMAT};
"""


@dataclass(frozen=True, slots=True)
class Entry:
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
    broken: tuple[str, ...] = ()

    @property
    def section(self) -> str:
        return self.id.split("/", 1)[0]


def entries(cache: Path | None, files: Iterable[tuple[str, Path]], parse: Callable[[str, Path], Entry]) -> list[Entry]:
    """Entries of all `files` (identity, path), in their order; `parse` is called for new and changed ones only."""
    wanted = list(_stats(files))
    with _open(cache) as database:
        known = _known(database)
        found, fresh = [], []
        for id, path, size, mtime in wanted:
            row = known.get(path)
            if row is not None and row[0] == size and row[1] == mtime:
                found.append(_decode(row[2]))
            else:
                entry = parse(id, Path(path))
                found.append(entry)
                if not entry.broken:
                    fresh.append((path, size, mtime, _encode(entry)))
        gone = known.keys() - {path for _, path, _, _ in wanted}
        _store(database, fresh, [path for path in gone if not Path(path).exists()])
    return found


def document(cache: Path | None, path: Path, read: Callable[[], Any]) -> Any:
    """The JSON value that `read` makes of the file at `path`, from the cache while the file is unchanged."""
    (known,) = _stats([("", path)])
    _, name, size, mtime = known
    with _open(cache) as database:
        row = _known(database, name).get(name)
        if row is not None and row[:2] == (size, mtime):
            return json.loads(row[2])
        value = read()
        _store(database, [(name, size, mtime, json.dumps(value, ensure_ascii=False))], [])
        return value


def _stats(files: Iterable[tuple[str, Path]]) -> Iterator[tuple[str, str, int, int]]:
    for id, path in files:
        with contextlib.suppress(FileNotFoundError):
            stat = path.stat()
            yield id, os.fspath(path), stat.st_size, stat.st_mtime_ns


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


def _known(database: sqlite3.Connection | None, path: str | None = None) -> dict[str, tuple[int, int, str]]:
    """All rows of the cache, or the one of a path, by path."""
    if database is None:
        return {}
    try:
        where, values = ("", ()) if path is None else (" WHERE path = ?", (path,))
        rows = database.execute(f"SELECT path, size, mtime, entry FROM file{where}", values).fetchall()
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


def _encode(entry: Entry) -> str:
    return json.dumps([getattr(entry, name) for name in Entry.__slots__], ensure_ascii=False)


def _decode(encoded: str) -> Entry:
    fields = json.loads(encoded)
    values: list[Any] = [tuple(value) if isinstance(value, list) else value for value in fields]
    return Entry(*values)
