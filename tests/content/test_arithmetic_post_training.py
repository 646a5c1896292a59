"""Every number of the post-training questions that can be recomputed, recomputed from the exhibits."""

from __future__ import annotations

from itertools import pairwise
from math import comb, erfc, exp, log, sqrt
from statistics import NormalDist
from typing import Any

import pytest

from prepdrill.model import Table

DPO = "post-training/dpo-margin-up-likelihood-down"
GRPO = "post-training/grpo-reward-stops-moving"
LENGTH = "post-training/win-rate-up-maths-down"


def two_sided(z: float) -> float:
    return erfc(abs(z) / sqrt(2))


def binomial_se(share: float, n: float) -> float:
    return sqrt(share * (1 - share) / n)


def multiple(value: float, step: float, printed: float) -> bool:
    """Whether a printed value is a multiple of `step` up to its rounding."""
    return abs(round(value / step) * step - value) <= printed / 2 + 1e-9


def rows(question: Any, title: str) -> dict[str, tuple[str, ...]]:
    """Rows of a table by their first cell."""
    content = next(exhibit.content for exhibit in question.exhibits if exhibit.title == title)
    assert isinstance(content, Table)
    return {row[0]: row[1:] for row in content.rows}


def said(text: str, *numbers: str) -> None:
    flat = " ".join(text.split())
    for number in numbers:
        assert number in flat, number


# --- the margin rises


@pytest.fixture
def dpo(bank_question: Any) -> Any:
    return bank_question(DPO)


@pytest.fixture
def dpo_log(dpo: Any, columns: Any) -> Any:
    return columns(dpo, "Log on the held-out pairs")


def test_margin_is_beta_times_the_change_of_the_gap(dpo: Any, dpo_log: Any) -> None:
    said(dpo.scenario, "beta 0.1", "-284.2", "-301.6")
    for margin, chosen, rejected in zip(
        *(dpo_log[name] for name in ("margin", "logp_chosen", "logp_rejected")), strict=True
    ):
        assert margin == pytest.approx(0.1 * ((chosen + 284.2) - (rejected + 301.6)), abs=0.006)


def test_loss_and_accuracy_are_possible(dpo: Any, dpo_log: Any) -> None:
    assert "512 held-out pairs" in dpo.scenario
    for loss, accuracy, margin in zip(dpo_log["loss"], dpo_log["acc"], dpo_log["margin"], strict=True):
        assert multiple(accuracy, 1 / 512, 0.001)
        assert loss >= log(1 + 2.718281828**-margin)  # Jensen: the mean loss is at least the loss of the mean margin
        # near the loss of normal margins with this mean and this share above zero; below, as refusal pairs hardly move
        spread = margin / NormalDist().inv_cdf(accuracy)
        quantiles = (NormalDist(margin, spread).inv_cdf((at + 0.5) / 400) for at in range(400))
        assert loss == pytest.approx(sum(log(1 + exp(-value)) for value in quantiles) / 400, abs=0.08)
    for before, after in pairwise(dpo_log["acc"][4:]):
        assert abs(after - before) <= 2.5 / 512  # the same pairs each time: few of them change sides
    assert dpo_log["step"][-1] * 64 == 40_000


def test_slices_average_to_the_log(dpo: Any, dpo_log: Any) -> None:
    slices = rows(dpo, "Change of log-probability by kind of answer")
    ordinary, refuse = (float(cell) for cell in slices["number of held-out pairs"])
    assert ordinary + refuse == 512
    assert 1 / 7 < refuse / 512 < 1 / 6  # "roughly one pair in six"
    for name, column, reference in (("chosen", "logp_chosen", -284.2), ("rejected", "logp_rejected", -301.6)):
        mean = sum(n * float(cell) for n, cell in zip((ordinary, refuse), slices[name], strict=True)) / 512
        assert mean == pytest.approx(dpo_log[column][-1] - reference, abs=0.11)


def test_sampled_shares_are_counts_out_of_250(dpo: Any, columns: Any) -> None:
    table = columns(dpo, "Labelled samples from three checkpoints")
    harmful = [values for name, values in table.items() if name.startswith("harmful")]
    for parts in zip(*harmful, strict=True):
        assert sum(parts) == pytest.approx(100, abs=0.01)
    for name, values in table.items():
        if name != "step":
            assert all(multiple(value, 0.4, 0.1) for value in values)


