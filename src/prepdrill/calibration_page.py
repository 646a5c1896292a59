"""A grader's measure as one HTML file, complete in itself, with its reliability diagram drawn here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from prepdrill.calibration import Bin, Calibration
from prepdrill.html_page import document, listed, percent, safe, table
from prepdrill.model import Scale
from prepdrill.screen.calibration import (
    BIN_HEADS,
    CONFUSION_HEADS,
    FIGURE_HEADS,
    GROUP_HEADS,
    READING,
    RIVAL_HEADS,
    bins,
    confusion,
    counted,
    facts,
    figure,
    figures,
    groups,
    rivals,
    sentence,
    spent,
)


def calibration_page(value: Calibration, scale: Scale, *, title: str) -> str:
    """The whole measure as one HTML document."""
    return document(title, _body(value, scale, title))


def _body(value: Calibration, scale: Scale, title: str) -> Iterator[str]:
    yield f"<h1>{safe(title)}</h1>"
    yield f'<p class="quiet">{safe(" · ".join(counted(value)))}</p>'
    yield f'<p class="result">{safe(sentence(value))}</p>'
    yield "<h2>Figures</h2>"
    yield table(FIGURE_HEADS, figures(value), figures=True)
    yield f'<p class="quiet">{safe(READING)}</p>'
    yield table(RIVAL_HEADS, rivals(value), figures=True)
    yield "<h2>Labels against verdicts</h2>"
    yield table(CONFUSION_HEADS, confusion(value.agreement), figures=True)
    yield from _reliability(value)
    for name, rows in groups(value, scale):
        yield f"<h2>{safe(name.capitalize())}</h2>"
        yield table(GROUP_HEADS, rows, figures=True)
    yield "<h2>What else was measured</h2>"
    yield listed(map(safe, facts(value)))
    if value.spending is not None:
        yield "<h2>What it cost</h2>"
        yield listed(map(safe, spent(value.spending)))
    drawn = f"Intervals from {value.resamples:,} resamples with seed {value.seed}."
    yield f'<p class="quiet">{drawn} Fingerprint <code>{safe(value.fingerprint)}</code></p>'


# --- the reliability diagram

_READ: Final = (
    "Each disc is a bin of verdicts, as large as they are many: how sure the grader said it was, and how often it was"
    " right. On the dashed line it is as sure as it is right; below the line it is too sure."
)
_TOP, _BOTTOM = 16.0, 256.0
_LEFT, _RIGHT = 0.1, 0.97
"""Where the ends of the share right lie in pixels, and those of the confidence as shares of the width."""
_LARGEST, _SMALLEST = 14.0, 3.0
"""Radius in pixels of a disc for all verdicts, and of the smallest."""


def _reliability(value: Calibration) -> Iterator[str]:
    filled = [part for part in value.reliability.bins if part.cases]
    if not filled:
        return
    yield "<h2>Confidence against share right</h2>"
    yield _diagram(filled)
    yield f'<p class="quiet">{_READ}</p>'
    yield table(BIN_HEADS, bins(value), figures=True)


def _diagram(filled: Sequence[Bin]) -> str:
    parts = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = f"{_height(share):g}"
        parts.append(
            f'<line x1="{percent(_LEFT)}" x2="100%" y1="{y}" y2="{y}" stroke="var(--line)" stroke-width=".5"/>'
        )
        parts.append(f'<text x="0" y="{y}" dy="4">{100 * share:.0f} %</text>')
        parts.append(f'<text x="{percent(_across(share))}" y="280" text-anchor="middle">{share:g}</text>')
    ends = f'x1="{percent(_across(0))}" x2="{percent(_across(1))}" y1="{_height(0):g}" y2="{_height(1):g}"'
    parts.append(f'<line {ends} stroke="var(--line)" stroke-dasharray="4 4"/>')
    total = sum(part.cases for part in filled)
    parts += [_disc(part, total) for part in filled]
    said = (f"stated {figure(part.confidence)}, right {figure(part.right)}, {part.cases} verdicts" for part in filled)
    return f'<svg role="img" aria-label="{safe("; ".join(said))}" height="288">{"".join(parts)}</svg>'


def _disc(part: Bin, total: int) -> str:
    radius = max(_SMALLEST, _LARGEST * (part.cases / total) ** 0.5)
    place = f'cx="{percent(_across(part.confidence or 0.0))}" cy="{_height(part.right or 0.0):.1f}"'
    return f'<circle {place} r="{radius:.1f}" fill="var(--link)" stroke="var(--paper)"/>'


def _height(share: float) -> float:
    return _BOTTOM - share * (_BOTTOM - _TOP)


def _across(share: float) -> float:
    return _LEFT + share * (_RIGHT - _LEFT)
