"""A whole mock interview in a real terminal, by keys alone: in the room, cut off and gone on with, and line by line."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest

from prepdrill.history import History, open_history

from .room_terminal import RoomTerminal
from .terminal import PREPDRILL, Terminal

SURE = "How sure are you of your whole answer?"
SAID = "I would sample both models on held-out prompts before I decide."
INTERVIEW = ("mock", "--minutes", "30", "--seed", "3")


def history(home: Path) -> History:
    return open_history(home / "data" / "history.sqlite")


def begin_round(terminal: RoomTerminal, number: int) -> None:
    terminal.wait_for(f"Round {number} of 4")
    terminal.wait_for("begin; the clock starts")
    terminal.press("enter")
    terminal.wait_for("F1 Help")


def hand_in(terminal: RoomTerminal) -> None:
    terminal.press("ctrl+s")
    terminal.wait_for("Hand in ")
    terminal.press("enter")
    terminal.wait_until_handed_in()


def answer_round(terminal: RoomTerminal, kinds: list[str]) -> None:
    """Answer the question and all that is asked after it; the kinds of prompts are added to `kinds`."""
    terminal.type(SAID)
    hand_in(terminal)
    while terminal.wait_for(SURE, "Your answer to this.") != SURE:
        kinds.append(terminal.wait_for("Headline:", "New:", "Follow-up:"))
        terminal.type(f"Said as number {len(kinds)}.")
        hand_in(terminal)
    assert "Score" not in terminal.text
    terminal.press("3")


@pytest.mark.parametrize("size", [(24, 80), (40, 120)])
def test_an_interview_from_the_first_round_to_the_scorecard(tmp_path: Path, size: tuple[int, int]) -> None:
    kinds: list[str] = []
    with RoomTerminal(tmp_path, *INTERVIEW, size=size) as terminal:
        for number in range(1, 5):
            begin_round(terminal, number)
            terminal.wait_for("interview 30:00 left", *(f"interview 29:{second:02} left" for second in range(60)))
            answer_round(terminal, kinds)
        terminal.wait_for("to 9: open a round")
        assert "Score" in terminal.flowing
        terminal.press("2")
        terminal.wait_for("Your answer")
        assert "3 of 4 sure" in terminal.flowing
        terminal.press("down", "y")
        terminal.wait_for("settled by you")
        terminal.press("enter")
        terminal.wait_for("to 9: open a round")
        terminal.press("enter")
        assert terminal.end() == 0
        assert not terminal.screen.alternate
        assert "prepdrill mock export 1 --format html" in terminal.flowing
    assert kinds.count("New:") == 1
    with history(tmp_path) as opened:
        assert opened.resumable() is None
        attempts = [opened.attempt(id) for id in opened.attempts_of(1)]
    assert [attempt.state for attempt in attempts] == ["done"] * 4
    assert [attempt.confidence for attempt in attempts] == [3] * 4
    assert sum(attempt.twist for attempt in attempts) == 1
    assert all(attempt.transcript.answer == SAID for attempt in attempts)
    assert attempts[1].grades[-1].grade.grader.name == "self-check"
    card = json.loads(run(tmp_path, "mock", "show", "--json"))
    assert len(card["rounds"]) == 4
    assert not card["unfinished"]
    page = tmp_path / "card.html"
    run(tmp_path, "mock", "export", "--format", "html", "--to", str(page))
    assert SAID in page.read_text()


def run(home: Path, *arguments: str) -> str:
    done = subprocess.run(
        [PREPDRILL, *arguments],
        env={"PATH": "/usr/bin:/bin", "PREPDRILL_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_an_interview_that_was_killed_goes_on_in_its_round(tmp_path: Path) -> None:
    kinds: list[str] = []
    with RoomTerminal(tmp_path, *INTERVIEW) as terminal:
        begin_round(terminal, 1)
        answer_round(terminal, kinds)
        begin_round(terminal, 2)
        terminal.type("Half of the second answer.")
        terminal.wait_for("saved 0 s ago", "saved 1 s ago")
        terminal.signal(signal.SIGKILL)
        terminal.end()
    unfinished = json.loads(run(tmp_path, "mock", "show", "--json"))
    assert unfinished["unfinished"]
    with RoomTerminal(tmp_path, "mock", "--resume") as again:
        again.wait_for("Half of the second answer.")
        assert "Round 2 of 4" in again.text
        again.press("ctrl+c")
        assert again.end() == 130
    with RoomTerminal(tmp_path, "drill", "--resume") as again:
        again.wait_for("Half of the second answer.")
        hand_in(again)
        again.press("ctrl+c")
        again.end()


def test_an_interview_line_by_line_shows_no_grade_before_its_end(tmp_path: Path) -> None:
    with Terminal(tmp_path, *INTERVIEW, "--plain") as terminal:
        number = 0
        while number < 4:
            number += 1
            terminal.prompt()
            terminal.type(SAID)
            terminal.prompt()
            terminal.type(".")
            while True:
                found = terminal.wait("it passes.", "Enter passes: ")
                if "Enter passes: " in found:
                    terminal.type("2")
                    break
                terminal.prompt()
                terminal.type(".")
            if number < 4:
                assert "Score" not in terminal.wait("Press Enter for the next question")
                terminal.type("")
        assert terminal.end() == 0
    assert "An interview of 30 minutes, in 4 rounds" in terminal.seen
    assert "Round 2 of 4: A log to diagnose" in terminal.seen.replace("\n", " ")
    assert "What cost most" in terminal.seen
