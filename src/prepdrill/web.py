"""The room in a browser: a page, and behind every open page a program of its own.

textual-serve brings the terminal for the page and the packets that a program under Textual's web driver speaks.
Who may come in, how programs start and end, and what the page says when they have ended, is here.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import html
import ipaddress
import json
import os
import re
import secrets
import shlex
import signal
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Final, Literal, TypeAlias
from urllib.parse import quote, urlsplit

from aiohttp import WSCloseCode, WSMsgType, web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from prepdrill.errors import ExitCode, PrepdrillError
from prepdrill.screen.text import visible

# Stopping takes less than 2 s, whatever a program does: it is asked, told, and killed.
_ASKED: Final = 0.6
_TOLD: Final = 0.5
_LAST_WORDS: Final = 0.3
_FAREWELL: Final = 0.3

_SCREEN_BEGINS: Final = b"__GANGLION__\n"
_LONGEST_SAYING: Final = 32_768
_LARGEST_SIDE: Final = 1000  # cells

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


def serve(
    command: Sequence[str],
    *,
    host: str,
    port: int,
    token: str | None,
    environ: Mapping[str, str],
    announce: Callable[[str], None],
    complain: Callable[[str], None],
) -> None:
    """Serve the program `command` to browsers until SIGINT, SIGTERM or SIGHUP comes.

    Every page runs a program of its own, with the variables `environ` and those of its screen. `announce` is called
    with the address once it can be opened; port 0 is any free one. `complain` is called with what a program said that
    ended with an error. Raises PrepdrillError if host and port cannot be had.
    """
    with _listen(host, port) as listening:
        taken = listening.getsockname()[1]
        site = Site(command, environ, Door(token, taken), complain)
        asyncio.run(_until_stopped(site, listening, lambda: announce(_address(host, taken, token))))


def on_this_machine(host: str) -> bool:
    """Whether nobody but this machine can reach what listens on this address."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listen(host: str, port: int) -> socket.socket:
    address = "127.0.0.1" if host.lower() == "localhost" else host
    try:
        family = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0][0]
        both = address == "::" and socket.has_dualstack_ipv6()
        return socket.create_server((address, port), family=family, dualstack_ipv6=both)
    except socket.gaierror:
        raise PrepdrillError(f"{host} is no address of this machine; leave --host out for 127.0.0.1.") from None
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise PrepdrillError(
            f"Port {port} of {host} cannot be had ({reason}); name another with --port N; 0 is any free one."
        ) from None


def _address(host: str, port: int, token: str | None) -> str:
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)
    name = f"[{reachable}]" if ":" in reachable else reachable
    return f"http://{name}:{port}/" + (f"?token={quote(token, safe='')}" if token else "")


async def _until_stopped(site: Site, listening: socket.socket, announce: Callable[[], None]) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # nohup means it
            loop.add_signal_handler(number, stopped.set)
    runner = web.AppRunner(site.application(), access_log=None, shutdown_timeout=_ASKED + _TOLD + _LAST_WORDS)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        announce()
        await stopped.wait()
    finally:
        await runner.cleanup()


