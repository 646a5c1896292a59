"""What the schedule looks like: skills by when they are due, and what keeps being missed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from prepdrill.screen.text import visible

if TYPE_CHECKING:
    from prepdrill.schedule import Memory

LEGEND: Final = (
    "What is due stands first, the least known before others. last: the last answer's score; known: the chance of still"
    " knowing it; leech: failed three times and not answered well since: read its debrief before it comes again"
    " (prepdrill bank show ID --reveal)."
)


def table(memories: Sequence[Memory], today: int, width: int) -> RenderableType:
    """One line for each skill: when it is due, how it went last, how it stands; two where `width` is too little."""
    longest = max((len(memory.skill) for memory in memories), default=0)
    beside = len(_HEADS) + longest <= width
    lines = [Text(f"{_HEADS}skill" if beside else _HEADS.rstrip(), style="bold")]
    for memory in memories:
        state = "leech" if memory.is_leech else "mastered" if memory.is_mastered else ""
        last, known = f"{100 * memory.last.share:.0f} %", f"{100 * memory.retrievability(today):.0f} %"
        facts = f"{when(memory.due - today):<10} {last:>5}  {known:>5}  {state:<8}  "
        name = visible(memory.skill)
        lines += [Text(facts + name)] if beside else [Text(name), Text(f"  {facts.rstrip()}", style="dim")]
    return Group(*lines)


_HEADS: Final = f"{'due':<10} {'last':>5}  {'known':>5}  {'state':<8}  "


def when(days: int) -> str:
    """How far a day is away, in words that fit a column."""
    if days == 0:
        return "today"
    if days < 0:
        return f"{-days} d late"
    return f"in {days} d"


def leeches(
    memories: Sequence[Memory], asks: Mapping[str, str], width: int, *, whole: bool = False
) -> Iterator[RenderableType]:
    """For each leech, that it is one, and what keeps being missed; `asks` says what criteria ask.

    Two criteria in a line of `width` each; or `whole`, all of them.
    """
    for memory in memories:
        if not memory.is_leech:
            continue
        missed = [" ".join(visible(asks[id]).split()) for id in memory.keeps_missing() if id in asks]
        if not whole:
            missed = [text if len(text) + 4 <= width else f"{text[: width - 5]}…" for text in missed[:2]]
        again = "missed again and again:" if missed else "no point was missed twice"
        head = Text(f"Leech: {visible(memory.skill)}, failed {memory.lapses} of {len(memory.reviews)} times; {again}")
        points = (Padding(Text(f"- {text}"), (0, 0, 0, 2), expand=False) for text in missed)
        yield Group(head, *points)
