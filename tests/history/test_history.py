"""Nothing of the user's is lost, and everything is found again."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from prepdrill.errors import HistoryError
from prepdrill.history import Draft, Filter, History, open_history, read_history, restore
from prepdrill.history import migrations as module
from prepdrill.model import (
    Event,
    Evidence,
    Exchange,
    Grade,
    GraderId,
    Moment,
    Outcome,
    Plan,
    Round,
    Score,
    Verdict,
    encode,
)
from prepdrill.model import EventKind as Kind

from ..examples import criterion, item, question

ITEM = item([criterion("a"), criterion("b")])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "history.sqlite"


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    with open_history(path) as opened:
        yield opened


def moment(seconds: float) -> Moment:
    return Moment(seconds, 1_000_000 + seconds)


def attempted(
    history: History, answer: str = "Because of it.", asked: str = "post-training/example", at: float = 0
) -> int:
    session = history.begin_session("drill", "offline", moment(at).wall)
    attempt = history.begin_attempt(session, item(ITEM.rubric.everything, question(asked)), moment(at).wall, 300)
    history.record(attempt, Event(Kind.STARTED, moment(at)), seconds=0)
    history.record(attempt, Event(Kind.SHOWN, moment(at)), seconds=0)
    history.record(attempt, Event(Kind.SUBMITTED, moment(at + 9), answer), seconds=9)
    return attempt


def grade(low: float = 0.5, high: float = 0.5, rating: str | None = "no", name: str = "offline") -> Grade:
    verdicts = (
        Verdict("a", Outcome.MET, Evidence("Because", 0, 7), "says so", 0.9, True, "offline"),
        Verdict("b", Outcome.UNMET, None, "nothing", 0.8, False, "offline"),
    )
    return Grade(ITEM.question.id, ITEM.revision, GraderId(name, "1"), "f", Score(0.5, low, high), rating, verdicts)


def test_an_attempt_comes_back_as_it_was(history: History) -> None:
    attempt = attempted(history)
    exchange = Exchange("And?", "Also that.", "b")
    history.add_exchange(attempt, exchange, Event(Kind.FOLLOW_UP_ANSWERED, moment(20), "Also that."), seconds=9)
    history.add_grade(attempt, grade(), moment(21).wall)
    history.add_grade(attempt, grade(name="self-check"), moment(22).wall)
    stored = history.attempt(attempt)
    assert stored.item == ITEM
    assert stored.transcript.answer == "Because of it."
    assert stored.transcript.exchanges == (exchange,)
    assert [entry.grade.grader.name for entry in stored.grades] == ["offline", "self-check"]
    assert stored.grades[0].grade == grade()
    assert stored.seconds == 9


def test_lines_and_edits_make_the_draft(history: History) -> None:
    session = history.begin_session("drill", "offline", 0)
    attempt = history.begin_attempt(session, ITEM, 0, None)
    history.change_draft(attempt, Draft(moment(1), "one", whole=False), seconds=1)
    history.change_draft(attempt, Draft(moment(2), "", whole=False), seconds=2)
    history.change_draft(attempt, Draft(moment(3), "edited\ntwo", whole=True), seconds=3)
    history.change_draft(attempt, Draft(moment(4), "three", whole=False), seconds=4)
    assert history.attempt(attempt).draft == "edited\ntwo\nthree"
    history.change_draft(attempt, Draft(moment(4), "two and a half\n", whole=False, start=7, removed=4), seconds=4.5)
    assert history.attempt(attempt).draft == "edited\ntwo and a half\nthree"
    assert history.attempt(attempt).seconds == 4.5
    history.record(attempt, Event(Kind.SUBMITTED, moment(5), "edited\ntwo\nthree"), seconds=5)
    assert history.attempt(attempt).draft == ""
    history.change_draft(attempt, Draft(moment(6), "to the follow-up", whole=False), seconds=5)
    assert history.attempt(attempt).draft == "to the follow-up"


def test_an_old_attempt_keeps_the_question_it_was_asked_with(history: History) -> None:
    attempt = attempted(history)
    history.begin_attempt(1, item([criterion("a"), criterion("new")]), 0, None)
    assert history.attempt(attempt).item == ITEM


def test_lists_are_filtered_and_paged_newest_first(history: History) -> None:
    for number in range(5):
        attempt = attempted(history, asked=f"{'data' if number % 2 else 'evaluation'}/q{number}", at=number * 86_400)
        history.add_grade(attempt, grade(rating="yes" if number == 3 else "no"), 0)
    assert [row.id for row in history.page(Filter(), limit=2)] == [5, 4]
    assert [row.id for row in history.page(Filter(), limit=2, offset=2)] == [3, 2]
    assert [row.id for row in history.page(Filter(section="data"), limit=9)] == [4, 2]
    assert [row.id for row in history.page(Filter(rating="yes"), limit=9)] == [4]
    since = moment(2 * 86_400).wall
    assert [row.id for row in history.page(Filter(since=since, until=since + 86_400), limit=9)] == [3]
    assert [row.id for row in history.page(Filter(question="evaluation/q4"), limit=9)] == [5]


def test_the_latest_grade_is_the_one_that_is_listed(history: History) -> None:
    attempt = attempted(history)
    history.add_grade(attempt, grade(0.1, 0.1, "strong no"), 0)
    history.add_grade(attempt, grade(0.9, 0.9, "strong yes"), 1)
    (row,) = history.page(Filter(), limit=9)
    assert (row.low, row.rating) == (0.9, "strong yes")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("gradient", True),
        ("gradients", True),
        ("gradient spik", True),
        ("GRADIENT", True),
        ("absent", False),
        ('"quoted" OR AND NOT', False),
        ("gradient*", True),
        ("NEAR(", False),
        ("later", True),
    ],
)
def test_answers_are_found_by_their_words(history: History, words: str, found: bool) -> None:
    attempt = attempted(history, "The gradient spikes come from one batch.")
    event = Event(Kind.FOLLOW_UP_ANSWERED, moment(20), "Said later.")
    history.add_exchange(attempt, Exchange("And?", "Said later."), event, seconds=9)
    attempted(history, "Nothing of the kind.")
    assert [row.id for row in history.page(Filter(text=words), limit=9)] == ([attempt] if found else [])


def test_the_file_is_private_and_durable(history: History, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert history._one("PRAGMA synchronous") == (2,)
    assert history._one("PRAGMA journal_mode") == ("wal",)
    assert history._one("PRAGMA foreign_keys") == (1,)


def test_two_writers_lose_nothing(path: Path) -> None:
    open_history(path).close()

    def write(name: str) -> None:
        with open_history(path) as own:
            session = own.begin_session("drill", "offline", 0)
            attempt = own.begin_attempt(session, ITEM, 0, None)
            for number in range(60):
                own.change_draft(attempt, Draft(moment(number), f"{name} {number}", whole=False), seconds=number)

    threads = [threading.Thread(target=write, args=(name,)) for name in ("left", "right")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with open_history(path) as opened:
        drafts = {opened.attempt(id).draft for id in opened.ids()}
    assert drafts == {"\n".join(f"{name} {number}" for number in range(60)) for name in ("left", "right")}


def test_a_newer_database_is_left_alone(history: History, path: Path) -> None:
    history._database.execute("PRAGMA user_version = 99")
    history.close()
    before = path.read_bytes()
    with pytest.raises(HistoryError, match=r"newer prepdrill.*upgrade"):
        open_history(path)
    assert path.read_bytes() == before


def test_a_damaged_file_is_said_to_be_damaged(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database at all, but long enough to be looked at" * 40)
    with pytest.raises(HistoryError, match=r"is damaged; move it away"):
        open_history(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(HistoryError, match="PREPDRILL_HOME"):
        open_history(tmp_path / "deeper" / "history.sqlite")


def test_a_full_disk_is_one_sentence_and_takes_nothing_back(history: History) -> None:
    attempt = attempted(history)
    (pages,) = history._one("PRAGMA page_count")
    history._database.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(HistoryError, match="the disk is full; make room and go on"):
        history.change_draft(attempt, Draft(moment(10), "x" * 10_000_000, whole=False), seconds=10)
    history._database.execute("PRAGMA max_page_count = 1000000")
    assert history.attempt(attempt).transcript.answer == "Because of it."
    assert history.check() == []


def test_a_migration_keeps_a_copy(history: History, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    attempted(history)
    history.close()
    monkeypatch.setattr("prepdrill.history.STEPS", (*module.STEPS, "ALTER TABLE session ADD COLUMN note TEXT;"))
    with open_history(path) as migrated:
        assert migrated.count() == 1
        newest = len(module.STEPS) + 1
        assert migrated._one("PRAGMA user_version") == (newest,)
    with sqlite3.connect(path.with_name(f"history.before-format-{newest}.sqlite")) as copy:
        assert copy.execute("SELECT count(*) FROM attempt").fetchone() == (1,)


def test_a_history_of_the_first_format_is_read_as_it_was(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(sqlite3.connect(path)) as old:
        old.executescript(module.STEPS[0] + "PRAGMA user_version = 1;")
        text = json.dumps([encode(ITEM.question), encode(ITEM.rubric)])
        old.execute("INSERT INTO revision VALUES (?, ?, ?)", (ITEM.question.id, ITEM.revision, text))
        old.execute("INSERT INTO session VALUES (1, 0, 9, 'drill', 'offline', 7)")
        old.execute(
            "INSERT INTO attempt (session, question, revision, section, title, started)"
            " VALUES (1, ?, ?, 'post-training', 'An example', 1)",
            (ITEM.question.id, ITEM.revision),
        )
        old.execute("INSERT INTO follow_up VALUES (1, 0, 'Why?', NULL, 'So.', 5)")
        old.executemany("INSERT INTO draft VALUES (1, ?, 1, 1, 0, ?)", [(1, "one"), (2, "two")])
        old.commit()
    with open_history(path) as history:
        stored = history.attempt(1)
        assert (stored.draft, stored.twist, stored.confidence) == ("one\ntwo", False, None)
        assert stored.transcript.exchanges == (Exchange("Why?", "So."),)
        assert stored.item == ITEM
        assert history.session(1).plan is None


PLAN = Plan((Round("a/one", 60.0, "Warm-up"), Round("a/two", None, "A decision", twist=True)), 30.0)


def test_a_session_keeps_its_plan_and_can_be_gone_on_with(history: History) -> None:
    assert history.resumable() is None
    session = history.begin_session("mock", "offline", 1, 7, PLAN)
    assert history.session(session).plan == PLAN
    assert history.resumable() is None, "nothing of it was begun"
    attempt = history.begin_attempt(session, ITEM, 2, 60.0, twist=True)
    assert history.attempt(attempt).twist
    assert history.resumable() == session
    history.record(attempt, Event(Kind.SKIPPED, moment(3)), seconds=1)
    assert history.resumable() == session, "it was left between two questions"
    assert history.attempts_of(session) == [attempt]
    assert [entry.id for entry in history.sessions("mock")] == [session]
    history.end_session(session, 9)
    assert history.resumable() is None


def test_a_session_is_sat_in_one_window_only(history: History, path: Path) -> None:
    session = history.begin_session("drill", "offline", 1, None, PLAN)
    attempt = history.begin_attempt(session, ITEM, 2, None)
    probe = "; ".join(
        (
            "import pathlib, sys",
            "from prepdrill.history import open_history",
            "history = open_history(pathlib.Path(sys.argv[1]))",
            "print(history.unfinished(), history.claim(1))",
        )
    )

    def other_window() -> str:
        command = [sys.executable, "-c", probe, str(path)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert history.claim(session)
    assert history.unfinished() == attempt, "whoever holds it sees it"
    assert other_window() == "None False"
    history.close()
    assert other_window() == f"{attempt} True", "what an ended window held is free"


def test_confidence_is_kept(history: History) -> None:
    attempt = attempted(history)
    history.record(attempt, Event(Kind.CONFIDENCE_GIVEN, moment(20), "3"), seconds=9)
    assert history.attempt(attempt).confidence == 3


def test_a_migration_that_fails_leaves_everything(
    history: History, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempted(history)
    history.close()
    with monkeypatch.context() as patch:
        patch.setattr(
            "prepdrill.history.STEPS", (*module.STEPS, "CREATE TABLE extra (x); SELECT nonsense FROM nowhere;")
        )
        with pytest.raises(HistoryError):
            open_history(path)
    with open_history(path) as opened:
        assert opened.count() == 1
        assert opened._all("SELECT name FROM sqlite_master WHERE name = 'extra'") == []


def test_a_backup_comes_back_and_what_it_replaces_is_kept(history: History, path: Path, tmp_path: Path) -> None:
    attempted(history)
    copy = tmp_path / "copy.sqlite"
    history.backup(copy)
    attempted(history)
    history.close()
    kept = restore(copy, path)
    assert kept is not None
    with open_history(path) as opened, open_history(kept) as before:
        assert (opened.count(), before.count()) == (1, 2)
    with pytest.raises(HistoryError, match="exists already"), open_history(path) as opened:
        opened.backup(copy)


def test_a_damaged_history_is_set_aside_when_a_backup_comes_back(history: History, path: Path, tmp_path: Path) -> None:
    attempted(history)
    copy = tmp_path / "copy.sqlite"
    history.backup(copy)
    history.close()
    path.write_bytes(b"scrambled" * 1000)
    kept = restore(copy, path)
    assert kept is not None
    assert kept.read_bytes().startswith(b"scrambled")
    with open_history(path) as opened:
        assert opened.count() == 1


def test_what_is_no_history_is_not_restored(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE attempt (x)")
    open_history(path).close()
    for wrong in (other, tmp_path / "missing"):
        with pytest.raises(HistoryError):
            restore(wrong, path)


def test_reading_before_the_first_drill_makes_nothing(path: Path) -> None:
    with read_history(path) as empty:
        assert empty.page(Filter(), limit=9) == []
    assert not path.exists()
