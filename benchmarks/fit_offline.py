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
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import yaml

from prepdrill.bank import Bank, open_bank
from prepdrill.bank.loading import load_lexicon, load_rubric
from prepdrill.graders import fitted, gates
from prepdrill.graders.constants import Company, Constants
from prepdrill.graders.likeness import Families, Likeness
from prepdrill.graders.offline import Part, Reading, company_of, probability, question_text
from prepdrill.graders.patterns import Patterns
from prepdrill.model import Item, Rubric

FOLDER: Final = Path(__file__).with_name("development")
TARGET: Final = Path(fitted.__file__)
DOUBTED: Final = 0.1
"""Share of the complete patterns that are doubted: those least likely to be met."""
UNMET_ERROR: Final = 0.3
"""Share of the criteria called unmet that may be met after all, with patterns that nobody has mended."""
MET_PRECISION: Final = 0.93
RIDGE: Final = 1.0
CLOSENESS: Final = ("share", "spread", "accept")
"""What makes a window the best of its answer, before any weights are known."""


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One criterion and one answer, with the features of one of the two regressions."""

    features: dict[str, float]
    met: bool
    complete: bool


def rows(bank: Bank) -> dict[str, list[Row]]:
    """Question -> all cases of its development answers; criteria that have come since, or have gone, are left out."""
    lexicon = load_lexicon(FOLDER / "first-rubrics" / "lexicon.yaml")
    patterns, families = Patterns(lexicon), Families(lexicon)
    found: dict[str, list[Row]] = {}
    for id in bank.files:
        path, first_path = FOLDER / "answers" / f"{id}.yaml", FOLDER / "first-rubrics" / f"{id}.yaml"
        if path.exists() and first_path.exists():
            first = load_rubric(first_path, id, bank.scale, lexicon)
            found[id] = list(_rows(bank.item(id), first, path, patterns, families))
    return found


def _rows(item: Item, first: Rubric, path: Path, patterns: Patterns, families: Families) -> Iterator[Row]:
    today = {criterion.id for criterion in item.rubric.everything}
    said = gates.QuestionText(question_text(item.question))
    likeness = Likeness(first, said.stems, families)
    kept = [criterion for criterion in first.criteria if criterion.id in today]
    for answer in yaml.safe_load(path.read_text())["answers"]:
        assert set(answer["met"]) <= today, f"{path} names a criterion that the rubric has not"
        part = Part(answer["text"], said)
        readings = [Reading(criterion, patterns, likeness) for criterion in kept]
        for reading in readings:
            company = company_of(reading, readings, [part])
            if reading.criterion.number is None and company is not None:
                yield from _row(reading, part, company, met=reading.criterion.id in answer["met"])


def _row(reading: Reading, part: Part, company: Company, *, met: bool) -> Iterator[Row]:
    standing = reading.standing(part)
    if standing:
        yield Row(reading.match_features(part, standing) | company.features, met, complete=True)
    elif not reading.complete(part):
        found = [features | company.features for _, features in reading.features(part)]
        if found:
            best = max(found, key=lambda features: sum(features[name] for name in CLOSENESS) - features["reject"])
            yield Row(best, met, complete=False)


def constants(cases: Sequence[Row]) -> Constants:
    """The constants that these cases give."""
    complete = [case for case in cases if case.complete]
    partial = [case for case in cases if not case.complete]
    weights, complete_weights = fit(partial), fit(complete)
    met_from, unmet_up_to = thresholds(partial, weights)
    doubted = sorted(probability(case.features, complete_weights) for case in complete)[int(DOUBTED * len(complete))]
    usual = Company(*(_mean([case.features[name] for case in cases if case.met]) for name in ("others", "denied")))
    return Constants(weights, met_from, unmet_up_to, complete_weights, doubted, usual)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def fit(cases: Sequence[Row], rounds: int = 12) -> dict[str, float]:
    """Logistic regression with a ridge penalty on all but the bias, by Newton's method."""
    names = ["bias", *cases[0].features]
    inputs = [[1.0, *case.features.values()] for case in cases]
    penalties = [0.0] + [RIDGE] * (len(names) - 1)
    weights = [0.0] * len(names)
    for _ in range(rounds):
        slope = [penalty * weight for penalty, weight in zip(penalties, weights, strict=True)]
        curve = [
            [penalty if row == column else 0.0 for column in range(len(names))] for row, penalty in enumerate(penalties)
        ]
        for case, values in zip(cases, inputs, strict=True):
            likely = probability(case.features, dict(zip(names, weights, strict=True)))
            for row, value in enumerate(values):
                slope[row] += (likely - case.met) * value
                for column, other in enumerate(values):
                    curve[row][column] += likely * (1 - likely) * value * other
        weights = [weight - step for weight, step in zip(weights, solved(curve, slope), strict=True)]
    return dict(zip(names, weights, strict=True))


def solved(matrix: Sequence[Sequence[float]], right: Sequence[float]) -> list[float]:
    """x of `matrix` x = `right`, for a positive definite matrix, by elimination."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for at, pivot in enumerate(rows):
        for row in rows[at + 1 :]:
            share = row[at] / pivot[at]
            row[at:] = [entry - share * above for entry, above in zip(row[at:], pivot[at:], strict=True)]
    found: list[float] = []
    for at in reversed(range(len(rows))):
        known = sum(entry * value for entry, value in zip(rows[at][at + 1 : -1], found, strict=True))
        found.insert(0, (rows[at][-1] - known) / rows[at][at])
    return found


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


def _literal(weights: Mapping[str, float]) -> str:
    entries = "".join(f'        "{name}": {weight:.2f},\n' for name, weight in weights.items())
    return f"{{\n{entries}    }}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dry", action="store_true", help="print, write nothing")
    arguments = parser.parse_args()
    everything = [case for cases in rows(open_bank()).values() for case in cases]
    complete = [case for case in everything if case.complete]
    partial = [case for case in everything if not case.complete]
    found = constants(everything)
    text = f'''"""Constants of the offline grader. Written by `python benchmarks/fit_offline.py`; not edited by hand.

Fitted on {len(partial)} cases of development answers without a complete pattern, {_met(partial)} of them met, and on
{len(complete)} with one, {_met(complete)} of them met.
"""

from __future__ import annotations

from typing import Final

from prepdrill.graders.constants import Company, Constants

FITTED: Final = Constants(
    weights={_literal(found.weights)},
    met_from={found.met_from:.3f},
    unmet_up_to={found.unmet_up_to:.3f},
    complete={_literal(found.complete)},
    complete_from={found.complete_from:.3f},
    usual=Company(found={found.usual.found:.2f}, denied={found.usual.denied:.2f}),
)
'''
    print(text)
    if not arguments.dry:
        TARGET.write_text(text)


if __name__ == "__main__":
    main()
