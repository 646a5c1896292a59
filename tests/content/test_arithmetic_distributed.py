"""Every computable number of the section `distributed`, computed again from the exhibits."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from prepdrill.model import Item, NumberTarget, Question

BankQuestion = Callable[[str], Question]
Columns = Callable[[Question, str], dict[str, list[Any]]]
Target = Callable[[str, str], NumberTarget]

RESTART = "distributed/loss-drops-after-the-restart"
SCALE_OUT = "distributed/eight-times-the-gpus"
BUBBLE = "distributed/where-the-gpu-hours-go"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _says(text: str, *phrases: str) -> None:
    flat = " ".join(text.split())
    for phrase in phrases:
        assert phrase in flat, phrase


# --- loss-drops-after-the-restart

SEQUENCES, LENGTH, TOTAL, CHECKPOINT, NOW = 512, 4096, 12_000, 5_500, 6_900


@pytest.fixture
def restart(bank_question: BankQuestion) -> Question:
    return bank_question(RESTART)


@pytest.fixture
def restart_log(restart: Question, columns: Columns) -> dict[str, list[Any]]:
    return columns(restart, "Trainer log of both runs")


def test_restart_corpus_is_one_pass(restart: Question) -> None:
    _says(restart.scenario, "25B tokens", "4,096 tokens", "512 sequences", "12,000 steps", "128 H100s")
    assert round(TOTAL * SEQUENCES * LENGTH / 1e9) == 25


def test_restart_learning_rate_follows_one_cosine(restart_log: dict[str, list[Any]]) -> None:
    for step, rate in zip(restart_log["step"], restart_log["lr"], strict=True):
        expected = 4e-6 + 0.5 * 3.6e-5 * (1 + math.cos(math.pi * (step - 200) / (TOTAL - 200)))
        assert rate == pytest.approx(expected, abs=0.0051e-5)


def test_restart_training_loss_drops_and_validation_does_not(
    restart: Question, restart_log: dict[str, list[Any]]
) -> None:
    rows = list(zip(restart_log["run"], restart_log["train_loss"], restart_log["val_loss"], strict=True))
    before = [train - val for run, train, val in rows if run == 1]
    after = [train - val for run, train, val in rows if run == 2]
    assert all(abs(gap) <= 0.002 for gap in before)
    assert all(gap == pytest.approx(-0.08, abs=0.005) for gap in after)
    at = [position for position, step in enumerate(restart_log["step"]) if step == 5_600]
    assert [restart_log["run"][position] for position in at] == [1, 2]
    first, second = at
    assert restart_log["train_loss"][first] - restart_log["train_loss"][second] == pytest.approx(0.08, abs=0.005)
    assert (restart_log["train_loss"][first], restart_log["train_loss"][second]) == (1.779, 1.700)
    assert (restart_log["val_loss"][first], restart_log["val_loss"][second]) == (1.780, 1.781)
    assert restart_log["lr"][first] == restart_log["lr"][second] == 2.44e-05
    validation = [val for _, _, val in rows]
    pace_before = (validation[0] - validation[first]) / (5_600 - 4_800)
    pace_after = (validation[second] - validation[-1]) / (NOW - 5_600)
    assert 0.5 < pace_after / pace_before < 1.0, "the old slope, flattening as before"
    _says(restart.model_answer, "within 0.002", "0.08 below", "2.44e-05", "1.779 again")


def test_restart_new_nodes_are_two_per_cent_faster(restart_log: dict[str, list[Any]]) -> None:
    speed = {
        run: _mean([k for r, k in zip(restart_log["run"], restart_log["ktok_s"], strict=True) if r == run])
        for run in (1, 2)
    }
    assert speed[2] / speed[1] - 1 == pytest.approx(0.02, abs=0.004)
    utilization = 6 * 32e9 * speed[2] * 1e3 / (128 * 989e12)
    assert 0.3 < utilization < 0.5


def test_restart_price_of_the_rewind(
    restart: Question, restart_log: dict[str, list[Any]], number_target: Target
) -> None:
    speed = 1e3 * _mean([k for run, k in zip(restart_log["run"], restart_log["ktok_s"], strict=True) if run == 2])
    assert round(speed, -2) == 267_600
    steps = NOW - CHECKPOINT
    hours = steps * SEQUENCES * LENGTH / speed / 3600
    target = number_target(RESTART, "rewind-price")
    assert steps == 1_400
    assert hours == pytest.approx(3.05, abs=0.005)
    assert target.value == pytest.approx(hours * 128, abs=1)
    assert target.holds(3 * 128)
    assert not target.holds(3.5 * 128)
    assert round(TOTAL * SEQUENCES * LENGTH / speed / 3600) == 26
    _says(restart.model_answer, "1,400 steps, about 3 hours or 390 GPU-hours")


def test_restart_what_is_replayed_and_never_seen(restart: Question) -> None:
    replay_ends = CHECKPOINT + CHECKPOINT
    seen = CHECKPOINT + (TOTAL - replay_ends)
    assert replay_ends == 11_000
    assert TOTAL - seen == 5_500
    assert round(100 * (TOTAL - seen) / TOTAL) == 46
    assert f"{CHECKPOINT * SEQUENCES:,}" == "2,816,000"
    assert 10_900 - CHECKPOINT == 5_400
    _says(restart.model_answer, "2,816,000 sequences in", "until step 11,000", "46% of the corpus")
    _says(restart.debrief, "step 11,001", "5,400 steps")


def test_restart_second_run_is_fed_the_first_batches(restart: Question, columns: Columns) -> None:
    table = columns(restart, "First batches of either run")
    fed = {(int(run), int(step)): rest for run, step, *rest in zip(*table.values(), strict=True)}
    for step in (1, 2, 3):
        assert fed[2, CHECKPOINT + step] == fed[1, step]
        assert fed[1, CHECKPOINT + step] != fed[1, step]
    assert len({str(rest) for rest in fed.values()}) == 6
    assert all(0 <= number < TOTAL * SEQUENCES for rest in fed.values() for number in rest[:2])


def test_restart_checkpoint_sizes(restart: Question, columns: Columns) -> None:
    sizes = columns(restart, "Contents of the step-5,500 checkpoint")["size in GB"]
    assert sizes[:2] == [2 * 32, 12 * 32]


# --- eight-times-the-gpus


@pytest.fixture
def scale_out(bank_question: BankQuestion) -> Question:
    return bank_question(SCALE_OUT)


@pytest.fixture
def pilots(scale_out: Question, columns: Columns) -> dict[int, dict[str, float]]:
    table = columns(scale_out, "The two pilots")
    return {gpus: dict(zip(table["setting"], table[f"{gpus} GPUs"], strict=True)) for gpus in (64, 512)}


def _tokens_at(curve: Sequence[tuple[float, float]], loss: float) -> float:
    """Tokens at which a falling curve reaches `loss`, by straight lines between its points."""
    for (x, y), (next_x, next_y) in itertools.pairwise(curve):
        if y >= loss > next_y:
            return x + (next_x - x) * (y - loss) / (y - next_y)
    raise AssertionError(loss)


def test_scale_out_table_is_consistent(scale_out: Question, pilots: dict[int, dict[str, float]]) -> None:
    for gpus, pilot in pilots.items():
        assert pilot["micro-batch per GPU (tokens)"] == 2 * 2048
        assert pilot["global batch (tokens)"] == gpus * pilot["micro-batch per GPU (tokens)"]
        tokens = pilot["steps"] * pilot["global batch (tokens)"]
        assert round(tokens / 1e9, 1) == 100.7
        assert pilot["warm-up steps"] * pilot["global batch (tokens)"] == pytest.approx(2.097e9, rel=1e-3)
        assert pilot["hours"] == pytest.approx(tokens / pilot["tokens per second"] / 3600, abs=0.05)
        assert 0.2 < 6 * 7e9 * pilot["tokens per second"] / (gpus * 989e12) < 0.5
    small, large = pilots[64], pilots[512]
    assert large["peak LR"] == pytest.approx(small["peak LR"] * math.sqrt(8), rel=2e-3)
    assert large["tokens per second"] / small["tokens per second"] == pytest.approx(7.1)
    assert round(7.1 / 8, 2) == 0.89
    assert large["final validation loss"] - small["final validation loss"] == pytest.approx(0.06, abs=0.005)
    _says(scale_out.scenario, "100.7B tokens", "0.06 worse", "350B tokens")
    _says(scale_out.model_answer, "48,000 updates against 384,000")


def test_scale_out_charts_agree(scale_out: Question, pilots: dict[int, dict[str, float]], columns: Columns) -> None:
    by_tokens = columns(scale_out, "Validation loss against tokens")
    by_steps = columns(scale_out, "Validation loss against steps")
    for gpus, pilot in pilots.items():
        curve = by_tokens[f"{gpus} GPUs"]
        assert curve[-1][1] == pilot["final validation loss"]
        for number, (tokens, _) in enumerate(curve, start=1):
            expected = pilot["steps"] * number / 12 * pilot["global batch (tokens)"] / 1e9
            assert tokens == pytest.approx(expected, abs=0.0051)
    large = by_steps["512 GPUs"]
    assert [loss for _, loss in large] == [loss for _, loss in by_tokens["512 GPUs"]]
    assert [step for step, _ in large] == [step for step, _ in by_steps["64 GPUs"]] == [4000 * n for n in range(1, 13)]
    same_point = dict(by_steps["64 GPUs"])[32_000]
    assert 32_000 * pilots[64]["global batch (tokens)"] / 1e9 == pytest.approx(8.39, abs=0.005)
    assert same_point == by_tokens["64 GPUs"][0][1]
    for curve in (*by_tokens.values(), *by_steps.values()):
        losses = [loss for _, loss in curve]
        assert losses == sorted(losses, reverse=True)


def test_scale_out_gap_narrows_and_steps_favour_the_large_batch(scale_out: Question, columns: Columns) -> None:
    by_tokens = columns(scale_out, "Validation loss against tokens")
    gaps = [
        round(large - small, 3)
        for (_, small), (_, large) in zip(by_tokens["64 GPUs"], by_tokens["512 GPUs"], strict=True)
    ]
    assert gaps == sorted(gaps, reverse=True)
    assert (round(gaps[0], 2), round(gaps[-1], 2)) == (0.26, 0.06)
    by_steps = columns(scale_out, "Validation loss against steps")
    below = [small - large for (_, small), (_, large) in zip(by_steps["64 GPUs"], by_steps["512 GPUs"], strict=True)]
    assert min(below) > 0.2
    assert round(below[-1], 2) == 0.24
    _says(scale_out.model_answer, "from 0.26 to 0.06")
    _says(scale_out.debrief, "lower by 0.24")


def test_scale_out_real_speed_up(scale_out: Question, columns: Columns, bank_item: Callable[[str], Item]) -> None:
    by_tokens = columns(scale_out, "Validation loss against tokens")
    end_tokens, end_loss = by_tokens["512 GPUs"][-1]
    equal = _tokens_at(by_tokens["64 GPUs"], end_loss)
    factor = end_tokens / equal
    speed_up = 7.1 / factor
    assert end_loss == 2.283
    assert round(equal) == 58
    assert factor == pytest.approx(1.73, abs=0.005)
    assert speed_up == pytest.approx(4.1, abs=0.05)
    asks = bank_item(SCALE_OUT).rubric.criterion("real-speed-up").asks
    _says(asks, f"{speed_up:.1f} times", f"{factor:.2f} times more tokens")
    by_steps = columns(scale_out, "Validation loss against steps")["64 GPUs"]
    first_tokens, first_loss = by_tokens["512 GPUs"][0]
    early = 7.1 / (first_tokens / (_tokens_at(by_steps, first_loss) * 262_144 / 1e9))
    _says(scale_out.debrief, f"{early:.1f} at a loss of {first_loss}", f"{speed_up:.1f} at {end_loss}")
    assert round(8 / speed_up, 1) == 1.9
    assert round(55.9 * 58 / 101) == 32
    _says(scale_out.model_answer, "2.283 at about 58B", "1.73 times", "4.1 times, not 7.1", "1.9 times the GPU-hours")


def test_scale_out_deadline(scale_out: Question, pilots: dict[int, dict[str, float]], columns: Columns) -> None:
    read = {gpus: pilot["tokens per second"] * 86_400 / 1e9 for gpus, pilot in pilots.items()}
    assert (round(read[64]), round(read[512])) == (43, 307)
    assert read[512] < 350
    _says(scale_out.model_answer, "read 43B tokens", "512 read 307B")
    by_tokens = columns(scale_out, "Validation loss against tokens")
    (x, y), (next_x, next_y) = by_tokens["64 GPUs"][4:6]
    assert x < read[64] < next_x
    at_deadline = y + (next_y - y) * (read[64] - x) / (next_x - x)
    passed = _tokens_at(by_tokens["512 GPUs"], at_deadline) * 1e9 / pilots[512]["tokens per second"] / 3600
    assert round(passed) == 6, "after about six hours 512 GPUs are where 64 would be after the day"


def test_scale_out_half_the_batch_pays_down_to_three_quarters_of_the_speed(
    scale_out: Question, columns: Columns
) -> None:
    """By tokens = floor x (1 + batch / critical batch), with the critical batch that the two curves imply."""
    by_tokens = columns(scale_out, "Validation loss against tokens")
    small, large = 0.262144, 2.097152
    for tokens, loss in by_tokens["512 GPUs"][4:]:
        factor = tokens / _tokens_at(by_tokens["64 GPUs"], loss)
        critical = (large - factor * small) / (factor - 1)
        assert (1 + 1.048576 / critical) / (1 + large / critical) == pytest.approx(0.75, abs=0.025)
    _says(scale_out.model_answer, "fall by more than a quarter")


def test_scale_out_ramp_and_parity(scale_out: Question, columns: Columns) -> None:
    assert f"{512 * 1 * 2048 / 1e6:.2f}" == "1.05"
    assert 64 * 8 * 4096 == 512 * 4096 == 2_097_152
    log = columns(scale_out, "Same global batch on both layouts")
    assert log["step"][-1] == 300
    minutes = 300 * 2_097_152 / 500_000 / 60
    assert minutes == pytest.approx(20, abs=1.5)
    pairs = zip(log["loss_64x8"], log["loss_512x1"], strict=True)
    assert all(abs(first - second) <= 0.004 for first, second in pairs)
    norms = zip(log["grad_64x8"], log["grad_512x1"], strict=True)
    assert all(abs(first - second) <= 0.0101 for first, second in norms)
    _says(scale_out.model_answer, "300 steps or about 20 minutes", "1.05M tokens")


# --- where-the-gpu-hours-go

PEAK = 989e12


@pytest.fixture
def bubble(bank_question: BankQuestion) -> Question:
    return bank_question(BUBBLE)


@pytest.fixture
def config(bubble: Question, columns: Columns) -> dict[str, float]:
    table = columns(bubble, "Configuration")
    return dict(zip(table["setting"], table["value"], strict=True))


def _flops_per_step(config: dict[str, float]) -> float:
    tokens = config["global batch (sequences)"] * config["sequence length (tokens)"]
    return 6 * config["parameters (B)"] * 1e9 * tokens


def _mfu(config: dict[str, float], seconds: float) -> float:
    return 100 * _flops_per_step(config) / seconds / config["GPUs"] / PEAK


def test_bubble_configuration_multiplies_out(config: dict[str, float]) -> None:
    parallel = config["tensor parallel"] * config["pipeline stages p"] * config["data parallel"]
    assert parallel == config["GPUs"] == 256
    batch = config["data parallel"] * config["micro-batches per step m"] * config["micro-batch (sequences)"]
    assert batch == config["global batch (sequences)"] == 256


def test_bubble_log_is_consistent(bubble: Question, config: dict[str, float], columns: Columns) -> None:
    log = columns(bubble, "Timing of single steps")
    tokens = config["global batch (sequences)"] * config["sequence length (tokens)"]
    for step, pipe, optimizer, load, speed, mfu in zip(
        log["step_s"], log["pipe_s"], log["opt_s"], log["load_s"], log["ktok_s"], log["mfu_pct"], strict=True
    ):
        assert step == pytest.approx(pipe + optimizer + load, abs=1e-9)
        assert speed == pytest.approx(tokens / step / 1e3, abs=0.0501)
        assert mfu == pytest.approx(_mfu(config, step), abs=0.0501)
    assert round(_mfu(config, _mean(log["step_s"]))) == 21
    other = [optimizer + load for optimizer, load in zip(log["opt_s"], log["load_s"], strict=True)]
    assert round(_mean(log["step_s"]), 2) == 3.79
    assert round(_mean(other), 2) == 0.06
    _says(bubble.model_answer, "0.06 of 3.79 s")


def test_bubble_arithmetic(bubble: Question, config: dict[str, float], number_target: Target) -> None:
    p, m = config["pipeline stages p"], config["micro-batches per step m"]
    now, then = (p - 1) / m, (p - 1) / 32
    assert (now, round(then, 2)) == (0.875, 0.22)
    shares = 100 * now / (1 + now), 100 * then / (1 + then)
    assert shares == pytest.approx((46.7, 17.9), abs=0.05)
    assert number_target(BUBBLE, "idle-now").value == pytest.approx(shares[0], abs=0.05)
    assert number_target(BUBBLE, "idle-at-32").value == pytest.approx(shares[1], abs=0.06)
    assert not number_target(BUBBLE, "idle-at-32").holds(21.9), "the ratio to ideal time is not the share"
    estimate = 21 * (1 + now) / (1 + then)
    assert f"{estimate:.1f}" == "32.3"
    busy = 21 * (1 + now)
    assert round(busy) == 39
    assert round(busy, 1) == 39.4
    assert round(21 / 0.85, 1) == 24.7
    assert round((1 + now) / (1 + then), 2) == 1.54
    assert round(1 + then, 3) == 1.219
    _says(bubble.model_answer, "0.875/1.875, about 47%", "about 39%", "24.7%")
    _says(bubble.model_answer, "18% of the total", "about 32%", "1.54 times")
    assert round((p - 1) / (4 * m), 2) == 0.22
    _says(bubble.debrief, "7/(4 x 8) = 0.22")


def test_bubble_estimate_that_leaves_the_rest_of_the_step_alone(
    bubble: Question, config: dict[str, float], columns: Columns, number_target: Target
) -> None:
    log = columns(bubble, "Timing of single steps")
    pipe = _mean(log["pipe_s"])
    rest = _mean(log["step_s"]) - pipe
    seconds = pipe / 1.875 * (1 + 7 / 32) + rest
    assert round(_mfu(config, seconds)) == 32
    idle_of_step = 100 * pipe * (0.875 / 1.875) / (pipe + rest)
    assert number_target(BUBBLE, "idle-now").holds(idle_of_step)


def test_bubble_batch_at_the_same_micro_batch(bubble: Question, config: dict[str, float]) -> None:
    sequences = config["data parallel"] * 32 * config["micro-batch (sequences)"]
    assert sequences == 1024 == 4 * config["global batch (sequences)"]
    assert config["data parallel"] * 32 * 1 == config["data parallel"] * 16 * 2 == 256
    _says(bubble.model_answer, "8 x 8 x 4 = 256", "1,024 sequences", "m = 32 with micro-batch 1")


def test_bubble_trace_shows_the_share_on_every_stage(bubble: Question, columns: Columns) -> None:
    pipe = _mean(columns(bubble, "Timing of single steps")["pipe_s"])
    trace = columns(bubble, "Time of each pipeline stage")
    assert len(trace["stage"]) == 8
    for busy, waiting, share in zip(trace["busy s"], trace["waiting s"], trace["waiting %"], strict=True):
        assert busy + waiting == pytest.approx(pipe, abs=0.0101)
        assert share == pytest.approx(100 * waiting / (busy + waiting), abs=0.25)
        assert share == pytest.approx(46.7, abs=0.4)
    slots = [busy / 8 for busy in trace["busy s"]]
    assert sum(slots) + 7 * max(slots) == pytest.approx(pipe, rel=0.005)


def test_bubble_short_runs(bubble: Question, config: dict[str, float], columns: Columns) -> None:
    runs = columns(bubble, "Fifty steps at other settings")
    busy = []
    for m, micro, batch, seconds, waiting, mfu, _ in zip(*runs.values(), strict=True):
        assert batch == config["data parallel"] * m * micro == 256
        assert waiting == pytest.approx(100 * (7 / m) / (1 + 7 / m), abs=0.06)
        assert mfu == pytest.approx(_mfu(config, seconds), abs=0.1)
        busy.append((seconds - 0.061) / (1 + 7 / m))
    slower = [time / busy[0] for time in busy]
    assert slower == pytest.approx([1, 1.02, 1.08], abs=0.005)
    assert max(runs["loss"]) - min(runs["loss"]) <= 0.0011
