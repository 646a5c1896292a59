"""Recomputes every computable number of the efficiency questions from their exhibits and the scenarios' constants."""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from prepdrill.model import NumberTarget, Question, Table

Ask = Callable[[str], Question]
Columns = Callable[[Question, str], dict[str, list[Any]]]
Target = Callable[[str, str], NumberTarget]


def says(text: str, *phrases: str) -> None:
    flat = " ".join(text.split())
    for phrase in phrases:
        assert phrase in flat, phrase


# --- efficiency/flat-loss-normal-gradients

FLAT = "efficiency/flat-loss-normal-gradients"
LEARNING_RATE, WARM_UP, BETA1, BETA2 = 1e-6, 50, 0.9, 0.95


def bfloat16(value: float) -> float:
    """`value` rounded to the nearest bfloat16, ties to even."""
    bits = struct.unpack("<I", struct.pack("<f", value))[0]
    bits = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    return float(struct.unpack("<f", struct.pack("<I", bits))[0])


def spacing(value: float) -> float:
    """Distance to the next bfloat16 away from zero: seven mantissa bits."""
    return float(2.0 ** (math.floor(math.log2(abs(value))) - 7))


def changed_by_adam(sigma: float, steps: int, draws: int, seed: int) -> float:
    """Per cent of weights drawn from N(0, sigma) that differ after `steps` of all-bfloat16 AdamW on noisy gradients."""
    noise = random.Random(seed)
    weights = [bfloat16(noise.gauss(0, sigma)) for _ in range(draws)]
    # A weight of 2**-10 or more has half a spacing of 1.9e-6, more than any step can be: it need not be simulated.
    start = [weight for weight in weights if abs(weight) < 2**-10]
    signal = [noise.gauss(0, 0.2) for _ in start]
    moving, first, second = list(start), [0.0] * len(start), [0.0] * len(start)
    for step in range(1, steps + 1):
        rate = LEARNING_RATE * min(1, step / WARM_UP)
        for at, drift in enumerate(signal):
            gradient = bfloat16(drift + noise.gauss(0, 1))
            first[at] = bfloat16(BETA1 * first[at] + (1 - BETA1) * gradient)
            second[at] = bfloat16(BETA2 * second[at] + (1 - BETA2) * gradient * gradient)
            mean, square = first[at] / (1 - BETA1**step), second[at] / (1 - BETA2**step)
            moving[at] = bfloat16(moving[at] - rate * mean / (math.sqrt(square) + 1e-8))
    return 100 * sum(after != before for after, before in zip(moving, start, strict=True)) / draws


def test_flat_loss_log(bank_question: Ask, columns: Columns) -> None:
    log = columns(bank_question(FLAT), "Trainer log (loss is the mean of the last 25 steps)")
    assert log["step"] == list(range(25, 401, 25))
    assert log["lr"] == [pytest.approx(LEARNING_RATE * min(1, step / WARM_UP)) for step in log["step"]]
    assert max(log["loss"]) - min(log["loss"]) < 0.02
    first_half, second_half = log["loss"][:8], log["loss"][8:]
    assert abs(sum(first_half) - sum(second_half)) / 8 < 2 * 0.004 / math.sqrt(4)
    assert all(later <= earlier for earlier, later in pairwise(log["val_loss"]))
    assert round(log["val_loss"][0] - log["val_loss"][-1], 4) == 0.0014
    says(bank_question(FLAT).debrief, "creeps down by 0.0014")


def test_flat_loss_spacing(bank_question: Ask) -> None:
    question = bank_question(FLAT)
    assert spacing(0.01) == pytest.approx(6e-5, rel=0.03)
    assert spacing(0.01) / 2 == pytest.approx(3e-5, rel=0.03)
    assert spacing(0.01) / 2 / LEARNING_RATE == pytest.approx(30, rel=0.03)
    assert bfloat16(bfloat16(0.01) + 2.9e-5) == bfloat16(0.01) != bfloat16(bfloat16(0.01) + 3.2e-5)
    relative = [spacing(weight) / 2 / weight for weight in (2**-7, 2**-6 * 0.9999)]
    assert max(relative) == pytest.approx(0.004, rel=0.03)
    assert min(relative) == pytest.approx(0.002, rel=0.03)
    assert pytest.approx(0.0001) == LEARNING_RATE / 0.01
    says(question.model_answer, "6e-5 apart", "3e-5, rounds back", "about 30 times too small", "4 GB per GPU")
    says(question.debrief, "0.2 to 0.4% of the weight", "0.01% of a weight of 0.01", "16 GB per GPU")
    assert 8e9 * 4 / 8 == 4e9
    assert 8e9 * (4 + 4 + 4 + 4) / 8 == 16e9
    assert spacing(0.02) == pytest.approx(1.2e-4, rel=0.03)


