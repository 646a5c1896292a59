"""Whole journeys in a real terminal, by keys alone."""

from __future__ import annotations

import re
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from prepdrill.history import open_history

from .terminal import Terminal

DPO = "post-training/dpo-margin-up-likelihood-down"
SURE = "Enter passes: "


def stored(home: Path) -> Path:
    return home / "data" / "history.sqlite"


@pytest.mark.parametrize("size", [(24, 80), (40, 120)])
def test_a_first_drill_from_the_question_to_the_grade(tmp_path: Path, size: tuple[int, int]) -> None:
    with Terminal(tmp_path, "drill", "--plain", "--question", DPO, size=size) as terminal:
        posed = terminal.prompt()
        assert "Exhibit 1" in posed
        assert "9:00 left." in posed
        assert "Debrief" not in posed
        assert "/ask WHAT" in terminal.enter("/help")
        assert "Exhibit 3" in terminal.enter("/ask where did the probability mass go")
        assert "not recorded" in terminal.enter("/ask the weather in Paris")
        assert re.search(r"[89]:\d\d left\.", terminal.enter("/time"))
        terminal.enter("The loss sees only the gap of the log-ratios, so both can fall.")
        assert "no command" in terminal.enter("/bogus")
        assert "Taken back" in terminal.enter("/undo")
        terminal.enter("//slash")
        assert "/slash" in terminal.enter("/draft")
        terminal.type(".")
        while "Kept as attempt 1" not in terminal.seen:
            found = terminal.wait("a single . ends it; with nothing before, it passes.", SURE, "Kept as attempt 1")
            if "Follow-up" in found:
                terminal.prompt()
                terminal.type(".")
            elif SURE in found:
                terminal.type("7")
                terminal.wait(SURE)
                terminal.type("3")
        assert terminal.end() == 0
    for part in ("Score", "One thing to fix", "A strong answer", "Debrief", "Sources", "Time: 0:0", "Due again 20"):
        assert part in terminal.seen, part
    index = sqlite3.connect(tmp_path / "cache" / "bank-index.sqlite")
    kept = index.execute("SELECT name FROM document WHERE name LIKE 'home %' ORDER BY name").fetchall()
    index.close()
    assert kept == [("home 0",), ("home 1",)], "what `prepdrill` will say today and tomorrow"
    with open_history(stored(tmp_path)) as history:
        attempt = history.attempt(1)
    assert attempt.transcript.answer.endswith("both can fall.\n/slash")
    assert attempt.confidence == 3
    assert [event.text for event in attempt.events if event.kind == "evidence asked"] == [
        "where did the probability mass go",
        "the weather in Paris",
    ]


def test_no_line_of_the_output_is_wider_than_the_terminal(tmp_path: Path) -> None:
    with Terminal(tmp_path, "bank", "show", DPO, "--reveal") as terminal:
        assert terminal.end() == 0
    assert max(len(line) for line in terminal.seen.splitlines()) <= 80


def test_ctrl_c_keeps_every_line_and_the_one_that_was_begun(tmp_path: Path) -> None:
    with Terminal(tmp_path, "drill", "--plain", "--question", DPO) as terminal:
        terminal.prompt()
        terminal.enter("First line.")
        terminal.child.send("Second, not ent")
        terminal.wait("not ent")
        terminal.child.sendintr()
        assert terminal.end() == 130
    assert "prepdrill drill --resume" in terminal.seen
    with Terminal(tmp_path, "drill", "--plain", "--resume") as again:
        posed = again.prompt()
        assert "First line.\nSecond, not ent" in "\n".join(line.strip() for line in posed.splitlines())


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGHUP, signal.SIGTERM])
def test_a_drill_goes_on_after_it_was_cut_off(tmp_path: Path, sent: signal.Signals) -> None:
    with Terminal(tmp_path, "drill", "--plain", "--question", DPO) as terminal:
        terminal.prompt()
        terminal.enter("Said before.")
        terminal.child.kill(sent)
        terminal.end()
    with Terminal(tmp_path, "drill", "--plain", "--resume") as again:
        assert "Said before." in again.prompt()
        again.enter("Said after.")
        again.type(".")
        again.wait("Follow-up", "How sure")
    with open_history(stored(tmp_path)) as history:
        assert history.attempt(1).transcript.answer == "Said before.\nSaid after."


