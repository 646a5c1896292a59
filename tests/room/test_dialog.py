"""What stands before the room: one key answers it, and nothing happens behind it that should not."""

from __future__ import annotations

import asyncio

import pytest

from prepdrill.drill import Stage
from prepdrill.model import EventKind, Round
from prepdrill.room.dialog import DEAF

from .visit import ITEM, Door, Visit


def test_a_pause_hides_question_and_answer_and_stops_the_clock(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.paste("My answer so far.")
        await visit.pass_time(20)
        await visit.press("f6")
        assert visit.sees("Paused. The clock stands at 0:20 spent.")
        assert not any(visit.sees(words) for words in ("A run of an 8B model", "My answer so far", "Log"))
        await visit.pass_time(600)
        await visit.press("enter")
        assert visit.sees("A run of an 8B model")
        assert visit.sees("My answer so far")
        assert visit.sees("4:40 left")
        await visit.pass_time(10)
        assert visit.sees("4:30 left")

    door.enter(scene)


def test_a_pause_ends_at_each_of_its_keys_and_types_nothing(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        for key in ("enter", "space", "f6", "escape"):
            await visit.press("f6")
            assert visit.sees("Paused")
            await visit.press(key)
            assert visit.sees("A run of an 8B model")
            assert visit.draft == ""

    door.enter(scene)


def test_a_strict_clock_does_not_run_out_during_a_pause(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.paste("Not yet.")
        await visit.press("f6")
        await visit.pass_time(3600)
        assert visit.sees("Paused")
        assert visit.stored().submitted is None
        await visit.press("enter")
        assert visit.sees("5:00 left")

    door.enter(scene, strict=True)


def test_the_help_names_every_key_of_the_footer_and_closes(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        footer = visit.lines[-1]
        await visit.press("f1")
        shown = visit.text
        for key in ("F2", "F3", "F4", "F5", "F6"):
            assert key in footer
            assert key in shown
        await visit.press("escape")
        assert visit.sees("A run of an 8B model")

    door.enter(scene, size=(80, 45))


def test_the_keys_of_the_help_can_all_be_reached_in_a_small_window(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.press("f1")
        seen = visit.text
        for _ in range(6):
            await visit.press("pagedown")
            seen += visit.text
        for words in ("next exhibit", "Ctrl+Z, Ctrl+Y", "dark or light", "Escape closes this."):
            assert words in seen

    door.enter(scene, size=(80, 24))


@pytest.mark.parametrize(("key", "level"), [("1", 1), ("4", 4), ("enter", None)])
def test_one_key_says_how_sure_one_is_before_the_grade_is_shown(door: Door, key: str, level: int | None) -> None:
    async def scene(visit: Visit) -> None:
        await visit.hand_in("alpha")
        await visit.until(lambda: visit.sees("How sure are you"))
        assert not visit.sees("Score")
        await visit.press("5", "x", key)
        await visit.until(lambda: visit.sees("Score"))
        assert visit.stored().confidence == level
        assert visit.sees("4 sure") is (level is not None)

    door.enter(scene)


def test_a_round_of_an_interview_is_announced_and_its_clock_starts_at_the_key(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        assert visit.sees("An interview of 30 minutes.")
        assert visit.sees("Round 1 of 1: A log to diagnose.")
        assert not visit.sees("A run of an 8B model")
        visit.clock.seconds += 500
        await visit.press("escape")
        assert not visit.sees("A run of an 8B model")
        await visit.press("enter")
        await visit.until(lambda: visit.sees("A run of an 8B model"))
        await visit.until(lambda: visit.sees("5:00 left"))
        assert visit.sees("interview 30:00 left")

    rounds = [Round(ITEM.question.id, 300.0, "A log to diagnose")]
    door.enter(scene, rounds=rounds, command="mock", minutes=30)


def test_a_skip_wants_a_second_key(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.paste("Half a thought")
        await visit.press("ctrl+n", "escape")
        assert visit.stored().state == "open"
        assert visit.draft == "Half a thought"
        await visit.press("ctrl+n", "enter")
        await visit.until(lambda: visit.sees("This session"))
        assert visit.sees("skipped")
        stored = visit.stored()
        assert stored.state == "skipped"
        assert stored.draft == "Half a thought"
        assert stored.events[-1].kind is EventKind.SKIPPED

    door.enter(scene)


@pytest.mark.parametrize("keys", [("ctrl+s",), ("f1",), ()])
def test_a_strict_clock_hands_in_at_zero_whatever_stands_before_the_room(door: Door, keys: tuple[str, ...]) -> None:
    async def scene(visit: Visit) -> None:
        await visit.paste("alpha as it stands")
        await visit.press(*keys)
        visit.clock.seconds += 299
        await visit.rest()
        assert visit.stored().submitted is None
        visit.clock.seconds += 1
        await visit.until(lambda: visit.stored().submitted is not None)
        assert visit.stored().transcript.answer == "alpha as it stands"
        await visit.until(lambda: visit.sees("How sure are you"))
        await visit.press("4", "enter")  # meant for the answer
        assert visit.sees("How sure are you")
        await asyncio.sleep(DEAF)
        await visit.press("2")
        await visit.until(lambda: visit.sees("Score"))
        sitting = visit.room.sitting
        assert sitting is not None
        assert sitting.interview.stage is Stage.FEEDBACK
        assert sitting.interview.confidence == 2
        await visit.press("enter")
        await visit.until(lambda: visit.sees("This session"))

    door.enter(scene, strict=True)