def test_flat_loss_settings(bank_question: Ask, columns: Columns) -> None:
    table = columns(bank_question(FLAT), "Settings of the two runs")
    ours = dict(zip(table["setting"], table["this run"], strict=True))
    assert ours["peak learning rate"] == LEARNING_RATE
    assert ours["betas"] == f"{BETA1}, {BETA2}"
    assert ours["warm-up, then constant"] == f"{WARM_UP} steps"
    assert ours["trained weights kept in"] == ours["Adam moments kept in"] == "bfloat16"
    log = columns(bank_question(FLAT), "Trainer log (loss is the mean of the last 25 steps)")
    assert max(log["grad_norm"]) < ours["clip at norm"]
    assert 60_000 / ours["dialogues a step"] > log["step"][-1]


def test_ten_times_the_rate_is_below_half_a_spacing_for_most(bank_question: Ask) -> None:
    reach = max(weight for weight in (2.0**-power for power in range(4, 16)) if spacing(weight * 0.999) / 2 < 1e-5)
    share_within_reach = math.erf(reach / 0.010 / math.sqrt(2))
    assert share_within_reach < 0.5
    says(bank_question(FLAT).model_answer, "1e-5 is still below half the spacing for most weights")


def test_flat_loss_changed_weights(bank_question: Ask, columns: Columns) -> None:
    table = columns(bank_question(FLAT), "Weights that differ bit for bit from step 0 (%)")
    names = table["tensors"]
    parts, whole = names[:-1], names.index("all above")
    sizes = table["params (M)"]
    assert sizes[whole] == pytest.approx(sum(sizes[: len(parts)]), abs=0.5)
    for column in ("by step 100", "by step 400"):
        mean = sum(size * share for size, share in zip(sizes, table[column][: len(parts)], strict=False))
        assert table[column][whole] == pytest.approx(mean / sizes[whole], abs=0.1)
    assert list(sizes[:5]) == [
        round(count / 1e6)
        for count in (
            32 * 4096 * 4096,
            32 * 2 * 4096 * 1024,
            32 * 4096 * 4096,
            32 * 2 * 4096 * 14336,
            32 * 4096 * 14336,
        )
    ]
    for name, median, asked in zip(parts, table["median |w|"], table["step asked for"], strict=False):
        assert asked < LEARNING_RATE
        assert asked < spacing(median) / 2 / 10, name
    assert spacing(0.45) / 2 > 900 * LEARNING_RATE
    assert 98.0 <= 100 - table["by step 400"][whole] < 98.5


@pytest.mark.parametrize("row", [0, 3])
def test_flat_loss_simulation(bank_question: Ask, columns: Columns, row: int) -> None:
    table = columns(bank_question(FLAT), "Weights that differ bit for bit from step 0 (%)")
    sigma = table["median |w|"][row] / 0.6745
    assert changed_by_adam(sigma, 100, 20_000, seed=row) == pytest.approx(table["by step 100"][row], abs=0.35)


# --- efficiency/the-new-kernel-is-faster

KERNEL = "efficiency/the-new-kernel-is-faster"
SHADOW = "Attention output minus fp32 on the same inputs, layer 14, 21M elements"
LOSS = "Training loss of the two arms"
BRANCHES = "Branches from the new arm's checkpoint at step 30,000 (loss)"


