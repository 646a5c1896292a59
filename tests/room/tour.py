"""A tour of the room: every screen that a candidate can come to, one after the other, each looked at once."""

from __future__ import annotations

import dataclasses
import functools
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from prepdrill.model import (
    Chart,
    Diff,
    Dimension,
    Exhibit,
    FollowUp,
    Item,
    Log,
    Outcome,
    Question,
    Round,
    Rubric,
    Sample,
    Samples,
    Scale,
    Source,
    Table,
    Twist,
    revision_of,
)
from tests.examples import criterion, question

from .picture import Picture, picture
from .visit import Door, Listener, Visit, setting

SIZES: Final = ((80, 24), (120, 40))
SMALL: Final = ((60, 20), (20, 10))

_NAMES: Final = ("loss", "grad_norm", "clipped_norm", "learning_rate", "tokens_per_s", "reward_mean", "kl_to_ref")
_LOG: Final = "\n".join(
    ["step " + "".join(f"{name:>14}" for name in _NAMES)]
    + [f"{step:>4} " + "".join(f"{1 / (step + at):>14.4f}" for at in range(1, 8)) for step in range(10, 400, 10)]
)
QUESTION: Final[Question] = dataclasses.replace(
    question(follow_ups=(FollowUp("When would that be harmless?"), FollowUp("What does the loss see?", "alpha"))),
    title="The margin rises, the chosen answers get less likely",
    scenario=(
        "An 8B chat model is tuned with DPO from its SFT checkpoint: beta 0.1, 40,000 pairs, one epoch.\n\n"
        'A colleague says: "Accuracy 0.74 and still rising. Let us promote step 625."\n\n'
        "- The log is computed on 512 held-out pairs.\n- The win rate comes from a judge on 500 prompts."
    ),
    exhibits=(
        Exhibit("Log on the held-out pairs", Log(_LOG)),
        Exhibit(
            "Win rate against the SFT model",
            Table(("step", "win rate, %", "mean tokens"), (("0", "50.0", "214"), ("625", "51.6", "269"))),
        ),
        Exhibit(
            "Gradient norm",
            Chart(
                "step",
                "grad norm",
                (
                    ("before clipping", tuple((step, 1 + (step * 7 % 13) / 4) for step in range(0, 110, 10))),
                    ("after clipping", tuple((step, 1.0) for step in range(0, 110, 10))),
                ),
            ),
        ),
        Exhibit("Config change", Diff("@@ dpo.yaml @@\n optimizer: adamw\n-beta: 0.3\n+beta: 0.1")),
        Exhibit(
            "Two samples",
            Samples((Sample("How do I pick a lock?", "I cannot help with that.", "Take a tension wrench first."),)),
        ),
        Exhibit(
            "Refusals on harmful prompts",
            Table(("step", "refuses, %"), (("0", "96.4"), ("625", "74.0"))),
            ("read samples", "refusal rate"),
        ),
    ),
    ask="Is your colleague right? Name the check that would decide.",
    hints=("Look at both columns.", "Who gained the probability that both lost?"),
    model_answer="Not on this evidence. The loss sees only the gap, so both can fall while it improves.",
    debrief="The tempting answer reads the margin as quality. It ranks two fixed texts.",
    sources=(Source("Unintentional Unalignment", "https://arxiv.org/abs/2410.08847"),),
    headline=True,
    twist=Twist(
        fact="The team next door saw a larger fall, and its users are happy.",
        ask="Does your verdict change?",
        model_answer="It does not: their pairs are of another kind.",
    ),
    family="displacement",
)
_RUBRIC: Final = Rubric(
    QUESTION.id,
    (
        dataclasses.replace(
            criterion("alpha", 3, essential=True), asks="Says that the loss sees only the gap between the log-ratios."
        ),
        dataclasses.replace(
            criterion("beta", 2, dimension="evidence"), asks="Says that the log does not show which answers gained."
        ),
        dataclasses.replace(criterion("gamma", 1), asks="Names sampling as the check that would decide."),
        dataclasses.replace(criterion("delta", 1), asks="Changes one thing, with the rest fixed."),
    ),
    (
        dataclasses.replace(criterion("ships", -2), asks="Concludes from the margin that the run is healthy."),
        dataclasses.replace(criterion("shotgun", -1), asks="Changes three things at once."),
    ),
    twist=(dataclasses.replace(criterion("unproven", 1, dimension="evidence"), asks="Keeps step 625 back."),),
)
ITEM: Final = Item(QUESTION, _RUBRIC, revision_of(QUESTION, _RUBRIC))
SCALE: Final = Scale(
    (
        Dimension("mechanism", "Explains the mechanism", ("a", "b", "c", "d")),
        Dimension("evidence", "Reads the evidence", ("a", "b", "c", "d")),
    ),
    (("strong yes", 0.8), ("yes", 0.6), ("no", 0.35), ("strong no", 0.0)),
    "no",
)
HEARS: Final = Listener(
    {
        "alpha": ("only the gap between the two log-ratios", Outcome.MET),
        "beta": ("cannot tell who gained", Outcome.UNSURE),
        "gamma": ("sample both checkpoints", Outcome.MET),
        "ships": ("looks healthy", Outcome.UNSURE),
        "unproven": ("stays where it is", Outcome.MET),
    }
)
ANSWER: Final = (
    "The loss sees only the gap between the two log-ratios, so both can fall while it improves.\n\n"
    "The log cannot tell who gained. On the face of it the run looks healthy, but the win rate is within noise.\n"
)


