"""Day by day until the interview: which days, mocks near the end, a light last one, what does not fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pytest

from prepdrill.days import weekdays
from prepdrill.plan import Slot, markdown, mock_length, prepare, said, slots, unfitting, weekday, weeks
from prepdrill.schedule import Standing

EVERY: Final = frozenset(range(7))
MONDAY: Final = 20_416
"""Monday, 2025-11-24, as a day counted from 1970-01-01."""


@dataclass(frozen=True)
class Entry:
    id: str
    section: str
    minutes: float = 8
    family: str | None = None


ENTRIES: Final = [Entry(f"{section}/{n}", section) for section in "abc" for n in range(20)]


def standing(today: int) -> Standing:
    return Standing(
        today=today,
        memories={},
        levels={},
        bases={},
        weights={"a": 0.6, "b": 0.3, "c": 0.1},
        attempted={},
        numbers={"a": 1, "b": 2, "c": 3},
        sizes={"a": 20, "b": 20, "c": 20},
    )


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("mon,wed,sat", {0, 2, 5}),
        ("fri-mon", {4, 5, 6, 0}),
        ("Tuesday", {1}),
        ("all", {0, 1, 2, 3, 4, 5, 6}),
        ("sat - sun, wed", {5, 6, 2}),
    ],
)
def test_days_of_the_week_are_read_as_people_write_them(text: str, days: set[int]) -> None:
    assert weekdays(text) == days


@pytest.mark.parametrize("text", ["", "mo-fr", "weekdays", "mon-", "mon;tue"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="mon-fri"):
        weekdays(text)


def test_a_monday_is_a_monday() -> None:
    assert [weekday(MONDAY + step) for step in range(-1, 2)] == [6, 0, 1]


def test_the_last_day_is_light_and_mocks_stand_before_it_with_a_day_between() -> None:
    found = slots(MONDAY, MONDAY + 28, 45, weekdays("mon-fri"))
    assert len(found) == 20
    assert [slot.kind for slot in found[-7:]] == ["practice", "mock", "practice", "mock", "practice", "mock", "light"]
    assert found[-1].minutes == 22.5
    assert all(weekday(slot.day) < 5 for slot in found)
    assert mock_length(45) == 45
    assert mock_length(50) == 45


def test_short_days_have_no_mock_and_short_preparations_few() -> None:
    assert {slot.kind for slot in slots(MONDAY, MONDAY + 28, 25, EVERY)} == {"practice", "light"}
    kinds = {days: [slot.kind for slot in slots(MONDAY, MONDAY + days, 40, EVERY)] for days in range(9)}
    assert kinds[0] == []
    assert kinds[1] == ["practice"], "who has not practised has nothing to go over"
    assert kinds[2] == ["practice", "light"]
    assert kinds[3].count("mock") == 0
    assert kinds[5].count("mock") == 1
    assert kinds[8].count("mock") == 2


def test_no_day_of_practice_before_the_interview_is_no_plan() -> None:
    assert slots(MONDAY + 5, MONDAY + 7, 40, weekdays("mon-fri")) == []


def test_every_day_fits_its_minutes_and_nothing_is_asked_twice_before_all_was() -> None:
    days = slots(MONDAY, MONDAY + 14, 40, EVERY)
    value = prepare(ENTRIES, standing(MONDAY), days)
    for planned in value.days:
        assert sum(choice.question.minutes for choice in planned.questions) <= planned.slot.minutes
        assert (planned.slot.kind == "mock") == (not planned.questions)
    first = value.days[0]
    assert (len(first.questions), first.due) == (5, 0)
    assert next(iter(first.sections)) == "a"
    assert value.skills == 60
    assert sum(value.unpractised.values()) > 0
    assert value.first_to_go[0] == "c"
    assert "of 60 skills will not be practised" in unfitting(value)[0]


def test_light_days_bring_only_what_was_answered() -> None:
    value = prepare(ENTRIES, standing(MONDAY), slots(MONDAY, MONDAY + 7, 40, EVERY))
    light = value.days[-1]
    assert light.slot.kind == "light"
    assert light.due == len(light.questions) > 0


def test_days_that_were_missed_are_no_longer_there() -> None:
    whole = slots(MONDAY, MONDAY + 14, 40, EVERY)
    assert slots(MONDAY + 3, MONDAY + 14, 40, EVERY, practised=3) == whole[3:]


def test_a_mock_interview_comes_on_the_day_that_was_promised() -> None:
    whole = slots(MONDAY, MONDAY + 28, 40, weekdays("mon-fri"))
    mocks = [slot.day for slot in whole if slot.kind == "mock"]
    assert len(mocks) == 3
    for today in mocks:
        assert slots(today, MONDAY + 28, 40, weekdays("mon-fri"), practised=3)[0] == Slot(today, "mock", 40)
        assert slots(today, MONDAY + 28, 40, weekdays("mon-fri"), practised=3, sat=True)[0].left == 0
        assert slots(today, MONDAY + 28, 40, weekdays("mon-fri"), practised=3, spent=60)[0].left == 40
    assert slots(mocks[-1], MONDAY + 28, 40, weekdays("mon-fri"))[0].kind == "practice", "who never practised begins so"


def test_what_was_done_of_today_is_left_out_of_it() -> None:
    for spent, left in ((0, 40), (22, 18), (36, 0), (60, 0)):
        days = slots(MONDAY, MONDAY + 10, 40, EVERY, spent=spent)
        assert (days[0].left, days[1].left) == (left, 40)
        (today, *_) = prepare(ENTRIES, standing(MONDAY), days).days
        assert sum(choice.question.minutes for choice in today.questions) <= left
        assert (", done" in said(today), " done: " in said(today)) == (left == 0, spent == 22)


def test_only_a_day_near_the_interview_is_light() -> None:
    mondays = slots(MONDAY, MONDAY + 20, 40, weekdays("mon"), practised=5)
    assert [slot.kind for slot in mondays] == ["practice", "practice", "mock"]
    assert slots(MONDAY, MONDAY + 1, 40, EVERY, practised=1)[0].kind == "light"


def test_no_day_is_shorter_than_a_question() -> None:
    assert [slot.minutes for slot in slots(MONDAY, MONDAY + 2, 8, EVERY)] == [8, 5]


def test_the_same_position_gives_the_same_plan() -> None:
    days = slots(MONDAY, MONDAY + 10, 40, EVERY)
    assert prepare(ENTRIES, standing(MONDAY), days) == prepare(ENTRIES, standing(MONDAY), days)


def test_a_plan_is_written_by_weeks() -> None:
    days = slots(MONDAY + 3, MONDAY + 9, 40, EVERY)
    value = prepare(ENTRIES, standing(MONDAY + 3), days)
    assert [len(week) for week in weeks(value.days)] == [4, 2]
    text = markdown(value, MONDAY + 9, lambda day: f"day {day}")
    assert text.startswith(f"# Until the interview on day {MONDAY + 9}\n")
    assert text.count("- [ ] day") == 6
    assert said(value.days[0]).startswith("practice, 40 minutes: a ")
    assert Slot(MONDAY + 8, "light", 20) == value.days[-1].slot
