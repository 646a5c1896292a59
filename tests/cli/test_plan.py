"""`prepdrill plan`: remembered, made anew from today, written as Markdown, calendar and JSON."""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path

import icalendar
import pytest

from prepdrill.cli.environment import Environment

from ..conftest import Command

NOW = datetime.datetime(2026, 11, 26, 12).timestamp()  # noqa: DTZ001 - a Thursday, local time


@pytest.fixture(autouse=True)
def thursday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Environment, "wall", lambda _: NOW)


def test_a_plan_is_remembered_and_shown_day_by_day(prepdrill: Command) -> None:
    first = prepdrill("plan", "--interview", "2026-12-18", "--minutes", "45", "--days", "mon-fri")
    assert first.code == 0, first.err
    assert first.out.startswith("The interview is in 22 days.")
    assert prepdrill("plan").out == first.out
    lines = [line for line in first.out.splitlines() if re.match(r"\w{3} \d{4}-", line)]
    assert len(lines) == 16
    assert not any(line.startswith(("Sat", "Sun")) for line in lines)
    assert sum("mock interview of 45 minutes" in line for line in lines) == 3
    assert "light, 22.5 minutes" in lines[-1]
    assert "will not be practised" in first.out


@pytest.mark.parametrize(
    ("date", "said", "code"),
    [
        ("2026-11-20", "which is past", 1),
        ("2027-06-31", "expected a day such as 2027-01-15", 2),
        ("2028-11-29", "more than two years away; is its year right?", 1),
        ("2026-11-26", "The interview is today.", 0),
        ("2026-11-27", "The interview is tomorrow.", 0),
        ("soon", "expected a day such as 2027-01-15", 2),
    ],
)
def test_dates_in_the_past_today_and_tomorrow_say_something_sensible(
    prepdrill: Command, date: str, said: str, code: int
) -> None:
    outcome = prepdrill("plan", "--interview", date)
    assert outcome.code == code
    assert said in " ".join((outcome.out + outcome.err).split())
    assert (prepdrill("plan").code == 0) == (code == 0), "what was refused is not remembered"


def test_no_date_is_asked_for_and_can_be_forgotten(prepdrill: Command) -> None:
    assert prepdrill("plan").code == 2
    assert prepdrill("plan", "--interview", "2026-12-18").code == 0
    assert prepdrill("plan", "--forget").code == 0
    assert prepdrill("plan").code == 2


def test_no_day_of_practice_is_said(prepdrill: Command) -> None:
    out = prepdrill("plan", "--interview", "2026-11-29", "--days", "mon").out
    assert "None of your days of practice lies before it" in out


def test_the_calendar_has_an_event_a_day_that_updates(prepdrill: Command, tmp_path: Path) -> None:
    path = tmp_path / "plan.ics"
    assert prepdrill("plan", "--interview", "2026-12-04", "--ics", str(path)).code == 0
    events = list(icalendar.Calendar.from_ical(path.read_bytes()).walk("VEVENT"))
    assert [str(event["uid"]) for event in events][-1] == "interview@prepdrill"
    assert len({str(event["uid"]) for event in events}) == len(events) == 7
    assert str(events[-1]["summary"]) == "Interview"
    before = path.read_bytes()
    assert prepdrill("plan", "--ics", str(path)).code == 0
    assert path.read_bytes() == before


def test_markdown_and_json(prepdrill: Command) -> None:
    assert "- [ ] Thu 2026-11-26: practice" in prepdrill("plan", "--interview", "2026-12-04", "--markdown", "-").out
    value = json.loads(prepdrill("plan", "--json").out)
    assert value["interview"] == "2026-12-04"
    assert [day["date"] for day in value["days"]][:2] == ["2026-11-26", "2026-11-27"]
    assert {"kind", "minutes", "sections", "back", "new"} < set(value["days"][0])


@pytest.mark.parametrize(
    ("date", "plan", "following"),
    [
        ("2026-12-18", "interview in 22 days; today 40 minutes", "prepdrill drill --minutes 40"),
        ("2026-11-27", "interview tomorrow; today light, 20 minutes", "prepdrill drill --minutes 20 --order due"),
        ("2026-11-26", "the interview is today", "prepdrill drill --minutes 20 --order due"),
        ("2026-11-01", "the interview was on 2026-11-01", "prepdrill drill"),
    ],
)
def test_prepdrill_alone_shows_todays_part(
    prepdrill: Command, date: str, plan: str, following: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Environment, "wall", lambda _: NOW - 86_400)
        assert prepdrill("drill", "--question", "data/annotator-seventeen", input="So.").code == 0
    assert prepdrill("config", "set", "plan.interview", date).code == 0
    lines = prepdrill().out.splitlines()
    assert any(plan in line for line in lines if line.startswith("Plan:"))
    assert lines[-1].split(maxsplit=1)[1] == following


