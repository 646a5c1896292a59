"""A question as a candidate may see it, and what is behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from prepdrill.model import Criterion, Exhibit, Item, Prompt, PromptKind, Question, Syllabus, Transcript
from prepdrill.screen.exhibits import exhibit
from prepdrill.screen.text import as_typed, prose, spoken_minutes, visible


def posed(
    question: Question,
    syllabus: Syllabus | None,
    *,
    place: str = "",
    minutes: float | None = None,
    why: str = "",
    plain: bool = False,
) -> RenderableType:
    """What the candidate gets: scenario, exhibits that are open to all, the question. Nothing that gives it away."""
    parts: list[RenderableType] = [heading(question, syllabus, place, minutes, why), Text(""), prose(question.scenario)]
    for number, shown in enumerate(question.shown_exhibits, start=1):
        parts += [Text(""), exhibit(shown, number, plain=plain)]
    parts += [Text(""), prose(question.ask, style="bold")]
    return Group(*parts)


def heading(
    question: Question, syllabus: Syllabus | None, place: str = "", minutes: float | None = None, why: str = ""
) -> Text:
    """`Question 1 of 3 · Evaluation and model debugging · decide · core · 8 minutes`, why it was chosen, the title."""
    facts = [place] if place else []
    facts.append(section_title(question.section, syllabus))
    facts += [question.kind, question.level]
    if minutes is not None:
        facts.append(spoken_minutes(minutes))
    text = Text(" · ".join(facts), style="dim")
    if why:
        text.append("\n" + visible(why[0].upper() + why[1:]))
    text.append("\n" + visible(question.title), style="not dim bold")
    return text


_PROMPTS: Final[Mapping[PromptKind, str]] = {
    "headline": "Headline",
    "twist": "New",
    "follow-up": "Follow-up",
    "probe": "Follow-up",
}


def prompted(prompt: Prompt) -> Text:
    """What the interviewer says after the first answer."""
    text = Text(f"{prompt_name(prompt.kind)}: ", style="bold")
    if prompt.fact:
        text.append_text(prose(prompt.fact)).append("\n\n")
    return text.append_text(prose(prompt.ask))


def spoken(said: Transcript) -> RenderableType:
    """What the candidate said so far, as typed, with what was asked in between."""
    parts: list[RenderableType] = [as_typed(said.answer)]
    for exchange in said.exchanges:
        asked = Text(f"{prompt_name(exchange.kind)}: ", style="bold").append_text(prose(exchange.ask))
        parts += [Text(""), asked, as_typed(exchange.answer or "(passed)")]
    return Group(*parts)


def prompt_name(kind: PromptKind) -> str:
    """How a prompt is called on the screen."""
    return _PROMPTS[kind]


def section_title(slug: str, syllabus: Syllabus | None) -> str:
    sections = syllabus.sections if syllabus else ()
    return next((visible(section.title) for section in sections if section.slug == slug), visible(slug))


def evidence(shown: Exhibit | None, question: Question, revealed: Sequence[Exhibit], *, plain: bool) -> RenderableType:
    """What a request for evidence brought."""
    if shown is None:
        return Text("That was not recorded in this run.", style="yellow")
    number = len(question.shown_exhibits) + list(revealed).index(shown) + 1
    return exhibit(shown, number, plain=plain)


def behind(item: Item, *, plain: bool = False) -> RenderableType:
    """Everything that a candidate sees only afterwards: staged evidence, rubric, model answer, debrief, sources."""
    question = item.question
    parts: list[RenderableType] = []
    for number, staged in enumerate(question.staged_exhibits, start=len(question.shown_exhibits) + 1):
        names = Text("Shown on request: " + visible(", ".join(staged.on_request)), style="dim")
        parts += [Text(""), names, exhibit(staged, number, plain=plain)]
    if question.hints:
        parts += [Text(""), Text("Hints", style="bold"), *(_item(hint) for hint in question.hints)]
    if question.follow_ups:
        parts += [Text(""), Text("Follow-ups", style="bold")]
        for follow_up in question.follow_ups:
            when = f" (if {follow_up.when_missed} was missed)" if follow_up.when_missed else ""
            parts.append(_item(follow_up.ask + when))
    parts += [Text(""), Text("Criteria", style="bold"), *(_criterion(entry) for entry in item.rubric.criteria)]
    if item.rubric.red_flags:
        parts += [Text(""), Text("Red flags", style="bold"), *(_criterion(entry) for entry in item.rubric.red_flags)]
    if question.twist is not None:
        parts += [Text(""), Text("Twist, in a mock interview", style="bold"), _item(question.twist.fact)]
        parts += [_item(question.twist.ask), *(_criterion(entry) for entry in item.rubric.twist)]
    return Group(*parts, Text(""), solution(question, twist=True))


def revealed(item: Item, syllabus: Syllabus, *, plain: bool = False) -> RenderableType:
    """A question with all that is behind it."""
    minutes = item.question.minutes
    return Group(posed(item.question, syllabus, minutes=minutes, plain=plain), behind(item, plain=plain))


def solution(question: Question, *, twist: bool = False, answer: bool = True, debrief: bool = True) -> RenderableType:
    """Model answer, to the twist too if it was brought up; debrief and sources."""
    parts: list[RenderableType] = []
    if answer:
        parts += [Text("A strong answer", style="bold"), _indented(prose(question.model_answer))]
        if twist and question.twist is not None:
            parts += [Text(""), Text("To the new fact", style="bold"), _indented(prose(question.twist.model_answer))]
    if answer and debrief:
        parts.append(Text(""))
    if debrief:
        parts += [Text("Debrief", style="bold"), _indented(prose(question.debrief))]
    if debrief and question.sources:
        parts += [Text(""), Text("Sources", style="bold")]
        for source in question.sources:
            parts.append(_item(f"{source.title}: {source.url}"))
    return Group(*parts)


def _criterion(criterion: Criterion) -> RenderableType:
    marks = [f"{criterion.points:+g}", criterion.dimension, *(["essential"] if criterion.essential else [])]
    return _item(f"{criterion.id} ({', '.join(marks)}): {criterion.asks}")


def _item(text: str) -> RenderableType:
    return Padding(Text("- ") + prose(text), (0, 0, 0, 2), expand=False)


def _indented(text: Text) -> RenderableType:
    return Padding(text, (0, 0, 0, 2), expand=False)
