"""What every HTML page of ours shares: no script, nothing loaded from elsewhere, every text escaped in `safe`.

Colours follow the reader's light or dark setting.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from prepdrill.model import Chart, Content, Diff, Exhibit, Log, Samples, Table
from prepdrill.screen.exhibits import numbers
from prepdrill.screen.text import visible

LIGHT: Final[Mapping[str, str]] = {
    "paper": "#ffffff",
    "panel": "#f3f5f8",
    "ink": "#1b2430",
    "quiet": "#525d6b",
    "line": "#7d8896",
    "good": "#12684a",
    "open": "#8a5a00",
    "bad": "#a8243a",
    "link": "#1a56a6",
}
DARK: Final[Mapping[str, str]] = {
    "paper": "#12171e",
    "panel": "#1c232d",
    "ink": "#e4e9ef",
    "quiet": "#a5b0bd",
    "line": "#74808e",
    "good": "#5fc99b",
    "open": "#e0ac4b",
    "bad": "#f28b97",
    "link": "#84b4f4",
}
"""Colours by what they mean; each can be read on `paper` and on `panel` (WCAG AA)."""

STYLE: Final = """
*{box-sizing:border-box}
html{color-scheme:light dark}
body{margin:0 auto;padding:1.5rem 1rem 4rem;max-width:60rem;background:var(--paper);color:var(--ink);
font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.5rem;margin:0 0 .25rem}
h2{font-size:1.15rem;margin:2.25rem 0 .5rem;padding-top:.75rem;border-top:1px solid var(--line)}
h3{font-size:1rem;margin:1.25rem 0 .25rem}
p{margin:.5rem 0}
ul{margin:.5rem 0;padding-left:1.25rem}
li{margin:.35rem 0}
a{color:var(--link)}
pre,code{font-family:ui-monospace,monospace;font-size:.875rem}
pre{overflow-x:auto;overflow-wrap:normal;background:var(--panel);padding:.75rem;margin:.5rem 0}
blockquote{margin:.5rem 0;padding:.5rem .75rem;background:var(--panel);border-left:3px solid var(--line);
white-space:pre-wrap}
q{font-style:italic;quotes:none}
table{border-collapse:collapse;font-size:.875rem}
th,td{padding:.2rem .75rem .2rem 0;text-align:left;vertical-align:top}
.figures td+td,.figures th+th{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
details{margin:.75rem 0}
summary{cursor:pointer}
svg{display:block;width:100%}
svg text{fill:var(--ink);font-size:12px}
.scroll{overflow-x:auto}
.result{font-size:1.35rem;font-weight:600;margin:.5rem 0}
.quiet{color:var(--quiet)}
.bar{display:grid;gap:0 1rem;align-items:center;margin:.5rem 0;
grid-template:"name drawing said" auto "below below below" auto/minmax(8rem,15rem) 1fr 11rem}
.name{grid-area:name}.said{grid-area:said}.below{grid-area:below;font-size:.875rem}.bar svg{grid-area:drawing}
.hidden{position:absolute}
.met{color:var(--good)}.unsure,.ungraded{color:var(--open)}.unmet,.flag{color:var(--bad)}
@media(max-width:40rem){.bar{grid-template:"name said" auto "drawing drawing" auto "below below" auto/1fr auto}
.said{text-align:right}}
@media print{body{max-width:none}}
""".strip()


MADE_BY: Final = '<meta name="generator" content="prepdrill">'
"""Stands in every page of ours: one that has it may be written anew."""


def document(title: str, body: Iterable[str]) -> str:
    """A whole document, complete in itself; `body` is markup."""
    return "\n".join((*_head(title), *body, "</body>\n</html>")) + "\n"


def safe(text: str) -> str:
    """The text as it can stand anywhere in a page."""
    return html.escape(visible(text))


def listed(entries: Iterable[str]) -> str:
    """A list; the entries are markup."""
    return "<ul>\n" + "\n".join(f"<li>{entry}</li>" for entry in entries) + "\n</ul>"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, figures: bool = False) -> str:
    """A table that is scrolled where the page is too narrow for it; all cells are text, or `figures` but the first."""
    head = "".join(f"<th>{safe(name)}</th>" for name in heads)
    cells = ("".join(f"<td>{safe(cell)}</td>" for cell in row) for row in rows)
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    start = '<table class="figures">' if figures else "<table>"
    return f'<div class="scroll">{start}<tr>{head}</tr>{body}</table></div>'


def link(title: str, url: str) -> str:
    """A link if that is what it is, its text if not."""
    if not re.fullmatch(r"https?://\S+", url):
        return f"{safe(title)}: {safe(url)}"
    return f'<a href="{safe(url)}" rel="noreferrer">{safe(title)}</a>'


def exhibit(shown: Exhibit) -> Iterator[str]:
    """An exhibit with its title; a chart as the table of its numbers."""
    yield f"<h3>{safe(shown.title)}</h3>"
    if shown.staged:
        yield '<p class="quiet">Shown on request.</p>'
    yield from _content(shown.content)


def _content(content: Content) -> Iterator[str]:
    match content:
        case Log() | Diff():
            yield f"<pre>{safe(content.text)}</pre>"
        case Table():
            yield table(content.columns, content.rows)
        case Chart():
            yield f'<p class="quiet">{safe(content.y)}, by {safe(content.x)}</p>'
            points = numbers(content)
            yield table(points.columns, points.rows)
        case Samples():
            for pair in content.pairs:
                for name, text in (("Prompt", pair.prompt), ("A", pair.a), ("B", pair.b)):
                    yield f"<p><strong>{name}</strong></p>"
                    yield typed(text)


def typed(text: str) -> str:
    """Words as they were typed, line by line."""
    return f"<blockquote>{safe(text.rstrip() or '(nothing)')}</blockquote>"


def paragraphs(text: str) -> Iterator[str]:
    """Prose, a blank line between its paragraphs."""
    for block in re.split(r"\n\s*\n", text.strip()):
        yield f"<p>{safe(block)}</p>"


def percent(share: float) -> str:
    """A share as a length in a drawing: `64.00%`."""
    return f"{100 * share:.2f}%"


def _head(title: str) -> Iterator[str]:
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta name="viewport" content="width=device-width,initial-scale=1">\n{MADE_BY}'
    yield f"<title>{safe(title)}</title>\n<style>\n:root{{{_colours(LIGHT)}}}"
    yield f"@media(prefers-color-scheme:dark){{:root{{{_colours(DARK)}}}}}\n{STYLE}\n</style>\n</head>\n<body>"


def _colours(colours: Mapping[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in colours.items())
