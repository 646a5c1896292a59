"""Past attempts are found as one types, are shown as they were, and two of them are set against each other."""

from __future__ import annotations

import asyncio
import dataclasses
import html
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input

from prepdrill import scoring
from prepdrill.drill import Stage
from prepdrill.history import Filter, History, open_history, read_history
from prepdrill.model import FollowUp, GraderId, Item, Moment, Outcome, Question, Rubric, Transcript, Verdict
from prepdrill.room.browser import (
    DEBOUNCE,
    NO_ATTEMPT,
    NOTHING_FITS,
    AttemptList,
    Browser,
    Opened,
    ago,
)
from prepdrill.room.comparison import Comparison
from prepdrill.room.difference import Change, changes, difference
from prepdrill.room.found import filters
from prepdrill.sitting import Sitting

from ..examples import SCALE, criterion, item, question, verdicts

DAY = 86_400.0
NOW = 1_000_000_000.0
FOLLOW_UP = FollowUp("And if the data is to blame?")
RUBRIC = (criterion("zero-rate"), criterion("restart"), criterion("two-causes"), criterion("ships-it", -2))
OFFLINE = GraderId("offline", "1")
SELF_CHECK = GraderId("self-check", "1")
RATE = question("post-training/rate", follow_ups=[FOLLOW_UP])
DPO = question("post-training/dpo-margin")
EVAL = question("evaluation/win-rate")
ITEM = item(RUBRIC, RATE)
QUESTIONS = ("post-training/rate", "post-training/dpo-margin", "evaluation/win-rate")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.sqlite"


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    with open_history(path) as opened:
        yield opened


@dataclasses.dataclass
class Clock:
    at: float

    def __call__(self) -> Moment:
        return Moment(self.at, self.at)


@dataclasses.dataclass(frozen=True)
class Scripted:
    """A grader that says what it was told to."""

    outcomes: Mapping[str, str]
    id: GraderId = OFFLINE

    def __call__(self, question: Question, rubric: Rubric, transcript: Transcript) -> list[Verdict]:
        return verdicts(self.outcomes)


def outcomes(met: str = "", unsure: str = "") -> dict[str, str]:
    """Verdicts on RUBRIC: what is not named is unmet."""
    said = {**dict.fromkeys(met.split(), "met"), **dict.fromkeys(unsure.split(), "unsure")}
    return {entry.id: said.get(entry.id, "unmet") for entry in RUBRIC}


def sat(
    history: History,
    asked: Question = RATE,
    answer: str = "The learning rate is zero.",
    *,
    days_ago: float = 1,
    met: str = "",
    unsure: str = "",
    follow_up: str = "",
    requests: Sequence[str] = (),
    grader: GraderId = OFFLINE,
) -> int:
    """One whole attempt, as a drill makes it; its number."""
    clock = Clock(NOW - days_ago * DAY)
    scripted = Scripted(outcomes(met, unsure), grader)
    session = history.begin_session("drill", "offline", clock.at)
    sitting = Sitting.begin(history, session, item(RUBRIC, asked), clock, budget=300)
    sitting.shown()
    for request in requests:
        sitting.ask(request)
    sitting.write(answer)
    clock.at += 125
    sitting.submit()
    sitting.graded(scripted, SCALE)
    while (step := sitting.interview.step).prompt is not None:
        sitting.asked(step.prompt)
        sitting.write(follow_up)
        sitting.answer_follow_up()
    sitting.confident(3)
    if sitting.interview.stage is Stage.GRADING:
        sitting.graded(scripted, SCALE)
    sitting.end()
    return sitting.attempt


class Reviewing(App[None]):
    def __init__(self, history: History) -> None:
        super().__init__()
        self._history = history

    def on_mount(self) -> None:
        self.push_screen(Browser(self._history, SCALE, now=lambda: Moment(0, NOW)), lambda _: self.exit())


def browse(
    history: History, play: Callable[[Pilot[None]], Awaitable[None]], size: tuple[int, int] = (80, 24)
) -> Reviewing:
    """Open the browser and let `play` press keys."""
    app = Reviewing(history)

    async def main() -> None:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await play(pilot)

    asyncio.run(main())
    return app


