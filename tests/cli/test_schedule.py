"""What was answered comes back when it is due, and what is taken out does not."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest

from prepdrill.bank import built_in_root, open_bank
from prepdrill.cli.environment import Environment
from prepdrill.days import day_of
from prepdrill.history import open_history
from prepdrill.position import due_dates

from ..conftest import Command

QUESTION, TWIN = "data/annotator-seventeen", "data/the-new-vendor"


@pytest.fixture
def answered(prepdrill: Command) -> Command:
    assert prepdrill("drill", "--question", QUESTION, input="I do not know.").code == 0
    return prepdrill


def later(monkeypatch: pytest.MonkeyPatch, days: float) -> None:
    """Let the command believe that days have passed."""
    now = Environment().wall()
    monkeypatch.setattr(Environment, "wall", lambda _: now + days * 86_400)


def test_what_went_badly_is_due_soon_and_asked_in_other_words(
    answered: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (skill,) = json.loads(answered("schedule", "--json").out)["skills"]
    assert skill["skill"] == "annotator-noise"
    assert skill["questions"] == [QUESTION]
    assert skill["last"]["recall"] == "again"
    assert "Due:      0 skills" in answered().out
    later(monkeypatch, 5)
    assert "Due:      1 skill" in answered().out
    assert answered("schedule").out.splitlines()[1].split()[1:3] == ["d", "late"]


def test_marks_take_a_question_out_and_bring_it_back(answered: Command) -> None:
    for kind in ("suspend", "bury"):
        assert answered("schedule", kind, TWIN).code == 0
        assert TWIN in answered("schedule").out
        assert answered("schedule", "restore", TWIN).code == 0
        assert TWIN not in answered("schedule").out
    assert answered("schedule", "reset", TWIN).code == 0
    assert json.loads(answered("schedule", "--json").out) == {"skills": [], "out": [], "reset": [TWIN]}


def test_a_reset_is_taken_back_and_what_was_not_done_is_not_undone(answered: Command) -> None:
    before = json.loads(answered("schedule", "--json").out)
    assert answered("schedule", "reset", QUESTION).code == 0
    assert json.loads(answered("schedule", "--json").out)["skills"] == []
    assert answered("schedule", "suspend", QUESTION).code == 0
    assert "can be asked again" in answered("schedule", "restore", QUESTION).err
    assert json.loads(answered("schedule", "--json").out)["skills"] == [], "it was suspended after the reset"
    assert "counts with all its answers again" in answered("schedule", "restore", QUESTION).err
    assert json.loads(answered("schedule", "--json").out) == before
    assert "was neither suspended, put off nor reset" in answered("schedule", "restore", QUESTION).err


def test_a_family_is_taken_out_by_its_name(answered: Command) -> None:
    assert answered("schedule", "suspend", "annotator-noise").code == 0
    assert json.loads(answered("schedule", "--json").out)["out"] == [QUESTION, TWIN]


@pytest.mark.parametrize("columns", [48, 60, 80])
def test_names_can_be_read_whole_and_no_line_wraps(
    answered: Command, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest = "evaluation/hundred-failures-before-and-after"
    assert answered("drill", "--question", longest, input="I do not know.").code == 0
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = answered("schedule").out.splitlines()
    assert any(longest in line for line in lines)
    assert all(len(line) <= max(columns, len(longest)) for line in lines)


def test_a_suspended_topic_says_where_to_look(answered: Command) -> None:
    for question in (QUESTION, TWIN):
        assert answered("schedule", "suspend", question).code == 0
    outcome = answered("schedule")
    assert f"Suspended: {QUESTION}, {TWIN}" in " ".join(outcome.out.split())


@pytest.fixture
def own_bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bank whose files the test may change, in the settings of every command."""
    folder = tmp_path / "bank"
    shutil.copytree(built_in_root() / "docs" / "example-bank", folder)
    monkeypatch.setenv("PREPDRILL_BANK", str(folder))
    return folder


def skills(prepdrill: Command) -> dict[str, list[str]]:
    """Skill -> the questions that were answered for it, as the schedule has it."""
    found = json.loads(prepdrill("schedule", "--json").out)["skills"]
    return {entry["skill"]: entry["questions"] for entry in found}