@dataclass(frozen=True, slots=True)
class Door:
    """Who may come in: who opens the page itself, on this machine or with the token.

    Another page in the same browser could open the websocket and type: its Origin tells it apart. Or it could give its
    own name this address: then Host tells. With a token, only who has shown it once has the cookie that counts
    afterwards; the cookie is not the token, since browsers send it to the other ports of this host too.
    """

    token: str | None = field(repr=False)
    port: int
    ticket: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @web.middleware
    async def keep(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer 403 or 401 with a sentence to who may not come in."""
        host = request.headers.get("Host", "")
        if not _HOST.fullmatch(host):
            return web.Response(status=403, text="The request does not say which address it is for.\n")
        if self.token is None and not on_this_machine(_name(host)):
            return web.Response(status=403, text=f"Open http://127.0.0.1:{self.port}/ on this machine.\n")
        if not _same(request.headers.get("Origin"), host):
            return web.Response(status=403, text="Another page may not use this one.\n")
        if self.token is None:
            return await handler(request)
        if request.path == "/" and _equal(request.query.get("token", ""), self.token):
            return self._let_in()
        if _equal(request.cookies.get(self._cookie, ""), self.ticket):
            return await handler(request)
        return web.Response(
            status=401, text="This needs the token: open the address that `prepdrill serve` has printed.\n"
        )

    @property
    def _cookie(self) -> str:
        return f"prepdrill-{self.port}"

    def _let_in(self) -> web.Response:
        # on to the address without the token: it shall not stay in the address bar and the browser's history
        response = web.Response(status=303, headers={"Location": "/"})
        response.set_cookie(self._cookie, self.ticket, httponly=True, samesite="Strict", path="/")
        return response


_HOST: Final = re.compile(r"([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:[0-9]+)?", re.ASCII | re.IGNORECASE)


def _name(host: str) -> str:
    return (urlsplit(f"//{host}").hostname or "") if _HOST.fullmatch(host) else ""


def _same(origin: str | None, host: str) -> bool:
    """Whether a request comes from a page of the host it goes to; browsers leave Origin out when one opens a page."""
    return origin is None or origin.lower() in (f"http://{host}".lower(), f"https://{host}".lower())


def _equal(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode("utf-8", "replace"))


class Site:
    """The page, what it loads, and the programs behind the pages that are open."""

    def __init__(
        self, command: Sequence[str], environ: Mapping[str, str], door: Door, complain: Callable[[str], None]
    ) -> None:
        self._command = tuple(command)
        self._environ = environ
        self._door = door
        self._complain = complain
        self._downloads = DownloadManager()
        self._sessions: set[Session] = set()

    def application(self) -> web.Application:
        """What aiohttp runs."""
        application = web.Application(middlewares=[self._door.keep])
        application.add_routes(
            [
                web.get("/", _page),
                web.get("/page.js", _script),
                web.get("/ws", self._session),
                web.get("/download/{key}", self._download),
                web.static("/static", Path(str(files("textual_serve"))) / "static"),
            ]
        )
        application.on_response_prepare.append(_guard)
        application.on_shutdown.append(self._end_all)
        return application

    async def _session(self, request: web.Request) -> web.WebSocketResponse:
        websocket = web.WebSocketResponse(heartbeat=15, timeout=_FAREWELL, compress=False)
        await websocket.prepare(request)
        assert request.transport is not None
        page = Page(websocket, request.transport)
        session = Session(self._command, self._environ, page, self._downloads, self._complain)
        self._sessions.add(session)
        try:
            await session.start(_side(request.query.get("width"), 80), _side(request.query.get("height"), 24))
            async for message in websocket:
                if message.type is WSMsgType.TEXT:
                    await session.hear(message.data)
        finally:
            await session.stop()
            self._sessions.discard(session)
        return websocket

    async def _end_all(self, _: web.Application) -> None:
        await asyncio.gather(*(session.dismiss() for session in self._sessions))

    async def _download(self, request: web.Request) -> web.StreamResponse:
        """A file that a program hands to the browser; never opened in the page's own origin."""
        key = request.match_info["key"]
        try:
            file = await self._downloads.get_download_metadata(key)
        except KeyError:
            raise web.HTTPNotFound(text="This file has been fetched already, or its session has ended.\n") from None
        response = web.StreamResponse()
        response.content_type = file.mime_type or "application/octet-stream"
        response.charset = file.encoding or None
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.file_name)}"
        await response.prepare(request)
        async for chunk in self._downloads.download(key):
            await response.write(chunk)
        await response.write_eof()
        return response


def _side(given: str | None, otherwise: int) -> int:
    try:
        return max(1, min(int(given or otherwise), _LARGEST_SIDE))
    except ValueError:
        return otherwise


class Page:
    """The other end of a websocket: whether it has gone or does not read, it holds nothing up for long."""

    def __init__(self, websocket: web.WebSocketResponse, transport: asyncio.Transport) -> None:
        self._websocket = websocket
        self._transport = transport

    async def show(self, data: bytes) -> None:
        """Send what is for the terminal."""
        with contextlib.suppress(ConnectionError):
            await self._websocket.send_bytes(data)

    async def tell(self, message: str) -> None:
        """Send what is for the page around it."""
        with contextlib.suppress(ConnectionError):
            await self._websocket.send_str(message)

    async def close(self) -> None:
        """Take leave; a page that does not answer is left without."""
        # no `wait_for`: cancelling one that waits for the transport cancels all that do, and `show` is one of them
        leaving = asyncio.get_running_loop().call_later(_FAREWELL, self._transport.abort)
        await self._websocket.close(code=WSCloseCode.GOING_AWAY)
        leaving.cancel()


