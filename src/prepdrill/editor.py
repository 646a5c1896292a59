"""The user's own editor, for an answer."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from prepdrill.errors import PrepdrillError


def edited(text: str, environ: Mapping[str, str]) -> str:
    """The text as the user's editor leaves it. Raises PrepdrillError if there is none, or it fails: the text stays."""
    command = environ.get("VISUAL") or environ.get("EDITOR")
    if not command:
        raise PrepdrillError("Set VISUAL or EDITOR to your editor's command, for example: export EDITOR=nano")
    with tempfile.TemporaryDirectory(prefix="prepdrill-") as folder:
        path = Path(folder) / "answer.md"
        path.write_text(text + "\n" if text else "", "utf-8")
        try:
            status = subprocess.run([*shlex.split(command), str(path)], check=False).returncode
            after = path.read_text("utf-8", "replace").rstrip("\n")
        except (OSError, ValueError) as error:
            raise PrepdrillError(
                f"The editor {command!r} could not be run ({error}); your answer is as it was."
            ) from None
        if status != 0 and after == text:
            raise PrepdrillError(f"The editor {command!r} ended with status {status}; your answer is as it was.")
        return after
