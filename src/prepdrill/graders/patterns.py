"""The pattern language of `look_for`.

A *line* is alternatives separated by `|`; an *alternative* is words that come in this order, with at most two other
words and no negation between neighbours: `word` (and its plain inflections), `stem*` (any continuation), `$family`
(any alternative of that family of the lexicon), `$number` (any number). Lines are looked for sentence by sentence.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from prepdrill.graders.text import Sentence, is_one_token, normal, stem, words
from prepdrill.model import Lexicon

MAX_GAP: Final = 2
"""Other words that may stand between two words of one alternative."""
MAX_FAMILY_DEPTH: Final = 6

_PIECE: Final = re.compile(r"\$[A-Za-z0-9_-]+|[^\s$]+")


@dataclass(frozen=True, slots=True)
class Word:
    """Matches tokens with this stem."""

    stem: str


@dataclass(frozen=True, slots=True)
class Prefix:
    """Matches tokens that begin like this."""

    text: str


@dataclass(frozen=True, slots=True)
class AnyNumber:
    """Matches any number."""


Piece: TypeAlias = "Word | Prefix | AnyNumber | tuple[Phrase, ...]"
Phrase: TypeAlias = tuple[Piece, ...]
"""Pieces in order; a tuple of phrases among them is a family, any of which matches."""


class Span(NamedTuple):
    """Tokens `first` to `last` (inclusive) of one sentence."""

    first: int
    last: int


class Patterns:
    """Compiles lines against one lexicon, and what it does not have against a wider one; families are compiled once."""

    def __init__(self, lexicon: Lexicon, wider: Patterns | None = None) -> None:
        self._lexicon = lexicon
        self._wider = wider
        self._families: dict[str, tuple[Phrase, ...]] = {}
        self.line = functools.lru_cache(maxsize=None)(self._line)

    def _line(self, line: str) -> tuple[Phrase, ...]:
        return tuple(phrase for text in line.split("|") if (phrase := self._phrase(text, 0)))

    def _phrase(self, text: str, depth: int) -> Phrase:
        if "$" not in text:
            return tuple(piece for word in text.split() for piece in _plain(word))
        pieces: list[Piece] = []
        for piece in _PIECE.findall(text):
            if piece == "$number":
                pieces.append(AnyNumber())
            elif piece.startswith("$"):
                pieces.append(self._family(piece[1:], depth + 1))
            else:
                pieces += _plain(piece)
        return tuple(pieces)

    def _family(self, name: str, depth: int) -> tuple[Phrase, ...]:
        if self._wider is not None and name not in self._lexicon:
            return self._wider._family(name, 1)  # it knows nothing of these families, and so cannot come back to them
        if name not in self._families:
            if depth > MAX_FAMILY_DEPTH:
                return ()
            phrases = tuple(self._phrase(text, depth) for text in self._lexicon.get(name, ()))
            self._families[name] = tuple(phrase for phrase in phrases if phrase)
        return self._families[name]


@functools.lru_cache(maxsize=16384)
def _plain(piece: str) -> tuple[Word | Prefix, ...]:
    """What a piece that names no family looks for: a word or the beginning of one, more if it has signs in it."""
    if is_one_token(piece):
        return (Word(stem(normal(piece))),)
    if not piece.endswith("*"):
        return tuple(Word(token.stem) for token in words(piece))
    if is_one_token(piece[:-1]):
        return (Prefix(normal(piece[:-1])),)
    *head, last = [token.text for token in words(piece[:-1])] or [normal(piece[:-1])]
    return (*(Word(stem(word)) for word in head), Prefix(last))


class SentenceIndex:
    """One sentence, prepared for many look-ups."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        self._stems: dict[str, list[int]] = defaultdict(list)
        self._prefixes: dict[str, list[int]] = {}
        self._negators = {at for at, token in enumerate(sentence.tokens) if token.text in ("not", "no", "never")}
        self._numbers = [at for at, token in enumerate(sentence.tokens) if token.number is not None]
        for at, token in enumerate(sentence.tokens):
            self._stems[token.stem].append(at)
        self._cache: dict[int, list[Span]] = {}

    def find(self, phrases: Iterable[Phrase]) -> Span | None:
        """The first place in the sentence where one of the phrases stands."""
        spans = [span for phrase in phrases if self._may_begin(phrase[0]) for span in self._phrase(phrase)]
        return min(spans, key=lambda span: (span.first, -span.last)) if spans else None

    def _may_begin(self, piece: Piece) -> bool:
        """Whether a phrase can begin here: most cannot, and need no closer look."""
        if type(piece) is Word:
            return piece.stem in self._stems
        if type(piece) is Prefix:
            return bool(self._beginning(piece.text))
        return True

    def _beginning(self, text: str) -> list[int]:
        """The tokens that begin like this."""
        if text not in self._prefixes:
            tokens = self.sentence.tokens
            self._prefixes[text] = [at for at, token in enumerate(tokens) if token.text.startswith(text)]
        return self._prefixes[text]

    def _phrase(self, phrase: Phrase) -> list[Span]:
        spans = self._piece(phrase[0])
        for piece in phrase[1:]:
            if not spans:
                return []
            follow = self._piece(piece)
            spans = [
                Span(span.first, later.last)
                for span in spans
                for later in follow
                if span.last < later.first <= span.last + 1 + MAX_GAP
                and self._negators.isdisjoint(range(span.last + 1, later.first))
            ]
        return spans

    def _piece(self, piece: Piece) -> list[Span]:
        if isinstance(piece, Word):
            return [Span(at, at) for at in self._stems.get(piece.stem, ())]
        if isinstance(piece, Prefix):
            return [Span(at, at) for at in self._beginning(piece.text)]
        if isinstance(piece, AnyNumber):
            return [Span(at, at) for at in self._numbers]
        key = id(piece)
        if key not in self._cache:
            self._cache[key] = [span for phrase in piece if self._may_begin(phrase[0]) for span in self._phrase(phrase)]
        return self._cache[key]


