"""How well one feature, cut into bins, predicts the label of held-out rows: from counts alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
PARTS = 5
# A bin is predicted from its train rows and from so many more that are like all train rows: one
# keeps shares of few rows from being ranked at the ends; a tenth keeps means from being pulled in.
PRIOR_OF_CLASSES = 1.0
PRIOR_OF_MEANS = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Folds, joined to a few parts that are held out one after the other.

    Attributes
    ----------
    codes : ndarray of int64, shape (n_rows,)
        0..n-1; n for a row that always trains; n + 1 for one that takes no part.
    n : int
        Parts that are held out, `PARTS` at most.
    forward : bool
        Whether a part is predicted from the parts before it alone.
    """

    codes: IntArray
    n: int
    forward: bool = False

    @classmethod
    def of_folds(cls, folds: IntArray, *, forward: bool = False) -> Parts:
        """Join folds: every fifth to one part, or neighbours where they stand for time.

        No row of a fold is ever predicted from rows of its own fold. Rows of fold -1 always train
        (forward: they take no part), rows of -2 take no part.

        Examples
        --------
        >>> Parts.of_folds(np.array([0, 1, -1, -2])).codes.tolist()
        [0, 1, 2, 3]
        """
        present = np.bincount(folds[folds >= 0]) > 0
        number = np.cumsum(present) - 1
        count = int(present.sum())
        if count > PARTS:
            number = number * PARTS // count if forward else number % PARTS
        n = min(count, PARTS)
        # Places of -2 and -1 come first.
        place = np.concatenate([[n + 1, n + 1 if forward else n], number]).astype(np.int64)
        return cls(place[folds + 2], n, forward)


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """What was counted of a feature and a label.

    Attributes
    ----------
    rows : ndarray of float64, shape (n_parts + 1, n_bins)
        Labelled rows of each part and bin; the last part always trains.
    sums : ndarray of float64, shape (n_parts + 1, n_bins, n_classes)
        How many of them are of each class; of a continuous label, the sum of its values.
    forward : bool
    ordered : bool
        Whether neighbouring bins hold neighbouring values.
    missing : int or None
        The bin that has no neighbours.
    """

    rows: FloatArray
    sums: FloatArray
    forward: bool = False
    ordered: bool = False
    missing: int | None = None

    def of_missing(self) -> Tally:
        """Return the tally of two bins: the missing values, and all others."""
        assert self.missing is not None
        at = [self.missing]
        rows, sums = self.rows[:, at], self.sums[:, at]
        return Tally(
            np.concatenate([self.rows.sum(axis=1, keepdims=True) - rows, rows], axis=1),
            np.concatenate([self.sums.sum(axis=1, keepdims=True) - sums, sums], axis=1),
            self.forward,
        )

    def predicted(self, prior: float) -> tuple[FloatArray, FloatArray]:
        """Predict each part from the rows that train for it.

        A bin is predicted by the mean of its train rows and of ``prior`` more that are like all
        train rows; one without train rows as the nearest bin that has some, if bins are ordered.

        Parameters
        ----------
        prior : float
            Above 0.

        Returns
        -------
        predictions : ndarray of float64, shape (n_parts, n_bins, n_classes)
        trained : ndarray of float64, shape (n_parts,)
            Rows that train for each part.
        """
        if self.forward:
            rows = np.cumsum(self.rows[:-1], axis=0) - self.rows[:-1]
            sums = np.cumsum(self.sums[:-1], axis=0) - self.sums[:-1]
        else:
            rows = self.rows.sum(axis=0) - self.rows[:-1]
            sums = self.sums.sum(axis=0) - self.sums[:-1]
        trained = rows.sum(axis=1)
        mean = sums.sum(axis=1) / np.maximum(trained, 1.0)[:, None]
        found = (sums + prior * mean[:, None, :]) / (rows + prior)[:, :, None]
        if self.ordered and (rows == 0).any():
            nearest = _nearest(rows > 0, self.missing)
            found = np.take_along_axis(found, nearest[:, :, None], axis=1)
        return found, trained


