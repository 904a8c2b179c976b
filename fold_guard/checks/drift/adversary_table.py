"""The rows and columns that the classifier of folds is given: numbers alone, in one order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.checks.drift.drift_units import units_in
from fold_guard.checks.drift.feature_codes import FeatureCodes, feature_codes
from fold_guard.checks.subjects.subject import Rows, Subject
from fold_guard.identity.hashing import xxh64_ids
from fold_guard.partition.rounds import EXCLUDED

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
_BATCH = 8
_SEED = 0
# scikit-learn's trees take categories up to this code.
_MOST_CATEGORIES = 250


@dataclass(frozen=True, slots=True, eq=False)
class AdversaryTable:
    """Rows in the order of the hash of their ids.

    Attributes
    ----------
    X : ndarray of float64, shape (n_rows, n_features)
    categorical : ndarray of bool, shape (n_features,)
    names : tuple of str
        The features in X.
    unreadable, constant : tuple of str
        Features that are not.
    folds : ndarray of int64, shape (n_repeats, n_rows)
    units : ndarray of int64, shape (n_rows,)
    n_all : int
        Rows of the subject that take part in some repeat.
    """

    X: FloatArray
    categorical: npt.NDArray[np.bool_]
    names: tuple[str, ...]
    unreadable: tuple[str, ...]
    constant: tuple[str, ...]
    folds: IntArray
    units: IntArray
    n_all: int


def adversary_table(subject: Subject, max_rows: int) -> AdversaryTable:
    """Encode the features of up to ``max_rows`` rows, those whose ids have the least hashes.

    Numbers and times become ranks, which trees cannot tell from the values and which no infinity
    breaks; text becomes codes by frequency, the 250th and rarer sharing one; text that hardly
    repeats becomes its length. Null and NaN are missing.
    """
    groups = subject.roles.groups
    columns: list[FloatArray] = []
    names, categorical, unreadable, constant = [], list[bool](), list[str](), list[str]()
    folds = units = None
    n_all = 0
    for batch in _batches(subject):
        # Each batch may come in another order of rows: the ids bring them into one.
        rows = subject.rows([*groups, *batch])
        chosen, n_all = _chosen(rows, max_rows)
        if folds is None:
            folds = rows.folds[:, chosen]
            linked = units_in(rows.frame, groups)
            units = np.arange(len(chosen)) if linked is None else _by_first(linked[chosen])
        taken = rows.frame[chosen]
        for name in batch:
            coded = feature_codes(taken[name])
            if coded is None:
                unreadable.append(name)
                continue
            column, is_category = _column(coded)
            if len(np.unique(column)) < 2:
                constant.append(name)
                continue
            names.append(name)
            columns.append(column)
            categorical.append(is_category)
    assert folds is not None
    assert units is not None
    X = np.column_stack(columns) if columns else np.empty((folds.shape[1], 0))
    return AdversaryTable(
        X,
        np.array(categorical, dtype=np.bool_),
        tuple(names),
        tuple(unreadable),
        tuple(constant),
        folds,
        units,
        n_all,
    )


def _batches(subject: Subject) -> list[tuple[str, ...]]:
    """Return features a few at a time, or all at once where no id tells rows apart."""
    features, identity = subject.features, subject.identity
    named = subject.has_ids and not identity.null_ids and not identity.duplicate_ids
    size = _BATCH if named or subject.ordered else len(features)
    return [features[start : start + size] for start in range(0, len(features), size)]


def _chosen(rows: Rows, most: int) -> tuple[IntArray, int]:
    """Return positions of the rows with the least hashes, in that order, and how many there are."""
    part = np.flatnonzero((rows.folds != EXCLUDED).any(axis=0))
    ids = rows.row_ids.gather(part)
    if ids.null_count():
        ids = ids.cast(pl.String).fill_null("")
    hashes = xxh64_ids(ids, _SEED)
    order = np.argsort(hashes, kind="stable")[:most]
    if (np.diff(np.sort(hashes)) == 0).any():
        # Two ids of one hash: their own order decides.
        rank = ids.rank("ordinal").to_numpy()
        order = np.lexsort((rank, hashes))[:most]
    return part[order], len(part)


def _by_first(units: IntArray) -> IntArray:
    _, first, codes = np.unique(units, return_index=True, return_inverse=True)
    place = np.empty(len(first), dtype=np.int64)
    place[np.argsort(first)] = np.arange(len(first))
    return place[codes]


def _column(coded: FeatureCodes) -> tuple[FloatArray, bool]:
    codes = coded.codes
    column = codes.astype(np.float64)
    is_category = coded.kind == "categorical" and not coded.values.dtype.is_numeric()
    if is_category and codes.max(initial=-1) > 0:
        counts = np.bincount(codes[codes >= 0])
        place = np.empty(len(counts), dtype=np.int64)
        place[np.lexsort((np.arange(len(counts)), -counts))] = np.arange(len(counts))
        column = np.minimum(place[codes], _MOST_CATEGORIES).astype(np.float64)
    column[codes < 0] = np.nan
    return column, is_category
