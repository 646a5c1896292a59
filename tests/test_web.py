"""`prepdrill serve` on this machine: who may come in, what the page is, and what becomes of a program's words."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeAlias
from unittest.mock import ANY

import pytest
from aiohttp import ClientResponse, ClientWebSocketResponse, CookieJar, WSMsgType, WSServerHandshakeError
from aiohttp.test_utils import TestClient, TestServer

from prepdrill import web
from prepdrill.errors import PrepdrillError

from .conftest import Command

SECRET: Final = "correct-horse-battery-staple"
FETCHED: Final = ("/", "/page.js", "/static/js/textual.js", "/download/1", "/nowhere")
SILENT: Final = "import sys; sys.stdin.read()"
SCREEN: Final = """
import json, sys
def send(kind, payload):
    sys.stdout.buffer.write(kind + len(payload).to_bytes(4, "big") + payload)
    sys.stdout.flush()
def meta(**data):
    send(b"M", json.dumps(data).encode())
def packet():
    size = int.from_bytes(sys.stdin.buffer.read(5)[1:], "big")
    return sys.stdin.buffer.read(size)
sys.stdout.write("__GANGLION__\\n")
sys.stdout.flush()  # before what goes past the text layer
"""
"""How a program under Textual's web driver speaks, in few words."""

Client: TypeAlias = TestClient[Any, Any]


def visit(
    visitor: Callable[[Client], Awaitable[None]], program: str = SILENT, *, token: str | None = None
) -> list[str]:
    """Serve a program of Python to a visitor; return what the server complained of."""
    complaints: list[str] = []

    async def run() -> None:
        site = web.Site([sys.executable, "-c", program], os.environ, web.Door(token, 8765), complaints.append)
        server = TestServer(site.application())
        async with TestClient(server, cookie_jar=CookieJar(unsafe=True)) as client:
            await visitor(client)

    asyncio.run(run())
    return complaints


def answers(path: str, headers: Mapping[str, str], *, token: str | None = None) -> int:
    """The status of the answer to a request with these headers."""
    seen: list[int] = []

    async def visitor(client: Client) -> None:
        async with client.get(path, headers=headers, allow_redirects=False) as response:
            assert response.status == 200 or path == "/nowhere" or len((await response.text()).strip()) > 10
            seen.append(response.status)

    visit(visitor, token=token)
    return seen[0]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1:8765", 200),
        ("localhost:9000", 200),  # a port that ssh forwards
        ("LOCALHOST", 200),
        ("[::1]:8765", 200),
        ("evil.example:8765", 403),  # a name that has been given this address
        ("127.0.0.1.evil.example", 403),
        ("localhost.evil.example:8765", 403),
        ("evil.example@localhost", 403),
        ("192.168.1.5:8765", 403),
        ("0.0.0.0:8765", 403),
        ("127.0.0.1:8765/..", 403),
        ("", 403),
    ],
)
def test_a_page_is_only_for_names_of_this_machine(host: str, expected: int) -> None:
    assert answers("/", {"Host": host}) == expected


@pytest.mark.parametrize("token", [None, SECRET])
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://127.0.0.1:3000", "http://localhost:8765", "null", "", "file://"]
)
def test_another_page_gets_nothing(origin: str, token: str | None) -> None:
    for path in ("/", "/ws", "/static/js/textual.js"):
        assert answers(path, {"Host": "127.0.0.1:8765", "Origin": origin}, token=token) == 403


def test_another_page_starts_no_program(tmp_path_factory: pytest.TempPathFactory) -> None:
    trace = tmp_path_factory.mktemp("trace") / "started"

    async def visitor(client: Client) -> None:
        with pytest.raises(WSServerHandshakeError) as refusal:
            await client.ws_connect("/ws", headers={"Origin": "http://evil.example"})
        assert refusal.value.status == 403
        assert not trace.exists()
        host = f"127.0.0.1:{client.port}"
        async with client.ws_connect("/ws", headers={"Origin": f"http://{host}"}) as websocket:
            await words(websocket)

    visit(visitor, f"open({str(trace)!r}, 'w')")
    assert trace.exists()


def test_with_a_token_nothing_is_had_without_it() -> None:
    async def visitor(client: Client) -> None:
        for path in (*FETCHED, "/ws", "/?token=", "/?token=wrong", f"/page.js?token={SECRET}"):
            async with client.get(path, allow_redirects=False) as response:
                assert response.status == 401, path
                assert "needs the token" in await response.text()
                assert not response.cookies

    visit(visitor, token=SECRET)


