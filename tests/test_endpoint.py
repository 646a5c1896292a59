"""What the endpoint makes of a server that is down, slow, strict, odd or hostile. Every fault counts the requests."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import logging
import re
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from prepdrill import endpoint
from prepdrill.chat import Abilities, Call, Message, Reply
from prepdrill.endpoint import LESSONS, STORM, TRIES, TRIES_UNANSWERED, Endpoint, Server
from prepdrill.errors import ExitCode, JudgeError, UsageError
from prepdrill.graders.prompt import schema

from .scripted import (
    Body,
    ScriptedServer,
    Step,
    cut_off,
    drop,
    hang,
    html,
    no_choices,
    raw,
    reply,
    status,
)

KEY = "correct-horse-battery-staple-4711"
FORM = {"type": "object", "properties": {"verdicts": {"type": "array"}}}
CALL = Call((Message("system", "Rules."), Message("user", "Question."), Message("user", "Answer.")), "x", FORM, 4000)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        running.always(lambda _: reply("All is well."))
        yield running


def talk(
    server: ScriptedServer,
    *calls: Call,
    timeout: float = 20.0,
    key: str | None = KEY,
    concurrency: int = 4,
    abilities: Abilities | None = None,
    learned: Callable[[Abilities], None] = lambda _: None,
) -> list[Reply | JudgeError]:
    """What comes of these calls, made at once; one call if none is named."""

    async def run() -> list[Any]:
        place = Server(server.base_url, "m", key, timeout)
        async with Endpoint(place, concurrency=concurrency, abilities=abilities, learned=learned, pause=0.01) as opened:
            replies = (opened.reply(call, "1") for call in calls or (CALL,))
            return await asyncio.gather(*replies, return_exceptions=True)

    found = asyncio.run(run())
    for error in found:
        if isinstance(error, BaseException) and not isinstance(error, JudgeError):
            raise error
    return found


def one(server: ScriptedServer, **others: Any) -> Reply:
    (found,) = talk(server, **others)
    assert isinstance(found, Reply)
    return found


def failure(server: ScriptedServer, **others: Any) -> JudgeError:
    """The error of one call; no key shows in it, wherever one looks."""
    (found,) = talk(server, **others)
    assert isinstance(found, JudgeError)
    assert found.exit_code is ExitCode.JUDGE
    assert "\n" not in str(found)
    assert str(found)[-1] in ".?!…"
    assert KEY not in str(found) + repr(found) + "".join(traceback.format_exception(found))
    return found


def always(server: ScriptedServer, step: Step) -> None:
    server.always(lambda _: step)


# --- what no other request would change


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (status(401, f"Incorrect API key provided: {KEY}."), r"refuses the key \(401\): Incorrect API key provided: "),
        (status(403, "Forbidden"), r"refuses the key \(403\): Forbidden\. .* judge\.key_variable"),
        (status(404, "The model `m` does not exist."), r"has no model 'm', .*\(404\): The model `m` does not exist\."),
        (html(), r"answers, but not as an OpenAI-compatible server does\. Check judge\.base_url"),
        (raw(b"[]"), "answers, but not as"),
        (raw(b""), "answers, but not as"),
        (raw(b"\xff\xfe{}"), "answers, but not as"),
        (raw(b'{"a":' * 100_000), "answers, but not as"),
        (status(429, "No money.", type="insufficient_quota"), r"nothing is left to spend \(429\): No money\."),
    ],
)
def test_what_is_wrong_for_good_is_asked_once(server: ScriptedServer, step: Step, sentence: str) -> None:
    always(server, step)
    error = failure(server)
    assert error.final
    assert re.search(sentence, str(error))
    assert server.base_url in str(error)
    assert len(server.chats) == 1


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (no_choices(), r"replied without a choice; is it a chat model\?"),
        (raw(b'{"error": {"message": "Provider is down.", "code": 502}}'), r"choice \(Provider is down\.\)"),
        (raw(b'{"error": "Out of memory"}'), r"choice \(Out of memory\.\)"),
        (raw(b'{"choices": null}'), "without a choice"),
        (raw(b'{"choices": {"0": 1}}'), "without a choice"),
        (raw(b'{"choices": ["text"]}'), "without a choice"),
        (raw(b'{"choices": [{"text": "completion"}]}'), "without a choice"),
        (raw(b'{"choices": [{"message": null}]}'), "without a choice"),
        (raw(b'{"choices": [{"message": "text"}]}'), "without a choice"),
        (status(400, "Something about this request."), r"refuses the request: Something about this request\."),
        (status(413, "Payload"), "refuses the request: Payload"),
        (status(422, "Unprocessable"), "refuses the request: Unprocessable"),
        (status(400, "Your prompt was filtered."), "refuses the request: Your prompt was filtered"),
    ],
)
def test_a_request_that_fails_for_itself_is_asked_once_and_others_may_fare_better(
    server: ScriptedServer, step: Step, sentence: str
) -> None:
    always(server, step)
    error = failure(server)
    assert not error.final
    assert re.search(sentence, str(error))
    assert len(server.chats) == 1


# --- weather


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (status(429, "Slow down."), r"is asked too often \(429\): Slow down\."),
        (status(429, "Slow down.", retry_after=0), r"is asked too often \(429\)"),
        (status(500, "Boom."), r"fails \(500\): Boom\."),
        (status(503, "Loading model"), r"fails \(503\): Loading model\."),
        (raw(b"<html>Bad gateway</html>", "text/html", code=502), r"fails \(502\): "),
        (raw(b"", code=500), r"fails \(500\): "),
        (raw(b'{"error": null}', code=500), r"fails \(500\): "),
        (cut_off(), r"cannot be reached: .*closed connection"),
        (drop(), r"cannot be reached: .*disconnected"),
    ],
)
def test_bad_weather_is_waited_out_only_so_long(server: ScriptedServer, step: Step, sentence: str) -> None:
    always(server, step)
    error = failure(server)
    assert not error.final
    assert re.search(sentence, str(error))
    assert "<html>" not in str(error)
    assert len(server.chats) == TRIES


@pytest.mark.parametrize(
    "step", [status(429), status(429, retry_after=0.02), status(500), status(409), status(408), cut_off(), drop()]
)
def test_bad_weather_that_passes_loses_nothing(server: ScriptedServer, step: Step) -> None:
    server.enqueue(step, step)
    assert one(server).text == "All is well."
    assert len(server.chats) == 3
    assert server.chats[0] == server.chats[2]


def test_the_server_says_how_long_to_wait(server: ScriptedServer) -> None:
    server.enqueue(status(429, retry_after=0.3))
    one(server)
    first, second = (request.at for request in server.requests)
    assert second - first >= 0.3


def test_a_server_that_asks_one_to_wait_makes_everybody_wait(server: ScriptedServer) -> None:
    server.enqueue(status(429, retry_after=0.3))
    assert all(isinstance(found, Reply) for found in talk(server, *[CALL] * 3, concurrency=1))
    first, *others = (request.at for request in server.requests)
    assert min(others) - first >= 0.3
    assert len(others) == 3


@pytest.mark.parametrize("asked", ["3600", "1e9", "inf"])
def test_an_hour_is_said_and_not_waited_for(server: ScriptedServer, asked: str) -> None:
    busy = status(429, "Come back.")
    always(server, Step(busy.status, busy.body, headers=(("Retry-After", asked),)))
    found = talk(server, *[CALL] * 6, concurrency=1)
    assert all(isinstance(error, JudgeError) and "It asks to wait" in str(error) for error in found)
    assert len(server.chats) == 1


@pytest.mark.parametrize("asked", ["-5", "nan", "soon", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_an_unreadable_wait_is_no_wait(server: ScriptedServer, asked: str) -> None:
    busy = status(429)
    server.enqueue(Step(busy.status, busy.body, headers=(("Retry-After", asked),)))
    one(server)
    assert len(server.chats) == 2


def test_a_server_that_never_answers_is_given_up(server: ScriptedServer) -> None:
    always(server, hang())
    error = failure(server, timeout=0.2)
    assert "did not answer within 0.2 s; a slow server needs a larger judge.timeout" in str(error)
    assert len(server.chats) == TRIES_UNANSWERED


def test_a_server_that_sends_a_byte_now_and_then_is_given_up_too() -> None:
    connections = 0

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while not reader.at_eof():
                writer.write(b" ")
                await asyncio.sleep(0.02)
        writer.close()

    async def run() -> str:
        async with await asyncio.start_server(drip, "127.0.0.1", 0) as listening:
            port = listening.sockets[0].getsockname()[1]
            place = Server(f"http://127.0.0.1:{port}/v1", "m", None, 0.2)
            async with Endpoint(place, pause=0.01) as opened:
                with pytest.raises(JudgeError) as raised:
                    await opened.reply(CALL, "1")
            await asyncio.sleep(0.05)
        return str(raised.value)

    assert "did not answer within 0.2 s" in asyncio.run(run())
    assert connections == TRIES_UNANSWERED


def test_where_nobody_listens_it_says_so() -> None:
    with ScriptedServer() as server:
        pass
    assert "nothing listens there" in str(failure(server))


# --- many at once


def test_no_more_requests_are_under_way_than_allowed() -> None:
    with ScriptedServer(latency=0.02) as server:
        server.always(lambda _: reply("Yes."))
        assert all(isinstance(found, Reply) for found in talk(server, *[CALL] * 12, concurrency=3))
        assert server.most_at_once == 3


def test_when_the_key_is_refused_those_that_wait_are_not_sent(server: ScriptedServer) -> None:
    always(server, status(401, "No."))
    found = talk(server, *[CALL] * 40, concurrency=4)
    assert all(isinstance(error, JudgeError) and error.final and "(401)" in str(error) for error in found)
    assert len(server.chats) <= 4


def test_in_a_storm_those_that_wait_are_not_sent(server: ScriptedServer) -> None:
    always(server, status(500))
    found = talk(server, *[CALL] * 40, concurrency=4)
    assert all(isinstance(error, JudgeError) and "(500)" in str(error) for error in found)
    assert len(server.chats) <= TRIES * (STORM + 4)


def test_requests_that_fail_now_and_then_do_not_take_the_others_with_them(server: ScriptedServer) -> None:
    bad = Call((Message("user", "Bad."),), "x", FORM, 4000)
    server.always(lambda body: status(500) if body["messages"][-1]["content"] == "Bad." else reply("Yes."))
    found = talk(server, *[bad, CALL] * (STORM + 1), concurrency=1)
    assert [isinstance(one, JudgeError) for one in found] == [True, False] * (STORM + 1)
    assert len(server.chats) == (TRIES + 1) * (STORM + 1)


def test_a_server_that_was_given_up_is_asked_again_later(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> str:
        server.enqueue(status(404, "Still loading."))
        async with Endpoint(Server(server.base_url, "m")) as opened:
            for _ in range(3):
                with pytest.raises(JudgeError, match="Still loading"):
                    await opened.reply(CALL, "1")
            assert len(server.chats) == 1
            clock = time.monotonic
            monkeypatch.setattr(time, "monotonic", lambda: clock() + endpoint.GIVEN_UP)
            return (await opened.reply(CALL, "1")).text

    assert asyncio.run(run()) == "All is well."


# --- what a server cannot do


def test_a_schema_that_may_not_count_is_sent_without_counts_and_stays_a_schema(server: ScriptedServer) -> None:
    counted = dataclasses.replace(CALL, schema=schema(["alpha"]))

    def strict(body: Body) -> Step:
        if "minItems" in json.dumps(body["response_format"]):
            text = "Invalid schema for response_format 'x': In context=('properties',), 'minItems' is not permitted."
            return status(400, text, param="response_format")
        return reply("All is well.")

    server.always(strict)
    learned: list[Abilities] = []
    talk(server, counted, counted, learned=learned.append, concurrency=1)
    assert len(server.chats) == 3
    assert [(abilities.rung, abilities.bounded) for abilities in learned] == [("json_schema", False)]
    sent = server.chats[-1]["response_format"]["json_schema"]["schema"]
    assert sent["properties"]["verdicts"]["items"]["properties"]["reason"] == {"type": "string"}


@pytest.mark.parametrize("name", ["temperature", "seed"])
@pytest.mark.parametrize("code", [400, 422])
def test_a_parameter_that_is_refused_is_left_out_from_then_on(server: ScriptedServer, name: str, code: int) -> None:
    server.strict_about(name, code=code)
    learned: list[Abilities] = []
    first, second = talk(server, CALL, CALL, concurrency=1, learned=learned.append)
    assert isinstance(first, Reply)
    assert isinstance(second, Reply)
    assert [name in body for body in server.chats] == [True, False, False]
    assert [abilities.dropped for abilities in learned] == [{name}]
    assert first.digest == second.digest
    assert name not in json.loads(first.parameters)


@pytest.mark.parametrize(
    ("refused", "sent"), [("max_tokens", "max_completion_tokens"), ("max_completion_tokens", "max_tokens")]
)
def test_the_budget_is_sent_under_the_name_that_the_server_knows(
    server: ScriptedServer, refused: Any, sent: str
) -> None:
    server.strict_about(refused)
    one(server, abilities=Abilities(budget=refused))
    assert len(server.chats) == 2
    assert server.chats[1][sent] == 4000
    assert refused not in server.chats[1]


def test_a_server_that_knows_no_budget_gets_none(server: ScriptedServer) -> None:
    server.strict_about("max_tokens", "max_completion_tokens")
    one(server)
    assert len(server.chats) == 3
    assert not {"max_tokens", "max_completion_tokens"} & set(server.chats[2])


@pytest.mark.parametrize(("rung", "requests"), [("json_schema", 1), ("json_object", 2), ("text", 3)])
def test_the_ladder_is_climbed_down_only_as_far_as_needed(server: ScriptedServer, rung: Any, requests: int) -> None:
    server.schemas(rung)
    learned: list[Abilities] = [Abilities()]
    found = one(server, learned=learned.append)
    assert len(server.chats) == requests
    assert learned[-1].rung == rung == json.loads(found.parameters)["response_format"]


def test_weather_teaches_nothing(server: ScriptedServer) -> None:
    server.enqueue(status(429, "temperature limit for response_format seed"), status(500, "max_tokens"))
    learned: list[Abilities] = []
    one(server, learned=learned.append)
    assert not learned


def test_all_lessons_at_once_are_learned_in_one_request() -> None:
    with ScriptedServer(alternation=True, no_system=True) as server:
        server.strict_about("temperature", "seed", "max_tokens", "max_completion_tokens")
        server.schemas("text")
        server.always(lambda _: reply("Yes."))
        learned: list[Abilities] = []
        assert one(server, learned=learned.append).text == "Yes."
        assert set(server.chats[-1]) == {"model", "messages"}
        requests = len(server.chats)
        one(server, abilities=learned[-1])
        assert len(server.chats) == requests + 1


def test_requests_that_are_refused_together_learn_once(server: ScriptedServer) -> None:
    server.strict_about("temperature")
    learned: list[Abilities] = []
    found = talk(server, *[CALL] * 4, learned=learned.append)
    assert all(isinstance(reply_, Reply) for reply_ in found)
    assert len(learned) == 1
    assert len(server.chats) <= 8


@pytest.mark.parametrize(
    "complaint",
    [
        "Unsupported value: 'temperature' does not support 0.0 with this model.",
        "'response_format' is not supported.",
        "max_tokens is not supported.",
        "Conversation roles must alternate user/assistant/user/assistant/...",
        "System role not supported",
        "temperature seed max_tokens response_format roles must alternate system role not supported",
    ],
)
def test_a_server_that_refuses_everything_is_given_up(server: ScriptedServer, complaint: str) -> None:
    always(server, status(400, complaint))
    error = failure(server)
    assert "refuses" in str(error)
    assert len(server.chats) <= LESSONS


# --- room


def long(limit: int) -> Callable[[Body], Step]:
    """A server that has room for so many tokens of a reply."""

    def answer(body: Body) -> Step:
        if body["max_tokens"] <= limit:
            return reply("It fits.")
        return status(400, f"This model's maximum context length is 8192 tokens, you asked for {body['max_tokens']}.")

    return answer


def test_a_reply_for_which_there_is_no_room_is_asked_for_in_half_the_length(server: ScriptedServer) -> None:
    server.always(long(1000))
    found = one(server)
    assert [body["max_tokens"] for body in server.chats] == [4000, 2000, 1000]
    assert json.loads(found.parameters)["max_tokens"] == 1000


def test_a_prompt_without_room_for_a_reply_is_given_up_and_spoils_nothing(server: ScriptedServer) -> None:
    huge, learned = Call((Message("user", "Huge."),), "x", FORM, 4000), list[Abilities]()

    def answer(body: Body) -> Step:
        return long(0 if body["messages"][-1]["content"] == "Huge." else 4000)(body)

    server.always(answer)
    first, second = talk(server, huge, CALL, concurrency=1, learned=learned.append)
    assert isinstance(first, JudgeError)
    assert not first.final
    assert "Serve the model with a longer context." in str(first)
    assert [body["max_tokens"] for body in server.chats] == [4000, 2000, 1000, 500, 4000]
    assert isinstance(second, Reply)
    assert not learned


def test_a_cut_budget_does_not_change_the_identity_of_the_request(server: ScriptedServer) -> None:
    server.always(long(1000))
    first, second = one(server), one(server)
    assert first.digest == second.digest

    async def known() -> str:
        return Endpoint(Server(server.base_url, "m")).digest(CALL, "1")

    assert asyncio.run(known()) == first.digest


# --- odd replies


def test_a_reply_tells_what_the_server_tells(server: ScriptedServer) -> None:
    server.enqueue(reply("Yes.", model="other-name", finish_reason="length", reasoning="Hm.", refusal="No."))
    found = one(server)
    assert (found.text, found.model, found.finish) == ("Yes.", "other-name", "length")
    assert (found.reasoning, found.refusal) == ("Hm.", "No.")
    assert (found.prompt_tokens, found.completion_tokens) == (120, 40)


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_reasoning_is_found_under_both_names(server: ScriptedServer, field: str) -> None:
    server.enqueue(reply(None, reasoning="Hm.", reasoning_field=field))
    found = one(server)
    assert (found.text, found.reasoning) == ("", "Hm.")


def test_content_in_parts_is_put_together(server: ScriptedServer) -> None:
    parts = [{"type": "text", "text": "Ye"}, {"type": "image"}, "noise", {"type": "text", "text": "s."}]
    server.enqueue(raw(json.dumps({"choices": [{"message": {"content": parts}}]}).encode()))
    found = one(server)
    assert (found.text, found.finish, found.model) == ("Yes.", "stop", "")


@pytest.mark.parametrize(
    "usage", [None, "many", [], {}, {"prompt_tokens": -5, "completion_tokens": 10**30}, {"prompt_tokens": "1"}]
)
def test_usage_that_makes_no_sense_is_no_usage(server: ScriptedServer, usage: Any) -> None:
    server.enqueue(raw(json.dumps({"choices": [{"message": {"content": "Yes."}}], "usage": usage}).encode()))
    found = one(server)
    assert (found.prompt_tokens, found.completion_tokens) == (None, None)


def test_half_characters_pass_in_neither_direction(server: ScriptedServer) -> None:
    server.enqueue(raw(rb'{"choices": [{"message": {"content": "a\ud800"}}], "model": "\udfff"}'))
    (found,) = talk(server, Call((Message("user", "b\udc80"),), "x", FORM, 500))
    assert isinstance(found, Reply)
    assert (found.text, found.model) == ("a\ufffd", "\ufffd")
    assert server.chats[0]["messages"][0]["content"] == "b\ufffd"


def test_a_huge_reply_arrives_whole(server: ScriptedServer) -> None:
    server.enqueue(reply("x" * 5_000_000))
    assert len(one(server).text) == 5_000_000


def test_what_a_server_says_is_shown_in_one_bounded_line(server: ScriptedServer) -> None:
    always(server, status(400, "Bad\x1b[31m\r\n\tnews " * 1000))
    error = failure(server)
    assert str(error).isprintable()
    assert len(str(error)) < 400


# --- the key


@pytest.mark.parametrize("code", [400, 401, 403, 404, 429, 500])
def test_a_key_that_the_server_repeats_is_shown_nowhere(
    server: ScriptedServer, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    always(server, status(code, f"Bearer {KEY} is wrong, {KEY}!", retry_after=1e6))
    assert "[key]" in str(failure(server))
    assert KEY not in caplog.text
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_an_openai_key_is_not_shown_even_in_part(server: ScriptedServer) -> None:
    always(server, status(401, "Incorrect API key provided: sk-proj-abcd****wxyz. Get one."))
    assert "sk-proj" not in str(failure(server))


def test_a_servers_value_hides_its_key() -> None:
    server = Server("http://127.0.0.1:1/v1", "m", KEY)
    assert KEY not in repr(server) + str(server)


@pytest.mark.parametrize("key", ["two words", "line\n", "kéy", "\x1b[0m", ""])
def test_a_key_that_cannot_be_sent_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(UsageError, match=r"judge\.key_variable") as raised:
        Server("http://127.0.0.1:1/v1", "m", key)
    assert not key or key not in str(raised.value)


@pytest.mark.parametrize(
    "base_url",
    [
        f"http://user:{KEY}@127.0.0.1:1/v1",
        f"https://{KEY}@host/v1",
        f"https://host/v1?api_key={KEY}",
        f"https://host/v1#{KEY}",
        f"ftp://user:{KEY}@host",
        f"host/v1?key={KEY}",
        f"sk-{KEY}",
        f"http://[::1?{KEY}",
        "http://host:port/v1",
        "http://host:99999/v1",
        "http:///v1",
        "127.0.0.1:8000/v1",
        "",
    ],
)
def test_an_address_that_holds_a_key_or_is_none_is_refused(base_url: str) -> None:
    with pytest.raises(UsageError, match=r"judge\.base_url") as raised:
        Server(base_url, "m")
    assert KEY not in str(raised.value)


# --- models


def test_the_models_of_a_server_are_listed() -> None:
    with ScriptedServer(models=("a", "b")) as server:

        async def run() -> list[str]:
            async with Endpoint(Server(server.base_url, "")) as opened:
                return await opened.models()

        assert asyncio.run(run()) == ["a", "b"]
