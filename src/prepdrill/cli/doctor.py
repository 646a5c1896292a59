"""`prepdrill doctor`: what is installed, where things are, and what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from prepdrill import __version__
from prepdrill.cli.environment import Environment
from prepdrill.cli.options import Banks, Json
from prepdrill.errors import ExitCode, PrepdrillError

_PACKAGES = (
    "typer",
    "rich",
    "PyYAML",
    "pydantic",
    "openai",
    "platformdirs",
    "plotext",
    "tomlkit",
    "textual",
    "textual-serve",
)


def doctor(json: Json = False, bank: Banks = None) -> None:
    """Say what is installed, where things are, and what is wrong."""
    environment = Environment()
    report: dict[str, dict[str, Any]] = {
        "versions": _versions(),
        "paths": _paths(environment),
        "bank": _checked(lambda: _bank(environment, bank)),
        "history": _checked(lambda: _history(environment)),
        "terminal": _terminal(environment),
        "judge": _checked(lambda: _judge(environment)),
    }
    wrong = [part["problem"] for part in report.values() if "problem" in part]
    if json:
        environment.print_json(report)
    else:
        for name, part in report.items():
            environment.print(f"{name}")
            for key, value in part.items():
                environment.print(f"  {key}: {value}")
        environment.print(f"{len(wrong)} problem{'' if len(wrong) == 1 else 's'}." if wrong else "All is well.")
    if wrong:
        raise typer.Exit(ExitCode.WRONG)


def _versions() -> dict[str, Any]:
    import platform
    from importlib import metadata

    found: dict[str, Any] = {"prepdrill": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed" + (" (needed by `prepdrill serve` only)" if name == "textual-serve" else "")
    return found


def _paths(environment: Environment) -> dict[str, Any]:
    folders = environment.folders
    report = {
        "data": str(folders.data),
        "config": str(folders.settings) + ("" if folders.settings.exists() else " (not there; defaults are in force)"),
        "cache": str(folders.cache),
    }
    if not _writable(folders.data):
        report["problem"] = f"{folders.data} cannot be written; choose another folder with PREPDRILL_HOME"
    return report


def _writable(folder: Path) -> bool:
    """Whether something can be written below the folder, or below where it would be made."""
    import tempfile

    while not folder.exists():
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _checked(look: Any) -> dict[str, Any]:
    try:
        return dict(look())
    except PrepdrillError as error:
        return {"problem": str(error)}


def _bank(environment: Environment, others: Banks) -> dict[str, Any]:
    opened = environment.bank(others)
    entries = opened.listing()
    broken = [text for entry in entries for text in entry.broken]
    report: dict[str, Any] = {
        "roots": ", ".join(str(root) for root in opened.roots),
        "questions": len(entries),
        "sections": len({entry.section for entry in entries}),
    }
    if broken:
        report["problem"] = f"faults in its files: {len(broken)}; `prepdrill bank check` shows them"
    return report


def _history(environment: Environment) -> dict[str, Any]:
    import os

    path = environment.folders.history
    if not path.exists():
        return {"path": f"{path} (not there yet; the first drill makes it)"}
    with environment.past() as history:
        report: dict[str, Any] = {
            "path": str(path),
            "attempts": history.count(),
            "size": f"{path.stat().st_size / 1e6:.1f} MB",
        }
        if found := history.check():
            report["problem"] = "; ".join(found)
        if not os.access(path, os.W_OK):
            report["problem"] = f"{path} cannot be written"
    return report


def _terminal(environment: Environment) -> dict[str, Any]:
    import shutil

    size = shutil.get_terminal_size()
    editor = environment.environ.get("VISUAL") or environment.environ.get("EDITOR")
    return {
        "interactive": "yes" if environment.interactive else "no: drill reads the answer from standard input",
        "size": f"{size.columns} x {size.lines}",
        "TERM": environment.environ.get("TERM", "not set"),
        "encoding": environment.stdout.encoding,
        "colour": "off (NO_COLOR)" if environment.environ.get("NO_COLOR") else "on where the terminal has it",
        "room": "opens here" if environment.full_screen() else "does not open here: drills go line by line",
        "editor": editor or "not set: set VISUAL or EDITOR to write an answer in your own",
    }


def _judge(environment: Environment) -> dict[str, Any]:
    settings = environment.settings
    if not settings["judge.model"] and (settings["grader"] == "judge" or settings["probe"]):
        return {"problem": "a judge is to grade or to ask, but judge.model is not set; `prepdrill judge check` helps"}
    if not settings["judge.model"]:
        return {"state": "none is set up, and none is needed; `prepdrill judge check` finds servers on this machine"}
    name = settings["judge.key_variable"]
    report = {
        "state": f"{settings['judge.model']} at {settings['judge.base_url']}; `prepdrill judge check` tries it",
        "key": "none is sent" if not name else f"{name} is {'set' if environment.environ.get(name) else 'not set'}",
        "grades": "drills" if settings["grader"] == "judge" else "where --grader judge is given",
    }
    try:
        environment.terms()
    except PrepdrillError as error:
        report["problem"] = str(error)
    return report
