"""The judge against llama.cpp's own server, with a model far too small to grade.

What it says is nonsense, and no test here looks at which verdicts it gives. Proven is the way there and back: requests
that a real server takes, replies held to a schema, refusals, cut-off replies, several at once, and a run that goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from prepdrill.bank import Bank
from prepdrill.chat import RUNGS, Abilities, Call, Message, Reply, Rung
from prepdrill.endpoint import Endpoint, Server
from prepdrill.errors import ExitCode, JudgeError
from prepdrill.graders import prompt, trial
from prepdrill.graders.judge import Judgement, Mode
from prepdrill.history import open_history
from prepdrill.judging import Judging, Purse, Tally, Terms, each, opened
from prepdrill.model import Item, Outcome, Transcript

from ..conftest import Command
from ..examples import criterion, item, question
from ..llama import CONTEXT, MODEL, SLOTS, LlamaServer, missing

pytestmark = [pytest.mark.llama, pytest.mark.slow, pytest.mark.skipif(bool(missing()), reason=missing())]

FEW: Final = 8
"""Tokens of a reply where it does not matter that it is cut short."""
ANSWER: Final = Transcript("The learning rate is zero, so nothing is trained.")
YES: Final = {"type": "object", "properties": {"yes": {"type": "boolean"}}, "required": ["yes"]}


@pytest.fixture(scope="module")
def llama() -> Iterator[LlamaServer]:
    with LlamaServer() as server:
        yield server


@pytest.fixture
def few_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """The judge with short rules and short replies, where neither matters, so that the test is quick."""
    monkeypatch.setattr(prompt, "RULES", "Grade the answer. Reply with JSON.")
    monkeypatch.setattr(prompt, "REMINDER", "Grade now.")
    monkeypatch.setattr(prompt, "with_decoy", lambda criteria, _: list(criteria))
    _replies_of(FEW, monkeypatch)


def _replies_of(tokens: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bound the reply for a criterion; the judge doubles that once where it is cut short."""
    monkeypatch.setattr("prepdrill.graders.judge.TOKENS_BESIDE", 0)
    monkeypatch.setattr("prepdrill.graders.judge.TOKENS_EACH", tokens)


def _asked(*criteria: str) -> Item:
    return item([criterion(id) for id in criteria], dataclasses.replace(question(), exhibits=()))


def _server(llama: LlamaServer, model: str = MODEL) -> Server:
    return Server(llama.base_url, model, None, 120.0)


@contextlib.asynccontextmanager
async def _judging(
    llama: LlamaServer, history: Path, rung: Rung, purse: Purse, concurrency: int = SLOTS
) -> AsyncIterator[Judging]:
    """A judging on a server of which it is known how firmly it holds replies to their form."""
    terms = Terms(_server(llama), Mode(), concurrency, 0.0, 0.0, None)
    with open_history(history) as kept:
        kept.replies().learn(llama.base_url, MODEL, Abilities(rung))
        async with opened(terms, {}, kept, purse, time.time) as judging:
            yield judging


def _judged(llama: LlamaServer, history: Path, rung: Rung, asked: Item) -> tuple[Judgement, Purse]:
    async def judged() -> tuple[Judgement, Purse]:
        async with _judging(llama, history, rung, Purse()) as judging:
            return await judging.judged(asked, ANSWER), judging.purse

    return asyncio.run(judged())


def _sent(judgement: Judgement) -> list[dict[str, Any]]:
    """What was sent besides the messages, for each reply."""
    return [json.loads(reply.parameters) for reply in judgement.replies]


