"""How good a grader is, measured against labels: agreement, scores, intervals, and what they are held against.

A figure that has nothing to stand on is None, never 0. The headline is measured on honest answers; what was written to
trick a grader is counted apart. An undecided verdict is never taken for a wrong one where only decided ones count, and
never for a right one where all count.
"""

from __future__ import annotations

import itertools
import random
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from prepdrill import scoring
from prepdrill.agreement import Confusion, always_met, coin, confusion, mean, quantile, repeated, share, spearman
from prepdrill.graders.orders import speaks_to_grader
from prepdrill.model import Criterion, GraderId, Item, Outcome, Scale, Transcript, Verdict

HONEST: Final = ("strong", "partial", "wrong", "rambling", "paraphrase")
TRICKS: Final = ("stuffed", "copied", "injected")
"""Kinds of answer that are to earn something without knowing anything."""
APART: Final = ("negated", *TRICKS)
"""Kinds that the headline leaves out; answers of any other kind are the candidate's honest ones."""
RESAMPLES: Final = 2000
COVERED: Final = 0.95
"""Of the resamples, those that an interval holds; and the share that must define a figure for it to have one."""

Interval: TypeAlias = tuple[float, float]
"""(low, high)."""


# --- what is measured


@dataclass(frozen=True, slots=True)
class Labelled:
    """An answer with labels: criterion or red flag -> whether it is met. What has no label does not count."""

    id: str
    kind: str
    item: Item
    transcript: Transcript
    labels: Mapping[str, bool]
    second: Mapping[str, bool] | None = None
    """The labels of a second reader, who did not see the first one's."""
    prompted: frozenset[str] = frozenset()
    """What is labelled met and was said only when prompted."""

    @property
    def identity(self) -> tuple[str, str, str]:
        """(question, kind, id): no two answers of one measurement share it."""
        return self.item.question.id, self.kind, self.id

    @property
    def honest(self) -> bool:
        return self.kind not in APART


@dataclass(frozen=True, slots=True)
class Graded:
    """An answer and its gradings, each on its own; the first is the one that is reported."""

    labelled: Labelled
    runs: tuple[tuple[Verdict, ...], ...]


@dataclass(frozen=True, slots=True)
class Spending:
    """What the gradings took, whenever it was paid. Of `calls` some were `cached`, kept from before; times in seconds.

    `cost` is in the currency of the configured price, None without one.
    """

    prompt_tokens: int
    completion_tokens: int
    calls: int
    cached: int
    cost: float | None
    latencies: tuple[float, ...]

    @property
    def median_latency(self) -> float | None:
        return statistics.median(self.latencies) if self.latencies else None

    @property
    def slow_latency(self) -> float | None:
        """Seconds that 95 % of the calls kept to."""
        return quantile(sorted(self.latencies), 0.95) if self.latencies else None


@dataclass(frozen=True, slots=True)
class Case:
    """One verdict beside its label."""

    answer: Labelled
    criterion: Criterion
    label: bool
    outcome: Outcome
    confidence: float

    @property
    def decided(self) -> bool:
        return self.outcome in (Outcome.MET, Outcome.UNMET)

    @property
    def met(self) -> bool:
        return self.outcome is Outcome.MET

    @property
    def right(self) -> bool:
        return self.decided and self.met == self.label

    @property
    def kind(self) -> str:
        return self.answer.kind

    @property
    def section(self) -> str:
        return self.answer.item.question.section

    @property
    def sign(self) -> str:
        return "red flag" if self.criterion.red_flag else "criterion"


def cases(graded: Graded) -> Iterator[Case]:
    """The reported verdicts of one answer beside their labels, in the rubric's order; none given is ungraded."""
    given = {verdict.criterion: verdict for verdict in graded.runs[0]} if graded.runs else {}
    for criterion in graded.labelled.item.rubric.everything:
        label, verdict = graded.labelled.labels.get(criterion.id), given.get(criterion.id)
        if label is not None:
            outcome, confidence = (verdict.outcome, verdict.confidence) if verdict else (Outcome.UNGRADED, 0.0)
            yield Case(graded.labelled, criterion, label, outcome, confidence)


# --- agreement


def confusion_of(found: Iterable[Case]) -> Confusion:
    """The counts of these cases."""
    return confusion((case.label, case.outcome) for case in found)


