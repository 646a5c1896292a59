"""The interview as a state machine: events go in, the next step comes out.

Nothing here does I/O or reads a clock: every event carries the moment at which it happened. The room, the plain session
and the tests are drivers: they do what `step` says, report what happened with `apply`, and store every event before
they go on. An interview that was cut off is rebuilt by applying its stored events again.
"""

from __future__ import annotations

import difflib
import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from prepdrill.graders.text import words
from prepdrill.model import (
    Chart,
    Event,
    Exchange,
    Exhibit,
    Log,
    Moment,
    Outcome,
    Prompt,
    Question,
    Table,
    Transcript,
    Verdict,
)
from prepdrill.model import EventKind as Kind

SUSPENDED_FROM: Final = 30.0
"""Seconds by which the wall clock may run ahead of the monotonic one before it counts as a suspend."""
LIKE_ENOUGH: Final = 0.8
"""Similarity of two words from which a typo is forgiven."""
HEADLINE: Final = Prompt(
    "Your conclusion in one minute, as you would say it to whoever decides.",
    kind="headline",
    seconds=60.0,
)
CONFIDENCES: Final = ("1", "2", "3", "4")
"""How sure a candidate may be of an answer: 1 a guess, 4 certain."""
MARKS: Final = ((0.5, "half"), (0.8, "a fifth"), (1.0, "zero"))
"""Shares of the budget at which the time left is said, and what is left then."""


class Stage(enum.StrEnum):
    """What the interview waits for."""

    START = "start"
    ANSWER = "answer"
    PAUSE = "pause"
    GRADING = "grading"
    FOLLOW_UP = "follow-up"
    CONFIDENCE = "confidence"
    FEEDBACK = "feedback"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Step:
    """What to do next; `prompt` is what to say at stage FOLLOW_UP, `final` says which grading it is."""

    stage: Stage
    prompt: Prompt | None = None
    final: bool = False


class OutOfOrder(ValueError):
    """An event that cannot happen at this stage: a driver's mistake, not the user's."""