class Session(AppService):
    """One program behind one page: it ends when the page goes, and the page says so when it has ended."""

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        page: Page,
        downloads: DownloadManager,
        complain: Callable[[str], None],
    ) -> None:
        super().__init__(
            shlex.join(command),
            write_bytes=page.show,
            write_str=page.tell,
            close=page.close,
            download_manager=downloads,
        )
        self._arguments = tuple(command)
        self._environ = environ
        self._complain = complain
        self._screen_left = False
        self._ending: asyncio.Task[None] | None = None

    async def start(self, width: int, height: int) -> None:
        """Start the program with a screen of this many cells."""
        try:
            await super().start(width, height)
        except OSError as error:
            await self._say(f"{self._arguments[0]} cannot be started: {error.strerror}.")
            await self.remote_close()

    async def hear(self, text: str) -> None:
        """Pass on what the page sends: keys, its size, whether it has the focus."""
        try:
            message = json.loads(text)
        except ValueError:
            return
        match message:
            case ["stdin", str(keys)]:
                await self.send_bytes(keys.encode("utf-8", "replace"))
            case ["resize", {"width": int(width), "height": int(height)}]:
                await self.set_terminal_size(_side(str(width), 80), _side(str(height), 24))
            case ["focus", *_]:
                await self.focus()
            case ["blur", *_]:
                await self.blur()
            case ["ping", sent]:
                await self.remote_write_str(json.dumps(["pong", sent]))

    async def send_bytes(self, data: bytes) -> bool:
        """Send keys to the program; False if it has ended."""
        return self._send(b"D", data)

    async def send_meta(self, data: dict[str, str | int | bool | None]) -> bool:
        """Send a message to the program; False if it has ended."""
        return self._send(b"M", json.dumps(data).encode())

    async def dismiss(self) -> None:
        """End page and program."""
        await asyncio.gather(self.remote_close(), self.stop())

    async def stop(self) -> None:
        """Let the program save and end, and make it end if it does not; however often this is called."""
        if self._task is None:
            return
        if self._ending is None:
            self._ending = asyncio.create_task(self._end())
        await asyncio.shield(self._ending)

    async def run(self) -> None:
        """Pass on what the program shows until it has ended, then say in the page what else it had to say."""
        process = self._process
        assert process is not None
        assert process.stdout is not None
        assert process.stderr is not None
        outputs = [asyncio.create_task(self._show(process.stdout)), asyncio.create_task(_rest(process.stderr))]
        status = await _exit(process)
        self._signal(signal.SIGKILL)  # what it has started and left behind
        await asyncio.wait(outputs, timeout=_LAST_WORDS)
        said = b"\n".join(task.result().rstrip() for task in outputs if task.done())
        for task in outputs:
            task.cancel()
        text = visible(said.decode("utf-8", "replace").strip())
        if self._ending is None:
            if status not in (ExitCode.DONE, ExitCode.INTERRUPTED):
                text = text or f"{self.command} ended with status {status}."
                self._complain(text)
            await self._say(text)
            await self.remote_close()

    async def on_meta(self, data: bytes) -> None:
        """Do what the program asks of the page; its screen's end is not yet the program's."""
        meta = json.loads(data)
        if meta["type"] == "exit":
            self._screen_left = True
        elif meta["type"] != "open_url" or urlsplit(str(meta["url"])).scheme in ("http", "https"):
            await super().on_meta(data)

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        return {
            **self._environ,
            "TERM": "xterm-256color",
            "TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver",
            "TEXTUAL_COLOR_SYSTEM": "truecolor",
            "COLUMNS": str(width),
            "ROWS": str(height),
        }

    async def _open_app_process(self, width: int = 80, height: int = 24) -> asyncio.subprocess.Process:
        # In a session of its own, with no shell: Ctrl-C in the server's terminal is not for it, and it ends as a group.
        self._process = await asyncio.create_subprocess_exec(
            *self._arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._build_environment(width, height),
            start_new_session=True,
        )
        self._stdin = self._process.stdin
        return self._process

    async def _show(self, output: asyncio.StreamReader) -> bytes:
        """Pass packets on while there is a screen; return what the program says before, after, or instead."""
        try:
            before = await output.readuntil(_SCREEN_BEGINS)
        except asyncio.LimitOverrunError:
            return await _rest(output)
        except asyncio.IncompleteReadError as end:
            return end.partial
        try:
            while not self._screen_left:
                kind = await output.readexactly(1)
                size = int.from_bytes(await output.readexactly(4), "big")
                payload = await output.readexactly(size)
                match kind:
                    case b"D":
                        await self.on_data(payload)
                    case b"M":
                        await self.on_meta(payload)
                    case b"P":
                        await self.on_packed(payload)
        except (asyncio.IncompleteReadError, ValueError, LookupError):  # killed, or written into by something else
            return await _rest(output)
        return before.removesuffix(_SCREEN_BEGINS) + await _rest(output)

    def _send(self, kind: Literal[b"D", b"M"], payload: bytes) -> bool:
        # not drained: a program that hangs reads nothing, and its page must still be heard when it goes
        if self._process is None or self._process.returncode is not None:
            return False
        self.stdin.write(self.encode_packet(kind, payload))
        return True

    async def _say(self, text: str) -> None:
        """Clear the page's terminal and show this text in it."""
        reset = "\x1bc\x1b[?25l"
        await self.remote_write_bytes((reset + text.replace("\n", "\r\n")).encode())

    async def _end(self) -> None:
        assert self._process is not None
        assert self._task is not None
        await self._download_manager.cancel_app_downloads(self.app_service_id)
        await self.send_meta({"type": "quit"})
        for patience, number in ((_ASKED, signal.SIGTERM), (_TOLD, signal.SIGKILL)):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(_exit(self._process), patience)
                break
            self._signal(number)
        await self._task

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


