"""What makes words no evidence: lists without clauses, the question's own text, denials."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from prepdrill.graders.patterns import Span
from prepdrill.graders.text import Sentence, Token, sentences, stem, words

COPY_RUN: Final = 5
"""Tokens in a row that, found in the question, count as copied from it."""
COPIED_SHARE: Final = 0.6
"""Share of copied tokens from which a sentence is the question's, not the candidate's."""
NAMED_SHARE: Final = 0.6
"""Share of pieces that only name something from which a sentence is a list."""
BARE_SHARE: Final = 0.8
"""The same for a long list of pieces that may have a verb's stem (early stopping) but no word that makes a clause."""
CLIPPED_SHARE: Final = 0.7
"""Share of pieces of one or two words from which six pieces or more are a list, whatever words they are."""
DENIAL_REACH: Final = 4
"""Tokens that a negator reaches forward within its clause."""
BEHIND: Final = 3
"""Tokens behind the matched words in which a negator undoes them."""
NUMBER_REACH: Final = 8
"""The same to a number, which stands at the end of what is said of it: `is not limited to differences of four`."""
FAR_DENIAL_REACH: Final = 12
"""The same where a warning must not pass for the error, across clauses."""

_FUNCTION: Final = frozenset(
    """
    a an the this that these those it its they them their there here we us our you your i my he she who whom
    which what be been am is are was were do does did have has had will would shall should can could may
    might must not no nor of in on at to from by for with about into over under between through during
    before after above below out off up down and or but so because since if then than as while when where
    why how both each all any some such only own same too very just also until unless although though
    whether
    """.split()
)
_VERBS: Final = frozenset(
    stem(word)
    for word in """
    be have do will would shall should can could may might must let make take get give go keep need want
    mean show say tell look check compare measure compute run rerun ask see find use try add drop cut stop
    start hold ship wait plot read replay sample log rise fall drop increase decrease grow shrink move stay
    hide cause lead depend expect predict suggest imply explain fit learn train lower raise double halve
    reduce change set fix pick choose decide report test separate isolate distinguish rule restart rewind
    revert roll score grade count split slice repeat match differ overfit memorize forget collapse saturate
    diverge converge
    cost pay buy exceed hit miss fork pause resume cap flip save swap repeat redo scale decay rank
    """.split()
)
_NEGATORS: Final = frozenset({"not", "no", "never", "neither", "nor", "without", "hardly", "nothing", "none", "cannot"})
_NEGATING_VERBS: Final = frozenset({"deny", "doubt", "avoid", "refuse", "reject", "wrong", "false", "myth", "unlikely"})
_BREAKS: Final = frozenset(
    {"but", "because", "so", "however", "although", "though", "while", "whereas", "since", "then"}
)
_HELD: Final = frozenset({"think", "believe", "see", "expect"})
"""Verbs through which a negator denies all that is thought, not the next few words."""
_NOT_DENYING: Final = frozenset({"only", "just", "merely", "necessarily", "simply", "surprising", "wonder", "doubt"})
_SEPARATORS: Final = re.compile(r"(?<!\d)[,/]|[,/](?!\d)|[;•·]|\s\||\|\s|\s[-–—+&]\s")
"""Between the pieces of a list; 5,500, 7/8 and |g| are one piece."""
_RELATIONS: Final = re.compile(r"->|=>|→|!=|≠|<=|>=|≤|≥|[=<>≈]")
"""Signs that say something of two things, as a verb does: `mismatch -> ratio tails grow`."""
PIECES_A_RELATION: Final = 3
"""Pieces between separators that one such sign keeps from being a mere list."""
_HYPOTHETICAL: Final = re.compile(
    r"\b(?:some(?:one|body)?|people|many|you|one|they|colleagues?|a naive (?:reader|reading)|tempting to)\s+"
    r"(?:might|may|could|would|will|often|are tempted to)?\s*"
    r"(?:say|think|argue|claim|conclude|assume|believe|read|be tempted)"
    r"|\btempt(?:ing|ed|ation)\b|\bthe (?:trap|mistake|naive)\b|\bif (?:someone|somebody|anyone)\b"
    r"|\bif (?:it|that|this|they) (?:was|were)\b|(?:->|→)\s*then\b",
    re.IGNORECASE,
)
_TAKEN_BACK: Final = re.compile(
    r"\b(?:first|second|initial) (?:thought|instinct|idea|reaction|guess)\b|\btake (?:that|it) back\b"
    r"|\bI (?:was (?:going|about) to|thought)\b|\bI(?: would|['’]d) have (?:believed|said|thought|guessed|bet)\b"
    r"|\bno, (?:that|it|wait)\b",
    re.IGNORECASE,
)
_IN_NAMES: Final = frozenset({"of", "to", "in", "and", "for", "by", "on", "with", "the", "a"})
_OPERATORS: Final = frozenset({"=", "<", ">", "to", "times"})
_DISMISSAL: Final = re.compile(
    r"(?:\bnot|n['’]t)\s+(?:agree|true|buy\b|believe|worth|useful|the right|an issue|a problem|separate|say)"
    r"|\bno\s+(?:need|point|reason|use)\b|(?:^|[.;:]\s*)nor\b"
    r"|\b(?:separates?|proves?|shows?|tells?|changes?)\s+(?:us\s+)?nothing\b"
    r"|\bneedn['’]t\b|\bwaste of\b|\b(?:be|is|are|just) a waste\b"
    r"|(?:\bnot|n['’]t)\s+(?:\w+ly\s+)?(?:needed|necessary|required|warranted|justified|called for)\b"
    r"|(?:\bnot|n['’]t)\s+(?:\w+ly\s+)?(?:an option|change anything|help)\b"
    r"|\b(?:unnecessary|pointless|superfluous|needless|useless)\b|\b(?:saves?|brings?|gains?|adds?) nothing\b"
    r"|\bno (?:substitute|help|option)\b|\bnothing to do with\b",
    re.IGNORECASE,
)
_REPORTED: Final = re.compile(
    r"\b(?:some|people|others|many|they) (?:will|would|might|may|often|like to)"
    r" (?:\w+ )?(?:tell|say|quote|claim|argue|point)\b"
    r"|\b(?:one|you|someone|somebody) (?:might|may|could) (?:\w+ )?(?:suspect|think|say|argue|object|be tempted)\b"
    r"|\bgets? quoted\b|\bis often (?:said|quoted)\b",
    re.IGNORECASE,
)


