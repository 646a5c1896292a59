"""A grader's measure in the terminal, and the words and rows that its page shows too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from rich import box
from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from prepdrill.agreement import OUTCOMES, Confusion
from prepdrill.calibration import Calibration, Interval, Spending, compared_in_words
from prepdrill.model import Scale
from prepdrill.screen.columns import right
from prepdrill.screen.text import visible

Row: TypeAlias = tuple[str, ...]

UNDEFINED: Final = "n/a"
FIGURE_HEADS: Final[Row] = ("figure", "value", "95 % interval")
RIVAL_HEADS: Final[Row] = ("held against", "macro-F1 of all", "kappa")
CONFUSION_HEADS: Final[Row] = ("label", *(outcome.value for outcome in OUTCOMES))
GROUP_HEADS: Final[Row] = ("", "cases", "decided", "F1", "all", "kappa", "prec.", "recall")
BIN_HEADS: Final[Row] = ("confidence", "cases", "stated", "right")
READING: Final = (
    "F1 is macro-F1 of the decided verdicts; all is that of all, where an undecided one is missed. Precision and recall"
    " are those of met. Intervals: bootstrap over answers."
)


def calibration(value: Calibration, scale: Scale) -> RenderableType:
    """The whole measure."""
    parts: list[RenderableType] = [Text(sentence(value), style="bold"), Text("")]
    parts += [Text(line) for line in counted(value)]
    parts += [Text(""), _table(FIGURE_HEADS, figures(value))]
    parts += [Text(""), _table(RIVAL_HEADS, rivals(value))]
    parts += [Text(""), _table(CONFUSION_HEADS, confusion(value.agreement)), Text(""), _groups(value, scale)]
    if bins(value):
        parts += [Text(""), _table(BIN_HEADS, bins(value))]
    parts.append(Text(""))
    parts += [Text(line) for line in facts(value)]
    if value.spending is not None:
        parts += [Text(line) for line in spent(value.spending)]
    parts += [Text(""), Text(READING, style="dim"), Text(f"Fingerprint {visible(value.fingerprint)}", style="dim")]
    return Group(*parts)


# --- words


def sentence(value: Calibration) -> str:
    """The one sentence that says whether the grader is worth having."""
    return visible(compared_in_words(value))


def counted(value: Calibration) -> list[str]:
    """Who was measured, on how much, and how much of it came to a verdict."""
    agreement = value.agreement
    lines = [
        f"{visible(value.grader.name)} grader {visible(value.grader.version)} ·"
        f" {_number(value.answers, 'answer')}, {_number(agreement.cases, 'verdict')}",
        f"decided {percent(agreement.decided, 1)}, unsure {percent(agreement.abstained, 1)},"
        f" not graded {percent(agreement.errored, 1)}",
    ]
    if value.answers_apart:
        lines.append(f"{_number(value.answers_apart, 'answer')} more, written to trick a grader, counted apart")
    return lines


def figures(value: Calibration) -> list[Row]:
    """Name, value and interval of every figure of the headline."""
    agreement, scores = value.agreement, value.scores
    rows = [
        ("macro-F1 of the decided", figure(agreement.macro_f1), "macro_f1"),
        ("macro-F1 of all", figure(agreement.macro_f1_all), "macro_f1_all"),
        ("Cohen's kappa", figure(agreement.kappa), "kappa"),
        ("accuracy of the decided", figure(agreement.accuracy), "accuracy"),
        ("precision of met", figure(agreement.precision_met), "precision_met"),
        ("recall of met", figure(agreement.recall_met), "recall_met"),
        ("met, of the decided", figure(agreement.met_rate), ""),
        ("met, by the labels of these", figure(agreement.met_rate_of_labels), ""),
        *_score_rows("score error", scores.error, scores.error_bounds, "score_error", open=scores.open),
        *_score_rows("score bias", scores.bias, scores.bias_bounds, "bias", open=scores.open, sign="+"),
        ("Spearman of scores", figure(scores.spearman), "spearman"),
        ("answers with a settled rating", figure(scores.rated), ""),
        ("of these, rated as labelled", figure(scores.same_rating), ""),
        ("Spearman of error and length", figure(scores.length), ""),
    ]
    return [
        (name, said, interval(value.intervals.get(key), "+" if key == "bias" else "") if key else "")
        for name, said, key in rows
    ]


def _score_rows(
    name: str, middle: float | None, bounds: Interval | None, key: str, *, open: bool, sign: str = ""
) -> Iterator[tuple[str, str, str]]:
    """A figure of the scores; where verdicts are open its bounds come first, and its middle only below them."""
    if open and bounds is not None:
        yield f"{name}, bounds", interval(bounds, sign), ""
        yield f"{name}, middle", figure(middle, sign), key
    else:
        yield name, figure(middle, sign), key


def rivals(value: Calibration) -> list[Row]:
    """What the grader is held against, from the ceiling down, by macro-F1 on all verdicts."""
    rows = [_rival("this grader", value.agreement)]
    if value.readers is not None:
        rows.append(_rival("second reader (the ceiling)", value.readers))
    if value.against_second is not None:
        rows.append(_rival("against the second reader", value.against_second))
    if value.compared is not None:
        rows.append(("offline grader", figure(value.compared.baseline), ""))
    rows.append(("coin, met as often as labelled", figure(value.coin), ""))
    rows.append(("everything met", figure(value.always_met), ""))
    return rows


def _rival(name: str, counts: Confusion) -> Row:
    return name, figure(counts.macro_f1_all), figure(counts.kappa)


def confusion(counts: Confusion) -> list[Row]:
    """Counts by label and outcome."""
    return [("met", *map(str, counts.met)), ("unmet", *map(str, counts.unmet))]


def groups(value: Calibration, scale: Scale) -> list[tuple[str, list[Row]]]:
    """(what it is by, rows) of every division of the verdicts; kinds of answer hold those apart too."""
    dimensions = {scale.title(slug): counts for slug, counts in value.by_dimension.items()}
    divisions: tuple[tuple[str, Mapping[str, Confusion]], ...] = (
        ("by sign", value.by_sign),
        ("by dimension", dimensions),
        ("by section", value.by_section),
        ("by kind of answer", value.by_kind),
    )
    return [(title, [_group(name, counts) for name, counts in part.items()]) for title, part in divisions if part]


def _group(name: str, counts: Confusion) -> Row:
    shares = (counts.macro_f1, counts.macro_f1_all, counts.kappa, counts.precision_met, counts.recall_met)
    return visible(name), str(counts.cases), percent(counts.decided), *(_short(share) for share in shares)


def bins(value: Calibration) -> list[Row]:
    """The bins of stated confidence that hold any verdict."""
    return [
        (f"{part.low:.1f} to {part.high:.1f}", str(part.cases), figure(part.confidence), figure(part.right))
        for part in value.reliability.bins
        if part.cases
    ]


def facts(value: Calibration) -> list[str]:
    """What else was measured, a line each."""
    lines = [f"Expected calibration error of the stated confidence: {figure(value.reliability.error)}"]
    for entry in value.resisted:
        lines.append(
            f"{entry.kind.capitalize()} answers resisted: {entry.resisted} of {entry.answers};"
            f" essential points gained: {entry.points_gained} of {entry.points}"
        )
    lines.append(f"Honest answers taken for such: {value.suspected} of {value.answers}")
    if value.itself is None:
        lines.append("Agreement with itself: n/a with one run (--runs 2 measures it)")
    else:
        lines.append(
            f"Agreement with itself over {value.itself.runs} runs: share {figure(value.itself.share)},"
            f" kappa {figure(value.itself.kappa)}"
        )
    return lines


def spent(value: Spending) -> list[str]:
    """Calls, tokens, cost and latency."""
    cost = "n/a without a price" if value.cost is None else f"{value.cost:.4f}"
    return [
        f"Replies: {value.calls:,}; found in the history and not asked for again: {value.cached:,}",
        f"Tokens: {value.prompt_tokens:,} in, {value.completion_tokens:,} out; cost: {cost}",
        f"Seconds a call: median {_seconds(value.median_latency)}, 95 % within {_seconds(value.slow_latency)}",
    ]


def figure(value: float | None, sign: str = "") -> str:
    """`0.923`, or `n/a`."""
    return UNDEFINED if value is None else f"{_plain(value, 3):{sign}.3f}"


def interval(value: Interval | None, sign: str = "") -> str:
    """`0.904 to 0.940`, or `n/a`."""
    return UNDEFINED if value is None else f"{figure(value[0], sign)} to {figure(value[1], sign)}"


def percent(share: float | None, digits: int = 0) -> str:
    """`75 %`, or `n/a`; what is not all is never rounded to all, and something never to nothing."""
    if share is None:
        return UNDEFINED
    step = 10.0**-digits
    shown = min(100 - step, max(step, 100 * share)) if 0 < share < 1 else 100 * share
    return f"{shown:.{digits}f} %"


def _short(share: float | None) -> str:
    return UNDEFINED if share is None else f"{_plain(share, 2):.2f}"


def _plain(value: float, digits: int) -> float:
    """The value as it is shown; a nought has no sign of its own."""
    return round(value, digits) + 0.0


def _seconds(value: float | None) -> str:
    return UNDEFINED if value is None else f"{value:.2f}"


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


# --- tables


def _table(heads: Row, rows: Sequence[Row]) -> Table:
    table = _empty(heads)
    for row in rows:
        table.add_row(_name(row[0]), *map(Text, row[1:]))
    return table


def _groups(value: Calibration, scale: Scale) -> Table:
    table = _empty(GROUP_HEADS)
    for title, rows in groups(value, scale):
        table.add_row(_name(title, style="bold"))
        for name, *cells in rows:
            table.add_row(_name(f" {name}"), *map(Text, cells))
    return table


def _name(text: str, style: str = "") -> Text:
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")


def _empty(heads: Row) -> Table:
    """A table of which only the first column gives way where it is too narrow for all."""
    columns = [Column(heads[0]), *(right(name) for name in heads[1:])]
    return Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, collapse_padding=True)
