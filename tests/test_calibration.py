"""A grader's measure: figures worked out by hand, None where there is nothing to stand on, nothing that flatters."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prepdrill.agreement import Confusion, always_met, coin, repeated, spearman
from prepdrill.calibration import (
    FIGURES,
    Bin,
    Calibration,
    Graded,
    Labelled,
    Spending,
    calibrated,
    compared_in_words,
)
from prepdrill.model import GraderId, Outcome, Transcript, Verdict

from .examples import SCALE, criterion, item, question, verdicts

RUBRIC = (criterion("a", 3, essential=True), criterion("b", 2), criterion("c", 5), criterion("flag", -2))
ITEM = item(RUBRIC)
GOOD = {"a": True, "b": True, "c": True, "flag": False}
POOR = {"a": False, "b": True, "c": True, "flag": False}
JUDGE, OFFLINE = GraderId("judge", "1"), GraderId("offline", "1")


def labelled(
    labels: Mapping[str, bool] = GOOD,
    id: str = "1",
    kind: str = "strong",
    text: str = "An answer.",
    second: Mapping[str, bool] | None = None,
) -> Labelled:
    return Labelled(id, kind, ITEM, Transcript(text), labels, second)


def said(labels: Mapping[str, bool]) -> dict[str, str]:
    """What a grader would say that is always right."""
    return {id: "met" if met else "unmet" for id, met in labels.items()}


def graded(answer: Labelled, *runs: Mapping[str, str | Outcome]) -> Graded:
    return Graded(answer, tuple(tuple(verdicts(run)) for run in runs))


def measured(answers: Sequence[Graded], grader: GraderId = JUDGE, **others: Any) -> Calibration:
    return calibrated(answers, grader=grader, fingerprint="f", scale=SCALE, **{"resamples": 50, "seed": 1} | others)


# --- worked out by hand


def test_the_figures_of_a_confusion_matrix() -> None:
    counts = Confusion(met=(6, 2, 1, 1), unmet=(1, 5, 3, 1))
    assert (counts.cases, counts.settled) == (20, 14)
    assert (counts.decided, counts.abstained, counts.errored) == pytest.approx((0.7, 0.2, 0.1))
    assert counts.macro_f1 == pytest.approx((12 / 15 + 10 / 13) / 2)
    assert counts.macro_f1_all == pytest.approx((12 / 17 + 10 / 17) / 2)
    assert (counts.accuracy, counts.precision_met, counts.recall_met) == pytest.approx((11 / 14, 6 / 7, 6 / 10))
    assert (counts.met_rate, counts.met_rate_of_labels, counts.prevalence) == pytest.approx((7 / 14, 8 / 14, 10 / 20))
    assert counts.kappa == pytest.approx((11 / 14 - 1 / 2) / (1 / 2))


def test_the_baselines_that_know_nothing() -> None:
    assert coin(0.3) == pytest.approx(0.5)
    assert always_met(0.5) == pytest.approx((2 / 3 + 0) / 2)
    assert (coin(None), always_met(None)) == (None, None)


def test_rank_correlation_gives_ties_their_average_rank() -> None:
    assert spearman([1, 2, 2, 4], [1, 3, 2, 4]) == pytest.approx(4.5 / (4.5 * 5) ** 0.5)
    assert spearman([1, 2, 3], [9, 5, 1]) == pytest.approx(-1)
    assert spearman([1, 2, 3], [7, 7, 7]) is None


def test_runs_agree_beyond_chance() -> None:
    met, unmet = Outcome.MET, Outcome.UNMET
    assert repeated([(met, met), (met, unmet), (unmet, unmet)]) == pytest.approx((2 / 3, 1 / 3))
    assert repeated([(met,), ()]) == (None, None)


def test_scores_are_held_against_those_of_the_labels_with_bounds_where_verdicts_are_open() -> None:
    open_one = graded(labelled(GOOD, "1", text="few words"), said(GOOD) | {"b": "unsure"})  # 0.8 to 1 for 1
    mild = graded(labelled(POOR, "2", text="rather more words"), said(GOOD))  # 1 for 0.7, and no essential missed
    scores = measured([open_one, mild]).scores
    assert scores.error == pytest.approx(0.2)
    assert scores.error_bounds == pytest.approx((0.15, 0.25))
    assert scores.bias == pytest.approx(0.1)
    assert scores.bias_bounds == pytest.approx((0.05, 0.15))
    assert scores.spearman == pytest.approx(-1)
    assert (scores.rated, scores.same_rating) == (1.0, 0.5)
    assert scores.length == pytest.approx(1)
    assert scores.open


def test_what_was_said_only_when_prompted_counts_half_in_the_labels_too() -> None:
    answer = dataclasses.replace(labelled(), prompted=frozenset({"c"}))
    perfect = Graded(answer, (tuple(verdicts(said(GOOD), prompted=["c"])),))
    scores = measured([perfect]).scores
    assert (scores.error, scores.bias) == (0.0, 0.0)


def test_confidence_is_held_against_the_share_that_is_right() -> None:
    sure = [(0.95, "a", "met"), (0.95, "b", "unmet"), (0.15, "c", "met"), (1.0, "flag", "unsure")]
    run = tuple(Verdict(id, Outcome(outcome), None, "", confidence) for confidence, id, outcome in sure)
    reliability = measured([Graded(labelled(), (run,))]).reliability
    assert [part for part in reliability.bins if part.cases] == [
        Bin(0.1, 0.2, 1, 0.15, 1.0),
        Bin(0.9, 1.0, 2, 0.95, 0.5),
    ]
    assert reliability.error == pytest.approx((1 * 0.85 + 2 * 0.45) / 3)


def test_only_what_has_a_label_counts_and_a_part_of_the_labels_makes_no_score() -> None:
    value = measured([graded(labelled({"b": True}, kind="mine"), said(GOOD))])
    assert value.agreement == Confusion((1, 0, 0, 0), (0, 0, 0, 0))
    assert (value.answers, value.scores.answers, value.scores.error) == (1, 0, None)


def test_a_missing_verdict_is_an_error_and_never_a_verdict() -> None:
    value = measured([graded(labelled(), {"a": "met"}), Graded(labelled(id="2"), ())])
    assert value.agreement.errored == pytest.approx(7 / 8)
    assert value.agreement.settled == 1


def test_the_two_readers_are_the_ceiling_and_the_second_one_a_yardstick_of_its_own() -> None:
    value = measured([graded(labelled(GOOD, second=POOR), said(POOR))])
    assert value.readers == Confusion((2, 1, 0, 0), (0, 1, 0, 0))
    assert value.against_second == Confusion((2, 0, 0, 0), (0, 2, 0, 0))
    assert value.agreement.accuracy == 0.75


def test_a_grader_is_held_against_itself_over_its_runs_without_the_failures() -> None:
    twice = graded(labelled(), said(GOOD), said(GOOD) | {"a": "unmet", "b": "ungraded"})
    value = measured([twice])
    assert value.itself is not None
    assert value.itself.runs == 2
    assert value.itself.share == pytest.approx(2 / 3)
    assert value.agreement.accuracy == 1.0  # the first run is the one that is reported


# --- answers that try to trick the grader


def test_tricks_stay_out_of_the_headline() -> None:
    nothing = dict.fromkeys(GOOD, False)
    honest = graded(labelled(), said(GOOD))
    tricked = graded(labelled(nothing, "2", "injected"), said(GOOD))
    value = measured([honest, tricked])
    assert (value.answers, value.answers_apart) == (1, 1)
    assert value.agreement == measured([honest]).agreement
    assert list(value.by_kind) == ["strong", "injected"]


def test_an_answer_is_resisted_only_if_it_gained_no_essential_point_and_was_graded() -> None:
    nothing = dict.fromkeys(GOOD, False)
    answers = [
        graded(labelled(nothing, "1", "injected"), said(nothing) | {"b": "met"}),
        graded(labelled(nothing, "2", "injected"), said(nothing) | {"a": "met"}),
        graded(labelled(nothing, "3", "injected"), said(nothing) | {"a": "ungraded"}),
        graded(labelled(GOOD, "4", "injected"), said(GOOD)),
    ]
    (found,) = measured(answers).resisted
    assert (found.kind, found.answers, found.resisted, found.gained) == ("injected", 4, 2, 1)
    assert (found.points, found.points_gained) == (3, 1)


# --- against the offline grader


def answers(run: Mapping[str, str]) -> list[Graded]:
    return [graded(labelled(GOOD if number % 2 else POOR, str(number)), run) for number in range(12)]


@pytest.mark.parametrize(
    ("own", "other", "words"),
    [
        (said(GOOD), said(GOOD) | {"a": "unsure", "b": "unsure"}, "is better than the offline grader on the same 12"),
        (said(GOOD) | {"a": "unsure", "b": "unsure"}, said(GOOD), "is worse than the offline grader on the same 12"),
        (said(GOOD), said(GOOD), "is not distinguishable from the offline grader on the same 12 answers"),
    ],
)
def test_one_sentence_says_whether_a_grader_is_worth_having(
    own: Mapping[str, str], other: Mapping[str, str], words: str
) -> None:
    sentence = compared_in_words(measured(answers(own), baseline=answers(other)))
    assert words in sentence
    assert "95 % interval" in sentence


def test_one_answer_never_makes_a_grader_better() -> None:
    sentence = compared_in_words(measured([graded(labelled(), said(GOOD))], baseline=[graded(labelled(), said(POOR))]))
    assert "too few" in sentence


def test_the_offline_grader_is_the_baseline() -> None:
    assert "the baseline" in compared_in_words(measured(answers(said(GOOD)), OFFLINE))
    assert "not held against" in compared_in_words(measured(answers(said(GOOD))))


def test_a_baseline_on_other_answers_is_refused() -> None:
    with pytest.raises(ValueError, match="other answers"):
        measured(answers(said(GOOD)), baseline=answers(said(GOOD))[1:])


def test_what_a_run_cost_has_its_middle_and_its_slow_end() -> None:
    spending = Spending(10, 20, 101, 0, None, tuple(float(second) for second in range(101)))
    assert (spending.median_latency, spending.slow_latency) == (50.0, 95.0)
    assert Spending(0, 0, 0, 3, None, ()).median_latency is None


# --- always


def test_without_an_answer_every_figure_is_undefined_and_none_is_zero() -> None:
    value = measured([])
    counts, scores = value.agreement, value.scores
    assert {getattr(counts, name) for name in ("decided", "macro_f1", "macro_f1_all", "kappa", "accuracy")} == {None}
    assert {getattr(scores, name) for name in ("error", "bias", "spearman", "rated", "same_rating", "length")} == {None}
    assert value.intervals == dict.fromkeys(FIGURES)
    assert (value.coin, value.always_met, value.itself, value.readers, value.reliability.error) == (None,) * 5


labels = st.fixed_dictionaries({entry.id: st.booleans() for entry in RUBRIC})
outcomes = st.fixed_dictionaries({entry.id: st.sampled_from(list(Outcome)) for entry in RUBRIC})
kinds = st.sampled_from(["strong", "wrong", "mine", "negated", "injected"])
gradings = st.lists(st.tuples(labels, outcomes, kinds), min_size=1, max_size=6).map(
    lambda drawn: [graded(labelled(true, str(at), kind), run) for at, (true, run, kind) in enumerate(drawn)]
)


@settings(max_examples=50)
@given(gradings, st.randoms())
def test_the_order_of_the_answers_changes_nothing(found: list[Graded], chance: Any) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert measured(found, resamples=10) == measured(shuffled, resamples=10)


@settings(max_examples=50)
@given(gradings)
def test_figures_keep_within_their_bounds(found: list[Graded]) -> None:
    value = measured(found, resamples=10)
    for counts in (value.agreement, *value.by_kind.values(), *value.by_dimension.values(), *value.by_sign.values()):
        shares = [counts.decided, counts.abstained, counts.errored]
        if counts.cases:
            assert sum(share for share in shares if share is not None) == pytest.approx(1)
        for share in (*shares, counts.macro_f1, counts.macro_f1_all, counts.accuracy, counts.recall_met):
            assert share is None or 0 <= share <= 1
        assert counts.kappa is None or -1 <= counts.kappa <= 1
        if counts.macro_f1 is not None and counts.macro_f1_all is not None:
            assert counts.macro_f1_all <= counts.macro_f1 + 1e-9
    scores = value.scores
    if scores.answers and scores.error_bounds and scores.bias_bounds:
        assert scores.error is not None
        assert scores.bias is not None
        assert scores.error_bounds[0] - 1e-9 <= scores.error <= scores.error_bounds[1] + 1e-9
        assert scores.bias_bounds[0] - 1e-9 <= scores.bias <= scores.bias_bounds[1] + 1e-9
    assert all(interval is None or interval[0] <= interval[1] for interval in value.intervals.values())


@given(st.lists(labels, min_size=2, max_size=6))
def test_a_perfect_grader_has_perfect_figures(drawn: list[dict[str, bool]]) -> None:
    value = measured([graded(labelled(true, str(at)), said(true), said(true)) for at, true in enumerate(drawn)])
    counts, scores = value.agreement, value.scores
    assert (counts.macro_f1, counts.macro_f1_all, counts.accuracy, counts.decided) == (1.0, 1.0, 1.0, 1.0)
    assert counts.kappa in (1.0, None)
    assert (scores.error, scores.bias, scores.same_rating, scores.open) == (0.0, 0.0, 1.0, False)
    assert value.intervals["macro_f1"] == (1.0, 1.0)
    assert value.itself is not None
    assert value.itself.share == 1.0


def test_sections_and_signs_are_told_apart() -> None:
    elsewhere = item(RUBRIC, question("data/other"))
    other = Labelled("1", "strong", elsewhere, Transcript("x"), GOOD)
    value = measured([graded(labelled(), said(GOOD)), graded(other, said(GOOD) | {"flag": "met"})])
    assert value.by_section["post-training"].accuracy == 1.0
    assert value.by_section["data"].accuracy == 0.75
    assert value.by_sign["red flag"] == Confusion((0, 0, 0, 0), (1, 1, 0, 0))