def test_what_is_planned_today_is_what_a_drill_asks_and_then_it_is_done(prepdrill: Command) -> None:
    assert prepdrill("plan", "--interview", "2026-12-18", "--minutes", "12").code == 0
    today = json.loads(prepdrill("plan", "--json").out)["days"][0]
    assert prepdrill("drill", "--question", "data/annotator-seventeen", input="So.").code == 0
    told = prepdrill().out
    assert "today is done" in told
    assert told.splitlines()[-1].split(maxsplit=1)[1] == "prepdrill plan"
    assert today["new"] == 2 or today["minutes"] == 12
    assert "Thu 2026-11-26  practice, 12 minutes, done" in prepdrill("plan").out


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--interview", "tomorrow", "--interview cannot be 'tomorrow': expected a day such as 2027-01-15"),
        ("--minutes", "4", "--minutes cannot be '4': expected a number from 5 to 600"),
        ("--minutes", "1440", "--minutes cannot be '1440'"),
        ("--days", "mon-", "--days cannot be 'mon-': expected days such as mon-fri"),
    ],
)
def test_what_cannot_be_is_refused_by_its_option_and_nothing_is_remembered(
    prepdrill: Command, option: str, value: str, said: str
) -> None:
    dated = () if option == "--interview" else ("--interview", "2026-12-18")
    outcome = prepdrill("plan", *dated, option, value)
    assert outcome.code == 2
    assert said in outcome.err
    assert prepdrill("plan").code == 2
    assert prepdrill("plan", "--minutes", "50").code == 2
    assert json.loads(prepdrill("config", "show", "--json").out)["plan.minutes"]["value"] == 40


def test_what_is_changed_counts_at_once(prepdrill: Command, tmp_path: Path) -> None:
    assert "practice, 40 minutes" in prepdrill("plan", "--interview", "2026-12-18").out
    assert "practice, 60 minutes" in prepdrill("plan", "--minutes", "60").out
    path = tmp_path / "plan.ics"
    assert prepdrill("plan", "--days", "sat", "--minutes", "50", "--ics", str(path)).code == 0
    days = list(icalendar.Calendar.from_ical(path.read_bytes()).walk("VEVENT"))[:-1]
    assert [f"{event.decoded('dtstart'):%a}" for event in days] == ["Sat"] * len(days)
    assert "practice, 50 minutes" in str(days[0]["summary"])


def test_a_plan_is_shown_before_the_first_answer(prepdrill: Command) -> None:
    assert "Plan:" not in prepdrill().out
    assert prepdrill("plan", "--interview", "2026-12-18").code == 0
    lines = prepdrill().out.splitlines()
    assert lines[0] == "Plan:     interview in 22 days; today 40 minutes"
    assert lines[-1] == "Next:     prepdrill drill --minutes 40"


def test_a_file_that_is_none_of_ours_is_left_alone(prepdrill: Command, tmp_path: Path) -> None:
    assert prepdrill("plan", "--interview", "2026-12-18").code == 0
    for option in ("--ics", "--markdown"):
        path = tmp_path / option
        path.write_text("mine")
        refused = prepdrill("plan", option, str(path))
        assert (refused.code, path.read_text()) == (1, "mine")
        assert "name a new file" in refused.err
        path.unlink()
        assert prepdrill("plan", option, str(path)).code == prepdrill("plan", option, str(path)).code == 0


@pytest.mark.parametrize(
    "options", [("--forget", "--minutes", "50"), ("--json", "--markdown", "-"), ("--ics", "-", "--markdown", "-")]
)
def test_options_that_exclude_each_other_are_refused(prepdrill: Command, options: tuple[str, ...]) -> None:
    assert prepdrill("plan", "--interview", "2026-12-18").code == 0
    assert prepdrill("plan", *options).code == 2
    assert prepdrill("plan").out.startswith("The interview is in 22 days.")
