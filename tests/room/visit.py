"""A visit to the room: a programme on a clock that stands still, driven by keys, with its history in a file."""

from __future__ import annotations

import asyncio
import datetime
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from textual import events
from textual.pilot import Pilot

from prepdrill.graders import Grader, offline
from prepdrill.history import Attempt, open_history
from prepdrill.model import (
    Evidence,
    GraderId,
    Item,
    Moment,
    Outcome,
    Plan,
    Question,
    Round,
    Rubric,
    Scale,
    Section,
    Syllabus,
    Tier,
    Transcript,
    Verdict,
)
from prepdrill.programme import Programme
from prepdrill.room.app import Room, Setting
from prepdrill.room.theme import DARK
from tests.examples import SCALE, criterion, item

from .picture import picture

SYLLABUS: Final = Syllabus("", (Tier(1, "Core", 1.0),), (Section(1, "post-training", "Post-training", 1, "", ()),), ())
NOON: Final = 1_790_000_000.0 // 86_400 * 86_400 + 43_200
"""A wall clock that gives the same day in every time zone but the outermost."""
PATIENCE: Final = 5.0
"""Seconds that a visit waits for what the room does by a timer of its own."""

_KEYS: Final = {" ": "space", "\n": "enter", ".": "full_stop", ",": "comma", "?": "question_mark", "-": "minus"}
_FRAME: Final = str.maketrans("│┃╭╮╰╯─━▁▂▃▄▅▆▇█", " " * 16)
_TYPES: Final = {"enter": "\r", "tab": "\t", "space": " "}

Scene: TypeAlias = "Callable[[Visit], Awaitable[None]]"


@dataclass
class Clock:
    """Both clocks of a machine; they stand until they are moved."""

    seconds: float = 100.0
    asleep: float = 0.0

    def __call__(self) -> Moment:
        return Moment(self.seconds, NOON + self.seconds + self.asleep)


@dataclass
class Listener:
    """A grader that hears phrases: criterion -> (phrase, outcome if it was said); everything else is missing."""

    phrases: Mapping[str, tuple[str, Outcome]] = field(default_factory=dict)
    id: GraderId = offline.ID

    def __call__(self, question: Question, rubric: Rubric, transcript: Transcript) -> list[Verdict]:
        return [self._verdict(entry.id, transcript) for entry in rubric.everything]

    def _verdict(self, criterion: str, transcript: Transcript) -> Verdict:
        phrase, outcome = self.phrases.get(criterion, ("", Outcome.MET))
        at = transcript.text.find(phrase) if phrase else -1
        if at < 0:
            return Verdict(criterion, Outcome.UNMET, None, "nothing of the kind was said", 0.9, by="offline")
        evidence = Evidence(phrase, at, at + len(phrase))
        prompted = at >= len(transcript.answer)
        return Verdict(criterion, outcome, evidence, f"heard “{phrase}”", 0.9, prompted, "offline")


ITEM: Final = item([criterion("alpha", essential=True), criterion("beta"), criterion("gamma"), criterion("flag", -1)])
HEARS: Final = Listener(
    {
        "alpha": ("alpha", Outcome.MET),
        "beta": ("beta", Outcome.UNSURE),
        "gamma": ("gamma", Outcome.UNSURE),
        "flag": ("blunder", Outcome.MET),
    }
)


