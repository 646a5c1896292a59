"""`prepdrill schedule`: what is due, what comes, and what is taken out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from prepdrill.cli.environment import Environment
from prepdrill.cli.options import Banks, Json, complete_question

if TYPE_CHECKING:
    from prepdrill.position import Position
    from prepdrill.schedule import Memory

app = typer.Typer(
    help="See what is due and what comes; suspend, put off or reset a question.",
    rich_markup_mode=None,
    invoke_without_command=True,
)

ROWS = 20

Question = Annotated[
    str, typer.Argument(metavar="QUESTION", help="A question's identity.", autocompletion=complete_question)
]


@app.callback()
def schedule(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="All that was answered, not only what is first.")] = False,
    json: Json = False,
    bank: Banks = None,
) -> None:
    """List what was answered by when it is due again, the most pressing first."""
    if context.invoked_subcommand is not None:
        return
    from prepdrill.position import position
    from prepdrill.screen import schedule as screen

    environment = Environment()
    with environment.past() as history:
        where = position(environment.bank(bank), history, environment.now().wall)
    rows = _rows(where)
    if json:
        environment.print_json({"skills": [_shape(where, memory) for memory in rows], "out": sorted(where.out)})
        return
    if not rows:
        environment.talk("Nothing was answered yet; `prepdrill drill` makes the first.")
    else:
        shown = rows if everything else rows[:ROWS]
        environment.print(screen.table(shown, where.today))
        if len(shown) < len(rows):
            environment.talk(f"{len(rows) - len(shown)} more: --all")
    for line in screen.leeches(rows):
        environment.print(line)
    if where.out:
        environment.print(f"Suspended, or put off until tomorrow: {', '.join(sorted(where.out))}")


@app.command()
def suspend(question: Question, bank: Banks = None) -> None:
    """Ask a question no more, until it is restored."""
    _mark(question, bank, "suspend", "is not asked any more; `prepdrill schedule restore` brings it back.")


@app.command()
def restore(question: Question, bank: Banks = None) -> None:
    """Ask a question again that was suspended or put off."""
    _mark(question, bank, "restore", "can be asked again.")


@app.command()
def bury(question: Question, bank: Banks = None) -> None:
    """Put a question off until tomorrow."""
    _mark(question, bank, "bury", "is put off until tomorrow.")


@app.command()
def reset(question: Question, bank: Banks = None) -> None:
    """Count a question and its family as never answered; the answers stay in the history."""
    _mark(question, bank, "reset", "and its family count as new from now on; the answers are kept.")


def _mark(question: str, bank: Banks, kind: str, told: str) -> None:
    from prepdrill.model import MarkKind

    environment = Environment()
    id = environment.bank(bank).question(question).id  # an unknown one is named with the nearest
    with environment.history() as history:
        history.practices().mark(id, MarkKind(kind), environment.now().wall)
    environment.talk(f"{id} {told}")


def _rows(where: Position) -> list[Memory]:
    """What was answered and is still in play, the most pressing first."""
    in_play = {entry.family or entry.id for entry in where.in_play}
    found = (memory for skill, memory in where.standing.memories.items() if skill in in_play)
    return sorted(found, key=lambda memory: (memory.due, memory.retrievability(where.today), memory.skill))


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
