"""A server on this machine that speaks OpenAI's protocol by a script, for tests and benchmarks.

`with ScriptedServer() as server:` serves from a thread of its own until the block ends. What it answers is said in
steps: `server.enqueue(status(429), reply("..."))` for the next requests, `server.always(function)` for all others.
As a program it prints its base URL and grades every answer as unmet, until its standard input closes or SIGTERM comes:
`python -m tests.scripted --port 0 --latency 0.2`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import signal
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import pairwise
from types import FrameType
from typing import Any, Final, Literal, TypeAlias

from prepdrill.graders.prompt import DECOY

Body: TypeAlias = dict[str, Any]
Form: TypeAlias = Literal["openai", "vllm"]
Rung: TypeAlias = Literal["json_schema", "json_object", "text"]

RUNGS: Final[tuple[Rung, ...]] = ("json_schema", "json_object", "text")
MODEL: Final = "scripted-1"
CREATED: Final = 1_700_000_000  # always the same, so that replies do not depend on the clock
COMPLETION: Final[Body] = {"id": "chatcmpl-1", "object": "chat.completion", "created": CREATED, "model": MODEL}

# --- steps: what one request is answered with


@dataclass(frozen=True, slots=True)
class Step:
    """One answer; `latency` is in seconds, 0 for the server's own."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    latency: float = 0.0
    manner: Literal["whole", "cut off", "hang", "drop"] = "whole"


Script: TypeAlias = Callable[[Body], Step]


def reply(
    text: str | None,
    *,
    finish_reason: str = "stop",
    reasoning: str | None = None,
    reasoning_field: str = "reasoning_content",
    refusal: str | None = None,
    model: str = MODEL,
    usage: tuple[int, int] | None = (120, 40),
    latency: float = 0.0,
) -> Step:
    """A chat completion with one choice; `usage` counts the tokens of prompt and completion, None tells nothing."""
    message = {"role": "assistant", "content": text, "refusal": refusal}
    if reasoning is not None:
        message[reasoning_field] = reasoning
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}
    made = COMPLETION | {"model": model, "choices": [choice]}
    if usage is not None:
        names = ("prompt_tokens", "completion_tokens", "total_tokens")
        made["usage"] = dict(zip(names, (*usage, sum(usage)), strict=True))
    return _json(made, latency=latency)


def no_choices() -> Step:
    """A chat completion without any choice."""
    return _json(COMPLETION | {"choices": []})


def status(
    code: int,
    message: str = "Scripted.",
    *,
    type: str | None = None,
    param: str | None = None,
    code_word: str | int | None = None,
    retry_after: float | None = None,
    latency: float = 0.0,
) -> Step:
    """OpenAI's body of an error; `retry_after` is in seconds."""
    kind = type or ("requests" if code == 429 else "server_error" if code >= 500 else "invalid_request_error")
    headers = () if retry_after is None else (("Retry-After", f"{retry_after:g}"),)
    error = {"message": message, "type": kind, "param": param, "code": code_word}
    return _json({"error": error}, code=code, headers=headers, latency=latency)


def html() -> Step:
    """A page with status 200, as a proxy or a wrong path gives it."""
    return raw(b"<!doctype html><html><body>Welcome.</body></html>", "text/html; charset=utf-8")


def raw(body: bytes, content_type: str = "application/json", *, code: int = 200, latency: float = 0.0) -> Step:
    """These bytes."""
    return Step(code, body, content_type, latency=latency)


def cut_off() -> Step:
    """Half of a reply, then a closed connection."""
    return Step(body=reply("Nobody reads this to its end.").body, manner="cut off")


def hang() -> Step:
    """No answer until the server closes."""
    return Step(manner="hang")


def drop() -> Step:
    """A connection closed without an answer."""
    return Step(manner="drop")


def _json(value: object, *, code: int = 200, headers: tuple[tuple[str, str], ...] = (), latency: float = 0.0) -> Step:
    return Step(code, json.dumps(value).encode(), headers=headers, latency=latency)