@dataclass(slots=True)
class Interview:
    """One question being answered.

    `budget` is in seconds, None without a clock. `strict` says that the answer ends when the budget does; the driver
    submits when `expired` is true. `twist` says that the question's twist is brought up after the first answer.
    """

    question: Question
    budget: float | None = None
    strict: bool = False
    twist: bool = False
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
    confidence: int | None = None
    """1 (a guess) to 4 (certain), None if it was not said."""
    prompted: float = 0.0
    """Seconds spent on what was asked after the first answer."""
    _last: Moment | None = None
    _running: bool = False
    _prompt_began: float | None = None
    """`prompted` when the prompt that is being answered was shown."""
    _queue: tuple[Prompt, ...] = field(default=())
    _graded_once: bool = False

    # --- what comes next

    @property
    def step(self) -> Step:
        """What the driver has to do now."""
        if self.stage is Stage.FOLLOW_UP:
            return Step(self.stage, prompt=self._queue[0])
        if self.stage is Stage.GRADING:
            return Step(self.stage, final=self._graded_once)
        return Step(self.stage)

    @property
    def transcript(self) -> Transcript:
        return Transcript(self.draft, self.exchanges)

    def elapsed(self, now: Moment) -> float:
        """Seconds spent on the answer up to `now`."""
        return self.active + (self._passed(now)[0] if self._running else 0.0)

    def spent(self, now: Moment) -> float:
        """Seconds spent up to `now`, on the answer and on what was asked after it."""
        waiting = self._passed(now)[0] if self.stage is Stage.FOLLOW_UP else 0.0
        return self.elapsed(now) + self.prompted + waiting

    def slept(self, now: Moment) -> float:
        """Seconds that the machine slept while the clock ran, up to `now`."""
        return self.suspended + (self._passed(now)[1] if self._running else 0.0)

    def left_for_prompt(self, now: Moment) -> float | None:
        """Seconds left for the prompt that is being answered, negative in overtime, None without a clock."""
        seconds = self._queue[0].seconds if self._queue else None
        if seconds is None or self._prompt_began is None:
            return None
        return seconds - (self.prompted + self._passed(now)[0] - self._prompt_began)

    @property
    def prompts_left(self) -> int:
        """How many prompts are still to be answered, the present one among them."""
        return len(self._queue)

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
                if self.stage is Stage.ANSWER:
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
            case Kind.PROBED:
                self._probed(Prompt(event.text, next(iter(event.missed), None), "probe"))
            case Kind.FOLLOW_UP_ASKED:
                if self._prompt_began is None:  # a second time it is the same one, shown again
                    self._prompt_began = self.prompted
            case Kind.FOLLOW_UP_ANSWERED:
                self._answered(event.text)
            case Kind.CONFIDENCE_GIVEN:
                self._confident(event.text)
            case Kind.ENDED:
                self._running = False
                self.stage = Stage.OVER
            case Kind.STARTED:
                pass
        return self.step

    def pass_time(self, now: Moment) -> None:
        """Nothing happened until `now` but that time was spent."""
        self._advance(now)

    def matching_exhibit(self, request: str) -> Exhibit | None:
        """The staged exhibit that the request asks for, None if nothing of the kind was recorded."""
        return find_exhibit(self.question, request)

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
        if not self.draft.strip():
            self.stage = Stage.FEEDBACK
            return
        self._queue = tuple(self._prompts(missed))
        self.stage = Stage.FOLLOW_UP if self._queue else Stage.CONFIDENCE

    def _prompts(self, missed: frozenset[str]) -> Iterator[Prompt]:
        question = self.question
        if question.headline:
            yield HEADLINE
        if self.twist and question.twist is not None:
            yield Prompt(question.twist.ask, kind="twist", fact=question.twist.fact)
        for follow_up in question.follow_ups:
            if follow_up.when_missed is None or follow_up.when_missed in missed:
                yield Prompt(follow_up.ask, follow_up.when_missed)

    @property
    def will_follow_up(self) -> bool:
        """Whether nothing has been asked yet that follows up the answer."""
        asked = any(exchange.kind in _FOLLOWING for exchange in self.exchanges)
        return not asked and self.stage in (Stage.FOLLOW_UP, Stage.CONFIDENCE) and bool(self.draft.strip())

    @property
    def may_probe(self) -> bool:
        """Whether the interviewer's own follow-ups can still take the place of the question's."""
        if self.stage is Stage.FOLLOW_UP and (self._queue[0].kind != "follow-up" or self._prompt_began is not None):
            return False
        return self.will_follow_up

    def _probed(self, prompt: Prompt) -> None:
        """A follow-up of the interviewer's own: the first takes the place of those that the question has."""
        self._queue = (*(entry for entry in self._queue if entry.kind != "follow-up"), prompt)
        self.stage = Stage.FOLLOW_UP

    def _answered(self, answer: str) -> None:
        prompt, *rest = self._queue
        said = f"{prompt.fact}\n\n{prompt.ask}" if prompt.fact else prompt.ask
        self.exchanges = (*self.exchanges, Exchange(said, answer, prompt.when_missed, prompt.kind))
        self._queue = tuple(rest)
        self._prompt_began = None
        if not rest:
            self.stage = Stage.CONFIDENCE

    def _confident(self, said: str) -> None:
        self.confidence = int(said) if said in CONFIDENCES else None
        said_more = any(exchange.answer.strip() for exchange in self.exchanges)
        self.stage = Stage.GRADING if said_more else Stage.FEEDBACK

    def _advance(self, now: Moment) -> None:
        if self._running:
            passed, slept = self._passed(now)
            self.active += passed
            self.suspended += slept
        elif self.stage is Stage.FOLLOW_UP:
            self.prompted += self._passed(now)[0]
        self._last = now

    def _passed(self, now: Moment) -> tuple[float, float]:
        """Seconds awake and seconds asleep since the last event."""
        if self._last is None:
            return 0.0, 0.0
        awake = max(0.0, now.monotonic - self._last.monotonic)
        ahead = (now.wall - self._last.wall) - awake
        return awake, ahead if ahead > SUSPENDED_FROM else 0.0


