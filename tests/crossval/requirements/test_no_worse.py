from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from fold_guard.crossval.design import Design
from fold_guard.crossval.requirements.baseline import Baseline
from fold_guard.crossval.requirements.check import check_requirements
from fold_guard.crossval.requirements.no_worse import Pairing
from fold_guard.crossval.requirements.requirement import Requirement, RequirementOutcome
from fold_guard.crossval.result import FOLD, ROUND, Result
from tests.crossval.results import classification, regression, with_failure

FOLDS = [i % 5 for i in range(100)]
LABELS = ["yes" if i % 3 else "no" for i in range(100)]
PLAIN = Pairing(Design(rounds_a_repeat=5))


def scored(wrong: set[int], folds: list[int] = FOLDS, **others: Any) -> Result:
    """Build a result in which some rows are predicted wrongly."""
    turned = {"yes": "no", "no": "yes"}
    given = [turned[label] if i in wrong else label for i, label in enumerate(LABELS)]
    return classification(LABELS, None, predictions=given, folds=folds, **others)


def compared(
    now: Result, then: Result, pairing: Pairing = PLAIN, digest: str | None = None, **asked: Any
) -> RequirementOutcome:
    metric = asked.pop("metric", "accuracy")
    requirement = Requirement(metric, "estimate", no_worse_than="kept", **asked)
    baselines = {"kept": Baseline("kept", then, digest)}
    [outcome] = check_requirements(now, [requirement], baselines=baselines, pairing=pairing)
    return outcome


def test_rounds_are_paired_with_a_corrected_t() -> None:
    """Differences of .1, .05, 0, 0 and -.05 in five rounds of 80 and 20 rows."""
    then = scored({0, 5, 1, 4, 9})
    now = scored({4, 14, 9})
    gains = np.array([0.10, 0.05, 0.0, 0.0, -0.05])
    scale = math.sqrt(gains.var(ddof=1) * (1 / 5 + 20 / 80))
    outcome = compared(now, then)
    assert outcome.value == pytest.approx(gains.mean() - stats.t.ppf(0.95, 4) * scale, abs=1e-9)
    assert not outcome.met
    assert "accuracy is 0.9700, 0.9500 in kept: 0.0200 better" in outcome.message
    assert f"at most {-outcome.value:.4f} worse (corrected t of the differences" in outcome.message
    assert compared(now, then, margin=-outcome.value + 1e-6).met
    assert not compared(now, then, margin=-outcome.value - 1e-6).met


def test_the_confidence_is_one_sided_and_may_be_asked_for() -> None:
    now, then = scored({4, 14, 9}), scored({0, 5, 1, 4, 9})
    usual, lower = compared(now, then), compared(now, then, confidence=0.8)
    assert usual.value is not None
    assert lower.value is not None
    quantiles = [stats.t.ppf(level, 4) for level in (0.95, 0.8)]
    ratio = (0.02 - usual.value) / (0.02 - lower.value)
    assert ratio == pytest.approx(quantiles[0] / quantiles[1])
    assert "with 80% confidence" in lower.message


@pytest.mark.parametrize("aggregate", ["rounds", "pooled", None])
def test_the_same_model_is_no_worse(aggregate: Any) -> None:
    outcome = compared(scored({1, 2}), scored({1, 2}), aggregate=aggregate)
    assert outcome.met
    assert outcome.value == 0
    assert "no different, with 95% confidence no worse" in outcome.message


def test_scores_that_were_rounded_when_they_were_stored_are_the_same() -> None:
    # A third of the rows of a round: six decimals of it are less than it is.
    folds = [i % 33 for i in range(100)]
    now = scored({0, 1, 2}, folds)
    rounds = tuple(
        replace(each, test=replace(each.test, values={"accuracy": round(value, 6)}))
        for each in now.rounds
        if (value := each.test.values["accuracy"]) is not None
    )
    pairing = Pairing(Design(rounds_a_repeat=33))
    for other in (replace(now, rounds=rounds), now):
        assert compared(now, other, pairing, aggregate="rounds").met
        assert compared(other, now, pairing, aggregate="rounds").met