def verdicts(ids: Iterable[str], outcome: str = "unmet", quotes: Sequence[str] = (), reason: str = "Not said.") -> str:
    """The text of a reply that says the same of each of these criteria; the decoy is unmet, as for any sound judge."""
    unmet: Body = {"quotes": [], "reason": "Not said.", "verdict": "unmet"}
    said: Body = {"quotes": list(quotes), "reason": reason, "verdict": outcome}
    return json.dumps({"verdicts": [{"id": id, **(unmet if id == DECOY else said)} for id in ids]})


def asked(body: Body) -> list[str]:
    """Ids of the criteria in a request: those of its schema, or of the last user message with lines `id: ...`."""
    with contextlib.suppress(KeyError):
        schema = body["response_format"]["json_schema"]["schema"]
        return list(schema["properties"]["verdicts"]["items"]["properties"]["id"]["enum"])
    for message in reversed(body.get("messages", [])):
        if message["role"] == "user" and (ids := re.findall(r"^id: (\S+)", message["content"], re.MULTILINE)):
            return ids
    return []


# --- rules: what a server cannot do

REFUSALS: Final = {
    "temperature": "Unsupported value: 'temperature' does not support {0} with this model."
    " Only the default (1) value is supported.",
    "seed": "Unsupported parameter: 'seed' is not supported with this model.",
    "response_format": "Invalid parameter: 'response_format' of type '{0[type]}' is not supported with this model.",
    "max_tokens": "Unsupported parameter: 'max_tokens' is not supported with this model."
    " Use 'max_completion_tokens' instead.",
    "max_completion_tokens": "Unrecognized request argument supplied: max_completion_tokens",
}
"""What OpenAI says of a parameter, {0} being its value; the last is said by models older than the name."""


def _unsupported(name: str, value: Any, code: int) -> Step:
    words = {"temperature": "unsupported_value", "seed": "unsupported_parameter", "max_tokens": "unsupported_parameter"}
    param = None if name == "max_completion_tokens" else name
    return status(code, REFUSALS[name].format(value), param=param, code_word=words.get(name))


# --- batches


@dataclass(frozen=True, slots=True)
class BatchRules:
    """How batches end, and what is odd about their output; lines of the input count from 0.

    In the form of OpenAI a failed line stands in the error file, with its status and `error` null. vLLM writes one
    file, and for a failed line an `error` and no body.
    """

    form: Form = "openai"
    leave_out: Collection[int] = ()
    repeat: Collection[int] = ()
    reverse: bool = False
    polls: int = 2
    """How often a batch must be looked at until it has ended."""
    ends: Literal["completed", "expired"] = "completed"


