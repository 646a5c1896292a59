"""How verdicts agree with labels, as arithmetic: counts, F1, kappa, rank correlation.

A figure that has nothing to stand on is None, never 0.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from prepdrill.model import Outcome

OUTCOMES: Final = tuple(Outcome)


@dataclass(frozen=True, slots=True)
class Confusion:
    """Labels against outcomes, counted; the outcomes stand in the order met, unmet, unsure, ungraded."""

    met: tuple[int, ...]
    """What is labelled met, by outcome."""
    unmet: tuple[int, ...]
    """What is labelled unmet, by outcome."""

    @property
    def cases(self) -> int:
        return sum(self.met) + sum(self.unmet)

    @property
    def settled(self) -> int:
        """How many verdicts are met or unmet."""
        return sum(self.met[:2]) + sum(self.unmet[:2])

    @property
    def decided(self) -> float | None:
        """Share of the verdicts that are met or unmet."""
        return share(self.settled, self.cases)

    @property
    def abstained(self) -> float | None:
        """Share that is unsure."""
        return share(self.met[2] + self.unmet[2], self.cases)

    @property
    def errored(self) -> float | None:
        """Share that is ungraded."""
        return share(self.met[3] + self.unmet[3], self.cases)

    @property
    def macro_f1(self) -> float | None:
        """Mean of the F1 of met and of unmet, on the decided verdicts; a class that nobody named is left out."""
        return _macro_f1(self.met[0], self.unmet[0], self.met[1], self.unmet[1])

    @property
    def macro_f1_all(self) -> float | None:
        """The same on all verdicts: an undecided one is missed for its label's class, and nothing for the other."""
        f1 = (
            _f1(self.met[0], self.unmet[0], sum(self.met[1:])),
            _f1(self.unmet[1], self.met[1], self.unmet[0] + sum(self.unmet[2:])),
        )
        return mean([score for score in f1 if score is not None])

    @property
    def accuracy(self) -> float | None:
        """Of the decided verdicts, the share that the label confirms."""
        return share(self.met[0] + self.unmet[1], self.settled)

    @property
    def precision_met(self) -> float | None:
        """Of the verdicts of met, the share that is labelled met."""
        return share(self.met[0], self.met[0] + self.unmet[0])

    @property
    def recall_met(self) -> float | None:
        """Of all that is labelled met, what stayed undecided too, the share with a verdict of met."""
        return share(self.met[0], sum(self.met))

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa on the decided verdicts; None where no disagreement is to be expected. (Cohen, 1960.)"""
        agreed, first, second = self.accuracy, self.met_rate, self.met_rate_of_labels
        if agreed is None or first is None or second is None:
            return None
        return _beyond_chance(agreed, first * second + (1 - first) * (1 - second))

    @property
    def met_rate(self) -> float | None:
        """Of the decided verdicts, the share of met."""
        return share(self.met[0] + self.unmet[0], self.settled)

    @property
    def met_rate_of_labels(self) -> float | None:
        """Share of met among the labels of the same decided verdicts."""
        return share(sum(self.met[:2]), self.settled)

    @property
    def prevalence(self) -> float | None:
        """Share of met among all labels."""
        return share(sum(self.met), self.cases)


def confusion(pairs: Iterable[tuple[bool, Outcome]]) -> Confusion:
    """The counts of pairs of a label and an outcome."""
    counted = Counter(pairs)
    return Confusion(
        tuple(counted[True, outcome] for outcome in OUTCOMES), tuple(counted[False, outcome] for outcome in OUTCOMES)
    )


def repeated(said: Iterable[Sequence[Outcome]]) -> tuple[float | None, float | None]:
    """(share of the pairs of runs that say the same, Fleiss' kappa), from what the runs said on each criterion.

    The share is the mean over the criteria that were decided at least twice. (Fleiss, 1971, each criterion with the
    runs that it has.)
    """
    shares, pooled = [], Counter[Outcome]()
    for outcomes in said:
        counted, times = Counter(outcomes), len(outcomes)
        if times >= 2:
            pooled += counted
            shares.append(sum(count * (count - 1) for count in counted.values()) / (times * (times - 1)))
    agreed = mean(shares)
    if agreed is None:
        return None, None
    return agreed, _beyond_chance(agreed, sum((count / pooled.total()) ** 2 for count in pooled.values()))


def coin(rate: float | None) -> float | None:
    """Macro-F1, by expected counts, of a coin that falls on met as often as the labels do."""
    if rate is None:
        return None
    return _macro_f1(rate * rate, (1 - rate) * rate, rate * (1 - rate), (1 - rate) ** 2)


def always_met(rate: float | None) -> float | None:
    """Macro-F1 of calling everything met, where the labels do so at this rate."""
    return None if rate is None else _macro_f1(rate, 1 - rate, 0.0, 0.0)


def spearman(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Spearman's rank correlation, ties with their average rank; None where one side has one value. (Spearman, 1904.)

    Raises ValueError if the lengths differ.
    """
    pairs = list(zip(_ranks(first), _ranks(second), strict=True))
    middle = (len(pairs) + 1) / 2
    spread = [sum((pair[side] - middle) ** 2 for pair in pairs) for side in (0, 1)]
    if not spread[0] or not spread[1]:
        return None
    together = sum((one - middle) * (two - middle) for one, two in pairs) / math.sqrt(spread[0] * spread[1])
    return max(-1.0, min(1.0, together))


def _ranks(values: Sequence[float]) -> list[float]:
    counted = Counter(values)
    ranks, below = {}, 0
    for value in sorted(counted):
        ranks[value] = below + (counted[value] + 1) / 2
        below += counted[value]
    return [ranks[value] for value in values]


def _macro_f1(true_met: float, false_met: float, false_unmet: float, true_unmet: float) -> float | None:
    f1 = (_f1(true_met, false_met, false_unmet), _f1(true_unmet, false_unmet, false_met))
    return mean([score for score in f1 if score is not None])


def _f1(true: float, false: float, missed: float) -> float | None:
    return None if true + false + missed == 0 else 2 * true / (2 * true + false + missed)


def _beyond_chance(agreed: float, expected: float) -> float | None:
    """Kappa: the share of the agreement beyond chance that was reached; None where chance explains all."""
    return None if math.isclose(expected, 1) else (agreed - expected) / (1 - expected)


# --- arithmetic


def share(part: int, whole: int) -> float | None:
    """`part / whole`, None of nothing."""
    return part / whole if whole else None


def mean(values: Sequence[float]) -> float | None:
    """The arithmetic mean, None of nothing."""
    return sum(values) / len(values) if values else None


def quantile(ordered: Sequence[float], below: float) -> float:
    """The value below which the share `below` of the ordered values lies, interpolated."""
    place = below * (len(ordered) - 1)
    first = int(place)
    second = min(first + 1, len(ordered) - 1)
    return ordered[first] + (place - first) * (ordered[second] - ordered[first])
