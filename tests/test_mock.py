"""A mock interview: its rounds are drawn as promised, and its scorecard is arithmetic: exact, bounded, monotone."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from prepdrill import interviews, mock, scoring
from prepdrill.bank import Bank
from prepdrill.cli.mock import app
from prepdrill.drill import Stage
from prepdrill.errors import PrepdrillError, UsageError
from prepdrill.graders.offline import Offline
from prepdrill.history import History, open_history
from prepdrill.mock import compose
from prepdrill.model import (
    LEVELS,
    QUESTION_KINDS,
    Criterion,
    Evidence,
    Exchange,
    GraderId,
    Level,
    Moment,
    Outcome,
    Plan,
    QuestionKind,
    Scale,
    Transcript,
)
from prepdrill.programme import MOCK, Programme
from prepdrill.scorecard import Performance, Scorecard, State, scorecard

from .examples import SCALE, criterion, item, question, verdicts

# --- composing


@dataclass(frozen=True)
class Entry:
    id: str
    kind: QuestionKind = "diagnose"
    level: Level = "core"
    minutes: float = 8
    family: str | None = None
    contents: tuple[str, ...] = ()
    twist: bool = False

    @property
    def section(self) -> str:
        return self.id.split("/")[0]


SECTIONS = "abcdefgh"
BANK = [
    Entry(f"{section}/{kind}-{number}", kind, contents=("log",) if number else ("table",), twist=kind == "decide")
    for section in SECTIONS
    for kind in QUESTION_KINDS
    for number in range(2)
] + [Entry(f"{section}/warm-up", "explain", "warm-up", 4) for section in "ab"]


def composed(
    candidates: Sequence[Entry] = BANK,
    minutes: float = 60,
    attempted: Mapping[str, float] | None = None,
    weight: Callable[[str], float] = lambda section: 1.0,
    seed: int = 1,
) -> Plan:
    return compose(candidates, minutes=minutes, attempted=attempted or {}, weight=weight, seed=seed)


@pytest.mark.parametrize(
    ("minutes", "roles"),
    [
        (30, ["Warm-up", "A log to diagnose", "A decision", "An experiment to design"]),
        (45, ["Warm-up", "A log to diagnose", "A decision", "An experiment to design", "A claim to judge"]),
        (
            60,
            [
                "Warm-up",
                "A log to diagnose",
                "A decision",
                "An experiment to design",
                "A claim to judge",
                "Another log to diagnose",
            ],
        ),
    ],
)
def test_an_interview_has_its_roles_in_order_each_from_another_section(minutes: float, roles: list[str]) -> None:
    known = {entry.id: entry for entry in BANK}
    for seed in range(20):
        plan = composed(minutes=minutes, seed=seed)
        assert [entry.role for entry in plan.rounds] == roles
        assert len({known[entry.question].section for entry in plan.rounds}) == len(roles)
        assert known[plan.rounds[0].question].level == "warm-up"
        assert known[plan.rounds[1].question].contents == ("log",)


def test_sections_are_kept_apart_even_where_one_role_has_only_one_to_choose() -> None:
    bank = [
        Entry("a/1", "estimate"),
        Entry("a/2", "diagnose", contents=("log",)),
        Entry("b/1", "diagnose", contents=("log",)),
        Entry("b/2", "decide"),
        Entry("c/1", "decide"),
        Entry("c/2", "design"),
        Entry("d/1", "estimate"),
    ]
    for seed in range(20):
        plan = composed(bank, 30, seed=seed)
        assert [entry.question for entry in plan.rounds] == ["d/1", "a/2", "b/2", "c/2"]


def test_without_a_warm_up_question_the_shortest_to_explain_or_estimate_warms_up() -> None:
    bank = [Entry("a/long", "explain", minutes=9), Entry("b/short", "estimate", minutes=5), *BANK[2:4]]
    assert composed(bank, 30).rounds[0].question == "b/short"


def test_one_round_has_the_twist_and_it_is_not_the_warm_up() -> None:
    for seed in range(20):
        plan = composed(seed=seed)
        assert [entry.role for entry in plan.rounds if entry.twist] == ["A decision"]
    late = [Entry("a/1", "explain", twist=True), Entry("b/1", "design", twist=True), Entry("c/1", "decide")]
    assert [entry.question for entry in composed(late, 30).rounds if entry.twist] == ["b/1"]
    only = [Entry("a/1", "explain", twist=True), Entry("b/1", "decide")]
    assert [entry.twist for entry in composed(only, 30).rounds] == [True, False]
    assert not any(entry.twist for entry in composed(only[1:], 30).rounds)


def test_what_was_never_asked_comes_first_then_what_was_asked_longest_ago() -> None:
    bank = [Entry(f"a/{number}", "decide") for number in range(3)]
    asked = {"a/0": 200.0, "a/1": 100.0}
    assert composed(bank, 30, asked).rounds[0].question == "a/2"
    assert composed(bank[:2], 30, asked).rounds[0].question == "a/1"


def test_sections_are_drawn_by_weight() -> None:
    bank = [Entry(f"{section}/1", "decide") for section in "ab"]
    weights = {"a": 0.8, "b": 0.2}
    drawn = Counter(composed(bank, 30, weight=weights.__getitem__, seed=seed).rounds[0].question for seed in range(300))
    assert 0.7 < drawn["a/1"] / 300 < 0.9


def test_budgets_are_scaled_to_three_quarters_of_the_time() -> None:
    even = [dataclasses.replace(entry, minutes=8.0) for entry in BANK]
    for minutes in (30, 45, 60):
        rounds = composed(even, minutes).rounds
        assert sum(entry.budget or 0 for entry in rounds) == pytest.approx(minutes * 60 * 0.75, abs=30)
    assert composed([Entry("a/1", minutes=10)], 30).rounds[0].budget == 13 * 60
    assert [entry.budget for entry in composed([Entry(f"{name}/1", minutes=20) for name in "abcd"], 30).rounds] == [
        12 * 60
    ] * 4


def test_questions_that_fit_the_time_are_preferred_to_long_ones() -> None:
    lengths = [20, 20, 20, 20, 20, 20, 20, 9]
    bank = [
        Entry(f"{s}/{kind}", kind, minutes=m) for s, m in zip(SECTIONS, lengths, strict=True) for kind in ("decide",)
    ]
    bank += [Entry("x/1", "estimate", minutes=5), Entry("y/1", minutes=9), Entry("z/1", "design", minutes=9)]
    chosen = Counter(composed(bank, 30, seed=seed).rounds[2].question for seed in range(20))
    assert chosen["h/decide"] >= 18


def test_a_small_bank_gives_what_it_has_and_an_empty_one_says_so() -> None:
    bank = [Entry("a/1", "critique"), Entry("a/2", "critique"), Entry("b/1", "critique")]
    rounds = composed(bank, 45).rounds
    assert sorted(entry.question for entry in rounds) == ["a/1", "a/2", "b/1"]
    assert {entry.role for entry in rounds} == {"A claim to judge"}
    with pytest.raises(PrepdrillError, match=r"No question fits a mock interview; .*\."):
        composed([])


entries = st.builds(
    Entry,
    id=st.tuples(st.sampled_from("abcd"), st.integers(0, 99)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
    kind=st.sampled_from(QUESTION_KINDS),
    level=st.sampled_from(LEVELS),
    minutes=st.integers(2, 40).map(lambda halves: halves / 2),
    family=st.sampled_from([None, None, "x", "y"]),
    contents=st.sampled_from([(), ("log",), ("table", "log")]),
    twist=st.booleans(),
)


@settings(deadline=None)
@given(
    st.lists(entries, min_size=1, max_size=25, unique_by=lambda entry: entry.id),
    st.sampled_from(mock.LENGTHS),
    st.integers(0, 99),
)
def test_every_interview_keeps_the_rules(bank: list[Entry], minutes: int, seed: int) -> None:
    plan = composed(bank, minutes, seed=seed)
    known = {entry.id: entry for entry in bank}
    asked = [known[entry.question] for entry in plan.rounds]
    families = [entry.family for entry in asked if entry.family is not None]
    assert plan == composed(list(reversed(bank)), minutes, seed=seed)
    assert 1 <= len(asked) <= 6
    assert len({entry.id for entry in asked}) == len(asked)
    assert len(set(families)) == len(families)
    assert [entry.twist for entry in plan.rounds].count(True) == any(entry.twist for entry in bank)
    assert all(known[entry.question].twist for entry in plan.rounds if entry.twist)
    for planned, entry in zip(plan.rounds, asked, strict=True):
        assert planned.budget is not None
        assert planned.budget % 30 == 0
        assert 0.6 * entry.minutes * 60 <= planned.budget <= 1.3 * entry.minutes * 60


# --- the scorecard

RUBRIC = (
    criterion("a", 3, essential=True),
    criterion("b", 2),
    criterion("c", 1, dimension="rigour"),
    criterion("flag", -2),
)
FULL = {"a": "met", "b": "met", "c": "met", "flag": "unmet"}
GRADER = GraderId("test", "1")


def performance(
    outcomes: Mapping[str, Outcome | str] | None = None,
    *,
    role: str = "A decision",
    rubric: Sequence[Criterion] = RUBRIC,
    prompted: Sequence[str] = (),
    state: State = "answered",
    answer: str = "An answer.",
    said: str | None = None,
    seconds: float = 300,
    budget: float | None = 300,
    confidence: int | None = 3,
    attempt: int | None = None,
    id: str = "evaluation/example",
) -> Performance:
    """A round with these verdicts; `said` is the evidence of each."""
    asked = item(rubric, question(id))
    given = verdicts(outcomes or {}, prompted=prompted)
    if said is not None:
        given = [dataclasses.replace(verdict, evidence=Evidence(said, 0, len(said))) for verdict in given]
    grade = scoring.grade(asked, SCALE, GRADER, "f", given) if outcomes is not None else None
    exchange = Exchange("And then?", "More.", None, "follow-up")
    exchanges = (exchange,) if outcomes is not None and answer else ()
    transcript = Transcript(answer, exchanges)
    return Performance(role, asked, state, grade, transcript, seconds, budget, 30.0, confidence, ("the norm",), attempt)


def carded(*performances: Performance, planned: int | None = None, scale: Scale = SCALE) -> Scorecard:
    return scorecard(performances, scale, planned=planned, minutes=30)


def test_rounds_weigh_what_their_points_weigh() -> None:
    heavy = performance({"h": "met"}, rubric=(criterion("h", 9),))
    light = performance({"l": "unmet"}, rubric=(criterion("l", 3),))
    card = carded(heavy, light)
    assert (card.low, card.high, card.rating) == (0.75, 0.75, "yes")


def test_a_prompted_criterion_counts_half_and_a_red_flag_never_takes_from_another_round() -> None:
    card = carded(performance(FULL, prompted=("a",)), performance(FULL | {"a": "unmet", "b": "unmet", "flag": "met"}))
    assert card.low == card.high == pytest.approx((4.5 + 0.0) / 12)


def test_what_is_open_gives_bounds_and_no_rating() -> None:
    card = carded(performance(FULL), performance(FULL | {"a": "unsure", "b": "ungraded"}, attempt=7))
    assert (card.low, card.high) == pytest.approx((7 / 12, 1.0))
    assert (card.rating, card.open, card.unsettled) == (None, 2, (7,))
    assert "depending on 2 open verdicts: that allows “no” to “strong yes”" in card.reasons[0]


def test_an_answer_that_is_not_graded_is_open_in_all() -> None:
    card = carded(performance(None))
    assert (card.low, card.high, card.rating, card.open) == (0.0, 1.0, None, 4)


@pytest.mark.parametrize(("missing", "rating"), [(0, "strong yes"), (1, "strong yes"), (2, "no"), (3, "no")])
def test_half_of_the_rounds_without_an_essential_cap_the_rating(missing: int, rating: str) -> None:
    rubric = (criterion("a", 1, essential=True), criterion("b", 9))
    rounds = [performance({"a": "unmet" if at < missing else "met", "b": "met"}, rubric=rubric) for at in range(4)]
    card = carded(*rounds)
    assert card.rating == rating
    assert any("From half of them on, the rating is “no” at best" in reason for reason in card.reasons) == (
        rating == "no"
    )
    assert sum(reason.startswith("Essential, missed in round") for reason in card.reasons) == missing


def test_red_flags_overtime_and_what_is_left_are_among_the_reasons() -> None:
    late = performance(FULL | {"flag": "met"}, seconds=390)
    card = carded(late, performance(state="cut off"), planned=4)
    assert "Red flag in round 1 (A decision), minus 2 points: Says flag." in card.reasons
    assert (
        "Over its time: round 1 (A decision) by 1.5 minutes. That costs no points; it is on the record." in card.reasons
    )
    assert "Not handed in and not counted: 3 rounds. This is what was said so far." in card.reasons


def test_a_skipped_round_counts_as_nothing_said_and_one_that_was_cut_off_does_not_count() -> None:
    skipped = carded(performance(FULL), performance(state="skipped", answer=""))
    assert (skipped.low, skipped.high, skipped.unfinished) == (0.5, 0.5, False)
    assert "Round 2 (A decision) was skipped: it counts as nothing said." in skipped.reasons
    assert skipped.costly[0].kind == "skipped"
    cut_off = carded(performance(FULL), performance(state="cut off", answer=""), planned=2)
    assert (cut_off.low, cut_off.high, cut_off.unfinished) == (1.0, 1.0, True)


def test_an_interview_of_which_nothing_was_handed_in_has_no_rating() -> None:
    for rounds in ((), (performance(state="cut off"),)):
        card = carded(*rounds, planned=4)
        assert (card.rating, card.low, card.high, card.unfinished) == (None, 0.0, 1.0, True)
        assert (card.dimensions, card.costly, card.next) == ((), (), ())


def test_the_two_verdicts_that_lost_most_are_the_costly_moments() -> None:
    first = performance(FULL | {"b": "unmet", "flag": "met"}, said="so we ship")
    second = performance(FULL | {"c": "unmet"}, prompted=("a",), role="A log to diagnose")
    moments = carded(first, second).costly
    assert [(moment.number, moment.kind, moment.points) for moment in moments] == [
        (1, "red flag", 2),
        (1, "missed", 2),
    ]
    assert moments[0].verdict is not None
    assert moments[0].verdict.evidence == Evidence("so we ship", 0, 10)
    (prompted, _) = carded(second).costly
    assert (prompted.kind, prompted.points, prompted.essential) == ("prompted", 1.5, True)


def test_what_a_twist_asks_for_counts_whole_and_only_where_it_was_brought_up() -> None:
    plain = performance(FULL)
    rubric = dataclasses.replace(plain.item.rubric, twist=(criterion("t", 2),))
    with_twist = dataclasses.replace(plain.item, rubric=rubric.with_twist)
    grade = scoring.grade(with_twist, SCALE, GRADER, "f", verdicts(FULL | {"t": "met"}, prompted=("t",)))
    card = carded(dataclasses.replace(plain, item=with_twist, grade=grade))
    assert (card.low, card.rounds[0].points, card.costly) == (1.0, 8, ())
    not_asked = dataclasses.replace(plain, item=dataclasses.replace(plain.item, rubric=rubric), grade=grade)
    assert carded(not_asked).rounds[0].points == 6


def test_dimensions_are_added_up_over_the_rounds() -> None:
    card = carded(performance(FULL), performance({"a": "unmet", "b": "unsure", "c": "unmet", "flag": "unmet"}))
    shares = {entry.slug: (entry.points, entry.low, entry.high) for entry in card.dimensions}
    assert shares == {"mechanism": (10, 0.5, 0.7), "rigour": (2, 0.5, 0.5)}
    assert [entry.anchor for entry in carded(performance(FULL)).dimensions] == ["d", None]


def test_the_weakest_rounds_are_drilled_next_and_strong_ones_are_not() -> None:
    weak = performance({"a": "unmet", "b": "unmet", "c": "met", "flag": "unmet"}, id="data/example")
    weaker = performance({"a": "unmet", "b": "unmet", "c": "unmet", "flag": "unmet"}, id="efficiency/example")
    card = carded(weak, performance(FULL, id="post-training/example"), weaker)
    assert [advice.command for advice in card.next] == [
        "prepdrill drill --section efficiency --kind diagnose",
        "prepdrill drill --section data --kind diagnose",
    ]
    assert card.next[0].reason == "0 % of the points in round 3 (A decision)."
    assert carded(performance(FULL)).next == ()


def test_never_more_than_three_commands() -> None:
    nothing = {"a": "unmet", "b": "unmet", "c": "unmet", "flag": "unmet"}
    card = carded(*(performance(nothing, id=f"{name}/example") for name in "abcdef"))
    assert len({advice.command for advice in card.next}) == len(card.next) == 3


outcomes = st.fixed_dictionaries({entry.id: st.sampled_from(list(Outcome)) for entry in RUBRIC})
rounds_of_outcomes = st.lists(outcomes, min_size=1, max_size=5)


def unsettled(outcome: Outcome) -> bool:
    return outcome in (Outcome.UNSURE, Outcome.UNGRADED)


@given(rounds_of_outcomes, st.data())
def test_settling_verdicts_only_narrows_and_never_changes_a_rating(
    given_rounds: list[dict[str, Outcome]], data: st.DataObject
) -> None:
    before = carded(*map(performance, given_rounds))
    settled = [
        {
            id: data.draw(st.sampled_from([outcome, Outcome.MET, Outcome.UNMET])) if unsettled(outcome) else outcome
            for id, outcome in given_outcomes.items()
        }
        for given_outcomes in given_rounds
    ]
    after = carded(*map(performance, settled))
    assert 0 <= before.low <= before.high <= 1
    assert before.low - 1e-9 <= after.low <= after.high <= before.high + 1e-9
    assert before.rating in (None, after.rating)
    assert after.open <= before.open
    assert after.open > 0 or after.rating is not None


@given(rounds_of_outcomes)
def test_every_dimension_has_bounds_and_every_loss_is_settled(given_rounds: list[dict[str, Outcome]]) -> None:
    card = carded(*map(performance, given_rounds))
    for dimension in card.dimensions:
        assert 0 <= dimension.low <= dimension.high <= 1
    assert len(card.costly) <= 2
    for moment in card.costly:
        assert moment.points > 0
        assert moment.verdict is not None
        assert not unsettled(moment.verdict.outcome)


# --- in the history


class Clock:
    """A clock that goes on by so many seconds at every look."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0
        self.step = 10.0

    def __call__(self) -> Moment:
        self.seconds += self.step
        return Moment(self.seconds, self.seconds)


