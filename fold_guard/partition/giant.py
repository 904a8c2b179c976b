"""Why the largest unit is so large: which key links it, and through which values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fold_guard.partition.units import connected_units

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class KeyPart:
    """What one key does to the largest unit.

    Attributes
    ----------
    without : int
        Rows of the largest unit that there would be without this key.
    values : tuple of (int, int, int)
        The codes that link most: code, its rows in the unit, and how many units it joins that
        the other keys leave apart.
    """

    without: int
    values: tuple[tuple[int, int, int], ...]


def largest_unit(units: IntArray, keys: Sequence[IntArray], shown: int = 3) -> tuple[KeyPart, ...]:
    """Take the largest unit apart, key by key.

    Parameters
    ----------
    units : ndarray of int64, shape (n_rows,)
        As `connected_units` gives them for the keys.
    keys : sequence of ndarray of int64, shape (n_rows,)
        Codes >= 0, or negative for null.
    shown : int
        Values named a key.

    Returns
    -------
    tuple of KeyPart
        One a key.

    Examples
    --------
    >>> artist, title = np.array([0, 0, 1, 2]), np.array([0, 1, 1, 2])
    >>> units = connected_units(4, [artist, title])
    >>> largest_unit(units, [artist, title])[1]
    KeyPart(without=2, values=((1, 2, 2), (0, 1, 1)))
    """
    n_rows = len(units)
    inside = np.flatnonzero(units == np.bincount(units).argmax())
    parts = []
    for at, key in enumerate(keys):
        others = [other for place, other in enumerate(keys) if place != at]
        apart = connected_units(n_rows, others)
        codes, pieces = key[inside], apart[inside]
        known = codes >= 0
        rows = np.bincount(codes[known], minlength=1)
        joined = np.bincount(np.unique(np.stack([codes[known], pieces[known]]), axis=1)[0])
        order = np.lexsort((np.arange(len(joined)), -rows[: len(joined)], -joined))[:shown]
        parts.append(
            KeyPart(
                without=int(np.bincount(apart).max()),
                values=tuple(
                    (int(code), int(rows[code]), int(joined[code]))
                    for code in order
                    if joined[code] > 0
                ),
            )
        )
    return tuple(parts)
