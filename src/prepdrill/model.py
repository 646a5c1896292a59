"""The nouns of an interview, as plain immutable values.

Nothing here does I/O. `to_dict`-style conversion lives with whoever stores or prints a value; the one exception is
`Question` and `Rubric`, whose JSON form (`encode` / `decode_*`) is what every attempt keeps for ever.
"""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

PromptKind: TypeAlias = Literal["headline", "twist", "follow-up", "probe"]
QuestionKind: TypeAlias = Literal["diagnose", "decide", "design", "explain", "critique", "estimate"]
Level: TypeAlias = Literal["warm-up", "core", "stretch"]
TopicKind: TypeAlias = Literal["must-know", "expectation", "able-to", "nice-to-have"]

QUESTION_KINDS: tuple[QuestionKind, ...] = ("diagnose", "decide", "design", "explain", "critique", "estimate")
LEVELS: tuple[Level, ...] = ("warm-up", "core", "stretch")


# --- the syllabus


@dataclass(frozen=True, slots=True)
class Tier:
    number: int
    title: str
    weight: float
    """Share of a mixed drill that is drawn from this tier, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One bullet of the syllabus; `id` is `<section slug>/<topic slug>`."""

    id: str
    text: str
    kind: TopicKind


@dataclass(frozen=True, slots=True)
class Section:
    number: int
    slug: str
    title: str
    tier: int
    focus: str
    topics: tuple[Topic, ...]


@dataclass(frozen=True, slots=True)
class Syllabus:
    yardstick: str
    tiers: tuple[Tier, ...]
    sections: tuple[Section, ...]
    excluded: tuple[str, ...]

    def section(self, slug: str) -> Section:
        """The section with this slug; KeyError if there is none."""
        for section in self.sections:
            if section.slug == slug:
                return section
        raise KeyError(slug)

    def weight(self, section: Section) -> float:
        """Weight of one section in a mixed drill: its tier's weight shared evenly among the tier's sections."""
        tier = next(tier for tier in self.tiers if tier.number == section.tier)
        return tier.weight / sum(1 for other in self.sections if other.tier == section.tier)


# --- a question


@dataclass(frozen=True, slots=True)
class Log:
    """Monospaced text: columns of a training log, a console excerpt."""

    text: str


Cell: TypeAlias = str
"""A table cell as its author wrote it, so that 0.610 stays 0.610."""


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Curves over a common x axis; each series is a sequence of finite (x, y) points."""

    x: str
    y: str
    series: tuple[tuple[str, tuple[tuple[float, float], ...]], ...]


@dataclass(frozen=True, slots=True)
class Diff:
    """A unified diff; lines begin with `-`, `+`, `@` or a blank."""

    text: str


@dataclass(frozen=True, slots=True)
class Sample:
    prompt: str
    a: str
    b: str


@dataclass(frozen=True, slots=True)
class Samples:
    """Pairs of completions, side by side."""

    pairs: tuple[Sample, ...]


Content: TypeAlias = Log | Table | Chart | Diff | Samples


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A piece of evidence; a staged one (`on_request` not empty) stays hidden until the candidate asks for it."""

    title: str
    content: Content
    on_request: tuple[str, ...] = ()

    @property
    def staged(self) -> bool:
        return bool(self.on_request)


@dataclass(frozen=True, slots=True)
class FollowUp:
    ask: str
    when_missed: str | None = None
    """Id of a criterion: asked only if the first answer does not meet it."""


@dataclass(frozen=True, slots=True)
class Twist:
    """A new fact that the interviewer brings up after the first answer, in a mock interview."""

    fact: str
    ask: str
    model_answer: str


@dataclass(frozen=True, slots=True)
class Source:
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Question:
    """A scenario with its exhibits; `id` is `<section slug>/<file stem>` and never changes."""

    id: str
    title: str
    topics: tuple[str, ...]
    kind: QuestionKind
    level: Level
    minutes: float
    family: str | None
    scenario: str
    exhibits: tuple[Exhibit, ...]
    ask: str
    follow_ups: tuple[FollowUp, ...]
    hints: tuple[str, ...]
    model_answer: str
    debrief: str
    sources: tuple[Source, ...]
    headline: bool = False
    """After the answer, ask for its conclusion in one minute."""
    twist: Twist | None = None

    @property
    def section(self) -> str:
        return self.id.split("/", 1)[0]

    @property
    def shown_exhibits(self) -> tuple[Exhibit, ...]:
        return tuple(exhibit for exhibit in self.exhibits if not exhibit.staged)

    @property
    def staged_exhibits(self) -> tuple[Exhibit, ...]:
        return tuple(exhibit for exhibit in self.exhibits if exhibit.staged)