def held(bank: Bank, history: History, *, rounds: int = 99, skip: int = 0, leave_in_follow_up: bool = False) -> int:
    """An interview of 30 minutes in the history, with one answer for all; `rounds` says after how many it is left."""
    entries = [entry for entry in bank.listing() if not entry.broken]
    plan = compose(entries, minutes=30, attempted={}, weight=lambda section: 1.0, seed=1)
    clock = Clock()
    programme = Programme.begin(history, MOCK, plan, bank.item, clock, grader="offline", seed=1)
    grader = Offline(bank.lexicon)
    while programme.number < rounds and (sitting := programme.next()) is not None:
        sitting.shown()
        if programme.number == skip:
            sitting.skip()
            continue
        sitting.write("The gap is all that the loss sees, so <b>both</b> can fall.")
        sitting.submit()
        while sitting.interview.stage is not Stage.FEEDBACK:
            match sitting.interview.stage:
                case Stage.GRADING:
                    sitting.graded(grader, bank.scale)
                case Stage.FOLLOW_UP:
                    if leave_in_follow_up and programme.number == rounds:
                        return programme.session
                    prompt = sitting.interview.step.prompt
                    assert prompt is not None
                    sitting.asked(prompt)
                    sitting.write("I would look at the data first.")
                    sitting.answer_follow_up()
                case _:
                    sitting.confident(4)
        sitting.end()
    if programme.number == programme.count:
        programme.end()
    return programme.session


