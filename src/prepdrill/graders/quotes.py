"""Whether words that are said to be the candidate's are: found in the transcript, and fit to be evidence."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from prepdrill.chat import encodable
from prepdrill.graders import gates, orders
from prepdrill.graders.text import Sentence, sentences
from prepdrill.model import Evidence, Transcript

SHORTEST: Final = 3
"""Words that a quote must have at least, if no digit is among them: fewer stand in any answer."""
_ALIKE: Final = {
    **dict.fromkeys("‘’‚‛`´′", "'"),
    **dict.fromkeys("“”„‟«»″", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("→⟶➔➜", "->"),
    "⇒": "=>",
    "…": "...",
}
_AROUND: Final = " \"'.,;:[]()"
_LEFT_OUT: Final = re.compile(r"\.{3,}")


@dataclass(frozen=True, slots=True)
class Normal:
    """A text in the form in which quotes are compared; `at[i]` is where its character i comes from."""

    text: str
    at: tuple[int, ...]


def normal(text: str) -> Normal:
    """Compatibility forms unified, accents apart, case folded, one kind of quotation mark and dash, single blanks.

    What cannot be seen (soft hyphens, zero-width characters) is left out; half characters are as they were sent.
    """
    letters: list[str] = []
    at: list[int] = []
    for place, character in enumerate(text):
        if _markup(text, place):
            continue
        if character.isspace():
            if letters and letters[-1] != " ":
                letters.append(" ")
                at.append(place)
            continue
        for letter in _letters(character):
            letters.append(letter)
            at.append(place)
    return Normal("".join(letters), tuple(at))


def _markup(text: str, place: int) -> bool:
    """Whether a sign of Markdown stands here that a quote may leave out: emphasis, code, the mark of a list."""
    sign, before, after = text[place], text[:place][-1:], text[place + 1 : place + 2]
    if sign == "`":  # some type it for an apostrophe
        return not (before.isalnum() and after.isalnum())
    if sign == "*":
        return True
    if sign not in "-•+" or after not in (" ", "\t"):
        return False
    return not text[:place].rsplit("\n", 1)[-1].strip()


@functools.lru_cache(maxsize=4096)
def _letters(character: str) -> str:
    """What a character is compared as: nothing if it cannot be seen."""
    if unicodedata.category(character) == "Cf" or "\ufe00" <= character <= "\ufe0f":
        return ""
    plain = _ALIKE.get(character) or unicodedata.normalize("NFKD", encodable(character))
    return "".join(_ALIKE.get(letter, letter) for letter in plain.casefold())


class Said:
    """The words of a transcript, to hold quotes against. `since` leaves out what was said before that part."""

    def __init__(self, transcript: Transcript, question: gates.QuestionText, since: int = 0) -> None:
        self._text = transcript.text
        self._question = question
        parts = [transcript.answer, *(exchange.answer for exchange in transcript.exchanges)]
        self._parts = [(start, normal(part), part) for start, part in zip(transcript.starts, parts, strict=True)][
            since:
        ]

    def evidence(self, quotes: Sequence[str]) -> Evidence | None:
        """The first quote that stands in the candidate's words and says something; None if there is none.

        A quote that leaves something out (...) counts if each of its pieces would count; the longest is the evidence.
        """
        for quote in quotes:
            wanted = normal(quote).text
            pieces = [piece for piece in map(_bare, _LEFT_OUT.split(wanted)) if piece]
            found = self._passage(_bare(wanted))
            if found is None and len(pieces) > 1:
                passages = [passage for piece in pieces if (passage := self._passage(piece)) is not None]
                found = max(passages, key=_length) if len(passages) == len(pieces) else None
            if found is not None:
                return found
        return None

    def _passage(self, wanted: str) -> Evidence | None:
        """The first place with these words, in normal form, that says something."""
        short = len(wanted.split()) < SHORTEST
        if short and not any(letter.isdigit() for letter in wanted):
            return None
        for start, part, original in self._parts:
            for found in _places(part.text, wanted, whole=short):
                begin, end = part.at[found], part.at[found + len(wanted) - 1] + 1
                if self._says_something(original, begin, end):
                    return Evidence(self._text[start + begin : start + end], start + begin, start + end)
        return None

    def _says_something(self, part: str, begin: int, end: int) -> bool:
        """Whether not all of it is taken over from the question, a list of names, or said to the grader."""
        around = [sentence for sentence in sentences(part) if sentence.start < end and begin < sentence.end]
        return any(not self._empty(sentence, part) for sentence in around)

    def _empty(self, sentence: Sentence, part: str) -> bool:
        return self._question.copied(sentence) or gates.is_list(sentence, part) or orders.is_order(sentence, part)


def _places(text: str, wanted: str, *, whole: bool) -> Iterator[int]:
    """Where the text has these words; with `whole` not inside of longer ones: 8 is not said by 18, nor by 1.8."""
    pattern = re.escape(wanted)
    if whole:
        pattern = rf"(?<!\w)(?<!\d[.,]){pattern}(?!\w|[.,]\d)"
    return (match.start() for match in re.finditer(pattern, text)) if wanted else iter(())


def _bare(text: str) -> str:
    return text.strip(_AROUND)


def _length(evidence: Evidence) -> int:
    return evidence.end - evidence.start
