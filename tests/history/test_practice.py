"""Attempts as figures: the newest grade of anybody, or of one grader, with what was settled in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from prepdrill.history import History, open_history
from prepdrill.model import Event, EventKind, Grade, GraderId, MarkKind, Moment, Outcome, Score, Verdict

from ..examples import criterion, item, question

RUBRIC = [criterion("a", essential=True), criterion("b"), criterion("flag", points=-2)]
ITEM = item(RUBRIC, question("post-training/example"))


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with open_history(tmp_path / "history.sqlite") as opened:
        yield opened


def attempted(history: History, at: float = 100.0) -> int:
    session = history.begin_session("drill", "offline", at)
    attempt = history.begin_attempt(session, ITEM, at, 300)
    for kind in (EventKind.STARTED, EventKind.HINT_TAKEN):
        history.record(attempt, Event(kind, Moment(at, at)), seconds=0)
    history.record(attempt, Event(EventKind.SUBMITTED, Moment(at + 9, at + 9), "So."), seconds=9)
    return attempt


def graded(history: History, attempt: int, share: float, name: str = "offline", version: str = "1", **met: str) -> None:
    """Add a grade; `met` maps criteria to outcomes, `late` ones are met when prompted."""
    verdicts = tuple(
        Verdict(id, Outcome("met" if outcome == "late" else outcome), None, "", 0.9, outcome == "late", name)
        for id, outcome in met.items()
    )
    grade = Grade(
        ITEM.question.id, ITEM.revision, GraderId(name, version), "f", Score(share, share, share), "no", verdicts
    )
    history.add_grade(attempt, grade, 200.0)


def test_an_attempt_becomes_figures(history: History) -> None:
    first = attempted(history)
    graded(history, first, 0.5, a="unmet", b="met", flag="met")
    (practice,) = history.practices().all()
    assert (practice.attempt, practice.question, practice.at) == (first, "post-training/example", 100.0)
    assert (practice.low, practice.high, practice.hints, practice.seconds, practice.budget) == (0.5, 0.5, 1, 9, 300)
    assert (practice.essentials, practice.essentials_missed, practice.essentials_prompted) == (1, 1, 0)
    assert practice.missed == ("a", "flag")
    assert practice.grader == GraderId("offline", "1")
    assert not practice.settled


def test_an_essential_met_only_when_prompted_is_counted_as_that(history: History) -> None:
    graded(history, attempted(history), 0.5, a="late", b="unsure", flag="unmet")
    (practice,) = history.practices().all()
    assert (practice.essentials_missed, practice.essentials_prompted, practice.missed) == (0, 1, ())


def test_attempts_without_a_grade_are_no_practice(history: History) -> None:
    attempted(history)
    assert history.practices().all() == []


def test_the_newest_grade_counts_and_what_was_settled_belongs_to_its_grader(history: History) -> None:
    one = attempted(history)
    graded(history, one, 0.2, a="unsure")
    graded(history, one, 0.4, "self-check", a="met")
    (practice,) = history.practices().all()
    assert (practice.low, practice.grader, practice.settled) == (0.4, GraderId("offline", "1"), True)
    graded(history, one, 0.9, "judge", a="met")
    assert [entry.low for entry in history.practices().all()] == [0.9]
    assert [entry.low for entry in history.practices().all("offline")] == [0.4]


def test_one_grader_counts_in_the_version_heard_last(history: History) -> None:
    old, new = attempted(history, 100), attempted(history, 50)
    graded(history, old, 0.2)
    graded(history, new, 0.6, version="2")
    assert [entry.attempt for entry in history.practices().all()] == [new, old]  # by when they were begun
    assert [entry.attempt for entry in history.practices().all("offline")] == [new]
    assert history.practices().graders() == ["offline"]


def test_a_question_that_is_gone_is_known_by_what_was_asked(history: History) -> None:
    attempted(history)
    subject = history.practices().former({"post-training/example", "post-training/never"})["post-training/example"]
    assert subject.skill == "post-training/example"
    assert subject.topics == ITEM.question.topics


def test_orders_about_questions_are_kept_in_order(history: History) -> None:
    practices = history.practices()
    practices.mark("a/b", MarkKind.SUSPEND, 1.0)
    practices.mark("a/b", MarkKind.RESTORE, 2.0)
    assert [(mark.question, mark.kind, mark.at) for mark in practices.marks()] == [
        ("a/b", MarkKind.SUSPEND, 1.0),
        ("a/b", MarkKind.RESTORE, 2.0),
    ]
