"""How well somebody would do now, with an interval: never a bare average.

A local level model (Durbin & Koopman, *Time Series Analysis by State Space Methods*, 2012, chapter 2): a level that
drifts from day to day, and answers that scatter around it. The Kalman filter gives mean and variance of the level.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from prepdrill.schedule.memory import Memory

PRIOR_MEAN: Final = 0.45
PRIOR_SD: Final = 0.22
"""What is known of a level before the first answer."""
SCATTER: Final = 0.22
"""Standard deviation of one answer's share of the points around the level: questions differ, and days."""
DRIFT: Final = 0.012
"""Standard deviation of the level's change in one day."""
SKILL_SD: Final = 0.17
"""Standard deviation of one skill around the level of its section, before anything is known of this candidate."""
LEARNT: Final = 0.5
"""Share of what was missed that the debrief teaches."""
DOUBT: Final = 8
"""Answers that the expectations above count as: so many of one's own, and these weigh as much."""
Z: Final = 1.2816
"""The standard normal quantile at 0.9: the interval holds the truth in 80 % of cases."""


class Answer(NamedTuple):
    """The share of the points of one answer, 0 to 1, and the day on which it was given."""

    day: int
    low: float
    high: float
    repeated: bool = False
    """Whether the same wording was answered before."""


@dataclass(frozen=True, slots=True)
class Level:
    """A level with its standard deviation, both on the scale of scores, 0 to 1."""

    mean: float
    sd: float
    answers: int = 0

    @property
    def low(self) -> float:
        """The interval's lower end, 80 %."""
        return max(0.0, self.mean - Z * self.sd)

    @property
    def high(self) -> float:
        return min(1.0, self.mean + Z * self.sd)


PRIOR: Final = Level(PRIOR_MEAN, PRIOR_SD)


def level(answers: Iterable[Answer], today: int, prior: Level = PRIOR) -> Level:
    """The level today, from answers in the order of their days."""
    *_, last = levels(answers, today, prior)
    return last


def levels(answers: Iterable[Answer], today: int, prior: Level = PRIOR) -> Sequence[Level]:
    """The level after each answer, and last the level today."""
    mean, variance, at = prior.mean, prior.sd**2, None
    found = []
    for number, answer in enumerate(answers, start=1):
        day = min(answer.day, today)
        if at is not None:
            variance += DRIFT**2 * max(0, day - at)
        at = day if at is None else max(at, day)
        half_width = (answer.high - answer.low) / 2
        noise = SCATTER**2 + half_width**2 / 3  # open verdicts: uniform between their bounds
        if answer.repeated:
            noise *= 4  # some of it is remembered from the last time
        gain = variance / (variance + noise)
        mean += gain * ((answer.low + answer.high) / 2 - mean)
        variance *= 1 - gain
        found.append(Level(mean, variance**0.5, number))
    if at is not None:
        variance += DRIFT**2 * max(0, today - at)
    found.append(Level(mean, variance**0.5, len(found)))
    return found


# --- a set of skills


@dataclass(frozen=True, slots=True)
class Foresight:
    """How answers to skills that were practised before differed from what was expected of them, so far."""

    bias: float = 0.0
    bias_sd: float = SKILL_SD / DOUBT**0.5
    scatter: float = SKILL_SD
    """Standard deviation of one skill around what is expected of it."""


def bases(memories: Iterable[Memory], today: int) -> dict[str, Level]:
    """Section -> how a question of it is answered that was not practised: the level of all first answers."""
    first: dict[str, list[Answer]] = {}
    for memory in sorted(memories, key=lambda entry: entry.reviews[0].day):
        review = memory.reviews[0]
        first.setdefault(memory.section, []).append(
            Answer(review.day, review.share - review.open, review.share + review.open)
        )
    return {section: level(answers, today) for section, answers in first.items()}


def expected(memory: Memory, base: float, day: int, *, after: int = -1) -> float:
    """The share of the points expected on a day, 0 to 1, of another wording of a skill that was practised.

    Right after practice it is what was reached and some of what was missed, for the debrief says it; from there it
    falls to what is reached without practice, as memory fades. Of an answer to a wording that was asked before, only
    half of what it gained is believed. `after` counts reviews, the last one by default.
    """
    number = after % len(memory.reviews)
    if (base, number) not in memory.believed:
        memory.believed[base, number] = _believed(memory, base, number)
    return _faded(memory.believed[base, number], memory, base, day, number)


def _believed(memory: Memory, base: float, number: int) -> float:
    """The share that a review counts as: half of what it gained on a wording that was asked before."""
    asked: set[str] = set()
    believed = 0.0
    for at, review in enumerate(memory.reviews[: number + 1]):
        share = review.share
        if review.question in asked:
            share = (share + min(share, _faded(believed, memory, base, review.day, at - 1))) / 2
        asked.add(review.question)
        believed = share
    return believed


def _faded(share: float, memory: Memory, base: float, day: int, after: int) -> float:
    """What is left on a day of a share that a review reached."""
    top = max(base, share + LEARNT * (1 - share))
    return base + (top - base) * memory.retrievability(day, after=after)


def foresight(memories: Iterable[Memory], known: Mapping[str, Level]) -> Foresight:
    """How far the expectations of this candidate were off so far, drawn towards not at all while there are few.

    Only a wording that was never asked before can show it.
    """
    errors = [
        review.share - expected(memory, known[memory.section].mean, review.day, after=number)
        for memory in memories
        for number, review in enumerate(memory.reviews[1:])
        if all(earlier.question != review.question for earlier in memory.reviews[: number + 1])
    ]
    total = len(errors) + DOUBT
    bias = sum(errors) / total
    scatter = float(((sum((error - bias) ** 2 for error in errors) + DOUBT * SKILL_SD**2) / total) ** 0.5)
    return Foresight(bias, scatter / total**0.5, scatter)


def of_skills(skills: Iterable[str], memories: Mapping[str, Memory], base: Level, own: Foresight, today: int) -> Level:
    """How a question of any of these skills would be answered today, each as likely as the others."""
    wanted = list(skills)
    seen = [memory for skill in wanted if (memory := memories.get(skill)) is not None]
    if not wanted:
        return base
    count, unseen = len(wanted), len(wanted) - len(seen)
    forecasts = [min(1.0, max(0.0, expected(memory, base.mean, today) + own.bias)) for memory in seen]
    from_base = (unseen + sum(1 - memory.retrievability(today) for memory in seen)) / count
    variance = from_base**2 * base.sd**2 + (len(seen) / count) ** 2 * own.bias_sd**2
    variance += (unseen * SKILL_SD**2 + len(seen) * own.scatter**2) / count**2
    mean = (sum(forecasts) + unseen * base.mean) / count
    return Level(mean, variance**0.5, sum(len(memory.reviews) for memory in seen))