class QuestionText:
    """The words of a question, to know what an answer only repeats."""

    def __init__(self, text: str) -> None:
        stems = [token.stem for sentence in sentences(text) for token in sentence.tokens]
        self.stems = frozenset(stems)
        self._runs = {tuple(stems[at : at + COPY_RUN]) for at in range(len(stems) - COPY_RUN + 1)}

    def copied(self, sentence: Sentence) -> bool:
        """Whether most of the sentence is taken over from the question, word by word."""
        stems = [token.stem for token in sentence.tokens]
        marked = [False] * len(stems)
        for at in range(len(stems) - COPY_RUN + 1):
            if tuple(stems[at : at + COPY_RUN]) in self._runs:
                marked[at : at + COPY_RUN] = [True] * COPY_RUN
        return bool(stems) and sum(marked) / len(stems) >= COPIED_SHARE


def is_list(sentence: Sentence, text: str) -> bool:
    """Whether the sentence names things without saying anything: no clause, or many short pieces between commas."""
    said = text[sentence.start : sentence.end]
    pieces = [words(piece) for piece in _SEPARATORS.split(said)]
    if len(_RELATIONS.findall(said)) * PIECES_A_RELATION >= len(pieces):
        return False
    named = [piece for piece in pieces if any(token.number is None for token in piece)]
    if len(named) >= 5 and sum(map(_names, named)) / len(named) >= NAMED_SHARE:
        return True
    if len(named) >= 8 and sum(map(_bare, named)) / len(named) >= BARE_SHARE:
        return True
    if len(named) >= 6 and sum(len(piece) <= 2 for piece in named) / len(named) >= CLIPPED_SHARE:
        return True
    tokens = [token for token in sentence.tokens if token.text.isalpha()]
    if len(tokens) < 5 or _calculates(sentence):
        return False
    function = sum(token.text in _FUNCTION for token in tokens) / len(tokens)
    return function < 0.08 and not any(token.stem in _VERBS for token in tokens)


def is_hypothetical(sentence: Sentence, text: str) -> bool:
    """Whether the sentence reports what others might say, names a temptation, asks, or takes back what it says."""
    said = text[sentence.start : sentence.end]
    asks = text[sentence.end : sentence.end + 1] == "?" or said.endswith("?")
    return asks or _HYPOTHETICAL.search(said) is not None or _TAKEN_BACK.search(said) is not None


