"""`prepdrill drill`: pose, time, keep, grade."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from prepdrill.cli.environment import Environment
from prepdrill.cli.options import Banks, Json, Plain, Sections, complete_question
from prepdrill.errors import Interrupted, PrepdrillError, UsageError

if TYPE_CHECKING:
    from prepdrill.bank import Bank
    from prepdrill.cli.selection import Selection
    from prepdrill.history import History
    from prepdrill.linear import Desk
    from prepdrill.model import Item
    from prepdrill.sitting import Sitting


def drill(
    section: Sections = None,
    topic: Annotated[list[str] | None, typer.Option(metavar="T", help="Only this topic of the syllabus.")] = None,
    tier: Annotated[int | None, typer.Option(metavar="N", help="Only sections of this tier.")] = None,
    kind: Annotated[str | None, typer.Option(metavar="K", help="diagnose, decide, design, explain, ...")] = None,
    level: Annotated[str | None, typer.Option(metavar="L", help="warm-up, core or stretch.")] = None,
    question: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID", help="This very question; may be given several times.", autocompletion=complete_question
        ),
    ] = None,
    count: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How many questions; 1 unless --minutes is given.")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(min=1, metavar="M", help="As many questions as fit into this time.")
    ] = None,
    grader: Annotated[
        str | None,
        typer.Option(metavar="G", help="offline, or self: you settle what the offline grader leaves open."),
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Choose the same questions again.")] = None,
    strict: Annotated[
        bool | None, typer.Option("--strict/--no-strict", help="Hand the answer in when the time is up.")
    ] = None,
    timer: Annotated[bool | None, typer.Option("--timer/--no-timer", help="Run the clock.")] = None,
    plain: Plain = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the drill that was cut off.")] = False,
    json: Json = False,
    bank: Banks = None,
) -> None:
    """Answer a question under a clock, and see it graded.

    With no terminal on standard input the answer is read from there.
    """
    from prepdrill.cli.selection import Selection
    from prepdrill.settings import GRADERS

    environment = Environment()
    settings = environment.settings
    chosen_grader = grader or settings["grader"]
    if chosen_grader not in GRADERS:
        raise UsageError(f"--grader is {chosen_grader!r}; there are {', '.join(GRADERS)}.")
    if json and environment.interactive:
        raise UsageError("--json is for an answer on standard input: prepdrill drill --question ID --json < answer.md")
    opened = environment.bank(bank)
    with environment.history() as history:
        if resume:
            _resume(environment, opened, history, chosen_grader, plain)
            return
        _mention_cut_off(environment, history)
        selection = Selection(section or (), topic or (), tier, kind, level)
        drawn = seed if seed is not None else int(environment.now().wall * 1000) % 2**31
        items = _items(opened, history, selection, question or [], count, minutes, drawn)
        if not environment.interactive and not question and seed is None:
            raise UsageError("Standard input holds an answer: say to which question, with --question ID.")
        clock = settings["timer"] if timer is None else timer
        ends = settings["strict"] if strict is None else strict
        session = history.begin_session("drill", chosen_grader, environment.now().wall, drawn)
        if environment.interactive:
            held = desk(environment, opened, chosen_grader, plain)
            _hold_all(environment, held, history, session, items, clock=clock, strict=ends)
        else:
            _from_standard_input(environment, opened, history, session, items, as_json=json)
        history.end_session(session, environment.now().wall)


def _mention_cut_off(environment: Environment, history: History) -> None:
    attempt = history.unfinished()
    if attempt is not None and environment.interactive:
        environment.talk(f"Attempt {attempt} was cut off; `prepdrill drill --resume` goes on with it.")


def _items(
    bank: Bank,
    history: History,
    selection: Selection,
    named: list[str],
    count: int | None,
    minutes: float | None,
    seed: int,
) -> list[Item]:
    if named:
        return [bank.item(id) for id in named]
    from prepdrill.schedule import choose

    entries = selection.of(bank, bank.listing())
    if not entries:
        raise PrepdrillError("No question fits these options; `prepdrill bank list` shows what there is.")
    syllabus = bank.syllabus
    weights = {section.slug: syllabus.weight(section) for section in syllabus.sections}
    chosen = choose(
        entries,
        attempted=history.attempted(),
        weight=lambda slug: weights.get(slug, 0.0),
        seed=seed,
        count=count if count is not None or minutes is not None else 1,
        minutes=minutes,
    )
    return [bank.item(entry.id) for entry in chosen]


def desk(environment: Environment, bank: Bank, grader: str, plain: bool | None) -> Desk:
    """What an interview in this terminal is held with."""
    from prepdrill.graders.offline import Offline
    from prepdrill.linear import Desk

    linear = environment.plain(plain)
    return Desk(
        console=environment.console(plain=linear),
        read_line=line_reader(),
        environ=environment.environ,
        syllabus=bank.syllabus,
        scale=bank.scale,
        grader=Offline(bank.lexicon),
        plain=linear,
        settle=grader == "self",
    )


def line_reader() -> Callable[[str], str]:
    """`input` with the line editor of the terminal; at Ctrl-C, what stood on the line goes with the exception."""
    try:
        import readline
    except ImportError:  # not on Windows, where the console edits lines itself
        return input

    def read(prompt: str) -> str:
        try:
            return input(prompt)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(readline.get_line_buffer()) from None

    return read


def _hold_all(
    environment: Environment,
    desk: Desk,
    history: History,
    session: int,
    items: list[Item],
    *,
    clock: bool,
    strict: bool,
) -> None:
    from prepdrill.linear import hold, places
    from prepdrill.sitting import Sitting

    for number, (item, place) in enumerate(zip(items, places(len(items)), strict=True), start=1):
        budget = item.question.minutes * 60 if clock else None
        sitting = Sitting.begin(history, session, item, environment.now, budget=budget, strict=strict)
        hold(desk, sitting, place)
        if number < len(items) and not _another(desk):
            return


def _another(desk: Desk) -> bool:
    try:
        return desk.read_line("Press Enter for the next question, or q to stop. ").strip().lower() not in ("q", "quit")
    except EOFError:
        return False
    except KeyboardInterrupt:
        raise Interrupted("\nStopped. Everything is kept: `prepdrill review` lists it.") from None


def _resume(environment: Environment, bank: Bank, history: History, grader: str, plain: bool | None) -> None:
    from prepdrill.linear import hold
    from prepdrill.sitting import Sitting

    attempt = history.unfinished()
    if attempt is None:
        raise PrepdrillError("There is no drill to go on with; `prepdrill drill` starts one.")
    if not environment.interactive:
        raise UsageError("--resume needs a terminal.")
    stored = history.attempt(attempt)
    hold(desk(environment, bank, grader, plain), Sitting.resume(history, stored, environment.now))


def _from_standard_input(
    environment: Environment, bank: Bank, history: History, session: int, items: list[Item], *, as_json: bool
) -> None:
    from prepdrill.cli import shapes
    from prepdrill.errors import HistoryError
    from prepdrill.graders.offline import Offline
    from prepdrill.linear import rescue
    from prepdrill.screen.feedback import feedback
    from prepdrill.sitting import Sitting

    if len(items) != 1:
        raise UsageError("Standard input holds one answer; ask for one question.")
    answer = environment.answer("-")
    item = items[0]
    sitting = Sitting.begin(history, session, item, environment.now, budget=None)
    try:
        _hand_in(sitting, answer)
        grade = sitting.graded(Offline(bank.lexicon), bank.scale)
        sitting.end()
    except HistoryError as error:
        raise PrepdrillError(f"{error}\n{rescue(sitting, environment.environ)}") from error
    if as_json:
        environment.print_json(shapes.grade(grade, item))
        return
    environment.talk(f"{item.question.id}, kept as attempt {sitting.attempt}")
    environment.print(feedback(item, grade, bank.scale))


def _hand_in(sitting: Sitting, answer: str) -> None:
    sitting.shown()
    sitting.replace_draft(answer)
    sitting.submit()
