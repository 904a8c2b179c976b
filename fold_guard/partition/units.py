"""Units: the sets of rows that may never be separated."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from fold_guard.partition import kernel

IntArray = npt.NDArray[np.int64]


def connected_units(n_rows: int, keys: Sequence[IntArray]) -> IntArray:
    """Return the connected components of rows that share any key, as numbers.

    Parameters
    ----------
    n_rows : int
    keys : sequence of ndarray of int64, shape (n_rows,)
        One array a key: codes >= 0; a negative code (null) links nothing.

    Returns
    -------
    ndarray of int64, shape (n_rows,)
        0..n_units-1, numbered by the first row of each unit.

    Examples
    --------
    >>> import numpy as np
    >>> connected_units(4, [np.array([0, 0, 1, -1]), np.array([0, 1, 1, -1])]).tolist()
    [0, 0, 0, 1]
    >>> connected_units(2, []).tolist()
    [0, 1]
    """
    linked = [key for key in keys if key.size and key.max() >= 0]
    if not linked:
        return np.arange(n_rows, dtype=np.int64)
    codes = linked[0] if len(linked) == 1 else _components(n_rows, linked)
    codes = np.ascontiguousarray(codes, dtype=np.int64)
    units = np.empty(n_rows, dtype=np.int64)
    kernel.number_units(codes, np.full(int(codes.max()) + 1, -1, dtype=np.int64), units)
    return units


def _components(n_rows: int, keys: Sequence[IntArray]) -> IntArray:
    # Imported here: one key, the common case, needs no graph and no scipy.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    # The values of the first key are the nodes that the other keys join; a row without one is a
    # node by itself.
    first = keys[0]
    offset = int(first.max()) + 1
    alone = first < 0
    node = first.copy()
    node[alone] = offset + np.arange(np.count_nonzero(alone))
    offset += int(np.count_nonzero(alone))
    nodes, values = [], []
    for key in keys[1:]:
        present = np.flatnonzero(key >= 0)
        nodes.append(node[present])
        values.append(key[present] + offset)
        offset += int(key.max()) + 1
    ends = np.concatenate(nodes), np.concatenate(values)
    graph = coo_array((np.ones(len(ends[0]), dtype=np.int8), ends), shape=(offset, offset))
    _, component = connected_components(graph, directed=False)
    return component[node].astype(np.int64)


def rank_units(
    units: IntArray, keys: npt.NDArray[np.uint64], order: Callable[[], IntArray]
) -> IntArray:
    """Rank units by the smallest key among their rows.

    Parameters
    ----------
    units : ndarray of int64, shape (n_rows,)
        0..n_units-1.
    keys : ndarray of uint64, shape (n_rows,)
        A hash of each row's id, say.
    order : callable -> ndarray of int64, shape (n_rows,)
        All rows by key and then by whatever tells equal keys apart; asked for only when the
        smallest keys of two units are equal.

    Returns
    -------
    ndarray of int64, shape (n_units,)
        A permutation.

    Examples
    --------
    >>> keys = np.array([9, 5, 7], dtype=np.uint64)
    >>> rank_units(np.array([0, 1, 0]), keys, lambda: np.array([1, 2, 0])).tolist()
    [1, 0]
    """
    n_units = int(units.max(initial=-1)) + 1
    least = np.full(n_units, np.iinfo(np.uint64).max, dtype=np.uint64)
    kernel.least_of_unit(units, keys, least)
    by_key = np.argsort(least, kind="stable")
    ascending = least[by_key]
    if (ascending[1:] == ascending[:-1]).any():
        _, first = np.unique(units[order()], return_index=True)
        by_key = np.argsort(first)
    rank = np.empty(n_units, dtype=np.int64)
    rank[by_key] = np.arange(n_units)
    return rank
