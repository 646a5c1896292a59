"""The interview is a state machine: what may happen when, what time counts, what is shown to whom."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepdrill.drill import Interview, OutOfOrder, Stage, find_exhibit, missed
from prepdrill.model import Event, FollowUp, Moment, Twist
from prepdrill.model import EventKind as Kind

from .examples import question, verdicts


class Clock:
    """Two clocks that run together until the machine sleeps."""

    def __init__(self) -> None:
        self.monotonic, self.wall = 100.0, 1_000_000.0

    def __call__(self, seconds: float = 0, *, asleep: float = 0) -> Moment:
        self.monotonic += seconds
        self.wall += seconds + asleep
        return Moment(self.monotonic, self.wall)


def started(clock: Clock, interview: Interview | None = None) -> Interview:
    interview = interview or Interview(question(), budget=300)
    interview.apply(Event(Kind.STARTED, clock()))
    interview.apply(Event(Kind.SHOWN, clock()))
    return interview


def test_an_answer_goes_from_start_to_feedback() -> None:
    clock, interview = Clock(), Interview(question(), budget=300)
    assert interview.apply(Event(Kind.STARTED, clock())).stage is Stage.START
    assert interview.apply(Event(Kind.SHOWN, clock())).stage is Stage.ANSWER
    assert interview.apply(Event(Kind.SUBMITTED, clock(60), "Because.")).stage is Stage.GRADING
    assert interview.apply(Event(Kind.GRADED, clock(1))).stage is Stage.CONFIDENCE
    assert interview.apply(Event(Kind.CONFIDENCE_GIVEN, clock(2), "2")).stage is Stage.FEEDBACK
    assert interview.apply(Event(Kind.ENDED, clock(30))).stage is Stage.OVER
    assert interview.active == 60
    assert interview.transcript.answer == "Because."


def test_pauses_and_sleep_are_not_time_spent() -> None:
    clock = Clock()
    interview = started(clock)
    interview.apply(Event(Kind.PAUSED, clock(10)))
    interview.apply(Event(Kind.RESUMED, clock(500)))
    interview.apply(Event(Kind.HINT_TAKEN, clock(5)))
    interview.apply(Event(Kind.HINT_TAKEN, clock(5, asleep=3600)))
    assert interview.elapsed(clock(1)) == 21
    assert interview.suspended == 3600


def test_time_between_two_sittings_is_not_time_spent() -> None:
    clock = Clock()
    interview = started(clock)
    interview.apply(Event(Kind.DRAFT_CHANGED, clock(20), "So far."))
    later = Moment(5.0, clock.wall + 86_400)  # another process: its monotonic clock began anew
    interview.apply(Event(Kind.RESUMED, later))
    assert interview.elapsed(Moment(15.0, later.wall + 10)) == 30


def test_a_clock_that_goes_backwards_takes_nothing_away() -> None:
    clock = Clock()
    interview = started(clock)
    interview.apply(Event(Kind.HINT_TAKEN, clock(20)))
    assert interview.elapsed(Moment(clock.monotonic, clock.wall - 7200)) == 20


def test_time_left_is_said_once_at_each_mark() -> None:
    clock = Clock()
    interview = started(clock)
    marks, before = [], 0.0
    for _ in range(32):
        now = clock(10)
        mark = interview.passed_mark(before, now)
        before = interview.elapsed(now)
        marks.append(mark)
    assert [mark for mark in marks if mark] == ["half", "a fifth", "zero"]
    assert marks.index("half") == 14
    assert marks.index("a fifth") == 23
    assert marks.index("zero") == 29


def test_only_a_strict_clock_expires() -> None:
    clock = Clock()
    lenient, strict = started(clock), started(clock, Interview(question(), budget=300, strict=True))
    now = clock(301)
    assert not lenient.expired(now)
    assert strict.expired(now)
    assert lenient.left(now) == -1


FOLLOW_UPS = (FollowUp("For all?"), FollowUp("For who missed a?", "a"), FollowUp("For who missed b?", "b"))


def test_follow_ups_depend_on_what_the_first_answer_missed() -> None:
    clock = Clock()
    interview = started(clock, Interview(question(follow_ups=FOLLOW_UPS)))
    interview.apply(Event(Kind.SUBMITTED, clock(1), "Because."))
    unsettled = missed(verdicts({"a": "unsure", "b": "met"}))
    step = interview.apply(Event(Kind.GRADED, clock(), missed=unsettled))
    asked = []
    while step.stage is Stage.FOLLOW_UP:
        assert step.prompt is not None
        asked.append(step.prompt.ask)
        interview.apply(Event(Kind.FOLLOW_UP_ASKED, clock(), step.prompt.ask))
        step = interview.apply(Event(Kind.FOLLOW_UP_ANSWERED, clock(5), f"Answer {len(asked)}."))
    assert asked == ["For all?", "For who missed a?"]
    assert step.stage is Stage.CONFIDENCE
    step = interview.apply(Event(Kind.CONFIDENCE_GIVEN, clock(), "3"))
    assert interview.confidence == 3
    assert (step.stage, step.final) == (Stage.GRADING, True)
    assert [exchange.answer for exchange in interview.transcript.exchanges] == ["Answer 1.", "Answer 2."]


def test_follow_ups_that_are_passed_need_no_second_grading() -> None:
    clock = Clock()
    interview = started(clock, Interview(question(follow_ups=FOLLOW_UPS[:1])))
    interview.apply(Event(Kind.SUBMITTED, clock(1), "Because."))
    interview.apply(Event(Kind.GRADED, clock()))
    interview.apply(Event(Kind.FOLLOW_UP_ANSWERED, clock(), ""))
    assert interview.apply(Event(Kind.CONFIDENCE_GIVEN, clock(), "")).stage is Stage.FEEDBACK
    assert interview.confidence is None


def test_an_attempt_from_before_confidence_was_asked_for_is_rebuilt() -> None:
    clock = Clock()
    interview = started(clock, Interview(question(follow_ups=FOLLOW_UPS[:1])))
    interview.apply(Event(Kind.SUBMITTED, clock(1), "Because."))
    interview.apply(Event(Kind.GRADED, clock()))
    interview.apply(Event(Kind.FOLLOW_UP_ANSWERED, clock(), "More."))
    assert interview.apply(Event(Kind.GRADED, clock())).stage is Stage.FEEDBACK


def test_the_headline_comes_first_then_the_twist_then_the_follow_ups() -> None:
    clock = Clock()
    asked = dataclasses.replace(
        question(follow_ups=FOLLOW_UPS[:1]), headline=True, twist=Twist("A fact.", "And now?", "The same.")
    )
    for twist, kinds in ((True, ["headline", "twist", "follow-up"]), (False, ["headline", "follow-up"])):
        interview = started(clock, Interview(asked, twist=twist))
        interview.apply(Event(Kind.SUBMITTED, clock(1), "Because."))
        step = interview.apply(Event(Kind.GRADED, clock()))
        while step.stage is Stage.FOLLOW_UP:
            step = interview.apply(Event(Kind.FOLLOW_UP_ANSWERED, clock(5), "So."))
        assert [exchange.kind for exchange in interview.exchanges] == kinds
    assert interview.exchanges[0].ask.startswith("Your conclusion")


def test_the_headline_has_a_minute_and_the_answer_s_clock_stands() -> None:
    clock = Clock()
    interview = started(clock, Interview(dataclasses.replace(question(), headline=True), budget=300))
    interview.apply(Event(Kind.SUBMITTED, clock(10), "Because."))
    step = interview.apply(Event(Kind.GRADED, clock(2)))
    assert step.prompt is not None
    interview.apply(Event(Kind.FOLLOW_UP_ASKED, clock(), step.prompt.ask))
    assert interview.left_for_prompt(clock(45)) == 15
    interview.apply(Event(Kind.RESUMED, Moment(5.0, clock.wall + 9000)))  # another sitting, another monotonic clock
    assert interview.left_for_prompt(Moment(15.0, clock.wall + 9010)) == 50
    assert interview.elapsed(Moment(15.0, clock.wall + 9010)) == 10


@pytest.mark.parametrize(
    ("request_", "title"),
    [
        ("unclipped grad norm", "Unclipped gradient norm"),
        ("Can I see the gradient norm before clipping?", "Unclipped gradient norm"),
        ("raw grad nrom", "Unclipped gradient norm"),
        ("unclipped gradient norms please", "Unclipped gradient norm"),
        ("unclippd gradient norm", "Unclipped gradient norm"),
        ("the batch hashes", "Batch hashes"),
        ("which data was read", "Batch hashes"),
        ("temperature of the GPU", None),
        ("norm", None),
        ("", None),
    ],
)
def test_evidence_is_found_by_its_names(request_: str, title: str | None) -> None:
    found = find_exhibit(question(), request_)
    assert (found and found.title) == title


def test_what_was_asked_is_on_the_record_in_order() -> None:
    clock = Clock()
    interview = started(clock)
    for request_ in ("batch hashes", "the weather", "batch hashes"):
        interview.apply(Event(Kind.EVIDENCE_ASKED, clock(1), request_))
    assert interview.asked == ("batch hashes", "the weather", "batch hashes")
    assert [exhibit.title for exhibit in interview.revealed] == ["Batch hashes"]


def test_hints_run_out() -> None:
    clock = Clock()
    interview = started(clock)
    for _ in range(5):
        interview.apply(Event(Kind.HINT_TAKEN, clock(1)))
    assert interview.hints_taken == 2


events = st.lists(st.tuples(st.sampled_from(list(Kind)), st.floats(0, 1000), st.text("ab ", max_size=4)), max_size=30)


@given(events)
def test_no_order_of_events_breaks_the_machine(happening: list[tuple[Kind, float, str]]) -> None:
    clock, interview, kept = Clock(), Interview(question(follow_ups=FOLLOW_UPS), budget=300), []
    spent = 0.0
    for kind, seconds, text in happening:
        event = Event(kind, clock(seconds), text)
        stage = interview.stage
        try:
            interview.apply(event)
        except OutOfOrder:
            assert interview.stage is stage
            continue
        kept.append(event)
        assert interview.active >= spent
        spent = interview.active
    again = Interview(question(follow_ups=FOLLOW_UPS), budget=300)
    for event in kept:
        again.apply(event)
    assert again == interview


def test_an_interview_that_is_over_takes_no_event() -> None:
    clock = Clock()
    for kind, stage in itertools.product(Kind, [Stage.OVER]):
        interview = Interview(question(), stage=stage)
        with pytest.raises(OutOfOrder):
            interview.apply(Event(kind, clock()))


def test_the_interviewers_own_follow_ups_take_the_place_of_the_questions() -> None:
    clock = Clock()
    asked = question(follow_ups=[FollowUp("Prepared?")])
    interview = started(clock, Interview(asked, budget=300))
    interview.apply(Event(Kind.SUBMITTED, clock(60), "Because."))
    interview.apply(Event(Kind.GRADED, clock(1), missed=frozenset({"a", "b"})))
    assert interview.may_probe
    interview.apply(Event(Kind.PROBED, clock(1), "First?", frozenset({"a"})))
    step = interview.apply(Event(Kind.PROBED, clock(1), "Second?", frozenset({"b"})))
    assert step.prompt is not None
    assert (step.prompt.ask, step.prompt.kind, interview.prompts_left) == ("First?", "probe", 2)
    interview.apply(Event(Kind.FOLLOW_UP_ASKED, clock(1), "First?"))
    assert not interview.may_probe
    interview.apply(Event(Kind.FOLLOW_UP_ANSWERED, clock(5), "So."))
    interview.apply(Event(Kind.FOLLOW_UP_ANSWERED, clock(5), "And so."))
    assert interview.stage is Stage.CONFIDENCE
    assert [exchange.when_missed for exchange in interview.exchanges] == ["a", "b"]
    assert not interview.may_probe


def test_a_question_without_follow_ups_can_be_probed_before_confidence_is_asked_for() -> None:
    clock = Clock()
    interview = started(clock)
    interview.apply(Event(Kind.SUBMITTED, clock(60), "Because."))
    assert interview.apply(Event(Kind.GRADED, clock(1))).stage is Stage.CONFIDENCE
    assert interview.may_probe
    assert interview.apply(Event(Kind.PROBED, clock(1), "First?", frozenset({"a"}))).stage is Stage.FOLLOW_UP


def test_a_prepared_follow_up_that_was_asked_is_not_replaced() -> None:
    clock = Clock()
    interview = started(clock, Interview(question(follow_ups=[FollowUp("Prepared?")]), budget=300))
    interview.apply(Event(Kind.SUBMITTED, clock(60), "Because."))
    interview.apply(Event(Kind.GRADED, clock(1)))
    interview.apply(Event(Kind.FOLLOW_UP_ASKED, clock(1), "Prepared?"))
    assert not interview.may_probe
