"""A grader is measured from the command line: on the bank's labelled answers, or on verdicts that the user settled."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import typer
from typer.testing import CliRunner

from prepdrill import scoring
from prepdrill.bank import Bank
from prepdrill.calibration import Graded, Labelled, Spending
from prepdrill.cli import calibrate as command
from prepdrill.cli.environment import Environment
from prepdrill.errors import ExitCode, PrepdrillError
from prepdrill.graders import self_check
from prepdrill.graders.offline import Offline
from prepdrill.history import open_history
from prepdrill.model import Event, EventKind, GraderId, Moment, Outcome, Transcript, Verdict
from prepdrill.settings import folders

from ..test_page import Reader

QUESTION = "evaluation/p-value-on-shared-passages"
Calibrate: TypeAlias = Callable[..., str]


@pytest.fixture
def calibrate() -> Calibrate:
    """`calibrate("--grader", "offline")` runs the command and returns what it wrote to standard output."""
    app = typer.Typer()
    app.command()(command.calibrate)

    def run(*arguments: str) -> str:
        return CliRunner().invoke(app, arguments, catch_exceptions=False).stdout

    return run


def measured(calibrate: Calibrate, *arguments: str) -> dict[str, Any]:
    value = json.loads(calibrate(*arguments, "--json"))
    assert isinstance(value, dict)
    return value


def test_the_offline_grader_on_one_question(calibrate: Calibrate) -> None:
    out = calibrate("--grader", "offline", "--question", QUESTION)
    assert out.startswith("This is the offline grader itself")
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 80
    assert not any(line != line.rstrip() for line in out.splitlines())
    assert re.search(r"^Injected answers resisted: \d of \d", out, re.MULTILINE)


def test_as_json_it_holds_every_figure_and_its_interval(calibrate: Calibrate) -> None:
    value = measured(calibrate, "--grader", "offline", "--question", QUESTION, "--runs", "2")
    assert value["grader"]["name"] == "offline"
    assert re.fullmatch("[0-9a-f]{16}", value["grader"]["fingerprint"])
    counts = value["agreement"]
    assert sum(sum(row.values()) for row in counts["confusion"].values()) == counts["cases"]
    assert counts["decided"] + counts["unsure"] + counts["ungraded"] == pytest.approx(1, abs=0.001)
    low, high = value["intervals"]["macro_f1"]
    assert low <= counts["macro_f1"] <= high
    assert value["itself"] == {"runs": 2, "share": 1.0, "kappa": 1.0}
    assert set(value["by_kind"]) >= {"strong", "injected"}
    assert value["by_section"].keys() == {"evaluation"}
    assert (value["compared"], value["spending"]) == (None, None)


def test_the_same_seed_gives_the_same_measure(calibrate: Calibrate) -> None:
    arguments = ("--grader", "offline", "--question", QUESTION, "--limit-answers", "3", "--json", "--seed")
    assert calibrate(*arguments, "1") == calibrate(*arguments, "1")
    assert calibrate(*arguments, "1") != calibrate(*arguments, "2")


def test_a_trial_is_spread_over_questions_and_kinds(built_in: Bank) -> None:
    answers = [Labelled(f"{at}", f"kind {at}", built_in.item(id), Transcript(""), {}) for id in IDS for at in range(3)]
    chosen = command._spread(answers, 4)
    assert [answer.item.question.id for answer in chosen] == [*IDS, IDS[0]]
    assert [answer.kind for answer in chosen] == ["kind 0", "kind 1", "kind 2", "kind 1"]
    assert len(command._spread(answers, 100)) == 9


IDS = [QUESTION, "data/annotator-seventeen", "post-training/dpo-margin-up-likelihood-down"]


def test_the_page_is_complete_in_itself_and_says_what_the_terminal_says(calibrate: Calibrate, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    out = calibrate("--grader", "offline", "--question", QUESTION, "--html", str(page))
    text = page.read_text()
    read = Reader(text)
    assert read.open == []
    assert not {"script", "img", "link", "iframe", "a"} & {tag for tag, _ in read.elements}
    assert not any({"src", "href"} & set(attributes) for _, attributes in read.elements)
    assert "http" not in text
    assert "url(" not in text
    (chart,) = (attributes for tag, attributes in read.elements if tag == "svg")
    assert re.match(r"stated 0\.\d+, right [01]\.\d+, \d+ verdicts", chart["aria-label"] or "")
    figure = re.search(r"^macro-F1 of all +(0\.\d+)", out, re.MULTILINE)
    assert figure is not None
    assert f"<td>macro-F1 of all</td><td>{figure[1]}</td>" in text


def test_a_file_that_exists_is_kept(calibrate: Calibrate, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("mine")
    with pytest.raises(PrepdrillError, match="name a new file"):
        calibrate("--grader", "offline", "--question", QUESTION, "--html", str(page))
    assert page.read_text() == "mine"


def test_with_nothing_to_be_held_against_it_says_what_to_do(calibrate: Calibrate) -> None:
    for arguments, words in (
        (("--on", "mine"), "prepdrill grade N --grader self"),
        (("--section", "data", "--question", QUESTION), "no question that was chosen"),
    ):
        with pytest.raises(PrepdrillError, match=words) as raised:
            calibrate("--grader", "offline", *arguments)
        assert raised.value.exit_code is ExitCode.WRONG


def test_what_cannot_be_meant_is_refused(calibrate: Calibrate) -> None:
    for arguments in (("--grader", "me"), ("--on", "moon")):
        with pytest.raises(PrepdrillError) as raised:
            calibrate(*arguments)
        assert raised.value.exit_code is ExitCode.USAGE


# --- the user's own verdicts


def settle(bank: Bank, decisions: Sequence[dict[str, Outcome]]) -> int:
    """One attempt in the history whose grade was settled so, one time after another; its number."""
    item = bank.item(QUESTION)
    answer = bank.calibration(item)[0].text
    given = scoring.grade(
        item, bank.scale, Offline.id, "f", Offline(bank.lexicon)(item.question, item.rubric, Transcript(answer))
    )
    with open_history(folders(Environment().environ).history) as history:
        attempt = history.begin_attempt(history.begin_session("drill", "self", 1.0), item, 1.0, None)
        history.record(attempt, Event(EventKind.SUBMITTED, Moment(2.0, 2.0), answer), seconds=1.0)
        history.add_grade(attempt, given, 3.0)
        for decided in decisions:
            verdicts = self_check.settled(given, decided)
            history.add_grade(attempt, scoring.grade(item, bank.scale, self_check.ID, "f", verdicts), 4.0)
    return attempt


def test_verdicts_that_the_user_settled_are_labels_the_newest_ones_only(calibrate: Calibrate, built_in: Bank) -> None:
    first, second, third, *_ = (criterion.id for criterion in built_in.item(QUESTION).rubric.criteria)
    settle(built_in, [{third: Outcome.MET}, {first: Outcome.MET, second: Outcome.UNMET}])
    settle(built_in, [])
    value = measured(calibrate, "--grader", "offline", "--on", "mine")
    assert (value["on"], value["answers"], value["answers_apart"]) == ("mine", 1, 0)
    confusion = value["agreement"]["confusion"]
    assert (sum(confusion["met"].values()), sum(confusion["unmet"].values())) == (1, 1)
    assert value["by_kind"].keys() == {"mine"}
    assert value["scores"]["answers"] == 0
    with pytest.raises(PrepdrillError, match="no verdict of yours"):
        calibrate("--grader", "offline", "--on", "mine", "--section", "data")


# --- the judge


def test_without_a_judge_the_command_says_so(calibrate: Calibrate) -> None:
    with pytest.raises(PrepdrillError, match="No judge is set up"):
        calibrate("--question", QUESTION)


def test_a_judge_is_held_against_the_offline_grader_on_the_same_answers(
    calibrate: Calibrate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def perfect(_: Environment, __: Bank, labelled: Sequence[Labelled], runs: int, *___: object) -> Any:
        graded = [Graded(answer, (right(answer),) * runs) for answer in labelled]
        return (
            graded,
            Spending(1000, 100, len(labelled), 0, 0.5, (0.25,)),
            GraderId("judge", "test"),
            "0123456789abcdef",
        )

    def right(answer: Labelled) -> tuple[Verdict, ...]:
        return tuple(
            Verdict(id, Outcome.MET if met else Outcome.UNMET, None, "", 0.9) for id, met in answer.labels.items()
        )

    monkeypatch.setattr(command, "_by_judge", perfect)
    value = measured(calibrate, "--question", QUESTION)
    assert value["sentence"].startswith("The judge grader is better than the offline grader on the same 7 answers")
    assert value["compared"]["grader"] == 1.0
    assert value["compared"]["offline"] < 1
    assert value["grader"]["fingerprint"] == "0123456789abcdef"
    assert (value["spending"]["cost"], value["spending"]["latency_median"]) == (0.5, 0.25)
    assert all(entry["resisted"] == entry["answers"] for entry in value["resisted"])