def test_a_family_that_is_renamed_keeps_what_was_answered(prepdrill: Command, own_bank: Path) -> None:
    path = own_bank / "questions" / "query-plans" / "forty-rows-expected.yaml"
    id = "query-plans/forty-rows-expected"
    for family in ("first-name", "second-name"):
        lines = [line for line in path.read_text().splitlines() if not line.startswith("family:")]
        path.write_text("\n".join([*lines, f"family: {family}"]) + "\n")
        if family == "first-name":
            assert prepdrill("drill", "--question", id, input="I do not know.").code == 0
        assert skills(prepdrill) == {family: [id]}
    assert prepdrill().code == prepdrill("progress").code == 0


def test_a_question_that_is_deleted_is_never_due_and_counts_where_it_was_answered(
    prepdrill: Command, own_bank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = "query-plans/forty-rows-expected"
    assert prepdrill("drill", "--question", id, input="I do not know.").code == 0
    (own_bank / "questions" / f"{id}.yaml").unlink()
    later(monkeypatch, 30)
    assert "Due:      0 skills" in prepdrill().out
    for command in ("schedule", "progress", "drill --section query-plans --minutes 20 --seed 1".split()):
        arguments = [command] if isinstance(command, str) else command
        outcome = prepdrill(*arguments, input="I do not know.")
        assert (outcome.code, "Traceback" in outcome.err) == (0, False), outcome.err
    assert json.loads(prepdrill("progress", "--json").out)["answers"] == 2


def test_the_name_of_a_family_is_answered_with_its_questions(answered: Command) -> None:
    outcome = answered("drill", "--question", "annotator-noise", input="So.")
    assert outcome.code == 1
    assert f"'annotator-noise' is a family; its questions are {QUESTION}, {TWIN}." in outcome.err


def test_what_is_suspended_is_not_put_off(answered: Command) -> None:
    assert answered("schedule", "suspend", QUESTION).code == 0
    assert "is suspended, and stays so" in answered("schedule", "bury", QUESTION).err
    assert answered("schedule", "bury", TWIN).code == 0
    out = answered("schedule").out
    assert f"Suspended: {QUESTION}\nPut off until tomorrow: {TWIN}" in out


def test_a_wrong_name_is_answered_with_the_nearest(prepdrill: Command, home: Path) -> None:
    outcome = prepdrill("schedule", "suspend", "data/annotator-seventen")
    assert outcome.code == 1
    assert QUESTION in outcome.err
    assert not (home / "prepdrill" / "data").exists()


def test_an_empty_schedule_says_what_to_do(prepdrill: Command) -> None:
    outcome = prepdrill("schedule")
    assert (outcome.code, outcome.out) == (0, "")
    assert "`prepdrill drill` makes the first" in outcome.err


def test_an_unknown_order_is_a_usage_error(prepdrill: Command) -> None:
    outcome = prepdrill("drill", "--order", "best", "--seed", "1", input="x")
    assert outcome.code == 2
    assert "mixed, due, weak, new, random, syllabus" in outcome.err


def test_a_drill_chosen_by_the_schedule_asks_what_fits_and_keeps_why(prepdrill: Command) -> None:
    outcome = prepdrill("drill", "--section", "data", "--seed", "3", input="I do not know.")
    assert outcome.code == 0
    asked = json.loads(prepdrill("review", "list", "--json").out)[0]["question"]
    assert asked.startswith("data/")
    assert prepdrill("drill", "--section", "data", "--seed", "3", input="I do not know.").code == 0
    again = json.loads(prepdrill("review", "list", "--json").out)[0]["question"]
    assert again != asked  # it was begun today


def test_a_session_ends_with_when_each_question_is_due(answered: Command, home: Path) -> None:
    now = time.time()
    with open_history(home / "prepdrill" / "data" / "history.sqlite") as history:
        due = due_dates(open_bank(), history, now)
    assert set(due) == {QUESTION, TWIN}  # one family
    assert all(now < at < now + 3 * 86_400 for at in due.values())


def test_a_clock_that_ran_ahead_is_named(answered: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    later(monkeypatch, -3)
    assert "Clock:    1 attempt dated after today" in answered().out


def test_a_day_begins_at_four_and_follows_the_local_date(monkeypatch: pytest.MonkeyPatch) -> None:
    for zone in ("UTC", "America/New_York", "Pacific/Kiritimati"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        noon = time.mktime((2026, 3, 8, 12, 0, 0, 0, 0, -1))  # the day on which New York's clocks go forward
        night = time.mktime((2026, 3, 9, 3, 59, 0, 0, 0, -1))
        morning = time.mktime((2026, 3, 9, 4, 1, 0, 0, 0, -1))
        assert day_of(noon) == day_of(night) == day_of(morning) - 1
    monkeypatch.undo()
    time.tzset()
