"""`prepdrill schedule`: what is due, what comes, and what is taken out of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prepdrill.cli.environment import Environment
from prepdrill.cli.options import Banks, Json, complete_question

if TYPE_CHECKING:
    from prepdrill.bank import Bank
    from prepdrill.position import Position
    from prepdrill.schedule import Memory

app = typer.Typer(
    help="See what is due and what comes; suspend, put off or reset a question.",
    rich_markup_mode=None,
    invoke_without_command=True,
)

ROWS = 20

Question = Annotated[
    str,
    typer.Argument(
        metavar="QUESTION", help="A question, or a family: all of its questions.", autocompletion=complete_question
    ),
]


@app.callback()
def schedule(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="All that was answered, not only what is first.")] = False,
    json: Json = False,
    bank: Banks = None,
) -> None:
    """List the skills that were answered: those due first, most likely forgotten before others, then by when they are.

    A skill is a family of questions that test one thing, or a question that stands alone.
    """
    if context.invoked_subcommand is not None:
        return
    from prepdrill.position import position
    from prepdrill.screen import schedule as screen

    environment = Environment()
    with environment.past() as history:
        where = position(environment.bank(bank), history, environment.wall())
    rows = _rows(where)
    if json:
        environment.print_json(
            {
                "skills": [_shape(where, memory) for memory in rows],
                "out": sorted(where.out),
                "reset": sorted(where.orders.resets),
            }
        )
        return
    if not rows:
        environment.talk(
            "Nothing that was answered is asked again."
            if where.practices
            else "Nothing was answered yet; `prepdrill drill` makes the first."
        )
    else:
        shown = rows if everything else rows[:ROWS]
        environment.print(screen.table(shown, where.today, environment.width))
        if len(shown) < len(rows):
            environment.print(f"{len(rows) - len(shown)} more: prepdrill schedule --all")
        environment.print(screen.LEGEND)
    for text in screen.leeches(rows, _asks(environment, bank, rows), environment.width, whole=everything):
        environment.print(text)
    for name, ids in (
        ("Suspended", where.orders.suspended),
        ("Put off until tomorrow", where.orders.buried),
        ("Reset", where.orders.resets),
    ):
        if ids:
            environment.print(f"{name}: {', '.join(sorted(ids))}")


@app.command()
def suspend(question: Question, bank: Banks = None) -> None:
    """Ask a question no more, until it is restored."""
    _mark(question, bank, "suspend", "is not asked any more; `prepdrill schedule restore` brings it back.")


@app.command()
def restore(question: Question, bank: Banks = None) -> None:
    """Ask a question again that was suspended or put off, or take back its reset."""
    _mark(question, bank, "restore", "")


@app.command()
def bury(question: Question, bank: Banks = None) -> None:
    """Put a question off until tomorrow."""
    _mark(question, bank, "bury", "is put off until tomorrow.")


@app.command()
def reset(question: Question, bank: Banks = None) -> None:
    """Count a question and its family as never answered; the answers stay in the history."""
    _mark(question, bank, "reset", "and its family count as never answered; `schedule restore` takes it back.")


def _mark(name: str, bank: Banks, kind: str, told: str) -> None:
    from prepdrill.days import day_of
    from prepdrill.model import MarkKind
    from prepdrill.schedule import orders

    environment = Environment()
    found, now = _questions(environment.bank(bank), name), environment.wall()
    with environment.history() as history:
        before = orders(history.practices().marks(), day_of, day_of(now))
        for id in found:
            if kind == "bury" and id in before.suspended:
                environment.talk(f"{id} is suspended, and stays so until it is restored.")
                continue
            history.practices().mark(id, MarkKind(kind), now)
            if kind == "restore":
                told = (
                    "can be asked again."
                    if id in before.out
                    else "counts with all its answers again."
                    if id in before.resets
                    else "was neither suspended, put off nor reset."
                )
            environment.talk(f"{id} {told}")


def _questions(bank: Bank, name: str) -> list[str]:
    """The question of this name, or those of the family; raises PrepdrillError, naming the nearest, for neither."""
    family = [entry.id for entry in bank.listing() if entry.family == name]
    return family or [bank.question(name).id]


def _rows(where: Position) -> list[Memory]:
    """What was answered and is still in play: what is due, the most likely forgotten first, then by when it is."""
    in_play = {entry.family or entry.id for entry in where.in_play}
    found = (memory for skill, memory in where.standing.memories.items() if skill in in_play)
    return sorted(
        found,
        key=lambda memory: (max(memory.due, where.today), memory.retrievability(where.today), memory.skill),
    )


def _asks(environment: Environment, bank: Banks, memories: Sequence[Memory]) -> dict[str, str]:
    """Criterion -> what it asks, of the questions that leeches were asked in and the bank still has."""
    opened = environment.bank(bank)
    asked = {review.question for memory in memories if memory.is_leech for review in memory.reviews}
    return {
        criterion.id: criterion.asks
        for id in sorted(asked & opened.files.keys())
        for criterion in opened.ready(id).rubric.with_twist.everything
    }


def _shape(where: Position, memory: Memory) -> dict[str, Any]:
    from prepdrill.days import date_of

    return {
        "skill": memory.skill,
        "questions": sorted({review.question for review in memory.reviews}),
        "due": date_of(memory.due).isoformat(),
        "reviews": len(memory.reviews),
        "last": {
            "date": date_of(memory.last.day).isoformat(),
            "question": memory.last.question,
            "share": round(memory.last.share, 4),
            "recall": memory.last.recall.name.lower(),
        },
        "retrievability": round(memory.retrievability(where.today), 4),
        "stability_days": round(memory.stability, 2),
        "mastered": memory.is_mastered,
        "leech": memory.is_leech,
        "keeps_missing": memory.keeps_missing(),
    }
