"""What the tests share: a home of their own, and the command run in this process."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest

from prepdrill.bank import Bank, open_bank
from prepdrill.cli import main
from prepdrill.settings import KEYS


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home for every test, so that none sees or touches the user's own."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("PREPDRILL_HOME", str(folder / "prepdrill"))
    for name in ("PREPDRILL_BANK", "NO_COLOR", "COLUMNS", "VISUAL", "EDITOR", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for key in KEYS.values():
        monkeypatch.delenv(key.variable, raising=False)
    return folder


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


Command: TypeAlias = Callable[..., Result]


@pytest.fixture
def prepdrill(monkeypatch: pytest.MonkeyPatch) -> Command:
    """`prepdrill("bank", "list")` runs that command line in this process, with `input` on standard input."""

    def run(*arguments: str, input: str | bytes = "") -> Result:
        data = input.encode() if isinstance(input, str) else input
        streams = [io.TextIOWrapper(io.BytesIO(part), "utf-8") for part in (data, b"", b"")]
        code: int | str | None = 0
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["prepdrill", *arguments])
            for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
                patch.setattr(sys, name, stream)
            try:
                main()
            except SystemExit as exit_:
                code = exit_.code
        assert code is None or isinstance(code, int)
        return Result(code or 0, *(_text(stream) for stream in streams[1:]))

    return run


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()


@pytest.fixture(scope="session")
def built_in() -> Bank:
    """The bank that ships."""
    return open_bank()
