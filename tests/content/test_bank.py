"""What the shipped bank promises: its mix, its calibration answers, and the grader held against them."""

from __future__ import annotations

import runpy
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from prepdrill.bank import Bank
from prepdrill.graders.offline import Offline
from prepdrill.model import Chart, Item, Log, Outcome, Transcript

QUALITY = Path(__file__).parents[2] / "benchmarks" / "offline_quality.py"


@pytest.fixture(scope="module")
def items(bank: Bank) -> list[Item]:
    return [bank.item(id) for id in bank.files]


@pytest.fixture(scope="module")
def figures(bank: Bank) -> dict[str, Any]:
    quality = runpy.run_path(str(QUALITY))
    answers = quality["graded"](bank, quality["apart"](bank))
    return dict(quality["report"](answers, quality["model_answers"](bank, Offline(bank.lexicon))))


def test_the_bank_is_as_large_as_it_says(bank: Bank, items: list[Item]) -> None:
    core = {section.slug for section in bank.syllabus.sections if section.tier == 1}
    assert len(items) >= 120
    assert sum(item.question.section in core for item in items) >= 80


def test_every_topic_has_its_questions_and_every_section_three_levels(bank: Bank, items: list[Item]) -> None:
    for section in bank.syllabus.sections:
        of_section = [item.question for item in items if item.question.section == section.slug]
        assert {question.level for question in of_section} == {"warm-up", "core", "stretch"}, section.slug
        for topic in section.topics:
            found = [item.question for item in items if topic.id in item.question.topics]
            assert len(found) >= (3 if section.tier == 1 else 2), topic.id
            assert section.tier > 1 or len({question.kind for question in found}) >= 2, topic.id


def test_the_kinds_are_a_mix(items: list[Item]) -> None:
    kinds = Counter(item.question.kind for item in items)
    assert kinds["diagnose"] >= len(items) / 3
    assert kinds["decide"] >= 15
    assert kinds["design"] >= 12
    assert kinds["estimate"] >= 10
    assert kinds["critique"] >= 8


def test_the_exhibits_are_a_mix(items: list[Item]) -> None:
    contents = Counter(type(exhibit.content) for item in items for exhibit in item.question.exhibits)
    assert all(item.question.exhibits for item in items)
    assert contents[Log] >= 40
    assert contents[Chart] >= 25
    assert sum(bool(item.question.staged_exhibits) for item in items) >= 20
    assert sum(item.question.twist is not None for item in items) >= 8


def test_skills_are_tested_on_several_surfaces(items: list[Item]) -> None:
    families = Counter(item.question.family for item in items if item.question.family is not None)
    assert sum(families.values()) >= 30
    assert set(families.values()) <= {2, 3}, families


def test_three_estimates_are_graded_by_number(items: list[Item]) -> None:
    by_number = [
        item
        for item in items
        if item.question.kind == "estimate" and any(criterion.number for criterion in item.rubric.criteria)
    ]
    assert len(by_number) >= 3


def test_the_interview_questions_of_the_syllabus_are_asked(items: list[Item]) -> None:
    topics = {topic for item in items for topic in item.question.topics}
    assert {"post-training/x-improved-y-regressed", "evaluation/ship-decision"} <= topics


def test_every_question_has_its_calibration_answers(bank: Bank, items: list[Item]) -> None:
    for item in items:
        answers = bank.calibration(item)
        kinds = {answer.kind for answer in answers}
        assert {"strong", "partial", "wrong", "paraphrase", "rambling"} <= kinds, item.question.id
        assert kinds & {"stuffed", "copied", "negated", "injected"}, item.question.id
        assert len(answers) >= 5, item.question.id
        assert any(answer.second_reader for answer in answers), item.question.id


def test_the_grader_is_right_about_what_it_decides_on_honest_answers(figures: dict[str, Any]) -> None:
    honest = figures["honest"]
    assert honest["macro_f1"] >= 0.87
    assert honest["decided"] >= 0.75
    assert honest["precision_met"] >= 0.94


def test_dishonest_answers_get_no_essential_point(figures: dict[str, Any]) -> None:
    assert all(count.startswith("0 of ") for count in figures["dishonest_essentials_met"].values())


def test_negated_answers_get_few_of_their_criteria(figures: dict[str, Any]) -> None:
    met, _, of = figures["negated_met"].partition(" of ")
    assert int(met) / int(of) <= 0.15


def test_the_two_readers_agree(figures: dict[str, Any]) -> None:
    assert figures["readers_kappa"] >= 0.8


def test_every_model_answer_is_a_strong_yes(figures: dict[str, Any]) -> None:
    assert set(figures["model_answers"].values()) == {"strong yes"}


def test_no_answer_gets_better_by_padding(items: list[Item], bank: Bank) -> None:
    """What has nothing to do with the question earns nothing, however much of it there is."""
    grader = Offline(bank.lexicon)
    padding = "The weather in the mountains was lovely and we walked along the river until the evening came. " * 60
    for item in items:
        verdicts = grader(item.question, item.rubric, Transcript(padding))
        assert all(verdict.outcome is not Outcome.MET for verdict in verdicts), item.question.id
