"""What the schedule is worth: simulated candidates prepare by it, and by other orders, for the same mock interview.

    python benchmarks/schedule_value.py [--candidates N] [--seed N] [--days N] [--minutes M]

A simulated candidate has the skills of the bank's families. They are remembered by ACT-R's equations with the spacing
effect of Pavlik & Anderson (Cognitive Science 29, 2005), not by the model that the scheduler replays with. A wording
that is remembered lifts the score of that wording, not the skill. Grades scatter. Each policy gives the
candidate 40 minutes a day; after the last day the score is the expected one on a held-back mock: every section by its
weight, every family of a section alike, in a wording never seen. One policy sees the true memory and takes what
truly adds most to the mock, one question at a time: not a strict bound, but more than any schedule can know.

Prints the mean over candidates for each policy, the ratio of ours to each other with its 95 % interval by bootstrap
over candidates, and how often the 80 % interval of a section's level held what the candidate would really score there.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from prepdrill.bank import Bank, Entry, open_bank
from prepdrill.model import GraderId, Practice, Subject
from prepdrill.schedule import PRIOR, Standing, bases, choose, foresight, of_skills, replay, skill_of

DAY: Final = 86_400.0
POLICIES: Final = ("mixed", "random", "syllabus", "fsrs", "omniscient")
"""`omniscient` sees the true memory, which no schedule can; it is greedy, so not quite the most possible."""


EFFECTIVE: Final = 0.025
"""Of the seconds between two practices, how many count: Pavlik & Anderson's scale for time outside a session."""
DECAY_SCALE: Final = 0.217
DECAY_LEAST: Final = 0.177


@dataclass(slots=True)
class Skill:
    """Memory of one family: each practice leaves a trace that decays by a power of the time since.

    The more active the memory is when it is practised, the faster the new trace decays: practice that comes too early
    is worth little.
    """

    unpractised: float
    """The share of the points that is reached without practice."""
    traces: list[tuple[int, float]] = field(default_factory=list)
    """(day, decay) of each practice."""
    wordings: dict[str, int] = field(default_factory=dict)

    def activation(self, day: float) -> float:
        """Log of the summed strength of all traces; minus infinity without one."""
        strength = sum(max(1.0, (day - at) * DAY * EFFECTIVE) ** -decay for at, decay in self.traces)
        return math.log(strength) if strength else -math.inf

    def practise(self, day: int) -> None:
        active = self.activation(day)
        self.traces.append((day, DECAY_LEAST + (DECAY_SCALE * math.exp(active) if self.traces else 0.0)))


