"""Progress in the terminal: levels as bars with their intervals, what is missed, confidence, time, a year of days."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from prepdrill.screen.text import counted, visible

if TYPE_CHECKING:
    from prepdrill.progress import Calibrated, Missed, Part, Progress, Timed, Trend
    from prepdrill.schedule import Level

BAR: Final = 24
"""Cells of a bar that stands for the whole."""
WEEKS: Final = 53
SHADES: Final = "·░▒▓█"
"""Days with 0, 1, 2, 3 to 4, and 5 answers or more."""
_EPOCH: Final = datetime.date(1970, 1, 1)


def progress(value: Progress, width: int, *, plain: bool = False) -> RenderableType:
    """Everything, one part below the other; `width` in columns; `plain` has figures and no drawings."""
    levels = functools.partial(_figures if plain else _levels, width=width)
    parts: list[RenderableType] = [Text(head(value), style="bold")]
    drawn = "" if plain else " The interval is shaded in each bar."
    for line in (said_of_others(value), f"Levels: {READING}{drawn}"):
        if line:
            parts.append(Text(line, style="dim"))
    parts += [Text(""), Text("Sections", style="bold"), *levels(value.sections)]
    if value.dimensions:
        parts += [Text(""), Text("Dimensions", style="bold"), *levels(value.dimensions)]
    weak = weakest_topics(value)
    if weak:
        parts += [Text(""), Text("Weakest topics", style="bold"), *levels(weak)]
    for title, lines in (
        ("All answers, as they came", [trend(entry, plain=plain) for entry in value.trends]),
        ("Confidence against result", calibrations(value)),
        ("Time against budget", [timed(entry) for entry in value.time]),
    ):
        if lines:
            parts += [Text(""), Text(title, style="bold"), *(_indented(line) for line in lines)]
    if value.missed:
        parts += [Text(""), Text("Missed again and again", style="bold"), *map(_missed, value.missed)]
    parts += [Text(""), Text("Days", style="bold"), *([] if plain else heat_map(value, width))]
    parts.append(Padding(Text(days(value) if plain else f"{days(value)}; {_KEY}"), (0, 0, 0, 2), expand=False))
    return Group(*parts)


READING: Final = "where a question would be expected to score today, with an interval of 80 %."


def head(value: Progress) -> str:
    """What the figures count."""
    facts = [f"{counted(value.answers, 'answer')} graded by {value.grader}", f"{value.mastered} mastered"]
    if value.leeches:
        facts.append("1 leech" if len(value.leeches) == 1 else f"{len(value.leeches)} leeches")
    return " · ".join(facts)


def said_of_others(value: Progress) -> str:
    """That other graders graded too, and how to see their figures; nothing if there is none."""
    if not value.others:
        return ""
    return f"Not counted: grades by {', '.join(value.others)}; --grader {value.others[0]} shows them."


def weakest_topics(value: Progress, most: int = 5) -> list[Part]:
    """The topics with answers whose level is lowest."""
    answered = [topic for topic in value.topics if topic.level.answers]
    return sorted(answered, key=lambda topic: (topic.level.mean, topic.slug))[:most]


def bar(level: Level, width: int = BAR) -> str:
    """A level: full up to its interval, shaded within it, dots beyond."""
    low, high = round(level.low * width), round(level.high * width)
    return "█" * low + "▒" * (high - low) + "·" * (width - high)


def interval(level: Level) -> str:
    """`31 to 52 %`."""
    return f"{100 * level.low:.0f} to {100 * level.high:.0f} %"


def practised(part: Part) -> str:
    """`5 of 27 practised`, nothing where it is not counted."""
    return f"{part.practised} of {part.skills} practised" if part.skills else f"{part.level.answers} answers"


def trend(value: Trend, *, plain: bool = False) -> str:
    """The level of all answers by one grader from the first day to the last, as a line of blocks and in words."""
    points = value.points
    first, last = points[0][1], points[-1][1]
    step = max(1, -(-len(points) // BAR))
    line = "".join(_BLOCKS[min(7, int(level.mean * 8))] for _, level in points[::step])
    drawn = "" if plain else f"{line} "
    return f"{visible(value.grader)}: {drawn}{interval(first)}, then {interval(last)}"


_BLOCKS: Final = "▁▂▃▄▅▆▇█"


def calibrations(value: Progress) -> list[str]:
    """Confidence against result, all together and by section; the first says what the figure means."""
    return [calibrated(entry, explained=not at) for at, entry in enumerate(value.confidence)]


def calibrated(value: Calibrated, *, explained: bool = True) -> str:
    """The Brier score and which way the confidence errs, in words."""
    name = "all" if value.name == "all" else visible(value.name)
    side = "about right"
    if abs(value.over) >= _LEANING:
        side = f"{'over' if value.over > 0 else 'under'}-confident by {100 * abs(value.over):.0f} points"
    said = f"Brier score {value.brier:.2f}" + (" (0 is best, 0.25 is tossing a coin)" if explained else "")
    return f"{name}: {said}, {side}; {counted(value.answers, 'answer')}"


_LEANING: Final = 0.1
"""Distance of stated chance and result from which a candidate is called over- or under-confident."""


def timed(value: Timed) -> str:
    """The usual share of the budget, and how many ran over."""
    return (
        f"{visible(value.name)}: {100 * value.median:.0f} % of the time given, {value.over} of {value.answers} over it"
    )


def heat_map(value: Progress, width: int) -> Iterator[Text]:
    """The last year, a column a week and a row a weekday; fewer weeks where the screen is narrow."""
    today = _EPOCH + datetime.timedelta(days=value.today)
    weeks = min(WEEKS, max(4, width - 6))
    monday = value.today - today.weekday()
    for weekday, name in enumerate(("Mon", "", "Wed", "", "Fri", "", "Sun")):
        days = (monday - 7 * (weeks - 1 - week) + weekday for week in range(weeks))
        cells = "".join(" " if day > value.today else SHADES[shade(value.days.get(day, 0))] for day in days)
        yield Text(f"  {name:<4}{cells}")


def days(value: Progress) -> str:
    """How much was practised in a year."""
    year = [count for day, count in value.days.items() if value.today - day < _YEAR]
    return f"{counted(sum(year), 'answer')} on {counted(len(year), 'day')} of the last {_YEAR}"


_YEAR: Final = 365
_KEY: Final = f"{SHADES[1]} 1, {SHADES[2]} 2, {SHADES[3]} 3 or 4, {SHADES[4]} more"


def shade(count: int) -> int:
    """Which of `SHADES` a number of answers gets."""
    return 0 if count == 0 else 1 if count == 1 else 2 if count == 2 else 3 if count <= 4 else 4


def _levels(parts: Sequence[Part], width: int) -> Iterator[RenderableType]:
    """A line for each; where there is no room for title and bar beside each other, figures."""
    room = min(44, width - BAR - 20)
    if room < 14:
        yield from _figures(parts, width)
        return
    for part in parts:
        title = visible(part.title)
        title = title if len(title) <= room else f"{title[: room - 1]}…"
        if part.skills and not part.practised:
            yield Text(f"  {title:<{room}}  no answer yet", style="dim")
            continue
        yield Text(f"  {title:<{room}}  {bar(part.level)} {interval(part.level)}")


def _figures(parts: Sequence[Part], width: int) -> Iterator[RenderableType]:
    """The titles in full, each with its interval."""
    for part in parts:
        answered = part.practised or not part.skills
        yield _indented(f"{visible(part.title)}: {interval(part.level) if answered else 'no answer yet'}")


def _missed(value: Missed) -> RenderableType:
    essential = ", essential" if value.essential else ""
    text = Text(f"{value.missed} of {value.asked} times{essential}: ").append(" ".join(visible(value.asks).split()))
    text.append(f" ({value.question})", style="dim")
    return Padding(text, (0, 0, 0, 2), expand=False)


def _indented(line: str) -> RenderableType:
    return Padding(Text(line), (0, 0, 0, 2), expand=False)