def test_kernel_shadow_log(bank_question: Ask, columns: Columns) -> None:
    question, log = bank_question(KERNEL), columns(bank_question(KERNEL), SHADOW)
    elements = 8192 * 2560
    assert round(elements / 1e6) == 21
    error = 1700 / math.sqrt(elements)
    assert round(error, 2) == 0.37
    assert all(1690 < rms < 1710 for rms in log["old_rms"] + log["new_rms"])
    assert all(abs(mean) < 2.5 * error for mean in log["old_mean"])
    assert {mean > 0 for mean in log["old_mean"]} == {True, False}
    assert all(mean < -4 * error for mean in log["new_mean"])
    assert log["new_mean"] == sorted(log["new_mean"], reverse=True)
    assert log["new_mean"][log["step"].index(5000)] / error < -10
    assert (log["new_mean"][0], round(log["new_mean"][-1], -1)) == (-1.6, -180)
    for mean, rms in zip(log["new_mean"], log["new_rms"], strict=True):
        assert math.sqrt(rms**2 - mean**2) == pytest.approx(1700, abs=10)
    assert all(-1 <= cosine <= 1 for cosine in log["old_cos"] + log["new_cos"])
    assert all(later >= earlier for earlier, later in pairwise(log["new_sv"]))
    apart = [new / old for new, old in zip(log["new_sv"], log["old_sv"], strict=True)]
    assert apart[log["step"].index(10000)] < 1.01
    assert apart[log["step"].index(20000)] > 1.04
    says(question.model_answer, "over ten standard errors", "0.37", "grows from -1.6 to -180", "200 over 40,000")
    old_at, new_at = log["old_sv"].index(14.0), log["new_sv"].index(14.0)
    assert (log["old_mean"][old_at], log["new_mean"][new_at]) == (-0.3, -13.5)
    says(question.model_answer, "At equal sv of 14.0 the old mean is -0.3, the new -13.5")
    at = log["step"].index(5000)
    assert log["new_sv"][at] - log["old_sv"][at] < 0.15
    assert math.sqrt(40_000) == 200


def test_kernel_losses(bank_question: Ask, columns: Columns) -> None:
    question = bank_question(KERNEL)
    chart = columns(question, LOSS)
    old, new = ({round(1000 * x): y for x, y in chart[name]} for name in ("old kernel", "new kernel"))
    assert old.keys() == new.keys()
    assert all(abs(new[step] - old[step]) <= 0.003 for step in old if step <= 5000)
    assert all(later < earlier for earlier, later in pairwise(old.values()))
    for step, loss in old.items():
        assert loss == pytest.approx(1.72 + 9.0 * step**-0.28, abs=0.003)
    assert new[40000] - old[40000] > 0.2
    assert new[42000] > 3.5
    branches = next(exhibit.content for exhibit in question.exhibits if exhibit.title == BRANCHES)
    assert isinstance(branches, Table)
    rows = {row[0]: [float(cell) for cell in row[1:]] for row in branches.rows}
    assert rows["control arm, old kernel"] == [old[step] for step in (35000, 40000, 44000)]
    assert rows["new arm as it ran"] == [new[step] for step in (35000, 40000, 44000)]
    for name in ("old kernel, same batches", "new kernel, fp32 accumulation of PV"):
        assert rows[name][-1] == pytest.approx(old[44000], abs=0.003)
    assert rows["new kernel, other data order"][-1] > 6
    assert rows["new kernel, half the learning rate"][-1] > old[44000] + 0.05


def test_kernel_days(bank_question: Ask, number_target: Target) -> None:
    question = bank_question(KERNEL)
    says(question.scenario, "planned at 30 days", "18% more tokens", "60,000 steps")
    faster = 30 / 1.18
    assert round(30 - faster, 1) == number_target(KERNEL, "worth-of-the-speed").value == 4.6
    assert not number_target(KERNEL, "worth-of-the-speed").holds(30 * 0.18)
    assert round(1 - 1 / 1.18, 2) == 0.15
    rewind = (40_000 - 10_000) / 60_000 * faster
    assert round(rewind, 1) == 12.7
    says(question.model_answer, "30 x (1 - 1/1.18) = 4.6 days", "a blow-up at two thirds comes after 17")
    assert round(40_000 / 60_000 * faster) == 17
    says(question.debrief, "12.7 days")


