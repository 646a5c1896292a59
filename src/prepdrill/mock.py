"""What a mock interview is made of: its rounds, drawn from the bank. Pure and seeded."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from prepdrill import schedule
from prepdrill.errors import PrepdrillError
from prepdrill.model import (
    Level,
    Plan,
    QuestionKind,
    Round,
)

LENGTHS: Final = (30, 45, 60)
"""Minutes that an interview may take."""
ANSWERS_SHARE: Final = 0.75
"""Of the whole time, what the first answers get; the rest is for follow-ups and the twist."""
TIGHTEST, LOOSEST = 0.6, 1.3
"""Bounds of an answer's budget, as shares of the question's own minutes."""
DRAFTS: Final = 48
"""How many interviews are drawn up at most to find one whose sections differ and whose answers fit the time."""


class Candidate(schedule.Candidate, Protocol):
    """What composing needs to know of a question."""

    @property
    def kind(self) -> QuestionKind: ...
    @property
    def level(self) -> Level: ...
    @property
    def contents(self) -> tuple[str, ...]:
        """Kinds of the exhibits, such as `log`."""

    @property
    def twist(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class _Want:
    """A kind of question that a role can be filled with, and what the round is then called."""

    title: str
    fits: Callable[[Candidate], bool]


@dataclass(frozen=True, slots=True)
class _Role:
    """A place in the interview; `wants` are in order of preference."""

    wants: tuple[_Want, ...]
    warm_up: bool = False
    twist_suits: bool = False

    def rank(self, candidate: Candidate) -> int | None:
        """How well a question fills the role, 0 best; None if it does not."""
        for at, want in enumerate(self.wants):
            if want.fits(candidate):
                return 2 * at + (candidate.level == "warm-up" and not self.warm_up)
        return None

    def title(self, candidate: Candidate) -> str:
        return next(want.title for want in self.wants if want.fits(candidate))


def _is(*kinds: QuestionKind, log: bool = False) -> Callable[[Candidate], bool]:
    return lambda candidate: candidate.kind in kinds and (not log or "log" in candidate.contents)


_TITLES: Final[Mapping[QuestionKind, str]] = {
    "diagnose": "A problem to diagnose",
    "decide": "A decision",
    "design": "An experiment to design",
    "explain": "Something to explain",
    "critique": "A claim to judge",
    "estimate": "A number to estimate",
}
_ROLES: Final = (
    _Role(
        (
            _Want("Warm-up", lambda candidate: candidate.level == "warm-up"),
            _Want("Warm-up", _is("explain", "estimate")),
        ),
        warm_up=True,
    ),
    _Role(
        (_Want("A log to diagnose", _is("diagnose", log=True)), _Want(_TITLES["diagnose"], _is("diagnose"))),
        twist_suits=True,
    ),
    _Role((_Want(_TITLES["decide"], _is("decide")),), twist_suits=True),
    _Role(
        (
            _Want(_TITLES["design"], _is("design")),
            _Want("Another decision", _is("decide")),
            _Want(_TITLES["critique"], _is("critique")),
        )
    ),
    _Role((_Want(_TITLES["critique"], _is("critique")), _Want(_TITLES["estimate"], _is("estimate")))),
    _Role(
        (
            _Want("Another log to diagnose", _is("diagnose", log=True)),
            _Want("Another problem to diagnose", _is("diagnose")),
        )
    ),
)
_Cast: TypeAlias = dict[int, Candidate]
"""Role, by its place in the interview -> the question that fills it."""


def compose(
    candidates: Sequence[Candidate],
    *,
    minutes: float,
    attempted: Mapping[str, float],
    weight: Callable[[str], float],
    seed: int,
) -> Plan:
    """The rounds of an interview of `minutes`, in the order in which to ask them.

    A warm-up, a log to diagnose, a decision, an experiment to design; from 45 minutes a claim to judge; from 60 a
    second diagnosis. `attempted` maps a question to when it was last attempted, in seconds since the epoch; `weight`
    gives a section's weight. Sections differ as far as possible, no two questions are of one family, and what was never
    attempted comes first, then what was attempted longest ago. One round brings up its twist, if any question has one.
    Budgets are in seconds, whole half minutes. Same input, same seed: same interview. A bank that cannot fill a role
    gives other questions in its place. Raises PrepdrillError if there is no question at all.
    """
    if not candidates:
        raise PrepdrillError("No question fits a mock interview; `prepdrill bank list` shows what there is.")
    roles = _ROLES[: 4 + (minutes >= 45) + (minutes >= 60)]
    best: tuple[tuple[int, int, float], _Cast, int | None] | None = None
    for cast, twist in itertools.islice(_drafts(candidates, roles, attempted, weight, random.Random(seed)), DRAFTS):
        fault = _fault(cast, candidates, len(roles), minutes)
        if best is None or fault < best[0]:
            best = (fault, cast, twist)
        if not any(fault):
            break
    assert best is not None
    return _plan(best[1], roles, best[2], minutes)


def _drafts(
    candidates: Sequence[Candidate],
    roles: Sequence[_Role],
    attempted: Mapping[str, float],
    weight: Callable[[str], float],
    generator: random.Random,
) -> Iterator[tuple[_Cast, int | None]]:
    """Interviews without end, each with the place of its twist."""
    while True:
        draw = _Draw(candidates, roles, attempted, weight, generator)
        for pinned in draw.twists():
            yield draw.cast(pinned), pinned[0]
        if not draw.twists():
            yield draw.cast(None), None


class _Draw:
    """One order in which sections and questions are tried: chance decides where nothing else does."""

    def __init__(
        self,
        candidates: Sequence[Candidate],
        roles: Sequence[_Role],
        attempted: Mapping[str, float],
        weight: Callable[[str], float],
        generator: random.Random,
    ) -> None:
        self._pool = sorted(candidates, key=lambda entry: entry.id)
        self._roles = roles
        self._attempted = attempted
        # the smallest of exponential numbers falls to each with its weight's share
        self._ticket = {
            section: generator.expovariate(max(weight(section), 1e-9))
            for section in sorted({entry.section for entry in candidates})
        }
        self._chance = {entry.id: generator.random() for entry in self._pool}

    def twists(self) -> list[tuple[int, Candidate]]:
        """Places at which a twist can be brought up, those that suit best, the preferred ones first."""
        found = [
            ((role.warm_up, not role.twist_suits, rank), at, entry)
            for at, role in enumerate(self._roles)
            for entry in self._pool
            if entry.twist and (rank := role.rank(entry)) is not None
        ]
        least = min((suits for suits, _, _ in found), default=None)
        places = [(at, entry) for suits, at, entry in found if suits == least]
        return sorted(places, key=lambda place: (self._last(place[1]), self._ticket[place[1].section], place[1].id))

    def cast(self, pinned: tuple[int, Candidate] | None) -> _Cast:
        """Roles filled, one of them with the pinned question; the places after the last role are for what is left."""
        wishes = [self._sections(role) for role in self._roles]
        if pinned is not None:
            wishes[pinned[0]] = [pinned[1].section]
        given = _apart(wishes)
        cast: _Cast = {} if pinned is None else {pinned[0]: pinned[1]}
        for at in sorted(range(len(self._roles)), key=lambda at: self._plenty(self._roles[at])):
            if at not in cast and (choice := self._best(self._roles[at], cast, given.get(at))) is not None:
                cast[at] = choice
        for at in range(len(self._roles), 2 * len(self._roles) - len(cast)):
            left = self._free(cast)
            if not left:
                break
            used = {entry.section for entry in cast.values()}
            cast[at] = min(left, key=lambda entry: (entry.section in used, self._order(entry)))
        return cast

    def _sections(self, role: _Role) -> list[str]:
        """Sections with a question that fills the role as well as any, the preferred ones first."""
        best: dict[str, tuple[float, float, float]] = {}
        for entry in self._fitting(role):
            key = (entry.minutes if role.warm_up else 0.0, self._last(entry), self._ticket[entry.section])
            best[entry.section] = min(key, best.get(entry.section, key))
        return sorted(best, key=lambda section: best[section])

    def _fitting(self, role: _Role) -> list[Candidate]:
        ranked = [(rank, entry) for entry in self._pool if (rank := role.rank(entry)) is not None]
        least = min((rank for rank, _ in ranked), default=0)
        return [entry for rank, entry in ranked if rank == least]

    def _plenty(self, role: _Role) -> int:
        return len(self._fitting(role))

    def _best(self, role: _Role, cast: _Cast, section: str | None) -> Candidate | None:
        used = {entry.section for entry in cast.values()}
        ranked = [(rank, entry) for entry in self._free(cast) if (rank := role.rank(entry)) is not None]
        return min(
            ranked,
            key=lambda pair: (
                pair[0],
                pair[1].section != section,
                pair[1].section in used,
                pair[1].minutes if role.warm_up else 0.0,
                self._order(pair[1]),
            ),
            default=(0, None),
        )[1]

    def _free(self, cast: _Cast) -> list[Candidate]:
        """Questions that are not asked yet, and no variant of one that is."""
        ids = {entry.id for entry in cast.values()}
        families = {entry.family for entry in cast.values()} - {None}
        return [entry for entry in self._pool if entry.id not in ids and entry.family not in families]

    def _order(self, entry: Candidate) -> tuple[float, float, float]:
        return self._last(entry), self._ticket[entry.section], self._chance[entry.id]

    def _last(self, entry: Candidate) -> float:
        return self._attempted.get(entry.id, -math.inf)


def _apart(wishes: Sequence[Sequence[str]]) -> dict[int, str]:
    """For as many roles as possible one of the sections that each wishes, no section twice: a bipartite matching."""
    held: dict[str, int] = {}

    def place(role: int, tried: set[str]) -> bool:
        free = next((section for section in wishes[role] if section not in held), None)
        if free is not None:
            held[free] = role
            return True
        for section in wishes[role]:  # whoever holds it may have another
            if section not in tried:
                tried.add(section)
                if place(held[section], tried):
                    held[section] = role
                    return True
        return False

    for role in sorted(range(len(wishes)), key=lambda at: len(wishes[at])):
        place(role, set())
    return {role: section for section, role in held.items()}


def _fault(cast: _Cast, candidates: Sequence[Candidate], rounds: int, minutes: float) -> tuple[int, int, float]:
    """What an interview lacks: rounds that are not filled, sections that come twice, minutes that it runs over."""
    sections = len({entry.section for entry in cast.values()})
    most = min(len(cast), len({entry.section for entry in candidates}))
    shortest = TIGHTEST * sum(entry.minutes for entry in cast.values())
    return rounds - len(cast), most - sections, max(0.0, shortest - ANSWERS_SHARE * minutes)


def _plan(cast: _Cast, roles: Sequence[_Role], twist: int | None, minutes: float) -> Plan:
    places = sorted(cast)
    halves = _halves([cast[at].minutes for at in places], minutes)
    rounds = (
        Round(
            cast[at].id,
            budget=30.0 * half,
            role=roles[at].title(cast[at]) if at < len(roles) else _TITLES[cast[at].kind],
            twist=at == twist,
        )
        for at, half in zip(places, halves, strict=True)
    )
    return Plan(tuple(rounds), minutes)


def _halves(lengths: Sequence[float], minutes: float) -> list[int]:
    """Half minutes for each answer: all scaled alike, within the bounds, the rest to those that were cut most."""
    factor = min(LOOSEST, max(TIGHTEST, ANSWERS_SHARE * minutes / sum(lengths)))
    ideal = [2 * factor * length for length in lengths]
    least = [max(1, math.ceil(2 * TIGHTEST * length - 1e-9)) for length in lengths]
    most = [max(low, math.floor(2 * LOOSEST * length + 1e-9)) for low, length in zip(least, lengths, strict=True)]
    halves = [min(high, max(low, math.floor(want + 1e-9))) for low, want, high in zip(least, ideal, most, strict=True)]
    spare = round(sum(ideal)) - sum(halves)
    for at in sorted(range(len(halves)), key=lambda at: (halves[at] - ideal[at], at)):
        if spare > 0 and halves[at] < most[at]:
            halves[at] += 1
            spare -= 1
    return halves
