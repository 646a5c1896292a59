"""The left half of the room: what the question says, and its exhibits, each under a tab of its own."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Static, TabPane

from prepdrill.model import Exhibit, Prompt, Question, Syllabus, Transcript
from prepdrill.room.pages import Page, Pages
from prepdrill.screen.question import heading, prompt_name, prompted, spoken
from prepdrill.screen.text import prose, visible

LONGEST_TAB: int = 18


class QuestionPane(Pages):
    """Tabs over the question, its exhibits, and what came to light since."""

    BINDINGS = [
        Binding("left", "turn(-1)", "Previous exhibit", show=False),
        Binding("right", "turn(1)", "Next exhibit", show=False),
    ]
    DEFAULT_CSS = """
    QuestionPane {
        height: 1fr;
        width: 1fr;
    }
    """

    def __init__(
        self,
        question: Question,
        syllabus: Syllabus | None,
        *,
        place: str,
        why: str,
        minutes: float | None,
        revealed: Sequence[Exhibit] = (),
        hints: Sequence[str] = (),
    ) -> None:
        super().__init__(id="question")
        self._question = question
        self._heading = heading(question, syllabus, place, minutes, why)
        self._hints = list(hints)
        self._shown: list[Exhibit] = []
        self.compose_add_child(TabPane("Question", Page(self._text(), id="text"), id="page-question"))
        self._waiting = [*question.shown_exhibits, *revealed]

    def on_mount(self) -> None:
        self.call_after_refresh(self.show_waiting)

    async def show_waiting(self) -> None:
        """Put the exhibits under their tabs: after the question can be read, which they would delay."""
        while self._waiting:
            await self.add_pane(self._page(self._waiting.pop(0)))

    def _text(self) -> RenderableType:
        parts: list[RenderableType] = [self._heading, Text(""), prose(self._question.scenario), Text("")]
        parts.append(prose(self._question.ask, style="bold"))
        for number, hint in enumerate(self._hints, start=1):
            parts += [Text(""), Text(f"Hint {number}: ", style="bold") + prose(hint)]
        return Group(*parts)

    def _page(self, exhibit: Exhibit) -> TabPane:
        from prepdrill.room.exhibits import exhibit_view  # not before the question can be read

        self._shown.append(exhibit)
        number = len(self._shown)
        title = Content(f"{number} {_short(exhibit.title)}")
        return TabPane(title, Titled(exhibit.title), exhibit_view(exhibit), id=f"page-{number}")

    async def show_exhibit(self, exhibit: Exhibit) -> None:
        """Turn to an exhibit, putting it under a tab of its own if it has none yet."""
        await self.show_waiting()
        if exhibit not in self._shown:
            await self.add_pane(self._page(exhibit))
        self.active = f"page-{self._shown.index(exhibit) + 1}"
        tab = self.get_tab(self.active)
        self.call_after_refresh(lambda: tab.scroll_visible(animate=False, force=True))  # it has no place yet

    def show_hint(self, hint: str) -> None:
        """Put a hint below the question, and turn there."""
        self._hints.append(hint)
        page = self.query_one("#text", Page)
        page.show(self._text())
        self.active = "page-question"
        page.scroll_end(animate=False)

    async def show_prompt(self, prompt: Prompt, said: Transcript) -> None:
        """Put what is asked now before everything else, what was said so far beside it, and turn there."""
        for id in ("page-prompt", "page-answer"):
            if any(pane.id == id for pane in self.query(TabPane)):
                await self.remove_pane(id)
        name = "New fact" if prompt.kind == "twist" else prompt_name(prompt.kind)
        first = "page-question"
        await self.add_pane(TabPane(name, Page(prompted(prompt)), id="page-prompt"), before=first)
        await self.add_pane(TabPane("Your answer", Page(spoken(said)), id="page-answer"), before=first)
        self.active = "page-prompt"

    def action_turn(self, by: int) -> None:
        """Turn to another tab; after the last comes the first."""
        ids = [tab.id.removeprefix("--content-tab-") for tab in self.query("ContentTab") if tab.id]
        self.active = ids[(ids.index(self.active) + by) % len(ids)]
        if self.has_focus_within:
            self.focus_page()

    def focus_page(self) -> None:
        """Put the keyboard on what is shown."""
        pane = self.active_pane
        if pane is not None:
            target = next((widget for widget in pane.query("*") if widget.can_focus), None)
            if target is not None:
                self.screen.set_focus(target, scroll_visible=False)

    def on_key(self, event: events.Key) -> None:
        if event.character and event.character.isdigit() and event.character != "0":
            wanted = f"page-{event.character}"
            if any(pane.id == wanted for pane in self.query(TabPane)):
                event.stop()
                self.active = wanted
                self.focus_page()


class Titled(Static):
    """The whole title of an exhibit, above it."""

    DEFAULT_CSS = """
    Titled { height: auto; padding: 0 1; text-style: bold; }
    """

    def __init__(self, title: str) -> None:
        super().__init__(visible(title), markup=False)


def _short(title: str) -> str:
    shown = visible(title)
    return shown if len(shown) <= LONGEST_TAB else shown[: LONGEST_TAB - 1].rstrip() + "…"
