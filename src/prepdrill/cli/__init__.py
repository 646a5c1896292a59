"""The command line: one module per command, each of which opens, calls and prints."""

from __future__ import annotations

import sys

import typer

from prepdrill.cli import bank
from prepdrill.errors import PrepdrillError

app = typer.Typer(
    name="prepdrill",
    help="Drills for interviews on post-training large language models.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)
app.add_typer(bank.app, name="bank")


def main() -> None:
    """Run the command line; every error of ours is printed here, once."""
    try:
        app()
    except PrepdrillError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the one place
        sys.exit(error.exit_code)
