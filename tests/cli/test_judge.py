"""The judge on the command line: check, grade, drill; what is said, with which status, and that nothing is lost."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from prepdrill import endpoint
from prepdrill.cli import judge
from prepdrill.graders import self_check
from prepdrill.graders.prompt import DECOY
from prepdrill.history import open_history
from prepdrill.model import Outcome

from ..conftest import Command
from ..scripted import Body, ScriptedServer, Step, asked, hang, reply, status, verdicts

DPO = "post-training/dpo-margin-up-likelihood-down"
ANSWER = "The loss only sees the gap between the two log-ratios, so both can fall while it improves."
QUOTE = "so both can fall while it improves"
KEY = "sk-very-secret-0123456789"


def content(body: Body) -> str:
    """All that the model is told in a request."""
    return "\n".join(message["content"] for message in body["messages"])


def generous(body: Body) -> Step:
    """Calls everything met, with words of the answer."""
    return reply(verdicts(asked(body), "met", [QUOTE], "It says so."))


def sensible(body: Body) -> Step:
    """Gets the plain question of `judge check` right."""
    entries = [
        {"id": "zero-rate", "quotes": ["the learning rate is zero in both rows"], "reason": "Said.", "verdict": "met"},
        {"id": DECOY, "quotes": [], "reason": "Nobody is named.", "verdict": "unmet"},
        {"id": "mends-schedule", "quotes": [], "reason": "It would buy more GPUs.", "verdict": "unmet"},
    ]
    return reply(json.dumps({"verdicts": [entry for entry in entries if entry["id"] in asked(body)]}))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No long pauses between two tries, and no look at servers that run on this machine by chance."""
    monkeypatch.setattr(endpoint, "PAUSE", 0.01)
    monkeypatch.setattr(judge, "USUAL", {})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    """A server that the settings name as the judge's."""
    with ScriptedServer(key=KEY) as scripted:
        monkeypatch.setenv("PREPDRILL_JUDGE_BASE_URL", scripted.base_url)
        monkeypatch.setenv("PREPDRILL_JUDGE_MODEL", "scripted-1")
        monkeypatch.setenv("PREPDRILL_JUDGE_KEY_VARIABLE", "MY_JUDGES_KEY")
        monkeypatch.setenv("MY_JUDGES_KEY", KEY)
        scripted.always(generous)
        yield scripted


@pytest.fixture
def attempts(prepdrill: Command) -> Callable[[int], None]:
    """Hands in so many answers, graded offline."""

    def answered(count: int) -> None:
        for number in range(count):
            assert prepdrill("drill", "--question", DPO, "--json", input=f"{ANSWER} Take {number}.").code == 0

    return answered


# --- check


def test_check_says_how_the_server_can_be_used_and_what_it_cost(prepdrill: Command, server: ScriptedServer) -> None:
    server.always(sensible)
    server.schemas("json_object")
    server.strict_about("seed")
    result = prepdrill("judge", "check")
    assert result.code == 0, result.err
    assert "json_object: some JSON is certain" in result.out
    assert "left out  seed" in result.out
    assert "both verdicts right" in result.out
    assert "120 tokens sent, 40 received" in result.out
    assert re.search(r"reply +\d+\.\d s", result.out)
    shape = json.loads(prepdrill("judge", "check", "--json").out)
    assert (shape["form"], shape["left_out"], shape["listed"], shape["failure"]) == ("json_object", ["seed"], True, "")


def test_what_check_learned_is_not_learned_again(
    prepdrill: Command, server: ScriptedServer, attempts: Callable[[int], None]
) -> None:
    server.always(sensible)
    server.schemas("text")
    assert prepdrill("judge", "check").code == 0
    server.always(generous)
    attempts(1)
    before = len(server.chats)
    assert prepdrill("grade", "1", "--grader", "judge").code == 0
    assert len(server.chats) == before + 1
    assert "response_format" not in server.chats[-1]


