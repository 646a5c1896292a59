"""`prepdrill bank`: what there is to be asked, and the tools of its authors."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prepdrill.cli.environment import Environment
from prepdrill.cli.options import Banks, Json, Plain, Sections, complete_question
from prepdrill.errors import BankError, ExitCode, PrepdrillError, UsageError

if TYPE_CHECKING:
    from prepdrill.bank import Bank

app = typer.Typer(help="Question banks: list, show, check, write.", rich_markup_mode=None, no_args_is_help=True)

PAGE = 50


@app.command("list")
def list_questions(
    section: Sections = None,
    topic: Annotated[list[str] | None, typer.Option(metavar="T", help="Only this topic.")] = None,
    tier: Annotated[int | None, typer.Option(metavar="N", help="Only sections of this tier.")] = None,
    kind: Annotated[str | None, typer.Option(metavar="K", help="Only this kind.")] = None,
    level: Annotated[str | None, typer.Option(metavar="L", help="Only this level.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help=f"How many to show; {PAGE}, with --json all.")
    ] = None,
    page: Annotated[int, typer.Option(min=1, metavar="N", help="Which page of them.")] = 1,
    json: Json = False,
    bank: Banks = None,
) -> None:
    """List the questions."""
    from prepdrill.cli.selection import Selection

    environment = Environment()
    opened = environment.bank(bank)
    entries = opened.listing()
    found = Selection(section or (), topic or (), tier, kind, level).of(opened, entries)
    order = opened.numbers
    found.sort(key=lambda entry: (order.get(entry.section, len(order) + 1), entry.id))
    size = limit or (max(1, len(found)) if json else PAGE)
    shown = found[(page - 1) * size : page * size]
    if json:
        environment.print_json(
            [
                {
                    "question": entry.id,
                    "title": entry.title,
                    "topics": entry.topics,
                    "kind": entry.kind,
                    "level": entry.level,
                    "minutes": entry.minutes,
                    "family": entry.family,
                    "exhibits": entry.contents,
                    "staged": entry.staged,
                }
                for entry in shown
            ]
        )
    else:
        from prepdrill.screen import catalogue

        environment.print(catalogue.questions(shown))
        if len(found) > page * size:
            environment.talk(f"{len(shown)} of {len(found)}; the next: --page {page + 1}")
    broken = [text for entry in entries for text in entry.broken]
    if broken:
        environment.talk(f"{len(broken)} problems in files that are left out; `prepdrill bank check` shows them.")


@app.command()
def show(
    id: Annotated[str, typer.Argument(help="Identity of the question.", autocompletion=complete_question)],
    reveal: Annotated[bool, typer.Option("--reveal", help="Also the rubric, the model answer and the rest.")] = False,
    json: Json = False,
    plain: Plain = None,
    bank: Banks = None,
) -> None:
    """Show a question as a candidate may see it, or with all that is behind it."""
    environment = Environment()
    opened = environment.bank(bank)
    linear = environment.plain(plain)
    item = opened.item(id)
    if json:
        from prepdrill.model import encode

        question = encode(item.question)
        if not reveal:
            question = {
                key: question[key] for key in ("id", "title", "kind", "level", "minutes", "scenario", "ask")
            } | {"exhibits": [exhibit for exhibit in question["exhibits"] if not exhibit["on_request"]]}
        environment.print_json(
            {"question": question, "revision": item.revision} | ({"rubric": encode(item.rubric)} if reveal else {})
        )
        return
    from prepdrill.screen import question as view

    if reveal:
        environment.print(view.revealed(item, opened.syllabus, plain=linear), plain=linear)
    else:
        minutes = item.question.minutes
        environment.print(view.posed(item.question, opened.syllabus, minutes=minutes, plain=linear), plain=linear)


@app.command()
def check(
    directory: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Check only the bank in this folder.")
    ] = None,
    section: Annotated[str | None, typer.Option(metavar="S", help="Only this section.")] = None,
    question: Annotated[
        str | None, typer.Option(metavar="ID", help="Only this question.", autocompletion=complete_question)
    ] = None,
    json: Json = False,
    bank: Banks = None,
) -> None:
    """Check a bank: everything that loading finds, and what an author needs to know beyond it."""
    from prepdrill.bank.check import problems, selected, uncovered
    from prepdrill.graders.offline import Offline

    environment = Environment()
    opened = environment.bank([*(bank or ()), *([directory] if directory else ())])
    if question is not None:
        opened.path(question)
    try:
        slug = opened.section(section).slug if section is not None else None
        if question is not None and not selected(opened, section=slug, question=question, below=directory):
            raise UsageError(
                f"{question} is not in the folder or section that is to be checked; leave one of them out."
            )
        found = sorted(set(problems(opened, Offline(opened.lexicon), section=slug, question=question, below=directory)))
    except BankError as error:
        found = list(error.problems)
    if json:
        environment.print_json(
            [{"path": problem.path, "line": problem.line, "message": problem.message} for problem in found]
        )
    else:
        for problem in found:
            print(_shown(str(problem)), file=environment.stdout)
        if not found and question is not None:
            environment.talk(f"{opened.path(question)} and its rubric: nothing found.")
        elif not found:
            count = len(selected(opened, section=slug, below=directory))
            roots = str(directory) if directory else " and ".join(str(root) for root in opened.roots)
            environment.talk(f"{count} questions in {roots}: nothing found.")
            missing = uncovered(opened, below=directory) if slug is None else []
            if missing:
                environment.talk(f"Topics without a question yet: {', '.join(missing)}.")
    if found:
        raise typer.Exit(ExitCode.WRONG)


def _shown(text: str) -> str:
    from prepdrill.screen.text import visible

    return visible(text)


@app.command()
def coverage(json: Json = False, bank: Banks = None) -> None:
    """Show for every topic of the syllabus how many questions there are, and what the bank is made of."""
    import dataclasses

    from prepdrill.bank.mix import mix
    from prepdrill.model import LEVELS, QUESTION_KINDS

    environment = Environment()
    opened = environment.bank(bank)
    entries = [entry for entry in opened.listing() if not entry.broken]
    total = mix(entries)
    if json:
        sections = {
            section.slug: {
                "questions": sum(entry.section == section.slug for entry in entries),
                "topics": {
                    topic.id: {
                        "questions": len(about := [entry for entry in entries if topic.id in entry.topics]),
                        "kinds": {kind: n for kind in QUESTION_KINDS if (n := sum(e.kind == kind for e in about))},
                        "levels": {level: n for level in LEVELS if (n := sum(e.level == level for e in about))},
                    }
                    for topic in section.topics
                },
            }
            for section in opened.syllabus.sections
        }
        environment.print_json({"total": dataclasses.asdict(total), "sections": sections})
        return
    from prepdrill.screen import catalogue

    environment.print(catalogue.coverage(opened.syllabus, entries, total, QUESTION_KINDS, LEVELS))


@app.command()
def schema(
    file: Annotated[
        str, typer.Argument(help="question, rubric, calibration, syllabus, dimensions or lexicon.")
    ] = "question",
) -> None:
    """Print the JSON Schema of a file of a bank, for editors."""
    from prepdrill.bank.schema import FILES

    if file not in FILES:
        raise UsageError(f"There is no file {file!r}; there are {', '.join(FILES)}.")
    environment = Environment()
    description = {"$schema": "https://json-schema.org/draft/2020-12/schema", **FILES[file].model_json_schema()}
    print(jsonlib.dumps(description, indent=2, ensure_ascii=False), file=environment.stdout)


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="SECTION/NAME", help="Where the question will stand.")],
    directory: Annotated[Path, typer.Option("--in", metavar="DIR", help="The bank to write into.")] = Path(),
) -> None:
    """Write a commented question, rubric and calibration file, ready to be filled in."""
    from prepdrill.bank import blank, open_bank

    environment = Environment()
    section, _, stem = name.partition("/")
    if (
        not stem
        or "/" in stem
        or not all(part.replace("-", "").isalnum() and part.islower() for part in (section, stem))
    ):
        raise UsageError(f"{name!r} is no name; write section/lower-case-words.")
    target = directory.resolve()
    opened = open_bank([target] if (target / "questions").is_dir() else [])
    topic = _first_topic(opened, section)
    files = {
        target / "questions" / f"{name}.yaml": blank.QUESTION.format(topic=topic),
        target / "rubrics" / f"{name}.yaml": blank.RUBRIC.format(),
        target / "rubrics" / "calibration" / f"{name}.yaml": blank.CALIBRATION.format(),
    }
    for path in files:
        if path.exists():
            raise PrepdrillError(f"{path} exists already.")
    for path, text in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        except OSError as error:
            raise PrepdrillError(f"{path} cannot be written: {error.strerror}.") from None
        print(path, file=environment.stdout)
    environment.talk(f"Fill them in, then: prepdrill bank check {directory}")


def _first_topic(bank: Bank, section: str) -> str:
    for part in bank.syllabus.sections:
        if part.slug == section:
            return part.topics[0].id.split("/")[1]
    known = ", ".join(part.slug for part in bank.syllabus.sections)
    raise PrepdrillError(
        f"The syllabus has no section {section!r}; there are {known}. A section of your own stands in"
        " questions/syllabus.yaml of your bank: write that first, as docs/writing-questions.md shows."
    )
