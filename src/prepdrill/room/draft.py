"""The editor in which an answer is written."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from rich.containers import Lines
from rich.text import Text
from textual import events, on
from textual.binding import Binding
from textual.widgets import TextArea

SEQUENCE: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
"""Terminal control sequences: CSI, OSC and the like with their text, two-letter escapes."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def cleaned(text: str) -> str:
    """Text as an answer can hold it: no terminal sequences, no control characters but tabs and line ends."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii() and "\x1b" not in text and not _CONTROL.search(text):
        return text
    text = _CONTROL.sub("", SEQUENCE.sub("", text))
    return text.encode("utf-8", "replace").decode("utf-8")


_OURS: Final = frozenset({"f6", "f7", "ctrl+c,super+c"})
"""Keys of the text area that the room needs for itself."""


class Paragraph(Text):
    """A line of the text, which knows the rows it is wrapped into.

    Textual divides a line into all of its rows to draw one of them; a long paragraph would be divided thirty times at
    every key. Here its plain rows are made once, and only a row with something marked in it is made anew.
    """

    __slots__ = ("rows",)

    def __init__(self, text: str, rows: Rows) -> None:
        super().__init__(text, end="", no_wrap=True)
        self.rows = rows

    def divide(self, offsets: Iterable[int]) -> Lines:
        bounds = [0, *offsets, len(self)]
        lines = Lines(self.rows.of(self.plain, bounds))
        for span in self.spans:
            for number in range(bisect_right(bounds, span.start) - 1, bisect_left(bounds, span.end)):
                lines[number] = super().divide(bounds[number : number + 2])[1]
        return lines


class Rows:
    """The rows of the paragraph that was drawn last."""

    def __init__(self) -> None:
        self._drawn: tuple[str, list[int]] = ("", [])
        self._rows: list[Text] = []

    def of(self, text: str, bounds: list[int]) -> list[Text]:
        """The parts of a text between these bounds."""
        if (text, bounds) != self._drawn:
            self._drawn = (text, bounds)
            self._rows = [Text(text[start:end], end="", no_wrap=True) for start, end in pairwise(bounds)]
        return self._rows


class Draft(TextArea, inherit_bindings=False):
    """A text area for prose: it wraps, takes any paste, and leaves Ctrl+C, Tab and the function keys to the room."""

    BINDINGS = [
        *(binding for binding in TextArea.BINDINGS if not (isinstance(binding, Binding) and binding.key in _OURS)),
        Binding("alt+c,ctrl+insert,ctrl+shift+c,super+c", "copy", "Copy", show=False),
        Binding("alt+a", "select_all", "Select all", show=False),
        Binding("ctrl+home", "text_start", "Start of the text", show=False),
        Binding("ctrl+end", "text_end", "End of the text", show=False),
    ]
    DEFAULT_CSS = """
    Draft, Draft:focus {
        border: none;
        padding: 0 1;
        background: $background;
        color: $foreground;
        height: 1fr;
        & .text-area--cursor-line { background: $background; }
        & .text-area--placeholder { color: $text-muted; }
    }
    """

    def __init__(self, *, id: str | None = None, placeholder: str = "") -> None:
        super().__init__(
            id=id,
            soft_wrap=True,
            show_line_numbers=False,
            tab_behavior="focus",
            highlight_cursor_line=False,
            placeholder=placeholder,
            max_checkpoints=500,
        )
        self.match_cursor_bracket = False
        self._rows = Rows()
        self._wrap_quickly()

    def get_line(self, line_index: int) -> Text:
        return Paragraph(self.document.get_line(line_index), self._rows)

    def _wrap_quickly(self) -> None:
        """Find the rows of a paragraph by slices of it, which is all that Textual takes from its styled rows."""
        wrapped = self.wrapped_document

        def sections(line_index: int) -> list[str]:
            line = wrapped.document[line_index]
            return [line[start:end] for start, end in pairwise((0, *wrapped.get_offsets(line_index), len(line)))]

        wrapped.get_sections = sections  # type: ignore[method-assign]

    @on(TextArea.Changed)
    def keep_in_sight(self) -> None:
        """Scroll to the cursor: Textual does so before it knows that the text has become a row longer."""
        self.scroll_cursor_visible()

    async def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        if self.read_only:
            return
        self.history.checkpoint()
        result = self.replace(cleaned(event.text), *self.selection, maintain_selection_offset=False)
        self.move_cursor(result.end_location)
        self.history.checkpoint()

    def load_text(self, text: str) -> None:
        """Begin with this text, which may be an old one: what a terminal would obey is left out of it."""
        super().load_text(cleaned(text))
        self._wrap_quickly()

    def write(self, text: str) -> None:
        """Put a text in the place of all that stands here, as a step that can be undone; the cursor goes to its end."""
        self.history.checkpoint()
        self.replace(cleaned(text), (0, 0), self.document.end, maintain_selection_offset=False)
        self.move_cursor(self.document.end)
        self.history.checkpoint()

    def action_text_start(self) -> None:
        self.move_cursor((0, 0))

    def action_text_end(self) -> None:
        self.move_cursor(self.document.end)
