"""The scorecard of a mock interview as one HTML file: no script, nothing loaded from elsewhere, charts drawn here.

Colours follow the reader's light or dark setting. Every text is data: it is made visible and escaped in `_safe`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from prepdrill.model import Chart, Content, Diff, Exhibit, Log, Outcome, Samples, Table, Verdict
from prepdrill.scorecard import CostlyMoment, RoundScore, Scorecard
from prepdrill.screen.exhibits import numbers
from prepdrill.screen.feedback import quote, reasoned, score, timing, verdict_line
from prepdrill.screen.question import prompt_name
from prepdrill.screen.scorecard import (
    NO_ADVICE,
    lost,
    overall,
    progress,
    rating,
    round_facts,
    round_heading,
    round_name,
    round_score,
    settling,
    sought,
    time_taken,
)
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

_STYLE: Final = """
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


def scorecard_page(card: Scorecard, *, title: str) -> str:
    """The scorecard and every round behind it as one HTML document, complete in itself."""
    return "\n".join(_document(card, title)) + "\n"


def _document(card: Scorecard, title: str) -> Iterator[str]:
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width,initial-scale=1">'
    yield f"<title>{_safe(title)}</title>\n<style>\n:root{{{_colours(LIGHT)}}}"
    yield f"@media(prefers-color-scheme:dark){{:root{{{_colours(DARK)}}}}}\n{_STYLE}\n</style>\n</head>\n<body>"
    yield _hatchings("open", "bad")
    yield f"<h1>{_safe(title)}</h1>"
    yield f'<p class="quiet">{_safe(progress(card))} · {_safe(time_taken(card))}</p>'
    yield f'<p class="result">Score {_safe(overall(card))} · {_safe(rating(card))}</p>'
    yield _list(_safe(reason) for reason in card.reasons)
    if card.dimensions:
        yield from _dimensions(card)
    yield from _times(card)
    yield from _confidences(card)
    if card.costly:
        yield "<h2>What cost most</h2>"
        yield _list(_moment(moment) for moment in card.costly)
    yield "<h2>What to drill next</h2>"
    advice = [f"<code>{_safe(entry.command)}</code><br>{_safe(entry.reason)}" for entry in card.next]
    yield _list(advice or [_safe(NO_ADVICE)])
    if card.unsettled:
        yield f"<p>To settle what is open: <code>{_safe(settling(card))}</code></p>"
    for entry in card.rounds:
        yield from _round(entry)
    yield "</body>\n</html>"


