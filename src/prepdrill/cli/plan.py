"""`prepdrill plan`: day by day until the interview."""

from __future__ import annotations

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
    from prepdrill.history import History
    from prepdrill.plan import Planned, Preparation, Slot
    from prepdrill.position import Position


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
    if forget and (interview or minutes or days):
        raise UsageError("--forget stands alone: it ends the plan.")
    if sum((json, *(str(path) == "-" for path in (ics, markdown)))) > 1:
        raise UsageError("Standard output can hold one of --json, --ics and --markdown; name files for the others.")
    if forget:
        environment.store("plan.interview", "")
        environment.talk("The day of the interview is forgotten.")
        return
    from prepdrill.days import date_of, day_of
    from prepdrill.plan import prepare
    from prepdrill.position import position

    today = day_of(environment.wall())
    given = _read(interview=interview, minutes=minutes, days=days)
    date = _date(given["interview"]) if "interview" in given else interview_of(environment)
    if date is None:
        raise UsageError("When is the interview? For example: prepdrill plan --interview 2027-01-15 --minutes 40")
    _check(date, date_of(today))
    for name, text in given.items():
        environment.store(f"plan.{name}", text)
    with environment.past() as history:
        where = position(environment.bank(bank), history, environment.wall())
        day = today + (date - date_of(today)).days
        value = prepare(where.in_play, where.standing, ahead(environment, history, where, day))
    written: Callable[[int], str] = lambda at: date_of(at).strftime("%a %Y-%m-%d")  # noqa: E731
    if ics is not None:
        environment.write(ics, _calendar(value, day), _PRODUCT.encode())
    if markdown is not None:
        from prepdrill.plan import HEADING
        from prepdrill.plan import markdown as as_markdown

        environment.write(markdown, as_markdown(value, day, written).encode(), HEADING.encode())
    if json:
        environment.print_json(_shape(value, date))
    elif ics is None and markdown is None:
        from prepdrill.screen.plan import plan as shown

        environment.print(shown(value, day - where.today, written))


def interview_of(environment: Environment) -> datetime.date | None:
    """The day of the interview, None if none was named."""
    return _date(environment.settings["plan.interview"])


def ahead(environment: Environment, history: History, where: Position, interview: int) -> list[Slot]:
    """The days of preparation from today on, by the settings, with what was done of today."""
    from prepdrill.days import day_of, weekdays
    from prepdrill.plan import slots
    from prepdrill.programme import MOCK

    settings = environment.settings
    return slots(
        where.today,
        interview,
        settings["plan.minutes"],
        weekdays(settings["plan.days"]),
        practised=where.days_before,
        spent=where.minutes_today,
        sat=any(
            session.ended is not None and day_of(session.started) == where.today for session in history.sessions(MOCK)
        ),
    )


def _date(text: str) -> datetime.date | None:
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


def _read(**options: Any) -> dict[str, str]:
    """The options that were given, as the settings keep them; raises UsageError if one cannot be read."""
    from prepdrill.settings import KEYS

    given = {
        name: f"{value:g}" if isinstance(value, float) else value
        for name, value in options.items()
        if value is not None
    }
    for name, text in given.items():
        try:
            given[name] = str(KEYS[f"plan.{name}"].read(text))
        except ValueError as error:
            raise UsageError(f"--{name} cannot be {text!r}: {error}.") from None
    return given


_PRODUCT = "-//prepdrill//plan//EN"


def _calendar(value: Preparation[Entry], interview: int) -> bytes:
    from prepdrill.days import date_of

    try:
        import icalendar
    except ImportError:
        raise PrepdrillError("A calendar needs one more package: pip install 'prepdrill[calendar]'") from None
    from prepdrill.plan import said

    calendar = icalendar.Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    entries = [(planned.slot.day, f"prepdrill: {said(planned)}") for planned in value.days]
    for day, text in [*entries, (interview, "Interview")]:
        event = icalendar.Event()
        date = date_of(day)
        name = "interview" if day == interview else date.isoformat()
        event.add("uid", f"{name}@prepdrill")  # the same each time, so that a calendar updates its entries
        event.add("dtstamp", datetime.datetime.combine(date, datetime.time(), datetime.UTC))
        event.add("dtstart", date)
        event.add("summary", text)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _shape(value: Preparation[Entry], interview: datetime.date) -> dict[str, Any]:
    from prepdrill.days import date_of

    def day(planned: Planned[Entry]) -> dict[str, Any]:
        return {
            "date": date_of(planned.slot.day).isoformat(),
            "kind": planned.slot.kind,
            "minutes": planned.slot.minutes,
            "done": round(planned.slot.spent, 1),
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
