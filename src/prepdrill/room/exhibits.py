"""The panes that show exhibits: a layout for each content."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise, zip_longest
from typing import ClassVar

from rich.cells import cell_len, chop_cells
from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.widget import Widget

from prepdrill.model import Chart, Diff, Exhibit, Log, Sample, Samples, Table
from prepdrill.room.grid import CURVES, EDGES, ExhibitGrid, Line, Piece, Sheet, cells_of
from prepdrill.screen.exhibits import FINE, SIDE_BY_SIDE, SIGNS, numbers, numeric, plotted
from prepdrill.screen.text import prose, visible

_GAP = 2
"""Cells between two columns of a table."""
_SAMPLED = 200
"""Lines of a log that are looked at to find its columns: a log may have many thousands."""
_SMALLEST_CHART = Size(36, 9)
"""Below this size curves cannot be read."""


class ChartGrid(ExhibitGrid):
    """A chart as curves that fill the pane, or as the numbers behind them: `t` changes between the two."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("t", "toggle_numbers", "Curves or numbers", show=False)]

    def __init__(self, chart: Chart) -> None:
        super().__init__(self._arranged)
        self._chart = chart
        self._as_numbers = False

    def action_toggle_numbers(self) -> None:
        self._as_numbers = not self._as_numbers
        if not self._as_numbers and _too_small(self._room):
            self.notify("This pane is too small for curves: enlarge it to see them.")
        self.lay_out()
        self.scroll_to(0, 0)

    def _arranged(self, size: Size) -> Sheet:
        if self._as_numbers or _too_small(size):
            return numbers_sheet(self._chart, size.width)
        # Dots of braille want a font that has them and colours to tell them apart; a bare console has neither.
        fine = not self.app.no_color and self.app.console.color_system in ("256", "truecolor")
        return curves_sheet(self._chart, size, fine=fine)


def exhibit_view(exhibit: Exhibit) -> Widget:
    """A pane that fills its parent, takes the focus, and lets every part of the exhibit be reached by keys."""
    match exhibit.content:
        case Log(text):
            sheet = log_sheet(text)
            return ExhibitGrid(lambda size: sheet)
        case Table() as table:
            return ExhibitGrid(lambda size: table_sheet(table, size.width))
        case Chart() as chart:
            return ChartGrid(chart)
        case Diff() as diff:
            return ExhibitGrid(lambda size: diff_sheet(diff, size.width))
        case Samples() as samples:
            return ExhibitGrid(lambda size: samples_sheet(samples, size.width))


# --- where a sheet may stand


