"""The room in a real terminal, by keys alone."""

from __future__ import annotations

import re
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from prepdrill.history import Attempt, open_history
from prepdrill.room.theme import DARK, LIGHT

from .room_terminal import RoomTerminal
from .terminal import PREPDRILL

DPO = "post-training/dpo-margin-up-likelihood-down"
SMALL, LARGE = (24, 80), (40, 120)
SIZES = ((5, 20), (60, 200), (12, 40), (11, 120), (20, 60), (5, 200), (60, 20), (24, 80), (40, 120))
ALTERNATE = "\x1b[?1049h"
SURE = "How sure are you"


def room(home: Path, *arguments: str, size: tuple[int, int] = SMALL, **environ: str) -> RoomTerminal:
    """A drill in the room, shown and ready for keys."""
    return RoomTerminal(home, "drill", *(arguments or ("--question", DPO)), size=size, **environ).wait_until_ready()


def attempt(home: Path, id: int = 1) -> Attempt:
    with open_history(home / "data" / "history.sqlite") as history:
        assert history.check() == []
        return history.attempt(id)


def hand_in(terminal: RoomTerminal) -> None:
    """Hand in what stands in the editor, and wait for what comes then."""
    terminal.press("ctrl+s")
    terminal.wait_for("Hand in ")
    terminal.press("enter")
    terminal.wait_until_handed_in()


def follow_ups(terminal: RoomTerminal) -> Iterator[str]:
    """Answer every follow-up until confidence is asked for; the answers."""
    number = 0
    while terminal.wait_for(SURE, "Your answer to this.") != SURE:
        number += 1
        said = f"Said to follow-up {number}."
        terminal.type(said)
        hand_in(terminal)
        yield said


def left_cleanly(terminal: RoomTerminal) -> None:
    """The terminal is as it was before: normal screen, cursor, no mouse reports, no traceback."""
    assert not terminal.screen.alternate
    assert not terminal.screen.cursor.hidden
    for mode in (1000, 1003, 1006, 2004):
        assert terminal.output.rfind(f"\x1b[?{mode}l") > terminal.output.rfind(f"\x1b[?{mode}h"), mode
    assert "Traceback" not in terminal.output


def made_quick(folder: Path, minutes: float) -> Path:
    """A bank with one question that has so little time."""
    source = Path(__file__).parents[2]
    for kind in ("questions", "rubrics"):
        text = (source / kind / f"{DPO}.yaml").read_text()
        target = folder / kind / "post-training" / "quick.yaml"
        target.parent.mkdir(parents=True)
        target.write_text(text.replace("minutes: 9", f"minutes: {minutes}"))
    return folder


# --- from start to summary


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_drill_from_the_question_to_the_summary(tmp_path: Path, size: tuple[int, int]) -> None:
    with room(tmp_path, size=size) as terminal:
        terminal.wait_for("The margin rises")
        assert re.search(r"(9:00|8:5\d) left", terminal.text)
        terminal.press("f2")
        terminal.wait_for("logp_rejected")
        terminal.type("The loss sees only the gap of the log-ratios, so both can fall.")
        ask_for_evidence(terminal)
        terminal.press("f5")
        terminal.wait_for("Hint 1:")
        look_at_each_half_alone(terminal)
        terminal.press("f6")
        terminal.wait_for("Paused.")
        terminal.wait_for("Hint 1", "log-ratios", gone=True)
        terminal.press("enter")
        terminal.wait_for("log-ratios")
        assert "Not on this evidence" not in terminal.output  # the model answer is not shown before the answer is in
        hand_in(terminal)
        said = list(follow_ups(terminal))
        assert said
        assert "Score" not in terminal.text
        terminal.press("3")
        terminal.wait_for("Score")
        decide_and_take_back(terminal)
        terminal.press("2")
        terminal.wait_for("Not on this evidence")
        terminal.press("enter")
        terminal.wait_for("Done")
        terminal.press("enter")
        assert terminal.end() == 0
        left_cleanly(terminal)
        assert "prepdrill review show 1" in terminal.flowing
        assert "The margin rises" in terminal.flowing
    stored = attempt(tmp_path)
    assert stored.state == "done"
    assert stored.transcript.answer == "The loss sees only the gap of the log-ratios, so both can fall."
    assert [exchange.answer for exchange in stored.transcript.exchanges] == said
    assert stored.confidence == 3
    kinds = [event.kind.value for event in stored.events]
    assert [event.text for event in stored.events if event.kind == "evidence asked"] == [
        "where did the probability mass go",
        "the weather in Paris",
    ]
    for kind in ("hint taken", "paused", "resumed", "submitted", "ended"):
        assert kinds.count(kind) == 1, kind
    assert [entry.grade.grader.name for entry in stored.grades][-2:] == ["self-check", "offline"]
    assert stored.grades[-1].grade.verdicts == stored.grades[-3].grade.verdicts