def readers(answers: Iterable[Labelled]) -> Confusion | None:
    """The second reader as if a grader: what the labels themselves allow. None without a second reader."""
    pairs = [
        (label, Outcome.MET if answer.second[id] else Outcome.UNMET)
        for answer in answers
        if answer.second is not None
        for id, label in answer.labels.items()
        if id in answer.second
    ]
    return confusion(pairs) if pairs else None


@dataclass(frozen=True, slots=True)
class Consistency:
    """How a grader agrees with itself. A verdict that failed is left out; unsure is an outcome like another."""

    runs: int
    share: float | None
    """Mean over the verdicts: how often two runs say the same."""
    kappa: float | None
    """Fleiss' kappa over met, unmet and unsure."""


def consistency(graded: Sequence[Graded]) -> Consistency | None:
    """Agreement of the runs; None if no answer was graded twice."""
    runs = max((len(entry.runs) for entry in graded), default=0)
    if runs < 2:
        return None
    return Consistency(runs, *repeated(said for entry in graded for said in _said(entry)))


def _said(graded: Graded) -> Iterator[list[Outcome]]:
    """What the runs said on each labelled criterion, failures left out."""
    runs = [{verdict.criterion: verdict.outcome for verdict in run} for run in graded.runs]
    for id in graded.labelled.labels:
        outcomes = (run.get(id, Outcome.UNGRADED) for run in runs)
        yield [outcome for outcome in outcomes if outcome is not Outcome.UNGRADED]


# --- scores


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores from verdicts against scores from labels, 0 to 1, on the answers with a label for every criterion.

    Where verdicts are open the middle of the score's bounds stands for it; `..._bounds` say what else it can come to.
    """

    answers: int
    error: float | None
    """Mean absolute difference."""
    error_bounds: Interval | None
    bias: float | None
    """Mean difference: above 0 the grader is too mild."""
    bias_bounds: Interval | None
    spearman: float | None
    """Rank correlation over the answers."""
    rated: float | None
    """Share of the answers whose rating does not hang on what is open."""
    same_rating: float | None
    """Of these, the share with the rating that the labels give."""
    length: float | None
    """Rank correlation of the absolute error with the answer's length in words."""

    @property
    def open(self) -> bool:
        """Whether some score is only known within bounds."""
        return self.bias_bounds is not None and self.bias_bounds[0] < self.bias_bounds[1]


@dataclass(frozen=True, slots=True)
class _Scored:
    """Both scores of one answer."""

    middle: float
    label: float
    error: float
    error_bounds: Interval
    bias_bounds: Interval
    rating: str | None
    label_rating: str | None
    words: int


def _scored(graded: Graded, scale: Scale) -> _Scored | None:
    """Both scores of an answer, None unless every criterion has a label."""
    answer = graded.labelled
    if any(criterion.id not in answer.labels for criterion in answer.item.rubric.everything):
        return None
    true = [
        Verdict(id, Outcome.MET if met else Outcome.UNMET, None, "", 1.0, prompted=id in answer.prompted)
        for id, met in answer.labels.items()
    ]
    nobody = GraderId("", "")
    given = scoring.grade(answer.item, scale, nobody, "", graded.runs[0] if graded.runs else ())
    labelled = scoring.grade(answer.item, scale, nobody, "", true)
    low, high, label = given.score.low, given.score.high, labelled.score.low
    return _Scored(
        middle=_exact((low + high) / 2),
        label=_exact(label),
        error=_exact(abs((low + high) / 2 - label)),
        error_bounds=(max(0.0, low - label, label - high), max(abs(low - label), abs(high - label))),
        bias_bounds=(low - label, high - label),
        rating=given.rating,
        label_rating=labelled.rating,
        words=len(answer.transcript.text.split()),
    )


def _exact(score: float) -> float:
    """The score without its last bits, in which two ways to the same score differ and would not tie."""
    return round(score, 9)


def _scores(found: Sequence[_Scored]) -> Scores:
    rated = [entry for entry in found if entry.rating is not None]
    return Scores(
        len(found),
        mean([entry.error for entry in found]),
        _mean_interval([entry.error_bounds for entry in found]),
        mean([entry.middle - entry.label for entry in found]),
        _mean_interval([entry.bias_bounds for entry in found]),
        spearman([entry.middle for entry in found], [entry.label for entry in found]),
        share(len(rated), len(found)),
        share(sum(entry.rating == entry.label_rating for entry in rated), len(rated)),
        spearman([entry.error for entry in found], [float(entry.words) for entry in found]),
    )


