"""Where somebody stands: levels with intervals, what is missed most, confidence against result, time against budget.

Pure: practised attempts by one grader in, one value out; `screen`, the page and `--json` show it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from prepdrill.model import Outcome, Practice, Rubric, Subject, Syllabus, Verdict
from prepdrill.schedule import (
    PRIOR,
    TYPED,
    Answer,
    Level,
    Memory,
    bases,
    foresight,
    level,
    levels,
    of_skills,
)
from prepdrill.scoring import by_dimension

SURE: Final[Mapping[int, float]] = {1: 0.25, 2: 0.5, 3: 0.75, 4: 0.95}
"""The chance of a good answer that each level of confidence is taken for."""
MOST_MISSED: Final = 8
"""How many criteria that are missed again and again are named."""
MOST_OF_ONE: Final = 2
"""How many of them belong to one question."""


FigureT = TypeVar("FigureT")


@dataclass(frozen=True, slots=True)
class Part:
    """A section, topic or dimension with its level; `practised` counts skills that were answered, of `skills`."""

    slug: str
    title: str
    level: Level
    practised: int = 0
    skills: int = 0


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Confidence against result, of the answers whose confidence was said.

    A result is good if at least `threshold` of the points were reached. The Brier score is the mean squared distance of
    the stated chance from what happened, 0 to 1 (Brier, Monthly Weather Review 78, 1950); `over` is the mean stated
    chance minus the share of good answers: above 0 is over-confident.
    """

    name: str
    answers: int
    brier: float
    over: float


@dataclass(frozen=True, slots=True)
class Timed:
    """Time against budget: the median of time over budget, and how many of the answers ran over."""

    name: str
    answers: int
    median: float
    over: int


@dataclass(frozen=True, slots=True)
class Missed:
    """A criterion that was missed, in the rubric's words."""

    question: str
    criterion: str
    asks: str
    essential: bool
    missed: int
    asked: int


