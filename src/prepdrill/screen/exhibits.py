"""Exhibits: logs that keep their columns, aligned tables, drawn charts, coloured diffs, samples side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Column
from rich.table import Table as RichTable
from rich.text import Text

from prepdrill.model import Chart, Content, Diff, Exhibit, Log, Sample, Samples, Table
from prepdrill.screen.text import prose, visible

CHART_HEIGHT = 16
CHART_WIDTH = 92
SIDE_BY_SIDE = 90
"""Columns from which two samples stand beside each other."""
FINE = ("braille",)
"""Draws curves with fine dots, eight to a character."""
SIGNS = tuple("*ox+#@")
"""Tell curves apart without colour."""
_COLORS = (33, 208, 35, 161, 244, 142)
"""Colours of the 256-colour palette that differ in lightness too."""


def exhibit(value: Exhibit, number: int, *, plain: bool = False) -> RenderableType:
    """One exhibit with its heading; `plain` gives charts as numbers, for screen readers."""
    heading = Text(f"Exhibit {number}: {visible(value.title)}", style="bold")
    return Group(heading, Padding(_content(value.content, plain), (0, 0, 0, 2), expand=False))


def _content(content: Content, plain: bool) -> RenderableType:
    match content:
        case Log():
            return _Columns(visible(content.text))
        case Table():
            return table(content)
        case Chart():
            return _points(content) if plain else _Drawing(content)
        case Diff():
            return _diff(content)
        case Samples():
            return Group(*(_Pair(pair, number) for number, pair in enumerate(content.pairs, start=1)))


def table(content: Table) -> RenderableType:
    """A table with numbers right-aligned; where the terminal is too narrow for it, one value a line."""
    return _Stackable(content)


class _Stackable:
    def __init__(self, content: Table) -> None:
        self._content = content

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if _fits(self._content, options.max_width):
            yield _grid(self._content)
            return
        for row in self._content.rows:
            for name, cell in zip(self._content.columns, row, strict=True):
                yield Text(f"{visible(name)}: {visible(cell)}")
            yield Text("")


def _fits(content: Table, width: int) -> bool:
    """Whether every column has room for its longest word."""
    longest = [
        max(len(word) for cell in (name, *(row[at] for row in content.rows)) for word in cell.split() or [""])
        for at, name in enumerate(content.columns)
    ]
    return sum(longest) + 2 * (len(longest) - 1) <= width


def _grid(content: Table) -> RichTable:
    columns = [
        Column(Text(visible(name)), justify="right" if numeric([row[at] for row in content.rows]) else "left")
        for at, name in enumerate(content.columns)
    ]
    grid = RichTable(*columns, box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for row in content.rows:
        grid.add_row(*(Text(visible(cell)) for cell in row))
    return grid


_NO_VALUE = frozenset({"", "n/a", "–", "—", "-"})


def numeric(cells: Sequence[str]) -> bool:
    """Whether a column holds numbers, cells without a value aside: it is then aligned at the right."""
    values = [cell for cell in cells if cell.lower() not in _NO_VALUE]
    return bool(values) and all(cell[:1].isdigit() or cell[:1] in "+-−.<>~≈±$" for cell in values)


def _diff(content: Diff) -> Text:
    text = Text(no_wrap=False)
    for line in visible(content.text).split("\n"):
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
        text.append(line + "\n", style=style)
    text.rstrip()
    return text


class _Columns:
    """A log. Where the terminal is too narrow its columns go below each other in blocks, the first one repeated."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if max(map(len, self._lines)) <= options.max_width:
            for line in self._lines:
                yield Text(line, no_wrap=True)
            return
        rows = [line.split() for line in self._lines if line.strip()]
        if len({len(row) for row in rows}) == 1 and len(rows[0]) > 1:
            yield Text("\n\n".join(_blocks(rows, options.max_width)), no_wrap=True)
        else:
            for line in self._lines:
                yield Text(_folded(line, options.max_width), no_wrap=True)


