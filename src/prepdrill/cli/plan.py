"""`prepdrill plan`: day by day until the interview."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prepdrill.cli.environment import Environment
from prepdrill.cli.options import Banks, Json
from prepdrill.errors import PrepdrillError, UsageError

if TYPE_CHECKING:
    from prepdrill.bank import Entry
    from prepdrill.plan import Planned, Preparation
    from prepdrill.position import Position

SEED = 1
"""The plan imagines one course of things; which one does not matter, but it should not change from call to call."""


FURTHEST = 2 * 366
"""Days that a plan can be long."""


def plan(
    interview: Annotated[
        str | None, typer.Option(metavar="DATE", help="The day of the interview, such as 2027-01-15; it is remembered.")
    ] = None,
    minutes: Annotated[float | None, typer.Option(metavar="M", help="Minutes of practice on a day.")] = None,
    days: Annotated[str | None, typer.Option(metavar="D", help="Days of practice: mon-fri, mon,sat or all.")] = None,
    forget: Annotated[bool, typer.Option("--forget", help="Forget the day of the interview.")] = False,
    ics: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the days as a calendar.")] = None,
    markdown: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the days as Markdown; - for standard output.")
    ] = None,
    json: Json = False,
    bank: Banks = None,
) -> None:
    """Plan every day until the interview, by weight, weakness and forgetting; it is made anew from today each time."""
    environment = Environment()
    if forget:
        _store(environment, "plan.interview", "")
        environment.talk("The day of the interview is forgotten.")
        return
    from prepdrill.days import date_of, day_of
    from prepdrill.position import position

    today = day_of(environment.wall())
    if interview:
        with contextlib.suppress(ValueError):  # what is no date is refused where it is stored
            _check(datetime.date.fromisoformat(interview.strip()), date_of(today))
    _remember(environment, interview, minutes, days)
    date = interview_of(environment)
    if date is None:
        raise UsageError("When is the interview? For example: prepdrill plan --interview 2027-01-15 --minutes 40")
    _check(date, date_of(today))
    with environment.past() as history:
        where = position(environment.bank(bank), history, environment.wall())
    day = today + (date - date_of(today)).days
    value = _prepared(environment, where, day)
    written: Callable[[int], str] = lambda at: date_of(at).strftime("%a %Y-%m-%d")  # noqa: E731
    if ics is not None:
        _write(environment, ics, _calendar(value, day))
    if markdown is not None:
        from prepdrill.plan import markdown as as_markdown

        _write(environment, markdown, as_markdown(value, day, written).encode())
    if json:
        environment.print_json(_shape(value, date))
    elif ics is None and markdown is None:
        from prepdrill.screen.plan import plan as shown

        environment.print(shown(value, day - where.today, written))


def interview_of(environment: Environment) -> datetime.date | None:
    """The day of the interview, None if none was named."""
    text = environment.settings["plan.interview"]
    return datetime.date.fromisoformat(text) if text else None


def _check(date: datetime.date, today: datetime.date) -> None:
    """Refuse an interview that is past, or so far away that its year must be wrong."""
    if date < today:
        raise PrepdrillError(
            f"The interview was on {date.isoformat()}, which is past. Another one: prepdrill plan --interview DATE;"
            " none: prepdrill plan --forget"
        )
    if (date - today).days > FURTHEST:
        raise PrepdrillError(
            f"The interview on {date.isoformat()} is more than two years away; is its year right? Another one:"
            " prepdrill plan --interview DATE; none: prepdrill plan --forget"
        )


def _remember(environment: Environment, interview: str | None, minutes: float | None, days: str | None) -> None:
    """Store what was given; the settings are read after it."""
    for name, value in (("interview", interview), ("minutes", minutes), ("days", days)):
        if value is not None:
            _store(environment, f"plan.{name}", str(value))


def _store(environment: Environment, name: str, value: str) -> None:
    from prepdrill.settings import store

    store(environment.folders.settings, name, value)


def _prepared(environment: Environment, where: Position, day: int) -> Preparation[Entry]:
    from prepdrill.days import weekdays
    from prepdrill.plan import prepare, slots

    settings = environment.settings
    found = slots(where.today, day, settings["plan.minutes"], weekdays(settings["plan.days"]))
    return prepare(where.in_play, where.standing, found, seed=SEED)


def _calendar(value: Preparation[Entry], interview: int) -> bytes:
    from prepdrill.days import date_of

    try:
        import icalendar
    except ImportError:
        raise PrepdrillError("A calendar needs one more package: pip install 'prepdrill[calendar]'") from None
    from prepdrill.plan import said

    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//prepdrill//plan//EN")
    calendar.add("version", "2.0")
    entries = [(planned.slot.day, f"prepdrill: {said(planned)}") for planned in value.days]
    for day, text in [*entries, (interview, "Interview")]:
        event = icalendar.Event()
        date = date_of(day)
        event.add("uid", f"{date.isoformat()}@prepdrill")  # the same each time, so that a calendar updates its entries
        event.add("dtstamp", datetime.datetime.combine(date, datetime.time(), datetime.UTC))
        event.add("dtstart", date)
        event.add("summary", text)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _write(environment: Environment, path: Path, content: bytes) -> None:
    if str(path) == "-":
        environment.stdout.write(content.decode())
        return
    try:
        path.write_bytes(content)
    except OSError as error:
        raise PrepdrillError(f"{path} cannot be written: {error.strerror}.") from None
    environment.talk(f"Written to {path}.")


def _shape(value: Preparation[Entry], interview: datetime.date) -> dict[str, Any]:
    from prepdrill.days import date_of

    def day(planned: Planned[Entry]) -> dict[str, Any]:
        return {
            "date": date_of(planned.slot.day).isoformat(),
            "kind": planned.slot.kind,
            "minutes": planned.slot.minutes,
            "sections": planned.sections,
            "back": planned.due,
            "new": len(planned.questions) - planned.due,
        }

    return {
        "interview": interview.isoformat(),
        "days": [day(planned) for planned in value.days],
        "skills": value.skills,
        "unpractised": dict(value.unpractised),
        "first_to_go": list(value.first_to_go),
    }
