"""Judging over a real connection: nothing is lost, scored, repeated or paid for that should not be."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest

from prepdrill import judging
from prepdrill.chat import Abilities
from prepdrill.endpoint import TRIES, Server
from prepdrill.errors import HistoryError, JudgeError, PrepdrillError, UsageError
from prepdrill.graders import judge as judge_module
from prepdrill.graders import prompt
from prepdrill.graders.judge import Judgement, Mode
from prepdrill.graders.prompt import DECOY
from prepdrill.history import open_history
from prepdrill.judging import Background, Judging, LimitReached, Purse, Tally, Terms
from prepdrill.model import Exchange, Outcome, Transcript
from prepdrill.settings import load

from .examples import SCALE, criterion, item
from .scripted import (
    Body,
    ScriptedServer,
    Step,
    asked,
    cut_off,
    drop,
    hang,
    html,
    no_choices,
    reply,
    status,
    verdicts,
)

KEY = "correct-horse-battery-staple-4711"
QUOTE = "the learning rate is zero in every row"
ITEM = item([criterion("alpha"), criterion("beta"), criterion("wrong", -1)])
IDS = ["alpha", "beta", "wrong"]

Found = TypeVar("Found")


def wanted(body: Body) -> list[str]:
    """What a request asks about besides the decoy."""
    return [id for id in asked(body) if id != DECOY]


def said(number: int = 0) -> Transcript:
    return Transcript(f"In case {number} I say that {QUOTE}, because the schedule never started again.")


def obedient(body: Body) -> Step:
    """Alpha is met, the rest is not."""
    return reply(graded(body))


def graded(body: Body) -> str:
    entries = [verdicts([id], "met", [QUOTE], "Says so.") if id == "alpha" else verdicts([id]) for id in asked(body)]
    return '{"verdicts": [' + ", ".join(entry[len('{"verdicts": [') : -2] for entry in entries) + "]}"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        running.always(obedient)
        yield running


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.sqlite"


def terms(server: ScriptedServer, mode: Mode = Mode(), **others: Any) -> Terms:  # noqa: B008
    chosen: dict[str, Any] = {"key": None, "timeout": 20.0, "model": "m"} | others
    place = Server(server.base_url, chosen["model"], chosen["key"], chosen["timeout"])
    input_price, output_price = chosen.get("prices", (1.0, 2.0))
    return Terms(place, mode, chosen.get("concurrency", 4), input_price, output_price, chosen.get("limit"))


@contextlib.asynccontextmanager
async def desk(path: Path, terms: Terms, purse: Purse | None = None) -> AsyncIterator[Judging]:
    with open_history(path) as history:
        async with judging.opened(terms, {}, history, purse or terms.purse, lambda: 1.0, pause=0.01) as opened:
            yield opened


def at_desk(path: Path, terms: Terms, work: Callable[[Judging], Coroutine[Any, Any, Found]]) -> Found:
    """What comes of some work with a judging; nothing of it is left running, and no error goes unseen."""
    unseen: list[dict[str, Any]] = []

    async def run() -> Found:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: unseen.append(context))
        async with desk(path, terms) as opened:
            found = await work(opened)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return found

    found = asyncio.run(run())
    assert not unseen
    return found


def judge_once(path: Path, terms: Terms, transcript: Transcript | None = None, **others: Any) -> Judgement:
    return at_desk(path, terms, lambda opened: opened.judged(ITEM, transcript or said(), **others))


def outcomes(judgement: Judgement) -> dict[str, str]:
    return {verdict.criterion: str(verdict.outcome) for verdict in judgement.verdicts}


RIGHT = {"alpha": "met", "beta": "unmet", "wrong": "unmet"}


def kept(path: Path) -> int:
    """How many replies the history holds; the file must be sound."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return int(database.execute("SELECT count(*) FROM reply").fetchone()[0])


# --- kept replies


@pytest.mark.parametrize("mode", [Mode(), Mode(3), Mode(per_criterion=True)])
def test_a_second_judging_of_the_same_answer_makes_no_call(server: ScriptedServer, path: Path, mode: Mode) -> None:
    first = judge_once(path, terms(server, mode))
    requests = len(server.chats)
    second = judge_once(path, terms(server, mode))
    assert outcomes(first) == RIGHT
    assert second == first
    assert second.fingerprint == first.fingerprint
    assert len(server.chats) == requests


