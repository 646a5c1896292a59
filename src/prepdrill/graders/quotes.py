"""Whether words that are said to be the candidate's are: found in the transcript, and fit to be evidence."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from prepdrill.graders import gates
from prepdrill.graders.text import Sentence, sentences
from prepdrill.model import Evidence, Transcript

SHORTEST: Final = 3
"""Words that a quote must have at least, if no digit is among them: fewer stand in any answer."""
_ALIKE: Final = {
    **dict.fromkeys("‘’‚‛`´′", "'"),
    **dict.fromkeys("“”„‟«»″", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    "…": "...",
}
_INVISIBLE: Final = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad")
_AROUND: Final = " \"'.,;:"


@dataclass(frozen=True, slots=True)
class Normal:
    """A text in the form in which quotes are compared; `at[i]` is where its character i comes from."""

    text: str
    at: tuple[int, ...]


def normal(text: str) -> Normal:
    """Compatibility forms unified, case folded, one kind of quotation mark and dash, white space as single blanks."""
    letters: list[str] = []
    at: list[int] = []
    for place, character in enumerate(text):
        if character in _INVISIBLE:
            continue
        if character.isspace():
            if letters and letters[-1] != " ":
                letters.append(" ")
                at.append(place)
            continue
        plain = _ALIKE.get(character) or unicodedata.normalize("NFKC", character)
        for letter in plain.casefold():
            letters.append(_ALIKE.get(letter, letter))
            at.append(place)
    return Normal("".join(letters), tuple(at))


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
        """The first quote that stands in the candidate's words and says something; None if there is none."""
        for quote in quotes:
            wanted = normal(quote).text.strip(_AROUND)
            if len(wanted.split()) < SHORTEST and not any(letter.isdigit() for letter in wanted):
                continue
            for start, part, original in self._parts:
                for found in _places(part.text, wanted):
                    begin, end = part.at[found], part.at[found + len(wanted) - 1] + 1
                    if self._says_something(original, begin, end):
                        return Evidence(self._text[start + begin : start + end], start + begin, start + end)
        return None

    def _says_something(self, part: str, begin: int, end: int) -> bool:
        """Whether not all of it is taken over from the question, a list of names, or said to the grader."""
        around = [sentence for sentence in sentences(part) if sentence.start < end and begin < sentence.end]
        return any(not self._empty(sentence, part) for sentence in around)

    def _empty(self, sentence: Sentence, part: str) -> bool:
        return self._question.copied(sentence) or gates.is_list(sentence, part) or gates.is_order(sentence, part)


def _places(text: str, wanted: str) -> list[int]:
    found, at = [], text.find(wanted)
    while at >= 0 and wanted:
        found.append(at)
        at = text.find(wanted, at + 1)
    return found