# --- efficiency/which-layers-to-recompute

LAYERS = "efficiency/which-layers-to-recompute"
LAYER_COUNT, STEP, SHORT, BUDGET = 48, 3900.0, 82.0, 0.15
NORMS, QKV, ATTENTION, RESIDUAL, GATE_UP, SWIGLU, DOWN = range(1, 8)


@pytest.fixture
def layer(bank_question: Ask, columns: Columns) -> tuple[list[float], list[float]]:
    table = columns(bank_question(LAYERS), "One layer, one sequence: stored for the backward, forward time")
    return table["stored (MB)"], table["forward (ms)"]


def test_layer_table(layer: tuple[list[float], list[float]]) -> None:
    stored, time = layer
    tokens, hidden, width, heads, key_values = 16_384, 5120, 13_824, 40, 8
    head = hidden // heads
    values = [hidden, 2 * hidden, hidden + 2 * key_values * head, hidden, hidden, 2 * width, 2 * width, 0]
    exact = [2 * tokens * count / 1e6 for count in values]
    exact[ATTENTION] += 4 * tokens * heads / 1e6
    assert stored == [round(size) for size in exact]
    assert round(sum(stored) * LAYER_COUNT / 1000) == 139
    assert sum(time) == pytest.approx(26.0)
    assert 1300 - LAYER_COUNT * sum(time) == pytest.approx(52)
    assert STEP == 1300 + 2600
    assert SHORT == 157 - 75
    assert 16 * 4 == 64
    # Matrix products at a rate that a current accelerator reaches: none above 600 teraflop/s.
    work = {
        QKV: 2 * tokens * hidden * (hidden + 2 * key_values * head),
        ATTENTION: 2 * tokens**2 * hidden,
        RESIDUAL: 2 * tokens * hidden**2,
        GATE_UP: 4 * tokens * hidden * width,
        DOWN: 2 * tokens * hidden * width,
    }
    for row, operations in work.items():
        assert 350 < operations / time[row] / 1e9 < 600


def test_layer_plan(bank_question: Ask, layer: tuple[list[float], list[float]]) -> None:
    question, (stored, time) = bank_question(LAYERS), layer
    ratio = {row: stored[row] / time[row] for row in range(1, 7)}
    assert min(ratio[NORMS], ratio[SWIGLU]) > 1100
    assert [round(ratio[row]) for row in (GATE_UP, QKV, RESIDUAL, ATTENTION)] == [105, 84, 80, 24]
    cheap = stored[NORMS] + stored[SWIGLU]
    assert cheap == 1242
    freed, cost = cheap * LAYER_COUNT / 1000, (time[NORMS] + time[SWIGLU]) * LAYER_COUNT
    assert (round(freed, 1), round(cost)) == (59.6, 53)
    assert round(SHORT - freed, 1) == 22.4
    layers = math.ceil((SHORT - freed) / (stored[GATE_UP] / 1000))
    total = cost + layers * time[GATE_UP]
    assert (layers, round(layers * time[GATE_UP]), round(total)) == (25, 215, 268)
    assert round(freed + layers * stored[GATE_UP] / 1000, 1) == 82.3
    with_slack = cost + 28 * time[GATE_UP]
    with_more = cost + 30 * time[GATE_UP]
    shares = [round(100 * spent / STEP, 1) for spent in (total, with_slack, with_more)]
    assert shares == [6.9, 7.5, 8.0]
    assert round(100 * time[ATTENTION] * LAYER_COUNT / STEP, 1) == 8.6
    assert (round(freed + 28 * stored[GATE_UP] / 1000, 1), round(with_slack)) == (85.0, 294)
    # Beside everything that is stored, backward holds the rebuilt tensors of one layer: with gate and up in the first
    # layers, the peak (the last layer's backward) has only its norms and SwiGLU; anywhere else gate and up as well.
    last, anywhere = cheap / 1000, (cheap + stored[GATE_UP]) / 1000
    assert round(anywhere, 1) == 2.1
    needed = [math.ceil((SHORT + alive - freed) / (stored[GATE_UP] / 1000)) for alive in (last, anywhere)]
    assert needed == [27, 28]
    says(question.model_answer, "up to 2.1 GB", "85.0 GB for 294 ms, 7.5%", "the 31 that suffice cost 21%")
    says(question.debrief, "it takes 27 (gate", "or 28 (anywhere)", "30, 8.0%")
    says(question.model_answer, "1,242 x 48 = 59.6 GB for 53 ms", "22.4 GB", "0.906 GB a layer", "25 layers, 215 ms")
    says(
        question.model_answer, "82.3 GB for 268 ms, 6.9%", "I launch with 28 layers", "105, Q, K, V 84, the residual 80"
    )


