from __future__ import annotations

import pytest

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


def test_interval_method_says_when_sizes_differ() -> None:
    same = interval_method([one_round(0, 0.1, 0.1), one_round(1, 0.1, 0.1)])
    assert same.endswith("n_test/n_train = 0.2500")
    grown = interval_method([one_round(0, 0.1, 0.1, rows=40), one_round(1, 0.1, 0.1)])
    assert "0.3750, the mean over rounds whose training sides differ" in grown
