"""Small values of the model for tests that need no bank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prepdrill.model import (
    Criterion,
    Dimension,
    Exhibit,
    FollowUp,
    Item,
    Log,
    Outcome,
    Question,
    Rubric,
    Scale,
    Verdict,
    revision_of,
)

SCALE = Scale(
    (Dimension("mechanism", "Explains the mechanism", ("a", "b", "c", "d")),),
    (("strong yes", 0.8), ("yes", 0.6), ("no", 0.35), ("strong no", 0.0)),
    "no",
)


def question(
    id: str = "post-training/example", follow_ups: Sequence[FollowUp] = (), hints: Sequence[str] = ("First.", "Second.")
) -> Question:
    return Question(
        id=id,
        title="An example",
        topics=("post-training/stability",),
        kind="diagnose",
        level="core",
        minutes=5,
        family=None,
        scenario="A run of an 8B model.",
        exhibits=(
            Exhibit("Log", Log("step loss\n1 2.0")),
            Exhibit("Unclipped gradient norm", Log("step norm\n1 9.0"), ("norm before clipping", "raw grad norm")),
            Exhibit("Batch hashes", Log("step hash\n1 aa"), ("sample ids", "which data was read")),
        ),
        ask="Why?",
        follow_ups=tuple(follow_ups),
        hints=tuple(hints),
        model_answer="The learning rate is zero.",
        debrief="Not the data.",
        sources=(),
    )


def criterion(
    id: str, points: float = 2, *, essential: bool = False, dimension: str = "mechanism", look_for: Sequence[str] = ()
) -> Criterion:
    return Criterion(
        id,
        dimension,
        points,
        essential,
        f"Says {id}.",
        (f"It is {id}.",),
        ("Something else.",),
        (tuple(look_for),) if look_for else (),
    )


def item(rubric: Sequence[Criterion], asked: Question | None = None) -> Item:
    asked = asked or question()
    positive = tuple(entry for entry in rubric if entry.points > 0)
    complete = Rubric(asked.id, positive, tuple(entry for entry in rubric if entry.points < 0))
    return Item(asked, complete, revision_of(asked, complete))


def verdicts(outcomes: Mapping[str, Outcome | str], *, prompted: Sequence[str] = ()) -> list[Verdict]:
    return [
        Verdict(id, Outcome(outcome), None, "because", 0.9, prompted=id in prompted, by="test")
        for id, outcome in outcomes.items()
    ]
