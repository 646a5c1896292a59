"""The scripted server, as the real client sees it."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import openai
import pytest
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletion

from prepdrill.graders.prompt import schema
from prepdrill.graders.replies import read

from . import scripted
from .scripted import BatchRules, ScriptedServer, asked, reply, status, verdicts

Found = TypeVar("Found")
Line: TypeAlias = dict[str, Any]

FIRM = {"type": "json_schema", "json_schema": {"name": "v", "strict": True, "schema": schema(["margin-only", "b"])}}


def with_client(server: ScriptedServer, talk: Callable[[AsyncOpenAI], Awaitable[Found]], *, key: str = "x") -> Found:
    """What comes of talking to the server with the real client."""

    async def run() -> Found:
        async with AsyncOpenAI(base_url=server.base_url, api_key=key, max_retries=0, timeout=5) as client:
            return await talk(client)

    return asyncio.run(run())


def chat(server: ScriptedServer, *, key: str = "x", roles: str = "user", **parameters: Any) -> ChatCompletion:
    messages = [{"role": role, "content": f"id: {role}"} for role in roles.split()]
    request: Any = {"model": "m", "messages": messages, **parameters}

    async def talk(client: AsyncOpenAI) -> ChatCompletion:
        completion: ChatCompletion = await client.chat.completions.create(**request)
        return completion

    return with_client(server, talk, key=key)


def refusal(server: ScriptedServer, **parameters: Any) -> openai.APIStatusError:
    with pytest.raises(openai.APIStatusError) as raised:
        chat(server, **parameters)
    return raised.value


def test_requests_are_answered_in_the_order_of_the_script_and_kept() -> None:
    with ScriptedServer() as server:
        server.enqueue(reply("first", reasoning="since", usage=(7, 2)), reply(None, refusal="No.", usage=None))
        server.always(lambda body: reply(body["messages"][0]["role"], finish_reason="length"))
        first, second, third = chat(server, seed=3), chat(server), chat(server)
    message = first.choices[0].message
    assert (message.content, message.model_extra) == ("first", {"reasoning_content": "since"})
    assert first.usage is not None
    assert (first.usage.total_tokens, second.usage) == (9, None)
    assert second.choices[0].message.refusal == "No."
    assert (third.choices[0].message.content, third.choices[0].finish_reason) == ("user", "length")
    assert [request.body.get("seed") for request in server.requests] == [3, None, None]
    assert server.requests[0].path == "/v1/chat/completions"
    assert server.requests[0].headers["authorization"] == "Bearer x"
    assert server.requests[0].at < server.requests[1].at


def test_bad_weather_comes_as_the_client_knows_it() -> None:
    with ScriptedServer() as server:
        server.enqueue(status(429, "Slow down.", retry_after=0.01), scripted.html(), scripted.no_choices())
        limited = refusal(server)
        assert isinstance(limited, openai.RateLimitError)
        assert limited.response.headers["retry-after"] == "0.01"
        page: Any = chat(server)
        assert page.startswith("<!doctype html>")
        assert chat(server).choices == []
        for step in (scripted.cut_off(), scripted.drop()):
            server.enqueue(step)
            with pytest.raises(openai.APIConnectionError) as raised:
                chat(server)
            assert not isinstance(raised.value, openai.APITimeoutError)
        server.enqueue(scripted.hang())
        with pytest.raises(openai.APITimeoutError):
            chat(server, timeout=0.1)


def test_what_a_server_cannot_do_is_said_in_the_words_of_real_ones() -> None:
    with ScriptedServer(alternation=True, no_system=True) as server:
        server.always(lambda _: reply("ok"))
        server.strict_about("max_tokens", "temperature")
        server.schemas("json_object")
        budget = refusal(server, max_tokens=10)
        assert (budget.status_code, budget.param, budget.code) == (400, "max_tokens", "unsupported_parameter")
        assert "Use 'max_completion_tokens' instead." in budget.message
        warmth = refusal(server, temperature=0.0)
        assert (warmth.param, warmth.code) == ("temperature", "unsupported_value")
        assert "does not support 0.0 with this model" in warmth.message
        assert "'response_format.type' must be one of" in refusal(server, response_format=FIRM).message
        assert "roles must alternate" in refusal(server, roles="user user").message
        assert "System role not supported" in refusal(server, roles="system user").message
        agreed = chat(server, response_format={"type": "json_object"}, max_completion_tokens=10)
    assert agreed.choices[0].message.content == "ok"


def test_a_wrong_key_is_refused_and_repeated() -> None:
    with ScriptedServer(key="right") as server:
        server.always(lambda _: reply("ok"))
        refused = refusal(server, key="wrong-key")
        assert isinstance(refused, openai.AuthenticationError)
        assert "wrong-key" in refused.message
        assert chat(server, key="right").choices[0].message.content == "ok"


def test_sixteen_requests_are_answered_at_once() -> None:
    async def sixteen(client: AsyncOpenAI) -> list[ChatCompletion]:
        create = client.chat.completions.create
        return await asyncio.gather(*(create(model="m", messages=[]) for _ in range(16)))

    with ScriptedServer(latency=0.2) as server:
        server.always(lambda _: reply("ok"))
        assert len(with_client(server, sixteen)) == 16
    assert server.most_at_once == 16


def test_nothing_is_left_behind_and_a_failing_script_fails_the_test() -> None:
    def failing(_: dict[str, Any]) -> scripted.Step:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), ScriptedServer() as server:  # noqa: PT012
        server.always(failing)
        assert "The script failed" in refusal(server).message
    assert not [thread for thread in threading.enumerate() if thread.name == "scripted server"]
    with pytest.raises(openai.APIConnectionError):
        chat(server)


def run_batch(server: ScriptedServer, count: int) -> tuple[list[str], list[Line], list[Line]]:
    """The states of a batch as it is polled, and the lines of its output and errors."""

    async def talk(client: AsyncOpenAI) -> tuple[list[str], list[Line], list[Line]]:
        body = {"model": "m", "messages": [{"role": "user", "content": "é"}]}
        frame = {"method": "POST", "url": "/v1/chat/completions"}
        lines = [{"custom_id": f"c{number}", **frame, "body": body | {"seed": number}} for number in range(count)]
        content = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()
        file = await client.files.create(file=io.BytesIO(content), purpose="batch")
        assert file.bytes == len(content)
        endpoint: Any = "/v1/chat/completions"
        batch = await client.batches.create(input_file_id=file.id, endpoint=endpoint, completion_window="24h")
        states: list[str] = [batch.status]
        while batch.status not in ("completed", "cancelled", "failed"):
            batch = await client.batches.retrieve(batch.id)
            states.append(batch.status)
        assert [other.id async for other in client.batches.list()] == [batch.id]
        texts = [
            (await client.files.content(id)).text if id else "" for id in (batch.output_file_id, batch.error_file_id)
        ]
        good, bad = ([json.loads(line) for line in text.splitlines()] for text in texts)
        return states, good, bad

    return with_client(server, talk)


def second_fails(body: dict[str, Any]) -> scripted.Step:
    return status(400, "Bad line.") if body["seed"] == 1 else reply(body["messages"][0]["content"])


def test_a_batch_is_answered_by_the_script_as_it_is_polled() -> None:
    with ScriptedServer() as server:
        server.always(second_fails)
        states, good, bad = run_batch(server, 3)
    assert states == ["validating", "in_progress", "completed"]
    assert [line["custom_id"] for line in good] == ["c0", "c2"]
    assert good[0]["response"]["body"]["choices"][0]["message"]["content"] == "é"
    assert [(line["custom_id"], line["response"]["status_code"], line["error"]) for line in bad] == [("c1", 400, None)]


def test_a_batch_may_lose_repeat_and_reorder_lines_and_fail_as_vllm_does() -> None:
    with ScriptedServer() as server:
        server.batch_line(second_fails)
        server.batch_rules(BatchRules(form="vllm", leave_out=(3,), repeat=(0,), reverse=True))
        _, lines, errors = run_batch(server, 4)
    assert [line["custom_id"] for line in lines] == ["c2", "c1", "c0", "c0"]
    assert (lines[1]["response"]["body"], lines[1]["error"]["message"]) == (None, "Bad line.")
    assert (lines[0]["response"]["status_code"], lines[0]["error"], errors) == (200, None, [])


def test_a_batch_can_be_cancelled_and_a_bad_file_fails() -> None:
    async def talk(client: AsyncOpenAI) -> list[str]:
        endpoint: Any = "/v1/chat/completions"
        file = await client.files.create(file=io.BytesIO(b"no json\n"), purpose="batch")
        first, second = [
            await client.batches.create(input_file_id=file.id, endpoint=endpoint, completion_window="24h")
            for _ in range(2)
        ]
        cancelled = await client.batches.cancel(first.id)
        return [cancelled.status, *[(await client.batches.retrieve(batch.id)).status for batch in (first, second)]]

    with ScriptedServer() as server:
        assert with_client(server, talk) == ["cancelling", "cancelled", "failed"]


def test_criteria_are_found_in_the_schema_or_else_in_the_last_message() -> None:
    messages = [
        {"role": "user", "content": "id: before\n"},
        {"role": "user", "content": "# Criteria\n\nid: margin-only\nkind: criterion\n\nid: b\nasks: id: c"},
        {"role": "assistant", "content": "id: d"},
        {"role": "user", "content": "That reply cannot be used."},
    ]
    assert asked({"response_format": FIRM}) == asked({"messages": messages}) == ["margin-only", "b"]


@pytest.mark.parametrize("end", ["closed input", "SIGTERM"])
def test_as_a_program_it_grades_until_it_is_told_to_end(end: str) -> None:
    command = [sys.executable, "-m", "tests.scripted", "--port", "0", "--latency", "0.01"]
    root, pipe = Path(__file__).parent.parent, subprocess.PIPE
    with subprocess.Popen(command, cwd=root, stdin=pipe, stdout=pipe, text=True) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        with contextlib.ExitStack() as stack:
            stack.callback(program.kill)
            request = urllib.request.Request(
                f"{program.stdout.readline().strip()}/chat/completions",
                json.dumps({"model": "m", "messages": [], "response_format": FIRM}).encode(),
            )
            with urllib.request.urlopen(request, timeout=5) as response:
                text = json.load(response)["choices"][0]["message"]["content"]
            if end == "SIGTERM":
                program.send_signal(signal.SIGTERM)
            else:
                program.stdin.close()
            assert program.wait(5) == 0
    assert text == verdicts(["margin-only", "b"])
    assert not read(text, ["margin-only", "b"]).fault


def test_what_waits_is_answered_when_it_is_released() -> None:
    with ScriptedServer(latency=600) as server:
        server.always(lambda _: reply("ok"))
        threading.Timer(0.1, server.release).start()
        assert chat(server).choices[0].message.content == "ok"  # or the client gives up waiting
