"""What is asked next: seeded, spread over sections, inside the minutes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from prepdrill.schedule import choose


@dataclass(frozen=True)
class Entry:
    id: str
    section: str
    minutes: float = 8
    family: str | None = None


ENTRIES = [Entry(f"{section}/{n}", section) for section in "abcd" for n in range(5)]
WEIGHTS = {"a": 0.7, "b": 0.1, "c": 0.1, "d": 0.1}


def chosen(seed: int = 1, entries: list[Entry] = ENTRIES, **options: object) -> list[str]:
    given = {"attempted": {}, "weight": lambda name: WEIGHTS[name], "count": 1, "minutes": None, **options}
    return [entry.id for entry in choose(entries, seed=seed, **given)]  # type: ignore[arg-type]


def test_the_same_seed_gives_the_same_choice_whatever_the_order() -> None:
    assert chosen(7, count=6) == chosen(7, list(reversed(ENTRIES)), count=6)
    assert len({tuple(chosen(seed, count=3)) for seed in range(20)}) > 5


def test_sections_alternate_before_one_comes_again() -> None:
    for seed in range(20):
        assert len({id[0] for id in chosen(seed, count=4)}) == 4


def test_weights_decide_which_section_comes_first() -> None:
    first = Counter(chosen(seed)[0][0] for seed in range(400))
    assert 0.6 < first["a"] / 400 < 0.8


def test_what_was_never_attempted_comes_first_then_the_oldest() -> None:
    only = [Entry(f"a/{n}", "a") for n in range(3)]
    attempted = {"a/0": 200.0, "a/1": 100.0}
    assert chosen(3, only, count=3, attempted=attempted) == ["a/2", "a/1", "a/0"]


def test_minutes_are_kept_and_one_question_always_fits() -> None:
    assert len(chosen(1, count=None, minutes=40)) == 5
    assert len(chosen(1, count=None, minutes=1)) == 1


def test_one_family_is_asked_once() -> None:
    twins = [Entry("a/1", "a", family="x"), Entry("b/1", "b", family="x"), Entry("c/1", "c")]
    for seed in range(10):
        assert len(chosen(seed, twins, count=3)) == 2


def test_asking_for_more_than_there_is_gives_all() -> None:
    assert sorted(chosen(1, count=100)) == sorted(entry.id for entry in ENTRIES)