def test_no_other_plan_is_cheaper(layer: tuple[list[float], list[float]]) -> None:
    """Over every number of layers for every part, the least time that frees 82 GB is the model answer's."""
    stored, time = layer
    best = {0: 0.0}  # MB freed -> least time
    for row in range(1, 7):
        step: dict[int, float] = {}
        for freed, spent in best.items():
            for layers in range(LAYER_COUNT + 1):
                size = min(freed + round(layers * stored[row]), round(SHORT * 1000))
                cost = spent + layers * time[row]
                if cost <= BUDGET * STEP and cost < step.get(size, math.inf):
                    step[size] = cost
        frontier: dict[int, float] = {}
        least = math.inf
        for size in sorted(step, reverse=True):
            if step[size] < least:
                frontier[size] = least = step[size]
        best = frontier
    cheapest = best[round(SHORT * 1000)]
    planned = 48 * (time[NORMS] + time[SWIGLU]) + 25 * time[GATE_UP]
    assert planned - cheapest < 0.01 * planned


def test_the_other_plans(bank_question: Ask, layer: tuple[list[float], list[float]]) -> None:
    question, (stored, time) = bank_question(LAYERS), layer
    whole = LAYER_COUNT * sum(time)
    assert (round(whole), round(100 * whole / STEP)) == (1248, 32)
    assert whole > 2 * BUDGET * STEP
    assert round(100 * LAYER_COUNT * (sum(time) - time[DOWN]) / STEP) == 27
    enough = math.ceil(SHORT * 1000 / (sum(stored) - stored[0]))
    assert (enough, round(enough * sum(time)), round(100 * enough * sum(time) / STEP)) == (31, 806, 21)
    assert round(LAYER_COUNT * (sum(stored) - stored[0]) / 1000) == 131
    assert round(100 * enough * (sum(time) - time[DOWN]) / STEP) == 17
    affordable = int(BUDGET * STEP / sum(time))
    assert (affordable, round(affordable * (sum(stored) - stored[0]) / 1000)) == (22, 60)
    attention = [LAYER_COUNT * (stored[QKV] + stored[ATTENTION]) / 1000, LAYER_COUNT * (time[QKV] + time[ATTENTION])]
    cheap = [LAYER_COUNT * (stored[NORMS] + stored[SWIGLU]) / 1000, LAYER_COUNT * (time[NORMS] + time[SWIGLU])]
    assert stored[QKV] + stored[ATTENTION] == 405
    assert time[QKV] + time[ATTENTION] == pytest.approx(9.8)
    assert round(attention[0] + cheap[0], 1) == 79.1
    assert round(SHORT - attention[0] - cheap[0]) == 3
    assert round(100 * (attention[1] + cheap[1]) / STEP, 1) == 13.4
    everywhere = cheap[1] + LAYER_COUNT * time[GATE_UP]
    assert round(100 * everywhere / STEP, 1) == 11.9
    kept = LAYER_COUNT * (stored[0] + stored[QKV] + stored[ATTENTION] + stored[RESIDUAL]) / 1000
    assert (round(kept, 1), 75 - (157 - 139)) == (35.6, 57)
    assert 2 * kept > 57
    says(question.debrief, "still 27%", "9.8 ms a layer", "79.1 GB: 13.4%", "3 GB short", "11.9%")
    says(question.debrief, "2 x 35.6 GB of activations against 57 GB")
    says(question.model_answer, "48 x 26 = 1,248 ms or 32%", "7 ms return only 170 MB", "1.5 times the tokens")