@dataclass
class _Batches:
    """Files and batches by their ids; a batch is a mapping as it is sent, changed as it is polled."""

    script: Script
    rules: BatchRules = BatchRules()
    files: dict[str, bytes] = field(default_factory=dict)
    batches: dict[str, Body] = field(default_factory=dict)
    polled: Counter[str] = field(default_factory=Counter)

    def answer(self, what: str, rest: Sequence[str], body: Body) -> Step:
        """Answer a request by its method and first word, and the other parts of its path."""
        match what, *rest:
            case ["POST files"]:
                return _json(self._store(body["file"].encode(), "requests.jsonl", body["purpose"]))
            case ["GET files", id, "content"] if id in self.files:
                return raw(self.files[id], "application/octet-stream")
            case ["POST batches"] if body.get("input_file_id") in self.files:
                return self._begin(body)
            case ["GET batches"]:
                data = list(reversed(self.batches.values()))
                return _json({"object": "list", "data": data, "has_more": False})
            case ["GET batches", id] if id in self.batches:
                self.polled[id] += 1
                self._advance(self.batches[id])
                return _json(self.batches[id])
            case ["POST batches", id, "cancel"] if id in self.batches:
                if self.batches[id]["status"] not in ("validating", "in_progress"):
                    return status(409, f"Cannot cancel a batch with status '{self.batches[id]['status']}'.")
                self.batches[id]["status"] = "cancelling"
                return _json(self.batches[id])
        return status(404, f"No such object: {body.get('input_file_id', '/'.join(rest))}")

    def _store(self, content: bytes, filename: str, purpose: str) -> Body:
        id = f"file-{len(self.files) + 1}"
        self.files[id] = content
        made: Body = {"id": id, "object": "file", "bytes": len(content), "created_at": CREATED}
        return made | {"filename": filename, "purpose": purpose, "status": "processed"}

    def _begin(self, request: Body) -> Step:
        id = f"batch_{len(self.batches) + 1}"
        asked_for = {name: request.get(name) for name in ("endpoint", "input_file_id", "completion_window", "metadata")}
        made: Body = {"id": id, "object": "batch", "status": "validating", "created_at": CREATED, "errors": None}
        made |= {"output_file_id": None, "error_file_id": None, "request_counts": _counts(0)}
        self.batches[id] = made | asked_for
        return _json(self.batches[id])

    def _advance(self, batch: Body) -> None:
        if batch["status"] == "cancelling":
            batch["status"] = "cancelled"
        if batch["status"] not in ("validating", "in_progress"):
            return
        content = self.files[batch["input_file_id"]]
        try:
            lines = [(line["custom_id"], line["body"]) for line in map(json.loads, content.splitlines())]
        except (ValueError, KeyError, TypeError):
            fault = {"code": "invalid_json_line", "message": "A line is not a request.", "line": None, "param": None}
            batch |= {"status": "failed", "errors": {"object": "list", "data": [fault]}}
            return
        batch |= {"status": "in_progress", "request_counts": _counts(len(lines))}
        if self.polled[batch["id"]] >= self.rules.polls:
            self._finish(batch, lines)

    def _finish(self, batch: Body, lines: Sequence[tuple[str, Body]]) -> None:
        files: dict[str, list[str]] = {"output": [], "error": []}
        good = 0
        for number, (custom_id, body) in enumerate(lines):
            if number not in self.rules.leave_out:
                step = self.script(body)
                fine = step.status == 200 and _loaded(step) is not None
                good += fine
                text = json.dumps(_batch_line(self.rules.form, number, custom_id, step)) + "\n"
                name = "output" if fine or self.rules.form == "vllm" else "error"
                files[name] += [text] * (2 if number in self.rules.repeat else 1)
        for name, texts in files.items():
            if texts:
                content = "".join(reversed(texts) if self.rules.reverse else texts).encode()
                batch[f"{name}_file_id"] = self._store(content, f"{name}.jsonl", "batch_output")["id"]
        batch |= {"status": self.rules.ends, "request_counts": _counts(len(lines), good, len(lines) - good)}


def _counts(total: int, completed: int = 0, failed: int = 0) -> Body:
    return {"total": total, "completed": completed, "failed": failed}


def _batch_line(form: Form, number: int, custom_id: str, step: Step) -> Body:
    """One line of output."""
    loaded = _loaded(step)
    response: Body | None = {"status_code": step.status, "request_id": f"req_{number}", "body": loaded}
    error = None
    if loaded is None:
        response, error = None, {"code": "server_error", "message": "The request could not be answered."}
    elif form == "vllm" and step.status != 200:
        response = {"status_code": step.status, "request_id": f"req_{number}", "body": None}
        error = loaded.get("error")
    return {"id": f"batch_req_{number}", "custom_id": custom_id, "response": response, "error": error}


def _loaded(step: Step) -> Body | None:
    """What a step says, if it says a JSON object."""
    with contextlib.suppress(ValueError):
        loaded = json.loads(step.body) if step.manner == "whole" else None
        return loaded if isinstance(loaded, dict) else None
    return None


# --- the server


@dataclass(frozen=True, slots=True)
class Request:
    """A request as received: header names in small letters, a form's fields as its body, `at` in monotonic seconds."""

    path: str
    headers: Mapping[str, str]
    body: Body
    at: float
    method: str = "POST"


PATIENCE: Final = 0.02
"""Seconds between two looks at whether what waits may be answered."""


