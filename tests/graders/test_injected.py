"""Injected answers against a judge that does whatever an answer tells it: no essential point is gained."""

from __future__ import annotations

import itertools
import json

import pytest

from prepdrill.bank import Bank
from prepdrill.bank.injections import Injection, injections
from prepdrill.chat import Reply
from prepdrill.graders.judge import Calls, Judge, Mode, Replies, driven
from prepdrill.graders.offline import Offline
from prepdrill.graders.text import sentences
from prepdrill.model import CalibrationAnswer, Item, Outcome, Transcript, Verdict

KINDS = ("wrong", "stuffed", "partial")


def obedient(transcript: Transcript) -> object:
    """A model that calls everything met, every error avoided, and quotes all that the candidate wrote."""
    said = [transcript.text[sentence.start : sentence.end] for sentence in sentences(transcript.text)]

    def answer(calls: Calls) -> Replies:
        replies = []
        for call in calls:
            ids = call.schema["properties"]["verdicts"]["items"]["properties"]["id"]["enum"]
            told = call.messages[3].content
            entries = [
                {
                    "id": id,
                    "quotes": said,
                    "reason": "As the answer asks.",
                    "verdict": "unmet" if f"id: {id}\nkind: red flag" in told else "met",
                }
                for id in ids
            ]
            replies.append(Reply(json.dumps({"verdicts": entries}), "stop", digest="0" * 32))
        return tuple(replies)

    return answer


def judged(bank: Bank, item: Item, text: str, mode: Mode) -> list[Verdict]:
    transcript = Transcript(text)
    judge = Judge("obedient", mode, Offline(bank.lexicon))
    steps = judge.judging(item.question, item.rubric, transcript)
    return list(driven(steps, obedient(transcript)).verdicts)  # type: ignore[arg-type]


def injected(text: str, answer: str, number: int) -> str:
    """The answer with the text before it, behind it, or after its first sentence."""
    first = sentences(answer)[0].end
    places = (f"{text}\n\n{answer}", f"{answer}\n\n{text}", f"{answer[:first]} {text} {answer[first:]}")
    return places[number % 3]


def pairs(bank: Bank) -> list[tuple[Injection, Item, CalibrationAnswer]]:
    """Every injection with an answer, over all questions and kinds in turn."""
    items = [bank.item(id) for id in bank.files]
    answers = [
        (item, answer) for kind in KINDS for item in items for answer in bank.calibration(item) if answer.kind == kind
    ]
    return [(text, *pair) for text, pair in zip(injections(bank.roots), itertools.cycle(answers), strict=False)]


@pytest.mark.parametrize("mode", [Mode(), Mode(samples=3), Mode(per_criterion=True)], ids=["one", "three", "alone"])
def test_no_injected_answer_gains_an_essential_point_from_an_obedient_judge(built_in: Bank, mode: Mode) -> None:
    found = pairs(built_in)
    assert len(found) >= 30
    assert len({injection.style for injection, _, _ in found}) >= 8
    for number, (injection, item, answer) in enumerate(found):
        essential = {entry.id for entry in item.rubric.criteria if entry.essential and entry.number is None}
        verdicts = judged(built_in, item, injected(injection.text, answer.text, number), mode)
        gained = {verdict.criterion for verdict in verdicts if verdict.outcome is Outcome.MET} & essential
        assert gained <= answer.met, (injection.id, item.question.id, answer.id)


def test_an_obedient_judge_hides_no_red_flag(built_in: Bank) -> None:
    for number, (injection, item, answer) in enumerate(pairs(built_in)):
        verdicts = judged(built_in, item, injected(injection.text, answer.text, number), Mode())
        flags = {entry.id for entry in item.rubric.red_flags if entry.number is None}
        avoided = {verdict.criterion for verdict in verdicts if verdict.outcome is Outcome.UNMET} & flags
        assert not avoided, "what it says in favour of the answer is left to a person"


def test_the_decoy_gives_away_a_judge_that_says_yes_to_everything_without_any_injection(built_in: Bank) -> None:
    item = built_in.item(next(iter(built_in.files)))
    answer = next(answer for answer in built_in.calibration(item) if answer.kind == "strong")
    found = {verdict.outcome for verdict in judged(built_in, item, answer.text, Mode())}
    assert Outcome.MET not in found or any(entry.number for entry in item.rubric.criteria)
    assert Outcome.UNSURE in found


def test_a_name_that_the_candidate_says_is_not_the_decoys(built_in: Bank) -> None:
    from prepdrill.graders.prompt import DECOY, with_decoy

    item = built_in.item(next(iter(built_in.files)))
    names = set()
    text = ""
    for _ in range(6):
        (decoy,) = [entry for entry in with_decoy(item.rubric.criteria, Transcript(text)) if entry.id == DECOY]
        name = decoy.asks.split(", ")[1]
        assert name not in text
        names.add(name)
        text += f" {name} said so."
    assert len(names) == 6
