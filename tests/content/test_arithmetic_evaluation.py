"""Recomputes every computable number of the evaluation questions from their exhibits and the scenarios' constants."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist, mean, stdev
from typing import Any

from prepdrill.model import Question

Ask = Callable[[str], Question]
Columns = Callable[[Question, str], dict[str, list[Any]]]

NORMAL = NormalDist()


def says(text: str, *phrases: str) -> None:
    flat = " ".join(text.split())
    for phrase in phrases:
        assert phrase in flat, phrase


def two_sided(z: float) -> float:
    return 2 * NORMAL.cdf(-abs(z))


def sign_test(one: int, other: int) -> float:
    """Exact two-sided p-value of McNemar's test for these discordant counts."""
    pairs = one + other
    tail = sum(math.comb(pairs, few) for few in range(min(one, other) + 1))
    return min(1.0, 2 * tail / 2.0**pairs)


def paired_error(items: float, one: float, other: float) -> float:
    """Standard error of a paired difference of two accuracies."""
    return math.sqrt(one + other - (one - other) ** 2 / items) / items


def win_rate(wins: float, losses: float, ties: float) -> tuple[float, float]:
    """Win rate in per cent with ties as half, and its standard error."""
    prompts = wins + losses + ties
    rate = (wins + ties / 2) / prompts
    return 100 * rate, 100 * math.sqrt(((wins + ties / 4) / prompts - rate**2) / prompts)


def expected_maximum(draws: int) -> float:
    """Expected largest of independent standard normal draws, by numerical integration."""
    step = 0.002
    points = (at * step for at in range(-4000, 4001))
    return sum(x * draws * NORMAL.pdf(x) * NORMAL.cdf(x) ** (draws - 1) for x in points) * step


# --- evaluation/a-beats-b-on-one-metric

SHIP = "evaluation/a-beats-b-on-one-metric"
MARGIN = 0.01


def test_the_judge_win_follows_from_the_verdicts(bank_question: Ask, columns: Columns) -> None:
    question = bank_question(SHIP)
    table = columns(question, "Judge verdicts on 600 prompts")
    (wins, flips, rate, length), (losses, _, rate_b, length_b) = table["A"], table["B"]
    assert wins + losses + 2 * flips == 600
    expected, error = win_rate(wins, losses, 2 * flips)
    assert math.isclose(expected, rate)
    assert rate + rate_b == 100
    assert round(error, 1) == 1.9
    assert 4 < (rate - 50) / error < 5
    assert round(length / length_b, 1) == 1.3
    says(question.scenario, "win rate of 58.0%")
    says(question.model_answer, "58.0 with a standard error of 1.9", "over four standard errors from 50", "30% longer")


def test_the_kinds_of_prompt_add_up_to_the_judge_win(bank_question: Ask, columns: Columns) -> None:
    question = bank_question(SHIP)
    whole = columns(question, "Judge verdicts on 600 prompts")
    split = columns(question, "Judge verdicts by kind of prompt")
    assert sum(split["prompts"]) == 600
    assert [sum(split["A in both orders"]), sum(split["B in both orders"])] == [whole["A"][0], whole["B"][0]]
    assert sum(split["flips"]) == whole["A"][1] + whole["B"][1]
    rows = zip(split["A in both orders"], split["B in both orders"], split["flips"], strict=True)
    rates = [win_rate(*row) for row in rows]
    assert [round(rate, 1) for rate, _ in rates] == split["win rate of A"]
    rest, error = rates[1]
    assert [round(rest - 1.96 * error, 1), round(rest + 1.96 * error, 1)] == [47.0, 55.8]
    says(question.debrief, "73.3%", "51.4%, interval 47.0 to 55.8")


