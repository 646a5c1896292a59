"""Judging by what was replied, and saying what must be asked next."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prepdrill import chat
from prepdrill.bank import Bank
from prepdrill.batch.answers import Answer
from prepdrill.batch.folder import Manifest
from prepdrill.chat import Call
from prepdrill.graders.judge import Judgement
from prepdrill.graders.prompt import PROTOCOL
from prepdrill.history.replies import Replies


@dataclass(frozen=True, slots=True)
class Request:
    """A call as it is sent, with its identity."""

    digest: str
    body: Mapping[str, Any]

    def line(self) -> bytes:
        """The line of a file that asks this; in ASCII, so that every reader agrees where a line ends."""
        frame = {"custom_id": self.digest, "method": "POST", "url": "/v1/chat/completions", "body": self.body}
        return json.dumps(frame).encode() + b"\n"


class Desk:
    """Judges answers with the replies that the history has."""

    def __init__(self, manifest: Manifest, bank: Bank, replies: Replies) -> None:
        self.judge = manifest.judge(bank)
        self._manifest = manifest
        self._replies = replies

    def judged(self, answer: Answer) -> Judgement | list[Request]:
        """The judgement on an answer, or else the requests that must be answered first."""
        steps = self.judge.judging(answer.item.question, answer.item.rubric, answer.transcript)
        try:
            calls = next(steps)
            while True:
                requests = [self._request(call) for call in calls]
                found = [self._replies.find(request.digest) for request in requests]
                replies = tuple(reply for reply in found if reply is not None)
                if len(replies) < len(calls):
                    return [request for request, reply in zip(requests, found, strict=True) if reply is None]
                calls = steps.send(replies)
        except StopIteration as done:
            judgement: Judgement = done.value
            return judgement

    def _request(self, call: Call) -> Request:
        body = chat.body(call, self._manifest.model, self._manifest.abilities)
        return Request(chat.digest(self._manifest.base_url, body, PROTOCOL, call.sample), body)