async def _exit(process: asyncio.subprocess.Process) -> int:
    """Wait for the end of a process and return its status; `wait` would wait for all that holds its pipes open."""
    while process.returncode is None:
        await asyncio.sleep(0.05)
    return process.returncode


async def _rest(stream: asyncio.StreamReader) -> bytes:
    """All that comes until the end; of very much, the end."""
    kept = b""
    while part := await stream.read(_LONGEST_SAYING):
        kept = (kept + part)[-_LONGEST_SAYING:]
    return kept


async def _page(request: web.Request) -> web.Response:
    text = _PAGE.substitute(websocket=html.escape(f"ws://{request.host}/ws"))
    return web.Response(text=text, content_type="text/html", headers={"Cache-Control": "no-store"})


async def _script(_: web.Request) -> web.Response:
    return web.Response(text=_SCRIPT, content_type="text/javascript")


async def _guard(request: web.Request, response: web.StreamResponse) -> None:
    """Let the page load from nowhere else, and no other page show it in a frame."""
    host = request.headers.get("Host", "")
    websocket = f"ws://{host}" if _HOST.fullmatch(host) else ""
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src data:;"
        f" connect-src 'self' {websocket}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"


# The font is asked for by the page's own words, upright and italic: the terminal measures it once, at the start.
_PAGE: Final = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>prepdrill</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/css/xterm.css">
<style>
@font-face {
  font-family: "Roboto Mono"; font-weight: 100 700;
  src: url("/static/fonts/RobotoMono-VariableFont_wght.ttf");
}
@font-face {
  font-family: "Roboto Mono"; font-weight: 100 700; font-style: italic;
  src: url("/static/fonts/RobotoMono-Italic-VariableFont_wght.ttf");
}
html, body { margin: 0; height: 100%; overflow: hidden; background: #000; color: #e0e0e0; }
body { font: 16px "Roboto Mono", monospace; }
#terminal { position: fixed; inset: 0; }
#starting { position: fixed; inset: 0; display: flex; align-items: center; justify-content: center; }
#ended { position: fixed; left: 0; right: 0; bottom: 0; padding: 0.8em; background: #e0e0e0; color: #000; }
#ended, .-first-byte #starting, .-closed #starting { display: none; }
.-closed #ended { display: block; }
a { color: inherit; }
</style>
<script src="/static/js/textual.js"></script>
<script src="/page.js" defer></script>
</head>
<body>
<div id="terminal" class="textual-terminal" data-session-websocket-url="$websocket" data-font-size="16"></div>
<div id="starting" role="status"><span>prepdrill <i>is starting</i></span></div>
<div id="ended" role="alert">The session has ended. <a id="again" href="/">Again</a></div>
<noscript>This page needs JavaScript.</noscript>
</body>
</html>
""")

# textual.js marks in the body's class what has happened; what it leaves out is the keyboard.
_SCRIPT: Final = """\
"use strict";
const state = document.body.classList;
new MutationObserver(() => {
  const next = state.contains("-closed") ? "#again" : state.contains("-first-byte") ? ".xterm-helper-textarea" : null;
  if (next) document.querySelector(next)?.focus();
}).observe(document.body, {attributes: true, attributeFilter: ["class"]});
window.addEventListener("error", () => {
  if (state.contains("-loaded")) return;
  document.querySelector("#starting").textContent =
    "This browser cannot draw the terminal; try another, or type prepdrill drill in a terminal.";
});
"""
