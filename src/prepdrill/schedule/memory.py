"""What is remembered of every skill: the history, replayed through FSRS.

Nothing of it is stored. A regrade, an overruled verdict, an import or an undo changes the history, and with it this.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from prepdrill.model import Mark, MarkKind, Practice, Subject
from prepdrill.schedule.reviews import Recall, Review, of_another_wording, open_share, recall, share_of

if TYPE_CHECKING:
    from fsrs import Card, Scheduler

RETENTION: Final = 0.9
"""Chance of still knowing it, at which a skill is due."""
LEECH: Final = 3
"""Times a skill was not known at all from which it is a leech: asking it once more alone will not help."""
SETTLED_DAYS: Final = 7
"""Days that must lie between two good answers in the same words before they count as mastery."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@functools.cache
def _scheduler() -> Scheduler:
    from fsrs import Scheduler

    return Scheduler(desired_retention=RETENTION, learning_steps=(), relearning_steps=(), enable_fuzzing=False)


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of one skill: a family of questions, or a question that stands alone."""

    skill: str
    reviews: tuple[Review, ...]
    cards: tuple[Card, ...] = field(repr=False, compare=False)
    """The state of memory after each review, as FSRS has it."""
    believed: dict[tuple[float, int], float] = field(default_factory=dict, repr=False, compare=False)
    """What `expected` has worked out before: (level without practice, review) -> share."""

    @property
    def section(self) -> str:
        return self.reviews[0].question.split("/", 1)[0]

    @property
    def card(self) -> Card:
        return self.cards[-1]

    @property
    def last(self) -> Review:
        return self.reviews[-1]

    @property
    def due(self) -> int:
        """The day on which it is due, counted from the epoch."""
        return (self.card.due - _EPOCH).days

    @property
    def stability(self) -> float:
        """Days after which the chance of still knowing it has fallen to `RETENTION`."""
        assert self.card.stability is not None
        return self.card.stability

    @property
    def lapses(self) -> int:
        """How often it was not known at all."""
        return sum(review.recall is Recall.AGAIN for review in self.reviews)

    @property
    def is_leech(self) -> bool:
        """Whether it keeps being failed, and was not answered well since."""
        return self.lapses >= LEECH and self.last.recall < Recall.GOOD

    @property
    def is_mastered(self) -> bool:
        """Whether two good answers prove it: in two wordings, or in the same one with a week between."""
        good = [review for review in self.reviews if review.recall >= Recall.GOOD]
        return self.last.recall >= Recall.GOOD and (
            len({review.question for review in good}) > 1 or good[-1].day - good[0].day >= SETTLED_DAYS
        )

    def retrievability(self, day: int, *, after: int = -1) -> float:
        """Chance of still knowing it on a day, 0 to 1; `after` counts reviews, the last one by default."""
        return _scheduler().get_card_retrievability(self.cards[after], _EPOCH + timedelta(days=day))

    def seen(self, question: str) -> int | None:
        """The day on which a wording was asked last, None if it never was."""
        return next((review.day for review in reversed(self.reviews) if review.question == question), None)

    def keeps_missing(self) -> list[str]:
        """Ids of the criteria missed in half of its reviews, and at least twice, the most often missed first."""
        counts = Counter(criterion for review in self.reviews for criterion in review.missed)
        return [id for id, count in counts.most_common() if count >= max(2, len(self.reviews) / 2)]


def replay(
    practices: Iterable[Practice],
    subjects: Mapping[str, Subject],
    thresholds: Sequence[float],
    day_of: Callable[[float], int],
    *,
    today: int,
    marks: Sequence[Mark] = (),
) -> dict[str, Memory]:
    """Skill -> what is remembered of it, from graded attempts, the oldest first.

    `thresholds` are the least shares of the ratings, the best first. `subjects` says what each question is about, those
    that are gone included; `day_of` turns seconds since the epoch into the candidate's day. What is dated after
    `today`, by a clock that was wrong, counts as of today.
    """
    wordings = Counter(subject.skill for subject in subjects.values())
    forgotten: dict[str, float] = {}
    for question, at in orders(marks, day_of, today).resets.items():
        if question in subjects:
            skill = subjects[question].skill
            forgotten[skill] = max(at, forgotten.get(skill, at))
    reviews: dict[str, list[Review]] = {}
    for practice in practices:
        subject = subjects.get(practice.question)
        if subject is None or practice.at < forgotten.get(subject.skill, float("-inf")):
            continue
        past = reviews.setdefault(subject.skill, [])
        found = of_another_wording(
            past, practice.question, recall(practice, thresholds), wordings=wordings[subject.skill]
        )
        day = min(day_of(practice.at), today)
        if past:
            day = max(day, past[-1].day)  # a clock that was put back
        past.append(Review(day, practice.question, share_of(practice), open_share(practice), found, practice.missed))
    return {skill: Memory(skill, tuple(past), tuple(_cards(past))) for skill, past in reviews.items()}


@dataclass(frozen=True, slots=True)
class Orders:
    """What the user's orders about questions come to."""

    suspended: frozenset[str]
    buried: frozenset[str]
    """For today."""
    resets: Mapping[str, float]
    """Question -> when it was reset, in seconds since the epoch."""

    @property
    def out(self) -> frozenset[str]:
        """Questions that are not asked today."""
        return self.suspended | self.buried


def orders(marks: Iterable[Mark], day_of: Callable[[float], int], today: int) -> Orders:
    """What the user's orders come to today.

    An order to restore takes back one that holds a question out, or else its last reset.
    """
    out: set[str] = set()
    buried: dict[str, int] = {}
    resets: dict[str, float] = {}
    for mark in marks:
        match mark.kind:
            case MarkKind.SUSPEND:
                out.add(mark.question)
            case MarkKind.BURY:
                buried[mark.question] = day_of(mark.at)
            case MarkKind.RESET:
                resets[mark.question] = mark.at
                out.discard(mark.question)
                buried.pop(mark.question, None)
            case MarkKind.RESTORE:
                if mark.question in out or buried.get(mark.question) == day_of(mark.at):
                    out.discard(mark.question)
                    buried.pop(mark.question, None)
                else:
                    resets.pop(mark.question, None)
    return Orders(frozenset(out), frozenset(id for id, day in buried.items() if day == today), resets)


def _cards(reviews: Iterable[Review], card: Card | None = None) -> Iterator[Card]:
    """The state of memory after each review; `card` is the state before the first of them, None if there is none."""
    from fsrs import Card, Rating

    scheduler = _scheduler()
    for review in reviews:
        day = _EPOCH + timedelta(days=review.day)
        if card is None:
            card = Card(card_id=1, due=day)  # one that draws its own number waits a millisecond for it
        card, _ = scheduler.review_card(card, Rating(int(review.recall)), day)
        yield card


def imagined(memory: Memory | None, skill: str, question: str, day: int, share: float) -> Memory:
    """What would be remembered if a question were answered on a day with this share of the points, without hints."""
    found = Recall.GOOD if share >= _GOOD_FROM else Recall.HARD
    if memory is None:
        reviews = (Review(day, question, share, 0.0, found),)
        return Memory(skill, reviews, tuple(_cards(reviews)))
    review = Review(max(day, memory.last.day), question, share, 0.0, found)
    return Memory(skill, (*memory.reviews, review), (*memory.cards, *_cards((review,), memory.card)))


_GOOD_FROM: Final = 0.5
"""The share from which an imagined answer counts as good."""
