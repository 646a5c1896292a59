"""What to ask next, and why: due, weak and never seen, weighted and spread over sections, inside the minutes."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Literal, Protocol, TypeVar, get_args

from prepdrill.schedule.estimate import PRIOR, Level, expected
from prepdrill.schedule.memory import Memory

Order = Literal["mixed", "due", "weak", "new", "random", "syllabus"]
ORDERS: Final[tuple[Order, ...]] = get_args(Order)

SPREAD: Final = 0.8
"""What a section's next question is worth after each one that was chosen of it."""
DUE_EVERY: Final = 3
"""Of so many questions in a row one is due, as long as any is: what was learnt is kept where new would pay more."""
JITTER: Final = 0.05
"""How far chance may move what a question is worth: enough that equals take turns."""


class Candidate(Protocol):
    """What choosing needs to know of a question."""

    @property
    def id(self) -> str: ...
    @property
    def section(self) -> str: ...
    @property
    def family(self) -> str | None: ...
    @property
    def minutes(self) -> float: ...


CandidateT = TypeVar("CandidateT", bound=Candidate)


@dataclass(frozen=True, slots=True)
class Choice(Generic[CandidateT]):
    """A question to ask, and in one line why."""

    question: CandidateT
    reason: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands on a day: all that choosing looks at."""

    today: int
    memories: Mapping[str, Memory]
    levels: Mapping[str, Level]
    """Section -> how well its questions are answered now; sections without an answer may be missing."""
    bases: Mapping[str, Level]
    """Section -> how its questions are answered that were not practised."""
    weights: Mapping[str, float]
    """Section -> its weight, in any unit."""
    attempted: Mapping[str, int]
    """Question -> the day on which it was begun last, answered or not."""
    numbers: Mapping[str, int]
    """Section -> its number in the syllabus."""
    sizes: Mapping[str, int]
    """Section -> how many skills it has: its weight is shared among them."""

    def level(self, section: str) -> Level:
        return self.levels.get(section, PRIOR)


def skill_of(question: Candidate) -> str:
    """What is remembered of a question: its family, or itself."""
    return question.id if question.family is None else question.family


def seed_of(day: int) -> int:
    """The seed of a day's choice: the same in a drill, in the plan, and whenever it is asked for."""
    return day


def choose(
    candidates: Sequence[CandidateT],
    standing: Standing,
    *,
    order: Order = "mixed",
    seed: int,
    count: int | None,
    minutes: float | None,
) -> list[Choice[CandidateT]]:
    """Questions for one drill, in the order in which to ask them; one of each family, in the wording seen longest ago.

    What was begun today before counts as chosen: a day is spread over the sections in one drill or in many.
    With `minutes`, questions are added while they fit, one at least. Same input, same seed: same choice.
    """
    generator = random.Random(seed)
    wordings = _wordings(candidates, standing, generator)
    chance = {question.id: generator.random() for question in sorted(wordings, key=lambda entry: entry.id)}
    worth = {question.id: _worth(question, standing, chance) for question in wordings} if order == "mixed" else {}
    ranked = _ranked(wordings, standing, order, chance, worth)
    chosen: list[CandidateT] = []
    spent = 0.0
    due = {question.id for question in wordings if _is_due(question, standing)}
    begun = [question for question, day in standing.attempted.items() if day == standing.today]
    of_section = Counter(question.split("/", 1)[0] for question in begun)
    section = {question.id: question.section for question in ranked}

    def now_worth(entry: CandidateT) -> float:
        return worth[entry.id] * SPREAD ** of_section[section[entry.id]]

    while count is None or len(chosen) < count:
        if minutes is not None and chosen:
            ranked = [entry for entry in ranked if spent + entry.minutes <= minutes]
        if not ranked:
            break
        question = ranked[0]
        if order == "mixed":
            last = section[chosen[-1].id] if chosen else ""
            lately = {entry.id for entry in chosen[1 - DUE_EVERY :]}
            turn = len(begun) + len(chosen) >= DUE_EVERY - 1 and due.isdisjoint(lately)
            pool = [entry for entry in ranked if turn and entry.id in due] or ranked
            question = max([entry for entry in pool if section[entry.id] != last] or pool, key=now_worth)
        ranked.remove(question)
        chosen.append(question)
        spent += question.minutes
        of_section[section[question.id]] += 1
    return [Choice(question, reason(question, standing, order)) for question in chosen]


