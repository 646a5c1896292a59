"""How verdicts agree with labels: the figures that every report of a grader uses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from prepdrill.model import Outcome


@dataclass(frozen=True, slots=True)
class Case:
    """One verdict beside its label."""

    question: str
    criterion: str
    red_flag: bool
    essential: bool
    answer: str
    kind: str
    label: bool
    outcome: Outcome

    @property
    def decided(self) -> bool:
        return self.outcome in (Outcome.MET, Outcome.UNMET)

    @property
    def met(self) -> bool:
        return self.outcome is Outcome.MET


@dataclass(frozen=True, slots=True)
class Figures:
    """Agreement on a set of cases; a figure without any case to stand on is None."""

    cases: int
    decided: float | None
    """Share of the cases with a verdict of met or unmet."""
    macro_f1: float | None
    """Mean of the F1 of met and of unmet, on the decided cases."""
    accuracy: float | None
    precision_met: float | None
    recall_met: float | None
    """Of all cases labelled met, undecided ones too, the share that is decided as met."""


def figures(cases: Iterable[Case]) -> Figures:
    """The figures of these cases."""
    everything = list(cases)
    decided = [case for case in everything if case.decided]
    true = sum(case.met and case.label for case in decided)
    false = sum(case.met and not case.label for case in decided)
    missed = sum(not case.met and case.label for case in decided)
    rest = len(decided) - true - false - missed
    labelled = sum(case.label for case in everything)
    f1 = [score for score in (_f1(true, false, missed), _f1(rest, missed, false)) if score is not None]
    return Figures(
        len(everything),
        _share(len(decided), len(everything)),
        sum(f1) / len(f1) if f1 else None,
        _share(true + rest, len(decided)),
        _share(true, true + false),
        _share(true, labelled),
    )


def kappa(pairs: Sequence[tuple[bool, bool]]) -> float | None:
    """Cohen's kappa of two readers; None without disagreement to be expected. (Cohen, 1960.)"""
    if not pairs:
        return None
    agreed = sum(first == second for first, second in pairs) / len(pairs)
    first, second = (sum(pair[at] for pair in pairs) / len(pairs) for at in (0, 1))
    expected = first * second + (1 - first) * (1 - second)
    return None if expected == 1 else (agreed - expected) / (1 - expected)


def _f1(true: int, false: int, missed: int) -> float | None:
    return None if true + false + missed == 0 else 2 * true / (2 * true + false + missed)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
