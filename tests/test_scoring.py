"""Scoring is arithmetic: exact, bounded, monotone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepdrill import scoring
from prepdrill.graders import self_check
from prepdrill.model import Criterion, Grade, GraderId, Outcome, Score, Transcript, Verdict

from .examples import SCALE, criterion, item, verdicts

RUBRIC = (criterion("a", 3, essential=True), criterion("b", 2), criterion("c", 5), criterion("flag", -2))
GRADER = GraderId("test", "1")


def graded(outcomes: dict[str, str], prompted: tuple[str, ...] = ()) -> Grade:
    return scoring.grade(item(RUBRIC), SCALE, GRADER, "f", verdicts(outcomes, prompted=prompted))


@pytest.mark.parametrize(
    ("outcomes", "prompted", "low", "high", "rating"),
    [
        ({"a": "met", "b": "met", "c": "met", "flag": "unmet"}, (), 1.0, 1.0, "strong yes"),
        ({"a": "met", "b": "unmet", "c": "met", "flag": "unmet"}, (), 0.8, 0.8, "strong yes"),
        ({"a": "met", "b": "unmet", "c": "met", "flag": "met"}, (), 0.6, 0.6, "yes"),
        ({"a": "unmet", "b": "met", "c": "met", "flag": "unmet"}, (), 0.7, 0.7, "no"),
        ({"a": "met", "b": "unmet", "c": "unmet", "flag": "met"}, (), 0.1, 0.1, "strong no"),
        ({"a": "unmet", "b": "unmet", "c": "unmet", "flag": "met"}, (), 0.0, 0.0, "strong no"),
        ({"a": "met", "b": "met", "c": "met", "flag": "unmet"}, ("c",), 0.75, 0.75, "yes"),
        ({"a": "met", "b": "unsure", "c": "met", "flag": "unmet"}, (), 0.8, 1.0, "strong yes"),
        ({"a": "met", "b": "unsure", "c": "unmet", "flag": "unmet"}, (), 0.3, 0.5, None),
        ({"a": "unsure", "b": "met", "c": "met", "flag": "unmet"}, (), 0.7, 1.0, None),
        ({"a": "met", "b": "met", "c": "met", "flag": "unsure"}, (), 0.8, 1.0, "strong yes"),
        ({}, (), 0.0, 1.0, None),
    ],
)
def test_the_score_of(
    outcomes: dict[str, str], prompted: tuple[str, ...], low: float, high: float, rating: str | None
) -> None:
    grade = graded(outcomes, prompted)
    assert (grade.score.low, grade.score.high) == pytest.approx((low, high))
    assert grade.rating == rating
    assert (grade.score.value is None) == (rating is None)


def test_what_got_no_verdict_is_ungraded_and_never_a_verdict() -> None:
    grade = graded({"a": "met"})
    assert [verdict.outcome for verdict in grade.verdicts[1:]] == [Outcome.UNGRADED] * 3


outcomes = st.fixed_dictionaries({entry.id: st.sampled_from(list(Outcome)) for entry in RUBRIC})


@given(outcomes)
def test_bounds_hold_every_way_of_settling(given_outcomes: dict[str, Outcome]) -> None:
    grade = graded({id: outcome.value for id, outcome in given_outcomes.items()})
    assert 0 <= grade.score.low <= grade.score.high <= 1
    for choice in (Outcome.MET, Outcome.UNMET):
        settled = {
            id: (choice if outcome in (Outcome.UNSURE, Outcome.UNGRADED) else outcome).value
            for id, outcome in given_outcomes.items()
        }
        value = graded(settled).score.value
        assert value is not None
        assert grade.score.low - 1e-9 <= value <= grade.score.high + 1e-9


@given(outcomes, st.sampled_from(RUBRIC))
def test_meeting_one_more_criterion_never_hurts_and_a_red_flag_never_helps(
    given_outcomes: dict[str, Outcome], changed: Criterion
) -> None:
    before = graded({id: outcome.value for id, outcome in given_outcomes.items()} | {changed.id: "unmet"})
    after = graded({id: outcome.value for id, outcome in given_outcomes.items()} | {changed.id: "met"})
    if changed.red_flag:
        assert after.score.high <= before.score.high
    else:
        assert after.score.low >= before.score.low


def test_the_fingerprint_depends_on_everything_that_is_graded() -> None:
    transcript = Transcript("An answer.")
    marks = {
        scoring.fingerprint(item(RUBRIC), transcript, GRADER),
        scoring.fingerprint(item(RUBRIC[:2]), transcript, GRADER),
        scoring.fingerprint(item(RUBRIC), Transcript("Another."), GRADER),
        scoring.fingerprint(item(RUBRIC), transcript, GraderId("test", "2")),
    }
    assert len(marks) == 4


def test_dimensions_are_scored_without_red_flags() -> None:
    rubric = (criterion("a", 3), criterion("b", 1, dimension="rigour"), criterion("flag", -2))
    shares = scoring.by_dimension(
        item(rubric).rubric,
        [*verdicts({"a": "met", "b": "unmet", "flag": "met"}), Verdict("x", Outcome.MET, None, "", 1)],
    )
    assert shares == {"mechanism": (1.0, 1.0), "rigour": (0.0, 0.0)}


def heard(grader: GraderId, low: float = 0.5, mark: str = "f") -> Grade:
    return Grade("q", "r", grader, mark, Score(None, low, low), None)


OFFLINE, JUDGE = GraderId("offline", "1"), GraderId("judge", "1 (model)")


def test_what_was_settled_belongs_to_the_grader_whose_grade_it_changes() -> None:
    first, settled, second, again = (
        heard(OFFLINE, 0.1),
        heard(self_check.ID, 0.2),
        heard(JUDGE, 0.3),
        heard(self_check.ID, 0.4),
    )
    assert scoring.by_grader([first, settled]) == {OFFLINE: settled}
    assert scoring.by_grader([first, settled, second]) == {OFFLINE: settled, JUDGE: second}
    assert scoring.by_grader([first, settled, second, again]) == {OFFLINE: settled, JUDGE: again}
    assert list(scoring.by_grader([second, first, second])) == [OFFLINE, JUDGE], "the one heard last comes last"
    offline, judge, late = heard(OFFLINE, mark="o"), heard(JUDGE, mark="j"), heard(self_check.ID, 0.9, "o")
    assert scoring.by_grader([offline, judge, late]) == {JUDGE: judge, OFFLINE: late}, "settled in another window"


def test_a_figure_over_several_attempts_takes_the_grades_of_one_grader() -> None:
    both, offline_only = {OFFLINE: heard(OFFLINE), JUDGE: heard(JUDGE)}, {OFFLINE: heard(OFFLINE)}
    assert scoring.by_one_grader([both, both]) == [both[JUDGE], both[JUDGE]]
    assert scoring.by_one_grader([both, offline_only]) == [both[OFFLINE], offline_only[OFFLINE]]
    assert scoring.by_one_grader([both, {}]) == [both[JUDGE], None], "a skipped one has none"
    assert scoring.by_one_grader([{}, {}]) == [None, None]
