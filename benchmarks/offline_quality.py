"""How good the offline grader is on the calibration answers, which it was not fitted on.

    python benchmarks/offline_quality.py [--section S] [--wrong] [--json]

Prints, for the honest kinds of answer and for the dishonest ones, what docs/offline-grading.md reports.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from agreement import Case, Figures, figures, kappa
from prepdrill import scoring
from prepdrill.bank import Bank, open_bank
from prepdrill.graders.offline import Offline
from prepdrill.model import Outcome, Transcript

HONEST = ("strong", "partial", "wrong", "rambling", "paraphrase")
DISHONEST = ("stuffed", "copied", "injected")


def cases(bank: Bank, grader: Offline, section: str | None = None) -> tuple[list[Case], list[tuple[bool, bool]]]:
    """Every verdict on every calibration answer beside its label, and the two readers' labels."""
    found, readers = [], []
    for id in bank.files:
        if section is not None and not id.startswith(section):
            continue
        item = bank.item(id)
        for answer in bank.calibration(item):
            verdicts = grader(item.question, item.rubric, Transcript(answer.text))
            for criterion, verdict in zip(item.rubric.everything, verdicts, strict=True):
                readers.append((criterion.id in answer.met, criterion.id in answer.second_reader))
                found.append(
                    Case(
                        id,
                        criterion.id,
                        criterion.red_flag,
                        criterion.essential,
                        answer.id,
                        answer.kind,
                        criterion.id in answer.met,
                        verdict.outcome,
                    )
                )
    return found, readers


def report(found: list[Case], readers: list[tuple[bool, bool]], models: dict[str, str]) -> dict[str, Any]:
    """All figures as one JSON-ready value."""
    honest = [case for case in found if case.kind in HONEST]
    negated = [case for case in found if case.kind == "negated" and not case.red_flag]
    return {
        "honest": _row(figures(honest)),
        "by_kind": {kind: _row(figures(part)) for kind, part in _grouped(found, "kind").items()},
        "by_section": {name: _row(figures(part)) for name, part in _grouped(honest, "section").items()},
        "red_flags": _row(figures(case for case in honest if case.red_flag)),
        "dishonest_essentials_met": {
            kind: _counted([case for case in found if case.kind == kind and case.essential]) for kind in DISHONEST
        },
        "negated_met": _counted(negated),
        "negated_met_against_label": _counted([case for case in negated if not case.label]),
        "answers": len({(case.question, case.answer) for case in found}),
        "readers_kappa": kappa(readers),
        "model_answers": models,
    }


def model_answers(bank: Bank, grader: Offline, section: str | None = None) -> dict[str, str]:
    """Question -> rating of its model answer; a range where verdicts are open."""
    ratings = {}
    for id in bank.files:
        if section is not None and not id.startswith(section):
            continue
        item = bank.item(id)
        verdicts = grader(item.question, item.rubric, Transcript(item.question.model_answer))
        grade = scoring.grade(item, bank.scale, grader.id, "", verdicts)
        open_ones = [verdict.criterion for verdict in verdicts if verdict.outcome is Outcome.UNSURE]
        ratings[id] = grade.rating or f"{grade.score.low:.2f} to {grade.score.high:.2f}, unsure: {', '.join(open_ones)}"
    return ratings


def _grouped(found: Iterable[Case], by: str) -> dict[str, list[Case]]:
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in found:
        groups[case.question.split("/")[0] if by == "section" else getattr(case, by)].append(case)
    return dict(groups)


def _row(found: Figures) -> dict[str, Any]:
    return {
        "cases": found.cases,
        "decided": found.decided,
        "macro_f1": found.macro_f1,
        "accuracy": found.accuracy,
        "precision_met": found.precision_met,
        "recall_met": found.recall_met,
    }


def _counted(found: list[Case]) -> str:
    return f"{sum(case.met for case in found)} of {len(found)}"


def _print(value: dict[str, Any]) -> None:
    head = ("cases", "decided", "macro_f1", "accuracy", "precision_met", "recall_met")
    rows = [("honest kinds", value["honest"]), ("  red flags of these", value["red_flags"])]
    rows += [(f"kind {name}", row) for name, row in value["by_kind"].items()]
    rows += [(f"section {name}", row) for name, row in value["by_section"].items()]
    print(f"{'':28}" + "".join(f"{name:>15}" for name in head))
    for name, row in rows:
        print(f"{name:28}" + "".join(f"{_shown(row[key]):>15}" for key in head))
    for kind, count in value["dishonest_essentials_met"].items():
        print(f"essential points met by {kind} answers: {count}")
    print(f"criteria met by negated answers: {value['negated_met']}")
    print(f"  of those that the readers hold unmet: {value['negated_met_against_label']}")
    print(f"answers: {value['answers']}; agreement of the two readers (kappa): {_shown(value['readers_kappa'])}")
    ratings = value["model_answers"]
    strong = sum(rating == "strong yes" for rating in ratings.values())
    print(f"model answers rated strong yes: {strong} of {len(ratings)}")
    for id, rating in ratings.items():
        if rating != "strong yes":
            print(f"  {id}: {rating}")


def _shown(value: Any) -> str:
    return "n/a" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--section")
    parser.add_argument("--wrong", action="store_true", help="list every decided verdict that the label contradicts")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    bank = open_bank()
    grader = Offline(bank.lexicon)
    found, readers = cases(bank, grader, arguments.section)
    value = report(found, readers, model_answers(bank, grader, arguments.section))
    if arguments.json:
        print(json.dumps(value, indent=2))
    else:
        _print(value)
    if arguments.wrong:
        for case in found:
            if case.decided and case.met != case.label:
                print(
                    f"{case.question} {case.answer} ({case.kind}) {case.criterion}: {case.outcome}, label {case.label}"
                )


if __name__ == "__main__":
    main()
