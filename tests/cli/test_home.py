"""`prepdrill` alone: kept while nothing has changed, and never older than what it tells of."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
import typer

from prepdrill.bank import built_in_root
from prepdrill.cli import MODULES, application, home, needed
from prepdrill.cli.environment import Environment
from prepdrill.history import open_history
from prepdrill.history.claims import Claims
from prepdrill.settings import folders

from ..conftest import Command
from ..examples import item

QUESTION = "data/annotator-seventeen"


@pytest.fixture
def answered(prepdrill: Command) -> Command:
    assert prepdrill("drill", "--question", QUESTION, input="I do not know.").code == 0
    return prepdrill


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one each time that the state is read from the history and not from what was kept."""
    times: list[int] = []
    real = home._where

    def counting(*arguments: object) -> object:
        times.append(1)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(home, "_where", counting)
    return times


def test_it_is_computed_once_while_nothing_changes(answered: Command, computed: list[int]) -> None:
    first = answered().out
    assert "Last:     attempt 1" in first
    assert answered().out == first
    before = len(computed)
    assert answered().out == first
    assert len(computed) == before <= 2  # the first reading may have written the log of the database into it


def test_an_answer_a_mark_and_a_setting_change_it_at_once(answered: Command) -> None:
    before = answered().out
    assert answered("drill", "--question", "evaluation/a-beats-b-on-one-metric", input="I do not know.").code == 0
    after = answered().out
    assert ("attempt 1," in before, "attempt 2," in after) == (True, True)
    never = int(after.split("and ")[1].split(" never")[0])
    assert answered("schedule", "suspend", "data/how-much-replay").code == 0
    assert f"and {never - 1} never answered" in answered().out
    assert answered("config", "set", "plan.interview", "2999-01-01").code == 0
    assert "Plan:     interview in" in answered().out


def test_the_next_day_is_told_of_as_such(
    answered: Command, computed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        answered()
    before, now = len(computed), Environment().wall()
    monkeypatch.setattr(Environment, "wall", lambda _: now + 9 * 86_400)
    assert "Due:      1 skill" in answered().out
    assert len(computed) == before + 1


def test_what_will_be_said_today_and_tomorrow_can_be_made_before(
    answered: Command, computed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    home.keep(Environment())
    before, now = len(computed), Environment().wall()
    today = answered().out
    monkeypatch.setattr(Environment, "wall", lambda _: now + 86_400)
    tomorrow = answered().out
    assert len(computed) == before == 2
    assert ("Due:      0 skills" in today, "Due:      1 skill" in tomorrow) == (True, True)


def test_a_question_that_a_bank_gains_counts(
    answered: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = tmp_path / "bank"
    shutil.copytree(built_in_root() / "docs" / "example-bank", example)
    monkeypatch.setenv("PREPDRILL_BANK", str(example))
    before = answered().out
    gone = next(iter(sorted((example / "questions").glob("*/*.yaml"))))
    gone.unlink()
    assert answered().out != before


def test_what_another_window_does_is_looked_up_each_time(
    answered: Command, computed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = Environment().wall()
    with open_history(folders(os.environ).history) as history:
        session = history.begin_session("drill", "offline", now)
        attempt = history.begin_attempt(session, item([]), now, None)
    with monkeypatch.context() as patch:
        patch.setattr(Claims, "free", lambda *_: False)
        assert "Cut off" not in answered().out
    before = len(computed)
    assert f"Cut off:  attempt {attempt}" in answered().out
    assert f"Cut off:  attempt {attempt}" in answered().out
    assert len(computed) == before + 2


def shown(name: str, commands: Iterable[str]) -> str:
    """`--help` of one command, of a command line that has these."""
    group = typer.main.get_command(application(commands))
    command = group.commands[name]  # type: ignore[attr-defined]
    return str(command.get_help(typer.Context(command, info_name=name)))


def test_every_command_alone_is_what_it_is_among_all() -> None:
    for name in MODULES:
        assert shown(name, needed([name, "--help"])) == shown(name, MODULES)


def test_only_what_is_called_is_loaded() -> None:
    assert needed([]) == ()
    assert needed(["bank", "list"]) == ("bank",)
    assert needed(["--help"]) == needed(["bnak"]) == tuple(MODULES)
    program = (
        "import sys; sys.argv[1:] = ['bank', '--help']; from prepdrill.cli import main\n"
        "try: main()\nfinally: print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name for name in done.stdout.split() if name.startswith("prepdrill.cli.")}
    assert loaded == {"prepdrill.cli.bank", "prepdrill.cli.environment", "prepdrill.cli.options"}