class Candidate:
    """Somebody who answers, learns and forgets."""

    def __init__(self, sections: Sequence[str], skills: dict[str, str], seed: int) -> None:
        self.random = random.Random(seed)
        gifted = self.random.gauss(0.32, 0.07)
        base = {section: self.random.gauss(gifted, 0.10) for section in sections}
        self.section = skills
        self.best = self.random.uniform(0.85, 0.97)
        self.threshold = self.random.gauss(-1.6, 0.2)
        self.noise = self.random.uniform(0.3, 0.5)
        self.skills = {
            skill: Skill(min(0.8, max(0.02, self.random.gauss(base[skills[skill]], 0.12)))) for skill in sorted(skills)
        }

    def recalls(self, skill: str, day: float) -> float:
        """Chance that what was practised comes to mind."""
        active = self.skills[skill].activation(day)
        return 0.0 if active == -math.inf else 1 / (1 + math.exp((self.threshold - active) / self.noise))

    def truth(self, skill: str, day: float) -> float:
        """The score that is expected on a wording never seen."""
        least = self.skills[skill].unpractised
        return least + max(0.0, self.best - least) * self.recalls(skill, day)

    def answer(self, question: str, skill: str, day: int) -> float:
        """The graded share of one answer; the practice that it is counts from then on."""
        state = self.skills[skill]
        expected = self.truth(skill, day)
        seen = state.wordings.get(question)
        if seen is not None:  # remembers the answer itself
            expected += (1 - expected) * 0.5 * 0.5 ** ((day - seen) / 10)
        share = min(1.0, max(0.0, self.random.gauss(expected, 0.13)))
        state.practise(day)
        state.wordings[question] = day
        return round(10 * share) / 10

    def mock(self, weights: dict[str, float], day: int) -> float:
        """The expected score of a held-back mock, 0 to 1."""
        total = 0.0
        for section, weight in weights.items():
            total += weight * self.of_section(section, day)
        return total / sum(weights.values())

    def of_section(self, section: str, day: int) -> float:
        return statistics.fmean(self.truth(skill, day) for skill, of in self.section.items() if of == section)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one candidate came to with one policy."""

    score: float
    held: tuple[bool, ...]
    """For each section that was practised: whether the interval of its level held the truth."""


def prepared(
    bank_entries: Sequence[Entry],
    weights: dict[str, float],
    thresholds: Sequence[float],
    policy: str,
    seed: int,
    days: int,
    minutes: float,
) -> Outcome:
    """One candidate's days of practice by one policy, and the mock at their end."""
    subjects = {entry.id: Subject(entry.id, entry.family, entry.topics) for entry in bank_entries}
    candidate = Candidate(list(weights), {skill_of(entry): entry.section for entry in bank_entries}, seed)
    numbers = {section: at for at, section in enumerate(weights)}
    practices: list[Practice] = []
    attempted: dict[str, int] = {}
    for day in range(days):
        standing = standing_of(practices, subjects, thresholds, weights, numbers, attempted, day)
        asked = (
            best(bank_entries, candidate, weights, day, days, minutes)
            if policy == "omniscient"
            else chosen(bank_entries, standing, policy, seed * 1000 + day, minutes)
        )
        for question in asked:
            share = candidate.answer(question.id, skill_of(question), day)
            practices.append(practice(len(practices), question, day, share))
            attempted[question.id] = day
    standing = standing_of(practices, subjects, thresholds, weights, numbers, attempted, days)
    held = tuple(
        level.low <= candidate.of_section(section, days) <= level.high for section, level in standing.levels.items()
    )
    return Outcome(candidate.mock(weights, days), held)


