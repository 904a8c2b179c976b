from __future__ import annotations

import pytest

from fold_guard.crossval.design import Design
from fold_guard.crossval.intervals import corrected_interval
from fold_guard.crossval.result import RoundScore, Scores
from fold_guard.crossval.summary import interval_method, summarise


def one_round(index: int, test: float | None, train: float | None, rows: int = 80) -> RoundScore:
    def side(value: float | None) -> Scores:
        return Scores({"log_loss": value, "accuracy": value}, {} if value is not None else WHY)

    return RoundScore(index, rows, 20, {}, {}, side(test), side(train), ())


WHY = {"log_loss": "no rows", "accuracy": "no rows"}


def test_rounds_without_a_value_are_left_out_and_named() -> None:
    rounds = [
        one_round(0, 0.4, 0.5),
        one_round(1, None, 0.5),
        one_round(2, 0.6, None, rows=40),
    ]
    summary = summarise("log_loss", rounds, confidence=0.95)
    band = corrected_interval([0.4, 0.6], [80, 40], [20, 20])
    assert (summary.mean, summary.n_rounds) == (0.5, 2)
    assert summary.gap == pytest.approx(0.1)
    assert summary.low == 0.0  # cut: band.low is negative
    assert band.low < 0
    assert summary.high == band.high
    assert [(each.round, each.reason) for each in summary.undefined] == [(1, "no rows")]


def test_never_defined() -> None:
    summary = summarise("accuracy", [one_round(0, None, None)], confidence=0.95)
    assert (summary.mean, summary.low, summary.gap, summary.n_rounds) == (None, None, None, 0)
    assert summary.note == "defined in no round"


def test_one_value_has_no_interval() -> None:
    summary = summarise("accuracy", [one_round(0, 0.5, 0.5)], confidence=0.95)
    assert (summary.mean, summary.sd, summary.low, summary.high) == (0.5, None, None, None)
    assert summary.note == "one value only: no interval"


def test_equal_values_say_that_no_width_is_not_certainty() -> None:
    rounds = [one_round(index, 0.1, 0.1) for index in range(3)]
    summary = summarise("accuracy", rounds, confidence=0.95)
    assert summary.sd == 0.0
    assert "not certainty" in summary.note


def test_a_design_without_an_interval_keeps_mean_and_spread() -> None:
    rounds = [one_round(0, 0.4, 0.5), one_round(1, 0.6, 0.5), one_round(2, None, 0.5)]
    design = Design(retested=True, no_interval="blocks in time", wording="3 rounds")
    summary = summarise("accuracy", rounds, confidence=0.95, design=design)
    assert (summary.mean, summary.low, summary.high, summary.n_rounds) == (0.5, None, None, 2)
    assert summary.sd == pytest.approx(0.1 * 2**0.5)
    assert summary.note == "no interval: blocks in time"
    assert interval_method(rounds, design) == "no interval: blocks in time; 3 rounds"


def test_parts_widen_the_interval() -> None:
    rounds = [one_round(index, 0.5 + index / 100, 0.5) for index in range(6)]
    free, bound = (
        summarise("accuracy", rounds, confidence=0.95, design=Design(True, parts))
        for parts in (None, 3)
    )
    assert bound.low is not None
    assert free.low is not None
    # t(0.975) with 2 and with 5 degrees of freedom
    assert (0.525 - bound.low) / (0.525 - free.low) == pytest.approx(4.30265 / 2.57058, rel=1e-4)


def test_interval_method_says_when_sizes_differ() -> None:
    same = interval_method([one_round(0, 0.1, 0.1), one_round(1, 0.1, 0.1)])
    assert same.endswith("n_test/n_train = 0.2500")
    grown = interval_method([one_round(0, 0.1, 0.1, rows=40), one_round(1, 0.1, 0.1)])
    assert "0.3750, the mean over rounds whose training sides differ" in grown
