"""A sitting stores every change before it goes on, and what is stored rebuilds it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prepdrill import scoring
from prepdrill.drill import Stage
from prepdrill.errors import PrepdrillError
from prepdrill.history import History, open_history
from prepdrill.model import GraderId, Item, Moment, Outcome, Plan, Round
from prepdrill.programme import Programme
from prepdrill.sitting import Sitting

from .examples import SCALE, criterion, item, question, verdicts

ITEM = item([criterion("a"), criterion("b")])


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> Moment:
        self.seconds += 1
        return Moment(self.seconds, 1_000_000 + self.seconds)


def begun(history: History) -> Sitting:
    sitting = Sitting.begin(history, history.begin_session("drill", "offline", 0), ITEM, Clock(), budget=300)
    sitting.shown()
    return sitting


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(drafts=st.lists(st.text("ab \n\U0001f9ea", max_size=12), max_size=8))
def test_every_draft_that_was_written_is_the_one_that_is_read(tmp_path: Path, drafts: list[str]) -> None:
    with open_history(tmp_path / "history.sqlite") as history:
        sitting = begun(history)
        for draft in drafts:
            changed = draft != sitting.draft
            assert sitting.write(draft) is changed
            assert history.attempt(sitting.attempt).draft == draft
        resumed = Sitting.resume(history, history.attempt(sitting.attempt), Clock())
        assert resumed.draft == sitting.draft


def test_a_long_draft_that_changes_a_little_is_stored_a_little(tmp_path: Path) -> None:
    with open_history(tmp_path / "history.sqlite") as history:
        sitting = begun(history)
        text = "word " * 2000
        sitting.write(text)
        for _ in range(3):
            text = text[:700] + "x" + text[700:]
            sitting.write(text)
        stored = [len(entry.text) for entry in history.attempt(sitting.attempt).record if entry.text != ""]
        assert stored == [10_000, 1, 1, 1]


def test_the_time_of_a_draft_is_on_the_attempt(tmp_path: Path) -> None:
    with open_history(tmp_path / "history.sqlite") as history:
        sitting = begun(history)
        sitting.write("So far.")
        assert history.attempt(sitting.attempt).seconds == 1


ROUNDS = Plan(tuple(Round(f"post-training/{name}", 300.0) for name in ("one", "two", "three")))


def asked(id: str) -> Item:
    if id.endswith("gone"):
        raise PrepdrillError("There is no question.")
    return item([criterion("a"), criterion("b")], question(id))


def test_a_programme_goes_on_with_the_question_where_it_stood(tmp_path: Path) -> None:
    with open_history(tmp_path / "history.sqlite") as history:
        programme = Programme.begin(history, "drill", ROUNDS, asked, Clock(), grader="offline")
        first = programme.next()
        assert first is not None
        first.skip()
        second = programme.next()
        assert second is not None
        second.shown()
        second.write("Half of it.")
        session = history.resumable()
        assert session == programme.session
        again = Programme.resume(history, session, asked, Clock())
        resumed = again.next()
        assert resumed is not None
        assert (resumed.item.question.id, resumed.draft) == ("post-training/two", "Half of it.")
        assert again.place == "Question 2 of 3"
        resumed.skip()
        third = again.next()
        assert third is not None
        assert third.item.question.id == "post-training/three"
        third.skip()
        assert again.next() is None
        again.end()
        assert history.resumable() is None


def test_a_variant_is_asked_next(tmp_path: Path) -> None:
    with open_history(tmp_path / "history.sqlite") as history:
        programme = Programme.begin(history, "drill", ROUNDS, asked, Clock(), grader="offline")
        first = programme.next()
        assert first is not None
        first.skip()
        programme.add(Round("post-training/variant", None))
        assert programme.count == 4
        following = Programme.resume(history, programme.session, asked, Clock()).next()
        assert following is not None
        assert following.item.question.id == "post-training/variant"


def test_an_interview_with_a_twist_is_graded_with_it_and_read_back_so(tmp_path: Path) -> None:
    base = item([criterion("a")])
    rubric = dataclasses.replace(base.rubric, twist=(criterion("changes"),))
    twisted = dataclasses.replace(base, rubric=rubric)
    with open_history(tmp_path / "history.sqlite") as history:
        session = history.begin_session("mock", "offline", 0)
        plain = Sitting.begin(history, session, twisted, Clock(), budget=None)
        with_twist = Sitting.begin(history, session, twisted, Clock(), budget=None, twist=True)
        for sitting, ids in ((plain, ["a"]), (with_twist, ["a", "changes"])):
            assert [entry.id for entry in sitting.item.rubric.everything] == ids
            assert history.attempt(sitting.attempt).item == sitting.item


@pytest.mark.parametrize("level", [None, 1, 4])
def test_confidence_is_on_the_record(tmp_path: Path, level: int | None) -> None:
    with open_history(tmp_path / "history.sqlite") as history:
        sitting = begun(history)
        sitting.write("Because.")
        sitting.submit()
        sitting.interview.stage = Stage.CONFIDENCE
        sitting.confident(level)
        assert history.attempt(sitting.attempt).confidence == level


def test_what_the_candidate_decided_is_found_again_key_by_key(tmp_path: Path) -> None:
    with open_history(tmp_path / "history.sqlite") as history:
        sitting = begun(history)
        assert sitting.settling() is None
        given = scoring.grade(ITEM, SCALE, GraderId("offline", "1"), "f", verdicts({"a": "unsure", "b": "unmet"}))
        history.add_grade(sitting.attempt, given, 0)
        met, unmet = Outcome.MET, Outcome.UNMET
        keys: list[dict[str, Outcome]] = [{"a": met}, {"a": met, "b": met}, {"a": met}, {"a": unmet}]
        for decisions in keys:  # the third takes the second back
            sitting.settle(given, decisions, SCALE)
        again = Sitting.over(history, history.attempt(sitting.attempt), Clock()).settling()
        assert again is not None
        assert again.graded == given
        assert again.states == ({}, {"a": met}, {"a": unmet})
        assert again.now.verdict("a").outcome is unmet
        sitting.settle(given, {}, SCALE)
        begun_anew = sitting.settling()
        assert begun_anew is not None
        assert begun_anew.states == ({},)


def test_a_session_that_is_open_elsewhere_is_not_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_history(tmp_path / "history.sqlite") as history:
        programme = Programme.begin(history, "drill", ROUNDS, asked, Clock(), grader="offline")
        programme.next()
        monkeypatch.setattr(History, "claim", lambda *_: False)
        with pytest.raises(PrepdrillError, match="open in another window"):
            Programme.resume(history, programme.session, asked, Clock())