async def narrow(pilot: Pilot[None], typed: str) -> None:
    """Put this into the filter, and wait until the list has followed."""
    pilot.app.screen.query_one(Input).value = typed
    await rest(pilot)


async def rest(pilot: Pilot[None]) -> None:
    """Press no key until the list has followed the filter."""
    await pilot.pause(DEBOUNCE + 0.1)
    await pilot.pause()


def shown(pilot: Pilot[None]) -> str:
    """All text on the screen."""
    return html.unescape(re.sub(r"<[^>]*>", "", pilot.app.export_screenshot())).replace("\xa0", " ")


def listed(pilot: Pilot[None]) -> list[int]:
    """Numbers of the attempts in the list, from above."""
    screen = pilot.app.screen
    assert isinstance(screen, Browser)
    assert screen.query_one(AttemptList).option_count == len(screen.rows)
    return [row.id for row in screen.rows]


# --- the filter


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", [Filter()]),
        ("gradient  norm", [Filter(text="gradient norm")]),
        ("section:eval", [Filter(section="evaluation")]),
        ("Section:EVAL margin", [Filter(section="evaluation", text="margin")]),
        ("rating:yes", [Filter(rating="yes")]),
        ("rating:strong-yes", [Filter(rating="strong yes")]),
        ("rating:strong", [Filter(rating="strong no"), Filter(rating="strong yes")]),
        ("question:dpo", [Filter(question="post-training/dpo-margin")]),
        ("question:a question:rate", [Filter(question="evaluation/win-rate"), Filter(question="post-training/rate")]),
        ("question:rate section:post", [Filter(section="post-training", question="post-training/rate")]),
        ("section: rating:", [Filter()]),
        ("loss:flat", [Filter(text="loss:flat")]),
        ("section:cooking", []),
        ("rating:excellent", []),
        ("question:rate question:dpo", []),
        ("null\0byte", [Filter(text="null␀byte")]),
    ],
)
def test_what_is_typed_becomes_filters(typed: str, expected: list[Filter]) -> None:
    assert list(filters(typed, QUESTIONS, SCALE)) == expected


@given(st.text())
def test_nothing_that_can_be_typed_breaks_the_search(typed: str) -> None:
    with read_history(Path("there/is/none")) as history:
        for filter in filters(typed, QUESTIONS, SCALE):
            history.page(filter, limit=1)


def test_time_that_passed_is_said_in_the_largest_unit() -> None:
    assert [ago(seconds) for seconds in (-5, 59, 60, 7_300, 90_000, 3 * DAY)] == [
        "just now",
        "just now",
        "1 minute ago",
        "2 hours ago",
        "1 day ago",
        "3 days ago",
    ]


# --- the list


def test_attempts_stand_newest_first_with_their_facts(history: History) -> None:
    for days_ago, asked in ((3, RATE), (2, EVAL), (1, DPO)):
        sat(history, asked, days_ago=days_ago, met="zero-rate restart two-causes")

    async def play(pilot: Pilot[None]) -> None:
        assert listed(pilot) == [3, 2, 1]
        text = shown(pilot)
        assert all(word in text for word in ("no.", "when", "question", "time", "score", "rating"))
        assert all(word in text for word in ("post-training/dpo-margin", "2:05", "100 %", "strong yes", "1 day ago"))

    browse(history, play)


def test_below_76_columns_an_attempt_takes_two_lines(history: History) -> None:
    sat(history)
    sat(history, EVAL)

    async def play(pilot: Pilot[None]) -> None:
        assert pilot.app.screen.query_one(AttemptList).virtual_size.height == 4
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert pilot.app.screen.query_one(AttemptList).virtual_size.height == 2

    browse(history, play, (60, 20))


