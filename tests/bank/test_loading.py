"""A bank loads as the model, or says everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from prepdrill.bank import Bank, open_bank
from prepdrill.bank.loading import load_scale
from prepdrill.errors import BankError, PrepdrillError
from prepdrill.model import Log, Table, decode_question, decode_rubric, encode, revision_of

from .conftest import QUESTION, RUBRIC

SmallBank = Callable[..., Path]
ID = "training-dynamics/flat"


def problems(root: Path) -> list[str]:
    with pytest.raises(BankError) as caught:
        open_bank([root]).item(ID)
    return [str(problem).split("/bank/")[1] for problem in caught.value.problems]


def test_a_question_loads_with_its_rubric(small_bank: SmallBank) -> None:
    item = open_bank([small_bank()]).item(ID)
    assert item.question.topics == ("training-dynamics/lr-schedules",)
    assert item.question.exhibits[0].content == Log("step loss\n1    2.0")
    assert item.question.exhibits[1].content == Table(("step", "score"), (("1", "0.610"), ("2", "no")))
    assert item.rubric.criterion("zero-rate").look_for[0][1] == "zero | nothing"


def test_every_problem_is_reported_with_its_line(small_bank: SmallBank) -> None:
    broken = QUESTION.replace("kind: diagnose", "kind: diagnos").replace("ask:", "aks:")
    assert problems(small_bank(broken)) == [
        "questions/training-dynamics/flat.yaml:1: the key 'ask' is missing",
        "questions/training-dynamics/flat.yaml:3: kind is 'diagnos', expected 'diagnose', 'decide', 'design',"
        " 'explain', 'critique' or 'estimate'; did you mean 'diagnose'?",
        "questions/training-dynamics/flat.yaml:15: unknown key 'aks'; did you mean 'ask'?",
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("[lr-schedules]", "[lr-schedule]", "flat.yaml:2: there is no topic 'training-dynamics/lr-schedule'"),
        ("title: Log\n", "title: Scores\n", "flat.yaml:13: 'Scores' stands here a second time"),
        ("    log: |", "    diff: x\n    log: |", "has log and diff; give exactly one"),
        ("rows: [[1, 0.610]", "rows: [[1]", "flat.yaml:14: exhibits[2].table: row 1 has 1 cells for 2 columns"),
        ("minutes: 5", "minutes: five", "flat.yaml:5: minutes: expected a number"),
        ('url: "https:', 'url: "ftp:', "sources[1].url is"),
        ("ask: Why?", "ask: Why?\nfollow_ups: [{ask: And?, when_missed: zero-rat}]", "did you mean 'zero-rate'?"),
    ],
)
def test_faults_of_a_question(small_bank: SmallBank, old: str, new: str, problem: str) -> None:
    assert old in QUESTION
    assert any(problem in found for found in problems(small_bank(QUESTION.replace(old, new))))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("dimension: mechanism", "dimension: mechanics", "flat.yaml:3: there is no dimension 'mechanics'"),
        ("points: 3", "points: -3", "points of a criterion must be above 0"),
        ("$learning-rate", "$learning-rates", "flat.yaml:10: the lexicon has no family 'learning-rates'; did you mean"),
        ("reject: [The learning rate is too high., The data is bad.]", "reject: []", "criteria[1].reject"),
        ("    essential: true\n", "    essential: true\n    number: {value: 1, tolerance: x%}\n", "tolerance is 'x%'"),
    ],
)
def test_faults_of_a_rubric(small_bank: SmallBank, old: str, new: str, problem: str) -> None:
    assert old in RUBRIC
    assert any(problem in found for found in problems(small_bank(rubric=RUBRIC.replace(old, new))))


FAMILIES = "families:\n  ends: ends | is over | runs out\n  zero-rate: $ends | nothing\n" + RUBRIC.replace(
    "zero |", "$zero-rate |"
)


def test_a_rubric_has_families_of_its_own(small_bank: SmallBank) -> None:
    rubric = open_bank([small_bank(rubric=FAMILIES)]).item("training-dynamics/flat").rubric
    assert rubric.families == (("ends", ("ends", "is over", "runs out")), ("zero-rate", ("$ends", "nothing")))
    assert decode_rubric(encode(rubric)) == rubric


def test_families_belong_to_the_revision_and_change_nothing_where_there_are_none(small_bank: SmallBank) -> None:
    plain = open_bank([small_bank()]).item("training-dynamics/flat")
    assert "families" not in encode(plain.rubric)
    with_families = open_bank([small_bank(rubric=FAMILIES)]).item("training-dynamics/flat")
    other = FAMILIES.replace("is over", "is done")
    assert (
        len(
            {
                plain.revision,
                with_families.revision,
                open_bank([small_bank(rubric=other)]).item("training-dynamics/flat").revision,
            }
        )
        == 3
    )


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("$ends", "$end", "flat.yaml:3: the lexicon has no family 'end'; did you mean 'ends'?"),
        ("  ends:", "  falls:", "flat.yaml:2: the lexicon has a family 'falls' already"),
        ("  ends:", "  number:", "flat.yaml:2: the lexicon has a family 'number' already"),
        ("ends | is over | runs out", '"|"', "flat.yaml:2: the family 'ends' has no alternatives"),
        ("  ends:", "  Two Words:", "flat.yaml:2: "),
    ],
)
def test_faults_of_families(small_bank: SmallBank, old: str, new: str, problem: str) -> None:
    assert old in FAMILIES
    assert any(problem in found for found in problems(small_bank(rubric=FAMILIES.replace(old, new, 1))))


def test_another_bank_may_add_dimensions_alone(small_bank: SmallBank) -> None:
    root = small_bank(rubric=RUBRIC.replace("mechanism", "seamanship"))
    path = root / "rubrics" / "dimensions.yaml"
    path.write_text("dimensions: {seamanship: {title: Sails, anchors: [None, Some, Good, Best]}}\n")
    bank = open_bank([root])
    assert bank.item("training-dynamics/flat").rubric.criteria[0].dimension == "seamanship"
    assert bank.scale.ratings == open_bank().scale.ratings
    with pytest.raises(BankError, match="the key 'ratings' is missing"):
        load_scale(path)


def test_a_missing_rubric_is_an_error(small_bank: SmallBank) -> None:
    assert "has no rubric; write" in problems(small_bank(rubric=None))[0]


def test_an_unknown_question_names_the_nearest(built_in: Bank) -> None:
    known = next(iter(built_in.files))
    with pytest.raises(PrepdrillError, match=known):
        built_in.item(known + "x")


def test_two_banks_must_not_share_an_identity(small_bank: SmallBank, built_in: Bank) -> None:
    known = next(iter(built_in.files))
    with pytest.raises(BankError, match="rename one"):
        _ = open_bank([small_bank(name=known)]).files


def test_a_bank_may_bring_its_own_syllabus(small_bank: SmallBank) -> None:
    root = small_bank(QUESTION.replace("lr-schedules", "knots"), name="sailing/reef")
    (root / "questions" / "syllabus.yaml").write_text(
        "yardstick: Can they sail?\ntiers: [{number: 1, title: Core, weight: 1}]\n"
        "sections: [{number: 1, slug: sailing, title: Sailing, tier: 1, focus: Wind.,"
        " topics: [{slug: knots, text: Knots, kind: must-know}]}]\n"
    )
    bank = open_bank([root])
    assert bank.section("sail").number == 9
    assert bank.item("sailing/reef").question.topics == ("sailing/knots",)


def test_the_json_form_of_an_item_brings_it_back(built_in: Bank) -> None:
    import json

    for id in built_in.files:
        item = built_in.item(id)
        question = decode_question(json.loads(json.dumps(encode(item.question))))
        rubric = decode_rubric(json.loads(json.dumps(encode(item.rubric))))
        assert (question, rubric) == (item.question, item.rubric)
        assert revision_of(question, rubric) == item.revision


def test_an_edit_of_question_or_rubric_makes_a_new_revision(small_bank: SmallBank) -> None:
    revisions = {
        open_bank([small_bank(question, rubric)]).item(ID).revision
        for question, rubric in (
            (QUESTION, RUBRIC),
            (QUESTION.replace("Why?", "How?"), RUBRIC),
            (QUESTION, RUBRIC.replace("points: 3", "points: 2")),
        )
    }
    assert len(revisions) == 3