@dataclass(frozen=True, slots=True)
class Trend:
    """The level of all answers by one grader, in the order of their days: (day, level)."""

    grader: str
    points: tuple[tuple[int, Level], ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """Everything; all figures but `days` and `trends` count grades of `grader` alone."""

    grader: str
    others: tuple[str, ...]
    """Graders that graded something too."""
    answers: int
    today: int
    sections: tuple[Part, ...]
    topics: tuple[Part, ...]
    dimensions: tuple[Part, ...]
    trends: tuple[Trend, ...]
    confidence: tuple[Calibrated, ...]
    """All together first, then by section."""
    time: tuple[Timed, ...]
    missed: tuple[Missed, ...]
    mastered: int
    leeches: tuple[str, ...]
    days: Mapping[int, int]
    """Day -> attempts that were graded, by anybody."""


@dataclass(frozen=True, slots=True)
class Told:
    """What progress is made of."""

    grader: str
    by_grader: Mapping[str, Sequence[Practice]]
    """Each grader's practices, the oldest first; that of `grader` among them."""
    everything: Sequence[Practice]
    """With the newest grade of anybody."""
    memories: Mapping[str, Memory]
    """By the grades of `grader`."""
    subjects: Mapping[str, Subject]
    in_bank: frozenset[str]
    """Questions that the bank has."""
    rubrics: Mapping[tuple[str, str], Rubric]
    """(question, revision) -> the rubric that it was graded by."""
    titles: Mapping[str, str]
    """Dimension -> its title."""
    syllabus: Syllabus
    threshold: float
    """Share of the points from which an answer is good."""
    today: int
    day_of: Callable[[float], int]


def progress(told: Told) -> Progress:
    """Where somebody stands."""
    practices = told.by_grader.get(told.grader, ())
    known = bases(told.memories.values(), told.today)
    own = foresight(told.memories.values(), known)

    def part(slug: str, title: str, section: str, skills: set[str]) -> Part:
        found = of_skills(sorted(skills), told.memories, known.get(section, PRIOR), own, told.today)
        return Part(slug, title, found, sum(skill in told.memories for skill in skills), len(skills))

    in_bank = [told.subjects[id] for id in sorted(told.in_bank)]
    sections = tuple(
        part(section.slug, section.title, section.slug, {s.skill for s in in_bank if s.section == section.slug})
        for section in told.syllabus.sections
    )
    topics = tuple(
        part(topic.id, topic.text, section.slug, {s.skill for s in in_bank if topic.id in s.topics})
        for section in told.syllabus.sections
        for topic in section.topics
    )
    return Progress(
        grader=told.grader,
        others=tuple(name for name in told.by_grader if name != told.grader),
        answers=len(practices),
        today=told.today,
        sections=sections,
        topics=tuple(topic for topic in topics if topic.skills),
        dimensions=_dimensions(practices, told),
        trends=tuple(_trend(name, found, told) for name, found in told.by_grader.items() if found),
        confidence=_grouped(practices, lambda name, found: _calibrated(name, found, told.threshold)),
        time=_grouped(practices, _timed),
        missed=_missed(practices, told),
        mastered=sum(memory.is_mastered for memory in told.memories.values()),
        leeches=tuple(sorted(memory.skill for memory in told.memories.values() if memory.is_leech)),
        days=Counter(min(told.day_of(practice.at), told.today) for practice in told.everything),
    )


def _dimensions(practices: Iterable[Practice], told: Told) -> tuple[Part, ...]:
    """The level of each dimension's share of the points."""
    answers: dict[str, list[Answer]] = {}
    seen: set[str] = set()
    for practice in practices:
        rubric = told.rubrics.get((practice.question, practice.revision))
        if rubric is None:
            continue
        later = {entry.id for entry in rubric.twist}
        if any(criterion in later for criterion, _, _ in practice.outcomes):
            rubric = rubric.with_twist
        verdicts = [
            Verdict(criterion, Outcome(outcome), None, "", 0.0, prompted=prompted == "1")
            for criterion, outcome, prompted in practice.outcomes
        ]
        for dimension, (low, high) in by_dimension(rubric, verdicts).items():
            answer = Answer(told.day_of(practice.at), low, high, practice.question in seen)
            answers.setdefault(dimension, []).append(answer)
        seen.add(practice.question)
    return tuple(
        Part(slug, told.titles.get(slug, slug), level(found, told.today))
        for slug, found in sorted(answers.items(), key=lambda entry: list(told.titles).index(entry[0]))
        if slug in told.titles
    )


def _trend(grader: str, practices: Sequence[Practice], told: Told) -> Trend:
    seen: set[str] = set()
    answers = []
    for practice in practices:
        day = min(told.day_of(practice.at), told.today)
        answers.append(Answer(day, practice.low, practice.high, practice.question in seen))
        seen.add(practice.question)
    after = levels(answers, told.today)
    by_day = {answer.day: found for answer, found in zip(answers, after, strict=False)}
    return Trend(grader, tuple(sorted(by_day.items())))


def _grouped(
    practices: Sequence[Practice], figure: Callable[[str, Sequence[Practice]], FigureT | None]
) -> tuple[FigureT, ...]:
    """A figure of all practices, then of each section's, where there is one."""
    parts: dict[str, list[Practice]] = {}
    for practice in practices:
        parts.setdefault(practice.question.split("/", 1)[0], []).append(practice)
    named = [("all", practices), *sorted(parts.items())]
    return tuple(found for name, part in named if (found := figure(name, part)) is not None)


def _calibrated(name: str, practices: Sequence[Practice], threshold: float) -> Calibrated | None:
    said = [
        (chance, float((practice.low + practice.high) / 2 >= threshold))
        for practice in practices
        if (chance := SURE.get(practice.confidence or 0)) is not None
    ]
    if not said:
        return None
    brier = sum((chance - good) ** 2 for chance, good in said) / len(said)
    over = sum(chance - good for chance, good in said) / len(said)
    return Calibrated(name, len(said), brier, over)


def _timed(name: str, practices: Sequence[Practice]) -> Timed | None:
    typed = (practice for practice in practices if practice.budget and practice.seconds >= TYPED)
    shares = sorted(practice.seconds / (practice.budget or 1) for practice in typed)
    if not shares:
        return None
    middle = len(shares) // 2
    median = shares[middle] if len(shares) % 2 else (shares[middle - 1] + shares[middle]) / 2
    return Timed(name, len(shares), median, sum(share > 1 for share in shares))


def _missed(practices: Iterable[Practice], told: Told) -> tuple[Missed, ...]:
    """The criteria missed most often, at least twice, in the words of the rubric graded by last."""
    counts: Counter[tuple[str, str]] = Counter()
    asked: Counter[str] = Counter()
    newest: dict[str, str] = {}
    for practice in practices:
        asked[practice.question] += 1
        newest[practice.question] = practice.revision
        counts.update((practice.question, criterion) for criterion in practice.missed)
    found = []
    for (question, id), count in counts.items():
        rubric = told.rubrics.get((question, newest[question]))
        entry = next((c for c in rubric.with_twist.everything if c.id == id), None) if rubric is not None else None
        if entry is not None and count > 1:
            found.append(Missed(question, id, entry.asks, entry.essential, count, asked[question]))
    found.sort(key=lambda entry: (-entry.missed, not entry.essential, entry.question, entry.criterion))
    of_question: Counter[str] = Counter()
    kept = []
    for missed in found:
        of_question[missed.question] += 1
        if of_question[missed.question] <= MOST_OF_ONE:
            kept.append(missed)
    return tuple(kept[:MOST_MISSED])
