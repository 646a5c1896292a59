"""The grade screen: every criterion beside the words that earned it, and what a strong answer would have said."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal

from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container
from textual.geometry import Region
from textual.screen import Screen
from textual.widgets import Footer, OptionList, Static, TabPane
from textual.widgets.option_list import Option

from prepdrill.graders import self_check
from prepdrill.model import Criterion, Evidence, Exchange, Outcome, Rubric, Scale, Verdict
from prepdrill.room.dialog import SURENESS, Help
from prepdrill.room.pages import Page, Pages
from prepdrill.screen import feedback
from prepdrill.screen.question import prompt_name, solution
from prepdrill.screen.text import prose, visible
from prepdrill.sitting import Settling, Sitting

Ending = Literal["next", "variant"]
"""How a grade screen is left."""

KEYS: Final = (
    (
        "Grade",
        {
            "↑ ↓": "from criterion to criterion; the answer shows the words",
            "y, n": "settle or overrule: you said it, you did not",
            "u": "take the last decision back",
            "Tab": "to the answer, the model answer, the debrief, and back",
            "← →, 1 2 3": "turn to answer, model answer, debrief",
            "F3, Alt+Z": "criteria alone, pages alone, both again",
            "Enter": "go on",
            "v": "try a variant of this question next, where there is one",
        },
    ),
    ("Session", {"F10, Alt+T": "dark or light", "Ctrl+C": "leave; all is kept"}),
)


class Criteria(OptionList, inherit_bindings=False):
    """The criteria, one of which is looked at; Enter and the arrows to the sides belong to the screen."""

    BINDINGS = [
        Binding("up", "cursor_up", "Up", show=False),
        Binding("down", "cursor_down", "Down", show=False),
        Binding("home", "first", "First", show=False),
        Binding("end", "last", "Last", show=False),
        Binding("pageup", "page_up", "Page up", show=False),
        Binding("pagedown", "page_down", "Page down", show=False),
    ]
    DEFAULT_CSS = """
    Criteria, Criteria:focus {
        height: 1fr; width: 1fr; border: none; padding: 0;
        background: $background; background-tint: $background 0%; color: $foreground;
        scrollbar-size-vertical: 1;
        & > .option-list--option { padding: 0 1 0 0; }
        & > .option-list--option-highlighted { background: $panel; color: $foreground; text-style: none; }
    }
    """


class GradeScreen(Screen[Ending]):
    """One answer, graded. The result is how the candidate goes on."""

    AUTO_FOCUS = "#criteria"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]
    BINDINGS = [
        Binding("f1,alt+h", "help", "Help", key_display="F1", priority=True),
        Binding("enter", "go_on", "Go on", key_display="Enter", priority=True),
        Binding("y", "decide('met')", "I said it"),
        Binding("n", "decide('unmet')", "I did not"),
        Binding("u", "undo", "Undo"),
        Binding("left", "turn(-1)", "Turn back", show=False, priority=True),
        Binding("right", "turn(1)", "Turn the page", key_display="→", priority=True),
        Binding("1", "page('answer')", "Answer", show=False),
        Binding("2", "page('model')", "Model answer", show=False),
        Binding("3", "page('debrief')", "Debrief", show=False),
        Binding("v", "variant", "Variant"),
        Binding("f3,alt+z", "zoom", "Zoom", key_display="F3", priority=True),
    ]
    DEFAULT_CSS = """
    GradeScreen {
        background: $background;
        layout: vertical;
        & #score { height: auto; padding: 0 1; background: $panel; }
        & #halves { height: 1fr; layout: vertical; }
        & #pages { height: 1fr; width: 1fr; border-top: heavy $border; }
        & #pages:focus-within { border-top: heavy $primary; }
        &.-wide #halves { layout: horizontal; }
        &.-wide #pages { border-top: none; border-left: heavy $border; }
        &.-wide #pages:focus-within { border-left: heavy $primary; }
        &.-criteria-alone #pages, &.-pages-alone #criteria { display: none; }
    }
    """

    def __init__(
        self,
        sitting: Sitting,
        settling: Settling,
        scale: Scale,
        *,
        variant: str | None = None,
        told: Callable[[], str] | None = None,
    ) -> None:
        """`told` says how it stands with the judge, where there is one, and nothing once its grade is here."""
        super().__init__()
        self._told = told
        self.sitting = sitting
        self.grade = settling.now
        self._graded = settling.graded
        """The grader's own grade, which decisions are laid over."""
        self._states = list(settling.states)
        self._scale = scale
        self._variant = variant
        self._looked_at: Criterion | None = None
        self._zoom = 0

    def compose(self) -> ComposeResult:
        question = self.sitting.item.question
        yield Static(self._score(), id="score", markup=False)
        with Container(id="halves"):
            yield Criteria(*self._options(), id="criteria", markup=False)
            with Pages(id="pages"):
                yield TabPane("Your answer", AnswerPage(self.sitting), id="answer")
                yield TabPane(
                    "Model answer",
                    Page(solution(question, twist=self.sitting.interview.twist, debrief=False)),
                    id="model",
                )
                yield TabPane("Debrief and sources", Page(solution(question, answer=False)), id="debrief")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        if self._told:  # the judge may have been heard while this screen was made
            self.renew()
        options = self.query_one("#criteria", OptionList)
        waiting = {verdict.criterion for verdict in self_check.open_verdicts(self.grade)}
        options.highlighted = next((at for at, entry in enumerate(self._order()) if entry.id in waiting), 0)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """No key stands in the footer that does nothing now."""
        if action == "variant":
            return self._variant is not None
        if action == "undo":
            return len(self._states) > 1
        return True

    # --- what is shown

    def _score(self) -> RenderableType:
        interview, item = self.sitting.interview, self.sitting.item
        facts = [f"Time {feedback.timing(interview.active, interview.budget)}"]
        if interview.confidence is not None:
            facts.append(f"you were {interview.confidence} of 4 sure ({SURENESS[interview.confidence - 1]})")
        if interview.hints_taken:
            facts.append(f"{interview.hints_taken} hint{'' if interview.hints_taken == 1 else 's'}, at no cost")
        parts: list[RenderableType] = [feedback.headline(self.grade), Text(" · ".join(facts))]
        if self._told and (told := self._told()):
            parts.append(Text(visible(told), style="bold"))
        fix = feedback.one_thing(item, self.grade)
        if fix is not None:
            parts.append(Text.assemble(("One thing to fix: ", "bold"), visible(" ".join(fix.split()))))
        waiting = len(self_check.open_verdicts(self.grade))
        if waiting:
            settle = f"{waiting} unsure: say with y or n whether you said it."
            parts.append(Text(settle, style="bold"))
        return Group(*parts)

    def _order(self) -> list[Criterion]:
        """Red flags that may have been committed come first, those that were not come last."""
        rubric = self.sitting.item.rubric
        raised = [flag for flag in rubric.red_flags if self._graded.verdict(flag.id).outcome is not Outcome.UNMET]
        return [*raised, *rubric.criteria, *(flag for flag in rubric.red_flags if flag not in raised)]

    def _options(self) -> Iterator[Option]:
        for criterion in self._order():
            yield Option(self._line(criterion, chosen=False), id=criterion.id)

    def _line(self, criterion: Criterion, *, chosen: bool) -> RenderableType:
        return _line(self.sitting.item.rubric, self.grade.verdict(criterion.id), chosen=chosen)

    def _refresh(self) -> None:
        options, looked_at = self.query_one("#criteria", OptionList), self._chosen()
        for criterion in self._order():
            options.replace_option_prompt(criterion.id, self._line(criterion, chosen=criterion is looked_at))
        self.query_one("#score", Static).update(self._score())
        self._show_words()
        self.refresh_bindings()

    @on(OptionList.OptionHighlighted, "#criteria")
    def _show_words(self) -> None:
        criterion, options = self._chosen(), self.query_one("#criteria", OptionList)
        if self._looked_at is not None and self._looked_at is not criterion:
            options.replace_option_prompt(self._looked_at.id, self._line(self._looked_at, chosen=False))
        self._looked_at = criterion
        if criterion is not None:
            options.replace_option_prompt(criterion.id, self._line(criterion, chosen=True))
            verdict = self.grade.verdict(criterion.id)
            self.query_one(AnswerPage).mark(list(self._evidence()), verdict.evidence)

    def _evidence(self) -> Iterator[Evidence]:
        for verdict in self.grade.verdicts:
            if verdict.evidence is not None and verdict.outcome is Outcome.MET:
                yield verdict.evidence

    def _chosen(self) -> Criterion | None:
        at = self.query_one("#criteria", OptionList).highlighted
        return None if at is None else self._order()[at]

    # --- what can be done

    def action_help(self) -> None:
        self.app.push_screen(Help(KEYS))

    def action_turn(self, by: int) -> None:
        pages = self.query_one("#pages", Pages)
        names = ["answer", "model", "debrief"]
        self.action_page(names[(names.index(pages.active) + by) % len(names)])

    def action_page(self, name: str) -> None:
        """Turn to a page, and put the keyboard on it if it was on one before."""
        pages = self.query_one("#pages", Pages)
        inside = pages.has_focus_within
        pages.active = name
        if inside:
            self._focus_page()

    def _focus_page(self) -> None:
        pages = self.query_one("#pages", Pages)
        if pages.active_pane is not None:
            pages.active_pane.query_one(Page).focus()

    def action_focus_next(self) -> None:
        if self.query_one("#criteria").has_focus:
            self._focus_page()
        else:
            self.query_one("#criteria").focus()

    action_focus_previous = action_focus_next

    def action_decide(self, outcome: str) -> None:
        criterion = self._chosen()
        if criterion is None or self._states[-1].get(criterion.id) is Outcome(outcome):
            return
        waited = self.grade.verdict(criterion.id) in self_check.open_verdicts(self.grade)
        self._states.append({**self._states[-1], criterion.id: Outcome(outcome)})
        self._store()
        if waited:  # an overrule stays in sight
            self._go_to_next_open(criterion)

    def renew(self) -> None:
        """Show the newest grade, with what was decided about it: the judge may have been heard."""
        settling = self.sitting.settling()
        if settling is None:
            return
        looked_at = self._chosen()
        self._graded, self.grade, self._states = settling.graded, settling.now, list(settling.states)
        options = self.query_one("#criteria", OptionList)
        options.clear_options()
        options.add_options(self._options())
        order = [entry.id for entry in self._order()]
        options.highlighted = order.index(looked_at.id) if looked_at is not None else 0
        self._refresh()

    def action_undo(self) -> None:
        if len(self._states) == 1:
            return
        taken, kept = self._states.pop(), self._states[-1]
        self._store()
        changed = next(id for id in taken if taken[id] is not kept.get(id))
        options = self.query_one("#criteria", OptionList)
        options.highlighted = options.get_option_index(changed)

    def _store(self) -> None:
        self.grade = self.sitting.settle(self._graded, self._states[-1], self._scale)
        self._refresh()

    def _go_to_next_open(self, criterion: Criterion) -> None:
        waiting = {verdict.criterion for verdict in self_check.open_verdicts(self.grade)}
        order = [entry.id for entry in self._order()]
        at = order.index(criterion.id)
        following = next((id for id in order[at + 1 :] + order[:at] if id in waiting), None)
        if following is not None:
            self.query_one("#criteria", OptionList).highlighted = order.index(following)

    def action_zoom(self) -> None:
        """Criteria alone, pages alone, both again."""
        self._zoom = (self._zoom + 1) % 3
        self.set_class(self._zoom == 1, "-criteria-alone")
        self.set_class(self._zoom == 2, "-pages-alone")
        if self._zoom == 2:
            self._focus_page()
        else:
            self.query_one("#criteria").focus()

    def action_variant(self) -> None:
        if self._variant is not None:
            self.dismiss("variant")

    def action_go_on(self) -> None:
        self.dismiss("next")


