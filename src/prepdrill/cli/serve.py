"""`prepdrill serve`: the room in a browser, on this machine; and how a program behind a page ends with its server."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Mapping, MutableMapping, Sequence
from types import ModuleType
from typing import Annotated, Final

import typer

from prepdrill.cli.environment import Environment
from prepdrill.errors import PrepdrillError, UsageError

COMMANDS: Final = ("drill", "mock", "review")
SHORTEST_TOKEN: Final = 16
SERVER: Final = "PREPDRILL_SERVER"
"""In the environment of a program behind a page: the process number of its server."""
TOKEN: Final = "PREPDRILL_SERVE_TOKEN"
CONTEXT: Final = {"allow_interspersed_args": False}
"""For Typer: options after the command are the command's."""


def serve(
    command: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="COMMAND", help="drill (if left out), mock or review, with options of its own."
        ),
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
        print(f"{address}\nOpen this address in a browser; Ctrl-C here ends it.", file=environment.stdout, flush=True)

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
    return {**{name: value for name, value in environ.items() if name != TOKEN}, SERVER: str(os.getpid())}


def _web() -> ModuleType:
    try:
        from prepdrill import web
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("textual_serve", "aiohttp"):
            raise
        raise PrepdrillError("A browser needs one package more: pip install 'prepdrill[web]'") from None
    return web


def end_with_server(environ: MutableMapping[str, str]) -> None:
    """In a program behind a page: end once the server that has started it is gone; elsewhere, do nothing.

    It is ended as by `kill`, which lets it save, and by force if that takes too long.
    """
    server = environ.pop(SERVER, "")  # what this process starts has another parent
    if server.isdigit():
        threading.Thread(target=_watch, args=(int(server),), name="server", daemon=True).start()


def _watch(server: int) -> None:
    while os.getppid() == server:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(3)
    os.kill(os.getpid(), signal.SIGKILL)
