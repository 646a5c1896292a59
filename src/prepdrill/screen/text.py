"""Text that may come from anywhere, made safe and laid out."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

_ITEM = re.compile(r"\s*(?:[-*•]|\d{1,2}[.)])\s")


def visible(text: str) -> str:
    """The text with every control, escape and direction character as something that can be seen."""
    if text.isprintable():
        return text
    return "".join(_shown(letter) for letter in text)


def _shown(letter: str) -> str:
    if letter == "\n" or letter.isprintable():
        return letter
    if letter == "\t":
        return "    "
    code = ord(letter)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if unicodedata.category(letter) == "Zs":
        return " "
    return f"<U+{code:04X}>"


def prose(text: str, style: str = "") -> Text:
    """Paragraphs, reflowed: single line breaks are the author's editor's, empty lines and list items are meant."""
    blocks = []
    for block in re.split(r"\n\s*\n", visible(text).strip("\n")):
        blocks.append("\n".join(_lines(block)))
    return Text("\n\n".join(blocks), style=style)


def as_typed(text: str, style: str = "") -> Text:
    """The candidate's words, line by line as they were typed."""
    return Text(visible(text), style=style)


def _lines(block: str) -> Iterator[str]:
    current = ""
    for line in block.split("\n"):
        if current and not _ITEM.match(line) and not line.startswith("    "):
            current += " " + line.strip()
        else:
            if current:
                yield current
            current = line.rstrip()
    yield current


def duration(seconds: float) -> str:
    """`7:05`, or `1:02:03` from an hour on."""
    whole = int(abs(seconds) + 0.5)
    hours, rest = divmod(whole, 3600)
    minutes, seconds_left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds_left:02}" if hours else f"{minutes}:{seconds_left:02}"


def spoken_minutes(minutes: float) -> str:
    """`8 minutes`, `1 minute`, `7.5 minutes`."""
    return f"{minutes:g} minute{'' if minutes == 1 else 's'}"


def console_width(console: Console, most: int = 100) -> int:
    """Width for running text: the terminal's, but not wider than one can read."""
    return min(console.width, most)


def local(seconds: float) -> str:
    """A time of the epoch in the user's own zone: `2026-11-23 07:05`."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def day(seconds: float) -> str:
    """The day of a time of the epoch in the user's own zone: `2026-11-23`."""
    return local(seconds).partition(" ")[0]


def scored(low: float, high: float) -> str:
    """`64 %`, or `64 % (55 to 73 %)` where verdicts are open."""
    if high - low < 0.005:
        return f"{100 * low:.0f} %"
    return f"{50 * (low + high):.0f} % ({100 * low:.0f} to {100 * high:.0f} %)"


def counted(number: int, noun: str) -> str:
    """`1 answer`, `2 answers`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
