"""The grade stands beside the words that earned it, and every decision of the candidate is on the record at once."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from prepdrill.model import FollowUp, Grade, Outcome, Round
from prepdrill.room.dialog import SURENESS
from tests.examples import item, question

from .picture import picture
from .visit import ITEM, Door, Visit, setting

UNSURE = "alpha first. Then beta, and gamma last."
FOLLOWED = item(ITEM.rubric.everything, question(follow_ups=[FollowUp("Anything else?")]))


def outcomes(visit: Visit, criteria: Sequence[str] = ("alpha", "beta", "gamma", "flag")) -> list[list[str]]:
    """Every grade of the attempt, the oldest first: who graded, and the outcomes."""
    return [
        [stored.grade.grader.name, *(str(stored.grade.verdict(id).outcome) for id in criteria)]
        for stored in visit.stored().grades
    ]


def last(visit: Visit) -> Grade:
    return visit.stored().grades[-1].grade


async def go_to(visit: Visit, criterion: str) -> None:
    """Move the mark to a criterion, by the arrow keys."""
    await visit.press("home")
    for _ in range(9):
        if f"Says {criterion}." in looked_at(visit):
            return
        await visit.press("down")
    raise AssertionError(f"{criterion} cannot be reached by keys:\n{visit.text}")


def looked_at(visit: Visit) -> str:
    """The criterion that is marked."""
    left = [line.split("┃")[0].rstrip() for line in visit.lines]
    (at,) = (at for at, line in enumerate(left) if line.lstrip().startswith("▶"))
    return left[at] if "Says" in left[at] else f"{left[at]} {left[at + 1]}"


def test_every_decision_is_stored_at_once_as_the_candidates_own(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.answered(UNSURE)
        assert visit.sees("2 unsure")
        await go_to(visit, "beta")
        await visit.press("y")
        assert outcomes(visit) == [
            ["offline", "met", "unsure", "unsure", "unmet"],
            ["self-check", "met", "met", "unsure", "unmet"],
        ]
        assert [last(visit).verdict(id).by for id in ("alpha", "beta", "gamma")] == ["offline", "user", "offline"]
        assert "Says gamma." in looked_at(visit), "the next that is unsure is looked at"
        await visit.press("n")
        assert outcomes(visit)[-1] == ["self-check", "met", "met", "unmet", "unmet"]
        assert not visit.sees("unsure:")
        assert last(visit).rating is not None

    door.enter(scene)


def test_undo_stores_what_stood_before_decision_by_decision(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.answered(UNSURE)
        await go_to(visit, "beta")
        await visit.press("y")
        await go_to(visit, "beta")
        await visit.press("n", "u")
        assert outcomes(visit)[-1] == ["self-check", "met", "met", "unsure", "unmet"]
        await visit.press("u")
        assert outcomes(visit)[-1] == ["offline", "met", "unsure", "unsure", "unmet"]
        assert visit.sees("2 unsure")
        stored = len(outcomes(visit))
        await visit.press("u")
        assert len(outcomes(visit)) == stored, "there is nothing left to take back"

    door.enter(scene)


def test_undo_is_offered_only_when_there_is_something_to_take_back(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.answered(UNSURE)
        assert "Undo" not in visit.lines[-1]
        await visit.press("y")
        assert "Undo" in visit.lines[-1]
        await visit.press("u")
        assert "Undo" not in visit.lines[-1]

    door.enter(scene)


@pytest.mark.parametrize(("id", "key", "outcome"), [("alpha", "n", Outcome.UNMET), ("flag", "y", Outcome.MET)])
def test_a_settled_verdict_can_be_overruled_and_both_stay(door: Door, id: str, key: str, outcome: Outcome) -> None:
    async def scene(visit: Visit) -> None:
        await visit.answered(UNSURE)
        await go_to(visit, id)
        await visit.press(key)
        verdict = last(visit).verdict(id)
        assert (verdict.outcome, verdict.by) == (outcome, "user")
        assert "offline said" in verdict.reason
        assert visit.stored().grades[0].grade.verdict(id).outcome is not outcome
        assert visit.sees("settled by you")

    door.enter(scene)


def test_a_decision_is_kept_when_one_leaves_and_shown_when_one_comes_back(door: Door) -> None:
    async def before(visit: Visit) -> None:
        await visit.answered(UNSURE)
        await go_to(visit, "beta")
        await visit.press("y", "ctrl+c")

    async def after(visit: Visit) -> None:
        assert visit.sees("1 unsure")
        await go_to(visit, "gamma")
        await visit.press("n")
        assert outcomes(visit)[-1] == ["self-check", "met", "met", "unmet", "unmet"]

    door.enter(before)
    door.come_back(after)


def test_a_red_flag_that_was_committed_stands_first(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.answered("alpha, but with a blunder.")
        assert "Says flag." in looked_at(visit)
        assert visit.sees("! red flag")
        assert visit.sees("Avoid this error: says flag.")

    door.enter(scene)


def test_outcomes_are_told_by_sign_and_word(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.answered(UNSURE)
        for words in ("✓ met", "? unsure"):
            assert visit.sees(words)
        await visit.press("end")
        assert visit.sees("✗ missing") or visit.sees("flag")

    door.enter(scene, size=(120, 40))


def test_one_begins_at_what_is_unsure(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.answered(UNSURE)
        assert "Says beta." in looked_at(visit)
        await visit.press("y", "y")
        assert outcomes(visit)[-1] == ["self-check", "met", "met", "met", "unmet"]

    door.enter(scene)


def test_an_overrule_of_what_was_settled_stays_in_sight(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.answered(UNSURE)
        await visit.press("home")
        before = looked_at(visit)
        await visit.press("n")
        assert before.split(")", 1)[1].split()[:3] == looked_at(visit).split(")", 1)[1].split()[:3]

    door.enter(scene)


def test_confidence_hints_and_time_stand_beside_the_score(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.press("f5")
        await visit.pass_time(310)
        await visit.hand_in(UNSURE)
        await visit.until(lambda: visit.sees("How sure are you"))
        await visit.press("3")
        await visit.until(lambda: visit.sees("Score"))
        assert visit.sees("5:10, 0:10 over the 5:00 given")
        assert visit.sees(f"you were 3 of 4 sure ({SURENESS[2]})")
        assert visit.sees("1 hint")
        assert visit.sees("One thing to fix:")

    door.enter(scene)


# --- the words in the answer


def marked(visit: Visit) -> str:
    """What stands out on the screen besides the tab that is open."""
    return picture(visit.room).reversed.removeprefix("Your answer").strip()


def test_the_words_that_earned_a_criterion_stand_out_in_the_answer(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.answered(UNSURE)
        for id in ("alpha", "beta", "gamma"):
            await go_to(visit, id)
            assert marked(visit) == id
        await go_to(visit, "flag")
        assert marked(visit) == ""

    door.enter(scene, size=(120, 40))


def test_the_answer_scrolls_to_the_words(door: Door) -> None:
    filler = "\n".join(f"Line {number} of a long answer." for number in range(60))

    async def scene(visit: Visit) -> None:
        await visit.answered(f"Begins with alpha.\n{filler}\nthe beta is here\n{filler}\nand gamma")
        for id, words in (("gamma", "and gamma"), ("alpha", "Begins with alpha."), ("beta", "the beta is here")):
            await go_to(visit, id)
            assert visit.sees(words)
            assert id in marked(visit)

    door.enter(scene)


def test_words_of_a_follow_up_are_marked_there_and_count_half(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.hand_in("Nothing of the kind.")
        await visit.until(lambda: visit.sees("Anything else?"))
        await visit.hand_in("Yes, alpha.")
        await visit.until(lambda: visit.sees("How sure are you"))
        await visit.press("enter")
        await visit.until(lambda: visit.sees("Score"))
        await go_to(visit, "alpha")
        assert marked(visit) == "alpha"
        assert visit.sees("Follow-up: Anything else? Yes, alpha.")
        assert visit.sees("after the follow-up, counts half")

    door.enter(scene, items=[FOLLOWED])


def test_the_mark_is_on_the_right_words_whatever_stands_before_them(door: Door) -> None:
    before = "\ttab\tand tab 語言 e\u0301\u200b [bold]not markup[/bold] "

    async def scene(visit: Visit) -> None:
        await visit.answered(f"{before}alpha{before}\n{before}beta.")
        for id in ("alpha", "beta"):
            await go_to(visit, id)
            assert marked(visit) == id
        assert all(line.isprintable() for line in visit.lines)

    door.enter(scene, size=(120, 40))


def test_control_characters_of_an_older_answer_move_no_mark(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        sitting = visit.room.sitting
        assert sitting is not None
        sitting.write("\x1b[31mred\x07 \x9b2J alpha\x00\x00 beta")
        sitting.submit()
        visit.room.advance()
        await visit.until(lambda: visit.sees("How sure are you"))
        await visit.press("enter")
        await visit.until(lambda: visit.sees("Score"))
        for id in ("alpha", "beta"):
            await go_to(visit, id)
            assert marked(visit) == id
        assert all(line.isprintable() for line in visit.lines)

    door.enter(scene, size=(120, 40))


# --- the pages, and the way on


def test_the_pages_are_turned_from_the_list_and_read_from_within(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.answered(UNSURE)
        await visit.press("right")
        assert visit.sees("The learning rate is zero.")
        await visit.press("right")
        assert visit.sees("Not the data.")
        await visit.press("right")
        assert visit.sees(UNSURE)
        for key, words in (("2", "The learning rate is zero."), ("3", "Not the data."), ("1", UNSURE)):
            await visit.press(key)
            assert visit.sees(words)
        await visit.press("tab", "down", "tab", "down", "y")
        assert len(outcomes(visit)) == 2, "the keyboard is back in the list"

    door.enter(scene, size=(120, 40))


def test_the_model_answer_is_not_shown_before_the_answer_is_in(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        for key in ("f2", "f2", "f3", "f3", "f3", "f5", "f1", "escape", "ctrl+s"):
            await visit.press(key)
            assert not any(visit.sees(words) for words in ("The learning rate is zero", "Not the data", "Says alpha"))

    door.enter(scene)


def test_enter_goes_on_to_the_summary_which_names_what_to_fix(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.answered("beta")
        await visit.press("enter")
        await visit.until(lambda: visit.sees("This session: 1 question"))
        assert visit.sees("Fix first: A strong answer says alpha.")
        assert visit.sees("due again")
        assert visit.stored().state == "done"
        await visit.press("enter")

    assert door.enter(scene).return_value == "done"


def test_a_variant_is_asked_next_and_stands_in_the_plan(door: Door) -> None:
    other = item(ITEM.rubric.everything, question("post-training/variant"))

    async def scene(visit: Visit) -> None:
        await visit.answered(UNSURE)
        assert "Variant" in visit.lines[-1]
        await visit.press("v")
        await visit.until(lambda: visit.sees("question 2 of 2"))
        plan = visit.stored_plan()
        assert plan is not None
        assert [round.question for round in plan.rounds] == [ITEM.question.id, other.question.id]
        assert visit.stored().item.question.id == other.question.id
        assert visit.sees("4:00 left"), "with its own time"
        await visit.answered("alpha")
        assert "Variant" not in visit.lines[-1], "it is asked already"

    door.enter(
        scene,
        items=[ITEM, other],
        rounds=[Round(ITEM.question.id, 300.0)],
        furnished=setting(variants=[other.question.id]),
        size=(120, 30),
    )


def test_without_a_variant_none_is_offered(door: Door) -> None:
    async def scene(visit: Visit) -> None:
        await visit.answered(UNSURE)
        assert "Variant" not in visit.lines[-1]
        await visit.press("v")
        assert visit.sees("Score")

    door.enter(scene)
