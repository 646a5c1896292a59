"""The server and the programs behind its pages, as processes; and a real browser in front of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse

from prepdrill.history import read_history

from .terminal import PREPDRILL

CHROMIUM: Final = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS: Final = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --remote-debugging-port=0 --window-size=1000,600"
).split()

SERVER: Final = """
import os, sys
from prepdrill import web
web.serve(sys.argv[1:], host="127.0.0.1", port=0, token=None, environ=os.environ,
          announce=lambda address: print(address, flush=True), complain=lambda text: print(text, file=sys.stderr))
"""

EDITOR: Final = """
import os, signal, sys, time
from pathlib import Path
from prepdrill.cli.serve import end_with_server
end_with_server()
from textual.app import App
from textual.widgets import Label, TextArea

class Editor(App):
    text = ""
    def compose(self):
        yield Label()
        yield TextArea()
    def on_mount(self):
        self.query_one(TextArea).focus()
        self.set_interval(0.02, self.tick)  # always drawing, as a clock does
        self.keep("typed")
    def tick(self):
        self.query_one(Label).update(f"{time.monotonic()} {self.size.width}x{self.size.height}")
    def on_text_area_changed(self, event):
        self.text = event.text_area.text
        self.keep("typed")
        if self.text.startswith("hang"):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            while True:
                pass
        if self.text.startswith("flood"):
            for _ in range(160):
                os.write(1, b"D" + (65536).to_bytes(4, "big") + bytes(65536))
        if self.text.startswith("leave"):
            self.exit()
    def on_unmount(self):
        self.keep("saved")
    def keep(self, kind):
        Path(sys.argv[1], f"{os.getpid()}.{kind}").write_text(self.text)

