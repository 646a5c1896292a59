"""Files of requests as batches of a server, begun once each, and their output."""

from __future__ import annotations

from collections.abc import Callable

from prepdrill.batch.folder import ENDED, Batch, Shard
from prepdrill.endpoint import Endpoint
from prepdrill.errors import JudgeError, PrepdrillError
from prepdrill.history.batches import Batches


async def submit(batch: Batch, server: Endpoint, lines: Batches, begun: Callable[[Shard], None]) -> None:
    """Upload every file with open lines that was not submitted, and begin its batch; `begun` is told of each.

    What is known is kept after every step, so that nothing is begun twice. Raises JudgeError if the server refuses.
    """
    counts = lines.counts(batch.manifest.id)
    for planned in batch.manifest.shards:
        shard = planned
        if shard.batch is not None or not counts.get(shard.number, {}).get("exported"):
            continue
        if shard.file is None:
            path = batch.path(shard.requests)
            if not path.exists() or path.stat().st_size != shard.size:
                raise PrepdrillError(f"{path} is not as it was exported; export into a new folder.")
            shard = batch.change(shard, file=await _uploaded(batch, server, shard))
        assert shard.file is not None
        remote = await server.batch_of(shard.file) if shard.starting else None
        if remote is None:
            shard = batch.change(shard, starting=True)
            assert shard.file is not None
            remote = await server.start_batch(shard.file)
        begun(batch.change(shard, starting=False, batch=remote.id, status=remote.status))


async def _uploaded(batch: Batch, server: Endpoint, shard: Shard) -> str:
    try:
        return await server.upload(batch.path(shard.requests))
    except JudgeError as error:
        if "(404)" not in str(error):
            raise
        raise JudgeError(
            f"{server.server.address} takes no batches. vLLM answers a file without a server:\n\n"
            f"{batch.command(shard)}\n"
            f"prepdrill judge batch import {batch.folder}",
            final=True,
        ) from None


async def refresh(batch: Batch, server: Endpoint) -> None:
    """Ask how the batches stand that have not ended."""
    for shard in batch.manifest.shards:
        if shard.batch is not None and shard.status not in ENDED:
            remote = await server.batch(shard.batch)
            batch.change(shard, status=remote.status, output_file=remote.output_file, error_file=remote.error_file)


async def fetch(batch: Batch, server: Endpoint) -> None:
    """Download the output of all batches that have ended and were not read yet."""
    await refresh(batch, server)
    for shard in ended(batch):
        for file, name in ((shard.output_file, shard.output), (shard.error_file, shard.errors)):
            if file is not None:
                await server.download(file, batch.path(name))


def ended(batch: Batch) -> list[Shard]:
    """Files whose batches have ended, and whose output was not read yet."""
    return [shard for shard in batch.manifest.shards if shard.status in ENDED and not shard.taken]
