"""Rows whose numbers differ little in every column: all of them, without comparing all pairs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fold_guard.partition.near.groups import BoolArray, Groups, IntArray, mixed

FloatArray = npt.NDArray[np.float64]
# How wide a cell is, in reaches. Wide cells copy few rows into two cells, narrow ones part more.
_WIDTHS = (16, 4)
# Candidates a row that are cheaper to compare than to part.
ENOUGH = 2
# Rows that decide which column comes first; the result does not hang on it.
_LOOKED_AT = 10_000
# Differences that equal the reach but for rounding are within it.
_ROUNDING = 1e-9
# Nought would say that the column is constant.
_LEAST = 5e-324


def reach_of(values: FloatArray, tolerance: float) -> float:
    """Return how far two values of a column may be apart: ``tolerance`` times its scale.

    The scale is the distance between the quartiles, and the standard deviation where that is 0.

    Parameters
    ----------
    values : ndarray of float64
        Finite.
    tolerance : float

    Returns
    -------
    float
        0 for a column that is constant or empty.

    Examples
    --------
    >>> reach_of(np.array([0.0, 1.0, 2.0, 3.0, 4.0]), 0.01)
    0.02
    >>> reach_of(np.array([0.0, 0.0, 0.0, 0.0, 5.0]), 0.01)
    0.02
    """
    if not len(values):
        return 0.0
    # A power of two changes no digit, and keeps differences of huge values finite.
    quartiles: list[float] = np.quantile(values / 4, (0.25, 0.75)).tolist()
    between = quartiles[1] - quartiles[0]
    if between > 0:
        return max(between * tolerance * 4, _LEAST)
    largest = float(np.abs(values).max())
    if not largest or values.min() == values.max():
        return 0.0
    # Sorted, because the last digit of a sum hangs on the order.
    return max(float(np.sort(values / largest).std() * tolerance * largest), _LEAST)


def parted(
    groups: Groups, values: FloatArray, reach: FloatArray, enough: int | None = None
) -> Groups:
    """Cut groups into smaller ones, so that rows that are near still share one.

    Column by column, the rows of a group are sorted and cut where two neighbours are further apart
    than the reach, and where a stretch is longer than some reaches; then the rows within reach of
    the cut are in both parts. So no pair within reach is lost, however many columns there are.

    Parameters
    ----------
    groups : Groups
    values : ndarray of float64, shape (n_rows, n_columns)
        Finite.
    reach : ndarray of float64, shape (n_columns,)
    enough : int, optional
        Stop when so few pairs are left; default `ENOUGH` for each row.

    Examples
    --------
    >>> values = np.array([[0.0], [1.0], [5.0], [5.5]])
    >>> everything = Groups.of(np.arange(4), np.zeros(4, dtype=np.uint64))
    >>> parted(everything, values, np.array([1.0]), enough=2).n_pairs
    2
    """
    columns = _most_telling_first(values, reach)
    enough = ENOUGH * len(values) if enough is None else enough
    for width in _WIDTHS:
        for column in columns:
            if groups.n_pairs <= enough:
                return groups
            groups = _cut(groups, values[:, column], float(reach[column]), width)
    return groups


def _cut(groups: Groups, values: FloatArray, reach: float, width: int) -> Groups:
    codes, at = groups.codes, values[groups.rows]
    order = np.lexsort((at, codes))
    codes, at, rows = codes[order], at[order], groups.rows[order]
    # Where rounding is in doubt, rows stay together: pairs are compared exactly in the end.
    reach = max(reach * (1 + 1e-6), np.finfo(np.float64).tiny)
    with np.errstate(over="ignore"):
        far = np.diff(at) > reach
    new_run = np.concatenate([[True], far | (codes[1:] != codes[:-1])])
    runs = np.cumsum(new_run) - 1
    offset = at - at[new_run][runs]
    cell = np.floor(offset / (width * reach)).astype(np.int64)
    near_cut = (cell > 0) & (offset - cell * (width * reach) <= reach)
    keys = mixed(runs.astype(np.uint64), cell)
    copies = mixed(runs[near_cut].astype(np.uint64), cell[near_cut] - 1)
    return Groups.of(np.concatenate([rows, rows[near_cut]]), np.concatenate([keys, copies]))


def _most_telling_first(values: FloatArray, reach: FloatArray) -> list[int]:
    """Order columns by how few pairs share a cell."""
    some = values[:: max(1, len(values) // _LOOKED_AT)]
    shared = []
    for column in range(values.shape[1]):
        ordered = np.sort(some[:, column])
        width = max(float(reach[column]) * _WIDTHS[0], np.finfo(np.float64).tiny)
        with np.errstate(over="ignore"):
            cells = np.floor(ordered / width)
        starts = np.flatnonzero(np.concatenate([[True], cells[1:] != cells[:-1]]))
        sizes = np.diff(np.append(starts, len(cells))).astype(np.float64)
        shared.append(float((sizes**2).sum()))
    order: list[int] = np.argsort(np.array(shared), kind="stable").tolist()
    return order


def within_reach(
    values: FloatArray | IntArray, reach: FloatArray, left: IntArray, right: IntArray
) -> BoolArray:
    """Say of pairs of rows whether they are within reach in every column.

    Parameters
    ----------
    values : ndarray, shape (n_rows, n_columns)
    reach : ndarray of float64, shape (n_columns,)
    left, right : ndarray of int64, shape (n_pairs,)

    Returns
    -------
    ndarray of bool, shape (n_pairs,)

    Examples
    --------
    >>> values = np.array([[0.0, 7.0], [1.0, 7.0], [1.0, 9.0]])
    >>> within_reach(values, np.array([1.0, 1.0]), np.array([0, 1]), np.array([1, 2])).tolist()
    [True, False]
    """
    alive = np.arange(len(left), dtype=np.int64)
    for column in range(values.shape[1]):
        at = values[:, column]
        with np.errstate(over="ignore"):
            apart = np.abs(at[left[alive]] - at[right[alive]])
        alive = alive[apart <= reach[column] * (1 + _ROUNDING)]
    within = np.zeros(len(left), dtype=np.bool_)
    within[alive] = True
    return within
