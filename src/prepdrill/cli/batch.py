"""`prepdrill judge batch`: a regrading through files, for an engine that answers many requests at its leisure."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import typer

from prepdrill.cli.environment import Environment
from prepdrill.cli.options import Banks, BaseUrl, Json, Model
from prepdrill.errors import Interrupted, PrepdrillError, UsageError

if TYPE_CHECKING:
    from prepdrill.bank import Bank
    from prepdrill.batch.export import Exported
    from prepdrill.batch.folder import Batch, Engine, Shard
    from prepdrill.batch.grades import Graded
    from prepdrill.batch.intake import Read
    from prepdrill.endpoint import Endpoint
    from prepdrill.history import History
    from prepdrill.history.batches import Batches

app = typer.Typer(
    help="Grade many answers through files, as OpenAI's Batch API and vllm run-batch take them.",
    rich_markup_mode=None,
    no_args_is_help=True,
)
Folder: TypeAlias = Annotated[Path, typer.Argument(help="The batch's own folder.", show_default=False)]

VLLM: Final = "http://127.0.0.1:8000/v1"
"""Where vLLM serves unless it is told otherwise."""
REASONS_SHOWN: Final = 5


# --- export


@app.command()
def export(
    folder: Folder,
    attempt: Annotated[list[int] | None, typer.Argument(help="Numbers of attempts to grade.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every attempt that was handed in.")] = False,
    since: Annotated[
        str | None, typer.Option(metavar="WHEN", help="Attempts from this day on: 2026-11-23, or 7d for a week.")
    ] = None,
    answers: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Answers of others, one JSON object a line: docs/batches.md.")
    ] = None,
    engine: Annotated[
        str | None, typer.Option(metavar="E", help="openai or vllm; without it as judge.base_url says.")
    ] = None,
    requests: Annotated[int, typer.Option(min=1, metavar="N", help="Requests in one file at most.")] = 50_000,
    megabytes: Annotated[float, typer.Option(min=0.001, metavar="M", help="Size of one file at most.")] = 190,
    again: Annotated[bool, typer.Option("--again", help="Also write what is open: its output is lost.")] = False,
    model: Model = None,
    base_url: BaseUrl = None,
    json: Json = False,
    bank: Banks = None,
) -> None:
    """Write what the judge must be asked into files of requests.

    What was answered before, or is written and not answered yet, is left out. On a folder that holds a batch it goes on
    with that: it writes what the next round needs, and what failed.
    """
    from prepdrill.batch import folder as folders
    from prepdrill.batch.export import MEGABYTE, Limits
    from prepdrill.batch.export import export as write

    environment = Environment()
    asked = _asked(attempt, everything, since, answers)
    begun = folders.there(folder)
    if not begun and asked is None:
        raise UsageError("Say what to grade: numbers of attempts, --all, --since WHEN, or --answers FILE.")
    with _held(folder), environment.history() as history:
        if begun:
            batch = _gone_on_with(folder, asked, engine, model, base_url)
        else:
            assert asked is not None
            batch = _begun(environment, history, folder, asked, engine, model, base_url, bank)
        limits = Limits(requests, int(megabytes * MEGABYTE))
        with environment.progress("Exporting", batch.manifest.answers) as advance:
            told = write(batch, history, _bank(environment, batch), limits, again=again, advance=advance)
    if json:
        environment.print_json(_exported(batch, told))
    else:
        _print(environment, _told_exported(batch, told))


def _asked(
    attempts: list[int] | None, everything: bool, since: str | None, answers: Path | None
) -> dict[str, Any] | None:
    """Which answers are asked for, as the manifest keeps it; None if none are named."""
    from prepdrill.batch.lines import sha256

    if sum((bool(attempts), everything, since is not None, answers is not None)) > 1:
        raise UsageError("Name attempts, or --all, or --since WHEN, or --answers FILE: one of them.")
    if attempts:
        return {"attempts": list(dict.fromkeys(attempts))}
    if answers is not None:
        return {"answers": str(answers), "sha256": sha256(answers)}
    if since is not None:
        return {"since": since}
    return {"all": True} if everything else None


def _gone_on_with(
    folder: Path, asked: Mapping[str, Any] | None, engine: str | None, model: str | None, base_url: str | None
) -> Batch:
    """The batch that is there; raises UsageError if it is not the one that is asked for."""
    from prepdrill.batch.folder import opened

    batch = opened(folder)
    manifest = batch.manifest
    address = None if base_url is None else base_url.rstrip("/")
    named = ((engine, manifest.engine), (model, manifest.model), (address, manifest.base_url))
    other = asked is not None and _named(asked) != _named(manifest.asked)
    if other or any(wanted not in (None, settled) for wanted, settled in named):
        raise UsageError(
            f"{folder} holds a batch of other answers, or for another model ({manifest.model} at {manifest.base_url})."
            f" `prepdrill judge batch export {folder}` goes on with it; a new batch needs a new folder."
        )
    return batch


def _named(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What was asked for; a file of answers counts by what is in it, wherever it stands."""
    return {name: value for name, value in asked.items() if name != "answers"}