def test_the_list_narrows_as_one_types_with_no_other_key(history: History) -> None:
    first = sat(history, answer="The warmup never ended.", days_ago=3)
    second = sat(history, answer="The rate is zero.", follow_up="Then I would hash the shards.", days_ago=2)

    async def play(pilot: Pilot[None]) -> None:
        await pilot.press(*"warmu")
        await rest(pilot)
        assert listed(pilot) == [first]
        assert "The warmup never ended." in shown(pilot)
        await pilot.press("escape")
        assert listed(pilot) == [second, first]
        await narrow(pilot, "shard")
        assert listed(pilot) == [second]
        await pilot.press("escape")
        await narrow(pilot, "example")
        assert listed(pilot) == [second, first]

    browse(history, play)


def test_sections_ratings_and_questions_narrow(history: History) -> None:
    weak = sat(history, RATE, days_ago=3)
    strong = sat(history, DPO, days_ago=2, met="zero-rate restart two-causes")
    other = sat(history, EVAL, days_ago=1, met="zero-rate restart two-causes")

    async def play(pilot: Pilot[None]) -> None:
        for typed, expected in (
            ("section:post", [strong, weak]),
            ("rating:strong-yes", [other, strong]),
            ("rating:strong", [other, strong, weak]),
            ("question:dpo", [strong]),
            ("section:eval zero", [other]),
        ):
            await narrow(pilot, typed)
            assert listed(pilot) == expected, typed
        await narrow(pilot, "section:cooking")
        assert NOTHING_FITS in shown(pilot)

    browse(history, play)


def test_keys_move_between_filter_and_list(history: History) -> None:
    sat(history, answer="xenon", days_ago=2)
    sat(history, answer="argon", days_ago=1)

    async def play(pilot: Pilot[None]) -> None:
        field, rows = pilot.app.screen.query_one(Input), pilot.app.screen.query_one(AttemptList)
        assert field.has_focus
        await pilot.press("down")
        assert rows.has_focus
        await pilot.press("down", "down", "down")
        assert rows.highlighted == 1
        await pilot.press("up", "up")
        assert field.has_focus
        await pilot.press("down", "x", "e")
        assert field.has_focus
        assert field.value == "xe"
        await pilot.press("down", "backspace")
        assert field.has_focus
        assert field.value == "x"

    browse(history, play)


def test_escape_clears_the_filter_and_then_leaves(history: History) -> None:
    sat(history)

    async def play(pilot: Pilot[None]) -> None:
        await narrow(pilot, "zero")
        await pilot.press("escape")
        assert pilot.app.screen.query_one(Input).value == ""
        assert isinstance(pilot.app.screen, Browser)
        await pilot.press("escape")
        assert not isinstance(pilot.app.screen, Browser)

    browse(history, play)


def test_more_attempts_are_read_when_one_comes_to_the_end(history: History) -> None:
    session = history.begin_session("drill", "offline", 0)
    for number in range(450):
        history.begin_attempt(session, item(RUBRIC, RATE), NOW - (450 - number) * 60, None)

    async def play(pilot: Pilot[None]) -> None:
        assert len(listed(pilot)) == 200
        await pilot.press("down", "end")
        assert len(listed(pilot)) == 400
        await pilot.press("end", "end")
        assert listed(pilot) == list(range(450, 0, -1))

    browse(history, play)


def test_an_empty_history_says_how_to_begin(history: History) -> None:
    async def play(pilot: Pilot[None]) -> None:
        assert NO_ATTEMPT in shown(pilot)
        await narrow(pilot, "loss")
        assert NO_ATTEMPT in shown(pilot)
        await pilot.press("enter", "down")
        assert isinstance(pilot.app.screen, Browser)

    browse(history, play)


def test_a_history_that_cannot_be_read_any_more_is_a_sentence_on_every_screen(history: History) -> None:
    sat(history, days_ago=2)
    sat(history)

    async def play(pilot: Pilot[None]) -> None:
        await pilot.press("down")
        history.close()
        await pilot.press("c")
        assert "cannot be used" in shown(pilot)
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, Opened)
        assert "cannot be used" in shown(pilot)
        await pilot.press("c", "escape")
        await narrow(pilot, "z")
        assert "cannot be used" in shown(pilot)
        await pilot.press("enter", "down", "escape")
        assert "cannot be used" in shown(pilot)

    browse(history, play)


