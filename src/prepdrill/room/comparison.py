"""How two attempts at one question differ, on one screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Final, Literal

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from prepdrill.errors import HistoryError
from prepdrill.history import Attempt, History, Summary
from prepdrill.room.difference import Change, Changed, Run, changes, difference
from prepdrill.screen import feedback
from prepdrill.screen.text import local, prose, visible

_SIGNS: Final[Mapping[Change, tuple[str, str]]] = {
    Change.GAINED: ("+", "$text-success bold"),
    Change.LOST: ("−", "$text-error bold"),
    Change.OPEN: ("?", "$text-warning"),
    Change.SAME: ("=", "$text-muted"),
}


class Comparison(Screen[None]):
    """Two attempts at one question: scores and times, criterion by criterion, word by word."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,b", "back", "Back", key_display="esc")]
    DEFAULT_CSS = """
    Comparison {
        background: $background;
        & > #page { padding: 0 1; scrollbar-size-vertical: 1; }
        & Static { height: auto; margin-bottom: 1; }
        & #overview, & #criteria { max-width: 100; }
        & .title { text-style: bold; margin-bottom: 0; }
        & .sides { height: auto; layout: vertical; }
        &.-beside .sides { layout: horizontal; }
        &.-beside .sides > Static { width: 1fr; padding-right: 2; }
    }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-stacked"), (100, "-beside")]

    def __init__(self, history: History, first: Summary, second: Summary) -> None:
        """The two may come in any order."""
        super().__init__()
        self._history = history
        self._rows = sorted((first, second), key=lambda row: (row.started, row.id))

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="page"):
            try:
                first, second = (self._history.attempt(row.id) for row in self._rows)
            except HistoryError as error:
                yield Static(str(error), markup=False)
            else:
                yield Static(_overview(first, second), id="overview")
                yield Static(_criteria(changes(first, second)), id="criteria")
                yield from _texts(first, second)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one("#page").focus()

    def action_back(self) -> None:
        self.dismiss(None)


def _overview(first: Attempt, second: Attempt) -> Text:
    """Scores, ratings and times, and what makes them hard to compare."""
    text = Text(visible(second.item.question.title), style="bold")
    for attempt in (first, second):
        times = f"{local(attempt.started)} · {feedback.timing(attempt.seconds, attempt.budget)}"
        text.append(f"\nAttempt {attempt.id} · {times} · ", style="not bold")
        grade = feedback.headline(attempt.grades[-1].grade) if attempt.grades else Text("not graded")
        text.append_text(Text("", style="not bold").append_text(grade))
    if first.item.revision != second.item.revision:
        text.append("\nThe question was edited between the two attempts.", style="not bold italic")
    graders = [attempt.grades[-1].grade.grader for attempt in (first, second) if attempt.grades]
    if len(set(graders)) > 1:
        names = " and ".join(f"{grader.name} {grader.version}" for grader in graders)
        text.append(
            f"\nThe two grades are by different graders, {names}: a change may be the grader's.",
            style="not bold italic",
        )
    return text


def _criteria(changed: Sequence[Changed]) -> Content:
    lines = [_changed(entry) for entry in changed]
    return Content("\n").join(lines)


def _changed(entry: Changed) -> Content:
    sign, style = _SIGNS[entry.change]
    before, after = entry.before.word, entry.after.word
    words = before if before == after else f"{before} → {after}"
    flag = "red flag, " if entry.criterion.red_flag else ""
    asks = f" ({flag}{words}) {prose(entry.criterion.asks).plain}"
    return Content.assemble(
        (f"{sign} {entry.change.value}", style), (asks, style if entry.change is Change.SAME else "")
    )


def _texts(first: Attempt, second: Attempt) -> ComposeResult:
    """The answers, and the answers to each follow-up, with what was removed and what was added."""
    for title, before, after in _said(first, second):
        runs = difference(before, after)
        yield Static(title, classes="title", markup=False)
        if all(run.before == run.after for run in runs):
            yield Static(Content(visible(before) or "(nothing in both)"))
            continue
        with Container(classes="sides"):
            yield Static(_side(f"Attempt {first.id}, what went: [-so-]", runs, "removed"))
            yield Static(_side(f"Attempt {second.id}, what came: {{+so+}}", runs, "added"))


def _said(first: Attempt, second: Attempt) -> Iterator[tuple[str, str, str]]:
    """What was asked, and what was said to it in both."""
    yield "The answer", _answer(first), _answer(second)
    before, after = (
        {exchange.ask: exchange.answer for exchange in attempt.transcript.exchanges} for attempt in (first, second)
    )
    for ask in {**before, **after}:
        yield visible(ask), before.get(ask, ""), after.get(ask, "")


def _answer(attempt: Attempt) -> str:
    return attempt.transcript.answer if attempt.submitted is not None else attempt.draft


_LOOKS: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "removed": ("[-", "-]", "$text-error", "strike"),
    "added": ("{+", "+}", "$text-success", "underline"),
}


def _side(title: str, runs: Sequence[Run], kind: Literal["removed", "added"]) -> Content:
    """One of the two texts; what is only in it stands between signs, so that no colour is needed to see it."""
    opening, closing, color, line = _LOOKS[kind]
    parts: list[str | tuple[str, str]] = [(title, "$text-muted"), "\n"]
    for run in runs:
        text = visible(run.before if kind == "removed" else run.after)
        words = text.rstrip()
        if run.kind == kind and words:
            parts += [(opening, color), (words, f"{color} {line}"), (closing, color), text[len(words) :]]
        else:
            parts.append(text)
    return Content.assemble(*parts)
