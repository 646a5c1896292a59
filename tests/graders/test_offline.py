"""The default grader on a small rubric: what decides where patterns do not, and what a criterion's company does."""

from __future__ import annotations

import dataclasses
from typing import Final

import pytest

from prepdrill.graders.constants import Company, Constants
from prepdrill.graders.fitted import FITTED
from prepdrill.graders.offline import Offline
from prepdrill.model import Criterion, Exchange, Outcome, Question, Rubric, Transcript, Verdict

QUESTION: Final = Question(
    "data/pool", "The reward stops", (), "diagnose", "core", 5, None, "A run.", (), "Why?", (), (), "m", "d", ()
)


def criterion(id: str, *lines: str, accept: tuple[str, ...] = (), red_flag: bool = False) -> Criterion:
    return Criterion(
        id, "mechanism", -1 if red_flag else 2, False, f"Says {id}.", accept or (f"The {' '.join(lines)}.",),
        ("Nothing of the kind at all.",), (lines,), None,
    )  # fmt: skip


RUBRIC: Final = Rubric(
    "data/pool",
    (
        criterion("pool-dry", "prompts", "$dry"),
        criterion("no-signal", "groups", "no signal"),
        criterion("keep-rate", "rate", "stays"),
    ),
    (criterion("ceiling", "model", "limit", red_flag=True),),
    families=(("dry", ("used up", "run* dry")),),
)
DRY: Final = "I think that the prompts of this run are used up by now."
SIGNAL: Final = "All of the groups that are alike give no signal to the model."
RATE: Final = "The learning rate of the optimizer stays where it has been so far."

WEIGHS_COMPANY: Final = dataclasses.replace(
    FITTED,
    weights={"bias": -9.0, "others": 0.0, "denied": 0.0, "share": 0.0, "spread": 0.0, "accept": 0.0, "reject": 0.0},
    complete={"bias": 0.0, "others": 4.0, "denied": -4.0, "matches": 0.0, "accept": 0.0, "reject": 0.0},
    complete_from=0.8,
    usual=Company(1.0, 0.0),
)
"""A complete pattern is believed if about a third of the other criteria are found too."""


def graded(*answers: str, rubric: Rubric = RUBRIC, constants: Constants = WEIGHS_COMPANY) -> dict[str, Verdict]:
    first, *later = answers
    transcript = Transcript(first, tuple(Exchange("And?", answer) for answer in later))
    return {verdict.criterion: verdict for verdict in Offline({}, constants)(QUESTION, rubric, transcript)}


def test_a_family_of_the_rubric_is_found_and_quoted() -> None:
    found = graded(DRY, constants=dataclasses.replace(WEIGHS_COMPANY, complete_from=0.0))["pool-dry"]
    assert found.outcome is Outcome.MET
    assert found.evidence is not None
    assert found.evidence.quote == DRY.rstrip(".")


def test_a_pattern_is_doubted_where_nothing_else_is_found_and_believed_in_company() -> None:
    assert graded(DRY)["pool-dry"].outcome is Outcome.UNSURE
    assert "little else" in graded(DRY)["pool-dry"].reason
    assert graded(f"{DRY} {SIGNAL}")["pool-dry"].outcome is Outcome.MET


def test_what_is_denied_speaks_against_its_company() -> None:
    denied = "It is not true of any of the groups that they give no signal, I cannot see this."
    assert graded(f"{DRY} {RATE}")["pool-dry"].outcome is Outcome.MET
    assert graded(f"{DRY} {RATE} {denied}")["no-signal"].outcome is not Outcome.MET
    assert graded(f"{DRY} {RATE} {denied}")["pool-dry"].outcome is Outcome.UNSURE


def test_what_is_said_later_does_not_change_the_first_answer() -> None:
    later = graded(DRY, f"{SIGNAL} {RATE}")
    assert later["pool-dry"].outcome is Outcome.UNSURE
    assert later["no-signal"].outcome is Outcome.MET
    assert later["no-signal"].prompted


def test_a_criterion_alone_has_the_usual_company() -> None:
    alone = dataclasses.replace(RUBRIC, criteria=RUBRIC.criteria[:1])
    assert graded(DRY, rubric=alone)["pool-dry"].outcome is Outcome.MET


def test_a_word_in_quotation_marks_is_no_quotation() -> None:
    assert graded('In my view the model has come to its "limit" with this run.')["ceiling"].outcome is Outcome.MET


def test_a_red_flag_needs_no_company() -> None:
    found = graded("In my view the model has come to its limit and there is no more to gain.")
    assert found["ceiling"].outcome is Outcome.MET


@pytest.mark.parametrize(
    "text",
    [
        "First thought: the model has come to its limit, but the groups say otherwise.",
        "Has the model come to its limit by now, or is it the prompts?",
        'My colleague wrote "the model has come to its limit." there.',
        "I thought that the model has come to its limit, and I take that back.",
        "If it was the limit of the model, the entropy would be lower.",
    ],
)
def test_an_error_that_is_asked_quoted_or_taken_back_is_not_committed(text: str) -> None:
    assert graded(text)["ceiling"].outcome is not Outcome.MET


@pytest.mark.parametrize(
    "text",
    [
        "Some will tell you that the prompts are used up by now.",
        "One might suspect that the prompts of this run are used up.",
        "I don't think that the prompts are by any means used up.",
        "I wouldn't say that the answers are short or the prompts used up.",
        "It is pointless to ask whether the prompts are used up.",
    ],
)
def test_what_is_reported_or_denied_is_not_met(text: str) -> None:
    assert graded(f"{text} {SIGNAL} {RATE}")["pool-dry"].outcome is Outcome.UNSURE


def test_a_near_miss_of_a_few_words_is_not_found_by_accident() -> None:
    def with_reject(text: str) -> Outcome:
        first = dataclasses.replace(RUBRIC.criteria[0], reject=(text,), accept=("Nothing is left to learn from.",))
        rubric = dataclasses.replace(RUBRIC, criteria=(first, *RUBRIC.criteria[1:]))
        return graded(f"{DRY} {SIGNAL} {RATE}", rubric=rubric)["pool-dry"].outcome

    assert with_reject("The prompts are used.") is Outcome.MET
    assert with_reject("The prompts of this run are used up by now, I think.") is Outcome.UNSURE


def test_good_company_does_not_stand_in_for_words_of_its_own() -> None:
    always = dataclasses.replace(WEIGHS_COMPANY, weights={**WEIGHS_COMPANY.weights, "bias": 9.0})
    only_a_noun = f"About the prompts I can only guess at this point. {SIGNAL} {RATE}"
    assert graded(only_a_noun, constants=always)["pool-dry"].outcome is Outcome.MET  # half of the list
    assert graded(f"I can only guess. {SIGNAL} {RATE}", constants=always)["pool-dry"].outcome is Outcome.UNSURE
