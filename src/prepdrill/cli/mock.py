"""`prepdrill mock`: a whole interview, and the scorecards of those that were held."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prepdrill.cli import drill, home
from prepdrill.cli.environment import Environment
from prepdrill.cli.options import Banks, Json, Plain, Probe, Sections
from prepdrill.errors import PrepdrillError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prepdrill.bank import Bank
    from prepdrill.history import History
    from prepdrill.model import Plan
    from prepdrill.programme import Programme
    from prepdrill.scorecard import CostlyMoment, RoundScore, Scorecard

app = typer.Typer(rich_markup_mode=None, invoke_without_command=True)

FORMATS = ("markdown", "html")
GRADERS = ("offline", "judge")
"""Nothing is asked of the candidate between two rounds; what is open is settled afterwards."""

Number = Annotated[
    int | None, typer.Argument(metavar="[N]", help="Number of the interview; the newest if none is given.")
]


@app.callback()
def mock(
    context: typer.Context,
    minutes: Annotated[int, typer.Option(metavar="M", help="30, 45 or 60.")] = 45,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Choose the same questions again.")] = None,
    strict: Annotated[
        bool | None, typer.Option("--strict/--no-strict", help="Hand an answer in when its time is up.")
    ] = None,
    timer: Annotated[bool | None, typer.Option("--timer/--no-timer", help="Run the clock.")] = None,
    grader: Annotated[str | None, typer.Option(metavar="G", help="offline, or judge.")] = None,
    probe: Probe = None,
    plain: Plain = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the interview that was cut off.")] = False,
    section: Sections = None,
    bank: Banks = None,
) -> None:
    """Sit a whole interview: several rounds, one scorecard.

    A warm-up, a log to diagnose, a decision, an experiment to design; 45 and 60 minutes add more. Each has follow-ups,
    one brings up something new. No grade in between, one scorecard at the end.
    """
    if context.invoked_subcommand is not None:
        return
    from prepdrill.mock import LENGTHS

    if minutes not in LENGTHS:
        raise UsageError(f"--minutes is {minutes}; an interview takes {', '.join(map(str, LENGTHS))}.")
    environment = Environment()
    if not environment.interactive:
        raise UsageError("A mock interview needs a terminal; `prepdrill drill` takes one answer on standard input.")
    chosen = _grader(environment, grader)
    probes = environment.settings["probe"] if probe is None else probe
    opened = environment.bank(bank)
    with environment.history() as history:
        if resume:
            programme = _resumed(environment, opened, history)
            chosen = grader or history.session(programme.session).grader
            probes = programme.plan.probe if probe is None else probe
        else:
            drawn = seed if seed is not None else int(environment.now().wall * 1000) % 2**31
            clock = environment.settings["timer"] if timer is None else timer
            if chosen == "judge" or probes:
                environment.terms()  # what is missing for it is said before the interview begins
            plan = dataclasses.replace(_plan(opened, history, section or (), minutes, drawn, clock=clock), probe=probes)
            ends = environment.settings["strict"] if strict is None else strict
            programme = _begun(environment, opened, history, plan, chosen, drawn, strict=ends)
        drill.hold(environment, opened, programme, chosen, plain, probe=probes)
        programme.end()
        shown(environment, opened, history, programme.session, plain)
    home.keep(environment)


@app.command("list")
def list_interviews(json: Json = False, bank: Banks = None) -> None:
    """List the interviews, the newest first."""
    from prepdrill import interviews
    from prepdrill.programme import MOCK

    environment = Environment()
    opened = environment.bank(bank)
    with environment.past() as history:
        sessions = history.sessions(MOCK)
        cards = [(session, interviews.card(history, session.id, opened.scale)) for session in sessions]
    if json:
        environment.print_json([shape(session.id, session.started, card) for session, card in cards])
    elif not cards:
        environment.talk("There is no mock interview yet; `prepdrill mock` holds the first.")
    else:
        from prepdrill.screen.scorecard import listed

        environment.print(listed(cards))


@app.command()
def show(number: Number = None, json: Json = False, plain: Plain = None, bank: Banks = None) -> None:
    """Show the scorecard of one interview."""
    from prepdrill import interviews

    environment = Environment()
    opened = environment.bank(bank)
    with environment.past() as history:
        session = interviews.find(history, number)
        if json:
            card = interviews.card(history, session.id, opened.scale)
            environment.print_json(shape(session.id, session.started, card))
        else:
            shown(environment, opened, history, session.id, plain)


@app.command()
def export(
    number: Number = None,
    format: Annotated[str, typer.Option("--format", metavar="F", help="markdown or html.")] = "markdown",
    to: Annotated[Path | None, typer.Option("--to", metavar="FILE", help="Write to this new file.")] = None,
    bank: Banks = None,
) -> None:
    """Write one interview as Markdown or as a web page.

    The scorecard, and every round with question, answers and verdicts: to standard output or a new file. The page
    holds all that it shows.
    """
    if format not in FORMATS:
        raise UsageError(f"--format is {format!r}; there are {', '.join(FORMATS)}.")
    environment = Environment()
    text, name = _written(environment, environment.bank(bank), number, format)
    if to is None:
        environment.stdout.write(text)
        return
    try:
        with to.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise PrepdrillError(f"{to} exists already; name a new file.") from None
    except OSError as error:
        raise PrepdrillError(f"{to} cannot be written: {error.strerror}.") from None
    environment.talk(f"{name} is in {to}.")


# --- the interview


def _plan(bank: Bank, history: History, sections: Sequence[str], minutes: int, seed: int, *, clock: bool) -> Plan:
    from prepdrill.cli.selection import Selection
    from prepdrill.mock import compose

    syllabus = bank.syllabus
    weights = {section.slug: syllabus.weight(section) for section in syllabus.sections}
    plan = compose(
        Selection(sections).of(bank, bank.listing()),
        minutes=minutes,
        attempted=history.attempted(),
        weight=lambda slug: weights.get(slug, 0.0),
        seed=seed,
    )
    return plan if clock else _without_clock(plan)


def _without_clock(plan: Plan) -> Plan:
    rounds = tuple(dataclasses.replace(entry, budget=None) for entry in plan.rounds)
    return dataclasses.replace(plan, rounds=rounds)


def _grader(environment: Environment, named: str | None) -> str:
    """Who grades: as named, or as set."""
    if named is not None and named not in GRADERS:
        raise UsageError(f"--grader is {named!r}; there are {', '.join(GRADERS)}.")
    return "judge" if (named or environment.settings["grader"]) == "judge" else "offline"


def _begun(
    environment: Environment, bank: Bank, history: History, plan: Plan, grader: str, seed: int, *, strict: bool
) -> Programme:
    from prepdrill.programme import MOCK, Programme

    return Programme.begin(history, MOCK, plan, bank.ready, environment.now, grader=grader, seed=seed, strict=strict)


def _resumed(environment: Environment, bank: Bank, history: History) -> Programme:
    from prepdrill import interviews
    from prepdrill.programme import Programme

    session = interviews.resumable(history)
    if session is None:
        raise PrepdrillError("There is no interview to go on with; `prepdrill mock` starts one.")
    return Programme.resume(history, session, bank.ready, environment.now)


# --- its scorecard


def shown(environment: Environment, bank: Bank, history: History, session: int, plain: bool | None) -> None:
    """Print the scorecard of an interview."""
    from prepdrill import interviews
    from prepdrill.screen.scorecard import scorecard

    linear = environment.plain(plain)
    environment.print(f"{interviews.title(history.session(session))}\n")
    environment.print(scorecard(interviews.card(history, session, bank.scale), plain=linear), plain=linear)
    environment.talk(f"The whole of it as a page: prepdrill mock export {session} --format html --to FILE")


def _written(environment: Environment, bank: Bank, number: int | None, format: str) -> tuple[str, str]:
    """An interview as a document, and what it is called."""
    from prepdrill import interviews

    with environment.past() as history:
        session = interviews.find(history, number)
        card = interviews.card(history, session.id, bank.scale)
    title = interviews.title(session)
    if format == "html":
        from prepdrill.page import scorecard_page

        return scorecard_page(card, title=title), title
    from prepdrill.screen.scorecard import markdown

    return markdown(card, title=title), title


def shape(session: int, started: float, card: Scorecard) -> dict[str, Any]:
    """A scorecard as docs/json.md describes it."""
    from prepdrill.cli import shapes

    return {
        "interview": session,
        "started": shapes.iso(started),
        "minutes": card.minutes,
        "planned": card.planned,
        "unfinished": card.unfinished,
        "score": {"low": round(card.low, 4), "high": round(card.high, 4)} if card.counted else None,
        "rating": card.rating,
        "open": card.open,
        "reasons": list(card.reasons),
        "rounds": [_round_shape(entry) for entry in card.rounds],
        "dimensions": [
            {
                "dimension": entry.slug,
                "points": entry.points,
                "low": round(entry.low, 4),
                "high": round(entry.high, 4),
                "level": entry.anchor,
            }
            for entry in card.dimensions
        ],
        "costly": [_moment_shape(moment) for moment in card.costly],
        "next": [{"command": entry.command, "reason": entry.reason} for entry in card.next],
    }


def _round_shape(entry: RoundScore) -> dict[str, Any]:
    performance = entry.performance
    return {
        "role": performance.role,
        "question": performance.item.question.id,
        "attempt": performance.attempt,
        "state": performance.state,
        "points": entry.points,
        "score": {"low": round(entry.low, 4), "high": round(entry.high, 4)} if entry.counted else None,
        "seconds": round(performance.seconds, 1),
        "budget": performance.budget,
        "prompted_seconds": round(performance.prompted, 1),
        "confidence": performance.confidence,
        "twist": performance.item.rubric.twisted,
        "missed_essentials": [criterion.id for criterion in entry.missed_essentials],
        "red_flags": [criterion.id for criterion in entry.red_flags],
        "open": entry.open,
        "asked": list(performance.asked),
    }


def _moment_shape(moment: CostlyMoment) -> dict[str, Any]:
    evidence = moment.verdict.evidence if moment.verdict is not None else None
    return {
        "round": moment.number,
        "kind": moment.kind,
        "criterion": moment.verdict.criterion if moment.verdict is not None else None,
        "asks": moment.asks,
        "points": moment.points,
        "essential": moment.essential,
        "quote": evidence.quote if evidence is not None else None,
    }