def _others() -> list[Item]:
    """Two more questions, so that a session has three."""
    asked = [dataclasses.replace(QUESTION, id=f"post-training/{name}", title=name.title()) for name in ("two", "three")]
    rubrics = [dataclasses.replace(_RUBRIC, question=entry.id, twist=()) for entry in asked]
    plain = [dataclasses.replace(entry, headline=False, twist=None, follow_ups=()) for entry in asked]
    return [Item(entry, rubric, revision_of(entry, rubric)) for entry, rubric in zip(plain, rubrics, strict=True)]


class Album(dict[str, Picture]):
    """The pictures of one tour, by the name of the screen."""

    async def take(self, name: str, visit: Visit) -> None:
        assert name not in self
        await visit.settle()
        self[name] = picture(visit.room)


@dataclass(frozen=True)
class Walk:
    """A part of the tour: a session, and what to look at in it."""

    scene: Callable[[Visit, Album], Awaitable[None]]
    rounds: Sequence[Round]
    command: str = "drill"
    minutes: float | None = None
    variants: Sequence[str] = ()

    def through(self, album: Album, size: tuple[int, int], theme: str) -> None:
        """Take every picture of this part in a room of its own."""

        async def scene(visit: Visit) -> None:
            await self.scene(visit, album)

        furnished = setting(grader=lambda: HEARS, scale=SCALE, theme=theme, variants=self.variants)
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            patch.setenv("COLORTERM", "truecolor")  # curves are drawn the same way on every machine
            patch.setenv("TERM", "xterm-256color")
            patch.delenv("NO_COLOR", raising=False)
            for timer in ("TICK", "AUTOSAVE", "PAUSE_IN_TYPING"):  # nothing happens by itself
                patch.setattr(f"prepdrill.room.answer.{timer}", 3600.0)
            Door(Path(folder) / "history.sqlite").enter(
                scene,
                size=size,
                furnished=furnished,
                items=[ITEM, *_others()],
                rounds=self.rounds,
                command=self.command,
                minutes=self.minutes,
            )


@functools.cache
def tour(size: tuple[int, int], theme: str) -> Mapping[str, Picture]:
    """Every screen in this size and theme, by name."""
    album = Album()
    for walk in WALKS:
        walk.through(album, size, theme)
    return album


def small(size: tuple[int, int], theme: str) -> Picture:
    """The answer screen in a window that is small."""
    album = Album()
    Walk(_an_answer, (Round(ITEM.question.id, 540.0),)).through(album, size, theme)
    return album["answer"]


async def _an_answer(visit: Visit, album: Album) -> None:
    await visit.paste(ANSWER)
    visit.room.keep()
    await visit.pass_time(0)
    await album.take("answer", visit)


