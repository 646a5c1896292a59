"""`prepdrill serve`: the room in a browser, on this machine; and how a program behind a page ends with its server."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Annotated, Final

import typer

from prepdrill.cli.environment import Environment
from prepdrill.errors import PrepdrillError, UsageError

COMMANDS: Final = ("drill", "mock", "review")
SHORTEST_TOKEN: Final = 16
TOKEN: Final = "PREPDRILL_SERVE_TOKEN"
CONTEXT: Final = {"allow_interspersed_args": False}
"""For Typer: options after the command are the command's."""


def serve(
    command: Annotated[
        list[str] | None,
        typer.Argument(metavar="COMMAND", help="drill (if left out), mock or review, with options of its own."),
    ] = None,
    host: Annotated[
        str,
        typer.Option(metavar="ADDRESS", help="Listen on this address; one that others can reach needs --token."),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="N", help="Listen on this port; 0 is any free one.")
    ] = 8765,
    token: Annotated[
        str | None,
        typer.Option(
            metavar="TOKEN",
            envvar=TOKEN,
            help="Let in only who has this token. The list of processes shows it to every user of this machine; the"
            " variable does not.",
        ),
    ] = None,
) -> None:
    """Open the room in a browser.

    Prints the address; every page that opens it is a session of its own. Without a token it is for this machine
    alone, and for everybody who has an account on it.
    """
    arguments = _arguments(command or [])
    if token is not None and len(token) < SHORTEST_TOKEN:
        raise UsageError(f"A token has {SHORTEST_TOKEN} characters or more; {_MAKE_ONE}")
    web = _web()
    if token is None and not web.on_this_machine(host):
        raise UsageError(f"Others may reach {host}: that needs --token; {_MAKE_ONE}")
    environment = Environment()

    def announce(address: str) -> None:
        how = "Open this address in a browser; Ctrl-C here ends it."
        if host in ("0.0.0.0", "::"):
            how += "\nFrom another machine, put the address of this one in its place."
        print(f"{address}\n{how}", file=environment.stdout, flush=True)

    web.serve(
        arguments,
        host=host,
        port=port,
        token=token,
        environ=_environ(environment.environ),
        announce=announce,
        complain=environment.talk,
    )


_MAKE_ONE: Final = 'make one with: python -c "import secrets; print(secrets.token_urlsafe(24))"'


def _arguments(command: Sequence[str]) -> list[str]:
    name, *options = command or COMMANDS[:1]
    if name not in COMMANDS:
        raise UsageError(f"A browser can show {', '.join(COMMANDS)}, not {name!r}: prepdrill serve drill --minutes 30")
    return [sys.executable, "-m", "prepdrill", name, *options]


def _environ(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name != TOKEN}


def _web() -> ModuleType:
    try:
        from prepdrill import web
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("textual_serve", "aiohttp"):
            raise
        raise PrepdrillError("A browser needs one package more: pip install 'prepdrill[web]'") from None
    return web


def end_with_server() -> None:
    """In a program behind a page, before its screen begins: end, as by `kill`, when the server goes without a word.

    Ending as by `kill` lets the program save; it has three seconds for that.
    """
    if hasattr(select, "poll"):  # not on Windows
        threading.Thread(target=_end_without_server, name="server", daemon=True).start()


def _end_without_server() -> None:
    standard_input, screen, errors = 0, 1, 2
    pipe = select.poll()
    pipe.register(standard_input, 0)  # Textual reads it; that the other end is gone is told unasked
    pipe.poll()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (screen, errors):  # drawing must not fail now, or saving would
        os.dup2(nowhere, stream)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(3)
    os.kill(os.getpid(), signal.SIGKILL)
