"""`prepdrill demo`: one drill without typing, with a recorded answer."""

from __future__ import annotations

import itertools
import tempfile
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prepdrill.cli.environment import Environment
from prepdrill.cli.options import Plain

if TYPE_CHECKING:
    from prepdrill.drill import Interview

QUESTION: Final = "post-training/dpo-margin-up-likelihood-down"
ANSWER: Final = (
    "No. The DPO loss only sees the gap between the two log-ratios, so it keeps",
    "improving while both fall, as long as the rejected one falls faster.",
    "The log cannot tell us where the lost probability went: which other",
    "answers gained is simply not in it.",
    "/ask where did the probability mass go",
    "The win rates were measured on ordinary chat, so they would not show lost",
    "refusals. I would sample the tuned and the SFT model on harmful and",
    "ordinary prompts and read what they write. If refusals hold, I keep the",
    "run; if it complies more, I do not promote step 625.",
    "In that case one change: filter the both-refuse pairs, all else fixed.",
)
FOLLOW_UPS: Final[Mapping[str | None, tuple[str, ...]]] = {
    None: ("When it goes to rewordings that are just as good; sampling would show.",),
    "same-meaning-pairs": (
        "The pairs where both answers refuse: pushing down one refusal pushes down",
        "refusing as such.",
    ),
}
CONFIDENCE: Final = "3"
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
    recording = Recording(environment, SECONDS if environment.stdout.isatty() else 0.0)
    desk = Desk(
        console=environment.console(plain=linear),
        read_line=recording.read,
        environ={},
        syllabus=bank.syllabus,
        scale=bank.scale,
        grader=Offline(bank.lexicon),
        plain=linear,
        kept=False,
    )
    with (
        tempfile.TemporaryDirectory(prefix="prepdrill-") as folder,
        open_history(Path(folder) / "demo.sqlite") as history,
    ):
        session = history.begin_session("demo", "offline", environment.now().wall)
        sitting = Sitting.begin(history, session, item, environment.now, budget=item.question.minutes * 60)
        recording.interview = sitting.interview
        try:
            hold(desk, sitting)
        except KeyboardInterrupt:
            raise Interrupted("") from None
    environment.print("\nThat was a recording. Your turn: prepdrill drill")


class Recording:
    """A line reader that types the recorded lines, in about so many seconds altogether."""

    def __init__(self, environment: Environment, seconds: float) -> None:
        self.interview: Interview | None = None
        self._environment = environment
        self._lines = deque((*ANSWER, "."))
        recorded = (*ANSWER, *itertools.chain.from_iterable(FOLLOW_UPS.values()))
        self._pause = seconds / sum(map(len, recorded))

    def read(self, prompt: str) -> str:
        """The next recorded line, typed letter by letter after the prompt."""
        if not self._lines:
            asked = self.interview.step if self.interview is not None else None
            if asked is not None and asked.prompt is None:
                self._lines.append(CONFIDENCE)
            else:
                said = FOLLOW_UPS.get(asked.prompt.when_missed if asked and asked.prompt else None, ())
                self._lines.extend((*said, "."))
        line = self._lines.popleft()
        out = self._environment.stdout
        out.write(prompt)
        for letter in line:
            out.write(letter)
            if self._pause:
                out.flush()
                time.sleep(self._pause)
        out.write("\n")
        out.flush()
        return line
