"""The one place that talks to an OpenAI-compatible server.

It knows weather from ability. What passes (429, 5xx, a broken connection, a time-out) is tried again, a few times and
with growing pauses; what a server cannot do (a parameter, a form of reply, a role) is learned from its 400 and left out
from then on. Everything else is a JudgeError with a sentence. The key is in no sentence and in no value that leaves
this module.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from prepdrill import chat
from prepdrill.chat import RUNGS, Abilities, Call, Reply
from prepdrill.errors import JudgeError, UsageError

if TYPE_CHECKING:
    import ssl

    from openai import APIStatusError, AsyncOpenAI

TRIES: Final = 4
"""How often a request is sent while only the weather is bad."""
TRIES_UNANSWERED: Final = 2
"""The same where the server never answers, since each try costs the whole time-out."""
NOBODY_THERE: Final = 2
"""Tries that are saved where nothing listens: that is seldom weather."""
LONGEST_PAUSE: Final = 60.0
"""Seconds; a server that asks for a longer wait is not waited for."""
LESSONS: Final = 16
"""How many refusals may be learned from in one request; there are fewer things to learn."""
FEWEST_TOKENS: Final = 256
"""A reply that must be shorter than this cannot hold verdicts."""
PAUSE: Final = 0.5
"""Seconds before the second try; doubled before each further one."""
CONNECT: Final = 10.0
"""Seconds to open a connection."""
STORM: Final = 3
"""Requests in a row that fail before the server is given up for a while."""
GIVEN_UP: Final = 3.0
"""Seconds for which a server that was given up is not asked: those that waited for their turn are spared it."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where the model is served. `key` never leaves this module; `timeout` is in seconds, for each try."""

    base_url: str
    model: str
    key: str | None = dataclasses.field(default=None, repr=False)
    timeout: float = 120.0

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.base_url)
            sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            sound = False
        if not sound:
            raise UsageError(
                f"judge.base_url is {_without_secrets(self.base_url)!r}; it must begin with http:// or https://,"
                " and usually ends in /v1."
            )
        if parts.username or parts.password or parts.query or parts.fragment:
            raise UsageError(
                "judge.base_url holds a user, a password, or something behind a question mark; put the key into an"
                " environment variable, and the variable's name into judge.key_variable."
            )
        if self.key is not None and not re.fullmatch(r"[!-~]+", self.key):
            raise UsageError(
                "The key in the environment variable that judge.key_variable names holds blanks or characters that no"
                " key has; copy it once more."
            )

    @property
    def address(self) -> str:
        return self.base_url.rstrip("/")

    @property
    def untried(self) -> Abilities:
        """What to send before anything is known."""
        host = urlsplit(self.base_url).hostname or ""
        return Abilities(budget="max_completion_tokens" if host.endswith("openai.com") else "max_tokens")


@dataclass(frozen=True, slots=True)
class RemoteBatch:
    """A batch as the server sees it; files are identities of files there."""

    id: str
    status: str
    output_file: str | None
    error_file: str | None
    completed: int
    failed: int
    total: int