_FOLLOWING: Final = ("follow-up", "probe")
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
    Stage.FOLLOW_UP: frozenset(
        {Kind.PROBED, Kind.FOLLOW_UP_ASKED, Kind.FOLLOW_UP_ANSWERED, Kind.PAUSED, Kind.RESUMED, Kind.ENDED}
    ),
    Stage.CONFIDENCE: frozenset({Kind.PROBED, Kind.CONFIDENCE_GIVEN, Kind.GRADED, Kind.RESUMED, Kind.ENDED}),
    Stage.FEEDBACK: frozenset({Kind.GRADED, Kind.RESUMED, Kind.ENDED}),
    Stage.OVER: frozenset(),
}


def missed(verdicts: Sequence[Verdict]) -> frozenset[str]:
    """Criteria that were not met: what a GRADED event tells the interview."""
    return frozenset(verdict.criterion for verdict in verdicts if verdict.outcome is not Outcome.MET)


def find_exhibit(question: Question, request: str) -> Exhibit | None:
    """The staged exhibit of the question that the request is about, typos forgiven.

    All words of one of its names must be in the request, or all words of the request in a name; the closest name wins.
    Failing that, the exhibit that all its names together bring closest: half of the request's words, two at least, one
    of which no exhibit in sight has, and more of them than any other staged exhibit has.
    """
    asked = _content_words(request)
    best: tuple[float, Exhibit] | None = None
    for exhibit in question.staged_exhibits:
        for name in (exhibit.title, *exhibit.on_request):
            likeness = _likeness(asked, _content_words(name))
            if likeness > 0 and (best is None or likeness > best[0]):
                best = (likeness, exhibit)
    return best[1] if best else _about(question, asked)


def _about(question: Question, asked: Sequence[str]) -> Exhibit | None:
    in_sight = {word for exhibit in question.shown_exhibits for word in _content_words(_seen(exhibit))}
    counted: list[tuple[int, Exhibit]] = []
    for exhibit in question.staged_exhibits:
        names = _content_words(" ".join((exhibit.title, *exhibit.on_request)))
        common = [word for word in asked if any(_same(word, other) for other in names)]
        new = any(not any(_same(word, other) for other in in_sight) for word in common)
        if new and len(common) >= max(2, len(asked) / 2):
            counted.append((len(common), exhibit))
    counted.sort(key=lambda entry: -entry[0])
    alone = counted and (len(counted) == 1 or counted[0][0] > counted[1][0])
    return counted[0][1] if alone else None


def _seen(exhibit: Exhibit) -> str:
    """The words by which an exhibit in sight is known: its title and what its columns or axes are called."""
    match exhibit.content:
        case Log(text):
            return f"{exhibit.title} {text.split(chr(10), 1)[0]}"
        case Table(columns, _):
            return " ".join((exhibit.title, *columns))
        case Chart(x, y, _):
            return f"{exhibit.title} {x} {y}"
        case _:
            return exhibit.title


_FILLER: Final = frozenset(
    """
    a an the of for in on at to by with and or is are was what where when how which do does did can could i
    you me we please show see give get want need would like have has any some there it its this that from
    about look let per each plot log value number data
    """.split()
)


_ALIKE: Final[Mapping[str, str]] = {
    word: group.split()[0]
    for group in (
        "kind type category class sort",
        "split breakdown broken slice segment",
        "sample example output generation completion",
        "order sequence",
        "training train",
        "validation val held-out heldout",
    )
    for word in group.split()
}
"""Words that interviewers take for one another, by the first of their group."""


def _content_words(text: str) -> tuple[str, ...]:
    found = dict.fromkeys(_STEMS_ALIKE.get(token.stem, token.stem) for token in words(text))
    return tuple(word for word in found if word not in _FILLER) or tuple(found)


_STEMS_ALIKE: Final = {
    token.stem: next(first.stem for first in words(group)) for word, group in _ALIKE.items() for token in words(word)
}


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
    if word[0] == other[0] and sorted(word) == sorted(other):  # nrom, norm
        return True
    return difflib.SequenceMatcher(None, word, other).ratio() >= LIKE_ENOUGH