def test_replies_that_are_held_to_the_schema_are_json_of_its_form(
    llama: LlamaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _replies_of(140, monkeypatch)
    judgement, purse = _judged(llama, tmp_path / "history.sqlite", "json_schema", _asked("zero-rate"))
    assert [verdict.criterion for verdict in judgement.verdicts] == ["zero-rate"]
    assert {sent["response_format"] for sent in _sent(judgement)} == {"json_schema"}
    assert not any("stream" in sent for sent in _sent(judgement))
    whole = [json.loads(reply.text) for reply in judgement.replies if reply.finish == "stop"]
    assert whole
    for entry in (entry for reply in whole for entry in reply["verdicts"]):
        assert list(entry) == ["id", "quotes", "reason", "verdict"]
        assert entry["id"] in ("zero-rate", prompt.DECOY)
        assert entry["verdict"] in prompt.VERDICTS
    different = {reply.digest: reply for reply in judgement.replies}.values()
    assert {reply.model for reply in different} == {MODEL}
    assert all(reply.prompt_tokens and reply.completion_tokens and reply.seconds > 0 for reply in different)
    assert purse.calls == len(different)
    assert purse.prompt_tokens == sum(reply.prompt_tokens or 0 for reply in different)
    assert purse.completion_tokens == sum(reply.completion_tokens or 0 for reply in different)


@pytest.mark.usefixtures("few_words")
@pytest.mark.parametrize("rung", RUNGS)
def test_on_every_rung_replies_that_are_cut_short_leave_criteria_ungraded(
    llama: LlamaServer, tmp_path: Path, rung: Rung
) -> None:
    judgement, _ = _judged(llama, tmp_path / "history.sqlite", rung, _asked("zero-rate"))
    assert [verdict.criterion for verdict in judgement.verdicts] == ["zero-rate"]
    assert {sent["response_format"] for sent in _sent(judgement)} == {rung}
    if judgement.empty:
        assert judgement.verdicts[0].outcome is Outcome.UNGRADED
        assert judgement.failures[-1].kind in ("truncated", "not parsed")
    if all(reply.finish == "length" for reply in judgement.replies):
        assert [reply.completion_tokens for reply in judgement.replies[:2]] == [FEW, 2 * FEW]
        assert judgement.empty


def _call(*, schema: dict[str, Any] = YES, content: str = "Is the sky blue?", tokens: int = 8) -> Call:
    return Call((Message("user", content),), "yes", schema, tokens)


def _endpoint(server: Server, learned: list[Abilities]) -> Endpoint:
    return Endpoint(server, concurrency=SLOTS, learned=learned.append)


def test_a_schema_that_the_server_refuses_is_left_out_from_then_on(llama: LlamaServer) -> None:
    async def asked() -> tuple[list[str], list[Abilities]]:
        learned: list[Abilities] = []
        async with _endpoint(_server(llama), learned) as endpoint:
            replies = [await endpoint.reply(_call(schema={"type": "nonsense"}), "1") for _ in range(2)]
        return [json.loads(reply.parameters)["response_format"] for reply in replies], learned

    forms, learned = asyncio.run(asked())
    assert forms == ["json_object", "json_object"]
    assert [abilities.rung for abilities in learned] == ["json_object"]


def test_the_server_answers_for_any_model_and_the_reply_tells_which_it_is(llama: LlamaServer) -> None:
    async def asked() -> tuple[list[str], str]:
        async with _endpoint(_server(llama, "gpt-next"), []) as endpoint:
            return await endpoint.models(), (await endpoint.reply(_call(), "1")).model

    assert asyncio.run(asked()) == ([MODEL], MODEL)


def test_as_many_requests_as_the_server_has_slots_are_answered_together(llama: LlamaServer) -> None:
    async def asked() -> tuple[list[Reply], float]:
        calls = [_call(content=f"Is {number} even?", tokens=32) for number in range(SLOTS)]
        async with _endpoint(_server(llama), []) as endpoint:
            await endpoint.models()  # the library is loaded before the clock runs
            began = time.monotonic()
            return await asyncio.gather(*(endpoint.reply(call, "1") for call in calls)), time.monotonic() - began

    replies, together = asyncio.run(asked())
    assert all(isinstance(json.loads(reply.text)["yes"], bool) for reply in replies)
    assert len({reply.digest for reply in replies}) == SLOTS
    assert sum(reply.seconds for reply in replies) > 1.5 * together  # each took most of the time that all took


def _refused(server: Server, call: Call) -> JudgeError:
    async def asked() -> None:
        async with _endpoint(server, []) as endpoint:
            await endpoint.reply(call, "1")

    with pytest.raises(JudgeError) as refused:
        asyncio.run(asked())
    return refused.value


def test_a_wrong_path_ends_everything_and_a_long_prompt_only_its_own_answer(llama: LlamaServer) -> None:
    elsewhere = dataclasses.replace(_server(llama), base_url=llama.base_url.replace("/v1", "/v2"))
    wrong = _refused(elsewhere, _call())
    assert "nothing at this address (404)" in str(wrong)
    assert wrong.final
    long = _refused(_server(llama), _call(content="sky " * 2 * CONTEXT, tokens=512))
    assert "Serve the model with a longer context." in str(long)
    assert not long.final


ANSWERS: Final = tuple(Transcript(f"{ANSWER.answer} I am {share} % sure.") for share in (20, 50, 80))


@pytest.mark.usefixtures("few_words")
def test_a_run_that_is_cut_off_asks_only_for_the_rest_when_it_starts_again(
    llama: LlamaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _replies_of(200, monkeypatch)  # a reply that is cut short is asked for anew
    path, asked = tmp_path / "history.sqlite", _asked("zero-rate")

    async def run(purse: Purse, judgements: list[Judgement], concurrency: int = SLOTS) -> Tally:
        async def one(answer: Transcript) -> None:
            judgements.append(await judging.judged(asked, answer))

        async with _judging(llama, path, "json_schema", purse, concurrency) as judging:
            return await each(ANSWERS, one, width=concurrency)

    async def cut_off(purse: Purse, judgements: list[Judgement]) -> None:
        running = asyncio.create_task(run(purse, judgements, concurrency=1))
        while not purse.calls:
            await asyncio.sleep(0.01)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    first, rest, nothing = Purse(), Purse(), Purse()
    before: list[Judgement] = []
    after: list[Judgement] = []
    again: list[Judgement] = []
    asyncio.run(cut_off(first, before))
    assert len(before) < len(ANSWERS)
    assert asyncio.run(run(rest, after)).done == len(ANSWERS)
    assert rest.found >= first.calls > 0
    different = {reply.digest for judgement in after for reply in judgement.replies}
    assert first.calls + rest.calls == len(different)
    assert asyncio.run(run(nothing, again)).done == len(ANSWERS)
    assert nothing.calls == 0
    assert {judgement.fingerprint for judgement in again} == {judgement.fingerprint for judgement in after}


@pytest.mark.usefixtures("few_words")
def test_judge_check_tells_what_the_server_can_do_whatever_the_model_says(
    llama: LlamaServer, prepdrill: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "ITEM", _asked("zero-rate"))
    result = prepdrill("judge", "check", "--base-url", llama.base_url, "--model", MODEL, "--json")
    told = json.loads(result.out)
    assert (told["listed"], told["form"], told["left_out"]) == (True, "json_schema", [])
    assert told["prompt_tokens"] > 0
    assert result.code == (ExitCode.JUDGE if told["failure"] else ExitCode.DONE)


def test_an_answer_that_does_not_fit_the_model_is_not_graded_and_the_command_says_so(
    llama: LlamaServer, prepdrill: Command, tmp_path: Path, built_in: Bank
) -> None:
    answer = tmp_path / "answer.txt"
    answer.write_text(ANSWER.answer)
    id = max(built_in.files, key=lambda id: len(prompt.case(built_in.item(id).question)))
    server = ("--base-url", llama.base_url, "--model", MODEL)
    result = prepdrill("grade", "--question", id, "--answer", str(answer), "--grader", "judge", *server)
    assert result.code == ExitCode.JUDGE
    assert result.out == ""
    assert "Serve the model with a longer context." in result.err
