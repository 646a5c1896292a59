"""A judge for tests: a background over a scripted server, and replies that obey the form."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from prepdrill.endpoint import Server
from prepdrill.graders.judge import Mode
from prepdrill.history import History
from prepdrill.judging import Background, Terms
from prepdrill.model import Event, EventKind, Item, Moment

from .scripted import Body, ScriptedServer, Step, asked, reply


def terms(server: ScriptedServer, *, mode: Mode | None = None, timeout: float = 5.0) -> Terms:
    """The terms of a judge on this server."""
    return Terms(Server(server.base_url, "scripted-1", None, timeout), mode or Mode(), 4, 0.0, 0.0, None)


def background(server: ScriptedServer, path: Path) -> Callable[[], Background]:
    """Gives one and the same judge, made at the first call, with its replies in the history at `path`."""
    return functools.cache(lambda: Background(terms(server), {}, path, time.time))


def says(heard: Mapping[str, str], probe: str | None = None) -> Callable[[Body], Step]:
    """A judge that calls met what stands in `heard` (criterion -> quote), and asks `probe` when it is to ask."""

    def answer(body: Body) -> Step:
        if is_probe(body):
            return reply(json.dumps({"ask": probe or ""}))
        entries = [
            {
                "id": id,
                "quotes": [heard[id]] if id in heard else [],
                "reason": "The model says so.",
                "verdict": "met" if id in heard else "unmet",
            }
            for id in asked(body)
        ]
        return reply(json.dumps({"verdicts": entries}))

    return answer


def is_probe(body: Body) -> bool:
    """Whether a request is for a follow-up, not for verdicts."""
    schema = body["response_format"]["json_schema"]["schema"]
    return "ask" in schema["properties"]


def hand_in(history: History, item: Item, answer: str, at: float = 1_790_000_000.0) -> int:
    """Store an attempt that was handed in and not graded, and return its number."""
    attempt = history.begin_attempt(history.begin_session("drill", "offline", at), item, at, None)
    for kind in (EventKind.SUBMITTED, EventKind.ENDED):
        history.record(attempt, Event(kind, Moment(0.0, at), answer), seconds=1.0)
    return attempt