@pytest.fixture
def history(home: Path) -> History:
    return open_history(home / "prepdrill" / "data" / "history.sqlite")


def test_the_history_holds_all_that_a_scorecard_needs(built_in: Bank, history: History) -> None:
    with history:
        card = interviews.card(history, held(built_in, history, skip=1), built_in.scale)
    assert (len(card.counted), card.planned, card.unfinished, card.minutes) == (4, 4, False, 30)
    assert [entry.performance.state for entry in card.rounds] == ["skipped", "answered", "answered", "answered"]
    assert [entry.performance.role for entry in card.rounds][1:3] == ["A log to diagnose", "A decision"]
    assert [entry.performance.attempt for entry in card.rounds] == [1, 2, 3, 4]
    answered = card.rounds[1].performance
    assert (answered.confidence, answered.seconds > 0, answered.prompted > 0) == (4, True, True)
    assert [entry.performance.item.rubric.twisted for entry in card.rounds].count(True) == 1


def test_an_interview_left_in_the_middle_has_a_scorecard_of_what_was_said(built_in: Bank, history: History) -> None:
    with history:
        first = held(built_in, history, rounds=2)
        second = held(built_in, history, rounds=3, leave_in_follow_up=True)
        assert interviews.resumable(history) == second
        cards = [interviews.card(history, id, built_in.scale) for id in (first, second)]
    assert [(len(card.counted), card.planned, card.unfinished) for card in cards] == [(2, 4, True), (3, 4, True)]
    assert not cards[1].rounds[2].performance.item.rubric.twisted  # left before anything new was brought up


