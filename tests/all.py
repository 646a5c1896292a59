"""Every check of the project in one command: style, types, floors, the bank, the tests."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
BIN: Final = Path(sys.executable).parent

CHECKS: Final = (
    ("style", (str(BIN / "ruff"), "check", "--quiet")),
    ("format", (str(BIN / "ruff"), "format", "--check", "--quiet")),
    ("types", (str(BIN / "mypy"),)),
    ("floors", (str(BIN / "lint-imports"), "--no-cache")),
    ("bank", (str(BIN / "prepdrill"), "bank", "check")),
    ("tests", (sys.executable, "-m", "pytest", *sys.argv[1:])),
)
TERMINALS: Final = "tests/end_to_end"
"""Tests that drive the whole program: they wait much, and take as long as all others together."""


def run(command: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Whether a check passes."""
    return subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode == 0


def side_by_side(command: Sequence[str], environ: Mapping[str, str]) -> bool:
    """The tests in two processes: one half is told as it goes, the other when both are through."""
    with tempfile.TemporaryFile() as told:
        other = subprocess.Popen((*command, TERMINALS), cwd=ROOT, env=environ, stdout=told, stderr=subprocess.STDOUT)
        passed = run((*command, "tests", "--ignore", TERMINALS), environ)
        passed = other.wait() == 0 and passed
        told.seek(0)
        print(told.read().decode(errors="replace"), flush=True)
    return passed


def main() -> int:
    """Run all checks, whatever fails, and say in the end which did."""
    failed = []
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    for name, command in CHECKS:
        print(
            f"== {name}: {' '.join(Path(part).name if part.startswith('/') else part for part in command)}", flush=True
        )
        begun = time.monotonic()
        passed = side_by_side(command, environ) if name == "tests" and not sys.argv[1:] else run(command, environ)
        if not passed:
            failed.append(name)
        print(f"   {time.monotonic() - begun:.0f} s", flush=True)
    print(f"failed: {', '.join(failed)}" if failed else "all checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
