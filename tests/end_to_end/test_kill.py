"""`kill -9` at random moments: what was entered is there, what was handed in is there, the database opens."""

from __future__ import annotations

import os
import random
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from prepdrill.history import History, open_history
from prepdrill.model import EventKind

from .terminal import Terminal

ROUNDS: Final = int(os.environ.get("PREPDRILL_KILLS", "40"))
"""Kills in one run; `PREPDRILL_KILLS=100` asks for more than the usual run has time for."""
QUESTION: Final = "post-training/dpo-margin-up-likelihood-down"


@dataclass
class Seen:
    """What the screen had confirmed of one attempt when the process was killed."""

    lines: list[str] = field(default_factory=list)
    handed_in: bool = False


def one_round(home: Path, generator: random.Random, number: int, seen: Seen) -> None:
    """Type until a random moment, then kill; a line counts as entered once the next prompt has come."""
    arguments = ("--resume",) if seen.lines else ("--question", QUESTION)
    with Terminal(home, "drill", "--plain", *arguments) as terminal:
        terminal.prompt()
        lines = generator.randrange(0, 12)
        finish = generator.random() < 0.3
        for at in range(lines):
            line = f"Round {number} line {at}, the gap can grow while both fall."
            terminal.type(line)
            terminal.wait(line[-8:])
            if at == lines - 1 and not finish:
                time.sleep(generator.uniform(0, 0.02))  # killed while the last line is on its way
                break
            terminal.prompt()
            seen.lines.append(line)
        if finish and seen.lines:
            terminal.type(".")
            if generator.random() < 0.7:
                terminal.wait("Follow-up", "How sure")
                seen.handed_in = True
            else:
                time.sleep(generator.uniform(0, 0.05))
        terminal.child.kill(signal.SIGKILL)
        terminal.end()


def confirmed(history: History, attempt: int, seen: Seen) -> None:
    stored = history.attempt(attempt)
    text = stored.transcript.answer if stored.submitted is not None else stored.draft
    assert text.split("\n")[: len(seen.lines)] == seen.lines
    if seen.handed_in:
        assert stored.submitted is not None
        assert any(event.kind is EventKind.SUBMITTED for event in stored.events)


@pytest.mark.slow
def test_kills_at_random_moments_lose_nothing(tmp_path: Path) -> None:
    generator = random.Random(20261123)
    attempts: list[Seen] = []
    for number in range(ROUNDS):
        with open_history(tmp_path / "data" / "history.sqlite") as history:
            assert history.check() == []
            unfinished = history.unfinished()
            resumable = unfinished == len(attempts) and unfinished is not None
            in_answer = resumable and history.attempt(unfinished or 0).submitted is None
        if not (attempts and in_answer and attempts[-1].lines and generator.random() < 0.5):
            attempts.append(Seen())
        one_round(tmp_path, generator, number, attempts[-1])
        with open_history(tmp_path / "data" / "history.sqlite") as history:
            stored = history.attempt(len(attempts))
            if stored.submitted is None:  # the line in flight may have made it; go on from what is there
                confirmed(history, len(attempts), attempts[-1])
                attempts[-1].lines = stored.draft.split("\n") if stored.draft else []
    with open_history(tmp_path / "data" / "history.sqlite") as history:
        assert history.check() == []
        assert history.count() == len(attempts)
        for attempt, seen in enumerate(attempts, start=1):
            confirmed(history, attempt, seen)
    assert sum(seen.handed_in for seen in attempts) >= 5
