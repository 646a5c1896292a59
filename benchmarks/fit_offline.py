"""Fit the constants of the offline grader and write src/prepdrill/graders/fitted.py.

    python benchmarks/fit_offline.py [--dry]

What is fitted: how likely a criterion is met where no pattern of it is complete, on the 144 development answers,
written by readers who had not seen the rubrics and labelled from `asks` (benchmarks/development/answers), beside the
rubrics as they stood before anybody had seen those answers (benchmarks/development/first-rubrics). The rubrics of today
were mended on the development answers and would fit them too well. The calibration answers are never read.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import yaml

from prepdrill.bank import Bank, open_bank
from prepdrill.bank.loading import load_lexicon, load_rubric
from prepdrill.graders import fitted, gates
from prepdrill.graders.likeness import Families, Likeness
from prepdrill.graders.offline import Part, Reading, probability, question_text
from prepdrill.graders.patterns import Patterns

FOLDER: Final = Path(__file__).with_name("development")
TARGET: Final = Path(fitted.__file__)
DOUBTED: Final = 0.1
"""Share of the complete patterns that are doubted: those least likely to be met."""
UNMET_ERROR: Final = 0.3
"""Share of the criteria called unmet that may be met after all, with patterns that nobody has mended."""
MET_PRECISION: Final = 0.93
RIDGE: Final = 1.0


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One criterion and one answer, with the features of one of the two regressions."""

    features: dict[str, float]
    met: bool
    complete: bool


def rows(bank: Bank) -> Iterator[Row]:
    """All cases of the development answers; criteria that have come since, or have gone, are left out."""
    lexicon = load_lexicon(FOLDER / "first-rubrics" / "lexicon.yaml")
    patterns, families = Patterns(lexicon), Families(lexicon)
    for id in bank.files:
        path = FOLDER / "answers" / f"{id}.yaml"
        if not path.exists():
            continue
        today = {criterion.id for criterion in bank.item(id).rubric.everything}
        first = load_rubric(FOLDER / "first-rubrics" / f"{id}.yaml", id, bank.scale, lexicon)
        said = gates.QuestionText(question_text(bank.item(id).question))
        likeness = Likeness(first, said.stems, families)
        for answer in yaml.safe_load(path.read_text())["answers"]:
            assert set(answer["met"]) <= today, f"{path} names a criterion that the rubric has not"
            part = Part(answer["text"], said)
            for criterion in first.criteria:
                if criterion.number is None and criterion.id in today:
                    reading = Reading(criterion, patterns, likeness)
                    found = [features for _, features in reading.features(part)]
                    standing = reading.standing(part)
                    met = criterion.id in answer["met"]
                    if standing:
                        yield Row(reading.match_features(part, standing), met, complete=True)
                    elif found and not reading.complete(part):
                        yield Row(max(found, key=probability), met, complete=False)


def fit(cases: Sequence[Row], rounds: int = 4000, rate: float = 0.5) -> dict[str, float]:
    """Logistic regression with a ridge penalty, by gradient descent."""
    names = list(cases[0].features)
    weights = dict.fromkeys(("bias", *names), 0.0)
    total = len(cases)
    for _ in range(rounds):
        slope = dict.fromkeys(weights, 0.0)
        for case in cases:
            off = probability(case.features, weights) - case.met
            slope["bias"] += off
            for name in names:
                slope[name] += off * case.features[name]
        for name in weights:
            penalty = 0.0 if name == "bias" else RIDGE * weights[name]
            weights[name] -= rate * (slope[name] + penalty) / total
    return weights


def thresholds(cases: Sequence[Row], weights: dict[str, float]) -> tuple[float, float]:
    """(met from, unmet up to): the widest regions that keep to MET_PRECISION and UNMET_ERROR."""
    ranked = sorted((probability(case.features, weights), case.met) for case in cases)
    unmet_up_to, met_from = 0.0, 1.0
    met = 0
    for number, (chance, is_met) in enumerate(ranked, start=1):
        met += is_met
        if met / number <= UNMET_ERROR:
            unmet_up_to = chance
    met = 0
    for number, (chance, is_met) in enumerate(reversed(ranked), start=1):
        met += is_met
        if met / number >= MET_PRECISION and number >= 20:
            met_from = chance
    return met_from, unmet_up_to


def _met(cases: Sequence[Row]) -> int:
    return sum(case.met for case in cases)


def _literal(weights: dict[str, float]) -> str:
    return "{" + ", ".join(f'"{name}": {weight:.2f}' for name, weight in weights.items()) + "}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dry", action="store_true", help="print, write nothing")
    arguments = parser.parse_args()
    everything = list(rows(open_bank()))
    complete = [case for case in everything if case.complete]
    partial = [case for case in everything if not case.complete]
    weights, complete_weights = fit(partial), fit(complete)
    met_from, unmet_up_to = thresholds(partial, weights)
    doubted = sorted(probability(case.features, complete_weights) for case in complete)[int(DOUBTED * len(complete))]
    text = f'''"""Constants of the offline grader. Written by `python benchmarks/fit_offline.py`; not edited by hand.

Fitted on {len(partial)} cases of development answers without a complete pattern, {_met(partial)} of them met, and on
{len(complete)} with one, {_met(complete)} of them met.
"""

from __future__ import annotations

from typing import Final

WEIGHTS: Final = {_literal(weights)}
"""Logistic regression: log-odds that a criterion is met, from the features of its best window."""
MET_FROM: Final = {met_from:.3f}
"""Probability from which a criterion without a complete pattern is met."""
UNMET_UP_TO: Final = {unmet_up_to:.3f}
"""Probability up to which a criterion is unmet; in between it is unsure."""
COMPLETE: Final = {_literal(complete_weights)}
"""The same where a pattern is complete."""
COMPLETE_FROM: Final = {doubted:.3f}
"""Probability below which a complete pattern is doubted."""
NEAR_MISS: Final = {fitted.NEAR_MISS}
"""Coverage of a near miss from which a complete pattern is doubted,"""
NEAR_MISS_MARGIN: Final = {fitted.NEAR_MISS_MARGIN}
"""if it exceeds the coverage of every sentence that counts by this much."""
FLAG: Final = {fitted.FLAG}
"""Coverage of a sentence that commits an error from which a red flag without a complete pattern is unsure,"""
FLAG_MARGIN: Final = {fitted.FLAG_MARGIN}
"""if it exceeds the coverage of every sentence that does not commit it by this much."""
'''
    print(text)
    if not arguments.dry:
        TARGET.write_text(text)


if __name__ == "__main__":
    main()
