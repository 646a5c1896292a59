"""The command line: one module per command, each of which opens, calls and prints."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from prepdrill import __version__
from prepdrill.cli import (
    bank,
    config,
    demo,
    doctor,
    drill,
    export,
    grade,
    home,
    judge,
    mock,
    plan,
    progress,
    review,
    schedule,
    serve,
)
from prepdrill.cli.environment import fitted
from prepdrill.errors import ExitCode, PrepdrillError

app = typer.Typer(
    name="prepdrill",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"prepdrill {__version__}")  # noqa: T201 - before there is an environment
        raise typer.Exit


@app.callback(invoke_without_command=True)
def prepdrill(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Drills for interviews on post-training large language models.

    Without a command: where you stand, and what to do next.
    """
    if context.invoked_subcommand is None:
        home.home()


app.command()(drill.drill)
app.add_typer(schedule.app, name="schedule")
app.command()(progress.progress)
app.command()(plan.plan)
app.add_typer(review.app, name="review")
app.add_typer(mock.app, name="mock")
app.command()(grade.grade)
app.add_typer(judge.app, name="judge")
app.add_typer(bank.app, name="bank")
app.command()(demo.demo)
app.command(context_settings=serve.CONTEXT)(serve.serve)
app.command()(export.export)
app.command()(export.backup)
app.command()(doctor.doctor)
app.add_typer(config.app, name="config")


def main() -> None:
    """Run the command line. Every error of ours is printed here, once, on standard error."""
    try:
        app()
    except PrepdrillError as error:
        from prepdrill.screen.text import visible

        print(fitted(visible(str(error)), sys.stderr), file=sys.stderr)  # noqa: T201 - the one place
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # whoever read our output has gone; let nothing be flushed into the closed pipe at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ExitCode.WRONG)
