"""The two themes of the room, dark and light.

Every pair of text and ground that they make has a contrast of at least 4.5 (WCAG 2.1, level AA), also after a terminal
of sixteen colours has rounded both; a test holds them to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from textual.theme import Theme

DARK: Final = Theme(
    name="prepdrill-dark",
    dark=True,
    background="#14171c",
    surface="#14171c",
    panel="#242a33",
    boost="#2b323d",
    foreground="#e4e7eb",
    primary="#7cc4ff",
    secondary="#b7a6f5",
    accent="#7cc4ff",
    success="#7fd88f",
    warning="#f0c05a",
    error="#ff8f85",
    variables={
        "text-muted": "#a9b2be",
        "text-disabled": "#a9b2be",
        "border": "#3d4652",
        "border-blurred": "#3d4652",
        "footer-background": "#242a33",
        "footer-foreground": "#e4e7eb",
        "footer-key-foreground": "#7cc4ff",
        "footer-description-foreground": "#e4e7eb",
        "block-cursor-background": "#7cc4ff",
        "block-cursor-foreground": "#14171c",
        "block-cursor-blurred-background": "#3d4652",
        "block-cursor-blurred-foreground": "#e4e7eb",
        "input-selection-background": "#2f5f8a",
        "scrollbar": "#4a5563",
        "scrollbar-background": "#14171c",
    },
)

LIGHT: Final = Theme(
    name="prepdrill-light",
    dark=False,
    background="#fbfbfa",
    surface="#fbfbfa",
    panel="#e6e8eb",
    boost="#dcdfe4",
    foreground="#1b1f24",
    primary="#0b5cad",
    secondary="#5b3fb0",
    accent="#0b5cad",
    success="#1a6b2d",
    warning="#7d5200",
    error="#b3261e",
    variables={
        "text-muted": "#515a65",
        "text-disabled": "#515a65",
        "border": "#b5bcc5",
        "border-blurred": "#b5bcc5",
        "footer-background": "#e6e8eb",
        "footer-foreground": "#1b1f24",
        "footer-key-foreground": "#0b5cad",
        "footer-description-foreground": "#1b1f24",
        "block-cursor-background": "#0b5cad",
        "block-cursor-foreground": "#fbfbfa",
        "block-cursor-blurred-background": "#c9ced5",
        "block-cursor-blurred-foreground": "#1b1f24",
        "input-selection-background": "#a9cdf0",
        "scrollbar": "#9aa3ad",
        "scrollbar-background": "#fbfbfa",
    },
)

THEMES: Final[Mapping[str, Theme]] = {"dark": DARK, "light": LIGHT}


def fitting(wanted: str, environ: Mapping[str, str]) -> str:
    """The name of the theme for a setting (`auto`, `dark`, `light`).

    `auto` is light where the terminal says in COLORFGBG that its ground is light, and dark everywhere else.
    """
    if wanted in THEMES:
        return THEMES[wanted].name
    ground = environ.get("COLORFGBG", "").rpartition(";")[2]
    return LIGHT.name if ground in ("7", "15") else DARK.name
