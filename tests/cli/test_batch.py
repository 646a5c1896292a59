"""`prepdrill judge batch` from the command line: export, submit, status, import, and what each says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from typer.testing import CliRunner

from prepdrill.cli.batch import app
from prepdrill.cli.environment import Environment
from prepdrill.errors import ExitCode, JudgeError, PrepdrillError, UsageError
from prepdrill.graders import trial
from prepdrill.history import open_history
from prepdrill.model import Event, EventKind, Moment

from ..scripted import MODEL, ScriptedServer, asked, reply, verdicts

QUESTION = "research-reading/copy-the-papers-beta"
Command: TypeAlias = Callable[..., str]


@pytest.fixture
def batch() -> Command:
    """`batch("export", folder, "--all")` runs the command and returns what it wrote; its errors are raised."""

    def run(*arguments: object) -> str:
        return CliRunner().invoke(app, [str(part) for part in arguments], catch_exceptions=False).stdout

    return run


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    """A server that calls every criterion unmet, set up as the judge."""
    with ScriptedServer() as running:
        running.always(lambda body: reply(verdicts(asked(body))))
        monkeypatch.setenv("PREPDRILL_JUDGE_BASE_URL", running.base_url)
        monkeypatch.setenv("PREPDRILL_JUDGE_MODEL", MODEL)
        yield running


def course(path: Path, *texts: str) -> Path:
    """A file of answers."""
    rows = [{"id": f"a{number}", "question": QUESTION, "answer": text} for number, text in enumerate(texts)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def attempt(text: str) -> int:
    """An attempt in the user's history that was handed in."""
    with open_history(Environment().folders.history) as history:
        number = history.begin_attempt(history.begin_session("drill", "offline", 1.0), trial.ITEM, 1.0, None)
        history.record(number, Event(EventKind.SUBMITTED, Moment(2.0, 2.0), text), seconds=1.0)
        return number


def test_attempts_go_the_whole_way_over_a_server(batch: Command, server: ScriptedServer, tmp_path: Path) -> None:
    folder, number = tmp_path / "batch", attempt("The learning rate is zero.")
    assert "1 answer, 1 request written." in batch("export", folder, "--all", "--engine", "openai")
    assert f"  prepdrill judge batch submit {folder}\n" in batch("export", folder, "--all", "--again")
    assert "1 file submitted" in batch("submit", folder)
    assert "in_progress" in batch("status", folder)
    assert "1 answer graded." in batch("import", folder)
    with open_history(Environment().folders.history) as history:
        (stored,) = history.grades(number)
        assert stored.grade.grader.name == "judge"
    assert "1 answer graded already." in batch("export", folder)
    assert "0 files read" in batch("import", folder)
    assert server.chats == []


def test_answers_of_a_course_go_through_vllm_without_a_network(
    batch: Command, server: ScriptedServer, tmp_path: Path
) -> None:
    folder, source = tmp_path / "batch", course(tmp_path / "course.jsonl", "One.", "Two.", "Three.")
    told = batch("export", folder, "--answers", source, "--requests", 2)
    assert f"  vllm run-batch -i {folder}/requests-001.jsonl -o {folder}/output-001.jsonl --model {MODEL}\n" in told
    for number in ("001", "002"):
        answered(folder / f"requests-{number}.jsonl", folder / f"output-{number}.jsonl")
    value = json.loads(batch("import", folder, "--json"))
    assert value["read"] == counts(value["read"], files=2, lines=3, answered=3)
    assert value["answers"] == counts(value["answers"], graded=3)
    rows = [json.loads(line) for line in (folder / "grades.jsonl").read_text().splitlines()]
    assert [(row["id"], row["question"]) for row in rows] == [(f"a{number}", QUESTION) for number in range(3)]
    assert {verdict["outcome"] for row in rows for verdict in row["verdicts"]} <= {"met", "unmet"}
    again = json.loads(batch("import", folder, folder / "output-001.jsonl", "--json"))
    assert again["read"] == counts(again["read"], files=1, lines=2, repeated=2)
    assert again["answers"] == value["answers"]
    assert server.requests == []