class ScriptedServer:
    """Serves on 127.0.0.1 while its `with` block runs; what the script itself raises is raised at the end of the block.

    All may be called and read from any thread. Scripts run in the server's thread.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        latency: float = 0.0,
        key: str | None = None,
        alternation: bool = False,
        no_system: bool = False,
        models: Sequence[str] = (MODEL,),
        batches: bool = True,
    ) -> None:
        self.latency = latency
        """Seconds before each chat reply that has no latency of its own."""
        self.base_url = ""
        self.most_at_once = 0
        """The largest number of chat requests that were being answered at one time."""
        self._released = False
        self._port, self._key, self._models = port, key, models
        self._alternation, self._no_system, self._has_batches = alternation, no_system, batches
        self._queue: deque[Step] = deque()
        self._always: Script = _unscripted
        self._strict: dict[str, int] = {}
        self._rung: Rung = "json_schema"
        self._batches = _Batches(self._answer)
        self._requests: list[Request] = []
        self._at_once = 0
        self._fault: Exception | None = None
        self._open: set[asyncio.Task[None]] = set()

    # --- the script

    def release(self) -> None:
        """Answer what waits, and all that comes, without latency."""
        self._released = True

    def enqueue(self, *steps: Step) -> None:
        """Answer the next chat requests with these."""
        self._queue.extend(steps)

    def clear(self) -> None:
        """Forget what was enqueued and not sent."""
        self._queue.clear()

    def always(self, script: Script) -> None:
        """Answer chat requests by this function of their body when the queue is empty."""
        self._always = script

    def strict_about(self, *names: str, code: int = 400) -> None:
        """From now on refuse requests that hold one of these parameters."""
        self._strict |= dict.fromkeys(names, code)

    def schemas(self, best: Rung) -> None:
        """From now on refuse forms of reply that are firmer than this."""
        self._rung = best

    def batch_rules(self, rules: BatchRules) -> None:
        """From now on let batches go by these."""
        self._batches.rules = rules

    def batch_line(self, script: Script) -> None:
        """Answer the lines of batches by this function of their body, not by what answers chat requests."""
        self._batches.script = script

    @property
    def requests(self) -> list[Request]:
        """All that was received, in order."""
        return list(self._requests)

    @property
    def chats(self) -> list[Body]:
        """The bodies of the chat requests, in order."""
        return [request.body for request in self.requests if request.path.endswith("/chat/completions")]

    # --- its life

    def __enter__(self) -> ScriptedServer:
        ready: Future[int] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), name="scripted server")
        self._thread.start()
        self.base_url = f"http://127.0.0.1:{ready.result()}/v1"
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()
        if self._fault is not None and kind is None:
            raise self._fault

    async def _serve(self, ready: Future[int]) -> None:
        self._loop, self._closing = asyncio.get_running_loop(), asyncio.Event()
        try:
            server = await asyncio.start_server(self._connected, "127.0.0.1", self._port, backlog=256)
        except OSError as error:
            ready.set_exception(error)
            return
        ready.set_result(server.sockets[0].getsockname()[1])
        await self._closing.wait()
        server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await asyncio.sleep(0)  # aborted connections close their sockets in the loop's next round

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            while (request := await _received(reader)) is not None:
                self._requests.append(request)
                if not await self._sent(writer, request):
                    break
            writer.close()
            await writer.wait_closed()
        except (ConnectionError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._open.discard(task)

    async def _sent(self, writer: asyncio.StreamWriter, request: Request) -> bool:
        """Answer; whether the connection goes on."""
        chat = request.path.endswith("/chat/completions")
        self._at_once += chat
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            step = self._step(request)
            until = time.monotonic() + (step.latency or self.latency) * chat
            while not self._released and (left := until - time.monotonic()) > 0:
                await asyncio.sleep(min(left, PATIENCE))
            return await _written(writer, step)
        finally:
            self._at_once -= chat

    def _step(self, request: Request) -> Step:
        try:
            return self._routed(request)
        except Exception as error:  # whatever a test's own function raises must reach the test
            self._fault = self._fault or error
            return status(400, f"The script failed: {error!r}")

    def _routed(self, request: Request) -> Step:
        sent = request.headers.get("authorization", "")
        if self._key is not None and sent != f"Bearer {self._key}":
            text = f"Incorrect API key provided: {sent.removeprefix('Bearer ')}."
            return status(401, text, code_word="invalid_api_key")
        match request.method, *request.path.removeprefix("/v1/").split("/"):
            case ["POST", "chat", "completions"]:
                return self._answer(request.body)
            case ["GET", "models"]:
                kind = {"object": "model", "created": CREATED, "owned_by": "tests"}
                return _json({"object": "list", "data": [{"id": id, **kind} for id in self._models]})
            case [method, "files" | "batches" as kind_, *rest] if self._has_batches:
                return self._batches.answer(f"{method} {kind_}", rest, request.body)
        return status(404, f"Invalid URL ({request.method} {request.path})")

    def _answer(self, body: Body) -> Step:
        """What the rules say to a chat request, else the queue, else the function for all others."""
        for name, code in self._strict.items():
            if name in body:
                return _unsupported(name, body[name], code)
        if fault := self._fault_of(body):
            return status(400, fault, type="BadRequestError", code_word=400)
        return self._queue.popleft() if self._queue else self._always(body)

    def _fault_of(self, body: Body) -> str:
        """What vLLM says, or a model's template through it, to a request that it cannot take; empty if it can."""
        roles = [message["role"] for message in body.get("messages", [])]
        if self._no_system and "system" in roles:
            return "System role not supported"
        if self._alternation and any(one == other for one, other in pairwise(roles)):
            return "Conversation roles must alternate user/assistant/user/assistant/..."
        form, accepted = body.get("response_format", {}).get("type", "text"), RUNGS[RUNGS.index(self._rung) :]
        if form not in accepted:
            return f"'response_format.type' must be one of {', '.join(map(repr, accepted))}, but got: {form}"
        return ""