def test_what_a_server_refused_once_is_never_sent_again(path: Path) -> None:
    with ScriptedServer(alternation=True) as server:
        server.strict_about("temperature", "seed", "max_tokens")
        server.schemas("text")
        server.always(obedient)
        first = judge_once(path, terms(server))
        requests = len(server.chats)
        assert judge_once(path, terms(server)) == first
        assert len(server.chats) == requests
        judge_once(path, terms(server), said(1))
        assert len(server.chats) == requests + 1


def test_an_answer_that_leaves_little_room_costs_the_others_neither_room_nor_their_replies(
    server: ScriptedServer, path: Path
) -> None:
    def cramped(body: Body) -> Step:
        if "case 1" in body["messages"][2]["content"] and body["max_tokens"] > 3000:
            return status(400, "This model's maximum context length is 8192 tokens.")
        return obedient(body)

    server.always(cramped)
    judge_once(path, terms(server))
    judge_once(path, terms(server), said(1))
    requests = len(server.chats)
    assert requests == 3
    for number in (0, 1):
        assert outcomes(judge_once(path, terms(server), said(number))) == RIGHT
    assert len(server.chats) == requests
    judge_once(path, terms(server), said(2))
    assert server.chats[-1]["max_tokens"] == server.chats[0]["max_tokens"]


def test_another_run_asks_anew_and_finds_its_own_replies_again(server: ScriptedServer, path: Path) -> None:
    marks = [judge_once(path, terms(server), run=run).fingerprint for run in (0, 1, 1, 0)]
    assert len(server.chats) == 2
    assert marks[0] == marks[3] != marks[1] == marks[2]


def test_the_same_answer_judged_twice_at_once_is_asked_about_once(server: ScriptedServer, path: Path) -> None:
    async def twice(opened: Judging) -> list[Judgement]:
        return list(await asyncio.gather(*(opened.judged(ITEM, said()) for _ in range(3))))

    found = at_desk(path, terms(server), twice)
    assert found[0] == found[1] == found[2]
    assert len(server.chats) == 1


def test_the_first_half_of_a_judging_can_be_done_before_the_rest_is_said(server: ScriptedServer, path: Path) -> None:
    async def in_halves(opened: Judging) -> Judgement:
        await opened.judged(ITEM, said())
        assert len(server.chats) == 1
        return await opened.judged(ITEM, Transcript(said().answer, (Exchange("And?", "I would read outputs."),)))

    assert outcomes(at_desk(path, terms(server), in_halves)) == RIGHT
    assert [wanted(body) for body in server.chats] == [IDS, ["beta", "wrong"]]


