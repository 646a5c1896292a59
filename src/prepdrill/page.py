"""The scorecard of a mock interview as one HTML file, complete in itself, with its charts drawn here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from prepdrill.html_page import document, exhibit, link, listed, paragraphs, percent, safe, typed
from prepdrill.model import Outcome, Verdict
from prepdrill.scorecard import CostlyMoment, RoundScore, Scorecard
from prepdrill.screen.feedback import quote, reasoned, timing, verdict_line
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
from prepdrill.screen.text import scored


def scorecard_page(card: Scorecard, *, title: str) -> str:
    """The scorecard and every round behind it as one HTML document, complete in itself."""
    return document(title, _body(card, title))


def _body(card: Scorecard, title: str) -> Iterator[str]:
    yield _hatchings("open", "bad")
    yield f"<h1>{safe(title)}</h1>"
    yield f'<p class="quiet">{safe(progress(card))} · {safe(time_taken(card))}</p>'
    yield f'<p class="result">Score {safe(overall(card))} · {safe(rating(card))}</p>'
    yield listed(safe(reason) for reason in card.reasons)
    if card.dimensions:
        yield from _dimensions(card)
    yield from _times(card)
    yield from _confidences(card)
    if card.costly:
        yield "<h2>What cost most</h2>"
        yield listed(_moment(moment) for moment in card.costly)
    yield "<h2>What to drill next</h2>"
    advice = [f"<code>{safe(entry.command)}</code><br>{safe(entry.reason)}" for entry in card.next]
    yield listed(advice or [safe(NO_ADVICE)])
    if card.unsettled:
        yield f"<p>To settle what is open: <code>{safe(settling(card))}</code></p>"
    for entry in card.rounds:
        yield from _round(entry)


# --- charts


def _dimensions(card: Scorecard) -> Iterator[str]:
    yield "<h2>Dimensions</h2>"
    for entry in card.dimensions:
        said = scored(entry.low, entry.high)
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
    note = f'<div class="below quiet">{safe(below)}</div>' if below else ""
    beside = f'<div class="name">{safe(name)}</div>{drawing}<div class="said">{safe(said)}</div>'
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
        at = percent(min(budget / longest, 0.998))
        parts.append(f'<line x1="{at}" x2="{at}" y1="0" y2="16" stroke="var(--ink)" stroke-width="2"/>')
    return _drawing(label, parts)


def _drawing(label: str, parts: Sequence[str]) -> str:
    return f'<svg role="img" aria-label="{safe(label)}" height="16">{"".join(parts)}</svg>'


def _box(start: float, end: float, colour: str) -> str:
    return f'<rect x="{percent(start)}" width="{percent(end - start)}" height="16" fill="var(--{colour})"/>'


def _hatched(start: float, end: float, colour: str) -> str:
    """A part of a bar that differs from a filled one without colour too."""
    place = f'x="{percent(start)}" width="{percent(end - start)}"'
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
        parts.append(f'<text x="{percent(_across(level))}" y="210" text-anchor="middle">{word}</text>')
    ends = f'x1="{percent(_across(1))}" x2="{percent(_across(4))}" y1="{_height(0.25):g}" y2="{_height(1):g}"'
    parts.append(f'<line {ends} stroke="var(--line)" stroke-dasharray="4 4"/>')
    at_level: dict[int, int] = {}
    for entry in rounds:
        level = entry.performance.confidence or 1
        beside = at_level[level] = at_level.get(level, 0) + 1
        parts.append(_point(entry, _across(level) + 0.045 * (beside - 1)))
    label = "; ".join(
        f"{entry.name}: confidence {entry.performance.confidence} of 4, {_share(entry)}" for entry in rounds
    )
    return f'<svg role="img" aria-label="{safe(label)}" height="220">{"".join(parts)}</svg>'


def _point(entry: RoundScore, across: float) -> str:
    x, y = percent(across), _height((entry.low + entry.high) / 2)
    ends = f'x1="{x}" x2="{x}" y1="{_height(entry.low):g}" y2="{_height(entry.high):g}"'
    disc = f'<circle cx="{x}" cy="{y:g}" r="9" fill="var(--paper)" stroke="var(--link)" stroke-width="2"/>'
    number = f'<text x="{x}" y="{y:g}" dy="4" text-anchor="middle">{entry.number}</text>'
    return f'<line {ends} stroke="var(--link)" stroke-width="3"/>{disc}{number}'


def _share(entry: RoundScore) -> str:
    return scored(entry.low, entry.high)


def _height(share: float) -> float:
    return _BOTTOM - share * (_BOTTOM - _TOP)


def _across(level: int) -> float:
    return _LEFT + (level - 1) / 3 * (_RIGHT - _LEFT)


# --- words


def _moment(moment: CostlyMoment) -> str:
    parts = [safe(lost(moment))]
    if moment.asks:
        parts.append(f'<span class="quiet">{sought(moment)}:</span> {safe(moment.asks)}')
    if moment.verdict is not None and (words := _words(moment.verdict)):
        parts.append(f'<span class="quiet">Nearest words:</span> {words}')
    return "<br>".join(parts)


def _round(entry: RoundScore) -> Iterator[str]:
    performance = entry.performance
    question = performance.item.question
    yield f"<h2>{safe(round_heading(entry))}</h2>"
    facts = [question.id, round_score(entry), *round_facts(entry)]
    yield f'<p class="quiet">{safe(" · ".join(facts))}</p>'
    yield from paragraphs(question.scenario)
    if question.exhibits:
        yield f"<details><summary>Exhibits ({len(question.exhibits)})</summary>"
        for shown in question.exhibits:
            yield from exhibit(shown)
        yield "</details>"
    yield f"<p><strong>{safe(question.ask)}</strong></p>"
    yield typed(performance.transcript.answer)
    for exchange in performance.transcript.exchanges:
        yield f"<p><strong>{prompt_name(exchange.kind)}:</strong> {safe(exchange.ask)}</p>"
        yield typed(exchange.answer)
    if performance.asked:
        yield f"<p>Evidence asked for: {safe('; '.join(performance.asked))}</p>"
    if entry.verdicts:
        yield listed(_verdict(entry, verdict) for verdict in entry.verdicts)
    yield from _behind(entry)


def _verdict(entry: RoundScore, verdict: Verdict) -> str:
    criterion = entry.performance.item.rubric.criterion(verdict.criterion)
    flag = criterion.red_flag and verdict.outcome is Outcome.MET
    colour = "met" if criterion.red_flag and verdict.outcome is Outcome.UNMET else verdict.outcome.value
    line = safe(verdict_line(entry.performance.item.rubric, verdict).plain)
    said = f'<span class="{"flag" if flag else colour}">{line}</span>'
    parts = [said, _words(verdict)]
    if reasoned(entry.performance.item.rubric, verdict):
        parts.append(f'<span class="quiet">{safe(verdict.reason)}</span>')
    return "<br>".join(filter(None, parts))


def _behind(entry: RoundScore) -> Iterator[str]:
    question = entry.performance.item.question
    yield "<details><summary>A strong answer</summary>"
    yield from paragraphs(question.model_answer)
    if question.twist is not None and entry.performance.item.rubric.twisted:
        yield "<h3>To the new fact</h3>"
        yield from paragraphs(question.twist.model_answer)
    yield "<h3>Debrief</h3>"
    yield from paragraphs(question.debrief)
    links = [link(source.title, source.url) for source in question.sources]
    if links:
        yield f"<h3>Sources</h3>\n{listed(links)}"
    yield "</details>"


def _words(verdict: Verdict) -> str:
    words = quote(verdict)
    return "" if words is None else f"<q>{safe(words.plain)}</q>"
