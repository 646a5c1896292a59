"""The interview as a state machine: events go in, the next step comes out.

Nothing here does I/O or reads a clock: every event carries the moment at which it happened. The room, the plain session
and the tests are drivers: they do what `step` says, report what happened with `apply`, and store every event before
they go on. An interview that was cut off is rebuilt by applying its stored events again.
"""

from __future__ import annotations

import difflib
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from prepdrill.graders.text import words
from prepdrill.model import (
    Event,
    Exchange,
    Exhibit,
    FollowUp,
    Moment,
    Outcome,
    Question,
    Transcript,
    Verdict,
)
from prepdrill.model import EventKind as Kind

SUSPENDED_FROM: Final = 30.0
"""Seconds by which the wall clock may run ahead of the monotonic one before it counts as a suspend."""
LIKE_ENOUGH: Final = 0.8
"""Similarity of two words from which a typo is forgiven."""
MARKS: Final = ((0.5, "half"), (0.8, "a fifth"), (1.0, "zero"))
"""Shares of the budget at which the time left is said, and what is left then."""


class Stage(enum.StrEnum):
    """What the interview waits for."""

    START = "start"
    ANSWER = "answer"
    PAUSE = "pause"
    GRADING = "grading"
    FOLLOW_UP = "follow-up"
    FEEDBACK = "feedback"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Step:
    """What to do next; `follow_up` is what to ask at stage FOLLOW_UP, `final` says which grading it is."""

    stage: Stage
    follow_up: FollowUp | None = None
    final: bool = False


class OutOfOrder(ValueError):
    """An event that cannot happen at this stage: a driver's mistake, not the user's."""


@dataclass(slots=True)
class Interview:
    """One question being answered.

    `budget` is in seconds, None without a clock. `strict` says that the answer ends when the budget does; the driver
    submits when `expired` is true.
    """

    question: Question
    budget: float | None = None
    strict: bool = False
    stage: Stage = Stage.START
    draft: str = ""
    exchanges: tuple[Exchange, ...] = ()
    asked: tuple[str, ...] = ()
    """Requests for evidence, in order, as they were typed."""
    revealed: tuple[Exhibit, ...] = ()
    hints_taken: int = 0
    active: float = 0.0
    """Seconds spent on the answer: pauses, suspends and time between two sittings are not in it."""
    suspended: float = 0.0
    """Seconds that the machine slept."""
    _last: Moment | None = None
    _running: bool = False
    _queue: tuple[FollowUp, ...] = field(default=())
    _graded_once: bool = False

    # --- what comes next

    @property
    def step(self) -> Step:
        """What the driver has to do now."""
        if self.stage is Stage.FOLLOW_UP:
            return Step(self.stage, follow_up=self._queue[0])
        if self.stage is Stage.GRADING:
            return Step(self.stage, final=self._graded_once)
        return Step(self.stage)

    @property
    def transcript(self) -> Transcript:
        return Transcript(self.draft, self.exchanges)

    def elapsed(self, now: Moment) -> float:
        """Seconds spent on the answer up to `now`."""
        return self.active + (self._passed(now)[0] if self._running else 0.0)

    def left(self, now: Moment) -> float | None:
        """Seconds of the budget that are left, negative in overtime, None without a clock."""
        return None if self.budget is None else self.budget - self.elapsed(now)

    def expired(self, now: Moment) -> bool:
        """Whether a strict clock has run out."""
        left = self.left(now)
        return self.strict and left is not None and left <= 0

    def passed_mark(self, before: float, now: Moment) -> str | None:
        """The last mark (`half`, `a fifth`, `zero`) passed since `before` seconds were spent, None if there is none."""
        if self.budget is None:
            return None
        elapsed = self.elapsed(now)
        return next((name for share, name in reversed(MARKS) if before < share * self.budget <= elapsed), None)

    # --- what happened

    def apply(self, event: Event) -> Step:  # noqa: PLR0912 - one branch for each kind of event
        """Take an event in and return the next step; raises OutOfOrder if it cannot happen now."""
        if event.kind not in _POSSIBLE[self.stage]:
            raise OutOfOrder(f"{event.kind} cannot happen while the interview waits for {self.stage}")
        if event.kind is not Kind.RESUMED:
            self._advance(event.at)
        match event.kind:
            case Kind.SHOWN:
                self._running = True
                self.stage = Stage.ANSWER
            case Kind.DRAFT_CHANGED:
                self.draft = event.text
            case Kind.EVIDENCE_ASKED:
                self._ask(event.text)
            case Kind.HINT_TAKEN:
                self.hints_taken = min(self.hints_taken + 1, len(self.question.hints))
            case Kind.PAUSED:
                self._running = False
                self.stage = Stage.PAUSE
            case Kind.RESUMED:
                self._resumed(event.at)
            case Kind.SUBMITTED:
                self.draft = event.text
                self._running = False
                self.stage = Stage.GRADING
            case Kind.SKIPPED:
                self._running = False
                self.stage = Stage.OVER
            case Kind.GRADED:
                self._graded(event.missed)
            case Kind.FOLLOW_UP_ANSWERED:
                self._answered(event.text)
            case Kind.ENDED:
                self._running = False
                self.stage = Stage.OVER
            case Kind.STARTED | Kind.FOLLOW_UP_ASKED:
                pass
        return self.step

    def matching_exhibit(self, request: str) -> Exhibit | None:
        """The staged exhibit that the request asks for, None if nothing of the kind was recorded."""
        return find_exhibit(self.question.staged_exhibits, request)

    def _resumed(self, now: Moment) -> None:
        """After a pause, or in another sitting: what lies between the last event and `now` is not time spent."""
        self._last = now
        if self.stage is Stage.PAUSE:
            self.stage = Stage.ANSWER
        self._running = self.stage is Stage.ANSWER

    def _ask(self, request: str) -> None:
        self.asked = (*self.asked, request)
        exhibit = self.matching_exhibit(request)
        if exhibit is not None and exhibit not in self.revealed:
            self.revealed = (*self.revealed, exhibit)

    def _graded(self, missed: frozenset[str]) -> None:
        if self._graded_once:
            self.stage = Stage.FEEDBACK
            return
        self._graded_once = True
        self._queue = tuple(
            follow_up
            for follow_up in self.question.follow_ups
            if follow_up.when_missed is None or follow_up.when_missed in missed
        )
        self.stage = Stage.FOLLOW_UP if self._queue and self.draft.strip() else Stage.FEEDBACK

    def _answered(self, answer: str) -> None:
        follow_up, *rest = self._queue
        self.exchanges = (*self.exchanges, Exchange(follow_up.ask, answer, follow_up.when_missed))
        self._queue = tuple(rest)
        if not rest:
            said_more = any(exchange.answer.strip() for exchange in self.exchanges)
            self.stage = Stage.GRADING if said_more else Stage.FEEDBACK

    def _advance(self, now: Moment) -> None:
        if self._running:
            passed, slept = self._passed(now)
            self.active += passed
            self.suspended += slept
        self._last = now

    def _passed(self, now: Moment) -> tuple[float, float]:
        """Seconds awake and seconds asleep since the last event."""
        if self._last is None:
            return 0.0, 0.0
        awake = max(0.0, now.monotonic - self._last.monotonic)
        ahead = (now.wall - self._last.wall) - awake
        return awake, ahead if ahead > SUSPENDED_FROM else 0.0