def test_only_an_interview_with_something_left_is_gone_on_with(built_in: Bank, history: History) -> None:
    with history:
        assert interviews.resumable(history) is None
        held(built_in, history)
        assert interviews.resumable(history) is None


def test_the_newest_interview_is_found_and_a_drill_is_none(built_in: Bank, history: History) -> None:
    with history:
        with pytest.raises(PrepdrillError, match="`prepdrill mock` holds the first"):
            interviews.find(history, None)
        drill = history.begin_session("drill", "offline", 0.0)
        held(built_in, history, rounds=1)
        assert interviews.find(history, None).id == 2
        with pytest.raises(PrepdrillError, match=r"Session 1 is no mock interview \(drill\)"):
            interviews.find(history, drill)


# --- on the command line


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_interviews_are_listed_and_shown(built_in: Bank, history: History) -> None:
    with history:
        held(built_in, history)
        held(built_in, history, rounds=1)
    listed = run("list").stdout.splitlines()
    assert [line.split()[0] for line in listed[2:]] == ["2", "1"]
    assert "1 of 4" in listed[2]
    assert "unfinished: 1 of 4 rounds" in " ".join(run("show").stdout.split())
    shown = run("show", "1").stdout
    for part in ("Mock interview 1 · 30 minutes", "Score", "Dimensions", "What cost most", "What to drill next"):
        assert part in shown
    encoded = json.loads(run("show", "1", "--json").stdout)
    assert encoded == json.loads(run("list", "--json").stdout)[1]
    assert encoded["rounds"][0]["role"] == "Warm-up"
    assert 0 <= encoded["score"]["low"] <= encoded["score"]["high"] <= 1


def test_an_interview_is_exported_to_a_new_file_only(built_in: Bank, history: History, tmp_path: Path) -> None:
    with history:
        held(built_in, history)
    target = tmp_path / "card.html"
    assert run("export", "--format", "html", "--to", str(target)).exit_code == 0
    assert "<!doctype html>" in target.read_text(encoding="utf-8")
    again = run("export", "1", "--to", str(target))
    assert "exists already; name a new file" in str(again.exception)
    assert run("export").stdout.startswith("# Mock interview 1")
    assert isinstance(run("export", "--format", "pdf").exception, UsageError)


def test_an_interview_needs_a_terminal_and_one_of_three_lengths(home: Path) -> None:
    assert "needs a terminal" in str(run().exception)
    assert "an interview takes 30, 45, 60" in str(run("--minutes", "20").exception)
    assert not (home / "prepdrill" / "data").exists()
    assert "There is no mock interview yet" in str(run("show").exception)
