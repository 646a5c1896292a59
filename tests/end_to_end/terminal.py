"""A real pseudo-terminal with the real command in it."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from types import TracebackType
from typing import Final

import pexpect

PREPDRILL: Final = str(Path(sys.executable).with_name("prepdrill"))
_ESCAPE: Final = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\r")


class Terminal:
    """One run of `prepdrill`, driven by what appears on its screen."""

    def __init__(self, home: Path, *arguments: str, size: tuple[int, int] = (24, 80), **environ: str) -> None:
        self.child = pexpect.spawn(
            PREPDRILL,
            list(arguments),
            env={**os.environ, "TERM": "xterm-256color", "PREPDRILL_HOME": str(home), **environ},
            dimensions=size,
            encoding="utf-8",
            timeout=30,
        )
        self.child.delaybeforesend = None
        self.seen = ""

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.child.close(force=True)

    def wait(self, *texts: str) -> str:
        """Wait until one of the texts appears and return all that came since the last wait."""
        self.child.expect_exact(list(texts))
        part = clean(str(self.child.before) + str(self.child.after))
        self.seen += part
        return part

    def prompt(self) -> str:
        """Wait for the prompt of a line."""
        return self.wait("> ")

    def type(self, line: str) -> None:
        self.child.sendline(line)

    def enter(self, line: str) -> str:
        """Type a line and wait for the next prompt."""
        self.type(line)
        self.wait(line[-8:])
        return self.prompt()

    def end(self) -> int:
        """Wait for the end and return the exit status."""
        self.child.expect(pexpect.EOF)
        self.seen += clean(str(self.child.before))
        self.child.close()
        return int(self.child.exitstatus if self.child.exitstatus is not None else -(self.child.signalstatus or 0))


def clean(text: str) -> str:
    """Terminal output without its control sequences."""
    return _ESCAPE.sub("", text)