def test_a_damaged_file_is_a_sentence(path: Path) -> None:
    with open_history(path) as history:
        for days_ago in range(40):
            sat(history, answer="All that was typed. " * 200, days_ago=days_ago)
    content = path.read_bytes()
    half = len(content) // 2
    path.write_bytes(content[:half] + b"U" * (len(content) - half))

    async def play(pilot: Pilot[None]) -> None:
        assert "it is damaged" in shown(pilot)

    with open_history(path) as history:
        browse(history, play)


# --- one attempt


def test_an_attempt_is_shown_in_full(history: History) -> None:
    attempt = sat(
        history, answer="It is zero.\nSee the log.", follow_up="Then the hashes.", requests=["grad norm", "the weather"]
    )
    stored = history.attempt(attempt)
    history.add_grade(
        attempt,
        dataclasses.replace(stored.grades[-1].grade, grader=SELF_CHECK, rating="yes"),
        NOW,
    )

    async def play(pilot: Pilot[None]) -> None:
        await pilot.press("enter")
        text = shown(pilot)
        for words in (
            "How sure you were: 3 of 4",
            "You asked for “grad norm”: it brought “Unclipped gradient norm”",
            "You asked for “the weather”: it was not recorded",
            "A run of an 8B model.",
            "Exhibit 1: Log",
            "It is zero.",
            "See the log.",
            FOLLOW_UP.ask,
            "Then the hashes.",
            "2:05 of 5:00",
            "offline grader 1",
            "grader, settled by you",
            "Says zero-rate.",
            "Exhibit 2: Unclipped gradient norm",
        ):
            assert words in text

    browse(history, play, (120, 90))


def test_older_and_newer_attempts_follow_the_list(history: History) -> None:
    for days_ago in (3, 2, 1):
        sat(history, answer=f"Given {days_ago} days ago.", days_ago=days_ago)

    async def play(pilot: Pilot[None]) -> None:
        await pilot.press("enter")
        for keys, words in (
            (("left",), "Given 2 days ago."),
            (("n",), "Given 3 days ago."),
            (("n", "left"), "Given 3 days ago."),
            (("right",), "Given 2 days ago."),
            (("p",), "Given 1 days ago."),
            (("p", "right"), "Given 1 days ago."),
            (("n",), "Given 2 days ago."),
        ):
            await pilot.press(*keys)
            assert words in shown(pilot)
        await pilot.press("b")
        assert isinstance(pilot.app.screen, Browser)
        assert pilot.app.screen.query_one(AttemptList).highlighted == 1

    browse(history, play, (100, 60))


def test_no_text_of_an_answer_is_markup_or_reaches_the_terminal(history: History) -> None:
    sat(history, answer="Plain words. [bold]kept[/bold]", days_ago=2)
    sat(history, answer="Other words. \x1b[31m[red]kept[/red]")

    async def play(pilot: Pilot[None]) -> None:
        await narrow(pilot, "other")
        assert "␛[31m[red]kept[/red]" in shown(pilot)
        await pilot.press("enter")
        assert "␛[31m[red]kept[/red]" in shown(pilot)
        await pilot.press("c")
        assert isinstance(pilot.app.screen, Comparison)
        text = shown(pilot)
        assert "31m[red]kept[/red]" in text.replace("{+", "").replace("+}", "")
        assert "\x1b" not in text

    browse(history, play, (100, 60))


# --- two attempts


async def compared(pilot: Pilot[None]) -> str:
    """What the comparison shows; the keys before have to have opened it."""
    await pilot.pause()
    assert isinstance(pilot.app.screen, Comparison)
    text = shown(pilot)
    await pilot.press("escape")
    assert isinstance(pilot.app.screen, Browser)
    return text


def test_an_attempt_is_compared_with_its_only_other_or_with_the_one_before(history: History) -> None:
    sat(history, RATE, days_ago=5)
    sat(history, DPO, days_ago=4)
    sat(history, RATE, days_ago=3)
    sat(history, RATE, days_ago=2)
    sat(history, DPO, days_ago=1)
    sat(history, EVAL, days_ago=0.5)

    async def play(pilot: Pilot[None]) -> None:
        await pilot.press("down", "c")
        assert "the only attempt" in shown(pilot)
        assert "prepdrill drill --question evaluation/win-rate" in shown(pilot)
        for first, second in ((2, 5), (3, 4), (1, 3), (2, 5), (1, 4)):
            await pilot.press("down", "c")
            text = await compared(pilot)
            assert f"Attempt {first} ·" in text
            assert f"Attempt {second} ·" in text

    browse(history, play, (120, 40))


