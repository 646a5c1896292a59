"""One interview being sat: every event goes through the state machine and onto disk before anything else is shown.

The plain session and the room drive an interview through this; neither writes to the history by itself.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from prepdrill import scoring
from prepdrill.drill import Interview, Stage, Step, missed
from prepdrill.graders import Grader, self_check
from prepdrill.history import Attempt, Draft, History, replayed
from prepdrill.model import Event, Exhibit, Grade, Item, Moment, Outcome, Prompt, Scale
from prepdrill.model import EventKind as Kind

LONGEST_ANSWER: Final = 100_000
"""Characters; what is longer was pasted by mistake."""


@dataclass(frozen=True, slots=True)
class Settling:
    """A grade, and what the candidate has decided about it, key by key."""

    graded: Grade
    """By the grader."""
    now: Grade
    """With the decisions."""
    states: tuple[Mapping[str, Outcome], ...]
    """All decisions in force after each key, none at first."""


@dataclass(slots=True)
class Sitting:
    """An attempt in progress. Every method raises HistoryError if what it does cannot be stored."""

    history: History
    attempt: int
    item: Item
    interview: Interview
    now: Callable[[], Moment]
    lines: list[str] = field(default_factory=list)
    """The draft in hand: of the answer, or of the follow-up that is being answered."""
    _torn: bool = False
    """Whether the last change of the draft could not be stored."""

    @classmethod
    def begin(
        cls,
        history: History,
        session: int,
        item: Item,
        now: Callable[[], Moment],
        *,
        budget: float | None,
        strict: bool = False,
        twist: bool = False,
    ) -> Sitting:
        """A new attempt at `item`; `budget` is in seconds, None without a clock."""
        attempt = history.begin_attempt(session, item, now().wall, budget, strict, twist)
        interview = Interview(item.question, budget, strict, twist)
        sitting = cls(history, attempt, item.with_twist if twist else item, interview, now)
        sitting._happen(Kind.STARTED)
        return sitting

    @classmethod
    def resume(cls, history: History, stored: Attempt, now: Callable[[], Moment]) -> Sitting:
        """An attempt that was cut off, at the point where it stood."""
        interview = rebuilt(stored)
        sitting = cls(history, stored.id, stored.item, interview, now, stored.draft.split("\n") if stored.draft else [])
        if interview.stage is not Stage.START:
            sitting._happen(Kind.RESUMED)
        return sitting

    @classmethod
    def over(cls, history: History, stored: Attempt, now: Callable[[], Moment]) -> Sitting:
        """An attempt to look at, without going on with it."""
        return cls(history, stored.id, stored.item, rebuilt(stored), now)

    @property
    def draft(self) -> str:
        return "\n".join(self.lines)

    # --- the answer

    def shown(self) -> Step:
        """The question stands before the candidate: the clock runs."""
        return self._happen(Kind.SHOWN)

    def add_line(self, line: str) -> None:
        self.lines.append(line)  # first, so that a failure to store it does not lose it
        self._store(Draft(self.now(), line, whole=False))

    def replace_draft(self, text: str) -> None:
        self.lines = text.split("\n") if text else []
        self._store(Draft(self.now(), text, whole=True))

    def write(self, text: str) -> bool:
        """Make `text` the draft, storing only what differs; says whether anything did."""
        before = self.draft
        if text == before:
            return False
        self.lines = text.split("\n") if text else []
        start = _common(before, text)
        same = min(_common(before[::-1], text[::-1]), min(len(before), len(text)) - start)
        added = text[start : len(text) - same]
        self._store(Draft(self.now(), added, whole=False, start=start, removed=len(before) - same - start))
        return True

    def _store(self, change: Draft) -> None:
        if self._torn:  # what is on disk is not what this change was made to
            change = Draft(change.at, self.draft, whole=True)
        self._torn = True
        self.history.change_draft(self.attempt, change, seconds=self.interview.elapsed(change.at))
        self._torn = False

    def ask(self, request: str) -> Exhibit | None:
        """Ask for evidence; None if nothing of the kind was recorded."""
        self._happen(Kind.EVIDENCE_ASKED, request)
        return self.interview.matching_exhibit(request)

    def hint(self) -> str | None:
        """The next hint, None if there is no other."""
        taken = self.interview.hints_taken
        if taken >= len(self.item.question.hints):
            return None
        self._happen(Kind.HINT_TAKEN)
        return self.item.question.hints[taken]

    def pause(self) -> None:
        self._happen(Kind.PAUSED)

    def go_on(self) -> None:
        self._happen(Kind.RESUMED)

    def submit(self) -> Step:
        """Hand the draft in as the answer."""
        step = self._happen(Kind.SUBMITTED, self.draft)
        self.lines = []
        return step

    def skip(self) -> Step:
        return self._happen(Kind.SKIPPED)

    # --- afterwards

    def graded(self, grader: Grader, scale: Scale) -> Grade:
        """Grade the transcript, store the grade and go on; the first grading decides which follow-ups are asked."""
        transcript = self.interview.transcript
        verdicts = grader(self.item.question, self.item.rubric, transcript)
        mark = scoring.fingerprint(self.item, transcript, grader.id)
        grade = scoring.grade(self.item, scale, grader.id, mark, verdicts)
        self.history.add_grade(self.attempt, grade, self.now().wall)
        self._happen(Kind.GRADED, missed=missed(grade.verdicts))
        return grade

    def judged(self, grade: Grade, replies: Sequence[str]) -> None:
        """Store the grade that a judge gave; `replies` are the digests of what it rests on."""
        self.history.add_grade(self.attempt, grade, self.now().wall, replies)

    def probe(self, ask: str, criterion: str) -> None:
        """The interviewer has a follow-up of their own, aimed at this criterion."""
        self._happen(Kind.PROBED, ask, frozenset({criterion}))

    def asked(self, prompt: Prompt) -> None:
        """The headline, the twist or a follow-up stands before the candidate."""
        self._happen(Kind.FOLLOW_UP_ASKED, prompt.ask)

    def confident(self, level: int | None) -> Step:
        """How sure the candidate is of the answer: 1 (a guess) to 4 (certain), None if they do not say."""
        return self._happen(Kind.CONFIDENCE_GIVEN, "" if level is None else str(level))

    def answer_follow_up(self) -> Step:
        """Hand the draft in as the answer to the follow-up that was asked last."""
        event = Event(Kind.FOLLOW_UP_ANSWERED, self.now(), self.draft)
        step = self.interview.apply(event)
        self.history.add_exchange(self.attempt, self.interview.exchanges[-1], event, seconds=self.interview.active)
        self.lines = []
        return step

    def settling(self) -> Settling | None:
        """The newest grade of a grader, with what the candidate has decided about it since; None without a grade.

        A decision that makes everything as it was two keys before counts as taking the last one back.
        """
        stored = [entry.grade for entry in self.history.grades(self.attempt)]
        by_grader = [at for at, grade in enumerate(stored) if grade.grader != self_check.ID]
        if not by_grader:
            return None
        graded = stored[by_grader[-1]]
        settled = [grade for grade in stored[by_grader[-1] + 1 :] if grade.fingerprint == graded.fingerprint]
        states: list[Mapping[str, Outcome]] = [{}]
        for grade in settled:
            state = {entry.criterion: entry.outcome for entry in grade.verdicts if entry.by == self_check.USER}
            if len(states) > 1 and state == states[-2]:
                states.pop()
            else:
                states.append(state)
        return Settling(graded, settled[-1] if settled else graded, tuple(states))

    def settle(self, grade: Grade, decisions: Mapping[str, Outcome], scale: Scale) -> Grade:
        """Store `grade` with the candidate's decisions in it, and return what it comes to."""
        verdicts = self_check.settled(grade, decisions)
        decided = scoring.grade(self.item, scale, self_check.ID, grade.fingerprint, verdicts) if decisions else grade
        self.history.add_grade(self.attempt, decided, self.now().wall)
        return decided

    def last_grade(self) -> Grade | None:
        """The newest grade of this attempt."""
        stored = list(self.history.grades(self.attempt))
        return stored[-1].grade if stored else None

    def leave(self) -> None:
        """The candidate goes away for now: the clock stands still until they are back."""
        if self.interview.stage in (Stage.ANSWER, Stage.FOLLOW_UP):
            self.pause()

    def end(self) -> None:
        self._happen(Kind.ENDED)

    def _happen(self, kind: Kind, text: str = "", missed: frozenset[str] = frozenset()) -> Step:
        event = Event(kind, self.now(), text, missed)
        step = self.interview.apply(event)
        self.history.record(self.attempt, event, seconds=self.interview.active)
        return step