def _colours(colours: Mapping[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in colours.items())


# --- charts


def _dimensions(card: Scorecard) -> Iterator[str]:
    yield "<h2>Dimensions</h2>"
    for entry in card.dimensions:
        said = score(entry.low, entry.high)
        drawing = _interval(entry.low, entry.high, f"{entry.title}: {said}")
        yield _bar(entry.title, drawing, said, entry.anchor or "")
    yield '<p class="quiet">Filled: reached. Hatched: open, as the unsettled verdicts fall.</p>'


def _times(card: Scorecard) -> Iterator[str]:
    yield "<h2>Time against budget</h2>"
    longest = max((max(entry.performance.seconds, entry.performance.budget or 0.0) for entry in card.rounds), default=0)
    for entry in card.rounds:
        performance = entry.performance
        said = timing(performance.seconds, performance.budget)
        drawing = _against(performance.seconds, performance.budget, longest or 1.0, f"{round_name(entry)}: {said}")
        yield _bar(round_name(entry), drawing, said)
    yield '<p class="quiet">Time for the first answer; the upright line is its budget, hatched is over it.</p>'


def _bar(name: str, drawing: str, said: str, below: str = "") -> str:
    note = f'<div class="below quiet">{_safe(below)}</div>' if below else ""
    beside = f'<div class="name">{_safe(name)}</div>{drawing}<div class="said">{_safe(said)}</div>'
    return f'<div class="bar">{beside}{note}</div>'


def _interval(low: float, high: float, label: str) -> str:
    """A bar from 0 to 1: what was reached is filled, what is open hatched."""
    parts = [_box(0, 1, "panel"), _box(0, low, "good")]
    if high - low >= 0.005:
        parts.append(_hatched(low, high, "open"))
    return _drawing(label, parts)


def _against(seconds: float, budget: float | None, longest: float, label: str) -> str:
    within = seconds if budget is None else min(seconds, budget)
    parts = [_box(0, 1, "panel"), _box(0, within / longest, "link")]
    if budget is not None:
        if seconds > budget:
            parts.append(_hatched(budget / longest, seconds / longest, "bad"))
        at = _percent(min(budget / longest, 0.998))
        parts.append(f'<line x1="{at}" x2="{at}" y1="0" y2="16" stroke="var(--ink)" stroke-width="2"/>')
    return _drawing(label, parts)


def _drawing(label: str, parts: Sequence[str]) -> str:
    return f'<svg role="img" aria-label="{_safe(label)}" height="16">{"".join(parts)}</svg>'


def _box(start: float, end: float, colour: str) -> str:
    return f'<rect x="{_percent(start)}" width="{_percent(end - start)}" height="16" fill="var(--{colour})"/>'


def _hatched(start: float, end: float, colour: str) -> str:
    """A part of a bar that differs from a filled one without colour too."""
    place = f'x="{_percent(start)}" width="{_percent(end - start)}"'
    return f'<rect {place} y="1" height="14" fill="url(#{colour})" stroke="var(--{colour})"/>'


def _hatchings(*colours: str) -> str:
    """The patterns that `_hatched` refers to."""
    patterns = (
        f'<pattern id="{colour}" width="6" height="6" patternUnits="userSpaceOnUse">'
        f'<path d="M-1,1l2,-2M0,6l6,-6M5,7l2,-2" stroke="var(--{colour})" stroke-width="2"/></pattern>'
        for colour in colours
    )
    return f'<svg class="hidden" width="0" height="0" aria-hidden="true"><defs>{"".join(patterns)}</defs></svg>'


def _confidences(card: Scorecard) -> Iterator[str]:
    said = [entry for entry in card.counted if entry.performance.confidence is not None]
    if not said:
        return
    yield "<h2>Confidence against score</h2>"
    yield _scatter(said)
    yield f'<p class="quiet">{_CONFIDENCES_READ}</p>'


_CONFIDENCES_READ: Final = (
    "Each number is a round: how sure you were before the grade, and what it came to. On the dashed line a guess comes"
    " to 25 % and a certain answer to 100 %; below it you were surer than you were right."
)
_TOP, _BOTTOM = 10.0, 190.0
_LEFT, _RIGHT = 0.19, 0.9
"""Where the score's ends lie in pixels, and those of the confidence as shares of the width."""


def _scatter(rounds: Sequence[RoundScore]) -> str:
    parts = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = f"{_height(share):g}"
        parts.append(f'<line x1="12%" x2="100%" y1="{y}" y2="{y}" stroke="var(--line)" stroke-width=".5"/>')
        parts.append(f'<text x="0" y="{y}" dy="4">{100 * share:.0f} %</text>')
    for level, word in ((1, "1 guess"), (2, "2"), (3, "3"), (4, "4 certain")):
        parts.append(f'<text x="{_percent(_across(level))}" y="210" text-anchor="middle">{word}</text>')
    ends = f'x1="{_percent(_across(1))}" x2="{_percent(_across(4))}" y1="{_height(0.25):g}" y2="{_height(1):g}"'
    parts.append(f'<line {ends} stroke="var(--line)" stroke-dasharray="4 4"/>')
    at_level: dict[int, int] = {}
    for entry in rounds:
        level = entry.performance.confidence or 1
        beside = at_level[level] = at_level.get(level, 0) + 1
        parts.append(_point(entry, _across(level) + 0.045 * (beside - 1)))
    label = "; ".join(
        f"{entry.name}: confidence {entry.performance.confidence} of 4, {_share(entry)}" for entry in rounds
    )
    return f'<svg role="img" aria-label="{_safe(label)}" height="220">{"".join(parts)}</svg>'


def _point(entry: RoundScore, across: float) -> str:
    x, y = _percent(across), _height((entry.low + entry.high) / 2)
    ends = f'x1="{x}" x2="{x}" y1="{_height(entry.low):g}" y2="{_height(entry.high):g}"'
    disc = f'<circle cx="{x}" cy="{y:g}" r="9" fill="var(--paper)" stroke="var(--link)" stroke-width="2"/>'
    number = f'<text x="{x}" y="{y:g}" dy="4" text-anchor="middle">{entry.number}</text>'
    return f'<line {ends} stroke="var(--link)" stroke-width="3"/>{disc}{number}'


def _share(entry: RoundScore) -> str:
    return score(entry.low, entry.high)


def _height(share: float) -> float:
    return _BOTTOM - share * (_BOTTOM - _TOP)


def _across(level: int) -> float:
    return _LEFT + (level - 1) / 3 * (_RIGHT - _LEFT)


def _percent(share: float) -> str:
    return f"{100 * share:.2f}%"


# --- words


def _moment(moment: CostlyMoment) -> str:
    parts = [_safe(lost(moment))]
    if moment.asks:
        parts.append(f'<span class="quiet">{sought(moment)}:</span> {_safe(moment.asks)}')
    if moment.verdict is not None and (words := _words(moment.verdict)):
        parts.append(f'<span class="quiet">Nearest words:</span> {words}')
    return "<br>".join(parts)


def _round(entry: RoundScore) -> Iterator[str]:
    performance = entry.performance
    question = performance.item.question
    yield f"<h2>{_safe(round_heading(entry))}</h2>"
    facts = [question.id, round_score(entry), *round_facts(entry)]
    yield f'<p class="quiet">{_safe(" · ".join(facts))}</p>'
    yield from _paragraphs(question.scenario)
    if question.exhibits:
        yield f"<details><summary>Exhibits ({len(question.exhibits)})</summary>"
        for exhibit in question.exhibits:
            yield from _exhibit(exhibit)
        yield "</details>"
    yield f"<p><strong>{_safe(question.ask)}</strong></p>"
    yield _typed(performance.transcript.answer)
    for exchange in performance.transcript.exchanges:
        yield f"<p><strong>{prompt_name(exchange.kind)}:</strong> {_safe(exchange.ask)}</p>"
        yield _typed(exchange.answer)
    if performance.asked:
        yield f"<p>Evidence asked for: {_safe('; '.join(performance.asked))}</p>"
    if entry.verdicts:
        yield _list(_verdict(entry, verdict) for verdict in entry.verdicts)
    yield from _behind(entry)


def _verdict(entry: RoundScore, verdict: Verdict) -> str:
    criterion = entry.performance.item.rubric.criterion(verdict.criterion)
    flag = criterion.red_flag and verdict.outcome is Outcome.MET
    colour = "met" if criterion.red_flag and verdict.outcome is Outcome.UNMET else verdict.outcome.value
    line = _safe(verdict_line(entry.performance.item.rubric, verdict).plain)
    said = f'<span class="{"flag" if flag else colour}">{line}</span>'
    parts = [said, _words(verdict)]
    if reasoned(entry.performance.item.rubric, verdict):
        parts.append(f'<span class="quiet">{_safe(verdict.reason)}</span>')
    return "<br>".join(filter(None, parts))


def _behind(entry: RoundScore) -> Iterator[str]:
    question = entry.performance.item.question
    yield "<details><summary>A strong answer</summary>"
    yield from _paragraphs(question.model_answer)
    if question.twist is not None and entry.performance.item.rubric.twisted:
        yield "<h3>To the new fact</h3>"
        yield from _paragraphs(question.twist.model_answer)
    yield "<h3>Debrief</h3>"
    yield from _paragraphs(question.debrief)
    links = [_link(source.title, source.url) for source in question.sources]
    if links:
        yield f"<h3>Sources</h3>\n{_list(links)}"
    yield "</details>"


def _link(title: str, url: str) -> str:
    if not re.fullmatch(r"https?://\S+", url):
        return f"{_safe(title)}: {_safe(url)}"
    return f'<a href="{_safe(url)}" rel="noreferrer">{_safe(title)}</a>'


def _exhibit(exhibit: Exhibit) -> Iterator[str]:
    yield f"<h3>{_safe(exhibit.title)}</h3>"
    if exhibit.staged:
        yield '<p class="quiet">Shown on request.</p>'
    yield from _content(exhibit.content)


def _content(content: Content) -> Iterator[str]:
    match content:
        case Log() | Diff():
            yield f"<pre>{_safe(content.text)}</pre>"
        case Table():
            yield _table(content)
        case Chart():
            yield f'<p class="quiet">{_safe(content.y)}, by {_safe(content.x)}</p>'
            yield _table(numbers(content))
        case Samples():
            for pair in content.pairs:
                for name, text in (("Prompt", pair.prompt), ("A", pair.a), ("B", pair.b)):
                    yield f"<p><strong>{name}</strong></p>"
                    yield _typed(text)


def _table(content: Table) -> str:
    head = "".join(f"<th>{_safe(name)}</th>" for name in content.columns)
    rows = ("".join(f"<td>{_safe(cell)}</td>" for cell in row) for row in content.rows)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>'


def _words(verdict: Verdict) -> str:
    words = quote(verdict)
    return "" if words is None else f"<q>{_safe(words.plain)}</q>"


def _typed(text: str) -> str:
    """Words as they were typed, line by line."""
    return f"<blockquote>{_safe(text.rstrip() or '(nothing)')}</blockquote>"


def _paragraphs(text: str) -> Iterator[str]:
    for block in re.split(r"\n\s*\n", text.strip()):
        yield f"<p>{_safe(block)}</p>"


def _list(entries: Iterator[str] | Sequence[str]) -> str:
    return "<ul>\n" + "\n".join(f"<li>{entry}</li>" for entry in entries) + "\n</ul>"


def _safe(text: str) -> str:
    return html.escape(visible(text))