# --- a rubric


@dataclass(frozen=True, slots=True)
class NumberTarget:
    """A number that an answer must give: `value` within `tolerance` (absolute), in `unit`."""

    value: float
    tolerance: float
    unit: str

    def holds(self, number: float) -> bool:
        return abs(number - self.value) <= self.tolerance + 1e-12 * abs(self.value)


@dataclass(frozen=True, slots=True)
class Criterion:
    """One atomic thing that an answer does or does not do; a red flag has points below zero."""

    id: str
    dimension: str
    points: float
    essential: bool
    asks: str
    accept: tuple[str, ...]
    reject: tuple[str, ...]
    look_for: tuple[tuple[str, ...], ...] = ()
    """Any one of these lists suffices; all lines of a list must occur close together."""
    number: NumberTarget | None = None

    @property
    def red_flag(self) -> bool:
        return self.points < 0


Families: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""(family name, its alternatives) for each; a `Lexicon` that can be kept with a rubric and compared."""


@dataclass(frozen=True, slots=True)
class Rubric:
    question: str
    criteria: tuple[Criterion, ...]
    red_flags: tuple[Criterion, ...]
    twist: tuple[Criterion, ...] = ()
    """What a reaction to the question's twist is graded by; it counts only where the twist was brought up."""
    families: Families = ()
    """Families of wording that only this rubric's patterns use."""

    @property
    def everything(self) -> tuple[Criterion, ...]:
        return self.criteria + self.red_flags

    @property
    def twisted(self) -> bool:
        """Whether what the twist asks for counts."""
        return bool(self.twist) and self.twist[0] in self.criteria

    @property
    def with_twist(self) -> Rubric:
        """The rubric of an interview in which the twist is brought up."""
        return dataclasses.replace(self, criteria=self.criteria + self.twist)

    def criterion(self, id: str) -> Criterion:
        """The criterion or red flag with this id; KeyError if there is none."""
        for criterion in self.everything:
            if criterion.id == id:
                return criterion
        raise KeyError(id)


@dataclass(frozen=True, slots=True)
class Dimension:
    slug: str
    title: str
    anchors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """Dimensions and the thresholds that turn a score into a rating."""

    dimensions: tuple[Dimension, ...]
    ratings: tuple[tuple[str, float], ...]
    """(rating, lowest score), from the best rating down; the last one starts at 0."""
    essential_cap: str
    """The best rating that an answer can have which misses an essential criterion."""

    def title(self, dimension: str) -> str:
        return next((entry.title for entry in self.dimensions if entry.slug == dimension), dimension)


Lexicon: TypeAlias = Mapping[str, tuple[str, ...]]
"""Family name -> alternatives, each a phrase of the pattern language of `look_for`."""


@dataclass(frozen=True, slots=True)
class CalibrationAnswer:
    """An answer with known verdicts: what two readers, apart, hold that it meets."""

    id: str
    kind: str
    text: str
    met: frozenset[str]
    second_reader: frozenset[str]


@dataclass(frozen=True, slots=True)
class Item:
    """A question with everything that grading it takes, and the digest of both."""

    question: Question
    rubric: Rubric
    revision: str

    @property
    def with_twist(self) -> Item:
        """The same item, graded with what its twist asks for."""
        return dataclasses.replace(self, rubric=self.rubric.with_twist)


@dataclass(frozen=True, slots=True)
class Round:
    """One question of a session, with the seconds that its answer may take; None without a clock."""

    question: str
    budget: float | None
    role: str = ""
    """What it is in a mock interview, for example `A log to diagnose`."""
    twist: bool = False
    why: str = ""
    """In a drill: why it was chosen, in one line."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a session will ask; `minutes` is the length of a mock interview, None for a drill."""

    rounds: tuple[Round, ...]
    minutes: float | None = None
    probe: bool = False
    """Whether the judge asks follow-ups of its own."""


