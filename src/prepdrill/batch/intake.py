"""Files of output into the history: replies are kept, failures noted, and no line is fatal."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from prepdrill.batch.folder import ENDED, Batch, Manifest
from prepdrill.batch.lines import each_line, loaded, sha256
from prepdrill.chat import Reply, encodable, mapping, reply_in, text_in
from prepdrill.errors import PrepdrillError
from prepdrill.history import History

AT_ONCE: Final = 1000
"""Lines that are stored in one transaction."""
LONGEST_REASON: Final = 300


@dataclass(slots=True)
class Read:
    """What output files held, in lines."""

    files: int = 0
    lines: int = 0
    answered: int = 0
    failed: int = 0
    repeated: int = 0
    """Lines that tell nothing new: this file or an earlier one has answered them."""
    unknown: int = 0
    """Lines to requests that were never exported from this history."""
    broken: int = 0
    """Lines that cannot be read."""
    truncated: int = 0
    """Files that end in the middle of a line."""


def take(batch: Batch, history: History, at: float, told: Read) -> None:
    """Read all output that lies in the folder: of ended batches, and of files that vLLM was given."""
    lines = history.batches()
    counts = lines.counts(batch.manifest.id)
    for shard in batch.manifest.shards:
        if shard.batch is None:
            unanswered = counts.get(shard.number, {}).keys() - {"answered"}
            if unanswered and batch.path(shard.output).exists():
                read(batch, history, batch.path(shard.output), at, told)
        elif shard.status in ENDED and not shard.taken:
            for file, name in ((shard.output_file, shard.output), (shard.error_file, shard.errors)):
                if file is not None:
                    read(batch, history, batch.path(name), at, told)
            reason = f"the batch ended as {shard.status!r} without an answer to this line"
            told.failed += lines.give_up(batch.manifest.id, shard.number, reason)
            batch.change(shard, taken=True)


def read(batch: Batch, history: History, path: Path, at: float, told: Read) -> None:
    """Keep the replies in a file of output, and note what failed. `at` is in seconds since the epoch.

    No line of it is fatal. Raises PrepdrillError if the file cannot be read, or nothing was exported from this history.
    """
    lines = history.batches()
    if batch.manifest.shards and not lines.counts(batch.manifest.id) and not told.files:
        raise PrepdrillError(
            f"{batch.folder} was exported with another history than {history.path};"
            " choose that one with PREPDRILL_HOME."
        )
    mark = sha256(path)
    intake = _Intake(batch.manifest, history, at, told, known=mark in batch.manifest.read)
    told.files += 1
    with lines.repeatable():
        for line, whole in each_line(path):
            if line.strip():
                intake.line(line, whole=whole)
        intake.keep()
    if mark not in batch.manifest.read:
        batch.save(read=(*batch.manifest.read, mark))


class _Intake:
    """Lines of output on their way into the history."""

    def __init__(self, manifest: Manifest, history: History, at: float, told: Read, *, known: bool) -> None:
        self._manifest = manifest
        self._lines = history.batches()
        self._replies = history.replies()
        self._at = at
        self._told = told
        self._known = known
        """The file was read before: what failed in it may have been exported again since."""
        self._answered: dict[str, Reply] = {}
        self._failed: dict[str, str] = {}

    def line(self, line: bytes, *, whole: bool) -> None:
        self._told.lines += 1
        try:
            digest, answer = _answer(line)
        except ValueError:
            if whole:
                self._told.broken += 1
            else:
                self._told.truncated += 1
            return
        noted = self._lines.find(digest)
        if noted is None:
            self._told.unknown += 1
        elif digest in self._answered or noted.state == "answered":
            self._told.repeated += 1
        elif isinstance(answer, Reply):
            if self._failed.pop(digest, None) is not None:
                self._told.failed -= 1
            self._answered[digest] = dataclasses.replace(answer, parameters=noted.parameters)
            self._told.answered += 1
        elif self._known or digest in self._failed or noted.state == "failed":
            self._told.repeated += 1
        else:
            self._failed[digest] = answer
            self._told.failed += 1
        if len(self._answered) + len(self._failed) >= AT_ONCE:
            self.keep()

    def keep(self) -> None:
        """Store what came in: replies first, since a line must not be called answered without one."""
        self._replies.keep(self._manifest.base_url, self._manifest.model, self._answered.values(), self._at)
        self._lines.settle(self._answered, self._failed.items())
        self._answered.clear()
        self._failed.clear()


def _answer(line: bytes) -> tuple[str, Reply | str]:
    """(custom id, the reply or else why there is none) of a line; raises ValueError if it is no line of output."""
    fields = loaded(line) or {}
    digest, response, error = text_in(fields.get("custom_id")), mapping(fields.get("response")), fields.get("error")
    if not digest:
        raise ValueError("no line of output")
    body, status = mapping(response.get("body")), response.get("status_code")
    reply = reply_in(body, digest, "{}") if error is None and status == 200 else None
    if reply is not None:
        return digest, reply
    said = _said(error) or _said(body.get("error")) or ("no choice" if status == 200 else "no answer")
    return digest, said if status in (None, 200) else f"{status}: {said}"


def _said(error: Any) -> str:
    """What an error says, in one bounded line; empty if it is none."""
    fields = mapping(error)
    text = fields.get("message") or fields.get("code") or (error if isinstance(error, str) else "")
    line = " ".join(encodable(str(text)).split())
    return line if len(line) <= LONGEST_REASON else line[: LONGEST_REASON - 1] + "…"
