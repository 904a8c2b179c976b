"""Units: the sets of rows that may never be separated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

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
    if len(linked) == 1:
        return _by_first_row(_apart(linked[0]))
    # Imported here: one key, the common case, needs no graph and no scipy.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows, values, offset = [], [], n_rows
    for key in linked:
        present = np.flatnonzero(key >= 0)
        rows.append(present)
        values.append(key[present] + offset)
        offset += int(key.max()) + 1
    ends = np.concatenate(rows), np.concatenate(values)
    graph = coo_array((np.ones(len(ends[0]), dtype=np.int8), ends), shape=(offset, offset))
    _, component = connected_components(graph, directed=False)
    return _by_first_row(component[:n_rows].astype(np.int64))


def _apart(key: IntArray) -> IntArray:
    """Give each null a code of its own."""
    null = key < 0
    return np.where(null, int(key.max()) + 1 + np.cumsum(null), key)


def _by_first_row(codes: IntArray) -> IntArray:
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    order = np.empty(len(first), dtype=np.int64)
    order[np.argsort(first, kind="stable")] = np.arange(len(first))
    return order[inverse.reshape(-1)]


def count_matrix(units: IntArray, strata: IntArray | None = None) -> IntArray:
    """Count the rows of each unit in each stratum.

    Parameters
    ----------
    units : ndarray of int64, shape (n_rows,)
        0..n_units-1.
    strata : ndarray of int64, shape (n_rows,), optional
        0..n_strata-1; None is one stratum for all.

    Returns
    -------
    ndarray of int64, shape (n_units, n_strata)

    Examples
    --------
    >>> import numpy as np
    >>> count_matrix(np.array([0, 0, 1]), np.array([0, 1, 1])).tolist()
    [[1, 1], [0, 1]]
    """
    n_units = int(units.max(initial=-1)) + 1
    if strata is None:
        return np.bincount(units, minlength=n_units).astype(np.int64).reshape(-1, 1)
    n_strata = int(strata.max(initial=-1)) + 1
    flat = np.bincount(units * n_strata + strata, minlength=n_units * n_strata)
    return flat.astype(np.int64).reshape(n_units, n_strata)
