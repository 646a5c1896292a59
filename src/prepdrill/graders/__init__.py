"""Graders: `(question, rubric, transcript) -> verdicts`, each with a name and a version."""

from __future__ import annotations

from typing import Protocol

from prepdrill.model import GraderId, Question, Rubric, Transcript, Verdict


class Grader(Protocol):
    """Decides every criterion and red flag of a rubric, in the rubric's order.

    What cannot be decided is `unsure`; what could not be graded at all is `ungraded`. A failure is never a verdict.
    """

    @property
    def id(self) -> GraderId: ...

    def __call__(self, question: Question, rubric: Rubric, transcript: Transcript) -> list[Verdict]: ...
