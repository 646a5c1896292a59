"""A grader's measure in the terminal: one line a row at every width, n/a where there is nothing, no text as markup."""

from __future__ import annotations

import io
from collections.abc import Mapping

import pytest
from rich.console import Console

from prepdrill.calibration import Calibration, Spending
from prepdrill.model import GraderId
from prepdrill.screen.calibration import calibration, percent

from ..examples import SCALE
from ..test_calibration import GOOD, POOR, graded, labelled, measured, said

HOSTILE = "[bold]judge[/bold] \x1b[31m"


def drawn(value: Calibration, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    with console.capture() as captured:
        console.print(calibration(value, SCALE))
    return captured.get()


def measure(run: Mapping[str, str], grader: str = "judge") -> Calibration:
    answers = [graded(labelled(GOOD if at % 2 else POOR, str(at), second=GOOD), run) for at in range(8)]
    tricked = graded(labelled(dict.fromkeys(GOOD, False), "9", "injected"), said(GOOD))
    spending = Spending(12_345, 678, 9, 3, 0.0123, (1.0, 2.0))
    return measured([*answers, tricked], GraderId(grader, "1"), baseline=[*answers, tricked], spending=spending)


@pytest.mark.parametrize("width", [80, 120])
def test_every_row_is_one_line_and_nothing_is_cut_where_a_terminal_is_wide_enough(width: int) -> None:
    lines = [line.rstrip() for line in drawn(measure(said(GOOD)), width).splitlines()]
    assert max(map(len, lines)) <= width
    assert "…" not in "".join(lines)
    for start, end in (
        ("recall of met", "1.000 to 1.000"),
        ("second reader (the ceiling)", "0.714"),
        (" Explains the mechanism", "1.00"),
        (" injected", "n/a"),
        ("0.9 to 1.0", "0.875"),
    ):
        assert [line for line in lines if line.startswith(start) and line.endswith(end)], start


def test_a_narrow_terminal_cuts_names_and_no_figure() -> None:
    lines = drawn(measure(said(GOOD)), 64).splitlines()
    assert max(map(len, lines)) <= 64
    assert any("Explains the…" in line and line.rstrip().endswith("1.00") for line in lines)


def test_open_verdicts_are_shown_as_bounds_before_any_score() -> None:
    settled, still_open = drawn(measure(said(GOOD))), drawn(measure(said(GOOD) | {"b": "unsure"}))
    assert "score error, bounds" not in settled
    assert still_open.index("score error, bounds") < still_open.index("score error, middle")
    assert "score error  " not in still_open


def test_what_is_undefined_is_not_a_number() -> None:
    out = drawn(measured([]))
    (row,) = (line for line in out.splitlines() if line.startswith("macro-F1 of the decided"))
    assert row.split()[-2:] == ["n/a", "n/a"]
    assert "0 answers, 0 verdicts" in out
    assert "decided n/a, unsure n/a, not graded n/a" in out


def test_it_says_what_was_resisted_and_what_it_cost() -> None:
    words = " ".join(drawn(measure(said(GOOD))).split())
    for part in (
        "The judge grader is not distinguishable from the offline grader on the same 8 answers",
        "1 answer more, written to trick a grader, counted apart",
        "Injected answers resisted: 0 of 1; essential points gained: 1 of 1",
        "Agreement with itself: n/a with one run",
        "Replies: 9; found in the history and not asked for again: 3",
        "Tokens: 12,345 in, 678 out; cost: 0.0123",
        "Seconds a call: median 1.50, 95 % within 1.95",
    ):
        assert part in words


def test_no_text_reaches_the_terminal_as_markup_or_escape() -> None:
    out = drawn(measure(said(GOOD), HOSTILE))
    assert "[bold]judge[/bold]" in out
    assert "\x1b[31m" not in out


@pytest.mark.parametrize(
    ("share", "shown"), [(None, "n/a"), (0.0, "0.0 %"), (0.0001, "0.1 %"), (0.9999, "99.9 %"), (1.0, "100.0 %")]
)
def test_what_is_not_all_is_never_rounded_to_all(share: float | None, shown: str) -> None:
    assert percent(share, 1) == shown
