"""The last screen of a drill."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import RenderableType
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import Footer

from prepdrill.room.pages import Page


class SummaryScreen(Screen[None]):
    """What the session came to."""

    AUTO_FOCUS = "Page"
    BINDINGS = [Binding("enter,escape,q", "close", "Done", key_display="Enter", priority=True)]
    DEFAULT_CSS = """
    SummaryScreen { background: $background; }
    SummaryScreen Page { padding: 1 2; }
    """

    def __init__(self, shown: Callable[[], RenderableType]) -> None:
        super().__init__()
        self._shown = shown

    def compose(self) -> ComposeResult:
        yield Page(self._shown())
        yield Footer(show_command_palette=False, compact=True)

    def change(self, shown: RenderableType) -> None:
        """Show something newer in its place."""
        self.query_one(Page).show(shown)

    def action_close(self) -> None:
        self.dismiss(None)