def test_the_factuality_guardrail_is_open(bank_question: Ask, columns: Columns) -> None:
    question = bank_question(SHIP)
    table = columns(question, "Factuality, 1,200 questions by language")
    for name, cells in table.items():
        if name != "language":
            assert sum(cells[:-1]) == cells[-1], name
    parts = zip(table["both right"], table["only A right"], table["only B right"], table["neither"], strict=True)
    assert [sum(part) for part in parts] == table["questions"]
    items, only_a, only_b = (table[name][-1] for name in ("questions", "only A right", "only B right"))
    difference, error = (only_a - only_b) / items, paired_error(items, only_a, only_b)
    z = (only_a - only_b) / math.sqrt(only_a + only_b)
    low, high = difference - 1.96 * error, difference + 1.96 * error
    assert (items, only_a, only_b) == (1200, 48, 66)
    assert round(100 * difference, 1) == -1.5
    assert round(100 * error, 2) == 0.89
    assert round(-z, 1) == 1.7
    assert round(two_sided(z), 2) == 0.09
    assert (round(100 * low, 1), round(100 * high, 1)) == (-3.2, 0.2)
    assert low < -3 * MARGIN
    says(question.scenario, "McNemar p = 0.09", "1,200 checked questions")
    says(
        question.model_answer, "48 against 66 is -1.5 points", "z 1.7", "error 0.89", "from -3.2 to +0.2", "three times"
    )


def test_the_size_of_the_repeat(bank_question: Ask, columns: Columns) -> None:
    question = bank_question(SHIP)
    table = columns(question, "Factuality, 1,200 questions by language")
    discordance = (table["only A right"][-1] + table["only B right"][-1]) / table["questions"][-1]
    needed = discordance * ((NORMAL.inv_cdf(0.95) + NORMAL.inv_cdf(0.8)) / MARGIN) ** 2
    assert round(discordance, 3) == 0.095
    assert round(needed, -2) == 5900
    assert 3500 < discordance * (1.96 / MARGIN) ** 2 < needed < discordance * (2.80 / MARGIN) ** 2 < 8000
    by_rule = discordance * ((NORMAL.inv_cdf(0.975) + NORMAL.inv_cdf(0.8)) / MARGIN) ** 2
    assert round(by_rule, -2) == 7500
    assert 3600 < discordance * (1.96 / MARGIN) ** 2 < 3700
    says(question.scenario, "the lower end of the 95% interval for A minus B lies above -1.0")
    says(question.debrief, "about 9.5% discordance", "some 7,500 paired questions", "would be 5,900", "3,700 only")
    says(question.model_answer, "about 7,500 paired")


def test_the_arabic_slice_could_be_chance(bank_question: Ask, columns: Columns) -> None:
    question = bank_question(SHIP)
    table = columns(question, "Factuality, 1,200 questions by language")
    rows = zip(table["questions"], table["only A right"], table["only B right"], strict=True)
    slices = dict(zip(table["language"], rows, strict=True))
    items, only_a, only_b = slices.pop("Arabic")
    slices.pop("all")
    assert len(slices) + 1 == 8
    drop = (only_a - only_b) / items
    assert drop == -0.125
    assert only_a + only_b == 9
    assert round(sign_test(int(only_a), int(only_b)), 2) == 0.18
    assert round(100 * paired_error(items, only_a, only_b)) == 7
    assert all((a - b) / n > drop and sign_test(int(a), int(b)) > 0.3 for n, a, b in slices.values())
    assert round(100 * items / table["questions"][-1]) == 3
    assert 100 * math.sqrt((only_a + only_b) / items / 400) < 2.5, "400 questions would resolve such a drop"
    says(question.model_answer, "nine discordant questions, 7 to 2, exact p 0.18", "eight slices", "400 fresh")


def test_what_the_experts_marked(bank_question: Ask) -> None:
    question = bank_question(SHIP)
    says(question.scenario, "11 of A's answers and 2 of B's", "among them one prompt with both", "40 further prompts")
    says(question.model_answer, "11 of its 40 answers as flattering against 2")
    assert sign_test(11 - 1, 2 - 1) < sign_test(11, 2) < 0.03, "no reading of the counts straddles 0.05"
    assert 17 * 24 == 17 * 20 + 17 * 4 == 408


# --- evaluation/p-value-on-shared-passages

PASSAGES = "evaluation/p-value-on-shared-passages"
CLUSTERS, PER_PASSAGE, CORRELATION = 200, 5, 0.4
PASSAGE_PRICE, QUESTION_PRICE, BUDGET = 12, 3, 9000


