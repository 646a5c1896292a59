"""What a screen shows: its text, and the colours in which every letter is drawn at last."""

from __future__ import annotations

import difflib
import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from rich.color import Color, ColorSystem
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from textual.app import App
from textual.strip import Strip

FOLDER: Final = Path(__file__).parent / "snapshots"
VARIABLE: Final = "PREPDRILL_SNAPSHOTS"

Rgb: TypeAlias = tuple[int, int, int]

XTERM: Final = TerminalTheme(
    (0, 0, 0),
    (229, 229, 229),
    [(0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229)],
    [
        (127, 127, 127),
        (255, 0, 0),
        (0, 255, 0),
        (255, 255, 0),
        (92, 92, 255),
        (255, 0, 255),
        (0, 255, 255),
        (255, 255, 255),
    ],
)
"""The sixteen colours that xterm has by itself."""


@dataclass(frozen=True)
class Drawn:
    """A run of letters in one pair of colours."""

    text: str
    ink: Color
    ground: Color

    @property
    def contrast(self) -> float:
        return contrast(_rgb(self.ink), _rgb(self.ground))

    @property
    def contrast_in_16_colours(self) -> float:
        """After a terminal of sixteen colours has rounded both, with the colours of xterm."""
        return contrast(*(_rgb(color.downgrade(ColorSystem.STANDARD)) for color in (self.ink, self.ground)))

    @property
    def is_text(self) -> bool:
        return not all(_line_or_block(letter) for letter in self.text)

    @property
    def demand(self) -> float:
        """What WCAG 2.1 demands at level AA: 4.5 of text (1.4.3), 3 of lines and blocks (1.4.11)."""
        return 4.5 if self.is_text else 3.0


@dataclass(frozen=True)
class Picture:
    """One screen at one moment."""

    strips: tuple[Strip, ...]

    @property
    def lines(self) -> list[str]:
        return [strip.text.rstrip() for strip in self.strips]

    @property
    def drawn(self) -> Iterator[Drawn]:
        """All that is not blank."""
        for strip in self.strips:
            for text, style, _ in strip:
                if text.strip():
                    yield _drawn(text, style or Style())

    @property
    def reversed(self) -> str:
        """What stands out: the letters that are drawn in reverse."""
        marked = (text for strip in self.strips for text, style, _ in strip if style is not None and style.reverse)
        return " ".join(" ".join(marked).split())


def picture(app: App[str]) -> Picture:
    """What stands on the screen now, after every filter, as it goes to the terminal.

    Textual gives this away only as an SVG file, in which blanks and attributes are lost: this is the one place that
    asks its compositor.
    """
    return Picture(tuple(app.screen._compositor.render_strips()))


def contrast(first: Rgb, second: Rgb) -> float:
    """Contrast ratio of two colours, 1 to 21: WCAG 2.1, https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: Rgb) -> float:
    """Relative luminance, 0 to 1: https://www.w3.org/TR/WCAG21/#dfn-relative-luminance."""
    parts = [part / 255 for part in color]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _drawn(text: str, style: Style) -> Drawn:
    assert style.color is not None, f"{text!r} has the terminal's own colour, whatever that is"
    assert style.bgcolor is not None, f"{text!r} stands on the terminal's own ground, whatever that is"
    assert not style.dim, f"{text!r} is dim, which every terminal draws in its own way"
    ink, ground = style.color, style.bgcolor
    return Drawn(text, ground, ink) if style.reverse else Drawn(text, ink, ground)


def _rgb(color: Color) -> Rgb:
    return color.get_truecolor(XTERM)


def _line_or_block(letter: str) -> bool:
    return letter.isspace() or unicodedata.name(letter, "").startswith(("BOX DRAWINGS", "BRAILLE", *_BLOCKS))


_BLOCKS: Final = (
    "LOWER", "UPPER", "LEFT", "RIGHT", "FULL BLOCK", "LIGHT SHADE", "MEDIUM SHADE", "DARK SHADE", "QUADRANT",
)  # fmt: skip


def compare(name: str, shown: Picture) -> None:
    """Hold a screen against its snapshot; with PREPDRILL_SNAPSHOTS=write the screen becomes the snapshot."""
    path = FOLDER / f"{name}.txt"
    text = "".join(f"{line}\n" for line in shown.lines)
    if os.environ.get(VARIABLE) == "write":
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        return
    before = path.read_text("utf-8") if path.exists() else ""
    if text != before:
        lines = difflib.unified_diff(before.splitlines(), text.splitlines(), "the snapshot", "the screen", lineterm="")
        raise AssertionError(
            "\n".join(["The screen is not as it was:", *lines, f"If that is meant: {VARIABLE}=write pytest tests/room"])
        )
