"""What the twists of mock interviews promise: numbers that fit the exhibits, credit only for reacting to them."""

from __future__ import annotations

from math import erfc, sqrt
from statistics import stdev
from typing import Any, Final

import pytest

from prepdrill.bank import Bank
from prepdrill.bank.check import SPOKEN_WORDS_A_MINUTE
from prepdrill.graders.offline import Offline
from prepdrill.graders.text import sentences
from prepdrill.model import Exchange, Item, Outcome, Transcript, Verdict

DPO: Final = "post-training/dpo-margin-up-likelihood-down"
SPIKES: Final = "training-dynamics/spikes-under-a-clipped-norm"
RESTART: Final = "distributed/loss-drops-after-the-restart"
SHIP: Final = "evaluation/a-beats-b-on-one-metric"
SCHEDULES: Final = "training-dynamics/two-schedules-at-sixty-thousand"
SWEEP: Final = "experiment-design/twelve-runs-for-a-third-of-a-point"
GROUPS: Final = "experiment-design/six-changes-four-runs"
WEEKS: Final = "experiment-design/six-weeks-and-eight-nodes"
ARABIC: Final = "evaluation/forty-items-in-arabic"
ANNOTATOR: Final = "data/annotator-seventeen"
PROXY: Final = "post-training/proxy-up-humans-down"
FIXES: Final = "training-dynamics/five-fixes-for-one-spike"
STRING: Final = "data/a-rare-string"

WRONG: Final = {
    DPO: "Their chosen fell by 41 nats and nobody complained, ours only by 29. The fall is harmless, so I promote 625.",
    SPIKES: "Spikes recur, so the waiting is over: halve the rate, lower beta2 and clip at 0.1, all three together.",
    RESTART: "Loss drops at every restart, as the engineer predicted. I go on from 6,500, the newest checkpoint.",
    SHIP: "A was trained on thumbs and thumbs went up, so the training worked and users are happier. Ship it.",
    SCHEDULES: "An average is a good substitute for a cooldown. It gives a tie within noise, so B is stopped.",
    SWEEP: "Cost was my only reason to refuse. Now that the hours are free I approve the sweep, with two seeds each.",
    GROUPS: "I keep the repeats of v1 and v2 and give up one mixed cell, because noise is the main problem.",
    PROXY: "Their score never fell, 60.5 % like it: the coefficient cures it. I raise ours from 1,200 on, no labels.",
    FIXES: "Twice in 900 steps is a pattern, so now all five go in tonight, and I drop the whole dump to be safe.",
    STRING: "The numbers fit, nothing bad was meant, so it is harmless. Thursday stands, the base is clean anyway.",
    WEEKS: "71 % change the call and success is up by 0.6, so it works, only too little: twice the traces, then RL.",
    ARABIC: "Ten became three, so most of it was noise, and 3 % of traffic hardly matters. Ship A to Arabic too.",
    ANNOTATOR: "The jump comes with the new guideline, so 17 followed it and is right. Keep all labels as they are.",
}
"""For each twist the reaction that its pressure invites; it uses the right words and meets nothing."""


@pytest.fixture(scope="module")
def grader(bank: Bank) -> Offline:
    return Offline(bank.lexicon)


@pytest.fixture(params=sorted(WRONG))
def item(request: pytest.FixtureRequest, bank: Bank) -> Item:
    return bank.item(request.param)


@pytest.fixture
def question(bank: Bank) -> Any:
    return lambda id: bank.item(id).question


def graded(grader: Offline, item: Item, answer: str, reaction: str) -> dict[str, Verdict]:
    """Verdicts by criterion of an interview in which the twist was brought up and answered with `reaction`."""
    assert item.question.twist is not None
    exchange = Exchange(item.question.twist.ask, reaction, None, "twist")
    verdicts = grader(item.question, item.with_twist.rubric, Transcript(answer, (exchange,)))
    return {verdict.criterion: verdict for verdict in verdicts}


