"""How often 95% intervals miss the error of the algorithm (Err) and of the very model (Err_XY)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fold_guard.crossval.intervals.bootstrap import unit_bootstrap
from tests.benchmarks.record import Row
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

RUNS = 2000
TOPIC = f"Misses of 95% intervals, {RUNS:,} simulated data sets"
MOST = 7.0
SETTINGS = [logistic(100), logistic(400), least_squares(100), grouped(), left_out()]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda each: each.name)
def test_coverage(benchmark: Any, record: Any, setting: Setting) -> None:
    found = benchmark.pedantic(lambda: missed(setting, runs=RUNS, seed=1))
    for ours in (CORRECTED, NESTED, WILSON, BOOTSTRAP):
        for peer in (NAIVE, PLAIN):
            if ours not in found or peer not in found:
                continue
            for at, target in enumerate(("Err", "Err_XY")):
                share, theirs = 100 * found[ours][at], 100 * found[peer][at]
                measure = f"{ours}, misses of {target}"
                # The mark is one, however many peers there are.
                most = MOST if peer == NAIVE else None
                record(Row(TOPIC, setting.name, measure, "%", share, theirs, peer, at_most=most))
            widths = found[ours][2], found[peer][2]
            record(Row(TOPIC, setting.name, f"{ours}, mean width", "", *widths, peer))


def test_the_order_of_the_literature(benchmark: Any, record: Any) -> None:
    """Nominal 10%: 17.3%, 15.3% and 4.7% are on record for these three."""
    topic = f"Misses of 90% intervals, {RUNS:,} simulated data sets"
    setting = least_squares(100)
    names = (NAIVE, PLAIN, CORRECTED)
    found = benchmark.pedantic(
        lambda: missed(setting, runs=RUNS, seed=2, confidence=0.9, only=names)
    )
    for name in names:
        record(Row(topic, setting.name, f"{name}, misses of Err", "%", 100 * found[name][0]))
    assert found[NAIVE][0] > found[PLAIN][0] > 0.10 > found[CORRECTED][0]


@pytest.mark.parametrize("units", [10, 20, 30])
@pytest.mark.parametrize("rate", [0.7, 0.95])
def test_few_units(benchmark: Any, record: Any, units: int, rate: float) -> None:
    """Independent units of 1 to 40 rows whose rates are Beta distributed about a common one."""
    topic = f"Misses of 95% intervals of few units, {RUNS:,} simulated data sets"
    random = np.random.default_rng(units)

    def run() -> tuple[float, float]:
        ours = theirs = 0
        for _ in range(RUNS):
            sizes = np.minimum(random.geometric(0.15, units), 40)
            hits = random.binomial(sizes, random.beta(8 * rate, 8 * (1 - rate), units))
            sums = np.column_stack([hits, sizes])
            band = unit_bootstrap(sums, lambda s: s[:, 0] / s[:, 1], limits=(0, 1))
            ours += not band.low <= rate <= band.high
            drawn = random.multinomial(units, np.full(units, 1 / units), 1000) @ sums
            low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [0.025, 0.975])
            theirs += not low <= rate <= high
        return 100 * ours / RUNS, 100 * theirs / RUNS

    share, other = benchmark.pedantic(run)
    work = f"{units} units, rate {rate}"
    peer = "percentiles of units drawn with replacement"
    record(Row(topic, work, "unit bootstrap, misses", "%", share, other, peer, at_most=MOST))
