"""Recomputes the numbers of the questions on experiment design: those of their exhibits and those in their texts."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist, mean, stdev
from typing import Any

import pytest

from prepdrill.model import Question

Columns = Callable[[Question, str], dict[str, list[Any]]]
Questions = Callable[[str], Question]

POWER_FACTOR = NormalDist().inv_cdf(0.975) + NormalDist().inv_cdf(0.80)
"""Standard errors between zero and an effect that a two-sided 5% test finds in 80% of the cases."""


def says(text: str, *phrases: str) -> None:
    flat = " ".join(text.split())
    for phrase in phrases:
        assert phrase in flat, phrase


# --- six-changes-four-runs

SEED_SD = 0.6
V1, V2 = 52.3, 56.3


@pytest.fixture
def six(bank_question: Questions) -> Question:
    question = bank_question("experiment-design/six-changes-four-runs")
    says(question.scenario, "SD of 0.6", "56.3 instead of 52.3", "+4.0, standard error 0.85", "2,400 GPU-hours")
    return question


@pytest.fixture
def drops(six: Question, columns: Columns) -> list[float]:
    table = columns(six, "Remove-one runs (v2 without one change, full runs, one seed each)")
    assert table["score"][0] == V2
    assert table["score"][-1] == V1
    for score, drop in list(zip(table["score"], table["drop from v2"], strict=True))[1:]:
        assert V2 - score == pytest.approx(drop, abs=1e-9)
    return list(table["drop from v2"][1:-1])


def test_drops_exceed_the_total(six: Question, drops: list[float]) -> None:
    total = V2 - V1
    assert len(drops) == 6
    assert sum(drops) == pytest.approx(7.5)
    assert sum(sorted(drops)[-3:]) == pytest.approx(5.4)
    says(six.scenario, "5.4 of the 7.5 points")
    says(six.model_answer, "add up to 7.5", "the whole gain is 4.0")

    # One lucky run: every drop and the total lose the same amount until both agree.
    luck = (sum(drops) - total) / (len(drops) - 1)
    assert luck == pytest.approx(0.7)
    assert total - luck == pytest.approx(3.3)
    assert sum(drop - luck for drop in drops) == pytest.approx(3.3)
    says(six.model_answer, "0.7 too high, total and sum are both 3.3")
    assert any(entry.ask.startswith("Suppose the one run of v2 was lucky by 0.7") for entry in six.follow_ups)


def test_errors_of_the_table(six: Question, drops: list[float]) -> None:
    single = SEED_SD * math.sqrt(2)
    assert round(single, 2) == 0.85
    errors = [drop / single for drop in drops]
    assert errors[0] > 2.5
    assert errors[5] == pytest.approx(2.0, abs=0.01)
    assert max(errors[1:5]) < 1.8
    says(six.model_answer, "only number 1 is clearly above noise, with number 6 on the line")
    # Excess = 6 v2 - six others - (v2 - v1): v2 five times, seven other runs once each.
    excess = SEED_SD * math.sqrt(5**2 + 7)
    assert round(excess, 1) == 3.4
    assert sum(drops) - (V2 - V1) == pytest.approx(3.5)
    says(six.debrief, "excess of 3.5", "five times and seven other runs once", "root of 32, or 3.4")


def test_the_six_changes_fall_into_two_stages(six: Question, columns: Columns) -> None:
    table = columns(six, "The six changes")
    stage = dict(zip(table["no."], table["stage"], strict=True))
    assert [number for number in stage if stage[number] == "SFT"] == [1, 3, 5]
    assert [number for number in stage if stage[number] == "RL"] == [2, 4, 6]
    says(six.model_answer, "1, 3 and 5", "2, 4 and 6")


def test_budget_and_errors_of_the_design(six: Question) -> None:
    sft, rl, budget = 200, 400, 2400
    says(six.scenario, "(200 GPU-hours)", "(400 GPU-hours)")
    assert budget / (sft + rl) == 4
    assert budget / rl == 6
    new, existing = [1, 1, 2, 2], [1, 1, 0, 0]
    assert sum(new) == budget // rl
    runs = [a + b for a, b in zip(new, existing, strict=True)]
    assert runs == [2, 2, 2, 2]
    contrast = math.sqrt(sum(SEED_SD**2 / count for count in runs))
    assert round(contrast, 2) == 0.85
    assert round(contrast / 2, 2) == 0.42
    assert round(2 * contrast, 1) == 1.7
    assert 2 * (contrast / 2) < 1.0  # the rule's threshold is beyond two standard errors
    says(six.model_answer, "about 0.42", "0.85 for the interaction", "exceeds 1.7", "buy six", "costs 400")


# --- twelve-runs-for-a-third-of-a-point

ITEMS, DISCORDANCE = 500, 0.10


@pytest.fixture
def twelve(bank_question: Questions) -> Question:
    question = bank_question("experiment-design/twelve-runs-for-a-third-of-a-point")
    says(question.scenario, "500 reasoning problems", "about 10% of the 500 results differ")
    return question


@pytest.fixture
def runs(twelve: Question, columns: Columns) -> dict[str, list[Any]]:
    return columns(twelve, "Earlier runs on the same 500 problems (differs counts results unlike run 1)")


def test_smallest_detectable_difference(twelve: Question, number_target: Any) -> None:
    error = 100 * math.sqrt(DISCORDANCE / ITEMS)
    assert round(error, 2) == 1.41
    assert round(POWER_FACTOR, 1) == 2.8
    target = number_target("experiment-design/twelve-runs-for-a-third-of-a-point", "smallest-detectable")
    assert target.value == pytest.approx(POWER_FACTOR * error, abs=0.01)
    assert target.value - target.tolerance < 4.0 < target.value + target.tolerance
    assert round(target.value / 0.3) == 13
    says(twelve.model_answer, "1.41 points", "Times 2.8", "about 4.0 points")

    # A winner over the default: eleven comparisons share the 5%.
    strict = NormalDist().inv_cdf(1 - 0.05 / 2 / 11) + NormalDist().inv_cdf(0.80)
    assert round(strict * error, 1) == 5.2
    says(twelve.debrief, "about 5.2 (11 comparisons")


def test_items_and_seeds_needed(twelve: Question) -> None:
    def items(points: float) -> float:
        return 2.8**2 * DISCORDANCE / (points / 100) ** 2

    assert round(items(1.0), -2) == 7800
    assert round(items(0.3), -3) == 87000
    says(twelve.model_answer, "about 7,800 problems for 1 point", "87,000")

    per_run = 100 * math.sqrt(DISCORDANCE / ITEMS / 2)
    assert per_run == pytest.approx(1.0)
    assert round(2 * (2.8 * per_run / 0.3) ** 2) == 174
    assert round(2.8 * per_run * math.sqrt(2 / 3), 1) == 2.3  # three seeds a setting, or three runs a learning rate
    assert round(2.8 * per_run * math.sqrt(2 / 4), 1) == 2.0  # four runs a KL coefficient
    says(twelve.debrief, "SD of 1.0 per run", "174 runs", "still leave 2.3", "grid 2.0 to 2.3")


def test_luck_of_the_best_of_twelve(twelve: Question) -> None:
    normal = NormalDist()
    width = 0.001
    grid = [-8 + width * step for step in range(16001)]
    best = sum(x * 12 * normal.pdf(x) * normal.cdf(x) ** 11 * width for x in grid)
    assert round(best, 2) == 1.63
    says(twelve.model_answer, "about 1.6 points above average")
    says(twelve.debrief, "1.63 above the mean")


def test_log_of_earlier_runs(twelve: Question, runs: dict[str, list[Any]]) -> None:
    for correct, score in zip(runs["correct"], runs["score"], strict=True):
        assert 100 * correct / ITEMS == pytest.approx(score)
    for correct, differs in zip(runs["correct"], runs["differs"], strict=True):
        gain = correct - runs["correct"][0]
        assert abs(gain) <= differs
        assert (differs - gain) % 2 == 0
    assert mean(runs["differs"][1:]) / ITEMS == pytest.approx(DISCORDANCE, abs=0.005)

    setting = list(zip(runs["lr"], runs["kl"], strict=True))
    default = [score for cell, score in zip(setting, runs["score"], strict=True) if cell == (1e-6, 0.001)]
    others = [score for cell, score in zip(setting, runs["score"], strict=True) if cell != (1e-6, 0.001)]
    assert len(default) == len(others) == 6
    assert runs["seed"][:6] == [1, 2, 3, 4, 5, 6]
    assert (min(default), max(default)) == (63.8, 66.4)
    assert round(stdev(default), 1) == 1.0
    assert (round(mean(default), 1), round(mean(others), 1)) == (65.0, 65.1)
    rates = [
        mean(score for lr, score in zip(runs["lr"], runs["score"], strict=True) if lr == rate)
        for rate in (5e-7, 1e-6, 2e-6)
    ]
    assert rates == pytest.approx([64.5, 64.95, 65.8])
    assert round(rates[2] - rates[0], 1) == 1.3  # two runs at either end: an error of 1.0 * sqrt(1/2 + 1/2)
    says(twelve.debrief, "64.5, 65.0, 65.8", "differ by 1.3 with an error of 1.0")
    says(twelve.model_answer, "63.8 to 66.4", "SD of 1.0", "65.1 against 65.0", "six other settings")


def test_cells_that_exist(twelve: Question, columns: Columns, runs: dict[str, list[Any]]) -> None:
    proposal = columns(twelve, "The proposal")
    planned = dict(zip(proposal["item"], proposal["proposal"], strict=True))
    rates = [float(part.split()[0]) for part in planned["learning rates"].split(", ")]
    weights = [float(part.split()[0]) for part in planned["KL coefficients"].split(", ")]
    grid = {(rate, weight) for rate in rates for weight in weights}
    assert len(grid) == 12
    seen = set(zip(runs["lr"], runs["kl"], strict=True))
    assert seen <= grid
    assert len(seen) == 7
    assert 4e-6 not in runs["lr"]
    assert 12 * 640 == 7680
    says(twelve.model_answer, "Seven of the twelve cells", "does not show 4e-6")


def test_run_eight_and_wrong_answers(twelve: Question, columns: Columns, runs: dict[str, list[Any]]) -> None:
    gain = runs["correct"][7] - runs["correct"][0]
    won, lost = (runs["differs"][7] + gain) / 2, (runs["differs"][7] - gain) / 2
    assert (won, lost) == (30, 21)
    p = 2 * sum(math.comb(51, count) for count in range(22)) / 2**51
    assert round(p, 2) == 0.26
    says(twelve.debrief, "51 problems, 30 to 21, p = 0.26")

    kinds = columns(twelve, "Wrong answers of run 1 by kind")["answers"]
    assert sum(kinds[:-1]) == kinds[-1] == ITEMS - runs["correct"][0]
    assert (100 * kinds[0] / ITEMS, 100 * kinds[1] / ITEMS) == pytest.approx((9.4, 2.2))
    says(
        twelve.debrief,
        "47 answers cut off at the token limit are up to 9.4 points",
        "11 that the parser rejects are 2.2",
    )
    says(twelve.model_answer, "176 wrong answers")


# --- same-score-two-failures


@pytest.fixture
def two(bank_question: Questions) -> Question:
    return bank_question("experiment-design/same-score-two-failures")


@pytest.fixture
def run_a(two: Question, columns: Columns) -> dict[str, list[Any]]:
    return columns(two, "Run A and baseline (ans = distinct final answers among 8 samples; rew = share right)")


@pytest.fixture
def run_b(two: Question, columns: Columns) -> dict[str, list[Any]]:
    return columns(two, "Run B and baseline (vloss = squared error of the critic; ev = its explained variance)")


def test_scores_and_intervals(two: Question, columns: Columns) -> None:
    table = columns(two, "Scores (1,200 problems, 8 samples each; intervals are over problems)")
    base, a, b, seeds = table["score"]
    assert a - base == pytest.approx(-0.2)
    assert b - base == pytest.approx(-0.2)
    assert table["gain"][1:3] == [-0.2, -0.2]
    assert table["95% interval"][1:3] == ["-1.1 to +0.7"] * 2
    assert table["predicted gain"][1:3] == [2.5, 2.5]
    items = 0.9 / NormalDist().inv_cdf(0.975)
    assert 0.05 < items / 100 * math.sqrt(1200) < 0.3  # SD of a problem's difference: possible for means of 8 samples
    half = NormalDist().inv_cdf(0.975) * math.sqrt(items**2 + 2 * seeds**2)
    assert round(half, 1) == 1.7
    assert (round(-0.2 - half, 1), round(-0.2 + half, 1)) == (-1.9, 1.5)
    assert -0.2 + half < 2.5
    says(two.model_answer, "plus or minus 1.7", "ends at +0.7", "predicted +2.5")
    says(two.debrief, "about -1.9 to +1.5", "SD of 0.5 per run")


def test_explained_variance_follows_from_loss_and_reward(
    two: Question, columns: Columns, run_a: dict[str, list[Any]], run_b: dict[str, list[Any]]
) -> None:
    warm_up = columns(two, "Critic warm-up of run B (policy frozen)")
    series = [
        (run_a["rew_base"], run_b["vloss_base"], run_b["ev_base"]),
        (run_b["rew_B"], run_b["vloss_B"], run_b["ev_B"]),
        (warm_up["reward"], warm_up["vloss"], warm_up["ev"]),
    ]
    for rewards, losses, explained in series:
        for reward, loss, ev in zip(rewards, losses, explained, strict=True):
            assert 1 - loss / (reward * (1 - reward)) == pytest.approx(ev, abs=0.0051)


def test_mediator_of_a_moved(two: Question, run_a: dict[str, list[Any]]) -> None:
    first, last = 0, -1
    for name in ("ent", "ans", "rew"):
        assert run_a[f"{name}_base"][first] == run_a[f"{name}_A"][first]
    assert all(1 <= ans <= 8 for name in ("ans_base", "ans_A") for ans in run_a[name])
    assert all(a > base for a, base in list(zip(run_a["ent_A"], run_a["ent_base"], strict=True))[1:])
    ends = [run_a[name][last] for name in ("ent_A", "ent_base", "ans_A", "ans_base")]
    assert [round(end, 2) for end in ends] == [0.33, 0.06, 2.57, 1.44]
    says(two.model_answer, "0.33 against 0.06", "2.57 against 1.44")


def test_mediator_of_b_did_not(two: Question, columns: Columns, run_b: dict[str, list[Any]]) -> None:
    for name in ("vloss", "ev", "len"):
        assert run_b[f"{name}_base"][0] == run_b[f"{name}_B"][0]
        scale = max(abs(value) for value in run_b[f"{name}_base"])
        pairs = zip(run_b[f"{name}_base"], run_b[f"{name}_B"], strict=True)
        assert all(abs(base - b) < 0.1 * scale for base, b in pairs)
    assert (run_b["vloss_B"][0], run_b["ev_B"][0], min(run_b["len_B"])) == (0.386, -0.59, 1209)
    says(two.model_answer, "value loss is 0.386", "explained variance -0.59", "falls to 1,209")

    warm_up = columns(two, "Critic warm-up of run B (policy frozen)")
    assert warm_up["ev"][-1] == 0.52
    assert warm_up["vloss"][-1] < run_b["vloss_B"][0] / 3
    assert warm_up["critic_step"][-1] == 100
    assert all(abs(length - 1905) < 60 for length in warm_up["len"])
    assert all(abs(reward - 0.418) < 0.04 for reward in warm_up["reward"])
    says(two.debrief, "0.52 at its end")
