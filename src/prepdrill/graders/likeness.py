"""How much a window of an answer is like sentences that count, and like near misses that do not."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from prepdrill.graders.text import Token, normal, stem, words
from prepdrill.model import Lexicon, Rubric

SYNONYM: Final = 0.7
"""What a word counts that is not the same but of the same family of the lexicon."""
MANY_WORDS: Final = 4
"""Words that weigh something from which a sentence is not found in an answer by accident."""
ALREADY_SAID: Final = 0.25
"""What a word counts that the question itself contains."""
STOP_WORDS: Final = frozenset(
    """
    a an the this that these those it its they them their there here we us our you your i my he she be have
    do will would shall should can could may might must of in on at to from by for with about into and or
    but so because since if then than as while when where which who what why how not no nor only just also
    even very more most much many some any each all both such same own other another one two up down out off
    over under again still too get make say see go come take use need want think look like let there thing
    way lot really actually basically simply
    """.split()
)


class Families:
    """Which families of a lexicon, and of a wider one, a single word belongs to."""

    def __init__(self, lexicon: Lexicon, wider: Families | None = None) -> None:
        self._wider = wider
        self._stems: dict[str, set[str]] = {}
        self._prefixes: dict[str, set[str]] = {}
        for family, phrases in lexicon.items():
            for phrase in phrases:
                if " " in phrase or phrase.startswith("$"):
                    continue
                if phrase.endswith("*"):
                    self._prefixes.setdefault(phrase[:-1].lower(), set()).add(family)
                else:
                    self._stems.setdefault(stem(normal(phrase)), set()).add(family)
        self._known: dict[str, frozenset[str]] = {}

    def of(self, token: Token) -> frozenset[str]:
        """The families that have this word among their alternatives."""
        if token.text not in self._known:
            found = set(self._stems.get(token.stem, ()))
            if self._wider is not None:
                found |= self._wider.of(token)
            for length in range(3, len(token.text) + 1):
                found |= self._prefixes.get(token.text[:length], set())
            self._known[token.text] = frozenset(found)
        return self._known[token.text]


@dataclass(frozen=True, slots=True)
class Bag:
    """Stems of a window, and the families that its words belong to."""

    stems: frozenset[str]
    families: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Weighed:
    """Words of a reference that weigh something: (stem, weight, families), and the sum of the weights."""

    words: tuple[tuple[str, float, frozenset[str]], ...]
    total: float


class Likeness:
    """Weighted overlap of windows with reference sentences of one rubric.

    A word weighs log(1 + n / df) over the rubric's own sentences, as in idf weighting, and little if the question said
    it already.
    """

    def __init__(self, rubric: Rubric, said: frozenset[str], families: Families) -> None:
        self._families = families
        self._said = said
        documents = [
            {token.stem for token in words(text)}
            for criterion in rubric.everything
            for text in (*criterion.accept, *criterion.reject)
        ]
        counts = Counter(stem for document in documents for stem in document)
        self._weights: Mapping[str, float] = {
            stem: math.log(1 + len(documents) / count) for stem, count in counts.items()
        }
        self._unseen = math.log(1 + len(documents))
        self._references: dict[str, _Weighed] = {}

    def weight(self, token: Token) -> float:
        """What this word is worth as evidence; 0 for a stop word."""
        if token.stem in STOP_WORDS or token.text in STOP_WORDS:
            return 0.0
        weight = self._weights.get(token.stem, self._unseen)
        return weight * ALREADY_SAID if token.stem in self._said else weight

    def bag(self, window: Iterable[Token]) -> Bag:
        """The words of a window, ready to be compared with many references."""
        tokens = {token.text: token for token in window}.values()
        return Bag(
            frozenset(token.stem for token in tokens),
            frozenset(family for token in tokens for family in self._families.of(token)),
        )

    def coverage(self, bag: Bag, reference: str) -> float:
        """Share of the reference's weight that the window has, 0 to 1; a synonym of the same family counts less."""
        found = 0.0
        weights = self._weighed(reference)
        for stem_, weight, families in weights.words:
            if stem_ in bag.stems:
                found += weight
            elif not families.isdisjoint(bag.families):
                found += SYNONYM * weight
        return found / weights.total if weights.total else 0.0

    def best(self, bag: Bag, references: Iterable[str]) -> float:
        """The highest coverage of any of the references, 0 without one."""
        return max((self.coverage(bag, reference) for reference in references), default=0.0)

    def says_much(self, reference: str) -> bool:
        """Whether a reference has so many words that weigh something that to have them all is no accident."""
        return len(self._weighed(reference).words) >= MANY_WORDS

    def _weighed(self, reference: str) -> _Weighed:
        if reference not in self._references:
            tokens = {token.stem: token for token in words(reference)}.values()
            weighed = [(token.stem, self.weight(token), self._families.of(token)) for token in tokens]
            kept = tuple(entry for entry in weighed if entry[1])
            self._references[reference] = _Weighed(kept, sum(weight for _, weight, _ in kept))
        return self._references[reference]
