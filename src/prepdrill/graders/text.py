"""Text as sentences of tokens that remember where they stood, in the normal form that patterns are written in."""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

LONGEST_SENTENCE: Final = 48
"""Tokens after which a sentence without a full stop is cut: evidence must stand close together, however one types."""

SHORTEST_SENTENCE: Final = 6
"""Tokens below which a fragment belongs to the sentence beside it: notes say one thing in several fragments."""

LONGEST_JOINED: Final = 20
"""Tokens that fragments are joined up to."""

_TOKEN: Final = re.compile(
    r"""
    (?P<number>(?<![^\W_])\d+(?:,\d{3})*(?:\.\d+)?(?:[eE][-+]?\d+)?|(?<![\w.])\.\d+)
  | (?P<word>[^\W\d_](?:[^\W_]|(?<=[^\W_])['’](?=[^\W\d_]))*)
  | (?P<symbol>%|≈|~|<=|>=|≤|≥|->|→|↑|↓|[=<>×±])
    """,
    re.VERBOSE,
)
_STOP: Final = re.compile(r"[.!?]+(?=[\"')\]]*(?:\s|$))|\n\s*\n|\n(?=\s*(?:[-*•>#]|\(?\d{1,2}[.)]|\(?[a-h][.)])\s)|;")
_ABBREVIATIONS: Final = frozenset({"e.g", "i.e", "vs", "approx", "cf", "etc", "fig", "no", "resp", "ca"})
_SYMBOLS: Final = {
    "%": ("percent",),
    "→": ("to",),
    "->": ("to",),
    "↑": ("up",),
    "↓": ("down",),
    "≈": ("about",),
    "~": ("about",),
    "×": ("times",),
    "±": ("plus", "minus"),
}
_CONTRACTIONS: Final = {
    "can't": ("can", "not"),
    "cannot": ("can", "not"),
    "won't": ("will", "not"),
    "shan't": ("shall", "not"),
    "ain't": ("is", "not"),
}
_IRREGULAR: Final = {
    "fell": "fall", "fallen": "fall", "rose": "rise", "risen": "rise", "grew": "grow", "grown": "grow",
    "chose": "choose", "went": "go", "gone": "go", "goes": "go", "ran": "run", "lost": "lose", "held": "hold",
    "kept": "keep", "saw": "see", "seen": "see", "drew": "draw", "drawn": "draw", "took": "take", "taken": "take",
    "shrank": "shrink", "shrunk": "shrink", "hid": "hide", "hidden": "hide", "meant": "mean", "learnt": "learn",
    "forgot": "forget", "forgotten": "forget", "came": "come", "said": "say", "told": "tell", "found": "find",
    "knew": "know", "known": "know", "got": "get", "gotten": "get", "gave": "give", "given": "give", "wrote": "write",
    "written": "write", "broke": "break", "broken": "break", "won": "win", "beat": "beat", "beaten": "beat",
    "cheaper": "cheap", "cheapest": "cheap", "is": "be", "are": "be", "was": "be", "were": "be", "been": "be",
    "being": "be", "has": "have", "had": "have", "having": "have", "does": "do", "did": "do", "done": "do",
    "doing": "do", "indices": "index", "maths": "math", "note": "note", "notes": "note", "noted": "note",
    "data": "data", "bias": "bias", "loss": "loss", "losses": "loss", "this": "this", "thus": "thus", "us": "us",
    "during": "during", "nothing": "nothing", "something": "something", "anything": "anything",
    "everything": "everything", "string": "string", "less": "less", "need": "need", "needed": "need", "seed": "seed",
    "seeded": "seed", "speed": "speed", "indeed": "indeed", "one": "one", "ones": "one",
}  # fmt: skip
_BRITISH: Final = (
    (re.compile(r"((?:optim|normal|regular|general|token|quant|memor|minim|maxim|initial|stabil|random|real|recogn|"
                r"penal|organ|summar|parallel|local|equal|neutral|util|factor|linear|synchron|special|character|"
                r"prior|crystal|standard))is(?=e|i|a|$)"), r"\1iz"),
    (re.compile(r"(behavi|fav|col|neighb|lab|hon)our"), r"\1or"),
    (re.compile(r"(label|model|travel|cancel|signal)l(?=ed|ing|er)"), r"\1"),
    (re.compile(r"^analys(?=e|i)"), "analyz"),
)  # fmt: skip
_BRITISH_LETTERS: Final = ("is", "our", "ll", "ys")
"""One of these is in every word that `_BRITISH` changes: most words need no closer look."""
_GREEK: Final = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "λ": "lambda", "μ": "mu", "π": "pi",
    "ρ": "rho", "σ": "sigma", "τ": "tau", "θ": "theta", "η": "eta",
}  # fmt: skip


