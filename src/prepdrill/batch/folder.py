"""The folder of a batch: files of requests, files of output, and a manifest that says what they are."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from prepdrill import judging
from prepdrill.bank import Bank
from prepdrill.chat import Abilities, decode_abilities
from prepdrill.errors import PrepdrillError, UsageError
from prepdrill.graders.judge import Judge, Mode
from prepdrill.graders.offline import Offline
from prepdrill.graders.prompt import PROTOCOL
from prepdrill.history import History
from prepdrill.history.claims import Claims

Engine: TypeAlias = Literal["openai", "vllm"]
ENGINES: Final[tuple[Engine, ...]] = ("openai", "vllm")
ENDED: Final = ("completed", "failed", "expired", "cancelled")
"""Statuses after which a server's batch changes no more."""
FORMAT: Final = 1
"""Version of the manifest."""
MANIFEST: Final = "batch.json"
ANSWERS: Final = "batch-answers.jsonl"
GRADES: Final = "grades.jsonl"
LOCK: Final = "batch.lock"


@dataclass(frozen=True, slots=True)
class Shard:
    """One file of requests, and how the server calls what became of it; `size` is in bytes."""

    number: int
    lines: int
    size: int
    file: str | None = None
    starting: bool = False
    """A start was asked for, and it is not known whether there was one."""
    batch: str | None = None
    status: str = ""
    output_file: str | None = None
    error_file: str | None = None
    taken: bool = False
    """Its output was downloaded and read."""

    @property
    def requests(self) -> str:
        return f"requests-{self.number:03}.jsonl"

    @property
    def output(self) -> str:
        return f"output-{self.number:03}.jsonl"

    @property
    def errors(self) -> str:
        return f"errors-{self.number:03}.jsonl"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a batch is, as it stands in its folder."""

    id: str
    asked: Mapping[str, Any]
    """Which answers it is about, as they were asked for."""
    answers: int
    base_url: str
    model: str
    samples: int
    per_criterion: bool
    abilities: Abilities
    engine: Engine
    banks: tuple[str, ...] = ()
    protocol: str = PROTOCOL
    graded: int = 0
    """Grades in the folder, where answers come from a file."""
    read: tuple[str, ...] = ()
    """SHA-256 of every file of output that was read to its end."""
    shards: tuple[Shard, ...] = ()

    @property
    def from_file(self) -> bool:
        return "answers" in self.asked

    def judge(self, bank: Bank) -> Judge:
        return Judge(self.model, Mode(self.samples, self.per_criterion), Offline(bank.lexicon))

    def encode(self) -> str:
        fields = dataclasses.asdict(self) | {"abilities": json.loads(self.abilities.encode())}
        return json.dumps({"format": FORMAT} | fields, ensure_ascii=False, indent=2) + "\n"


def _decoded(text: str) -> Manifest:
    """A manifest; raises ValueError, KeyError or TypeError if the text is none."""
    fields = json.loads(text)
    if fields.pop("format") != FORMAT:
        raise ValueError("it was written by a newer prepdrill")
    changed = {
        "abilities": decode_abilities(json.dumps(fields["abilities"])),
        "banks": tuple(fields["banks"]),
        "read": tuple(fields["read"]),
        "shards": tuple(Shard(**shard) for shard in fields["shards"]),
    }
    return Manifest(**(fields | changed))


class Batch:
    """The folder of one batch. Every change of the manifest is on disk before the method returns."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest

    def save(self, **changes: Any) -> None:
        """Change the manifest."""
        self.manifest = dataclasses.replace(self.manifest, **changes)
        write_whole(self.folder / MANIFEST, self.manifest.encode())

    def change(self, shard: Shard, **changes: Any) -> Shard:
        """Change what is known of one file, and return it."""
        changed = dataclasses.replace(shard, **changes)
        if changed != shard:
            shards = (changed if other.number == shard.number else other for other in self.manifest.shards)
            self.save(shards=tuple(shards))
        return changed

    def path(self, name: str) -> Path:
        return self.folder / name

    def command(self, shard: Shard) -> str:
        """The command line with which vLLM answers one file."""
        requests, output = str(self.path(shard.requests)), str(self.path(shard.output))
        return shlex.join(["vllm", "run-batch", "-i", requests, "-o", output, "--model", self.manifest.model])


def opened(folder: Path) -> Batch:
    """The batch in a folder; raises PrepdrillError if there is none, or none that can be gone on with."""
    path = folder / MANIFEST
    try:
        manifest = _decoded(path.read_text("utf-8"))
    except FileNotFoundError:
        raise PrepdrillError(f"{folder} holds no batch; `prepdrill judge batch export` makes one.") from None
    except OSError as error:
        raise PrepdrillError(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError) as error:
        raise PrepdrillError(f"{path} is no batch that can be gone on with ({error}); name a new folder.") from None
    if manifest.protocol != PROTOCOL:
        raise PrepdrillError(
            f"{folder} was exported for another version of the judge ({manifest.protocol}; this is {PROTOCOL}), whose"
            " replies cannot be read here. Export into a new folder."
        )
    return Batch(folder, manifest)


def there(folder: Path) -> bool:
    """Whether a folder holds a batch; raises UsageError if it holds something else."""
    if (folder / MANIFEST).exists():
        return True
    if folder.exists():
        if not folder.is_dir():
            raise UsageError(f"{folder} is a file; name a new folder for the batch.")
        left = {path.name for path in folder.iterdir()} - _LEFT_BY_A_STOPPED_START
        if left:
            raise UsageError(f"{folder} holds something else ({min(left)}); name a new folder for the batch.")
    return False


_LEFT_BY_A_STOPPED_START: Final = {LOCK, ANSWERS, f"{ANSWERS}.part", f"{MANIFEST}.part"}


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder, made if need be, for this process; raises PrepdrillError if another works in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise PrepdrillError(f"{folder} cannot be made: {error.strerror}. Name another folder.") from None
    claims = Claims(folder / LOCK)
    try:
        if not claims.take(0):
            raise PrepdrillError(f"Another prepdrill works in {folder}; wait until it is done.")
        with _writing(folder):
            yield
    finally:
        claims.close()


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise  # whoever read our output has gone
    except OSError as error:
        raise PrepdrillError(
            f"{error.filename or folder}: {error.strerror or error}. Mend that; the same command goes on."
        ) from error


def write_whole(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def begin(
    folder: Path,
    terms: judging.Terms,
    engine: Engine,
    asked: Mapping[str, Any],
    answers: Callable[[Path], int],
    history: History,
    banks: Iterable[str],
    at: float,
) -> Batch:
    """Make a batch in an empty folder. `answers` writes the file of the answers and returns how many there are."""
    count = answers(folder / ANSWERS)
    server = terms.server
    known = history.replies().abilities(server.address, server.model)
    manifest = Manifest(
        id=hashlib.sha256(f"{folder.resolve()} {at}".encode()).hexdigest()[:16],
        asked=asked,
        answers=count,
        base_url=server.address,
        model=server.model,
        samples=terms.mode.samples,
        per_criterion=terms.mode.per_criterion,
        abilities=known or Abilities(budget="max_completion_tokens"),
        engine=engine,
        banks=tuple(banks),
    )
    batch = Batch(folder, manifest)
    batch.save()
    return batch
