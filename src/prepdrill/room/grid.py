"""A grid of lines that draws only those which can be seen, whatever it holds."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

Piece: TypeAlias = tuple[str, str]
"""Text, and its look: the rest of the name of a component class of `ExhibitGrid`, or nothing."""
Line: TypeAlias = str | tuple[Piece, ...]

EDGES = 2
"""Cells of a pane beside its content: the mark of focus and the scrollbar."""
_STEP = 8
"""Cells that a key moves text which has no columns."""
_LONGEST_NUMBER = 12
"""Cells from which what is cut at the edge is text, of which a part is better than nothing."""
CURVES = 6
"""How many curves have a colour and a sign of their own."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Lines ready to be shown, free of control characters, with what stays in place while they scroll."""

    lines: Sequence[Line]
    header: int = 0
    """How many of the first lines are the header."""
    starts: tuple[int, ...] = ()
    """Cells at which the second and each further column begins; empty where there are no columns."""


@dataclass(frozen=True, slots=True)
class _View:
    """What a sheet needs to know of the size it is shown in."""

    size: Size
    header: int = 0
    """Lines that stay on top; none where they would leave too little room for the others."""
    pinned: int = 0
    """Cells of the first column, with the gap after it, that stay at the left; none where it is too wide for that."""
    stops: tuple[int, ...] = (0,)
    """Shifts at which a sheet may stand, so that the left edge never cuts a number in two."""

    def shift(self, scrolled: int) -> int:
        """The first stop at or behind this scroll position."""
        return self.stops[min(bisect_left(self.stops, scrolled), len(self.stops) - 1)]