def test_win_rates_are_within_two_errors_of_a_coin(dpo: Any, columns: Any) -> None:
    table = columns(dpo, "Win rate against the SFT model")
    error = 100 * binomial_se(0.5, 500)
    assert error == pytest.approx(2.2, abs=0.05)
    for rate in table["win rate, %"]:
        assert multiple(rate, 0.2, 0.1)
        assert abs(rate - 50) < 2 * error
    said(dpo.model_answer, "2.2 points", "51.6", "53.8")
    assert {51.6, 53.8} <= set(table["win rate, %"])


def test_dpo_numbers_in_the_answer(dpo: Any, dpo_log: Any) -> None:
    fall = dpo_log["logp_chosen"][-1] + 284.2, dpo_log["logp_rejected"][-1] + 301.6
    assert fall == pytest.approx((-29.2, -43.2), abs=0.01)
    assert fall[0] - fall[1] == pytest.approx(14.0, abs=0.01)
    assert dpo_log["margin"][-1] == 1.40
    said(dpo.model_answer, "29.2", "43.2", "14.0", "1.40")
    at = dpo_log["step"].index(250)
    assert dpo_log["logp_chosen"][-1] - dpo_log["logp_chosen"][at] == pytest.approx(-14.5, abs=0.01)
    assert abs(dpo_log["loss"][-1] - dpo_log["loss"][at]) < 0.01
    assert dpo_log["margin"][-1] - dpo_log["margin"][at] == pytest.approx(0.36, abs=0.005)
    assert abs(dpo_log["acc"][-1] - dpo_log["acc"][at]) < 0.005
    slices = rows(dpo, "Change of log-probability by kind of answer")
    assert slices["chosen"] == ("-30.1", "-24.3")
    assert slices["chosen reworded by the SFT model"] == ("2.6", "-15.8")
    assert slices["answer that complies"][1] == "4.3"
    samples = rows(dpo, "Labelled samples from three checkpoints")
    assert (samples["0"][0], samples["625"][0], samples["250"][1]) == ("96.4", "74.0", "8.8")
    said(dpo.debrief, "14.5", "0.36", "30.1", "24.3", "2.6", "15.8", "4.3", "96.4", "74.0", "8.8 %")


# --- the reward stops moving


@pytest.fixture
def grpo(bank_question: Any) -> Any:
    return bank_question(GRPO)


@pytest.fixture
def grpo_log(grpo: Any, columns: Any) -> Any:
    return columns(grpo, "Training log")


@pytest.fixture
def passes(grpo: Any, columns: Any) -> Any:
    chart = columns(grpo, "Passes out of 16 fresh samples, 512 random prompts of the pool")
    return {name: [int(count) for _, count in points] for name, points in chart.items()}


def no_signal(p: float, group: int) -> float:
    return p**group + (1 - p) ** group


def silent_at_8(counts: list[int]) -> float:
    """Unbiased share of groups of 8 without signal, from passes out of 16: 8 drawn from the 16 without replacement."""
    hits = sum(count * (comb(k, 8) + comb(16 - k, 8)) for k, count in enumerate(counts))
    return hits / comb(16, 8) / sum(counts)


def silent_at_16(counts: list[int]) -> float:
    return (counts[0] + counts[16]) / sum(counts)


def test_log_rows_average_two_points_of_the_chart(grpo: Any, grpo_log: Any, columns: Any) -> None:
    chart = columns(grpo, "Two of the curves, averaged over 10 steps")
    for name in ("reward", "frac_reward_zero_std"):
        curve = dict(chart[name])
        for step, value in zip(grpo_log["step"], grpo_log[name], strict=True):
            assert value == pytest.approx((curve[step - 10] + curve[step]) / 2, abs=0.0011)


def test_shares_are_counts_of_groups_and_rollouts(grpo_log: Any) -> None:
    for share in grpo_log["frac_reward_zero_std"]:
        assert multiple(share, 1 / (20 * 128), 0.001)
    for reward in grpo_log["reward"]:
        assert multiple(reward, 1 / (20 * 128 * 8), 0.001)
    assert max(grpo_log["grad_norm"]) < 1.0
    assert 300 * 128 / 6400 == 6