_POSSIBLE: Final[Mapping[Stage, frozenset[Kind]]] = {
    Stage.START: frozenset({Kind.STARTED, Kind.SHOWN, Kind.SKIPPED, Kind.ENDED}),
    Stage.ANSWER: frozenset(
        {
            Kind.SHOWN,
            Kind.DRAFT_CHANGED,
            Kind.EVIDENCE_ASKED,
            Kind.HINT_TAKEN,
            Kind.PAUSED,
            Kind.RESUMED,
            Kind.SUBMITTED,
            Kind.SKIPPED,
            Kind.ENDED,
        }
    ),
    Stage.PAUSE: frozenset({Kind.RESUMED, Kind.SUBMITTED, Kind.SKIPPED, Kind.ENDED}),
    Stage.GRADING: frozenset({Kind.GRADED, Kind.RESUMED, Kind.ENDED}),
    Stage.FOLLOW_UP: frozenset({Kind.FOLLOW_UP_ASKED, Kind.FOLLOW_UP_ANSWERED, Kind.RESUMED, Kind.ENDED}),
    Stage.FEEDBACK: frozenset({Kind.GRADED, Kind.RESUMED, Kind.ENDED}),
    Stage.OVER: frozenset(),
}


def missed(verdicts: Sequence[Verdict]) -> frozenset[str]:
    """Criteria that were not met: what a GRADED event tells the interview."""
    return frozenset(verdict.criterion for verdict in verdicts if verdict.outcome is not Outcome.MET)


def find_exhibit(exhibits: Sequence[Exhibit], request: str) -> Exhibit | None:
    """The exhibit whose title or one of whose other names the request is about, typos forgiven.

    All words of a name must be in the request, or all words of the request in a name; the closest name wins.
    """
    asked = _content_words(request)
    best: tuple[float, Exhibit] | None = None
    for exhibit in exhibits:
        for name in (exhibit.title, *exhibit.on_request):
            likeness = _likeness(asked, _content_words(name))
            if likeness > 0 and (best is None or likeness > best[0]):
                best = (likeness, exhibit)
    return best[1] if best else None


_FILLER: Final = frozenset(
    """
    a an the of for in on at to by with and or is are was what where when how which do does did can could i
    you me we please show see give get want need would like have has any some there it its this that from
    about look let per each plot log value number data
    """.split()
)


def _content_words(text: str) -> tuple[str, ...]:
    found = dict.fromkeys(token.stem for token in words(text))
    return tuple(word for word in found if word not in _FILLER) or tuple(found)


def _likeness(asked: Sequence[str], name: Sequence[str]) -> float:
    if not asked or not name:
        return 0.0
    common = sum(any(_same(word, other) for other in asked) for word in name)
    whole_name, whole_request = common == len(name), common >= len(asked)
    enough = whole_name or (whole_request and (len(asked) >= 2 or len(name) <= 2))
    return 2 * common / (len(asked) + len(name)) if enough else 0.0


def _same(word: str, other: str) -> bool:
    if word == other:
        return True
    if min(len(word), len(other)) < 4:
        return False
    if word.startswith(other) or other.startswith(word):  # grad norm, gradient norm
        return True
    return difflib.SequenceMatcher(None, word, other).ratio() >= LIKE_ENOUGH