def test_pooled_scores_that_were_rounded_differ_by_nothing() -> None:
    now = scored({0, 1, 2}, folds=[i % 5 for i in range(100)])
    summary = now.summary["accuracy"]
    assert summary.pooled is not None
    third = replace(summary, pooled=replace(summary.pooled, value=1 / 3))
    stored = replace(summary, pooled=replace(summary.pooled, value=0.333333))
    outcome = compared(
        replace(now, summary={"accuracy": third}),
        replace(now, summary={"accuracy": stored}),
        aggregate="pooled",
    )
    assert "no different, with 95% confidence no worse" in outcome.message


def test_pooled_rows_are_paired_with_a_bootstrap() -> None:
    """Against the normal approximation, of the variance of row differences times 2.25."""
    random = np.random.default_rng(1)
    then = scored(set(random.choice(100, 30, replace=False).tolist()))
    now = scored(set(random.choice(100, 20, replace=False).tolist()))
    right = [(each.predictions["label"] == each.predictions["prediction"]) for each in (now, then)]
    gains = (right[0].cast(pl.Float64) - right[1].cast(pl.Float64)).to_numpy()
    outcome = compared(now, then, aggregate="pooled")
    normal = gains.mean() - stats.norm.ppf(0.95) * math.sqrt(gains.var() / 100 * 2.25)
    assert outcome.value == pytest.approx(normal, abs=0.03)
    assert "pooled accuracy is 0.8000, 0.7000 in kept: 0.1000 better" in outcome.message
    assert "paired bootstrap of 100 units" in outcome.message
    wide = compared(now, then, replace(PLAIN, inflation=8.0), aggregate="pooled")
    assert wide.value is not None
    assert wide.value < normal - 0.05


