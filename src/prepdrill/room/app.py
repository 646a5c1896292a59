"""The room as a program: it goes with the candidate from question to question and holds no rule of the interview."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from textual.app import App
from textual.binding import Binding
from textual.screen import Screen

from prepdrill.drill import CONFIDENCES, Stage
from prepdrill.errors import HistoryError, Interrupted, PrepdrillError
from prepdrill.graders import Grader
from prepdrill.model import Grade, Item, Moment, Round, Scale, Syllabus
from prepdrill.programme import Programme
from prepdrill.room import paste
from prepdrill.room.answer import Answer
from prepdrill.room.dialog import sureness
from prepdrill.room.theme import DARK, LIGHT, THEMES, named_colours
from prepdrill.scoring import by_grader, by_one_grader
from prepdrill.screen.text import duration
from prepdrill.sitting import Sitting, rebuilt, rescue

if TYPE_CHECKING:
    from rich.console import RenderableType

    from prepdrill.history import Attempt, History
    from prepdrill.judging import Background
    from prepdrill.room.grade import Ending
    from prepdrill.screen.summary import Row
    from prepdrill.second_opinion import SecondOpinion

ResultT = TypeVar("ResultT")

LISTEN: Final = 0.25
"""Seconds between two looks at what the judge has said."""
WAITING: Final = "waiting"
THINKING: Final = "thinking"
LEFT: Final = "left"
DONE: Final = "done"


@dataclass(frozen=True, slots=True)
class Setting:
    """What the room is furnished with. What is not needed for the first picture is made when it is asked for."""

    environ: Mapping[str, str]
    syllabus: Syllabus
    theme: str
    """Name of the theme to begin with."""
    scale: Callable[[], Scale]
    grader: Callable[[], Grader]
    variants: Callable[[Item], Sequence[str]]
    """Other questions of the same family."""
    minutes: Callable[[str], float]
    """How long a question may take."""
    notice: str = ""
    """Something to say as soon as the question is shown."""
    judge: Callable[[], Background] | None = None
    """Reads the answers in the background, where the user has one."""
    judge_grades: bool = True
    probe: bool = False
    """Let the judge ask follow-ups of its own."""
    due: Callable[[], Mapping[str, float]] = dict
    """Question -> when to meet it again, in seconds since the epoch; of those that were answered."""


class Furnished(App[str]):
    """An application with our looks and the keys that are the same everywhere."""

    ENABLE_COMMAND_PALETTE = False
    TITLE = "prepdrill"
    BINDINGS = [
        Binding("ctrl+c,ctrl+q", "leave", "Leave", show=False, priority=True),
        Binding("f10,alt+t", "other_theme", "Dark or light", show=False, priority=True),
    ]
    CSS = """
    Footer { background: $panel; }
    """

    def __init__(self, theme: str) -> None:
        super().__init__()
        paste.take_whole(self.driver_class)
        self.animation_level = "none"
        for ours in THEMES.values():
            self.register_theme(ours)
        self.ansi_theme_dark, self.ansi_theme_light = named_colours(DARK), named_colours(LIGHT)
        self.theme = theme
        self.error: PrepdrillError | None = None

    def fail(self, error: PrepdrillError) -> None:
        """The world is wrong: end; whoever ran this says so."""
        self.error = self.error or error
        self.exit(LEFT)

    def _handle_exception(self, error: Exception) -> None:
        """Whatever goes wrong with the history or the bank, in any key, ends in a sentence and not in a traceback."""
        if isinstance(error, PrepdrillError):
            self.fail(error)
        else:
            super()._handle_exception(error)

    async def on_mount(self) -> None:
        self._mind_signals()

    def _mind_signals(self) -> None:
        import asyncio

        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, getattr(signal, "SIGHUP", None), signal.SIGINT):
            if number is not None:
                with contextlib.suppress(
                    NotImplementedError, RuntimeError
                ):  # Windows; another thread than the main one
                    loop.add_signal_handler(number, self.ended_by, number)
        if hasattr(signal, "SIGHUP") and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGHUP, self._hung_up)  # beside the loop's own, which comes first

    def _hung_up(self, number: int, _: object) -> None:
        """A second later, save and leave from wherever the program is held up.

        The loop does not come round to its signals while it waits for an editor, or for a terminal that went away with
        its buffer full.
        """
        signal.signal(signal.SIGALRM, lambda *_: self.ended_by(number))
        signal.setitimer(signal.ITIMER_REAL, 1.0)

    def ended_by(self, number: int) -> None:
        """Leave as the signal asks."""
        if number == getattr(signal, "SIGHUP", None):  # the terminal is gone: nothing can be drawn or restored
            self.save()
            os._exit(128 + number)
        self.action_leave()

    def save(self) -> None:
        """Put on disk what is not there yet."""

    def action_leave(self) -> None:
        self.exit(LEFT)

    def action_other_theme(self) -> None:
        self.theme = LIGHT.name if self.theme == DARK.name else DARK.name


class Archive(Furnished):
    """Past attempts, to browse."""

    def __init__(self, theme: str, history: History, scale: Scale, now: Callable[[], Moment]) -> None:
        super().__init__(theme)
        self._furniture = (history, scale, now)

    async def on_mount(self) -> None:
        from prepdrill.room.browser import Browser

        history, scale, now = self._furniture
        await self.push_screen(Browser(history, scale, now=now), lambda _: self.exit(DONE))


class Room(Furnished):
    """Holds every interview of a programme; `run` returns how it ended."""

    def __init__(self, setting: Setting, programme: Programme) -> None:
        super().__init__(setting.theme)
        self.setting = setting
        self.programme = programme
        self.sitting: Sitting | None = None
        self.answer: Answer | None = None
        self._spent_before = 0.0
        """Seconds of the session's earlier questions, what was asked after the answers included."""
        self._opinions: dict[int, SecondOpinion] = {}
        """The judge's part in each attempt of this run."""

    # --- coming and going

    async def on_mount(self) -> None:
        await self.next_question()
        self.call_after_refresh(_collect_again)
        if self.setting.judge is not None:
            self.set_interval(LISTEN, self.listen)

    def save(self) -> None:
        """Store what stands in the editor and stop the clock; what cannot be stored is put into a file."""
        try:
            if self.answer is not None:
                self.answer.store()
            if self.sitting is not None:
                self.sitting.leave()
        except HistoryError:
            if self.sitting is not None:
                rescue(self.sitting, self.setting.environ)
        self.programme.history.close()

    def keep(self) -> None:
        """Store what stands in the editor."""
        if self.answer is not None:
            self.answer.keep()

    def action_leave(self) -> None:
        self.keep()
        self.exit(LEFT)

    # --- from stage to stage

    async def next_question(self) -> None:
        """Begin the next round, or go on with the one that was cut off."""
        history, session = self.programme.history, self.programme.session
        try:
            done = history.attempts_of(session)[: self.programme.number]
            earlier = [rebuilt(history.attempt(id)) for id in done]
            self.sitting = self.programme.next()
        except PrepdrillError as error:
            self.fail(error)
            return
        self._spent_before = sum(interview.active + interview.prompted for interview in earlier)
        if self.sitting is None:
            await self.show_summary()
            return
        await self.follow()

    def advance(self) -> None:
        """Something happened in the interview: go where it stands now."""
        self.call_later(self.follow)

    async def follow(self) -> None:
        """Show what the interview waits for."""
        assert self.sitting is not None
        try:
            await self._follow(self.sitting)
        except PrepdrillError as error:
            self.fail(error)

    async def _follow(self, sitting: Sitting) -> None:
        interview = sitting.interview
        if interview.stage is Stage.GRADING:
            sitting.graded(self.setting.grader(), self.setting.scale())
            self.have_read(sitting)
        if self._thinking(sitting):
            self.wait_for_probes(sitting)
        elif interview.stage is Stage.START and self.programme.mock:
            self.begin_round(sitting)
        elif interview.stage in (Stage.START, Stage.ANSWER, Stage.PAUSE):
            await self.show_answer(sitting)
        elif interview.stage is Stage.FOLLOW_UP:
            if self.answer is not None and self.screen is self.answer:
                await self.answer.show_prompt()
            else:
                await self.show_answer(sitting)
        elif interview.stage is Stage.CONFIDENCE:
            self.ask_confidence(sitting)
        elif interview.stage is Stage.FEEDBACK:
            await self.show_grade(sitting)
        else:
            await self.next_question()

    async def show_answer(self, sitting: Sitting) -> None:
        budget = sitting.interview.budget
        minutes = None if budget is None else budget / 60
        first = self.answer is None
        self.answer = Answer(sitting, self.setting.syllabus, self.programme.place, minutes, self.programme.why)
        await self._put(self.answer)
        if first:
            self.answer.greet(self.setting.notice)

    def begin_round(self, sitting: Sitting) -> None:
        """In a mock interview every round is announced; its clock starts at the key."""
        from prepdrill.room.dialog import Choice

        minutes = self.programme.plan.minutes
        whole = f"An interview of {minutes:g} minutes. No grade until its end. " if self.programme.number == 1 else ""
        ways = {"enter": "begin; the clock starts" if self.programme.present.budget is not None else "begin"}

        async def begin(_: str | None) -> None:
            await self.show_answer(sitting)

        self.push_screen(Choice(f"{whole}{self.programme.place}.", ways, fallback="", alone=True), begin)

    async def _put(self, screen: Screen[ResultT], then: Callable[[ResultT | None], None] | None = None) -> None:
        """Put a screen in the place of the one that is shown."""
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        await self.push_screen(screen, then)

    def ask_confidence(self, sitting: Sitting) -> None:
        def said(key: str | None) -> None:
            try:
                sitting.confident(int(key) if key in CONFIDENCES else None)
            except HistoryError as error:
                self.fail(error)
                return
            self.advance()

        late = self.answer is not None and self.answer.time_is_up
        self.push_screen(sureness("" if self.answer is not None else sitting.item.question.title, late=late), said)

    # --- the judge

    def have_read(self, sitting: Sitting) -> SecondOpinion | None:
        """Let the judge begin with the answer, where there is one and it has not begun."""
        if self.setting.judge is None:
            return None
        if sitting.attempt not in self._opinions:
            from prepdrill.second_opinion import SecondOpinion

            opinion = SecondOpinion(
                self.setting.judge(),
                sitting,
                self.setting.scale(),
                grades=self.setting.judge_grades,
                probes=self.setting.probe,
            )
            self._opinions[sitting.attempt] = opinion
            opinion.begin()
        return self._opinions[sitting.attempt]

    def _thinking(self, sitting: Sitting) -> bool:
        opinion = self._opinions.get(sitting.attempt)
        return opinion is not None and opinion.thinking

    def wait_for_probes(self, sitting: Sitting) -> None:
        """The interviewer reads the answer, to ask something of their own; a key takes the prepared questions."""
        from prepdrill.room.dialog import Choice

        opinion = self._opinions[sitting.attempt]

        def read(_: str | None) -> None:
            try:
                opinion.probe()
            except HistoryError as error:
                self.fail(error)
                return
            if opinion.failure:
                self.notify(opinion.told)
            self.advance()

        if opinion.think(0.0):
            read(None)
            return
        ways = {"enter": "do not wait: the prepared questions"}
        thinking = Choice("The interviewer is reading your answer.", ways, fallback="enter", deaf=True)
        thinking.id = THINKING
        self.push_screen(thinking, read)

    def listen(self) -> None:
        """Take what the judge has said by now, and bring what is shown up to date."""
        if self.sitting is not None and self.screen.id == THINKING and self._opinions[self.sitting.attempt].think(0.0):
            self.screen.dismiss("enter")
        for opinion in [opinion for opinion in self._opinions.values() if opinion.waiting]:
            opinion.take()
            if not opinion.waiting:
                self.heard(opinion)

    def heard(self, opinion: SecondOpinion) -> None:
        """The judge is through with one answer."""
        from prepdrill.room.dialog import Choice
        from prepdrill.room.grade import GradeScreen
        from prepdrill.room.scorecard import ScorecardScreen
        from prepdrill.room.summary import SummaryScreen

        for screen in self.screen_stack:
            if not screen.is_mounted:  # it reads for itself what there is when it comes to be shown
                continue
            if isinstance(screen, GradeScreen) and screen.sitting.attempt == opinion.sitting.attempt:
                screen.renew()
            elif isinstance(screen, SummaryScreen):
                screen.change(self.summary())
            elif isinstance(screen, ScorecardScreen):
                screen.renew()
        if isinstance(self.screen, Choice) and self.screen.id == WAITING and not self.unheard:
            self.screen.dismiss("enter")

    def dismiss_judge(self) -> list[str]:
        """Take what the judge has said, give up the rest, and say what is missing."""
        if not self._opinions or self.setting.judge is None:
            return []
        for opinion in self._opinions.values():
            opinion.take()
        unheard = [
            f"The judge had not read attempt {opinion.sitting.attempt} yet; the offline grade stands."
            f" Later: prepdrill grade {opinion.sitting.attempt} --grader judge"
            for opinion in self.unheard
        ]
        failed = [
            f"Attempt {opinion.sitting.attempt}: {opinion.told}"
            for opinion in self._opinions.values()
            if opinion.failure
        ]
        self.setting.judge().close()
        return failed + unheard

    @property
    def unheard(self) -> list[SecondOpinion]:
        """What the judge was asked and has not answered."""
        return [opinion for opinion in self._opinions.values() if opinion.waiting]

    # --- the grade

    async def show_grade(self, sitting: Sitting) -> None:
        """The grade of a drill's question; an interview goes on without one."""
        settling = sitting.settling()
        opinion = self.have_read(sitting) if settling is not None else None
        if opinion is not None:
            opinion.ask()
        if settling is None or self.programme.mock:
            self.close(sitting, "next")
            return
        from prepdrill.room.grade import GradeScreen

        told = None if opinion is None else lambda: opinion.told
        screen = GradeScreen(sitting, settling, self.setting.scale(), variant=self._variant(sitting), told=told)
        await self._put(screen, lambda ending: self.close(sitting, ending or "next"))

    def _variant(self, sitting: Sitting) -> str | None:
        """Another question of the family that this session does not ask already."""
        asked = {round.question for round in self.programme.plan.rounds}
        return next((id for id in self.setting.variants(sitting.item) if id not in asked), None)

    def close(self, sitting: Sitting, ending: Ending) -> None:
        """The question is over: go to the next one, or to a variant of it."""
        try:
            sitting.end()
            variant = self._variant(sitting) if ending == "variant" else None
            if variant is not None:
                budget = None if sitting.interview.budget is None else self.setting.minutes(variant) * 60
                self.programme.add(Round(variant, budget))
        except PrepdrillError as error:
            self.fail(error)
            return
        self.call_later(self.next_question)

    async def show_summary(self) -> None:
        """The session is over."""
        if self.programme.mock:
            await self._show_scorecard()
            return
        from prepdrill.room.summary import SummaryScreen

        await self._put(SummaryScreen(self.summary), lambda _: self.exit(DONE))

    def summary(self) -> RenderableType:
        """What the session came to, and what the judge has not said yet."""
        from rich.console import Group
        from rich.text import Text

        from prepdrill.screen.summary import summary

        shown = summary(self.rows(), self.setting.scale())
        told = [f"Attempt {entry.sitting.attempt}: {entry.told}" for entry in self._opinions.values() if entry.told]
        return Group(*(Text(sentence, style="bold") for sentence in told), shown) if told else shown

    async def _show_scorecard(self) -> None:
        """The scorecard, once the judge has read every answer or the candidate will not wait."""
        if not self.unheard:
            await self._put_scorecard()
            return
        from prepdrill.room.dialog import Choice

        many = len(self.unheard)
        sentence = f"The judge is reading {many} of your answers." if many > 1 else "The judge is reading your answer."
        ways = {"enter": "do not wait: the scorecard by the offline grader"}

        def shown(_: str | None) -> None:
            self.call_later(self._put_scorecard)

        waiting = Choice(sentence, ways, fallback="enter", alone=True)
        waiting.id = WAITING
        await self._put(waiting, shown)

    async def _put_scorecard(self) -> None:
        from prepdrill import interviews
        from prepdrill.room.scorecard import ScorecardScreen

        history, session, scale = self.programme.history, self.programme.session, self.setting.scale()
        screen = ScorecardScreen(lambda: interviews.card(history, session, scale), self.show_round)
        await self._put(screen, lambda _: self.exit(DONE))

    def show_round(self, attempt: int) -> None:
        """Open a round of an interview that is over."""
        from prepdrill.room.grade import GradeScreen

        history = self.programme.history
        sitting = Sitting.over(history, history.attempt(attempt), self.programme.now)
        settling = sitting.settling()
        if settling is None:
            self.notify("This round has no grade: it was skipped, or not handed in.")
        else:
            self.push_screen(GradeScreen(sitting, settling, self.setting.scale()))

    def rows(self) -> list[Row]:
        """The questions of this session, their grades all by one grader."""
        history = self.programme.history
        attempts = [history.attempt(id) for id in history.attempts_of(self.programme.session)]
        grades = by_one_grader([by_grader(entry.grade for entry in stored.grades) for stored in attempts])
        due = self.setting.due()
        return [self._row(stored, grade, due) for stored, grade in zip(attempts, grades, strict=True)]

    def _row(self, stored: Attempt, grade: Grade | None, dues: Mapping[str, float]) -> Row:
        from prepdrill.screen.summary import Row

        due = dues.get(stored.item.question.id) if grade is not None else None
        return Row(stored.id, stored.item, stored.state, stored.seconds, stored.budget, grade, stored.confidence, due)

    def interview_left(self) -> str:
        """Time left of a whole mock interview, in words; nothing in a drill."""
        minutes = self.programme.plan.minutes
        if minutes is None or self.sitting is None or self.programme.present.budget is None:
            return ""
        now = self.sitting.now()
        left = minutes * 60 - self._spent_before - self.sitting.interview.spent(now)
        return f"interview {duration(left)} {'left' if left > 0 else 'over'}"


