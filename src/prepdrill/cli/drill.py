"""`prepdrill drill`: pose, time, keep, grade."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from prepdrill.cli import home
from prepdrill.cli.environment import Environment
from prepdrill.cli.options import Banks, Json, Plain, Probe, Sections, complete_question
from prepdrill.errors import Interrupted, JudgeError, PrepdrillError, UsageError

if TYPE_CHECKING:
    from prepdrill.bank import Bank
    from prepdrill.cli.selection import Selection
    from prepdrill.graders import Grader
    from prepdrill.history import History
    from prepdrill.linear import Desk
    from prepdrill.model import Item
    from prepdrill.programme import Programme
    from prepdrill.room.app import Setting
    from prepdrill.schedule import Order
    from prepdrill.second_opinion import SecondOpinion
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
    order: Annotated[
        str, typer.Option(metavar="O", help="mixed (due, weak and new by worth), due, weak, new, random or syllabus.")
    ] = "mixed",
    grader: Annotated[
        str | None,
        typer.Option(metavar="G", help="offline, self (you settle what offline leaves open), or judge."),
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Choose the same questions again.")] = None,
    strict: Annotated[
        bool | None, typer.Option("--strict/--no-strict", help="Hand the answer in when the time is up.")
    ] = None,
    timer: Annotated[bool | None, typer.Option("--timer/--no-timer", help="Run the clock.")] = None,
    probe: Probe = None,
    plain: Plain = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the drill that was cut off.")] = False,
    json: Json = False,
    bank: Banks = None,
) -> None:
    """Answer a question under a clock, and see it graded.

    With no terminal on standard input the answer is read from there.
    """
    from prepdrill.cli.selection import Selection
    from prepdrill.days import day_of
    from prepdrill.model import Plan, Round
    from prepdrill.programme import Programme
    from prepdrill.schedule import seed_of
    from prepdrill.settings import GRADERS

    environment = Environment()
    settings = environment.settings
    chosen_grader = grader or settings["grader"]
    if chosen_grader not in GRADERS:
        raise UsageError(f"--grader is {chosen_grader!r}; there are {', '.join(GRADERS)}.")
    probes = settings["probe"] if probe is None else probe
    if not resume and (chosen_grader == "judge" or probes):
        environment.terms()  # what is missing for it is said before anything is asked
    if json and environment.interactive:
        raise UsageError("--json is for an answer on standard input: prepdrill drill --question ID --json < answer.md")
    opened = environment.bank(bank)
    if resume:
        with environment.history() as history:
            _resume(environment, opened, history, grader, plain, probe=probe)
        home.keep(environment)
        return
    with environment.history() as history:
        notice = _cut_off(history)
        selection = Selection(section or (), topic or (), tier, kind, level)
        drawn = seed if seed is not None else seed_of(day_of(environment.wall()))
        item = functools.cache(opened.ready)
        clock = settings["timer"] if timer is None else timer
        chosen = _named(item, question or []) or _chosen(
            opened, history, selection, count, minutes, order=_order(order), seed=drawn, now=environment.wall()
        )
        rounds = tuple(Round(id, length * 60 if clock else None, why=why) for id, length, why in chosen)
        if not environment.interactive and not question and seed is None:
            raise UsageError("Standard input holds an answer: say to which question, with --question ID.")
        if not environment.interactive and len(rounds) != 1:
            raise UsageError("Standard input holds one answer: name its one question with --question ID.")
        ends = settings["strict"] if strict is None else strict
        programme = Programme.begin(
            history,
            "drill",
            Plan(rounds, probe=probes),
            item,
            environment.now,
            grader=chosen_grader,
            seed=drawn,
            strict=ends,
        )
        if environment.interactive:
            hold(environment, opened, programme, chosen_grader, plain, notice, probe=probes)
        else:
            _from_standard_input(environment, opened, programme, chosen_grader, as_json=json)
        programme.end()
    if environment.interactive:
        home.keep(environment)


def _order(name: str) -> Order:
    from prepdrill.schedule import ORDERS

    for order in ORDERS:
        if order == name:
            return order
    raise UsageError(f"--order is {name!r}; there are {', '.join(ORDERS)}.")


def _cut_off(history: History) -> str:
    attempt = history.unfinished()
    return "" if attempt is None else f"Attempt {attempt} was cut off; `prepdrill drill --resume` goes on with it."


def _named(item: Callable[[str], Item], ids: list[str]) -> list[tuple[str, float, str]]:
    return [(id, item(id).question.minutes, "") for id in ids]


def _chosen(
    bank: Bank,
    history: History,
    selection: Selection,
    count: int | None,
    minutes: float | None,
    *,
    order: Order,
    seed: int,
    now: float,
) -> list[tuple[str, float, str]]:
    """(question, minutes, why it was chosen), in the order in which to ask them."""
    from prepdrill.position import position
    from prepdrill.schedule import choose

    entries = selection.of(bank, bank.listing())
    if not entries:
        raise PrepdrillError("No question fits these options; `prepdrill bank list` shows what there is.")
    where = position(bank, history, now)
    in_play = [entry for entry in entries if entry.id not in where.out]
    if not in_play:
        raise PrepdrillError(
            "Every question that fits these options is suspended, or put off until tomorrow;"
            " `prepdrill schedule` lists them."
        )
    found = choose(
        in_play,
        where.standing,
        order=order,
        seed=seed,
        count=count if count is not None or minutes is not None else 1,
        minutes=minutes,
    )
    return [(choice.question.id, choice.question.minutes, choice.reason) for choice in found]


def desk(
    environment: Environment,
    bank: Bank,
    grader: str,
    plain: bool | None,
    *,
    feedback: bool = True,
    probe: bool = False,
) -> Desk:
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
        feedback=feedback,
        judge=environment.background(bank) if grader == "judge" or probe else None,
        judge_grades=grader == "judge",
        probe=probe,
        due=functools.partial(_due, environment, bank),
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


def hold(
    environment: Environment,
    bank: Bank,
    programme: Programme,
    grader: str,
    plain: bool | None,
    notice: str = "",
    *,
    probe: bool = False,
) -> None:
    """Hold every interview of a session: in the room where the terminal can show it, else line by line."""
    if environment.full_screen(plain):
        in_the_room(environment, bank, programme, setting(environment, bank, grader, notice, probe=probe))
        return
    if notice:
        environment.talk(notice)
    from prepdrill import linear

    held = desk(environment, bank, grader, plain, feedback=not programme.mock, probe=probe)
    if programme.mock and programme.plan.minutes is not None:
        held.say(
            f"An interview of {programme.plan.minutes:g} minutes, in {programme.count} rounds; no grade until its end."
        )
    try:
        while (sitting := programme.next()) is not None:
            linear.hold(held, sitting, programme.place, programme.why)
            if programme.number < programme.count and not _another(held):
                return
        linear.waited(held)
    finally:
        linear.dismiss_judge(held)


def in_the_room(environment: Environment, bank: Bank, programme: Programme, furnished: Setting) -> None:
    """Hold every interview of a session on the full screen, and say in the end what is kept."""
    from prepdrill.room.app import hold

    if environment.in_browser:
        from prepdrill.cli.serve import end_with_server

        end_with_server()
    rows = hold(furnished, programme, environment.talk)
    if not programme.mock:
        from prepdrill.screen.summary import summary

        environment.print(summary(rows, bank.scale))
        for row in rows:
            environment.talk(f"Kept as attempt {row.attempt}: prepdrill review show {row.attempt}")


def setting(
    environment: Environment, bank: Bank, grader: str = "offline", notice: str = "", *, probe: bool = False
) -> Setting:
    """What the room is furnished with in this terminal."""
    from prepdrill.room.app import Setting
    from prepdrill.room.theme import fitting

    def offline() -> Grader:
        from prepdrill.graders.offline import Offline

        return Offline(bank.lexicon)

    return Setting(
        environ=environment.environ,
        syllabus=bank.syllabus,
        theme=fitting(environment.settings["theme"], environment.environ),
        scale=lambda: bank.scale,
        grader=functools.cache(offline),
        judge=functools.cache(lambda: environment.background(bank)) if grader == "judge" or probe else None,
        judge_grades=grader == "judge",
        probe=probe,
        variants=functools.partial(_variants, bank),
        minutes=lambda id: bank.question(id).minutes,
        notice=notice,
        due=functools.partial(_due, environment, bank),
    )


def _due(environment: Environment, bank: Bank) -> dict[str, float]:
    """When each question is due again, with the answers of this session."""
    from prepdrill.position import due_dates

    with environment.past() as history:
        return due_dates(bank, history, environment.now().wall)


def _variants(bank: Bank, item: Item) -> list[str]:
    """Other questions of the same family."""
    question = item.question
    entries = bank.listing() if question.family is not None else []
    return [entry.id for entry in entries if entry.family == question.family and entry.id != question.id]


def _another(desk: Desk) -> bool:
    try:
        return desk.read_line("Press Enter for the next question, or q to stop. ").strip().lower() not in ("q", "quit")
    except EOFError:
        return False
    except KeyboardInterrupt:
        raise Interrupted("\nStopped. Everything is kept: `prepdrill review` lists it.") from None


def _resume(
    environment: Environment,
    bank: Bank,
    history: History,
    grader: str | None,
    plain: bool | None,
    *,
    probe: bool | None,
) -> None:
    """Go on with a session, graded and probed as it was begun unless something else is asked for."""
    from prepdrill.programme import Programme

    session = history.resumable()
    if session is None:
        raise PrepdrillError("There is no drill to go on with; `prepdrill drill` starts one.")
    if not environment.interactive:
        raise UsageError("--resume needs a terminal.")
    chosen = grader or history.session(session).grader
    programme = Programme.resume(history, session, bank.ready, environment.now)
    probes = programme.plan.probe if probe is None else probe
    if chosen == "judge" or probes:
        environment.terms()
    hold(environment, bank, programme, chosen, plain, probe=probes)
    programme.end()
    if programme.mock:
        from prepdrill.cli.mock import shown

        shown(environment, bank, history, session, plain)


def _from_standard_input(
    environment: Environment, bank: Bank, programme: Programme, grader: str, *, as_json: bool
) -> None:
    from prepdrill.cli import shapes
    from prepdrill.errors import HistoryError
    from prepdrill.graders.offline import Offline
    from prepdrill.screen.feedback import feedback
    from prepdrill.sitting import rescue

    answer = environment.answer("-")
    sitting = programme.next()
    assert sitting is not None
    item = sitting.item
    try:
        _hand_in(sitting, answer)
        grade = sitting.graded(Offline(bank.lexicon), bank.scale)
        opinion = _judged(environment, bank, sitting) if grader == "judge" else None
        sitting.end()
    except HistoryError as error:
        raise PrepdrillError(f"{error}\n{rescue(sitting, environment.environ)}") from error
    if opinion is not None and opinion.grade is not None:
        grade = opinion.grade
    if as_json:
        environment.print_json(shapes.grade(grade, item))
    else:
        from prepdrill.screen.text import day

        again = _due(environment, bank).get(item.question.id)
        due = f", due again {day(again)}" if again is not None else ""
        environment.talk(f"{item.question.id}, kept as attempt {sitting.attempt}{due}")
        environment.print(feedback(item, grade, bank.scale))
    if opinion is not None and opinion.failure:
        raise (PrepdrillError if opinion.limited else JudgeError)(opinion.told)


def _judged(environment: Environment, bank: Bank, sitting: Sitting) -> SecondOpinion:
    """The judge's part in a sitting whose answer is in, waited for."""
    from prepdrill.second_opinion import SecondOpinion

    background = environment.background(bank)
    opinion = SecondOpinion(background, sitting, bank.scale)
    try:
        opinion.ask()
        environment.talk("The judge is reading; Ctrl-C goes on without.")
        while opinion.waiting and not opinion.wait(1.0):
            pass
        opinion.take()
    except KeyboardInterrupt:
        sitting.end()
        raise Interrupted(
            f"\nNot waited for: attempt {sitting.attempt} is kept with its offline grade."
            f" Later: prepdrill grade {sitting.attempt} --grader judge"
        ) from None
    finally:
        background.close()
    return opinion


def _hand_in(sitting: Sitting, answer: str) -> None:
    sitting.shown()
    sitting.replace_draft(answer)
    sitting.submit()
