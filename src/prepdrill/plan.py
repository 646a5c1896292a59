"""Day by day until the interview: what to practise, when to sit a mock interview, what will not fit.

Pure, and made anew from today each time: days that were missed are simply no longer there.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Literal

from prepdrill.mock import LENGTHS
from prepdrill.schedule import PRIOR, Choice, Standing, choose, expected, imagined, seed_of, skill_of
from prepdrill.schedule.choice import CandidateT, weight_of

Kind = Literal["practice", "mock", "light"]

SHORTEST: Final = 5.0
"""Minutes that a day takes at least, and those under which what is left of it is done."""
LIGHT_SHARE: Final = 0.5
"""Of a day's minutes, what the last day before the interview takes."""
NEAR: Final = 3
"""Days before the interview from which the last day of practice is light; further away it is a day like others."""
MOST_MOCKS: Final = 3
BEFORE_A_MOCK: Final = 3
"""Days of practice that a mock interview needs before it."""
MOCK_WINDOW: Final = 14
"""Days before the interview in which mock interviews are placed."""
_MONDAY: Final = 4
"""The first Monday after 1970-01-01, as a day counted from it."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One day of preparation: its day counted from 1970-01-01, what it is for, and its minutes."""

    day: int
    kind: Kind
    minutes: float
    spent: float = 0.0
    """Minutes of it that are done: today's."""

    @property
    def left(self) -> float:
        """Minutes to go; 0 where they are too few for a question."""
        left = self.minutes - self.spent
        return left if left >= SHORTEST else 0.0


@dataclass(frozen=True, slots=True)
class Planned(Generic[CandidateT]):
    """One day with what would be asked if every answer went as expected; nothing on the day of a mock interview."""

    slot: Slot
    questions: tuple[Choice[CandidateT], ...]
    due: int
    """How many of them come back; the others are new."""

    @property
    def sections(self) -> dict[str, int]:
        """Section -> how many questions of it, the most first."""
        return dict(Counter(choice.question.section for choice in self.questions).most_common())


@dataclass(frozen=True, slots=True)
class Preparation(Generic[CandidateT]):
    """All days, and what they have no room for."""

    days: tuple[Planned[CandidateT], ...]
    unpractised: Mapping[str, int]
    """Section -> skills that are never asked until the interview; sections with none are left out."""
    skills: int
    """How many skills there are."""
    first_to_go: tuple[str, ...]
    """Sections by what a skill of theirs weighs in an interview, the least first: with less time they go first."""


def weekday(day: int) -> int:
    """0 is Monday."""
    return (day - _MONDAY) % 7


def slots(
    today: int,
    interview: int,
    minutes: float,
    days: frozenset[int],
    *,
    practised: int = 0,
    spent: float = 0.0,
    sat: bool = False,
) -> list[Slot]:
    """Every day of preparation from today until the day before the interview.

    The last one is light, if it is near enough and not the first of all. Mock interviews are on every second day before
    it, three at most, where a day is long enough for the shortest: the same days from whichever day one looks, but for
    one that has not three days of practice before it. `practised` counts days of practice before today, `spent` the
    minutes of today; `sat` is whether a mock interview was held today.
    """
    allowed = [day for day in range(today, interview) if weekday(day) in days]
    if not allowed:
        return []
    *practice, last = allowed
    kinds: dict[int, Kind] = {}
    if (practice or practised) and interview - last <= NEAR:
        kinds[last] = "light"
    else:
        practice = allowed
    if minutes >= LENGTHS[0]:
        near = [day for day in practice if interview - day <= MOCK_WINDOW]
        for day in near[::-2][:MOST_MOCKS]:
            if practised + practice.index(day) >= BEFORE_A_MOCK:
                kinds[day] = "mock"
    found = []
    for day in allowed:
        kind = kinds.get(day, "practice")
        length = max(SHORTEST, minutes * LIGHT_SHARE) if kind == "light" else minutes
        done = 0.0 if day != today else (length if sat else 0.0) if kind == "mock" else spent
        found.append(Slot(day, kind, length, done))
    return found


def mock_length(minutes: float) -> int:
    """The longest mock interview that a day has room for; the shortest if it has room for none."""
    return max((length for length in LENGTHS if length <= minutes), default=LENGTHS[0])