# --- confidence and tricks


@dataclass(frozen=True, slots=True)
class Bin:
    """Decided verdicts whose stated confidence lies from `low` to below `high` (1 belongs to the last bin)."""

    low: float
    high: float
    cases: int
    confidence: float | None
    """Mean of what was stated."""
    right: float | None
    """Share that the label confirms."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """Whether a stated confidence can be believed."""

    bins: tuple[Bin, ...]
    error: float | None
    """Expected calibration error: mean distance of confidence and share right over the bins, weighted by cases."""


def reliability(found: Iterable[Case]) -> Reliability:
    """Ten bins of stated confidence, on the decided verdicts. (Naeini, Cooper and Hauskrecht, 2015.)"""
    inside: list[list[Case]] = [[] for _ in range(10)]
    for case in found:
        if case.decided:
            inside[max(0, min(9, int(10 * case.confidence + 1e-9)))].append(case)
    bins = tuple(
        Bin(
            at / 10,
            (at + 1) / 10,
            len(part),
            mean([case.confidence for case in part]),
            share(sum(case.right for case in part), len(part)),
        )
        for at, part in enumerate(inside)
    )
    total = sum(part.cases for part in bins)
    distances = [part.cases * abs((part.confidence or 0.0) - (part.right or 0.0)) for part in bins]
    return Reliability(bins, sum(distances) / total if total else None)


@dataclass(frozen=True, slots=True)
class Resistance:
    """What answers that are to trick the grader gained: essential criteria called met that are labelled unmet.

    An answer has been resisted if it gained none and none of its essential criteria stayed ungraded.
    """

    kind: str
    answers: int
    resisted: int
    gained: int
    """Answers that gained an essential criterion; the rest neither gained nor was graded in full."""
    points: int
    """Essential criteria that could have been gained."""
    points_gained: int


def resistance(kind: str, graded: Iterable[Graded]) -> Resistance:
    """How the answers of this kind were met."""
    answers = resisted = gained = points = points_gained = 0
    for entry in graded:
        if entry.labelled.kind != kind:
            continue
        essential = [case for case in cases(entry) if case.criterion.essential and not case.label]
        won = sum(case.met for case in essential)
        answers, points, points_gained = answers + 1, points + len(essential), points_gained + won
        gained += won > 0
        resisted += won == 0 and all(case.outcome is not Outcome.UNGRADED for case in essential)
    return Resistance(kind, answers, resisted, gained, points, points_gained)


# --- everything together


@dataclass(frozen=True, slots=True)
class Comparison:
    """A grader and a baseline on the same honest answers, by macro-F1 on all verdicts."""

    answers: int
    grader: float | None
    baseline: float | None
    difference: float | None
    interval: Interval | None
    """95 % interval of the difference: paired bootstrap over answers."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A grader's measure. Everything but `by_kind` and `resisted` is of honest answers."""

    grader: GraderId
    fingerprint: str
    """Digest of all that the verdicts depend on."""
    answers: int
    answers_apart: int
    """Answers of the kinds that are counted apart."""
    agreement: Confusion
    by_dimension: Mapping[str, Confusion]
    by_sign: Mapping[str, Confusion]
    """`criterion` and `red flag`."""
    by_section: Mapping[str, Confusion]
    by_kind: Mapping[str, Confusion]
    scores: Scores
    intervals: Mapping[str, Interval | None]
    """Name of a figure, one of FIGURES -> 95 % interval, None where the answers are too few for one."""
    itself: Consistency | None
    readers: Confusion | None
    """The second reader against the labels: the ceiling."""
    against_second: Confusion | None
    """The grader against the second reader."""
    coin: float | None
    """Macro-F1, by expected counts, of a coin that falls on met as often as the labels do."""
    always_met: float | None
    """Macro-F1 of calling everything met."""
    resisted: tuple[Resistance, ...]
    suspected: int
    """Answers that the rules take for one that gives its grader orders, though it is honest: what the defence costs."""
    reliability: Reliability
    spending: Spending | None
    compared: Comparison | None
    seed: int
    resamples: int


