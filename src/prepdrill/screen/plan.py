"""A plan in the terminal: a line a day, a blank line between weeks, and what does not fit."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from prepdrill.plan import DateText, Preparation, said, unfitting, weeks


def plan(value: Preparation[Any], left: int, date: DateText) -> RenderableType:
    """Every day; `left` is how many days there are until the interview."""
    when = "today" if left == 0 else "tomorrow" if left == 1 else f"in {left} days"
    parts: list[RenderableType] = [Text(f"The interview is {when}.", style="bold")]
    if left == 0:
        parts.append(Text("Nothing new today. If you want to warm up: prepdrill drill --order due"))
    for week in weeks(value.days):
        rows = Table.grid(padding=(0, 2, 0, 0))
        for planned in week:
            rows.add_row(
                Text(date(planned.slot.day), no_wrap=True),
                Text(said(planned)),
                style="bold" if planned.slot.kind == "mock" else "",
            )
        parts += [Text(""), rows]
    if not value.days and left > 0:
        parts.append(Text("None of your days of practice lies before it; `--days all` takes every day."))
    sentences = unfitting(value)
    if sentences:
        parts += [Text(""), *(Text(sentence) for sentence in sentences)]
    if value.days:
        parts += [Text(""), Text("It assumes that answers go as expected, and is made anew each time.", style="dim")]
    return Group(*parts)
