"""The scorecard of a mock interview: for the terminal, and as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.text import Text

from prepdrill.scorecard import Advice, CostlyMoment, DimensionScore, RoundScore, Scorecard, percent
from prepdrill.screen.columns import listing, right, short
from prepdrill.screen.feedback import quote, timing, verdict_line
from prepdrill.screen.question import prompt_name
from prepdrill.screen.summary import bar
from prepdrill.screen.text import duration, local, prose, scored, visible

if TYPE_CHECKING:
    from prepdrill.history import Session

LONGEST_BAR: Final = 30
SHORTEST_BAR: Final = 8
NO_ADVICE: Final = "No round was weak enough to single out: hold a longer interview."


def scorecard(card: Scorecard, *, plain: bool = False) -> RenderableType:
    """The whole scorecard; `plain` says everything in words and draws no bars, for screen readers."""
    parts: list[RenderableType] = [headline(card), Text("")]
    parts += [_listed(Text("- ") + prose(reason)) for reason in card.reasons]
    parts += [Text(""), Text("Rounds", style="bold"), _Bars([_round_row(entry) for entry in card.rounds], plain)]
    if card.dimensions:
        rows = [(entry.title, _shares(entry), [entry.anchor or ""]) for entry in card.dimensions]
        parts += [Text(""), Text("Dimensions", style="bold"), _Bars(rows, plain)]
    if card.costly:
        parts += [Text(""), Text("What cost most", style="bold"), *(_costly(entry) for entry in card.costly)]
    parts += [Text(""), Text("What to drill next", style="bold"), *(_advice(entry) for entry in card.next)]
    if not card.next:
        parts.append(_listed(Text(NO_ADVICE)))
    if card.unsettled:
        parts += [Text(""), Text(f"To settle what is open: {settling(card)}", style="dim")]
    return Group(*parts)


def headline(card: Scorecard) -> Text:
    """`Score 64 % (55 to 73 %) · no rating until 3 verdicts are settled · unfinished: 2 of 4 rounds`."""
    text = Text("Score ")
    text.append(overall(card), style="bold")
    text.append(" · ")
    if card.rating is not None:
        text.append(rating(card), style="bold " + ("green" if card.rating.endswith("yes") else "red"))
    else:
        text.append(rating(card))
    if card.judged:
        text.append(" · by the judge", style="dim")
    if card.unfinished:
        text.append(f" · {progress(card)}", style="yellow")
    return text


def overall(card: Scorecard) -> str:
    """The score in words, a dash while no round was handed in."""
    return scored(card.low, card.high) if card.counted else "–"


def rating(card: Scorecard) -> str:
    """The rating, or what it waits for."""
    if card.rating is not None:
        return card.rating
    if not card.counted:
        return "no rating: no round was handed in"
    return "no rating until " + ("1 verdict is settled" if card.open == 1 else f"{card.open} verdicts are settled")


def progress(card: Scorecard) -> str:
    """`unfinished: 2 of 4 rounds`, or `4 rounds`."""
    rounds = f"{card.planned} round{'' if card.planned == 1 else 's'}"
    return f"unfinished: {len(card.counted)} of {rounds}" if card.unfinished else rounds


def time_taken(card: Scorecard) -> str:
    """`31:10 of 45:00`, answers and follow-ups together."""
    return timing(card.seconds, card.minutes * 60 if card.minutes is not None else None)


def settling(card: Scorecard) -> str:
    """The command that settles the open verdicts of all rounds."""
    return f"prepdrill grade {' '.join(map(str, card.unsettled))} --grader self"


def round_name(entry: RoundScore) -> str:
    """`2. A log to diagnose`."""
    return f"{entry.number}. {entry.performance.role or entry.performance.item.question.title}"


def round_heading(entry: RoundScore) -> str:
    """`2. A log to diagnose: The margin rises, the chosen answers get less likely`."""
    performance = entry.performance
    return f"{entry.number}. {': '.join(filter(None, (performance.role, performance.item.question.title)))}"


def round_score(entry: RoundScore) -> str:
    """The score of a round, or why it has none."""
    if not entry.counted:
        return "not handed in"
    return f"0 % ({entry.performance.state})" if entry.performance.silent else scored(entry.low, entry.high)


def round_facts(entry: RoundScore) -> list[str]:
    """Time against budget, time for follow-ups, confidence."""
    performance = entry.performance
    facts = [timing(performance.seconds, performance.budget)]
    if performance.prompted >= 1:
        facts.append(f"{duration(performance.prompted)} on follow-ups")
    if performance.confidence is not None:
        facts.append(f"confidence {performance.confidence} of 4")
    return facts


def lost(moment: CostlyMoment) -> str:
    """`3 points lost in round 2 (A log to diagnose): essential, not said`."""
    how = {
        "missed": "not said",
        "prompted": "said only when asked",
        "red flag": "red flag",
        "skipped": "nothing was said",
    }[moment.kind]
    points = f"{moment.points:g} point{'' if moment.points == 1 else 's'} lost in {moment.name}"
    return f"{points}: {'essential, ' if moment.essential and moment.kind != 'skipped' else ''}{how}"


def sought(moment: CostlyMoment) -> str:
    """What the text of a moment is: an error that was made, or what was asked for."""
    return "The error" if moment.kind == "red flag" else "Asked for"


# --- the terminal


def listed(cards: Iterable[tuple[Session, Scorecard]]) -> RenderableType:
    """Interviews with their scorecards as a table, one line each."""
    table = listing(
        right("no."), short("when"), right("min"), short("rounds"), short("score"), short("rating"), expand=False
    )
    for session, card in cards:
        table.add_row(
            str(session.id),
            local(session.started),
            f"{card.minutes:g}" if card.minutes is not None else "",
            f"{len(card.counted)} of {card.planned}",
            percent(card.low, card.high) if card.counted else "",
            card.rating or ("unsettled" if card.counted else "not handed in"),
        )
    return table


def _round_row(entry: RoundScore) -> tuple[str, tuple[float, float, str], list[str]]:
    low, high = (entry.low, entry.high) if entry.counted else (0.0, 0.0)
    return round_name(entry), (low, high, round_score(entry)), [" · ".join(round_facts(entry))]


def _shares(entry: DimensionScore) -> tuple[float, float, str]:
    return entry.low, entry.high, scored(entry.low, entry.high)


class _Bars:
    """Lines of a name, a bar and what it says in words, each with what else there is to say below it.

    Where it is too narrow for bars, the words stand alone.
    """

    def __init__(self, rows: list[tuple[str, tuple[float, float, str], list[str]]], plain: bool) -> None:
        self._rows = rows
        self._plain = plain

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        names = max((len(visible(name)) for name, _, _ in self._rows), default=0)
        words = max((len(said) for _, (_, _, said), _ in self._rows), default=0)
        room = min(LONGEST_BAR, options.max_width - names - words - 6)
        for name, (low, high, said), below in self._rows:
            line = Text("  ")
            if self._plain or room < SHORTEST_BAR:
                line.append(f"{visible(name)}: {said}")
            else:
                line.append(f"{visible(name):<{names}}  ").append(bar(low, high, room)).append(f"  {said}")
            yield line
            for fact in filter(None, below):
                yield Padding(prose(fact, style="dim"), (0, 0, 0, 4), expand=False)


def _costly(moment: CostlyMoment) -> RenderableType:
    parts: list[RenderableType] = [Text(lost(moment))]
    if moment.asks:
        parts.append(_listed(Text.assemble((f"{sought(moment)}: ", "dim"), prose(moment.asks))))
    words = quote(moment.verdict) if moment.verdict is not None else None
    if words is not None:
        parts.append(_listed(Text.assemble(("Nearest words: ", "dim"), words)))
    return _listed(Group(*parts))


def _advice(advice: Advice) -> RenderableType:
    return _listed(Group(Text(advice.command, style="bold"), prose(advice.reason, style="dim")))


# --- Markdown


def markdown(card: Scorecard, *, title: str) -> str:
    """The scorecard and every round behind it as Markdown; nothing that was typed, and no text of a bank, is markup."""
    return "\n".join(_markdown(card, title)) + "\n"


def _markdown(card: Scorecard, title: str) -> Iterator[str]:
    yield f"# {_inside(title)}"
    yield from ("", f"**Score {overall(card)}** · **{rating(card)}** · {progress(card)} · {time_taken(card)}", "")
    yield from (f"- {_escaped(reason)}" for reason in card.reasons)
    yield from ("", "## Rounds", "", "| round | score | time | confidence |", "| --- | --- | --- | --- |")
    for entry in card.rounds:
        performance = entry.performance
        sure = f"{performance.confidence} of 4" if performance.confidence is not None else "–"
        time = timing(performance.seconds, performance.budget)
        yield f"| {_inside(round_name(entry))} | {round_score(entry)} | {time} | {sure} |"
    if card.dimensions:
        yield from ("", "## Dimensions", "", "| dimension | score | nearest level |", "| --- | --- | --- |")
    for dimension in card.dimensions:
        level = _inside(dimension.anchor or "–")
        yield f"| {_inside(dimension.title)} | {scored(dimension.low, dimension.high)} | {level} |"
    if card.costly:
        yield from ("", "## What cost most", "")
    for moment in card.costly:
        yield from _moment(moment)
    yield from ("", "## What to drill next", "")
    yield from (f"- `{advice.command}`: {_escaped(advice.reason)}" for advice in card.next)
    if not card.next:
        yield f"- {NO_ADVICE}"
    for entry in card.rounds:
        yield from _round(entry)


def _moment(moment: CostlyMoment) -> Iterator[str]:
    yield f"- {_escaped(lost(moment))}"
    if moment.asks:
        yield f"  - {sought(moment)}: {_escaped(moment.asks)}"
    words = quote(moment.verdict) if moment.verdict is not None else None
    if words is not None:
        yield f"  - Nearest words: {_escaped(words.plain)}"


def _round(entry: RoundScore) -> Iterator[str]:
    performance = entry.performance
    question = performance.item.question
    yield from ("", f"## {_inside(round_heading(entry))}", "")
    yield from (" · ".join((_escaped(question.id), *round_facts(entry))), "")
    yield from (*_paragraphs(question.scenario), "", f"**{_escaped(question.ask)}**", "")
    yield from _quoted(performance.transcript.answer)
    for exchange in performance.transcript.exchanges:
        yield from ("", f"**{prompt_name(exchange.kind)}: {_escaped(exchange.ask)}**", "")
        yield from _quoted(exchange.answer or "(passed)")
    if performance.asked:
        yield from ("", f"Evidence asked for: {_escaped('; '.join(performance.asked))}")
    if entry.verdicts:
        yield ""
    for verdict in entry.verdicts:
        yield f"- {_escaped(verdict_line(performance.item.rubric, verdict).plain)}"
        words = quote(verdict)
        if words is not None:
            yield f"  - {_escaped(words.plain)}"


_MARKUP: Final = re.compile(r"[\\`*_\[\]<&~|$]")
_MARKUP_AT_START: Final = re.compile(r"^(?:[#+\-=>]|\d+(?=[.)](?:\s|$)))")


def _escaped(text: str) -> str:
    """Text on one line that no reader of Markdown takes for markup, wherever it stands."""
    inside = _inside(text)
    start = _MARKUP_AT_START.match(inside)
    if start is None:
        return inside
    sign, rest = inside[: start.end()], inside[start.end() :]
    return f"{sign}\\{rest}" if sign.isdigit() else f"\\{sign}{rest}"


def _inside(text: str) -> str:
    """The same within a line: in a heading, in a table."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(visible(text).split()))


def _paragraphs(text: str) -> list[str]:
    return "\n\n".join(_escaped(block) for block in re.split(r"\n\s*\n", text.strip())).split("\n")


def _quoted(text: str) -> Iterator[str]:
    """What was typed, line by line, as a quotation: two blanks at the end of a line keep it a line."""
    for line in visible(text.rstrip() or "(nothing)").split("\n"):
        indent = "\u00a0" * (len(line) - len(line.lstrip(" ")))
        yield f"> {indent}{_escaped(line)}  " if line.strip() else ">"


def _listed(what: RenderableType) -> RenderableType:
    return Padding(what, (0, 0, 0, 2), expand=False)
