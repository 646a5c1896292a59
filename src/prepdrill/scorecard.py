"""What the rounds of a mock interview come to.

Pure: what the history holds arrives as values. Points are added up in `scoring`; what is added here is only how the
rounds of one interview go together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from prepdrill import scoring
from prepdrill.model import (
    Criterion,
    Grade,
    Item,
    Outcome,
    Scale,
    Transcript,
    Verdict,
)

CAP_SHARE: Final = 0.5
"""Share of the rounds that miss an essential criterion from which the rating is capped."""
MOST_COSTLY: Final = 2
MOST_ADVICE: Final = 3

State: TypeAlias = Literal["answered", "skipped", "cut off"]


@dataclass(frozen=True, slots=True)
class Performance:
    """A round as it was sat."""

    role: str
    item: Item
    """The question as it was asked; with what its twist asks for only where the twist was brought up."""
    state: State
    """`cut off` is a round that was begun and not handed in: it does not count."""
    grade: Grade | None
    """The newest one."""
    transcript: Transcript
    seconds: float
    """Spent on the first answer."""
    budget: float | None
    prompted: float = 0.0
    """Seconds spent on what was asked after the first answer."""
    confidence: int | None = None
    """1 (a guess) to 4 (certain), None if it was not said."""
    asked: tuple[str, ...] = ()
    """Requests for evidence, in order, as they were typed."""
    attempt: int | None = None
    """Its number in the history."""

    @property
    def overtime(self) -> float:
        """Seconds over the budget, 0 within it."""
        return max(0.0, self.seconds - self.budget) if self.budget is not None else 0.0

    @property
    def silent(self) -> bool:
        """Whether nothing was said: the round was skipped, or an empty answer handed in."""
        return self.state == "skipped" or (self.state == "answered" and not self.transcript.text.strip())


@dataclass(frozen=True, slots=True)
class RoundScore:
    """One round of the interview and what it came to."""

    number: int
    """Counted from 1."""
    performance: Performance
    verdicts: tuple[Verdict, ...]
    """One for every criterion and red flag; none for a round that was cut off."""
    points: float
    """What there was to reach; 0 for a round that was cut off."""
    low: float
    high: float
    """Bounds of the share that was reached."""

    @property
    def name(self) -> str:
        """`round 2 (A log to diagnose)`."""
        role = self.performance.role
        return f"round {self.number} ({role})" if role else f"round {self.number}"

    @property
    def counted(self) -> bool:
        return self.performance.state != "cut off"

    @property
    def open(self) -> int:
        """How many verdicts are not settled."""
        return sum(verdict.outcome in scoring.UNSETTLED for verdict in self.verdicts)

    @property
    def missed_essentials(self) -> tuple[Criterion, ...]:
        return tuple(entry for entry in self._with(Outcome.UNMET) if entry.essential)

    @property
    def doubtful_essentials(self) -> tuple[Criterion, ...]:
        return tuple(entry for entry in self._with(*scoring.UNSETTLED) if entry.essential)

    @property
    def red_flags(self) -> tuple[Criterion, ...]:
        """Red flags that were committed."""
        return tuple(entry for entry in self._with(Outcome.MET) if entry.red_flag)

    def _with(self, *outcomes: Outcome) -> Iterator[Criterion]:
        rubric = self.performance.item.rubric
        return (rubric.criterion(entry.criterion) for entry in self.verdicts if entry.outcome in outcomes)


@dataclass(frozen=True, slots=True)
class DimensionScore:
    """Share of one dimension's points over all rounds, red flags left out."""

    slug: str
    title: str
    points: float
    low: float
    high: float
    anchor: str | None
    """What the nearest level of the dimension says, None while the bounds are nearest to two."""


@dataclass(frozen=True, slots=True)
class CostlyMoment:
    """Something that was not said, said only when prompted, or wrongly said, and the points that it cost."""

    number: int
    """Of the round, counted from 1."""
    name: str
    """`round 2 (A log to diagnose)`."""
    kind: Literal["missed", "prompted", "red flag", "skipped"]
    asks: str
    """What a strong answer does, or which error was made; empty of a round that was skipped."""
    points: float
    """Lost, above 0."""
    essential: bool = False
    verdict: Verdict | None = None
    """What was decided, with the candidate's nearest words where there are any; None of a round that was skipped."""


