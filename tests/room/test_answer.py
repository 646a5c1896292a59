"""While one answers: what is typed is kept, what is asked for is shown, and nothing is handed in by accident."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepdrill.model import EventKind, FollowUp, Twist
from prepdrill.room.draft import cleaned
from prepdrill.sitting import LONGEST_ANSWER
from tests.examples import criterion, item, question

from .picture import picture
from .visit import ITEM, Door, Visit, setting

PROMPTED = item(
    [criterion("alpha"), criterion("beta")],
    dataclasses.replace(
        question(follow_ups=[FollowUp("When is it harmless?"), FollowUp("Say it again?", "alpha")]), headline=True
    ),
)
HOSTILE = (
    "clear\x1b[2J screen\x1b]0;title\x07 and\x1b]52;c;aGk=\x1b\\ copy\x9b31m\x9d0;x\x9c\r\nnext\rline\x00\x7f\ttab"
)
CLEAN = "clear screen and copy31m0;x\nnext\nline\ttab"

# --- what is typed is on disk


def test_what_is_typed_is_stored_at_the_first_pause_in_typing(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prepdrill.room.answer.AUTOSAVE", 3600.0)

    async def scene(visit: Visit) -> None:
        await visit.type("kept")
        await visit.until(lambda: visit.stored().draft == "kept")
        await visit.until(lambda: visit.sees("saved 0 s ago"))

    door.enter(scene)


def test_what_is_typed_without_a_pause_is_stored_all_the_same(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prepdrill.room.answer.PAUSE_IN_TYPING", 3600.0)

    async def scene(visit: Visit) -> None:
        await visit.type("ever on")
        await visit.until(lambda: visit.stored().draft == "ever on")

    door.enter(scene)


def test_the_screen_does_not_say_saved_before_it_is(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PAUSE_IN_TYPING", "AUTOSAVE"):
        monkeypatch.setattr(f"prepdrill.room.answer.{name}", 3600.0)

    async def scene(visit: Visit) -> None:
        await visit.type("ab")
        await visit.pass_time(5)
        assert visit.stored().draft == ""
        assert visit.sees("saving")
        visit.room.keep()
        await visit.rest()
        assert visit.stored().draft == "ab"
        assert visit.sees("saved 0 s ago")

    door.enter(scene)


# --- the editor


def test_a_step_can_be_undone_and_done_again(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.paste("one")
        await visit.paste(" two")
        await visit.press("ctrl+z")
        assert visit.draft == "one"
        await visit.press("ctrl+y")
        assert visit.draft == "one two"

    door.enter(scene)


def test_text_is_selected_copied_cut_and_pasted_by_keys(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.paste("alpha")
        await visit.press("shift+left", "shift+left", "alt+c")
        assert visit.room.clipboard == "ha"
        assert visit.draft == "alpha"
        await visit.press("end", "ctrl+v")
        assert visit.draft == "alphaha"
        await visit.press("alt+a", "ctrl+x")
        assert visit.draft == ""
        await visit.press("ctrl+v", "ctrl+v")
        assert visit.draft == "alphahaalphaha"

    door.enter(scene)


def test_a_paste_replaces_what_is_selected(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.paste("one two")
        await visit.press("shift+left", "shift+left", "shift+left")
        await visit.paste("three")
        assert visit.draft == "one three"

    door.enter(scene)


def test_ten_thousand_words_are_pasted_and_stored_whole(door: Door) -> None:
    words = " ".join(f"w{number}" for number in range(5000)) + "\n\n" + "\n".join(f"v{n}" for n in range(5000))

    async def scene(visit: Visit) -> None:
        await visit.paste(words)
        assert visit.draft == words
        visit.room.keep()
        assert visit.stored().draft == words
        await visit.pass_time(0)
        assert visit.sees("10000 words")
        await visit.type("x")
        assert visit.draft == f"{words}x"

    door.enter(scene)


def test_a_paste_leaves_no_terminal_sequence_in_the_answer(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.paste(HOSTILE)
        assert visit.draft == CLEAN
        visit.room.keep()
        assert visit.stored().draft == CLEAN

    door.enter(scene)


def test_a_paste_leaves_no_terminal_sequence_in_a_request(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.ask("raw\x1b[31m norm\x9b")
        assert all(line.isprintable() for line in visit.lines)

    door.enter(scene)


def test_a_draft_with_control_characters_is_shown_safely_when_one_comes_back(door: Door) -> None:
    async def before(visit: Visit) -> None:
        assert visit.room.sitting is not None
        visit.room.sitting.write(HOSTILE)

    async def after(visit: Visit) -> None:
        assert "screen" in visit.text
        assert all(line.isprintable() for line in visit.lines)
        assert "\x1b" not in visit.draft

    door.enter(before)
    door.come_back(after)


ORDINARY = st.text(st.characters(blacklist_categories=["Cc", "Cs"]), max_size=40)


@given(text=st.text(max_size=60) | st.text("\x1b[]0;m\x07\\\x9b\r\na P^_", max_size=30))
def test_cleaned_text_has_no_control_characters_and_stays_as_it_is(text: str) -> None:
    once = cleaned(text)
    assert all(letter in "\n\t" or not (letter < " " or "\x7f" <= letter <= "\x9f") for letter in once)
    assert cleaned(once) == once
    once.encode("utf-8")


@given(lines=st.lists(ORDINARY, max_size=5))
def test_ordinary_text_is_not_touched(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert cleaned(text) == text
    assert cleaned(text.replace("\n", "\r\n")) == text
    assert cleaned(text.replace("\n", "\r")) == text


# --- the user's own editor


def test_without_an_editor_the_answer_stays_and_it_is_said_what_to_set(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.paste("Mine.")
        await visit.press("f9")
        assert visit.draft == "Mine."
        assert visit.stored().draft == "Mine."
        assert visit.sees("Set VISUAL or EDITOR") or visit.sees("cannot be opened from here")

    door.enter(scene)


# --- asking for evidence


def requests(visit: Visit) -> list[str]:
    return [event.text for event in visit.stored().events if event.kind is EventKind.EVIDENCE_ASKED]


def test_evidence_is_found_by_another_name_with_a_typo(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.ask("raw gradd nrom")
        assert visit.sees("Unclipped gradient norm")
        assert visit.sees("9.0")
        await visit.type("x")
        assert visit.draft == "x", "the keyboard is back in the answer"

    door.enter(scene)


def test_the_tab_of_what_was_asked_for_is_in_sight(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        for request, title in (("grad norm", "2 Unclipped gr"), ("batch hashes", "3 Batch hashes")):
            await visit.ask(request)
            await visit.settle()
            assert title in visit.lines[0]

    door.enter(scene, size=(40, 20))


def test_what_does_not_exist_is_not_logged_and_the_keyboard_goes_back_to_the_answer(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.ask("optimizer moments")
        assert visit.sees("“optimizer moments”: not logged in this run.")
        await visit.type("So")
        assert visit.draft == "So"
        await visit.ask("sample ids")
        assert visit.sees("aa")
        assert requests(visit) == ["optimizer moments", "sample ids"]

    door.enter(scene)


def test_nothing_lists_what_could_be_asked_for(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        seen = visit.text
        for key in ("f2", "f2", "f3", "f3", "f3", "f4", "down", "tab", "escape", "f1", "pagedown", "escape"):
            await visit.press(key)
            seen += visit.text
        await visit.ask("no such thing")
        seen += visit.text
        for exhibit in ITEM.question.staged_exhibits:
            for name in (exhibit.title, *exhibit.on_request):
                assert name.lower() not in " ".join(seen.lower().split())

    door.enter(scene)


def test_what_was_asked_is_on_the_record_and_in_the_feedback_in_order(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        for request in ("eval loss", "batch hashes", "grad norm", "eval loss"):
            await visit.ask(request)
            await visit.press("escape")
        assert requests(visit) == ["eval loss", "batch hashes", "grad norm", "eval loss"]
        await visit.answered()
        await visit.press("f3", "f3", "tab", "end")
        listed = [line.strip() for line in visit.lines if "- “" in line]
        assert [line.split("”")[0].removeprefix("- “") for line in listed] == requests(visit)
        assert [line.endswith("not logged") for line in listed] == [True, False, False, True]

    door.enter(scene)


def test_escape_and_an_empty_line_ask_nothing(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.press("f4")
        await visit.paste("grad norm")
        await visit.press("escape")
        await visit.press("ctrl+t", "space", "enter")
        await visit.type("x")
        assert visit.draft == "x"
        assert requests(visit) == []

    door.enter(scene)


# --- hints


def test_hints_come_in_order_and_then_no_more(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        assert not visit.sees("First.")
        await visit.press("f5")
        assert visit.sees("Hint 1: First.")
        assert not visit.sees("Second.")
        await visit.press("f5")
        assert visit.sees("Hint 2: Second.")
        await visit.press("f5")
        assert visit.sees("There is no other hint.")
        taken = [event for event in visit.stored().events if event.kind is EventKind.HINT_TAKEN]
        assert len(taken) == 2

    door.enter(scene, size=(80, 30))


def test_a_question_without_hints_says_so(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.press("f5")
        assert visit.sees("This question has no hint.")

    door.enter(scene, items=[item([criterion("alpha")], question(hints=[]))])


# --- handing in


def test_an_answer_is_handed_in_only_by_a_second_key(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.paste("alpha and beta")
        await visit.press("ctrl+s")
        assert visit.sees("Hand in 3 words?")
        for key in ("x", "ctrl+s", "escape"):
            await visit.press(key)
            assert visit.stored().submitted is None
        await visit.type("!")
        assert visit.draft == "alpha and beta!"
        await visit.press("ctrl+s", "enter")
        await visit.until(lambda: visit.stored().submitted is not None)
        assert visit.stored().transcript.answer == "alpha and beta!"

    door.enter(scene)


def test_nothing_is_not_handed_in(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        for text in ("", "  \n\n "):
            await visit.paste(text)
            await visit.press("ctrl+s")
            assert visit.sees("There is nothing to hand in yet")
            await visit.press("enter")
            assert visit.stored().submitted is None

    door.enter(scene)


def test_what_is_far_too_long_is_not_handed_in(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.paste("words " * (LONGEST_ANSWER // 6 + 1))
        await visit.press("ctrl+s")
        assert visit.sees("Shorten it.")
        await visit.press("enter")
        assert visit.stored().submitted is None

    door.enter(scene)


# --- after the answer


def test_headline_and_follow_ups_are_asked_and_an_empty_answer_passes(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.hand_in("gamma")
        await visit.until(lambda: visit.sees("Headline:"))
        assert visit.sees("headline, 2 more to come")
        await visit.hand_in("Do not ship.")
        await visit.until(lambda: visit.sees("When is it harmless?"))
        await visit.press("ctrl+s")
        assert visit.sees("Pass on this one?")
        await visit.press("enter")
        await visit.until(lambda: visit.sees("Say it again?"))
        await visit.hand_in("alpha")
        await visit.until(lambda: visit.sees("How sure are you"))
        said = [(exchange.kind, exchange.answer) for exchange in visit.stored().transcript.exchanges]
        assert said == [("headline", "Do not ship."), ("follow-up", ""), ("follow-up", "alpha")]

    door.enter(scene, items=[PROMPTED])


def test_what_was_handed_in_can_be_read_while_one_answers_a_follow_up(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.hand_in("gamma is what I said")
        await visit.until(lambda: visit.sees("Headline:"))
        for _ in range(3):
            await visit.press("f2")
            if visit.sees("gamma is what I said"):
                break
        assert visit.sees("gamma is what I said")
        assert visit.draft == ""

    door.enter(scene, items=[PROMPTED])


def test_the_headline_has_a_minute_that_counts_on_in_overtime(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.pass_time(100)
        await visit.hand_in("gamma")
        await visit.until(lambda: visit.sees("Headline:"))
        assert visit.sees("1:00 left")
        await visit.pass_time(50)
        assert visit.sees("0:10 left")
        await visit.pass_time(25)
        assert visit.sees("0:15 over the minute")
        await visit.hand_in("Late.")
        await visit.until(lambda: visit.sees("When is it harmless?"))
        assert visit.sees("no clock")
        assert visit.stored().seconds == 100, "the minute is not time of the answer"

    door.enter(scene, items=[PROMPTED])


def test_a_draft_of_a_follow_up_is_there_again_when_one_comes_back(door: Door) -> None:
    async def before(visit: Visit) -> None:
        await visit.hand_in("gamma")
        await visit.until(lambda: visit.sees("Headline:"))
        await visit.paste("Half a headline")
        await visit.press("ctrl+c")

    async def after(visit: Visit) -> None:
        assert visit.sees("Headline:")
        assert visit.draft == "Half a headline"
        await visit.hand_in()
        await visit.until(lambda: visit.sees("When is it harmless?"))
        asked = [event.text for event in visit.stored().events if event.kind is EventKind.FOLLOW_UP_ANSWERED]
        assert asked == ["Half a headline"]

    door.enter(before, items=[PROMPTED])
    door.come_back(after, items=[PROMPTED])


def test_what_belongs_to_the_question_itself_is_refused_in_a_follow_up_with_a_sentence(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.hand_in("gamma")
        await visit.until(lambda: visit.sees("Headline:"))
        before = len(visit.stored().events)
        for key, sentence in (
            ("f4", "Evidence can be asked for while you answer the question itself."),
            ("f5", "Hints are for the question itself."),
            ("f6", "No clock runs here"),
            ("ctrl+n", "with nothing typed it passes"),
        ):
            await visit.press(key)
            assert visit.sees(sentence)
        assert len(visit.stored().events) == before

    door.enter(scene, items=[PROMPTED])


def test_a_new_fact_stands_above_what_is_asked_about_it(door: Door) -> None:
    asked = dataclasses.replace(question(), twist=Twist("The seed was the same.", "Does that change it?", "No."))
    twisted = item([criterion("alpha")], asked)

    async def scene(visit: Visit) -> None:
        await visit.press("enter")
        await visit.until(lambda: visit.sees("A run of an 8B model"))
        assert not visit.sees("seed")
        await visit.hand_in("gamma")
        await visit.until(lambda: visit.sees("New: The seed was the same. Does that change it?"))
        assert visit.sees("a new fact") or visit.sees("new")

    from prepdrill.model import Round

    rounds = [Round(asked.id, 300.0, "A log to diagnose", twist=True)]
    door.enter(scene, items=[twisted], rounds=rounds, command="mock", minutes=30)


# --- the screen


def test_f2_turns_the_exhibits_from_the_editor_without_leaving_it(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.type("a")
        await visit.press("f2")
        assert visit.sees("step loss")
        await visit.type("b")
        assert visit.draft == "ab"
        await visit.press("f2")
        assert visit.sees("A run of an 8B model")

    door.enter(scene)


def test_keys_give_either_half_the_whole_screen(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.type("mine")
        for question_seen, answer_seen in ((True, False), (False, True), (True, True)):
            await visit.press("f3")
            assert visit.sees("A run of an 8B model") is question_seen
            assert visit.sees("mine") is answer_seen

    door.enter(scene)


def test_the_divider_moves_by_keys_and_stays_within_bounds(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        assert visit.room.answer is not None
        pane = visit.room.answer.pane
        before = pane.size.width
        await visit.press("f8")
        assert pane.size.width > before
        for key in ["f7"] * 20:
            await visit.press(key)
        assert 20 <= pane.size.width < before
        assert visit.sees("A run of an 8B model")

    door.enter(scene, size=(120, 30))


def test_markup_and_control_characters_of_a_bank_are_data(door: Door) -> None:
    hostile = dataclasses.replace(
        question(hints=["[red]hint[/red]\x1b[31m"]),
        title="[bold]Title[/bold]\x1b]0;x\x07",
        scenario="[link=x]scenario[/link] \x9b2J",
        ask="[blink]Why?[/blink]",
    )

    async def scene(visit: Visit) -> None:
        await visit.press("f5")
        for words in ("[bold]Title[/bold]", "[link=x]scenario[/link]", "[blink]Why?[/blink]", "[red]hint[/red]"):
            assert visit.sees(words)
        shown = picture(visit.room)
        assert all(line.isprintable() for line in shown.lines)

    door.enter(scene, items=[item([criterion("alpha")], hostile)], size=(80, 40))


def test_the_editor_of_the_user_gets_the_draft_and_gives_it_back(
    door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import contextlib

    from prepdrill.room.app import Room

    script = tmp_path / "editor"
    script.write_text('#!/bin/sh\nprintf "%s" "more" >> "$1"\n')
    script.chmod(0o755)
    monkeypatch.setattr(Room, "suspend", lambda _: contextlib.nullcontext())  # a headless driver cannot be suspended

    async def scene(visit: Visit) -> None:
        await visit.paste("one")
        await visit.press("f9")
        assert visit.draft.split() == ["one", "more"]
        assert visit.stored().draft == visit.draft
        await visit.press("ctrl+z")
        assert visit.draft == "one"

    door.enter(scene, furnished=setting(environ={"EDITOR": str(script)}))
