"""Reading a model's reply: which verdicts it holds, and what is wrong with it.

In turn: the whole text, a fenced block, the last balanced object that is complete. A reply counts as complete when it
has one well-formed entry for each id asked for and none besides; of an incomplete one the well-formed entries are kept.
"""

from __future__ import annotations

import collections
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from prepdrill.chat import encodable
from prepdrill.graders.prompt import VERDICTS

KEYS: Final = ("id", "quotes", "reason", "verdict")
_FENCE: Final = re.compile(r"```[\w-]*[ \t]*\n(.*?)```", re.DOTALL)
_THINKING: Final = re.compile(r"\A\s*<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL)
"""Verdicts in it are drafts, also where it was cut short."""
_THOUGHT: Final = re.compile(r"\A.*</(?:think|thinking|reasoning)>", re.DOTALL)
"""The same where only the end of the thoughts is marked."""
_NO_LIST: Final = "it is not an object with a list 'verdicts'"
MOST_OBJECTS: Final = 200
"""Opening braces that are tried, the last ones; what comes before so many is noise."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the model says to one criterion."""

    quotes: tuple[str, ...]
    reason: str
    verdict: str
    sound: bool = True
    """Whether the reply that it stands in can be trusted with what favours the answer."""


@dataclass(frozen=True, slots=True)
class Read:
    """The entries of a reply by id, and what is wrong with it; `fault` is empty for a complete one."""

    entries: dict[str, Entry]
    fault: str = ""


def read(text: str, ids: Sequence[str]) -> Read:
    """The verdicts in a reply to a request for these ids."""
    said = _THINKING.sub("", text)
    after = _THOUGHT.sub("", said)
    found = _best(after, ids)
    if found is None or found.fault == _NO_LIST:  # the end of thoughts may also stand in a quote
        found = _best(said, ids)
    if found is not None:
        return found
    return Read({}, "it holds no complete JSON object" if text.strip() else "it is empty")


def _best(text: str, ids: Sequence[str]) -> Read | None:
    """The first complete reading, else that with the most entries; None where there is no object."""
    best: Read | None = None
    for found in _objects(text):
        reading = _checked(found, ids)
        if not reading.fault:
            return reading
        if best is None or len(reading.entries) > len(best.entries):
            best = reading
    return best


def _objects(text: str) -> Iterator[Any]:
    """JSON values that the text may be meant as, the likeliest first."""
    for candidate in (text.strip(), *reversed(_FENCE.findall(text))):
        found = _loaded(candidate)
        if isinstance(found, dict):
            yield found
    decoder = json.JSONDecoder()
    starts = collections.deque((match.start() for match in re.finditer(r"\{", text)), MOST_OBJECTS)
    before = starts[0] if starts else 0
    tail = text[before:]  # every attempt that fails counts the lines before it
    found_at, ends = [], 0
    for start in starts:
        if start - before < ends:  # inside an object that was read already
            continue
        try:
            value, ends = decoder.raw_decode(tail, start - before)
        except (ValueError, RecursionError):
            continue
        found_at.append(value)
    yield from reversed(found_at)


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _checked(value: Any, ids: Sequence[str]) -> Read:
    if not isinstance(value, dict) or not isinstance(value.get("verdicts"), list):
        return Read({}, _NO_LIST)
    entries: dict[str, Entry] = {}
    faults: list[str] = []
    seen: set[str] = set()
    for found in value["verdicts"]:
        id = found.get("id") if isinstance(found, dict) else None
        if not isinstance(id, str) or id not in ids:
            faults.append(f"{id!r} is not one of the ids" if isinstance(id, str) else "an entry has no id")
        elif id in seen:
            faults.append(f"{id} is there twice")
            entries.pop(id, None)
        elif fault := _entry_fault(found):
            faults.append(f"{id}: {fault}")
        else:
            quotes = tuple(encodable(quote) for quote in found["quotes"] if quote.strip())
            entries[id] = Entry(quotes, _line(found["reason"]), found["verdict"])
        if isinstance(id, str):
            seen.add(id)
    faults += [f"{id} is missing" for id in ids if id not in seen]
    return Read(entries, "; ".join(faults[:4]))


def _entry_fault(found: dict[str, Any]) -> str:
    quotes = found.get("quotes")
    if not isinstance(quotes, list) or not all(isinstance(quote, str) for quote in quotes):
        return "quotes must be a list of texts"
    if not isinstance(found.get("reason"), str) or not _line(found["reason"]):
        return "it has no reason"
    if found.get("verdict") not in VERDICTS:
        return f"verdict must be one of {', '.join(VERDICTS)}"
    order = [key for key in found if key in ("reason", "verdict")]
    if order != ["reason", "verdict"]:
        return "the verdict comes before its reason"
    return ""


def _line(text: str) -> str:
    """One line of what can be shown: no control characters, no half characters."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
