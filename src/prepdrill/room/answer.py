"""The answer screen: the question on one side, the editor on the other, one clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual import on
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding
from textual.containers import Container, Vertical
from textual.events import Key, ScreenResume
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Footer, Input, Static

from prepdrill.drill import Stage
from prepdrill.editor import edited
from prepdrill.errors import HistoryError, PrepdrillError
from prepdrill.room.dialog import Choice, Help, Pause
from prepdrill.room.draft import Draft
from prepdrill.room.question import QuestionPane
from prepdrill.room.status import CALM, FIFTH, OVER, Clock, Status, clock, saved
from prepdrill.screen.question import prompt_name
from prepdrill.screen.text import duration, visible
from prepdrill.sitting import LONGEST_ANSWER, Sitting

if TYPE_CHECKING:
    from prepdrill.model import Syllabus
    from prepdrill.room.app import Room

WHAT_TO_SEE: Final = "What do you want to see? Enter asks, Esc closes. Only your answer is graded."
ONE_AT_A_TIME: Final = "One thing at a time, by its usual name, is found best."
TIME_IS_UP: Final = "The time is up; your answer is handed in as it stands."
PAUSE_IN_TYPING: Final = 0.3
"""Seconds without a key after which the draft is stored."""
AUTOSAVE: Final = 1.0
"""Seconds after which it is stored while typing goes on."""
TICK: Final = 0.25

KEYS: Final = (
    (
        "Question",
        {
            "F2, Alt+E": "next exhibit, from wherever you are",
            "F3, Alt+Z": "question alone, answer alone, both again",
            "F4, Ctrl+T": "ask for evidence, in your own words",
            "F5, Alt+I": "take a hint",
            "F7, F8": "move the divider",
            "Tab": "to the question and back to the answer",
            "← → 1 to 9": "in the question: turn to another page; in a wide exhibit ← → move its columns",
            "↑ ↓ PgUp PgDn": "in the question: scroll; what is typed there goes into the answer",
            "t": "in a chart: curves or numbers",
        },
    ),
    (
        "Answer",
        {
            "F9, Ctrl+O": "write in your own editor ($VISUAL or $EDITOR)",
            "Ctrl+Z, Ctrl+Y": "undo, redo",
            "Shift+arrows": "select; Alt+A selects all",
            "Alt+C, Ctrl+X": "copy, cut; Ctrl+V pastes",
            "Ctrl+S": "hand in",
        },
    ),
    (
        "Session",
        {
            "F6, Alt+P": "pause: hides everything, stops the clock",
            "Ctrl+N, Alt+N": "skip this question",
            "F10, Alt+T": "dark or light",
            "Ctrl+C": "leave; all is kept, prepdrill drill --resume goes on",
        },
    ),
)


class Answer(Screen[None]):
    """One question being answered, and what is asked after the answer."""

    AUTO_FOCUS = "Draft"
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (40, "-narrow"), (110, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (12, "-tall")]
    BINDINGS = [
        Binding("f1,alt+h", "help", "Help", key_display="F1", priority=True),
        Binding("ctrl+s", "submit", "Hand in", key_display="^S", priority=True),
        Binding("f2,alt+e", "turn", "Pages", key_display="F2", priority=True),
        Binding("f3,alt+z", "zoom", "Zoom", key_display="F3", priority=True),
        Binding("f4,ctrl+t", "ask", "Ask", key_display="F4", priority=True),
        Binding("f5,alt+i", "hint", "Hint", key_display="F5", priority=True),
        Binding("f6,alt+p", "pause", "Pause", key_display="F6", priority=True),
        Binding("f7", "divide(-5)", "Narrower", show=False, priority=True),
        Binding("f8", "divide(5)", "Wider", show=False, priority=True),
        Binding("f9,ctrl+o", "edit", "Editor", show=False, priority=True),
        Binding("ctrl+n,alt+n", "skip", "Skip", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    Answer {
        background: $background;
        layout: vertical;
        layers: below above;
        & #halves { height: 1fr; layout: vertical; }
        & #question { height: 50%; }
        & #answer { height: 1fr; border-top: heavy $border; border-title-color: $foreground; }
        & #answer:focus-within { border-top: heavy $primary; }
        & #ask { display: none; height: 1; border: none; padding: 0 1; background: $boost; }
        &.-asking #ask { display: block; }
        & #told {
            display: none; height: auto; max-height: 3; padding: 0 1; background: $boost; color: $foreground;
            layer: above; dock: bottom; margin-bottom: 2;
        }
        &.-told #told { display: block; }
        & #too-small { display: none; height: 1fr; padding: 0 1; }
        &.-wide #halves { layout: horizontal; }
        &.-wide #question { width: 50%; height: 1fr; }
        &.-wide #answer { width: 1fr; height: 1fr; border-top: none; border-left: heavy $border; }
        &.-wide #answer:focus-within { border-top: none; border-left: heavy $primary; }
        &.-question-alone #question { width: 1fr; height: 1fr; }
        &.-question-alone #answer { display: none; }
        &.-answer-alone #question { display: none; }
        &.-tiny, &.-flat {
            & #halves, & Status, & Footer, & #ask, & #told { display: none; }
            & #too-small { display: block; }
        }
    }
    """

    def __init__(
        self, sitting: Sitting, syllabus: Syllabus | None, place: str, minutes: float | None, why: str = ""
    ) -> None:
        super().__init__()
        self.sitting = sitting
        self._place = place
        self._share = 50
        self._zoom = 0
        self._changed = False
        self._saved_at: float | None = None
        self._typing: Timer | None = None
        self._slept = 0.0
        self.time_is_up = False
        """Whether a strict clock has handed the answer in."""
        self.draft = Draft(
            id="draft", placeholder="Your answer. It is saved as you type; Ctrl+S hands it in, F1 shows all keys."
        )
        self.draft.read_only = True  # until it holds what was written before
        question, interview = sitting.item.question, sitting.interview
        self.pane = QuestionPane(
            question,
            syllabus,
            place=place,
            why=why,
            minutes=minutes,
            revealed=interview.revealed,
            hints=question.hints[: interview.hints_taken],
        )

    @property
    def room(self) -> Room:
        from prepdrill.room.app import Room

        assert isinstance(self.app, Room)
        return self.app

    def compose(self) -> ComposeResult:
        yield Static(
            "The room needs 40 columns and 12 lines. Make the window larger, or press Ctrl+C: all is kept, and"
            " prepdrill drill --resume --plain goes on line by line.",
            id="too-small",
            markup=False,
        )
        with Container(id="halves"):
            yield self.pane
            with Vertical(id="answer"):
                yield self.draft
        yield Static("", id="told", markup=False)
        yield Input(placeholder=WHAT_TO_SEE, id="ask")
        yield Status(id="status")
        yield Footer(show_command_palette=False, compact=True)

    async def on_mount(self) -> None:
        interview = self.sitting.interview
        if self.sitting.draft:
            self.draft.load_text(self.sitting.draft)
            self.draft.move_cursor(self.draft.document.end)
            self._saved_at = self.sitting.now().monotonic
        self.draft.read_only = interview.stage is Stage.START
        self._begin_if_seen()
        self._slept = interview.slept(self.sitting.now())
        if interview.stage is Stage.FOLLOW_UP:
            await self.show_prompt()
        self.tick()
        self.set_interval(TICK, self.tick)
        self.set_interval(AUTOSAVE, self.keep)

    def greet(self, notice: str) -> None:
        """Say something that was worth saying before the screen was there."""
        if notice:
            self.call_after_refresh(self.tell, notice)

    def _begin_if_seen(self) -> None:
        """The clock starts when the question can be read: not in a window that is too small for it."""
        if self.sitting.interview.stage is Stage.START and self.size.width >= 40 and self.size.height >= 12:
            self.sitting.shown()
            self.draft.read_only = False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing but leaving can be done before the question is shown."""
        return self.sitting.interview.stage is not Stage.START or action in ("help", "leave")

    # --- what is typed goes to disk

    @on(Draft.Changed)
    def changed(self) -> None:
        before, self._changed = self._changed, self.unsaved
        if self._changed and not before:
            self.tick()
        if self._changed:  # this message may come after what has been done with the text since
            self.hush()
        if self._typing is not None:
            self._typing.stop()
        self._typing = self.set_timer(PAUSE_IN_TYPING, self.keep)

    @property
    def unsaved(self) -> bool:
        """Whether the editor holds words of this answer that are not on disk; a text handed in is none of these."""
        writing = self.sitting.interview.stage in (Stage.ANSWER, Stage.PAUSE, Stage.FOLLOW_UP)
        return writing and not self.draft.read_only and self.draft.text != self.sitting.draft

    def store(self) -> bool:
        """Store what stands in the editor, if it is not stored already; raises HistoryError if it cannot be."""
        if not self.unsaved:
            return False
        self.sitting.write(self.draft.text)
        self._changed = False
        self._saved_at = self.sitting.now().monotonic
        return True

    def keep(self) -> None:
        """Store what stands in the editor, and say so; leave the room if it cannot be stored."""
        try:
            if self.store():
                self.report()
        except HistoryError as error:
            self.room.fail(error)

    # --- the clock

    def tick(self) -> None:
        """Bring the status line up to date; hand in if a strict clock has run out."""
        interview = self.sitting.interview
        if interview.stage is Stage.ANSWER and interview.expired(self.sitting.now()):
            self.time_is_up = True
            self.hand_in()
        else:
            self.report()

    def report(self) -> None:
        """Bring the status line up to date."""
        interview, now = self.sitting.interview, self.sitting.now()
        slept = interview.slept(now)
        if slept > self._slept:
            self.tell(f"The machine slept for {duration(slept - self._slept)}; that time does not count.")
            self._slept = slept
        shown = self.clock()
        words = len(self.draft.text.split()) if self._changed else self._words()
        since = None if self._saved_at is None else now.monotonic - self._saved_at
        section = self.sitting.item.question.section
        parts = [
            (1, section),
            (2, self._place.lower()),
            (5, self._prompt_place()),
            (9, shown.text),
            (7, self.room.interview_left()),
            (3, f"{words} word{'' if words == 1 else 's'}"),
            (8, saved(since, changed=self._changed)),
        ]
        self.query_one(Status).say(parts, shown.urgency)

    def clock(self) -> Clock:
        """The clock of what is being answered."""
        interview, now = self.sitting.interview, self.sitting.now()
        if interview.stage is not Stage.FOLLOW_UP:
            return clock(interview.left(now), interview.budget, interview.elapsed(now))
        left = interview.left_for_prompt(now)
        if left is None:
            return Clock("no clock")
        if left <= 0:
            return Clock(f"{duration(left)} over the minute", OVER)
        return Clock(f"{duration(left)} left", FIFTH if left <= 12 else CALM)

    def _words(self) -> int:
        return len(self.sitting.draft.split())

    def _prompt_place(self) -> str:
        step = self.sitting.interview.step
        if step.prompt is None:
            return ""
        name, left = prompt_name(step.prompt.kind).lower(), self.sitting.interview.prompts_left
        return f"{'a new fact' if step.prompt.kind == 'twist' else name}, {left - 1} more to come" if left > 1 else name

    # --- the screen

    def action_help(self) -> None:
        self.app.push_screen(Help(KEYS))

    def action_turn(self) -> None:
        if self._zoom == 2:  # the answer stands alone; what is asked for is the question
            self._set_zoom(0)
        self.hush()
        self.pane.action_turn(1)

    def action_zoom(self) -> None:
        self._set_zoom((self._zoom + 1) % 3)

    def _set_zoom(self, zoom: int) -> None:
        self._zoom = zoom
        self.set_class(zoom == 1, "-question-alone")
        self.set_class(zoom == 2, "-answer-alone")
        self._place_divider()
        if zoom == 1:
            self.pane.focus_page()
        else:
            self.call_after_refresh(self.set_focus, self.draft)

    def action_divide(self, by: int) -> None:
        self._share = min(80, max(20, self._share + by))
        self._place_divider()

    def _place_divider(self) -> None:
        styles = self.pane.styles
        wide = self.has_class("-wide")
        if self._zoom == 1:
            styles.width, styles.height = "1fr", "1fr"
        elif wide:
            styles.width, styles.height = f"{self._share}%", "1fr"
        else:
            styles.width, styles.height = "1fr", f"{self._share}%"

    def on_resize(self) -> None:
        self._begin_if_seen()
        self.call_after_refresh(self._place_divider)
        self.call_after_refresh(self.tick)
        self.call_after_refresh(self._regain_focus)

    def _regain_focus(self) -> None:
        """Go back to where one was: a window that is too small for the room takes the keyboard from it."""
        if self.focused is not None:
            return
        if self.has_class("-asking"):
            self.query_one("#ask", Input).focus()
        elif self._zoom == 1:
            self.pane.focus_page()
        else:
            self.draft.focus()

    def on_key(self, event: Key) -> None:
        """What is typed while the question has the keyboard belongs to the answer all the same."""
        typed = event.character
        elsewhere = not self.draft.has_focus and not self.has_class("-asking")
        if elsewhere and typed is not None and event.is_printable and not typed.isdigit() and not self.draft.read_only:
            event.stop()
            if self._zoom == 1:
                self._set_zoom(0)
            self.draft.insert(typed)
            self.call_after_refresh(self.set_focus, self.draft)  # it may have been out of sight until now

    def action_focus_next(self) -> None:
        self._switch_half()

    def action_focus_previous(self) -> None:
        self._switch_half()

    def _switch_half(self) -> None:
        if self.draft.has_focus and self._zoom != 2:
            self.pane.focus_page()
        elif self._zoom != 1:
            self.set_focus(self.draft)

    def tell(self, sentence: str) -> None:
        """Show one sentence above the status line until the next key that matters."""
        self.query_one("#told", Static).update(visible(sentence))
        self.add_class("-told")

    def hush(self) -> None:
        self.remove_class("-told")

    # --- asking for evidence

    def action_ask(self) -> None:
        if self.sitting.interview.stage is not Stage.ANSWER:
            self.tell("Evidence can be asked for while you answer the question itself.")
            return
        self.hush()
        self.add_class("-asking")
        self.set_focus(self.query_one("#ask", Input))

    @on(Input.Submitted, "#ask")
    async def asked(self, event: Input.Submitted) -> None:
        request = " ".join(event.value.split())
        if not request or self.sitting.interview.stage is not Stage.ANSWER:
            self.close_ask()
            return
        self.keep()
        try:
            exhibit = self.sitting.ask(request)
        except HistoryError as error:
            self.room.fail(error)
            return
        self.close_ask()
        if exhibit is None:
            self.tell(f"“{request}”: not logged in this run. {ONE_AT_A_TIME}")
            return
        self.tell(f"“{request}”: {exhibit.title}")
        await self.pane.show_exhibit(exhibit)
        if self._zoom == 2:
            self._set_zoom(0)

    def close_ask(self) -> None:
        self.query_one("#ask", Input).value = ""
        self.remove_class("-asking")
        self.set_focus(self.draft)

    def key_escape(self) -> None:
        self.hush()
        if self.has_class("-asking"):
            self.close_ask()
        else:
            self.set_focus(self.draft)

    # --- hints, pauses, the editor

    def action_hint(self) -> None:
        if self.sitting.interview.stage is not Stage.ANSWER:
            self.tell("Hints are for the question itself.")
            return
        hint = self.sitting.hint()
        if hint is None:
            self.tell("There is no other hint." if self.sitting.item.question.hints else "This question has no hint.")
        else:
            self.hush()
            self.pane.show_hint(hint)

    def action_pause(self) -> None:
        if self.sitting.interview.stage is not Stage.ANSWER:
            self.tell("No clock runs here that a pause would stop.")
            return
        self.keep()
        self.sitting.pause()
        self.app.push_screen(Pause(self.sitting.interview.active), lambda _: self.go_on())

    def go_on(self) -> None:
        if self.sitting.interview.stage is Stage.PAUSE:
            self.sitting.go_on()
        self.tick()

    def action_edit(self) -> None:
        self.keep()
        before = text = self.draft.text
        failure = ""
        try:
            with self.app.suspend():
                try:  # inside: the screen does not come back from a suspend that an error leaves
                    text = edited(before, self.room.setting.environ)
                except PrepdrillError as error:
                    failure = str(error)
        except SuspendNotSupported:
            failure = "Your own editor cannot be opened from here."
        if text != before:
            self.draft.write(text)
        self.keep()
        if failure:
            self.tell(failure)
        self.app.refresh(layout=True)

    # --- handing in

    def action_submit(self) -> None:
        self.keep()
        if self.app.screen is not self:
            return
        following = self.sitting.interview.stage is Stage.FOLLOW_UP
        text = self.draft.text
        if len(text) > LONGEST_ANSWER:
            self.tell(f"The answer has {len(text):,} characters; {LONGEST_ANSWER:,} at most. Shorten it.")
        elif not text.strip() and not following:
            self.tell("There is nothing to hand in yet: type an answer, or Ctrl+N skips the question.")
        else:
            words = len(text.split())
            sentence = f"Hand in {words} word{'' if words == 1 else 's'}?" if words else "Pass on this one?"
            ways = {"enter": "hand in" if words else "pass", "escape": "go on writing"}
            self.app.push_screen(Choice(sentence, ways, fallback="escape"), self.confirmed)

    def confirmed(self, key: str | None) -> None:
        if key == "enter" and self.sitting.interview.stage in (Stage.ANSWER, Stage.FOLLOW_UP):
            self.hand_in()

    def hand_in(self) -> None:
        """The draft is the answer, to the question or to what was asked after it."""
        self.keep()
        try:
            if self.sitting.interview.stage is Stage.FOLLOW_UP:
                self.sitting.answer_follow_up()
            else:
                self.sitting.submit()
        except HistoryError as error:
            self.room.fail(error)
            return
        self.close_ask()
        self.draft.read_only = True  # until the editor holds what is asked next
        self.room.advance()

    def action_skip(self) -> None:
        if self.sitting.interview.stage is not Stage.ANSWER:
            self.tell("Ctrl+S hands this in; with nothing typed it passes.")
            return
        ways = {"enter": "skip; what you wrote stays in the history", "escape": "go on writing"}
        self.app.push_screen(Choice("Skip this question?", ways, fallback="escape"), self.skip)

    def skip(self, key: str | None) -> None:
        if key == "enter" and self.sitting.interview.stage is Stage.ANSWER:
            self.keep()
            self.sitting.skip()
            self.room.advance()

    async def show_prompt(self) -> None:
        """Show what is asked after the answer: headline, twist, follow-up."""
        prompt = self.sitting.interview.step.prompt
        assert prompt is not None
        self.hush()
        if not self.sitting.lines:
            self.sitting.asked(prompt)
        await self.pane.show_prompt(prompt, self.sitting.interview.transcript)
        self._set_zoom(0)
        self._changed = False
        draft = self.draft
        draft.load_text(self.sitting.draft)
        draft.read_only = False
        draft.move_cursor(draft.document.end)
        draft.placeholder = "Your answer to this. With nothing typed, Ctrl+S passes."
        self._saved_at = None
        self.set_focus(draft)
        self.tick()
        if self.time_is_up:
            self.tell(TIME_IS_UP)
            self.time_is_up = False

    @on(ScreenResume)
    def resumed(self) -> None:
        self.tick()
