"""`prepdrill export` and `prepdrill backup`: the history, out of the tool and back."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from prepdrill.cli.environment import Environment
from prepdrill.errors import PrepdrillError, UsageError

if TYPE_CHECKING:
    from prepdrill.history import Attempt

FORMATS = ("jsonl", "markdown", "anki")


def export(
    format: Annotated[
        str,
        typer.Option(
            "--format", metavar="F", help="jsonl: an attempt a line; markdown; anki: cards of what was missed."
        ),
    ] = "jsonl",
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Write to this new file; earlier cards are replaced.")
    ] = None,
) -> None:
    """Write all attempts as JSON lines or Markdown, or what was missed as Anki cards.

    Questions as they were asked, answers, grades: to standard output or a new file. Cards are of what the last answer
    to a question missed; importing them again updates those that are there.
    """
    if format not in FORMATS:
        raise UsageError(f"--format is {format!r}; there are {', '.join(FORMATS)}.")
    environment = Environment()
    if format == "anki" and (to is None or str(to) == "-"):
        raise UsageError("Cards need a file: prepdrill export --format anki --to missed.apkg")
    if to is None:
        _write(environment, environment.stdout, format)
        return
    if format == "anki":
        environment.talk(_cards(environment, to))
        return
    try:
        with to.open("x", encoding="utf-8") as file:
            count = _write(environment, file, format)
    except FileExistsError:
        raise PrepdrillError(f"{to} exists already; name a new file.") from None
    except OSError as error:
        raise PrepdrillError(f"{to} cannot be written: {error.strerror}.") from None
    environment.talk(f"{count} attempts are in {to}.")


def _write(environment: Environment, file: TextIO, format: str) -> int:
    from prepdrill.cli import shapes

    with environment.past() as history:
        ids = history.ids()
        for id in ids:
            attempt = history.attempt(id)
            if format == "jsonl":
                file.write(jsonlib.dumps(shapes.attempt(attempt), ensure_ascii=False) + "\n")
            else:
                file.write(markdown(attempt) + "\n")
    return len(ids)


def _cards(environment: Environment, to: Path) -> str:
    """Write the Anki cards; what is to be said of it."""
    from prepdrill import cards
    from prepdrill.screen.text import counted

    bank = environment.bank()
    found: list[cards.Card] = []
    with environment.past() as history:
        practised = history.practices().all()
        if not practised:
            return "Nothing was graded yet; `prepdrill drill` makes the first answer."
        for practice in cards.last_missed(practised):
            found += cards.cards(history.attempt(practice.attempt).item, practice.missed, bank.scale.title)
    if not found:
        return "Nothing was missed in the last answer to any question: there is no card to write."
    try:
        content = cards.packed(found, bank.syllabus, environment.wall())
    except ImportError:
        raise PrepdrillError("Cards need one more package: pip install 'prepdrill[anki]'") from None
    environment.write(to, content, str(cards.NOTE_TYPE).encode())
    questions = len({card.point.rsplit("/", 1)[0] for card in found})
    return f"{counted(len(found), 'card')} about {counted(questions, 'question')}. In Anki: File, Import."


def markdown(attempt: Attempt) -> str:
    """One attempt as Markdown: question, answer, grades; what was typed is quoted, so that none of it is markup."""
    from prepdrill.screen.feedback import timing
    from prepdrill.screen.question import prompt_name
    from prepdrill.screen.text import local, scored

    question = attempt.item.question
    lines = [
        f"## Attempt {attempt.id}: {question.title}",
        "",
        f"{question.id}, {local(attempt.started)}, {timing(attempt.seconds, attempt.budget)}",
        "",
        question.scenario,
        "",
        f"**{question.ask}**",
        "",
        *_quoted(attempt.transcript.answer if attempt.submitted is not None else attempt.draft),
    ]
    for exchange in attempt.transcript.exchanges:
        lines += [
            "",
            f"**{prompt_name(exchange.kind)}: {' '.join(exchange.ask.split())}**",
            "",
            *_quoted(exchange.answer),
        ]
    for stored in attempt.grades:
        grade = stored.grade
        lines += ["", f"Grade by {grade.grader.name} {grade.grader.version}, {local(stored.graded)}: "]
        lines[-1] += f"{scored(grade.score.low, grade.score.high)}, {grade.rating or 'no rating yet'}"
        lines.append("")
        for verdict in grade.verdicts:
            asks = attempt.item.rubric.criterion(verdict.criterion).asks
            lines.append(f"- {verdict.outcome}: {asks}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> list[str]:
    return [f"> {line}" for line in (text or "(nothing)").splitlines()]


def backup(
    to: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Write a copy of the history to this new file.")
    ] = None,
    restore: Annotated[
        Path | None, typer.Option("--restore", metavar="FILE", help="Put this copy in the place of the history.")
    ] = None,
) -> None:
    """Copy the history to a file, or put such a copy back.

    What a restored copy replaces is kept beside it.
    """
    from prepdrill import history

    environment = Environment()
    if (to is None) == (restore is None):
        raise UsageError("Name a file to write the copy to, or --restore FILE.")
    if restore is not None:
        kept = history.restore(restore, environment.folders.history)
        environment.talk(f"The history is that of {restore}." + (f" The one before is {kept}." if kept else ""))
        return
    assert to is not None
    with environment.past() as past:
        past.backup(to)
        environment.talk(f"{past.count()} attempts are in {to}.")