def _line(rubric: Rubric, verdict: Verdict, *, chosen: bool) -> RenderableType:
    """One criterion: the verdict, what was asked for, and what is missing or who said so."""
    lines: list[RenderableType] = [feedback.verdict_line(rubric, verdict)]
    if verdict.by == self_check.USER:
        lines.append(Text("settled by you", style="italic"))
    elif feedback.reasoned(rubric, verdict):
        lines.append(Text(visible(verdict.reason), style="italic"))
    hanging = Table.grid(Column(width=2), Column(ratio=1), expand=True)
    hanging.add_row("▶" if chosen else "", Group(*lines))
    return hanging


class AnswerPage(Page):
    """What the candidate said, with the words that count marked; the ones that are looked at stand out."""

    def __init__(self, sitting: Sitting) -> None:
        self._transcript = sitting.interview.transcript
        self._asked = [(request, _found(sitting, request)) for request in sitting.interview.asked]
        super().__init__(self._marked([], None)[0])

    def mark(self, evidence: Sequence[Evidence], chosen: Evidence | None) -> None:
        """Underline all evidence, reverse the chosen piece and scroll to it."""
        shown, before = self._marked(evidence, chosen)
        self.show(shown)
        if chosen is not None:
            self.call_after_refresh(self.bring_to_sight, before)

    def _marked(self, evidence: Sequence[Evidence], chosen: Evidence | None) -> tuple[Text, Text]:
        """All that was said, and the part of it before the chosen words."""
        transcript = self._transcript
        text, before = Text(), Text()
        parts: list[tuple[Exchange | None, str]] = [(None, transcript.answer)]
        parts += [(exchange, exchange.answer) for exchange in transcript.exchanges]
        for start, (exchange, said) in zip(transcript.starts, parts, strict=True):
            if exchange is not None:
                text.append(f"\n\n{prompt_name(exchange.kind)}: {prose(exchange.ask).plain}\n", style="bold")
            cuts = {start, start + len(said)}
            for piece in (*evidence, *([chosen] if chosen else [])):
                cuts.update(at for at in (piece.start, piece.end) if start < at < start + len(said))
            for begin, end in itertools.pairwise(sorted(cuts)):
                if chosen is not None and begin == chosen.start:
                    before = text.copy()
                # a control character takes more than one place when it is made visible, so the text is cut first
                text.append(visible(said[begin - start : end - start]), style=_look(begin, evidence, chosen))
            if not said:
                text.append("(passed)" if exchange is not None else "(nothing)")
        if self._asked:
            text.append("\n\nEvidence you asked for, in this order:", style="bold")
            for request, found in self._asked:
                text.append(f"\n- “{visible(request)}”: {visible(found)}")
        return text, before

    def bring_to_sight(self, before: Text) -> None:
        """Scroll to what comes after `before`."""
        width = max(1, self._text.size.width)
        line = len(before.wrap(self.app.console, width)) - 1
        self.scroll_to_region(Region(0, max(0, line), 1, 3), animate=False)


def _found(sitting: Sitting, request: str) -> str:
    exhibit = sitting.interview.matching_exhibit(request)
    return "not logged" if exhibit is None else exhibit.title


def _look(at: int, evidence: Sequence[Evidence], chosen: Evidence | None) -> str:
    if chosen is not None and chosen.start <= at < chosen.end:
        return "reverse"
    return "underline" if any(piece.start <= at < piece.end for piece in evidence) else ""