def standing_of(
    practices: Sequence[Practice],
    subjects: dict[str, Subject],
    thresholds: Sequence[float],
    weights: dict[str, float],
    numbers: dict[str, int],
    attempted: dict[str, int],
    day: int,
) -> Standing:
    def day_of(at: float) -> int:
        return int(at // DAY)

    memories = replay(practices, subjects, thresholds, day_of, today=day)
    known = bases(memories.values(), day)
    own = foresight(memories.values(), known)
    skills: dict[str, set[str]] = {}
    for subject in subjects.values():
        skills.setdefault(subject.section, set()).add(subject.skill)
    levels = {
        section: of_skills(sorted(found), memories, known.get(section, PRIOR), own, day)
        for section, found in skills.items()
    }
    sizes = {section: len(found) for section, found in skills.items()}
    return Standing(day, memories, levels, known, weights, dict(attempted), numbers, sizes)


def chosen(entries: Sequence[Entry], standing: Standing, policy: str, seed: int, minutes: float) -> list[Entry]:
    """A day's questions by one policy; `fsrs` asks what is due, most forgotten first, then by chance what is new."""
    if policy == "fsrs":
        due = [
            entry
            for entry in entries
            if (memory := standing.memories.get(skill_of(entry))) and memory.due <= standing.today
        ]
        new = [entry for entry in entries if skill_of(entry) not in standing.memories]
        first = choose(due, standing, order="due", seed=seed, count=None, minutes=minutes) if due else []
        left = minutes - sum(entry.question.minutes for entry in first)
        rest = choose(new, standing, order="random", seed=seed, count=None, minutes=left) if new and left >= 4 else []
        found = [*first, *rest] or choose(entries, standing, order="due", seed=seed, count=None, minutes=minutes)
    else:
        found = choose(entries, standing, order=policy, seed=seed, count=None, minutes=minutes)  # type: ignore[arg-type]
    return [entry.question for entry in found]


def best(
    entries: Sequence[Entry], candidate: Candidate, weights: dict[str, float], day: int, end: int, minutes: float
) -> list[Entry]:
    """A day's questions by what they truly add to the mock at the end for each minute, in their shortest wordings."""
    shortest: dict[str, Entry] = {}
    for entry in sorted(entries, key=lambda entry: -entry.minutes):
        shortest[skill_of(entry)] = entry
    sizes = Counter(entry.section for entry in shortest.values())

    def gain(skill: str) -> float:
        entry, memory = shortest[skill], candidate.skills[skill]
        before, traces = candidate.truth(skill, end), list(memory.traces)
        memory.practise(day)
        after, memory.traces = candidate.truth(skill, end), traces
        return weights[entry.section] / sizes[entry.section] * (after - before) / entry.minutes

    found: list[Entry] = []
    left = minutes
    for skill in sorted(shortest, key=gain, reverse=True):
        if shortest[skill].minutes <= left:
            found.append(shortest[skill])
            left -= shortest[skill].minutes
    return found


def practice(number: int, question: Entry, day: int, share: float) -> Practice:
    """One graded attempt; an essential counts as missed below 45 % of the points."""
    return Practice(
        attempt=number,
        question=question.id,
        revision="",
        at=day * DAY + 43_200,
        seconds=question.minutes * 60,
        budget=question.minutes * 60,
        confidence=None,
        hints=0,
        grader=GraderId("simulated", "1"),
        settled=False,
        low=share,
        high=share,
        essentials=2,
        essentials_missed=int(share < 0.45),
        essentials_prompted=0,
    )


def interval(ratios: Callable[[Sequence[int]], float], count: int, draws: int = 2000) -> tuple[float, float]:
    """95 % bootstrap interval over candidates."""
    generator = random.Random(1)
    found = sorted(ratios(generator.choices(range(count), k=count)) for _ in range(draws))
    return found[int(0.025 * draws)], found[int(0.975 * draws)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidates", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=40.0)
    arguments = parser.parse_args()
    bank: Bank = open_bank()
    entries = [entry for entry in bank.listing() if not entry.broken]
    present = {entry.section for entry in entries}
    weights = {part.slug: bank.syllabus.weight(part) for part in bank.syllabus.sections if part.slug in present}
    seeds = [arguments.seed * 100_000 + number for number in range(arguments.candidates)]
    days, minutes = arguments.days, arguments.minutes
    outcomes = {
        policy: [prepared(entries, weights, bank.thresholds, policy, seed, days, minutes) for seed in seeds]
        for policy in POLICIES
    }
    untrained = statistics.fmean(
        Candidate(list(weights), {skill_of(entry): entry.section for entry in entries}, seed).mock(
            weights, arguments.days
        )
        for seed in seeds
    )
    print(f"{len(seeds)} candidates, {days} days of {minutes:g} minutes; without practice: {untrained:.3f}")
    ours = [outcome.score for outcome in outcomes["mixed"]]
    for policy in POLICIES:
        scores = [outcome.score for outcome in outcomes[policy]]
        line = f"{policy:10} {statistics.fmean(scores):.3f}"
        if policy != "mixed":

            def ratio(drawn: Sequence[int], scores: Sequence[float] = scores) -> float:
                return sum(ours[at] for at in drawn) / sum(scores[at] for at in drawn)

            low, high = interval(ratio, len(seeds))
            line += f"   ours / this {ratio(range(len(seeds))):.3f} ({low:.3f} to {high:.3f})"
        print(line)
    chance, most = (statistics.fmean(outcome.score for outcome in outcomes[name]) for name in ("random", "omniscient"))
    share = (statistics.fmean(ours) - chance) / (most - chance)
    print(f"omniscient / random {most / chance:.3f}; of that gain ours has {share:.0%}")
    for policy in POLICIES[:-1]:
        held = statistics.fmean(value for outcome in outcomes[policy] for value in outcome.held)
        print(f"80 % intervals of sections that hold the truth, practised by {policy}: {100 * held:.1f} %")
    return 0


if __name__ == "__main__":
    sys.exit(main())
