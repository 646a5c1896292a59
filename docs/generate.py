"""Write docs/commands.md from the `--help` of every command.

python docs/generate.py
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

TARGET: Final = Path(__file__).with_name("commands.md")
PREPDRILL: Final = str(Path(sys.executable).with_name("prepdrill"))


def commands() -> Iterator[tuple[str, ...]]:
    """Every command and subcommand, as the command line itself lists them."""
    import typer

    from prepdrill.cli import app

    group = typer.main.get_command(app)
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        yield (name,)
        for inner in getattr(command, "commands", {}):
            yield (name, inner)


def page() -> str:
    """The whole page."""
    parts = [
        "# Commands",
        "",
        "Written by `python docs/generate.py` from `--help`; a test holds it to that.",
        "",
    ]
    for command in [(), *commands()]:
        environ = {**os.environ, "COLUMNS": "80", "TERMINAL_WIDTH": "80"}
        shown = subprocess.run(
            [PREPDRILL, *command, "--help"], capture_output=True, text=True, check=True, env=environ
        ).stdout
        parts += [f"## {' '.join(('prepdrill', *command))}", "", "```", shown.strip(), "```", ""]
    return "\n".join(parts)


if __name__ == "__main__":
    TARGET.write_text(page(), "utf-8")
