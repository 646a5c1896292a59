"""Every check of the project in one command: style, types, floors, the bank, the tests."""

from __future__ import annotations

import os
import subprocess
import sys
import time
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


def main() -> int:
    """Run all checks, whatever fails, and say in the end which did."""
    failed = []
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    for name, command in CHECKS:
        print(
            f"== {name}: {' '.join(Path(part).name if part.startswith('/') else part for part in command)}", flush=True
        )
        begun = time.monotonic()
        if subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode:
            failed.append(name)
        print(f"   {time.monotonic() - begun:.0f} s", flush=True)
    print(f"failed: {', '.join(failed)}" if failed else "all checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
