"""Text becomes sentences and tokens the same way whatever the typist's habits."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepdrill.graders.text import LONGEST_SENTENCE, sentences, stem, words


def texts(text: str) -> list[str]:
    return [token.text for token in words(text)]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("It doesn't, can't, won't.", ["it", "does", "not", "can", "not", "will", "not"]),
        ("β ≈ 0.1", ["beta", "about", "0.1"]),
        ("the optimiser's normalisation", ["the", "optimizer", "normalization"]),
        ("log-prob / logprobs", ["log", "prob", "logprobs"]),
        ("12,500 tokens, 3e-4, 47%", ["12500", "tokens", "3e-4", "47", "percent"]),
        ("bf16 vs. pass@1", ["bf16", "vs", "pass", "1"]),
    ],
)
def test_tokens_are_normalised(text: str, tokens: list[str]) -> None:
    assert texts(text) == tokens


@pytest.mark.parametrize(
    "forms",
    [
        "rise rises rising rose",
        "drop drops dropped dropping",
        "fall fell falling",
        "copy copies copied",
        "run ran running",
    ],
)
def test_inflections_share_a_stem(forms: str) -> None:
    assert len({stem(word) for word in forms.split()}) == 1


@pytest.mark.parametrize(("first", "second"), [("note", "not"), ("loss", "lo"), ("need", "ne"), ("data", "date")])
def test_different_words_keep_different_stems(first: str, second: str) -> None:
    assert stem(first) != stem(second)


def test_a_line_break_ends_no_sentence_but_a_list_item_does() -> None:
    assert len(sentences("The margin rises while\nboth probabilities fall")) == 1
    assert len(sentences("- sample the last checkpoint on prompts\n- compare it with the base model there")) == 2
    assert len(sentences("This is the one thing there.\nThe other thing, e.g. this, is not.")) == 2


def test_fragments_belong_to_what_stands_beside_them() -> None:
    assert len(sentences("Cause: rounding. Updates lost. So the loss stays flat.")) == 1
    long = "word " * 30
    assert len(sentences(f"{long}. Short one. {long}.")) == 3


def test_a_run_on_sentence_is_cut() -> None:
    found = sentences("word " * (3 * LONGEST_SENTENCE))
    assert max(len(sentence.tokens) for sentence in found) == LONGEST_SENTENCE


@given(st.text(max_size=300))
def test_tokens_stand_where_they_say_and_in_order(text: str) -> None:
    tokens = [token for sentence in sentences(text) for token in sentence.tokens]
    assert all(0 <= token.start < token.end <= len(text) for token in tokens)
    assert all(first.start <= second.start for first, second in itertools.pairwise(tokens))
