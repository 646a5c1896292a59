"""Files of a bank -> values of the model, with everything that ties two files together checked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from prepdrill.bank import schema
from prepdrill.bank.source import Location, Source, read
from prepdrill.errors import BankError, Problem
from prepdrill.model import (
    CalibrationAnswer,
    Chart,
    Content,
    Criterion,
    Diff,
    Dimension,
    Exhibit,
    FollowUp,
    Item,
    Lexicon,
    Log,
    NumberTarget,
    Question,
    Rubric,
    Sample,
    Samples,
    Scale,
    Section,
    Syllabus,
    Table,
    Tier,
    Topic,
    Twist,
    revision_of,
)
from prepdrill.model import Source as Citation

NUMBER_FAMILY: Final = "number"
"""`$number` in a pattern is any number; it needs no entry in the lexicon."""

_FAMILY: Final = re.compile(r"\$([A-Za-z0-9_-]*)")


def load_syllabus(path: Path) -> Syllabus:
    """The syllabus file at `path`; raises BankError with every problem."""
    source = read(path)
    file = schema.parse(source, schema.SyllabusFile)
    tiers = {tier.number for tier in file.tiers}
    problems = []
    for index, section in enumerate(file.sections):
        at: Location = ("sections", index)
        if section.tier not in tiers:
            problems.append(source.problem((*at, "tier"), f"there is no tier {section.tier}"))
        problems += _repeated(source, (*at, "topics"), "slug", [topic.slug for topic in section.topics])
    problems += _repeated(source, ("sections",), "slug", [section.slug for section in file.sections])
    problems += _repeated(source, ("sections",), "number", [section.number for section in file.sections])
    _raise(problems)
    return Syllabus(
        file.yardstick,
        tuple(Tier(tier.number, tier.title, tier.weight) for tier in file.tiers),
        tuple(
            Section(
                section.number,
                section.slug,
                section.title,
                section.tier,
                section.focus,
                tuple(Topic(f"{section.slug}/{topic.slug}", topic.text, topic.kind) for topic in section.topics),
            )
            for section in file.sections
        ),
        tuple(file.excluded),
    )


def load_scale(path: Path, *, whole: bool = True) -> Scale:
    """Dimensions and ratings, or dimensions alone if it need not be `whole`; raises BankError with every problem."""
    source = read(path)
    file = schema.parse(source, schema.ScaleFile)
    problems = []
    thresholds = [rating.from_ for rating in file.ratings]
    names = [rating.rating for rating in file.ratings]
    if whole and not thresholds:
        problems.append(source.problem((), "the key 'ratings' is missing"))
    elif thresholds != sorted(thresholds, reverse=True) or (thresholds and thresholds[-1] != 0):
        problems.append(source.problem(("ratings",), "go from the highest threshold down to 0"))
    if (whole or file.essential_cap) and file.essential_cap not in names:
        message = f"{file.essential_cap!r} is no rating{schema.nearest(file.essential_cap, names)}"
        problems.append(source.problem(("essential_cap",), message))
    _raise(problems)
    return Scale(
        tuple(Dimension(slug, part.title, tuple(part.anchors)) for slug, part in file.dimensions.items()),
        tuple((rating.rating, rating.from_) for rating in file.ratings),
        file.essential_cap,
    )


def load_lexicon(path: Path, base: Lexicon | None = None) -> Lexicon:
    """Families of wording, which may refer to families of `base`; raises BankError if one refers to none."""
    source = read(path)
    file = schema.parse(source, schema.LexiconFile)
    lexicon = _families(file.__pydantic_extra__)
    _raise(_family_problems(source, (), lexicon, {**(base or {}), **lexicon}))
    return lexicon


def load_question(path: Path, id: str, syllabus: Syllabus) -> Question:
    """The question file at `path` under the identity `id`; raises BankError with every problem."""
    source = read(path)
    file = schema.parse(source, schema.QuestionFile)
    known = {topic.id for section in syllabus.sections for topic in section.topics}
    home = id.split("/", 1)[0]
    topics, problems = [], []
    for index, topic in enumerate(file.topics):
        full = topic if "/" in topic else f"{home}/{topic}"
        topics.append(full)
        if full not in known:
            names = [name.removeprefix(f"{home}/") for name in known]
            message = f"there is no topic {full!r} in the syllabus{schema.nearest(topic, names)}"
            problems.append(source.problem(("topics", index), message))
    for index, exhibit in enumerate(file.exhibits):
        for name, points in (exhibit.chart.series if exhibit.chart else {}).items():
            if [x for x, _ in points] != sorted(x for x, _ in points):
                at: Location = ("exhibits", index, "chart", "series", name)
                problems.append(source.problem(at, f"the x values of {name!r} do not rise"))
    problems += _repeated(source, ("exhibits",), "title", [part.title for part in file.exhibits])
    _raise(problems)
    return Question(
        id=id,
        title=_line(file.title),
        topics=tuple(topics),
        kind=file.kind,
        level=file.level,
        minutes=file.minutes,
        family=file.family,
        scenario=_block(file.scenario),
        exhibits=tuple(
            Exhibit(_line(part.title), _content(part), tuple(_line(name) for name in part.on_request))
            for part in file.exhibits
        ),
        ask=_block(file.ask),
        follow_ups=tuple(FollowUp(_block(part.ask), part.when_missed) for part in file.follow_ups),
        hints=tuple(_block(hint) for hint in file.hints),
        model_answer=_block(file.model_answer),
        debrief=_block(file.debrief),
        sources=tuple(Citation(_line(part.title), part.url) for part in file.sources),
        headline=file.headline,
        twist=None
        if file.twist is None
        else Twist(_block(file.twist.fact), _block(file.twist.ask), _block(file.twist.model_answer)),
    )


def load_rubric(path: Path, id: str, scale: Scale, lexicon: Lexicon) -> Rubric:
    """The rubric file at `path` for the question `id`; raises BankError with every problem."""
    source = read(path)
    file = schema.parse(source, schema.RubricFile)
    families = _families(file.families)
    known = {**lexicon, **families}
    problems = _family_problems(source, ("families",), families, known)
    for name in families:
        if name in lexicon or name == NUMBER_FAMILY:
            message = f"the lexicon has a family {name!r} already; give this one another name"
            problems.append(source.problem(("families", name), message))
    dimensions = [dimension.slug for dimension in scale.dimensions]
    seen: set[str] = set()
    for key, parts in (("criteria", file.criteria), ("red_flags", file.red_flags), ("twist", file.twist)):
        for index, part in enumerate(parts):
            at: Location = (key, index)
            if part.id in seen:
                problems.append(source.problem((*at, "id"), f"the id {part.id!r} stands here a second time"))
            seen.add(part.id)
            if part.dimension not in dimensions and key != "red_flags":
                message = f"there is no dimension {part.dimension!r}{schema.nearest(part.dimension, dimensions)}"
                problems.append(source.problem((*at, "dimension"), message))
            if key != "red_flags" and part.points <= 0:
                problems.append(source.problem((*at, "points"), "points of a criterion must be above 0"))
            if key == "red_flags" and part.points >= 0:
                problems.append(source.problem((*at, "points"), "points of a red flag must be below 0"))
            if key == "red_flags" and part.essential:
                problems.append(source.problem((*at, "essential"), "a red flag cannot be essential"))
            for number, lines in enumerate(part.look_for):
                for position, line in enumerate(lines):
                    line_at = _pattern_location(source, (*at, "look_for"), number, position)
                    problems += _unknown_families(source, line_at, line, known)
    _raise(problems)
    return Rubric(
        id,
        tuple(_criterion(part) for part in file.criteria),
        tuple(_criterion(part) for part in file.red_flags),
        tuple(_criterion(part) for part in file.twist),
        tuple(families.items()),
    )


def load_item(root: Path, id: str, syllabus: Syllabus, scale: Scale, lexicon: Lexicon) -> Item:
    """Question and rubric of `id` below the bank at `root`; raises BankError with the problems of both files."""
    problems: list[Problem] = []
    question = rubric = None
    question_path, rubric_path = root / "questions" / f"{id}.yaml", root / "rubrics" / f"{id}.yaml"
    try:
        question = load_question(question_path, id, syllabus)
    except BankError as error:
        problems += error.problems
    if not rubric_path.exists():
        problems.append(Problem(str(question_path), 1, f"has no rubric; write {rubric_path}"))
    else:
        try:
            rubric = load_rubric(rubric_path, id, scale, lexicon)
        except BankError as error:
            problems += error.problems
    if question is not None and rubric is not None:
        problems += _missed_follow_ups(question_path, question, rubric)
        if (question.twist is None) != (not rubric.twist):
            problems.append(
                Problem(str(question_path), 1, f"has no twist; drop the key 'twist' from {rubric_path} or write one")
                if question.twist is None
                else Problem(str(rubric_path), 1, "has no key 'twist': say what a reaction to the twist is graded by")
            )
    _raise(problems)
    assert question is not None
    assert rubric is not None
    return Item(question, rubric, revision_of(question, rubric))


def load_calibration(path: Path, rubric: Rubric) -> tuple[CalibrationAnswer, ...]:
    """Answers with known verdicts for one rubric; raises BankError if they name a criterion that is not there."""
    source = read(path)
    file = schema.parse(source, schema.CalibrationFile)
    known = {criterion.id for criterion in rubric.everything}
    problems = _repeated(source, ("answers",), "id", [part.id for part in file.answers])
    for index, part in enumerate(file.answers):
        for key in ("met", "second_reader"):
            for position, id in enumerate(getattr(part, key)):
                if id not in known:
                    message = f"the rubric has no criterion {id!r}{schema.nearest(id, known)}"
                    problems.append(source.problem(("answers", index, key, position), message))
    _raise(problems)
    return tuple(
        CalibrationAnswer(part.id, part.kind, part.text, frozenset(part.met), frozenset(part.second_reader))
        for part in file.answers
    )


def _content(part: schema.ExhibitPart) -> Content:
    if part.log is not None:
        return Log(_block(part.log))
    if part.diff is not None:
        return Diff(_block(part.diff))
    if part.table is not None:
        return Table(tuple(part.table.columns), tuple(tuple(row) for row in part.table.rows))
    if part.chart is not None:
        series = tuple((name, tuple((x, y) for x, y in points)) for name, points in part.chart.series.items())
        return Chart(part.chart.x, part.chart.y, series)
    assert part.samples is not None
    return Samples(tuple(Sample(_block(pair.prompt), _block(pair.a), _block(pair.b)) for pair in part.samples))


def _criterion(part: schema.CriterionPart) -> Criterion:
    number = part.number
    return Criterion(
        id=part.id,
        dimension=part.dimension,
        points=part.points,
        essential=part.essential,
        asks=_block(part.asks),
        accept=tuple(_block(text) for text in part.accept),
        reject=tuple(_block(text) for text in part.reject),
        look_for=tuple(tuple(lines) for lines in part.look_for),
        number=NumberTarget(number.value, number.absolute_tolerance(), number.unit) if number else None,
    )


def _missed_follow_ups(path: Path, question: Question, rubric: Rubric) -> list[Problem]:
    known = {criterion.id for criterion in rubric.everything}
    problems = []
    for index, follow_up in enumerate(question.follow_ups):
        if follow_up.when_missed is not None and follow_up.when_missed not in known:
            message = (
                f"the rubric has no criterion {follow_up.when_missed!r}{schema.nearest(follow_up.when_missed, known)}"
            )
            problems.append(read(path).problem(("follow_ups", index, "when_missed"), message))
    return problems


def _families(written: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Family -> its alternatives, from text in which `|` stands between them."""
    return {
        name: tuple(phrase.strip() for phrase in alternatives.split("|") if phrase.strip())
        for name, alternatives in written.items()
    }


