"""What the offline grader takes from a fit: the shape of it, not the figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Company:
    """How the other criteria fare in the answer in which one is looked for; each a share of them, 0 to 1.

    Whoever understands a question says several things rightly: where nothing else is found, the words of one pattern
    are often there by accident, and where much is denied, its words may be meant the other way round.
    """

    found: float
    """Those that seem met."""
    denied: float
    """Those whose words are there, but doubted."""

    @property
    def features(self) -> dict[str, float]:
        return {"others": self.found, "denied": self.denied}


@dataclass(frozen=True, slots=True)
class Constants:
    """Weights are of logistic regressions (log-odds); likelihoods and coverages go from 0 to 1."""

    weights: Mapping[str, float]
    """Log-odds that a criterion without a complete pattern is met, from the features of its best window."""
    met_from: float
    """Probability from which such a criterion is met."""
    unmet_up_to: float
    """Probability up to which it is unmet; in between it is unsure."""
    complete: Mapping[str, float]
    """Log-odds that a criterion with a complete pattern is met."""
    complete_from: float
    """Probability below which a complete pattern is doubted."""
    usual: Company
    """What stands in where a criterion has no company: the average company of one that is met."""
    half_said: float = 0.5
    """Share of a list that a window needs to meet a criterion without a complete pattern, in whatever company."""
    near_miss: float = 0.65
    """Coverage of a near miss from which a complete pattern is doubted,"""
    near_miss_margin: float = 0.4
    """if it exceeds the coverage of every sentence that counts by this much."""
    flag: float = 0.6
    """Coverage of a sentence that commits an error from which a red flag without a complete pattern is unsure,"""
    flag_margin: float = 0.4
    """if it exceeds the coverage of every sentence that does not commit it by this much."""