def ask_for_evidence(terminal: RoomTerminal) -> None:
    terminal.press("f4")
    terminal.wait_for("What do you want to see?")
    terminal.type("where did the probability mass go")
    terminal.press("enter")
    terminal.wait_for("answer that complies")
    terminal.press("f4")
    terminal.wait_for("What do you want to see?")
    terminal.type("the weather in Paris")
    terminal.press("enter")
    terminal.wait_for("not logged in this run")
    terminal.settle()
    terminal.press("escape")
    terminal.settle()


def look_at_each_half_alone(terminal: RoomTerminal) -> None:
    answer, question = "log-ratios", "Log on the held-o"
    terminal.press("f3")
    terminal.wait_for(answer, gone=True)
    assert question in terminal.text
    terminal.press("f3")
    terminal.wait_for(question, gone=True)
    terminal.wait_for(answer)
    terminal.press("f3")
    terminal.wait_until(lambda: question in terminal.text and answer in terminal.text, "both halves")


def decide_and_take_back(terminal: RoomTerminal) -> None:
    terminal.press("y")
    terminal.wait_for("settled by you")
    terminal.press("u")
    terminal.wait_for("settled by you", gone=True)


def test_two_questions_one_left_at_its_grade_and_gone_on_with(tmp_path: Path) -> None:
    with room(tmp_path, "--question", DPO, "--question", "data/annotator-seventeen", size=LARGE) as terminal:
        terminal.wait_for("question 1 of 2")
        terminal.type("Only the gap counts.")
        hand_in(terminal)
        list(follow_ups(terminal))
        terminal.press("enter")
        terminal.wait_for("Score")
        terminal.press("ctrl+c")
        assert terminal.end() == 130
        left_cleanly(terminal)
    with RoomTerminal(tmp_path, "drill", "--resume", size=LARGE) as again:
        again.wait_for("Score")
        again.press("enter")
        again.wait_for("question 2 of 2")
        again.press("ctrl+n")
        again.wait_for("Skip this question?")
        again.press("enter")
        again.wait_for("Done")
        again.press("enter")
        assert again.end() == 0
        assert "review show 1" in again.flowing
        assert "review show 2" in again.flowing
    assert [attempt(tmp_path, id).state for id in (1, 2)] == ["done", "skipped"]


def test_after_a_skipped_question_a_resume_goes_on_with_the_next(tmp_path: Path) -> None:
    with room(tmp_path, "--count", "2", "--seed", "5", size=LARGE) as terminal:
        terminal.wait_for("question 1 of 2")
        terminal.press("ctrl+n")
        terminal.wait_for("Skip this question?")
        terminal.press("enter")
        terminal.wait_for("question 2 of 2")
        terminal.type("Begun here.")
        terminal.press("ctrl+c")
        assert terminal.end() == 130
    with room(tmp_path, "--resume", size=LARGE) as again:
        again.wait_for("question 2 of 2")
        again.wait_for("Begun here.")
    with open_history(tmp_path / "data" / "history.sqlite") as history:
        assert history.count() == 2


def test_strict_time_hands_in_what_stands(tmp_path: Path) -> None:
    bank = made_quick(tmp_path / "bank", 0.05)
    with room(tmp_path, "--question", "post-training/quick", "--strict", "--bank", str(bank)) as terminal:
        terminal.type("All that I had time for.")
        terminal.wait_for("Follow-up:", SURE)
    assert attempt(tmp_path).transcript.answer == "All that I had time for."


# --- leaving, being stopped, losing the terminal


