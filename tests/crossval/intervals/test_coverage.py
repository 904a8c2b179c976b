"""Every interval on data of known truth: it misses no more often than it says, and peers do."""

from __future__ import annotations

import math

import pytest

from tests.crossval.intervals.methods import (
    BOOTSTRAP,
    CORRECTED,
    NAIVE,
    NESTED,
    PLAIN,
    WILSON,
    missed,
)
from tests.crossval.intervals.simulated import (
    Setting,
    grouped,
    least_squares,
    left_out,
    logistic,
)

RUNS = 300
# Nominal 5%; three standard errors of a share of .05 among 300 are .038.
MOST = 0.05 + 3 * math.sqrt(0.05 * 0.95 / RUNS)


@pytest.mark.parametrize(
    "setting", [logistic(100), least_squares(60, p=10), grouped(), left_out()], ids=lambda s: s.name
)
def test_intervals_hold_for_the_algorithm_and_for_the_model(setting: Setting) -> None:
    found = missed(setting, runs=RUNS, seed=1)
    ours = {CORRECTED, NESTED, WILSON, BOOTSTRAP} & set(found)
    assert len(ours) >= 2
    for name in ours:
        assert max(found[name][:2]) <= MOST, name
    # The bound tells good intervals from bad ones: what people make by hand does not pass it.
    assert found[NAIVE][0] > MOST


def test_the_order_of_the_literature() -> None:
    """Nominal 10%: 17.3% naive, 15.3% plain t over folds, 4.7% corrected."""
    names = (NAIVE, PLAIN, CORRECTED)
    found = missed(least_squares(100), runs=1500, seed=2, confidence=0.9, only=names)
    naive, plain, corrected = (found[name][0] for name in names)
    assert naive > plain > 0.12
    assert corrected < 0.08
