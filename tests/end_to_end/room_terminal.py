"""A real pseudo-terminal with the real command in it, seen as a person sees it: as a screen of cells."""

from __future__ import annotations

import contextlib
import copy
import itertools
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import pexpect
import pyte

from .terminal import PREPDRILL

DEADLINE: Final = 20.0
"""Seconds after which what a test waits for counts as never coming."""
KEYS: Final = {
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "backspace": "\x7f",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "ctrl+home": "\x1b[1;5H",
    "ctrl+end": "\x1b[1;5F",
    "f1": "\x1bOP",
    "f2": "\x1bOQ",
    "f3": "\x1bOR",
    "f4": "\x1bOS",
    "f5": "\x1b[15~",
    "f6": "\x1b[17~",
    "f7": "\x1b[18~",
    "f8": "\x1b[19~",
    "f9": "\x1b[20~",
    "f10": "\x1b[21~",
    **{f"ctrl+{letter}": chr(ord(letter) - 96) for letter in "abcdefghijklmnopqrstuvwxyz"},
}
"""What xterm sends for a key."""
_UNKNOWN_TO_PYTE: Final = re.compile(r"\x1b\[<u")
"""The end of the kitty keyboard protocol, which pyte would take for a letter."""
_BEGUN: Final = re.compile(r"\x1b(?:\[[0-9;<>=?$]*)?\Z")
"""A sequence of which only the beginning has been read."""
_ALTERNATE: Final = 1049
READY: Final = "^S Hand in"
"""What the last line shows while an answer is written."""


class Screen(pyte.Screen):  # type: ignore[misc, unused-ignore]
    """A screen with an alternate one beside it, as terminals have it."""

    def __init__(self, columns: int, lines: int) -> None:
        self.normal: tuple[Any, Any] | None = None
        """What stands on the normal screen while the alternate one is shown."""
        super().__init__(columns, lines)

    @property
    def alternate(self) -> bool:
        return self.normal is not None

    def set_mode(self, *modes: int, **options: Any) -> None:
        super().set_mode(*modes, **options)
        if options.get("private") and _ALTERNATE in modes and self.normal is None:
            self.normal = copy.deepcopy(self.buffer), copy.copy(self.cursor)
            self.erase_in_display(2)

    def reset_mode(self, *modes: int, **options: Any) -> None:
        super().reset_mode(*modes, **options)
        if options.get("private") and _ALTERNATE in modes and self.normal is not None:
            self.buffer, self.cursor = self.normal
            self.normal = None
            self.dirty.update(range(self.lines))


