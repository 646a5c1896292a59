"""`prepdrill demo`: one drill without typing, with a recorded answer."""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from prepdrill.cli.environment import Environment
from prepdrill.cli.options import Plain

QUESTION: Final = "post-training/dpo-margin-up-likelihood-down"
ANSWER: Final = (
    "DPO only constrains the difference of the two log-ratios, so the margin can keep rising",
    "while the chosen answer itself loses probability, as long as the rejected one loses more.",
    "That is what the two logp columns show: both fall, and accuracy and margin cannot tell.",
    "/ask where did the probability mass go",
    "I would not call the run healthy from the margin. The mass has to land on some other answer,",
    "and whether that is harmless or not I would find out by sampling from this checkpoint.",
)
FOLLOW_UP: Final = ("Falling chosen log-probability is harmless when the mass goes to answers that are just as good.",)
SECONDS: Final = 7.0
"""How long the typing takes in a terminal."""


def demo(plain: Plain = None) -> None:
    """Watch one drill being answered and graded. Nothing of it is kept."""
    from prepdrill.errors import Interrupted
    from prepdrill.graders.offline import Offline
    from prepdrill.history import open_history
    from prepdrill.linear import Desk, hold
    from prepdrill.sitting import Sitting

    environment = Environment()
    bank = environment.bank()
    item = bank.item(QUESTION)
    linear = environment.plain(plain)
    lines = itertools.chain(ANSWER, (".",), _follow_ups())
    typed = _typist(environment, lines, SECONDS if environment.stdout.isatty() else 0.0)
    desk = Desk(
        console=environment.console(plain=linear),
        read_line=typed,
        environ={},
        syllabus=bank.syllabus,
        scale=bank.scale,
        grader=Offline(bank.lexicon),
        plain=linear,
    )
    with (
        tempfile.TemporaryDirectory(prefix="prepdrill-") as folder,
        open_history(Path(folder) / "demo.sqlite") as history,
    ):
        session = history.begin_session("demo", "offline", environment.now().wall)
        sitting = Sitting.begin(history, session, item, environment.now, budget=item.question.minutes * 60)
        try:
            hold(desk, sitting)
        except KeyboardInterrupt:
            raise Interrupted("") from None
    environment.print("\nThat was a recording. Your turn: prepdrill drill")


def _follow_ups() -> Iterator[str]:
    while True:
        yield from FOLLOW_UP
        yield "."


def _typist(environment: Environment, lines: Iterator[str], seconds: float) -> Callable[[str], str]:
    """A line reader that types the recorded lines, in about so many seconds altogether."""
    letters = sum(map(len, (*ANSWER, *FOLLOW_UP)))
    pause = seconds / letters

    def read(prompt: str) -> str:
        line = next(lines)
        environment.stdout.write(prompt)
        for letter in line:
            environment.stdout.write(letter)
            if pause:
                environment.stdout.flush()
                time.sleep(pause)
        environment.stdout.write("\n")
        environment.stdout.flush()
        return line

    return read
