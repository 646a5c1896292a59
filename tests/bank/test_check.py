"""What `bank check` tells an author beyond what loading finds; the grader here is a plain one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from prepdrill.bank import open_bank
from prepdrill.bank.check import problems
from prepdrill.model import Criterion, Outcome, Question, Rubric, Transcript, Verdict

from .conftest import QUESTION, SmallBank

CRITERION = """\
  - id: {id}
    dimension: mechanism
    points: {points}
    asks: Says {id}.
    accept: [It says {id} one., It says {id} two., It says {id} three.]
    reject: [It misses one., It misses two.]
    look_for: [{id}, says]
"""
MET = ("alpha", "beta", "gamma", "delta")
RUBRIC = (
    "criteria:\n"
    + "".join(CRITERION.format(id=id, points=2) for id in MET).replace("points: 2", "points: 2\n    essential: true", 1)
    + "red_flags:\n"
    + CRITERION.format(id="omega", points=-1)
)
SOUND = QUESTION.replace(
    "  Because the learning rate is zero after the schedule ended.", f"  It says {', '.join(MET)}."
).replace("A run of an 8B model.", "A run of an 8B model. Is It?")
CALIBRATION = "answers:\n" + "".join(
    f"- {{id: a{number}, kind: strong, text: It says so., met: [{met}], second_reader: [{met}]}}\n"
    for number, met in enumerate((*MET, "alpha"))
)


def plain(question: Question, rubric: Rubric, transcript: Transcript) -> list[Verdict]:
    """Met where all lines of one list occur somewhere, and with them `It`, which makes a sentence."""

    def outcome(criterion: Criterion) -> Outcome:
        complete = any(all(line in transcript.answer for line in (*lines, "It")) for lines in criterion.look_for)
        return Outcome.MET if complete else Outcome.UNMET

    return [Verdict(criterion.id, outcome(criterion), None, "plainly", 1.0) for criterion in rubric.everything]


@pytest.fixture
def found(small_bank: SmallBank) -> Callable[..., list[str]]:
    """`found(question, rubric, calibration)`: what the check says of this one question."""

    def found(question: str = SOUND, rubric: str = RUBRIC, calibration: str | None = None) -> list[str]:
        root = small_bank(question, rubric)
        if calibration is not None:
            path = root / "rubrics" / "calibration" / "training-dynamics" / "flat.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(calibration, "utf-8")
        return [
            f"{Path(problem.path).parent.parent.name}:{problem.line}: {problem.message}"
            for problem in problems(open_bank([root]), plain, question="training-dynamics/flat")
        ]

    return found


def test_a_sound_question_has_no_problem(found: Callable[..., list[str]]) -> None:
    assert found() == []
    assert found(calibration=CALIBRATION) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("reject: [It misses one.", "reject: [It says alpha again.", "reject is graded met"),
        ("It says alpha one.", "It misses alpha.", "accept is graded unmet"),
        ("It says alpha two.", "It says alpha one.", "'It says alpha one.' stands here a second time"),
        ("It misses one., It misses two.", "It misses one., It misses one.", "'It misses one.' stands here a second"),
        ("    essential: true\n", "", "has no essential criterion"),
        ("points: 2", "points: 9", "points of the criteria sum to 15; 8 to 14 are expected"),
        ("look_for: [alpha, says]", "number: {value: 3, tolerance: 1}", "accept is graded unmet"),
        (
            "look_for: [beta, says]",
            "look_for: [A run, model, Is It?]",
            "the scenario and the task, copied out, meets 'beta'",
        ),
        ("look_for: [beta, says]", "look_for: [beta, It]", "the words that the patterns look for meets 'beta'"),
    ],
)
def test_faults_of_a_rubric(found: Callable[..., list[str]], old: str, new: str, problem: str) -> None:
    assert old in RUBRIC
    assert any(problem in text for text in found(rubric=RUBRIC.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("alpha, beta", "beta", "finds the essential 'alpha' unmet in the model answer"),
        ("beta, gamma", "gamma", "does not find 'beta' in the model answer"),
        ("alpha, beta", "omega, alpha, beta", "the model answer commits the red flag 'omega'"),
        ("minutes: 5", "minutes: 0.03", "0.03 minutes of speech are about 3"),
        ("ask: Why?", "ask: What of API design?", "asks about 'API design', which the syllabus excludes"),
        ("1    2.0", "1    2.0" + " " * 80 + "x", "columns wide; 76 fit"),
    ],
)
def test_faults_of_a_question(found: Callable[..., list[str]], old: str, new: str, problem: str) -> None:
    assert old in SOUND
    assert any(problem in text for text in found(SOUND.replace(old, new, 1)))


def test_calibration_answers_must_tell_something(found: Callable[..., list[str]]) -> None:
    few = "".join(CALIBRATION.splitlines(keepends=True)[:5])
    assert any("has 4 answers; 5 or more are expected" in text for text in found(calibration=few))
    without = CALIBRATION.replace("beta", "gamma")
    assert any("no answer meets 'beta'; one kind is missing" in text for text in found(calibration=without))
    always = CALIBRATION.replace("[", "[delta, ").replace("[delta, delta", "[delta")
    assert any("every answer meets 'delta'" in text for text in found(calibration=always))
