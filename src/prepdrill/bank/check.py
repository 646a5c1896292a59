"""What an author needs to hear beyond what loading finds.

Loading is the drill's own, so a bank that passes here is one that drills. The grader comes from outside: this module
knows no method of grading, only what a rubric promises of one.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from prepdrill.bank import Bank
from prepdrill.bank.source import read
from prepdrill.errors import BankError, Problem
from prepdrill.model import (
    CalibrationAnswer,
    Chart,
    Criterion,
    Diff,
    Exhibit,
    Item,
    Log,
    Outcome,
    Question,
    Rubric,
    Table,
    Transcript,
    Verdict,
)

POINTS: Final = (8, 14)
CRITERIA: Final = (4, 9)
RED_FLAGS: Final = (1, 3)
WIDEST: Final = 76
"""Columns of a log or table that fit an 80-column terminal with the indent."""
SPOKEN_WORDS_A_MINUTE: Final = 130
CALIBRATION: Final = 5
"""Answers with known verdicts that a question should have, if it has any."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

GradeFunction = Callable[[Question, Rubric, Transcript], list[Verdict]]


def selected(
    bank: Bank, *, section: str | None = None, question: str | None = None, below: Path | None = None
) -> dict[str, Path]:
    """Identity and path of the questions of one section, of one bank, or of one alone."""
    root = below.resolve() if below is not None else None  # as the bank's own roots are
    return {
        id: Path(name)
        for id, name in bank.files.items()
        if section in (None, id.split("/", 1)[0]) and question in (None, id) and root in (None, Path(name).parents[2])
    }


def problems(
    bank: Bank,
    grade: GradeFunction,
    *,
    section: str | None = None,
    question: str | None = None,
    below: Path | None = None,
) -> Iterator[Problem]:
    """Every problem of the `selected` questions, file by file; shared files are taken to load."""
    for id, path in selected(bank, section=section, question=question, below=below).items():
        unfilled = [problem for file in (path, _rubric_path(path, id)) for problem in _unfilled(file)]
        yield from unfilled
        try:
            item = bank.item(id)
            answers = bank.calibration(item)
        except BankError as error:
            yield from error.problems
            continue
        yield from _question_problems(path, item, bank)
        if unfilled:
            continue  # what a grader makes of it would only hide what is left to write
        yield from _rubric_problems(_rubric_path(path, id), item, grade)
        if answers:
            yield from _calibration_problems(path.parents[2] / "rubrics" / "calibration" / f"{id}.yaml", item, answers)
    if question is None:
        yield from _strays(bank, section, below)


def uncovered(bank: Bank, *, below: Path | None = None) -> list[str]:
    """Topics that no question is about; with `below`, only those of the sections of that bank."""
    covered = {topic for entry in bank.listing() for topic in entry.topics}
    sections = bank.sections_of(below) if below is not None else frozenset()
    return [
        topic.id
        for part in bank.syllabus.sections
        if below is None or part.slug in sections
        for topic in part.topics
        if topic.id not in covered
    ]


def _rubric_path(question: Path, id: str) -> Path:
    return question.parents[2] / "rubrics" / f"{id}.yaml"


# --- the question


def _question_problems(path: Path, item: Item, bank: Bank) -> Iterator[Problem]:
    question = item.question
    source = read(path)
    if not question.exhibits:
        yield Problem(str(path), 1, "has no exhibit; a candidate needs something to read")
    for index, exhibit in enumerate(question.exhibits):
        for message in _exhibit_problems(exhibit):
            yield source.problem(("exhibits", index), f"exhibit {exhibit.title!r} {message}")
    words = len(question.model_answer.split())
    most = int(question.minutes * SPOKEN_WORDS_A_MINUTE)
    if words > most:
        message = f"the model answer has {words} words; {question.minutes:g} minutes of speech are about {most}"
        yield source.problem(("model_answer",), message)
    for excluded in bank.syllabus.excluded:
        if re.search(rf"\b{re.escape(excluded)}\b", f"{question.title} {question.ask}", re.IGNORECASE):
            yield source.problem(("ask",), f"asks about {excluded!r}, which the syllabus excludes")
    if not question.sources:
        yield Problem(str(path), 1, "names no source")
    for name in ("scenario", "ask", "model_answer", "debrief", "title"):
        if _CONTROL.search(getattr(question, name)):
            yield source.problem((name,), f"{name} has a control character; it would be shown as a sign")