def test_two_marked_attempts_are_compared(history: History) -> None:
    for days_ago in (3, 2, 1):
        sat(history, days_ago=days_ago)

    async def play(pilot: Pilot[None]) -> None:
        await pilot.press("down", "space")
        assert "1 marked" in shown(pilot)
        assert re.search(r"\* +3 ", shown(pilot))
        await pilot.press("end", "space", "c")
        text = await compared(pilot)
        assert text.index("Attempt 1 ·") < text.index("Attempt 3 ·")
        assert "Attempt 2 ·" not in text
        await pilot.press("space")
        assert "1 marked" in shown(pilot)
        await pilot.press("up", "c")
        text = await compared(pilot)
        assert text.index("Attempt 2 ·") < text.index("Attempt 3 ·")

    browse(history, play)


def test_attempts_at_two_questions_are_refused_with_a_sentence(history: History) -> None:
    sat(history, DPO, days_ago=2)
    sat(history, RATE)

    async def play(pilot: Pilot[None]) -> None:
        await pilot.press("down", "space", "down", "space", "c")
        assert "Only attempts at one question can be compared" in shown(pilot)
        assert isinstance(pilot.app.screen, Browser)

    browse(history, play, (120, 40))


def test_a_comparison_names_what_changed_in_the_words_of_the_rubric(history: History) -> None:
    sat(history, answer="The rate is zero.", met="restart ships-it", unsure="two-causes", days_ago=2)
    sat(history, answer="The learning rate is zero.", met="zero-rate two-causes", days_ago=1)

    async def play(pilot: Pilot[None]) -> None:
        await pilot.press("down", "c")
        text = await compared(pilot)
        lines = [
            "+ gained (missing → met) Says zero-rate.",
            "+ gained (red flag, committed → avoided) Says ships-it.",
            "− lost (met → missing) Says restart.",
            "? unsettled (unsure → met) Says two-causes.",
        ]
        assert sorted(lines, key=text.index) == lines
        assert "The {+learning+} rate is zero." in text
        assert "2:05 of 5:00" in text
        assert "edited" not in text
        assert "different graders" not in text

    browse(history, play, (100, 60))


def test_an_edited_question_and_different_graders_are_said(history: History) -> None:
    sat(history, days_ago=2)
    sat(history, dataclasses.replace(RATE, ask="Why, and since when?"), grader=SELF_CHECK)

    async def play(pilot: Pilot[None]) -> None:
        await pilot.press("down", "c")
        text = await compared(pilot)
        assert "The question was edited between the two attempts." in text
        assert "by different graders, offline 1 and self-check 1" in text

    browse(history, play, (120, 40))


@pytest.mark.parametrize(("width", "beside"), [(120, True), (100, True), (99, False), (60, False)])
def test_answers_stand_side_by_side_from_100_columns(history: History, width: int, beside: bool) -> None:
    sat(history, answer="The rate is zero.", days_ago=2)
    sat(history, answer="The data is bad.")

    async def play(pilot: Pilot[None]) -> None:
        await pilot.press("down", "c")
        await pilot.pause()
        first, second = pilot.app.screen.query(".sides").first().children
        assert (first.region.y == second.region.y) is beside
        assert (first.region.x == second.region.x) is not beside

    browse(history, play, (width, 40))


# --- words


WORDS = st.lists(st.sampled_from(["the", "loss", "falls", "rate", "é", "0.5", ",", "\n\n", " ", "\n", "-", "\x1c"]))
TEXTS = st.one_of(st.text(), WORDS.map("".join), WORDS.map(" ".join))


