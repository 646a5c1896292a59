"""How long the offline grader takes for an answer of 300 words, after start.

    python benchmarks/grading_speed.py [--rounds N]

Prints, for every shipped question, milliseconds for grading the first answer to it in a process (its patterns are
compiled then), and what building the grader from the lexicon took before that, once in a process. Medians over rounds,
each with a fresh grader and empty caches of words, stems and sentences.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from typing import Final

from prepdrill.bank import open_bank
from prepdrill.graders import patterns, text
from prepdrill.graders.offline import Offline
from prepdrill.model import Item, Lexicon, Transcript

TARGET_MS: Final = 30.0
WORDS: Final = 300


def answer_of(item: Item) -> str:
    """An answer of 300 words: the model answer and the debrief, cut or repeated to length."""
    said = f"{item.question.model_answer} {item.question.debrief}".split()
    return " ".join((said * 3)[:WORDS])


def milliseconds(item: Item, lexicon: Lexicon) -> tuple[float, float]:
    """(building the grader, grading the answer)."""
    for module in (patterns, text):
        for cached in vars(module).values():
            if hasattr(cached, "cache_clear"):
                cached.cache_clear()
    transcript = Transcript(answer_of(item))
    begun = time.perf_counter()
    grader = Offline(lexicon)
    built = time.perf_counter()
    grader(item.question, item.rubric, transcript)
    return 1000 * (built - begun), 1000 * (time.perf_counter() - built)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    bank = open_bank()
    building, grading = [], {}
    for id in bank.files:
        item = bank.item(id)
        rounds = [milliseconds(item, bank.lexicon) for _ in range(arguments.rounds)]
        building.append(statistics.median(build for build, _ in rounds))
        grading[id] = statistics.median(grade for _, grade in rounds)
    for id, took in sorted(grading.items(), key=lambda entry: entry[1]):
        print(f"{id:60} {took:6.1f} ms")
    slowest = max(grading.values())
    print(f"building the grader: {statistics.median(building):.1f} ms, once in a process")
    verdict = "within" if slowest <= TARGET_MS else "MISSED"
    median = statistics.median(grading.values())
    print(f"grading: median {median:.1f} ms, slowest {slowest:.1f} ms, target {TARGET_MS:.0f} ms: {verdict}")
    return 0 if slowest <= TARGET_MS else 1


if __name__ == "__main__":
    sys.exit(main())