def reason(question: Candidate, standing: Standing, order: Order = "mixed") -> str:
    """In one line, why a question is worth asking now."""
    memory = standing.memories.get(skill_of(question))
    level = standing.level(question.section)
    if order in _UNWEIGHED:
        last = "never answered" if memory is None else f"last time {100 * memory.last.share:.0f} %"
        return f"{_UNWEIGHED[order]}: {last}"
    if memory is None:
        known = f"your {question.section} is at {_interval(level)}" if level.answers else "nothing of its section yet"
        return f"new: never answered, {known}"
    last = f"last time {100 * memory.last.share:.0f} %"
    another = "" if memory.seen(question.id) is not None else ", in other words than before"
    if memory.is_leech:
        return f"leech: failed {memory.lapses} times, {last}{another}"
    late = standing.today - memory.due
    if late >= 0:
        when = "today" if late == 0 else "since yesterday" if late == 1 else f"for {late} days"
        return f"due {when}, {last}{another}"
    if level.answers and level.mean < _WEAK:
        return f"weak: your {question.section} is at {_interval(level)}, {last}{another}"
    return f"ahead of time: due in {-late} day{'' if late == -1 else 's'}, {last}{another}"


_WEAK: Final = 0.6
_UNWEIGHED: Final[Mapping[Order, str]] = {"random": "by chance", "syllabus": "next in the syllabus"}
"""Why a question is asked by the orders that look at nothing else."""


def _interval(level: Level) -> str:
    return f"{100 * level.low:.0f} to {100 * level.high:.0f} %"


def _wordings(candidates: Sequence[CandidateT], standing: Standing, generator: random.Random) -> list[CandidateT]:
    """One question of each skill: never asked, or else asked longest ago; none of a skill that was begun today."""
    shelves: dict[str, list[CandidateT]] = {}
    for question in sorted(candidates, key=lambda entry: entry.id):
        shelves.setdefault(skill_of(question), []).append(question)
    found = []
    for skill, shelf in sorted(shelves.items()):
        generator.shuffle(shelf)
        oldest = min(shelf, key=lambda entry: standing.attempted.get(entry.id, -1))
        today = any(standing.attempted.get(entry.id) == standing.today for entry in shelf)
        memory = standing.memories.get(skill)
        if not today and (memory is None or memory.last.day < standing.today):
            found.append(oldest)
    if found or not candidates:
        return found
    # all of it was begun today already: who asks for more gets what was begun longest ago
    return [min(shelf, key=lambda entry: standing.attempted.get(entry.id, -1)) for _, shelf in sorted(shelves.items())]


def _ranked(
    questions: Sequence[CandidateT],
    standing: Standing,
    order: Order,
    chance: Mapping[str, float],
    worth: Mapping[str, float],
) -> list[CandidateT]:
    def due(entry: CandidateT) -> tuple[float, float]:
        memory = standing.memories.get(skill_of(entry))
        return (1.0 if memory is None else memory.retrievability(standing.today), chance[entry.id])

    def weak(entry: CandidateT) -> tuple[float, float, float]:
        return (standing.level(entry.section).mean, _reached(entry, standing), chance[entry.id])

    def new(entry: CandidateT) -> tuple[bool, float, float]:
        weight = standing.weights.get(entry.section, 0.0)
        seen = skill_of(entry) in standing.memories
        return (seen, standing.attempted.get(entry.id, -1), -(weight or 1e-9) * chance[entry.id])

    def syllabus(entry: CandidateT) -> tuple[bool, float, int, str]:
        seen = skill_of(entry) in standing.memories
        at = standing.attempted.get(entry.id, -1)
        return (seen, at if seen else -1, standing.numbers.get(entry.section, len(standing.numbers)), entry.id)

    keys: dict[Order, Callable[[CandidateT], object]] = {
        "mixed": lambda entry: -worth[entry.id],
        "due": due,
        "weak": weak,
        "new": new,
        "random": lambda entry: chance[entry.id],
        "syllabus": syllabus,
    }
    return sorted(questions, key=keys[order])  # type: ignore[arg-type]


def weight_of(section: str, standing: Standing) -> float:
    """What one skill of a section weighs: the section's weight over the root of its number of skills.

    An interview that draws sections by weight would divide by the number itself, and starve a section that has much to
    know; practice that goes by weight alone would ask a small section's few questions over and over.
    """
    return standing.weights.get(section, 0.0) / math.sqrt(standing.sizes.get(section, 1))


def _reached(question: Candidate, standing: Standing) -> float:
    """The share of the points that is expected of it today."""
    memory = standing.memories.get(skill_of(question))
    base = standing.bases.get(question.section, PRIOR).mean
    return base if memory is None else expected(memory, base, standing.today)


def _is_due(question: Candidate, standing: Standing) -> bool:
    memory = standing.memories.get(skill_of(question))
    return memory is not None and memory.due <= standing.today


def _worth(question: Candidate, standing: Standing, chance: Mapping[str, float]) -> float:
    """Points of an interview that are expected to be lost on it now, for the time that it takes.

    By the root of its minutes: a longer question teaches more than a short one, though not in proportion.
    """
    lost = (weight_of(question.section, standing) + 1e-9) * (1 - _reached(question, standing))
    return lost / math.sqrt(max(question.minutes, 1.0)) * (1 + JITTER * (2 * chance[question.id] - 1))
