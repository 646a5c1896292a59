"""The wheel, in an empty environment outside the checkout, by somebody with an empty home."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path, home: Path, input: str = "") -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PREPDRILL", "PYTHON"))}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**environ, "HOME": str(home)},
        input=input,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_wheel_drills_in_an_empty_environment(tmp_path: Path) -> None:
    home = tmp_path / "user"
    home.mkdir()
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", tmp_path / "dist", ROOT, cwd=tmp_path, home=home)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert sum(name.startswith("prepdrill/data/questions/") for name in names) >= 25
    assert not any("graded-answers" in name or "/tests/" in name for name in names)
    run(sys.executable, "-m", "venv", tmp_path / "empty", cwd=tmp_path, home=home)
    binaries = tmp_path / "empty" / "bin"
    run(binaries / "python", "-m", "pip", "install", "--quiet", wheel, cwd=tmp_path, home=home)
    prepdrill = binaries / "prepdrill"
    assert len(json.loads(run(prepdrill, "bank", "list", "--json", cwd=tmp_path, home=home))) >= 24
    graded = run(
        prepdrill, "drill", "--seed", "1", "--json", cwd=tmp_path, home=home, input="The margin is only a gap."
    )
    assert json.loads(graded)["grader"]["name"] == "offline"
    assert "attempt 1" in run(prepdrill, cwd=tmp_path, home=home)
    assert "All is well." in run(prepdrill, "doctor", cwd=tmp_path, home=home)
    assert "Your turn" in run(prepdrill, "demo", cwd=tmp_path, home=home)
