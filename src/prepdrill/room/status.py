"""The one line that tells where one is: section, question, time left, words, when it was saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len
from rich.text import Text
from textual.widgets import Static

from prepdrill.screen.text import duration

CALM: Final = ""
HALF: Final = "half"
FIFTH: Final = "fifth"
OVER: Final = "over"


@dataclass(frozen=True, slots=True)
class Clock:
    """What the clock shows, and how urgent it is."""

    text: str
    urgency: str = CALM


def clock(left: float | None, budget: float | None, elapsed: float) -> Clock:
    """The clock in words: time left, from half on with a word, in overtime counting up."""
    if left is None or budget is None:
        return Clock(f"{duration(elapsed)} spent, no clock")
    if left <= 0:
        return Clock(f"{duration(left)} over time", OVER)
    shown = f"{duration(left)} left"
    if left <= budget / 5:
        return Clock(f"{shown}, last fifth", FIFTH)
    if left <= budget / 2:
        return Clock(f"{shown}, second half", HALF)
    return Clock(shown)


def saved(seconds: float | None, *, changed: bool) -> str:
    """`saved 2 s ago`; `saving` while something is not on disk yet."""
    if changed:
        return "saving"
    if seconds is None:
        return "nothing to save"
    if seconds < 60:
        return f"saved {int(seconds)} s ago"
    return f"saved {int(seconds / 60)} min ago"


def fitted(parts: Sequence[tuple[int, str]], width: int) -> str:
    """The parts, `(importance, text)`, that fit into `width` cells, the least important left out first."""
    kept = [part for part in parts if part[1]]
    while kept and cell_len(" · ".join(text for _, text in kept)) > width:
        kept.remove(min(kept, key=lambda part: part[0]))
    return " · ".join(text for _, text in kept)


class Status(Static):
    """One line; it repaints only when what it says has changed."""

    DEFAULT_CSS = """
    Status {
        height: 1;
        padding: 0 1;
        background: $panel;
        color: $foreground;
        &.-half { color: $text-warning; }
        &.-fifth { color: $text-warning; text-style: bold; }
        &.-over { color: $text-error; text-style: bold; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("", markup=False, id=id)
        self._said: tuple[str, str] = ("", "")

    def say(self, parts: Sequence[tuple[int, str]], urgency: str) -> None:
        """Show these parts, `(importance, text)`, as far as they fit."""
        said = (fitted(parts, max(0, self.size.width - 2)), urgency)
        if said == self._said:
            return
        self._said = said
        for name in (HALF, FIFTH, OVER):
            self.set_class(urgency == name, f"-{name}")
        self.update(Text(said[0], no_wrap=True, overflow="ellipsis"), layout=False)