def _begun(
    environment: Environment,
    history: History,
    folder: Path,
    asked: Mapping[str, Any],
    engine: str | None,
    model: str | None,
    base_url: str | None,
    banks: list[Path] | None,
) -> Batch:
    from prepdrill.batch.answers import write_answers, write_attempts
    from prepdrill.batch.folder import begin

    settings = environment.settings
    if engine == "vllm" and base_url is None and _is_openai(settings["judge.base_url"]):
        base_url = VLLM
    terms = environment.terms(model=model, base_url=base_url)
    if "answers" in asked:
        opened = environment.bank(banks)

        def note(path: Path) -> int:
            return write_answers(Path(asked["answers"]), opened, history.batches(), path)
    else:
        attempts = _attempts(environment, history, asked)

        def note(path: Path) -> int:
            return write_attempts(attempts, path)

    return begin(
        folder,
        terms,
        _engine(engine, terms.server.address),
        asked,
        note,
        history,
        [str(path.expanduser().absolute()) for path in banks or ()],
        environment.now().wall,
    )


def _engine(name: str | None, address: str) -> Engine:
    from prepdrill.batch.folder import ENGINES

    if name is None:
        return "openai" if _is_openai(address) else "vllm"
    for known in ENGINES:
        if name == known:
            return known
    raise UsageError(f"--engine is {name!r}; there are {', '.join(ENGINES)}.")


def _is_openai(address: str) -> bool:
    from urllib.parse import urlsplit

    return (urlsplit(address).hostname or "").endswith("openai.com")


def _attempts(environment: Environment, history: History, asked: Mapping[str, Any]) -> list[int]:
    """The attempts that are asked for; raises PrepdrillError if one is not there or was not handed in."""
    from prepdrill.cli.review import day

    if "attempts" in asked:
        for number in asked["attempts"]:
            if history.attempt(number).submitted is None:
                raise PrepdrillError(f"Attempt {number} was not handed in; there is nothing to grade.")
        return list(asked["attempts"])
    found = history.handed_in(day(asked["since"], environment).timestamp() if "since" in asked else None)
    if not found:
        raise PrepdrillError("There is no such attempt yet; `prepdrill review list` shows what there is.")
    return found


def _exported(batch: Batch, told: Exported) -> dict[str, Any]:
    return {
        "folder": str(batch.folder),
        "engine": batch.manifest.engine,
        "answers": told.answers,
        "requests": told.requests,
        "open": told.open,
        "ready": told.ready,
        "graded": told.graded,
        "unreadable": told.unreadable,
        "files": [{"file": shard.requests, "requests": shard.lines, "bytes": shard.size} for shard in told.shards],
    }


def _told_exported(batch: Batch, told: Exported) -> Iterator[str]:
    yield f"{_count(told.answers, 'answer')}, {_count(told.requests, 'request')} written."
    for shard in told.shards:
        yield f"  {batch.path(shard.requests)}  {_count(shard.lines, 'request')}, {shard.size / 1e6:.1f} MB"
    if told.open:
        yield f"{_count(told.open, 'request')} open: written before, or the same as another; not written again."
    if told.graded:
        yield f"{_count(told.graded, 'answer')} graded already."
    if told.ready:
        yield f"{_count(told.ready, 'answer')} with all replies there: the next import grades them."
    if told.unreadable:
        yield f"{_count(told.unreadable, 'answer')} whose replies hold no verdict."
    if told.shards and batch.manifest.engine == "openai":
        yield "Next:"
        yield f"  prepdrill judge batch submit {batch.folder}"
    elif told.shards:
        yield "Next, where the model is:"
        yield from (f"  {batch.command(shard)}" for shard in told.shards[:3])
        if len(told.shards) > 3:
            yield "  and so on, for each file"
        yield "Then:"
        yield f"  prepdrill judge batch import {batch.folder}"
    elif told.ready or told.open:
        yield "Next:"
        yield f"  prepdrill judge batch import {batch.folder}"


