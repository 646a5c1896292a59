"""`prepdrill drill` and `grade` without a terminal: a whole drill in a script."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prepdrill.bank import Bank

from ..conftest import Command

ID = "post-training/dpo-margin-up-likelihood-down"


@pytest.fixture
def answer(built_in: Bank) -> str:
    return built_in.item(ID).question.model_answer


def test_the_answer_is_read_from_standard_input_and_kept(prepdrill: Command, answer: str) -> None:
    result = prepdrill("drill", "--question", ID, input=answer)
    assert result.code == 0, result.err
    assert "strong yes" in result.out
    assert "attempt 1" in result.err
    shown = prepdrill("review", "show", "1", "--json")
    stored = json.loads(shown.out)
    assert stored["answer"] == answer
    assert stored["grades"][0]["rating"] == "strong yes"


def test_a_grade_as_json_has_the_documented_shape(prepdrill: Command, answer: str, tmp_path: Path) -> None:
    (tmp_path / "answer.md").write_text(answer)
    result = prepdrill("grade", "--question", ID, "--answer", str(tmp_path / "answer.md"), "--json")
    grade = json.loads(result.out)
    assert list(grade) == ["question", "revision", "grader", "score", "rating", "verdicts"]
    assert list(grade["grader"]) == ["name", "version", "fingerprint"]
    assert list(grade["score"]) == ["value", "low", "high"]
    assert list(grade["verdicts"][0]) == [
        "criterion", "red_flag", "dimension", "points", "essential", "outcome", "prompted", "confidence", "reason",
        "by", "evidence",
    ]  # fmt: skip
    for verdict in grade["verdicts"]:
        if verdict["evidence"]:
            evidence = verdict["evidence"]
            assert answer[evidence["start"] : evidence["end"]] == evidence["quote"]
    assert json.loads(prepdrill("review", "list", "--json").out) == []


def test_the_same_seed_asks_the_same(prepdrill: Command) -> None:
    asked = []
    for _ in range(2):
        result = prepdrill("drill", "--seed", "5", "--section", "eval", "--json", input="An answer.")
        asked.append(json.loads(result.out)["question"])
    first = prepdrill("review", "list", "--json")
    assert len(json.loads(first.out)) == 2
    assert asked[0].startswith("evaluation/")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "Standard input is empty"),
        (b"  \n \n", "Standard input is empty"),
        (b"caf\xe9 au lait", "is not UTF-8 (line 1)"),
        (b"word " * 250_000, "too long for an answer: 100,000 characters at most"),
    ],
)
def test_what_cannot_be_an_answer_is_said_in_one_sentence(prepdrill: Command, data: bytes, message: str) -> None:
    result = prepdrill("drill", "--question", ID, input=data)
    assert result.code == 1
    assert message in result.err
    assert len(result.err.strip().splitlines()) == 1
    assert result.out == ""


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--question", "post-training/dpo-margin-up"), 1, ID),
        (("--section", "nowhere"), 1, "There is no section 'nowhere': 1 post-training"),
        (("--section", "d"), 1, "more than one section 'd': 4 data, 5 distributed"),
        (("--topic", "stabilty"), 1, "post-training/stability"),
        (("--kind", "guess"), 2, "there are diagnose, decide"),
        (("--tier", "9"), 2, "There is no tier 9; there are 1, 2, 3."),
        (("--grader", "oracle"), 2, "there are offline, self"),
        (("--count", "2", "--seed", "1"), 2, "Standard input holds one answer"),
        (("--resume",), 1, "There is no drill to go on with"),
        (("--section", "data"), 2, "say to which question, with --question ID"),
        (("--bank", "/nowhere"), 1, "/nowhere is not a bank"),
    ],
)
def test_wrong_options_are_answered_with_what_there_is(
    prepdrill: Command, arguments: tuple[str, ...], code: int, message: str
) -> None:
    result = prepdrill("drill", *arguments, input="An answer.")
    assert result.code == code
    assert message in result.err
    assert "Traceback" not in result.err


def test_escapes_and_markup_in_an_answer_are_shown_as_text(prepdrill: Command) -> None:
    nasty = "It is [bold red]the margin[/] \x1b[31mred\x1b[0m \x07 \u202e[link=x]y[/link]."
    prepdrill("drill", "--question", ID, input=nasty)
    shown = prepdrill("review", "show", "1").out
    assert "[bold red]the margin[/] ␛[31mred␛[0m ␇ <U+202E>[link=x]y[/link]." in " ".join(shown.split())
    assert "\x1b" not in shown


def test_an_attempt_can_be_graded_again_and_both_grades_stay(prepdrill: Command, answer: str) -> None:
    prepdrill("drill", "--question", ID, input=answer)
    result = prepdrill("grade", "1", "--json")
    assert json.loads(result.out)[0]["rating"] == "strong yes"
    assert len(json.loads(prepdrill("review", "show", "1", "--json").out)["grades"]) == 2


def test_grade_says_what_it_needs(prepdrill: Command) -> None:
    assert prepdrill("grade").code == 2
    assert prepdrill("grade", "7").code == 1
    missing = prepdrill("grade", "--question", ID, "--answer", "/nowhere/answer.md")
    assert (missing.code, missing.err) == (1, "/nowhere/answer.md cannot be read: No such file or directory.\n")
