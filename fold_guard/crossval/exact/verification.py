"""Hold an exact leave-one-out against real fits: random samples, and those that pull most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.exact.family import BoolArray, FloatArray, HeldOut
from fold_guard.errors import FoldGuardError

IntArray = npt.NDArray[np.int64]

HIGHEST_LEVERAGE = 5


def samples_to_check(
    verify: int, leverage: FloatArray, refitted: BoolArray, n_features: int
) -> IntArray:
    """Choose whom to refit: ``verify`` at random, and the five that pull most.

    The choice depends on the shape of the data alone, so that the same call checks the same
    samples. Samples that were refitted anyway need no check.

    Parameters
    ----------
    verify : int
        0: none at all.
    leverage : ndarray of float64, shape (n_samples,)
    refitted : ndarray of bool, shape (n_samples,)
    n_features : int

    Returns
    -------
    ndarray of int64
        Positions, ascending.

    Examples
    --------
    >>> samples_to_check(1, np.arange(9.0), np.zeros(9, bool), 2).tolist()
    [0, 4, 5, 6, 7, 8]
    """
    candidates = np.flatnonzero(~refitted)
    if not verify or not len(candidates):
        return np.empty(0, dtype=np.int64)
    # What has no leverage that compares is suspect: it comes first.
    pull = np.where(np.isnan(leverage), np.inf, leverage)[candidates]
    order = candidates[np.argsort(-pull, kind="stable")]
    top, rest = order[:HIGHEST_LEVERAGE], np.sort(order[HIGHEST_LEVERAGE:])
    generator = np.random.default_rng([len(leverage), n_features])
    drawn = generator.choice(rest, size=min(verify, len(rest)), replace=False)
    return np.union1d(drawn, top).astype(np.int64)


def require_agreement(
    held: HeldOut,
    samples: IntArray,
    truth: Sequence[npt.NDArray[Any]],
    *,
    family: str,
    size: float,
) -> float:
    """Compare with real fits; return the largest difference that was found.

    Relative differences are to the largest absolute output of the same column, or to ``size``,
    that of the targets, where all outputs are small beside it.

    Raises
    ------
    FoldGuardError
        Names the first sample that differs by more than the tolerance, with both values.
    """
    largest = 0.0
    scale = _scale(held, size)
    for sample, real in zip(samples.tolist(), truth, strict=True):
        ours, theirs = held.outputs[sample], real[0]
        difference = _difference(ours, theirs, scale)
        # NaN agrees with nothing.
        if not difference <= held.tolerance:
            kind = "relative" if held.relative else "absolute"
            raise FoldGuardError(
                f"the exact leave-one-out of {family} gives {_shown(ours)}, a real fit without "
                f"this sample gives {_shown(theirs)}: a {kind} difference of {difference:.3g}, "
                f"allowed are {held.tolerance:g} ({held.how})",
                where=f"sample {sample}",
                remedy='Ask for n real fits (route="honest"; cv.exact: false); please report it',
            )
        largest = max(largest, difference)
    return largest


def _scale(held: HeldOut, size: float) -> npt.NDArray[Any] | float:
    if not held.relative or held.outputs.dtype.kind != "f":
        return 1.0
    largest = np.max(np.abs(held.outputs[~held.refit]), axis=0, initial=0.0)
    return np.asarray(np.maximum(largest, size if size > 0 else 1.0))


def _difference(ours: Any, theirs: Any, scale: Any) -> float:
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    if ours.shape != theirs.shape:
        return float("inf")
    if ours.dtype.kind != "f" or theirs.dtype.kind not in "fiu":
        return 0.0 if bool(np.all(ours == theirs)) else float("inf")
    # Infinities that are equal differ by nothing, and not by NaN.
    with np.errstate(invalid="ignore"):
        apart = np.where(ours == theirs, 0.0, np.abs(ours - theirs) / scale)
    return float(np.max(apart, initial=0.0))


def _shown(value: Any) -> str:
    return np.array2string(np.asarray(value), precision=17, separator=", ", threshold=20)
