"""The judge's own follow-ups: each aims at what was not met, and the rules let none through that gives it away."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence

import pytest

from prepdrill.bank import Bank
from prepdrill.chat import Call, Failure, Reply
from prepdrill.graders.judge import Calls, Replies, driven
from prepdrill.graders.probe import MOST, probing, refused, targets
from prepdrill.model import Criterion, Item, NumberTarget, Transcript, Verdict

from ..examples import criterion, item, question, verdicts

ANSWER = Transcript("I would lower the learning rate and run it again.")
AIM = dataclasses.replace(
    criterion("margin"),
    asks="Says that the loss constrains only the margin, so both log-probabilities can fall.",
    accept=("DPO only sees the gap between the two.",),
)
ITEM = item([AIM, criterion("beta", 3), criterion("alpha", 1, essential=True), criterion("flag", -2)])


def speaks(*asks: str) -> tuple[list[Call], object]:
    """A model that says these in turn, and the calls that it got."""
    calls: list[Call] = []
    left = list(asks)

    def source(asked: Calls) -> Replies:
        calls.extend(asked)
        return tuple(Reply(json.dumps({"ask": left.pop(0)}), "stop") for _ in asked)

    return calls, source


def unmet(*ids: str) -> list[Verdict]:
    return verdicts({entry.id: "unmet" if entry.id in ids else "met" for entry in ITEM.rubric.everything})


def asked(asks: Sequence[str], *missing: str) -> tuple[list[Call], list[tuple[str, str]]]:
    calls, source = speaks(*asks)
    probes = driven(probing(ITEM.question, ITEM.rubric, ANSWER, unmet(*missing)), source)  # type: ignore[arg-type]
    return calls, [(probe.ask, probe.criterion) for probe in probes]


def test_essential_points_come_first_then_the_weightiest_and_never_a_red_flag() -> None:
    aims = targets(ITEM.rubric, unmet("margin", "beta", "alpha", "flag"))
    assert [aim.id for aim in aims] == ["alpha", "beta"]
    assert len(aims) == MOST


def test_what_is_unsure_or_met_is_not_asked_about() -> None:
    found = verdicts({"margin": "unsure", "beta": "met", "alpha": "ungraded", "flag": "unmet"})
    assert targets(ITEM.rubric, found) == []
    assert driven(probing(ITEM.question, ITEM.rubric, ANSWER, found), lambda _: pytest.fail("nothing to ask")) == ()


@pytest.mark.parametrize(
    ("ask", "fault"),
    [
        ("What would tell you whether that rate is to blame?", ""),
        ("Does the loss care about the margin alone?", "gives away margin"),
        ("Could the loss see only a GAP here?", "gives away gap"),
        ("Might it constrain something less than you think?", "gives away constrain"),
        ("Is it 29 nats?", "gives away 29"),
        ("You have five minutes left; what else would you look at?", "time"),
        ("Look at the clock: what would you do next?", "time"),
        ("Which criterion of the rubric did you not address?", "grading"),
        ("Tell me more.", "not one question"),
        ("Why?", "words"),
        (" ".join(["why"] * 60) + "?", "words"),
        ("", "not one question"),
    ],
)
def test_the_rules_refuse_what_gives_it_away_and_what_no_interviewer_says(ask: str, fault: str) -> None:
    found = refused(ask, question(), ANSWER, AIM)
    assert (not found) if not fault else (fault in found)


def test_the_question_and_the_candidates_words_may_be_used_but_not_a_hint_that_was_not_taken() -> None:
    said = Transcript("The margin grows.")
    assert not refused("What does a margin that grows tell you?", question(), said, AIM)
    hinted = question(hints=["Think of the margin."])
    assert "margin" in refused("What does the margin tell you?", hinted, ANSWER, AIM)


def test_the_questions_own_words_may_not_be_put_together_to_what_counts() -> None:
    aim = dataclasses.replace(criterion("margin"), asks="Lowers it.", accept=("Lower the rate, and run again.",))
    assert "wants to hear" in refused("Would you lower that rate and run it?", question(), ANSWER, aim)
    assert not refused("What would that rate show?", question(), ANSWER, aim)


def test_the_number_that_is_wanted_is_never_said() -> None:
    aim = dataclasses.replace(criterion("tokens"), number=NumberTarget(693, 35, "steps"))
    assert "693" in refused("Would it be about 693 of them?", question(), ANSWER, aim)


def test_a_refused_probe_is_asked_for_once_more_and_then_left_out() -> None:
    calls, probes = asked(["Is it the gap?", "What would tell you that the rate is to blame?"], "margin")
    assert probes == [("What would tell you that the rate is to blame?", "margin")]
    assert "it gives away gap" in calls[1].messages[-1].content
    calls, probes = asked(["Is it the gap?", "Is it the margin?"], "margin")
    assert (probes, len(calls)) == ([], 2)


def test_the_model_sees_neither_hidden_evidence_nor_the_reference_nor_a_time() -> None:
    calls, _ = asked(["What would tell you that the rate is to blame?"], "margin")
    told = "\n".join(message.content for message in calls[0].messages)
    assert "step loss" in told, "an exhibit that is in sight"
    assert "9.0" not in told, "an exhibit that must be asked for"
    assert ITEM.question.model_answer not in told
    assert not any(word in told.lower() for word in ("minute", "second ", "budget", "deadline"))


@pytest.mark.parametrize(
    "reply",
    [
        Reply("I would ask: what now?", "stop"),
        Reply("", "stop"),
        Reply('{"ask": 3}', "stop"),
        Reply('["What now, and why?"]', "stop"),
        Failure("not parsed", "nothing"),
    ],
)
def test_a_reply_without_a_probe_is_no_probe(reply: Reply | Failure) -> None:
    steps = probing(ITEM.question, ITEM.rubric, ANSWER, unmet("margin"))
    assert driven(steps, lambda calls: tuple(reply for _ in calls)) == ()


def test_a_model_that_thinks_aloud_or_fences_is_understood() -> None:
    text = '<think>{"ask": "no"}</think>\n```json\n{"ask": "What would tell you that the rate is to blame?"}\n```'
    steps = probing(ITEM.question, ITEM.rubric, ANSWER, unmet("margin"))
    (probe,) = driven(steps, lambda calls: tuple(Reply(text, "stop") for _ in calls))
    assert probe.ask.startswith("What would tell you")


def test_no_accepted_phrase_of_the_bank_could_be_asked_as_a_question(built_in: Bank) -> None:
    """Whoever turned a phrase that counts into a question would give the point away: the rules let few through."""
    silent = Transcript("I do not know.")
    phrases = [(at, aim, phrase) for at in items(built_in) for aim in at.rubric.criteria for phrase in short(aim)]
    through = [phrase for at, aim, phrase in phrases if not refused(f"{phrase}?", at.question, silent, aim)]
    assert len(phrases) > 100
    assert len(through) <= 0.02 * len(phrases), through


def items(bank: Bank) -> list[Item]:
    return [bank.item(id) for id in bank.files]


def short(aim: Criterion) -> list[str]:
    return [phrase.rstrip(".") for phrase in aim.accept if 3 <= len(phrase.split()) <= 25]
