"""A question so plain that a model which gets it wrong can judge nothing: what `prepdrill judge check` sends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from prepdrill.model import Criterion, Exhibit, Item, Log, Outcome, Question, Rubric, Transcript, revision_of

_QUESTION: Final = Question(
    id="judge/trial",
    title="The loss that does not move",
    topics=(),
    kind="diagnose",
    level="warm-up",
    minutes=1,
    family=None,
    scenario="A fine-tuning run was started from a checkpoint this morning.",
    exhibits=(Exhibit("Log", Log("step   loss   lr\n 100  2.310  0.0\n 200  2.310  0.0")),),
    ask="What is wrong, and what would you do?",
    follow_ups=(),
    hints=(),
    model_answer="The learning rate is zero, so nothing is trained. I would mend the schedule and start again.",
    debrief="",
    sources=(),
)
_RUBRIC: Final = Rubric(
    "judge/trial",
    (
        Criterion(
            "zero-rate",
            "evidence",
            1,
            True,
            "Says that the learning rate is zero.",
            ("lr is 0.0 in the log, so nothing is updated.",),
            ("The learning rate is too high.",),
        ),
        Criterion(
            "mends-schedule",
            "intervention",
            1,
            False,
            "Proposes to mend the learning-rate schedule and to run again.",
            ("Fix the scheduler, then restart.",),
            ("Train for longer.",),
        ),
    ),
    (),
)
ITEM: Final = Item(_QUESTION, _RUBRIC, revision_of(_QUESTION, _RUBRIC))
ANSWER: Final = Transcript("The loss is flat because the learning rate is zero in both rows. I would buy more GPUs.")
RIGHT: Final[Mapping[str, Outcome]] = {"zero-rate": Outcome.MET, "mends-schedule": Outcome.UNMET}
