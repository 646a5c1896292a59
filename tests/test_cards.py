"""What was missed, as Anki cards: written, imported once, and updated by the next export."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import sys
import zipfile
from pathlib import Path

import pytest

from prepdrill.cards import cards, last_missed
from prepdrill.model import GraderId, Practice, Twist

from .conftest import Command
from .examples import criterion, item

FIRST, SECOND = "data/annotator-seventeen", "evaluation/a-beats-b-on-one-metric"


def practice(number: int, question: str, missed: tuple[str, ...]) -> Practice:
    grader = GraderId("offline", "1")
    return Practice(number, question, "r", float(number), 60, None, None, 0, grader, False, 0, 0, 1, 0, 0, missed)


def notes(package: Path, folder: Path) -> list[tuple[str, list[str], str]]:
    """(guid, fields, tags) of every note, as Anki finds them."""
    with zipfile.ZipFile(package) as archive:
        archive.extract("collection.anki2", folder)
    with sqlite3.connect(folder / "collection.anki2") as database:
        found = database.execute("SELECT guid, flds, tags FROM notes ORDER BY guid").fetchall()
    database.close()
    return [(guid, fields.split("\x1f"), tags) for guid, fields, tags in found]


def decks(folder: Path) -> dict[int, str]:
    with sqlite3.connect(folder / "collection.anki2") as database:
        (text,) = database.execute("SELECT decks FROM col").fetchone()
    database.close()
    return {int(number): deck["name"] for number, deck in json.loads(text).items()}


def test_the_last_answer_counts_and_what_is_missed_again_comes_first() -> None:
    found = last_missed(
        [
            practice(1, "data/a", ("x",)),
            practice(2, "data/b", ("y",)),
            practice(3, "data/b", ("y", "z")),
            practice(4, "data/c", ("w",)),
            practice(5, "data/c", ()),
        ]
    )
    assert [(entry.attempt, entry.missed) for entry in found] == [(3, ("y", "z")), (1, ("x",))]


def test_a_card_has_the_case_in_front_and_the_point_behind() -> None:
    value = item([criterion("margin"), criterion("alpha", essential=True)])
    (made,) = cards(value, ["margin"], str.upper)
    wanted = value.rubric.criterion("margin")
    assert made.point == f"{value.question.id}/margin"
    assert value.question.ask in made.case
    assert wanted.asks in made.answer
    assert wanted.asks not in made.case + made.cue
    assert wanted.dimension.upper() in made.cue
    assert value.question.debrief in made.debrief
    assert all(" " not in tag for tag in made.tags)


def test_evidence_that_must_be_asked_for_stands_behind() -> None:
    value = item([criterion("margin")])
    (made,) = cards(value, ["margin"], str)
    assert value.question.staged_exhibits
    for staged in value.question.staged_exhibits:
        assert staged.title in made.answer
        assert staged.title not in made.case


def test_points_that_look_alike_in_front_are_numbered() -> None:
    value = item([criterion("margin"), criterion("alpha", essential=True)])
    twin = dataclasses.replace(value.rubric.criterion("margin"), id="twin")
    doubled = dataclasses.replace(
        value, rubric=dataclasses.replace(value.rubric, criteria=(*value.rubric.criteria, twin))
    )
    first, second = cards(doubled, ["margin", "twin"], str)
    assert "1 of 2" in first.cue
    assert "2 of 2" in second.cue


def test_a_mistake_is_asked_for_as_one_and_what_is_typed_is_no_markup() -> None:
    value = item([criterion("margin"), criterion("alpha", essential=True)])
    flag = dataclasses.replace(criterion("flag"), points=-1, asks="Takes a<b for proof.", accept=("a<b proves it",))
    flagged = dataclasses.replace(value, rubric=dataclasses.replace(value.rubric, red_flags=(flag,)))
    (made,) = cards(flagged, ["flag"], str)
    assert "mistake" in made.cue
    assert "a&lt;b" in made.answer
    assert "mistake" in made.tags


def test_what_was_missed_after_a_twist_is_asked_with_it() -> None:
    value = item([criterion("margin"), criterion("alpha", essential=True)])
    late = criterion("late")
    twist = Twist("The second run diverges.", "What now?", "Stop it.")
    twisted = dataclasses.replace(
        value,
        question=dataclasses.replace(value.question, twist=twist),
        rubric=dataclasses.replace(value.rubric, twist=(late,)),
    ).with_twist
    before, after = cards(twisted, ["margin", "late"], str)
    assert "The second run diverges." in after.case
    assert "The second run diverges." not in before.case


def test_a_second_export_holds_the_same_notes(prepdrill: Command, tmp_path: Path) -> None:
    for question in (FIRST, SECOND):
        assert prepdrill("drill", "--question", question, input="I do not know.").code == 0
    once, again = tmp_path / "once.apkg", tmp_path / "again.apkg"
    told = prepdrill("export", "--format", "anki", "--to", str(once))
    assert "about 2 questions" in told.err
    before, named = notes(once, tmp_path), decks(tmp_path)
    assert prepdrill("drill", "--question", FIRST, input="I still do not know.").code == 0
    assert prepdrill("export", "--format", "anki", "--to", str(again)).code == 0
    after = notes(again, tmp_path)
    assert [(guid, fields) for guid, fields, _ in after] == [(guid, fields) for guid, fields, _ in before]
    assert decks(tmp_path) == named
    assert "prepdrill::Data as a first-class lever" in named.values()
    points = [fields[0] for _, fields, _ in before]
    assert len(set(points)) == len(points) > 5
    assert all(" essential " in tags or "essential" not in tags for _, _, tags in before)


def test_without_an_answer_there_is_no_card(prepdrill: Command, tmp_path: Path) -> None:
    target = tmp_path / "missed.apkg"
    outcome = prepdrill("export", "--format", "anki", "--to", str(target))
    assert (outcome.code, target.exists()) == (0, False)
    assert "Nothing was graded yet" in outcome.err


def test_a_file_that_is_there_is_left_alone(prepdrill: Command, tmp_path: Path) -> None:
    assert prepdrill("drill", "--question", FIRST, input="I do not know.").code == 0
    target = tmp_path / "mine.apkg"
    target.write_text("mine")
    outcome = prepdrill("export", "--format", "anki", "--to", str(target))
    assert outcome.code == 1
    assert "name a new file" in outcome.err
    assert target.read_text() == "mine"
    ours = tmp_path / "ours.apkg"
    for _ in range(2):
        assert prepdrill("export", "--format", "anki", "--to", str(ours)).code == 0
    assert "Cards need a file" in prepdrill("export", "--format", "anki").err


def test_without_its_library_it_says_what_to_install(
    prepdrill: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert prepdrill("drill", "--question", FIRST, input="I do not know.").code == 0
    monkeypatch.setitem(sys.modules, "genanki", None)
    target = tmp_path / "missed.apkg"
    outcome = prepdrill("export", "--format", "anki", "--to", str(target))
    assert "pip install 'prepdrill[anki]'" in outcome.err
    assert not target.exists()
