"""All tests of one feature over the folds of one repeat: its values, and where it is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from fold_guard.checks.drift.drift_tests import (
    EXPECTED,
    Sample,
    counts_against_rest,
    counts_between,
    ordered_against_rest,
    pooled,
    quantile_bins,
)
from fold_guard.checks.drift.feature_codes import FeatureCodes
from fold_guard.partition.rounds import EXCLUDED

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
# Of an ordered feature, to compare all folds at once.
_PARTS = 10


@dataclass(frozen=True, slots=True)
class DriftTest:
    """One test among all of a table.

    Attributes
    ----------
    feature : str
    repeat, fold : int
        The fold that was held against the rest; between folds, the one farthest from all of them.
    about : str
        ``values``, ``missing`` or ``between`` (values of all folds together).
    rows : int
        Of the fold.
    sample : Sample
    """

    feature: str
    repeat: int
    fold: int
    about: str
    rows: int
    sample: Sample


@dataclass(frozen=True, slots=True, eq=False)
class Deal:
    """How one repeat dealt rows, and the groups of rows that moved as one.

    Attributes
    ----------
    repeat : int
    folds : ndarray of int64, shape (n_rows,)
    clusters : ndarray of int64, shape (n_rows,)
        Rows of one unit in one fold; without groups, every row is its own.
    fold_of : ndarray of int64, shape (n_clusters,)
    grouped : bool
    """

    repeat: int
    folds: IntArray
    clusters: IntArray
    fold_of: IntArray
    grouped: bool

    @classmethod
    def of(cls, repeat: int, folds: IntArray, units: IntArray | None) -> Deal:
        """Cut units where a fold ends: rows dealt one by one do not move together."""
        if units is None:
            return cls(repeat, folds, np.arange(len(folds)), folds, grouped=False)
        width = int(folds.max(initial=0)) - EXCLUDED + 1
        cells, clusters = np.unique(units * width + folds - EXCLUDED, return_inverse=True)
        return cls(repeat, folds, clusters.astype(np.int64), cells % width + EXCLUDED, grouped=True)

    def large_enough(self, among: BoolArray, least: int) -> list[int]:
        """Return the folds that have so many clusters among some rows, and the rest as well."""
        there = np.zeros(len(self.fold_of), dtype=np.bool_)
        there[self.clusters[among]] = True
        sizes = np.bincount(self.fold_of[there] - EXCLUDED, minlength=2)
        own, total = sizes[-EXCLUDED:], sizes.sum()
        enough: list[int] = np.flatnonzero((own >= least) & (total - own >= least)).tolist()
        return enough

    def weights(self, codes: IntArray, among: BoolArray) -> IntArray:
        """Count the clusters in which each code of some rows occurs."""
        if not self.grouped:
            return np.bincount(codes)
        width = int(codes.max(initial=0)) + 1
        # Many times faster than numpy's unique, which hashes.
        pairs = np.sort(self.clusters[among] * width + codes)
        first = np.concatenate([[True], pairs[1:] != pairs[:-1]])[: len(pairs)]
        return np.bincount(pairs[first] % width, minlength=width)

    def clusters_of(self, among: BoolArray) -> IntArray | None:
        """Return the cluster of some rows; None when every row is its own."""
        return self.clusters[among] if self.grouped else None


def scan_feature(feature: str, coded: FeatureCodes, deal: Deal, least: int) -> Iterator[DriftTest]:
    """Yield every test of a feature that can be made in one repeat.

    Parameters
    ----------
    feature : str
    coded : FeatureCodes
    deal : Deal
    least : int
        Rows with a value (units, where rows come in groups) that a fold and its rest need.

    Notes
    -----
    The rest of a fold is every other row that takes part, those of fold -1 included. Between folds
    up to ten quantile bins of an ordered feature are counted.
    """
    part = deal.folds != EXCLUDED
    known = part & coded.known
    folds = deal.large_enough(known, least)
    codes = coded.codes[known]
    if folds and len(codes) and codes.min() < codes.max():
        dealt, clusters = deal.folds[known], deal.clusters_of(known)
        share = _smallest_share(dealt, folds)
        counted, names = codes, None
        if coded.kind == "categorical":
            counted, names = pooled(codes, deal.weights(codes, known), share)
        else:
            for fold, sample in ordered_against_rest(codes, dealt, folds, clusters).items():
                yield _test(feature, deal, fold, "values", sample)
            independent = (
                len(codes) if clusters is None else len(np.flatnonzero(np.bincount(clusters)))
            )
            expected = independent * share
            bins = quantile_bins(codes, max(1, min(_PARTS, int(expected / EXPECTED))))
            counted, _ = pooled(bins, deal.weights(bins, known), share)
        if counted.max() > 0:
            if names is not None:
                for fold, sample in counts_against_rest(counted, dealt, folds, clusters).items():
                    yield _test(feature, deal, fold, "values", _named(sample, names))
            if len(folds) > 1:
                fold, sample = counts_between(counted, dealt, folds, clusters)
                yield _test(feature, deal, fold, "between", _named(sample, names))
    yield from _missing(feature, coded, deal, part, least)


def _missing(
    feature: str, coded: FeatureCodes, deal: Deal, part: BoolArray, least: int
) -> Iterator[DriftTest]:
    absent = (~coded.known[part]).astype(np.int64)
    folds = deal.large_enough(part, least)
    if not folds or not absent.any() or absent.all():
        return
    dealt = deal.folds[part]
    weight = deal.weights(absent, part)
    counted, _ = pooled(absent, weight, _smallest_share(dealt, folds))
    if counted.max() == 0:
        return
    clusters = deal.clusters_of(part)
    for fold, sample in counts_against_rest(counted, dealt, folds, clusters).items():
        yield _test(feature, deal, fold, "missing", sample)


def _smallest_share(dealt: IntArray, folds: list[int]) -> float:
    shares = np.array([(dealt == fold).mean() for fold in folds])
    return float(min(shares.min(), 1 - shares.max()))


def _named(sample: Sample, names: IntArray | None) -> Sample:
    """Return a sample with the code of the feature in place of that of the pooled category."""
    return sample if names is None else replace(sample, at=int(names[sample.at]))


def _test(feature: str, deal: Deal, fold: int, about: str, sample: Sample) -> DriftTest:
    rows = int((deal.folds == fold).sum())
    return DriftTest(feature, deal.repeat, fold, about, rows, sample)