Editor().run()
print("Until next time.")
"""
"""What stands in for the room: it notes what is typed, and at its end that it could save."""


class Served:
    """A server of editors, and what these have noted."""

    def __init__(self, folder: Path, process: subprocess.Popen[str]) -> None:
        self.folder = folder
        self.process = process
        assert process.stdout is not None
        self.address = process.stdout.readline().strip()

    def notes(self, kind: str) -> dict[int, str]:
        """What every editor has typed or saved, by process number."""
        return {int(path.stem): path.read_text() for path in self.folder.glob(f"*.{kind}")}

    def end(self, number: signal.Signals) -> float:
        """Send this signal and return after how many seconds the server had ended."""
        before = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=30)
        return time.monotonic() - before


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    (tmp_path / "editor.py").write_text(EDITOR)
    notes = tmp_path / "notes"
    notes.mkdir()
    command = [sys.executable, "-c", SERVER, sys.executable, str(tmp_path / "editor.py"), str(notes)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        served = Served(notes, process)
        try:
            yield served
            process.terminate()
            assert process.communicate(timeout=10)[1] == ""
        finally:
            process.kill()
            for editor in served.notes("typed"):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(editor, signal.SIGKILL)


def runs(process: int) -> bool:
    """Whether there is such a process; one that nobody has waited for is over."""
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False)
    return done.stdout.strip()[:1] not in ("", "Z")


async def until(holds: Callable[[], bool], seconds: float = 15) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def page(served: Served, text: str) -> AsyncIterator[ClientWebSocketResponse]:
    """A page in which this has been typed, without a browser."""
    others = served.notes("typed")
    async with ClientSession() as client, client.ws_connect(f"{served.address}ws?width=90&height=30") as websocket:
        await until(lambda: len(served.notes("typed")) > len(others))
        await websocket.send_json(["stdin", text])
        await until(lambda: any(typed.startswith(text[:4]) for typed in served.notes("typed").values()))
        yield websocket


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_server_stops_within_two_seconds_and_its_programs_save(served: Served, number: signal.Signals) -> None:
    async def run() -> float:
        async with page(served, "first"), page(served, "second"):
            return await asyncio.to_thread(served.end, number)

    assert asyncio.run(run()) < 2
    assert served.process.returncode == 0
    assert sorted(served.notes("saved").values()) == ["first", "second"]
    assert not any(runs(editor) for editor in served.notes("typed"))


@pytest.mark.slow
def test_a_program_that_hangs_does_not_keep_the_server(served: Served) -> None:
    async def run() -> float:
        async with page(served, "hang"), page(served, "second"):
            return await asyncio.to_thread(served.end, signal.SIGTERM)

    assert asyncio.run(run()) < 2
    assert list(served.notes("saved").values()) == ["second"]
    assert not any(runs(editor) for editor in served.notes("typed"))


@pytest.mark.slow
def test_programs_save_and_end_when_the_server_is_killed(served: Served) -> None:
    async def run() -> None:
        async with page(served, "first"), page(served, "hang"):
            await asyncio.to_thread(served.end, signal.SIGKILL)
            await until(lambda: not any(runs(editor) for editor in served.notes("typed")))

    asyncio.run(run())
    assert list(served.notes("saved").values()) == ["first"]


@pytest.mark.slow
def test_a_page_that_goes_ends_its_program_and_no_other(served: Served) -> None:
    async def run() -> None:
        async with page(served, "first") as first:
            async with page(served, "second"):
                pass
            await until(lambda: list(served.notes("saved").values()) == ["second"])
            (second,) = served.notes("saved")
            await until(lambda: not runs(second))
            await first.send_json(["stdin", " goes on"])
            await until(lambda: "first goes on" in served.notes("typed").values())
        async with page(served, "third"):
            await until(lambda: "third" in served.notes("typed").values())

    asyncio.run(run())


@pytest.mark.slow
def test_a_program_that_hangs_ends_with_its_page(served: Served) -> None:
    async def run() -> None:
        async with page(served, "hang") as hanging:
            for _ in range(20):
                await hanging.send_json(["stdin", "x" * 65_536])  # more than a pipe holds
        await until(lambda: not any(runs(editor) for editor in served.notes("typed")), 5)

    asyncio.run(run())


@pytest.mark.slow
def test_a_page_that_reads_nothing_keeps_neither_the_server_nor_the_program(served: Served) -> None:
    async def run() -> float:
        async with page(served, "flood"):
            await asyncio.sleep(1)
            assert not served.notes("saved")
            return await asyncio.to_thread(served.end, signal.SIGTERM)

    assert asyncio.run(run()) < 2
    assert list(served.notes("saved").values()) == ["flood"]
    assert not any(runs(editor) for editor in served.notes("typed"))


class Tab:
    """One tab of the browser, through its DevTools protocol."""

    def __init__(self, websocket: ClientWebSocketResponse, id: str) -> None:
        self.websocket = websocket
        self.id = id
        self.number = 0

    async def do(self, method: str, **parameters: Any) -> dict[str, Any]:
        self.number += 1
        await self.websocket.send_json({"id": self.number, "method": method, "params": parameters})
        async with asyncio.timeout(20):
            while True:
                answer = json.loads((await self.websocket.receive()).data)
                if answer.get("id") == self.number:
                    assert "error" not in answer, answer
                    return dict(answer["result"])

    async def value(self, script: str) -> Any:
        result = await self.do("Runtime.evaluate", expression=script, returnByValue=True)
        return result["result"].get("value")

    async def until(self, script: str) -> None:
        """Wait until this is true in the page."""
        async with asyncio.timeout(20):
            while not await self.value(script):
                await asyncio.sleep(0.1)

    async def open(self, address: str) -> None:
        """Open the page and wait until keys go to its terminal."""
        await self.do("Page.navigate", url=address)
        await self.until(TYPES)

    async def type(self, text: str) -> None:
        for letter in text:
            await self.do("Input.dispatchKeyEvent", type="keyDown", text=letter, key=letter)
            await self.do("Input.dispatchKeyEvent", type="keyUp", key=letter)

    async def enter(self) -> None:
        key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
        await self.do("Input.dispatchKeyEvent", type="keyDown", text="\r", **key)
        await self.do("Input.dispatchKeyEvent", type="keyUp", **key)


TYPES: Final = "document.activeElement?.className === 'xterm-helper-textarea'"
ENDED: Final = "document.body.classList.contains('-closed') && document.activeElement?.id === 'again'"
OUTSIDE: Final = """
performance.getEntriesByType('resource').map(entry => entry.name).filter(name => !name.startsWith(location.origin))
"""


class Browser:
    """A headless Chromium with an empty profile."""

    def __init__(self, client: ClientSession, port: str) -> None:
        self.client = client
        self.devtools = f"http://127.0.0.1:{port}/json"

    @contextlib.asynccontextmanager
    async def tab(self, address: str) -> AsyncIterator[Tab]:
        async with self.client.put(f"{self.devtools}/new") as response:
            target = await response.json(content_type=None)
        async with self.client.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as websocket:
            tab = Tab(websocket, target["id"])
            await tab.open(address)
            yield tab

    async def close(self, tab: Tab) -> None:
        async with self.client.get(f"{self.devtools}/close/{tab.id}") as response:
            assert response.status == 200


def browse(profile: Path, visit: Callable[[Browser], Awaitable[None]]) -> None:
    """Do this with a browser that is gone afterwards."""
    assert CHROMIUM is not None
    ready = profile / "DevToolsActivePort"

    async def run() -> None:
        await until(lambda: ready.exists() and ready.read_text().count("\n") > 0, 30)
        async with ClientSession() as client:
            await visit(Browser(client, ready.read_text().split()[0]))

    command = [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            asyncio.run(run())
        finally:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium to open the page in")
def test_two_tabs_of_a_browser_are_two_sessions_by_keys_alone(served: Served, tmp_path: Path) -> None:
    async def visit(browser: Browser) -> None:
        async with browser.tab(served.address) as first, browser.tab(served.address) as second:
            await first.type("the margin só far")
            await second.type("both fall")
            await until(lambda: sorted(served.notes("typed").values()) == ["both fall", "the margin só far"])
            assert await first.value("document.title") == "prepdrill"
            assert await first.value(OUTSIDE) == []
            assert await first.value("document.documentElement.scrollHeight <= innerHeight")
            await browser.close(second)
            await until(lambda: list(served.notes("saved").values()) == ["both fall"])
            await first.type("!")
            await until(lambda: "the margin só far!" in served.notes("typed").values())

    browse(tmp_path / "profile", visit)


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium to open the page in")
def test_the_page_says_that_the_session_has_ended_and_enter_begins_another(served: Served, tmp_path: Path) -> None:
    async def visit(browser: Browser) -> None:
        async with browser.tab(served.address) as tab:
            await tab.type("leave")
            await tab.until(ENDED)
            assert await tab.value("document.querySelector('#ended').innerText") == "The session has ended. Again"
            await tab.enter()
            await tab.until(f"!document.body.classList.contains('-closed') && {TYPES}")
            await tab.type("again")
            await until(lambda: sorted(served.notes("typed").values()) == ["again", "leave"])

    browse(tmp_path / "profile", visit)


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium to open the page in")
def test_a_drill_is_answered_in_a_browser_and_kept(home: Path, tmp_path: Path) -> None:
    history = home / "prepdrill" / "data" / "history.sqlite"
    question = "post-training/dpo-margin-up-likelihood-down"
    answer = "The gap grows while both fall."

    def draft() -> str:
        with read_history(history) as past:
            return past.attempt(1).draft

    async def visit(browser: Browser) -> None:
        async with browser.tab(address) as tab:
            await until(history.exists)
            await tab.type(answer)
            await until(lambda: draft() == answer)

    command = [PREPDRILL, "serve", "--port", "0", "drill", "--question", question]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address, stop = process.stdout.readline().strip(), process.stdout.readline()
        try:
            assert "Ctrl-C" in stop
            browse(tmp_path / "profile", visit)
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=10) == 0
        finally:
            process.kill()
    with read_history(history) as past:
        assert past.unfinished() == 1
    assert draft() == answer
