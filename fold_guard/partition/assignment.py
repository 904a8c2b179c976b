"""The kernel: assign units to k folds so that every fold's strata are close to the ideal.

Units with the same counts are interchangeable, so the work is done once per distinct row of the
count matrix (a *kind*). Kinds are placed from the largest down; the members of one kind are dealt
at once by filling the folds with the least marginal cost first, which is what dealing them one
after the other would give. All costs are whole numbers: the result is the same on every machine.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fold_guard.errors import InfeasibleError

IntArray = npt.NDArray[np.int64]

# Strata weigh in inverse proportion to their size (a chi-squared distance), in units of 2**-30. No
# intermediate value exceeds 8 * folds * rows * 2**30, so 10**7 rows and 100 folds stay exact.
_WEIGHT = 1 << 30
_LARGEST = 2**63 // (8 * _WEIGHT) - 1


def assign_units(counts: IntArray, rank: IntArray, n_splits: int) -> IntArray:
    """Assign each unit to a fold.

    Minimises the sum over folds and strata of ``(count - ideal)**2 / total``, greedily.

    Parameters
    ----------
    counts : ndarray of int64, shape (n_units, n_strata)
        Rows of each unit in each stratum; no unit is empty.
    rank : ndarray of int64, shape (n_units,)
        A permutation that orders units of equal counts; the seed enters here.
    n_splits : int
        k >= 2.

    Returns
    -------
    ndarray of int64, shape (n_units,)
        0..k-1; every fold holds at least one unit.

    Raises
    ------
    InfeasibleError
        Fewer units than folds.

    Examples
    --------
    >>> import numpy as np
    >>> assign_units(np.array([[3], [1], [2]]), np.arange(3), 2).tolist()
    [0, 1, 1]
    """
    n_units, _ = counts.shape
    if n_units < n_splits:
        raise InfeasibleError(
            f"{n_units} units cannot fill {n_splits} folds",
            remedy=f"Use n_splits <= {n_units}." if n_units > 1 else "Add data.",
        )
    sizes = counts.sum(axis=1, keepdims=True)
    weighed = np.hstack([counts, sizes])
    totals = weighed.sum(axis=0)
    if n_splits * int(totals[-1]) > _LARGEST:
        raise InfeasibleError(
            f"{int(totals[-1]):,} rows times {n_splits:,} folds exceed what whole numbers of 64 "
            "bits can weigh exactly",
            remedy=f"Use n_splits <= {_LARGEST // int(totals[-1])}, or fewer rows.",
        )
    weights = _WEIGHT // np.maximum(totals, 1)

    kinds, kind_of = np.unique(counts, axis=0, return_inverse=True)
    kind_of = kind_of.reshape(-1)
    members = np.bincount(kind_of, minlength=len(kinds))
    by_kind = np.lexsort((rank, kind_of))
    starts = np.concatenate([[0], np.cumsum(members)])

    kind_rows = np.hstack([kinds, kinds.sum(axis=1, keepdims=True)])
    folds = np.empty(n_units, dtype=np.int64)
    filled = np.zeros((n_splits, weighed.shape[1]), dtype=np.int64)
    for kind in _largest_first(kind_rows):
        row = kind_rows[kind]
        pull = row * weights
        # Twice the slope of the cost of the first member in each fold, times k to stay whole.
        slope = ((n_splits * filled - totals) * pull).sum(axis=1)
        curve = int((row * pull).sum()) * n_splits
        dealt = _deal(int(members[kind]), slope, curve, filled[:, -1])
        units = by_kind[starts[kind] : starts[kind + 1]]
        # Round by round rather than fold by fold: neighbours in rank land in different folds.
        turns = np.concatenate([np.arange(d) for d in dealt])
        takers = np.repeat(np.arange(n_splits), dealt)
        folds[units] = takers[np.lexsort((takers, turns))]
        filled += dealt[:, None] * row
    return folds


def _largest_first(kinds: IntArray) -> IntArray:
    """Order kinds by size, then by concentration, then by their counts: big stones first."""
    concentration = (kinds[:, :-1] ** 2).sum(axis=1)
    keys = [*(-kinds[:, s] for s in range(kinds.shape[1] - 1)), -concentration, -kinds[:, -1]]
    return np.lexsort(keys)


def _deal(members: int, slope: IntArray, curve: int, sizes: IntArray) -> IntArray:
    """Return how many of ``members`` equal units each fold takes.

    The t-th unit in fold f costs ``2 * slope[f] + (2 * t - 1) * curve``; the cheapest are taken.
    """
    # Below `low` no fold takes a unit; at `high` the fold with the least slope alone takes all.
    low = 2 * int(slope.min())
    high = low + (2 * members + 1) * curve
    while low < high:
        level = (low + high) // 2
        if _takes(level, slope, curve).sum() >= members:
            high = level
        else:
            low = level + 1
    dealt = _takes(low - 1, slope, curve)
    rest = members - int(dealt.sum())
    tied = np.flatnonzero(_takes(low, slope, curve) > dealt)
    # Among equally cheap folds the emptiest comes first.
    order = tied[np.lexsort((tied, sizes[tied]))]
    dealt[order[:rest]] += 1
    return dealt


def _takes(level: int, slope: IntArray, curve: int) -> IntArray:
    return np.maximum(0, (level - 2 * slope + curve) // (2 * curve))
