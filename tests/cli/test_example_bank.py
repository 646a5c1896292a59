"""The bank for another syllabus that docs/writing-questions.md points to: it checks clean, and it drills."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prepdrill.bank import open_bank

from ..conftest import Command

BANK = Path(__file__).parents[2] / "docs" / "example-bank"
IDS = sorted(f"{path.parent.name}/{path.stem}" for path in (BANK / "questions").glob("*/*.yaml"))


def test_it_has_five_questions_and_every_topic_has_one() -> None:
    bank = open_bank([BANK])
    topics = {topic for id in IDS for topic in bank.question(id).topics}
    own = {
        topic.id for part in bank.syllabus.sections if part.slug in ("query-plans", "indexes") for topic in part.topics
    }
    assert len(IDS) == 5
    assert topics == own


@pytest.mark.parametrize("id", IDS)
def test_each_checks_clean(prepdrill: Command, id: str) -> None:
    result = prepdrill("bank", "check", str(BANK), "--question", id)
    assert (result.code, result.out) == (0, "")


@pytest.mark.parametrize("id", IDS)
def test_each_is_drilled_and_its_model_answer_is_a_strong_yes(prepdrill: Command, id: str) -> None:
    answer = open_bank([BANK]).question(id).model_answer
    drilled = prepdrill("drill", "--bank", str(BANK), "--question", id, "--json", input=answer)
    assert drilled.code == 0, drilled.err
    assert json.loads(drilled.out)["rating"] == "strong yes"


def test_a_section_of_it_is_drilled_by_name_and_leaves_its_mark_in_the_history(prepdrill: Command) -> None:
    drilled = prepdrill(
        "drill", "--bank", str(BANK), "--section", "query-plans", "--seed", "1", "--json", input="No idea."
    )
    graded = json.loads(drilled.out)
    assert graded["question"].startswith("query-plans/")
    assert graded["rating"] == "strong no"
    listed = json.loads(prepdrill("review", "list", "--bank", str(BANK), "--json").out)
    assert [attempt["question"] for attempt in listed] == [graded["question"]]
