"""A grade as the candidate reads it: red flags first, then every criterion with the words that earned it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from prepdrill.graders import self_check
from prepdrill.model import Grade, Item, Outcome, Rubric, Scale, Verdict
from prepdrill.scoring import by_dimension, halved
from prepdrill.screen.question import solution
from prepdrill.screen.text import counted, duration, prose, scored, visible

LONGEST_QUOTE: Final = 240
_SIGNS: Final = {
    Outcome.MET: ("✓", "met", "green"),
    Outcome.UNMET: ("✗", "missing", "red"),
    Outcome.UNSURE: ("?", "unsure", "yellow"),
    Outcome.UNGRADED: ("–", "not graded", "dim"),
}
_FLAG_SIGNS: Final = {
    Outcome.MET: ("!", "red flag", "bold red"),
    Outcome.UNMET: ("✓", "avoided", "green"),
    Outcome.UNSURE: ("?", "possible red flag", "yellow"),
    Outcome.UNGRADED: ("–", "not graded", "dim"),
}


def feedback(item: Item, grade: Grade, scale: Scale, *, asked: Sequence[str] = ()) -> RenderableType:
    """The whole feedback on one answer."""
    parts: list[RenderableType] = [headline(grade)]
    flags = [
        grade.verdict(criterion.id)
        for criterion in item.rubric.red_flags
        if grade.verdict(criterion.id).outcome is not Outcome.UNMET
    ]
    if flags:
        parts += [Text(""), *(_criterion(item.rubric, verdict) for verdict in flags)]
    parts += [Text("")]
    for criterion in item.rubric.criteria:
        parts.append(_criterion(item.rubric, grade.verdict(criterion.id)))
    if asked:
        parts += [Text(""), Text("Evidence you asked for: " + visible("; ".join(asked)), style="dim")]
    parts += [Text(""), dimensions(item, grade, scale)]
    fix = one_thing(item, grade)
    if fix is not None:
        parts += [Text(""), Text("One thing to fix", style="bold"), Padding(prose(fix), (0, 0, 0, 2), expand=False)]
    return Group(*parts, Text(""), solution(item.question, twist=item.rubric.twisted))


def headline(grade: Grade) -> Text:
    """`64 % (55 to 73 %) · no rating yet: 2 criteria are unsure · offline grader`."""
    text = Text("Score ")
    text.append(scored(grade.score.low, grade.score.high), style="bold")
    text.append(" · ")
    if grade.rating is not None:
        text.append(grade.rating, style="bold " + ("green" if grade.rating.endswith("yes") else "red"))
    else:
        open_ones = sum(verdict.outcome in (Outcome.UNSURE, Outcome.UNGRADED) for verdict in grade.verdicts)
        text.append(f"no rating until {counted(open_ones, 'verdict')} {'is' if open_ones == 1 else 'are'} settled")
    text.append(f" · {_graded_by(grade)}", style="dim")
    return text


def _graded_by(grade: Grade) -> str:
    """`judge grader 1 (model)`; of a grade with decisions of the candidate's `judge grader, settled by you`."""
    if grade.grader != self_check.ID:
        return f"{grade.grader.name} grader {grade.grader.version}"
    graders = dict.fromkeys(verdict.by for verdict in grade.verdicts if verdict.by not in ("", self_check.USER))
    return f"{' and '.join(graders) or 'no'} grader, settled by you"


def dimensions(item: Item, grade: Grade, scale: Scale) -> RenderableType:
    """One line for each dimension that the rubric has."""
    shares = by_dimension(item.rubric, grade.verdicts)
    width = max(len(scale.title(dimension)) for dimension in shares)
    text = Text()
    for dimension, (low, high) in shares.items():
        text.append(f"  {scale.title(dimension):<{width}}  {scored(low, high)}\n")
    text.rstrip()
    return text


def one_thing(item: Item, grade: Grade) -> str | None:
    """What would have helped most: a red flag committed, else the weightiest thing missed, essentials first."""
    for criterion in sorted(item.rubric.red_flags, key=lambda entry: entry.points):
        if grade.verdict(criterion.id).outcome is Outcome.MET:
            return f"Avoid this error: {_uncapped(criterion.asks)}"
    missed = [entry for entry in item.rubric.criteria if grade.verdict(entry.id).outcome is not Outcome.MET]
    if not missed:
        return None
    settled = [entry for entry in missed if grade.verdict(entry.id).outcome is Outcome.UNMET] or missed
    criterion = max(settled, key=lambda entry: (entry.essential, entry.points))
    return f"A strong answer {_uncapped(criterion.asks)}"


def timing(seconds: float, budget: float | None) -> str:
    """`7:05 of 8:00`, `9:10, 1:10 over the 8:00 given`."""
    if budget is None:
        return f"{duration(seconds)}, without a clock"
    if seconds > budget:
        return f"{duration(seconds)}, {duration(seconds - budget)} over the {duration(budget)} given"
    return f"{duration(seconds)} of {duration(budget)}"


def verdict_line(rubric: Rubric, verdict: Verdict) -> Text:
    """Sign, outcome, points and what the criterion asks, on one paragraph."""
    criterion = rubric.criterion(verdict.criterion)
    sign, word, style = (_FLAG_SIGNS if criterion.red_flag else _SIGNS).get(verdict.outcome, _SIGNS[Outcome.UNMET])
    text = Text()
    text.append(f"{sign} {word}", style=style)
    after = " after the follow-up, counts half" if halved(rubric, verdict) else ""
    marks = f"{criterion.points:+g}{after}{', essential' if criterion.essential else ''}"
    text.append(f" ({marks}) ", style="dim")
    text.append_text(prose(criterion.asks))
    return text


def reasoned(rubric: Rubric, verdict: Verdict) -> bool:
    """Whether the grader's reason tells the candidate something: what is missing, not which error was avoided."""
    avoided = verdict.outcome is Outcome.UNMET and rubric.criterion(verdict.criterion).red_flag
    return bool(verdict.reason) and verdict.outcome is not Outcome.MET and not avoided


def quote(verdict: Verdict) -> Text | None:
    """The words that a verdict rests on, shortened in the middle if they are many."""
    if verdict.evidence is None:
        return None
    words = " ".join(visible(verdict.evidence.quote).split())
    if len(words) > LONGEST_QUOTE:
        half = LONGEST_QUOTE // 2
        words = f"{words[:half].rsplit(' ', 1)[0]} … {words[-half:].split(' ', 1)[-1]}"
    return Text(f"“{words}”", style="italic")


def _criterion(rubric: Rubric, verdict: Verdict) -> RenderableType:
    parts: list[RenderableType] = [verdict_line(rubric, verdict)]
    words = quote(verdict)
    if words is not None:
        parts.append(Padding(words, (0, 0, 0, 4), expand=False))
    if reasoned(rubric, verdict):
        by = "you said: " if verdict.by == "user" else ""
        parts.append(Padding(Text(by + visible(verdict.reason), style="dim"), (0, 0, 0, 4), expand=False))
    elif verdict.by == "user":
        parts.append(Padding(Text("settled by you", style="dim"), (0, 0, 0, 4), expand=False))
    return Padding(Group(*parts), (0, 0, 0, 2), expand=False)


def _uncapped(text: str) -> str:
    return text[:1].lower() + text[1:]
