"""MultilabelStratifiedKFold: several labels a row, each of them balanced."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from iterstrat.ml_stratifiers import MultilabelStratifiedKFold as Peer
from scipy.sparse import load_npz

from fold_guard.splitters import MultilabelStratifiedKFold
from tests.benchmarks.record import Row

DATA = Path(__file__).parents[3] / "shared" / "data"
NAME = "iterative-stratification"
CASES = [("delicious", 10), ("bibtex", 10), ("made", 10), ("made", 5)]


def labels_of(name: str) -> np.ndarray:
    if name == "made":
        rng = np.random.default_rng(0)
        return (rng.random((100_000, 20)) < rng.uniform(0.01, 0.3, 20)).astype(np.int64)
    path = DATA / f"multilabel_{name}_labels.npz"
    if not path.exists():
        pytest.skip("the real data sets are not here")
    return load_npz(path).toarray().astype(np.int64)


def counted(splitter: Any, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of each fold and label, and of each fold."""
    tests = [test for _, test in splitter.split(labels, labels)]
    assert sorted(np.concatenate(tests).tolist()) == list(range(len(labels)))
    return np.array([labels[test].sum(axis=0) for test in tests]), np.array([*map(len, tests)])


def odds(share: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    # Where every row has the label, as if one had not.
    share = np.where(share == 1, 1 - 1 / sizes, share)
    return share / (1 - share)


def deviations(counts: np.ndarray, sizes: np.ndarray, totals: np.ndarray) -> dict[str, np.ndarray]:
    """What each fold and label adds to rLD and to LD; both are means of it."""
    overall, inside = totals / sizes.sum(), counts / sizes[:, None]
    return {
        "rLD": np.abs(inside - overall) / overall,
        "LD": np.abs(odds(inside, sizes[:, None]) - odds(overall, sizes.sum())),
    }


def measured(counts: np.ndarray, sizes: np.ndarray) -> dict[str, float]:
    """Return the measures of the literature (Sechidis et al. 2011; Florez Estrada 2019)."""
    totals = counts.sum(axis=0)
    found = {name: float(each.mean()) for name, each in deviations(counts, sizes, totals).items()}
    found["DCP"] = float((counts.max(axis=0) / totals).mean() - 1 / len(sizes))
    found["FLZ"] = float((counts == 0).sum())
    return found


def bounds(totals: np.ndarray, n_rows: int, k: int) -> dict[str, float]:
    """Every fold and every label within one row of even, the odd rows where they cost least.

    No assignment of equal fold sizes has a smaller rLD or DCP, or fewer pairs without a row.
    """
    sizes = np.full(k, n_rows // k) + (np.arange(k) < n_rows % k)
    low, odd = np.divmod(totals, k)
    below = deviations(np.tile(low, (k, 1)), sizes, totals)
    above = deviations(np.tile(low + 1, (k, 1)), sizes, totals)
    found = {}
    for name in below:
        extra = np.sort(above[name] - below[name], axis=0)
        chosen = np.where(np.arange(k)[:, None] < odd, extra, 0)
        found[name] = float((below[name].sum(axis=0) + chosen.sum(axis=0)).mean() / k)
    found["DCP"] = float(((low + (odd > 0)) / totals).mean() - 1 / k)
    found["FLZ"] = float(np.maximum(k - totals, 0).sum())
    return found


@pytest.mark.parametrize("quality", ["standard", "high"])
@pytest.mark.parametrize(("name", "k"), CASES)
def test_multilabel(race: Any, record: Any, name: str, k: int, quality: str) -> None:
    labels = labels_of(name)
    topic = f"Multi-label, {name} ({labels.shape[0]:,} x {labels.shape[1]}), {k} folds"
    work = f'quality="{quality}"'
    ours = MultilabelStratifiedKFold(k, quality=quality)
    seconds, peer = race(
        lambda: list(ours.split(labels, labels)),
        lambda: list(Peer(k, shuffle=True, random_state=0).split(labels, labels)),
        rounds=3,
    )
    least = 5 if quality == "standard" else 1
    record(Row(topic, work, "time", "s", seconds, peer, NAME, least_ratio=least))
    counts, sizes = counted(ours, labels)
    mine, limits = measured(counts, sizes), bounds(counts.sum(axis=0), len(labels), k)
    # The peer's balance hangs on its seed: the mean of three.
    seeds = [Peer(k, shuffle=True, random_state=seed) for seed in range(3)]
    theirs = [measured(*counted(splitter, labels)) for splitter in seeds]
    for measure in ("rLD", "DCP", "LD"):
        their = statistics.mean(each[measure] for each in theirs)
        record(
            Row(
                topic,
                work,
                measure,
                "",
                mine[measure],
                their,
                NAME,
                least_ratio=1 if quality == "standard" else 4 / 3,
                bound=limits[measure],
            )
        )
    their = statistics.mean(each["FLZ"] for each in theirs)
    record(
        Row(
            topic,
            work,
            "FLZ",
            "",
            mine["FLZ"],
            their,
            NAME,
            at_most=limits["FLZ"],
            bound=limits["FLZ"],
        )
    )
