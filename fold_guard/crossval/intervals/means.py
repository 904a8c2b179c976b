"""Confidence intervals: for a mean over rounds, and for a rate."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A two-sided interval."""

    low: float
    high: float


def corrected_interval(
    values: npt.ArrayLike,
    train_rows: npt.ArrayLike,
    test_rows: npt.ArrayLike,
    *,
    confidence: float = 0.95,
    parts: int | None = None,
) -> Interval:
    r"""Corrected resampled t interval for the mean score over rounds.

    The scores of k rounds are not independent: their training sides overlap. With variance
    :math:`\sigma^2` and correlation :math:`\rho` of any two scores,

    .. math::
        \mathrm{Var}(\bar a) = \sigma^2 \left(\tfrac1k + \tfrac{k-1}{k}\rho\right), \qquad
        \mathrm{E}[S^2] = \sigma^2 (1 - \rho),

    where S^2 is the sample variance with divisor k - 1. Hence :math:`S^2 (1/k + \rho/(1-\rho))`
    estimates the variance of the mean. Nadeau and Bengio take
    :math:`\rho = n_{test} / (n_{train} + n_{test})`, so that
    :math:`\rho/(1-\rho) = n_{test}/n_{train}`, and the interval is

    .. math::
        \bar a \pm t_{k-1} \, S \, \sqrt{1/k + n_{test}/n_{train}} .

    The ratio is of test to train rows, not of test to all rows, and S is not divided by the root
    of k once more. When the sides differ between rounds (forward rounds: training grows), the
    mean of n_test/n_train over the rounds is used. The correlation is a model, not a fact: no
    unbiased estimate of it exists, and for forward rounds, whose test blocks differ by time, the
    interval covers the mean over such blocks only. With r repeats of k folds, k is their r k
    rounds: the ratio stays, as the rounds of further repeats test the same rows again.

    Parameters
    ----------
    values : array_like of float, shape (k,)
        One score a round, k >= 2.
    train_rows, test_rows : array_like of int, shape (k,)
        Rows on each side, all at least 1.
    confidence : float
        Between 0 and 1.
    parts : int, optional
        How many parts of the data the rounds are made of, when they are choices of several: then
        t has no more than ``parts`` - 1 degrees of freedom.

    Returns
    -------
    Interval
        Not cut to the range of the metric.

    Raises
    ------
    ValueError
        Fewer than two scores, shapes that differ, an empty side, or a score that is not finite.

    References
    ----------
    C. Nadeau and Y. Bengio, Inference for the generalization error, Machine Learning 52
    (2003), 239-281, doi:10.1023/A:1024068626366.

    Examples
    --------
    >>> band = corrected_interval([0.7, 0.8, 0.9], [200] * 3, [100] * 3)
    >>> round(band.low, 4), round(band.high, 4)  # 0.8 +- 4.3027 * 0.1 * sqrt(1/3 + 1/2)
    (0.4072, 1.1928)
    """
    from scipy.special import stdtrit

    scores = np.asarray(values, dtype=np.float64)
    train = np.asarray(train_rows, dtype=np.float64)
    test = np.asarray(test_rows, dtype=np.float64)
    if scores.ndim != 1 or scores.size < 2 or not (scores.shape == train.shape == test.shape):
        raise ValueError("needs at least two scores, and as many train and test sizes")
    if not np.isfinite(scores).all() or train.min() < 1 or test.min() < 1:
        raise ValueError("needs finite scores and at least one row on each side")
    k = scores.size
    spread = float(scores.std(ddof=1)) * math.sqrt(1 / k + float((test / train).mean()))
    half = float(stdtrit(min(k, parts or k) - 1, 0.5 + confidence / 2)) * spread
    mean = float(scores.mean())
    return Interval(mean - half, mean + half)


def wilson_interval(successes: float, trials: float, *, confidence: float = 0.95) -> Interval:
    """Wilson's score interval for a rate.

    Unlike rate +- z * sqrt(rate * (1 - rate) / n) it never leaves [0, 1] and keeps a width at
    rates of 0 and 1. It takes the trials as independent.

    Parameters
    ----------
    successes, trials : float
        0 <= successes <= trials, trials >= 1; whole numbers, but for weighted trials.
    confidence : float
        Between 0 and 1.

    Raises
    ------
    ValueError
        The counts make no sense.

    References
    ----------
    E. B. Wilson, Probable inference, the law of succession, and statistical inference, Journal
    of the American Statistical Association 22 (1927), 209-212.

    Examples
    --------
    >>> band = wilson_interval(0, 10)
    >>> round(band.low, 4), round(band.high, 4)
    (0.0, 0.2775)
    """
    from scipy.special import ndtri

    if trials < 1 or not 0 <= successes <= trials:
        raise ValueError(f"{successes} of {trials} is not a rate")
    z = float(ndtri(0.5 + confidence / 2))
    rate = successes / trials
    centre = rate + z * z / (2 * trials)
    half = z * math.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    # At rates of 0 and 1 the exact bound is the rate itself; rounding must not cross it.
    low = 0.0 if successes == 0 else (centre - half) / scale
    high = 1.0 if successes == trials else (centre + half) / scale
    return Interval(low, high)