# --- submit


@app.command()
def submit(folder: Folder) -> None:
    """Upload the files that were not submitted yet, and begin a batch of each.

    What was begun is noted at once: if it is stopped, the same command goes on.
    """
    from prepdrill.batch import submit as submitting

    environment = Environment()
    with _opened(folder) as batch, environment.history() as history:
        begun: list[Shard] = []

        def note(shard: Shard) -> None:
            environment.print(f"{shard.requests}  {_count(shard.lines, 'request')}  {shard.batch}  {shard.status}")
            begun.append(shard)

        _talk(environment, batch, lambda server: submitting.submit(batch, server, history.batches(), note))
    said = f"{_count(len(begun), 'file')} submitted. How far they are:"
    _print(environment, [said, f"  prepdrill judge batch status {folder}"])


# --- status


@app.command()
def status(folder: Folder, json: Json = False) -> None:
    """Show how far each file is: what was answered, what failed, what is open."""
    from prepdrill.batch import submit as submitting

    environment = Environment()
    with _opened(folder) as batch, environment.history() as history:
        if any(shard.batch is not None and not shard.taken for shard in batch.manifest.shards):
            _talk(environment, batch, lambda server: submitting.refresh(batch, server))
        lines = history.batches()
        if json:
            environment.print_json(_standing(batch, lines))
        else:
            _print(environment, _told_standing(batch, lines))


def _standing(batch: Batch, lines: Batches) -> dict[str, Any]:
    manifest, counts = batch.manifest, lines.counts(batch.manifest.id)
    return {
        "folder": str(batch.folder),
        "engine": manifest.engine,
        "base_url": manifest.base_url,
        "model": manifest.model,
        "answers": manifest.answers,
        "files": [
            {
                "file": shard.requests,
                "requests": shard.lines,
                **_states(counts.get(shard.number, {})),
                "batch": shard.batch,
                "status": shard.status or None,
                "taken": shard.taken,
            }
            for shard in manifest.shards
        ],
        "reasons": [{"reason": reason, "requests": count} for reason, count in _reasons(batch, lines)],
    }


def _told_standing(batch: Batch, lines: Batches) -> Iterator[str]:
    manifest, counts = batch.manifest, lines.counts(batch.manifest.id)
    yield f"{_count(manifest.answers, 'answer')} for {manifest.model} at {manifest.base_url}"
    if not manifest.shards:
        yield "No request was written."
        return
    yield f"{'file':20}{'requests':>9}{'answered':>10}{'failed':>8}{'open':>8}  status"
    unsubmitted = "not submitted" if manifest.engine == "openai" else ""
    for shard in manifest.shards:
        states = _states(counts.get(shard.number, {}))
        columns = f"{states['answered']:>10,}{states['failed']:>8,}{states['open']:>8,}"
        yield f"{shard.requests:20}{shard.lines:>9,}{columns}  {shard.status or unsubmitted}".rstrip()
    for reason, count in _reasons(batch, lines):
        yield f"{_count(count, 'request')} failed: {reason}"


def _states(counts: Mapping[str, int]) -> dict[str, int]:
    return {
        "answered": counts.get("answered", 0),
        "failed": counts.get("failed", 0),
        "open": counts.get("exported", 0),
    }


def _reasons(batch: Batch, lines: Batches) -> list[tuple[str, int]]:
    return lines.reasons(batch.manifest.id, REASONS_SHOWN)


# --- import