def met(verdicts: dict[str, Verdict], item: Item) -> set[str]:
    return {criterion.id for criterion in item.rubric.twist if verdicts[criterion.id].outcome is Outcome.MET}


def said(text: str, *numbers: str) -> None:
    flat = " ".join(text.split())
    for number in numbers:
        assert number in flat, number


# --- every twist


def test_the_model_reaction_meets_every_criterion_and_commits_no_error(grader: Offline, item: Item) -> None:
    assert item.question.twist is not None
    verdicts = graded(grader, item, item.question.model_answer, item.question.twist.model_answer)
    assert met(verdicts, item) == {criterion.id for criterion in item.rubric.twist}
    assert [flag.id for flag in item.rubric.red_flags if verdicts[flag.id].outcome is Outcome.MET] == []


def test_every_twist_is_tried_with_the_reaction_that_it_invites(bank: Bank) -> None:
    assert {entry.id for entry in bank.listing() if entry.twist} == set(WRONG)


def test_a_good_first_answer_does_not_meet_what_only_the_twist_asks_for(grader: Offline, item: Item) -> None:
    verdicts = graded(grader, item, item.question.model_answer, "I have nothing to add.")
    assert met(verdicts, item) == set()


def test_reading_the_new_fact_aloud_meets_nothing(grader: Offline, item: Item) -> None:
    twist = item.question.twist
    assert twist is not None
    assert met(graded(grader, item, "I do not know.", f"{twist.fact}\n\n{twist.ask}"), item) == set()


def test_giving_in_to_the_pressure_meets_nothing(grader: Offline, item: Item) -> None:
    assert met(graded(grader, item, "I do not know.", WRONG[item.question.id]), item) == set()


def test_a_twist_is_short_enough_to_be_heard_and_answered(item: Item) -> None:
    twist = item.question.twist
    assert twist is not None
    assert 40 <= len(twist.fact.split()) <= 90
    assert len(sentences(twist.fact)) >= 2
    assert SPOKEN_WORDS_A_MINUTE <= len(twist.model_answer.split()) <= 1.5 * SPOKEN_WORDS_A_MINUTE


def test_twist_criteria_weigh_less_than_the_question(item: Item) -> None:
    twist, question = (sum(part.points for part in parts) for parts in (item.rubric.twist, item.rubric.criteria))
    assert 3 <= twist <= 5 < question
    assert not any(criterion.essential for criterion in item.rubric.twist)


def test_a_headline_is_asked_only_where_somebody_has_to_decide(bank: Bank) -> None:
    asked = [entry.id for entry in bank.listing() if bank.item(entry.id).question.headline]
    assert {bank.item(id).question.kind for id in asked} == {"decide"}


# --- their numbers


def test_the_neighbours_margin_is_beta_times_the_gap(question: Any, columns: Any) -> None:
    dpo = question(DPO)
    log = columns(dpo, "Log on the held-out pairs")
    said(dpo.twist.fact, "beta 0.1", "41 nats", "60", "margin 1.90", "only 29")
    chosen, rejected = -41, -60
    assert 0.1 * (chosen - rejected) == pytest.approx(1.90)
    assert round(-284.2 - log["logp_chosen"][-1]) == 29
    assert "one pair in six" in " ".join(dpo.scenario.split())
    said(dpo.twist.model_answer, "one pair of six")


