"""The last screen of a mock interview: its scorecard, and from there into every round."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import Footer

from prepdrill.room.dialog import Help
from prepdrill.room.pages import Page
from prepdrill.scorecard import Scorecard
from prepdrill.screen.scorecard import scorecard

KEYS = (
    (
        "Scorecard",
        {
            "1 to 9": "open a round: your words, the verdicts, the model answer; y and n settle",
            "↑ ↓ PgUp PgDn": "scroll",
            "Enter": "done; prepdrill mock show and export bring it back",
        },
    ),
    ("Session", {"F10, Alt+T": "dark or light", "Ctrl+C": "leave; all is kept"}),
)


class ScorecardScreen(Screen[None]):
    """What an interview came to. `card` reads it anew, since settling a verdict changes it."""

    AUTO_FOCUS = "Page"
    BINDINGS = [
        Binding("f1,alt+h", "help", "Help", key_display="F1", priority=True),
        Binding("enter,escape", "close", "Done", key_display="Enter", priority=True),
        *(Binding(str(number), f"open({number})", "to 9: open a round", show=number == 1) for number in range(1, 10)),
    ]
    DEFAULT_CSS = """
    ScorecardScreen { background: $background; }
    ScorecardScreen Page { padding: 1 2; }
    """

    def __init__(self, card: Callable[[], Scorecard], show_round: Callable[[int], None]) -> None:
        """`show_round` opens the round of an attempt."""
        super().__init__()
        self._card = card
        self._show_round = show_round
        self._shown = card()

    def compose(self) -> ComposeResult:
        yield Page(scorecard(self._shown))
        yield Footer(show_command_palette=False, compact=True)

    def on_screen_resume(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Show what the rounds come to now."""
        self._shown = self._card()
        self.query_one(Page).show(scorecard(self._shown))

    def action_open(self, number: int) -> None:
        attempt = self._shown.rounds[number - 1].performance.attempt if number <= len(self._shown.rounds) else None
        if attempt is not None:
            self._show_round(attempt)

    def action_help(self) -> None:
        self.app.push_screen(Help(KEYS))

    def action_close(self) -> None:
        self.dismiss(None)
