"""`prepdrill review`: past answers and scores."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING, Annotated

import typer

from prepdrill.cli.environment import Environment
from prepdrill.cli.options import Banks, Json, Plain, complete_question
from prepdrill.errors import PrepdrillError, UsageError

if TYPE_CHECKING:
    from prepdrill.history import Filter, Summary

app = typer.Typer(help="Go back over past answers and scores.", rich_markup_mode=None, invoke_without_command=True)

PAGE = 20

Section = Annotated[str | None, typer.Option("--section", metavar="S", help="Only this section.")]
Since = Annotated[
    str | None, typer.Option(metavar="WHEN", help="From this day on: 2026-11-23, or 7d for the last seven days.")
]
Until = Annotated[str | None, typer.Option(metavar="DAY", help="Until this day, it included.")]
Rating = Annotated[str | None, typer.Option(metavar="R", help="Only this rating: strong no, no, yes, strong yes.")]
Limit = Annotated[int, typer.Option(min=1, metavar="N", help="How many to show.")]
Page = Annotated[int, typer.Option(min=1, metavar="N", help="Which page of them.")]


@app.callback()
def review(context: typer.Context, plain: Plain = None, bank: Banks = None) -> None:
    """Go back over past answers and scores.

    Without a command: browse them on the full screen, or list them where there is none.
    """
    if context.invoked_subcommand is not None:
        return
    environment = Environment()
    if not environment.full_screen(plain) or not environment.folders.history.exists():
        list_attempts(bank=bank)
        return
    from prepdrill.room.app import Archive
    from prepdrill.room.theme import fitting

    if environment.in_browser:
        from prepdrill.cli.serve import end_with_server

        end_with_server()
    theme = fitting(environment.settings["theme"], environment.environ)
    with environment.past() as history:
        archive = Archive(theme, history, environment.bank(bank).scale, environment.now)
        archive.run()
    if archive.error is not None:
        raise archive.error


@app.command("list")
def list_attempts(
    section: Section = None,
    since: Since = None,
    until: Until = None,
    rating: Rating = None,
    limit: Limit = PAGE,
    page: Page = 1,
    json: Json = False,
    bank: Banks = None,
) -> None:
    """List attempts, the newest first."""
    environment = Environment()
    filter = _filter(environment, bank, section, since, until, rating)
    rows = _page(environment, filter, limit, page, json)
    if rows:
        from prepdrill.screen import reports

        environment.print(reports.attempts(rows, environment.console().width))
        _more(environment, rows, limit, page)


@app.command()
def search(
    text: Annotated[list[str], typer.Argument(help="Words that the answer or the title has.")],
    section: Section = None,
    since: Since = None,
    until: Until = None,
    rating: Rating = None,
    limit: Limit = PAGE,
    page: Page = 1,
    json: Json = False,
    bank: Banks = None,
) -> None:
    """Find answers by their words."""
    environment = Environment()
    filter = _filter(environment, bank, section, since, until, rating, " ".join(text))
    rows = _page(environment, filter, limit, page, json)
    if rows:
        from prepdrill.screen import reports

        environment.print(reports.found(rows))
        _more(environment, rows, limit, page)


@app.command()
def show(
    attempt: Annotated[int, typer.Argument(help="Number of the attempt; `prepdrill review` lists them.")],
    json: Json = False,
    plain: Plain = None,
    bank: Banks = None,
) -> None:
    """Show one attempt: the question as it was asked, the answer, the timing, the grades."""
    environment = Environment()
    with environment.past() as history:
        stored = history.attempt(attempt)
    if json:
        from prepdrill.cli import shapes

        environment.print_json(shapes.attempt(stored))
        return
    from prepdrill.screen import reports

    linear = environment.plain(plain)
    environment.print(reports.attempt(stored, environment.bank(bank).scale, plain=linear), plain=linear)


@app.command()
def compare(
    first: Annotated[int, typer.Argument(help="Number of an attempt.")],
    second: Annotated[int, typer.Argument(help="Number of another attempt at the same question.")],
    json: Json = False,
) -> None:
    """Compare two attempts at one question."""
    if first == second:
        raise UsageError("Name two attempts.")
    environment = Environment()
    with environment.past() as history:
        attempts = [history.attempt(first), history.attempt(second)]
    if attempts[0].item.question.id != attempts[1].item.question.id:
        asked = " and ".join(stored.item.question.id for stored in attempts)
        raise UsageError(f"Attempts {first} and {second} are at two questions: {asked}.")
    if json:
        from prepdrill.cli import shapes

        environment.print_json([shapes.attempt(stored) for stored in attempts])
        return
    from prepdrill.screen import reports

    environment.print(reports.compared(*attempts))


@app.command()
def question(
    id: Annotated[str, typer.Argument(help="Identity of a question.", autocompletion=complete_question)],
    limit: Limit = PAGE,
    page: Page = 1,
    json: Json = False,
    bank: Banks = None,
) -> None:
    """List the attempts at one question."""
    from prepdrill.history import Filter

    environment = Environment()
    rows = _page(environment, Filter(question=id), limit, page, json)
    if not rows and not json:
        environment.bank(bank).question(id)  # names the nearest if there is none
    if rows:
        from prepdrill.screen import reports

        environment.print(reports.attempts(rows, environment.console().width))
        _more(environment, rows, limit, page)


def _page(environment: Environment, filter: Filter, limit: int, page: int, as_json: bool) -> list[Summary]:
    """The rows of one page for people; with JSON they are printed here and none is left."""
    with environment.past() as history:
        rows = history.page(filter, limit=limit, offset=(page - 1) * limit)
        empty = not rows and history.count() == 0
    if as_json:
        from prepdrill.cli import shapes

        environment.print_json([shapes.summary(row) for row in rows])
        return []
    if empty:
        environment.talk("There is no attempt yet; `prepdrill drill` makes the first.")
    elif not rows:
        environment.talk("No attempt fits." if page == 1 else f"There is no page {page}.")
    return rows


def _more(environment: Environment, rows: list[Summary], limit: int, page: int) -> None:
    if len(rows) == limit:
        environment.talk(f"Older ones: --page {page + 1}")


def _filter(
    environment: Environment,
    banks: Banks,
    section: str | None,
    since: str | None,
    until: str | None,
    rating: str | None,
    text: str | None = None,
) -> Filter:
    from prepdrill.history import Filter

    if rating is not None and rating not in (known := [name for name, _ in environment.bank(banks).scale.ratings]):
        raise UsageError(f"--rating is {rating!r}; there are {', '.join(known)}.")
    slug = environment.bank(banks).section(section).slug if section is not None else None
    end = None if until is None else day(until, environment) + datetime.timedelta(days=1)
    start = None if since is None else day(since, environment)
    return Filter(
        section=slug,
        since=None if start is None else start.timestamp(),
        until=None if end is None else end.timestamp(),
        rating=rating,
        text=text,
    )


def day(text: str, environment: Environment) -> datetime.datetime:
    """The beginning of a day in the user's zone, or so many days back."""
    now = datetime.datetime.fromtimestamp(environment.now().wall, datetime.UTC).astimezone()
    if back := re.fullmatch(r"(\d{1,5})d", text):
        return now - datetime.timedelta(days=int(back[1]))
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        raise PrepdrillError(f"{text!r} is no day; write 2026-11-23, or 7d for seven days back.") from None
    return datetime.datetime.combine(day, datetime.time()).astimezone()
