"""Recomputes the numbers of the data section from its exhibits and the constants of its scenarios."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from prepdrill.model import NumberTarget, Question

Columns = Callable[[Question, str], dict[str, list[Any]]]
Load = Callable[[str], Question]
Target = Callable[[str, str], NumberTarget]

FILTER = "data/strict-filter-wins-then-loses"
LANGUAGES = "data/five-languages-one-u-turn"
ANNOTATORS = "data/annotator-seventeen"


def says(text: str, *numbers: str) -> None:
    plain = " ".join(text.split())
    for number in numbers:
        assert number in plain, number


# --- strict-filter-wins-then-loses


@pytest.fixture
def filters(bank_question: Load, columns: Columns) -> tuple[Question, dict[float, float], dict[float, float]]:
    question = bank_question(FILTER)
    chart = columns(question, "Validation loss by token budget")
    return question, dict(chart["strict (top 10 %)"]), dict(chart["loose (top 60 %)"])


def crossing(budgets: list[float], gaps: list[float]) -> float:
    """Where the gap between loose and strict passes through zero, on straight lines between the points."""
    assert all(later < earlier for earlier, later in pairwise(gaps))
    at = next(at for at, gap in enumerate(gaps) if gap < 0)
    left, right = budgets[at - 1], budgets[at]
    return left + (right - left) * gaps[at - 1] / (gaps[at - 1] - gaps[at])


def test_filter_curves(filters: tuple[Question, dict[float, float], dict[float, float]]) -> None:
    question, strict, loose = filters
    assert strict.keys() == loose.keys()
    gaps = {budget: loose[budget] - strict[budget] for budget in strict}
    for curve in (strict, loose):
        losses = list(curve.values())
        assert losses == sorted(losses, reverse=True)
    assert gaps[20] == pytest.approx(0.030)
    assert gaps[300] == pytest.approx(-0.022)
    says(question.scenario, "by 0.030", "by 0.022", "165B", "top 10 %", "top 60 %")
    assert min(abs(gaps[20]), abs(gaps[300])) > 4 * math.sqrt(2) * 0.001
    says(question.scenario, "a standard error of 0.001")
    cross = crossing(list(gaps), list(gaps.values()))
    assert cross == pytest.approx(125, abs=0.5)
    assert cross / 16.5 == pytest.approx(7.6, abs=0.05)
    says(question.model_answer, "near 125B", "7.6 strict epochs")
    assert gaps[5] == pytest.approx(0.043)
    exponent = math.log(gaps[5] / gaps[20]) / math.log(20 / 5)
    assert gaps[20] * (300 / 20) ** -exponent == pytest.approx(0.015, abs=0.0005)
    says(question.debrief, "0.043 at 5B", "0.030 at 20B", "about 0.015")
    assert 3 * cross == pytest.approx(375, abs=1.5)
    assert 600 / (3 * 16.5) > cross / 16.5 > 200 / (3 * 16.5)
    says(question.debrief, "about 375B", "At 200B, strict")


def test_filter_epochs(bank_question: Load, columns: Columns, number_target: Target) -> None:
    question = bank_question(FILTER)
    table = columns(question, "What each filter leaves")
    pool = dict(zip(table["filter"], table["unique tokens, B"], strict=True))
    for name, share in zip(table["filter"], table["share of tokens kept, %"], strict=True):
        assert pool[name] == pytest.approx(165 * share / 100)
    assert number_target(FILTER, "epochs-strict").value == pytest.approx(300 / pool["strict"], abs=0.05)
    assert 20 / pool["strict"] == pytest.approx(1.2, abs=0.05)
    assert 300 / pool["loose"] == pytest.approx(3, abs=0.05)
    says(question.model_answer, "16.5B unique tokens", "1.2 epochs", "18.2 times", "the loose pool only 3")
    assert pool["strict"] / 15 == pytest.approx(1.1)
    assert pool["loose"] / 15 == pytest.approx(6.6)
    says(question.model_answer, "by 15, to 1.1B and 6.6B", "40B tokens instead of 600B", "thinned by 7.5")
    assert (2 * 20, 2 * 300) == (40, 600)
    relaxed = 0.4 * pool["no filter"]
    assert relaxed == pytest.approx(66)
    assert 300 / relaxed == pytest.approx(4.5, abs=0.05)
    says(question.model_answer, "top 40 %, 66B tokens, about 4.5 epochs")


def test_thinned_pools(filters: tuple[Question, dict[float, float], dict[float, float]], columns: Columns) -> None:
    question, strict, loose = filters
    table = columns(question, "Runs of 20B tokens on thinned pools")
    budgets = table["budget imitated, B"]
    gaps = [b - a for a, b in zip(table["strict loss"], table["loose loss"], strict=True)]
    for budget, small, large in zip(budgets, table["strict pool, B"], table["loose pool, B"], strict=True):
        assert 20 / small == pytest.approx(budget / 16.5)
        assert 20 / large == pytest.approx(budget / 99)
    assert (table["strict loss"][0], table["loose loss"][0]) == (strict[20], loose[20])
    assert [gap > 0 for gap in gaps] == [loose[budget] > strict[budget] for budget in budgets]
    assert crossing(budgets, gaps) == pytest.approx(128, abs=1)
    says(question.debrief, "near 128B", "1.1B tokens")


def test_seen_and_unseen(bank_question: Load, columns: Columns) -> None:
    question = bank_question(FILTER)
    table = columns(question, "Loss on strict documents, seen and unseen")
    seen, unseen, other = table["strict run, seen"], table["strict run, unseen"], table["loose run, unseen"]
    gaps = [b - a for a, b in zip(seen, unseen, strict=True)]
    assert gaps == sorted(gaps)
    assert gaps[-1] == pytest.approx(0.216)
    says(question.debrief, "0.216 better")
    assert [b > a for a, b in zip(unseen, other, strict=True)] == [True, True, True, False]


# --- five-languages-one-u-turn


def shares(tokens: list[float], exponent: float) -> list[float]:
    weights = [count**exponent for count in tokens]
    return [weight / sum(weights) for weight in weights]


def test_language_shares_and_epochs(bank_question: Load, columns: Columns, number_target: Target) -> None:
    question = bank_question(LANGUAGES)
    table = columns(question, "Corpora and sampling shares")
    tokens = table["unique tokens, B"]
    for share, printed in zip(shares(tokens, 0.3), table["share of training tokens, %"], strict=True):
        assert 100 * share == pytest.approx(printed, abs=0.005)
    assert sum(table["share of training tokens, %"]) == pytest.approx(100, abs=0.02)
    epochs = dict(
        zip(
            table["language"],
            (share / count for share, count in zip(table["share of training tokens, %"], tokens, strict=True)),
            strict=True,
        )
    )
    assert number_target(LANGUAGES, "epochs-at-end").value == pytest.approx(epochs["fo"], abs=0.05)
    assert number_target(LANGUAGES, "epochs-at-turn").value == pytest.approx(0.4 * epochs["fo"], abs=0.01)
    assert epochs["eu"] == pytest.approx(4.1, abs=0.05)
    assert all(epochs[name] < 1 for name in ("en", "de", "tr"))
    says(question.model_answer, "4.87 %", "4.87B", "0.35B", "13.9 epochs", "5.6 epochs", "4.1 epochs")
    capped = 5 * tokens[4]
    freed = table["share of training tokens, %"][4] - capped
    assert capped == pytest.approx(1.75)
    assert freed == pytest.approx(3.1, abs=0.05)
    says(question.model_answer, "1.75B tokens", "4.87 to 1.75 %", "3.1 points")


def test_language_alternatives(bank_question: Load, columns: Columns) -> None:
    question = bank_question(LANGUAGES)
    table = columns(question, "Corpora and sampling shares")
    tokens = table["unique tokens, B"]
    before, after = shares(tokens, 0.3), shares(tokens, 0.48)
    assert 100 * after[4] / tokens[4] == pytest.approx(5, abs=0.05)
    assert (100 * before[3], 100 * after[3]) == pytest.approx((8.2, 4.0), abs=0.05)
    says(question.debrief, "0.48", "from 8.2B to 4.0B", "13.9 passes")
    real = 0.35 * 2 / 3
    assert 4.87 / real == pytest.approx(20.9, abs=0.05)
    assert 5 * real == pytest.approx(1.17, abs=0.005)
    says(question.debrief, "20.9", "1.17B")


def test_language_log(bank_question: Load, columns: Columns) -> None:
    question = bank_question(LANGUAGES)
    log = columns(question, "Validation loss per language")
    for tokens, rate in zip(log["tokens_B"], log["lr"], strict=True):
        cosine = 3e-5 + (3e-4 - 3e-5) * (1 + math.cos(math.pi * (tokens - 2) / (100 - 2))) / 2
        assert rate == pytest.approx(cosine, rel=0.004)
    for name in ("val_en", "val_de", "val_tr", "val_eu"):
        assert log[name] == sorted(log[name], reverse=True)
    lowest = min(log["val_fo"])
    assert lowest == 2.996
    assert log["tokens_B"][log["val_fo"].index(lowest)] == 40
    says(question.model_answer, "against 2.996")
    passes = [0.0487 * tokens / 0.35 for tokens in (35, 45)]
    assert passes == pytest.approx([4.9, 6.3], abs=0.05)
    assert max(late_loss - lowest for late_loss in log["val_fo"][5:8]) < 3 * 0.004, "flat within the scatter"
    says(question.debrief, "flat from 35B to 45B, 4.9 to 6.3 epochs")
    late = {tokens: loss for tokens, loss in zip(log["tokens_B"], log["val_fo"], strict=True) if tokens >= 40}
    steps = [late[tokens + 10] - late[tokens] for tokens in (50, 60, 70, 80, 90)]
    assert steps == sorted(steps), "worst where the rate is lowest"


def test_language_training_loss(bank_question: Load, columns: Columns) -> None:
    question = bank_question(LANGUAGES)
    log = columns(question, "Validation loss per language")
    table = columns(question, "Training and validation loss of three languages")
    for at, tokens in enumerate(table["tokens, B"]):
        row = log["tokens_B"].index(tokens)
        for name in ("val_en", "val_eu", "val_fo"):
            assert table[name][at] == log[name][row]
    for name in ("en", "eu", "fo"):
        assert table[f"train_{name}"] == sorted(table[f"train_{name}"], reverse=True)
        assert all(a <= b for a, b in zip(table[f"train_{name}"], table[f"val_{name}"], strict=True))
    assert table["train_fo"][-1] == 1.662
    assert table["val_fo"][-1] - table["train_fo"][-1] == pytest.approx(1.635)
    says(question.debrief, "1.662", "1.635")


# --- annotator-seventeen


def tail_of_scatter(counts: list[float], audited: int) -> float:
    """Chance that binomial counts with one common rate scatter at least as much (chi-square, Wilson-Hilferty)."""
    rate, free = sum(counts) / audited / len(counts), len(counts) - 1
    square = sum((count - audited * rate) ** 2 for count in counts) / (audited * rate * (1 - rate))
    normal = ((square / free) ** (1 / 3) - (1 - 2 / (9 * free))) / math.sqrt(2 / (9 * free))
    return math.erfc(normal / math.sqrt(2)) / 2


def test_agreement_table(bank_question: Load, columns: Columns) -> None:
    question = bank_question(ANNOTATORS)
    table = columns(question, "Agreement with the panel over ten weeks")
    for audited, agreeing, percent in zip(table["audited"], table["agreeing"], table["agreement, %"], strict=True):
        assert 100 * agreeing / audited == pytest.approx(percent, abs=0.051)
    assert sum(table["pairs labelled"]) == 40_000
    assert sum(table["audited"]) == 20 * 400
    error = 50 / math.sqrt(400)
    assert error == 2.5
    assert (50 - 41.0) / error == pytest.approx(3.6)
    assert abs(49.0 - 50) < error
    says(question.model_answer, "2.5 points", "at 49 %", "at 41 %", "3.6 standard errors")


def test_agreement_by_week(bank_question: Load, columns: Columns, number_target: Target) -> None:
    question = bank_question(ANNOTATORS)
    chart = columns(question, "Agreement by week")
    table = columns(question, "Agreement with the panel over ten weeks")
    agreeing = dict(zip([str(name).split(".")[0] for name in table["annotator"]], table["agreeing"], strict=True))
    weekly = {
        name: [round(40 * percent / 100, 6) for _, percent in chart[name]] for name in ("annotator 17", "annotator 9")
    }
    for counts in weekly.values():
        assert all(count == round(count) for count in counts)
    for counts in (weekly["annotator 17"][:3], weekly["annotator 17"][3:], weekly["annotator 9"]):
        assert 0.2 < tail_of_scatter(counts, 40) < 0.8, "weeks scatter as binomial counts do"
    pooled = [round(720 * percent / 100) for _, percent in chart["other 18, pooled"]]
    assert 0.2 < tail_of_scatter(pooled, 720) < 0.8
    assert sum(weekly["annotator 17"]) == agreeing["17 (code)"] == 164
    assert sum(weekly["annotator 9"]) == agreeing["9"] == 196
    assert sum(pooled) == sum(table["agreeing"]) - 164 - 196
    early, late = sum(weekly["annotator 17"][:3]), sum(weekly["annotator 17"][3:])
    assert (early, late) == (93, 71)
    assert 100 * early / 120 == pytest.approx(78, abs=0.51)
    assert 100 * late / 280 == pytest.approx(25, abs=0.5)
    target = number_target(ANNOTATORS, "mirror-agreement")
    assert target.value == pytest.approx(100 * (280 - late) / 280, abs=0.05)
    assert target.holds(75)
    says(question.model_answer, "78 % in weeks 1 to 3, 25 % from week 4", "would agree 75 %")


def test_code_pairs(bank_question: Load, columns: Columns) -> None:
    question = bank_question(ANNOTATORS)
    table = columns(question, "Agreement with the panel over ten weeks")
    labelled = dict(zip(table["annotator"], table["pairs labelled"], strict=True))
    assert labelled["12 (code)"] + labelled["17 (code)"] == 4000
    late, early = 0.7 * labelled["17 (code)"], 0.3 * labelled["17 (code)"]
    assert (late, early) == pytest.approx((1680, 720))
    assert 100 * late / 4000 == pytest.approx(42)
    kept = early * 93 / 120 + labelled["12 (code)"] * 0.77
    assert 100 * (kept + late * 71 / 280) / 4000 == pytest.approx(55, abs=0.5)
    assert 100 * (kept + late * 209 / 280) / 4000 == pytest.approx(76, abs=0.5)
    assert 4000 - late == pytest.approx(2320)
    assert 100 * kept / 2320 == pytest.approx(77, abs=0.5)
    says(question.model_answer, "1,680 pairs", "42 %", "sinks to 55 %")
    says(question.debrief, "720 good labels, 78 %", "55 % of the time", "4,000 pairs at 76 %", "2,320 at 77 %")
    agreeing = sum(
        pairs * right / audited
        for pairs, right, audited in zip(table["pairs labelled"], table["agreeing"], table["audited"], strict=True)
    )
    assert 100 * agreeing / 40_000 == pytest.approx(74, abs=0.5)
    says(question.debrief, "about 74 %")


def test_staged_checks(bank_question: Load, columns: Columns) -> None:
    question = bank_question(ANNOTATORS)
    gold = columns(question, "Expert labels on easy and hard pairs")
    row = {str(name): at for at, name in enumerate(gold["annotator"])}
    late = row["17, weeks 4-10"]
    assert (gold["agreeing (easy)"][late], gold["easy pairs"][late]) == (4, 60)
    assert 1 - 4 / 60 >= 0.9, "the threshold that the model answer sets for a flip"
    for kind in ("easy", "hard"):
        right, pairs = gold[f"agreeing ({kind})"], gold[f"{kind} pairs"][0]
        early = right[row["17, weeks 1-3"]] / pairs
        mirrored = 1 - right[late] / pairs
        assert abs(early - mirrored) < 2 * math.sqrt(2 * early * (1 - early) / pairs), "a reversal of the same skill"
        assert abs(right[row["9.0"]] / pairs - 0.5) < 2 * 0.5 / math.sqrt(pairs)
    tool = columns(question, "Annotation tool, by annotator")
    nine = next(at for at, name in enumerate(tool["annotator"]) if name == 9.0)
    assert (tool["s per pair"][nine], tool["left picked, %"][nine]) == (7, 93)
    says(question.debrief, "4 of 60", "7 seconds and 93 % left")