@given(TEXTS, TEXTS)
def test_the_runs_of_a_difference_give_both_texts_back(before: str, after: str) -> None:
    runs = difference(before, after)
    assert "".join(run.before for run in runs) == before
    assert "".join(run.after for run in runs) == after
    for run in runs:
        assert run.before or run.after
        assert (run.kind == "removed") == (not run.after)
        assert (run.kind == "added") == (not run.before)
        if run.kind == "same":
            assert "".join(run.before.split()) == "".join(run.after.split())


@given(TEXTS)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert {run.kind for run in difference(text, text)} <= {"same"}


def differing(before: str, after: str) -> list[tuple[str, str]]:
    return [(run.kind, (run.before or run.after).strip()) for run in difference(before, after) if run.kind != "same"]


def test_single_words_and_signs_are_told_apart() -> None:
    assert differing("The loss falls slowly, by 0.5.", "The loss rises slowly, by 0.7.") == [
        ("removed", "falls"),
        ("added", "rises"),
        ("removed", "0.5"),
        ("added", "0.7"),
    ]


def test_other_line_breaks_are_no_difference() -> None:
    assert differing("The loss\nfalls slowly.", "The loss falls\nslowly.") == []


def test_words_that_two_passages_share_by_chance_do_not_cut_them_up() -> None:
    before, after = "Stop the run and look at every batch.", "Raise the rate until nothing moves any more."
    assert [kind for kind, _ in differing(before, after)] == ["removed", "added"]


def test_a_paragraph_is_compared_with_the_one_it_came_from() -> None:
    kept, added = "The rate is zero since step 100.", "First I would look at the step at which the rate is set."
    assert differing(f"{kept}\n\nEnd.", f"{added}\n\n{kept}\n\nEnd.") == [("added", added)]


def test_a_paragraph_that_was_split_keeps_its_words() -> None:
    first, second = "The rate is zero since step 100.", "So the gradient norm says nothing about the data."
    assert differing(f"{first} {second}", f"{first}\n\n{second}") == []


# --- criteria


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("unmet", "met", Change.GAINED),
        ("met", "unmet", Change.LOST),
        ("met", "met", Change.SAME),
        ("unsure", "met", Change.OPEN),
        ("met", "ungraded", Change.OPEN),
    ],
)
@pytest.mark.parametrize("red_flag", [False, True])
def test_a_criterion_is_gained_or_lost_by_what_it_earns(
    history: History, before: str, after: str, expected: Change, red_flag: bool
) -> None:
    id = "ships-it" if red_flag else "restart"
    first, second = (history.attempt(graded(history, {**outcomes(), id: outcome})) for outcome in (before, after))
    found = next(entry for entry in changes(first, second) if entry.criterion.id == id)
    opposite = {Change.GAINED: Change.LOST, Change.LOST: Change.GAINED}
    assert found.change is (opposite.get(expected, expected) if red_flag else expected)


def test_a_criterion_met_only_after_the_follow_up_counts_half(history: History) -> None:
    first = history.attempt(graded(history, outcomes("restart"), prompted=["restart"]))
    second = history.attempt(graded(history, outcomes("restart")))
    assert changes(first, second)[0].change is Change.GAINED
    assert changes(first, second)[0].before.word == "met after the follow-up"


def test_a_criterion_of_one_rubric_only_is_said_not_to_have_been_asked(history: History) -> None:
    first = history.attempt(graded(history, {"restart": "met"}, item((criterion("restart"),), RATE)))
    second = history.attempt(graded(history, outcomes("zero-rate")))
    found = {entry.criterion.id: entry for entry in changes(first, second)}
    assert found["zero-rate"].before.word == "not asked"
    assert found["zero-rate"].change is Change.OPEN


def graded(history: History, said: Mapping[str, str], asked: Item = ITEM, prompted: Sequence[str] = ()) -> int:
    """An attempt with these verdicts."""
    session = history.begin_session("drill", "offline", NOW)
    attempt = history.begin_attempt(session, asked, NOW, None)
    said_of = verdicts({id: Outcome(outcome) for id, outcome in said.items()}, prompted=prompted)
    history.add_grade(attempt, scoring.grade(asked, SCALE, OFFLINE, "f", said_of), NOW)
    return attempt
