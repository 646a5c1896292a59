"""Streams, clock, folders and settings in one object: what a command is run with."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from prepdrill.errors import PrepdrillError

if TYPE_CHECKING:
    from rich.console import Console

    from prepdrill.bank import Bank
    from prepdrill.history import History
    from prepdrill.judging import Background, Terms
    from prepdrill.model import Moment
    from prepdrill.settings import Folders, Settings


@dataclass
class Environment:
    """The surroundings of one run of the command."""

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    stdin: TextIO = field(default_factory=lambda: sys.stdin)
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)

    @functools.cached_property
    def folders(self) -> Folders:
        from prepdrill.settings import folders

        return folders(self.environ)

    @functools.cached_property
    def settings(self) -> Settings:
        from prepdrill.settings import load

        return load(self.folders.settings, self.environ)

    def store(self, name: str, value: str) -> None:
        """Write one setting into the user's file; the settings are read again when they are next asked for."""
        from prepdrill.settings import store

        store(self.folders.settings, name, value)
        self.__dict__.pop("settings", None)

    def wall(self) -> float:
        """This instant, in seconds since the epoch."""
        return time.time()

    def now(self) -> Moment:
        """This instant, by the monotonic clock and the wall clock."""
        from prepdrill.model import Moment

        return Moment(time.monotonic(), self.wall())

    @property
    def interactive(self) -> bool:
        """Whether somebody sits there: at a terminal, or at a browser that `prepdrill serve` talks to."""
        return self.in_browser or self.stdin.isatty()

    @property
    def in_browser(self) -> bool:
        return "TEXTUAL_DRIVER" in self.environ

    def full_screen(self, plain: bool | None = None) -> bool:
        """Whether the room can be opened: a terminal that can do it, on all sides, and no wish for less."""
        streams = (self.stdin, self.stdout, self.stderr)  # Textual draws on standard error
        return self.in_browser or (all(stream.isatty() for stream in streams) and not self.plain(plain))

    def plain(self, wanted: bool | None = None) -> bool:
        """Whether a session should be linear: asked for, set, or all that the terminal can do."""
        return bool(self.settings["plain"] if wanted is None else wanted) or self.environ.get("TERM") == "dumb"

    @property
    def width(self) -> int:
        """Columns of standard output: those of the terminal, 80 without one."""
        import shutil

        known = self.stdout.isatty() or "COLUMNS" in self.environ
        return shutil.get_terminal_size().columns if known else 80

    def console(self, *, plain: bool = False) -> Console:
        """Standard output for people, as wide as `width`."""
        from rich.console import Console

        width = None if self.stdout.isatty() or "COLUMNS" in self.environ else 80
        return Console(file=self.stdout, width=width, no_color=plain or None, highlight=False, soft_wrap=False)

    def print(self, what: Any = "", *, plain: bool = False) -> None:
        """Print a Rich renderable, or a text, to standard output, no wider than `console`."""
        if isinstance(what, str):
            print(_folded(what, self.width), file=self.stdout)
            return
        console = self.console(plain=plain)
        if self.stdout.isatty():
            console.print(what)
            return
        with console.capture() as captured:  # what is read by a program has no blanks that only fill a screen
            console.print(what)
        self.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))

    def print_json(self, value: Any) -> None:
        import json

        print(json.dumps(value, ensure_ascii=False, indent=2), file=self.stdout)

    def write(self, path: Path, content: bytes, mark: bytes) -> None:
        """Write a file and say so, or standard output for `-`; a file of ours, which `mark` is in, is replaced.

        Raises PrepdrillError for a file of somebody else's, and if it cannot be written.
        """
        if str(path) == "-":
            self.stdout.write(content.decode())
            return
        try:
            if path.exists() and mark not in path.read_bytes():
                raise PrepdrillError(f"{path} exists already, and not as one that this command wrote; name a new file.")
            path.write_bytes(content)
        except OSError as error:
            raise PrepdrillError(f"{path} cannot be written: {error.strerror}.") from None
        self.talk(f"Written to {path}.")

    def talk(self, text: str) -> None:
        """Say something beside the data, on standard error."""
        print(fitted(text, self.stderr), file=self.stderr)

    @contextlib.contextmanager
    def progress(self, name: str, total: int) -> Iterator[Callable[[], None]]:
        """A bar on standard error where somebody watches; the function that is given moves it on by one."""
        if total < 2 or not self.stderr.isatty():
            yield lambda: None
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn(name), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(file=self.stderr), transient=True) as progress:
            task = progress.add_task("", total=total)
            yield lambda: progress.advance(task)

    def bank(self, others: Sequence[Path] | None = None) -> Bank:
        """The built-in bank with those of the settings and of the command."""
        from prepdrill.bank import is_bank, open_bank

        for path in self.settings.banks:
            if not is_bank(path):
                raise PrepdrillError(
                    f"The setting banks ({self.settings.origins['banks']}) names {path}, which has no folder"
                    " 'questions'; mend it with: prepdrill config set banks DIR, or '' for none."
                )
        return open_bank([*self.settings.banks, *(others or ())], cache=self.folders.index)

    def history(self) -> History:
        """The user's history, made if there is none."""
        from prepdrill.history import open_history

        return open_history(self.folders.history)

    def past(self) -> History:
        """The user's history for reading."""
        from prepdrill.history import read_history

        return read_history(self.folders.history)

    def terms(self, **others: Any) -> Terms:
        """Who judges, by the settings; `others` go before them. Raises UsageError if no judge is set up."""
        from prepdrill.judging import terms

        return terms(self.settings, self.environ, **others)

    def background(self, bank: Bank) -> Background:
        """A judge that reads while the candidate goes on; it does nothing before it is given something to read."""
        from prepdrill.judging import Background

        return Background(self.terms(), bank.lexicon, self.folders.history, lambda: self.now().wall)

    def answer(self, source: str) -> str:
        """An answer from a file, or from standard input for `-`; raises PrepdrillError if it cannot be one."""
        if source == "-":
            data, name = self.stdin.buffer.read(LONGEST_INPUT + 1), "Standard input"
        else:
            path, name = Path(source), source
            try:
                with path.open("rb") as file:
                    data = file.read(LONGEST_INPUT + 1)
            except OSError as error:
                raise PrepdrillError(f"{source} cannot be read: {error.strerror}.") from None
        try:
            text = data[:LONGEST_INPUT].decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            if len(data) <= LONGEST_INPUT or error.start < LONGEST_INPUT - 4:
                raise PrepdrillError(f"{name} is not UTF-8 (line {line}); save the answer as UTF-8.") from None
            text = ""
        from prepdrill.sitting import LONGEST_ANSWER

        if len(data) > LONGEST_INPUT or len(text) > LONGEST_ANSWER:
            raise PrepdrillError(f"{name} is too long for an answer: {LONGEST_ANSWER:,} characters at most.")
        text = text.replace("\r\n", "\n").strip("\n")
        if not text.strip():
            raise PrepdrillError(f"{name} is empty; an answer has words.")
        return text


LONGEST_INPUT = 500_000
"""Bytes read of an answer before it is refused."""


def fitted(text: str, stream: TextIO) -> str:
    """The text with no word broken at the edge of a terminal; what is read by a program stays as it is."""
    if not stream.isatty():
        return text
    import shutil

    sentences, gap, rest = text.partition("\n\n")  # after an empty line comes the candidate's own text
    return _folded(sentences, shutil.get_terminal_size().columns) + gap + rest


def _folded(text: str, width: int) -> str:
    """The text with its lines folded between words, each below its indentation or its `Label:   `."""
    if all(len(line) <= width for line in text.split("\n")):
        return text
    import re
    import textwrap

    def folded(line: str) -> list[str]:
        begun = re.match(r"\s*(?:\w[\w ]*:\s{2,})?", line)
        indent = " " * len(begun.group() if begun else "")
        return textwrap.wrap(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)

    return "\n".join("\n".join(folded(line)) for line in text.split("\n"))