def test_a_drill_cut_off_in_a_follow_up_goes_on_there(tmp_path: Path) -> None:
    with Terminal(tmp_path, "drill", "--plain", "--question", DPO) as terminal:
        terminal.prompt()
        terminal.enter("The margin is only a gap.")
        terminal.type(".")
        terminal.wait("it passes.")
        terminal.prompt()
        terminal.enter("Half of the follow-up.")
        terminal.child.kill(signal.SIGKILL)
        terminal.end()
    with Terminal(tmp_path, "drill", "--plain", "--resume") as again:
        assert "Half of the follow-up." in again.prompt()
        again.enter("The other half.")
        again.type(".")
        again.wait("Follow-up", "How sure")
    with open_history(stored(tmp_path)) as history:
        exchange = history.attempt(1).transcript.exchanges[0]
    assert exchange.answer == "Half of the follow-up.\nThe other half."


def test_the_clock_goes_on_where_it_stood_when_the_candidate_left(tmp_path: Path) -> None:
    with Terminal(tmp_path, "drill", "--plain", "--question", DPO) as terminal:
        terminal.prompt()
        time.sleep(2.2)
        terminal.type("/quit")
        assert terminal.end() == 130
    with Terminal(tmp_path, "drill", "--plain", "--resume") as again:
        assert re.search(r"8:5[0-8] left\.", again.prompt())


def test_the_clock_counts_up_to_the_last_line_before_a_kill(tmp_path: Path) -> None:
    with Terminal(tmp_path, "drill", "--plain", "--question", DPO) as terminal:
        terminal.prompt()
        time.sleep(2.2)
        terminal.enter("A line.")
        terminal.child.kill(signal.SIGKILL)
        terminal.end()
    with Terminal(tmp_path, "drill", "--plain", "--resume") as again:
        assert re.search(r"8:5[0-8] left\.", again.prompt())


def test_the_editor_takes_the_draft_and_gives_it_back(tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\ncat "$1" > "$0.saw"\nprintf \'Edited.\\nTwo lines.\\n\' > "$1"\n')
    editor.chmod(0o755)
    with Terminal(tmp_path, "drill", "--plain", "--question", DPO, VISUAL=str(editor)) as terminal:
        terminal.prompt()
        terminal.enter("Typed.")
        assert "Two lines." in terminal.enter("/edit")
        terminal.type("/quit")
        assert terminal.end() == 130
    assert editor.with_name("editor.saw").read_text() == "Typed.\n"
    with open_history(stored(tmp_path)) as history:
        assert history.attempt(1).draft == "Edited.\nTwo lines."


@pytest.mark.parametrize("command", ["/no/such/editor", "false", "'"])
def test_an_editor_that_fails_leaves_the_draft(tmp_path: Path, command: str) -> None:
    with Terminal(tmp_path, "drill", "--plain", "--question", DPO, VISUAL=command) as terminal:
        terminal.prompt()
        terminal.enter("Typed.")
        assert "your answer is as it was" in " ".join(terminal.enter("/edit").split())


def test_a_pause_stops_the_clock_and_a_skip_leaves_the_question(tmp_path: Path) -> None:
    with Terminal(tmp_path, "drill", "--plain", "--question", DPO) as terminal:
        terminal.prompt()
        terminal.type("/pause")
        terminal.wait("press Enter to go on")
        terminal.type("")
        terminal.prompt()
        terminal.type("/skip")
        assert terminal.end() == 0
    with sqlite3.connect(stored(tmp_path)) as database:
        assert database.execute("SELECT state FROM attempt").fetchone() == ("skipped",)


def test_self_check_settles_what_is_unsure(tmp_path: Path) -> None:
    with Terminal(tmp_path, "drill", "--plain", "--question", DPO, "--grader", "self") as terminal:
        terminal.prompt()
        terminal.enter(
            "The loss only sees the gap of the log-ratios, so both log-probabilities can fall while it improves."
        )
        terminal.enter("I would not say that refusals at step 625 got weaker: sample it on the red-team prompts.")
        terminal.type(".")
        while "Kept as attempt" not in terminal.seen:
            found = terminal.wait("it passes.", SURE, "leaves it open: ", "Kept as attempt")
            if "it passes." in found:
                terminal.prompt()
                terminal.type(".")
            elif SURE in found:
                terminal.type("")
            elif "leaves it open" in found:
                terminal.type("y")
        terminal.end()
    with open_history(stored(tmp_path)) as history:
        grades = history.attempt(1).grades
    assert [entry.grade.grader.name for entry in grades] == ["offline", "self-check"]
    before, after = (entry.grade for entry in grades)
    unsure = {verdict.criterion for verdict in before.verdicts if verdict.outcome == "unsure"}
    assert unsure
    assert {verdict.criterion for verdict in after.verdicts if verdict.by == "user"} == unsure
    assert after.rating is not None


