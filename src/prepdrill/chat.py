"""One exchange with a language model, as values: what is asked, what comes back, and what a server can do.

Pure. `endpoint` sends it, `graders.judge` writes and reads it, `history.replies` keeps it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

Role: TypeAlias = Literal["system", "user", "assistant"]
Rung: TypeAlias = Literal["json_schema", "json_object", "text"]
RUNGS: Final[tuple[Rung, ...]] = ("json_schema", "json_object", "text")
"""How firmly a server holds a reply to its form, the firmest first."""

FailureKind: TypeAlias = Literal["not reachable", "refused", "truncated", "not parsed"]


@dataclass(frozen=True, slots=True)
class Message:
    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Call:
    """A request before it is known what the server can do.

    `schema` is the JSON Schema of the reply; `tokens` bounds the reply; `sample` counts repetitions from 0.
    """

    messages: tuple[Message, ...]
    name: str
    schema: Mapping[str, Any]
    tokens: int
    temperature: float = 0.0
    sample: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; `seconds` is the time that the answered attempt took, tokens are None where none were told."""

    text: str
    finish: str
    model: str = ""
    """The name that the server gives the model."""
    refusal: str = ""
    reasoning: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    seconds: float = 0.0
    digest: str = ""
    """Identity of the request that was really sent, save that a budget which had to be cut counts as it was wanted: see
    `digest`."""
    parameters: str = "{}"
    """What was sent besides the messages, as JSON."""


@dataclass(frozen=True, slots=True)
class Failure:
    """No reply that could be used: which kind of failure, and a sentence about it."""

    kind: FailureKind
    reason: str


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a server has been found to accept, for one model."""

    rung: Rung = "json_schema"
    dropped: frozenset[str] = frozenset()
    """Parameters that it refuses: `temperature`, `seed`."""
    budget: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    shape: Literal["separate", "alternating", "no system"] = "separate"
    """How messages are sent: as written, neighbours of one role joined, or the rules joined to the first as well."""
    bounded: bool = True
    """Whether a schema may say how many items a list has, and how long a text is."""

    def encode(self) -> str:
        fields = dataclasses.asdict(self) | {"dropped": sorted(self.dropped)}
        return json.dumps(fields, sort_keys=True)


def decode_abilities(encoded: str) -> Abilities:
    fields = json.loads(encoded)
    return Abilities(**{**fields, "dropped": frozenset(fields["dropped"])})


def body(call: Call, model: str, abilities: Abilities) -> dict[str, Any]:
    """The request as it is sent to `/chat/completions` of a server with these abilities."""
    request: dict[str, Any] = {
        "model": model,
        "messages": [dataclasses.asdict(message) for message in _shaped(call.messages, abilities.shape)],
        abilities.budget: call.tokens,
        "temperature": call.temperature,
        "seed": call.sample,
    }
    if abilities.rung == "json_schema":
        schema = dict(call.schema) if abilities.bounded else _unbounded(call.schema)
        form = {"name": call.name, "strict": True, "schema": schema}
        request["response_format"] = {"type": "json_schema", "json_schema": form}
    elif abilities.rung == "json_object":
        request["response_format"] = {"type": "json_object"}
    return {name: value for name, value in request.items() if name not in abilities.dropped}


def digest(base_url: str, request: Mapping[str, Any], parser: str, sample: int) -> str:
    """Identity of a request: 32 hexadecimal digits of a SHA-256.

    It covers where the request goes, all that is in it, `parser` (the version of the code that reads the reply), and
    the number of the sample.
    """
    encoded = json.dumps([base_url, request, parser, sample], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(encoded.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def parameters(request: Mapping[str, Any]) -> str:
    """What a request holds besides its messages and schema, as JSON."""
    kept = {name: value for name, value in request.items() if name not in ("messages", "response_format")}
    kept["response_format"] = request.get("response_format", {}).get("type", "text")
    return json.dumps(kept, sort_keys=True)


def encodable(text: str) -> str:
    """The text with half characters, which no UTF-8 can hold, replaced one for one by U+FFFD."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def _shaped(messages: Iterable[Message], shape: str) -> list[Message]:
    """Neighbours of one role joined where roles must alternate; the rules too where there is no system role."""
    messages = [Message(message.role, encodable(message.content)) for message in messages]
    if shape == "separate":
        return messages
    shaped: list[Message] = []
    for message in messages:
        role: Role = "user" if message.role == "system" and shape == "no system" else message.role
        if shaped and shaped[-1].role == role:
            shaped[-1] = Message(role, f"{shaped[-1].content}\n\n{message.content}")
        else:
            shaped.append(Message(role, message.content))
    return shaped


_BOUNDS: Final = ("minItems", "maxItems", "minLength")


def _unbounded(schema: Any) -> Any:
    """A schema that does not say how many items a list has, or how long a text is."""
    if isinstance(schema, Mapping):
        return {key: _unbounded(value) for key, value in schema.items() if key not in _BOUNDS}
    return [_unbounded(value) for value in schema] if isinstance(schema, list) else schema


# --- what a server answers


def reply_in(answer: Mapping[str, Any], digest: str, parameters: str, seconds: float = 0.0) -> Reply | None:
    """The reply in a completion as a server gives it, None if it holds none. Whatever is odd in it is left out."""
    choices = answer.get("choices")
    choice = mapping(choices[0]) if isinstance(choices, list) and choices else {}
    if not isinstance(choice.get("message"), Mapping):
        return None
    message, usage = choice["message"], mapping(answer.get("usage"))
    return Reply(
        text=text_in(message.get("content")),
        finish=text_in(choice.get("finish_reason")) or "stop",
        model=text_in(answer.get("model")),
        refusal=text_in(message.get("refusal")),
        reasoning=text_in(message.get("reasoning_content")) or text_in(message.get("reasoning")),
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
        seconds=seconds,
        digest=digest,
        parameters=parameters,
    )


def mapping(value: Any) -> Mapping[str, Any]:
    """The value if it has keys, else nothing."""
    return value if isinstance(value, Mapping) else {}


def text_in(content: Any) -> str:
    """The text of a message, which some servers send in parts."""
    if isinstance(content, list):
        return "".join(text_in(mapping(part).get("text")) for part in content)
    return encodable(content) if isinstance(content, str) else ""


def _count(value: Any) -> int | None:
    """A number of tokens as a server may tell it, None for what cannot be one."""
    return value if isinstance(value, int) and 0 <= value < 2**31 else None
