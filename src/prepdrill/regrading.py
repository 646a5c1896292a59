"""Attempts of the history graded once more, by the judge or offline; a second run takes up what is left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from prepdrill import scoring
from prepdrill.errors import JudgeError
from prepdrill.graders import self_check
from prepdrill.graders.offline import Offline
from prepdrill.history import History
from prepdrill.model import Grade, Item, Lexicon, Outcome, Scale, Transcript

if TYPE_CHECKING:
    from prepdrill.judging import Purse, Tally, Terms


class Regrading:
    """One run over attempts. What it graded is in the history at once, whatever ends the run."""

    def __init__(
        self,
        history: History,
        lexicon: Lexicon,
        scale: Scale,
        now: Callable[[], float],
        terms: Terms | None = None,
    ) -> None:
        """`now` gives seconds since the epoch. Without `terms` the offline grader grades."""
        self.history = history
        self.asked = 0
        self.graded = 0
        self.already = 0
        """Attempts that have this very grade."""
        self.kept = 0
        """Attempts in which what the user had settled was laid over the new grade."""
        self.failures: list[tuple[int, JudgeError]] = []
        self.grades: dict[int, Grade] = {}
        """The grade of each attempt, where there are few."""
        self.purse: Purse | None = None if terms is None else terms.purse
        self.tally: Tally | None = None
        self._lexicon = lexicon
        self._scale = scale
        self._now = now
        self._terms = terms

    @property
    def done(self) -> int:
        return self.graded + self.already

    def run(self, attempts: Sequence[int], advance: Callable[[], None] = lambda: None, *, anew: bool = False) -> None:
        """Grade these attempts, and call `advance` after each. `anew` asks again where a judge left criteria out."""
        self.asked = len(attempts)
        if anew and self._terms is not None:
            for number in attempts:
                self._forget_failures(number)
        if self._terms is None:
            self._run_offline(attempts, advance)
        else:
            import asyncio

            asyncio.run(self._run_judge(self._terms, attempts, advance))

    def _forget_failures(self, number: int) -> None:
        """Forget the replies behind the newest grade of a judge if it left something ungraded."""
        judged = [stored for stored in self.history.grades(number) if stored.grade.grader.name == "judge"]
        if judged and any(verdict.outcome is Outcome.UNGRADED for verdict in judged[-1].grade.verdicts):
            replies = self.history.replies()
            replies.forget(reply.digest for reply in replies.of_grade(judged[-1].id))

    def _run_offline(self, attempts: Sequence[int], advance: Callable[[], None]) -> None:
        graded = offline(self._lexicon, self._scale)
        for number in attempts:
            stored = self.history.attempt(number)
            self._keep(number, stored.item, graded(stored.item, stored.transcript), [])
            advance()

    async def _run_judge(self, terms: Terms, attempts: Sequence[int], advance: Callable[[], None]) -> None:
        from prepdrill import judging

        assert self.purse is not None

        async def judged(number: int) -> None:
            stored = self.history.attempt(number)
            judgement = await judge.judged(stored.item, stored.transcript)
            grade = judging.grade(stored.item, self._scale, judge.judge, judgement)
            self._keep(number, stored.item, grade, [reply.digest for reply in judgement.replies])
            advance()

        def failed(number: int, error: JudgeError) -> None:
            self.failures.append((number, error))
            advance()

        async with judging.opened(terms, self._lexicon, self.history, self.purse, self._now) as judge:
            self.tally = await judging.each(attempts, judged, width=2 * terms.concurrency, failed=failed)

    def _keep(self, number: int, item: Item, grade: Grade, replies: Sequence[str]) -> None:
        if self.asked <= FEW:
            self.grades[number] = grade
        if self.history.graded(number, grade.grader, grade.fingerprint):
            self.already += 1
        else:
            before = [stored.grade for stored in self.history.grades(number)]
            self.history.add_grade(number, grade, self._now(), replies)
            self.graded += 1
            decided = self_check.decisions(before[-1]) if before else {}
            if decided:  # what was settled by hand stays settled, whoever grades
                self.kept += 1
                verdicts = self_check.settled(grade, decided)
                settled = scoring.grade(item, self._scale, self_check.ID, grade.fingerprint, verdicts)
                self.history.add_grade(number, settled, self._now())


FEW = 100
"""Attempts up to which a run keeps every grade at hand."""


def offline(lexicon: Lexicon, scale: Scale) -> Callable[[Item, Transcript], Grade]:
    """The offline grade of an answer."""
    grader = Offline(lexicon)

    def graded(item: Item, transcript: Transcript) -> Grade:
        verdicts = grader(item.question, item.rubric, transcript)
        return scoring.grade(item, scale, grader.id, scoring.fingerprint(item, transcript, grader.id), verdicts)

    return graded