def test_ctrl_c_keeps_the_draft_and_the_clock(tmp_path: Path) -> None:
    with room(tmp_path) as terminal:
        terminal.type("First line.\nSecond, not ended")
        terminal.wait_for("8:57 left")
        terminal.press("ctrl+c")
        assert terminal.end(within=2) == 130
        left_cleanly(terminal)
        assert "prepdrill drill --resume" in terminal.flowing
    time.sleep(2)
    with room(tmp_path, "--resume") as again:
        again.wait_for("Second, not ended")
        assert "First line." in again.text
        assert re.search(r"8:5[4-7] left", again.text)
        again.type(" and gone on with")
        again.press("ctrl+c")
        again.end()
    assert attempt(tmp_path).draft == "First line.\nSecond, not ended and gone on with"


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_keeps_the_text_to_the_last_key(tmp_path: Path, sent: signal.Signals) -> None:
    with room(tmp_path) as terminal:
        terminal.type("Written just now, to the last key")
        terminal.signal(sent)
        status = terminal.end(within=2)
        if sent is not signal.SIGHUP:
            assert status == 130
            left_cleanly(terminal)
            assert "prepdrill drill --resume" in terminal.flowing
    stored = attempt(tmp_path)
    assert stored.draft == "Written just now, to the last key"
    assert stored.events[-1].kind == "paused"


@pytest.mark.parametrize("where", ["answer", "pause", "grade"])
def test_a_closed_terminal_keeps_the_text_and_leaves_no_process(tmp_path: Path, where: str) -> None:
    with room(tmp_path) as terminal:
        terminal.type("Typed before the window was closed.")
        if where == "pause":
            terminal.press("f6")
            terminal.wait_for("Paused.")
        elif where == "grade":
            hand_in(terminal)
            list(follow_ups(terminal))
            terminal.press("enter")
            terminal.wait_for("Score")
        terminal.close()
        terminal.end(within=3)
    stored = attempt(tmp_path)
    assert (stored.transcript.answer or stored.draft) == "Typed before the window was closed."


def test_a_terminal_that_took_no_output_before_it_was_closed_leaves_no_process(tmp_path: Path) -> None:
    with room(tmp_path) as terminal:
        terminal.type("Typed before the output was held up.")
        terminal.press(*["f10"] * 60)  # each paints the whole screen, and nothing is read
        time.sleep(2)
        terminal.close()
        terminal.end(within=3)
    assert attempt(tmp_path).draft == "Typed before the output was held up."


def test_keys_that_come_while_an_answer_is_graded_stay_out_of_the_follow_up(tmp_path: Path) -> None:
    with room(tmp_path) as terminal:
        terminal.type("Only the gap counts.")
        terminal.press("ctrl+s")
        terminal.wait_for("Hand in ")
        for key in ("enter", *"zzz"):
            terminal.press(key)
            time.sleep(0.01)
        terminal.wait_for("Follow-up:")
        terminal.type(" Said after.")
        terminal.wait_for("saved")
        terminal.press("ctrl+c")
        terminal.end()
    stored = attempt(tmp_path)
    assert stored.transcript.answer == "Only the gap counts."
    assert stored.draft.endswith(" Said after.")
    assert "Only the gap" not in stored.draft


def test_a_failing_disk_puts_the_answer_where_the_user_finds_it(tmp_path: Path) -> None:
    home = tmp_path / "user"
    home.mkdir()
    with room(tmp_path, HOME=str(home)) as terminal:
        with sqlite3.connect(tmp_path / "data" / "history.sqlite") as database:
            database.execute("CREATE TRIGGER full BEFORE INSERT ON draft BEGIN SELECT RAISE(FAIL, 'disk is full'); END")
        terminal.type("Worth keeping.")
        assert terminal.end() == 1
        left_cleanly(terminal)
        assert "the disk is full" in terminal.flowing
    (kept,) = home.glob("prepdrill-answer-*.txt")
    assert kept.read_text() == "Worth keeping."


def test_two_rooms_at_once_lose_nothing(tmp_path: Path) -> None:
    with room(tmp_path) as left, room(tmp_path) as right:
        for number in range(8):
            left.type(f"left {number}. ")
            right.type(f"right {number}. ")
        for terminal in (left, right):
            terminal.press("ctrl+c")
            assert terminal.end() == 130
    drafts = {attempt(tmp_path, id).draft for id in (1, 2)}
    assert drafts == {"".join(f"{side} {number}. " for number in range(8)) for side in ("left", "right")}


# --- the user's own editor


