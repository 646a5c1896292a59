"""YAML text -> plain values that know their lines.

Scalars follow the YAML 1.2 core schema, not 1.1: `no` is a word, `1:30` is text, `0123` is text. Duplicate keys, tags,
recursive or exploding aliases and oversized files are errors with a line, not surprises.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import yaml

from prepdrill.errors import BankError, Problem

MAX_BYTES: Final = 1_000_000
MAX_NODES: Final = 50_000
MAX_DEPTH: Final = 40

Location: TypeAlias = tuple[str | int, ...]
"""Where a value stands in a file: keys and list positions from the top."""

_INTEGER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_INFINITE: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z")
_WORDS: Final[Mapping[str, bool | None]] = {"true": True, "false": False, "null": None, "~": None, "": None}
_CORE_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "seq", "map", "timestamp", "merge", "value")
)
_AS_WRITTEN: Final = "rows"
"""The key below which scalars keep the text that the author wrote: cells of a table."""


@dataclass(frozen=True, slots=True)
class Source:
    """The content of one YAML file, with the line of every value."""

    path: Path
    value: Any
    lines: Mapping[Location, int]

    def line(self, location: Location) -> int:
        """Line (from 1) of the value at `location`, or of its nearest ancestor that stands in the file."""
        while location and location not in self.lines:
            location = location[:-1]
        return self.lines.get(location, 1)

    def problem(self, location: Location, message: str) -> Problem:
        return Problem(str(self.path), self.line(location), message)


def read(path: Path) -> Source:
    """The YAML file at `path`.

    Raises BankError, with the line, if the file cannot be read, is larger than 1 MB, is not UTF-8 or is not YAML.
    """
    text = _text(path)
    loader = yaml.CSafeLoader(text)
    try:
        reading = _Reading(path, loader)
        value = reading.document()
    except yaml.YAMLError as error:
        raise BankError([_syntax_problem(path, error)]) from None
    finally:
        loader.dispose()
    if reading.problems:
        raise BankError(reading.problems)
    return Source(path, value, reading.lines)


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            message = f"is {size / 1e6:.1f} MB; a file of a bank may have {MAX_BYTES / 1e6:.0f} MB at most"
            raise BankError([Problem(str(path), 1, message)])
        data = path.read_bytes()
    except OSError as error:
        raise BankError([Problem(str(path), 1, f"cannot be read: {error.strerror}")]) from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BankError([Problem(str(path), line, "is not UTF-8; save the file as UTF-8")]) from None


def _syntax_problem(path: Path, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be parsed"
    context = getattr(error, "context", None)
    message = f"is not valid YAML: {what}" + (f" ({context})" if context else "")
    if "nesting depth" in message:  # PyYAML from 6.0.4 on gives up before we do
        message = f"has more than {MAX_DEPTH} levels"
    return Problem(str(path), mark.line + 1 if mark else 1, message)


class _Reading:
    """One pass over the events of one file, which builds plain values and notes their lines.

    Events, not nodes: libyaml's composer recurses in C without a limit and overflows the stack on deep nesting.
    """

    def __init__(self, path: Path, loader: yaml.CSafeLoader) -> None:
        self.path = path
        self.lines: dict[Location, int] = {}
        self.problems: list[Problem] = []
        self._loader = loader
        self._nodes = 0
        self._anchors: dict[str, tuple[Any, int]] = {}
        """Anchor -> its value and how many values that stands for, so that aliases count as if written out."""

    def document(self) -> Any:
        """The value of the only document in the file, None if there is none."""
        self._next()  # the stream starts
        if isinstance(self._next(), yaml.StreamEndEvent):
            return None
        value = self._value(self._next(), (), 0, False)
        self._next()  # the document ends
        event = self._next()
        if not isinstance(event, yaml.StreamEndEvent):
            self._complain(event.start_mark.line + 1, "a second document begins; a file holds one")
        return value

    def _value(self, event: Any, at: Location, depth: int, as_written: bool) -> Any:
        line = event.start_mark.line + 1
        before = self._nodes
        self._count(1, depth, line)
        self.lines[at] = line
        if isinstance(event, yaml.AliasEvent):
            value, weight = self._anchors.get(str(event.anchor), (None, 0))
            if not weight:
                self._complain(line, f"the alias *{event.anchor} has no anchor that ends before it")
            self._count(weight, depth, line)
            return value
        if event.tag is not None and event.tag not in _CORE_TAGS:
            self._complain(line, f"the tag {event.tag} is not allowed; write plain values")
        if isinstance(event, yaml.MappingStartEvent):
            value = self._mapping(at, depth, as_written)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(at, depth, as_written)
        else:
            value = event.value if as_written else self._scalar(event, line)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, self._nodes - before)
        return value

    def _mapping(self, at: Location, depth: int, as_written: bool) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            line = event.start_mark.line + 1
            if isinstance(event, yaml.ScalarEvent):
                key = event.value
                if key in mapping:
                    self._complain(line, f"the key {key!r} stands here a second time")
            else:
                self._complain(line, "a key must be a word")
                self._value(event, at, depth + 1, as_written)
                key = ""
            mapping[key] = self._value(self._next(), (*at, key), depth + 1, as_written or key == _AS_WRITTEN)
            self.lines[(*at, key)] = line
        return mapping

    def _sequence(self, at: Location, depth: int, as_written: bool) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            values.append(self._value(event, (*at, len(values)), depth + 1, as_written))
        return values

    def _next(self) -> Any:
        """The next event; its kinds have no common type that names their fields."""
        return self._loader.get_event()

    def _count(self, values: int, depth: int, line: int) -> None:
        self._nodes += values
        if self._nodes > MAX_NODES or depth > MAX_DEPTH:
            message = f"has more than {MAX_NODES:,} values or {MAX_DEPTH} levels once its aliases are expanded"
            raise BankError([Problem(str(self.path), line, message)])

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> str | int | float | bool | None:
        text: str = event.value
        if event.style:  # quoted or block; a plain scalar has none
            return text
        if text in _WORDS:
            return _WORDS[text]
        try:
            if _INTEGER.match(text):
                return int(text)
            if _INFINITE.match(text) or (_FLOAT.match(text) and not math.isfinite(float(text))):
                self._complain(line, f"{text} is not a finite number")
                return None
            if _FLOAT.match(text):
                return text if _leading_zero(text) else float(text)
        except ValueError:
            self._complain(line, "a number with too many digits")
            return None
        return text

    def _complain(self, line: int, message: str) -> None:
        self.problems.append(Problem(str(self.path), line, message))


def _leading_zero(text: str) -> bool:
    digits = text.lstrip("+-")
    return len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()