def _unfilled(path: Path) -> Iterator[Problem]:
    """Places that `bank new` left to be filled in; none in a file that cannot be read, of which loading tells."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeError):
        return
    for number, line in enumerate(lines, start=1):
        if "TODO" in line.split("#", 1)[0]:
            yield Problem(str(path), number, "is still to be written (TODO)")


def _exhibit_problems(exhibit: Exhibit) -> Iterator[str]:
    content = exhibit.content
    if isinstance(content, Log | Diff):
        widest = max(map(len, content.text.split("\n")))
        if widest > WIDEST:
            yield f"is {widest} columns wide; {WIDEST} fit an 80-column terminal"
        if "\t" in content.text:
            yield "has tabs; use blanks"
    if isinstance(content, Table):
        widths = [
            max(len(cell) for cell in (*name.split(), *(row[at] for row in content.rows)))  # a heading may wrap
            for at, name in enumerate(content.columns)
        ]
        if sum(widths) + 2 * len(widths) > WIDEST:
            yield f"is {sum(widths) + 2 * len(widths)} columns wide; {WIDEST} fit an 80-column terminal"
    if isinstance(content, Chart) and len(content.series) > 6:
        yield "has more than six curves; nobody can tell them apart"


# --- the rubric


def _rubric_problems(path: Path, item: Item, grade: GradeFunction) -> Iterator[Problem]:
    source = read(path)
    rubric = item.rubric
    total = sum(criterion.points for criterion in rubric.criteria)
    for value, (least, most), what in (
        (total, POINTS, "points of the criteria sum to {}"),
        (len(rubric.criteria), CRITERIA, "has {} criteria"),
        (len(rubric.red_flags), RED_FLAGS, "has {} red flags"),
    ):
        if not least <= value <= most:
            yield Problem(str(path), 1, f"{what.format(f'{value:g}')}; {least} to {most} are expected")
    if not any(criterion.essential for criterion in rubric.criteria):
        yield Problem(str(path), 1, "has no essential criterion")
    for key, criteria in (("criteria", rubric.criteria), ("red_flags", rubric.red_flags), ("twist", rubric.twist)):
        for index, criterion in enumerate(criteria):
            if not criterion.look_for and criterion.number is None:
                yield source.problem((key, index), f"{criterion.id} has neither look_for nor number")
            for name, at, message in _claims(item, criterion, grade):
                yield source.problem((key, index, name, at), f"{criterion.id}: {message}")
    yield from (Problem(str(path), 1, message) for message in _whole_answers(item, grade))
    yield from _twist_problems(path, item, grade)


def _whole_answers(item: Item, grade: GradeFunction) -> Iterator[str]:
    """What the model answer misses, and what an answer earns that says nothing of its own."""
    rubric, question = item.rubric, item.question
    outcomes = {
        verdict.criterion: verdict.outcome for verdict in grade(question, rubric, Transcript(question.model_answer))
    }
    for criterion in rubric.everything:
        outcome = outcomes[criterion.id]
        if criterion.red_flag and outcome is Outcome.MET:
            yield f"the model answer commits the red flag {criterion.id!r}"
        elif criterion.essential and outcome is not Outcome.MET:
            yield f"the offline grader finds the essential {criterion.id!r} {outcome} in the model answer"
        elif not criterion.red_flag and outcome is Outcome.UNMET:
            yield f"the offline grader does not find {criterion.id!r} in the model answer"
    hollow = {
        "the scenario and the task, copied out,": "\n\n".join((question.title, question.scenario, question.ask)),
        "a list of the words that the patterns look for": _words_looked_for(rubric),
    }
    for what, text in hollow.items():
        for verdict in grade(question, rubric, Transcript(text)):
            criterion = rubric.criterion(verdict.criterion)
            if verdict.outcome is Outcome.MET and not criterion.red_flag and criterion.number is None:
                yield f"{what} meets {verdict.criterion!r} ({verdict.reason})"


def _words_looked_for(rubric: Rubric) -> str:
    """A row of buzzwords: of every line of the patterns the shortest alternative."""
    families = dict(rubric.families)
    found = []
    for criterion in rubric.criteria:
        for line in (line for lines in criterion.look_for for line in lines):
            phrases = [phrase.strip() for phrase in line.split("|")]
            phrases = [text for phrase in phrases for text in families.get(phrase.removeprefix("$"), (phrase,))]
            shortest = min(phrases, key=lambda phrase: len(phrase.split()))
            found.append(shortest.replace("*", "").replace("$", "").replace("-", " "))
    return ", ".join(dict.fromkeys(found))


def _calibration_problems(path: Path, item: Item, answers: Sequence[CalibrationAnswer]) -> Iterator[Problem]:
    """Answers too few to hold a grader against, or that say nothing of a criterion."""
    if len(answers) < CALIBRATION:
        yield Problem(str(path), 1, f"has {len(answers)} answers; {CALIBRATION} or more are expected")
    for criterion in item.rubric.criteria:
        met = sum(criterion.id in answer.met for answer in answers)
        if met in (0, len(answers)):
            yield Problem(
                str(path), 1, f"{'no' if not met else 'every'} answer meets {criterion.id!r}; one kind is missing"
            )


def _twist_problems(path: Path, item: Item, grade: GradeFunction) -> Iterator[Problem]:
    """What the twist asks for must be in its own model answer."""
    if item.question.twist is None:
        return
    if not 1 <= len(item.rubric.twist) <= 3:
        yield Problem(str(path), 1, f"has {len(item.rubric.twist)} criteria for the twist; 1 to 3 are expected")
    for criterion in item.rubric.twist:
        outcome = _verdict(item, item.question.twist.model_answer, criterion, grade).outcome
        if outcome is not Outcome.MET:
            message = f"the offline grader finds {criterion.id!r} {outcome} in the model answer to the twist"
            yield Problem(str(path), 1, message)


def _claims(item: Item, criterion: Criterion, grade: GradeFunction) -> Iterator[tuple[str, int, str]]:
    """`accept` must be met and `reject` must not, each graded as an answer of its own; nothing stands there twice."""
    for name, texts in (("accept", criterion.accept), ("reject", criterion.reject)):
        for at, text in enumerate(texts):
            if text in texts[:at] or (name == "reject" and text in criterion.accept):
                yield name, at, f"{text!r} stands here a second time"
    for at, text in enumerate(criterion.accept):
        verdict = _verdict(item, text, criterion, grade)
        if verdict.outcome is not Outcome.MET:
            yield "accept", at, f"accept is graded {verdict.outcome} ({verdict.reason})"
    for at, text in enumerate(criterion.reject):
        verdict = _verdict(item, text, criterion, grade)
        if verdict.outcome is Outcome.MET:
            yield "reject", at, f"reject is graded met ({verdict.reason})"


def _verdict(item: Item, text: str, criterion: Criterion, grade: GradeFunction) -> Verdict:
    alone = dataclasses.replace(item.rubric, criteria=(criterion,), red_flags=(), twist=())
    return grade(item.question, alone, Transcript(text))[0]


def _strays(bank: Bank, section: str | None, below: Path | None) -> Iterator[Problem]:
    """Rubrics and calibration files without a question."""
    for root in bank.roots:
        if below is not None and root.resolve() != below.resolve():
            continue
        for folder in (root / "rubrics", root / "rubrics" / "calibration"):
            for path in sorted(folder.glob("*/*.yaml")):
                home = path.parent.name
                if home == "calibration" or (section is not None and home != section):
                    continue
                if f"{home}/{path.stem}" not in bank.files:
                    yield Problem(str(path), 1, f"there is no question {home}/{path.stem}")
