"""Progress as one HTML file, complete in itself: levels with intervals, trends and a year of days, drawn here."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Final

from prepdrill.html_page import document, listed, percent, safe
from prepdrill.progress import Part, Progress, Trend
from prepdrill.screen.progress import (
    READING,
    calibrations,
    days,
    head,
    interval,
    practised,
    said_of_others,
    shade,
    timed,
    weakest_topics,
)

_EPOCH: Final = datetime.date(1970, 1, 1)
_CELL: Final = 13
"""Pixels from one day of the year to the next."""
_LEFT: Final = 30
"""Pixels for the names of the weekdays."""

_SCALE: Final = "The mark in it is the estimate; its left end is 0 %, its right one 100 %."
_LEECH: Final = "Failed three times and not answered well since; asking once more alone will not help."


def progress_page(value: Progress) -> str:
    """Everything as one HTML document."""
    return document("Progress", _body(value))


def _body(value: Progress) -> Iterator[str]:
    today = _EPOCH + datetime.timedelta(days=value.today)
    yield f'<h1>Progress, {today.isoformat()}</h1>\n<p class="result">{safe(head(value))}</p>'
    if others := said_of_others(value):
        yield f'<p class="quiet">{safe(others)}</p>'
    yield f'<p class="quiet">Each bar is {safe(READING)} {_SCALE}</p>'
    yield from _parts("Sections", value.sections)
    yield from _parts("Dimensions", value.dimensions)
    yield from _parts("Weakest topics", weakest_topics(value))
    if value.trends:
        yield "<h2>All answers, as they came</h2>"
        for trend in value.trends:
            yield from _trend(trend)
    for title, lines in (
        ("Confidence against result", calibrations(value)),
        ("Time against budget", [timed(entry) for entry in value.time]),
        (
            "Missed again and again",
            [
                f"{entry.missed} of {entry.asked} times{', essential' if entry.essential else ''}:"
                f" {entry.asks} ({entry.question})"
                for entry in value.missed
            ],
        ),
    ):
        if lines:
            yield f"<h2>{title}</h2>"
            yield listed(map(safe, lines))
    if value.leeches:
        yield "<h2>Leeches</h2>"
        yield f'<p class="quiet">{_LEECH}</p>'
        yield listed(map(safe, value.leeches))
    yield "<h2>Days</h2>"
    yield _year(value)


def _parts(title: str, parts: Sequence[Part]) -> Iterator[str]:
    if not parts:
        return
    yield f"<h2>{title}</h2>"
    for part in parts:
        answered = part.practised or not part.skills
        said = interval(part.level) if answered else "no answer yet"
        drawing = _bar(part) if answered else '<svg height="18"></svg>'
        yield (
            f'<div class="bar"><span class="name">{safe(part.title)}</span>{drawing}'
            f'<span class="said">{said}</span><span class="below quiet">{practised(part)}</span></div>'
        )


def _bar(part: Part) -> str:
    level = part.level
    whole = '<rect width="100%" y="6" height="6" fill="var(--panel)"/>'
    reach = (
        f'<rect x="{percent(level.low)}" width="{percent(level.high - level.low)}" y="4" height="10" rx="3"'
        ' fill="var(--link)" opacity=".45"/>'
    )
    mark = f'<circle cx="{percent(level.mean)}" cy="9" r="4" fill="var(--link)"/>'
    return f'<svg height="18" role="img" aria-label="{interval(level)}">{whole}{reach}{mark}</svg>'


def _trend(trend: Trend) -> Iterator[str]:
    yield f"<h3>{safe(trend.grader)}</h3>"
    points = trend.points
    if len(points) < 2:
        yield f"<p>{interval(points[0][1])} on its only day.</p>"
        return
    first, last = points[0][0], points[-1][0]

    def place(day: int, share: float) -> str:
        return f"{600 * (day - first) / (last - first):.1f},{150 * (1 - share):.1f}"

    band = [place(day, level.high) for day, level in points] + [place(day, level.low) for day, level in points[::-1]]
    line = " ".join(place(day, level.mean) for day, level in points)
    said = f"from {interval(points[0][1])} to {interval(points[-1][1])}"
    yield (
        f'<svg viewBox="0 0 600 150" height="150" preserveAspectRatio="none" role="img" aria-label="{said}">'
        f'<polygon points="{" ".join(band)}" fill="var(--link)" opacity=".25"/>'
        f'<polyline points="{line}" fill="none" stroke="var(--link)" stroke-width="2"'
        ' vector-effect="non-scaling-stroke"/></svg>'
    )
    dates = [(_EPOCH + datetime.timedelta(days=day)).isoformat() for day in (first, last)]
    yield f'<p class="quiet">{dates[0]} to {dates[1]}, {said}; the height is 0 to 100 %.</p>'


def _year(value: Progress) -> str:
    today = _EPOCH + datetime.timedelta(days=value.today)
    monday = value.today - today.weekday()
    cells = [
        f'<text x="0" y="{_CELL * weekday + 10}" font-size="10">{name}</text>'
        for weekday, name in ((0, "Mon"), (2, "Wed"), (4, "Fri"), (6, "Sun"))
    ]
    for week in range(53):
        first = _EPOCH + datetime.timedelta(days=monday - 7 * (52 - week))
        if first.day <= 7:
            cells.append(f'<text x="{_LEFT + _CELL * week}" y="{7 * _CELL + 12}" font-size="10">{first:%b}</text>')
        for weekday in range(7):
            day = monday - 7 * (52 - week) + weekday
            if day > value.today:
                continue
            count = value.days.get(day, 0)
            fill = f'fill="var(--good)" opacity="{0.25 * shade(count):g}"' if count else 'fill="var(--panel)"'
            date = (_EPOCH + datetime.timedelta(days=day)).isoformat()
            cells.append(
                f'<rect x="{_LEFT + _CELL * week}" y="{_CELL * weekday}" width="11" height="11" {fill}>'
                f"<title>{date}: {count}</title></rect>"
            )
    said = days(value)
    size = f"{_LEFT + 53 * _CELL} {7 * _CELL + 18}"
    return (
        f'<div class="scroll"><svg viewBox="0 0 {size}" style="min-width:42rem" role="img"'
        f' aria-label="{said}">{"".join(cells)}</svg></div>\n'
        f'<p class="quiet">{said}; a column is a week. From light to dark: 1, 2, 3 or 4, and more answers a day.</p>'
    )