def test_the_token_is_shown_once_and_then_a_cookie_counts() -> None:
    async def visitor(client: Client) -> None:
        async with client.get(f"/?token={SECRET}", allow_redirects=False) as response:
            assert (response.status, response.headers["Location"]) == (303, "/")
            (cookie,) = response.cookies.values()
            assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")
            assert SECRET not in str(response.headers)
        for path, expected in zip(FETCHED, (200, 200, 200, 404, 404), strict=True):
            async with client.get(path) as response:
                assert response.status == expected
                assert SECRET.encode() not in await response.read()
        async with client.ws_connect("/ws") as websocket:
            assert not websocket.closed

    visit(visitor, token=SECRET)


def test_a_cookie_of_another_run_does_not_count() -> None:
    assert answers("/", {"Cookie": "prepdrill-8765=stale"}, token=SECRET) == 401
    assert answers("/", {"Cookie": f"prepdrill-8765={SECRET}"}, token=SECRET) == 401


def test_the_door_does_not_tell_its_secrets() -> None:
    door = web.Door(SECRET, 8765)
    assert SECRET not in repr(door)
    assert door.ticket not in repr(door)


def test_the_page_needs_no_other_server_and_stands_in_no_frame() -> None:
    async def visitor(client: Client) -> None:
        async with client.get("/") as response:
            text = await response.text()
            policy = response.headers["Content-Security-Policy"]
        assert "<title>prepdrill</title>" in text
        assert f'"ws://127.0.0.1:{client.port}/ws"' in text
        for address in re.findall(r'(?:src|href)="([^"]*)"|url\("([^"]*)"\)', text):
            path = "".join(address)
            if path != "data:,":
                assert path.startswith("/")
                await loads(client, path)
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy

    visit(visitor)


async def loads(client: Client, path: str) -> None:
    async with client.get(path) as response:
        assert response.status == 200, path


async def words(websocket: ClientWebSocketResponse) -> str:
    """All that the page is told until its session has ended."""
    told = []
    async for message in websocket:
        assert message.type in (WSMsgType.BINARY, WSMsgType.TEXT)
        told.append(message.data if isinstance(message.data, str) else message.data.decode())
    return "".join(told)


def told_by(program: str) -> tuple[str, list[str]]:
    """What the page shows of a program, and what the server complained of."""
    pages: list[str] = []

    async def visitor(client: Client) -> None:
        async with asyncio.timeout(10), client.ws_connect("/ws") as websocket:
            pages.append(await words(websocket))

    complaints = visit(visitor, program)
    return pages[0], complaints


def test_a_program_that_does_not_start_says_so_in_the_page_and_to_the_server() -> None:
    page, complaints = told_by("import sys; print('Usage: ...'); sys.exit('No such question.')")
    assert "Usage: ...\r\nNo such question." in page
    assert complaints == ["Usage: ...\nNo such question."]


def test_a_program_that_ends_without_a_word_is_named() -> None:
    page, complaints = told_by("import sys; sys.exit(7)")
    assert "status 7" in page
    assert complaints == [ANY]
    assert "status 7" in complaints[0]


def test_what_cannot_be_started_is_said() -> None:
    pages: list[str] = []

    async def run() -> None:
        site = web.Site(["/nowhere/python"], os.environ, web.Door(None, 8765), pages.append)
        async with TestClient(TestServer(site.application())) as client, client.ws_connect("/ws") as websocket:
            pages.append(await words(websocket))

    asyncio.run(run())
    assert pages
    assert all("/nowhere/python cannot be started: No such file or directory." in page for page in pages)


def test_what_a_program_says_after_its_screen_stands_in_the_page() -> None:
    page, complaints = told_by(SCREEN + "send(b'D', b'the screen'); meta(type='exit'); print('To go on: \\x1b[31m')")
    screen, after = page.split("\x1bc")
    assert screen == "the screen"
    assert "To go on: ␛[31m" in after
    assert complaints == []


@pytest.mark.parametrize("status", [0, 130])
def test_leaving_is_nothing_to_complain_of(status: int) -> None:
    assert told_by(SCREEN + f"print('bye', file=sys.stderr); sys.exit({status})")[1] == []


def test_only_addresses_of_the_web_are_opened() -> None:
    asks = "meta(type='open_url', url={!r}, new_tab=True);"
    page, _ = told_by(SCREEN + asks.format("javascript:alert(1)") + asks.format("https://arxiv.org/abs/2410.08847"))
    assert "javascript" not in page
    assert "https://arxiv.org/abs/2410.08847" in page


def test_a_program_is_told_the_size_the_keys_and_nothing_that_is_not_a_message() -> None:
    program = (
        SCREEN
        + """
import os
send(b"D", f"{os.environ['COLUMNS']}x{os.environ['ROWS']} {os.environ.get('PREPDRILL_SERVE_TOKEN')} ".encode())
send(b"D", packet() + b" " + packet())
"""
    )
    pages: list[str] = []

    async def visitor(client: Client) -> None:
        async with client.ws_connect("/ws?width=132&height=nonsense") as websocket:
            for nonsense in ("", "{", "[]", "7", '["stdin", 5]', '["resize", {"width": null}]', '["quit"]'):
                await websocket.send_str(nonsense)
            await websocket.send_json(["stdin", "é\ud800"])
            await websocket.send_json(["resize", {"width": 10**9, "height": 0}])
            pages.append(await words(websocket))

    assert visit(visitor, program) == []
    assert pages[0].startswith('132x24 None é? {"type": "resize", "width": 1000, "height": 1}')


