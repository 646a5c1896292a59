"""Which window sits which session: two must not write one attempt.

A session is one byte of a file beside the history, and whoever sits it holds a lock on that byte. The system lets go of
the lock when the process ends, however it ends.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

if sys.platform != "win32":
    import fcntl


class Claims:
    """The sessions that this process holds. Where there are no such locks, everybody is let in."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._held: set[int] = set()

    def take(self, session: int) -> bool:
        """Hold a session; False if another process holds it."""
        if not self._lock(session, make=True):
            return False
        self._held.add(session)
        return True

    def free(self, session: int) -> bool:
        """Whether no other process holds the session."""
        if session in self._held:
            return True
        if not self._lock(session, make=False):
            return False
        self._unlock(session)
        return True

    def close(self) -> None:
        """Let go of all of them."""
        self._held.clear()
        if self._file is not None:
            os.close(self._file)
            self._file = None

    if sys.platform == "win32":

        def _lock(self, session: int, *, make: bool) -> bool:
            return True

        def _unlock(self, session: int) -> None:
            pass

    else:

        def _lock(self, session: int, *, make: bool) -> bool:
            try:
                if self._file is None:
                    self._file = os.open(self._path, os.O_RDWR | (os.O_CREAT if make else 0), 0o600)
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, session)
            except BlockingIOError:
                return False
            except OSError:  # nobody has held any yet; a folder that cannot be written; a file system without locks
                return True
            return True

        def _unlock(self, session: int) -> None:
            if self._file is not None:
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, session)
