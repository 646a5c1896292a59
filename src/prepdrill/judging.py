"""Judging over an endpoint: replies are looked up before they are asked for, kept when they come, and paid for.

A failure to get a reply ends the judging of that answer with a JudgeError; what was replied so far is kept, so that the
next try asks only for the rest.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import json
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import urlsplit

from prepdrill import scoring
from prepdrill.chat import Call, Reply
from prepdrill.endpoint import Endpoint, Server
from prepdrill.errors import JudgeError, PrepdrillError, UsageError
from prepdrill.graders.judge import Judge, Judgement, Mode, Steps
from prepdrill.graders.offline import Offline
from prepdrill.graders.prompt import PROTOCOL
from prepdrill.history import History, open_history
from prepdrill.model import Grade, Item, Lexicon, Scale, Transcript
from prepdrill.settings import Settings

LETTERS_A_TOKEN: Final = 3
"""Letters of a token, to guess what was used where the server does not tell."""
FAILURES_IN_A_ROW: Final = 3
"""Answers in a row that fail before a run is given up."""

T = TypeVar("T")


class LimitReached(PrepdrillError):
    """The next call might cost more than is left to spend."""


@dataclass(slots=True)
class Purse:
    """What a run has spent. Prices are for a million tokens; the limit is in their currency, None without one.

    A call is let through only if the most that it can cost is left, so that the limit is never passed.
    """

    input_price: float = 0.0
    output_price: float = 0.0
    limit: float | None = None
    spent: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    calls: int = 0
    found: int = 0
    """Replies that were in the history and cost nothing."""
    seconds: list[float] = field(default_factory=list)
    """How long each call took."""
    _set_aside: float = 0.0
    _under_way: int = 0
    _freed: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    @property
    def priced(self) -> bool:
        return self.input_price > 0 or self.output_price > 0

    @property
    def cost(self) -> float | None:
        """What was spent, None where no price is set."""
        return self.spent if self.priced else None

    @contextlib.asynccontextmanager
    async def paying(self, call: Call) -> AsyncIterator[Callable[[Reply], None]]:
        """Set the most that a call can cost aside while it is made; the function that is given takes its reply.

        Waits while calls under way hold back what may be left over; raises LimitReached if nothing is.
        """
        letters = sum(len(message.content) for message in call.messages)
        most = self._price(_most_tokens(call), 2 * call.tokens)
        while self._under_way and self._too_much(self._set_aside + most):
            await self._freed.wait()
        if self._too_much(most):
            raise LimitReached(
                f"Stopped before the limit of {self.limit:g} is passed: {self.spent:.4g} is spent, and the next call"
                f" may cost {most:.2g} at the very worst. Raise judge.limit to go on."
            )
        self._set_aside, self._under_way = self._set_aside + most, self._under_way + 1

        def take(reply: Reply) -> None:
            prompt = reply.prompt_tokens if reply.prompt_tokens is not None else letters // LETTERS_A_TOKEN
            said = len(reply.text) + len(reply.reasoning)
            completion = reply.completion_tokens if reply.completion_tokens is not None else said // LETTERS_A_TOKEN
            self.spent += self._price(prompt, completion)
            self.prompt_tokens += prompt
            self.completion_tokens += completion
            self.calls += 1
            self.seconds.append(reply.seconds)

        try:
            yield take
        finally:
            self._set_aside, self._under_way = self._set_aside - most, self._under_way - 1
            self._freed.set()
            self._freed = asyncio.Event()

    def _too_much(self, more: float) -> bool:
        return self.limit is not None and self.spent + more > self.limit

    def _price(self, prompt: float, completion: float) -> float:
        return (prompt * self.input_price + completion * self.output_price) / 1e6


def _most_tokens(call: Call) -> int:
    """Tokens that a prompt cannot exceed: each stands for a byte at least, and a message adds a few for its role."""
    texts = [json.dumps(call.schema), *(message.content for message in call.messages)]
    return sum(len(text.encode("utf-8", "surrogatepass")) + 8 for text in texts)


@dataclass(frozen=True, slots=True)
class Terms:
    """Who judges, how, and for how much."""

    server: Server
    mode: Mode
    concurrency: int
    input_price: float
    output_price: float
    limit: float | None

    @property
    def purse(self) -> Purse:
        return Purse(self.input_price, self.output_price, self.limit)

    def judge(self, lexicon: Lexicon) -> Judge:
        return Judge(self.server.model, self.mode, Offline(lexicon))


def terms(settings: Settings, environ: Mapping[str, str], **others: Any) -> Terms:
    """The terms that the settings name; `others` go before them where they are not None.

    Raises UsageError if no model is set, or a limit without prices.
    """
    chosen = {
        name.removeprefix("judge."): value for name, value in settings.values.items() if name.startswith("judge.")
    }
    chosen |= {name: value for name, value in others.items() if value is not None}
    if not chosen["model"]:
        raise UsageError(
            "No judge is set up: `prepdrill judge check` finds servers on this machine, and"
            " `prepdrill config set judge.base_url URL` and `... judge.model NAME` choose one."
        )
    limit = chosen["limit"] or None
    if limit is not None and not (chosen["input_price"] or chosen["output_price"]):
        raise UsageError(
            "judge.limit needs prices: set judge.input_price and judge.output_price, for a million tokens."
        )
    own = urlsplit(chosen["base_url"]).hostname == "api.openai.com"
    named = own or settings.origins["judge.key_variable"] != "default"  # OpenAI's key is for no other server
    key = environ.get(chosen["key_variable"], "").strip() if chosen["key_variable"] and named else None
    if not key and own:
        raise UsageError(
            "The judge needs a key: put it into the environment variable that judge.key_variable names, or set"
            " judge.base_url to another server."
        )
    server = Server(chosen["base_url"], chosen["model"], key or None, chosen["timeout"])
    mode = Mode(chosen["samples"], chosen["per_criterion"])
    return Terms(server, mode, chosen["concurrency"], chosen["input_price"], chosen["output_price"], limit)


class Store(Protocol):
    """Where replies are looked up and kept: `history.replies.Replies`, or something in its place."""

    def find(self, digest: str) -> Reply | None: ...

    def keep(self, base_url: str, model: str, replies: Iterable[Reply], at: float) -> None: ...

    def forget(self, digests: Iterable[str]) -> None: ...


class Fresh:
    """Finds nothing and keeps nothing: every reply is asked for."""

    def find(self, digest: str) -> Reply | None:
        return None

    def keep(self, base_url: str, model: str, replies: Iterable[Reply], at: float) -> None:
        pass

    def forget(self, digests: Iterable[str]) -> None:
        pass


class Judging:
    """Judges answers with one judge over one endpoint. For use within one event loop."""

    def __init__(
        self, judge: Judge, endpoint: Endpoint, replies: Store, purse: Purse, now: Callable[[], float]
    ) -> None:
        self.judge = judge
        self.purse = purse
        self._endpoint = endpoint
        self._replies = replies
        self._now = now
        self._asked: dict[str, asyncio.Task[Reply]] = {}

    async def judged(self, item: Item, transcript: Transcript, *, run: int = 0) -> Judgement:
        """The judge's judgement; raises JudgeError if a reply cannot be had, LimitReached if it might cost too much."""
        judgement = await self.driven(self.judge.judging(item.question, item.rubric, transcript, run=run))
        if judgement.empty:  # else the same useless replies would be found for ever
            self._replies.forget(reply.digest for reply in judgement.replies)
        return judgement

    async def driven(self, steps: Steps[T]) -> T:
        """Run something that asks a model to its end."""
        try:
            calls = next(steps)
            while True:
                calls = steps.send(await self._replies_to(calls))
        except StopIteration as done:
            result: T = done.value
            return result

    async def close(self) -> None:
        """Give up what is still under way."""
        under_way = list(self._asked.values())
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    async def _replies_to(self, calls: Iterable[Call]) -> tuple[Reply, ...]:
        """Replies to all of these, or the error of one; calls beside it are brought to their end, for they are paid."""
        found = await asyncio.gather(*(self._reply(call) for call in calls), return_exceptions=True)
        for reply in found:
            if isinstance(reply, BaseException):
                raise reply
        return tuple(reply for reply in found if isinstance(reply, Reply))

    async def _reply(self, call: Call) -> Reply:
        digest = self._endpoint.digest(call, PROTOCOL)
        found = self._replies.find(digest)
        if found is not None and _usable(found):
            self.purse.found += 1
            return found
        if digest not in self._asked:
            asked = self._asked[digest] = asyncio.ensure_future(self._fetch(call))
            asked.add_done_callback(lambda ended: self._ended(digest, ended))
        return await asyncio.shield(self._asked[digest])  # somebody else may wait for it as well

    def _ended(self, digest: str, ended: asyncio.Task[Reply]) -> None:
        self._asked.pop(digest, None)
        if not ended.cancelled():
            ended.exception()  # it has been seen, though nobody may have waited to the end

    async def _fetch(self, call: Call) -> Reply:
        async with self.purse.paying(call) as pay:
            reply = await self._endpoint.reply(call, PROTOCOL)
            pay(reply)
        server = self._endpoint.server
        self._replies.keep(server.address, server.model, [reply], self._now())
        return reply