def test_a_file_is_handed_over_once_and_never_opened_in_the_page() -> None:
    program = (
        SCREEN
        + """
meta(type="deliver_file_start", key="k", path="/tmp/score card.html", open_method="browser", encoding="utf-8",
     mime_type="text/html", name=None)
sent = [b"<b>", b"card</b>", b""]
for chunk in sent:
    packet()
    parts = (b"s13:deliver_chunk", b"s1:k", b"%i:%s" % (len(chunk), chunk))
    send(b"P", b"t" + b"".join(parts) + b"e")
packet()
"""
    )

    async def visitor(client: Client) -> None:
        async with asyncio.timeout(10), client.ws_connect("/ws") as websocket:
            assert (await websocket.receive()).json() == ["deliver_file_start", "k"]
            async with client.get("/download/k") as response:
                await handed_over(response)
            async with client.get("/download/k") as response:
                assert response.status == 404

    visit(visitor, program)


async def handed_over(response: ClientResponse) -> None:
    assert await response.text() == "<b>card</b>"
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Content-Disposition"] == "attachment; filename*=UTF-8''score%20card.html"


def test_a_port_that_is_taken_is_said_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PrepdrillError, match=rf"Port {port} of 127\.0\.0\.1 cannot be had .* --port N"):
            serve_nothing(port)


def test_a_host_that_is_not_ours_is_said_in_a_sentence() -> None:
    with pytest.raises(PrepdrillError, match=r"192\.0\.2\.1 cannot be had"):
        serve_nothing(0, "192.0.2.1")


def serve_nothing(port: int, host: str = "127.0.0.1") -> None:
    web.serve(["true"], host=host, port=port, token=None, environ={}, announce=print, complain=print)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--host", "0.0.0.0"), "Others may reach 0.0.0.0: that needs --token"),
        (("--host", "192.168.1.5"), "secrets.token_urlsafe(24)"),
        (("--host", "::"), "needs --token"),
        (("--host", "example.org"), "needs --token"),
        (("--host", ""), "needs --token"),
        (("--host", "0.0.0.0", "--token", "fifteen-letters"), "16 characters or more"),
        (("--token", ""), "16 characters or more"),
        (("bank", "list"), "drill, mock, review, not 'bank'"),
        (("-c", "code"), "No such option"),
        (("--port", "65536"), "65535"),
    ],
)
def test_what_would_open_the_door_too_wide_is_refused(
    prepdrill: Command, arguments: tuple[str, ...], message: str
) -> None:
    result = prepdrill("serve", *arguments)
    assert result.code == 2
    assert message in result.err


def test_a_short_token_in_the_environment_is_refused_without_repeating_it(
    prepdrill: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREPDRILL_SERVE_TOKEN", "fifteen-letters")
    result = prepdrill("serve", "--host", "0.0.0.0")
    assert result.code == 2
    assert "16 characters or more" in result.err
    assert "fifteen-letters" not in result.err


def test_the_command_and_its_options_reach_the_program(prepdrill: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[object, ...]] = []
    monkeypatch.setattr(web, "serve", lambda command, **rest: calls.append((command, rest["port"], rest["environ"])))
    monkeypatch.setenv("PREPDRILL_SERVE_TOKEN", SECRET)
    prepdrill("serve", "--port", "0", "mock", "--minutes", "30", "--port", "x y; rm")
    prepdrill("serve")
    (mock, port, environ), (drill, default, _) = calls
    assert mock == [sys.executable, "-m", "prepdrill", "mock", "--minutes", "30", "--port", "x y; rm"]
    assert drill == [sys.executable, "-m", "prepdrill", "drill"]
    assert (port, default) == (0, 8765)
    assert isinstance(environ, dict)
    assert "PREPDRILL_SERVE_TOKEN" not in environ


def test_without_the_extra_one_sentence_says_what_to_install() -> None:
    program = "import sys; sys.modules['textual_serve'] = None; from prepdrill.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", program, "serve"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "A browser needs one package more: pip install 'prepdrill[web]'\n"


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("", False),
     ("::", False), ("10.0.0.1", False), ("localhost.example", False), ("::ffff:10.0.0.1", False)],
)  # fmt: skip
def test_this_machine_is_what_only_it_can_reach(host: str, expected: bool) -> None:
    assert web.on_this_machine(host) is expected