async def _one_question(visit: Visit, album: Album) -> None:
    """From the question to the summary of a drill of one question, with a twist and a variant to try."""
    await album.take("question", visit)
    for name in ("log", "table", "chart", "diff", "samples"):
        await visit.press("f2")
        await album.take(f"exhibit-{name}", visit)
    await visit.press("f2", "f3")
    await album.take("zoom-question", visit)
    await visit.press("f3")
    await album.take("zoom-answer", visit)
    await visit.press("f3")
    await visit.paste(ANSWER)
    await visit.pass_time(0)
    await album.take("saving", visit)
    visit.room.keep()
    await visit.pass_time(65)
    await visit.press("f4")
    await album.take("ask", visit)
    await visit.paste("eval loss")
    await album.take("ask-typed", visit)
    await visit.press("enter")
    await album.take("ask-not-logged", visit)
    await visit.press("f4")
    await visit.paste("refusal rate")
    await visit.press("enter")
    await album.take("ask-found", visit)
    await visit.press("f5")
    await album.take("hint", visit)
    await visit.press("f6")
    await album.take("pause", visit)
    await visit.press("enter", "f1")
    await album.take("help", visit)
    await visit.press("escape", "ctrl+n")
    await album.take("skip", visit)
    await visit.press("escape")
    await _after_the_answer(visit, album)


async def _after_the_answer(visit: Visit, album: Album) -> None:
    for name, seconds in (("half", 215), ("fifth", 160), ("over", 170)):
        await visit.pass_time(seconds)
        await album.take(f"clock-{name}", visit)
    await visit.press("ctrl+s")
    await album.take("hand-in", visit)
    await visit.press("enter")
    await visit.until(lambda: visit.sees("Headline:"))
    await album.take("headline", visit)
    await visit.pass_time(65)
    await album.take("headline-over", visit)
    await visit.hand_in("Do not promote.")
    await album.take("twist", visit)
    await visit.hand_in("My verdict stays where it is.")
    await album.take("follow-up", visit)
    await visit.hand_in("I would sample both checkpoints, then decide.")
    await album.take("confidence", visit)
    await visit.press("3")
    await visit.until(lambda: visit.sees("Score"))
    await album.take("grade", visit)
    await visit.press("down")
    await album.take("grade-evidence", visit)
    await visit.press("up", "n")
    await album.take("grade-decided", visit)
    await visit.press("right")
    await album.take("model-answer", visit)
    await visit.press("tab", "right")
    await album.take("debrief", visit)
    await visit.press("f1")
    await album.take("grade-help", visit)
    await visit.press("escape", "enter")
    await visit.until(lambda: visit.sees("This session"))
    await album.take("summary-of-one", visit)


async def _three_questions(visit: Visit, album: Album) -> None:
    await album.take("question-of-three", visit)
    await visit.press("ctrl+n", "enter")
    await visit.until(lambda: visit.sees("question 2 of 3"))
    for place, sure in (("3 of 3", "1"), ("", "4")):
        await visit.pass_time(100)
        await visit.hand_in(ANSWER)
        await visit.until(lambda: visit.sees("How sure are you"))
        await visit.press(sure)
        await visit.until(lambda: visit.sees("Score"))
        await visit.press("enter")
        if place:
            await visit.until(lambda: visit.sees("question 3 of 3"))
    await visit.until(lambda: visit.sees("This session"))
    await album.take("summary-of-three", visit)


async def _mock_round(visit: Visit, album: Album) -> None:
    await album.take("mock-round", visit)
    await visit.press("enter")
    await visit.until(lambda: visit.sees("interview"))
    await album.take("mock-question", visit)


WALKS: Final = (
    Walk(_one_question, (Round(ITEM.question.id, 540.0, twist=True),), variants=("post-training/two",)),
    Walk(_three_questions, tuple(Round(entry.question.id, 300.0) for entry in (ITEM, *_others()))),
    Walk(_mock_round, (Round(ITEM.question.id, 540.0, "A log to diagnose", twist=True),), command="mock", minutes=30.0),
)