def test_reward_and_silence_agree_with_the_histogram(grpo_log: Any, passes: Any) -> None:
    for name, row in (("before training", 0), ("step 300", -1)):
        counts = passes[name]
        assert sum(counts) == 512
        mean = sum(k * count for k, count in enumerate(counts)) / 16 / 512
        if row == -1:  # before training is earlier than the first row
            assert mean == pytest.approx(grpo_log["reward"][row], abs=3 * 0.45 / sqrt(512))
            assert silent_at_8(counts) == pytest.approx(grpo_log["frac_reward_zero_std"][row], abs=3 * 0.45 / sqrt(512))
        else:
            assert mean < grpo_log["reward"][row]
            assert silent_at_8(counts) < grpo_log["frac_reward_zero_std"][row]


def test_grpo_numbers_in_the_answer(grpo: Any, grpo_log: Any, number_target: Any) -> None:
    live = [128 * (1 - share) for share in grpo_log["frac_reward_zero_std"]]
    assert live[-1] == pytest.approx(38, abs=0.5)
    assert live[0] == pytest.approx(81, abs=0.5)
    assert number_target(GRPO, "live-prompts").holds(live[-1])
    assert not number_target(GRPO, "live-prompts").holds(128 * 0.705)
    target = number_target(GRPO, "g16-chance")
    assert target.holds(no_signal(0.02, 16))
    assert not target.holds(no_signal(0.02, 8))
    assert no_signal(0.02, 8) == pytest.approx(0.85, abs=0.005)
    assert no_signal(0.02, 16) == pytest.approx(0.72, abs=0.005)
    assert no_signal(0.1, 8) == pytest.approx(0.43, abs=0.005)
    assert no_signal(0.1, 16) == pytest.approx(0.19, abs=0.005)
    said(grpo.model_answer, "0.37 to 0.70", "0.295", "38 prompts", "81", "0.40 to 0.38", "0.85", "0.72")
    assert (grpo_log["entropy"][0], grpo_log["entropy"][-1]) == pytest.approx((0.40, 0.38), abs=0.005)
    assert grpo_log["reward"][-1] - grpo_log["reward"][grpo_log["step"].index(100)] == pytest.approx(0.02, abs=0.005)


def test_grpo_numbers_in_the_debrief(grpo: Any, grpo_log: Any, passes: Any) -> None:
    reward, silent = grpo_log["reward"][-1], grpo_log["frac_reward_zero_std"][-1]
    right = reward - (1 - silent) * 7 / 8, reward - (1 - silent) * 1 / 8
    wrong = silent - right[1], silent - right[0]
    assert right == pytest.approx((0.42, 0.64), abs=0.005)
    assert wrong == pytest.approx((0.07, 0.29), abs=0.005)
    after = passes["step 300"]
    assert (after[0], after[16]) == (111, 150)
    assert passes["before training"][0] == 127
    assert silent_at_16(after) == pytest.approx(0.51, abs=0.005)
    assert silent_at_8(after) == pytest.approx(0.67, abs=0.005)
    assert (1 - silent_at_16(after)) / (1 - silent_at_8(after)) == pytest.approx(1.47, abs=0.01)
    middle = sum(after[2:15])
    assert middle == 124
    assert middle / 512 * 6400 == pytest.approx(1550, abs=10)
    assert round(middle / 512 * 6400 / 128) == 12
    assert 1 - grpo_log["grad_norm"][-1] / grpo_log["grad_norm"][0] == pytest.approx(0.38, abs=0.005)
    said(grpo.debrief, "0.42 and 0.64", "0.07 and 0.29", "127 of 512", "0.51", "0.67", "47 %", "1,550", "38 %")


# --- the win rate goes up


@pytest.fixture
def length(bank_question: Any) -> Any:
    return bank_question(LENGTH)


@pytest.fixture
def before_after(length: Any) -> Any:
    return rows(length, "Before and after")


ITEM_COUNTS = {
    "AlpacaEval 2 win rate, %": (179, 243),
    "GSM8K correct, %": (1053, 1025),
    "GSM8K outputs at the 512 limit, %": (12, 74),
    "MMLU, %": (9296, 9254),
}


