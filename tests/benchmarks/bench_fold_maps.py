"""Fold maps by row id: make, grow, compare."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
import sklearn.model_selection as peers

from fold_guard import FoldMap, FoldPlan, make_folds
from tests.benchmarks.conftest import consume
from tests.benchmarks.record import Row

TOPIC = "make_folds, stratified, 10 classes, 5 folds, 10M rows"
PEER = "scikit-learn StratifiedKFold"
N = 10_000_000
IDS = {
    "integer ids, ascending": "np.arange({n})",
    "integer ids, in any order": "rng.permutation({n})",
    "string ids, in any order": (
        "pl.select(pl.format('row-{{}}', pl.Series(rng.permutation({n})))).to_series()"
    ),
}
MADE = """
import numpy as np
import polars as pl
rng = np.random.default_rng(0)
y = rng.integers(0, 10, {n})
"""


@pytest.mark.parametrize("ids", IDS)
def test_speed(race: Any, record: Any, ids: str) -> None:
    scope: dict[str, Any] = {}
    exec(MADE.format(n=N), scope)
    y = scope["y"]
    table = pl.DataFrame({"id": eval(IDS[ids].format(n=N), scope), "y": y})
    plan = FoldPlan("stratified", n_splits=5)
    ours, peer = race(
        lambda: make_folds(table, plan, id="id", label="y"),
        lambda: consume(
            peers.StratifiedKFold(5, shuffle=True, random_state=0).split(y, y),
        ),
        rounds=5,
    )
    least = 0.5 if ids.startswith("string") else 1
    record(Row(TOPIC, ids, "time", "s", ours, peer, PEER, least_ratio=least))


OURS = """
from fold_guard import FoldPlan, make_folds
table = pl.DataFrame({{"id": {ids}, "y": y}})
make_folds(table, FoldPlan("stratified", n_splits=5), id="id", label="y")
"""
THEIRS = """
from sklearn.model_selection import StratifiedKFold
for _ in StratifiedKFold(5, shuffle=True, random_state=0).split(y, y):
    pass
"""


@pytest.mark.parametrize("ids", IDS)
def test_memory(benchmark: Any, peak_memory: Any, record: Any, ids: str) -> None:
    def peak(n_rows: int) -> float:
        script = OURS.format(ids=IDS[ids].format(n=n_rows))
        return float(peak_memory(MADE.format(n=n_rows) + script))

    large = benchmark.pedantic(peak, args=(N,))
    small, none = peak(N // 10), peak(1000)
    theirs = peak_memory(MADE.format(n=N) + THEIRS)
    record(Row(TOPIC, ids, "peak memory", "MB", large, theirs, PEER))
    # Linear: what the rows take beyond what an import takes.
    assert large - none <= 12 * (small - none)


def visits(n_rows: int) -> pl.DataFrame:
    rng = np.random.default_rng(1)
    every = np.arange(n_rows)
    return pl.DataFrame(
        {"id": every, "patient": every // 7, "y": rng.integers(0, 10, n_rows).astype(str)}
    )


GROWN = "300,000 old rows and 20,000 new ones"
ROLES: dict[str, Any] = {"id": "id", "label": "y", "groups": "patient"}
PLAN = FoldPlan("stratified_group", n_splits=5)


def test_grow(race: Any, record: Any) -> None:
    table = visits(320_000)
    old = make_folds(table.head(300_000), PLAN, **ROLES)
    ours, peer = race(lambda: old.grow(table), lambda: make_folds(table, PLAN, **ROLES))
    assert old.grow(table).manifest.parents == (old.digest,)
    record(Row("Growing a map", GROWN, "time", "s", ours, peer, "make_folds on all rows"))


def test_diff(benchmark: Any, record: Any) -> None:
    table = visits(320_000)
    old = make_folds(table.head(300_000), PLAN, **ROLES)
    new: FoldMap = old.grow(table)
    benchmark.pedantic(old.diff, args=(new,), rounds=5, warmup_rounds=1)
    seconds = benchmark.stats.stats.median
    record(Row("Growing a map", f"difference: {GROWN}", "time", "s", seconds))