@pytest.mark.parametrize(
    "change",
    [
        lambda patch: patch.setattr(prompt, "RULES", prompt.RULES + " "),
        lambda patch: patch.setattr(prompt, "REMINDER", "Grade."),
        lambda patch: patch.setattr(prompt, "schema", _looser(prompt.schema)),
        lambda patch: patch.setattr(judging, "PROTOCOL", "next"),
        lambda patch: patch.setattr(judge_module, "TOKENS_BESIDE", 1501),
        lambda patch: {"model": "another"},
        lambda patch: {"mode": Mode(3)},
        lambda patch: {"mode": Mode(per_criterion=True)},
    ],
)
def test_whatever_the_verdicts_depend_on_changes_the_fingerprint(
    server: ScriptedServer, path: Path, change: Callable[[pytest.MonkeyPatch], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = judge_once(path, terms(server))
    others = change(monkeypatch) or {}
    after = judge_once(path, terms(server, **others))
    assert outcomes(after) == outcomes(before)
    assert after.fingerprint != before.fingerprint
    assert judge_once(path, terms(server, **others)).fingerprint == after.fingerprint


def _looser(schema: Callable[[Sequence[str]], dict[str, Any]]) -> Callable[[Sequence[str]], dict[str, Any]]:
    return lambda ids: schema(ids) | {"additionalProperties": True}


def test_the_temperature_changes_the_fingerprint(
    server: ScriptedServer, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = judge_once(path, terms(server, Mode(3)))
    monkeypatch.setattr(judge_module, "WARM", 0.8)
    assert judge_once(path, terms(server, Mode(3))).fingerprint != before.fingerprint


def test_another_server_changes_the_fingerprint(server: ScriptedServer, path: Path) -> None:
    before = judge_once(path, terms(server))
    with ScriptedServer() as other:
        other.always(obedient)
        assert judge_once(path, terms(other)).fingerprint != before.fingerprint


# --- faults


@pytest.mark.parametrize(
    ("step", "sentence", "requests"),
    [
        (status(401, "No."), "refuses the key", 1),
        (status(404, "No such model."), "has no model 'm'", 1),
        (status(429), "is asked too often", TRIES),
        (status(429, retry_after=3600), "asks to wait 3600 s", 1),
        (status(500), "fails (500)", TRIES),
        (cut_off(), "cannot be reached", TRIES),
        (drop(), "cannot be reached", TRIES),
        (html(), "not as an OpenAI-compatible server", 1),
        (no_choices(), "without a choice", 1),
        (status(400, "Nonsense."), "refuses the request", 1),
        (reply(None, refusal="I cannot grade people."), "gave no verdict: the judge refuses", 1),
        (reply("", finish_reason="content_filter"), "gave no verdict: the judge refuses", 1),
        (reply("Good answer, 10/10!"), "gave no verdict: the judge's reply cannot be read", 2 + len(IDS)),
        (reply(""), "gave no verdict: the judge's reply cannot be read: it is empty", 2 + len(IDS)),
        (reply('{"verdicts": [', finish_reason="length"), "gave no verdict: the judge's reply was cut", 2),
        (reply(None, reasoning="Hm, hm.", finish_reason="length"), "gave no verdict: the judge's reply was cut", 2),
    ],
)
def test_a_fault_is_a_sentence_and_never_a_grade(
    server: ScriptedServer, path: Path, step: Step, sentence: str, requests: int
) -> None:
    server.always(lambda _: step)

    async def grade(opened: Judging) -> None:
        judging.grade(ITEM, SCALE, opened.judge, await opened.judged(ITEM, said()))

    with pytest.raises(JudgeError) as raised:
        at_desk(path, terms(server), grade)
    assert sentence in str(raised.value)
    assert ".." not in str(raised.value)
    assert len(server.chats) == requests
    server.always(obedient)
    if "gave no verdict" not in sentence:
        assert outcomes(judge_once(path, terms(server))) == RIGHT


@pytest.mark.parametrize("step", [status(429), status(500), cut_off(), drop()])
def test_a_fault_that_passes_leaves_no_trace_in_the_grade(
    server: ScriptedServer, path: Path, tmp_path: Path, step: Step
) -> None:
    server.enqueue(step, step)
    troubled = judge_once(path, terms(server))
    assert len(server.chats) == 3
    calm = judge_once(tmp_path / "other.sqlite", terms(server))
    assert (troubled.verdicts, troubled.fingerprint) == (calm.verdicts, calm.fingerprint)


def test_a_partial_verdict_is_graded_between_bounds(server: ScriptedServer, path: Path) -> None:
    server.always(
        lambda body: reply(verdicts(["alpha", DECOY], "met", [QUOTE])) if "alpha" in asked(body) else reply("No.")
    )

    async def grade(opened: Judging) -> Any:
        return judging.grade(ITEM, SCALE, opened.judge, await opened.judged(ITEM, said()))

    grade_ = at_desk(path, terms(server), grade)
    assert [verdict.outcome for verdict in grade_.verdicts] == [Outcome.MET, Outcome.UNGRADED, Outcome.UNGRADED]
    assert grade_.score.low < grade_.score.high
    assert len(server.chats) == 4


def test_a_call_that_fails_loses_no_reply_to_the_calls_beside_it(server: ScriptedServer, path: Path) -> None:
    server.always(
        lambda body: status(400, "Not this.") if wanted(body) == ["alpha"] else reply(graded(body), latency=0.1)
    )
    with pytest.raises(JudgeError, match="Not this"):
        judge_once(path, terms(server, Mode(per_criterion=True)))
    assert kept(path) == 2
    server.always(obedient)
    requests = len(server.chats)
    assert outcomes(judge_once(path, terms(server, Mode(per_criterion=True)))) == RIGHT
    assert len(server.chats) == requests + 1


def test_a_judging_that_is_broken_off_leaves_a_sound_history(server: ScriptedServer, path: Path) -> None:
    server.always(lambda body: hang() if wanted(body) == ["alpha"] else obedient(body))

    async def broken_off(opened: Judging) -> None:
        task = asyncio.ensure_future(opened.judged(ITEM, said()))
        while len(server.chats) < 3 or opened.purse.calls < 2:
            await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        del task
        gc.collect()  # an error that nobody has seen would be told now

    at_desk(path, terms(server, Mode(per_criterion=True)), broken_off)
    assert kept(path) == 2
    server.always(obedient)
    assert outcomes(judge_once(path, terms(server, Mode(per_criterion=True)))) == RIGHT
    assert len(server.chats) == 4


def test_one_who_stops_waiting_does_not_take_the_reply_from_another(server: ScriptedServer, path: Path) -> None:
    server.latency = 0.1

    async def two(opened: Judging) -> Judgement:
        impatient = asyncio.ensure_future(opened.judged(ITEM, said()))
        patient = asyncio.ensure_future(opened.judged(ITEM, said()))
        while not server.chats:
            await asyncio.sleep(0.005)
        impatient.cancel()
        return await patient

    assert outcomes(at_desk(path, terms(server), two)) == RIGHT
    assert len(server.chats) == 1


def test_an_error_that_nobody_waits_for_any_more_makes_no_noise(server: ScriptedServer, path: Path) -> None:
    server.always(lambda _: status(400, "Nonsense.", latency=0.05))

    async def left_alone(opened: Judging) -> None:
        task = asyncio.ensure_future(opened.judged(ITEM, said()))
        while not server.chats:
            await asyncio.sleep(0.005)
        task.cancel()
        await asyncio.sleep(0.2)
        gc.collect()  # an error that nobody has seen would be told now

    at_desk(path, terms(server), left_alone)
    assert len(server.chats) == 1


def test_a_key_is_in_no_message_no_log_and_no_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    path = tmp_path / "history.sqlite"
    with ScriptedServer(key="another") as server, pytest.raises(JudgeError) as raised:
        judge_once(path, terms(server, key=KEY))
    with ScriptedServer(key=KEY) as server:
        server.strict_about("temperature")
        server.always(obedient)
        agreed = terms(server, key=KEY)
        judgement = judge_once(path, agreed)
        assert server.requests[-1].headers["authorization"] == f"Bearer {KEY}"
    shown = [str(raised.value), repr(raised.value), repr(agreed), repr(judgement), caplog.text]
    assert "[key]" in shown[0]
    assert not any(KEY in text for text in shown)
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert path in files
    assert not any(KEY.encode() in file.read_bytes() for file in files)


# --- many answers


def run_over(path: Path, terms: Terms, count: int, *, width: int = 8) -> tuple[Tally, list[int]]:
    """How a run over many answers goes, and which of them were judged with a verdict."""
    done: list[int] = []

    async def work(opened: Judging) -> Tally:
        async def one(number: int) -> None:
            judgement = await opened.judged(ITEM, said(number))
            judging.grade(ITEM, SCALE, opened.judge, judgement)
            done.append(number)

        return await judging.each(range(count), one, width=width)

    return at_desk(path, terms, work), done


@pytest.mark.parametrize("mode", [Mode(), Mode(3), Mode(per_criterion=True)])
def test_a_key_that_is_refused_stops_a_run_at_once(server: ScriptedServer, path: Path, mode: Mode) -> None:
    server.always(lambda _: status(401, "No."))
    tally, done = run_over(path, terms(server, mode, concurrency=4), 50)
    assert isinstance(tally.stopped, JudgeError)
    assert "(401)" in str(tally.stopped)
    assert not done
    assert len(server.chats) <= 4


@pytest.mark.parametrize(("mode", "most"), [(Mode(), 1), (Mode(per_criterion=True), 3)])
def test_a_storm_stops_a_run_after_a_few_requests_and_grades_nothing(
    server: ScriptedServer, path: Path, mode: Mode, most: int
) -> None:
    server.always(lambda _: status(500))
    tally, done = run_over(path, terms(server, mode, concurrency=2), 10, width=4)
    assert "fails (500)" in str(tally.stopped)
    assert (tally.done, done) == (0, [])
    assert len(server.chats) <= TRIES * most * (judging.FAILURES_IN_A_ROW + 4)
    assert kept(path) == 0


def test_a_run_that_was_stopped_goes_on_where_it_was(server: ScriptedServer, path: Path) -> None:
    server.always(lambda body: status(401) if len(server.chats) > 5 else obedient(body))
    tally, done = run_over(path, terms(server, concurrency=1), 10, width=2)
    assert (len(done), tally.done) == (5, 5)
    requests = len(server.chats)
    server.always(obedient)
    tally, done = run_over(path, terms(server), 10)
    assert tally.stopped is None
    assert sorted(done) == list(range(10))
    assert len(server.chats) == requests + 5


def test_one_answer_that_fails_does_not_stop_a_run(server: ScriptedServer, path: Path) -> None:
    server.always(
        lambda body: status(400, "Filtered.") if "case 3 " in body["messages"][2]["content"] else obedient(body)
    )
    tally, done = run_over(path, terms(server), 10)
    assert (tally.done, tally.failed, tally.stopped) == (9, 1, None)
    assert 3 not in done
    assert len(server.chats) == 10


def test_the_limit_on_requests_under_way_holds_over_all_answers(path: Path) -> None:
    with ScriptedServer(latency=0.01) as server:
        server.always(obedient)
        tally, _ = run_over(path, terms(server, Mode(per_criterion=True), concurrency=3), 8)
        assert tally.done == 8
        assert server.most_at_once == 3


def test_a_run_takes_each_answer_only_when_its_turn_comes(server: ScriptedServer, path: Path) -> None:
    taken: list[int] = []

    def endless() -> Iterator[int]:
        while True:
            taken.append(len(taken))
            yield taken[-1]

    async def work(opened: Judging) -> Tally:
        async def one(number: int) -> None:
            await opened.judged(ITEM, said(number))

        return await judging.each(endless(), one, width=3)

    server.always(lambda body: status(401) if len(server.chats) > 4 else obedient(body))
    assert at_desk(path, terms(server), work).stopped is not None
    assert len(taken) <= 4 + 3


def test_a_history_that_fails_stops_a_run_with_its_own_sentence() -> None:
    async def fails(_: int) -> None:
        raise HistoryError("The history is full.")

    tally = asyncio.run(judging.each(range(9), fails, width=2))
    assert isinstance(tally.stopped, HistoryError)
    assert (tally.done, tally.failed) == (0, 0)


# --- money


def test_the_limit_is_never_passed_with_many_calls_at_once(path: Path) -> None:
    def greedy(body: Body) -> Step:
        """Uses every token that it may."""
        letters = sum(len(message["content"].encode()) for message in body["messages"])
        return reply(graded(body), usage=(letters, body["max_tokens"]), latency=0.005)

    with ScriptedServer() as server:
        server.always(greedy)
        agreed = terms(server, concurrency=16, prices=(1.0, 2.0), limit=0.1)
        tally, done = run_over(path, agreed, 40, width=16)
        assert isinstance(tally.stopped, LimitReached)
        with contextlib.closing(sqlite3.connect(path)) as database:
            (cost,) = database.execute(
                "SELECT sum(prompt_tokens * 1.0 + completion_tokens * 2.0) / 1e6 FROM reply"
            ).fetchone()
        assert 0 < cost <= 0.1
        assert len(done) == len(server.chats) == kept(path)


def test_a_limit_for_one_call_at_a_time_lets_one_after_another_through(server: ScriptedServer, path: Path) -> None:
    """What one call sets aside for the worst case must not stop those that wait beside it."""
    tally, done = run_over(path, terms(server, concurrency=16, prices=(1.0, 2.0), limit=0.03), 12, width=12)
    assert tally.stopped is None
    assert len(done) == len(server.chats) == 12
    assert server.most_at_once < 12


def test_a_limit_below_one_call_lets_nothing_through(server: ScriptedServer, path: Path) -> None:
    with pytest.raises(LimitReached, match=r"Raise judge\.limit to go on"):
        judge_once(path, terms(server, limit=0.0001))
    assert not server.chats


def test_what_was_found_in_the_history_costs_nothing(server: ScriptedServer, path: Path) -> None:
    judge_once(path, terms(server))

    async def spending(opened: Judging) -> Purse:
        await opened.judged(ITEM, said())
        return opened.purse

    purse = at_desk(path, terms(server, limit=1e-9), spending)
    assert (purse.calls, purse.found, purse.spent) == (0, 1, 0.0)


def test_what_the_server_does_not_tell_is_estimated(server: ScriptedServer, path: Path) -> None:
    server.always(lambda body: reply(graded(body), usage=None))

    async def spending(opened: Judging) -> Purse:
        await opened.judged(ITEM, said())
        return opened.purse

    purse = at_desk(path, terms(server), spending)
    assert purse.prompt_tokens > 500
    assert purse.completion_tokens > 20
    assert purse.cost == pytest.approx((purse.prompt_tokens + 2 * purse.completion_tokens) / 1e6)


def test_without_prices_there_is_no_cost() -> None:
    assert Purse().cost is None


# --- terms


@pytest.mark.parametrize(
    ("environ", "others", "sentence"),
    [
        ({}, {}, "No judge is set up"),
        ({}, {"model": "m"}, "The judge needs a key"),
        ({"OPENAI_API_KEY": " \n"}, {"model": "m"}, "The judge needs a key"),
        ({"OPENAI_API_KEY": KEY}, {"model": "m", "limit": 1.0}, "judge.limit needs prices"),
        ({"OPENAI_API_KEY": f"{KEY} {KEY}"}, {"model": "m"}, "copy it once more"),
        ({}, {"model": "m", "base_url": f"http://a:{KEY}@b/v1"}, "holds a user"),
    ],
)
def test_terms_that_cannot_be_meant_are_refused(
    tmp_path: Path, environ: dict[str, str], others: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence) as raised:
        judging.terms(load(tmp_path / "none.toml", {}), environ, **others)
    assert KEY not in str(raised.value)


def test_a_key_with_a_line_break_at_its_end_is_meant_without_it(tmp_path: Path) -> None:
    settings = load(tmp_path / "none.toml", {})
    assert judging.terms(settings, {"OPENAI_API_KEY": f"{KEY}\n"}, model="m").server.key == KEY


# --- in the background


@contextlib.contextmanager
def background(path: Path, terms: Terms) -> Iterator[Background]:
    """A judge in the background, closed at the end, with no thread of it left."""
    opened = Background(terms, {}, path, lambda: 1.0)
    try:
        yield opened
    finally:
        opened.close()
        assert not [thread for thread in threading.enumerate() if thread.name == "judge"]


def test_an_answer_is_judged_while_the_candidate_goes_on(server: ScriptedServer, path: Path) -> None:
    server.latency = 0.1
    with open_history(path) as history, background(path, terms(server)) as judge:
        future = judge.judged(ITEM, said())
        typed = 0
        while not future.done():
            history.replies().learn("http://elsewhere/v1", f"m{typed}", Abilities())
            typed += 1
            time.sleep(0.005)
        assert typed > 1
        assert outcomes(future.result()) == RIGHT
        assert judge.purse.calls == 1
        again = judge.judged(ITEM, said())
        assert again.result(timeout=10) == future.result()
    assert len(server.chats) == 1


def test_closing_gives_up_a_call_that_hangs_and_leaves_nothing_behind(server: ScriptedServer, path: Path) -> None:
    server.always(lambda _: hang())
    with background(path, terms(server, Mode(per_criterion=True))) as judge:
        futures = [judge.judged(ITEM, said(number)) for number in range(2)]
        while len(server.chats) < 3:
            time.sleep(0.005)
    assert all(future.cancelled() for future in futures)
    assert kept(path) == 0
    gc.collect()  # a warning about what is left open would fail this test


def test_a_judge_that_was_never_asked_opens_nothing(server: ScriptedServer, path: Path) -> None:
    with background(path, terms(server)):
        pass
    gc.collect()
    assert not path.exists()
    assert not server.requests


def test_a_failure_in_the_background_is_told_to_all_that_wait(server: ScriptedServer, path: Path) -> None:
    server.always(lambda _: status(401, "No."))
    with background(path, terms(server)) as judge:
        for number in range(2):
            with pytest.raises(JudgeError, match="refuses the key"):
                judge.judged(ITEM, said(number)).result(timeout=10)


def test_a_history_that_cannot_be_opened_is_told_to_all_that_wait(server: ScriptedServer, path: Path) -> None:
    path.mkdir()
    with background(path, terms(server)) as judge:
        for number in range(2):
            with pytest.raises(PrepdrillError):
                judge.judged(ITEM, said(number)).result(timeout=10)
    assert not server.requests
