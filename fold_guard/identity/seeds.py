"""Seeds that follow from one seed, and the order that a seed gives to rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fold_guard.identity.hashing import xxh64_integers

IntArray = npt.NDArray[np.int64]


def derived_seed(seed: int, turn: int) -> int:
    """Return the seed of one repeat or one round: XXH64 of its number under ``seed``.

    Parameters
    ----------
    seed : int
        0 <= seed < 2**64.
    turn : int
        0, 1, ...

    Examples
    --------
    >>> derived_seed(0, 0) == derived_seed(0, 0) != derived_seed(0, 1)
    True
    """
    return int(xxh64_integers(np.array([turn], dtype=np.int64), seed)[0])


def row_keys(n_rows: int, seed: int) -> npt.NDArray[np.uint64]:
    """Return XXH64 of each row's position under ``seed``; no two are alike.

    >>> len(set(row_keys(100, seed=1).tolist()))
    100
    """
    # It maps eight bytes to eight bytes one to one.
    return xxh64_integers(np.arange(n_rows, dtype=np.int64), seed)


def shuffled_rows(n_rows: int, seed: int) -> IntArray:
    """Return row positions in the order of XXH64 of the position under ``seed``.

    >>> sorted(shuffled_rows(3, seed=1).tolist())
    [0, 1, 2]
    """
    return np.argsort(row_keys(n_rows, seed))


def shuffled_units(units: IntArray, seed: int) -> IntArray:
    """Return unit numbers in the order of XXH64 of the position of each unit's first row.

    One row speaks for a unit: the least hash of its rows would favour large units.

    Parameters
    ----------
    units : ndarray of int64, shape (n_rows,)
        0..n_units-1, each with a row.
    seed : int

    Examples
    --------
    >>> sorted(shuffled_units(np.array([0, 0, 1]), seed=1).tolist())
    [0, 1]
    """
    _, first = np.unique(units, return_index=True)
    return np.argsort(xxh64_integers(first.astype(np.int64), seed))
