"""A regrading through files: nothing is asked twice, nothing that came back is lost, and it can stop anywhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from prepdrill.bank import Bank
from prepdrill.batch import submit as submitting
from prepdrill.batch.answers import write_answers, write_attempts
from prepdrill.batch.export import Exported, Limits, export
from prepdrill.batch.folder import Batch, begin, held, opened
from prepdrill.batch.grades import Graded, grade
from prepdrill.batch.intake import Read, read, take
from prepdrill.chat import Abilities
from prepdrill.cli import shapes
from prepdrill.endpoint import Endpoint, RemoteBatch, Server
from prepdrill.errors import PrepdrillError
from prepdrill.graders import trial
from prepdrill.graders.judge import Mode
from prepdrill.history import History, open_history
from prepdrill.judging import Terms
from prepdrill.model import Event, EventKind, Moment

from .scripted import MODEL, BatchRules, ScriptedServer, Step, asked, reply, status, verdicts

QUESTION = "research-reading/copy-the-papers-beta"


def unmet(body: dict[str, Any]) -> Step:
    return reply(verdicts(asked(body)))


@dataclass
class Way:
    """The whole way of one batch, with a server that answers it."""

    folder: Path
    history: History
    bank: Bank
    server: ScriptedServer

    @property
    def batch(self) -> Batch:
        return opened(self.folder)

    def of_answers(self, *texts: str, samples: int = 1) -> Way:
        source = self.folder.with_suffix(".jsonl")
        rows = [{"id": f"a{number}", "question": QUESTION, "answer": text} for number, text in enumerate(texts)]
        source.write_text("".join(json.dumps(row) + "\n" for row in rows))
        name = {"answers": str(source)}
        return self._begun(
            name, lambda path: write_answers(source, self.bank, self.history.batches(), path), Mode(samples)
        )

    def of_attempts(self, *numbers: int) -> Way:
        return self._begun({"all": True}, lambda path: write_attempts(numbers, path), Mode())

    def _begun(self, name: dict[str, Any], note: Callable[[Path], int], mode: Mode) -> Way:
        terms = Terms(Server(self.server.base_url, MODEL, None, 5.0), mode, 4, 0.0, 0.0, None)
        with held(self.folder):
            begin(self.folder, terms, "openai", name, note, self.history, (), 1.0)
        return self

    def export(self, *, requests: int = 100, size: int = 10**8, again: bool = False) -> Exported:
        return export(self.batch, self.history, self.bank, Limits(requests, size), again=again)

    def submit(self) -> None:
        self.talk(lambda batch, server: submitting.submit(batch, server, self.history.batches(), lambda _: None))

    def talk(self, work: Callable[[Batch, Endpoint], Any]) -> None:
        async def done() -> None:
            async with Endpoint(Server(self.server.base_url, MODEL, None, 5.0), pause=0.01) as server:
                await work(self.batch, server)

        asyncio.run(done())

    def fetch(self) -> Read:
        """Poll until all batches have ended, then read what they gave."""
        for _ in range(2):
            self.talk(submitting.fetch)
        told = Read()
        take(self.batch, self.history, 2.0, told)
        return told

    def read(self, path: Path) -> Read:
        told = Read()
        read(self.batch, self.history, path, 2.0, told)
        return told

    def grade(self) -> Graded:
        return grade(self.batch, self.history, self.bank, 3.0, shapes.grade)

    def lines(self) -> list[dict[str, Any]]:
        """The lines of all files of requests, in order."""
        files = sorted(self.folder.glob("requests-*.jsonl"))
        return [json.loads(line) for path in files for line in path.read_bytes().splitlines()]

    def posts(self, path: str) -> int:
        """How many requests the server has received there."""
        return sum(request.method == "POST" and request.path == f"/v1/{path}" for request in self.server.requests)


@pytest.fixture
def way(tmp_path: Path, built_in: Bank) -> Iterator[Way]:
    with ScriptedServer() as server, open_history(tmp_path / "history.sqlite") as history:
        server.always(unmet)
        yield Way(tmp_path / "batch", history, built_in, server)


def attempt(history: History, text: str) -> int:
    """An attempt that was handed in."""
    number = history.begin_attempt(history.begin_session("drill", "offline", 1.0), trial.ITEM, 1.0, None)
    history.record(number, Event(EventKind.SUBMITTED, Moment(2.0, 2.0), text), seconds=1.0)
    return number


def test_requests_are_spread_over_files_within_their_limits(way: Way) -> None:
    told = way.of_answers(*(f"Answer {number}." for number in range(400))).export(requests=150, size=2_000_000)
    lines = way.lines()
    assert len({line["custom_id"] for line in lines}) == len(lines) == told.requests == 400
    assert {line["body"]["model"] for line in lines} == {MODEL}
    assert {(line["method"], line["url"]) for line in lines} == {("POST", "/v1/chat/completions")}
    assert len(told.shards) > 3
    for shard in told.shards:
        assert shard.lines <= 150
        assert (way.folder / shard.requests).stat().st_size == shard.size <= 2_000_000


def test_what_came_back_is_joined_by_its_id_whatever_its_order(way: Way) -> None:
    def mixed(body: dict[str, Any]) -> Step:
        text = body["messages"][2]["content"]
        return status(400, "Too long.") if "Answer 3" in text else unmet(body)

    way.server.batch_line(mixed)
    way.server.batch_rules(BatchRules(leave_out=(1,), repeat=(0, 2), reverse=True))
    way.of_answers(*(f"Answer {number}." for number in range(6))).export(requests=3)
    way.submit()
    told = way.fetch()
    assert told == Read(files=3, lines=8, answered=3, failed=3, repeated=4)
    reasons = dict(way.history.batches().reasons(way.batch.manifest.id, 5))
    assert reasons == {
        "400: Too long.": 1,
        "the batch ended as 'completed' without an answer to this line": 2,
    }
    assert way.grade() == Graded(graded=3, failed=3)
    graded = [json.loads(line)["id"] for line in (way.folder / "grades.jsonl").read_text().splitlines()]
    assert graded == ["a0", "a2", "a5"]
    assert way.export().requests == 3


def test_output_as_vllm_writes_it_is_read_as_well(way: Way) -> None:
    def mixed(body: dict[str, Any]) -> Step:
        return status(400, "Too long.") if "Answer 1" in body["messages"][2]["content"] else unmet(body)

    way.server.batch_line(mixed)
    way.server.batch_rules(BatchRules(form="vllm"))
    way.of_answers("Answer 0.", "Answer 1.").export()
    way.submit()
    told = way.fetch()
    assert (told.answered, told.failed) == (1, 1)
    assert way.history.batches().reasons(way.batch.manifest.id, 5) == [("400: Too long.", 1)]


def test_reading_the_same_output_twice_changes_nothing(way: Way) -> None:
    numbers = [attempt(way.history, f"The learning rate is zero, {number}.") for number in range(3)]
    way.of_attempts(*numbers).export()
    way.submit()
    assert way.fetch().answered == 3
    assert way.grade() == Graded(graded=3)
    before = "\n".join(way.history._database.iterdump())
    told = way.read(way.folder / "output-001.jsonl")
    assert (told.answered, told.repeated) == (0, 3)
    assert way.grade() == Graded(already=3)
    assert "\n".join(way.history._database.iterdump()) == before
    assert way.export().graded == 3


def test_a_grade_rests_on_replies_that_say_what_was_sent(way: Way) -> None:
    number = attempt(way.history, "The learning rate is zero.")
    way.of_attempts(number).export()
    way.submit()
    way.fetch()
    way.grade()
    (stored,) = way.history.grades(number)
    (found,) = way.history.replies().of_grade(stored.id)
    assert json.loads(found.parameters)["model"] == MODEL
    assert (found.model, found.prompt_tokens, found.completion_tokens) == (MODEL, 120, 40)


def test_a_reply_that_needs_mending_takes_a_second_round(way: Way) -> None:
    def first_rubbish(body: dict[str, Any]) -> Step:
        return unmet(body) if body["messages"][-2]["role"] == "assistant" else reply("I would rather not say.")

    way.server.batch_line(first_rubbish)
    way.of_answers("The beta is copied.").export()
    way.submit()
    way.fetch()
    assert way.grade() == Graded(again=1)
    assert way.export().requests == 1
    assert "cannot be used" in way.lines()[-1]["body"]["messages"][-1]["content"]
    assert way.grade() == Graded(open=1)
    way.submit()
    way.fetch()
    assert way.grade() == Graded(graded=1)
    assert way.export().requests == 0


def test_the_third_sample_is_asked_only_where_two_differ(way: Way) -> None:
    way.server.batch_line(lambda body: reply(verdicts(asked(body), "unmet" if body["seed"] else "cannot_assess")))
    assert way.of_answers("One.", "Two.", samples=3).export().requests == 4
    way.submit()
    way.fetch()
    assert way.export().requests == 2
    assert [line["body"]["seed"] for line in way.lines()] == [0, 1, 0, 1, 2, 2]


def test_a_stop_between_upload_and_start_uploads_and_starts_once(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    async def killed(_: Endpoint, file: str) -> RemoteBatch:
        raise KeyboardInterrupt

    way.of_answers("One.").export()
    with monkeypatch.context() as patch:
        patch.setattr(Endpoint, "start_batch", killed)
        with pytest.raises(KeyboardInterrupt):
            way.submit()
    for _ in range(2):
        way.submit()
    assert (way.posts("files"), way.posts("batches")) == (1, 1)


def test_a_start_whose_answer_was_lost_is_found_again(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    start = Endpoint.start_batch

    async def killed_after(server: Endpoint, file: str) -> RemoteBatch:
        await start(server, file)
        raise KeyboardInterrupt

    way.of_answers("One.").export()
    with monkeypatch.context() as patch:
        patch.setattr(Endpoint, "start_batch", killed_after)
        with pytest.raises(KeyboardInterrupt):
            way.submit()
    way.submit()
    assert (way.posts("files"), way.posts("batches")) == (1, 1)
    assert way.fetch().answered == 1


def test_a_stopped_export_goes_on_and_writes_nothing_twice(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prepdrill.batch.export.AT_ONCE", 2)
    way.of_answers(*(f"Answer {number}." for number in range(10)))
    done = 0

    def stop() -> None:
        nonlocal done
        done += 1
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(way.batch, way.history, way.bank, Limits(3), advance=stop)
    assert len(way.lines()) == 3
    assert not list(way.folder.glob("*.part"))
    told = way.export(requests=3)
    assert (told.requests, told.open) == (7, 3)
    assert len({line["custom_id"] for line in way.lines()}) == len(way.lines()) == 10


def test_equal_answers_are_asked_about_once(way: Way) -> None:
    told = way.of_answers("The same.", "The same.").export()
    assert (told.requests, told.open) == (1, 1)
    way.submit()
    way.fetch()
    assert way.grade() == Graded(graded=2)


def test_a_broken_unknown_or_cut_off_line_is_counted_and_not_fatal(way: Way, tmp_path: Path) -> None:
    way.of_answers("One.", "Two.").export()
    body = {"choices": [{"message": {"content": verdicts(asked(way.lines()[0]["body"]))}, "finish_reason": "stop"}]}
    good = {"custom_id": way.lines()[0]["custom_id"], "response": {"status_code": 200, "body": body}, "error": None}
    rows = [json.dumps(good | {"custom_id": "f" * 32}), "no JSON", '["a list"]', '{"custom_id": 7}', "", "\x00"]
    path = tmp_path / "output.jsonl"
    path.write_bytes("\n".join([*rows, json.dumps(good), json.dumps(good)[:90]]).encode() + b"\xff")
    told = way.read(path)
    assert (told.lines, told.answered, told.unknown, told.broken, told.truncated) == (7, 1, 1, 4, 1)
    assert way.grade() == Graded(graded=1, open=1)


@pytest.mark.parametrize(
    "response",
    [
        {"response": {"status_code": 200, "body": {"choices": []}}, "error": None},
        {"response": {"status_code": 429, "body": {"error": {"message": "Slow down."}}}, "error": None},
        {"response": None, "error": {"code": "batch_expired", "message": "Too late."}},
        {"response": {"status_code": 200, "body": {"choices": [{"message": {}}]}}, "error": {"message": "Odd."}},
        {},
    ],
)
def test_a_line_succeeds_only_without_error_with_status_200_and_with_choices(
    way: Way, tmp_path: Path, response: dict[str, Any]
) -> None:
    way.of_answers("One.").export()
    path = tmp_path / "output.jsonl"
    path.write_text(json.dumps({"custom_id": way.lines()[0]["custom_id"]} | response))
    told = way.read(path)
    assert (told.answered, told.failed) == (0, 1)
    ((reason, _),) = way.history.batches().reasons(way.batch.manifest.id, 5)
    assert reason
    assert way.grade() == Graded(failed=1)


def test_an_old_failure_read_again_does_not_undo_a_new_export(way: Way, tmp_path: Path) -> None:
    way.of_answers("One.").export()
    path = tmp_path / "output.jsonl"
    path.write_text(json.dumps({"custom_id": way.lines()[0]["custom_id"], "error": {"message": "No."}}) + "\n")
    assert way.read(path).failed == 1
    assert way.export().requests == 1
    assert way.read(path).failed == 0
    assert way.export().requests == 0


def test_what_is_open_is_written_again_only_on_demand(way: Way) -> None:
    way.of_answers("One.", "One.", "Two.").export()
    assert way.export().requests == 0
    assert way.export(again=True).requests == 2


def test_a_request_that_is_too_large_names_its_attempt(way: Way) -> None:
    number = attempt(way.history, "word " * 2000)
    way.of_attempts(number)
    with pytest.raises(PrepdrillError, match=rf"attempt {number} has \d+,\d+ bytes.*--megabytes"):
        way.export(size=10_000)


def test_what_is_learned_of_the_server_is_used_once_all_has_failed(way: Way) -> None:
    way.server.strict_about("temperature")
    way.of_answers("One.").export()
    way.submit()
    assert way.fetch().failed == 1
    learned = Abilities(dropped=frozenset({"temperature"}), budget="max_completion_tokens")
    way.history.replies().learn(way.server.base_url, MODEL, learned)
    assert way.export().requests == 1
    assert "temperature" not in way.lines()[-1]["body"]
    way.submit()
    assert way.fetch().answered == 1
    assert way.grade() == Graded(graded=1)


def test_follow_ups_are_judged_after_the_answer(way: Way, tmp_path: Path) -> None:
    source = tmp_path / "course.jsonl"
    row = {"id": "a", "question": QUESTION, "answer": "No.", "follow_ups": [{"ask": "Why?", "answer": "Ask them."}]}
    source.write_text(json.dumps(row))
    way._begun({"answers": ""}, lambda path: write_answers(source, way.bank, way.history.batches(), path), Mode())
    rounds = 0
    while way.export().requests:
        rounds += 1
        way.submit()
        way.fetch()
    assert rounds == 2
    assert "Ask them." in way.lines()[-1]["body"]["messages"][2]["content"]
    assert way.grade() == Graded(graded=1)
