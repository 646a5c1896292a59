"""`prepdrill review` in the room: past attempts in a list that narrows as one types, one in full, two compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import ClassVar, Final

from rich.console import Group, RenderableType
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.css.styles import RulesMap
from textual.message import Message
from textual.screen import Screen
from textual.strip import Strip
from textual.style import Style
from textual.timer import Timer
from textual.visual import RenderOptions, Visual
from textual.widgets import Footer, Input, OptionList, Static
from textual.widgets.option_list import Option

from prepdrill.drill import CONFIDENCES, find_exhibit
from prepdrill.errors import HistoryError, PrepdrillError
from prepdrill.history import Attempt, Filter, History, Summary
from prepdrill.model import EventKind, Exhibit, Moment, Scale
from prepdrill.room.comparison import Comparison
from prepdrill.room.found import MOST_FILTERS, Found, filters, partner
from prepdrill.room.grade import GradeScreen
from prepdrill.room.pages import Page
from prepdrill.screen import reports
from prepdrill.screen.exhibits import exhibit
from prepdrill.screen.text import duration, local, visible
from prepdrill.sitting import Sitting

DEBOUNCE: Final = 0.12
"""Seconds without a key after which the list follows the filter."""
ROOMY: Final = 100
"""Cells from which a row has room for the time of the day."""
MARK: Final = "*"
NO_ATTEMPT: Final = "There is no attempt yet; `prepdrill drill` makes the first."
NOTHING_FITS: Final = "Nothing fits. Escape clears the filter."


def ago(seconds: float) -> str:
    """`just now`, `5 minutes ago`, `3 days ago`."""
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        number = int(seconds // size)
        if number >= 1:
            return f"{number} {unit}{'' if number == 1 else 's'} ago"
    return "just now"


# --- the list


_NAMES: Final = ("no.", "when", "time", "score", "rating")
_DAY: Final = "2026-11-23"


class _Line(Visual):
    """A row of the list, laid out when it is drawn and not before."""

    def __init__(self, row: Summary, owner: AttemptList) -> None:
        self._row = row
        self._owner = owner

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        return self._owner.laid_out(self._row, width).render_strips(width, height, style, options)

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        return container_width

    def get_height(self, rules: RulesMap, width: int) -> int:
        return 1 if width >= reports.NARROW else 2


class AttemptList(OptionList):
    """Attempts with their columns; below 76 columns each takes two lines."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Open"),
        Binding("space", "screen.mark", "Mark"),
        Binding("c", "screen.compare", "Compare"),
    ]
    DEFAULT_CSS = """
    AttemptList {
        height: 1fr;
        border: none;
        padding: 0;
        background: $background;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        &:focus { border: none; background-tint: $background 0%; }
    }
    """

    class Typed(Message):
        """A key that is meant for the filter: its character, or none for one that takes the last away."""

        def __init__(self, character: str) -> None:
            super().__init__()
            self.character = character

    class EndNear(Message):
        """The last rows that were read are about to be seen."""

    class LeftUpward(Message):
        """The cursor went up from the first row."""

    def __init__(self) -> None:
        super().__init__(markup=False, compact=True)
        self.marks: tuple[Summary, ...] = ()
        self._widths = [0] * len(_NAMES)

    # --- rows

    def show(self, rows: Sequence[Summary]) -> None:
        """Start a new list with these rows."""
        self._widths = [0] * len(_NAMES)
        self.clear_options()
        self.add(rows)
        if rows:
            self.highlighted = 0

    def add(self, rows: Sequence[Summary]) -> None:
        """Put these rows below the others."""
        if not rows:
            return
        widths = [
            max(width, *map(len, column))
            for width, column in zip(self._widths, zip(*map(_facts, rows), strict=True), strict=True)
        ]
        grown, self._widths = widths != self._widths, widths
        self.add_options([Option(_Line(row, self)) for row in rows])
        if grown:
            self.repaint_rows()

    def repaint_rows(self) -> None:
        """Lay all rows out again."""
        if self.option_count:
            self.replace_option_prompt_at_index(0, self.options[0].prompt)

    def toggle(self, row: Summary) -> None:
        """Mark an attempt, or take the mark away; of three marks the oldest goes."""
        others = tuple(mark for mark in self.marks if mark.id != row.id)
        self.marks = others if len(others) < len(self.marks) else (*others, row)[-2:]
        self.repaint_rows()

    def laid_out(self, row: Summary, width: int) -> Content:
        """A row in so many cells."""
        sign = MARK if any(mark.id == row.id for mark in self.marks) else " "
        number, when, *_ = facts = _facts(row)
        if width < reports.NARROW:
            first = "  ".join(fact for fact in (number, when, *facts[3:]) if fact)
            return Content(f"{sign} {first}\n    {visible(row.question)}")
        return self._in_columns(sign, facts, visible(row.question), width)

    def heading(self, width: int) -> Content:
        """The names of the columns, above them; nothing where there are none."""
        if width < reports.NARROW:
            return Content("")
        return self._in_columns(" ", _NAMES, "question", width)

    def _in_columns(self, sign: str, facts: Sequence[str], question: str, width: int) -> Content:
        number, when, time, score, rating = (
            max(len(name), wide) for name, wide in zip(_NAMES, self._widths, strict=True)
        )
        if width < ROOMY:
            when = len(_DAY)
        left = f"{sign} {facts[0]:>{number}}  {facts[1][:when]:<{when}}  "
        right = f"  {facts[2]:>{time}}  {facts[3]:>{score}}  {facts[4]:<{rating}}"
        room = max(1, width - len(left) - len(right))
        return Content(left) + Content(question).truncate(room, ellipsis=True, pad=True) + Content(right)

    # --- keys

    def on_key(self, event: events.Key) -> None:
        typed = event.is_printable and event.key not in ("space", "c")
        if typed or event.key == "backspace":
            event.stop()
            event.prevent_default()
            self.post_message(self.Typed((event.character or "") if typed else ""))

    def action_cursor_up(self) -> None:
        if self.highlighted:
            super().action_cursor_up()
        else:
            self.post_message(self.LeftUpward())

    def action_cursor_down(self) -> None:
        if self.highlighted is None or self.highlighted + 1 < self.option_count:
            super().action_cursor_down()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if new_value + 2 * self.size.height >= self.max_scroll_y:
            self.post_message(self.EndNear())