@dataclass(frozen=True, slots=True)
class Advice:
    """A command to type next, and why."""

    command: str
    reason: str


@dataclass(frozen=True, slots=True)
class Scorecard:
    """What a whole interview came to. What is unsure or not graded stays between bounds."""

    rounds: tuple[RoundScore, ...]
    """Those that were begun."""
    planned: int
    """How many rounds the interview has."""
    minutes: float | None
    """How long the interview was meant to take."""
    low: float
    high: float
    """Bounds of the share of all points."""
    rating: str | None
    """None while open verdicts leave more than one possible, and while no round was handed in."""
    open: int
    """How many verdicts are not settled."""
    reasons: tuple[str, ...]
    """Sentences: what the rating rests on, the weightiest first."""
    dimensions: tuple[DimensionScore, ...]
    costly: tuple[CostlyMoment, ...]
    """The moments that cost most, the costliest first."""
    next: tuple[Advice, ...]
    """What to drill next, the weakest first."""

    @property
    def counted(self) -> tuple[RoundScore, ...]:
        """The rounds that were handed in or skipped: the score is over them."""
        return tuple(entry for entry in self.rounds if entry.counted)

    @property
    def judged(self) -> bool:
        """Whether its grades are a judge's."""
        return any(verdict.by == "judge" for entry in self.rounds for verdict in entry.verdicts)

    @property
    def unfinished(self) -> bool:
        """Whether rounds are left: the scorecard is then of what was said so far."""
        return len(self.counted) < self.planned

    @property
    def seconds(self) -> float:
        """Spent on answers and on what was asked after them."""
        return sum(entry.performance.seconds + entry.performance.prompted for entry in self.rounds)

    @property
    def unsettled(self) -> tuple[int, ...]:
        """Numbers of the attempts with open verdicts."""
        return tuple(
            entry.performance.attempt for entry in self.rounds if entry.open and entry.performance.attempt is not None
        )


def scorecard(
    performances: Sequence[Performance], scale: Scale, *, planned: int | None = None, minutes: float | None = None
) -> Scorecard:
    """What the rounds of one interview come to; `planned` is how many there were to be, all that were begun by default.

    Score: points reached in all rounds / points of all rounds, so a round weighs what its criteria weigh. Red flags
    subtract within their round, which never counts below 0. A round that was skipped, or handed in empty, counts as
    nothing said; one that was not reached or not handed in does not count. What a twist asks for counts only where the
    twist was brought up. Unsettled verdicts give bounds.

    Rating: by the thresholds of the scale. It is capped at `scale.essential_cap` if half of the rounds or more miss an
    essential criterion (one bad round in four does not decide an interview, two do). A red flag does not cap, but is
    always named among the reasons. While the bounds allow two ratings there is none.
    """
    rounds = tuple(_scored(number, entry) for number, entry in enumerate(performances, start=1))
    counted = [entry for entry in rounds if entry.counted]
    total = sum(entry.points for entry in counted)
    low = sum(entry.low * entry.points for entry in counted) / total if counted else 0.0
    high = sum(entry.high * entry.points for entry in counted) / total if counted else 1.0
    worst, best = _ratings(counted, scale, low, high)
    dimensions = tuple(_dimensions(counted, scale))
    left = max(planned or 0, len(rounds)) - len(counted)
    return Scorecard(
        rounds=rounds,
        planned=len(counted) + left,
        minutes=minutes,
        low=low,
        high=high,
        rating=worst if worst == best and counted else None,
        open=sum(entry.open for entry in counted),
        reasons=tuple(_reasons(counted, scale, low, high, left)),
        dimensions=dimensions,
        costly=_costly(counted),
        next=_advice(counted, dimensions, enough=scale.ratings[0][1]),
    )


def _scored(number: int, performance: Performance) -> RoundScore:
    rubric = performance.item.rubric
    if performance.state == "cut off":
        return RoundScore(number, performance, (), 0.0, 0.0, 1.0)
    given = {verdict.criterion: verdict for verdict in performance.grade.verdicts} if performance.grade else {}
    verdicts = tuple(
        _nothing_said(criterion) if performance.silent else given.get(criterion.id) or _not_graded(criterion)
        for criterion in rubric.everything
    )
    low, high = scoring.bounds(rubric, {verdict.criterion: verdict for verdict in verdicts})
    return RoundScore(number, performance, verdicts, sum(entry.points for entry in rubric.criteria), low, high)


