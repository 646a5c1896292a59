"""What the reporting commands show: lists of attempts, one attempt, two beside each other, the bank."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from prepdrill.model import EventKind, Outcome, Scale
from prepdrill.scorecard import percent
from prepdrill.screen import feedback, question
from prepdrill.screen.columns import cut, listing, right, short
from prepdrill.screen.text import as_typed, duration, local, prose, scored, visible

if TYPE_CHECKING:
    from prepdrill.history import Attempt, StoredGrade, Summary


NARROW = 76
"""Columns below which an attempt takes two lines."""
_STATES = {"open": "not handed in", "answered": "not graded", "done": "not graded", "skipped": "skipped"}


def attempts(rows: Sequence[Summary], width: int = NARROW) -> RenderableType:
    """Attempts as a table, one line each; on a narrow screen two lines each."""
    if width < NARROW:
        return Group(*(_two_lines(row) for row in rows))
    table = listing(
        right("no."),
        short("when"),
        cut("question"),
        right("time"),
        right("score"),
        short("rating"),
    )
    for row in rows:
        table.add_row(
            str(row.id),
            local(row.started),
            Text(visible(row.question)),
            duration(row.seconds),
            score(row),
            rating(row),
        )
    return table


def found(rows: Sequence[Summary]) -> RenderableType:
    """Attempts that a search found, each with the words around the hit."""
    parts: list[RenderableType] = []
    for row in rows:
        text = Text(f"{row.id}  {local(row.started)}  ", style="dim")
        text.append(visible(row.question), style="not dim bold")
        text.append(f"  {score(row)}", style="not dim")
        parts += [text, Padding(snippet(row.snippet), (0, 0, 1, 4), expand=False)]
    return Group(*parts)


def attempt(value: Attempt, scale: Scale, *, plain: bool = False) -> RenderableType:
    """One attempt: the question as it was asked, all that was said, the timing, the grades by grader."""
    parts: list[RenderableType] = [
        Text(f"Attempt {value.id} · {local(value.started)} · {value.item.question.id}", style="bold"),
        Text(""),
        question.posed(value.item.question, None, plain=plain),
        Text(""),
        transcript(value),
        Text(""),
        Text(f"Time: {feedback.timing(value.seconds, value.budget)}{_sleep(value)}", style="dim"),
    ]
    for stored in value.grades:
        parts += [Text(""), grade_line(stored)]
    if value.grades:
        parts += [Text(""), feedback.feedback(value.item, value.grades[-1].grade, scale, asked=_asked(value))]
    return Group(*parts)


def transcript(value: Attempt) -> RenderableType:
    """The answer and the follow-ups, as typed."""
    title = "Your answer" if value.submitted is not None else "Your draft, not handed in"
    text = value.transcript.answer if value.submitted is not None else value.draft
    parts: list[RenderableType] = [
        Text(title, style="bold"),
        Padding(as_typed(text or "(nothing)"), (0, 0, 0, 2), expand=False),
    ]
    for exchange in value.transcript.exchanges:
        parts += [
            Text(""),
            Text(f"{question.prompt_name(exchange.kind)}: ", style="bold").append_text(prose(exchange.ask)),
            Padding(as_typed(exchange.answer or "(passed)"), (0, 0, 0, 2), expand=False),
        ]
    return Group(*parts)


def grade_line(stored: StoredGrade) -> Text:
    """When a grade was given, by whom, and what it was."""
    return Text(f"Grade {stored.id} · {local(stored.graded)} · ", style="dim") + feedback.headline(stored.grade)


def compared(first: Attempt, second: Attempt) -> RenderableType:
    """Two attempts at one question: what changed, criterion by criterion."""
    verdicts = []
    for value in (first, second):
        latest = value.grades[-1].grade if value.grades else None
        verdicts.append({entry.criterion: entry for entry in latest.verdicts} if latest else {})
    table = listing(
        cut("criterion"),
        short(f"attempt {first.id}"),
        short(f"attempt {second.id}"),
        short(""),
    )
    known = {criterion.id: criterion for value in (first, second) for criterion in value.item.rubric.everything}
    for id, criterion in known.items():
        outcomes = [entry[id].outcome if id in entry else None for entry in verdicts]
        table.add_row(
            Text(id, style="red" if criterion.red_flag else ""),
            *(outcome.value if outcome else "–" for outcome in outcomes),
            _change(outcomes, red_flag=criterion.red_flag),
        )
    parts: list[RenderableType] = [
        Text(visible(first.item.question.title), style="bold"),
        *(Text(_compared_line(value)) for value in (first, second)),
    ]
    if first.item.revision != second.item.revision:
        parts.append(Text("The question was edited between the two attempts.", style="yellow"))
    grids = Table.grid(Column(ratio=1), Column(ratio=1), padding=(0, 2), expand=True)
    grids.add_row(_headed(first), _headed(second))
    return Group(*parts, Text(""), table, Text(""), grids)


def _headed(value: Attempt) -> RenderableType:
    return Group(Text(f"Attempt {value.id}", style="bold"), as_typed(value.transcript.text or value.draft))


def _compared_line(value: Attempt) -> str:
    grade = value.grades[-1].grade if value.grades else None
    score = scored(grade.score.low, grade.score.high) if grade else "not graded"
    rating = (grade.rating or "no rating yet") if grade else ""
    by = f"{grade.grader.name} grader" if grade else ""
    facts = [score, rating, by, feedback.timing(value.seconds, value.budget)]
    return f"  attempt {value.id} · {local(value.started)} · " + " · ".join(fact for fact in facts if fact)


def _change(outcomes: Sequence[Outcome | None], *, red_flag: bool) -> Text:
    before, after = (outcome is Outcome.MET for outcome in outcomes)
    if before == after:
        return Text("")
    return Text("better", style="green") if after != red_flag else Text("worse", style="red")


def rating(row: Summary) -> str:
    """The rating, or why there is none."""
    said = row.rating or (_STATES[row.state] if row.low is None else "unsettled")
    return f"{said} (judge)" if row.grader == "judge" else said


def _two_lines(row: Summary) -> Text:
    facts = [str(row.id), local(row.started), score(row), rating(row)]
    return Text("  ".join(fact for fact in facts if fact) + f"\n    {visible(row.question)}")


def score(row: Summary) -> str:
    """`64 %`, `55 to 73 %` while verdicts are open, nothing without a grade."""
    return "" if row.low is None or row.high is None else percent(row.low, row.high)


def snippet(text: str) -> Text:
    """A snippet whose hits stand between the characters 2 and 3, as the history marks them."""
    shown = Text()
    for number, part in enumerate(" ".join(text.split()).replace("\x03", "\x02").split("\x02")):
        shown.append(visible(part), style="bold" if number % 2 else "")
    return shown


def _asked(value: Attempt) -> list[str]:
    return [event.text for event in value.events if event.kind is EventKind.EVIDENCE_ASKED]


def _sleep(value: Attempt) -> str:
    pauses = sum(event.kind is EventKind.PAUSED for event in value.events)
    return f" · {pauses} pause{'' if pauses == 1 else 's'}" if pauses else ""
