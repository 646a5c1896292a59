"""Verdicts -> score and rating: the only place where points are added up."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

from prepdrill.graders import self_check
from prepdrill.model import Grade, GraderId, Item, Outcome, Rubric, Scale, Score, Transcript, Verdict

PROMPTED_SHARE = 0.5
"""What a criterion counts that was met only after a follow-up."""

UNSETTLED = (Outcome.UNSURE, Outcome.UNGRADED)
"""Outcomes that leave bounds."""


def grade(item: Item, scale: Scale, grader: GraderId, fingerprint: str, verdicts: Iterable[Verdict]) -> Grade:
    """The grade that these verdicts amount to. Criteria without a verdict count as ungraded."""
    given = {verdict.criterion: verdict for verdict in verdicts}
    complete = tuple(
        given.get(criterion.id)
        or Verdict(criterion.id, Outcome.UNGRADED, None, "the grader gave no verdict", 0.0, by=grader.name)
        for criterion in item.rubric.everything
    )
    low, high = bounds(item.rubric, given)
    worst, best = _ratings(item.rubric, scale, given, low, high)
    settled = worst == best
    score = Score((low + high) / 2 if settled else None, low, high)
    return Grade(item.question.id, item.revision, grader, fingerprint, score, worst if settled else None, complete)


def bounds(rubric: Rubric, verdicts: Mapping[str, Verdict]) -> tuple[float, float]:
    """Lowest and highest share of the points, 0 to 1, that the unsettled verdicts leave possible.

    score = clamp((sum of points met + half of those met when prompted - red flags met) / sum of points). What the twist
    asks for can only be said when prompted, so it counts whole.
    """
    total = sum(criterion.points for criterion in rubric.criteria)
    low = high = 0.0
    for criterion in rubric.everything:
        verdict = verdicts.get(criterion.id)
        if verdict is None or verdict.outcome in UNSETTLED:
            low += min(0.0, criterion.points)
            high += max(0.0, criterion.points)
        elif verdict.outcome is Outcome.MET:
            points = criterion.points * (PROMPTED_SHARE if halved(rubric, verdict) else 1.0)
            low += points
            high += points
    return _clamp(low / total), _clamp(high / total)


def by_grader(grades: Iterable[Grade]) -> dict[GraderId, Grade]:
    """The newest grade of each grader, with what the candidate settled in it; the grader heard last comes last.

    `grades` are those of one attempt, the oldest first. What is settled belongs to the grader whose grade it changes:
    the newest before it with the same fingerprint.
    """
    newest: dict[GraderId, Grade] = {}
    graders: dict[str, GraderId] = {}
    for grade in grades:
        if grade.grader != self_check.ID:
            graders[grade.fingerprint] = grade.grader
        grader = graders.get(grade.fingerprint)
        if grader is not None:
            newest.pop(grader, None)
            newest[grader] = grade
    return newest


def by_one_grader(attempts: Sequence[Mapping[GraderId, Grade]]) -> list[Grade | None]:
    """One grade of each attempt, all by the same grader, for figures that sum up several; None where it gave none.

    `attempts` are what `by_grader` says of each. The grader is the one that graded most of them, among equals the one
    that was heard last.
    """
    graders = [grader for graded in attempts for grader in graded]
    if not graders:
        return [None] * len(attempts)
    order = {grader: at for at, grader in enumerate(graders)}
    chosen = max(order, key=lambda grader: (sum(grader in graded for graded in attempts), order[grader]))
    return [graded.get(chosen) for graded in attempts]


def halved(rubric: Rubric, verdict: Verdict) -> bool:
    """Whether what is met counts half, since it was said only when prompted."""
    whole = (*rubric.red_flags, *rubric.twist)
    return (
        verdict.prompted and verdict.outcome is Outcome.MET and verdict.criterion not in {entry.id for entry in whole}
    )


def rating(scale: Scale, share: float, *, essential_missed: bool) -> str:
    """The best rating whose threshold the share reaches, capped if an essential criterion is missed."""
    names = [name for name, _ in scale.ratings]
    reached = next(at for at, (_, threshold) in enumerate(scale.ratings) if share >= threshold - 1e-9)
    return names[max(reached, names.index(scale.essential_cap))] if essential_missed else names[reached]


def by_dimension(rubric: Rubric, verdicts: Sequence[Verdict]) -> dict[str, tuple[float, float]]:
    """Dimension -> (low, high) share of its points, red flags left out; in the rubric's order."""
    given = {verdict.criterion: verdict for verdict in verdicts}
    dimensions = dict.fromkeys(criterion.dimension for criterion in rubric.criteria)
    return {
        dimension: bounds(
            Rubric(
                rubric.question,
                tuple(entry for entry in rubric.criteria if entry.dimension == dimension),
                (),
                rubric.twist,
            ),
            given,
        )
        for dimension in dimensions
    }


def fingerprint(item: Item, transcript: Transcript, grader: GraderId) -> str:
    """Digest of all that a grade depends on: 16 hexadecimal digits."""
    inputs = [grader.name, grader.version, item.revision, transcript.answer]
    inputs += [text for exchange in transcript.exchanges for text in (exchange.ask, exchange.answer)]
    return hashlib.sha256(json.dumps(inputs, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _ratings(rubric: Rubric, scale: Scale, verdicts: Mapping[str, Verdict], low: float, high: float) -> tuple[str, str]:
    essential = [verdicts.get(criterion.id) for criterion in rubric.criteria if criterion.essential]
    missed = any(verdict is not None and verdict.outcome is Outcome.UNMET for verdict in essential)
    doubtful = any(verdict is None or verdict.outcome in UNSETTLED for verdict in essential)
    return (
        rating(scale, low, essential_missed=missed or doubtful),
        rating(scale, high, essential_missed=missed),
    )


def _clamp(share: float) -> float:
    return min(1.0, max(0.0, share))