FIGURES: Final = (
    "macro_f1",
    "macro_f1_all",
    "kappa",
    "accuracy",
    "precision_met",
    "recall_met",
    "score_error",
    "bias",
    "spearman",
)
"""What has an interval."""


def calibrated(
    graded: Sequence[Graded],
    *,
    grader: GraderId,
    fingerprint: str,
    scale: Scale,
    baseline: Sequence[Graded] | None = None,
    spending: Spending | None = None,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Calibration:
    """The measure of these gradings; their order does not matter.

    `baseline` holds another grader's verdicts on the same answers; raises ValueError if the answers differ. Intervals
    are percentiles of a bootstrap over whole answers, since the verdicts on one answer are not independent.
    """
    everything = sorted(graded, key=_order)
    honest = [entry for entry in everything if entry.labelled.honest]
    other = None if baseline is None else [entry for entry in sorted(baseline, key=_order) if entry.labelled.honest]
    if other is not None and [_order(entry) for entry in other] != [_order(entry) for entry in honest]:
        raise ValueError("the baseline was graded on other answers")
    found = list(_cases(honest))
    agreement = confusion_of(found)
    scored = [_scored(entry, scale) for entry in honest]
    intervals, compared = _resampled(honest, scored, other, random.Random(seed), resamples)
    kinds = _confusions(_cases(everything), lambda case: case.kind)
    return Calibration(
        grader=grader,
        fingerprint=fingerprint,
        answers=len(honest),
        answers_apart=len(everything) - len(honest),
        agreement=agreement,
        by_dimension=_ordered(
            _confusions(found, lambda case: case.criterion.dimension), [entry.slug for entry in scale.dimensions]
        ),
        by_sign=_ordered(_confusions(found, lambda case: case.sign), ["criterion", "red flag"]),
        by_section=_confusions(found, lambda case: case.section),
        by_kind=_ordered(kinds, [*HONEST, *APART]),
        scores=_scores([entry for entry in scored if entry is not None]),
        intervals=intervals,
        itself=consistency(honest),
        readers=readers(entry.labelled for entry in honest),
        against_second=_against_second(found),
        coin=coin(agreement.prevalence),
        always_met=always_met(agreement.prevalence),
        resisted=tuple(resistance(kind, everything) for kind in TRICKS if kind in kinds),
        suspected=sum(bool(speaks_to_grader(entry.labelled.transcript.text)) for entry in honest),
        reliability=reliability(found),
        spending=spending,
        compared=compared,
        seed=seed,
        resamples=resamples,
    )


FEWEST: Final = 5
"""Answers below which nothing is said about who is better."""


def _counted(answers: int) -> str:
    return "One answer is" if answers == 1 else f"{answers} answers are"


def compared_in_words(value: Calibration, *, baseline: str = "offline") -> str:
    """One sentence: better, worse or not distinguishable from the baseline grader, by how much, on how many answers."""
    if value.grader.name == baseline:
        return f"This is the {baseline} grader itself: the baseline that other graders are held against."
    compared = value.compared
    if compared is None:
        return f"The {value.grader.name} grader was not held against the {baseline} grader."
    if compared.answers < FEWEST:
        return (
            f"{_counted(compared.answers)} too few to hold the {value.grader.name} grader against the {baseline} one."
        )
    on = f"the {baseline} grader on the same {compared.answers} answer{'' if compared.answers == 1 else 's'}"
    if compared.difference is None:
        return f"The {value.grader.name} grader is not distinguishable from {on}: macro-F1 is not defined."
    sure = compared.interval is not None and not compared.interval[0] <= 0 <= compared.interval[1]
    how = "not distinguishable from" if not sure else "better than" if compared.difference > 0 else "worse than"
    margin = (
        "no interval"
        if compared.interval is None
        else f"95 % interval {compared.interval[0]:+.3f} to {compared.interval[1]:+.3f}"
    )
    return (
        f"The {value.grader.name} grader is {how} {on}: macro-F1 of all verdicts {compared.grader:.3f} against"
        f" {compared.baseline:.3f}, a difference of {compared.difference:+.3f} ({margin})."
    )


def _resampled(
    honest: Sequence[Graded],
    scored: Sequence[_Scored | None],
    other: Sequence[Graded] | None,
    chance: random.Random,
    resamples: int,
) -> tuple[dict[str, Interval | None], Comparison | None]:
    """Intervals of all figures, and the comparison with the other grader, from the same resamples."""
    own = _Counts(honest)
    theirs = None if other is None else _Counts(other)
    drawn: dict[str, list[float | None]] = {name: [] for name in (*FIGURES, "difference")}
    everyone = range(len(honest))
    for _ in range(resamples if len(honest) > 1 else 0):
        chosen = chance.choices(everyone, k=len(honest))
        confused = own.of(chosen)
        for name, figure in _figures(confused, [entry for at in chosen if (entry := scored[at]) is not None]).items():
            drawn[name].append(figure)
        if theirs is not None:
            drawn["difference"].append(_difference(confused.macro_f1_all, theirs.of(chosen).macro_f1_all))
    intervals = {name: _interval(values) for name, values in drawn.items()}
    difference = intervals.pop("difference")
    if theirs is None:
        return intervals, None
    grader, baseline = own.of(everyone).macro_f1_all, theirs.of(everyone).macro_f1_all
    return intervals, Comparison(len(honest), grader, baseline, _difference(grader, baseline), difference)


class _Counts:
    """The confusion of every answer, in columns, so that a resample is eight sums."""

    def __init__(self, graded: Iterable[Graded]) -> None:
        rows = [confusion_of(cases(entry)) for entry in graded]
        self._columns = list(zip(*((*row.met, *row.unmet) for row in rows), strict=True)) or [()] * 8

    def of(self, chosen: Sequence[int]) -> Confusion:
        sums = [sum(map(column.__getitem__, chosen)) for column in self._columns]
        return Confusion(tuple(sums[:4]), tuple(sums[4:]))


def _figures(confused: Confusion, scored: Sequence[_Scored]) -> dict[str, float | None]:
    middles, labels = [entry.middle for entry in scored], [entry.label for entry in scored]
    return {
        "macro_f1": confused.macro_f1,
        "macro_f1_all": confused.macro_f1_all,
        "kappa": confused.kappa,
        "accuracy": confused.accuracy,
        "precision_met": confused.precision_met,
        "recall_met": confused.recall_met,
        "score_error": mean([entry.error for entry in scored]),
        "bias": mean([middle - label for middle, label in zip(middles, labels, strict=True)]),
        "spearman": spearman(middles, labels),
    }


def _interval(values: Sequence[float | None]) -> Interval | None:
    """The percentile interval; None where too few resamples define the figure."""
    defined = sorted(value for value in values if value is not None)
    if not values or len(defined) < COVERED * len(values):
        return None
    return quantile(defined, (1 - COVERED) / 2), quantile(defined, (1 + COVERED) / 2)


def _against_second(found: Iterable[Case]) -> Confusion | None:
    pairs = [
        (case.answer.second[case.criterion.id], case.outcome)
        for case in found
        if case.answer.second is not None and case.criterion.id in case.answer.second
    ]
    return confusion(pairs) if pairs else None


# --- groups


def _order(graded: Graded) -> tuple[str, ...]:
    return (*graded.labelled.identity, graded.labelled.transcript.text)


def _cases(graded: Iterable[Graded]) -> Iterator[Case]:
    return itertools.chain.from_iterable(map(cases, graded))


def grouped(found: Iterable[Case], by: Callable[[Case], str]) -> dict[str, list[Case]]:
    """The cases by name of their group, in the order in which the names first occur."""
    groups: dict[str, list[Case]] = {}
    for case in found:
        groups.setdefault(by(case), []).append(case)
    return groups


def _confusions(found: Iterable[Case], by: Callable[[Case], str]) -> dict[str, Confusion]:
    return {name: confusion_of(part) for name, part in grouped(found, by).items()}


def _ordered(groups: Mapping[str, Confusion], names: Sequence[str]) -> dict[str, Confusion]:
    """The groups in the order of `names`; what has another name comes last."""
    return {name: groups[name] for name in dict.fromkeys([*names, *groups]) if name in groups}


def _difference(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first - second


def _mean_interval(bounds: Sequence[Interval]) -> Interval | None:
    low, high = mean([low for low, _ in bounds]), mean([high for _, high in bounds])
    return None if low is None or high is None else (low, high)