def test_units_are_drawn_whole() -> None:
    """Every unit is four rows that turn together: a quarter of the evidence."""
    units = np.arange(100) // 4
    folds = [i // 4 % 5 for i in range(100)]
    then = scored({i for i in range(100) if i // 4 in (0, 3, 6, 9, 12)}, folds)
    now = scored({i for i in range(100) if i // 4 in (1, 6)}, folds)
    alone = compared(now, then, aggregate="pooled")
    whole = compared(now, then, replace(PLAIN, units=units), aggregate="pooled")
    assert alone.value is not None
    assert whole.value is not None
    assert whole.value < alone.value - 0.05
    assert "25 units" in whole.message


def test_of_a_loss_less_is_better() -> None:
    labels = [float(i) for i in range(60)]
    noise = np.random.default_rng(0).normal(size=60)
    folds = [i % 6 for i in range(60)]
    close, far = (
        regression(labels, [y + by * e for y, e in zip(labels, noise, strict=True)], folds=folds)
        for by in (1.0, 1.3)
    )
    pairing = Pairing(Design(rounds_a_repeat=6))
    for aggregate in ("rounds", "pooled"):
        better = compared(close, far, pairing, metric="mse", aggregate=aggregate)
        worse = compared(far, close, pairing, metric="mse", aggregate=aggregate)
        assert better.met
        assert not worse.met
        assert "better, with 95% confidence at least" in better.message
        assert "worse, with 95% confidence at most" in worse.message


def test_each_row_its_round_is_paired_row_by_row() -> None:
    folds = list(range(100))
    now, then = (scored(wrong, folds, scored=False) for wrong in ({1}, {1, 2, 3, 4, 5, 6, 7, 8}))
    lone = Pairing(Design(single_rows=True, rounds_a_repeat=100))
    outcome = compared(now, then, lone)
    assert outcome.met
    assert "paired bootstrap of 100 units" in outcome.message
    fewer = compared(now, then, replace(lone, inflation=1.0))
    assert outcome.value is not None
    assert fewer.value is not None
    assert fewer.value > outcome.value > 0


def test_repeats_are_no_more_units() -> None:
    """Twice the same rows: the same difference, and no narrower an interval."""
    wrong = ({1, 7, 12}, set(range(0, 40, 3)))
    once = compared(scored(wrong[0]), scored(wrong[1]), aggregate="pooled")
    twice = []
    for each in wrong:
        single = scored(each)
        again = single.predictions.with_columns(pl.col(FOLD) + 5)
        frame = pl.concat([single.predictions, again]).rename({FOLD: ROUND}).sort("row_id", ROUND)
        rounds = (*single.rounds, *(replace(r, index=r.index + 5) for r in single.rounds))
        twice.append(replace(single, predictions=frame, rounds=rounds, n_rounds=10))
    units = np.repeat(np.arange(100), 2)
    pairing = Pairing(Design(retested=True, rounds_a_repeat=5), units=units)
    outcome = compared(twice[0], twice[1], pairing, aggregate="pooled")
    assert outcome.value == pytest.approx(once.value, abs=0.02)
    unequal = replace(pairing, design=Design(retested=True))
    assert "tested unequally often" in compared(*twice, unequal, aggregate="pooled").message


def other_label(result: Result) -> Result:
    label = pl.when(pl.int_range(pl.len()) == 4).then(pl.lit("no")).otherwise("label")
    changed = result.predictions.with_columns(label.alias("label"))
    return replace(result, predictions=changed)


@pytest.mark.parametrize(
    ("then", "says"),
    [
        (
            scored(set(), folds=FOLDS[1:] + FOLDS[:1]),
            "lie in other folds, so that rounds make no pairs",
        ),
        (
            scored(set(), ids=[f"s{i:02d}" for i in range(100)]),
            "other rows were tested: 100 only now, 100 only then",
        ),
        (scored(set(), ids=range(100)), "ids are of another type"),
        (scored(set(), classes=["no", "perhaps", "yes"]), "of 3 classes (no, perhaps, yes)"),
        (regression([1.0] * 100, [1.0] * 100, folds=FOLDS), "regression of numbers, now of 2"),
        (other_label(scored(set())), "1 of the test rows have another label now"),
    ],
)
def test_what_is_no_pair_is_refused(then: Result, says: str) -> None:
    outcome = compared(scored(set()), then)
    assert not outcome.met
    assert outcome.value is None
    assert says in outcome.message
    assert outcome.message.startswith("accuracy cannot be compared with kept: ")


def test_other_folds_may_be_paired_row_by_row() -> None:
    then = scored({0, 1, 2}, folds=FOLDS[1:] + FOLDS[:1])
    assert compared(scored({0, 1, 2}), then, aggregate="pooled").met


def test_another_fold_map_is_refused_though_its_rows_are_the_same() -> None:
    here = replace(PLAIN, fold_map="a" * 64)
    outcome = compared(scored(set()), scored(set()), here, digest="b" * 64)
    assert not outcome.met
    assert "another fold map (bbbbbbbbbbbb, now aaaaaaaaaaaa)" in outcome.message
    assert compared(scored(set()), scored(set()), here, digest="a" * 64).met
    assert compared(scored(set()), scored(set()), here).met


def test_a_round_that_failed_then_is_no_pair() -> None:
    then = scored(set())
    kept = then.predictions.filter(pl.col(FOLD) != 2)
    rounds = tuple(each for each in then.rounds if each.index != 2)
    then = with_failure(replace(then, predictions=kept, rounds=rounds, n_rounds=4), 2)
    message = compared(scored(set()), then).message
    assert "other rows were tested: 20 only now, 0 only then" in message


def test_a_metric_undefined_in_a_round_makes_no_pair_of_it() -> None:
    now = scored({1})
    first, *rest = now.rounds
    values = replace(first.test, values={"accuracy": None}, undefined={"accuracy": "no rows"})
    then = replace(now, rounds=(replace(first, test=values), *rest))
    assert "now and then in 4 of 5 rounds, 5 required" in compared(now, then).message
    assert compared(now, then, min_rounds=4).met


def test_rounds_without_an_interval_have_no_test() -> None:
    none = Pairing(Design(no_interval="blocks in time", rounds_a_repeat=5))
    assert "no interval: blocks in time" in compared(scored({1}), scored({1}), none).message


def test_pooled_without_probabilities_on_one_side() -> None:
    forecasts = [[0.1, 0.9] if label == "yes" else [0.9, 0.1] for label in LABELS]
    now = classification(LABELS, forecasts, folds=FOLDS)
    then = replace(scored(set()), summary=now.summary)
    outcome = compared(now, then, metric="log_loss", aggregate="pooled")
    assert "one of the two has no probabilities" in outcome.message
    assert compared(now, now, metric="log_loss", aggregate="pooled").met
    assert "it has no such metric" in compared(now, scored(set()), metric="log_loss").message