def answered(requests: Path, output: Path) -> None:
    """What vLLM writes to a file of requests, if the model calls all unmet."""
    lines = []
    for line in map(json.loads, requests.read_text().splitlines()):
        message = {"role": "assistant", "content": verdicts(asked(line["body"]))}
        body = {"id": "c", "model": MODEL, "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
        response = {"status_code": 200, "request_id": "r", "body": body}
        lines.append({"id": "v", "custom_id": line["custom_id"], "response": response, "error": None})
    output.write_text("".join(json.dumps(line) + "\n" for line in lines))


def counts(all: dict[str, int], **some: int) -> dict[str, int]:
    """All of these counts, 0 but for some."""
    return dict.fromkeys(all, 0) | some


def test_as_json_every_command_gives_one_object(batch: Command, server: ScriptedServer, tmp_path: Path) -> None:
    folder, source = tmp_path / "batch", course(tmp_path / "course.jsonl", "One.", "Two.")
    value = json.loads(batch("export", folder, "--answers", source, "--engine", "openai", "--json"))
    size = (folder / "requests-001.jsonl").stat().st_size
    assert value == {
        "folder": str(folder),
        "engine": "openai",
        "answers": 2,
        "requests": 2,
        "open": 0,
        "ready": 0,
        "graded": 0,
        "unreadable": 0,
        "files": [{"file": "requests-001.jsonl", "requests": 2, "bytes": size}],
    }
    value = json.loads(batch("status", folder, "--json"))
    (file,) = value["files"]
    assert (file["answered"], file["failed"], file["open"], file["status"]) == (0, 0, 2, None)


def test_a_server_without_batches_is_told_from_one_with(
    batch: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder, source = tmp_path / "batch", course(tmp_path / "course.jsonl", "One.")
    with ScriptedServer(batches=False) as running:
        monkeypatch.setenv("PREPDRILL_JUDGE_BASE_URL", running.base_url)
        monkeypatch.setenv("PREPDRILL_JUDGE_MODEL", MODEL)
        batch("export", folder, "--answers", source)
        with pytest.raises(JudgeError, match=r"takes no batches") as raised:
            batch("submit", folder)
    assert raised.value.exit_code == ExitCode.JUDGE
    assert f"\nvllm run-batch -i {folder}/requests-001.jsonl" in str(raised.value)


def test_a_batch_needs_a_folder_of_its_own(batch: Command, server: ScriptedServer, tmp_path: Path) -> None:
    source = course(tmp_path / "course.jsonl", "One.")
    with pytest.raises(UsageError, match=r"holds something else \(course.jsonl\)"):
        batch("export", tmp_path, "--answers", source)
    folder = tmp_path / "batch"
    batch("export", folder, "--answers", source)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    other = course(tmp_path / "other.jsonl", "Two.")
    for arguments in (("--answers", other), ("--all",), ("--model", "another")):
        with pytest.raises(UsageError, match="a new batch needs a new folder"):
            batch("export", folder, *arguments)
    batch("export", folder, "--answers", source.rename(tmp_path / "moved.jsonl"))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    with pytest.raises(PrepdrillError, match="holds no batch"):
        batch("status", tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_what_is_wrong_in_a_file_of_answers_is_said_line_by_line(
    batch: Command, server: ScriptedServer, tmp_path: Path
) -> None:
    good: dict[str, Any] = {"id": "a", "question": QUESTION, "answer": "One."}
    rows = [
        good,
        good,
        good | {"id": 7},
        good | {"id": "b", "question": "data/nothing-like-this"},
        good | {"id": "c", "follow_ups": [{"ask": "Why?"}]},
    ]
    source = tmp_path / "course.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows) + "no JSON\n")
    with pytest.raises(PrepdrillError) as raised:
        batch("export", tmp_path / "batch", "--answers", source)
    said = str(raised.value).splitlines()
    assert [line.split(":")[1] for line in said] == ["2", "3", "4", "5", "6"]
    assert "'a' stands in an earlier line too" in said[0]
    source.write_text(json.dumps(good))
    assert "1 request written" in batch("export", tmp_path / "batch", "--answers", source)


def test_without_a_word_on_what_to_grade_nothing_is_made(
    batch: Command, server: ScriptedServer, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="Say what to grade"):
        batch("export", tmp_path / "batch")
    with pytest.raises(UsageError, match="one of them"):
        batch("export", tmp_path / "batch", "1", "--all")
    assert not (tmp_path / "batch").exists()


def test_answers_as_odd_as_they_come_travel_as_plain_ascii(
    batch: Command, server: ScriptedServer, tmp_path: Path
) -> None:
    folder, source = tmp_path / "batch", tmp_path / "course.jsonl"
    row = {"id": "é\u2028", "question": QUESTION, "answer": "Half \ud83d, line\u2028break\r\nand \x85."}
    source.write_text(json.dumps(row))
    batch("export", folder, "--answers", source)
    data = (folder / "requests-001.jsonl").read_bytes()
    assert data.isascii()
    assert data.count(b"\n") == 1
    assert "Half \ufffd, line\u2028break\nand \x85." in json.loads(data)["body"]["messages"][2]["content"]
    answered(folder / "requests-001.jsonl", folder / "output-001.jsonl")
    assert "1 answer graded" in batch("import", folder)
