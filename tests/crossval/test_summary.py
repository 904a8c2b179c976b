from __future__ import annotations

import numpy as np
import pytest

from fold_guard.crossval.design import Design
from fold_guard.crossval.intervals.means import corrected_interval
from fold_guard.crossval.metrics.registry import metric_of
from fold_guard.crossval.result import Pooled, RoundScore, Scores
from fold_guard.crossval.summary import interval_method, over_rounds, summarise

POOLED = Pooled(0.7, 0.6, 0.8, 100, 50, "by hand", "a word")


def scores(value: float | None) -> Scores:
    return Scores({"log_loss": value, "accuracy": value}, {} if value is not None else WHY)


WHY = {"log_loss": "no rows", "accuracy": "no rows"}


def one_round(index: int, test: float | None, train: float | None, rows: int = 80) -> RoundScore:
    learned = None if train is None else scores(train)
    return RoundScore(index, rows, 20, {}, {}, scores(test), learned, ())


def test_rounds_without_a_value_are_left_out_and_named() -> None:
    rounds = [
        one_round(0, 0.4, 0.5),
        one_round(1, None, 0.5),
        one_round(2, 0.6, None, rows=40),
    ]
    train = [scores(0.5), scores(0.5)]
    summary = summarise("log_loss", rounds, POOLED, confidence=0.95, train=train)
    over = summary.over_rounds
    band = corrected_interval([0.4, 0.6], [80, 40], [20, 20])
    assert over is not None
    assert (over.mean, over.n_rounds, summary.aggregate) == (0.5, 2, "rounds")
    assert (summary.train, summary.gap) == (0.5, pytest.approx(0.1))
    assert over.low == 0.0  # cut: band.low is negative
    assert band.low < 0
    assert over.high == band.high
    assert [(each.round, each.reason) for each in over.undefined] == [(1, "no rows")]
    assert "n_test/n_train = 0.3750, the mean over rounds whose" in over.method
    # What is reported is the mean over rounds; the pooled value stands beside it.
    assert (summary.estimate, summary.low, summary.high) == (over.mean, over.low, over.high)
    assert summary.pooled == POOLED


def test_never_defined() -> None:
    summary = summarise("accuracy", [one_round(0, None, None)], None, confidence=0.95)
    assert (summary.estimate, summary.low, summary.gap, summary.train) == (None, None, None, None)
    assert summary.note == "defined in no round"


def test_one_value_has_no_interval() -> None:
    summary = summarise("accuracy", [one_round(0, 0.5, 0.5)], None, confidence=0.95)
    assert summary.over_rounds is not None
    assert (summary.estimate, summary.over_rounds.sd, summary.low) == (0.5, None, None)
    assert summary.note == "one value only: no interval"


def test_equal_values_say_that_no_width_is_not_certainty() -> None:
    rounds = [one_round(index, 0.1, 0.1) for index in range(3)]
    summary = summarise("accuracy", rounds, None, confidence=0.95)
    assert summary.over_rounds is not None
    assert summary.over_rounds.sd == 0.0
    assert "not certainty" in summary.note


def test_a_design_without_an_interval_keeps_mean_and_spread() -> None:
    rounds = [one_round(0, 0.4, 0.5), one_round(1, 0.6, 0.5), one_round(2, None, 0.5)]
    design = Design(retested=True, no_interval="blocks in time", wording="3 rounds")
    over = over_rounds("accuracy", rounds, confidence=0.95, design=design)
    assert (over.mean, over.low, over.high, over.n_rounds) == (0.5, None, None, 2)
    assert over.sd == pytest.approx(0.1 * 2**0.5)
    assert (over.note, over.method) == ("no interval: blocks in time", "")
    assert interval_method(rounds, design) == "no interval: blocks in time; 3 rounds"


def test_parts_widen_the_interval() -> None:
    rounds = [one_round(index, 0.5 + index / 100, 0.5) for index in range(6)]
    free, bound = (
        over_rounds("accuracy", rounds, confidence=0.95, design=Design(True, parts))
        for parts in (None, 3)
    )
    assert bound.low is not None
    assert free.low is not None
    # t(0.975) with 2 and with 5 degrees of freedom
    assert (0.525 - bound.low) / (0.525 - free.low) == pytest.approx(4.30265 / 2.57058, rel=1e-4)


LEAVE_ONE_OUT = Design(single_rows=True, wording="100 rounds, one a row")


def test_rounds_of_one_row_report_the_pooled_value() -> None:
    train = [scores(0.9), scores(None), scores(0.8)]
    summary = summarise("accuracy", (), POOLED, confidence=0.95, design=LEAVE_ONE_OUT, train=train)
    assert (summary.aggregate, summary.estimate) == ("pooled", 0.7)
    assert (summary.low, summary.high, summary.note) == (0.6, 0.8, "a word")
    assert summary.over_rounds is None
    assert summary.train == pytest.approx(0.85)
    assert summary.gap == pytest.approx(0.15)


@pytest.mark.parametrize("name", ["roc_auc", "average_precision[positive]", "pearson"])
def test_rounds_of_one_row_have_no_ranking_and_say_why(name: str) -> None:
    learned = [Scores({name: 0.9}, {})]
    summary = summarise(name, (), None, confidence=0.95, design=LEAVE_ONE_OUT, train=learned)
    assert (summary.estimate, summary.low, summary.pooled) == (None, None, None)
    assert (summary.train, summary.gap) == (0.9, None)
    assert metric_of(name).why_not_pooled in summary.note


def test_the_calibration_error_is_pooled_whatever_the_design() -> None:
    rounds = [one_round(index, 0.5 + index / 100, 0.5) for index in range(5)]
    name = "calibration_error[positive]"
    summary = summarise(name, rounds, POOLED, confidence=0.95, train=[each.test for each in rounds])
    assert (summary.aggregate, summary.estimate, summary.over_rounds) == ("pooled", 0.7, None)
    assert (summary.train, summary.gap) == (None, None)


def test_a_pooled_value_that_is_undefined_has_no_gap() -> None:
    none = Pooled(None, None, None, 1, 1, note="no rows of class 'x'")
    summary = summarise(
        "accuracy", (), none, confidence=0.95, design=LEAVE_ONE_OUT, train=[scores(1.0)]
    )
    assert (summary.estimate, summary.gap, summary.note) == (None, None, none.note)


def test_interval_method_says_when_sizes_differ() -> None:
    same = interval_method([one_round(0, 0.1, 0.1), one_round(1, 0.1, 0.1)])
    assert same.endswith("n_test/n_train = 0.2500")
    grown = interval_method([one_round(0, 0.1, 0.1, rows=40), one_round(1, 0.1, 0.1)])
    assert "0.3750, the mean over rounds whose training sides differ" in grown


def test_interval_method_of_rounds_of_one_row() -> None:
    text = interval_method((), LEAVE_ONE_OUT)
    assert "pooled predictions" in text
    assert "Wilson for rates of single rows, bootstrap by unit" in text
    assert text.endswith("; 100 rounds, one a row")


def test_gaps_are_of_rounds_that_have_both_sides() -> None:
    rounds = [one_round(0, 0.5, 0.9), one_round(1, None, 0.1), one_round(2, 0.7, None)]
    train = [scores(0.9), scores(0.1)]
    summary = summarise("accuracy", rounds, None, confidence=0.95, train=train)
    assert summary.train == np.mean([0.9, 0.1])
    assert summary.gap == pytest.approx(0.4)
