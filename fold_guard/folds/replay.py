"""The rounds that follow from a plan and from folds."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import numpy as np
import numpy.typing as npt

from fold_guard.errors import DataError
from fold_guard.folds.plan import FoldPlan
from fold_guard.partition.intervals import Intervals
from fold_guard.partition.purging import Embargo
from fold_guard.partition.rounds import (
    Round,
    Rounds,
    combinatorial_rounds,
    forward_rounds,
    kfold_rounds,
    purged_rounds,
)

IntArray = npt.NDArray[np.int64]
Times = npt.NDArray[np.int64] | npt.NDArray[np.float64]


def replayed(
    plan: FoldPlan,
    folds: IntArray,
    n_folds: int,
    *,
    units: IntArray | None = None,
    start: Times | None = None,
    end: Times | None = None,
    per_step: float = 1,
) -> Rounds:
    """Return the train/test splits of rows, purge and embargo applied.

    Parameters
    ----------
    plan : FoldPlan
    folds : ndarray of int64, shape (n_repeats, n_rows)
    n_folds : int
        k.
    units : ndarray of int64, shape (n_rows,), optional
        ``forward``: what is purged together.
    start, end : ndarray, shape (n_rows,), optional
        Prediction and evaluation time of each row; the strategies in time need the first, and
        the end defaults to it.
    per_step : float
        What one step of an embargo (a day, for dates) is in the unit of ``start``.

    Returns
    -------
    Rounds
        Numbered 0, 1, ... through all repeats; those of ``forward`` begin with 1.
    """
    if plan.scheme == "forward":
        return forward_rounds(
            folds[0],
            n_folds,
            window=plan.window or None,
            units=units,
            time=start,
            embargo=plan.embargo * per_step,
        )
    traits = plan.traits
    if traits.chosen:
        rounds = combinatorial_rounds(folds[0], plan.n_test_folds, n_folds)
    else:
        rounds = _repeated(folds, n_folds)
    if not traits.purged:
        return rounds
    assert start is not None
    # By way of its digits: .29 of 100 rows are 29, and a part of a row is a row.
    rows = plan.embargo_rows or ceil(Fraction(str(plan.embargo_fraction)) * len(start))
    return purged_rounds(
        rounds,
        Intervals(start, start if end is None else end),
        Embargo(span=plan.embargo * per_step, rows=rows),
    )


def positions(each: Round, name: str) -> tuple[IntArray, IntArray]:
    """Return the positions of a round's train and test rows; ``name`` is for the message.

    Raises
    ------
    DataError
        A side has no row.
    """
    if not each.train.any() or not each.test.any():
        side = "train" if each.test.any() else "test"
        raise DataError(
            f"{name} has no row of this table in {side}",
            where="fold map",
            remedy="Pass the whole table, or make a fold map of this part.",
        )
    return np.flatnonzero(each.train), np.flatnonzero(each.test)


def _repeated(folds: IntArray, n_folds: int) -> Rounds:
    if len(folds) == 1:
        return kfold_rounds(folds[0], n_folds)

    def make(at: int) -> Round:
        repeat, fold = divmod(at, n_folds)
        each = kfold_rounds(folds[repeat], n_folds)[fold]
        return Round(at, each.train, each.test)

    return Rounds(range(len(folds) * n_folds), make)