def _unscripted(_: Body) -> Step:
    return status(400, "Nothing is scripted for this request; call enqueue or always.")


# --- HTTP


async def _received(reader: asyncio.StreamReader) -> Request | None:
    """The next request on a connection; None when the client has closed it."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        content = await reader.readexactly(int(headers.get("content-length", 0)))
    except asyncio.IncompleteReadError:
        return None
    method, target, _ = first.split(" ")
    return Request(target.partition("?")[0], headers, _body(headers, content), time.monotonic(), method)


def _body(headers: Mapping[str, str], content: bytes) -> Body:
    """The JSON object in a request, or the fields of its form; empty if it has neither."""
    if boundary := re.search(r'boundary="?([^";]+)', headers.get("content-type", "")):
        parts = content.split(b"--" + boundary[1].encode())[1:-1]
        fields = [part.removesuffix(b"\r\n").partition(b"\r\n\r\n") for part in parts]
        named = [(re.search(rb' name="([^"]+)"', head), value) for head, _, value in fields]
        return {name[1].decode(): value.decode() for name, value in named if name}
    with contextlib.suppress(ValueError):
        loaded = json.loads(content or b"{}")
        return loaded if isinstance(loaded, dict) else {}
    return {}


async def _written(writer: asyncio.StreamWriter, step: Step) -> bool:
    """Send a step; whether the connection goes on."""
    if step.manner == "hang":
        await asyncio.Event().wait()
    if step.manner == "drop":
        return False
    phrase = HTTPStatus(step.status).phrase
    headers = [("Content-Type", step.content_type), ("Content-Length", str(len(step.body))), *step.headers]
    head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {step.status} {phrase}", *map(": ".join, headers), ""))
    whole = step.manner == "whole"
    writer.write(head.encode() + (step.body if whole else step.body[: len(step.body) // 2]))
    await writer.drain()
    return whole


def main() -> None:
    """Serve verdicts until standard input closes or SIGTERM comes."""
    parser = argparse.ArgumentParser(description="A server that grades every answer as unmet.")
    parser.add_argument("--port", type=int, default=0, help="0 for any free one")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each reply")
    chosen = parser.parse_args()

    def end(_: int, __: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)
    with ScriptedServer(port=chosen.port, latency=chosen.latency) as server:
        server.always(lambda body: reply(verdicts(asked(body))))
        sys.stdout.write(f"{server.base_url}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
