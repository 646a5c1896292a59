"""The command line: one module per command, each of which opens, calls and prints."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated, Final

import typer

from prepdrill import __version__
from prepdrill.cli.environment import fitted
from prepdrill.errors import ExitCode, PrepdrillError

MODULES: Final = {
    "drill": "drill",
    "schedule": "schedule",
    "progress": "progress",
    "plan": "plan",
    "review": "review",
    "mock": "mock",
    "grade": "grade",
    "judge": "judge",
    "bank": "bank",
    "demo": "demo",
    "serve": "serve",
    "export": "export",
    "backup": "export",
    "doctor": "doctor",
    "config": "config",
}
"""Command -> the module here that has it, in the order in which `--help` lists them."""


def application(commands: Iterable[str] = tuple(MODULES)) -> typer.Typer:
    """The command line with these commands alone: those that are not called are not even imported."""
    app = typer.Typer(
        name="prepdrill",
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(prepdrill)
    for name in commands:
        module = importlib.import_module(f"prepdrill.cli.{MODULES[name]}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name)
        else:
            app.command(context_settings=getattr(module, "CONTEXT", None))(getattr(module, name))
    return app


def needed(arguments: Sequence[str]) -> tuple[str, ...]:
    """The commands that a command line needs: the one it names, none for `prepdrill` alone, or else all of them."""
    if not arguments and not any(name.endswith("_COMPLETE") for name in os.environ):
        return ()
    return (arguments[0],) if arguments and arguments[0] in MODULES else tuple(MODULES)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"prepdrill {__version__}")  # noqa: T201 - before there is an environment
        raise typer.Exit


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
        from prepdrill.cli import home

        home.home()


def main() -> None:
    """Run the command line. Every error of ours is printed here, once, on standard error."""
    try:
        application(needed(sys.argv[1:]))()
    except PrepdrillError as error:
        from prepdrill.screen.text import visible

        print(fitted(visible(str(error)), sys.stderr), file=sys.stderr)  # noqa: T201 - the one place
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # whoever read our output has gone; let nothing be flushed into the closed pipe at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ExitCode.WRONG)