@pytest.mark.parametrize(("metric", "counts"), ITEM_COUNTS.items())
def test_percentages_and_errors_follow_from_counts(before_after: Any, metric: Any, counts: Any) -> None:
    items, a, b, change, error = (float(cell) for cell in before_after[metric])
    shares = [count / items for count in counts]
    assert (a, b) == pytest.approx([100 * share for share in shares], abs=0.0501)
    assert change == pytest.approx(100 * (shares[1] - shares[0]), abs=0.0501)
    assert change == pytest.approx(b - a, abs=1e-9)
    assert error == pytest.approx(100 * sqrt(sum(binomial_se(share, items) ** 2 for share in shares)), abs=0.0501)


def test_mean_length_and_length_control(before_after: Any) -> None:
    _, a, b, change, _ = before_after["AlpacaEval 2 mean tokens"]
    assert change == f"+{100 * (float(b) / float(a) - 1):.0f} %"
    _, a, b, change, _ = before_after["AlpacaEval 2 length-controlled, %"]
    assert float(b) - float(a) == pytest.approx(float(change), abs=1e-9)


def test_items_add_up(length: Any, before_after: Any) -> None:
    table = rows(length, "GSM8K item by item at 512 tokens")
    cells = {name: [int(cell) for cell in row] for name, row in table.items()}
    both, lost, gained, neither = (row[0] for row in cells.values())
    assert both + lost + gained + neither == 1319
    assert (both + lost, both + gained) == ITEM_COUNTS["GSM8K correct, %"]
    cut_off = tuple(sum(row[at] for row in cells.values()) for at in (1, 2))
    assert cut_off == ITEM_COUNTS["GSM8K outputs at the 512 limit, %"]
    assert cells["both right"][1:] == [0, 0]  # a cut-off output is wrong
    assert cells["A right, B wrong"][1] == cells["A wrong, B right"][2] == 0
    z = (lost - gained) / sqrt(lost + gained)
    assert z == pytest.approx(2.5, abs=0.05)
    assert two_sided(z) == pytest.approx(0.013, abs=0.0005)
    said(length.debrief, "77 items", "49 gained", "z = 2.5", "p = 0.013")


def test_larger_limit(length: Any) -> None:
    again = rows(length, "GSM8K with room for 2,048")
    table = {name: [float(cell) for cell in row] for name, row in again.items()}
    (a, a_share, a_only, _), (b, b_share, b_only, _) = table["A"], table["B"]
    assert (a_share, b_share) == pytest.approx((100 * a / 1319, 100 * b / 1319), abs=0.0501)
    assert a - b == a_only - b_only == 10
    assert 100 * (a - b) / 1319 == pytest.approx(0.8, abs=0.05)
    assert 100 * sqrt(a_only + b_only - (a - b) ** 2 / 1319) / 1319 == pytest.approx(0.8, abs=0.05)
    assert two_sided((a - b) / sqrt(a_only + b_only)) == pytest.approx(0.34, abs=0.005)
    recovered = a - ITEM_COUNTS["GSM8K correct, %"][0], b - ITEM_COUNTS["GSM8K correct, %"][1]
    assert recovered == (2, 20)
    assert recovered[1] <= 74  # no more than were cut off
    said(length.debrief, "only 20 items and A 2", "2.1 to 0.8", "59 against 49", "p = 0.34")
    assert any("-0.8" in follow_up.ask and "0.8" in follow_up.ask for follow_up in length.follow_ups)


def test_length_numbers_in_the_answer(length: Any) -> None:
    right_a, right_b = ITEM_COUNTS["GSM8K correct, %"]
    cut_a, cut_b = ITEM_COUNTS["GSM8K outputs at the 512 limit, %"]
    assert (cut_b - cut_a, right_a - right_b) == (62, 28)
    points = [100 * items / 1319 for items in (cut_b - cut_a, right_a - right_b)]
    assert points == pytest.approx([4.7, 2.1], abs=0.05)
    z = 2.1 / 1.6
    assert z == pytest.approx(1.3, abs=0.05)
    assert two_sided(z) == pytest.approx(0.19, abs=0.005)
    interval = [-2.1 + sign * 1.96 * 1.6 for sign in (-1, 1)]
    assert interval == pytest.approx([-5.2, 1.0], abs=0.05)
    finished = 100 * right_a / (1319 - cut_a), 100 * right_b / (1319 - cut_b)
    assert finished == pytest.approx((80.6, 82.3), abs=0.05)
    said(length.model_answer, "62 more cut-offs", "4.7 points", "28 lost items", "2.1 points", "1.3 standard errors")
    said(length.debrief, "82.3 to 80.6 %")