# --- an attempt


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant on both clocks: seconds of a monotonic clock, and seconds since the epoch."""

    monotonic: float
    wall: float


class EventKind(enum.StrEnum):
    """What can happen in an interview."""

    STARTED = "started"
    SHOWN = "shown"
    DRAFT_CHANGED = "draft changed"
    EVIDENCE_ASKED = "evidence asked"
    HINT_TAKEN = "hint taken"
    PAUSED = "paused"
    RESUMED = "resumed"
    SUBMITTED = "submitted"
    SKIPPED = "skipped"
    FOLLOW_UP_ASKED = "follow-up asked"
    FOLLOW_UP_ANSWERED = "follow-up answered"
    CONFIDENCE_GIVEN = "confidence given"
    GRADED = "graded"
    PROBED = "probed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened; `text` is what was typed, asked or answered, as the kind has it."""

    kind: EventKind
    at: Moment
    text: str = ""
    missed: frozenset[str] = frozenset()
    """Of GRADED: criteria that the first answer did not meet. Of PROBED: the one that is aimed at."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the interviewer says after the first answer: the request for a headline, the twist, or a follow-up."""

    ask: str
    when_missed: str | None = None
    kind: PromptKind = "follow-up"
    fact: str = ""
    """Of a twist: what is new."""
    seconds: float | None = None
    """Time for the answer, None without a clock."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A prompt after the first answer, and what the candidate answered to it."""

    ask: str
    answer: str
    when_missed: str | None = None
    kind: PromptKind = "follow-up"


@dataclass(frozen=True, slots=True)
class Transcript:
    """All that the candidate said, in the order in which it was said."""

    answer: str
    exchanges: tuple[Exchange, ...] = ()

    @property
    def text(self) -> str:
        """The whole transcript: evidence offsets count characters of this string."""
        return "\n\n".join((self.answer, *(exchange.answer for exchange in self.exchanges)))

    @property
    def starts(self) -> tuple[int, ...]:
        """Offset in `text` at which the answer and each follow-up answer begin."""
        starts = [0]
        for part in (self.answer, *(exchange.answer for exchange in self.exchanges[:-1])):
            starts.append(starts[-1] + len(part) + 2)
        return tuple(starts[: 1 + len(self.exchanges)])


class Outcome(enum.StrEnum):
    MET = "met"
    UNMET = "unmet"
    UNSURE = "unsure"
    UNGRADED = "ungraded"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span of the candidate's own words: `quote == transcript.text[start:end]`."""

    quote: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Verdict:
    criterion: str
    outcome: Outcome
    evidence: Evidence | None
    reason: str
    confidence: float
    """How sure the grader is of the outcome, 0 to 1."""
    prompted: bool = False
    """Met only after a follow-up."""
    by: str = ""
    """Who said so: a grader's name, or `user`."""


@dataclass(frozen=True, slots=True)
class Score:
    """Share of the points reached, 0 to 1; `low` and `high` bound what is unsettled."""

    value: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class GraderId:
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Grade:
    question: str
    revision: str
    grader: GraderId
    fingerprint: str
    score: Score
    rating: str | None
    verdicts: tuple[Verdict, ...] = field(default=())

    def verdict(self, criterion: str) -> Verdict:
        """The verdict on this criterion; KeyError if there is none."""
        for verdict in self.verdicts:
            if verdict.criterion == criterion:
                return verdict
        raise KeyError(criterion)


@dataclass(frozen=True, slots=True)
class Practice:
    """One graded attempt in figures, with one of its grades; times are seconds since the epoch, durations seconds."""

    attempt: int
    question: str
    revision: str
    at: float
    seconds: float
    budget: float | None
    confidence: int | None
    """How sure the candidate was, 1 to 4."""
    hints: int
    grader: GraderId
    """Who graded it; what the candidate settled in a grade belongs to its grader."""
    settled: bool
    """Whether the candidate settled verdicts of it."""
    low: float
    high: float
    essentials: int
    """How many essential criteria the question has."""
    essentials_missed: int
    essentials_prompted: int
    missed: tuple[str, ...] = ()
    """Ids of the criteria that were not met, and of the red flags that were."""
    outcomes: tuple[tuple[str, str, str], ...] = ()
    """(criterion, outcome, `1` if it was prompted) of every verdict."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a question is about: all that the schedule needs to know of it."""

    question: str
    family: str | None
    topics: tuple[str, ...]

    @property
    def section(self) -> str:
        return self.question.split("/", 1)[0]

    @property
    def skill(self) -> str:
        """What is remembered of it: its family, or the question itself where it has none."""
        return self.question if self.family is None else self.family