def _nothing_said(criterion: Criterion) -> Verdict:
    return Verdict(criterion.id, Outcome.UNMET, None, "nothing was said", 1.0)


def _not_graded(criterion: Criterion) -> Verdict:
    return Verdict(criterion.id, Outcome.UNGRADED, None, "not graded yet", 0.0)


def _ratings(rounds: Sequence[RoundScore], scale: Scale, low: float, high: float) -> tuple[str, str]:
    """(worst, best) rating that the open verdicts leave possible."""
    fewest, most = _essentials_missed(rounds)
    return (
        scoring.rating(scale, low, essential_missed=_caps(most, rounds)),
        scoring.rating(scale, high, essential_missed=_caps(fewest, rounds)),
    )


def _essentials_missed(rounds: Sequence[RoundScore]) -> tuple[int, int]:
    """(fewest, most) rounds that miss an essential criterion, as the open verdicts may fall."""
    fewest = sum(bool(entry.missed_essentials) for entry in rounds)
    return fewest, sum(bool(entry.missed_essentials or entry.doubtful_essentials) for entry in rounds)


def _caps(missing: int, rounds: Sequence[RoundScore]) -> bool:
    return missing > 0 and missing >= CAP_SHARE * len(rounds)


def _dimensions(rounds: Sequence[RoundScore], scale: Scale) -> Iterator[DimensionScore]:
    sums: dict[str, tuple[float, float, float]] = {}
    for entry in rounds:
        rubric = entry.performance.item.rubric
        for slug, (low, high) in scoring.by_dimension(rubric, entry.verdicts).items():
            points = sum(criterion.points for criterion in rubric.criteria if criterion.dimension == slug)
            before = sums.get(slug, (0.0, 0.0, 0.0))
            sums[slug] = (before[0] + points, before[1] + low * points, before[2] + high * points)
    known = [dimension.slug for dimension in scale.dimensions]
    for slug in sorted(sums, key=lambda slug: (known.index(slug) if slug in known else len(known), slug)):
        points, low, high = sums[slug]
        low, high = low / points, high / points
        yield DimensionScore(slug, scale.title(slug), points, low, high, _anchor(scale, slug, low, high))


def _anchor(scale: Scale, slug: str, low: float, high: float) -> str | None:
    anchors = next((dimension.anchors for dimension in scale.dimensions if dimension.slug == slug), ())
    nearest = {round(share * (len(anchors) - 1)) for share in (low, high)}
    return anchors[nearest.pop()] if anchors and len(nearest) == 1 else None


def _reasons(rounds: Sequence[RoundScore], scale: Scale, low: float, high: float, left: int) -> Iterator[str]:
    if rounds:
        yield from _why(rounds, scale, low, high)
    for entry in rounds:
        if entry.performance.silent:
            how = "skipped" if entry.performance.state == "skipped" else "handed in empty"
            yield f"{_capital(entry.name)} was {how}: it counts as nothing said."
            continue
        for criterion in entry.missed_essentials:
            yield f"Essential, missed in {entry.name}: {criterion.asks}"
    for entry in rounds:
        for criterion in entry.red_flags:
            yield f"Red flag in {entry.name}, minus {_counted(-criterion.points, 'point')}: {criterion.asks}"
    over = [
        f"{entry.name} by {_minutes(entry.performance.overtime)}" for entry in rounds if entry.performance.overtime >= 1
    ]
    if over:
        yield f"Over its time: {', '.join(over)}. That costs no points; it is on the record."
    if left:
        yield f"Not handed in and not counted: {_counted(left, 'round')}. This is what was said so far."