def test_the_naive_p_follows_from_the_counts(bank_question: Ask, columns: Columns) -> None:
    question = bank_question(PASSAGES)
    table = columns(question, "Paired outcomes on 1,000 questions")
    (both, only_b), (only_a, neither) = zip(table["A right"], table["A wrong"], strict=True)
    assert both + only_b + only_a + neither == CLUSTERS * PER_PASSAGE == 1000
    assert only_b - only_a == 24
    assert only_b + only_a == 122
    z = 24 / math.sqrt(122)
    assert round(z, 2) == 2.17
    assert round(two_sided(z), 2) == 0.03
    assert round(100 * paired_error(1000, only_b, only_a), 2) == 1.10
    says(question.scenario, "2.4 points", "p = 0.03", "0.40", "200 long passages", "with five questions each")
    says(question.model_answer, "24 / sqrt(122) = 2.17", "p = 0.03", "1.10 points")


def design_effect(questions: float, correlation: float = CORRELATION) -> float:
    return 1 + (questions - 1) * correlation


def spread() -> float:
    """Variance of one paired difference, in points squared."""
    return 1e4 * (0.122 - 0.024**2)


def clustered_error(passages: float, questions: float, correlation: float = CORRELATION) -> float:
    return math.sqrt(spread() * design_effect(questions, correlation) / questions / passages)


def test_the_corrected_test(bank_question: Ask) -> None:
    question = bank_question(PASSAGES)
    effect = design_effect(PER_PASSAGE)
    error = clustered_error(CLUSTERS, PER_PASSAGE)
    z = 2.4 / error
    assert math.isclose(effect, 2.6)
    assert round(math.sqrt(effect), 2) == 1.61
    assert round(error, 2) == 1.78
    assert round(z, 2) == 1.35
    assert round(two_sided(z), 2) == 0.18
    assert round(two_sided(24 / math.sqrt(122) / math.sqrt(effect)), 2) == 0.18
    assert (round(2.4 - 1.96 * error, 1), round(2.4 + 1.96 * error, 1)) == (-1.1, 5.9)
    assert round(1000 / effect) == 385
    says(question.model_answer, "1 + 4 x 0.4 = 2.6", "sqrt(2.6) = 1.61 to 1.78 points", "z falls to 1.35", "about 0.18")
    says(question.model_answer, "-1.1 to +5.9")
    says(question.debrief, "1,000 / 2.6, about 385")


def test_the_results_per_passage_agree_with_the_rest(bank_question: Ask, columns: Columns) -> None:
    question = bank_question(PASSAGES)
    table = columns(question, "Net result per passage")
    nets, passages = table["B minus A on the passage"], table["passages"]
    assert sum(passages) == CLUSTERS
    assert (sum(table["only B right"]), sum(table["only A right"])) == (73, 49)
    for net, count, b, a in zip(nets, passages, table["only B right"], table["only A right"], strict=True):
        assert b - a == net * count
        assert b + a <= PER_PASSAGE * count
    squares = sum(count * net**2 for net, count in zip(nets, passages, strict=True))
    total = sum(count * net for net, count in zip(nets, passages, strict=True))
    assert squares == 318
    assert total == 24
    error = math.sqrt(squares - total**2 / CLUSTERS) / 10
    pairs = CLUSTERS * PER_PASSAGE * (PER_PASSAGE - 1)
    correlation = ((squares - 122) / pairs - 0.024**2) / (0.122 - 0.024**2)
    assert round(error, 2) == 1.78
    assert round(two_sided(2.4 / error), 2) == 0.18
    assert round(correlation, 2) == 0.40
    says(question.debrief, "sum to 318", "1.78 points and p 0.18", "comes back as 0.40")


def together(*errors: float) -> float:
    return 1 / math.sqrt(sum(error**-2 for error in errors))