def prepare(questions: Sequence[CandidateT], standing: Standing, days: Sequence[Slot]) -> Preparation[CandidateT]:
    """What each day would ask if every answer went as it is expected to."""
    memories = dict(standing.memories)
    attempted = dict(standing.attempted)
    planned = []
    for slot in days:
        where = dataclasses.replace(standing, today=slot.day, memories=memories, attempted=attempted)
        found = _asked(questions, where, slot) if slot.kind != "mock" and slot.left else []
        planned.append(Planned(slot, tuple(found), sum(skill_of(entry.question) in memories for entry in found)))
        for choice in found:
            question = choice.question
            skill = skill_of(question)
            base = standing.bases.get(question.section, PRIOR).mean
            before = memories.get(skill)
            share = base if before is None else expected(before, base, slot.day)
            memories[skill] = imagined(before, skill, question.id, slot.day, share)
            attempted[question.id] = slot.day
    everything = {skill_of(question): question.section for question in questions}
    left = Counter(section for skill, section in everything.items() if skill not in memories)
    return Preparation(
        tuple(planned),
        dict(left.most_common()),
        len(everything),
        tuple(sorted(set(everything.values()), key=lambda section: (weight_of(section, standing), section))),
    )


def _asked(questions: Sequence[CandidateT], where: Standing, slot: Slot) -> list[Choice[CandidateT]]:
    """A day's questions; on a light day what is most likely forgotten of what was answered before, nothing new."""
    known = [question for question in questions if skill_of(question) in where.memories]
    light = slot.kind == "light" and bool(known)
    return choose(
        known if light else questions,
        where,
        order="due" if light else "mixed",
        seed=seed_of(slot.day),
        count=None,
        minutes=slot.left,
    )


def weeks(days: Sequence[Planned[CandidateT]]) -> Iterator[list[Planned[CandidateT]]]:
    """The days by calendar week, Monday first."""
    week: list[Planned[CandidateT]] = []
    for planned in days:
        if week and (planned.slot.day - _MONDAY) // 7 != (week[0].slot.day - _MONDAY) // 7:
            yield week
            week = []
        week.append(planned)
    if week:
        yield week


DateText = Callable[[int], str]
"""How a day counted from 1970-01-01 is written."""


HEADING: Final = "# Until the interview on"


def markdown(value: Preparation[CandidateT], interview: int, date: DateText) -> str:
    """The whole plan as Markdown, a list a week."""
    lines = [f"{HEADING} {date(interview)}", ""]
    for week in weeks(value.days):
        lines += [f"- [ ] {date(planned.slot.day)}: {said(planned)}" for planned in week]
        lines.append("")
    lines += [*unfitting(value), ""]
    return "\n".join(lines)


def said(planned: Planned[CandidateT]) -> str:
    """What a day is for, in words."""
    slot = planned.slot
    if slot.kind == "mock":
        return f"mock interview of {mock_length(slot.minutes)} minutes" + ("" if slot.left else ", done")
    name = "light" if slot.kind == "light" else "practice"
    done = "" if not slot.spent else f", {slot.spent:.0f} done" if slot.left else ", done"
    what = asked(planned)
    return f"{name}, {slot.minutes:g} minutes{done}" + (f": {what}" if what else "")


def asked(planned: Planned[CandidateT]) -> str:
    """A day's questions by section, and how many are new; nothing if there are none."""
    if not planned.questions:
        return ""
    what = ", ".join(f"{section} {count}" for section, count in planned.sections.items())
    new = len(planned.questions) - planned.due
    parts = [f"{planned.due} again"] if planned.due else []
    parts += [f"{new} new"] if new else []
    return f"{what} ({' and '.join(parts)})"


def unfitting(value: Preparation[CandidateT]) -> list[str]:
    """What the days have no room for, and what would go first with less time, in sentences."""
    missing = sum(value.unpractised.values())
    lines: list[str] = []
    if not value.days:
        return lines
    if missing:
        where = ", ".join(f"{section} {count}" for section, count in value.unpractised.items())
        lines.append(f"{missing} of {value.skills} skills will not be practised before it: {where}.")
    if value.first_to_go and len(value.days) > 1:
        first = " and then ".join(value.first_to_go[:2])
        lines.append(f"With less time, {first} would go first: a question of theirs weighs least.")
    return lines
