"""StratifiedGroupKFold: whole groups, classes balanced."""

from __future__ import annotations

from typing import Any

import numpy as np
import sklearn.model_selection as peers

from fold_guard import splitters
from tests.benchmarks.conftest import consume
from tests.benchmarks.record import Row

TOPIC = "StratifiedGroupKFold, 10 classes, 5 folds, integer groups"
MILLION = 1_000_000


def table(n_rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """X, labels and groups of ten rows on average."""
    rng = np.random.default_rng(0)
    groups = rng.integers(0, n_rows // 10, n_rows)
    return np.zeros((n_rows, 1), dtype=np.int8), rng.integers(0, 10, n_rows), groups


def test_speed(race: Any, record: Any) -> None:
    data = table(MILLION)
    ours, peer = race(
        lambda: consume(splitters.StratifiedGroupKFold(5).split(*data)),
        lambda: consume(peers.StratifiedGroupKFold(5).split(*data)),
        rounds=11,
        peer_rounds=2,
    )
    record(
        Row(
            TOPIC,
            "1M rows, 100k groups",
            "time",
            "s",
            ours,
            peer,
            "scikit-learn",
            least_ratio=100,
        )
    )


def test_time_is_linear(race: Any, record: Any) -> None:
    small, large = table(MILLION), table(10 * MILLION)
    ours, peer = race(
        lambda: consume(splitters.StratifiedGroupKFold(5).split(*large)),
        lambda: consume(splitters.StratifiedGroupKFold(5).split(*small)),
        rounds=7,
    )
    record(
        Row(
            TOPIC,
            "10M rows, 1M groups",
            "time per row",
            "ns",
            ours / 10 / MILLION * 1e9,
            peer / MILLION * 1e9,
            "ours at 1M rows",
            least_ratio=1,
        )
    )


SCRIPT = """
import numpy as np
from {module} import StratifiedGroupKFold
rng = np.random.default_rng(0)
groups = rng.integers(0, {n} // 10, {n})
y = rng.integers(0, 10, {n})
for _ in StratifiedGroupKFold(5).split(np.zeros(({n}, 1), dtype=np.int8), y, groups):
    pass
"""


def test_memory(benchmark: Any, peak_memory: Any, record: Any) -> None:
    def peak(module: str, n_rows: int) -> float:
        return float(peak_memory(SCRIPT.format(module=module, n=n_rows)))

    large = benchmark.pedantic(peak, args=("fold_guard.splitters", 10 * MILLION))
    small, none = peak("fold_guard.splitters", MILLION), peak("fold_guard.splitters", 1000)
    theirs = peak("sklearn.model_selection", MILLION)
    record(Row(TOPIC, "10M rows, 1M groups", "peak memory", "MB", large, at_most=4096))
    record(Row(TOPIC, "1M rows, 100k groups", "peak memory", "MB", small, theirs, "scikit-learn"))
    # Linear: what the rows take beyond what an import takes.
    assert large - none <= 12 * (small - none)