def _collect_again() -> None:
    """All that is loaded by now stays: the garbage collector need not walk through it while somebody types."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def hold(setting: Setting, programme: Programme, tell: Callable[[str], None] = lambda _: None) -> Sequence[Row]:
    """Hold the interviews of a programme in the room, and return what became of each.

    What the judge has not said by its end is passed to `tell`.
    Raises Interrupted if the candidate leaves, and PrepdrillError if the history fails: what was typed is then in a
    file that the message names, or in the message.
    """
    room = Room(setting, programme)
    gc.disable()  # until the first picture is there, which it would delay by a seventh
    try:
        ending = room.run()
    finally:
        gc.enable()
    sitting = room.sitting
    try:
        if room.answer is not None:
            room.answer.store()
        if ending != DONE and sitting is not None and not isinstance(room.error, HistoryError):
            sitting.leave()
        for sentence in room.dismiss_judge():
            tell(sentence)
        if room.error is not None:
            raise room.error
    except HistoryError as error:
        saved = rescue(sitting, setting.environ) if sitting is not None else ""
        raise PrepdrillError(f"{error}\n{saved}".rstrip()) from error
    if ending == DONE or (sitting is None and room.error is None):  # left at the summary: nothing is left to do
        return room.rows()
    kept = "" if sitting is None else f" `prepdrill drill --resume` goes on with attempt {sitting.attempt}."
    raise Interrupted(f"Stopped. All is kept.{kept}")
