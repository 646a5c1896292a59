"""Pages of text, and tabs over pages: one line, no decoration."""

from __future__ import annotations

from rich.console import RenderableType
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static, TabbedContent, Tabs


class Page(VerticalScroll, can_focus=True):
    """A text that scrolls."""

    DEFAULT_CSS = """
    Page { padding: 0 1; height: 1fr; scrollbar-size-vertical: 1; }
    Page Static { width: 1fr; max-width: 100; height: auto; }
    """

    def __init__(self, shown: RenderableType, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._text = Static(shown, markup=False)

    def compose(self) -> ComposeResult:
        yield self._text

    def show(self, shown: RenderableType) -> None:
        """Replace the text."""
        self._text.update(shown)


class Pages(TabbedContent):
    """Pages under tabs. The tabs take no focus: whoever shows them binds the keys that turn."""

    DEFAULT_CSS = """
    Pages {
        & ContentTabs { height: 1; background: $panel; }
        & ContentTabs #tabs-scroll { height: 1; }
        & ContentTabs Underline { display: none; }
        & ContentTab { color: $text-muted; padding: 0 1; height: 1; }
        & ContentTab.-active { color: $foreground; text-style: bold reverse; }
        & TabPane { padding: 0; height: 1fr; }
        & ContentSwitcher { height: 1fr; }
    }
    """

    def on_mount(self) -> None:
        self.query_one(Tabs).can_focus = False

    def on_tabbed_content_tab_activated(self, event: TabbedContent.TabActivated) -> None:
        """Keep the tab in sight, wherever it stands in a row that is too long."""
        if event.tabbed_content is self:
            tab = event.tab
            self.call_after_refresh(lambda: tab.scroll_visible(animate=False))  # a new tab has no place yet
