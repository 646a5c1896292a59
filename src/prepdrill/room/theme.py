"""The two themes of the room, dark and light.

Every pair of text and ground that they make has a contrast of at least 4.5 (WCAG 2.1, level AA), and of 3 after a
terminal of sixteen colours has rounded both; a test holds them to it. The sixteen are why the grounds keep so close
together, and why yellow is a brown on the light ones: yellow, green and cyan of a terminal cannot be read on white.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rich.terminal_theme import TerminalTheme
from textual.color import Color
from textual.theme import Theme

DARK: Final = Theme(
    name="prepdrill-dark",
    dark=True,
    background="#14171c",
    surface="#14171c",
    panel="#1f242c",
    foreground="#e4e7eb",
    primary="#7cc4ff",
    secondary="#b7a6f5",
    accent="#7cc4ff",
    success="#7fd88f",
    warning="#f0c05a",
    error="#ff8f85",
    variables={
        "boost": "#232830",
        "text-muted": "#a9b2be",
        "text-disabled": "#a9b2be",
        "border": "#6b7685",
        "border-blurred": "#6b7685",
        "footer-background": "#1f242c",
        "footer-foreground": "#e4e7eb",
        "footer-key-foreground": "#7cc4ff",
        "footer-description-foreground": "#e4e7eb",
        "block-cursor-background": "#7cc4ff",
        "block-cursor-foreground": "#14171c",
        "block-cursor-blurred-background": "#3d4652",
        "block-cursor-blurred-foreground": "#e4e7eb",
        "input-selection-background": "#2f5f8a",
        "scrollbar": "#6b7685",
        "scrollbar-background": "#14171c",
    },
)

LIGHT: Final = Theme(
    name="prepdrill-light",
    dark=False,
    background="#fbfbfa",
    surface="#fbfbfa",
    panel="#e8eaed",
    foreground="#1b1f24",
    primary="#1a48b0",
    secondary="#5b3fb0",
    accent="#1a48b0",
    success="#1a6b2d",
    warning="#614a1c",
    error="#b3261e",
    variables={
        "boost": "#dfe2e6",
        "text-muted": "#515a65",
        "text-disabled": "#515a65",
        "text-warning": "#5f4715",
        "border": "#7d8590",
        "border-blurred": "#7d8590",
        "footer-background": "#e8eaed",
        "footer-foreground": "#1b1f24",
        "footer-key-foreground": "#1a48b0",
        "footer-description-foreground": "#1b1f24",
        "block-cursor-background": "#1a48b0",
        "block-cursor-foreground": "#fbfbfa",
        "block-cursor-blurred-background": "#c9ced5",
        "block-cursor-blurred-foreground": "#1b1f24",
        "input-selection-background": "#a9cdf0",
        "scrollbar": "#7d8590",
        "scrollbar-background": "#fbfbfa",
    },
)

THEMES: Final[Mapping[str, Theme]] = {"dark": DARK, "light": LIGHT}


def named_colours(theme: Theme) -> TerminalTheme:
    """What `green`, `red` and the other names of terminal colours are in this theme."""
    names = ("foreground", "error", "success", "warning", "primary", "secondary", "accent", "foreground")
    inks = [Color.parse(getattr(theme, name)).rgb for name in names]
    return TerminalTheme(Color.parse(theme.background or "").rgb, inks[0], inks, inks)


def fitting(wanted: str, environ: Mapping[str, str]) -> str:
    """The name of the theme for a setting (`auto`, `dark`, `light`).

    `auto` is light where the terminal says in COLORFGBG that its ground is light, and dark everywhere else.
    """
    if wanted in THEMES:
        return THEMES[wanted].name
    ground = environ.get("COLORFGBG", "").rpartition(";")[2]
    return LIGHT.name if ground in ("7", "15") else DARK.name
