"""The clock speaks in words, the status line keeps what matters most, and neither moves without a reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from prepdrill.room.status import CALM, FIFTH, HALF, OVER, Clock, Status, clock, fitted, saved

from .visit import Door, Visit


@pytest.mark.parametrize(
    ("left", "text", "urgency"),
    [
        (600.0, "10:00 left", CALM),
        (301.0, "5:01 left", CALM),
        (300.0, "5:00 left, second half", HALF),
        (121.0, "2:01 left, second half", HALF),
        (120.0, "2:00 left, last fifth", FIFTH),
        (1.0, "0:01 left, last fifth", FIFTH),
        (0.0, "0:00 over time", OVER),
        (-90.0, "1:30 over time", OVER),
        (-3700.0, "1:01:40 over time", OVER),
    ],
)
def test_the_clock_says_how_urgent_it_is_and_counts_up_in_overtime(left: float, text: str, urgency: str) -> None:
    assert clock(left, 600.0, 600.0 - left) == Clock(text, urgency)


def test_without_a_clock_the_time_spent_is_told_and_never_urgent() -> None:
    assert clock(None, None, 754.0) == Clock("12:34 spent, no clock", CALM)


@pytest.mark.parametrize(
    ("seconds", "changed", "text"),
    [
        (None, False, "nothing to save"),
        (None, True, "saving"),
        (5.0, True, "saving"),
        (2.9, False, "saved 2 s ago"),
        (59.9, False, "saved 59 s ago"),
        (60.0, False, "saved 1 min ago"),
    ],
)
def test_it_is_told_when_the_answer_was_saved_and_when_it_is_not(
    seconds: float | None, changed: bool, text: str
) -> None:
    assert saved(seconds, changed=changed) == text


PARTS = st.lists(st.tuples(st.integers(0, 9), st.text("ab語 ", max_size=12)), max_size=7)


@given(parts=PARTS, width=st.integers(0, 60))
def test_what_fits_is_kept_in_order_and_only_the_least_important_is_dropped(
    parts: list[tuple[int, str]], width: int
) -> None:
    line = fitted(parts, width)
    assert cell_len(line) <= width
    said = [part for part in parts if part[1]]
    most = max((importance for importance, _ in said), default=0)
    levels = [" · ".join(text for importance, text in said if importance >= least) for least in range(most + 2)]
    whole_levels = [level for level in levels if cell_len(level) <= width]
    assert len(line) >= len(whole_levels[0]), "what could stay was dropped"
    if cell_len(levels[0]) <= width:
        assert line == levels[0]


def test_a_narrow_window_keeps_the_clock_and_whether_it_is_saved(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.type("abc")
        visit.room.keep()
        await visit.pass_time(3)
        assert visit.lines[-2].strip() == "post-training · 4:57 left · 1 word · saved 3 s ago"
        await visit.pilot.resize_terminal(40, 20)
        await visit.rest()
        assert visit.lines[-2].strip() == "4:57 left · 1 word · saved 3 s ago"

    door.enter(scene)


def test_overtime_is_told_in_words_on_the_screen(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        for seconds, words in ((149, "2:31 left ·"), (1, "2:30 left, second half"), (90, "1:00 left, last fifth")):
            await visit.pass_time(seconds)
            assert visit.sees(words)
        await visit.pass_time(60)
        assert visit.sees("0:00 over time")
        await visit.pass_time(70)
        assert visit.sees("1:10 over time")
        await visit.hand_in("Late.")
        await visit.until(lambda: visit.stored().submitted is not None)
        assert visit.stored().seconds == 370

    door.enter(scene)


def test_the_status_line_is_drawn_only_when_it_says_something_else(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[object] = []
    update = Status.update

    def counted(self: Status, *arguments: object, **options: object) -> None:
        drawn.append(arguments)
        update(self, *arguments, **options)  # type: ignore[arg-type]

    async def scene(visit: Visit) -> None:
        await visit.pass_time(1)
        drawn.clear()
        for _ in range(5):
            await visit.pass_time(0.01)
        assert drawn == []
        await visit.pass_time(1)
        assert len(drawn) == 1

    monkeypatch.setattr(Status, "update", counted)
    door.enter(scene)
