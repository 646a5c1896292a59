"""`review list` and `review search` with 100,000 attempts against 100, as ratios within one run.

python benchmarks/history_scale.py [--rounds N] [--attempts N]
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parent))

from prepdrill.bank import open_bank
from prepdrill.history import open_history
from prepdrill.model import Item, encode
from start_up import PREPDRILL, compared

TARGET: Final = 1.5
WORDS: Final = (
    "margin gap chosen rejected likelihood gradient norm spike replay checkpoint seed paired error interval token "
    "reward entropy length truncation rounding warmup decay schedule noise items slice judge"
).split()


def filled(home: Path, attempts: int, items: list[Item], *, now: float = 1_760_000_000, apart: float = 600) -> Path:
    """A home whose history has so many attempts, each with an answer of about 120 words and a grade.

    They end at `now`, in seconds since the epoch, `apart` seconds from each other.
    """
    generator = random.Random(attempts)
    with open_history(home / "data" / "history.sqlite") as history:
        database = history._database
        database.execute("PRAGMA synchronous = OFF")  # only to fill it
        database.execute("BEGIN")
        database.execute("INSERT INTO session (started, ended, command, grader) VALUES (0, 1, 'drill', 'offline')")
        for item in items:
            pair = json.dumps([encode(item.question), encode(item.rubric)])
            database.execute("INSERT INTO revision VALUES (?, ?, ?)", (item.question.id, item.revision, pair))
        for number in range(attempts):
            item = generator.choice(items)
            answer = " ".join(generator.choices(WORDS, k=120))
            started = now - apart * (attempts - number)
            cursor = database.execute(
                "INSERT INTO attempt (session, question, revision, section, title, started, submitted, state, seconds,"
                " answer) VALUES (1, ?, ?, ?, ?, ?, ?, 'done', ?, ?)",
                (
                    item.question.id,
                    item.revision,
                    item.question.section,
                    item.question.title,
                    started,
                    started + 400,
                    400,
                    answer,
                ),
            )
            graded = database.execute(
                "INSERT INTO grade (attempt, graded, grader, version, fingerprint, revision, value, low, high, rating)"
                " VALUES (?, ?, 'offline', '1', '', ?, 0.5, 0.5, 0.5, 'no')",
                (cursor.lastrowid, started, item.revision),
            )
            database.executemany(
                "INSERT INTO verdict VALUES (?, ?, ?, ?, 0, 0.9, '', 'rubric', NULL, NULL, NULL)",
                (
                    (graded.lastrowid, at, entry.id, generator.choice(("met", "unmet")))
                    for at, entry in enumerate(item.rubric.everything)
                ),
            )
        database.execute("COMMIT")
    return home


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--attempts", type=int, default=100_000)
    arguments = parser.parse_args()
    bank = open_bank()
    items = [bank.item(id) for id in bank.files]
    with tempfile.TemporaryDirectory() as folder:
        small = filled(Path(folder) / "small", 100, items)
        large = filled(Path(folder) / "large", arguments.attempts, items)
        passed = [
            compared(
                f"{' '.join(command)}, {arguments.attempts:,} attempts against 100",
                TARGET,
                (*PREPDRILL, *command),
                (*PREPDRILL, *command),
                arguments.rounds,
                home=large,
                their_home=small,
            )
            for command in (
                ("review", "list"),
                ("review", "list", "--section", "data"),
                ("review", "search", "margin"),
                ("review", "search", "gradient", "replay"),
            )
        ]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
