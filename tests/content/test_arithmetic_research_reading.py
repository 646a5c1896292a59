"""Recomputes every computable number of the questions on reading and applying research."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from statistics import NormalDist, mean, stdev
from typing import Any

import pytest

from prepdrill.model import Diff, NumberTarget, Question

GAIN = "research-reading/gain-at-three-sizes"
BETA = "research-reading/copy-the-papers-beta"
AIME = "research-reading/one-family-thirty-problems"

Read = Callable[[str], Question]
Columns = Callable[[Question, str], dict[str, list[Any]]]
Target = Callable[[str, str], NumberTarget]
Numbers = dict[str, Any]
Scores = dict[tuple[str, str], list[float]]


def amount(text: str) -> float:
    """`60M`, `1.2B` as a number."""
    return float(text[:-1]) * {"M": 1e6, "B": 1e9}[text[-1]]


def line(xs: Sequence[float], ys: Sequence[float]) -> tuple[float, float]:
    """Least squares: (slope, value at x = 0)."""
    slope = sum((x - mean(xs)) * (y - mean(ys)) for x, y in zip(xs, ys, strict=True)) / sum(
        (x - mean(xs)) ** 2 for x in xs
    )
    return slope, mean(ys) - slope * mean(xs)


# --- gain-at-three-sizes


@pytest.fixture
def gains(bank_question: Read, columns: Columns) -> Numbers:
    table = columns(bank_question(GAIN), "The paper's results")
    seeds = [[float(word) for word in str(cell).split()] for cell in table["gain by seed"]]
    return {
        "size": [amount(size) for size in table["size"]],
        "tokens": [amount(tokens) for tokens in table["tokens"]],
        "seeds": seeds,
        "count": table["seeds"],
        "gain": table["gain"],
        "loss": table["baseline loss"],
    }


@pytest.fixture
def ours(bank_question: Read, columns: Columns) -> Numbers:
    table = columns(bank_question(GAIN), "Our baseline recipe, no change")
    return {
        size: (amount(tokens), loss, hours)
        for size, tokens, loss, hours in zip(
            table["size"], table["tokens"], table["loss"], table["GPU-hours"], strict=True
        )
    }


def pooled(seeds: Sequence[Sequence[float]]) -> float:
    groups = [group for group in seeds if len(group) > 1]
    freedom = sum(len(group) - 1 for group in groups)
    return math.sqrt(sum(stdev(group) ** 2 * (len(group) - 1) for group in groups) / freedom)


def straight(gains: Numbers) -> tuple[float, Callable[[float], float], float]:
    """Slope per decade, gain at a size, size at which it is zero."""
    slope, start = line([math.log10(size) for size in gains["size"]], gains["gain"])
    return slope, lambda size: start + slope * math.log10(size), 10 ** (-start / slope)


def power_law(compute: Sequence[float], loss: Sequence[float]) -> tuple[float, float]:
    """(scale, power) of floor + scale * compute ** -power through three points."""

    def ratio(power: float) -> float:
        at = [c**-power for c in compute]
        return float((at[0] - at[1]) / (at[1] - at[2]))

    low, high = 0.01, 0.6
    for _ in range(80):
        power = (low + high) / 2
        low, high = (power, high) if ratio(power) < (loss[0] - loss[1]) / (loss[1] - loss[2]) else (low, power)
    return (loss[0] - loss[1]) / (compute[0] ** -power - compute[1] ** -power), power


def constant_saving(gains: Numbers, factor: float) -> Callable[[float], float]:
    """Gain at any size of a method worth `factor` times the compute, on the curve through the three baselines."""
    compute = [6 * size * tokens for size, tokens in zip(gains["size"], gains["tokens"], strict=True)]
    scale, power = power_law(compute, gains["loss"])
    return lambda size: scale * (6 * size * 20 * size) ** -power * (1 - factor**-power)


def test_the_papers_gains_are_means_of_their_seeds(gains: Numbers) -> None:
    assert [len(group) for group in gains["seeds"]] == gains["count"] == [5, 3, 1]
    assert [round(mean(group), 3) for group in gains["seeds"]] == gains["gain"]
    for size, tokens in zip(gains["size"], gains["tokens"], strict=True):
        assert tokens == pytest.approx(20 * size, rel=0.001)


def test_the_line_reaches_zero_near_four_billion(gains: Numbers, number_target: Target) -> None:
    slope, at, zero = straight(gains)
    assert slope == pytest.approx(-0.045, abs=0.0005)
    target = number_target(GAIN, "zero-crossing")
    assert target.value == 4.0e9
    assert zero == pytest.approx(target.value, rel=0.01)
    assert at(3e10) == pytest.approx(-0.04, abs=0.001)
    assert at(3e9) == pytest.approx(0.005, abs=0.0006)
    assert at(7e9) == pytest.approx(-0.011, abs=0.0005)
    assert max(abs(at(size) - gain) for size, gain in zip(gains["size"], gains["gain"], strict=True)) < 0.003
    ends = line([math.log10(gains["size"][at]) for at in (0, 2)], [gains["gain"][at] for at in (0, 2)])
    assert 10 ** (-ends[1] / ends[0]) == pytest.approx(3.6e9, rel=0.01)
    assert abs(10 ** (-ends[1] / ends[0]) - target.value) <= target.tolerance
    weights = [
        (x, y) for x, y, n in zip(gains["size"], gains["gain"], gains["count"], strict=True) for _ in range(int(n))
    ]
    weighted = line([math.log10(x) for x, _ in weights], [y for _, y in weights])
    assert abs(10 ** (-weighted[1] / weighted[0]) - target.value) <= target.tolerance
    assert pytest.approx(23, abs=0.5) == 30 / 1.3


def test_a_power_law_and_a_constant_saving_stay_positive(gains: Numbers) -> None:
    logs = line([math.log10(size) for size in gains["size"]], [math.log(gain) for gain in gains["gain"]])
    assert math.exp(logs[1] + logs[0] * math.log10(3e10)) == pytest.approx(0.006, abs=0.0005)
    at = constant_saving(gains, 1.28)
    assert [round(at(size), 3) for size in gains["size"]] == [0.078, 0.045, 0.030]
    assert at(3e9) == pytest.approx(0.023, abs=0.0005)
    assert at(7e9) == pytest.approx(0.018, abs=0.0005)
    assert at(3e10) == pytest.approx(0.012, abs=0.0006)
    assert (at(1.3e9) - 0.020) / pooled(gains["seeds"]) == pytest.approx(1.2, abs=0.06)


def test_the_seeds_scatter_by_about_a_hundredth(gains: Numbers) -> None:
    spread = pooled(gains["seeds"])
    assert spread == pytest.approx(0.009, abs=0.0005)
    assert stdev(gains["seeds"][0]) == pytest.approx(0.01, abs=0.0005)
    assert 0.020 - 1.96 * spread == pytest.approx(0, abs=0.005)
    assert 0.020 + 1.96 * spread == pytest.approx(0.04, abs=0.005)
    assert spread / math.sqrt(2) == pytest.approx(0.006, abs=0.0005)


def test_hours_follow_from_six_n_d_and_fit_the_budget(ours: Numbers) -> None:
    rates = [6 * amount(size) * tokens / hours for size, (tokens, _, hours) in ours.items()]
    assert max(rates) / min(rates) < 1.005
    assert rates[0] / 3600 == pytest.approx(4e14, rel=0.005)
    pairs_at_3b = 2 * 1.06 * ours["3B"][2] + ours["3B"][2]
    arm_at_7b = 1.06 * ours["7B"][2]
    assert 1.06 * ours["3B"][2] == pytest.approx(795)
    assert pairs_at_3b == pytest.approx(2340, abs=1)
    assert arm_at_7b == pytest.approx(4300, rel=0.01)
    assert pairs_at_3b + arm_at_7b < 7000
    assert 0.06 * ours["30B"][2] == 4500


def test_six_percent_of_compute_buys_a_few_thousandths(ours: Numbers) -> None:
    def work(size: str) -> float:
        return amount(size) * float(ours[size][0])

    drop = ours["7B"][1] - ours["30B"][1]
    assert drop == pytest.approx(0.176, abs=0.0005)
    assert work("30B") / work("7B") == pytest.approx(18, abs=0.5)
    assert drop / math.log(work("30B") / work("7B")) * math.log(1.06) == pytest.approx(0.0035, abs=0.0001)
    # the curve through 3B, 7B and 30B, at 30B
    sizes = ("3B", "7B", "30B")
    compute, loss = [work(size) for size in sizes], [float(ours[size][1]) for size in sizes]
    scale, power = power_law(compute, loss)
    assert scale * compute[2] ** -power * (1 - 1.06**-power) == pytest.approx(0.003, abs=0.0003)


def test_the_rule_lies_between_the_two_predictions(gains: Numbers) -> None:
    _, at, _ = straight(gains)
    assert (at(3e9) + constant_saving(gains, 1.28)(3e9)) / 2 == pytest.approx(0.014, abs=0.0006)


def test_the_staged_sweep_agrees_with_the_table(bank_question: Read, columns: Columns, gains: Numbers) -> None:
    sweep = columns(bank_question(GAIN), "Learning-rate sweep at 350M, from the appendix")
    used = dict(zip(sweep["peak rate"], sweep["baseline loss"], strict=True))[3e-4]
    assert used == gains["loss"][1]
    assert used - min(sweep["method loss"]) == pytest.approx(gains["gain"][1])
    assert min(sweep["baseline loss"]) - min(sweep["method loss"]) == pytest.approx(0.029)


# --- copy-the-papers-beta


@pytest.fixture
def log(bank_question: Read, columns: Columns) -> Numbers:
    return columns(bank_question(BETA), "Our log on the held-out pairs")


@pytest.fixture
def runs(bank_question: Read, columns: Columns) -> Numbers:
    table = columns(bank_question(BETA), "Published run and ours")
    return {
        name: (paper, ours) for name, paper, ours in zip(table["quantity"], table["paper"], table["ours"], strict=True)
    }


BASE_CHOSEN, BASE_REJECTED, TOKENS = -0.9482, -1.0315, 300


def test_the_scenario_names_the_constants(bank_question: Read) -> None:
    scenario = bank_question(BETA).scenario
    for constant in ("-0.9482", "-1.0315", "300 tokens", "60,000", "batch 128", "469 steps", "eps 1e-8"):
        assert constant in scenario.replace("\n", " ")
    assert math.ceil(60_000 / 128) == 469
    diff = next(part.content for part in bank_question(BETA).exhibits if isinstance(part.content, Diff))
    assert " beta: 0.1" in diff.text.splitlines()


def test_rewards_margins_and_loss_follow_from_the_log_probabilities(log: Numbers) -> None:
    for at in range(len(log["step"])):
        chosen = 0.1 * (log["logp_c"][at] - BASE_CHOSEN)
        rejected = 0.1 * (log["logp_r"][at] - BASE_REJECTED)
        assert log["r_chosen"][at] == pytest.approx(chosen, abs=6e-6)
        assert log["r_reject"][at] == pytest.approx(rejected, abs=6e-6)
        assert log["margin"][at] == pytest.approx(chosen - rejected, abs=6e-6)
        # the second-order term: mean square of the margin over 8, its spread taken from the accuracy
        spread = log["margin"][at] / NormalDist().inv_cdf(log["acc"][at])
        loss = math.log(2) - log["margin"][at] / 2 + (log["margin"][at] ** 2 + spread**2) / 8
        assert log["loss"][at] == pytest.approx(loss, abs=1e-4)
        assert log["acc"][at] * 512 == pytest.approx(round(log["acc"][at] * 512), abs=0.26)


def test_accuracy_and_margin_creep_up(log: Numbers) -> None:
    assert log["margin"] == sorted(log["margin"])
    assert log["acc"][0] < 0.61
    assert log["acc"][-1] == 0.727
    assert log["loss"] == sorted(log["loss"], reverse=True)
    assert log["loss"][0] - log["loss"][-1] == pytest.approx(0.004, abs=0.0003)


def test_the_table_repeats_the_log(log: Numbers, runs: Numbers) -> None:
    assert runs["gradient norm at step 25, unclipped"][1] == log["gnorm"][0]
    assert runs["loss at step 469"][1] == log["loss"][-1]
    assert runs["accuracy at step 469"][1] == log["acc"][-1]
    assert runs["reward of chosen at step 469"][1] == log["r_chosen"][-1]
    assert runs["reward of rejected at step 469"][1] == log["r_reject"][-1]
    assert runs["margin at step 469"][1] == log["margin"][-1]
    chosen, rejected = runs["reward of chosen at step 469"][0], runs["reward of rejected at step 469"][0]
    assert runs["margin at step 469"][0] == pytest.approx(chosen - rejected)


def loss_of(margin: float, accuracy: float) -> float:
    """Mean DPO loss of normally spread margins with this mean and this share above zero."""
    spread = margin / NormalDist().inv_cdf(accuracy)
    steps = [(at + 0.5) / 4000 for at in range(4000)]
    return mean(math.log1p(math.exp(-NormalDist(margin, spread).inv_cdf(p))) for p in steps)


def test_the_papers_loss_is_plausible_for_its_margin_and_accuracy(log: Numbers, runs: Numbers) -> None:
    margin, accuracy = runs["margin at step 469"][0], runs["accuracy at step 469"][0]
    assert runs["loss at step 469"][0] == pytest.approx(loss_of(margin, accuracy), abs=0.01)
    assert loss_of(2.4, log["acc"][-1]) == pytest.approx(0.80, abs=0.01)


def test_beta_thirty_and_the_distance_per_answer(log: Numbers, runs: Numbers, number_target: Target) -> None:
    target = number_target(BETA, "beta-thirty")
    assert pytest.approx(target.value) == 0.1 * TOKENS
    per_token = log["margin"][-1] / 0.1
    assert per_token == pytest.approx(0.08)
    assert per_token * TOKENS == pytest.approx(24)
    assert 0.1 * per_token * TOKENS == pytest.approx(2.4)
    assert runs["margin at step 469"][0] / 0.1 == pytest.approx(11.2)
    assert pytest.approx(2, abs=0.2) == 24 / 11.2
    assert (BASE_CHOSEN - log["logp_c"][-1]) * TOKENS == pytest.approx(15.6)
    assert (BASE_REJECTED - log["logp_r"][-1]) * TOKENS == pytest.approx(39.6)
    assert pytest.approx(0.00033, abs=0.000005) == 0.1 / TOKENS
    assert round(30 / 90, 2) == 0.33
    assert 30 / 600 == 0.05


def test_gradient_norms_differ_by_the_token_count(log: Numbers, runs: Numbers) -> None:
    paper, ours = runs["gradient norm at step 25, unclipped"]
    assert paper / ours == pytest.approx(TOKENS, rel=0.02)
    assert ours * TOKENS == pytest.approx(4.6, abs=0.05)
    per_parameter = ours / math.sqrt(8e9)
    assert per_parameter == pytest.approx(1.7e-7, rel=0.01)
    assert per_parameter / 1e-8 == pytest.approx(17, abs=0.5)
    assert max(log["gnorm"]) < 1.0


def test_staged_win_rates_are_multiples_of_a_fifth(bank_question: Read, columns: Columns) -> None:
    staged = columns(bank_question(BETA), "Distance from the SFT model on own samples, and win rate against it")
    for rate in staged["win rate, %"]:
        assert rate * 5 == pytest.approx(round(rate * 5))
    assert staged["KL, nats per answer"][-2:] == [21.4, 9.2]
    assert staged["win rate, %"][-2:] == [52.8, 56.4]
    for number in ("21.4", "9.2", "52.8", "56.4"):
        assert number in bank_question(BETA).debrief
    error = 100 * math.sqrt(0.528 * 0.472 / 500 + 0.564 * 0.436 / 500)
    assert (56.4 - 52.8) / error < 1.96


# --- one-family-thirty-problems


@pytest.fixture
def scores(bank_question: Read, columns: Columns) -> Scores:
    table = columns(bank_question(AIME), "The paper's main table")
    rows = zip(
        table["model"], table["training"], table["AIME 2024, %"], table["AMC, %"], table["MATH-500, %"], strict=True
    )
    return {(model, training): rest for model, training, *rest in rows}


def test_scores_are_possible_counts(scores: Scores) -> None:
    for row in scores.values():
        for rate, answers in zip(row, (150, 200, 500), strict=True):
            assert rate == pytest.approx(100 * round(rate * answers / 100) / answers, abs=0.05)


def test_eight_points_are_under_two_and_a_half_problems(scores: Scores) -> None:
    plain, trick = scores[("7B", "GRPO")], scores[("7B", "GRPO + trick")]
    gain = trick[0] - plain[0]
    assert gain == pytest.approx(8.0)
    assert gain / 100 * 30 == pytest.approx(2.4)
    assert round(gain / 100 * 150) == 12
    assert pytest.approx(3.3, abs=0.05) == 100 / 30
    assert round((trick[1] - plain[1]) / 100 * 200) == 5
    assert round((trick[2] - plain[2]) / 100 * 500) == 9


def test_standard_errors(scores: Scores) -> None:
    plain, trick = (scores[("7B", name)][0] / 100 for name in ("GRPO", "GRPO + trick"))
    errors = [100 * math.sqrt(p * (1 - p) / 30) for p in (plain, trick, 0.5)]
    assert [round(error, 1) for error in errors] == [8.6, 9.0, 9.1]
    assert math.hypot(errors[0], errors[1]) == pytest.approx(12, abs=0.5)
    samples = [100 * math.sqrt(p * (1 - p) / 150) for p in (plain, trick)]
    assert samples[0] == pytest.approx(3.8, abs=0.05)
    assert math.hypot(samples[0], samples[1]) == pytest.approx(5.6, abs=0.05)
    for at, items in ((1, 40), (2, 500)):
        before, after = scores[("7B", "GRPO")][at] / 100, scores[("7B", "GRPO + trick")][at] / 100
        error = math.sqrt((before * (1 - before) + after * (1 - after)) / items)
        assert (after - before) / error < 1


def test_the_paired_table_gives_the_same_gain(bank_question: Read, columns: Columns) -> None:
    staged = columns(bank_question(AIME), "AIME 2024 problem by problem, trick against GRPO, 7B")
    changes = [
        change
        for change, count in zip(staged["change in correct samples, of 5"], staged["problems"], strict=True)
        for _ in range(int(count))
    ]
    assert len(changes) == 30
    assert sum(changes) == 12
    error = 100 * stdev(changes) / 5 / math.sqrt(30)
    assert error == pytest.approx(5.6, abs=0.05)
    assert 8.0 / error == pytest.approx(1.4, abs=0.05)
    assert sum(change for change in changes if change == 4) == 8
    assert changes.count(4) == 2


def test_the_rescored_checkpoints(bank_question: Read, columns: Columns) -> None:
    staged = columns(bank_question(AIME), "The public 7B checkpoints rescored, 32 samples per problem")
    old, new = staged["AIME 2024, %"], staged["90 problems of 2025, %"]
    assert old[1] - old[0] == pytest.approx(4.7)
    assert new[1] - new[0] == pytest.approx(0.9)
    for rates, problems in ((old, 30), (new, 90)):
        for rate in rates:
            answers = 32 * problems
            assert rate == pytest.approx(100 * round(rate * answers / 100) / answers, abs=0.05)


def test_numbers_said_aloud_are_among_those_checked_here(bank_question: Read) -> None:
    said = set(re.findall(r"\d+\.\d+", bank_question(AIME).model_answer + bank_question(AIME).debrief))
    assert said <= {"2.4", "2.5", "3.8", "8.0", "8.6", "5.6", "1.4", "4.7", "0.9"}


def test_the_small_replication_is_an_eighth_of_the_big_run(bank_question: Read) -> None:
    question = bank_question(AIME)
    assert "takes 120 GPU-hours" in question.scenario.replace("\n", " ")
    assert 3 * 3 * 120 == 1080
    assert "1,080 GPU-hours" in question.model_answer
    assert 1080 / 9000 < 1 / 8