def rebuilt(stored: Attempt) -> Interview:
    """The interview of an attempt, as its record leaves it."""
    interview = Interview(stored.item.question, stored.budget, stored.strict, stored.twist)
    for entry, draft in replayed(stored.record):
        if isinstance(entry, Event):
            interview.apply(entry)
        elif interview.stage is Stage.ANSWER:  # every change says that time was spent until then
            interview.apply(Event(Kind.DRAFT_CHANGED, entry.at, draft))
        elif interview.stage is Stage.FOLLOW_UP:
            interview.pass_time(entry.at)
    return interview


def _common(first: str, second: str) -> int:
    """Length of the common beginning of two texts."""
    low, high = 0, min(len(first), len(second))
    while low < high:  # slices are compared in C, so halving is faster than going letter by letter
        middle = (low + high + 1) // 2
        low, high = (middle, high) if first[low:middle] == second[low:middle] else (low, middle - 1)
    return low


def rescue(sitting: Sitting, environ: Mapping[str, str]) -> str:
    """Put what was typed where the user can find it, and say where."""
    writing = sitting.interview.stage in (Stage.START, Stage.ANSWER, Stage.PAUSE)
    handed_in = "" if writing else sitting.interview.draft
    text = "\n\n".join(part for part in dict.fromkeys((handed_in, sitting.draft)) if part.strip())
    if not text:
        return "Nothing had been typed."
    name = f"prepdrill-answer-{sitting.item.question.id.replace('/', '-')}.txt"
    for folder in (Path(environ.get("HOME") or "."), Path.cwd(), Path(tempfile.gettempdir())):
        path = folder / name
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            with contextlib.suppress(OSError):
                if path.is_file() and path.stat().st_size == 0:
                    path.unlink()
            continue
        return f"Your answer is in {path}."
    return f"Your answer, to copy:\n\n{text}"
