"""The numbers of `out-of-memory-at-8k`, recomputed from its exhibits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.content.saying import says

ID = "distributed/out-of-memory-at-8k"
PEAKS = "Peak memory per GPU, twenty steps each (GB of 10^9 bytes)"
KINDS = "What lives in memory at the peak, 64 GPUs, 4,096 tokens"
TRIAL = "Twenty steps at 8,192 tokens on 64 GPUs, accumulation 2"
PARAMETERS, LAYERS, HIDDEN, VOCABULARY = 13.0, 40, 5120, 32_000
LAYER, LOGITS, REST = 50 * HIDDEN / 1e6, 10 * VOCABULARY / 1e6, 1.5  # MB per token and layer; MB per token; GB


def _states(gpus: int) -> float:
    return PARAMETERS * (2 + 14 / gpus)


def _peak(gpus: int, tokens: int) -> float:
    return _states(gpus) + REST + (LAYERS * LAYER + LOGITS) * tokens / 1e3


def test_peaks_follow_states_and_tokens(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    table = columns(question, PEAKS)
    rows = list(zip(table["GPUs"], table["sequence"], table["accumulation"], table["peak GB"], strict=True))
    assert {gpus * tokens * count for gpus, tokens, count, _ in rows} == {1_048_576}
    for gpus, tokens, _, peak in rows:
        expected = _peak(int(gpus), int(tokens))
        assert expected > 80 if isinstance(peak, str) else peak == pytest.approx(expected, abs=0.051)
    assert [round(rows[at + 1][3] - rows[at][3], 1) for at in range(3)] == [10.8, 21.6, 2.8]
    assert round(_peak(64, 8192)) == 117
    says(
        question.model_answer,
        "26 + 0.4 + 2.4, that is 28.8 GB",
        "10.8 for the first thousand",
        "21.6 for the next two",
        "117 GB",
    )


def test_what_each_proposal_buys(bank_question: Any, number_target: Any) -> None:
    question = bank_question(ID)
    weights = 2 * PARAMETERS * 63 / 64
    assert (round(weights, 1), round(_peak(64, 8192) - weights)) == (25.6, 91)
    assert pytest.approx(86.5, abs=0.05) == (LAYERS * LAYER + LOGITS) * 8192 / 1e3
    assert [round(_states(gpus) - 26, 1) for gpus in (64, 128)] == [2.8, 1.4]
    assert number_target(ID, "states").value == pytest.approx(_states(64), abs=0.05)
    assert pytest.approx(5.4, abs=0.05) == 40 * 8192**2 * 2 / 1e9
    says(question.model_answer, "63/64 of 26, which is 25.6 GB", "bought 2.8 GB", "it would be 1.4", "86 GB")
    says(question.debrief, "86.5 GB", "116.8 less 25.6 is 91.2", "5.4 GB per layer")


def test_kinds_and_trial_agree(bank_question: Any, columns: Any) -> None:
    question = bank_question(ID)
    kinds = dict(zip(*columns(question, KINDS).values(), strict=True))
    assert sum(kinds.values()) == pytest.approx(_peak(64, 4096), abs=0.01)
    assert kinds["kept for the backward pass by 40 layers"] == pytest.approx(LAYERS * LAYER * 4.096, abs=0.01)
    trial = columns(question, TRIAL)
    inputs = 2 * HIDDEN * 8192 / 1e9
    for kept, slowdown, row in ((0, 4 / 3, 1), (20, 7 / 6, 2)):
        peak = _states(64) + REST + (kept + 1) * LAYER * 8.192 + (LAYERS - kept) * inputs + LOGITS * 8.192
        assert trial["peak GB"][row] == pytest.approx(peak, abs=0.051)
        flops = 6 * PARAMETERS * 1e9 + 6 * LAYERS * HIDDEN * 8192
        assert trial["tokens/s per GPU"][row] * flops * slowdown / 989e12 == pytest.approx(0.40, abs=0.002)
    assert round(LAYERS * inputs, 1) == 3.4
    says(question.model_answer, "3.4 GB", "about 38 GB", "about 42 GB")
