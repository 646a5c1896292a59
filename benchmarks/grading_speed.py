"""How long the offline grader takes for an answer of 300 words, after start.

    python benchmarks/grading_speed.py [--rounds N]

Prints milliseconds for every shipped question: the median over rounds with a fresh grader for each, so that nothing is
warm but Python itself.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from typing import Final

from prepdrill.bank import open_bank
from prepdrill.graders.offline import Offline
from prepdrill.graders.text import sentences, words
from prepdrill.model import Item, Lexicon, Transcript

TARGET_MS: Final = 30.0
WORDS: Final = 300


def answer_of(item: Item) -> str:
    """An answer of 300 words: the model answer and the debrief, cut or repeated to length."""
    text = f"{item.question.model_answer} {item.question.debrief}".split()
    return " ".join((text * 3)[:WORDS])


def milliseconds(item: Item, lexicon: Lexicon) -> float:
    sentences.cache_clear()
    words.cache_clear()
    transcript = Transcript(answer_of(item))
    begun = time.perf_counter()
    Offline(lexicon)(item.question, item.rubric, transcript)
    return 1000 * (time.perf_counter() - begun)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    bank = open_bank()
    found = {}
    for id in bank.files:
        item = bank.item(id)
        found[id] = statistics.median(milliseconds(item, bank.lexicon) for _ in range(arguments.rounds))
    for id, took in sorted(found.items(), key=lambda entry: entry[1]):
        print(f"{id:60} {took:6.1f} ms")
    slowest = max(found.values())
    verdict = "within" if slowest <= TARGET_MS else "MISSED"
    print(
        f"median {statistics.median(found.values()):.1f} ms, slowest {slowest:.1f} ms, target {TARGET_MS} ms: {verdict}"
    )
    return 0 if slowest <= TARGET_MS else 1


if __name__ == "__main__":
    sys.exit(main())
