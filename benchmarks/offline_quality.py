"""How good the offline grader is on the calibration answers, which it was not fitted on.

    python benchmarks/offline_quality.py [--section S] [--wrong] [--criteria] [--json]

Prints, for the honest kinds of answer and for the dishonest ones, what docs/offline-grading.md reports. The questions
are dealt into five folds, and each is graded with constants that were fitted without the development answers of its
fold; the constants that ship are fitted on all.
"""

from __future__ import annotations

import argparse
import itertools
import json
import runpy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from prepdrill import scoring
from prepdrill.bank import Bank, open_bank
from prepdrill.calibration import TRICKS, Case, Graded, Labelled, cases, confusion_of, grouped, readers
from prepdrill.graders.offline import Offline
from prepdrill.model import Outcome, Transcript

CONTRARY: Final = Path(__file__).with_name("development") / "contrary"
FOLDS: Final = 5
WEAK: Final = 0.6


def apart(bank: Bank) -> dict[str, Offline]:
    """Question -> a grader with constants that were fitted without the questions of its fold."""
    fitting = runpy.run_path(str(Path(__file__).with_name("fit_offline.py")))
    rows = fitting["rows"](bank)
    fold_of = {id: number % FOLDS for number, id in enumerate(bank.files)}
    graders = []
    for fold in range(FOLDS):
        others = [row for id, cases in rows.items() if fold_of[id] != fold for row in cases]
        graders.append(Offline(bank.lexicon, fitting["constants"](others)))
    return {id: graders[fold] for id, fold in fold_of.items()}


def graded(bank: Bank, graders: Mapping[str, Offline], section: str | None = None) -> list[Graded]:
    """Every calibration answer with its labels and the verdicts of its question's grader."""
    found = []
    for id in bank.files:
        if section is not None and not id.startswith(section):
            continue
        grader = graders[id]
        item = bank.item(id)
        ids = [criterion.id for criterion in item.rubric.everything]
        for answer in bank.calibration(item):
            first, second = ({id: id in met for id in ids} for met in (answer.met, answer.second_reader))
            labelled = Labelled(answer.id, answer.kind, item, Transcript(answer.text), first, second)
            verdicts = grader(item.question, item.rubric, labelled.transcript)
            found.append(Graded(labelled, (tuple(verdicts),)))
    return found


def report(answers: Sequence[Graded], models: dict[str, str]) -> dict[str, Any]:
    """All figures as one JSON-ready value."""
    found = [case for answer in answers for case in cases(answer)]
    honest = [case for case in found if case.answer.honest]
    negated = [case for case in found if case.kind == "negated" and not case.criterion.red_flag]
    agreed = readers(answer.labelled for answer in answers)
    return {
        "honest": _row(honest),
        "by_kind": {name: _row(part) for name, part in grouped(found, lambda case: case.kind).items()},
        "by_section": {name: _row(part) for name, part in grouped(honest, lambda case: case.section).items()},
        "red_flags": _row([case for case in honest if case.criterion.red_flag]),
        "dishonest_essentials_met": {
            trick: _counted([case for case in found if case.kind == trick and case.criterion.essential])
            for trick in TRICKS
        },
        "negated_met": _counted(negated),
        "negated_met_against_label": _counted([case for case in negated if not case.label]),
        "answers": len(answers),
        "readers_kappa": agreed and agreed.kappa,
        "model_answers": models,
    }


def weak_criteria(answers: Sequence[Graded]) -> dict[str, float]:
    """`question criterion` -> macro-F1 of its decided verdicts on all kinds of answer, where it is below WEAK."""
    found = [case for answer in answers for case in cases(answer)]
    parts = grouped(found, lambda case: f"{case.answer.item.question.id} {case.criterion.id}")
    scores = {name: confusion_of(part).macro_f1 for name, part in parts.items()}
    return {name: score for name, score in scores.items() if score is not None and score < WEAK}


def contrary_met(bank: Bank, graders: Mapping[str, Offline], section: str | None = None) -> str:
    """Of the criteria that the answers of the development set written to contradict miss, how many are called met.

    The gates for denials were developed on these answers: the figure says what is left, not what to expect.
    """
    called, missed = 0, 0
    for id in bank.files:
        path = CONTRARY / f"{id}.yaml"
        if path.exists() and (section is None or id.startswith(section)):
            item = bank.item(id)
            for answer in yaml.safe_load(path.read_text())["answers"]:
                if answer["id"] == "contrary":
                    verdicts = graders[id](item.question, item.rubric, Transcript(answer["text"]))
                    flags = {flag.id for flag in item.rubric.red_flags}
                    wrong = [entry for entry in verdicts if entry.criterion not in flags | set(answer["met"])]
                    missed += len(wrong)
                    called += sum(entry.outcome is Outcome.MET for entry in wrong)
    return f"{called} of {missed}"


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


def _row(found: Sequence[Case]) -> dict[str, Any]:
    counts = confusion_of(found)
    return {
        "cases": counts.cases,
        "decided": counts.decided,
        "macro_f1": counts.macro_f1,
        "accuracy": counts.accuracy,
        "precision_met": counts.precision_met,
        "recall_met": counts.recall_met,
    }


def _counted(found: Sequence[Case]) -> str:
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
    print(f"missed criteria called met in the contrary answers of the development set: {value['contrary_met']}")
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
    parser.add_argument("--criteria", action="store_true", help=f"list the criteria whose macro-F1 is below {WEAK}")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    bank = open_bank()
    graders = apart(bank)
    answers = graded(bank, graders, arguments.section)
    value = report(answers, model_answers(bank, Offline(bank.lexicon), arguments.section))
    value["contrary_met"] = contrary_met(bank, graders, arguments.section)
    if arguments.json:
        print(json.dumps(value, indent=2))
    else:
        _print(value)
    if arguments.criteria:
        for name, score in weak_criteria(answers).items():
            print(f"{name}: {score:.2f}")
    if arguments.wrong:
        for case in itertools.chain.from_iterable(map(cases, answers)):
            if case.decided and not case.right:
                where = f"{case.answer.item.question.id} {case.answer.id} ({case.kind}) {case.criterion.id}"
                print(f"{where}: {case.outcome}, label {case.label}")


if __name__ == "__main__":
    main()
