"""Reviews, memory, levels and choice: replayed from figures, seeded, without a clock."""

from __future__ import annotations

import dataclasses
import itertools
import random
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepdrill.model import GraderId, Mark, MarkKind, Practice, Subject
from prepdrill.schedule import (
    ORDERS,
    PRIOR,
    Answer,
    Choice,
    Level,
    Memory,
    Order,
    Recall,
    Standing,
    bases,
    choose,
    foresight,
    level,
    levels,
    of_skills,
    orders,
    reason,
    recall,
    replay,
)

THRESHOLDS: Final = (0.8, 0.6, 0.35, 0.0)
DAY: Final = 86_400.0
SECTIONS: Final = "abcd"


def day_of(at: float) -> int:
    return int(at // DAY)


def practice(question: str, day: float, share: float, **others: Any) -> Practice:
    """A graded attempt at noon of a day."""
    plain = Practice(
        attempt=1,
        question=question,
        revision="",
        at=(day + 0.5) * DAY,
        seconds=480,
        budget=480,
        confidence=None,
        hints=0,
        grader=GraderId("offline", "2"),
        settled=False,
        low=share,
        high=share,
        essentials=2,
        essentials_missed=0,
        essentials_prompted=0,
    )
    return dataclasses.replace(plain, **others)


SUBJECTS: Final = {
    id: Subject(id, family, ())
    for id, family in {"a/1": "twins", "a/2": "twins", "a/3": None, "b/1": None, "b/2": None, "c/1": None}.items()
}


def memories(*practices: Practice, today: int = 30, marks: tuple[Mark, ...] = ()) -> dict[str, Memory]:
    return replay(practices, SUBJECTS, THRESHOLDS, day_of, today=today, marks=marks)


# --- a grade as a review


@pytest.mark.parametrize(
    ("share", "others", "expected"),
    [
        (0.9, {}, Recall.EASY),
        (0.8, {}, Recall.EASY),
        (0.7, {}, Recall.GOOD),
        (0.5, {}, Recall.HARD),
        (0.2, {}, Recall.AGAIN),
        (0.9, {"hints": 1}, Recall.GOOD),
        (0.9, {"hints": 2}, Recall.HARD),
        (0.9, {"seconds": 721}, Recall.GOOD),
        (0.9, {"seconds": 719}, Recall.EASY),
        (0.9, {"seconds": 9_000, "budget": None}, Recall.EASY),
        (0.9, {"essentials_prompted": 1}, Recall.GOOD),
        (0.9, {"essentials_missed": 1}, Recall.HARD),
        (0.9, {"essentials_missed": 2}, Recall.AGAIN),
        (0.2, {"essentials_missed": 1}, Recall.AGAIN),
    ],
)
def test_a_grade_becomes_a_review_by_score_hints_time_and_essentials(
    share: float, others: dict[str, Any], expected: Recall
) -> None:
    assert recall(practice("a/3", 0, share, **others), THRESHOLDS) is expected


def test_open_verdicts_count_with_the_middle_of_their_bounds() -> None:
    assert recall(practice("a/3", 0, 0.0, low=0.5, high=0.9), THRESHOLDS) is Recall.GOOD


# --- memory


def test_the_same_wording_again_is_no_mastery_while_another_could_have_been_asked() -> None:
    again = memories(practice("a/1", 0, 0.9), practice("a/1", 9, 0.9))["twins"]
    assert [review.recall for review in again.reviews] == [Recall.EASY, Recall.HARD]
    assert not again.is_mastered
    other = memories(practice("a/1", 0, 0.9), practice("a/2", 9, 0.9))["twins"]
    assert [review.recall for review in other.reviews] == [Recall.EASY, Recall.EASY]
    assert other.is_mastered
    assert other.due > again.due


def test_a_question_without_variants_is_mastered_after_a_week() -> None:
    assert not memories(practice("a/3", 0, 0.9), practice("a/3", 3, 0.9))["a/3"].is_mastered
    assert memories(practice("a/3", 0, 0.9), practice("a/3", 8, 0.9))["a/3"].is_mastered


def test_better_answers_are_due_later_and_memory_fades() -> None:
    due = [memories(practice("a/3", 0, share))["a/3"].due for share in (0.1, 0.4, 0.7, 0.9)]
    assert due == sorted(due)
    assert due[0] >= 1
    assert due[0] < due[-1]
    held = memories(practice("a/3", 0, 0.7))["a/3"]
    assert held.retrievability(0) == pytest.approx(1)
    assert held.retrievability(held.due) == pytest.approx(0.9, abs=0.02)
    assert held.retrievability(200) < held.retrievability(20) < 0.9


def test_what_was_regraded_changes_the_schedule_for_nothing_is_kept() -> None:
    first = memories(practice("a/3", 0, 0.9), practice("a/3", 9, 0.2))["a/3"]
    overruled = memories(practice("a/3", 0, 0.9), practice("a/3", 9, 0.9))["a/3"]
    undone = memories(practice("a/3", 0, 0.9))["a/3"]
    assert first.due < overruled.due
    assert undone.due < overruled.due


def test_a_clock_that_was_wrong_moves_nothing_past_today_nor_back() -> None:
    memory = memories(practice("a/3", 40, 0.7), practice("a/3", 5, 0.7), today=30)["a/3"]
    assert [review.day for review in memory.reviews] == [30, 30]
    assert 30 < memory.due < 60


def test_a_reset_forgets_the_family_and_keeps_what_came_after() -> None:
    marks = (Mark("a/1", MarkKind.RESET, 5 * DAY),)
    kept = memories(practice("a/1", 0, 0.1), practice("a/2", 8, 0.9), marks=marks)["twins"]
    assert [review.day for review in kept.reviews] == [8]
    assert memories(practice("a/2", 0, 0.1), marks=marks) == {}


def test_a_leech_is_named_with_what_keeps_being_missed_until_it_is_answered_well() -> None:
    failed = [practice("a/3", day, 0.1, missed=("why", f"only-{day}")) for day in (0, 2, 4)]
    leech = memories(*failed)["a/3"]
    assert leech.is_leech
    assert leech.keeps_missing() == ["why"]
    assert not memories(*failed[:2])["a/3"].is_leech
    assert not memories(*failed, practice("a/3", 6, 0.7))["a/3"].is_leech


def test_what_no_bank_and_no_history_knows_is_left_out() -> None:
    assert memories(practice("gone/1", 0, 0.5)) == {}


# --- levels


def test_a_level_narrows_with_evidence_and_widens_with_time() -> None:
    days = range(10)
    few = level([Answer(day, 0.6, 0.6) for day in days[:2]], 10)
    many = level([Answer(day, 0.6, 0.6) for day in days], 10)
    late = level([Answer(day, 0.6, 0.6) for day in days], 200)
    assert PRIOR.sd > few.sd > many.sd
    assert late.sd > many.sd
    assert late.mean == many.mean
    assert 0.45 < many.low < many.mean < many.high < 0.75


def test_open_and_repeated_answers_weigh_less() -> None:
    plain = level([Answer(0, 0.9, 0.9)], 0)
    assert level([Answer(0, 0.8, 1.0)], 0).mean < plain.mean
    assert level([Answer(0, 0.9, 0.9, repeated=True)], 0).mean < plain.mean


@given(st.lists(st.tuples(st.integers(0, 400), st.floats(0, 1)), max_size=30), st.integers(0, 500))
def test_levels_stay_between_nothing_and_all(answers: list[tuple[int, float]], today: int) -> None:
    given_ = [Answer(day, share, share) for day, share in answers]
    for found in levels(given_, today):
        assert 0 <= found.low <= found.mean <= found.high <= 1


def test_a_section_is_the_mean_of_what_was_practised_and_what_was_not() -> None:
    practised = memories(practice("b/1", 29, 0.9), today=30)
    known = bases(practised.values(), 30)
    own = foresight(practised.values(), known)
    whole = of_skills(["b/1", "b/2"], practised, known["b"], own, 30)
    seen = of_skills(["b/1"], practised, known["b"], own, 30)
    assert known["b"].mean < whole.mean < seen.mean
    assert whole.answers == 1
    assert of_skills(["c/1"], practised, PRIOR, own, 30).mean == PRIOR.mean


def test_foresight_learns_only_from_wordings_never_asked_before() -> None:
    known = {"a": Level(0.4, 0.1)}
    same = foresight(memories(practice("a/1", 0, 0.5), practice("a/1", 5, 1.0)).values(), known)
    other = foresight(memories(practice("a/1", 0, 0.5), practice("a/2", 5, 1.0)).values(), known)
    assert same.bias == 0
    assert other.bias > 0


# --- choice


@dataclass(frozen=True)
class Entry:
    id: str
    section: str
    minutes: float = 8
    family: str | None = None


ENTRIES: Final = [Entry(f"{section}/{n}", section) for section in SECTIONS for n in range(5)]
WEIGHTS: Final = {"a": 0.7, "b": 0.1, "c": 0.1, "d": 0.1}


def standing(found: dict[str, Memory] | None = None, **others: Any) -> Standing:
    plain = Standing(
        today=30,
        memories=found or {},
        levels={},
        bases={},
        weights=WEIGHTS,
        attempted={},
        numbers={section: at for at, section in enumerate(SECTIONS)},
        sizes=dict.fromkeys(SECTIONS, 5),
    )
    return dataclasses.replace(plain, **others)


def chosen(seed: int = 1, entries: list[Entry] = ENTRIES, where: Standing | None = None, **options: Any) -> list[str]:
    options = {"count": None, "minutes": None, **options}
    return [entry.question.id for entry in choose(entries, where or standing(), seed=seed, **options)]


@pytest.mark.parametrize("order", ORDERS)
def test_the_same_seed_gives_the_same_choice_whatever_the_order_of_the_bank(order: str) -> None:
    assert chosen(7, count=6, order=order) == chosen(7, list(reversed(ENTRIES)), count=6, order=order)
    assert len(set(chosen(7, order=order))) == len(ENTRIES)


def test_sections_alternate_and_the_heavy_one_comes_first() -> None:
    for seed in range(20):
        sections = [id[0] for id in chosen(seed, count=6)]
        assert sections[0] == "a"
        assert all(first != second for first, second in itertools.pairwise(sections))


def test_chance_decides_among_equals() -> None:
    assert len({tuple(chosen(seed, count=3)) for seed in range(20)}) > 5


def test_what_is_forgotten_goes_before_what_is_fresh() -> None:
    entries = [Entry(id, id[0]) for id in ("b/1", "b/2", "c/1")]
    where = standing(
        memories(practice("b/1", 29, 0.8), practice("b/2", 1, 0.8), practice("c/1", 29, 0.1)), sizes={}, weights={}
    )
    assert chosen(1, entries, where, order="due")[-1] == "b/1"
    where = dataclasses.replace(where, weights={"b": 0.1, "c": 0.1})
    assert chosen(1, entries, where)[0] == "c/1"  # the weakest is worth most
    assert chosen(1, entries, where)[-1] == "b/1"


def test_orders_that_look_at_nothing_give_no_other_reason() -> None:
    where = standing(memories(practice("b/1", 1, 0.5)))
    told: dict[Order, str] = {"random": "by chance: ", "syllabus": "next in the syllabus: "}
    for order, said in told.items():
        found = choose(ENTRIES, where, seed=1, count=None, minutes=None, order=order)
        reasons = {choice.question.id: choice.reason for choice in found}
        assert reasons["b/1"] == f"{said}last time 50 %"
        assert reasons["a/1"] == f"{said}never answered"


def test_a_day_is_spread_over_the_sections_in_many_drills_as_in_one() -> None:
    equal = standing(weights=dict.fromkeys(SECTIONS, 0.25))
    for seed in range(10):
        attempted: dict[str, int] = {}
        for _ in range(8):
            (id,) = chosen(seed, where=dataclasses.replace(equal, attempted=dict(attempted)), count=1)
            attempted[id] = 30
        assert set(Counter(id[0] for id in attempted).values()) == {2}


def test_one_of_three_is_due_while_any_is_though_new_ones_would_be_worth_more() -> None:
    late = {id: practice(id, 1, 0.95) for id in ("b/1", "b/2", "c/1")}
    where = standing(memories(*late.values()), attempted=dict.fromkeys(late, 1))
    assert all(where.memories[id].due <= 30 for id in late)
    for seed in range(10):
        asked = chosen(seed, where=where, count=9)
        assert [sum(id in late for id in asked[at : at + 3]) for at in (0, 3, 6)] == [1, 1, 1]
    begun = dataclasses.replace(where, attempted={**where.attempted, "a/0": 30, "d/0": 30})
    assert chosen(1, where=begun, count=1)[0] in late, "the third of the day, whatever drill it is in"


def test_a_longer_question_is_worth_more_though_not_in_proportion() -> None:
    two = [Entry("a/1", "a", minutes=4), Entry("b/1", "b", minutes=16)]
    equal = standing(weights={"a": 0.2, "b": 0.2})
    assert chosen(1, two, equal)[0] == "a/1"
    assert chosen(1, two, dataclasses.replace(equal, weights={"a": 0.1, "b": 0.3}))[0] == "b/1"


def test_a_family_is_asked_once_in_the_wording_seen_longest_ago() -> None:
    twins = [Entry("a/1", "a", family="twins"), Entry("a/2", "a", family="twins"), Entry("c/1", "c")]
    for seed in range(10):
        assert len(chosen(seed, twins)) == 2
        where = standing(memories(practice("a/2", 20, 0.5)), attempted={"a/2": 20})
        assert "a/1" in chosen(seed, twins, where)
        where = standing(memories(practice("a/2", 20, 0.5)), attempted={"a/2": 20, "a/1": 10})
        assert "a/1" in chosen(seed, twins, where)


def test_what_was_begun_today_waits_unless_there_is_nothing_else() -> None:
    two = [Entry("b/1", "b"), Entry("b/2", "b")]
    assert chosen(1, two, standing(attempted={"b/1": 30})) == ["b/2"]
    assert sorted(chosen(1, two, standing(attempted={"b/1": 30, "b/2": 30}))) == ["b/1", "b/2"]


def test_minutes_are_kept_and_one_question_always_fits() -> None:
    assert len(chosen(1, minutes=40)) == 5
    assert len(chosen(1, minutes=1)) == 1
    mixed = [Entry("a/1", "a", 8), Entry("b/1", "b", 14), Entry("c/1", "c", 5)]
    assert sum(entry.minutes for entry in mixed if entry.id in chosen(1, mixed, minutes=15)) <= 15


def test_orders_are_what_they_say() -> None:
    where = standing(
        memories(practice("b/1", 20, 0.9), practice("c/1", 20, 0.2)),
        levels={"c": Level(0.2, 0.1), "b": Level(0.8, 0.1)},
    )
    assert chosen(1, where=where, order="weak", count=1)[0][0] == "c"
    assert not {"b/1", "c/1"} & set(chosen(1, where=where, order="new", count=18))
    syllabus = chosen(1, where=where, order="syllabus")
    assert syllabus[:5] == [f"a/{n}" for n in range(5)]
    assert set(syllabus[-2:]) == {"b/1", "c/1"}
    assert Counter(id[0] for seed in range(200) for id in chosen(seed, order="random", count=1))["d"] > 20


def test_every_choice_says_why() -> None:
    where = standing(
        memories(
            practice("b/1", 1, 0.7),
            practice("b/2", 29, 0.7),
            *(practice("c/1", day, 0.1) for day in (1, 3, 5)),
            practice("a/1", 1, 0.9),
        ),
        levels={"b": Level(0.4, 0.1, 3), "a": Level(0.5, 0.1, 1)},
    )
    said = {
        choice.question.id: choice.reason
        for choice in choose(
            [*(Entry(id, id[0]) for id in ("b/1", "b/2", "c/1", "d/1")), Entry("a/2", "a", family="twins")],
            where,
            seed=1,
            count=None,
            minutes=None,
        )
    }
    assert said["b/1"].startswith("due for ")
    assert said["b/1"].endswith("last time 70 %")
    assert said["b/2"] == "weak: your b is at 27 to 53 %, last time 70 %"
    assert said["c/1"] == "leech: failed 3 times, last time 10 %"
    assert said["d/1"] == "new: never answered, nothing of its section yet"
    assert said["a/2"].endswith("in other words than before")
    assert reason(Entry("b/2", "b"), dataclasses.replace(where, levels={})).startswith("ahead of time: due in ")


def test_suspended_is_out_until_it_is_restored_and_buried_until_tomorrow() -> None:
    marks = [Mark("a/1", MarkKind.SUSPEND, 0.0), Mark("a/2", MarkKind.BURY, 30.5 * DAY)]
    assert orders(marks, day_of, 30).out == {"a/1", "a/2"}
    assert orders(marks, day_of, 31).out == {"a/1"}
    assert orders([*marks, Mark("a/1", MarkKind.RESTORE, 1.0)], day_of, 31).out == set()


def test_a_choice_does_not_change_what_it_is_told() -> None:
    where = standing(memories(practice("b/1", 20, 0.9)))
    entries = random.Random(1).sample(ENTRIES, len(ENTRIES))
    before = list(entries)
    found: list[Choice[Entry]] = choose(entries, where, seed=3, count=2, minutes=None)
    assert entries == before
    assert len(found) == 2