def test_strict_time_hands_in_what_stands(tmp_path: Path) -> None:
    bank = tmp_path / "bank"
    source = Path(__file__).parents[2]
    for folder in ("questions", "rubrics"):
        text = (source / folder / f"{DPO}.yaml").read_text()
        target = bank / folder / "post-training" / "quick.yaml"
        target.parent.mkdir(parents=True)
        target.write_text(text.replace("minutes: 9", "minutes: 0.02"))
    with Terminal(
        tmp_path, "drill", "--plain", "--question", "post-training/quick", "--strict", "--bank", str(bank)
    ) as terminal:
        terminal.prompt()
        time.sleep(1.3)  # the budget is 1.2 s
        terminal.type("Too late, but kept.")
        assert "The time is up; your answer is handed in" in terminal.wait("Follow-up", "How sure")
    with open_history(stored(tmp_path)) as history:
        assert history.attempt(1).transcript.answer == "Too late, but kept."


def test_two_drills_at_once_lose_nothing(tmp_path: Path) -> None:
    with (
        Terminal(tmp_path, "drill", "--plain", "--question", DPO) as left,
        Terminal(tmp_path, "drill", "--plain", "--question", DPO) as right,
    ):
        for terminal in (left, right):
            terminal.prompt()
        for number in range(20):
            left.enter(f"left {number}.")
            right.enter(f"right {number}.")
    with open_history(stored(tmp_path)) as history:
        drafts = {history.attempt(id).draft for id in history.ids()}
    assert drafts == {"\n".join(f"{side} {number}." for number in range(20)) for side in ("left", "right")}


def test_a_dumb_terminal_gets_no_escape_sequence(tmp_path: Path) -> None:
    with Terminal(tmp_path, "bank", "show", DPO, TERM="dumb") as terminal:
        terminal.child.expect("Why|Is your")
        assert "\x1b" not in str(terminal.child.before)


def test_a_full_disk_puts_the_answer_where_the_user_finds_it(tmp_path: Path) -> None:
    home = tmp_path / "user"
    home.mkdir()
    with Terminal(tmp_path, "drill", "--plain", "--question", DPO, HOME=str(home)) as terminal:
        terminal.prompt()
        terminal.enter("Worth keeping.")
        with sqlite3.connect(stored(tmp_path)) as database:  # what a full disk does: the next write fails
            database.execute("CREATE TRIGGER full BEFORE INSERT ON draft BEGIN SELECT RAISE(FAIL, 'disk is full'); END")
        terminal.type("This too.")
        assert terminal.end() == 1
    assert "the disk is full" in terminal.seen
    (kept,) = home.glob("prepdrill-answer-*.txt")
    assert kept.name in terminal.seen.replace("\n", "")
    assert kept.read_text() == "Worth keeping.\nThis too."


def test_a_failure_after_a_resume_keeps_every_line_once(tmp_path: Path) -> None:
    home = tmp_path / "user"
    home.mkdir()
    with Terminal(tmp_path, "drill", "--plain", "--question", DPO) as terminal:
        terminal.prompt()
        terminal.enter("Said before.")
        terminal.child.kill(signal.SIGKILL)
        terminal.end()
    with Terminal(tmp_path, "drill", "--plain", "--resume", HOME=str(home)) as again:
        again.prompt()
        with sqlite3.connect(stored(tmp_path)) as database:
            database.execute("CREATE TRIGGER full BEFORE INSERT ON event BEGIN SELECT RAISE(FAIL, 'disk is full'); END")
        again.type("/quit")  # leaving is an event too, and cannot be stored
        assert again.end() == 1
    (kept,) = home.glob("prepdrill-answer-*.txt")
    assert kept.read_text() == "Said before."
