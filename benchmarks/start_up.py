"""Start-up and listing as ratios within one run.

    python benchmarks/start_up.py [--rounds N]

Each command is run as a process of its own, in turns with the command that it is compared with, so that a noisy machine
disturbs both alike. Prints the ratio of the medians and its interval by bootstrap.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

PREPDRILL: Final = (str(Path(sys.executable).with_name("prepdrill")),)
EMPTY_APP: Final = """
import typer
app = typer.Typer()
@app.command()
def first() -> None: pass
@app.command()
def second() -> None: pass
app()
"""


def timed(command: Sequence[str], environ: dict[str, str]) -> float:
    """Wall-clock seconds of one run."""
    begun = time.perf_counter()
    subprocess.run(command, env=environ, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begun


def compared(
    name: str,
    target: float | None,
    ours: Sequence[str],
    theirs: Sequence[str],
    rounds: int,
    *,
    home: Path,
    their_home: Path | None = None,
) -> bool:
    """Time both in turns, print the ratio of their medians, and say whether it is within the target."""
    environ = {**os.environ, "PREPDRILL_HOME": str(home)}
    their_environ = {**environ, "PREPDRILL_HOME": str(their_home or home)}
    for command, env in ((ours, environ), (theirs, their_environ)):  # warm the file cache and the index
        timed(command, env)
    pairs = [(timed(ours, environ), timed(theirs, their_environ)) for _ in range(rounds)]
    first, second = (statistics.median(pair[at] for pair in pairs) for at in (0, 1))
    low, high = interval(pairs)
    within = target is None or first / second <= target
    verdict = "" if target is None else f", target {target:.2f}: {'within' if within else 'MISSED'}"
    print(
        f"{name:58} {1000 * first:5.0f} ms / {1000 * second:5.0f} ms = {first / second:.2f}"
        f" ({low:.2f} to {high:.2f}){verdict}",
        flush=True,
    )
    return within


def interval(pairs: Sequence[tuple[float, float]], draws: int = 2000) -> tuple[float, float]:
    """95 % bootstrap interval of the ratio of medians."""
    generator = random.Random(1)
    ratios = []
    for _ in range(draws):
        drawn = generator.choices(pairs, k=len(pairs))
        ratios.append(statistics.median(pair[0] for pair in drawn) / statistics.median(pair[1] for pair in drawn))
    ratios.sort()
    return ratios[int(0.025 * draws)], ratios[int(0.975 * draws)]


def large_bank(folder: Path, questions: int) -> Path:
    """A bank of many questions, all alike but for their names."""
    from prepdrill.bank import built_in_root

    id = "post-training/dpo-margin-up-likelihood-down"
    for kind in ("questions", "rubrics"):
        text = (built_in_root() / kind / f"{id}.yaml").read_text()
        target = folder / kind / "post-training"
        target.mkdir(parents=True)
        for number in range(questions):
            (target / f"copy-{number:05}.yaml").write_text(text)
    return folder


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=21)
    arguments = parser.parse_args()
    rounds = arguments.rounds
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        empty = root / "empty.py"
        empty.write_text(EMPTY_APP)
        plain = root / "plain.py"
        plain.write_text(EMPTY_APP.replace("typer.Typer()", "typer.Typer(rich_markup_mode=None)"))
        python = sys.executable
        home = root / "home"
        bank = large_bank(root / "bank", 10_000 - 24)
        passed = [
            compared(
                "--help, against an empty app's",
                1.3,
                (*PREPDRILL, "--help"),
                (python, str(empty), "--help"),
                rounds,
                home=home,
            ),
            compared(
                "--help, against an empty app's without Rich (no target)",
                None,
                (*PREPDRILL, "--help"),
                (python, str(plain), "--help"),
                rounds,
                home=home,
            ),
            compared(
                "bank list, against an empty command",
                1.6,
                (*PREPDRILL, "bank", "list"),
                (python, str(empty), "first"),
                rounds,
                home=home,
            ),
            compared(
                "bank list with 10,000 questions, against 24",
                2.0,
                (*PREPDRILL, "bank", "list", "--bank", str(bank)),
                (*PREPDRILL, "bank", "list"),
                rounds,
                home=root / "large-home",
                their_home=home,
            ),
        ]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