class Endpoint:
    """Sends requests to one server, at most `concurrency` at a time. For use within one event loop; close it there.

    `learned` is called with what the server can do whenever that changes.
    """

    def __init__(
        self,
        server: Server,
        *,
        concurrency: int = 4,
        abilities: Abilities | None = None,
        learned: Callable[[Abilities], None] = lambda _: None,
        pause: float | None = None,
    ) -> None:
        self.server = server
        self.abilities = abilities or server.untried
        self._learned = learned
        self._pause = PAUSE if pause is None else pause
        self._places = asyncio.Semaphore(concurrency)
        self._not_before = 0.0
        self._failed_in_a_row = 0
        self._given_up: tuple[JudgeError, float] | None = None
        """Why the server was given up, and until when."""
        self._opened: AsyncOpenAI | None = None

    async def __aenter__(self) -> Endpoint:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._opened is not None:
            with contextlib.suppress(Exception):  # a loop that ends in the middle of a request may not close it cleanly
                await self._opened.close()

    # --- chat

    def digest(self, call: Call, parser: str) -> str:
        """Identity of the request that would be sent for this call now."""
        return chat.digest(self.server.address, self.body(call), parser, call.sample)

    def body(self, call: Call) -> dict[str, Any]:
        """The request that would be sent for this call now."""
        return chat.body(call, self.server.model, self.abilities)

    async def reply(self, call: Call, parser: str) -> Reply:
        """The model's reply; raises JudgeError if there is none."""
        asked = call
        async with self._places:
            if self._given_up is not None and time.monotonic() < self._given_up[1]:
                raise JudgeError(str(self._given_up[0]), final=self._given_up[0].final)
            for _ in range(LESSONS):
                request, digest = self.body(asked), self.digest(call, parser)
                try:
                    return await self._answered(request, digest)
                except _Refused as refused:
                    if self._wants_less(refused, request):
                        asked = dataclasses.replace(asked, tokens=asked.tokens // 2)
                    elif request == self.body(asked):  # else another request has learned meanwhile
                        self._learn(refused, request)
                except JudgeError as error:
                    if error.final:
                        self._give_up(error)
                    raise
        raise JudgeError(f"{self.server.address} refuses every form of the request.", final=True)

    def _give_up(self, error: JudgeError) -> None:
        self._given_up = (error, time.monotonic() + GIVEN_UP)

    async def models(self) -> list[str]:
        """Names of the models that the server lists; raises JudgeError if it lists none or cannot be reached."""
        answer = await self._json("GET", "/models", None)
        entries = answer.get("data") or answer.get("models") or []
        return [str(entry.get("id") or entry.get("name")) for entry in entries if isinstance(entry, Mapping)]

    async def _answered(self, request: dict[str, Any], digest: str) -> Reply:
        self._client()  # the library is loaded before the clock runs
        began = time.monotonic()
        answer = await self._json("POST", "/chat/completions", request)
        reply = chat.reply_in(answer, digest, chat.parameters(request), time.monotonic() - began)
        if reply is None:
            raise JudgeError(f"{self.server.address} replied without a choice{self._told(answer)}; is it a chat model?")
        return reply

    def _learn(self, refused: _Refused, request: Mapping[str, Any]) -> None:
        better = adapted(self.abilities, refused, request)
        if better is None:
            raise JudgeError(
                f"{self.server.address} refuses the request: {refused.text}", final=refused.final
            ) from None
        self.abilities = better
        self._learned(better)

    def _wants_less(self, refused: _Refused, request: Mapping[str, Any]) -> bool:
        """Whether room is missing, and a shorter reply may fit. Learned for this one request: others may be shorter.

        Raises JudgeError if no reply worth having would fit.
        """
        budget = request.get(self.abilities.budget)
        if budget is None or not _says_too_long(refused):
            return False
        if budget // 2 < FEWEST_TOKENS:
            raise JudgeError(
                f"{self.server.address} has no room for this answer and a reply: {refused.text}"
                " Serve the model with a longer context."
            ) from None
        return True

    # --- batches

    async def upload(self, path: Path) -> str:
        """Put a file of requests onto the server, and return its identity there."""
        with path.open("rb") as file:
            stored = await self._done(lambda client: client.files.create(file=file, purpose="batch"))
        return str(stored.id)

    async def start_batch(self, file: str) -> RemoteBatch:
        """Begin a batch of the requests in an uploaded file. Sent once: a second try might begin a second batch."""
        begun = await self._done(
            lambda client: client.batches.create(
                input_file_id=file, endpoint="/v1/chat/completions", completion_window="24h"
            ),
            tries=1,
        )
        return _batch(begun)

    async def batch_of(self, file: str) -> RemoteBatch | None:
        """The batch of the requests in an uploaded file, None if none was begun."""

        async def look(client: AsyncOpenAI) -> RemoteBatch | None:
            async for found in client.batches.list(limit=100):
                if found.input_file_id == file:
                    return _batch(found)
            return None

        found: RemoteBatch | None = await self._done(look)
        return found

    async def batch(self, id: str) -> RemoteBatch:
        """How a batch stands."""
        return _batch(await self._done(lambda client: client.batches.retrieve(id)))

    async def download(self, file: str, path: Path) -> None:
        """Write a file of the server to `path`, whole or not at all."""
        part = path.with_name(path.name + ".part")

        async def fetch(client: AsyncOpenAI) -> None:
            async with client.files.with_streaming_response.content(file) as response:
                with part.open("wb") as target:
                    async for chunk in response.iter_bytes():
                        target.write(chunk)

        await self._done(fetch)
        part.replace(path)

    async def _done(self, send: Callable[[AsyncOpenAI], Any], tries: int = TRIES) -> Any:
        """What the server gives; raises JudgeError for its refusals too, since there is nothing to learn from them."""
        try:
            return await self._sent(send, tries)
        except _Refused as refused:
            raise JudgeError(f"{self.server.address} refuses that: {refused.text}", final=True) from None

    # --- weather

    async def _json(self, method: str, path: str, request: dict[str, Any] | None) -> dict[str, Any]:
        """One answered request; raises _Refused for what the server cannot do, JudgeError for the rest."""
        import httpx2

        async def send(client: AsyncOpenAI) -> httpx2.Response:
            async with asyncio.timeout(self.server.timeout):  # the client's own time begins anew with every byte
                if method == "GET":
                    return await client.get(path, cast_to=httpx2.Response)
                return await client.post(path, cast_to=httpx2.Response, body=request)

        response = await self._sent(send)
        try:
            answer = json.loads(response.content)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise JudgeError(
                f"{self.server.address} answers, but not as an OpenAI-compatible server does."
                " Check judge.base_url; it usually ends in /v1.",
                final=True,
            )
        return answer

    async def _sent(self, send: Callable[[AsyncOpenAI], Any], most: int = TRIES) -> Any:
        import openai

        client = self._client()
        failure, tries = JudgeError("nothing was sent"), 0
        while tries < most:
            await self._fair_weather()
            tries += 1
            wait = self._pause * 2 ** (tries - 1)
            try:
                found = await send(client)
            except (openai.APITimeoutError, TimeoutError):
                failure = JudgeError(
                    f"{self.server.address} did not answer within {self.server.timeout:g} s;"
                    " a slow server needs a larger judge.timeout."
                )
                tries += TRIES // TRIES_UNANSWERED - 1
            except openai.APIStatusError as error:
                failure, asked = self._bad_status(error)
                wait = wait if asked is None else asked
                if wait > LONGEST_PAUSE:
                    failure = JudgeError(f"{failure} It asks to wait {wait:.0f} s; try again then.")
                    self._give_up(failure)
                    raise failure from None
                self._not_before = max(self._not_before, time.monotonic() + wait)
            except openai.APIConnectionError as error:
                failure = JudgeError(f"{self.server.address} cannot be reached: {self._why(error)}.")
                tries += NOBODY_THERE if "nothing listens" in str(failure) else 0
            except openai.OpenAIError as error:
                raise JudgeError(f"{self.server.address}: {self._clean(str(error))}", final=True) from None
            else:
                self._failed_in_a_row = 0
                return found
            if tries < most:
                await asyncio.sleep(wait)
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= STORM:
            self._give_up(failure)
        raise failure

    async def _fair_weather(self) -> None:
        """Wait while the server has asked everybody to."""
        while (left := self._not_before - time.monotonic()) > 0:
            await asyncio.sleep(left)

    def _bad_status(self, error: APIStatusError) -> tuple[JudgeError, float | None]:
        """What passes, with the seconds that the server asks to wait; raises for what does not pass."""
        status, said = error.status_code, self._said(error)
        place = self.server.address
        if status in (401, 403):
            raise JudgeError(
                f"{place} refuses the key ({status}): {said}"
                " It is read from the environment variable that judge.key_variable names.",
                final=True,
            ) from None
        if status == 404:
            raise JudgeError(
                f"{place} has no model {self.server.model!r}, or nothing at this address (404): {said}"
                " Addresses usually end in /v1; `prepdrill judge check` lists the models.",
                final=True,
            ) from None
        if status == 429 and "insufficient_quota" in f"{error.body}":
            raise JudgeError(f"{place} says that nothing is left to spend (429): {said}", final=True) from None
        if status in (408, 409, 429) or status >= 500:
            if _names_shape(said):  # some servers raise the template's error as a 500
                raise _Refused(said, "messages") from None
            name = "is asked too often" if status == 429 else "fails"
            return JudgeError(f"{place} {name} ({status}): {said}"), _retry_after(error.response.headers)
        body = error.body if isinstance(error.body, Mapping) else {}
        raise _Refused(said, str(body.get("param") or "")) from None

    def _client(self) -> AsyncOpenAI:
        if self._opened is None:
            import httpx2
            import openai

            self._opened = openai.AsyncOpenAI(
                base_url=self.server.address,
                api_key=self.server.key or "none",  # local servers want none, the client wants one
                timeout=httpx2.Timeout(self.server.timeout, connect=min(CONNECT, self.server.timeout)),
                max_retries=0,
                default_headers={  # of OpenAI, and of no concern to another server
                    "OpenAI-Organization": openai.Omit(),  # type: ignore[dict-item]
                    "OpenAI-Project": openai.Omit(),  # type: ignore[dict-item]
                },
                http_client=openai.DefaultAsyncHttpxClient(verify=_trusted()),
            )
        return self._opened

    # --- words

    def _said(self, error: APIStatusError) -> str:
        body = error.body
        found = body.get("message") if isinstance(body, Mapping) else None
        text = found if isinstance(found, str) else "" if _page(error.message) else error.message
        return self._clean(text) or "it gives no reason."

    def _told(self, answer: Mapping[str, Any]) -> str:
        error = answer.get("error")
        message = error.get("message") if isinstance(error, Mapping) else error
        return f" ({self._clean(str(message))})" if message else ""

    def _why(self, error: Exception) -> str:
        cause = error.__cause__ or error
        text = self._clean(str(cause)) or type(cause).__name__
        if "connection attempts failed" in text.lower() or "refused" in text.lower():
            return "nothing listens there"
        return text.rstrip(".")

    def _clean(self, text: str) -> str:
        """One line of what the server said, without the key, and bounded."""
        if self.server.key:
            text = text.replace(self.server.key, "[key]")
        line = re.sub(r"\b(Bearer\s+|sk-)\S+", "[key]", text)
        line = " ".join("".join(letter if letter.isprintable() else " " for letter in line).split())
        line = line if len(line) <= 300 else line[:299] + "…"
        return line if not line or line[-1] in ".!?…" else line + "."


class _Refused(Exception):
    """A request that the server cannot take as it is."""

    def __init__(self, text: str, parameter: str, *, final: bool = False) -> None:
        self.text = text
        self.parameter = parameter
        self.final = final
        super().__init__(text)


def adapted(abilities: Abilities, refused: _Refused, request: Mapping[str, Any]) -> Abilities | None:
    """What to send instead, judging by what the refusal names; None if nothing of it can be left out."""
    said, parameter = refused.text.lower(), refused.parameter.lower()
    if _names_shape(said):
        if abilities.shape == "no system":
            return None
        if "system" in said or abilities.shape == "alternating":
            return dataclasses.replace(abilities, shape="no system")
        return dataclasses.replace(abilities, shape="alternating")
    if abilities.bounded and abilities.rung == "json_schema" and re.search(r"(?:min|max)(?:items|length)", said):
        return dataclasses.replace(abilities, bounded=False)
    for name in ("temperature", "seed"):
        if name in request and (parameter == name or re.search(rf"\b{name}\b", said)):
            return dataclasses.replace(abilities, dropped=abilities.dropped | {name})
    if abilities.budget in request and (abilities.budget in said or parameter == abilities.budget):
        dropped = abilities.dropped | {abilities.budget}
        if "max_tokens" not in dropped:
            return dataclasses.replace(abilities, budget="max_tokens", dropped=dropped)
        if "max_completion_tokens" not in dropped:
            return dataclasses.replace(abilities, budget="max_completion_tokens", dropped=dropped)
        return dataclasses.replace(abilities, dropped=dropped)  # it sets the length itself
    if "response_format" in request and ("response_format" in parameter or re.search(_FORM, said)):
        return dataclasses.replace(abilities, rung=RUNGS[RUNGS.index(abilities.rung) + 1])
    return None


_TOO_LONG: Final = r"context (?:length|size|window)|maximum context|exceeds? the (?:available )?context|too large"
_FORM: Final = r"response.?format|json.?schema|json.?object|json mode|structured output|guided|grammar|\bschema\b"


def _says_too_long(refused: _Refused) -> bool:
    said = refused.text.lower()
    return bool(re.search(_TOO_LONG, said)) or ("max" in refused.parameter.lower() and "large" in said)


def _names_shape(said: str) -> bool:
    return bool(
        re.search(r"roles? must alternate|alternate user/assistant|system (?:role|message)s?\b.*\bnot", said.lower())
    )


@functools.cache
def _trusted() -> ssl.SSLContext:
    """The certificates that are trusted, read once: that takes a fifth of a second."""
    import httpx2

    return httpx2.create_ssl_context()


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait, None if it does not say; a date is not read."""
    for name, unit in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        with contextlib.suppress(KeyError, ValueError):
            return max(0.0, float(headers[name]) * unit)
    return None


def _batch(found: Any) -> RemoteBatch:
    counts = found.request_counts
    return RemoteBatch(
        found.id,
        found.status,
        found.output_file_id,
        found.error_file_id,
        counts.completed if counts else 0,
        counts.failed if counts else 0,
        counts.total if counts else 0,
    )


def _page(text: str) -> bool:
    return text.lstrip()[:1] == "<"


def _without_secrets(url: str) -> str:
    return re.sub(r"//[^/@]*@|\?.*|\bsk-.*", "", url)
