"""The bank as lists: its questions, and how they cover the syllabus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from prepdrill.screen.columns import cut, listing, right, short
from prepdrill.screen.text import visible

if TYPE_CHECKING:
    from prepdrill.bank import Entry
    from prepdrill.bank.mix import Mix
    from prepdrill.model import Syllabus


def questions(entries: Sequence[Entry]) -> RenderableType:
    """Questions as a table, one line each."""
    table = listing(
        Column("question", no_wrap=True, overflow="ellipsis"), short("kind"), short("level"), right("min"), expand=False
    )
    for entry in entries:
        table.add_row(Text(visible(entry.id)), entry.kind, entry.level, f"{entry.minutes:g}")
    return table


def coverage(
    syllabus: Syllabus, entries: Sequence[Entry], total: Mix, kinds: Sequence[str], levels: Sequence[str]
) -> RenderableType:
    """For every topic how many questions there are, of which kind and level; then what all of them are made of."""
    parts: list[RenderableType] = []
    for section in syllabus.sections:
        own = [entry for entry in entries if entry.section == section.slug]
        parts.append(
            Text(f"{section.number}. {section.title} (tier {section.tier}): {len(own)} questions", style="bold")
        )
        initials = "/".join(level[0] for level in levels)
        table = listing(cut("topic"), right("all"), *(right(kind[:4]) for kind in kinds), right(initials))
        for topic in section.topics:
            about = [entry for entry in entries if topic.id in entry.topics]
            table.add_row(
                Text(f"{topic.id.split('/')[1]}", style="" if about else "yellow"),
                str(len(about)),
                *(str(sum(entry.kind == kind for entry in about) or "") for kind in kinds),
                "/".join(str(sum(entry.level == level for entry in about)) for level in levels),
            )
        parts += [table, Text("")]
    return Group(*parts, *_made_of(total))


def _made_of(total: Mix) -> Iterator[RenderableType]:
    """What all questions together are made of, a line for each way of counting."""
    yield Text(f"All together: {total.questions} questions", style="bold")
    table = Table.grid(padding=(0, 2))
    for name, counts in (("kind", total.kinds), ("level", total.levels), ("exhibits", total.exhibits)):
        table.add_row(name, ", ".join(f"{count} {key}" for key, count in counts.items() if count) or "–")
    table.add_row("evidence", f"{total.staged} keep some back until it is asked for")
    table.add_row("variants", f"{total.variants} in {total.families} families that test one skill on several surfaces")
    table.add_row("twists", f"{total.twists} bring up a new fact in a mock interview")
    yield table