def test_where_the_money_goes(bank_question: Ask, columns: Columns) -> None:
    question = bank_question(PASSAGES)
    assert columns(question, "Annotation prices")["dollars"] == [PASSAGE_PRICE, QUESTION_PRICE]
    more = BUDGET / QUESTION_PRICE / CLUSTERS
    assert more == 15
    assert round(clustered_error(CLUSTERS, PER_PASSAGE + more), 2) == 1.62
    assert math.isclose(design_effect(PER_PASSAGE + more), 8.6)
    assert round(math.sqrt(spread() * CORRELATION / CLUSTERS), 2) == 1.56
    best = math.sqrt(PASSAGE_PRICE / QUESTION_PRICE * (1 - CORRELATION) / CORRELATION)
    assert round(best, 1) == 2.4
    old = clustered_error(CLUSTERS, PER_PASSAGE)
    for questions, passages, total in ((5, 333, 1.09), (2, 500, 1.05), (3, 428, 1.05)):
        assert BUDGET // (PASSAGE_PRICE + questions * QUESTION_PRICE) == passages
        new = clustered_error(passages, questions)
        joint = together(old, new)
        assert round(joint, 2) == total
        assert two_sided(2.4 / joint) < 0.03, "no defensible plan straddles 0.05 at an unchanged gap"
        assert two_sided(2.4 / new) > 0.06, "nor do the new passages alone"
        assert round(NORMAL.cdf(2.4 / joint - 1.96), 1) == 0.6
    assert round(clustered_error(500, 2), 1) == 1.3
    assert round(1.96 * clustered_error(500, 2), 1) == 2.6
    needed = CLUSTERS * (old * (NORMAL.inv_cdf(0.975) + NORMAL.inv_cdf(0.8)) / 2.4) ** 2
    assert round(needed, -1) == 860
    says(
        question.model_answer,
        "at 1.62",
        "below 1.56",
        "sqrt(4 x 0.6 / 0.4) = 2.4",
        "500 new",
        "gives 1.05",
    )
    says(
        question.debrief,
        "500 passages with two questions, 428 with three and 333 with five",
        "errors of 1.05, 1.05 and 1.09",
        "about 60% of cases",
        "860 passages of five",
        "1.3 points, decisive only for a gap beyond 2.6",
    )


def test_a_correlation_of_a_fiftieth(bank_question: Ask) -> None:
    effect = design_effect(PER_PASSAGE, 0.02)
    assert math.isclose(effect, 1.08)
    assert round(two_sided(24 / math.sqrt(122 * effect)), 2) == 0.04
    assert two_sided(23 / math.sqrt(122 * effect)) < 0.05, "with the continuity correction as well"
    says(bank_question(PASSAGES).debrief, "At 0.02 the design effect would be 1.08 and p about 0.04")


def test_the_correlation_below_which_the_claim_stands() -> None:
    assert two_sided(24 / math.sqrt(122 * design_effect(PER_PASSAGE, 0.05))) < 0.05
    assert two_sided(24 / math.sqrt(122 * design_effect(PER_PASSAGE, 0.06))) > 0.05


# --- evaluation/best-checkpoint-of-forty

FORTY = "evaluation/best-checkpoint-of-forty"
DEV = 120
LEARNING_RATE, FLOOR, WARM_UP, STEPS = 1e-5, 1e-6, 300, 12_000


def test_scores_are_whole_problems_and_agree_with_the_log(bank_question: Ask, columns: Columns) -> None:
    question = bank_question(FORTY)
    points = columns(question, "Dev score of the forty checkpoints")["dev score"]
    solved = {int(step): round(score * DEV / 100) for step, score in points}
    assert list(solved) == list(range(300, 12_001, 300))
    assert len(solved) == 40
    assert all(score == round(100 * solved[int(step)] / DEV, 2) for step, score in points)
    log = columns(question, "Training log, with the dev problems solved")
    assert all(solved[int(step)] == count for step, count in zip(log["step"], log["dev_correct"], strict=True))
    assert max(solved, key=lambda step: solved[step]) == 7200
    assert solved[7200] == 83
    assert sorted(solved.values())[-2] < 83
    assert (solved[6600], solved[6900], solved[7500], solved[7800]) == (68, 76, 77, 71)
    assert min(solved.values()) == solved[6600]
    says(question.scenario, "69.17%", "+6.7 points", "12,000 steps of 32", "384,000")
    assert 12_000 * 32 == 384_000
    says(question.model_answer, "76 at step 6,900 and 77 at 7,500", "step 6,600 has 68")
    typical = mean(solved.values())
    assert abs((83 - typical) - (typical - 68)) < 2, "the dip is as large as the peak"


