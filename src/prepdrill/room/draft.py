"""The editor in which an answer is written."""

from __future__ import annotations

import re
from typing import Final

from textual import events
from textual.binding import Binding
from textual.widgets import TextArea

_SEQUENCE: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
"""Terminal control sequences: CSI, OSC and the like with their text, two-letter escapes."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def cleaned(text: str) -> str:
    """Text as an answer can hold it: no terminal sequences, no control characters but tabs and line ends."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii() and "\x1b" not in text and not _CONTROL.search(text):
        return text
    text = _CONTROL.sub("", _SEQUENCE.sub("", text))
    return text.encode("utf-8", "replace").decode("utf-8")


_OURS: Final = frozenset({"f6", "f7", "ctrl+c,super+c"})
"""Keys of the text area that the room needs for itself."""


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
