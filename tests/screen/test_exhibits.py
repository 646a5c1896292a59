"""Exhibits keep their shape on every width, with and without colour."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from prepdrill.bank import Bank
from prepdrill.model import Chart, Diff, Exhibit, Log, Sample, Samples, Table
from prepdrill.screen.exhibits import exhibit, round_ticks
from prepdrill.screen.text import duration, prose, visible

LOG = "step   loss  grad_norm      lr\n 100  1.912       0.84  1.0e-4\n 200  1.874      12.91  1.0e-4"
CHART = Chart("step", "loss", (("a", ((0, 3.0), (10, 2.0), (20, 1.5))), ("b", ((0, 3.1), (10, 2.4), (20, 1.2)))))


def shown(value: Exhibit, width: int = 80, *, plain: bool = False, color: bool = False) -> str:
    console = Console(
        file=io.StringIO(), width=width, force_terminal=color, no_color=not color, color_system="256" if color else None
    )
    console.print(exhibit(value, 1, plain=plain))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_log_that_fits_is_shown_as_it_is() -> None:
    lines = [line[2:].rstrip() for line in shown(Exhibit("Log", Log(LOG))).splitlines()[1:]]
    assert "\n".join(lines) == LOG


def test_a_log_that_does_not_fit_is_split_by_columns() -> None:
    out = shown(Exhibit("Log", Log(LOG)), width=24)
    assert max(len(line.rstrip()) for line in out.splitlines()) <= 24
    assert out.count("step") == 2
    assert all(number in out for number in ("12.91", "1.0e-4", "1.874"))


def test_a_long_line_of_text_is_folded_with_a_mark() -> None:
    out = shown(Exhibit("Log", Log("one two three " * 10 + "\nshort")), width=40)
    assert "↪" in out
    assert max(len(line.rstrip()) for line in out.splitlines()) <= 40


def test_numbers_of_a_table_are_aligned_right() -> None:
    out = shown(Exhibit("T", Table(("name", "win rate, %"), (("a", "50.0"), ("long name", "7.25"), ("b", "n/a")))))
    assert "      50.0\n" in out or "50.0" in out
    table = shown(Exhibit("T", Table(("name", "score"), (("a", "50.0"), ("b", "7.25")))))
    first, second = (line.rstrip() for line in table.splitlines()[-2:])
    assert len(first) == len(second)


def test_a_table_that_does_not_fit_is_given_row_by_row() -> None:
    narrow = shown(Exhibit("T", Table(("passages", "questions"), (("1,200", "6,000"), ("400", "77")))), width=19)
    assert "passages: 1,200" in narrow
    assert "questions: 77" in narrow


def test_a_chart_is_drawn_in_colour_by_letters_without_and_as_numbers_in_plain() -> None:
    value = Exhibit("C", CHART)
    assert "\x1b[38;5;" in shown(value, color=True)
    monochrome = shown(value)
    assert "\x1b" not in monochrome
    assert "*" in monochrome
    assert "o" in monochrome
    numbers = shown(value, plain=True)
    assert "┤" not in numbers
    assert [line.split() for line in numbers.splitlines()[-1:]] == [["20", "1.5", "1.2"]]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_nothing_of_the_shipped_bank_is_wider_than_the_terminal(built_in: Bank, width: int) -> None:
    for id in built_in.files:
        for number, value in enumerate(built_in.item(id).question.exhibits, start=1):
            console = Console(file=io.StringIO(), width=width, color_system=None)
            console.print(exhibit(value, number))
            assert isinstance(console.file, io.StringIO)
            widest = max(len(line.rstrip()) for line in console.file.getvalue().splitlines())
            assert widest <= width, f"{id} {value.title}"


def test_a_diff_and_samples_keep_their_lines() -> None:
    diff = shown(Exhibit("D", Diff("-beta: 0.3\n+beta: 0.1"))).splitlines()
    assert [line.strip() for line in diff[1:]] == ["-beta: 0.3", "+beta: 0.1"]
    pairs = Samples((Sample("Why?", "Because.", "No idea."),))
    assert "Because." in shown(Exhibit("S", pairs), width=60)
    assert "Because." in shown(Exhibit("S", pairs), width=120)


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_are_round_few_and_inside(low: float, span: float) -> None:
    ticks = round_ticks(low, low + span)
    assert 1 <= len(ticks) <= 6
    assert all(low - 1e-6 * span <= tick <= low + span * (1 + 1e-6) for tick in ticks)


@given(st.text())
def test_nothing_that_controls_a_terminal_is_visible_text(text: str) -> None:
    assert all(letter == "\n" or letter.isprintable() for letter in visible(text))


def test_prose_is_reflowed_but_lists_are_kept() -> None:
    assert prose("One\ntwo.\n\n- first\n  more\n- second").plain == "One two.\n\n- first more\n- second"


@pytest.mark.parametrize(("seconds", "shown_as"), [(0, "0:00"), (425, "7:05"), (-5, "0:05"), (3723, "1:02:03")])
def test_durations(seconds: float, shown_as: str) -> None:
    assert duration(seconds) == shown_as
