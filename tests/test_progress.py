"""Where somebody stands: levels, what is missed, confidence, time and days, from figures alone."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import pytest

from prepdrill.model import GraderId, Practice, Rubric, Section, Subject, Syllabus, Tier, Topic
from prepdrill.progress import Progress, Told, progress
from prepdrill.schedule import replay

from .examples import criterion, item

DAY: Final = 86_400.0
RUBRIC: Final = item([criterion("why", essential=True), criterion("how", dimension="test")]).rubric
SYLLABUS: Final = Syllabus(
    "Yardstick",
    (Tier(1, "Core", 1.0),),
    (
        Section(1, "data", "Data", 1, "", (Topic("data/noise", "Noisy data", "must-know"),)),
        Section(2, "taste", "Taste", 1, "", (Topic("taste/when", "When not to run", "must-know"),)),
    ),
    (),
)
SUBJECTS: Final = {
    id: Subject(id, None, topics)
    for id, topics in {"data/a": ("data/noise",), "data/b": (), "taste/c": ("taste/when",)}.items()
}


def practice(question: str, day: float, share: float, **others: Any) -> Practice:
    plain = Practice(
        attempt=1,
        question=question,
        revision="r",
        at=(day + 0.5) * DAY,
        seconds=240,
        budget=480,
        confidence=None,
        hints=0,
        grader=GraderId("offline", "2"),
        settled=False,
        low=share,
        high=share,
        essentials=1,
        essentials_missed=0,
        essentials_prompted=0,
        missed=("why",) if share < 0.5 else (),
        outcomes=(("why", "met" if share >= 0.5 else "unmet", "0"), ("how", "met", "0")),
    )
    return dataclasses.replace(plain, **others)


def told(
    *practices: Practice, others: dict[str, list[Practice]] | None = None, today: int = 20, rubric: Rubric = RUBRIC
) -> Progress:
    thresholds = (0.8, 0.6, 0.35, 0.0)
    day_of = lambda at: int(at // DAY)  # noqa: E731
    return progress(
        Told(
            grader="offline",
            by_grader={"offline": list(practices), **(others or {})},
            everything=practices,
            memories=replay(practices, SUBJECTS, thresholds, day_of, today=today),
            subjects=SUBJECTS,
            in_bank=frozenset(SUBJECTS),
            rubrics={(id, "r"): rubric for id in SUBJECTS},
            titles={"mechanism": "Explains the mechanism", "test": "Finds the test", "judgement": "Judges"},
            syllabus=SYLLABUS,
            threshold=0.6,
            today=today,
            day_of=day_of,
        )
    )


def test_sections_count_what_was_practised_and_narrow_with_it() -> None:
    few = told(practice("data/a", 1, 0.8))
    many = told(practice("data/a", 1, 0.8), practice("data/b", 2, 0.8))
    data, taste = few.sections
    assert (data.practised, data.skills, taste.practised, taste.skills) == (1, 2, 0, 1)
    assert data.level.high - data.level.low < taste.level.high - taste.level.low
    assert many.sections[0].level.sd < data.level.sd
    assert [topic.slug for topic in few.topics] == ["data/noise", "taste/when"]


def test_dimensions_are_told_apart() -> None:
    value = told(*(practice("data/a", day, 0.2) for day in range(4)))
    mechanism, test = value.dimensions
    assert mechanism.level.high < test.level.low
    assert (mechanism.title, test.title) == ("Explains the mechanism", "Finds the test")


def test_what_is_missed_again_is_named_in_the_rubrics_words() -> None:
    value = told(practice("data/a", 1, 0.2), practice("data/a", 2, 0.2), practice("data/b", 3, 0.2))
    (missed,) = value.missed
    assert (missed.question, missed.criterion, missed.missed, missed.asked) == ("data/a", "why", 2, 2)
    assert missed.asks == RUBRIC.criterion("why").asks
    assert missed.essential


def test_no_question_fills_the_list_of_what_is_missed() -> None:
    many = tuple(f"c{number}" for number in range(6))
    rubric = item([criterion(id) for id in ("why", *many)]).rubric
    value = told(*(practice(q, day, 0.2, missed=many) for day in (1, 2) for q in ("data/a", "data/b")), rubric=rubric)
    assert [entry.question for entry in value.missed] == ["data/a", "data/a", "data/b", "data/b"]


def test_what_a_twist_asked_for_counts_where_it_was_brought_up() -> None:
    late = criterion("late", dimension="judgement")
    twisted = dataclasses.replace(RUBRIC, twist=(late,))
    more = {"missed": ("late",), "outcomes": (("why", "met", "0"), ("how", "met", "0"), ("late", "unmet", "0"))}
    value = told(practice("data/a", 1, 0.8, **more), practice("data/a", 2, 0.8, **more), rubric=twisted)
    assert [entry.criterion for entry in value.missed] == ["late"]
    assert "judgement" in [entry.slug for entry in value.dimensions]
    plainly = told(practice("data/a", 1, 0.8), rubric=twisted)
    assert "judgement" not in [entry.slug for entry in plainly.dimensions]


@pytest.mark.parametrize(
    ("said", "brier", "over"),
    [
        ([(4, 0.9), (1, 0.1)], (0.05**2 + 0.25**2) / 2, (-0.05 + 0.25) / 2),
        ([(4, 0.1)], 0.95**2, 0.95),
        ([(2, 0.9)], 0.25, -0.5),
    ],
)
def test_confidence_is_held_against_results(said: list[tuple[int, float]], brier: float, over: float) -> None:
    value = told(*(practice("data/a", day, share, confidence=level) for day, (level, share) in enumerate(said)))
    every, data = value.confidence
    assert (every.name, data.name, every.answers) == ("all", "data", len(said))
    assert every.brier == pytest.approx(brier)
    assert every.over == pytest.approx(over)


def test_confidence_that_was_not_said_and_answers_that_were_piped_count_for_nothing() -> None:
    value = told(practice("data/a", 1, 0.5, seconds=0))
    assert value.confidence == ()
    assert value.time == ()


def test_time_is_held_against_the_budget() -> None:
    value = told(*(practice("data/a", day, 0.5, seconds=seconds) for day, seconds in enumerate((240, 480, 600))))
    assert [(entry.name, entry.median, entry.over) for entry in value.time] == [("all", 1.0, 1), ("data", 1.0, 1)]


def test_trends_keep_graders_apart_and_days_count_everything() -> None:
    judged = [practice("data/a", 3, 0.9, grader=GraderId("judge", "1"))]
    value = told(practice("data/a", 1, 0.2), practice("data/a", 1, 0.3), others={"judge": judged})
    assert [(trend.grader, [day for day, _ in trend.points]) for trend in value.trends] == [
        ("offline", [1]),
        ("judge", [3]),
    ]
    assert value.others == ("judge",)
    assert dict(value.days) == {1: 2}


def test_a_day_in_the_future_is_today() -> None:
    assert dict(told(practice("data/a", 30, 0.2), today=20).days) == {20: 1}
