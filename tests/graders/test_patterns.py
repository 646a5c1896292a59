"""The pattern language does what docs/writing-questions.md says of it."""

from __future__ import annotations

import pytest

from prepdrill.graders.patterns import Patterns, SentenceIndex, TextIndex, complete_matches, match_in, windows
from prepdrill.graders.text import sentences

LEXICON = {
    "falls": ("fall*", "drop*", "go down", "less likely"),
    "prob": ("log prob*", "logp*", "probability"),
    "both-fall": ("both $falls",),
}
PATTERNS = Patterns(LEXICON)


def matches(line: str, text: str) -> bool:
    return any(SentenceIndex(sentence).find(PATTERNS.line(line)) is not None for sentence in sentences(text))


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("sample", "Sampling from it."),
        ("log-prob*", "The log-probs say so."),
        ("$falls", "It goes down."),
        ("$falls", "It is getting less and less likely."),
        ("$both-fall", "They are both dropping."),
        ("one | two three", "two of three"),
        ("p < $number", "with p < 0.05"),
        ("optimi*", "the optimiser state"),
        ("bf16", "BF16 weights"),
    ],
)
def test_a_line_matches(line: str, text: str) -> None:
    assert matches(line, text)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("sample", "An example."),
        ("go down", "down they go"),
        ("one four", "one two three five four"),
        ("not", "note"),
        ("first second", "This is the first of them now. Second comes whatever is left over."),
        ("$number", "no digits"),
        ("is fine", "That is not fine."),
    ],
)
def test_a_line_does_not_match(line: str, text: str) -> None:
    assert not matches(line, text)


BOTH = "Both of the columns change here."
FINE = "That alone is fine with me."
FALLS = "The logp of the first one drops."


def index(*parts: str) -> TextIndex:
    return TextIndex(sentences(" ".join(parts)))


def test_lines_must_stand_in_one_sentence_or_two_neighbours() -> None:
    lines = [PATTERNS.line("$prob"), PATTERNS.line("$falls"), PATTERNS.line("both")]
    assert [match.window for match in complete_matches(index(BOTH, FALLS, FINE).find(lines))] == [(0, 1)]
    assert list(complete_matches(index(BOTH, FINE, FALLS).find(lines))) == []
    found = index(BOTH, FINE, FALLS).find(lines)
    assert max(match_in(found, window).share for window in windows(3)) == pytest.approx(2 / 3)


def test_a_single_sentence_comes_before_a_pair() -> None:
    lines = [PATTERNS.line("both"), PATTERNS.line("$falls")]
    assert next(complete_matches(index(BOTH, FALLS, "Here both of them drop in one.").find(lines))).window == (2,)


def test_families_of_a_rubric_stand_beside_the_lexicon_and_refer_to_it() -> None:
    own = Patterns({"sinks": ("$falls", "sinks"), "log": ("diary",)}, PATTERNS)
    for line, text in (
        ("$sinks", "They sink."),
        ("$sinks", "They drop."),
        ("$prob $falls", "logp drops"),
        ("$log", "a diary"),
    ):
        assert any(SentenceIndex(sentence).find(own.line(line)) for sentence in sentences(text)), line
    assert not any(SentenceIndex(sentence).find(PATTERNS.line("$sinks")) for sentence in sentences("They sink."))


def test_a_deep_family_of_one_rubric_spoils_no_wider_one_for_the_next() -> None:
    wider = Patterns({"outer": ("$inner",), "inner": ("sinks",)})
    deep = {f"f{n}": (f"$f{n + 1}",) for n in range(1, 5)} | {"f5": ("$outer",)}
    Patterns(deep, wider).line("$f1")
    found = Patterns({"own": ("$outer",)}, wider).line("$own")
    assert any(SentenceIndex(sentence).find(found) for sentence in sentences("The loss sinks."))


def test_a_family_that_contains_itself_ends() -> None:
    assert Patterns({"loop": ("$loop more", "end")}).line("$loop")
