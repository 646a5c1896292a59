"""`prepdrill grade`: an answer from a file, or attempts of the history once more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prepdrill.cli.environment import Environment
from prepdrill.cli.options import Banks, BaseUrl, Json, Model, complete_question
from prepdrill.errors import Interrupted, JudgeError, PrepdrillError, UsageError

if TYPE_CHECKING:
    from prepdrill.bank import Bank
    from prepdrill.history import Attempt, History
    from prepdrill.judging import Terms
    from prepdrill.model import Grade, Item, Transcript
    from prepdrill.regrading import Regrading


def grade(
    attempt: Annotated[list[int] | None, typer.Argument(help="Numbers of attempts to grade once more.")] = None,
    question: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Grade an answer to this question.", autocompletion=complete_question),
    ] = None,
    answer: Annotated[
        str | None, typer.Option(metavar="FILE", help="The answer to grade; - is standard input.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every attempt that was handed in.")] = False,
    since: Annotated[
        str | None, typer.Option(metavar="WHEN", help="Attempts from this day on: 2026-11-23, or 7d for a week.")
    ] = None,
    grader: Annotated[
        str | None, typer.Option(metavar="G", help="offline, self (you settle what is open), or judge.")
    ] = None,
    model: Model = None,
    base_url: BaseUrl = None,
    json: Json = False,
    bank: Banks = None,
) -> None:
    """Grade an answer from a file, or attempts of the history once more.

    An answer from a file is not kept. A new grade of an attempt joins the earlier ones. With --all and --since, what a
    grader has graded already on the same inputs stays as it is, so a run that was stopped goes on where it was.
    """
    from prepdrill.settings import GRADERS

    environment = Environment()
    name = grader or environment.settings["grader"]
    if name not in GRADERS:
        raise UsageError(f"--grader is {name!r}; there are {', '.join(GRADERS)}.")
    if name != "judge" and (model is not None or base_url is not None):
        raise UsageError("--model and --base-url are for a judge; add --grader judge.")
    terms = environment.terms(model=model, base_url=base_url) if name == "judge" else None
    many = everything or since is not None
    opened = environment.bank(bank)
    if question is not None and answer is not None and not attempt and not many:
        _from_file(environment, opened, question, answer, terms, json)
        return
    if question is not None or answer is not None or bool(attempt) == many:
        raise UsageError("Say what to grade: numbers of attempts, --all, --since WHEN, or --question ID --answer FILE.")
    with environment.history() as history:
        if many:
            if name == "self":
                raise UsageError("--grader self asks you about one attempt after the other; name their numbers.")
            _all(environment, opened, history, _since(environment, since), terms, json)
        else:
            _again(environment, opened, history, attempt or [], name, terms, json)


def _since(environment: Environment, text: str | None) -> float | None:
    from prepdrill.cli.review import day

    return None if text is None else day(text, environment).timestamp()


# --- one answer


def _from_file(
    environment: Environment, bank: Bank, question: str, answer: str, terms: Terms | None, as_json: bool
) -> None:
    from prepdrill.cli import shapes
    from prepdrill.model import Transcript
    from prepdrill.regrading import offline
    from prepdrill.screen.feedback import feedback

    item = bank.item(question)
    transcript = Transcript(environment.answer(answer))
    if terms is None:
        given = offline(bank.lexicon, bank.scale)(item, transcript)
    else:
        with environment.history() as history:
            given = _judged(environment, bank, history, terms, item, transcript)
    if as_json:
        environment.print_json(shapes.grade(given, item))
    else:
        environment.print(feedback(item, given, bank.scale))


def _judged(
    environment: Environment, bank: Bank, history: History, terms: Terms, item: Item, transcript: Transcript
) -> Grade:
    import asyncio

    from prepdrill import judging

    async def judged() -> Grade:
        async with judging.opened(terms, bank.lexicon, history, terms.purse, lambda: environment.now().wall) as judge:
            return judging.grade(item, bank.scale, judge.judge, await judge.judged(item, transcript))

    try:
        return asyncio.run(judged())
    except KeyboardInterrupt:
        raise Interrupted("\nStopped; nothing was graded.") from None


# --- attempts by number


def _again(
    environment: Environment,
    bank: Bank,
    history: History,
    attempts: list[int],
    grader: str,
    terms: Terms | None,
    as_json: bool,
) -> None:
    from prepdrill.cli import shapes
    from prepdrill.regrading import offline
    from prepdrill.screen.feedback import feedback

    found = [history.attempt(number) for number in dict.fromkeys(attempts)]
    for stored in found:
        if stored.submitted is None:
            raise PrepdrillError(f"Attempt {stored.id} was not handed in; there is nothing to grade.")
    regrading = None if terms is None else _regrading(environment, bank, history, terms)
    if regrading is not None:
        _run(environment, regrading, [stored.id for stored in found], anew=True)
    shown = []
    for stored in found:
        if regrading is not None:
            given = regrading.grades.get(stored.id)
        elif grader == "self":
            given = _settled(environment, bank, history, stored)
        else:
            given = offline(bank.lexicon, bank.scale)(stored.item, stored.transcript)
            history.add_grade(stored.id, given, environment.now().wall)
        if given is None:
            continue
        shown.append(shapes.grade(given, stored.item))
        if not as_json:
            environment.talk(f"Attempt {stored.id}, {stored.item.question.id}")
            environment.print(feedback(stored.item, given, bank.scale))
    if as_json:
        environment.print_json(shown)
    if regrading is not None:
        _complain(environment, regrading)


def _settled(environment: Environment, bank: Bank, history: History, stored: Attempt) -> Grade:
    """The newest grade with what the candidate says to what it left open; kept if they said something."""
    from prepdrill import scoring
    from prepdrill.cli.drill import desk
    from prepdrill.graders import self_check
    from prepdrill.linear import settle
    from prepdrill.regrading import offline

    if not environment.interactive:
        raise UsageError("--grader self asks you; it needs a terminal.")
    if stored.grades:
        given = stored.grades[-1].grade
    else:
        given = offline(bank.lexicon, bank.scale)(stored.item, stored.transcript)
        history.add_grade(stored.id, given, environment.now().wall)
    try:
        decisions = settle(desk(environment, bank, "self", None), stored.item, given)
    except KeyboardInterrupt:
        raise Interrupted("\nStopped; the grade stands as it was.") from None
    if not decisions:
        return given
    verdicts = self_check.settled(given, decisions)
    decided = scoring.grade(stored.item, bank.scale, self_check.ID, given.fingerprint, verdicts)
    history.add_grade(stored.id, decided, environment.now().wall)
    return decided


# --- many attempts


def _all(
    environment: Environment, bank: Bank, history: History, since: float | None, terms: Terms | None, as_json: bool
) -> None:
    attempts = history.handed_in(since)
    if not attempts and not as_json:
        environment.talk("There is no such attempt yet; `prepdrill review` lists what there is.")
        return
    regrading = _regrading(environment, bank, history, terms)
    _run(environment, regrading, attempts)
    if as_json:
        environment.print_json(shape(regrading))
    else:
        environment.print(_told(regrading))
    _complain(environment, regrading)


def _regrading(environment: Environment, bank: Bank, history: History, terms: Terms | None) -> Regrading:
    from prepdrill.regrading import Regrading

    return Regrading(history, bank.lexicon, bank.scale, lambda: environment.now().wall, terms)


def _run(environment: Environment, regrading: Regrading, attempts: Sequence[int], *, anew: bool = False) -> None:
    try:
        with environment.progress("Grading", len(attempts)) as advance:
            regrading.run(attempts, advance, anew=anew)
    except KeyboardInterrupt:
        raise Interrupted(
            f"\nStopped after {regrading.done} of {regrading.asked}; the same command goes on with the rest."
        ) from None


def shape(regrading: Regrading) -> dict[str, Any]:
    """A run as docs/json.md describes it."""
    purse, stopped = regrading.purse, regrading.tally and regrading.tally.stopped
    return {
        "attempts": regrading.asked,
        "graded": regrading.graded,
        "already": regrading.already,
        "failed": len(regrading.failures),
        "calls": purse.calls if purse else 0,
        "found": purse.found if purse else 0,
        "prompt_tokens": purse.prompt_tokens if purse else 0,
        "completion_tokens": purse.completion_tokens if purse else 0,
        "cost": purse.cost if purse else None,
        "stopped": str(stopped) if stopped else None,
    }


def _told(regrading: Regrading) -> str:
    """`Graded 180 of 200 attempts; 20 had this very grade already.`, and what it took."""
    sentence = f"Graded {regrading.graded} of {regrading.asked} attempt{'' if regrading.asked == 1 else 's'}"
    if regrading.already:
        sentence += f"; {regrading.already} had this very grade already"
    if regrading.kept:
        sentence += f"; what you had settled stays settled in {regrading.kept}"
    if regrading.failures:
        sentence += f"; {len(regrading.failures)} failed"
    purse = regrading.purse
    if purse is None:
        return f"{sentence}."
    cost = f", cost {purse.cost:.4g}" if purse.cost is not None else ""
    tokens = f"{purse.prompt_tokens:,} tokens sent, {purse.completion_tokens:,} received{cost}"
    found = f"{purse.found:,} {'reply' if purse.found == 1 else 'replies'} found in the history"
    return f"{sentence}.\n{purse.calls:,} call{'' if purse.calls == 1 else 's'}, {found}; {tokens}."


def _complain(environment: Environment, regrading: Regrading) -> None:
    """Say what failed, and raise it: what stopped the run, or else that something is left."""
    for number, error in regrading.failures[:MOST_SHOWN]:
        environment.talk(f"Attempt {number}: {error}")
    tally = regrading.tally
    if tally is not None and tally.stopped is not None and not isinstance(tally.stopped, JudgeError):
        raise tally.stopped
    if tally is not None and tally.stopped is not None and len(regrading.failures) > 1:
        environment.talk(f"Given up after {len(regrading.failures)} failures.")
    if regrading.failures:
        rest = regrading.asked - regrading.done
        raise JudgeError(f"Not graded: {rest} of {regrading.asked}. The same command goes on with the rest.")


MOST_SHOWN = 10
"""Failures that are named."""
