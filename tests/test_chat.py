"""Requests as they are sent, and their identity."""

from __future__ import annotations

import json
from typing import Any

import pytest

from prepdrill import chat
from prepdrill.chat import RUNGS, Abilities, Call, Message, decode_abilities

MESSAGES = (Message("system", "Rules."), Message("user", "Question."), Message("user", "Answer."))
CALL = Call(MESSAGES, "verdicts", {"type": "object"}, 900, 0.7, 1)
UNTRIED = Abilities()


def identity(call: Call = CALL, abilities: Abilities = UNTRIED, **others: Any) -> str:
    place = {"base_url": "http://a/v1", "model": "m", "parser": "1"} | others
    request = chat.body(call, place["model"], abilities)
    return chat.digest(place["base_url"], request, place["parser"], call.sample)


def test_a_request_says_everything_to_a_server_of_which_nothing_is_known() -> None:
    request = chat.body(CALL, "m", UNTRIED)
    form = request.pop("response_format")
    assert form == {"type": "json_schema", "json_schema": {"name": "verdicts", "strict": True, "schema": CALL.schema}}
    assert request.pop("messages")[2] == {"role": "user", "content": "Answer."}
    assert request == {"model": "m", "max_tokens": 900, "temperature": 0.7, "seed": 1}


def test_what_a_server_refuses_is_left_out() -> None:
    abilities = Abilities("text", frozenset({"temperature", "seed"}), "max_completion_tokens")
    assert set(chat.body(CALL, "m", abilities)) == {"model", "messages", "max_completion_tokens"}


@pytest.mark.parametrize(
    ("shape", "messages"),
    [
        ("separate", [("system", "Rules."), ("user", "Question."), ("user", "Answer.")]),
        ("alternating", [("system", "Rules."), ("user", "Question.\n\nAnswer.")]),
        ("no system", [("user", "Rules.\n\nQuestion.\n\nAnswer.")]),
    ],
)
def test_messages_are_joined_as_the_model_needs_them(shape: Any, messages: list[tuple[str, str]]) -> None:
    sent = chat.body(CALL, "m", Abilities(shape=shape))["messages"]
    assert [(message["role"], message["content"]) for message in sent] == messages


@pytest.mark.parametrize("shape", ["separate", "alternating", "no system"])
def test_half_characters_never_reach_the_wire(shape: Any) -> None:
    broken = Call((Message("user", "a\udc80b"), Message("user", "\ud83d")), "x", {}, 1)
    sent = json.dumps(chat.body(broken, "m", Abilities(shape=shape)), ensure_ascii=False)
    assert "a\ufffdb" in sent
    assert sent.encode()


def test_the_identity_of_a_request_covers_all_that_is_sent() -> None:
    others = [
        identity(),
        identity(Call((*MESSAGES, Message("user", "More.")), "verdicts", CALL.schema, 900, 0.7, 1)),
        identity(Call(MESSAGES, "verdicts", {"type": "array"}, 900, 0.7, 1)),
        identity(Call(MESSAGES, "verdicts", CALL.schema, 901, 0.7, 1)),
        identity(Call(MESSAGES, "verdicts", CALL.schema, 900, 0.0, 1)),
        identity(Call(MESSAGES, "verdicts", CALL.schema, 900, 0.7, 2)),
        identity(abilities=Abilities(dropped=frozenset({"temperature"}))),
        identity(abilities=Abilities("json_object")),
        identity(abilities=Abilities(shape="alternating")),
        identity(base_url="http://b/v1"),
        identity(model="n"),
        identity(parser="2"),
    ]
    assert len(set(others)) == len(others)
    assert identity() == identity(Call(tuple(MESSAGES), "verdicts", dict(CALL.schema), 900, 0.7, 1))


def test_the_sample_tells_requests_apart_where_no_seed_can_be_sent() -> None:
    unseeded = Abilities(dropped=frozenset({"seed"}))
    first, second = (Call(MESSAGES, "verdicts", CALL.schema, 900, 0.7, sample) for sample in (0, 1))
    assert chat.body(first, "m", unseeded) == chat.body(second, "m", unseeded)
    assert identity(first, unseeded) != identity(second, unseeded)


@pytest.mark.parametrize("rung", RUNGS)
def test_what_was_learned_of_a_server_survives_being_stored(rung: Any) -> None:
    learned = Abilities(rung, frozenset({"seed", "temperature"}), "max_completion_tokens", "no system")
    assert decode_abilities(learned.encode()) == learned
