"""What is read from a model's reply, however it is wrapped, and what is said to be wrong with it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from prepdrill.graders.replies import Entry, read

IDS = ["alpha", "beta"]


def entry(id: Any, verdict: str = "unmet", quotes: Any = (), reason: str = "Not said.") -> dict[str, Any]:
    return {"id": id, "quotes": list(quotes), "reason": reason, "verdict": verdict}


def sheet(*entries: Any) -> str:
    return json.dumps({"verdicts": list(entries)})


COMPLETE = sheet(entry("alpha", "met", ["the rate is zero"], "Says so."), entry("beta"))
BOTH = {"alpha": Entry(("the rate is zero",), "Says so.", "met"), "beta": Entry((), "Not said.", "unmet")}
OTHER = sheet(entry("alpha", reason="A draft."), entry("beta", reason="A draft."))


@pytest.mark.parametrize(
    "text",
    [
        COMPLETE,
        f"\n\ufeff {COMPLETE}\r\n",
        json.dumps(json.loads(COMPLETE), indent=2),
        f"```json\n{COMPLETE}\n```",
        f"```\n{COMPLETE}```",
        f"Here is my verdict:\n\n```JSON\r\n{COMPLETE}\n```\nI hope that this helps {{a lot}}.",
        f"Sure! {COMPLETE} Let me know if {{anything}} is unclear.",
        f"{OTHER}\n{COMPLETE}",
        f"```json\n{OTHER}\n```\nOn reflection:\n```json\n{COMPLETE}\n```",
        f"<think>\nMaybe {OTHER}, or not.\n</think>\n{COMPLETE}",
        f"I think {{x}} and maybe {OTHER}, or not.</think>{COMPLETE}",
        f'{{"plan": {{"first": 1}}}} {COMPLETE}',
        r"\frac{1}{2} " * 900 + COMPLETE,
        "{" * 20_000 + COMPLETE,
        f'{COMPLETE[:-1]}, "note": NaN, "more": [Infinity]}}',
    ],
)
def test_verdicts_are_found_in_whatever_stands_around_them(text: str) -> None:
    found = read(text, IDS)
    assert (found.fault, found.entries) == ("", BOTH)


def test_braces_and_quotation_marks_in_quotes_are_text() -> None:
    quotes = ["I'd log {'lr': 0.0} and ```yaml\nlr: 0\n```", 'he said "}]}" </think> {"verdicts": []}']
    text = f"Well: {sheet(entry('alpha', 'met', quotes), entry('beta'))} So {{}}."
    assert read(text, IDS).entries["alpha"].quotes == tuple(quotes)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "it is empty"),
        (" \n", "it is empty"),
        ("I cannot grade this.", "it holds no complete JSON object"),
        ("null", "it holds no complete JSON object"),
        (COMPLETE[:-30], "it is not an object with a list 'verdicts'"),
        (COMPLETE.replace('"}]', '"},]'), "it is not an object with a list 'verdicts'"),
        (COMPLETE.replace('"', "'"), "it holds no complete JSON object"),
        (f"<think>It will be {COMPLETE} but wait", "it holds no complete JSON object"),
        ('{"verdicts": {"alpha": "met", "beta": "met"}}', "it is not an object with a list 'verdicts'"),
        ('{"verdicts": []}', "alpha is missing; beta is missing"),
        ("[" * 200_000, "it holds no complete JSON object"),
        ('{"a":' * 100_000, "it holds no complete JSON object"),
        ('{"verdicts": ' + "[" * 100_000 + "]" * 100_000 + "}", "it holds no complete JSON object"),
        ('{"verdicts": [' + "1" * 5_000 + "]}", "it holds no complete JSON object"),
    ],
)
def test_a_reply_without_verdicts_has_none(text: str, fault: str) -> None:
    found = read(text, IDS)
    assert (found.entries, found.fault) == ({}, fault)


@pytest.mark.parametrize(
    ("entries", "kept", "fault"),
    [
        ([entry("alpha")], {"alpha"}, "beta is missing"),
        ([entry("alpha"), entry("beta"), entry("gamma")], {"alpha", "beta"}, "'gamma' is not one of the ids"),
        ([entry("alpha"), entry("beta"), entry("beta", "met")], {"alpha"}, "beta is there twice"),
        ([entry("alpha"), entry("beta"), entry("beta"), entry("beta")], {"alpha"}, "beta is there twice"),
        ([entry("alpha"), entry(2)], {"alpha"}, "an entry has no id; beta is missing"),
        ([entry("alpha"), "beta"], {"alpha"}, "an entry has no id; beta is missing"),
        ([entry("alpha"), entry(["beta"])], {"alpha"}, "an entry has no id; beta is missing"),
        ([entry("alpha"), entry("beta", "MET")], {"alpha"}, "beta: verdict must be one of met, unmet, cannot_assess"),
        ([entry("alpha"), entry("beta", reason="\x1b\u200b ")], {"alpha"}, "beta: it has no reason"),
        ([entry("alpha"), entry("beta") | {"quotes": "the rate"}], {"alpha"}, "beta: quotes must be a list of texts"),
        ([entry("alpha"), entry("beta") | {"quotes": [1]}], {"alpha"}, "beta: quotes must be a list of texts"),
        ([entry("alpha"), entry("beta") | {"verdict": True}], {"alpha"}, "beta: verdict must be one of met, unmet"),
        ([entry("alpha"), entry("beta") | {"reason": None}], {"alpha"}, "beta: it has no reason"),
        (
            [entry("alpha"), {"id": "beta", "quotes": [], "verdict": "met", "reason": "Hindsight."}],
            {"alpha"},
            "beta: the verdict comes before its reason",
        ),
    ],
)
def test_of_an_incomplete_reply_the_sound_entries_are_kept(entries: list[Any], kept: set[str], fault: str) -> None:
    found = read(sheet(*entries), IDS)
    assert set(found.entries) == kept
    assert found.fault.startswith(fault)
    assert found.entries["alpha"].verdict == "unmet"


def test_a_complete_object_goes_before_an_incomplete_one_that_comes_after_it() -> None:
    assert read(f"{COMPLETE}\n{sheet(entry('alpha'))}", IDS).entries == BOTH


def test_a_reason_is_one_line_that_can_be_shown() -> None:
    text = sheet(entry("alpha", reason="Clears\x1b[2J the\r\n screen\ud83d, \x07 rings."), entry("beta"))
    assert read(text, IDS).entries["alpha"].reason == "Clears [2J the screen , rings."


def test_half_characters_in_quotes_can_be_sent_back() -> None:
    (quote,) = read(sheet(entry("alpha", "met", ["a\ud83d b"]), entry("beta")), IDS).entries["alpha"].quotes
    assert quote == "a\ufffd b"


def test_a_huge_reply_is_read_like_any_other() -> None:
    noise = ("{" + "word " * 9) * 100_000
    assert len(noise) > 4_500_000
    assert read(f"{noise}{COMPLETE}", IDS).entries == BOTH
    assert read(noise, IDS).entries == {}
    assert read(sheet(entry("alpha", quotes=[noise]), entry("beta")), IDS).entries["alpha"].quotes == (noise,)


def test_a_draft_before_the_end_of_thoughts_is_no_verdict() -> None:
    draft = entries_text("met")
    assert read(f"{draft}\n</think>\n{entries_text('unmet')}", IDS).entries["alpha"].verdict == "unmet"
    partial = json.dumps({"verdicts": []})
    assert read(f"{draft}\n</think>\n{partial}", IDS).entries == {}


def entries_text(verdict: str) -> str:
    made = [{"id": id, "quotes": [], "reason": "Because.", "verdict": verdict} for id in IDS]
    return json.dumps({"verdicts": made})
