"""The judge as its user meets it, in a real terminal: waited for, not waited for, stopped and gone on with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prepdrill.bank import Bank
from prepdrill.history import open_history

from ..judges import hand_in
from ..scripted import Body, ScriptedServer, Step, asked, hang, reply, verdicts
from .terminal import Terminal

DPO = "post-training/dpo-margin-up-likelihood-down"
ANSWER = "The loss only sees the gap between the two log-ratios, so both can fall while it improves."


def generous(body: Body) -> Step:
    return reply(verdicts(asked(body), "met", ["so both can fall while it improves"], "It says so."))


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        scripted.always(generous)
        yield scripted


def judged(server: ScriptedServer) -> dict[str, Any]:
    return {"PREPDRILL_JUDGE_BASE_URL": server.base_url, "PREPDRILL_JUDGE_MODEL": "scripted-1"}


def answered(terminal: Terminal) -> None:
    """Answer the question, pass on all that is asked afterwards, and do not say how sure one is."""
    terminal.prompt()
    terminal.enter(ANSWER)
    terminal.type(".")
    while "How sure" not in terminal.wait("> ", "How sure are you of your whole answer"):
        terminal.type(".")
    terminal.type("")


def test_a_plain_drill_waits_for_the_judge_and_shows_its_grade(tmp_path: Path, server: ScriptedServer) -> None:
    arguments = ("drill", "--plain", "--question", DPO, "--grader", "judge")
    with Terminal(tmp_path, *arguments, **judged(server)) as terminal:
        answered(terminal)
        assert "judge grader 1 (scripted-1)" in terminal.wait("(scripted-1)")
        terminal.wait("Kept as attempt 1")
    with open_history(tmp_path / "data" / "history.sqlite") as history:
        assert [entry.grade.grader.name for entry in history.grades(1)][-1] == "judge"
        assert history.replies().of_grade(history.attempt(1).grades[-1].id)[0].model == "scripted-1"


def test_at_ctrl_c_the_offline_grade_is_shown_and_the_judge_can_be_asked_later(
    tmp_path: Path, server: ScriptedServer
) -> None:
    server.latency = 60
    arguments = ("drill", "--plain", "--question", DPO, "--grader", "judge")
    with Terminal(tmp_path, *arguments, **judged(server)) as terminal:
        answered(terminal)
        terminal.wait("The judge is reading")
        terminal.child.sendintr()
        terminal.wait("prepdrill grade 1 --grader judge")
        terminal.wait("offline grader")
        terminal.wait("Kept as attempt 1")
        assert terminal.end() == 0


def test_a_regrading_that_is_stopped_keeps_what_it_has_and_goes_on(
    tmp_path: Path, server: ScriptedServer, built_in: Bank
) -> None:
    with open_history(tmp_path / "data" / "history.sqlite") as history:
        for number in range(4):
            hand_in(history, built_in.item(DPO), f"{ANSWER} Take {number}.")
    answers = iter(range(4))
    server.always(lambda body: generous(body) if next(answers) < 2 else hang())
    one_by_one = judged(server) | {"PREPDRILL_JUDGE_CONCURRENCY": "1"}
    with Terminal(tmp_path, "grade", "--all", "--grader", "judge", **one_by_one) as terminal:
        terminal.wait("2/4")
        terminal.child.sendintr()
        assert "the same command goes on with the rest" in terminal.wait("the rest.")
        assert terminal.end() == 130
    server.always(generous)
    with Terminal(tmp_path, "grade", "--all", "--grader", "judge", **judged(server)) as terminal:
        assert "Graded 2 of 4 attempts; 2 had this very grade already." in terminal.wait("already.")
        assert "2 calls, 2 replies found" in terminal.wait("in the history")