def _nearest(seen: npt.NDArray[np.bool_], missing: int | None) -> IntArray:
    """Return for each bin the nearest one that was seen, the lower of two; itself for none."""
    n_bins = seen.shape[1]
    own = np.arange(n_bins)
    known = seen.copy()
    if missing is not None:
        known[:, missing] = False
    far = 3 * n_bins
    below = np.maximum.accumulate(np.where(known, own, -far), axis=1)
    above = np.minimum.accumulate(np.where(known, own, far)[:, ::-1], axis=1)[:, ::-1]
    nearest = np.where(own - below <= above - own, below, above)
    nearest = np.where((nearest < 0) | (nearest >= n_bins), own, nearest)
    if missing is not None:
        nearest[:, missing] = missing
    return nearest


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Scores of one feature, one for each class.

    Attributes
    ----------
    values : ndarray of float64, shape (n_classes,)
        NaN for a class of which no part holds a row beside rows of another class.
    lower : ndarray of float64, shape (n_classes,)
        Two standard errors below: what chance does not explain.
    """

    values: FloatArray
    lower: FloatArray


def roc_auc(tally: Tally) -> Scores:
    """Return the area under the ROC curve of each class against all others, on held-out rows.

    Of all pairs of a row of the class and another row of the same part: the share in which the
    former is ranked higher, ties counting half. It is the mean of the areas of the parts, each
    weighted with its pairs. The standard error is that of Hanley and McNeil (1982); since it is 0
    at an area of 1, it is taken at the area that one more row of the smaller class, ranked by
    chance, would leave.

    Parameters
    ----------
    tally : Tally
        ``sums`` are counts.

    References
    ----------
    Hanley & McNeil (1982), The meaning and use of the area under a receiver operating
    characteristic (ROC) curve, Radiology 143(1), 29-36, doi:10.1148/radiology.143.1.7063747.

    Examples
    --------
    >>> counts = np.array([[[0.0], [5.0]], [[0.0], [5.0]], [[0.0], [0.0]]])
    >>> roc_auc(Tally(np.array([[5.0, 5.0], [5.0, 5.0], [0.0, 0.0]]), counts)).values.tolist()
    [1.0]
    """
    predictions, trained = tally.predicted(PRIOR_OF_CLASSES)
    order = np.argsort(predictions, axis=1, kind="stable")
    ranked = np.take_along_axis(predictions, order, axis=1)
    inside = np.take_along_axis(tally.sums[:-1], order, axis=1)
    outside = np.take_along_axis(tally.rows[:-1][:, :, None] - tally.sums[:-1], order, axis=1)
    upto = np.cumsum(outside, axis=1)
    first = np.ones(ranked.shape, dtype=np.bool_)
    first[:, 1:] = ranked[:, 1:] != ranked[:, :-1]
    last = np.ones(ranked.shape, dtype=np.bool_)
    last[:, :-1] = first[:, 1:]
    # Rows outside of the class that are ranked lower, and those ranked no higher.
    lower = np.maximum.accumulate(np.where(first, upto - outside, 0), axis=1)
    upper = np.minimum.accumulate(np.where(last, upto, np.inf)[:, ::-1], axis=1)[:, ::-1]
    won = (inside * (lower + upper)).sum(axis=1) / 2
    positives, negatives = inside.sum(axis=1), outside.sum(axis=1)
    pairs = np.where(trained[:, None] > 0, positives * negatives, 0.0)
    total = pairs.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        area = np.where(pairs > 0, won, 0.0).sum(axis=0) / total
        few = np.minimum(
            np.where(pairs > 0, positives, 0.0).sum(axis=0),
            np.where(pairs > 0, negatives, 0.0).sum(axis=0),
        )
        shrunken = (area * few + 0.5) / (few + 1)
        variance = _hanley_mcneil(shrunken, positives, negatives)
        error = np.sqrt(np.where(pairs > 0, (pairs / total) ** 2 * variance, 0.0).sum(axis=0))
    return Scores(area, np.where(total > 0, shrunken - 2 * error, np.nan))


def _hanley_mcneil(area: FloatArray, positives: FloatArray, negatives: FloatArray) -> FloatArray:
    two_positives = area / (2 - area)
    two_negatives = 2 * area**2 / (1 + area)
    variance: FloatArray = (
        area * (1 - area)
        + (positives - 1) * (two_positives - area**2)
        + (negatives - 1) * (two_negatives - area**2)
    ) / (positives * negatives)
    return variance


def r_squared(tally: Tally, squares: FloatArray) -> Scores:
    """Return the share of a continuous label's variance that the bins explain on held-out rows.

    One minus the squared errors over the squared distances from the mean of the part, both summed
    over the parts. The standard error is the one of Olkin and Finn (1995) for one predictor, taken
    at what one more row that is not explained at all would leave.

    Parameters
    ----------
    tally : Tally
        ``sums`` hold the sum of the label's values.
    squares : ndarray of float64, shape (n_parts + 1,)
        Sum of their squares in each part.

    References
    ----------
    Olkin & Finn (1995), Correlations redux, Psychological Bulletin 118(1), 155-164,
    doi:10.1037/0033-2909.118.1.155.

    Examples
    --------
    >>> tally = Tally(np.array([[5.0, 5.0]] * 2 + [[0.0, 0.0]]),
    ...               np.array([[[5.0], [15.0]]] * 2 + [[[0.0], [0.0]]]))
    >>> r_squared(tally, np.array([50.0, 50.0, 0.0])).values.round(2).tolist()
    [1.0]
    """
    predictions, trained = tally.predicted(PRIOR_OF_MEANS)
    rows, sums, guess = tally.rows[:-1], tally.sums[:-1, :, 0], predictions[:, :, 0]
    used = (trained > 0) & (rows.sum(axis=1) > 0)
    missed = squares[:-1] - (2 * guess * sums).sum(axis=1) + (guess**2 * rows).sum(axis=1)
    whole = squares[:-1] - sums.sum(axis=1) ** 2 / np.maximum(rows.sum(axis=1), 1.0)
    spread, n = whole[used].sum(), rows[used].sum()
    if not spread > 0:
        return Scores(np.array([np.nan]), np.array([np.nan]))
    explained = 1 - missed[used].sum() / spread
    return Scores(*(np.array([each]) for each in _below(float(explained), float(n))))


def _below(explained: float, n: float) -> tuple[float, float]:
    """Return R² and two standard errors below it."""
    shrunken = explained * n / (n + 1)
    inside = max(shrunken, 0.0)
    return explained, shrunken - 2 * (2 * math.sqrt(inside) * (1 - inside) / math.sqrt(max(n, 1)))


def attainable_auc(whole: Tally) -> float:
    """Return the highest lower bound that a perfect feature would have for any class.

    Parameters
    ----------
    whole : Tally
        All rows in one bin.

    Returns
    -------
    float
        0 where nothing can be scored.
    """
    best = 0.0
    # Classes with as many rows in each part are told apart as well as each other.
    for counts in np.unique(whole.sums[:, 0, :], axis=1).T:
        inside = counts[:, None]
        rows = np.concatenate([whole.rows - inside, inside], axis=1)
        sums = np.concatenate([np.zeros_like(inside), inside], axis=1)[:, :, None]
        lower = roc_auc(Tally(rows, sums, whole.forward)).lower[0]
        best = max(best, 0.0 if np.isnan(lower) else float(lower))
    return best


def attainable_r_squared(whole: Tally) -> float:
    """Return the lower bound that a perfect feature would have for a continuous label."""
    return _below(1.0, float(whole.rows[:-1].sum()))[1]
