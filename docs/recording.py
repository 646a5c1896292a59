"""Record a drill in the room as a text file that a terminal player can show (asciicast, version 2).

python docs/recording.py

The real command in a real pseudo-terminal, with an empty home; the keys below are pressed at the speed of a hand.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pexpect

from prepdrill.cli.demo import ANSWER, CONFIDENCE, FOLLOW_UPS, QUESTION

TARGET: Final = Path(__file__).with_name("drill.cast")
PREPDRILL: Final = str(Path(sys.executable).with_name("prepdrill"))
COLUMNS, LINES = 110, 28
F2, F4, CTRL_S, DOWN, RIGHT = "\x1bOQ", "\x1bOS", "\x13", "\x1b[B", "\x1b[C"

Press = tuple[str, float]
"""A key, and the seconds to wait after it."""


def typed(text: str) -> Iterator[Press]:
    """A text, three words at a time: Textual repaints the editor at every key, which would make a large file."""
    words = text.split()
    for at in range(0, len(words), 3):
        part = " ".join(words[at : at + 3]) + " "
        yield part, 0.03 * len(part)
    yield "", 0.6


def handed_in() -> Iterator[Press]:
    yield CTRL_S, 0.7
    yield "\r", 1.2


def keys() -> Iterator[Press]:
    """The whole drill: look, ask, answer, follow-ups, confidence, grade, model answer, summary."""
    yield "", 2.0
    yield F2, 1.5
    for line in ANSWER:
        if line.startswith("/ask "):
            yield F4, 0.6
            yield from typed(line.removeprefix("/ask "))
            yield "\r", 2.0
        else:
            yield from typed(line)
    yield from handed_in()
    for lines in FOLLOW_UPS.values():
        yield from typed(" ".join(lines))
        yield from handed_in()
    yield CONFIDENCE, 2.0
    for _ in range(3):
        yield DOWN, 0.8
    yield RIGHT, 2.0
    yield "\r", 2.5
    yield "\r", 1.0


def recorded(command: list[str], presses: Iterator[Press], home: Path) -> list[tuple[float, str]]:
    """What the command writes to its terminal while the keys are pressed: (seconds since the start, text)."""
    environ = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "", "PREPDRILL_HOME": str(home)}
    child = pexpect.spawn(
        command[0], command[1:], env=environ, dimensions=(LINES, COLUMNS), encoding="utf-8", codec_errors="replace"
    )
    events: list[tuple[float, str]] = []
    begun = time.monotonic()
    for key, pause in [("", 2.0), *presses, ("", 1.0)]:
        if key and child.isalive():
            child.send(key)
        until = time.monotonic() + pause
        while (left := until - time.monotonic()) > 0:
            try:
                text = str(child.read_nonblocking(65_536, timeout=left))
            except pexpect.TIMEOUT:
                break
            except pexpect.EOF:
                child.close()
                return events
            if text:
                events.append((round(time.monotonic() - begun, 3), text))
    child.close(force=True)
    return events


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        events = recorded([PREPDRILL, "drill", "--question", QUESTION], keys(), Path(home))
    header = {
        "version": 2,
        "width": COLUMNS,
        "height": LINES,
        "title": "prepdrill drill",
        "env": {"TERM": "xterm-256color"},
    }
    lines = [json.dumps(header), *(json.dumps([at, "o", text], ensure_ascii=False) for at, text in events)]
    TARGET.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
