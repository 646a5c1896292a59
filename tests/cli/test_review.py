"""Past answers are listed, searched, shown, compared, exported, backed up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ..conftest import Command

FIRST, SECOND = "post-training/dpo-margin-up-likelihood-down", "evaluation/a-beats-b-on-one-metric"


@pytest.fixture
def answered(prepdrill: Command) -> Command:
    """A history of three attempts at two questions."""
    for question, answer in (
        (FIRST, "The margin is a gap, so both can fall."),
        (SECOND, "Not yet: the slice has forty items."),
        (
            FIRST,
            "DPO only sees the difference of the log ratios, so the chosen one can drop if the other drops more.",
        ),
    ):
        assert prepdrill("drill", "--question", question, input=answer).code == 0
    return prepdrill


def test_the_list_shows_the_newest_first(answered: Command) -> None:
    rows = [line.split()[0] for line in answered("review").out.splitlines()[2:]]
    assert rows == ["3", "2", "1"]
    assert [row["attempt"] for row in json.loads(answered("review", "list", "--json").out)] == [3, 2, 1]


def test_lists_narrow_down(answered: Command) -> None:
    def numbers(*arguments: str) -> list[int]:
        return [row["attempt"] for row in json.loads(answered("review", *arguments, "--json").out)]

    assert numbers("list", "--section", "3") == [2]
    assert numbers("list", "--since", "1d") == [3, 2, 1]
    assert numbers("list", "--until", "2020-01-01") == []
    assert numbers("list", "--limit", "1", "--page", "2") == [2]
    assert numbers("search", "forty", "items") == [2]
    assert numbers("question", FIRST) == [3, 1]


def test_a_search_shows_the_words_around_the_hit(answered: Command) -> None:
    assert "the slice has forty items" in answered("review", "search", "slice").out


def test_an_attempt_is_shown_whole(answered: Command) -> None:
    out = " ".join(answered("review", "show", "1").out.split())
    for part in ("An 8B chat model", "The margin is a gap, so both can fall.", "Time:", "offline grader", "Debrief"):
        assert part in out


def test_two_attempts_are_compared(answered: Command) -> None:
    out = answered("review", "compare", "1", "3").out
    assert "attempt 1" in out
    assert "attempt 3" in out
    wrong = answered("review", "compare", "1", "2")
    assert (wrong.code, wrong.out) == (2, "")


def test_exports_hold_everything(answered: Command, tmp_path: Path) -> None:
    lines = answered("export").out.splitlines()
    assert [json.loads(line)["attempt"] for line in lines] == [1, 2, 3]
    target = tmp_path / "all.md"
    answered("export", "--format", "markdown", "--to", str(target))
    assert target.read_text().count("## Attempt") == 3
    assert "> Not yet: the slice has forty items." in target.read_text()
    again = answered("export", "--to", str(target))
    assert (again.code, "exists already" in again.err) == (1, True)


def test_a_backup_is_restored(answered: Command, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    assert answered("backup", str(copy)).code == 0
    answered("drill", "--question", FIRST, input="One more.")
    restored = answered("backup", "--restore", str(copy))
    assert restored.code == 0
    assert "The one before is" in restored.err
    assert len(answered("export").out.splitlines()) == 3


def test_an_empty_history_says_what_to_do(prepdrill: Command) -> None:
    assert "`prepdrill drill` makes the first" in prepdrill("review").err
    assert prepdrill("review", "show", "1").code == 1
    assert prepdrill("review", "list", "--since", "yesterday").err.startswith("'yesterday' is no day")


def test_home_says_where_you_stand(answered: Command) -> None:
    lines = answered().out.splitlines()
    assert [line.split(":")[0].strip() for line in lines] == ["Last", FIRST, "Due", "Weakest", "Next"]
    assert "attempt 3" in lines[0]
    assert lines[-1].split() == ["Next:", "prepdrill", "drill"]


def test_home_welcomes_who_never_drilled(prepdrill: Command, home: Path) -> None:
    assert "prepdrill demo" in prepdrill().out
    assert not (home / "prepdrill" / "data").exists()


def test_doctor_finds_nothing_wrong_and_then_something(answered: Command, home: Path) -> None:
    well = answered("doctor")
    assert (well.code, well.out.splitlines()[-1]) == (0, "All is well.")
    (home / "prepdrill" / "data" / "history.sqlite").write_bytes(b"broken" * 1000)
    ill = answered("doctor", "--json")
    assert ill.code == 1
    assert "damaged" in json.loads(ill.out)["history"]["problem"]


def test_settings_are_shown_and_set(prepdrill: Command) -> None:
    assert prepdrill("config", "set", "grader", "self").code == 0
    assert json.loads(prepdrill("config", "show", "--json").out)["grader"] == {"value": "self", "from": "file"}
    assert prepdrill("config", "path").out.strip().endswith("config.toml")
    assert prepdrill("config", "set", "colour", "red").code == 2
