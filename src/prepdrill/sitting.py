"""One interview being sat: every event goes through the state machine and onto disk before anything else is shown.

The plain session and the room drive an interview through this; neither writes to the history by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from prepdrill import scoring
from prepdrill.drill import Interview, Stage, Step, missed
from prepdrill.graders import Grader
from prepdrill.history import Attempt, History, drafted
from prepdrill.model import Event, Exhibit, Grade, Item, Moment, Scale
from prepdrill.model import EventKind as Kind


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
    ) -> Sitting:
        """A new attempt at `item`; `budget` is in seconds, None without a clock."""
        attempt = history.begin_attempt(session, item, now().wall, budget, strict)
        sitting = cls(history, attempt, item, Interview(item.question, budget, strict), now)
        sitting._happen(Kind.STARTED)
        return sitting

    @classmethod
    def resume(cls, history: History, stored: Attempt, now: Callable[[], Moment]) -> Sitting:
        """An attempt that was cut off, at the point where it stood."""
        interview = Interview(stored.item.question, stored.budget, stored.strict)
        for number, entry in enumerate(stored.record, start=1):
            if isinstance(entry, Event):
                interview.apply(entry)
            elif interview.stage is Stage.ANSWER:  # every line says that time was spent until then
                interview.apply(Event(Kind.DRAFT_CHANGED, entry.at, drafted(stored.record[:number])))
        sitting = cls(history, stored.id, stored.item, interview, now, stored.draft.split("\n") if stored.draft else [])
        if interview.stage is not Stage.START:
            sitting._happen(Kind.RESUMED)
        return sitting

    @property
    def draft(self) -> str:
        return "\n".join(self.lines)

    # --- the answer

    def shown(self) -> Step:
        """The question stands before the candidate: the clock runs."""
        return self._happen(Kind.SHOWN)

    def add_line(self, line: str) -> None:
        self.lines.append(line)  # first, so that a failure to store it does not lose it
        self.history.add_line(self.attempt, line, self.now())

    def replace_draft(self, text: str) -> None:
        self.lines = text.split("\n") if text else []
        self.history.replace_draft(self.attempt, text, self.now())

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

    def follow_up_asked(self, ask: str) -> None:
        self._happen(Kind.FOLLOW_UP_ASKED, ask)

    def answer_follow_up(self) -> Step:
        """Hand the draft in as the answer to the follow-up that was asked last."""
        event = Event(Kind.FOLLOW_UP_ANSWERED, self.now(), self.draft)
        step = self.interview.apply(event)
        self.history.add_exchange(self.attempt, self.interview.exchanges[-1], event, seconds=self.interview.active)
        self.lines = []
        return step

    def leave(self) -> None:
        """The candidate goes away for now: the clock stands still until they are back."""
        if self.interview.stage is Stage.ANSWER:
            self.pause()

    def end(self) -> None:
        self._happen(Kind.ENDED)

    def _happen(self, kind: Kind, text: str = "", missed: frozenset[str] = frozenset()) -> Step:
        event = Event(kind, self.now(), text, missed)
        step = self.interview.apply(event)
        self.history.record(self.attempt, event, seconds=self.interview.active)
        return step