def _usable(reply: Reply) -> bool:
    """Whether a reply that was kept may stand for another: one that was cut short or refused is asked for anew."""
    said = reply.text.strip() or reply.reasoning.strip()
    return bool(said) and reply.finish not in ("length", "content_filter") and not reply.refusal


@contextlib.asynccontextmanager
async def opened(
    terms: Terms,
    lexicon: Lexicon,
    history: History,
    purse: Purse,
    now: Callable[[], float],
    *,
    pause: float | None = None,
) -> AsyncIterator[Judging]:
    """A judging on these terms, with what is known of the server; closed at the end."""
    server, replies = terms.server, history.replies()
    async with Endpoint(
        server,
        concurrency=terms.concurrency,
        abilities=replies.abilities(server.address, server.model),
        learned=lambda abilities: replies.learn(server.address, server.model, abilities),
        pause=pause,
    ) as endpoint:
        judging = Judging(terms.judge(lexicon), endpoint, replies, purse, now)
        try:
            yield judging
        finally:
            await judging.close()


def grade(item: Item, scale: Scale, judge: Judge, judgement: Judgement) -> Grade:
    """What a judgement comes to; raises JudgeError if it holds no verdict of the judge's."""
    if judgement.empty:
        raise JudgeError(f"The judge gave no verdict: {judgement.failures[-1].reason.rstrip('.')}.")
    return scoring.grade(item, scale, judge.id, judgement.fingerprint, judgement.verdicts)


