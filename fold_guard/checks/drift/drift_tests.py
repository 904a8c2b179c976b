"""Two-sample and k-sample tests of one feature over folds, for rows that come in groups.

Rows of one group are alike, so that a fold of whole groups differs from the others by chance more
than as many independent rows would. Every test is therefore scaled by a design effect (L. Kish,
Survey Sampling, 1965): the variance of a sum over groups dealt as wholes, over its variance if
rows were dealt one by one. For counts this is the first-order correction of J. N. K. Rao and
A. J. Scott (The analysis of categorical data from complex sample surveys, JASA 76, 1981).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
# Below this expected count the chi-squared distribution is a poor approximation.
EXPECTED = 5


@dataclass(frozen=True, slots=True)
class Sample:
    """The result of one test.

    Attributes
    ----------
    test : str
        ``ks`` or ``chi2``.
    statistic : float
        As if rows were independent: what scipy returns.
    effect : float
        The largest difference between the two shares of any set of values (``chi2``: total
        variation distance) or of any range from the least value up (``ks``: D itself), 0 to 1.
    p_value : float
        Not adjusted for the number of tests.
    design_effect : float
    at : int
        The code where the two differ most (``ks``: the upper end of the range); -1: rare ones.
    share, other_share : float
        How much of the fold, and of what it is held against, lies there.
    """

    test: str
    statistic: float
    effect: float
    p_value: float
    design_effect: float
    at: int
    share: float
    other_share: float


def ranked_design_effect(codes: IntArray, clusters: IntArray | None) -> float:
    """Return the design effect of a mean of ranks; 1 without clusters, and never below.

    Parameters
    ----------
    codes : ndarray of int64, shape (n_rows,)
        >= 0, in the order of the values.
    clusters : ndarray of int64, shape (n_rows,), or None
        >= 0.

    Examples
    --------
    >>> ranked_design_effect(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1]))
    2.0
    """
    if clusters is None:
        return 1.0
    counts = np.bincount(codes)
    # Twice the midrank, centred: whole numbers, so that no order of adding changes a sum.
    centred = 2 * np.cumsum(counts) - counts - len(codes)
    apart = float((counts * centred.astype(np.float64) ** 2).sum())
    sums = np.bincount(clusters, weights=centred[codes])
    # The order of clusters may follow that of rows; sorted, it does not.
    together = float(np.sort(sums**2).sum())
    return max(1.0, together / apart) if apart else 1.0


def counted_design_effect(codes: IntArray, clusters: IntArray | None) -> float:
    """Return the mean generalised design effect of the shares of categories, at least 1.

    Parameters
    ----------
    codes : ndarray of int64, shape (n_rows,)
        0..n_categories-1, each there.
    clusters : ndarray of int64, shape (n_rows,), or None

    Examples
    --------
    >>> counted_design_effect(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1]))
    2.0
    """
    width = int(codes.max(initial=-1)) + 1
    if clusters is None or width < 2:
        return 1.0
    sizes = np.bincount(clusters)
    shares = np.bincount(codes) / len(codes)
    pairs, held = np.unique(clusters * width + codes, return_counts=True)
    category, size = pairs % width, sizes[pairs // width]
    squares = np.bincount(category, weights=held**2, minlength=width)
    products = np.bincount(category, weights=held * size, minlength=width)
    every = float((sizes**2).sum())
    around = squares - 2 * shares * products + shares**2 * every
    return max(1.0, float((around / shares).sum()) / (len(codes) * (width - 1)))


def ordered_against_rest(
    codes: IntArray, folds: IntArray, tested: Sequence[int], clusters: IntArray | None
) -> dict[int, Sample]:
    """Hold each fold against all other rows: two-sample Kolmogorov-Smirnov.

    The statistic is exact, with ties; the p-value is that of Kolmogorov's limiting distribution
    for n1 n2 / (n1 + n2) rows over the design effect, which is never far below the exact one.

    Parameters
    ----------
    codes : ndarray of int64, shape (n_rows,)
        >= 0, in the order of the values.
    folds : ndarray of int64, shape (n_rows,)
    tested : sequence of int
        Folds that have rows, and are not all rows.
    clusters : ndarray of int64, shape (n_rows,), or None
        Rows that were dealt together.

    Examples
    --------
    >>> halves = np.array([0, 1, 2, 3]), np.array([0, 0, 1, 1])
    >>> ordered_against_rest(*halves, [0], None)[0].statistic
    1.0
    """
    from scipy.special import kolmogorov

    design = ranked_design_effect(codes, clusters)
    total = np.cumsum(np.bincount(codes))
    found = {}
    for fold in tested:
        own = np.cumsum(np.bincount(codes[folds == fold], minlength=len(total)))
        inside, outside = int(own[-1]), int(total[-1] - own[-1])
        below, other = own / inside, (total - own) / outside
        at = int(np.argmax(np.abs(below - other)))
        distance = float(abs(below[at] - other[at]))
        effective = inside * outside / (inside + outside) / design
        found[fold] = Sample(
            "ks",
            distance,
            distance,
            float(kolmogorov(np.sqrt(effective) * distance)),
            design,
            at,
            float(below[at]),
            float(other[at]),
        )
    return found


def counts_against_rest(
    codes: IntArray, folds: IntArray, tested: Sequence[int], clusters: IntArray | None
) -> dict[int, Sample]:
    """Hold the counts of categories of each fold against those of all other rows: chi-squared.

    Categories are to be pooled before (`pooled`); parameters as of `ordered_against_rest`.

    Examples
    --------
    >>> halves = np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1])
    >>> counts_against_rest(*halves, [0], None)[0].statistic
    4.0
    """
    design = counted_design_effect(codes, clusters)
    total = np.bincount(codes)
    found = {}
    for fold in tested:
        own = np.bincount(codes[folds == fold], minlength=len(total))
        statistic, p_value = _chi_squared(np.stack([own, total - own]), design)
        share, other = own / own.sum(), (total - own) / (total - own).sum()
        at = int(np.argmax(np.abs(share - other)))
        effect = float(np.abs(share - other).sum() / 2)
        found[fold] = Sample(
            "chi2", statistic, effect, p_value, design, at, float(share[at]), float(other[at])
        )
    return found


def counts_between(
    codes: IntArray, folds: IntArray, tested: Sequence[int], clusters: IntArray | None
) -> tuple[int, Sample]:
    """Hold the counts of categories of all folds together: chi-squared of a k-row table.

    Returns
    -------
    int
        The fold that is farthest from all folds together.
    Sample
        With the distance of that fold from all folds together as effect.
    """
    inside = np.isin(folds, tested)
    design = counted_design_effect(codes, clusters)
    width = int(codes.max()) + 1
    table = np.stack([np.bincount(codes[folds == fold], minlength=width) for fold in tested])
    statistic, p_value = _chi_squared(table, design)
    shares = table / table.sum(axis=1, keepdims=True)
    overall = np.bincount(codes[inside], minlength=width) / inside.sum()
    away = np.abs(shares - overall)
    worst = int(np.argmax(away.sum(axis=1)))
    at = int(np.argmax(away[worst]))
    effect = float(away[worst].sum() / 2)
    share, other = float(shares[worst, at]), float(overall[at])
    return tested[worst], Sample("chi2", statistic, effect, p_value, design, at, share, other)


def _chi_squared(table: IntArray, design: float) -> tuple[float, float]:
    from scipy.stats import chi2

    # A category that none of these rows has adds neither to the sum nor to the freedom.
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2:
        return 0.0, 1.0
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    statistic = float(((table - expected) ** 2 / expected).sum())
    freedom = (table.shape[0] - 1) * (table.shape[1] - 1)
    return statistic, float(chi2.sf(statistic / design, freedom))


def pooled(codes: IntArray, weight: IntArray, share: float) -> tuple[IntArray, IntArray]:
    """Pool categories that the smallest fold would hold too few of.

    Parameters
    ----------
    codes : ndarray of int64, shape (n_rows,)
        >= 0.
    weight : ndarray of int64, shape (n_codes,)
        How often each occurs: in rows, or in groups of rows that are alike.
    share : float
        Of the smallest fold.

    Returns
    -------
    ndarray of int64, shape (n_rows,)
        0..n-1. All zero when no two categories are frequent enough.
    ndarray of int64, shape (n,)
        The old code of each; -1 for the pool of rare ones.

    Examples
    --------
    >>> codes = np.repeat([0, 1, 2, 3], [50, 40, 3, 4])
    >>> pooled(codes, np.bincount(codes), 0.5)[1].tolist()  # 3 and 4 rows are too few for half
    [0, 1]
    """
    often = weight * share >= EXPECTED
    kept = np.flatnonzero(often)
    names = kept.copy()
    place = np.full(len(weight), len(kept), dtype=np.int64)
    place[kept] = np.arange(len(kept))
    rest = int(weight[~often].sum())
    if rest * share >= EXPECTED:
        names = np.append(names, -1)
    elif len(kept):
        # What is too rare even together joins the rarest that is not.
        rarest = int(np.argmin(weight[kept]))
        place[~often] = rarest
    else:
        names = np.array([-1], dtype=np.int64)
    return place[codes], names


def quantile_bins(codes: IntArray, n_bins: int) -> IntArray:
    """Return each row's part of the values, by the middle of its ties: 0..n-1, each there.

    Examples
    --------
    >>> quantile_bins(np.array([0, 1, 2, 2]), 2).tolist()
    [0, 0, 1, 1]
    """
    counts = np.bincount(codes)
    middle = np.cumsum(counts) - counts / 2
    _, bins = np.unique((n_bins * middle / len(codes)).astype(np.int64), return_inverse=True)
    return bins.astype(np.int64)[codes]
