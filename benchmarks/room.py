"""The room against an empty Textual app, and how soon a key press is on the screen.

    python benchmarks/room.py [--rounds N] [--keys N]

Everything runs in a pseudo-terminal of 40 lines and 120 columns. First paint is the time from the start of a process
until its first words have been written to the terminal, in turns with an empty app that has a TextArea; the ratio of
the medians is printed with its interval by bootstrap. A key press is timed from the write to the terminal until the
output that changes the screen has been read.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from tests.end_to_end.room_terminal import RoomTerminal

from prepdrill.bank import built_in_root
from start_up import PREPDRILL, interval

QUESTION: Final = "post-training/dpo-margin-up-likelihood-down"
SIZE: Final = (40, 120)
FIRST_WORDS: Final = "An 8B chat model"
FIRST_PAINT: Final = 1.4
"""Target: first paint of the room, as a multiple of the empty app's."""
KEY_MS: Final = 50.0
"""Target: 95th percentile of a key press, in milliseconds."""
WORDS: Final = 2_000
LONG_PASTE: Final = 10_000
LOG_LINES: Final = 5_000
EMPTY_APP: Final = """
from textual.app import App, ComposeResult
from textual.widgets import TextArea
class Empty(App[None]):
    def compose(self) -> ComposeResult:
        yield TextArea(placeholder="An empty app.")
Empty().run()
"""


def seconds_to_paint(home: Path, words: str, command: str, *arguments: str) -> float:
    """Wall-clock seconds from the start of a process until it has written these words."""
    begun = time.perf_counter()
    with RoomTerminal(home, *arguments, command=command, size=SIZE) as terminal:
        written = ""
        while words not in written:
            written += terminal.written(5.0)
        return time.perf_counter() - begun


def first_paint(root: Path, rounds: int) -> bool:
    """Print the ratio, and say whether it is within the target."""
    empty = root / "empty.py"
    empty.write_text(EMPTY_APP)

    def ours() -> float:
        return seconds_to_paint(root / "home", FIRST_WORDS, *PREPDRILL, "drill", "--question", QUESTION)

    def theirs() -> float:
        return seconds_to_paint(root / "home", "n empty app.", sys.executable, str(empty))  # the cursor is on the A

    ours(), theirs()  # warm the file cache and the index
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    first, second = (statistics.median(pair[at] for pair in pairs) for at in (0, 1))
    low, high = interval(pairs)
    within = first / second <= FIRST_PAINT
    print(
        f"{'first paint, against an empty Textual app with a TextArea':58} {1000 * first:5.0f} ms /"
        f" {1000 * second:5.0f} ms = {first / second:.2f} ({low:.2f} to {high:.2f}), target {FIRST_PAINT:.2f}:"
        f" {'within' if within else 'MISSED'}",
        flush=True,
    )
    return within


def bank_with_long_log(folder: Path) -> Path:
    """A bank with one question, whose first exhibit is a long log."""
    lines = [f"{at:6} {2 + 1 / at:7.4f} {1e-6 * at:9.2e} {at % 97:5} {at % 13:5}" for at in range(1, LOG_LINES)]
    log = "\n".join(f"      {line}" for line in ("  step    loss        lr  norm  skip", *lines))
    for kind in ("questions", "rubrics"):
        text = (built_in_root() / kind / f"{QUESTION}.yaml").read_text()
        target = folder / kind / "post-training" / "long.yaml"
        target.parent.mkdir(parents=True)
        target.write_text(text.replace("exhibits:\n", f"exhibits:\n  - title: Trainer\n    log: |\n{log}\n", 1))
    return folder


def answer(words: int, paragraphs: int) -> str:
    """So many words in so many paragraphs, the last word unlike all others."""
    each = words // paragraphs
    whole = [" ".join(f"word{number % 1000}" for number in range(each)) for _ in range(paragraphs)]
    return "\n\n".join(whole) + " finished"


def opened(root: Path, bank: Path) -> RoomTerminal:
    """The room with the long log in sight and the keyboard on the editor."""
    question = ("--question", "post-training/long", "--no-timer")
    terminal = RoomTerminal(root / "home", "drill", *question, "--bank", str(bank), size=SIZE)
    terminal.wait_until_ready()
    terminal.press("f2")
    terminal.wait_for("skip")
    return terminal


def key_presses(root: Path, bank: Path, paragraphs: int, *, middle: bool, keys: int) -> bool:
    """Type into a long answer, print how long a key takes to be seen, and say whether that is within the target."""
    with opened(root, bank) as terminal:
        terminal.paste(answer(WORDS, paragraphs))
        terminal.wait_for("finished")
        if middle:
            terminal.press("ctrl+home")
            terminal.settle()
            terminal.press(*["down"] * 100, *["right"] * 20)
            terminal.settle(0.2)
        took = sorted(1000 * seconds_to_show(terminal, number) for number in range(keys))
    place = "in the middle" if middle else "at the end"
    name = f"key {place}, {WORDS:,} words in {paragraphs} paragraph{'s' if paragraphs > 1 else ''}"
    late = took[int(0.95 * (len(took) - 1))]
    verdict = "within" if late <= KEY_MS else "MISSED"
    print(
        f"{name:58} median {statistics.median(took):4.1f} ms, 95 % {late:4.1f} ms, most {took[-1]:5.1f} ms,"
        f" target {KEY_MS:.0f} ms for 95 %: {verdict}",
        flush=True,
    )
    return late <= KEY_MS


def seconds_to_show(terminal: RoomTerminal, number: int) -> float:
    """Seconds from pressing a letter until a cell above the status line has changed."""
    if number % 7 == 0:  # between two words a blank, which is not timed: at the end of a line it changes no cell
        terminal.press(" ")
        terminal.settle(0.1)
    terminal.settle(0.02)
    before = shown(terminal)
    begun = time.perf_counter()
    terminal.press("abcdefg"[number % 7])
    waited = 0.1
    while waited < 5:
        for at, part in list(written_within(terminal, waited)):  # whole first: to show it takes time as well
            terminal.show(part)
            if shown(terminal) != before:
                return at - begun
        waited *= 2
    raise RuntimeError(f"A key has changed nothing on the screen:\n{terminal.text}")


def written_within(terminal: RoomTerminal, seconds: float) -> Iterator[tuple[float, str]]:
    """What the program writes in so many seconds, and when each part of it came."""
    end = time.perf_counter() + seconds
    while (left := end - time.perf_counter()) > 0:
        part = terminal.written(left)
        if part:
            yield time.perf_counter(), part


def shown(terminal: RoomTerminal) -> list[str]:
    return terminal.display()[:-2]


def long_paste(root: Path, bank: Path, rounds: int) -> None:
    """Print how long it takes until a long paste is on the screen."""

    def seconds() -> float:
        with opened(root, bank) as terminal:
            begun = time.perf_counter()
            terminal.paste(answer(LONG_PASTE, 1))
            terminal.wait_for("finished")
            return time.perf_counter() - begun

    took = [seconds() for _ in range(rounds)]
    print(f"{f'paste of {LONG_PASTE:,} words':58} median {statistics.median(took):.2f} s, most {max(took):.2f} s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--keys", type=int, default=200)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        bank = bank_with_long_log(root / "bank")
        passed = [first_paint(root, arguments.rounds)]
        for paragraphs in (1, 60):
            for middle in (False, True):
                passed.append(key_presses(root, bank, paragraphs, middle=middle, keys=arguments.keys))
        long_paste(root, bank, 5)
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