# --- many answers


@dataclass(slots=True)
class Tally:
    """How a run over many answers went."""

    done: int = 0
    failed: int = 0
    stopped: PrepdrillError | None = None
    """Why it was given up before its end."""
    last: JudgeError | None = None
    """The last failure."""


async def each(
    work: Iterable[T],
    judge: Callable[[T], Coroutine[Any, Any, None]],
    *,
    width: int,
    failed: Callable[[T, JudgeError], None] = lambda _work, _error: None,
) -> Tally:
    """Judge every piece of work, `width` at a time, taking each from `work` only when its turn comes.

    One that fails is counted and passed to `failed`. The run is given up, with what is under way brought to its end,
    when the limit is reached, when no other request would fare better, when several in a row fail, or when the history
    cannot be used.
    """
    tally, pieces, in_a_row = Tally(), iter(work), 0

    async def worker() -> None:
        nonlocal in_a_row
        while tally.stopped is None:
            piece = next(pieces, _NOTHING)
            if isinstance(piece, _Nothing):
                return
            try:
                await judge(piece)
            except JudgeError as error:
                tally.failed, tally.last, in_a_row = tally.failed + 1, error, in_a_row + 1
                failed(piece, error)
                if error.final or in_a_row >= FAILURES_IN_A_ROW:
                    tally.stopped = tally.stopped or error
            except PrepdrillError as error:
                tally.stopped = tally.stopped or error
            else:
                tally.done, in_a_row = tally.done + 1, 0

    async with asyncio.TaskGroup() as group:
        for _ in range(width):
            group.create_task(worker())
    return tally


class _Nothing:
    pass


_NOTHING: Final = _Nothing()


# --- in the background


class Background:
    """A thread in which a judging waits for work, with a history of its own, while the candidate goes on typing.

    Nothing is opened, and no library loaded, before the first piece of work.
    """

    def __init__(self, terms: Terms, lexicon: Lexicon, path: Path, now: Callable[[], float]) -> None:
        self.terms = terms
        self.judge = terms.judge(lexicon)
        self.purse = terms.purse
        self._lexicon = lexicon
        self._path = path
        self._now = now
        self._stop = asyncio.Event()
        self._ready: concurrent.futures.Future[Judging] = concurrent.futures.Future()
        self._thread: threading.Thread | None = None

    def judged(self, item: Item, transcript: Transcript) -> concurrent.futures.Future[Judgement]:
        """Begin to judge what was said; the future raises what `Judging.judged` does."""
        return self.run(lambda judging: judging.judged(item, transcript))

    def run(self, work: Callable[[Judging], Coroutine[Any, Any, T]]) -> concurrent.futures.Future[T]:
        """Begin something else with the judging."""
        if self._thread is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._live, name="judge", daemon=True)
            self._thread.start()

        async def begun() -> T:
            return await work(await asyncio.wrap_future(self._ready))

        return asyncio.run_coroutine_threadsafe(begun(), self._loop)

    def close(self) -> None:
        """End the thread; what is under way is given up, and can be asked for again later."""
        if self._thread is not None:
            with contextlib.suppress(RuntimeError):  # it has ended by itself
                self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(timeout=2.0)

    def _live(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._held_open())

    async def _held_open(self) -> None:
        try:
            with open_history(self._path) as history:
                async with opened(self.terms, self._lexicon, history, self.purse, self._now) as judging:
                    self._ready.set_result(judging)
                    await self._stop.wait()
                    for task in asyncio.all_tasks() - {asyncio.current_task()}:
                        task.cancel()
                    await asyncio.sleep(0)
        except Exception as error:  # whatever it is, all that wait must hear of it
            if self._ready.done():
                raise
            self._ready.set_exception(error)
            await self._stop.wait()
