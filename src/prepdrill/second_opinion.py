"""The judge's part in an attempt that is being sat: its grade, and follow-ups of its own, asked for in the background.

Until its grade is there, or if it never comes, the offline grade stands; in the place of follow-ups that do not come,
the question's own are asked.
"""

from __future__ import annotations

import concurrent.futures
from typing import TYPE_CHECKING

from prepdrill import judging
from prepdrill.errors import PrepdrillError
from prepdrill.model import Grade, Scale, Transcript
from prepdrill.sitting import Sitting

if TYPE_CHECKING:
    from prepdrill.graders.judge import Judgement
    from prepdrill.graders.probe import Probe
    from prepdrill.model import Item


class SecondOpinion:
    """What the judge says to one sitting. `failure` says why it will say nothing, and is empty before."""

    def __init__(
        self,
        background: judging.Background,
        sitting: Sitting,
        scale: Scale,
        *,
        grades: bool = True,
        probes: bool = False,
    ) -> None:
        """`grades` says that the judge grades, `probes` that it asks."""
        self.sitting = sitting
        self.failure = ""
        self.limited = False
        """Whether it failed because nothing more may be spent."""
        self.grade: Grade | None = None
        """Stored with the attempt."""
        self._background = background
        self._scale = scale
        self._grades = grades
        self._probes = probes
        self._probing: concurrent.futures.Future[tuple[Probe, ...]] | None = None
        self._asked: concurrent.futures.Future[Judgement] | None = None

    def begin(self) -> None:
        """The answer is in: have it read already while the candidate is asked more."""
        answer, item = Transcript(self.sitting.interview.transcript.answer), self.sitting.item
        if not answer.text.strip():
            return
        if self._probes and self.sitting.interview.will_follow_up:
            self._probing = self._background.run(lambda judge: _probed(judge, item, answer))
        elif self._grades:
            self._background.judged(item, answer)

    def ask(self) -> None:
        """All is said: ask for the verdicts on it."""
        transcript = self.sitting.interview.transcript
        if self._grades and self._asked is None and transcript.text.strip():
            self._asked = self._background.judged(self.sitting.item, transcript)

    # --- follow-ups

    @property
    def thinking(self) -> bool:
        """Whether the next thing to be asked waits for the judge."""
        return self._probing is not None and self.sitting.interview.may_probe

    def think(self, seconds: float) -> bool:
        """Wait for its follow-ups, so long at most; says whether nothing is left to wait for."""
        if self._probing is not None:
            concurrent.futures.wait([self._probing], timeout=seconds)
        return self._probing is None or self._probing.done()

    def probe(self) -> bool:
        """Put its follow-ups in the place of the question's, if there are any by now; they are not waited for again."""
        probing, self._probing = self._probing, None
        if probing is None or not probing.done() or not self.sitting.interview.may_probe:
            return False
        try:
            probes = probing.result()
        except (Exception, concurrent.futures.CancelledError) as error:  # the question's own are asked instead
            if not self._grades:  # else the grade will say what is wrong with the judge
                self.failure = str(error) or type(error).__name__
            return False
        for probe in probes:
            self.sitting.probe(probe.ask, probe.criterion)
        return bool(probes)

    # --- the grade

    @property
    def waiting(self) -> bool:
        """Whether the judge was asked and has neither answered nor failed."""
        return self._asked is not None and self.grade is None and not self.failure

    def wait(self, seconds: float) -> bool:
        """Wait for the judge, so long at most; says whether it is through."""
        if self._asked is not None:
            concurrent.futures.wait([self._asked], timeout=seconds)
        return self._asked is None or self._asked.done()

    def take(self) -> Grade | None:
        """The judge's grade, stored, as soon as it is there; None before, and for ever if the judge fails."""
        if not self.waiting or self._asked is None or not self._asked.done():
            return None
        try:
            judgement = self._asked.result()
            grade = judging.grade(self.sitting.item, self._scale, self._background.judge, judgement)
        except (PrepdrillError, concurrent.futures.CancelledError) as error:
            self.failure = str(error) or "it was stopped"
            self.limited = isinstance(error, judging.LimitReached)
        except Exception as error:  # whatever it is, the candidate has answered and goes on
            self.failure = f"it broke down ({type(error).__name__})"
        else:
            before = self.sitting.settling()
            self.sitting.judged(grade, [reply.digest for reply in judgement.replies])
            if before is not None and before.states[-1]:  # what was decided by hand stays decided
                self.sitting.settle(grade, before.states[-1], self._scale)
            self.grade = grade
        return self.grade

    @property
    def told(self) -> str:
        """How it stands, in a sentence for the candidate; nothing once the grade is there."""
        if self.failure and not self._grades:
            return f"The judge asked nothing, so the prepared questions were asked: {self.failure.rstrip('.')}."
        if self.failure:
            return (
                f"The judge gave no grade, so the offline grade stands: {self.failure.rstrip('.')}."
                f" Later: prepdrill grade {self.sitting.attempt} --grader judge"
            )
        if self.waiting:
            return "The judge is reading; its grade will take the place of this one."
        return ""


async def _probed(judge: judging.Judging, item: Item, answer: Transcript) -> tuple[Probe, ...]:
    """The judge's follow-ups to an answer, which it reads for that."""
    from prepdrill.graders.probe import probing

    judgement = await judge.judged(item, answer)
    return await judge.driven(probing(item.question, item.rubric, answer, judgement.verdicts))