def test_the_training_log_has_no_mark_at_the_peak(bank_question: Ask, columns: Columns) -> None:
    log = columns(bank_question(FORTY), "Training log, with the dev problems solved")
    for step, rate in zip(log["step"], log["lr"], strict=True):
        turn = math.cos(math.pi * (step - WARM_UP) / (STEPS - WARM_UP))
        expected = FLOOR + (LEARNING_RATE - FLOOR) * (1 + turn) / 2
        assert rate == float(f"{expected:.2e}"), step
    held_out = log["val_nll"]
    assert held_out == sorted(held_out, reverse=True)
    assert min(held_out) == held_out[-1]
    assert all(abs(train - val) < 0.025 for train, val in zip(log["train_loss"], held_out, strict=True))


def test_the_peak_is_what_forty_draws_give(bank_question: Ask, columns: Columns) -> None:
    question = bank_question(FORTY)
    seeds = columns(question, "Start model on the dev problems, ten sampling seeds")["correct of 120"]
    scores = [score for _, score in columns(question, "Dev score of the forty checkpoints")["dev score"]]
    start, sigma = 100 * mean(seeds) / DEV, 100 * stdev(seeds) / DEV
    inflation = expected_maximum(40) * sigma
    assert start == 62.5
    assert round(sigma, 1) == 2.6
    assert round(stdev(seeds)) == 3
    assert round(expected_maximum(40), 2) == 2.16
    assert round(inflation, 1) == 5.7
    expected = expected_maximum(40) * stdev(seeds)
    assert 81.5 < mean(seeds) + expected < mean(scores) * DEV / 100 + expected < 83.5
    some = 1 - NORMAL.cdf((82.5 - mean(scores) * DEV / 100) / stdev(seeds)) ** 40
    assert 0.4 < some < 0.65, "83 or more turns up in about half of such runs"
    plateau = mean(scores) - start
    assert 0.5 < plateau < 1.5
    assert abs(mean(scores[10:]) - start - 1) < 0.3
    assert round(plateau + inflation, 1) == 6.6
    assert round(max(scores) - start, 1) == 6.7
    assert round(sigma * math.sqrt(1 / 40 + 1 / 10), 1) == 0.9
    assert round(stdev(scores), 1) == 2.5
    assert stdev(scores) < sigma
    assert 2.4 < (max(scores) - start) / sigma < 2.6
    binomial = 100 * math.sqrt(0.625 * 0.375 / DEV)
    assert round(binomial, 1) == 4.4
    assert round(expected_maximum(40) * binomial, 1) == 9.5
    late = mean(scores[-10:]) - start
    assert round(late, 1) == 1.9
    assert round(sigma * math.sqrt(1 / 10 + 1 / 10), 1) == 1.2
    says(question.debrief, "average 1.9 above the start, with a standard error of 1.2")
    says(
        question.model_answer, "2.6 points", "2.16 sigma, so 5.7 points", "a best near +6.6", "saw +6.7", "error of 0.9"
    )
    says(question.debrief, "binomial 4.4 points", "peak at 9.5", "scatter by 2.5 points", "two and a half")


def test_the_fresh_set_is_large_enough(bank_question: Ask, columns: Columns) -> None:
    """1,000 problems, four samples each: sampling noise of two models, and a true change per problem of 0.2 (s.d.)."""
    question = bank_question(FORTY)
    seeds = columns(question, "Start model on the dev problems, ten sampling seeds")["correct of 120"]
    within = DEV * (stdev(seeds) / DEV) ** 2
    error = 100 * math.sqrt((2 * within / 4 + 0.2**2) / 1000)
    assert 0.5 < error < 1
    says(question.model_answer, "1,000 fresh problems", "four samples each", "below 1 point")


def test_the_rescored_checkpoints(bank_question: Ask, columns: Columns) -> None:
    question = bank_question(FORTY)
    table = columns(question, "Two checkpoints scored again, eight new seeds")
    peak, last = table["step 7200"], table["step 12000"]
    assert len(peak) == len(last) == 8
    assert round(100 * mean(peak) / DEV, 1) == 63.6
    assert round(100 * mean(last) / DEV, 1) == 62.5
    # One model's seed noise is 2.64 points, so a mean of eight has a standard error of 0.93.
    seeds = columns(question, "Start model on the dev problems, ten sampling seeds")["correct of 120"]
    assert round(100 * stdev(seeds) / DEV / math.sqrt(8), 1) == 0.9
    says(question.debrief, "step 7,200 comes to 63.6% and step 12,000 to 62.5%", "near 0.9")
