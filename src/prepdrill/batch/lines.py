"""Files of one JSON object a line, read without trust in them and without holding them."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from prepdrill.errors import PrepdrillError

LONGEST_LINE: Final = 16_000_000
"""Bytes; of a longer line only the beginning is read."""


def each_line(path: Path) -> Iterator[tuple[bytes, bool]]:
    """The lines of a file, each with whether it is whole; of one that is too long only the beginning."""
    try:
        with path.open("rb") as file:
            while line := file.readline(LONGEST_LINE):
                whole = line.endswith(b"\n")
                if not whole and len(line) == LONGEST_LINE:
                    while (rest := file.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                        pass
                    line, whole = line[:100], rest.endswith(b"\n")
                yield line, whole
    except OSError as error:
        raise PrepdrillError(f"{path} cannot be read: {error.strerror}.") from None


def sha256(path: Path) -> str:
    """Digest of a file; raises PrepdrillError if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PrepdrillError(f"{path} cannot be read: {error.strerror}.") from None


def loaded(line: bytes) -> dict[str, Any] | None:
    """The JSON object in a line, None if there is none."""
    with contextlib.suppress(ValueError, RecursionError):
        found = json.loads(line)
        return found if isinstance(found, dict) else None
    return None
