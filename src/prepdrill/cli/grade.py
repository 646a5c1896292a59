"""`prepdrill grade`: an answer from a file, or an attempt once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from prepdrill.cli.environment import Environment
from prepdrill.cli.options import Banks, Json, complete_question
from prepdrill.errors import Interrupted, PrepdrillError, UsageError

if TYPE_CHECKING:
    from prepdrill.bank import Bank
    from prepdrill.history import Attempt, History
    from prepdrill.model import Grade, Item, Transcript


def grade(
    attempt: Annotated[list[int] | None, typer.Argument(help="Numbers of attempts to grade once more.")] = None,
    question: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Grade an answer to this question.", autocompletion=complete_question),
    ] = None,
    answer: Annotated[
        str | None, typer.Option(metavar="FILE", help="The answer to grade; - is standard input.")
    ] = None,
    grader: Annotated[
        str | None, typer.Option(metavar="G", help="offline, or self: you settle what it leaves open.")
    ] = None,
    json: Json = False,
    bank: Banks = None,
) -> None:
    """Grade an answer from a file, or attempts of the history once more.

    An answer from a file is not kept. A new grade of an attempt joins the earlier ones.
    """
    from prepdrill.settings import GRADERS

    environment = Environment()
    name = grader or environment.settings["grader"]
    if name not in GRADERS:
        raise UsageError(f"--grader is {name!r}; there are {', '.join(GRADERS)}.")
    opened = environment.bank(bank)
    if question is not None and answer is not None and not attempt:
        _from_file(environment, opened, question, answer, json)
    elif attempt and question is None and answer is None:
        with environment.history() as history:
            _again(environment, opened, history, attempt, name, json)
    else:
        raise UsageError("Say what to grade: numbers of attempts, or --question ID --answer FILE.")


def _from_file(environment: Environment, bank: Bank, question: str, answer: str, as_json: bool) -> None:
    from prepdrill.cli import shapes
    from prepdrill.model import Transcript
    from prepdrill.screen.feedback import feedback

    item = bank.item(question)
    given = _graded(bank, item, Transcript(environment.answer(answer)))
    if as_json:
        environment.print_json(shapes.grade(given, item))
    else:
        environment.print(feedback(item, given, bank.scale))


def _again(
    environment: Environment, bank: Bank, history: History, attempts: list[int], grader: str, as_json: bool
) -> None:
    from prepdrill.cli import shapes
    from prepdrill.screen.feedback import feedback

    found = [history.attempt(number) for number in attempts]
    for stored in found:
        if stored.submitted is None:
            raise PrepdrillError(f"Attempt {stored.id} was not handed in; there is nothing to grade.")
    shown = []
    for stored in found:
        given = _graded(bank, stored.item, stored.transcript)
        if grader == "self":
            given = _settled(environment, bank, stored, given)
        history.add_grade(stored.id, given, environment.now().wall)
        shown.append(shapes.grade(given, stored.item))
        if not as_json:
            environment.talk(f"Attempt {stored.id}, {stored.item.question.id}")
            environment.print(feedback(stored.item, given, bank.scale))
    if as_json:
        environment.print_json(shown)


def _settled(environment: Environment, bank: Bank, stored: Attempt, given: Grade) -> Grade:
    from prepdrill import scoring
    from prepdrill.cli.drill import desk
    from prepdrill.graders import self_check
    from prepdrill.linear import settle

    if not environment.interactive:
        raise UsageError("--grader self asks you; it needs a terminal.")
    try:
        decisions = settle(desk(environment, bank, "self", None), stored.item, given)
    except KeyboardInterrupt:
        raise Interrupted("\nStopped; the grade stands as it was.") from None
    if not decisions:
        return given
    verdicts = self_check.settled(given, decisions)
    return scoring.grade(stored.item, bank.scale, self_check.ID, given.fingerprint, verdicts)


def _graded(bank: Bank, item: Item, transcript: Transcript) -> Grade:
    from prepdrill import scoring
    from prepdrill.graders.offline import Offline

    grader = Offline(bank.lexicon)
    verdicts = grader(item.question, item.rubric, transcript)
    mark = scoring.fingerprint(item, transcript, grader.id)
    return scoring.grade(item, bank.scale, grader.id, mark, verdicts)
