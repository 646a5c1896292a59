"""A session at its end: time against budget, score by dimension, confidence against score, when each is due again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from prepdrill.model import Grade, Item, Scale
from prepdrill.scoring import by_dimension
from prepdrill.screen import feedback
from prepdrill.screen.text import day, duration, scored, visible

BAR: Final = 20
"""Cells of a bar that stands for the whole."""
SURE: Final = 3
"""Level of confidence, of 4, from which a candidate stands by the answer."""


@dataclass(frozen=True, slots=True)
class Row:
    """One question of the session; `due` is when to meet it again, in seconds since the epoch."""

    attempt: int
    item: Item
    state: str
    """Of the attempt: open, answered, done or skipped."""
    seconds: float
    budget: float | None
    grade: Grade | None
    confidence: int | None
    due: float | None


def summary(rows: Sequence[Row], scale: Scale) -> RenderableType:
    """The whole session."""
    graded = [row for row in rows if row.grade is not None]
    parts: list[RenderableType] = [_total(rows)]
    for number, row in enumerate(rows, start=1):
        parts += [Text(""), *_question(number if len(rows) > 1 else None, row)]
    if graded:
        parts += [Text(""), Text("By dimension", style="bold"), dimensions(graded, scale)]
    told = [row for row in graded if row.confidence is not None]
    if told:
        parts += [Text(""), Text("Confidence against score", style="bold")]
        parts += [Text(f"  {_confidence(row)}") for row in told]
    return Group(*parts)


def bar(low: float, high: float, width: int = BAR) -> str:
    """A share from 0 to 1 as a bar: full blocks up to `low`, shaded ones up to `high`, dots for the rest."""
    full, shaded = round(low * width), round(high * width)
    return "█" * full + "▒" * (shaded - full) + "·" * (width - shaded)


def dimensions(rows: Sequence[Row], scale: Scale) -> RenderableType:
    """Share of the points of each dimension over all questions, as bars."""
    points: dict[str, tuple[float, float, float]] = {}
    for row in rows:
        assert row.grade is not None
        for dimension, (low, high) in by_dimension(row.item.rubric, row.grade.verdicts).items():
            total = sum(entry.points for entry in row.item.rubric.criteria if entry.dimension == dimension)
            before = points.get(dimension, (0.0, 0.0, 0.0))
            points[dimension] = (before[0] + low * total, before[1] + high * total, before[2] + total)
    width = max(len(scale.title(dimension)) for dimension in points)
    text = Text()
    for dimension, (low, high, total) in points.items():
        text.append(f"  {scale.title(dimension):<{width}}  ").append(bar(low / total, high / total))
        text.append(f"  {scored(low / total, high / total)}\n")
    text.rstrip()
    return text


def _total(rows: Sequence[Row]) -> Text:
    seconds = sum(row.seconds for row in rows)
    budgets = [row.budget for row in rows if row.budget is not None]
    given = f" of {duration(sum(budgets))}" if len(budgets) == len(rows) else ""
    count = f"{len(rows)} question{'' if len(rows) == 1 else 's'}"
    return Text(f"This session: {count}, {duration(seconds)}{given}", style="bold")


def _question(number: int | None, row: Row) -> list[RenderableType]:
    title = Text(f"{number}. " if number is not None else "")
    title.append(visible(row.item.question.title))
    facts = [feedback.timing(row.seconds, row.budget)]
    if row.grade is None:
        facts.insert(0, "skipped" if row.state == "skipped" else "not graded")
    else:
        score = row.grade.score
        facts.insert(0, scored(score.low, score.high))
        facts.insert(1, row.grade.rating or "no rating yet")
        if any(verdict.by == "judge" for verdict in row.grade.verdicts):
            facts.insert(2, "by the judge")
    if row.due is not None:
        facts.append(f"due again {day(row.due)}")
    below = [Text(" · ".join(facts))]
    if row.grade is not None and (fix := feedback.one_thing(row.item, row.grade)) is not None:
        below.append(Text("Fix first: " + visible(" ".join(fix.split()))))
    return [title, *(Padding(text, (0, 0, 0, 3), expand=False) for text in below)]


def _confidence(row: Row) -> str:
    assert row.grade is not None
    score = row.grade.score
    middle = (score.low + score.high) / 2
    if row.confidence is not None and row.confidence >= SURE and middle < 0.5:
        verdict = "surer than the answer was"
    elif row.confidence is not None and row.confidence < SURE and middle >= 0.6:
        verdict = "better than you thought"
    else:
        verdict = "about right"
    return f"{row.confidence} of 4 sure, {scored(score.low, score.high)}: {verdict}"