class RoomTerminal:
    """One run of `prepdrill`, driven by keys and seen on a screen of `size` (lines, columns)."""

    def __init__(
        self,
        home: Path,
        *arguments: str,
        size: tuple[int, int] = (24, 80),
        command: str = PREPDRILL,
        **environ: str,
    ) -> None:
        self.child = pexpect.spawn(
            command,
            list(arguments),
            env={**os.environ, "TERM": "xterm-256color", "PREPDRILL_HOME": str(home), **environ},
            dimensions=size,
            encoding="utf-8",
            codec_errors="replace",
        )
        self.child.delaybeforesend = None
        assert self.child.pid is not None
        self.pid: int = self.child.pid
        self.screen = Screen(size[1], size[0])
        self._stream = pyte.Stream(self.screen)
        self._held = ""
        self.output = ""
        """All that the program has written, with its control sequences."""

    def __enter__(self) -> RoomTerminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self.status() is None:
                self.signal(signal.SIGKILL)
                os.waitpid(self.pid, 0)
        with contextlib.suppress(OSError):
            self.close()

    def wait_until_ready(self) -> RoomTerminal:
        """Wait until the room takes an answer."""
        try:
            self.wait_for(READY)
        except BaseException:  # nobody else ends the program, since no `with` has begun
            self.__exit__(None, None, None)
            raise
        return self

    # --- what is seen

    def display(self) -> list[str]:
        """The lines of the screen."""
        return [line.rstrip() for line in self.screen.display]

    @property
    def text(self) -> str:
        """The screen as one text."""
        return "\n".join(self.display())

    @property
    def flowing(self) -> str:
        """The screen as one text in which a sentence that is wrapped can be found; what stands beside comes after."""
        halves = itertools.zip_longest(*(line.split("┃") for line in self.display()), fillvalue="")
        return " ".join(word for half in halves for line in half for word in line.split())

    def read(self, within: float) -> bool:
        """Take in what the program writes; False if nothing came in so many seconds, or nothing will come any more."""
        written = self.written(within)
        self.show(written)
        return bool(written)

    def written(self, within: float) -> str:
        """What the program writes next, not yet shown; nothing if nothing comes in so many seconds."""
        try:
            return str(self.child.read_nonblocking(65536, timeout=within))
        except (pexpect.TIMEOUT, pexpect.EOF):
            return ""

    def show(self, written: str) -> None:
        """Show on the screen what the program has written."""
        self.output += written
        written = self._held + written
        begun = _BEGUN.search(written)
        end = begun.start() if begun else len(written)
        self._held = written[end:]
        self._stream.feed(_UNKNOWN_TO_PYTE.sub("", written[:end]))

    def settle(self, quiet: float = 0.15) -> None:
        """Take in what comes until nothing has come for a moment."""
        with self._deadline("the screen never came to rest") as late:
            while self.read(quiet):
                late()

    def wait_for(self, *texts: str, gone: bool = False) -> str:
        """Wait until the screen shows one of the texts and return it; with `gone`, until it shows none of them."""
        return self.wait_until(
            lambda: (
                (not any(self._shows(text) for text in texts) and "gone")
                if gone
                else next((text for text in texts if self._shows(text)), "")
            ),
            f"{'the end of ' if gone else ''}{' or '.join(map(repr, texts))}",
        )

    def _shows(self, text: str) -> bool:
        return text in self.text or text in self.flowing

    def wait_until(self, condition: Callable[[], str | bool], what: str) -> str:
        """Wait until a condition holds of the screen."""
        with self._deadline(f"waited for {what}") as late:
            while not (found := condition()):
                if not self.read(0.05):
                    late()
                    if not self.child.isalive() and not self.read(0.05):
                        assert condition(), f"the program ended while a test waited for {what}; last seen:\n{self.text}"
        return str(found)

    @contextlib.contextmanager
    def _deadline(self, failure: str) -> Iterator[Callable[[], None]]:
        end = time.monotonic() + DEADLINE

        def late() -> None:
            assert time.monotonic() < end, f"{failure}; the screen shows:\n{self.text}"

        yield late

    # --- what is done

    def send(self, text: str) -> None:
        self.child.send(text)

    def press(self, *keys: str) -> None:
        """Press keys, one after the other, each by its name or as a single character."""
        for key in keys:
            self.send(KEYS.get(key, key))

    def type(self, text: str) -> None:
        """Type a text, and wait until its end is on the screen."""
        self.send(text.replace("\n", "\r"))
        self.wait_for(text.rsplit("\n", 1)[-1][-12:])

    def paste(self, text: str) -> None:
        """Paste a text as a terminal with bracketed paste does."""
        self.send(f"\x1b[200~{text}\x1b[201~")

    def click(self, column: int, line: int) -> None:
        """Press and let go the left button on a cell, counted from 0."""
        for ending in "Mm":
            self.send(f"\x1b[<0;{column + 1};{line + 1}{ending}")

    def wait_until_handed_in(self) -> None:
        """Wait until what was handed in is stored: the next follow-up stands there, or confidence is asked."""
        self.wait_until(
            lambda: "How sure are you" in self.text or "Your answer to this." in self.text,
            "what comes after handing in",
        )

    def resize(self, lines: int, columns: int) -> None:
        """Change the size of the window; the kernel tells the program."""
        self.screen.resize(lines, columns)
        self.child.setwinsize(lines, columns)

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def close(self) -> None:
        """Close the window: the terminal is gone, and the kernel says so to what runs in it."""
        if not self.child.closed:
            self.child.ptyproc.fileobj.close()  # type: ignore[attr-defined]  # the stubs leave it out
            self.child.closed = True

    # --- the end

    def status(self) -> int | None:
        """Exit status, the negative number of the signal that ended it, or None while it runs."""
        if self.child.isalive():
            return None
        return int(self.child.exitstatus if self.child.exitstatus is not None else -(self.child.signalstatus or 0))

    def end(self, within: float = DEADLINE) -> int:
        """Wait for the end, taking in what is still written, and return the status."""
        limit = time.monotonic() + within
        while (status := self.status()) is None:
            assert time.monotonic() < limit, f"still running after {within} s; the screen shows:\n{self.text}"
            if self.child.closed:
                time.sleep(0.02)
            else:
                self.read(0.02)
        while not self.child.closed and self.read(0.1):
            pass
        return status
