"""Every number of the section `training-dynamics` that can be computed is computed again here."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable
from typing import Any

import pytest

from prepdrill.model import NumberTarget, Question

BankQuestion = Callable[[str], Question]
Columns = Callable[[Question, str], dict[str, list[Any]]]
Target = Callable[[str, str], NumberTarget]


def cosine(step: float, peak: float, floor: float, warm_up: int, last: int) -> float:
    """Learning rate of a cosine schedule after its warm-up."""
    return floor + (peak - floor) / 2 * (1 + math.cos(math.pi * (step - warm_up) / (last - warm_up)))


def says(question: Question, *texts: str) -> None:
    """Every text stands in what the question tells its reader; line breaks do not count."""
    prose = " ".join(f"{question.scenario} {question.model_answer} {question.debrief}".split())
    for text in texts:
        assert text in prose, text


# --- spikes-under-a-clipped-norm

SPIKES = "training-dynamics/spikes-under-a-clipped-norm"
TRAINER_LOG = "Trainer log around the jump"
RAW_NORM = "Raw norm, and share of its square and g2/v by layer group"
CLIP = 0.30


def test_spike_log_follows_its_schedule_and_its_data_order(bank_question: BankQuestion, columns: Columns) -> None:
    log = columns(bank_question(SPIKES), TRAINER_LOG)
    for step, rate, batch, shard in zip(log["step"], log["lr"], log["batch"], log["shard"], strict=True):
        assert rate == pytest.approx(cosine(step, 3e-4, 3e-5, 2_000, 120_000), abs=0.51e-8)
        assert batch == step - 1
        assert shard == batch // 96
    assert set(log["grad_norm"]) == {CLIP}
    assert max(log["lr"]) / min(log["lr"]) - 1 == pytest.approx(0.001, abs=0.0002)


def test_spike_happens_where_the_text_says(bank_question: BankQuestion, columns: Columns) -> None:
    question = bank_question(SPIKES)
    log = columns(question, TRAINER_LOG)
    loss = dict(zip(log["step"], log["loss"], strict=True))
    before = [value for step, value in loss.items() if step <= 38_404]
    assert sum(before) / len(before) == pytest.approx(2.18, abs=0.006)
    assert loss[38_406] - loss[38_405] > 1 > loss[38_405] - max(before)
    assert max(loss, key=loss.__getitem__) == 38_407
    after = [value for step, value in loss.items() if step >= 38_407]
    assert after == sorted(after, reverse=True)
    first_of_shard = next(step for step, shard in zip(log["step"], log["shard"], strict=True) if shard == 400)
    assert 38_406 - first_of_shard == 5
    assert first_of_shard - 1 == 400 * 96
    replayed = len(range(38_400, 38_409 + 1))
    assert replayed * 1.8 == pytest.approx(18)
    assert 38_000 % 500 == 35_000 % 500 == 0
    says(question, "Around step 38,406 the loss jumps", "eighteen seconds each", "five steps before the jump")
    says(question, "400 shards have started before it", "moved by 0.1 %", "skip the ten batches")


def test_spike_first_odd_row_other_shard_and_costs(bank_question: BankQuestion, columns: Columns) -> None:
    question = bank_question(SPIKES)
    log = columns(question, TRAINER_LOG)
    loss = dict(zip(log["step"], log["loss"], strict=True))
    calm = [value for step, value in loss.items() if step <= 38_404]
    mean = sum(calm) / len(calm)
    spread = math.sqrt(sum((value - mean) ** 2 for value in calm) / (len(calm) - 1))
    assert loss[38_405] - mean > 5 * spread > max(abs(value - mean) for value in calm)
    assert (31_870 - 1) // 96 == 331
    minutes = (38_406 - 38_000) * 1.8 / 60
    assert minutes == pytest.approx(12, abs=0.5)
    per_step = 256 * 1.8 / 3_600
    assert (max(log["step"]) - 38_000) * per_step == pytest.approx(61, abs=0.5)
    assert 120_000 * per_step == pytest.approx(15_360)
    # The excess decays with a time constant of about 19 steps, so the deadline of the model answer is a generous one.
    excess = {step: loss[step] - mean for step in (38_420, 38_440)}
    time_constant = 20 / math.log(excess[38_420] / excess[38_440])
    assert time_constant == pytest.approx(20, abs=3)
    assert excess[38_440] * math.exp(-(38_700 - 38_440) / time_constant) < 0.02
    says(question, "The first odd loss is 38,405", "shard 331", "about 12 minutes", "61 GPU hours of 15,360")
    says(question, "within 0.02 of 2.18 by step 38,700")


def test_spike_groups_add_up_and_their_second_moments_follow_adam(
    bank_question: BankQuestion, columns: Columns
) -> None:
    question = bank_question(SPIKES)
    shown, raw = columns(question, TRAINER_LOG), columns(question, RAW_NORM)
    assert set(raw["step"]) <= set(shown["step"])
    assert raw["step"] == [raw["step"][0] + position for position in range(len(raw["step"]))]
    for row in zip(raw["sh_emb"], raw["sh_blk"], raw["sh_head"], strict=True):
        assert sum(row) == pytest.approx(1, abs=1e-9)
    # What the clip lets through is min(clip, raw), and the log shows the clip on every row.
    assert all(min(CLIP, norm) == CLIP for norm in raw["raw_norm"])
    for group in ("emb", "blk", "head"):
        share, ratio = raw[f"sh_{group}"], raw[f"g2v_{group}"]
        for now in range(len(share) - 1):
            second_moment = share[now] / ratio[now]
            following = 0.99 * second_moment + 0.01 * share[now]
            rounding = 0.0051 / ratio[now] * share[now + 1] / following + 0.0051
            assert ratio[now + 1] == pytest.approx(share[now + 1] / following, abs=rounding)
    at = raw["step"].index(38_404)
    assert raw["g2v_emb"][at] == pytest.approx(9.6, abs=0.05)
    assert raw["raw_norm"][at] == 0.44
    assert max(raw["g2v_emb"][:at]) < 1.1
    says(question, "g2/v at 9.6 on step 38,404", "still 0.44")


# --- ema-worse-than-the-raw-weights

EMA = "training-dynamics/ema-worse-than-the-raw-weights"
EMA_LOG = "Raw and averaged weights"
REBUILT = "Averages rebuilt from the saved checkpoints, step 3,000"
DECAY, RUN = 0.9999, 3_000
WEIGHTS, RATE = 8e9, 1e-5
Weights = list[float]


class NoisyDescent:
    """Fine-tuning as noisy gradient descent on 40 quadratic modes, with the average that the scenario describes.

    Distances are those of eight billion weights: the descent itself (the modes without noise) at right angles to a walk
    in which AdamW moves every weight by noise of one learning rate a step.
    """

    modes = 40
    curvature: tuple[float, ...] = tuple(3e-4 * 100 ** (mode / 39) for mode in range(40))

    def __init__(self) -> None:
        self.base: Weights = [math.sqrt(2 * 0.44 / self.modes / curve) for curve in self.curvature]
        self.logged: dict[int, tuple[Weights, Weights]] = {0: (self.base, self.base)}
        self.saved: list[Weights] = []
        chance, noise = random.Random(3000), math.sqrt(4 * 0.024 / self.modes)
        raw = average = calm = calm_average = self.base
        self.distances: dict[int, tuple[float, float]] = {0: (0.0, 0.0)}
        walk: list[float] = []
        for step in range(1, RUN + 1):
            rate = min(1, step / 100)
            calm = [weight - rate * curve * weight for weight, curve in zip(calm, self.curvature, strict=True)]
            calm_average = self.blend(calm_average, calm, DECAY)
            walk.append(rate * RATE * math.sqrt(WEIGHTS))
            raw = [
                weight - rate * (curve * weight + noise * chance.gauss(0, 1))
                for weight, curve in zip(raw, self.curvature, strict=True)
            ]
            average = self.blend(average, raw, DECAY)
            if step % 50 == 0:
                self.saved.append(raw)
            if step % 250 == 0:
                self.logged[step] = raw, average
                kept = [move * (1 - DECAY ** (step - at)) for at, move in enumerate(walk)]
                self.distances[step] = (
                    math.hypot(math.dist(calm, self.base), *walk),
                    math.hypot(math.dist(calm_average, self.base), *kept),
                )

    @staticmethod
    def blend(average: Weights, raw: Weights, decay: float) -> Weights:
        return [decay * old + (1 - decay) * new for old, new in zip(average, raw, strict=True)]

    def loss(self, weights: Weights) -> float:
        return 1.17 + 0.5 * math.fsum(c * weight * weight for c, weight in zip(self.curvature, weights, strict=True))

    def rebuilt(self, decay: float, corrected: bool) -> Weights:
        average = self.base
        for raw in self.saved:
            average = self.blend(average, raw, decay**50)
        if corrected:
            left = decay**RUN
            average = [(now - left * start) / (1 - left) for now, start in zip(average, self.base, strict=True)]
        return average


@pytest.fixture(scope="module")
def descent() -> NoisyDescent:
    return NoisyDescent()


def test_ema_log_is_an_average_over_the_raw_run(
    bank_question: BankQuestion, columns: Columns, descent: NoisyDescent
) -> None:
    question = bank_question(EMA)
    log = columns(question, EMA_LOG)
    assert log["step"] == sorted(descent.logged)
    for row, step in enumerate(log["step"]):
        raw, average = descent.logged[int(step)]
        assert log["val_raw"][row] == pytest.approx(descent.loss(raw), abs=0.00051)
        assert log["val_ema"][row] == pytest.approx(descent.loss(average), abs=0.00051)
        far, near = descent.distances[int(step)]
        assert log["dist_raw"][row] == pytest.approx(far, abs=0.051)
        assert log["dist_ema"][row] == pytest.approx(near, abs=0.0051)
        # A mean of points is no further from the base than its weight off the base allows.
        assert log["dist_ema"][row] <= (1 - DECAY**step) * max(log["dist_raw"]) + 0.005
    assert all(average > raw for raw, average in zip(log["val_raw"][1:], log["val_ema"][1:], strict=True))
    assert (log["dist_ema"][-1], log["dist_raw"][-1]) == (8.38, 52.8)
    assert round(8.38 / 52.8, 2) == 0.16
    assert 64 * RUN == 192_000
    # Noise of one learning rate a step and weight, summed over the run, is most of how far the raw weights got.
    assert RATE * math.sqrt(WEIGHTS * RUN) == pytest.approx(49, abs=0.05)
    says(question, "moved 8.4 from the base and the raw ones 52.8", "only 16 % of the distance", "192,000 examples")
    says(question, "1e-5 x sqrt(8e9 x 3,000), about 49", "stays below 26 %")


def test_ema_rebuilt_averages(bank_question: BankQuestion, columns: Columns, descent: NoisyDescent) -> None:
    question = bank_question(EMA)
    table = columns(question, REBUILT)
    rows = list(zip(table["decay per step"], table["base taken out"], table["val_loss"], strict=True))
    for decay, corrected, loss in rows:
        assert loss == pytest.approx(descent.loss(descent.rebuilt(decay, corrected == "yes")), abs=0.00051)
    losses = {(decay, corrected): loss for decay, corrected, loss in rows}
    raw = columns(question, EMA_LOG)["val_raw"][-1]
    assert losses[0.9999, "yes"] == 1.212 > raw == 1.200
    assert losses[0.999, "no"] == 1.198
    assert round(losses[0.9999, "no"], 2) == round(columns(question, EMA_LOG)["val_ema"][-1], 2) == 1.45
    assert {losses[decay, "no"] for decay in (0.99, 0.9965, 0.998)} == {1.190, 1.191}
    assert raw - losses[0.9965, "no"] > 0.005 > raw - losses[0.999, "no"] > 0
    last = [descent.loss(weights) for weights in descent.saved[-16:]]
    mean = sum(last) / len(last)
    assert math.sqrt(sum((loss - mean) ** 2 for loss in last) / (len(last) - 1)) == pytest.approx(0.005, abs=0.001)
    assert [round(half_life(decay), -1) for decay in (0.99, 0.998)] == [70, 350]
    says(
        question,
        "lands at 1.212, behind the raw 1.200",
        "reach 1.190 or 1.191",
        "moves by about 0.005 from save to save",
        "wobble of 0.005",
        "about 1.45 again",
        "5 % base and more lag leave 1.198",
        "about 70 to 350 steps",
    )


def half_life(decay: float) -> float:
    return math.log(2) / -math.log(decay)


def test_ema_arithmetic(bank_question: BankQuestion, number_target: Target) -> None:
    question = bank_question(EMA)
    assert number_target(EMA, "half-life").holds(half_life(DECAY))
    assert half_life(DECAY) == pytest.approx(6_931, abs=0.5)
    assert half_life(DECAY) > 2 * RUN
    left = DECAY**RUN
    assert number_target(EMA, "start-weight").holds(100 * left)
    assert left == pytest.approx(math.exp(-0.3), abs=1e-4)
    assert round(left, 2) == 0.74
    ages = [DECAY**age for age in range(RUN)]
    assert sum(age * weight for age, weight in enumerate(ages)) / sum(ages) == pytest.approx(1_425, abs=1)
    assert ages[-1] / ages[0] == pytest.approx(0.74, abs=0.005)
    assert half_life(0.9965) == pytest.approx(200, abs=5)
    per_checkpoint = 0.9965**50
    assert per_checkpoint == pytest.approx(0.84, abs=0.005)
    assert 0.9965**RUN < 1e-4
    suits = number_target(EMA, "new-decay")
    assert all(suits.holds(decay) for decay in (0.99, 0.995, 0.9965, 0.998, 0.999))
    assert not any(suits.holds(decay) for decay in (0.9995, 0.9999, 0.98))
    assert [round(half_life(decay), -1) for decay in (0.99, 0.999)] == [70, 690]
    assert round(0.999**RUN, 2) == 0.05
    assert RUN // 50 == 60
    says(question, "about 6,931 steps", "about 74 %", "other 26 %", "about 1,425 steps old", "0.9965^50 = 0.84")


# --- two-schedules-at-sixty-thousand

SCHEDULES = "training-dynamics/two-schedules-at-sixty-thousand"
CURVES = "Validation loss of both arms"
ARMS = "The arms at step 60,000"
FORKS = "Cooldown forks of both arms from step 60,000"
NOW, LAST, FORK_STEPS, SECONDS, GPUS = 60_000, 100_000, 6_000, 1.8, 128


def test_schedules_table_agrees_with_curves_and_schedule(bank_question: BankQuestion, columns: Columns) -> None:
    question = bank_question(SCHEDULES)
    table, curves = columns(question, ARMS), columns(question, CURVES)
    a, b = dict(curves["A"]), dict(curves["B"])
    assert table["val_loss"] == [a[NOW], b[NOW]]
    assert a[NOW] - b[NOW] == pytest.approx(0.04)
    gaps = [a[step] - b[step] for step in sorted(a) if step >= 30_000]
    assert all(later - earlier > 0.0015 for earlier, later in itertools.pairwise(gaps))
    rates = [3e-4, cosine(NOW, 3e-4, 3e-5, 2_000, LAST)]
    for written, share, rate in zip(table["learning rate"], table["share of peak"], rates, strict=True):
        assert written == pytest.approx(rate, abs=0.51e-7)
        assert share == pytest.approx(rate / 3e-4, abs=0.0051)
    assert table["tokens"] == [f"{NOW * 512 * 4096 / 1e9:.0f}B"] * 2
    assert table["steps left"] == [LAST - NOW] * 2
    assert (a[NOW] - b[NOW]) / 0.002 == pytest.approx(20)
    says(question, "42 %", "twenty times the evaluation noise")


def test_schedules_curves_follow_their_model(bank_question: BankQuestion, columns: Columns) -> None:
    """A power law for A; B lower by what its falling rate anneals, less what it lost by taking smaller steps."""
    curves = columns(bank_question(SCHEDULES), CURVES)

    def shrunk(step: float) -> float:
        return 1 - cosine(step, 3e-4, 3e-5, 2_000, LAST) / 3e-4

    chance = random.Random(528_216)
    smaller = {step: sum(shrunk(at) for at in range(2_000, step, 500)) for step in range(5_000, NOW + 1, 5_000)}
    for (step, a), (same, b) in zip(curves["A"], curves["B"], strict=True):
        assert step == same
        trend = 2 + 2.424 * (step / 1_000) ** -0.5
        gap = 0.121 * shrunk(step) - 0.030 * smaller[int(step)] / smaller[NOW]
        assert a == pytest.approx(trend + chance.gauss(0, 0.002), abs=0.00051)
        assert b == pytest.approx(trend - gap + chance.gauss(0, 0.002), abs=0.00051)


def test_schedules_forks_decay_linearly_and_end_as_told(bank_question: BankQuestion, columns: Columns) -> None:
    question = bank_question(SCHEDULES)
    forks, table = columns(question, FORKS), columns(question, ARMS)
    assert [forks["val_A"][0], forks["val_B"][0]] == table["val_loss"]
    assert (forks["step"][0], forks["step"][-1]) == (NOW, NOW + FORK_STEPS)
    starts = (3e-4, cosine(NOW, 3e-4, 3e-5, 2_000, LAST))
    for arm, start in zip("AB", starts, strict=True):
        for step, rate in zip(forks["step"], forks[f"lr_{arm}"], strict=True):
            assert rate == pytest.approx(start * (1 - (step - NOW) / FORK_STEPS), abs=0.51e-7)
    assert (forks["val_A"][-1], forks["val_B"][-1]) == (2.186, 2.216)
    lead = forks["val_B"][-1] - forks["val_A"][-1]
    of_a_difference = math.sqrt(2) * 0.005
    assert lead == pytest.approx(0.030)
    assert of_a_difference == pytest.approx(0.007, abs=0.0005)
    assert lead / of_a_difference == pytest.approx(4, abs=0.5)
    assert 0.015 / of_a_difference == pytest.approx(2, abs=0.2)
    says(question, "0.030 below B, about four standard deviations", "about 0.007, so 0.015")


def test_schedules_costs(bank_question: BankQuestion) -> None:
    question = bank_question(SCHEDULES)
    hours = SECONDS * GPUS / 3_600
    fork, saved = FORK_STEPS * hours, (LAST - NOW) * hours
    assert fork == pytest.approx(384)
    assert 1_000 * hours == pytest.approx(64)
    assert 10_000 * SECONDS / 3_600 < 15
    assert 2 * fork == pytest.approx(768)
    assert saved == pytest.approx(2_560)
    assert 2 * fork / saved == pytest.approx(0.30)
    assert FORK_STEPS == 0.1 * NOW
    assert fork / GPUS == pytest.approx(3)
    says(
        question,
        "384 GPU hours; the pair costs 768 and takes three hours",
        "2,560 GPU hours",
        "30 % of what is at stake",
        "1,000 steps cost 64 GPU hours",
    )