@app.command("import")
def import_(
    folder: Folder,
    file: Annotated[
        list[Path] | None, typer.Argument(help="Files of output; without them, what has ended is downloaded.")
    ] = None,
    json: Json = False,
) -> None:
    """Read output, keep the replies, and grade every answer whose replies are all there.

    Attempts get their grade in the history; grades of answers from a file stand in grades.jsonl of the folder. Reading
    the same output twice changes nothing.
    """
    from prepdrill.batch import intake
    from prepdrill.batch import submit as submitting
    from prepdrill.batch.grades import grade
    from prepdrill.cli import shapes

    environment = Environment()
    with _opened(folder) as batch, environment.history() as history:
        at, read = environment.now().wall, intake.Read()
        if file:
            for path in file:
                intake.read(batch, history, path, at, read)
        else:
            if any(shard.batch is not None and not shard.taken for shard in batch.manifest.shards):
                _talk(environment, batch, lambda server: submitting.fetch(batch, server))
            intake.take(batch, history, at, read)
        with environment.progress("Grading", batch.manifest.answers) as advance:
            told = grade(batch, history, _bank(environment, batch), at, shapes.grade, advance=advance)
        reasons = _reasons(batch, history.batches())
    if json:
        environment.print_json(_imported(batch, read, told))
    else:
        _print(environment, _told_imported(batch, read, told, reasons))


def _imported(batch: Batch, read: Read, told: Graded) -> dict[str, Any]:
    return {"folder": str(batch.folder), "read": dataclasses.asdict(read), "answers": dataclasses.asdict(told)}


def _told_imported(batch: Batch, read: Read, told: Graded, reasons: list[tuple[str, int]]) -> Iterator[str]:
    from prepdrill.batch.folder import GRADES

    kept = f"{read.answered:,} {'reply' if read.answered == 1 else 'replies'} kept"
    yield f"{_count(read.files, 'file')} read, {_count(read.lines, 'line')}: {kept}."
    for count, meaning in (
        (read.failed, "failed"),
        (read.repeated, "not new"),
        (read.unknown, "to requests that were never exported from this history"),
        (read.broken, "that cannot be read"),
        (read.truncated, "cut off at the end of a file; its engine was stopped, or the copy is not complete"),
    ):
        if count:
            yield f"  {_count(count, 'line')} {meaning}"
    for reason, count in reasons:
        yield f"  failed so far, {_count(count, 'request')}: {reason}"
    yield f"{_count(told.graded, 'answer')} graded{', here:' if batch.manifest.from_file else '.'}"
    if batch.manifest.from_file:
        yield f"  {batch.path(GRADES)}"
    for count, meaning in (
        (told.already, "graded already"),
        (told.open, "still open: not all requests are answered yet"),
        (told.again, "with another round to come"),
        (told.failed, "with a request that failed"),
        (told.unreadable, "whose replies hold no verdict"),
    ):
        if count:
            yield f"  {_count(count, 'answer')} {meaning}"
    if read.failed and not read.answered:
        yield "If a parameter is refused: `prepdrill judge check` learns that, and the next export leaves it out."
    if told.again or told.failed:
        yield "Next:"
        yield f"  prepdrill judge batch export {batch.folder}"


# --- what they share


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[Batch]:
    from prepdrill.batch.folder import opened

    opened(folder)  # nothing is made where there is no batch
    with _held(folder):
        yield opened(folder)


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[None]:
    from prepdrill.batch.folder import held

    with held(folder):
        try:
            yield
        except KeyboardInterrupt:
            raise Interrupted("\nStopped; the same command goes on.") from None


def _bank(environment: Environment, batch: Batch) -> Bank:
    return environment.bank([Path(path) for path in batch.manifest.banks])


def _talk(environment: Environment, batch: Batch, work: Callable[[Endpoint], Any]) -> None:
    """Do something with the server that a batch is for."""
    from prepdrill.endpoint import Endpoint

    terms = environment.terms(model=batch.manifest.model, base_url=batch.manifest.base_url)

    async def done() -> None:
        async with Endpoint(terms.server) as server:
            await work(server)

    import asyncio

    asyncio.run(done())


def _print(environment: Environment, lines: Iterable[str]) -> None:
    """Print lines; an indented one is a path or a command line, which nothing may break."""
    for line in lines:
        if line.startswith("  "):
            print(line, file=environment.stdout)
        else:
            environment.print(line)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