def _facts(row: Summary) -> tuple[str, str, str, str, str]:
    """Number, when, time, score and rating of an attempt, as `prepdrill review list` writes them."""
    return (
        str(row.id),
        local(row.started),
        duration(row.seconds),
        reports.score(row),
        reports.rating(row),
    )


class FilterLine(Input):
    """Where one types what the list is narrowed to."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "screen.to_list", "To the list"),
        Binding("enter", "submit", "Open"),
    ]

    def __init__(self) -> None:
        super().__init__(
            placeholder="words · section:… · question:… · rating:…", id="filter", compact=True, select_on_focus=False
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "submit" or not self.screen.has_class("-empty")


class Browser(Screen[None]):
    """Past attempts, the newest first; what is typed narrows them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "Clear the filter"),
        Binding("escape", "leave", "Leave"),
    ]
    DEFAULT_CSS = """
    Browser {
        background: $background;
        & > #top { height: 1; background: $panel; }
        & > #top > #label { width: auto; padding: 0 1; text-style: bold; }
        & > #top > Input { width: 1fr; background: $panel; }
        & > #top > #count { width: auto; padding: 0 1; color: $text-muted; }
        & > #columns { height: 1; color: $text-muted; text-style: bold; text-wrap: nowrap; }
        & > #notice { height: 1fr; padding: 1 2; display: none; }
        & > #about { height: auto; min-height: 2; max-height: 4; padding: 0 1; background: $panel; }
        &.-empty > #notice { display: block; }
        &.-empty > AttemptList, &.-empty > #columns, &.-empty > #about { display: none; }
        &.-stacked > #columns { display: none; }
    }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-stacked"), (reports.NARROW + 1, "-columns")]

    def __init__(self, history: History, scale: Scale, *, now: Callable[[], Moment]) -> None:
        super().__init__()
        self._history = history
        self._scale = scale
        self._now = now
        self._found = Found(history, (Filter(),))
        self._waiting: Timer | None = None
        self._searched: str | None = None

    def compose(self) -> ComposeResult:
        with Horizontal(id="top"):
            yield Static("Find", id="label", markup=False)
            yield FilterLine()
            yield Static("", id="count", markup=False)
        yield Static("", id="columns", markup=False)
        yield AttemptList()
        yield Static("", id="notice", markup=False)
        yield Static("", id="about", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self._filter.focus()
        self._search()

    @property
    def _filter(self) -> FilterLine:
        return self.query_one(FilterLine)

    @property
    def _list(self) -> AttemptList:
        return self.query_one(AttemptList)

    @cached_property
    def _questions(self) -> tuple[str, ...]:
        return tuple(self._history.attempted())

    @property
    def rows(self) -> Sequence[Summary]:
        """The attempts in the list, from above."""
        return self._found.rows

    @property
    def _row(self) -> Summary | None:
        """The attempt under the cursor."""
        at = self._list.highlighted
        return None if at is None else self._found.rows[at]

    # --- finding

    @on(Input.Changed)
    def _wait(self) -> None:
        self.refresh_bindings()
        self._stop_waiting()
        if self._filter.value.strip() != self._searched:
            self._waiting = self.set_timer(DEBOUNCE, self._search)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.stop()
            self._waiting = None

    def _search_now(self) -> None:
        """Do at once what waits for a pause in typing."""
        if self._waiting is not None:
            self._search()

    def _search(self) -> None:
        self._stop_waiting()
        self._searched = typed = self._filter.value.strip()
        self._found = Found(self._history, ())
        self._list.show(())
        try:
            possible = filters(typed, self._questions if ":" in typed else (), self._scale)
            if len(possible) > MOST_FILTERS:
                self._notice(f"That fits {len(possible)} questions; go on typing.")
                return
            self._found = Found(self._history, possible)
            self._list.show(self._found.more())
            empty = not self._found.rows and not self._history.count()
        except HistoryError as error:
            self._notice(str(error))
            return
        if self._found.rows:
            self._show_rows()
        else:
            self._notice(NO_ATTEMPT if empty else NOTHING_FITS)

    def _show_rows(self) -> None:
        self.remove_class("-empty")
        self.refresh_bindings()
        count = len(self._found.rows)
        marked = f"{len(self._list.marks)} marked · " if self._list.marks else ""
        self.query_one("#count", Static).update(f"{marked}{count}{'' if self._found.complete else '+'}")
        self.query_one("#columns", Static).update(self._list.heading(self.size.width - 1))

    def _notice(self, sentence: str) -> None:
        """A sentence in the place of the list."""
        if self._list.has_focus:
            self._filter.focus()
        self.add_class("-empty")
        self.query_one("#count", Static).update("")
        self.query_one("#notice", Static).update(sentence)
        self.refresh_bindings()

    def _say(self, sentence: str) -> None:
        """A sentence below the list, until the cursor moves."""
        self.query_one("#about", Static).update(sentence)

    @on(AttemptList.EndNear)
    def _read_on(self) -> None:
        if self._found.complete or not self._found.rows:
            return
        try:
            self._list.add(self._found.more())
        except HistoryError as error:
            self._say(str(error))
            return
        self._show_rows()

    @on(OptionList.OptionHighlighted)
    def _describe(self) -> None:
        row = self._row
        if row is not None:
            self.query_one("#about", Static).update(self._about(row))

    def _about(self, row: Summary) -> RenderableType:
        facts = [f"Attempt {row.id}", visible(row.title), ago(self._now().wall - row.started)]
        facts.append(f"{row.words} word{'' if row.words == 1 else 's'}")
        if row.grader:
            facts.append(f"{row.grader} grader")
        about = Text(" · ".join(facts))
        return about.append("\n").append_text(reports.snippet(row.snippet)) if row.snippet else about

    def on_descendant_focus(self) -> None:
        self.refresh_bindings()

    def on_resize(self) -> None:
        if self._found.rows:
            self._show_rows()

    # --- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "clear":
                return bool(self._filter.value)
            case "leave":
                return not self._filter.value
            case "to_list":
                return not self.has_class("-empty")
        return True

    def action_to_list(self) -> None:
        self._search_now()
        if self._found.rows:
            self._list.focus()

    def action_clear(self) -> None:
        self._filter.value = ""
        self._filter.focus()
        self._search()

    def action_leave(self) -> None:
        self.dismiss(None)

    @on(AttemptList.LeftUpward)
    def _to_filter(self) -> None:
        self._filter.focus()

    @on(AttemptList.Typed)
    def _type(self, event: AttemptList.Typed) -> None:
        self._filter.focus()
        self._filter.cursor_position = len(self._filter.value)
        if event.character:
            self._filter.insert_text_at_cursor(event.character)
        else:
            self._filter.action_delete_left()

    def action_mark(self) -> None:
        row = self._row
        if row is not None:
            self._list.toggle(row)
            self._show_rows()

    def action_compare(self) -> None:
        """Compare the two that are marked, or the one that is marked with this one, or this one with its partner."""
        row, marks = self._row, self._list.marks
        if row is None:
            return
        first, second = marks if len(marks) == 2 else (marks[0] if marks else row, row)
        try:
            if first.id == second.id:
                second = partner(self._history, first)
        except PrepdrillError as error:
            self._say(str(error))
            return
        if first.question == second.question:
            self.app.push_screen(Comparison(self._history, first, second))
        else:
            asked = " and ".join(f"{one.id} at {visible(one.question)}" for one in (first, second))
            self._say(f"Only attempts at one question can be compared: {asked}. Space takes a mark away.")

    # --- opening

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def _open(self) -> None:
        self._search_now()
        at = self._list.highlighted
        if at is not None:
            self.app.push_screen(Opened(self._history, self._scale, self._found, at, now=self._now), self._back_at)

    def _back_at(self, place: int | None) -> None:
        """Back from an opened attempt, which may have been settled: the cursor goes to the one that was seen last."""
        self._search()
        if place is not None and self._found.reach(place):
            self._list.add(self._found.rows[self._list.option_count :])
            self._list.highlighted = place
            self._list.focus()
            self._show_rows()


# --- one attempt


class Opened(Screen[int]):
    """One attempt in full; it ends with the place in the list that the user got to."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,n", "step(1)", "Older", key_display="←"),
        Binding("right,p", "step(-1)", "Newer", key_display="→"),
        Binding("s", "settle", "Settle"),
        Binding("c", "compare", "Compare"),
        Binding("escape,b", "back", "Back", key_display="esc"),
    ]
    DEFAULT_CSS = """
    Opened {
        background: $background;
        & > #top { height: 1; padding: 0 1; background: $panel; }
        & > #said { height: auto; padding: 0 1; background: $panel; display: none; }
    }
    """

    def __init__(self, history: History, scale: Scale, found: Found, place: int, *, now: Callable[[], Moment]) -> None:
        super().__init__()
        self._history = history
        self._scale = scale
        self._found = found
        self._place = place
        self._now = now

    def compose(self) -> ComposeResult:
        yield Static("", id="top", markup=False)
        yield Page("", id="page")
        yield Static("", id="said", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(Page).focus()
        self._show()

    def _show(self) -> None:
        row = self._found.rows[self._place]
        facts = (
            f"{self._place + 1} of {len(self._found.rows)}{'' if self._found.complete else '+'}",
            ago(self._now().wall - row.started),
        )
        self.query_one("#top", Static).update(" · ".join(facts))
        self.query_one("#said").display = False
        page = self.query_one(Page)
        try:
            page.show(opened(self._history.attempt(row.id), self._scale))
        except HistoryError as error:
            page.show(Text(str(error)))
        page.scroll_home(animate=False)
        self.refresh_bindings()

    def _say(self, sentence: str) -> None:
        said = self.query_one("#said", Static)
        said.update(sentence)
        said.display = True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "step":
            place = self._place + (1 if parameters == (1,) else -1)
            last = len(self._found.rows) - 1
            return place >= 0 and (place <= last or not self._found.complete)
        return True

    def action_step(self, by: int) -> None:
        """Go to an older attempt, or to a newer one."""
        try:
            if self._found.reach(self._place + by):
                self._place += by
                self._show()
        except HistoryError as error:
            self._say(str(error))

    def action_settle(self) -> None:
        """Open the grade: what is unsure can be settled there, and everything overruled."""
        sitting = Sitting.over(self._history, self._history.attempt(self._found.rows[self._place].id), self._now)
        settling = sitting.settling()
        if settling is None:
            self._say("It has no grade; `prepdrill grade` gives one to what was handed in.")
        else:
            self.app.push_screen(GradeScreen(sitting, settling, self._scale), lambda _: self._show())

    def action_compare(self) -> None:
        """Compare with the attempt before this one at the same question."""
        row = self._found.rows[self._place]
        try:
            self.app.push_screen(Comparison(self._history, row, partner(self._history, row)))
        except PrepdrillError as error:
            self._say(str(error))

    def action_back(self) -> None:
        self.dismiss(self._place)


def opened(attempt: Attempt, scale: Scale) -> RenderableType:
    """One attempt in full, with how sure the candidate was and the evidence that they asked for."""
    parts: list[RenderableType] = []
    if attempt.confidence is not None:
        parts.append(Text(f"How sure you were: {attempt.confidence} of {len(CONFIDENCES)}"))
    requests = [event.text for event in attempt.events if event.kind is EventKind.EVIDENCE_ASKED]
    shown = {request: find_exhibit(attempt.item.question, request) for request in requests}
    for request, evidence in shown.items():
        brought = f"brought “{visible(evidence.title)}”, below" if evidence else "was not recorded"
        parts.append(Text(f"You asked for “{visible(request)}”: it {brought}"))
    if parts:
        parts.append(Text(""))
    parts.append(reports.attempt(attempt, scale))
    first = len(attempt.item.question.shown_exhibits) + 1
    brought_up: Sequence[Exhibit] = [entry for entry in dict.fromkeys(shown.values()) if entry is not None]
    for number, evidence in enumerate(brought_up, start=first):
        parts += [Text(""), exhibit(evidence, number)]
    return Group(*parts)
