"""A session: its questions one after the other, begun or gone on with, each an interview being sat."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from prepdrill.errors import PrepdrillError
from prepdrill.history import History
from prepdrill.model import Item, Moment, Plan, Round
from prepdrill.sitting import Sitting

MOCK: Final = "mock"
"""What the sessions of mock interviews are stored under."""


@dataclass(slots=True)
class Programme:
    """The rounds of one session. Every method raises HistoryError if what it does cannot be stored."""

    history: History
    session: int
    command: str
    plan: Plan
    item: Callable[[str], Item]
    """The question with this identity; raises PrepdrillError if it is gone."""
    now: Callable[[], Moment]
    strict: bool = False
    number: int = 0
    """Of the present round, counted from 1; 0 before the first."""
    _unfinished: int | None = None

    @classmethod
    def begin(
        cls,
        history: History,
        command: str,
        plan: Plan,
        item: Callable[[str], Item],
        now: Callable[[], Moment],
        *,
        grader: str,
        seed: int | None = None,
        strict: bool = False,
    ) -> Programme:
        """A new session."""
        session = history.begin_session(command, grader, now().wall, seed, plan)
        history.claim(session)
        return cls(history, session, command, plan, item, now, strict)

    @classmethod
    def resume(
        cls, history: History, session: int, item: Callable[[str], Item], now: Callable[[], Moment]
    ) -> Programme:
        """A session that was cut off, at the question where it stood.

        Raises PrepdrillError if another window sits it.
        """
        if not history.claim(session):
            raise PrepdrillError("This session is open in another window; go on there, or close that one first.")
        stored = history.session(session)
        attempts = history.attempts_of(session)
        last = history.attempt(attempts[-1])
        rounds = stored.plan.rounds if stored.plan is not None else ()
        if len(rounds) < len(attempts):
            rounds = tuple(Round(history.attempt(id).item.question.id, None) for id in attempts)
        plan = Plan(rounds, stored.plan.minutes, stored.plan.probe) if stored.plan is not None else Plan(rounds)
        unfinished = last.id if last.state in ("open", "answered") else None
        number = len(attempts) - (unfinished is not None)
        return cls(history, session, stored.command, plan, item, now, last.strict, number, unfinished)

    @property
    def mock(self) -> bool:
        """Whether it is a mock interview: no grade in between, one scorecard at its end."""
        return self.command == MOCK

    @property
    def count(self) -> int:
        return len(self.plan.rounds)

    @property
    def present(self) -> Round:
        """The round that is being sat."""
        return self.plan.rounds[self.number - 1]

    @property
    def place(self) -> str:
        """`Question 1 of 3`, nothing where there is only one; `Round 1 of 4: Warm-up` in a mock interview."""
        if self.present.role:
            return f"Round {self.number} of {self.count}: {self.present.role}"
        return f"Question {self.number} of {self.count}" if self.count > 1 else ""

    @property
    def why(self) -> str:
        """In one line, why the present question was chosen; nothing if it was asked for by name."""
        return self.present.why

    def next(self) -> Sitting | None:
        """The next round, begun or gone on with; None after the last one."""
        if self.number == self.count:
            return None
        self.number += 1
        if self._unfinished is not None:
            stored, self._unfinished = self.history.attempt(self._unfinished), None
            return Sitting.resume(self.history, stored, self.now)
        round = self.present
        return Sitting.begin(
            self.history,
            self.session,
            self.item(round.question),
            self.now,
            budget=round.budget,
            strict=self.strict,
            twist=round.twist,
        )

    def add(self, round: Round) -> None:
        """Put one more round after the present one."""
        rounds = (*self.plan.rounds[: self.number], round, *self.plan.rounds[self.number :])
        plan = dataclasses.replace(self.plan, rounds=rounds)
        self.history.change_plan(self.session, plan)
        self.plan = plan

    def end(self) -> None:
        """The session is over: nothing of it is left to go on with."""
        self.history.end_session(self.session, self.now().wall)
