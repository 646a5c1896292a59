"""Where the user stands today: the history and the bank, read together for the schedule."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prepdrill.days import begins, day_of
from prepdrill.model import Mark, Practice, Subject
from prepdrill.schedule import PRIOR, TYPED, Memory, Orders, Standing, bases, foresight, of_skills, orders, replay

if TYPE_CHECKING:
    from prepdrill.bank import Bank, Entry
    from prepdrill.history import History


@dataclass(frozen=True)
class Position:
    """All that the schedule is told, and what it makes of it."""

    today: int
    entries: tuple[Entry, ...]
    """The bank's questions, broken ones left out."""
    practices: tuple[Practice, ...]
    marks: tuple[Mark, ...]
    subjects: Mapping[str, Subject]
    """What every question is about that the bank has or that was ever graded."""
    standing: Standing
    measured: Mapping[str, Memory]
    """Memory by the grades of one grader alone: what the levels rest on."""

    @functools.cached_property
    def orders(self) -> Orders:
        """What the user has ordered about questions."""
        return orders(self.marks, day_of, self.today)

    @property
    def out(self) -> frozenset[str]:
        """Questions that the user has suspended, or buried for today."""
        return self.orders.out

    @property
    def in_play(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.id not in self.out]

    @property
    def days_before(self) -> int:
        """On how many days before today something was answered."""
        return len({day for practice in self.practices if (day := day_of(practice.at)) < self.today})

    @property
    def minutes_today(self) -> float:
        """Minutes practised today; an answer that took next to none, since it was piped, counts as its question's."""
        lengths = {entry.id: entry.minutes for entry in self.entries}
        return sum(
            practice.seconds / 60 if practice.seconds >= TYPED else lengths.get(practice.question, 0.0)
            for practice in self.practices
            if day_of(practice.at) == self.today
        )

    @property
    def from_the_future(self) -> int:
        """How many attempts are dated after today: this machine's clock was or is wrong."""
        return sum(day_of(practice.at) > self.today for practice in self.practices)

    @property
    def due(self) -> list[str]:
        """Skills that are due and could be asked, the most forgotten first."""
        asked = {entry.family or entry.id for entry in self.in_play}
        found = [
            memory for skill, memory in self.standing.memories.items() if skill in asked and memory.due <= self.today
        ]
        return [memory.skill for memory in sorted(found, key=lambda entry: entry.retrievability(self.today))]


def due_dates(bank: Bank, history: History, now: float) -> dict[str, float]:
    """Question -> when it is due again, in seconds since the epoch: of every question whose family was answered."""
    found = position(bank, history, now)
    memories = found.standing.memories
    return {
        id: begins(memory.due)
        for id, subject in found.subjects.items()
        if (memory := memories.get(subject.skill)) is not None
    }


def position(
    bank: Bank, history: History, now: float, *, grader: str = "offline", entries: Sequence[Entry] | None = None
) -> Position:
    """Where the user stands at `now`, in seconds since the epoch.

    Memory takes the newest grade of every attempt, whoever gave it; levels are figures, and those take the grades of
    one grader, in the version heard last.
    """
    practices = history.practices()
    listed = tuple(entry for entry in (bank.listing() if entries is None else entries) if not entry.broken)
    practised = practices.all()
    subjects = {entry.id: Subject(entry.id, entry.family, entry.topics) for entry in listed}
    subjects |= practices.former({practice.question for practice in practised} - subjects.keys())
    marks, today = practices.marks(), day_of(now)

    def replayed(found: Sequence[Practice]) -> dict[str, Memory]:
        return replay(found, subjects, bank.thresholds, day_of, today=today, marks=marks)

    memories = replayed(practised)
    graders = {practice.grader for practice in practised}
    alone = len(graders) == 1 and graders.pop().name == grader
    measured = memories if alone else replayed(practices.all(grader))
    skills: dict[str, set[str]] = {}
    for entry in listed:
        skills.setdefault(entry.section, set()).add(subjects[entry.id].skill)
    known = bases(measured.values(), today)
    own = foresight(measured.values(), known)
    syllabus = bank.syllabus
    standing = Standing(
        today=today,
        memories=memories,
        levels={
            section: of_skills(sorted(found), measured, known.get(section, PRIOR), own, today)
            for section, found in skills.items()
        },
        bases=known,
        weights={section.slug: syllabus.weight(section) for section in syllabus.sections},
        attempted={question: min(day_of(at), today) for question, at in history.attempted().items()},
        numbers=bank.numbers,
        sizes={section: len(found) for section, found in skills.items()},
    )
    return Position(today, listed, tuple(practised), tuple(marks), subjects, standing, measured)