def is_quoted(sentence: Sentence, text: str, span: Span) -> bool:
    """Whether the words of the span stand between quotation marks, with others: a word in quotes is no quotation."""
    before = text[sentence.start : sentence.tokens[span.first].start]
    behind = text[sentence.tokens[span.last].end : sentence.end + 2]  # the mark may stand behind the full stop
    straight = before.count('"') % 2 == 1 and '"' in behind
    curly = "“" in before.rpartition("”")[2] and "”" in behind
    opened = max(before.rfind('"'), before.rfind("“")) + 1
    closed = min((at for mark in ('"', "”") if (at := behind.find(mark)) >= 0), default=0)
    inside = (
        before[opened:] + text[sentence.tokens[span.first].start : sentence.tokens[span.last].end] + behind[:closed]
    )
    return (straight or curly) and len(inside.split()) > 2


def denied(sentence: Sentence, text: str, spans: Sequence[Span], span: Span, *, far: bool = False) -> bool:
    """Whether a negator outside all matched `spans` reaches the matched words of `span`.

    Within its own clause, or with `far` from further away and across clauses.
    """
    inside = {at for other in spans for at in range(other.first, other.last + 1)}
    tokens = sentence.tokens
    enumerated = False  # whether the span is one of several things joined by `or`, which one negator denies together
    for at in range(span.first - 1, max(-1, span.first - 1 - FAR_DENIAL_REACH), -1):
        token = tokens[at]
        between = text[token.end : tokens[at + 1].start]
        if any(mark in between for mark in ".;!?"):
            return False
        breaks = ":()" if enumerated else ",:()"
        if not far and (token.text in _BREAKS or any(mark in between for mark in breaks)):
            return False
        if at in inside:
            continue
        enumerated = enumerated or token.text in ("or", "nor")
        reach = FAR_DENIAL_REACH if far or enumerated or tokens[at + 1].text in _HELD else DENIAL_REACH
        if span.first - at > reach:
            continue
        either = at > 0 and tokens[at - 1].text == "or"  # whether ... or not
        if token.text in _NEGATORS and tokens[at + 1].text not in _NOT_DENYING and not either:
            return True
        if token.stem in _NEGATING_VERBS:
            return True
    return False


def number_denied(sentence: Sentence, text: str, at: int) -> bool:
    """Whether `not` or `never` stands before the number at token `at` in its clause, or the sentence is a dismissal."""
    tokens = sentence.tokens
    for before in range(at - 1, max(-1, at - 1 - NUMBER_REACH), -1):
        between = text[tokens[before].end : tokens[before + 1].start]
        if tokens[before].text in _BREAKS or any(mark in between for mark in ",:()"):
            break
        if tokens[before].text in ("not", "never") and tokens[before + 1].text not in _NOT_DENYING:
            return True
    return is_dismissal(sentence, text) or is_reported(sentence, text)


def is_reported(sentence: Sentence, text: str) -> bool:
    """Whether the sentence says what others say, or might: `the 30 that gets quoted`, `one might suspect`."""
    return _REPORTED.search(text[sentence.start : sentence.end]) is not None


def is_dismissal(sentence: Sentence, text: str) -> bool:
    """Whether the sentence turns down what it talks about: `no point in`, `not worth it`, `I do not agree that`."""
    return _DISMISSAL.search(text[sentence.start : sentence.end]) is not None


def undone(sentence: Sentence, spans: Sequence[Span]) -> bool:
    """Whether a negator stands between the matched words, or right behind them: `a rewind is not worth it`."""
    inside = {at for span in spans for at in range(span.first, span.last + 1)}
    tokens = sentence.tokens
    return any(
        tokens[at].text in _NEGATORS and tokens[at + 1].text not in _NOT_DENYING
        for at in range(min(inside), min(max(inside) + 1 + BEHIND, len(tokens) - 1))
        if at not in inside
    )


def is_negative(sentence: Sentence, text: str) -> bool:
    """Whether the sentence denies anything at all."""
    return any(token.text in _NEGATORS for token in sentence.tokens) or is_dismissal(sentence, text)


def _calculates(sentence: Sentence) -> bool:
    """Whether the sentence gives figures: an equation or a change of a number says something without a verb."""
    numbers = sum(token.number is not None for token in sentence.tokens)
    return numbers >= 3 or (numbers == 2 and any(token.text in _OPERATORS for token in sentence.tokens))


def _bare(piece: Sequence[Token]) -> bool:
    """Whether a piece has no word that makes a clause of it."""
    return len(piece) <= 4 and all(token.text not in _FUNCTION or token.text in _IN_NAMES for token in piece)


def _names(piece: Sequence[Token]) -> bool:
    """Whether a piece only names something: a few words, none of them a verb or an operator."""
    return len(piece) <= 4 and not any(token.stem in _VERBS or token.text in _OPERATORS for token in piece)
