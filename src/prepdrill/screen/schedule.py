"""What the schedule looks like: skills by when they are due, and what keeps being missed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from prepdrill.screen.columns import cut, listing, right, short
from prepdrill.screen.text import visible

if TYPE_CHECKING:
    from prepdrill.schedule import Memory


def table(memories: Sequence[Memory], today: int) -> RenderableType:
    """One line for each skill: when it is due, how it went last, how it stands."""
    rows = listing(short("due"), cut("skill"), right("answers"), right("last"), right("recall"), short("state"))
    for memory in memories:
        rows.add_row(
            when(memory.due - today),
            Text(visible(memory.skill)),
            str(len(memory.reviews)),
            f"{100 * memory.last.share:.0f} %",
            f"{100 * memory.retrievability(today):.0f} %",
            "leech" if memory.is_leech else "mastered" if memory.is_mastered else "",
        )
    return rows


def when(days: int) -> str:
    """How far a day is away, in words that fit a column."""
    if days == 0:
        return "today"
    if days < 0:
        return f"{-days} d late"
    return f"in {days} d"


def leeches(memories: Sequence[Memory]) -> Iterator[str]:
    """For each leech, that it is one, and what keeps being missed."""
    for memory in memories:
        if memory.is_leech:
            missed = ", ".join(memory.keeps_missing()) or "not the same twice"
            yield f"Leech: {memory.skill}, failed {memory.lapses} times; missed again and again: {missed}."