def test_the_new_spikes_lie_in_their_shards_and_the_fork_costs_what_is_said(question: Any, columns: Any) -> None:
    spikes = question(SPIKES)
    log = columns(spikes, "Trainer log around the jump")
    assert all(
        step - 1 == batch and batch // 96 == shard
        for step, batch, shard in zip(log["step"], log["batch"], log["shard"], strict=True)
    )
    said(spikes.twist.fact, "39,061 (shard 406)", "39,412 (shard 410)", "38,700", "2.18")
    jumps = [31_870, 38_406, 39_061, 39_412]
    assert [(step - 1) // 96 for step in jumps] == [331, 400, 406, 410]
    assert jumps[-1] - jumps[1] == pytest.approx(1_000, abs=10)
    said(spikes.twist.model_answer, "331, 400, 406 and 410", "first 38,000 steps", "about 1,000")
    fork, length = 39_000, 500
    assert fork % 500 == 0  # a checkpoint exists
    assert all(fork < jump < fork + length for jump in jumps[2:])
    seconds = length * 1.8
    assert (seconds / 60, seconds * 256 / 3600) == pytest.approx((15, 64))
    said(spikes.twist.model_answer, "fork from 39,000", "500 steps, 15 minutes and 64 GPU hours")


def test_the_row_of_run_three_continues_the_log(question: Any, columns: Any) -> None:
    restart = question(RESTART)
    log = columns(restart, "Trainer log of both runs")
    said(
        restart.twist.fact, "6,930", "6,500", "step 6600", "lr 1.96e-05", "train_loss 1.612", "val_loss 1.770", "0.075"
    )
    at = log["step"].index(6500)
    assert log["step"][at + 1] == 6700
    assert log["lr"][at : at + 2] == [2.01e-05, 1.91e-05]
    assert sum(log["lr"][at : at + 2]) / 2 == pytest.approx(1.96e-05)
    assert log["train_loss"][at : at + 2] == [1.687, 1.687]
    assert log["train_loss"][at] - 1.612 == pytest.approx(0.075)
    assert log["val_loss"][at] >= 1.770 >= log["val_loss"][at + 1]
    said(
        restart.twist.model_answer,
        "1.687",
        "1.770",
        "5,501 to 5,600",
        "1,000 repeated",
        "1,100 steps",
        "steps 1 to 100",
    )
    fresh_until, saved, counter = 5_500, 6_500, 6_600
    assert saved - fresh_until == 1_000  # run 2 repeated steps 1 to 1,000 up to the checkpoint
    assert counter - fresh_until == 1_100  # what a loader set by the counter would never read


def test_the_thumbs_are_beyond_chance_and_the_guardrail_is_where_it_was(question: Any) -> None:
    ship = question(SHIP)
    said(ship.twist.fact, "6,400 of 100,000", "5,900 of 100,000", "z 4.7", "forty prompts")
    pooled = (6_400 + 5_900) / 200_000
    z = (6_400 - 5_900) / 100_000 / sqrt(2 * pooled * (1 - pooled) / 100_000)
    assert z == pytest.approx(4.65, abs=0.01)
    assert erfc(z / sqrt(2)) < 1e-5
    said(ship.twist.model_answer, "half a point", "four standard errors", "200,000 conversations", "not met")
    assert "40 further prompts" in " ".join(ship.scenario.split())


def test_what_averaging_is_worth_to_either_arm(question: Any, columns: Any) -> None:
    schedules = question(SCHEDULES)
    table = columns(schedules, "The arms at step 60,000")
    arms = dict(zip(table["arm"], table["val_loss"], strict=True))
    averages = {"A": 2.279, "B": 2.268}
    said(
        schedules.twist.fact, "2.279 for A's and 2.268 for B's", "gap is 0.011", "last five saves", "1,000 steps apart"
    )
    assert averages["A"] - averages["B"] == pytest.approx(0.011)
    gains = {arm: loss - averages[arm] for arm, loss in arms.items()}
    assert gains == pytest.approx({"A": 0.033, "B": 0.004})
    assert gains["A"] - gains["B"] == pytest.approx(0.029)
    assert arms["A"] - arms["B"] == pytest.approx(0.040)
    said(
        schedules.twist.model_answer,
        "0.033 to A",
        "0.004 to B",
        "0.029 of the 0.040",
        "4,000 steps old",
        "768",
        "2,560",
    )
    gpu_hours_a_step = 1.8 * 128 / 3600
    assert gpu_hours_a_step * 2 * 6_000 == pytest.approx(768)
    assert gpu_hours_a_step * 40_000 == pytest.approx(2_560)
    forks = columns(schedules, "Cooldown forks of both arms from step 60,000")
    assert forks["val_A"][-1] < averages["A"]
    assert forks["val_B"][-1] < averages["B"]  # a decay takes out more than the average did, in both arms


def test_what_all_the_hours_could_detect(question: Any, columns: Any) -> None:
    sweep = question(SWEEP)
    log = columns(sweep, "Earlier runs on the same 500 problems (differs counts results unlike run 1)")
    default = [
        score for score, lr, kl in zip(log["score"], log["lr"], log["kl"], strict=True) if (lr, kl) == (1e-6, 0.001)
    ]
    assert len(default) == 6
    assert stdev(default) == pytest.approx(1.0, abs=0.05)
    said(sweep.twist.fact, "9,000 GPU-hours")
    runs = 9_000 // 640
    assert runs == 14
    assert sqrt(2 / 7) == pytest.approx(0.53, abs=0.006)
    assert 2.8 * sqrt(2 / 7) == pytest.approx(1.5, abs=0.005)
    assert runs + len(default) == 20
    assert 2.8 * sqrt(2 / 10) == pytest.approx(1.25, abs=0.005)
    seeds = 2 * (2.8 / 0.3) ** 2
    assert seeds == pytest.approx(174, abs=1)
    said(
        sweep.twist.model_answer, "14 runs, seven a side", "0.53", "1.5 points", "ten against ten and 1.25", "174 runs"
    )
    assert 4e-6 not in log["lr"]


def test_what_half_the_hours_leave_of_the_design(question: Any) -> None:
    groups = question(GROUPS)
    said(groups.twist.fact, "1,200 GPU-hours instead of 2,400", "two full runs")
    said(groups.scenario, "200 GPU-hours", "400 GPU-hours", "SD of 0.6")
    sft, rl = 200, 400
    assert 2 * (sft + rl) == 1_200  # the manager's two runs
    assert 3 * rl == 1_200  # two mixed cells and a second seed of v2, forked from the kept SFT checkpoints

    def errors(*runs: int) -> tuple[float, float]:
        """Of a group's average effect and of the interaction, from the runs in each of the four cells."""
        contrast = 0.6 * sqrt(sum(1 / n for n in runs))
        return contrast / 2, contrast

    assert errors(2, 2, 2, 2) == pytest.approx((0.42, 0.85), abs=0.005)
    before, after = errors(2, 2, 2, 2), errors(1, 1, 1, 2)
    assert after == pytest.approx((0.56, 1.12), abs=0.003)
    assert after[0] / before[0] * 1.0 == pytest.approx(1.3, abs=0.03)  # the same caution at the larger error
    assert 2 * after[1] == pytest.approx(2.2, abs=0.05)
    assert errors(1, 1, 1, 1) == pytest.approx((0.6, 1.2))
    said(groups.twist.model_answer, "cost 800", "last 400", "0.42 to 0.56", "0.85 to 1.1", "1.3 points", "beyond 2.2")


def test_annotator_twelve_cannot_have_turned_round(question: Any, columns: Any) -> None:
    annotator = question(ANNOTATOR)
    weeks = columns(annotator, "Agreement by week")["annotator 17"]
    early = sum(rate for week, rate in weeks if week <= 3) / 3
    late = sum(rate for week, rate in weeks if week >= 4) / 7
    assert (early, late) == pytest.approx((77.5, 25.4), abs=0.05)
    assert 0.3 * early + 0.7 * late == pytest.approx(41.0, abs=0.05)
    table = columns(annotator, "Agreement with the panel over ten weeks")
    rates = dict(zip(table["annotator"], table["agreement, %"], strict=True))
    assert (rates["12 (code)"], rates["17 (code)"]) == (77.0, 41.0)
    said(annotator.twist.fact, "start of week 4")
    said(annotator.twist.model_answer, "77 %", "three weeks near 78 and seven near 25 would average 41")
