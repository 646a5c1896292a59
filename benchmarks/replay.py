"""The schedule on a long history: replaying it against reading it, and `prepdrill` alone against an empty command.

python benchmarks/replay.py [--rounds N] [--attempts N]
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parent))

from history_scale import filled
from prepdrill.bank import open_bank
from prepdrill.days import day_of
from prepdrill.history import open_history
from prepdrill.model import Subject
from prepdrill.schedule import replay
from start_up import EMPTY_APP, PREPDRILL, compared, interval, timed

REPLAY_TARGET: Final = 1.5
HOME_TARGET: Final = 1.6
DAY: Final = 86_400.0
A_YEAR: Final = 5 * 365
"""Attempts of a year of daily use: forty minutes a day are five questions."""


def seconds(action: Callable[[], Any]) -> float:
    """How long it takes, on the processor: replaying waits for nothing."""
    start = time.process_time()
    action()
    return time.process_time() - start


def replayed(home: Path, rounds: int) -> bool:
    """Print the time of replaying a history over that of reading it; whether it is within the target."""
    bank = open_bank()
    subjects = {entry.id: Subject(entry.id, entry.family, entry.topics) for entry in bank.listing()}
    today = day_of(time.time())
    with open_history(home / "data" / "history.sqlite") as history:
        practices = history.practices()
        read = practices.all()

        def again() -> None:
            replay(read, subjects, bank.thresholds, day_of, today=today)

        again()
        pairs = [(seconds(again), seconds(practices.all)) for _ in range(rounds)]
    first, second = (statistics.median(pair[at] for pair in pairs) for at in (0, 1))
    low, high = interval(pairs)
    within = first / second <= REPLAY_TARGET
    print(
        f"replaying {len(read):,} attempts against reading them: {first:.2f} s / {second:.2f} s = {first / second:.2f}"
        f" ({low:.2f} to {high:.2f}), target {REPLAY_TARGET:.2f}: {'within' if within else 'MISSED'}",
        flush=True,
    )
    return within


def made_anew(home: Path, theirs: Sequence[str], rounds: int) -> None:
    """Print what `prepdrill` alone costs where the history has changed since it was called last; there is no target."""
    environ = {**os.environ, "PREPDRILL_HOME": str(home)}
    history = home / "data" / "history.sqlite"
    pairs = []
    for _ in range(rounds + 1):
        history.touch()
        pairs.append((timed(PREPDRILL, environ), timed(theirs, environ)))
    del pairs[0]  # the files were read for the first time
    first, second = (statistics.median(pair[at] for pair in pairs) for at in (0, 1))
    low, high = interval(pairs)
    print(f"the same after a change (no target): {first / second:.2f} ({low:.2f} to {high:.2f})", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--attempts", type=int, default=100_000)
    arguments = parser.parse_args()
    bank = open_bank()
    items = [bank.item(id) for id in bank.files]
    now = time.time()
    with tempfile.TemporaryDirectory() as folder:
        large = filled(Path(folder) / "large", arguments.attempts, items, now=now, apart=400)
        passed = [replayed(large, max(3, arguments.rounds // 3))]
        year = filled(Path(folder) / "year", A_YEAR, items, now=now, apart=DAY / 5)
        empty = Path(folder) / "empty.py"
        empty.write_text(EMPTY_APP, encoding="utf-8")
        made_anew(year, (sys.executable, str(empty), "first"), arguments.rounds)
        passed.append(
            compared(
                "prepdrill alone after a year, against an empty command",
                HOME_TARGET,
                PREPDRILL,
                (sys.executable, str(empty), "first"),
                arguments.rounds,
                home=year,
            )
        )
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
