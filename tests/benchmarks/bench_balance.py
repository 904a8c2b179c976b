"""How even whole groups are dealt: class shares and fold sizes."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import sklearn.model_selection as peers

from fold_guard import splitters
from tests.benchmarks.record import Row

DATA = Path(__file__).parents[3] / "shared" / "data"
SETS = [
    ("covid_testing", "result", "subject_id"),
    ("pbcseq", "status", "id"),
    ("respiratory", "status", "subject"),
    ("heart_transplant_cav", "state", "patient"),
    ("claims_long", "claim", "policyID"),
    ("wagepan", "union", "nr"),
    ("gapminder", "continent", "country"),
    ("guatemala_immunization", "immun", "mom"),
    ("guatemala_immunization", "immun", "comm"),
    ("cgd", "status", "id"),
    ("cgd", "status", "center"),
]


def skewed_groups(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels and groups: 60 groups of log-normal sizes, a Dirichlet(0.5) mix of 4 classes each."""
    rng = np.random.default_rng(seed)
    sizes = np.maximum(1, rng.lognormal(2.5, 1.0, 60).astype(int))
    groups = np.repeat(np.arange(60), sizes)
    mixes = rng.dirichlet(np.full(4, 0.5), 60)
    return np.array([rng.choice(4, p=mixes[group]) for group in groups]), groups


def balance(splitter: Any, labels: np.ndarray, groups: np.ndarray) -> tuple[float, float]:
    """Largest |class share in a fold - class share overall|; deviation of sizes over their mean."""
    counts = []
    with warnings.catch_warnings():
        # Rare classes and large groups are what these data are here for.
        warnings.simplefilter("ignore")
        for _, test in splitter.split(labels, labels, groups):
            counts.append(np.bincount(labels[test], minlength=labels.max() + 1))
    by_fold = np.array(counts, dtype=float)
    assert by_fold.sum() == len(labels)
    sizes = by_fold.sum(axis=1)
    shares = by_fold / np.maximum(sizes, 1)[:, None] - by_fold.sum(axis=0) / len(labels)
    return float(np.abs(shares).max()), float(sizes.std() / sizes.mean())


def worse_in_both(ours: tuple[float, float], theirs: tuple[float, float]) -> bool:
    return ours[0] > theirs[0] + 1e-12 and ours[1] > theirs[1] + 1e-12


def test_skewed_groups(benchmark: Any, record: Any) -> None:
    topic = "Balance of whole groups, made data (60 log-normal groups, 4 classes), 5 folds"
    made = [skewed_groups(seed) for seed in range(30)]
    ours = benchmark.pedantic(
        lambda: [balance(splitters.StratifiedGroupKFold(5), *each) for each in made]
    )
    theirs = [balance(peers.StratifiedGroupKFold(5), *each) for each in made]
    mean, their_mean = np.mean(ours, axis=0), np.mean(theirs, axis=0)
    for at, (measure, most) in enumerate(
        (("mean of max_share_deviation", 0.042), ("mean of size_cv", 0.066))
    ):
        record(
            Row(
                topic,
                "seeds 0-29",
                measure,
                "",
                float(mean[at]),
                float(their_mean[at]),
                "scikit-learn",
                at_most=most,
            )
        )
    worse = sum(map(worse_in_both, ours, theirs))
    record(Row(topic, "seeds 0-29", "instances worse in both measures", "", worse, at_most=0))


@pytest.mark.parametrize("k", [3, 5, 10])
def test_real_groups(benchmark: Any, record: Any, k: int) -> None:
    if not DATA.exists():
        pytest.skip("the real data sets are not here")
    topic = f"Balance of whole groups, real data, {k} folds"
    read = []
    for name, label, group in SETS:
        columns = pl.read_parquet(DATA / f"{name}.parquet", columns=[label, group])
        read.append(
            [np.unique(columns[c].to_numpy(), return_inverse=True)[1] for c in (label, group)]
        )
    ours = benchmark.pedantic(
        lambda: [balance(splitters.StratifiedGroupKFold(k), *each) for each in read]
    )
    theirs = [balance(peers.StratifiedGroupKFold(k), *each) for each in read]
    worse = sum(map(worse_in_both, ours, theirs))
    record(Row(topic, "all sets", "sets worse in both measures", "", worse, at_most=0))
    for (name, _, group), mine, their in zip(SETS, ours, theirs, strict=True):
        for at, measure in enumerate(("max_share_deviation", "size_cv")):
            work = f"{name} by {group}"
            record(Row(topic, work, measure, "", mine[at], their[at], "scikit-learn"))
