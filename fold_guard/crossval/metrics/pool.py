"""Predictions of several rounds as one set: which rows, which repeats, which units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.metrics.side import Side

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
HashArray = npt.NDArray[np.uint64]

MOST_BLOCKS = 2_048
LEAST_BLOCKS = 512
MOST_CELLS = 16_000_000
"""Of a table of sums: 128 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """Where predictions come from.

    Attributes
    ----------
    rows : ndarray of int64, shape (n_predictions,)
        Position of the row of each.
    repeats : ndarray of int64, shape (n_predictions,), or None
        Which repeat each is of. None: each row is tested once, or unequally often.
    units : ndarray of int64, shape (n_predictions,)
        Rows that belong together.
    """

    rows: IntArray
    repeats: IntArray | None
    units: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Predictions that may be scored together: in each repeat a row has one at most.

    Attributes
    ----------
    side : Side
    rows, repeats, units : ndarray of int64, shape (n_predictions,)
        Numbered from 0 without gaps.
    n_repeats, n_units, n_rows : int
    """

    side: Side
    rows: IntArray
    repeats: IntArray
    units: IntArray
    n_repeats: int
    n_units: int
    n_rows: int

    @property
    def single(self) -> bool:
        """Whether each unit is one row."""
        return self.n_units == self.n_rows

    def take(self, picked: IntArray) -> Pool:
        """Return the pool of the predictions at some positions."""
        (rows, n_rows), (repeats, n_repeats), (units, n_units) = (
            _numbered(codes[picked]) for codes in (self.rows, self.repeats, self.units)
        )
        return Pool(self.side.take(picked), rows, repeats, units, n_repeats, n_units, n_rows)


def pool_of(side: Side, rows: IntArray, repeats: IntArray | None, units: IntArray) -> Pool | None:
    """Return the predictions as a pool, or None where rows are tested unequally often.

    Parameters
    ----------
    side : Side
        At least one prediction.
    rows, units : ndarray of int64, shape (n_predictions,)
    repeats : ndarray of int64, shape (n_predictions,), or None
        Which repeat each prediction is of. None: each row is tested once, or unequally often.

    Raises
    ------
    ValueError
        A row that is predicted twice in one repeat.
    """
    row, n_rows = _numbered(rows)
    repeat, n_repeats = (row * 0, 1) if repeats is None else _numbered(repeats)
    if np.bincount(repeat * n_rows + row).max() > 1:
        if repeats is None:
            return None
        raise ValueError("a row is predicted twice in one repeat")
    unit, n_units = _numbered(units)
    return Pool(side, row, repeat, unit, n_repeats, n_units, n_rows)


def blocks_of(pool: Pool, columns: int, *, seed: int) -> tuple[IntArray, int]:
    """Return what a bootstrap draws: each unit, or random blocks of units if there are many.

    The sums of blocks vary as those of units do, so the variance of what is drawn stays; with
    2,048 blocks an interval's width is known to 2%, and 2,000 draws know it to 3%. What is drawn
    then does not grow with the table. Units are dealt to blocks by a hash of what was predicted for
    them, so the order of rows is of no account.

    Parameters
    ----------
    pool : Pool
    columns : int
        Of the table of sums that will be made: a wide one has fewer blocks, 512 at least.
    seed : int

    Returns
    -------
    blocks : ndarray of int64, shape (n_predictions,)
        Each prediction's block, from 0.
    n_blocks : int
    """
    most = max(LEAST_BLOCKS, min(MOST_BLOCKS, MOST_CELLS // columns))
    if pool.n_units <= most:
        return pool.units, pool.n_units
    marks = _marks(pool.side, np.uint64(seed))
    order = np.argsort(pool.units, kind="stable")
    starts = np.flatnonzero(np.diff(pool.units[order], prepend=-1))
    # Sums of whole numbers that wrap around are the same in every order.
    sums = np.add.reduceat(marks[order], starts)
    place = np.empty(pool.n_units, dtype=np.int64)
    place[np.argsort(sums, kind="stable")] = np.arange(pool.n_units) % most
    return place[pool.units], most


def _numbered(codes: IntArray) -> tuple[IntArray, int]:
    # Positions and codes are small numbers as a rule: then a table does without a sort.
    low, high = int(codes.min()), int(codes.max())
    if high - low < 4 * len(codes) + 1_000:
        seen = np.zeros(high - low + 1, dtype=bool)
        seen[codes - low] = True
        return (np.cumsum(seen) - 1)[codes - low].astype(np.int64), int(seen.sum())
    names, numbers = np.unique(codes, return_inverse=True)
    return numbers.astype(np.int64), len(names)


def _marks(side: Side, seed: np.uint64) -> HashArray:
    given: list[npt.NDArray[Any]] = [side.actual, side.predicted]
    if side.probabilities is not None:
        given.append(side.probabilities[np.arange(len(side)), side.actual])
    marks = np.full(len(side), seed, dtype=np.uint64)
    for values in given:
        kind = np.float64 if values.dtype.kind == "f" else np.int64
        marks = _mixed(marks + np.ascontiguousarray(values, dtype=kind).view(np.uint64))
    return marks


def _mixed(values: HashArray) -> HashArray:
    # The finishing steps of splitmix64 (Steele, Lea and Flood 2014).
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