class Token(NamedTuple):
    """One word, number or symbol: its normal form, its stem, and where it stands in the text."""

    text: str
    stem: str
    start: int
    end: int
    number: float | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """Tokens of one sentence; `text[start:end]` of the original is the sentence as it was written."""

    tokens: tuple[Token, ...]
    start: int
    end: int


@functools.lru_cache(maxsize=256)
def sentences(text: str) -> tuple[Sentence, ...]:
    """The sentences of a text: a line break ends one only before a list item or an empty line."""
    whole: list[tuple[Token, ...]] = []
    for start, end in _spans(text):
        tokens = tuple(_tokens(text, start, end))
        short = whole and tokens and min(len(whole[-1]), len(tokens)) < SHORTEST_SENTENCE
        if short and len(whole[-1]) + len(tokens) <= LONGEST_JOINED:
            whole[-1] += tokens
        elif tokens:
            whole.append(tokens)
    return tuple(Sentence(part, part[0].start, part[-1].end) for tokens in whole for part in _chunks(tokens))


@functools.lru_cache(maxsize=4096)
def words(text: str) -> tuple[Token, ...]:
    """The tokens of a text that is no answer: what they are, not where they stand; sentences are ignored."""
    return tuple(itertools.chain.from_iterable(map(_of_chunk, text.split())))


@functools.lru_cache(maxsize=32768)
def _of_chunk(chunk: str) -> tuple[Token, ...]:
    """The tokens of a text without blanks: no token goes across one, and a rubric says most words many times."""
    return tuple(_tokens(chunk, 0, len(chunk)))


def is_one_token(word: str) -> bool:
    """Whether a text without blanks is surely a single word: no number, no sign, no contraction in it."""
    return word.isascii() and word.isalpha() and word.lower() not in _CONTRACTIONS


@functools.lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """A light stem: plain English inflections are taken off, nothing else."""
    base = _IRREGULAR.get(word)
    if base is not None:
        return word if base == word else stem(base)
    if len(word) <= 3 or not word.isalpha():
        return word
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith(("sses", "shes", "ches", "xes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ied", "ed"):
        rest = word[: -len(ending)]
        if word.endswith(ending) and len(rest) >= 3 and re.search("[aeiouy]", rest):
            word = rest + "y" if ending == "ied" else rest
            if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


@functools.lru_cache(maxsize=16384)
def normal(word: str) -> str:
    """Lower case, compatibility forms unified, accents off, American spelling, Greek letters by name."""
    if word.isascii():
        word = word.lower()
    else:
        word = unicodedata.normalize("NFKD", word).casefold().replace("’", "'")
        word = "".join(_GREEK.get(letter, letter) for letter in word if not unicodedata.combining(letter))
    if any(letters in word for letters in _BRITISH_LETTERS):
        for british, american in _BRITISH:
            word = british.sub(american, word)
    return word


def _tokens(text: str, start: int, end: int) -> Iterator[Token]:
    for match in _TOKEN.finditer(text, start, end):
        kind, said, first, last = match.lastgroup, match.group(), match.start(), match.end()
        if kind == "word":
            for word, base in _forms(said):
                yield Token(word, base, first, last)
        elif kind == "number":
            plain = said.replace(",", "")
            plain = f"0{plain}" if plain.startswith(".") else plain
            yield Token(plain, plain, first, last, float(plain))
        else:
            for word in _SYMBOLS.get(said, (said,)):
                yield Token(word, word, first, last)


@functools.lru_cache(maxsize=16384)
def _forms(word: str) -> tuple[tuple[str, str], ...]:
    """(normal form, stem) of each part of a word as it was written."""
    return tuple((part, stem(part)) for part in _parts(normal(word)))


def _parts(word: str) -> Sequence[str]:
    if word in _CONTRACTIONS:
        return _CONTRACTIONS[word]
    if "'" in word:
        head, _, tail = word.partition("'")
        if head.endswith("n") and tail == "t":
            return (head[:-1], "not")
        return (head,)
    return (word,)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _STOP.finditer(text):
        if match.group().startswith("."):
            before = text[start : match.start()].rsplit(None, 1)
            if before and before[-1].lower().lstrip("(") in _ABBREVIATIONS:
                continue
        yield start, match.end()
        start = match.end()
    yield start, len(text)


def _chunks(tokens: tuple[Token, ...]) -> Iterator[tuple[Token, ...]]:
    while len(tokens) > LONGEST_SENTENCE:
        yield tokens[:LONGEST_SENTENCE]
        tokens = tokens[LONGEST_SENTENCE:]
    if tokens:
        yield tokens