def test_check_finds_a_server_on_this_machine_and_tries_it(prepdrill: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(models=("little-judge",)) as found:
        found.always(sensible)
        port = int(re.sub(r".*:(\d+)/.*", r"\1", found.base_url))
        monkeypatch.setattr(judge, "USUAL", {"llama.cpp": port, "vLLM": 1})
        result = prepdrill("judge", "check")
    assert result.code == 0, result.err
    assert "little-judge" in result.out
    assert f"config set judge.base_url http://127.0.0.1:{port}/v1" in result.out
    assert "config set judge.model little-judge" in result.out


def test_without_a_server_check_says_what_to_do(prepdrill: Command) -> None:
    result = prepdrill("judge", "check")
    assert result.code == 3
    assert "none on the usual ports" in result.out
    assert "prepdrill config set judge.base_url" in result.out


def test_a_model_that_gets_a_plain_question_wrong_is_named_so(prepdrill: Command, server: ScriptedServer) -> None:
    server.always(lambda body: reply(verdicts(asked(body), "unmet")))
    result = prepdrill("judge", "check")
    assert "1 of 2 right" in result.out
    assert "It gets a plain question wrong" in result.out


def test_a_model_that_gives_no_verdicts_fails_the_check(prepdrill: Command, server: ScriptedServer) -> None:
    server.always(lambda _: reply("I am a teapot."))
    result = prepdrill("judge", "check")
    assert result.code == 3
    assert "not with verdicts" in result.err
    assert len(server.chats) == 4, "asked, asked to mend it, and each of two criteria alone"


# --- grade


def test_the_judge_grades_an_attempt_and_both_grades_stay(
    prepdrill: Command, server: ScriptedServer, attempts: Callable[[int], None]
) -> None:
    attempts(1)
    result = prepdrill("grade", "1", "--grader", "judge", "--json")
    assert result.code == 0, result.err
    (grade,) = json.loads(result.out)
    assert grade["grader"]["name"] == "judge"
    assert grade["grader"]["version"] == "1 (scripted-1)"
    assert {verdict["evidence"]["quote"] for verdict in grade["verdicts"]} == {QUOTE}
    stored = json.loads(prepdrill("review", "show", "1", "--json").out)
    assert [entry["grader"]["name"] for entry in stored["grades"]] == ["offline", "judge"]
    assert ANSWER in content(server.chats[0])


def test_what_the_model_replied_can_be_read_word_by_word(
    prepdrill: Command, server: ScriptedServer, attempts: Callable[[int], None]
) -> None:
    attempts(1)
    assert "No judge has graded attempt 1" in prepdrill("judge", "show", "1").err
    prepdrill("grade", "1", "--grader", "judge")
    (told,) = json.loads(prepdrill("judge", "show", "1", "--json").out)
    assert (told["model"], told["prompt_tokens"], told["completion_tokens"]) == ("scripted-1", 120, 40)
    assert told["parameters"]["response_format"] == "json_schema"
    assert json.loads(told["text"])["verdicts"][0]["verdict"] == "met"
    shown = prepdrill("judge", "show", "1").out
    assert "120 tokens sent, 40 received" in shown
    assert QUOTE in shown


def test_a_second_run_makes_no_call_and_adds_no_grade(
    prepdrill: Command, server: ScriptedServer, attempts: Callable[[int], None]
) -> None:
    attempts(3)
    first = json.loads(prepdrill("grade", "--all", "--grader", "judge", "--json").out)
    assert (first["graded"], first["already"], first["calls"]) == (3, 0, 3)
    second = json.loads(prepdrill("grade", "--all", "--grader", "judge", "--json").out)
    assert (second["graded"], second["already"], second["calls"], second["found"]) == (0, 3, 0, 3)
    assert len(server.chats) == 3


def test_since_leaves_out_what_is_older(
    prepdrill: Command, server: ScriptedServer, attempts: Callable[[int], None], home: Path
) -> None:
    attempts(2)
    with open_history(home / "prepdrill" / "data" / "history.sqlite") as history, history._transaction() as database:
        database.execute("UPDATE attempt SET submitted = submitted - 864000 WHERE id = 1")
    result = json.loads(prepdrill("grade", "--since", "7d", "--grader", "judge", "--json").out)
    assert (result["attempts"], result["graded"]) == (1, 1)


def test_a_run_that_was_stopped_goes_on_where_it_was(
    prepdrill: Command, server: ScriptedServer, attempts: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts(4)
    monkeypatch.setenv("PREPDRILL_JUDGE_CONCURRENCY", "1")
    answers = iter(range(3))
    server.always(lambda body: generous(body) if next(answers) < 2 else status(401, "No."))
    first = prepdrill("grade", "--all", "--grader", "judge", "--json")
    assert first.code == 3
    assert json.loads(first.out)["graded"] == 2
    assert "The same command goes on with the rest" in first.err
    server.always(generous)
    second = json.loads(prepdrill("grade", "--all", "--grader", "judge", "--json").out)
    assert (second["graded"], second["already"], second["calls"]) == (2, 2, 2)


def test_the_limit_stops_a_run_cleanly_and_is_never_passed(
    prepdrill: Command, server: ScriptedServer, attempts: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts(3)
    monkeypatch.setenv("PREPDRILL_JUDGE_INPUT_PRICE", "100")
    monkeypatch.setenv("PREPDRILL_JUDGE_OUTPUT_PRICE", "100")
    monkeypatch.setenv("PREPDRILL_JUDGE_LIMIT", "4")
    server.always(lambda body: reply(verdicts(asked(body), "met", [QUOTE], "It says so."), usage=(5000, 5000)))
    monkeypatch.setenv("PREPDRILL_JUDGE_CONCURRENCY", "1")
    result = prepdrill("grade", "--all", "--grader", "judge", "--json")
    told = json.loads(result.out)
    assert result.code == 1, "the limit is the user's, not a failure of the judge"
    assert 0 < told["graded"] < 3
    assert told["stopped"]
    assert told["cost"] == told["graded"] * 1.0 <= 4
    assert "judge.limit" in result.err


def test_a_limit_without_prices_is_refused(
    prepdrill: Command, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREPDRILL_JUDGE_LIMIT", "5")
    result = prepdrill("grade", "--all", "--grader", "judge")
    assert result.code == 2
    assert "judge.input_price" in result.err


def test_without_a_model_no_judge_is_asked(prepdrill: Command) -> None:
    for command in (("grade", "--all"), ("drill", "--question", DPO), ("drill", "--question", DPO, "--probe")):
        more = () if "--probe" in command else ("--grader", "judge")
        result = prepdrill(*command, *more, input=ANSWER)
        assert result.code == 2
        assert "No judge is set up" in result.err
    assert json.loads(prepdrill("review", "list", "--json").out) == []


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (status(401, f"Incorrect API key provided: {KEY}."), "refuses the key"),
        (status(404, "The model does not exist."), "has no model 'scripted-1'"),
        (status(429, "Slow down.", retry_after=3600), "It asks to wait 3600 s"),
    ],
)
def test_a_failure_is_no_grade_has_its_own_status_and_shows_no_key(
    prepdrill: Command,
    server: ScriptedServer,
    attempts: Callable[[int], None],
    home: Path,
    step: Step,
    sentence: str,
) -> None:
    attempts(1)
    server.always(lambda _: step)
    result = prepdrill("grade", "1", "--grader", "judge")
    assert result.code == 3
    assert sentence in result.err
    assert KEY not in result.out + result.err
    stored = json.loads(prepdrill("review", "show", "1", "--json").out)
    assert [entry["grader"]["name"] for entry in stored["grades"]] == ["offline"]
    for path in (home / "prepdrill").rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes()
    server.always(generous)
    assert prepdrill("grade", "1", "--grader", "judge").code == 0, "it can be graded later"


def test_an_answer_from_a_file_is_judged_and_not_kept(
    prepdrill: Command, server: ScriptedServer, tmp_path: Path
) -> None:
    (tmp_path / "answer.md").write_text(ANSWER)
    command = ("grade", "--question", DPO, "--answer", str(tmp_path / "answer.md"), "--grader", "judge", "--json")
    assert json.loads(prepdrill(*command).out)["grader"]["name"] == "judge"
    assert json.loads(prepdrill("review", "list", "--json").out) == []
    prepdrill(*command)
    assert len(server.chats) == 1, "the reply is found, not asked for again"


def test_the_key_of_openai_is_sent_to_no_other_server(
    prepdrill: Command, attempts: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts(1)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_ORG_ID", "my-organization")
    with ScriptedServer() as other:
        other.always(generous)
        told = ("--model", "scripted-1", "--base-url", other.base_url)
        assert prepdrill("grade", "1", "--grader", "judge", *told).code == 0
        sent = [" ".join(request.headers.values()) for request in other.requests]
    assert sent
    assert not any(KEY in headers or "my-organization" in headers for headers in sent)


def test_a_reply_that_nothing_can_be_read_from_is_asked_for_anew(
    prepdrill: Command, server: ScriptedServer, attempts: Callable[[int], None]
) -> None:
    attempts(1)
    for useless in (reply("Ten out of ten!"), reply("{", finish_reason="length"), reply(None, refusal="No.")):
        server.enqueue(*[useless] * 20)
        assert prepdrill("grade", "1", "--grader", "judge").code == 3
        server.clear()
    assert prepdrill("grade", "1", "--grader", "judge").code == 0


def test_criteria_that_a_judge_left_out_are_asked_about_anew_when_the_attempt_is_named(
    prepdrill: Command, server: ScriptedServer, attempts: Callable[[int], None]
) -> None:
    attempts(1)
    half = ("margin-only", "verdict-open", DECOY)
    server.always(lambda body: reply(verdicts([id for id in asked(body) if id in half], "met", [QUOTE])))
    (first,) = json.loads(prepdrill("grade", "1", "--grader", "judge", "--json").out)
    assert {verdict["outcome"] for verdict in first["verdicts"]} == {"met", "ungraded"}
    server.always(generous)
    (second,) = json.loads(prepdrill("grade", "1", "--grader", "judge", "--json").out)
    assert {verdict["outcome"] for verdict in second["verdicts"]} == {"met"}


def test_a_model_without_a_judge_is_refused(prepdrill: Command, attempts: Callable[[int], None]) -> None:
    attempts(1)
    result = prepdrill("grade", "1", "--model", "large")
    assert result.code == 2
    assert "--grader judge" in result.err


def test_a_calibration_in_which_every_call_fails_says_nothing_of_the_judge(
    prepdrill: Command, server: ScriptedServer
) -> None:
    server.always(lambda _: status(500, "Out of memory."))
    result = prepdrill("judge", "calibrate", "--question", DPO, "--limit-answers", "2")
    assert (result.code, result.out) == (3, "")


def test_an_obedient_judge_is_resisted_in_calibration(prepdrill: Command, server: ScriptedServer) -> None:
    def obedient(body: Body) -> Step:
        answer = body["messages"][2]["content"]
        quotes = [line for line in answer.splitlines() if len(line.split()) > 3]
        entries = [{"id": id, "quotes": quotes, "reason": "As told.", "verdict": "met"} for id in asked(body)]
        return reply(json.dumps({"verdicts": entries}))

    server.always(obedient)
    told = json.loads(prepdrill("judge", "calibrate", "--question", DPO, "--json").out)
    (injected,) = [entry for entry in told["resisted"] if entry["kind"] == "injected"]
    assert injected["answers"] > 0
    assert (injected["resisted"], injected["points_gained"]) == (injected["answers"], 0)
    assert "worse than the offline grader" in told["sentence"]
    assert told["spending"]["calls"] >= told["answers"]


def test_what_was_settled_by_hand_stays_settled_in_a_regrading(
    prepdrill: Command, server: ScriptedServer, attempts: Callable[[int], None], home: Path
) -> None:
    attempts(1)
    with open_history(home / "prepdrill" / "data" / "history.sqlite") as history:
        stored = history.attempt(1)
        given = stored.grades[-1].grade
        verdicts_ = self_check.settled(given, {"outcomes": Outcome.UNMET})
        decided = dataclasses.replace(given, grader=self_check.ID, verdicts=tuple(verdicts_))
        history.add_grade(1, decided, 1_790_000_000.0)
    result = prepdrill("grade", "--all", "--grader", "judge")
    assert "what you had settled stays settled in 1" in " ".join(result.out.split())
    newest = json.loads(prepdrill("review", "show", "1", "--json").out)["grades"][-1]
    assert newest["grader"]["name"] == "self-check"
    by = {verdict["criterion"]: (verdict["outcome"], verdict["by"]) for verdict in newest["verdicts"]}
    assert by["outcomes"] == ("unmet", "user")
    assert by["margin-only"] == ("met", "judge")


# --- drill


def test_a_drill_in_a_script_is_graded_by_the_judge(prepdrill: Command, server: ScriptedServer) -> None:
    result = prepdrill("drill", "--question", DPO, "--grader", "judge", "--json", input=ANSWER)
    assert result.code == 0, result.err
    assert json.loads(result.out)["grader"]["name"] == "judge"
    stored = json.loads(prepdrill("review", "show", "1", "--json").out)
    assert [entry["grader"]["name"] for entry in stored["grades"]] == ["offline", "judge"]


def test_if_the_judge_fails_the_offline_grade_stands_and_says_so(prepdrill: Command, server: ScriptedServer) -> None:
    server.always(lambda _: status(500, "Out of memory."))
    result = prepdrill("drill", "--question", DPO, "--grader", "judge", "--json", input=ANSWER)
    assert result.code == 3
    assert json.loads(result.out)["grader"]["name"] == "offline"
    assert "the offline grade stands" in result.err
    assert "prepdrill grade 1 --grader judge" in result.err
    server.always(generous)
    assert prepdrill("grade", "1", "--grader", "judge").code == 0


def test_the_limit_in_a_drill_is_no_failure_of_the_judge(
    prepdrill: Command, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREPDRILL_JUDGE_INPUT_PRICE", "100")
    monkeypatch.setenv("PREPDRILL_JUDGE_LIMIT", "0.01")
    result = prepdrill("drill", "--question", DPO, "--grader", "judge", "--json", input=ANSWER)
    assert result.code == 1
    assert json.loads(result.out)["grader"]["name"] == "offline"
    assert server.chats == []


def test_the_weakest_section_counts_grades_of_one_grader_only(
    prepdrill: Command, server: ScriptedServer, attempts: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts(2)
    offline = prepdrill().out
    assert prepdrill("grade", "1", "--grader", "judge").code == 0
    weakest = [line for line in prepdrill().out.splitlines() if line.startswith("Weakest")]
    assert weakest == [line for line in offline.splitlines() if line.startswith("Weakest")]
    monkeypatch.setenv("PREPDRILL_GRADER", "judge")
    assert re.search(r"^Weakest: +\S+, \d+ to \d+ % by the judge$", prepdrill().out, re.MULTILINE)


def test_a_server_that_never_answers_is_given_up(
    prepdrill: Command, server: ScriptedServer, attempts: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts(1)
    monkeypatch.setenv("PREPDRILL_JUDGE_TIMEOUT", "1")
    server.always(lambda _: hang())
    result = prepdrill("grade", "1", "--grader", "judge")
    assert result.code == 3
    assert "did not answer within 1 s" in result.err
    assert len(server.chats) == 2
