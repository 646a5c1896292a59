"""`prepdrill progress` in the terminal, as JSON and as a page."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ..conftest import Command

FIRST, SECOND = "data/annotator-seventeen", "evaluation/a-beats-b-on-one-metric"


@pytest.fixture
def answered(prepdrill: Command) -> Command:
    for question in (FIRST, FIRST, SECOND):
        assert prepdrill("drill", "--question", question, input="I do not know.").code == 0
    return prepdrill


def test_nothing_graded_says_what_to_do(prepdrill: Command) -> None:
    outcome = prepdrill("progress")
    assert (outcome.code, outcome.out) == (0, "")
    assert "`prepdrill drill` makes the first answer" in outcome.err


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_terminal_shows_levels_with_intervals_and_no_line_wraps(
    answered: Command, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    out = answered("progress").out
    assert "3 answers graded by offline · 0 mastered" in out
    assert re.search(r"^  Data as a .*\d+ to \d+ %$", out, re.MULTILINE)
    assert "no answer yet" in out
    assert "Missed again and again" in out
    assert max(map(len, out.splitlines())) <= columns


def test_plain_output_has_figures_and_draws_nothing(answered: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREPDRILL_PLAIN", "1")
    out = answered("progress").out
    assert re.search(r"^  Data as a first-class lever: \d+ to \d+ %$", out, re.MULTILINE)
    assert "3 answers on 1 day of the last 365" in out
    assert not set("█▒▓░·▁▂▃▄▅▆▇") & set(out.replace(" · ", " "))


def test_json_has_the_shape_that_the_page_describes(answered: Command) -> None:
    value = json.loads(answered("progress", "--json").out)
    assert (value["grader"], value["answers"], value["mastered"]) == ("offline", 3, 0)
    section = next(entry for entry in value["sections"] if entry["slug"] == "data")
    assert 0 <= section["low"] < section["mean"] < section["high"] <= 1
    assert section["answers"] == 2
    assert section["practised"] == 1
    assert sum(value["days"].values()) == 3
    assert value["missed"][0]["missed"] == 2


def test_the_page_is_complete_in_itself_and_well_formed(answered: Command, tmp_path: Path) -> None:
    path = tmp_path / "progress.html"
    assert answered("progress", "--html", str(path)).code == 0
    page = path.read_text()
    assert not re.search(r"(?:src|href)=|<script", page)

    class Tags(HTMLParser):
        open: list[str] = []  # noqa: RUF012 - one page

        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag != "meta":
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

        def handle_startendtag(self, tag: str, attrs: object) -> None:
            pass

    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert answered("progress", "--html", "-").out.startswith("<!doctype html>")
    assert answered("progress", "--html", str(tmp_path)).code == 1


def test_an_unknown_grader_is_answered_with_those_there_are(answered: Command) -> None:
    outcome = answered("progress", "--grader", "nobody")
    assert outcome.code == 2
    assert "there are offline" in outcome.err
