"""The scorecard in the terminal and as Markdown: all of it at every width, and nothing in it is markup."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from prepdrill.scorecard import Performance, Scorecard
from prepdrill.screen.scorecard import markdown, scorecard

from ..test_mock import FULL, carded, performance

HOSTILE = "# Heading\n- [x](http://evil) **bold** <b>tag</b> `code` | cell\n1. one\n    indented\n> quote\x1b[31m[red]"


def card(*more: Performance, planned: int | None = None) -> Scorecard:
    first = performance(FULL | {"a": "unsure", "b": "unmet", "flag": "met"}, said="so we ship", attempt=4, seconds=390)
    return carded(first, performance(FULL, role="A log to diagnose", attempt=5), *more, planned=planned)


def drawn(value: Scorecard, width: int, *, plain: bool = False) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    with console.capture() as captured:
        console.print(scorecard(value, plain=plain))
    return captured.get()


@pytest.mark.parametrize("width", [20, 60, 80, 120])
@pytest.mark.parametrize("plain", [False, True])
def test_it_says_everything_at_every_width(width: int, plain: bool) -> None:
    out = drawn(card(planned=3), width, plain=plain)
    assert max(map(len, out.splitlines())) <= width
    words = " ".join(out.split())
    for part in (
        "Score 58 % (50 to 67 %)",
        "no rating until 1 verdict is settled",
        "unfinished: 2 of 3 rounds",
        "Red flag in round 1 (A decision), minus 2 points: Says flag.",
        "1. A decision",
        "6:30, 1:30 over the 5:00 given · 0:30 on follow-ups · confidence 3 of 4",
        "Explains the mechanism",
        "2 points lost in round 1 (A decision): red flag",
        "Nearest words: “so we ship”",
        "prepdrill drill --section evaluation --kind diagnose",
        "prepdrill grade 4 --grader self",
    ):
        assert part in words


def test_bars_show_what_is_reached_open_and_lost_and_plain_has_none() -> None:
    line = next(line for line in drawn(card(), 80).splitlines() if "1. A decision" in line)
    reached, still_open, lost = (line.count(cell) for cell in "█▒·")
    assert (reached, still_open > 0, lost > 0) == (0, True, True)
    assert not re.search("[█▒]", drawn(card(), 80, plain=True))


def test_the_rating_stands_where_nothing_is_open() -> None:
    out = drawn(carded(performance(FULL)), 80)
    assert "Score 100 % · strong yes" in out
    assert "hold a longer interview" in out
    assert "To settle" not in out


def test_an_interview_without_an_answer_is_no_score() -> None:
    value = carded(performance(state="cut off", answer=""), planned=4)
    assert "Score – · no rating: no round was handed in · unfinished: 0 of 4 rounds" in " ".join(
        drawn(value, 60).split()
    )
    assert "not handed in" in drawn(value, 60)


def test_no_text_reaches_the_terminal_as_markup_or_escape() -> None:
    value = card(performance(FULL | {"a": "unmet"}, said=HOSTILE, answer=HOSTILE, role="[bold]role[/bold]"))
    assert "\x1b[31m" not in drawn(value, 80)
    assert "[bold]role[/bold]" in drawn(value, 80)


def test_markdown_has_the_scorecard_and_every_round() -> None:
    text = markdown(card(), title="Mock interview 3")
    assert text.startswith("# Mock interview 3\n")
    assert re.findall("^## (.*)$", text, re.MULTILINE) == [
        "Rounds",
        "Dimensions",
        "What cost most",
        "What to drill next",
        "1. A decision: An example",
        "2. A log to diagnose: An example",
    ]
    for part in ("| 1. A decision | 17 % (0 to 33 %) |", "> An answer.", "**Follow-up: And then?**", "> More."):
        assert part in text


def test_nothing_that_was_typed_is_markup_in_markdown() -> None:
    text = markdown(carded(performance(FULL, said=HOSTILE, answer=HOSTILE)), title="T")
    quoted = [line for line in text.splitlines() if line.startswith("> ")]
    assert quoted[:5] == [
        "> \\# Heading  ",
        "> \\- \\[x\\](http://evil) \\*\\*bold\\*\\* \\<b>tag\\</b> \\`code\\` \\| cell  ",
        "> 1\\. one  ",
        "> \u00a0\u00a0\u00a0\u00a0indented  ",
        "> \\> quote␛\\[31m\\[red\\]  ",
    ]
    assert "\x1b" not in text
    unquoted = [line for line in text.splitlines() if not line.startswith(">")]
    assert not any(re.search(r"(?<!\\)<", line) for line in unquoted)
    assert "# Heading" not in unquoted
