"""The judge in the room: it reads while the candidate goes on, and nothing waits for it that need not."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import pytest

from prepdrill import endpoint
from prepdrill.history import Attempt, open_history
from prepdrill.judging import Background
from prepdrill.model import FollowUp, Outcome, Round
from prepdrill.room.app import Setting
from prepdrill.room.dialog import DEAF
from tests.examples import criterion, item, question
from tests.judges import background, says
from tests.scripted import ScriptedServer, status

from .visit import ITEM, Door, Visit, setting

ASKED = item(
    [criterion("alpha", essential=True), criterion("beta")],
    question(follow_ups=[FollowUp("The prepared follow-up?")]),
)
PROBE = "What would you look at next?"
MADE: list[Callable[[], Background]] = []
"""Judges of the present test, to be sent away at its end."""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "PAUSE", 0.01)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        scripted.always(says({"alpha": "alpha, and beta.", "beta": "alpha, and beta."}))
        yield scripted
        while MADE:
            MADE.pop()().close()


def judged(door: Door, server: ScriptedServer, *, probe: bool = False) -> Setting:
    MADE.append(background(server, door.path))
    return dataclasses.replace(setting(), judge=MADE[-1], probe=probe)


def test_the_offline_grade_is_there_at_once_and_the_judges_takes_its_place(door: Door, server: ScriptedServer) -> None:
    server.latency = 60  # until it is released

    async def scene(visit: Visit) -> None:
        await visit.answered("alpha, and beta.")
        assert visit.sees("offline grader")
        assert visit.sees("The judge is reading")
        server.release()
        await visit.until(lambda: visit.sees("judge grader 1 (scripted-1)"))
        assert not visit.sees("The judge is reading")

    door.enter(scene, furnished=judged(door, server))
    with_grades = [entry.grade for entry in last(door).grades]
    assert [grade.grader.name for grade in with_grades] == ["offline", "judge"]
    assert with_grades[1].verdict("beta").outcome is Outcome.MET


def test_what_was_settled_before_the_judge_came_stays_settled(door: Door, server: ScriptedServer) -> None:
    server.latency = 60  # until it is released

    async def scene(visit: Visit) -> None:
        await visit.answered("alpha, and beta.")
        await visit.press("n")  # the offline grader is unsure of beta; the candidate says it was not said
        assert visit.sees("settled by you")
        server.release()
        await visit.until(lambda: not visit.sees("The judge is reading"))

    door.enter(scene, furnished=judged(door, server))
    newest = last(door).grades[-1].grade
    assert newest.grader.name == "self-check"
    assert (newest.verdict("beta").outcome, newest.verdict("beta").by) == (Outcome.UNMET, "user")
    assert newest.verdict("alpha").by == "judge"


def test_if_the_judge_fails_the_offline_grade_stands_and_says_so(door: Door, server: ScriptedServer) -> None:
    server.always(lambda _: status(401, "No."))

    async def scene(visit: Visit) -> None:
        await visit.answered()
        await visit.until(lambda: visit.sees("so the offline grade stands"))
        assert visit.sees("prepdrill grade 1 --grader judge")
        await visit.press("y")
        assert visit.sees("settled by you"), "the screen goes on working"

    door.enter(scene, furnished=judged(door, server))


def test_whoever_leaves_before_the_judge_is_told_how_to_ask_again(door: Door, server: ScriptedServer) -> None:
    server.latency = 30

    async def scene(visit: Visit) -> None:
        await visit.answered()
        await visit.press("ctrl+c")

    room = door.enter(scene, furnished=judged(door, server))
    (sentence,) = room.dismiss_judge()
    assert "prepdrill grade 1 --grader judge" in sentence


def test_the_answer_is_read_while_the_follow_up_is_answered_and_never_twice(door: Door, server: ScriptedServer) -> None:
    async def scene(visit: Visit) -> None:
        await visit.hand_in("alpha, and beta.")
        await visit.until(lambda: len(server.chats) == 1)
        assert visit.sees("The prepared follow-up?")
        await visit.hand_in("Nothing to add.")
        await visit.press("enter")
        await visit.until(lambda: visit.sees("judge grader"))

    door.enter(scene, furnished=judged(door, server), items=(ASKED,))
    assert len(server.chats) == 1, "all was met by the answer, so the reply need not be read"


def test_a_scorecard_waits_for_the_judge_and_is_by_one_grader(door: Door, server: ScriptedServer) -> None:
    server.latency = 60  # until it is released

    async def scene(visit: Visit) -> None:
        for _ in range(2):
            await visit.until(lambda: visit.sees("the clock starts"))
            await visit.press("enter")
            await visit.hand_in("alpha, and beta.")
            await visit.until(lambda: visit.sees("How sure are you"))
            await visit.press("enter")
        await visit.until(lambda: visit.sees("The judge is reading"))
        server.release()
        await visit.until(lambda: not visit.sees("The judge is reading"))

    other = item([criterion("alpha", essential=True), criterion("beta")], question("post-training/other"))
    rounds = [Round(entry.question.id, 300.0, role) for entry, role in ((ITEM, "First"), (other, "Second"))]
    door.enter(
        scene,
        furnished=judged(door, server),
        items=(ITEM, other),
        rounds=rounds,
        command="mock",
        minutes=30,
    )


# --- follow-ups of its own


def test_the_interviewers_own_follow_up_takes_the_place_of_the_prepared_one(door: Door, server: ScriptedServer) -> None:
    server.always(says({"alpha": "alpha is all I say"}, PROBE))
    server.latency = 0.2

    async def scene(visit: Visit) -> None:
        await visit.hand_in("alpha is all I say")
        await visit.until(lambda: visit.sees("The interviewer is reading your answer"))
        await visit.until(lambda: visit.sees(PROBE))
        assert not visit.sees("The prepared follow-up?")
        await visit.hand_in("I would look at the log.")
        await visit.until(lambda: visit.sees("How sure are you"))

    door.enter(scene, furnished=judged(door, server, probe=True), items=(ASKED,))
    (exchange,) = last(door).transcript.exchanges
    assert (exchange.kind, exchange.ask, exchange.when_missed) == ("probe", PROBE, "beta")


def test_a_probe_that_gives_it_away_is_refused_and_the_prepared_one_is_asked(
    door: Door, server: ScriptedServer
) -> None:
    server.always(says({"alpha": "alpha is all I say"}, "Did you think of beta?"))

    async def scene(visit: Visit) -> None:
        await visit.hand_in("alpha is all I say")
        await visit.until(lambda: visit.sees("The prepared follow-up?"))

    door.enter(scene, furnished=judged(door, server, probe=True), items=(ASKED,))
    assert len(server.chats) == 3, "the answer is read, a follow-up is asked for, and once more"


def test_nobody_has_to_wait_for_a_probe(door: Door, server: ScriptedServer) -> None:
    server.latency = 30

    async def scene(visit: Visit) -> None:
        await visit.hand_in("alpha is all I say")
        await visit.until(lambda: visit.sees("The interviewer is reading your answer"))
        await visit.pilot.pause(DEAF)
        await visit.press("enter")
        await visit.until(lambda: visit.sees("The prepared follow-up?"))

    room = door.enter(scene, furnished=judged(door, server, probe=True), items=(ASKED,))
    room.dismiss_judge()


def test_an_attempt_with_a_probe_can_be_gone_on_with(door: Door, server: ScriptedServer) -> None:
    server.always(says({}, PROBE))

    async def leave(visit: Visit) -> None:
        await visit.hand_in("alpha is all I say")
        await visit.until(lambda: visit.sees(PROBE))
        await visit.press("ctrl+c")

    async def return_(visit: Visit) -> None:
        await visit.until(lambda: visit.sees(PROBE))

    door.enter(leave, furnished=judged(door, server, probe=True), items=(ASKED,)).dismiss_judge()
    door.come_back(return_, items=(ASKED,))


def test_two_aims_with_one_question_are_asked_once(door: Door, server: ScriptedServer) -> None:
    server.always(says({}, PROBE))

    async def scene(visit: Visit) -> None:
        await visit.hand_in("something else")
        await visit.until(lambda: visit.sees(PROBE))
        await visit.hand_in("Nothing.")
        await visit.until(lambda: visit.sees("How sure are you"))

    door.enter(scene, furnished=judged(door, server, probe=True), items=(ASKED,))


def last(door: Door) -> Attempt:
    """The newest attempt."""
    with open_history(door.path) as history:
        return history.attempt(history.ids()[-1])


def test_a_judge_that_is_fast_is_heard_whenever_it_comes(door: Door, server: ScriptedServer) -> None:
    """The answer was read while "How sure?" stood there: the grade is there before its screen is."""

    async def scene(visit: Visit) -> None:
        for _ in range(4):
            await visit.hand_in("alpha, and beta.")
            await visit.until(lambda: visit.sees("How sure are you"))
            await visit.press("enter")
            await visit.until(lambda: visit.sees("judge grader 1 (scripted-1)"))
            await visit.press("enter")
            await visit.until(lambda: not visit.sees("judge grader"))

    items = [item([criterion("alpha", essential=True)], question(f"post-training/q{number}")) for number in range(5)]
    door.enter(scene, furnished=judged(door, server), items=items)


def test_what_was_settled_stays_settled_when_the_judge_comes_after_the_screen_is_closed(
    door: Door, server: ScriptedServer
) -> None:
    server.latency = 60  # until it is released

    async def scene(visit: Visit) -> None:
        await visit.answered("alpha, and beta.")
        await visit.press("n")
        await visit.press("enter")
        await visit.until(lambda: visit.sees("This session"))
        server.release()
        await visit.until(lambda: not visit.sees("The judge is reading"))

    door.enter(scene, furnished=judged(door, server))
    stored = [entry.grade for entry in last(door).grades]
    assert [grade.grader.name for grade in stored] == ["offline", "self-check", "judge", "self-check"]
    assert (stored[-1].verdict("beta").outcome, stored[-1].verdict("alpha").by) == (Outcome.UNMET, "judge")
