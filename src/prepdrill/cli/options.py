"""Options that several commands share, and what they have in common in reading them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer


def complete_section(incomplete: str) -> list[str]:
    """Slugs of the sections, for the shell."""
    from prepdrill.cli.environment import Environment

    return [entry.slug for entry in Environment().bank().syllabus.sections if entry.slug.startswith(incomplete)]


def complete_question(incomplete: str) -> list[str]:
    """Identities of the questions, for the shell."""
    from prepdrill.cli.environment import Environment

    return [id for id in Environment().bank().files if id.startswith(incomplete)]


Banks: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option("--bank", metavar="DIR", help="Add the question bank in this folder; may be given several times."),
]
Sections: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--section",
        metavar="S",
        help="Only this section: its number, its name or a unique beginning of it; may be given several times.",
        autocompletion=complete_section,
    ),
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON; docs/json.md describes its shape.")]
Model: TypeAlias = Annotated[
    str | None, typer.Option("--model", metavar="NAME", help="Judge with this model instead of judge.model.")
]
BaseUrl: TypeAlias = Annotated[
    str | None, typer.Option("--base-url", metavar="URL", help="Ask this server instead of judge.base_url.")
]
Probe: TypeAlias = Annotated[
    bool | None, typer.Option("--probe/--no-probe", help="Let the judge ask up to two follow-ups of its own.")
]
Plain: TypeAlias = Annotated[
    bool | None, typer.Option("--plain/--no-plain", help="No colour, charts as numbers: for screen readers.")
]
