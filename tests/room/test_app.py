"""The room goes from stage to stage, loses nothing on any way out, and looks as it was meant to."""

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from prepdrill.drill import Stage
from prepdrill.errors import Interrupted, PrepdrillError
from prepdrill.history import open_history
from prepdrill.model import EventKind, FollowUp, Plan, Round
from prepdrill.programme import Programme
from prepdrill.room.app import Room, hold
from prepdrill.room.theme import DARK, LIGHT
from tests.examples import criterion, item, question

from .picture import Picture, compare
from .tour import SIZES, SMALL, small, tour
from .visit import DUE, ITEM, Door, Scene, Visit, setting

# --- what every screen shows

SCREENS = (
    *("question", "exhibit-log", "exhibit-table", "exhibit-chart", "exhibit-diff", "exhibit-samples"),
    *("zoom-question", "zoom-answer", "saving", "ask", "ask-typed", "ask-not-logged", "ask-found", "hint"),
    *("pause", "help", "skip", "clock-half", "clock-fifth", "clock-over", "hand-in"),
    *("headline", "headline-over", "twist", "follow-up", "confidence"),
    *("grade", "grade-evidence", "grade-decided", "model-answer", "debrief", "grade-help", "summary-of-one"),
    *("question-of-three", "summary-of-three", "mock-round", "mock-question"),
)
THEMES: Mapping[tuple[int, int], str] = dict(zip(SIZES, (DARK.name, LIGHT.name), strict=True))
"""What is written does not depend on the theme; the contrast of all this is measured in both."""


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SCREENS)
def test_the_screen_shows_what_its_snapshot_shows(name: str, size: tuple[int, int]) -> None:
    compare(f"{name}-{size[0]}x{size[1]}", tour(size, THEMES[size])[name])


def test_every_screen_of_the_tour_has_a_snapshot() -> None:
    assert list(tour(SIZES[0], THEMES[SIZES[0]])) == list(SCREENS)


@pytest.mark.parametrize("size", SMALL)
def test_a_small_window_shows_what_its_snapshot_shows(size: tuple[int, int]) -> None:
    compare(f"answer-{size[0]}x{size[1]}", small(size, DARK.name))


def test_a_snapshot_that_differs_says_where_and_how_to_write_it_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("PREPDRILL_SNAPSHOTS", raising=False)
    monkeypatch.setattr("tests.room.picture.FOLDER", tmp_path)
    (tmp_path / "one.txt").write_text("before\nsame\n")
    shown = Picture(tuple(_strips("after", "same")))
    with pytest.raises(AssertionError, match=r"(?s)-before\n\+after\n same.*PREPDRILL_SNAPSHOTS=write"):
        compare("one", shown)
    monkeypatch.setenv("PREPDRILL_SNAPSHOTS", "write")
    compare("one", shown)
    monkeypatch.delenv("PREPDRILL_SNAPSHOTS")
    compare("one", shown)


def _strips(*lines: str) -> Iterator[Any]:
    from rich.segment import Segment
    from textual.strip import Strip

    return (Strip([Segment(line)]) for line in lines)


# --- leaving and coming back


PROMPTED = item([criterion("alpha"), criterion("beta")], question(follow_ups=[FollowUp("When is it harmless?")]))


async def to_answer(visit: Visit) -> None:
    await visit.paste("Half an answer")


async def to_pause(visit: Visit) -> None:
    await visit.paste("Half an answer")
    await visit.press("f6")


async def to_hand_in(visit: Visit) -> None:
    await visit.paste("Half an answer")
    await visit.press("ctrl+s")


async def to_request(visit: Visit) -> None:
    await visit.paste("Half an answer")
    await visit.press("f4")


async def to_follow_up(visit: Visit) -> None:
    await visit.hand_in("Half an answer")
    await visit.until(lambda: visit.sees("When is it harmless?"))
    await visit.paste("Never.")


async def to_confidence(visit: Visit) -> None:
    await to_follow_up(visit)
    await visit.hand_in()
    await visit.until(lambda: visit.sees("How sure are you"))


async def to_grade(visit: Visit) -> None:
    await to_confidence(visit)
    await visit.press("2")
    await visit.until(lambda: visit.sees("Score"))


STAGES = (to_answer, to_pause, to_hand_in, to_request, to_follow_up, to_confidence, to_grade)


@pytest.mark.parametrize("way", STAGES)
def test_ctrl_c_leaves_at_once_from_every_stage_and_everything_is_there_again(
    door: Door, way: Callable[[Visit], Awaitable[None]]
) -> None:
    seen: list[str] = []

    async def leave(visit: Visit) -> None:
        await way(visit)
        await visit.press("ctrl+c")
        assert visit.room.return_value == "left"

    async def again(visit: Visit) -> None:
        seen.append(visit.text)
        stored = visit.stored()
        said = (stored.draft, stored.transcript.answer, *(entry.answer for entry in stored.transcript.exchanges))
        assert "Half an answer" in said
        if way in (to_follow_up, to_confidence, to_grade):
            assert "Never." in said
        if way in (to_answer, to_pause, to_hand_in, to_request):
            assert visit.draft == "Half an answer"
        elif way is to_follow_up:
            assert visit.draft == "Never."
        else:
            assert visit.sees("How sure are you" if way is to_confidence else "Score")

    door.enter(leave, items=[PROMPTED])
    door.come_back(again, items=[PROMPTED])
    assert seen


