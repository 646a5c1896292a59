"""What stands before the room for a moment: a question with one key for an answer, a pause, the help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from prepdrill.screen.text import duration, visible

_BOX = """
    align: center middle;
    & > #box {
        width: 62;
        max-width: 96%;
        height: auto;
        max-height: 90%;
        padding: 1 2;
        border: round $primary;
        background: $panel;
        color: $foreground;
    }
    & > #box > Static { width: 1fr; height: auto; }
"""


class Choice(ModalScreen[str]):
    """One sentence, and a key for each way to go on; the result is the key."""

    DEFAULT_CSS = f"Choice {{ background: $background 0%; &.-alone {{ background: $background; }} {_BOX} }}"

    def __init__(
        self, sentence: str, ways: Mapping[str, str], *, fallback: str, alone: bool = False, deaf: bool = False
    ) -> None:
        """`ways` maps a key to what it does; Escape is `fallback`, and nothing where that is empty.

        `alone` hides what stands behind it. `deaf` ignores keys for a moment: somebody is typing.
        """
        super().__init__(classes="-alone" if alone else None)
        self._sentence = sentence
        self._ways = ways
        self._fallback = fallback
        self._deaf = deaf

    def compose(self) -> ComposeResult:
        text = Text(self._sentence + "\n\n", style="bold")
        width = max(len(_spoken(key)) for key in self._ways)
        for number, (key, about) in enumerate(self._ways.items()):
            text.append("\n" if number else "").append(f" {_spoken(key):<{width}} ", style="reverse")
            text.append(f" {about}")
        with Vertical(id="box"):
            yield Static(text, markup=False)

    def on_mount(self) -> None:
        if self._deaf:
            self.set_timer(DEAF, self._listen)

    def _listen(self) -> None:
        self._deaf = False

    def on_key(self, event: events.Key) -> None:
        if self._deaf:
            event.stop()
        elif event.key in self._ways:
            event.stop()
            self.dismiss(event.key)
        elif event.key == "escape" and self._fallback:
            event.stop()
            self.dismiss(self._fallback)


DEAF: Final = 1.5
"""Seconds in which keys are not heard."""
SURENESS: Final = ("a guess", "leaning this way", "fairly sure", "certain")
"""What the levels of confidence, 1 to 4, mean."""


def sureness(title: str = "", *, late: bool = False) -> Choice:
    """How sure the candidate is, one key, before the grade; `title` is named where the answer is not in sight.

    With `late` the clock has handed the answer in: the first keys are still meant for the answer, and are not heard.
    """
    where = f" to “{visible(title)}”" if title else ""
    ways = {str(level): about for level, about in enumerate(SURENESS, start=1)}
    up = "The time is up. " if late else ""
    ways["enter"] = "rather not say"
    return Choice(f"{up}How sure are you of your whole answer{where}?", ways, fallback="enter", deaf=late)


class Pause(ModalScreen[None]):
    """Hides the question and the answer until a key is pressed."""

    DEFAULT_CSS = f"Pause {{ background: $background; {_BOX} }}"
    BINDINGS = [Binding("enter,space,f6,alt+p,escape", "go_on", "Go on", priority=True)]

    def __init__(self, spent: float) -> None:
        super().__init__()
        self._spent = spent

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Static(
                f"Paused. The clock stands at {duration(self._spent)} spent.\n\nPress Enter to go on.", markup=False
            )

    def action_go_on(self) -> None:
        self.dismiss(None)


class Help(ModalScreen[None]):
    """All keys of a screen, in groups."""

    DEFAULT_CSS = f"""
    Help {{ background: $background 0%; {_BOX}
        & > #box {{ width: 76; }}
    }}
    """
    BINDINGS = [Binding("escape,enter,f1,alt+h,q", "close", "Close", priority=True)]

    def __init__(self, groups: Sequence[tuple[str, Mapping[str, str]]]) -> None:
        super().__init__()
        self._groups = groups

    def compose(self) -> ComposeResult:
        text = Text()
        for title, keys in self._groups:
            text.append(f"{title}\n", style="bold")
            for key, about in keys.items():
                text.append(f"  {key:<16}", style="bold").append(f" {about}\n")
            text.append("\n")
        text.append("Escape closes this.")
        with VerticalScroll(id="box"):
            yield Static(text, markup=False)

    def on_mount(self) -> None:
        self.query_one("#box").focus()

    def action_close(self) -> None:
        self.dismiss(None)


def _spoken(key: str) -> str:
    return {"enter": "Enter", "escape": "Esc"}.get(key, key)
