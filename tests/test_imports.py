"""What a command imports, seen in a fresh interpreter: the fast start stays fast."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROBE = """
import sys
sys.argv = ["prepdrill", *{arguments!r}]
from prepdrill.cli import main
try:
    main()
except SystemExit:
    pass
found = {{"openai", "textual", "yaml", "rich", "plotext", "sqlite3", "pydantic_core", "tomlkit"}} & set(sys.modules)
print("imported:", *sorted(found), file=sys.stderr)
"""


def imported(*arguments: str, input: str = "") -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(arguments=arguments)],
        capture_output=True,
        text=True,
        input=input,
        check=True,
    )
    return set(done.stderr.splitlines()[-1].removeprefix("imported:").split())


@pytest.mark.parametrize(
    "arguments", [("--help",), ("drill", "--help"), ("mock", "--help"), ("serve", "--help"), ("--version",)]
)
def test_help_loads_no_library_that_only_commands_need(arguments: tuple[str, ...]) -> None:
    assert imported(*arguments) <= {"rich", "pydantic_core"}  # Typer's own


def test_a_drill_without_the_judge_never_loads_openai_or_textual() -> None:
    found = imported("drill", "--seed", "1", input="An answer.")
    assert {"openai", "textual"}.isdisjoint(found)
    assert {"yaml", "sqlite3"} <= found


def test_what_only_reports_never_loads_textual() -> None:
    imported("drill", "--seed", "1", input="An answer.")
    for arguments in (("review", "list"), ("mock", "list"), ("bank", "list"), ()):
        assert "textual" not in imported(*arguments), arguments


def test_listing_parses_no_yaml_once_the_index_is_warm() -> None:
    assert "yaml" in imported("bank", "list")
    assert "yaml" not in imported("bank", "list")