def _family_problems(source: Source, at: Location, families: Lexicon, known: Lexicon) -> list[Problem]:
    problems = []
    for name, phrases in families.items():
        if not phrases:
            problems.append(source.problem((*at, name), f"the family {name!r} has no alternatives"))
        for phrase in phrases:
            problems += _unknown_families(source, (*at, name), phrase, known)
    return problems


def _unknown_families(source: Source, at: Location, pattern: str, lexicon: Lexicon) -> list[Problem]:
    return [
        source.problem(at, f"the lexicon has no family {name!r}{schema.nearest(name, lexicon)}")
        for name in _FAMILY.findall(pattern)
        if name not in lexicon and name != NUMBER_FAMILY
    ]


def _pattern_location(source: Source, at: Location, number: int, position: int) -> Location:
    nested: Location = (*at, number, position)
    return nested if nested in source.lines else (*at, position)


def _repeated(source: Source, at: Location, key: str, values: Iterable[str | int]) -> list[Problem]:
    """A problem for each entry of the list at `at` whose `key` an earlier entry has too."""
    seen: set[str | int] = set()
    problems = []
    for position, value in enumerate(values):
        if value in seen:
            problems.append(source.problem((*at, position, key), f"{value!r} stands here a second time"))
        seen.add(value)
    return problems


def _raise(problems: list[Problem]) -> None:
    if problems:
        raise BankError(problems)


def _line(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _block(text: str) -> str:
    return "\n".join(line.rstrip() for line in unicodedata.normalize("NFC", text).strip("\n").split("\n")).rstrip()