@dataclass
class Visit:
    """What a scene has in hand while the room is open."""

    room: Room
    pilot: Pilot[str]
    clock: Clock
    path: Path

    # --- what the candidate does

    async def press(self, *keys: str) -> None:
        """Press keys, by Textual's names for them or as what they type, and let the room come to rest after each."""
        for key in keys:
            name = _KEYS.get(key, key)
            self.room.post_message(events.Key(name, key if len(key) == 1 else _TYPES.get(name)))
            await self.rest()

    async def rest(self) -> None:
        """Let the room do what it has to do now, and what follows from that.

        Textual's own `Pilot.press` waits until the process is idle, which on a busy machine it never is.
        """
        for _ in range(4):
            await self.pilot.pause(0)

    async def type(self, text: str) -> None:
        await self.press(*text)

    async def paste(self, text: str) -> None:
        """As a terminal sends a bracketed paste."""
        target = self.room.screen.focused or self.room.screen
        target.post_message(events.Paste(text))
        await self.rest()

    async def hand_in(self, text: str = "") -> None:
        if text:
            await self.paste(text)
        await self.press("ctrl+s", "enter")

    async def ask(self, request: str) -> None:
        await self.press("f4")
        await self.paste(request)
        await self.press("enter")

    async def answered(self, text: str = "alpha, and beta.") -> None:
        """Hand in an answer after which nothing is asked, and do not say how sure one is: the grade stands there."""
        await self.hand_in(text)
        await self.until(lambda: self.sees("How sure are you"))
        await self.press("enter")
        await self.until(lambda: self.sees("Score"))

    async def settle(self) -> None:
        """Let the room come to rest altogether: until nothing on the screen moves any more."""
        before: list[str] = []
        while (now := self.lines) != before:
            before = now
            await self.rest()
            await self.pilot.pause(0.02)

    # --- what time does

    async def pass_time(self, seconds: float, *, asleep: float = 0.0) -> None:
        """Move the clocks, the wall's by `asleep` more, and let the room look at them."""
        self.clock.seconds += seconds
        self.clock.asleep += asleep
        if self.room.answer is not None and self.room.answer.is_attached:
            self.room.answer.tick()
        await self.rest()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for what the room does by a timer of its own."""
        loop = asyncio.get_running_loop()
        patience = loop.time() + PATIENCE
        while not holds():
            assert loop.time() < patience, f"It never came to that; the screen shows:\n{self.text}"
            await self.pilot.pause()

    # --- what there is to see

    @property
    def lines(self) -> list[str]:
        """The screen as text, line by line."""
        return picture(self.room).lines

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def sees(self, words: str) -> bool:
        """Whether the words stand on the screen, be they wrapped or not."""
        return words in " ".join(self.text.translate(_FRAME).split())

    @property
    def draft(self) -> str:
        """What stands in the editor."""
        assert self.room.answer is not None
        return self.room.answer.draft.text

    # --- what is on disk

    def stored(self) -> Attempt:
        """The newest attempt, read through a connection of its own."""
        with open_history(self.path) as history:
            return history.attempt(history.ids()[-1])

    def stored_plan(self) -> Plan | None:
        with open_history(self.path) as history:
            return history.session(self.stored().session).plan


def setting(
    *,
    grader: Callable[[], Grader] = lambda: HEARS,
    scale: Scale = SCALE,
    theme: str = DARK.name,
    variants: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
) -> Setting:
    """A room furnished for a test."""
    return Setting(
        environ=environ if environ is not None else dict(os.environ),
        syllabus=SYLLABUS,
        theme=theme,
        scale=lambda: scale,
        grader=grader,
        variants=lambda _: variants,
        minutes=lambda _: 4.0,
        due=lambda: SameDay(DUE),
    )


DUE: Final = datetime.datetime(2026, 9, 22, 12).timestamp()  # noqa: DTZ001 - shown in local time


class SameDay(dict[str, float]):
    """Every question is due on one day."""

    def __init__(self, day: float) -> None:
        super().__init__()
        self._day = day

    def get(self, key: str, default: object = None) -> float:
        return self._day


@dataclass
class Door:
    """The way into the room, with a history behind it that stays between two visits."""

    path: Path
    clock: Clock = field(default_factory=Clock)

    def enter(
        self,
        scene: Scene,
        *,
        size: tuple[int, int] = (80, 24),
        furnished: Setting | None = None,
        items: Sequence[Item] = (ITEM,),
        budget: float | None = 300.0,
        rounds: Sequence[Round] = (),
        command: str = "drill",
        minutes: float | None = None,
        strict: bool = False,
    ) -> Room:
        """Play the scene in a new session over `rounds`, or over all items with the same budget.

        The room is returned as it was left.
        """
        plan = Plan(tuple(rounds) or tuple(Round(entry.question.id, budget) for entry in items), minutes)
        with open_history(self.path) as history:
            item = {entry.question.id: entry for entry in items}.__getitem__
            held = Programme.begin(history, command, plan, item, self.clock, grader="offline", strict=strict)
            return self._play(scene, Room(furnished or setting(), held), size)

    def come_back(self, scene: Scene, *, size: tuple[int, int] = (80, 24), items: Sequence[Item] = (ITEM,)) -> Room:
        """Play the scene in the session that was cut off."""
        with open_history(self.path) as history:
            session = history.resumable()
            assert session is not None
            item = {entry.question.id: entry for entry in items}.__getitem__
            return self._play(scene, Room(setting(), Programme.resume(history, session, item, self.clock)), size)

    def _play(self, scene: Scene, room: Room, size: tuple[int, int]) -> Room:
        room.animation_level = "none"

        async def play() -> None:
            async with room.run_test(size=size) as pilot:
                await self.pass_through(scene, room, pilot)

        asyncio.run(play())
        return room

    async def pass_through(self, scene: Scene, room: Room, pilot: Pilot[str]) -> None:
        """Play the scene in a room that is running already."""
        visited = Visit(room, pilot, self.clock, self.path)
        await visited.rest()
        await scene(visited)