def test_the_clock_stands_between_leaving_and_coming_back(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    async def leave(visit: Visit) -> None:
        await visit.paste("So far.")
        await visit.pass_time(60)
        await visit.press("ctrl+c")

    with pytest.raises(Interrupted, match=r"prepdrill drill --resume"):
        held(door, leave, monkeypatch)
    door.clock.seconds += 86_400

    async def again(visit: Visit) -> None:
        assert visit.sees("4:00 left")
        assert visit.draft == "So far."
        assert EventKind.PAUSED in [event.kind for event in visit.stored().events]

    door.come_back(again)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_keeps_what_was_typed_to_the_last_key(door: Door, number: int) -> None:
    async def scene(visit: Visit) -> None:
        await visit.type("ab")
        visit.room.ended_by(number)

    room = door.enter(scene)
    assert room.return_value == "left"
    with open_history(door.path) as history:
        assert history.attempt(1).draft == "ab"


def test_a_session_left_between_two_questions_goes_on_with_the_next(door: Door) -> None:
    second = item(ITEM.rubric.everything, question("post-training/second"))

    async def leave(visit: Visit) -> None:
        await visit.answered("alpha")
        await visit.press("enter")
        await visit.until(lambda: visit.sees("question 2 of 2"))
        await visit.press("ctrl+c")

    async def again(visit: Visit) -> None:
        assert visit.sees("question 2 of 2")
        assert visit.stored().item.question.id == second.question.id

    door.enter(leave, items=[ITEM, second])
    door.come_back(again, items=[ITEM, second])


# --- hold: what the command gets


def held(door: Door, scene: Scene, monkeypatch: pytest.MonkeyPatch, home: Path | None = None) -> Any:
    """What `hold` returns when the scene is played in it, without a terminal."""
    failed: list[BaseException] = []
    run = Room.run

    def headless(room: Room) -> Any:
        async def pilot(pilot: Pilot[Any]) -> None:
            try:
                await door.pass_through(scene, room, pilot)
            except BaseException as error:
                failed.append(error)
                room.exit()

        room.animation_level = "none"
        return run(room, headless=True, size=(80, 24), auto_pilot=pilot)

    monkeypatch.setattr(Room, "run", headless)
    plan = Plan((Round(ITEM.question.id, 300.0),))
    environ = {"HOME": str(home or door.path.parent)}
    with open_history(door.path) as history:
        programme = Programme.begin(history, "drill", plan, lambda _: ITEM, door.clock, grader="offline")
        try:
            return hold(setting(environ=environ), programme)
        finally:
            if failed:
                raise failed[0]


def test_hold_returns_what_became_of_each_question(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(visit: Visit) -> None:
        await visit.answered("alpha")
        await visit.press("enter")
        await visit.until(lambda: visit.sees("This session"))
        await visit.press("enter")

    (row,) = held(door, scene, monkeypatch)
    assert (row.attempt, row.item, row.budget) == (1, ITEM, 300.0)
    assert row.grade.verdict("alpha").outcome == "met"
    assert row.due == DUE


@pytest.mark.parametrize("table", ["draft", "event"])
def test_when_the_disk_is_full_the_room_ends_and_the_answer_is_in_a_file(
    door: Door, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, table: str
) -> None:
    home = tmp_path / "user"
    home.mkdir()

    async def scene(visit: Visit) -> None:
        await visit.paste("Worth keeping.")
        if table == "event":
            visit.room.keep()
        with sqlite3.connect(door.path) as database:  # what a full disk does: the next write fails
            database.execute(
                f"CREATE TRIGGER full BEFORE INSERT ON {table} BEGIN SELECT RAISE(FAIL, 'disk is full'); END"
            )
        database.close()
        await visit.press("ctrl+s", "enter")
        await asyncio.sleep(0)

    with pytest.raises(PrepdrillError, match=r"prepdrill-answer-.*\.txt"):
        held(door, scene, monkeypatch, home)
    (kept,) = home.glob("prepdrill-answer-*.txt")
    assert kept.read_text() == "Worth keeping."


# --- a machine that sleeps


def test_a_suspend_is_told_once_and_does_not_count(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.pass_time(10)
        await visit.pass_time(1, asleep=1800)
        assert visit.sees("The machine slept for 30:00; that time does not count.")
        assert visit.sees("4:49 left")
        await visit.type("x")
        await visit.pass_time(1)
        assert not visit.sees("The machine slept")
        assert visit.sees("4:48 left")
        await visit.pass_time(1, asleep=60)
        assert visit.sees("The machine slept for 1:00")

    door.enter(scene)


def test_a_clock_that_is_set_right_by_seconds_is_no_suspend(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        for seconds in (10, -3600, 5):
            await visit.pass_time(1, asleep=seconds)
            assert not visit.sees("slept")
        assert visit.sees("4:57 left")

    door.enter(scene)


# --- the window


def test_the_window_may_change_at_any_moment(door: Door) -> None:
    draw = random.Random(7)
    sizes = [(20, 5), (200, 60), (39, 30), (110, 11), (40, 12), (109, 40), (60, 20)]

    async def scene(visit: Visit) -> None:
        async def shake() -> None:
            for width, height in draw.sample(sizes, 2):
                await visit.pilot.resize_terminal(width, height)
                await visit.rest()
                assert all(len(line) <= width for line in visit.lines)
            await visit.pilot.resize_terminal(80, 24)
            await visit.rest()

        for way in (to_answer, to_request):
            await way(visit)
            await shake()
            await visit.press("escape")
        assert visit.draft == "Half an answer" * 2
        for keys in (("f3",), ("f3",), ("f3",), ("f6",), ("enter", "f1"), ("escape", "f2")):
            await visit.press(*keys)
            await shake()
        assert visit.sees("Half an answer")
        await visit.hand_in()
        await visit.until(lambda: visit.sees("When is it harmless?"))
        await visit.paste("Never.")
        await shake()
        assert visit.draft == "Never."
        await visit.hand_in()
        await visit.until(lambda: visit.sees("How sure are you"))
        await shake()
        await visit.press("2")
        await visit.until(lambda: visit.sees("Score"))
        await shake()
        assert visit.sees("Half an answer")
        await visit.press("enter")
        await visit.until(lambda: visit.sees("This session"))
        await shake()

    door.enter(scene, items=[PROMPTED])


def test_a_window_that_is_too_small_says_what_to_do_and_keeps_the_text(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        text = "kept"
        await visit.paste(text)
        for size in ((20, 10), (39, 24), (80, 11)):
            await visit.pilot.resize_terminal(*size)
            await visit.rest()
            assert visit.sees("The room needs 40 columns and 12 lines.")
            await visit.pilot.resize_terminal(80, 24)
            await visit.rest()
            await visit.type("!")
            text += "!"
            assert visit.draft == text, "the keyboard is back in the answer"
            assert visit.sees(text)

    door.enter(scene)


def test_dark_and_light_change_at_a_key_wherever_one_is(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        async def change() -> None:
            visit.room.keep()
            await visit.pass_time(0)
            before = visit.text
            for theme in (LIGHT.name, DARK.name):
                await visit.press("f10")
                assert visit.room.theme == theme
                assert visit.text == before

        await to_hand_in(visit)
        await change()
        await visit.press("enter")
        await visit.until(lambda: visit.sees("When is it harmless?"))
        await visit.hand_in("Never.")
        await visit.until(lambda: visit.sees("How sure are you"))
        await change()
        await visit.press("2")
        await visit.until(lambda: visit.sees("Score"))
        await change()
        await visit.press("enter")
        await visit.until(lambda: visit.sees("This session"))
        await change()

    door.enter(scene, items=[PROMPTED])


# --- from question to question


def test_an_interview_of_several_rounds_shows_no_grade_between_them(door: Door) -> None:
    second = item(ITEM.rubric.everything, question("post-training/second"))
    rounds = [Round(ITEM.question.id, 300.0, "Warm-up"), Round(second.question.id, 300.0, "A decision")]

    async def scene(visit: Visit) -> None:
        await visit.press("enter")
        await visit.until(lambda: visit.sees("A run of an 8B model"))
        await visit.hand_in("alpha")
        await visit.until(lambda: visit.sees("How sure are you") or visit.sees("Round 2 of 2"))
        if not visit.sees("Round 2 of 2"):
            await visit.press("2")
        await visit.until(lambda: visit.sees("Round 2 of 2: A decision."))
        assert not visit.sees("Score")

    door.enter(scene, items=[ITEM, second], rounds=rounds, command="mock", minutes=30)


def test_a_skipped_question_is_followed_by_the_next(door: Door) -> None:
    second = item(ITEM.rubric.everything, question("post-training/second"))

    async def scene(visit: Visit) -> None:
        assert visit.sees("question 1 of 2")
        await visit.press("ctrl+n", "enter")
        await visit.until(lambda: visit.sees("question 2 of 2"))
        assert visit.draft == ""
        sitting = visit.room.sitting
        assert sitting is not None
        assert sitting.interview.stage is Stage.ANSWER

    door.enter(scene, items=[ITEM, second])


def test_without_a_clock_nothing_presses(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.pass_time(4000)
        assert visit.sees("1:06:40 spent, no clock")
        await visit.answered("alpha")
        assert visit.sees("1:06:40, without a clock")

    door.enter(scene, budget=None)