def log_sheet(text: str) -> Sheet:
    """A log as it is; columns, and a header where the first line names them, are found by looking at some lines."""
    lines = [visible(line.expandtabs()).rstrip() for line in text.rstrip("\n").split("\n")]
    every = max(1, len(lines) // _SAMPLED)
    sample = [line for line in (*lines[1:-1:every], *lines[1:][-1:]) if line]
    names = lines[0].split()
    rows = [row for row in sample if len(row.split()) == len(names)]
    if len(names) < 2 or not rows or len(rows) < 0.8 * len(sample):
        return Sheet(lines)
    values = [field for row in rows for field in row.split()]
    starts = tuple(_starts([lines[0], *rows]))
    if _mostly_numeric(names) or not _mostly_numeric(values):
        return Sheet(lines, 0, starts)
    return Sheet([((lines[0], "names"),), *lines[1:]], 1, starts)


def _mostly_numeric(fields: Sequence[str]) -> bool:
    return 2 * sum(numeric([field]) for field in fields) >= len(fields)


def _starts(rows: Sequence[str]) -> Iterator[int]:
    """Cells at which a column begins: those after a cell that is blank in every row."""
    used = [any(cell != " " for cell in column) for column in zip_longest(*map(_cells, rows), fillvalue=" ")]
    first = used.index(True)
    for at, (before, here) in enumerate(pairwise(used[first:]), start=first + 1):
        if here and not before:
            yield at


def _cells(row: str) -> str:
    """One character for each cell."""
    return row if row.isascii() else "".join(letter * cell_len(letter) for letter in row)


# --- tables


def table_sheet(table: Table, room: int) -> Sheet:
    """A table with numbers right; where room is short, headings and text take several lines, and then it scrolls."""
    names = [_flat(name) for name in table.columns]
    rows = [[_flat(cell) for cell in row] for row in table.rows]
    columns = [[row[at] for row in rows] for at in range(len(names))]
    right = [numeric(column) for column in columns]
    widths = _widths(names, columns, room)
    header = list(_row(names, widths, right, bottom=True))
    rule = "─" * (sum(widths) + _GAP * (len(widths) - 1))
    laid = [list(_row(row, widths, right)) for row in rows]
    # Where a row takes several lines, an empty one tells it from the next.
    between = [""] if any(len(row) > 1 for row in laid) else []
    body = [line for number, row in enumerate(laid) for line in (*(between if number else ()), *row)]
    starts = [sum(widths[:at]) + _GAP * at for at in range(1, len(widths))]
    return Sheet([*(((line, "strong"),) for line in header), ((rule, "muted"),), *body], len(header) + 1, tuple(starts))


def _flat(cell: str) -> str:
    return " ".join(visible(cell).split("\n"))


def _widths(names: Sequence[str], columns: Sequence[Sequence[str]], room: int) -> list[int]:
    """Cells for each column: as much as it wants, or less for headings first and then for the widest text."""
    longest = [max(map(cell_len, column), default=0) for column in columns]
    room -= _GAP * (len(names) - 1)
    wanted = [max(cell_len(name), width) for name, width in zip(names, longest, strict=True)]
    if sum(wanted) <= room:
        return wanted
    headings = [_heading_width(name) for name in names]
    wanted = [max(pair) for pair in zip(headings, longest, strict=True)]
    least = [
        max(heading, *(cell_len(word) for cell in column for word in cell.split()), 1)
        for heading, column in zip(headings, columns, strict=True)
    ]
    if sum(least) > room:
        return [max(low, min(width, 24)) for low, width in zip(least, wanted, strict=True)]
    while sum(wanted) > room:
        _, at = max((width, at) for at, width in enumerate(wanted) if width > least[at])
        wanted[at] -= 1
    return wanted


def _heading_width(name: str) -> int:
    """The fewest cells in which a heading takes no more than two lines."""
    width = max(map(cell_len, name.split()), default=0)
    while len(_wrapped(name, width)) > 2:
        width += 1
    return width


def _row(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool], *, bottom: bool = False) -> Iterator[str]:
    parts = [_wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
    height = max(map(len, parts))
    for part in parts:
        missing = [""] * (height - len(part))
        part[:] = [*missing, *part] if bottom else [*part, *missing]
    for line in zip(*parts, strict=True):
        padded = (_padded(*entry) for entry in zip(line, widths, right, strict=True))
        yield (" " * _GAP).join(padded).rstrip()


def _padded(text: str, width: int, right: bool = False) -> str:
    blank = " " * (width - cell_len(text))
    return blank + text if right else text + blank


def _wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` cells, broken between words, and inside a word that is longer."""
    lines: list[str] = []
    current = ""
    for word in re.findall(r"\s*\S+", text):
        if cell_len(current + word) <= width:
            current += word
            continue
        if current:
            lines.append(current)
        *full, current = chop_cells(word.strip(), max(1, width))
        lines += full
    return [*lines, current]


# --- charts


def numbers_sheet(chart: Chart, room: int) -> Sheet:
    """The numbers of a chart as a table, under the name of what they measure."""
    sheet = table_sheet(numbers(chart), room)
    return Sheet([((_flat(chart.y), "strong"),), *sheet.lines], sheet.header + 1, sheet.starts)


def curves_sheet(chart: Chart, size: Size, *, fine: bool) -> Sheet:
    """The curves with their axes and a legend above them, as large as the size.

    Every curve has its own sign; `fine` draws fine lines and sets the sign only where a value is.
    """
    legend = list(_legend(chart, size.width))
    text = plotted(
        chart,
        size.width,
        size.height - len(legend) - 1,
        marks=FINE if fine else SIGNS,
        points=SIGNS if fine else (),
        colors=range(1, CURVES + 1),
    )
    below = _flat(chart.x).center(size.width).rstrip()
    return Sheet([*legend, *(tuple(_pieces(line)) for line in text.split("\n")), ((below, "strong"),)])


def _legend(chart: Chart, width: int) -> Iterator[Line]:
    """What is measured, and the sign and name of each curve."""
    line: list[Piece] = [(_flat(chart.y), "strong")]
    for at, (name, _) in enumerate(chart.series):
        entry = f"{SIGNS[at % len(SIGNS)]} {_flat(name)}"
        if cells_of((*line, ("   ", ""), (entry, ""))) > width:
            yield tuple(line)
            line = []
        line += [("   ", ""), (entry, f"curve-{at % CURVES + 1}")]
    yield tuple(line)


def _pieces(line: Text) -> Iterator[Piece]:
    """A drawn line with its colours, which are the numbers of the curves, as pieces."""
    end = 0
    for span in line.spans:
        yield line.plain[end : span.start], ""
        color = span.style.color if isinstance(span.style, Style) else None
        yield line.plain[span.start : span.end], f"curve-{color.number}" if color else ""
        end = span.end
    yield line.plain[end:], ""


def _too_small(size: Size) -> bool:
    return size.width < _SMALLEST_CHART.width or size.height < _SMALLEST_CHART.height


# --- diffs and samples


def diff_sheet(diff: Diff, room: int) -> Sheet:
    """A diff with its signs; the rest of a line that is too long stands below it, marked and indented."""
    lines: list[Line] = []
    for line in diff.text.rstrip("\n").split("\n"):
        look = {"+": "added", "-": "removed", "@": "hunk"}.get(line[:1], "")
        first, *rest = _wrapped(visible(line.expandtabs()), room - 4)
        lines += [((first, look),), *((("  ↪ ", "edge"), (part, look)) for part in rest)]
    return Sheet(lines)


def samples_sheet(samples: Samples, room: int) -> Sheet:
    """Prompts, each with its two completions: beside each other in a wide pane, else one after the other."""
    beside = room + EDGES >= SIDE_BY_SIDE
    lines: list[Line] = []
    for number, pair in enumerate(samples.pairs, start=1):
        prompt = _paragraphs(f"Prompt {number}: {pair.prompt}", room)
        lines += [((line, "strong"),) for line in prompt]
        lines += ["", *(_beside(pair, room) if beside else _below(pair, room)), ""]
    return Sheet(lines[:-1])


def _beside(pair: Sample, room: int) -> Iterator[Line]:
    width = (room - 3) // 2
    yield (_padded("A", width), "strong"), (" │ ", "muted"), ("B", "strong")
    for a, b in zip_longest(_paragraphs(pair.a, width), _paragraphs(pair.b, width), fillvalue=""):
        yield (_padded(a, width), ""), (" │ ", "muted"), (b, "")


def _below(pair: Sample, room: int) -> Iterator[Line]:
    for name, text in (("A", pair.a), ("B", pair.b)):
        for number, line in enumerate(_paragraphs(text, room - 3)):
            yield (f"{name}  " if number == 0 else "   ", "strong"), (line, "")


def _paragraphs(text: str, width: int) -> list[str]:
    return [part for line in prose(text).plain.split("\n") for part in _wrapped(line, width)]