def _blocks(rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    block: list[int] = []
    for at in range(1, len(widths)):
        if block and widths[0] + sum(2 + widths[other] for other in (*block, at)) > width:
            yield _block(rows, widths, block)
            block = []
        block.append(at)
    yield _block(rows, widths, block)


def _block(rows: Sequence[Sequence[str]], widths: Sequence[int], block: Sequence[int]) -> str:
    return "\n".join("  ".join(row[at].rjust(widths[at]) for at in (0, *block)) for row in rows)


def _folded(line: str, width: int) -> str:
    first, rest = line[:width], line[width:]
    parts = [first]
    while rest:
        parts.append("  ↪ " + rest[: width - 4])
        rest = rest[width - 4 :]
    return "\n".join(parts)


class _Drawing:
    """A chart drawn with plotext: in colour with fine dots, without it with one sign for each curve."""

    def __init__(self, chart: Chart) -> None:
        self._chart = chart

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        colored = not console.no_color and console.color_system is not None
        yield Text(visible(self._chart.y), style="italic")
        yield plotted(
            self._chart,
            max(24, min(CHART_WIDTH, options.max_width)),
            CHART_HEIGHT,
            marks=FINE if colored else SIGNS,
            colors=_COLORS if colored else (),
            legend=True,
        )
        yield Text(visible(self._chart.x), style="italic", justify="center")


def plotted(
    chart: Chart,
    width: int,
    height: int,
    *,
    marks: Sequence[str],
    points: Sequence[str] = (),
    colors: Sequence[int] = (),
    legend: bool = False,
) -> Text:
    """The curves of a chart with their axes, `height` lines of `width` columns.

    `marks` are what the curves are drawn with, `points` are set where there is a value, `colors` are numbers of the
    256-colour palette: one for each curve, from the beginning again where there are more curves. `legend` names the
    curves inside the frame, which may hide a part of them.
    """
    import plotext

    plotext.clear_figure()
    plotext.theme("clear")
    plotext.limit_size(False, False)  # otherwise by the terminal as it was when plotext was imported
    plotext.plot_size(width, height)
    for at, (name, curve) in enumerate(chart.series):
        xs, ys = [x for x, _ in curve], [y for _, y in curve]
        look = {"color": colors[at % len(colors)]} if colors else {}
        draw = plotext.scatter if len(curve) == 1 else plotext.plot
        draw(xs, ys, label=visible(name) if legend else None, marker=marks[at % len(marks)], **look)
        if points:
            plotext.scatter(xs, ys, marker=points[at % len(points)], **look)
    xs, ys = ([point[at] for _, curve in chart.series for point in curve] for at in (0, 1))
    plotext.xticks(*_labelled(round_ticks(min(xs), max(xs))))
    plotext.yticks(*_labelled(round_ticks(min(ys), max(ys))))
    drawn = plotext.build().rstrip("\n")
    plotext.clear_figure()
    return Text.from_ansi(drawn if colors else plotext.uncolorize(drawn), no_wrap=True)


def round_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers between low and high, `most` at the most: multiples of 1, 2 or 5 times a power of ten."""
    if not high > low:
        return [low]
    magnitude = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(size * magnitude for size in (1, 2, 5, 10, 20) if (high - low) / (size * magnitude) <= most - 1)
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)] or [low]


def _labelled(ticks: Sequence[float]) -> tuple[Sequence[float], list[str]]:
    return ticks, [f"{tick:.10g}" for tick in ticks]


def numbers(chart: Chart) -> Table:
    """A chart as numbers: one row for each x, one column for each curve."""
    values = [dict(curve) for _, curve in chart.series]
    rows = (
        (f"{x:.10g}", *(f"{curve[x]:.10g}" if x in curve else "" for curve in values))
        for x in sorted({x for curve in values for x in curve})
    )
    return Table((chart.x, *(name for name, _ in chart.series)), tuple(rows))


def _points(chart: Chart) -> RichTable:
    content = numbers(chart)
    grid = RichTable(
        *(Column(Text(visible(name)), justify="right") for name in content.columns),
        box=None,
        pad_edge=False,
        title=Text(f"{visible(chart.y)}, by {visible(chart.x)}"),
        title_justify="left",
    )
    for row in content.rows:
        grid.add_row(*row)
    return grid


class _Pair:
    """Two completions of one prompt: side by side where there is room, else one after the other."""

    def __init__(self, pair: Sample, number: int) -> None:
        self._pair = pair
        self._number = number

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        pair = self._pair
        yield Text(f"Prompt {self._number}: ", style="bold") + prose(pair.prompt)
        if options.max_width >= SIDE_BY_SIDE:
            grid = RichTable("A", "B", box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, expand=True)
            grid.add_row(prose(pair.a), prose(pair.b))
            yield grid
        else:
            yield Text("A: ", style="bold") + prose(pair.a)
            yield Text("B: ", style="bold") + prose(pair.b)
        yield Text("")