def editor(folder: Path, script: str) -> Path:
    path = folder / "editor"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_the_editor_takes_the_draft_and_gives_it_back(tmp_path: Path) -> None:
    own = editor(tmp_path, 'cat "$1" > "$0.saw"\nprintf \'Edited.\\nTwo lines.\\n\' > "$1"')
    with room(tmp_path, VISUAL=str(own)) as terminal:
        terminal.type("Typed.")
        terminal.press("f9")
        terminal.wait_for("Two lines.")
        assert terminal.screen.alternate
        terminal.press("ctrl+z")
        terminal.wait_for("Typed.")
        terminal.press("ctrl+y")
        terminal.wait_for("Two lines.")
        terminal.type(" And more.")
        terminal.press("ctrl+c")
        assert terminal.end() == 130
        left_cleanly(terminal)
    assert own.with_name("editor.saw").read_text() == "Typed.\n"
    assert attempt(tmp_path).draft == "Edited.\nTwo lines. And more."


@pytest.mark.parametrize("command", ["/no/such/editor", "false", "'"])
def test_an_editor_that_fails_leaves_the_draft(tmp_path: Path, command: str) -> None:
    with room(tmp_path, VISUAL=command) as terminal:
        terminal.type("Typed.")
        terminal.press("ctrl+o")
        terminal.wait_for("your answer is as it was")
        terminal.type(" Gone on.")
        assert "Typed. Gone on." in terminal.text


def test_a_signal_while_the_editor_is_open_loses_neither_text(tmp_path: Path) -> None:
    own = editor(tmp_path, 'echo IN THE EDITOR\nuntil [ -e "$0.close" ]; do sleep 0.05; done\necho Edited. > "$1"')
    with room(tmp_path, VISUAL=str(own)) as terminal:
        terminal.type("Typed.")
        terminal.press("f9")
        terminal.wait_for("IN THE EDITOR")
        assert attempt(tmp_path).draft == "Typed."
        terminal.signal(signal.SIGTERM)
        own.with_name("editor.close").touch()
        assert terminal.end(within=2) == 130
        left_cleanly(terminal)
    assert attempt(tmp_path).draft == "Edited."


def test_a_terminal_closed_while_the_editor_is_open_keeps_the_draft(tmp_path: Path) -> None:
    own = editor(tmp_path, "echo IN THE EDITOR\nsleep 10")
    with room(tmp_path, VISUAL=str(own)) as terminal:
        terminal.type("Typed.")
        terminal.press("f9")
        terminal.wait_for("IN THE EDITOR")
        terminal.close()
        terminal.end(within=3)
    assert attempt(tmp_path).draft == "Typed."


# --- whatever terminal it is


def test_a_window_of_any_size_at_any_moment(tmp_path: Path) -> None:
    with room(tmp_path) as terminal:
        terminal.type("Kept at every size.")
        for lines, columns in SIZES:
            terminal.resize(lines, columns)
            if columns < 40 or lines < 12:
                terminal.wait_for("40 columns" if lines > 5 or columns > 20 else "The room needs")
            else:
                terminal.wait_for("Kept at every size.")
                terminal.wait_for("left")
        terminal.press("f6")
        terminal.wait_for("Paused.")
        terminal.resize(5, 20)
        terminal.settle()
        terminal.resize(24, 80)
        terminal.wait_for("Paused.")
        terminal.press("enter")
        hand_in(terminal)
        list(follow_ups(terminal))
        terminal.press("1")
        terminal.wait_for("Score")
        for lines, columns in [(5, 20), (60, 200), (24, 80)]:
            terminal.resize(lines, columns)
            terminal.settle()
        terminal.wait_for("Score")
        terminal.press("ctrl+c")
        assert terminal.end() == 130
        left_cleanly(terminal)
    assert attempt(tmp_path).transcript.answer == "Kept at every size."


def test_a_narrow_terminal_gets_a_sentence(tmp_path: Path) -> None:
    with RoomTerminal(tmp_path, "drill", "--question", DPO, size=(24, 20)) as terminal:
        terminal.wait_for("The room needs 40 columns")
        terminal.press("ctrl+c")
        assert terminal.end(within=2) == 130
        left_cleanly(terminal)


