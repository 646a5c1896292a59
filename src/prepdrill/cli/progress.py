"""`prepdrill progress`: where you stand, with intervals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prepdrill.cli.environment import Environment
from prepdrill.cli.options import Banks, Json
from prepdrill.errors import UsageError

if TYPE_CHECKING:
    from prepdrill.bank import Bank
    from prepdrill.history import History
    from prepdrill.progress import Part, Progress


def progress(
    grader: Annotated[
        str | None, typer.Option(metavar="G", help="Count the grades of this one; by default, of whom graded most.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write one web page, complete in itself; - for standard output.")
    ] = None,
    json: Json = False,
    bank: Banks = None,
) -> None:
    """Show where you stand: levels with intervals, what is missed most, confidence, time, the days of a year."""
    environment = Environment()
    opened = environment.bank(bank)
    with environment.past() as history:
        value = _progress(environment, opened, history, grader)
    if value is None:
        environment.talk("Nothing was graded yet; `prepdrill drill` makes the first answer.")
        return
    if json:
        environment.print_json(shape(value))
    elif html is not None:
        from prepdrill.html_page import MADE_BY
        from prepdrill.progress_page import progress_page

        environment.write(html, progress_page(value).encode(), MADE_BY.encode())
    else:
        from prepdrill.screen.progress import progress as shown

        plain = environment.plain()
        environment.print(shown(value, environment.width, plain=plain), plain=plain)


def _progress(environment: Environment, bank: Bank, history: History, grader: str | None) -> Progress | None:
    """Where the user stands, None before the first grade."""
    from prepdrill.days import day_of
    from prepdrill.position import position
    from prepdrill.progress import Told
    from prepdrill.progress import progress as made

    practices = history.practices()
    graders = practices.graders()
    if not graders:
        return None
    if grader is not None and grader not in graders:
        raise UsageError(f"Nothing was graded by {grader!r}; there are {', '.join(graders)}.")
    chosen = grader or graders[0]
    where = position(bank, history, environment.wall(), grader=chosen)
    scale = bank.scale
    good = scale.ratings[1][1] if len(scale.ratings) > 1 else scale.ratings[0][1]
    return made(
        Told(
            grader=chosen,
            by_grader={name: practices.all(name) for name in graders},
            everything=where.practices,
            memories=where.measured,
            subjects=where.subjects,
            in_bank=frozenset(entry.id for entry in where.entries),
            rubrics=practices.rubrics(),
            titles={dimension.slug: dimension.title for dimension in scale.dimensions},
            syllabus=bank.syllabus,
            threshold=good,
            today=where.today,
            day_of=day_of,
        )
    )


def shape(value: Progress) -> dict[str, Any]:
    """The JSON form; docs/json.md describes it."""
    from prepdrill.days import date_of

    def part(entry: Part) -> dict[str, Any]:
        level = entry.level
        return {
            "slug": entry.slug,
            "title": entry.title,
            "mean": round(level.mean, 4),
            "low": round(level.low, 4),
            "high": round(level.high, 4),
            "answers": level.answers,
            "practised": entry.practised,
            "skills": entry.skills,
        }

    return {
        "grader": value.grader,
        "other_graders": list(value.others),
        "answers": value.answers,
        "mastered": value.mastered,
        "leeches": list(value.leeches),
        "sections": [part(entry) for entry in value.sections],
        "topics": [part(entry) for entry in value.topics],
        "dimensions": [part(entry) for entry in value.dimensions],
        "trends": [
            {
                "grader": trend.grader,
                "days": [
                    {"date": date_of(day).isoformat(), "mean": round(level.mean, 4), "low": round(level.low, 4)}
                    | {"high": round(level.high, 4)}
                    for day, level in trend.points
                ],
            }
            for trend in value.trends
        ],
        "confidence": [
            {"name": entry.name, "answers": entry.answers, "brier": round(entry.brier, 4), "over": round(entry.over, 4)}
            for entry in value.confidence
        ],
        "time": [
            {"name": entry.name, "answers": entry.answers, "median": round(entry.median, 4), "over": entry.over}
            for entry in value.time
        ],
        "missed": [
            {
                "question": entry.question,
                "criterion": entry.criterion,
                "asks": entry.asks,
                "essential": entry.essential,
                "missed": entry.missed,
                "asked": entry.asked,
            }
            for entry in value.missed
        ],
        "days": {date_of(day).isoformat(): count for day, count in sorted(value.days.items())},
    }