class MarkKind(enum.StrEnum):
    """What the user can order about a question."""

    SUSPEND = "suspend"
    """Never ask it until it is restored."""
    RESTORE = "restore"
    BURY = "bury"
    """Do not ask it again today."""
    RESET = "reset"
    """Forget what was reviewed of its family before; the attempts stay."""


@dataclass(frozen=True, slots=True)
class Mark:
    """An order of the user's about a question; `at` is in seconds since the epoch."""

    question: str
    kind: MarkKind
    at: float


# --- JSON form of what an attempt keeps


def revision_of(question: Question, rubric: Rubric) -> str:
    """Digest of question and rubric together: 16 hexadecimal digits of the SHA-256 of their JSON form."""
    encoded = json.dumps([encode(question), encode(rubric)], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(encoded.encode()).hexdigest()[:16]


def encode(value: Question | Rubric | Syllabus) -> dict[str, Any]:
    """JSON-ready form of a question, rubric or syllabus; `decode_question` and its like turn it back.

    What came to the format later is left out where it is not used, so that older revisions keep their digest.
    """
    encoded = dataclasses.asdict(value)
    for name in ("headline", "twist", "families"):
        if name in encoded and not encoded[name]:
            del encoded[name]
    if isinstance(value, Question):
        for exhibit, original in zip(encoded["exhibits"], value.exhibits, strict=True):
            exhibit["content"]["type"] = _CONTENT_NAMES[type(original.content)]
    return encoded


def decode_question(encoded: Mapping[str, Any]) -> Question:
    fields = dict(encoded)
    fields["topics"] = tuple(fields["topics"])
    fields["hints"] = tuple(fields["hints"])
    fields["exhibits"] = tuple(
        Exhibit(entry["title"], _decode_content(entry["content"]), tuple(entry["on_request"]))
        for entry in fields["exhibits"]
    )
    fields["follow_ups"] = tuple(FollowUp(**entry) for entry in fields["follow_ups"])
    fields["sources"] = tuple(Source(**entry) for entry in fields["sources"])
    if "twist" in fields:
        fields["twist"] = Twist(**fields["twist"])
    return Question(**fields)


def decode_syllabus(encoded: Mapping[str, Any]) -> Syllabus:
    sections = [
        Section(**{**entry, "topics": tuple(Topic(**topic) for topic in entry["topics"])})
        for entry in encoded["sections"]
    ]
    tiers = tuple(Tier(**tier) for tier in encoded["tiers"])
    return Syllabus(encoded["yardstick"], tiers, tuple(sections), tuple(encoded["excluded"]))


def decode_rubric(encoded: Mapping[str, Any]) -> Rubric:
    return Rubric(
        encoded["question"],
        tuple(_decode_criterion(entry) for entry in encoded["criteria"]),
        tuple(_decode_criterion(entry) for entry in encoded["red_flags"]),
        tuple(_decode_criterion(entry) for entry in encoded.get("twist", ())),
        tuple((name, tuple(phrases)) for name, phrases in encoded.get("families", ())),
    )


_CONTENT_NAMES: Mapping[type, str] = {Log: "log", Table: "table", Chart: "chart", Diff: "diff", Samples: "samples"}


def _decode_content(encoded: Mapping[str, Any]) -> Content:
    match encoded["type"]:
        case "log":
            return Log(encoded["text"])
        case "diff":
            return Diff(encoded["text"])
        case "table":
            return Table(tuple(encoded["columns"]), _tuples(encoded["rows"]))
        case "chart":
            return Chart(
                encoded["x"], encoded["y"], tuple((name, _tuples(points)) for name, points in encoded["series"])
            )
        case _:
            return Samples(tuple(Sample(**pair) for pair in encoded["pairs"]))


def _decode_criterion(encoded: Mapping[str, Any]) -> Criterion:
    fields = dict(encoded)
    for name in ("accept", "reject"):
        fields[name] = tuple(fields[name])
    fields["look_for"] = _tuples(fields["look_for"])
    fields["number"] = NumberTarget(**fields["number"]) if fields["number"] else None
    return Criterion(**fields)


def _tuples(rows: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
    return tuple(tuple(row) for row in rows)