def test_a_paste_brings_no_control_sequence_in(tmp_path: Path) -> None:
    with room(tmp_path) as terminal:
        terminal.paste("Pasted \x1b[31mred\x1b[0m, \x1b]0;a title\x07a title,\x00 \x9b5m\x1b[2J\r\nnext\tline.")
        terminal.wait_for("line.")
        terminal.paste("Ended \x1b[201~early")
        terminal.wait_for("early")
        terminal.type(" Typed.")
        terminal.press("ctrl+c")
        assert terminal.end() == 130
        left_cleanly(terminal)
        assert "a title\x07" not in terminal.output
    draft = attempt(tmp_path).draft
    assert draft.replace("\t", " ").startswith("Pasted red, a title, ")
    assert draft.endswith("early Typed.")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", draft)
    assert "\nnext\tline.Ended early" in draft


def test_a_paste_of_ten_thousand_words_leaves_the_room_usable(tmp_path: Path) -> None:
    text = " ".join(f"word{number}" for number in range(10_000))
    with room(tmp_path) as terminal:
        terminal.paste(text)
        terminal.wait_for("word9999")
        terminal.type(" Stop.")
        terminal.wait_for("10001 words")
        terminal.press("ctrl+home")
        terminal.wait_for("word0 word1")
        terminal.press("ctrl+c")
        assert terminal.end() == 130
    assert attempt(tmp_path).draft == f"{text} Stop."


def test_the_mouse_turns_a_tab_and_so_does_a_key(tmp_path: Path) -> None:
    with room(tmp_path) as terminal:
        terminal.click(terminal.display()[0].index("Log on"), 0)
        terminal.wait_for("logp_rejected")
        terminal.click(10, 15)
        terminal.type("Typed after a click into the editor.")
        terminal.press("tab")
        terminal.settle()
        terminal.press("2")
        terminal.wait_for("mean tokens")
        terminal.press("left")
        terminal.wait_for("logp_rejected")
        terminal.press("tab")
        terminal.settle()
        terminal.type(" And after a key.")
        assert "editor. And after a key." in terminal.text


def test_no_color_leaves_only_greys(tmp_path: Path) -> None:
    with room(tmp_path, NO_COLOR="1", COLORTERM="truecolor") as terminal:
        terminal.type("Typed.")
        terminal.press("f2")
        terminal.wait_for("logp_rejected")
        colours = re.findall(r"[34]8;2;(\d+);(\d+);(\d+)", terminal.output)
        assert colours
        assert [colour for colour in colours if len(set(colour)) > 1] == []
        assert not re.search(r"\x1b\[(?:\d;)*(?:3[1-6]|4[1-6]|9[1-6]|10[1-6])[;m]", terminal.output)


def test_the_theme_is_as_set_and_a_key_changes_it(tmp_path: Path) -> None:
    def ground(terminal: RoomTerminal) -> str:
        return f"#{terminal.screen.buffer[15][5].bg}"

    with room(tmp_path, PREPDRILL_THEME="light", COLORTERM="truecolor") as terminal:
        terminal.wait_until(lambda: ground(terminal) == LIGHT.background, "the light theme")
        terminal.press("f10")
        terminal.wait_until(lambda: ground(terminal) == DARK.background, "the dark theme")


@pytest.mark.parametrize(
    ("arguments", "term", "setting"),
    [(("--plain",), "xterm", "false"), ((), "xterm", "true"), ((), "dumb", "false")],
)
def test_a_terminal_that_cannot_or_should_not_gets_the_linear_session(
    tmp_path: Path, arguments: tuple[str, ...], term: str, setting: str
) -> None:
    question = ("--question", DPO)
    with RoomTerminal(tmp_path, "drill", *question, *arguments, TERM=term, PREPDRILL_PLAIN=setting) as terminal:
        terminal.wait_for("\n>")
        assert ALTERNATE not in terminal.output
        if term == "dumb":
            assert "\x1b" not in terminal.output.replace("\x1b[?2004h", "")  # the line editor asks for bracketed paste


def test_standard_error_in_a_file_gives_the_linear_session(tmp_path: Path) -> None:
    shell = f"exec '{PREPDRILL}' drill --question {DPO} 2> '{tmp_path / 'errors'}'"
    with RoomTerminal(tmp_path, "-c", shell, command="/bin/sh") as terminal:
        terminal.wait_for("\n>")
        assert ALTERNATE not in terminal.output
    assert ALTERNATE not in (tmp_path / "errors").read_text()


def test_a_pipe_gets_no_room(tmp_path: Path) -> None:
    ended = subprocess.run(
        [PREPDRILL, "drill", "--question", DPO],
        input="Only the gap counts.",
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert "\x1b" not in ended.stdout + ended.stderr
    assert "Score" in ended.stdout
