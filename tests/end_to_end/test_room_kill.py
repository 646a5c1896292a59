"""`kill -9` at random moments in the room: what it said was saved is there, and so is what was handed in or decided."""

from __future__ import annotations

import os
import random
import re
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from prepdrill.history import Attempt, open_history

from .room_terminal import READY, RoomTerminal

ROUNDS: Final = int(os.environ.get("PREPDRILL_KILLS", "40"))
"""Kills in one run; `PREPDRILL_KILLS=100` asks for more than the usual run has time for."""
QUESTION: Final = "post-training/dpo-margin-up-likelihood-down"
SURE: Final = "How sure are you"
ACTIONS: Final = 3
"""At most so many in one round, so that every stage is reached in few of them."""


@dataclass
class Seen:
    """What the screen had confirmed of one attempt when the process was killed."""

    draft: str = ""
    """What the editor held when the status line said that it was saved; empty after it was handed in."""
    handed_in: str = ""
    requests: list[str] = field(default_factory=list)
    exchanges: list[str] = field(default_factory=list)
    confidence: int | None = None
    grades: int = 0
    """The grader's own, and one for every decision of the candidate."""
    over: bool = False


class Killed(Exception):
    """The moment has come."""


@dataclass
class Round:
    """One start of the room, up to the kill."""

    terminal: RoomTerminal
    generator: random.Random
    seen: Seen
    written: str = ""
    """What the editor holds, as far as the keys that were sent go."""

    def act(self) -> None:
        """Do what can be done where the interview stands, waiting for the screen to confirm it."""
        stage = self.terminal.wait_until(self.stage, "a screen that asks for something")
        if stage == "grade":
            self.decide()
        elif stage == "confidence":
            self.say_how_sure()
        elif stage == "follow-up":
            self.write()
            self.hand_in()
        else:
            self.generator.choices([self.write, self.ask, self.hand_in], [5, 1, 3])[0]()

    def stage(self) -> str:
        """Where the interview stands, as far as the screen tells; empty while it is changing."""
        text = self.terminal.text
        if "Go on" in text:
            return "grade"
        if SURE in text:
            return "confidence"
        if READY not in text or "Score" in text:
            return ""
        if "Your answer to this." in text or (self.written and "Follow-up:" in text):
            return "follow-up"
        return "" if self.seen.handed_in else "answer"

    def either(self, chance: float, keys: Callable[[], None]) -> None:
        """Press keys, and with this chance be killed before anything is confirmed."""
        keys()
        if self.generator.random() < chance:
            time.sleep(self.generator.uniform(0, 0.4) ** 2)  # more often soon than late
            raise Killed

    def write(self) -> None:
        word = f"w{self.generator.randrange(10**6)}"
        text = f"{self.written} {word}" if self.written else word
        self.either(0.15, lambda: self.terminal.send(text[len(self.written) :]))
        self.terminal.wait_for(word)
        self.written = text
        count = len(text.split())
        saved = re.compile(rf"\b{count} words?\b.* saved \d+ s ago")
        self.terminal.wait_until(lambda: bool(saved.search(self.terminal.text)), f"{count} words to be saved")
        self.seen.draft = text

    def ask(self) -> None:
        self.terminal.press("f4")
        self.terminal.wait_for("What do you want to see?")
        request = f"the weather {len(self.seen.requests)}"
        self.either(0.15, lambda: self.terminal.send(f"{request}\r"))
        self.terminal.wait_for(f"“{request}”: not logged in this run")
        self.seen.requests.append(request)
        self.terminal.settle()
        self.terminal.press("escape")
        self.terminal.settle()

    def hand_in(self) -> None:
        if not self.written:
            return
        self.terminal.press("ctrl+s")
        self.terminal.wait_for("Hand in ")
        self.either(0.25, lambda: self.terminal.press("enter"))
        self.terminal.wait_until_handed_in()
        if self.seen.handed_in:
            self.seen.exchanges.append(self.written)
        else:
            self.seen.handed_in = self.written
        self.written = self.seen.draft = ""

    def say_how_sure(self) -> None:
        level = self.generator.randrange(1, 5)
        self.either(0.15, lambda: self.terminal.press(str(level)))
        self.terminal.wait_for("Go on")
        self.seen.confidence = level

    def decide(self) -> None:
        self.seen.grades = max(self.seen.grades, 2 if self.seen.exchanges else 1)
        if "Undo" in self.terminal.text:  # decided before it was killed: to take back, key by key
            self.either(0.15, lambda: self.terminal.press("u"))
            self.terminal.settle()
        elif self.generator.random() < 0.5:
            self.either(0.15, lambda: self.terminal.press("y"))
            self.terminal.wait_for("settled by you")
            self.terminal.wait_for("Undo")
            self.seen.grades += 1
            self.either(0.15, lambda: self.terminal.press("u"))
            self.terminal.wait_for("Undo", gone=True)
            self.seen.grades += 1
        else:
            self.either(0.15, lambda: self.terminal.press("enter"))
            self.terminal.wait_for("Done")
            self.seen.over = True
            raise Killed


