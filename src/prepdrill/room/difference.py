"""What differs between two attempts at one question: word by word, and criterion by criterion. All of it is pure."""

from __future__ import annotations

import enum
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from prepdrill.model import Criterion, Outcome
from prepdrill.scoring import PROMPTED_SHARE

if TYPE_CHECKING:
    from prepdrill.history import Attempt

ALIKE: Final = 0.3
"""Share of common words from which two paragraphs count as one paragraph that was rewritten."""
ISLAND: Final = 2
"""Words that two rewritten passages may have in common by chance: they do not interrupt the passage."""
MOST_PAIRS: Final = 2_500
"""Pairs of paragraphs that are weighed against each other; beyond that the texts are compared as a whole."""

Kind: TypeAlias = Literal["same", "removed", "added"]
Paragraph: TypeAlias = Sequence[str]
"""Words and signs, each with the white space that follows it."""

_WORD: Final = re.compile(r"(?:\w+(?:[.'’-]\w+)*|[^\w\s])\s*|\s+")
_BLANK_LINE: Final = re.compile(r"\n\s*\n\s*\Z")


@dataclass(frozen=True, slots=True)
class Run:
    """A passage that is in both texts, or in one of them; the same words may stand in other lines of the other text."""

    kind: Kind
    before: str
    after: str


def difference(before: str, after: str) -> tuple[Run, ...]:
    """Two texts as runs of whole words, in order.

    Joining `before` of all runs gives the first text back, joining `after` the second. Words are looked for only in
    the paragraph that is most like their own, and in what was put in or taken out beside it.
    """
    pairs = _together(_aligned(_paragraphs(before), _paragraphs(after)))
    return tuple(run for pair in pairs for run in _runs(*pair))


def _paragraphs(text: str) -> list[Paragraph]:
    paragraphs: list[list[str]] = [[]]
    for token in _WORD.findall(text):
        paragraphs[-1].append(token)
        if _BLANK_LINE.search(token):
            paragraphs.append([])
    return [paragraph for paragraph in paragraphs if paragraph]


def _aligned(first: Sequence[Paragraph], second: Sequence[Paragraph]) -> Iterator[tuple[Paragraph, Paragraph]]:
    """Paragraphs in pairs, in the order of both texts and as alike as possible; the others with an empty partner."""
    if len(first) * len(second) > MOST_PAIRS:
        yield _flat(first), _flat(second)
        return
    best = _likest(first, second)
    at, other = 0, 0
    while at < len(first) or other < len(second):
        if other == len(second) or (at < len(first) and best[at][other] == best[at + 1][other]):
            yield first[at], ()
            at += 1
        elif at == len(first) or best[at][other] == best[at][other + 1]:
            yield (), second[other]
            other += 1
        else:
            yield first[at], second[other]
            at, other = at + 1, other + 1


def _together(pairs: Iterable[tuple[Paragraph, Paragraph]]) -> Iterator[tuple[Paragraph, Paragraph]]:
    """The pairs, with paragraphs that have no partner joined to those beside them: one may have been split in two."""
    before: list[str] = []
    after: list[str] = []
    whole = False
    for first, second in pairs:
        if whole and first and second:
            yield before, after
            before, after = [], []
        before, after = [*before, *first], [*after, *second]
        whole = bool(first and second)
    yield before, after


def _likest(first: Sequence[Paragraph], second: Sequence[Paragraph]) -> list[list[float]]:
    """How alike the rest of both texts can be made, from each pair of paragraphs on."""
    counts = [[Counter(_words(paragraph)) for paragraph in text] for text in (first, second)]
    best = [[0.0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for at in reversed(range(len(first))):
        for other in reversed(range(len(second))):
            paired = _likeness(counts[0][at], counts[1][other])
            together = best[at + 1][other + 1] + paired if paired >= ALIKE else 0.0
            best[at][other] = max(best[at + 1][other], best[at][other + 1], together)
    return best


def _likeness(words: Counter[str], others: Counter[str]) -> float:
    return 2 * (words & others).total() / (words.total() + others.total())


def _runs(before: Paragraph, after: Paragraph) -> Iterator[Run]:
    at, other = 0, 0
    for block in _anchors(SequenceMatcher(None, _words(before), _words(after)).get_matching_blocks()):
        if removed := "".join(before[at : block.a]):
            yield Run("removed", removed, "")
        if added := "".join(after[other : block.b]):
            yield Run("added", "", added)
        at, other = block.a + block.size, block.b + block.size
        if block.size:
            yield Run("same", "".join(before[block.a : at]), "".join(after[block.b : other]))


def _anchors(blocks: Sequence[Match]) -> Iterator[Match]:
    """The blocks that are more than an island between two longer changes; the last one, which is empty, among them."""
    for previous, block, following in zip((Match(0, 0, 0), *blocks), blocks, (*blocks[1:], None), strict=False):
        if (
            following is None
            or block.size > ISLAND
            or block.size >= min(_between(previous, block), _between(block, following))
        ):
            yield block


def _between(block: Match, following: Match) -> int:
    """How many words are removed and added between two blocks."""
    return following.a - block.a + following.b - block.b - 2 * block.size


def _words(paragraph: Paragraph) -> list[str]:
    return [token.strip() for token in paragraph]


def _flat(paragraphs: Sequence[Paragraph]) -> Paragraph:
    return [token for paragraph in paragraphs for token in paragraph]


# --- criteria


class Change(enum.StrEnum):
    """What became of a criterion, the most telling first."""

    GAINED = "gained"
    LOST = "lost"
    OPEN = "unsettled"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a grade says about a criterion, and the share of its points that this earns: None if it is not settled."""

    word: str
    share: float | None


@dataclass(frozen=True, slots=True)
class Changed:
    """One criterion in two attempts; `criterion` is as it was asked last."""

    criterion: Criterion
    before: Standing
    after: Standing

    @property
    def change(self) -> Change:
        if self.before.share is None or self.after.share is None:
            return Change.OPEN
        if self.before.share == self.after.share:
            return Change.SAME
        return Change.GAINED if self.after.share > self.before.share else Change.LOST


def changes(first: Attempt, second: Attempt) -> tuple[Changed, ...]:
    """Every criterion of either attempt, by the newest grade of each: what was gained first, what is the same last."""
    known = {criterion.id: criterion for value in (first, second) for criterion in value.item.rubric.everything}
    compared = [
        Changed(criterion, _standing(first, criterion), _standing(second, criterion)) for criterion in known.values()
    ]
    order = list(Change)
    return tuple(sorted(compared, key=lambda entry: order.index(entry.change)))


def _standing(attempt: Attempt, criterion: Criterion) -> Standing:
    rubric = attempt.item.rubric
    if all(entry.id != criterion.id for entry in rubric.everything):
        return Standing("not asked", None)
    verdicts = attempt.grades[-1].grade.verdicts if attempt.grades else ()
    verdict = next((entry for entry in verdicts if entry.criterion == criterion.id), None)
    if verdict is None or verdict.outcome is Outcome.UNGRADED:
        return Standing("not graded", None)
    if verdict.outcome is Outcome.UNSURE:
        return Standing("unsure", None)
    met = verdict.outcome is Outcome.MET
    if criterion.red_flag:
        return Standing("committed", -1.0) if met else Standing("avoided", 0.0)
    if not met:
        return Standing("missing", 0.0)
    if verdict.prompted and all(entry.id != criterion.id for entry in rubric.twist):
        return Standing("met after the follow-up", PROMPTED_SHARE)
    return Standing("met", 1.0)