def _why(rounds: Sequence[RoundScore], scale: Scale, low: float, high: float) -> Iterator[str]:
    """Which thresholds the score reaches, and whether the essentials cap the rating."""
    worst, best = _ratings(rounds, scale, low, high)
    starts = dict(scale.ratings)
    if worst == best:
        uncapped = scoring.rating(scale, high, essential_missed=False)
        yield f"{percent(low, high)} of the points; “{uncapped}” begins at {100 * starts[uncapped]:.0f} %."
    else:
        fall = _counted(sum(entry.open for entry in rounds), "open verdict")
        yield f"{percent(low, high)} of the points, depending on {fall}: that allows “{worst}” to “{best}”."
    fewest, most = _essentials_missed(rounds)
    if _caps(most, rounds):
        misses = f"{fewest}" if fewest == most else f"{fewest} to {most}"
        yield (
            f"Rounds that miss something essential: {misses} of {len(rounds)}. From half of them on, the rating is"
            f" “{scale.essential_cap}” at best."
        )


def _costly(rounds: Sequence[RoundScore]) -> tuple[CostlyMoment, ...]:
    losses = [loss for entry in rounds for loss in _losses(entry)]
    losses.sort(key=lambda loss: (-loss.points, not loss.essential, loss.kind != "red flag", loss.number))
    return tuple(losses[:MOST_COSTLY])


def _losses(entry: RoundScore) -> Iterator[CostlyMoment]:
    """Every settled verdict that cost points; a round without a word is one moment."""
    if entry.performance.silent:
        yield CostlyMoment(entry.number, entry.name, "skipped", "", entry.points, essential=True)
        return
    rubric = entry.performance.item.rubric
    twist = {criterion.id for criterion in rubric.twist}
    for verdict in entry.verdicts:
        criterion = rubric.criterion(verdict.criterion)
        kind: Literal["missed", "prompted", "red flag"]
        if criterion.red_flag and verdict.outcome is Outcome.MET:
            kind, points = "red flag", -criterion.points
        elif not criterion.red_flag and verdict.outcome is Outcome.UNMET:
            kind, points = "missed", criterion.points
        elif (
            not criterion.red_flag and verdict.outcome is Outcome.MET and verdict.prompted and criterion.id not in twist
        ):
            kind, points = "prompted", criterion.points * (1 - scoring.PROMPTED_SHARE)
        else:
            continue
        yield CostlyMoment(entry.number, entry.name, kind, criterion.asks, points, criterion.essential, verdict)


def _advice(rounds: Sequence[RoundScore], dimensions: Sequence[DimensionScore], *, enough: float) -> tuple[Advice, ...]:
    """Commands for what was weakest: two rounds, then a dimension that is surely weak, where it lost most."""
    weak = sorted(
        (entry for entry in rounds if _middle(entry) < enough), key=lambda entry: (_middle(entry), entry.number)
    )
    advice = [
        Advice(_drill(entry), f"{percent(entry.low, entry.high)} of the points in {entry.name}.") for entry in weak
    ]
    weakest = min((entry for entry in dimensions if entry.high < enough), key=_middle, default=None)
    if weakest is not None:
        where = max(rounds, key=lambda entry: (_lost_on(entry, weakest.slug), -entry.number))
        reason = f"{weakest.title}: {percent(weakest.low, weakest.high)}, most of it lost in {where.name}."
        advice.insert(MOST_ADVICE - 1, Advice(_drill(where), reason))
    unlike: dict[str, Advice] = {}
    for entry in advice:
        unlike.setdefault(entry.command, entry)
    return tuple(unlike.values())[:MOST_ADVICE]


def _drill(entry: RoundScore) -> str:
    question = entry.performance.item.question
    return f"prepdrill drill --section {question.section} --kind {question.kind}"


def _lost_on(entry: RoundScore, slug: str) -> float:
    rubric = entry.performance.item.rubric
    points = sum(criterion.points for criterion in rubric.criteria if criterion.dimension == slug)
    low, high = scoring.by_dimension(rubric, entry.verdicts).get(slug, (1.0, 1.0))
    return points * (1 - (low + high) / 2)


def _middle(entry: RoundScore | DimensionScore) -> float:
    return (entry.low + entry.high) / 2


def percent(low: float, high: float) -> str:
    """`64 %`, or `55 to 73 %` where verdicts are open."""
    return f"{100 * low:.0f} %" if high - low < 0.005 else f"{100 * low:.0f} to {100 * high:.0f} %"


def _minutes(seconds: float) -> str:
    number = f"{seconds / 60:.1f}".removesuffix(".0")
    return f"{number} minute" if number == "1" else f"{number} minutes"


def _counted(number: float, noun: str) -> str:
    return f"{number:g} {noun}{'' if number == 1 else 's'}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