def one_round(home: Path, generator: random.Random, seen: Seen, *, resumed: bool) -> None:
    arguments = ("--resume",) if resumed else ("--question", QUESTION)
    with RoomTerminal(home, "drill", *arguments) as terminal:
        if generator.random() < 0.05:  # while it starts
            time.sleep(generator.uniform(0, 1.2))
        else:
            act(Round(terminal, generator, seen, seen.draft))
        terminal.signal(signal.SIGKILL)
        assert terminal.end() == -signal.SIGKILL


def act(round: Round) -> None:
    try:
        if round.written:  # resumed: what was saved stands in the editor again
            round.terminal.wait_for(round.written[-7:])
        for _ in range(round.generator.randrange(1, ACTIONS + 1)):
            round.act()
    except Killed:
        pass


def confirmed(stored: Attempt, seen: Seen) -> None:
    """Everything that the screen had confirmed is in the history."""
    if seen.handed_in:
        assert stored.submitted is not None
        assert stored.transcript.answer == seen.handed_in
    elif stored.submitted is None:
        assert stored.draft.startswith(seen.draft)
    else:  # the key that hands it in was on its way
        assert stored.transcript.answer.startswith(seen.draft)
    said = [exchange.answer for exchange in stored.transcript.exchanges]
    assert said[: len(seen.exchanges)] == seen.exchanges
    if seen.handed_in and len(said) == len(seen.exchanges):
        assert stored.draft.startswith(seen.draft)
    asked = [event.text for event in stored.events if event.kind == "evidence asked"]
    assert asked[: len(seen.requests)] == seen.requests
    if seen.confidence is not None:
        assert stored.confidence == seen.confidence
    assert len(stored.grades) >= seen.grades
    if seen.over:
        assert stored.state == "done"


def caught_up(stored: Attempt) -> Seen:
    """What is certain of an attempt from now on: all that is in the history."""
    finished = stored.submitted is not None
    return Seen(
        stored.draft,
        stored.transcript.answer if finished else "",
        [event.text for event in stored.events if event.kind == "evidence asked"],
        [exchange.answer for exchange in stored.transcript.exchanges],
        stored.confidence,
        len(stored.grades),
        stored.state == "done",
    )


@pytest.mark.slow
def test_kills_at_random_moments_in_the_room_lose_nothing(tmp_path: Path) -> None:
    generator = random.Random(20261126)
    attempts: list[Seen] = []
    path = tmp_path / "data" / "history.sqlite"
    for _ in range(ROUNDS):
        resumed = bool(attempts) and not attempts[-1].over
        seen = attempts[-1] if resumed else Seen()
        one_round(tmp_path, generator, seen, resumed=resumed)
        with open_history(path) as history:
            assert history.check() == []
            count = history.count()
            assert len(attempts) <= count <= len(attempts) + (not resumed)
            if count == 0 or (not resumed and count == len(attempts)):  # killed before it began
                assert seen == Seen()
                continue
            stored = history.attempt(count)
            confirmed(stored, seen)
            attempts[count - 1 :] = [caught_up(stored)]
    with open_history(path) as history:
        for number, seen in enumerate(attempts, start=1):
            assert caught_up(history.attempt(number)) == seen
    assert sum(seen.over for seen in attempts) >= 5
    assert sum(bool(seen.exchanges) for seen in attempts) >= 5