class ExhibitGrid(ScrollView, can_focus=True):
    """Lines that are never wrapped by the terminal and keep their columns; header and first column stay in place.

    Sideways it moves by whole columns. `‹` and `›` in a line say that it goes on at that side.
    """

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+home", "top", "Top", show=False),
        Binding("ctrl+end", "bottom", "Bottom", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "grid--header",
        "grid--names",
        "grid--edge",
        "grid--strong",
        "grid--muted",
        "grid--added",
        "grid--removed",
        "grid--hunk",
        *(f"grid--curve-{number}" for number in range(1, CURVES + 1)),
    }
    DEFAULT_CSS = """
    ExhibitGrid {
        width: 1fr;
        height: 1fr;
        background: $surface;
        color: $foreground;
        border-left: blank;
        scrollbar-size: 1 1;
        scrollbar-gutter: stable;
        &:focus { border-left: outer $accent; }
        & > .grid--header { text-style: bold; background: $panel; }
        & > .grid--names { text-style: underline; }
        & > .grid--edge { text-style: bold; color: $accent; }
        & > .grid--strong { text-style: bold; }
        & > .grid--muted { color: $text-muted; }
        & > .grid--added { color: $success; }
        & > .grid--removed { color: $error; }
        & > .grid--hunk { color: $accent; }
        & > .grid--curve-1 { color: $primary; }
        & > .grid--curve-2 { color: $warning; }
        & > .grid--curve-3 { color: $success; }
        & > .grid--curve-4 { color: $error; }
        & > .grid--curve-5 { color: $foreground; }
        & > .grid--curve-6 { color: $secondary; }
    }
    """

    def __init__(self, layout: Callable[[Size], Sheet]) -> None:
        """`layout` gives the sheet for a size; it is called again at every change of the size."""
        super().__init__()
        self._layout = layout
        self._sheet = Sheet(())
        self._view = _View(Size(0, 0))
        self._arranged_for: Size | None = None
        self._strips: LRUCache[tuple[int, int], Strip] = LRUCache(1024)

    def on_resize(self) -> None:
        self._fit()

    def render_lines(self, crop: Region) -> list[Strip]:
        self._fit()  # Textual sometimes shows a widget for the first time without telling it its size
        return super().render_lines(crop)

    def _fit(self) -> None:
        if self._room != self._arranged_for:
            self.lay_out()

    def lay_out(self) -> None:
        """Arrange the content anew for the present size."""
        self._arranged_for = size = self._room
        self._sheet = self._layout(size)
        width = max((cells_of(line) for line in self._sheet.lines), default=0)
        # The scrollbar comes only later, and nobody is told of it.
        bar = self.styles.scrollbar_size_horizontal if width > size.width else 0
        self._view = _view(self._sheet, width, Size(size.width, size.height - bar))
        self._strips.clear()
        self.virtual_size = Size(width, len(self._sheet.lines))
        self.refresh()

    @property
    def _room(self) -> Size:
        """What there is for a sheet that does not scroll sideways."""
        return Size(self.scrollable_content_region.width, self.size.height)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        row = y if y < self._view.header else y + self.scroll_offset.y
        if row >= len(self._sheet.lines):
            return Strip.blank(self._view.size.width, self.rich_style)
        key = (row, self._shift)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._strips[key] = self._drawn(*key)
        return strip

    def _drawn(self, row: int, shift: int) -> Strip:
        line = self._sheet.lines[row]
        style = self._styled("header", self.rich_style) if row < self._sheet.header else self.rich_style
        pieces = ((line, ""),) if isinstance(line, str) else line
        whole = Strip([Segment(text, self._styled(look, style)) for text, look in pieces])
        left, right = self._view.pinned, shift + self._view.size.width
        edge = self._styled("edge", style)
        more = whole.cell_length > right
        pinned = whole.crop_extend(0, left, style)
        moving = whole.crop(left + shift, self._whole_until(left + shift, right) if more else right)
        strip = Strip.join([pinned, moving]).extend_cell_length(self._view.size.width, style)
        if whole.crop(left, left + shift).text.strip():
            strip = _signed(strip, max(0, left - 1), "‹", edge)
        return _signed(strip, strip.cell_length - 1, "›", edge) if more else strip

    def _whole_until(self, left: int, right: int) -> int:
        """Where to end a line that goes on beyond `right`: before a number that would be cut in two."""
        starts = self._sheet.starts
        start = starts[at - 1] if (at := bisect_right(starts, right)) else 0
        return start if left < start and right - start < _LONGEST_NUMBER else right

    def _styled(self, look: str, style: Style) -> Style:
        return style + self.get_component_rich_style(f"grid--{look}", partial=True) if look else style

    # --- moving

    @property
    def _shift(self) -> int:
        return self._view.shift(self.scroll_offset.x)

    def scroll_to(self, x: float | None = None, y: float | None = None, **options: Any) -> None:
        # At once: numbers that glide cannot be read.
        super().scroll_to(x, y, **{**options, "animate": False})

    def scroll_left(self, **options: Any) -> None:
        self._scroll_by_columns(-1, **options)

    def scroll_right(self, **options: Any) -> None:
        self._scroll_by_columns(1, **options)

    def scroll_page_left(self, **options: Any) -> None:
        stops = self._view.stops
        left = bisect_left(stops, self._shift - self._page.width)
        self._scroll_by_columns(min(-1, left - bisect_left(stops, self._shift)), **options)

    def scroll_page_right(self, **options: Any) -> None:
        stops = self._view.stops
        right = bisect_right(stops, self._shift + self._page.width) - 1
        self._scroll_by_columns(max(1, right - bisect_left(stops, self._shift)), **options)

    def _scroll_by_columns(self, count: int, **options: Any) -> None:
        stops = self._view.stops
        at = bisect_left(stops, self._shift) + count
        self.scroll_to(x=stops[min(max(0, at), len(stops) - 1)], **options)

    def scroll_page_up(self, **options: Any) -> None:
        self.scroll_to(y=self.scroll_y - self._page.height, **options)

    def scroll_page_down(self, **options: Any) -> None:
        self.scroll_to(y=self.scroll_y + self._page.height, **options)

    @property
    def _page(self) -> Size:
        """What moves: the size less the header, the first column and the signs at the edges."""
        view = self._view
        return Size(max(1, view.size.width - view.pinned - 2), max(1, view.size.height - view.header))

    def action_scroll_home(self) -> None:
        """To the first column; from there to the top."""
        self._need_scrolling()
        if self.scroll_offset.x:
            self.scroll_to(x=0)
        else:
            self.action_top()

    def action_scroll_end(self) -> None:
        """To the last column; from there to the bottom."""
        self._need_scrolling()
        if self.scroll_offset.x < self.max_scroll_x:
            self.scroll_to(x=self.max_scroll_x)
        else:
            self.action_bottom()

    def action_top(self) -> None:
        self._need_scrolling()
        self.scroll_to(y=0)

    def action_bottom(self) -> None:
        self._need_scrolling()
        self.scroll_to(y=self.max_scroll_y)

    def _need_scrolling(self) -> None:
        """Leave the key to whoever is around a grid that shows everything already."""
        if not (self.allow_horizontal_scroll or self.allow_vertical_scroll):
            raise SkipAction


def _view(sheet: Sheet, width: int, size: Size) -> _View:
    header = sheet.header if 2 * sheet.header <= size.height else 0
    pinned = sheet.starts[0] if sheet.starts and 2 * sheet.starts[0] <= size.width else 0
    return _View(size, header, pinned, tuple(_stops(sheet, width, size.width, pinned)))


def _stops(sheet: Sheet, width: int, shown: int, pinned: int) -> Iterator[int]:
    """Shifts from 0 to the first that shows the end of the longest line; no step leaves anything out."""
    if pinned:
        targets = [start - pinned for start in sheet.starts]
    else:
        # One cell before the column, since the sign that something is to the left takes the first cell.
        targets = [start - 1 for start in sheet.starts] or list(range(0, width, _STEP))
    last, longest = width - shown, max(1, shown - pinned - 2)
    at = 0
    yield at
    for target in [*targets, max(0, last)]:
        while at < last and at < target:
            at = min(target, at + longest)
            yield at


def _signed(strip: Strip, at: int, sign: str, style: Style) -> Strip:
    return Strip.join(
        [strip.crop(0, at), Strip([Segment(sign, style)], cell_len(sign)), strip.crop(at + 1, strip.cell_length)]
    )


def cells_of(line: Line) -> int:
    text = line if isinstance(line, str) else "".join(text for text, _ in line)
    return len(text) if text.isascii() else cell_len(text)