@dataclass(frozen=True, slots=True)
class Match:
    """How well one list of lines is met by a window of one or two neighbouring sentences."""

    window: tuple[int, ...]
    """Sentence numbers, one or two."""
    spans: tuple[tuple[int, Span] | None, ...]
    """For each line of the list: (sentence number, span), or None if the line is missing."""

    @property
    def share(self) -> float:
        """Share of the lines that are there, 0 to 1."""
        return sum(span is not None for span in self.spans) / len(self.spans) if self.spans else 0.0

    @property
    def complete(self) -> bool:
        return None not in self.spans


Found: TypeAlias = Sequence[Sequence[Span | None]]
"""For each sentence, for each line of a list, where the line stands in it."""


class TextIndex:
    """Sentences of one text, and which words there are in it at all: most alternatives of most lines are nowhere."""

    def __init__(self, sentences: Iterable[Sentence]) -> None:
        self.sentences = [SentenceIndex(sentence) for sentence in sentences]
        tokens = {token.text: token for index in self.sentences for token in index.sentence.tokens}.values()
        self._stems = frozenset(token.stem for token in tokens)
        self._prefixes = frozenset(token.text[:end] for token in tokens for end in range(1, len(token.text) + 1))
        self._families: dict[int, tuple[Phrase, ...]] = {}

    def find(self, lines: Iterable[tuple[Phrase, ...]]) -> Found:
        """Where each line stands in each sentence: what matches are made of."""
        present = [self._present(line) for line in lines]
        return [[index.find(line) if line else None for line in present] for index in self.sentences]

    def _present(self, phrases: Iterable[Phrase]) -> tuple[Phrase, ...]:
        """The phrases whose pieces are all in the text, wherever, and of their families what is."""
        return tuple(found for phrase in phrases if (found := self._pieces(phrase)))

    def _pieces(self, phrase: Phrase) -> Phrase:
        """The phrase, with what the text has of its families; empty if a piece is nowhere in the text."""
        pieces: list[Piece] = []
        for piece in phrase:
            if type(piece) is tuple:
                family = self._family(piece)
                if not family:
                    return ()
                pieces.append(family)
            elif self._is_there(piece):
                pieces.append(piece)
            else:
                return ()
        return tuple(pieces)

    def _is_there(self, piece: Piece) -> bool:
        if type(piece) is Word:
            return piece.stem in self._stems
        return type(piece) is not Prefix or piece.text in self._prefixes

    def _family(self, family: tuple[Phrase, ...]) -> tuple[Phrase, ...]:
        key = id(family)
        if key not in self._families:
            self._families[key] = self._present(family)
        return self._families[key]


def complete_matches(found: Found) -> Iterator[Match]:
    """Every window that holds all lines: single sentences first, then pairs of neighbours."""
    if not all(map(any, zip(*found, strict=True))):
        return  # a line that stands nowhere
    for width in (1, 2):
        for first in range(len(found) - width + 1):
            match = match_in(found, tuple(range(first, first + width)))
            if match.complete and match.spans:
                yield match


def match_in(found: Found, window: tuple[int, ...]) -> Match:
    """What one window holds of a list."""
    spans = []
    for line in range(len(found[window[0]])):
        hits = ((at, span) for at in window if (span := found[at][line]) is not None)
        spans.append(next(hits, None))
    return Match(window, tuple(spans))


def windows(sentences: int) -> list[tuple[int, ...]]:
    """Every sentence by itself, and every pair of neighbours."""
    return [(at,) for at in range(sentences)] + [(at, at + 1) for at in range(sentences - 1)]
