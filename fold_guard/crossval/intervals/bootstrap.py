"""Bootstrap by unit: intervals for whatever can be computed from sums over units."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.intervals.means import Interval

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

FloatArray: TypeAlias = npt.NDArray[np.float64]
Statistic: TypeAlias = Callable[[FloatArray], npt.ArrayLike]
Limits: TypeAlias = tuple[float, float]

UNBOUNDED: Limits = (-math.inf, math.inf)
DRAWS = 2000
_BLOCK_BYTES = 32_000_000
# Half a unit at the far end, as Jeffreys' prior has it for a rate: in simulations (10 to 100
# units, rates of .7 to .97) it covers where none covers 40% to 90%; a whole one is needlessly wide.
_UNSEEN_SHAPE = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Resampled:
    """Sums over units, drawn anew many times; one set of draws serves many statistics.

    Attributes
    ----------
    observed : ndarray of float64, shape (m,)
        Sums over all units.
    sums : ndarray of float64, shape (draws, m)
        Weighted sums over all units, of weights whose mean over the units is 1.
    weights : ndarray of float64, shape (draws,)
        Total weight of each draw, before it was scaled so; about n_units.
    unseen : ndarray of float64, shape (draws,)
        Weight of a unit such as was not seen, on the scale of ``weights``.
    n_units : int
    inflation : float
        Of the variance.
    """

    observed: FloatArray
    sums: FloatArray
    weights: FloatArray
    unseen: FloatArray
    n_units: int
    inflation: float

    def interval(
        self,
        statistic: Statistic,
        *,
        confidence: float = 0.95,
        limits: Limits = UNBOUNDED,
        counted: int | None = None,
    ) -> Interval:
        """Return the interval of a statistic of the sums.

        Parameters
        ----------
        statistic : callable
            Takes sums, shape (n, m), gives n values.
        confidence : float
            Between 0 and 1, two-sided.
        limits : (float, float)
            The range of the statistic; an end that is infinite stays without the unseen unit.
        counted : int, optional
            A column of the sums that is 1 for the units on which the statistic rests, else 0 (for
            the recall of a class: the units that have rows of it); default: on all.

        Raises
        ------
        ValueError
            Fewer than two such units, or the statistic is undefined.
        """
        from scipy.special import ndtr, stdtrit

        resting = float(self.n_units) if counted is None else float(self.observed[counted])
        if resting < 2:
            raise ValueError(f"needs at least two units, there are {resting:g}")
        weights = self.weights
        if counted is not None:
            weights = self.sums[:, counted] * self.weights / self.n_units
        values = np.asarray(statistic(self.sums), dtype=np.float64)
        centre = float(np.asarray(statistic(self.observed[None]), dtype=np.float64)[0])
        if not math.isfinite(centre) or not np.isfinite(values).all():
            raise ValueError("the statistic is undefined on these units")
        # Percentiles widened from the normal to Student's t (Hesterberg 2015).
        level = float(ndtr(stdtrit(resting - 1, (1 - confidence) / 2)))
        share = self.unseen / (self.unseen + weights)
        low, high = (
            float(np.quantile((1 - share) * values + share * end, at))
            if math.isfinite(end)
            else float(np.quantile(values, at))
            for end, at in zip(limits, (level, 1 - level), strict=True)
        )
        wider = math.sqrt(self.inflation)
        return Interval(
            max(limits[0], centre + wider * (low - centre)),
            min(limits[1], centre + wider * (high - centre)),
        )


def resample(
    sums: npt.ArrayLike, *, inflation: float = 1.0, draws: int = DRAWS, seed: int = 0
) -> Resampled:
    """Draw weights for units, and sum what they hold; see :func:`unit_bootstrap`.

    Parameters
    ----------
    sums : array_like of float, shape (n_units, m)
        Finite. Their order is of no account.
    inflation : float
        At least 1.
    draws, seed : int
        The time it takes is that of draws x units, 10 ns each; what is larger than some thousands
        of units is better put together in random blocks first.

    Raises
    ------
    ValueError
        The sums are no finite table, or inflation is below 1.
    """
    table = np.ascontiguousarray(sums, dtype=np.float64)
    if table.ndim != 2 or not len(table) or not np.isfinite(table).all():
        raise ValueError("needs finite sums, one row a unit")
    if not inflation >= 1:
        raise ValueError(f"inflation is at least 1, got {inflation}")
    n_units = len(table)
    random = np.random.Generator(np.random.Philox(seed))
    # Units that hold the same may share a weight: sums of gamma variables are gamma variables.
    table, alike = _merged(table)
    drawn, weights = np.empty((draws, table.shape[1])), np.empty(draws)
    block = max(1, _BLOCK_BYTES // (8 * len(table)))
    single = len(table) == n_units
    # The last bits of a matrix product hang on how many threads share it.
    with _blas().limit(limits=1):
        for start in range(0, draws, block):
            rows = slice(start, min(start + block, draws))
            shape = rows.stop - start, len(table)
            # The exponential is the gamma of one unit, several times as fast.
            own = (
                random.standard_exponential(shape)
                if single
                else random.standard_gamma(alike, shape)
            )
            weights[rows] = own.sum(axis=1)
            drawn[rows] = (own @ table) * (n_units / weights[rows])[:, None]
    unseen = random.standard_gamma(_UNSEEN_SHAPE, draws)
    return Resampled(alike @ table, drawn, weights, unseen, n_units, inflation)


def unit_bootstrap(
    sums: npt.ArrayLike,
    statistic: Statistic,
    *,
    inflation: float = 1.0,
    confidence: float = 0.95,
    limits: Limits = UNBOUNDED,
    counted: int | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval:
    r"""Interval for a statistic of sums over units: accuracy, recall, a mean loss, R squared.

    The Bayesian bootstrap of Rubin (1981), by unit: each unit has an exponential weight, the
    statistic is computed of the weighted sums, and percentiles of it, widened from the normal to
    Student's t, are the interval. Three things are different from drawing units with replacement:

    - No unit is ever left out, so a class that few units have never vanishes from a draw.
    - The distances of both ends from the value are multiplied by the root of the inflation: as if
      n_units / inflation units had been drawn, which may be no whole number, or a very small one.
      Over predictions of a cross-validation the inflation is :math:`1 + n/n_{train}`, n being
      the rows tested in all rounds: what Nadeau and Bengio's correction
      (`fold_guard.crossval.intervals.means`) makes of the variance of k rounds.
    - Where the statistic has a range, half a unit at the near end of it is added to the draws for
      each bound. Units that all agree (a rate of 0 or 1) are no certainty then: for independent
      units of 0 and 1 the bounds are those of Beta distributions with half a success, or
      half a failure, more. With one more it would be the interval of Clopper and Pearson, and for
      a bounded mean the one of Gaffke (2005).

    Parameters
    ----------
    sums : array_like of float, shape (n_units, m)
        What each unit adds: numerators, denominators, counts. Finite.
    statistic : callable
        Takes sums, shape (n, m), gives n values.
    inflation : float
        At least 1.
    confidence : float
    limits : (float, float)
        Range of the statistic. Without a finite one, units that agree give an interval of no width.
    counted : int, optional
        A column of ``sums`` that is 1 for the units on which the statistic rests.
    draws : int
    seed : int

    Returns
    -------
    Interval
        Within the limits; the same for the same sums in any order.

    Raises
    ------
    ValueError
        Fewer than two units, sums that are not finite, or an undefined statistic.

    References
    ----------
    D. B. Rubin, The Bayesian bootstrap, Annals of Statistics 9 (1981), 130-134.
    T. C. Hesterberg, What teachers should know about the bootstrap, American Statistician 69
    (2015), 371-386. N. Gaffke, Three test statistics for a nonparametric one-sided hypothesis on
    the mean of a nonnegative variable, Mathematical Methods of Statistics 14 (2005), 451-467.

    Examples
    --------
    >>> hits_and_rows = [[3, 4], [2, 2], [5, 6], [0, 1], [4, 4], [3, 3]]
    >>> band = unit_bootstrap(hits_and_rows, lambda s: s[:, 0] / s[:, 1], limits=(0, 1))
    >>> 0 < band.low < 17 / 20 < band.high < 1
    True
    """
    drawn = resample(sums, inflation=inflation, draws=draws, seed=seed)
    return drawn.interval(statistic, confidence=confidence, limits=limits, counted=counted)


def paired_unit_bootstrap(
    now: npt.ArrayLike,
    then: npt.ArrayLike,
    statistic: Statistic,
    *,
    inflation: float = 1.0,
    confidence: float = 0.95,
    limits: Limits = UNBOUNDED,
    counted: int | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval:
    """Interval for the statistic of one set of sums minus that of another, of the same units.

    Both get the same weights, so what units have in common cancels out. Sums that are equal unit
    by unit differ by nothing: the interval is 0 to 0. Otherwise it is made as by
    :func:`unit_bootstrap`, with differences as wide as the limits allow.

    Parameters
    ----------
    now, then : array_like of float, shape (n_units, m)
        Row i of both is the same unit.
    statistic, inflation, confidence, limits, draws, seed
        As for :func:`unit_bootstrap`; the limits are those of the statistic, not of the difference.
    counted : int, optional
        A column of ``now``.

    Raises
    ------
    ValueError
        As :func:`unit_bootstrap`, and shapes that differ.

    Examples
    --------
    >>> then = [[1, 2], [3, 4], [2, 5], [1, 3]]
    >>> now = [[2, 2], [3, 4], [3, 5], [2, 3]]
    >>> band = paired_unit_bootstrap(now, then, lambda s: s[:, 0] / s[:, 1])
    >>> 0 < band.low < 3 / 14 < band.high
    True
    >>> paired_unit_bootstrap(then, then, lambda s: s[:, 0] / s[:, 1], limits=(0, 1))
    Interval(low=0.0, high=0.0)
    """
    first, second = (np.asarray(each, dtype=np.float64) for each in (now, then))
    if first.ndim != 2 or first.shape != second.shape:
        raise ValueError("needs two tables of sums of one shape")
    if np.array_equal(first, second):
        return Interval(0.0, 0.0)
    drawn = resample(np.hstack([first, second]), inflation=inflation, draws=draws, seed=seed)
    columns = first.shape[1]

    def difference(sums: FloatArray) -> FloatArray:
        parts = (statistic(sums[:, :columns]), statistic(sums[:, columns:]))
        mine, theirs = (np.asarray(each, dtype=np.float64) for each in parts)
        return mine - theirs

    width = limits[1] - limits[0]
    return drawn.interval(
        difference, confidence=confidence, limits=(-width, width), counted=counted
    )


@functools.cache
def _blas() -> ThreadpoolController:
    from threadpoolctl import ThreadpoolController

    # NumPy has loaded its own by now; to look for it takes longer than a small bootstrap.
    return ThreadpoolController().select(user_api="blas")


def _merged(table: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the different rows, in an order that theirs has no part in, and how many are alike."""
    table = table[np.lexsort(table.T[::-1])]
    first = np.ones(len(table), dtype=bool)
    first[1:] = (table[1:] != table[:-1]).any(axis=1)
    starts = np.flatnonzero(first)
    return table[starts], np.diff(np.append(starts, len(table))).astype(np.float64)
