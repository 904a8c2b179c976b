"""Rounds that leave two folds out together, and the nested interval that follows from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.held_out import HeldOutPredictions
from fold_guard.crossval.inputs import Sizes
from fold_guard.crossval.intervals.nested import Dealing, Nested, nested_interval, pairs
from fold_guard.crossval.metrics.registry import metric_range
from fold_guard.crossval.metrics.row_losses import row_losses
from fold_guard.crossval.result import MetricSummary
from fold_guard.errors import UsageError
from fold_guard.partition.rounds import Round

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

METHOD = "nested cross-validation (Bates, Hastie and Tibshirani 2024)"


def pair_rounds(
    rounds: Sequence[Round], sizes: Sizes, a_repeat: int | None, units: IntArray
) -> list[Round]:
    """Return the further rounds that the nested interval needs: one for each two folds.

    Parameters
    ----------
    rounds : sequence of Round
        Those of all repeats.
    sizes : Sizes
        Theirs.
    a_repeat : int or None
        Rounds of one repeat.
    units : ndarray of int64, shape (n_rows,)

    Returns
    -------
    list of Round
        Repeat by repeat, in the order of `pairs`; numbered on from the others.

    Raises
    ------
    UsageError
        Fewer than three folds, folds of one unit, rows that no round tests, or rounds that do
        not train on all other folds (forward, purged).
    """
    rows = len(rounds[0].train)
    if a_repeat is None or a_repeat < 3 or not (sizes.train + sizes.test == rows).all():
        raise UsageError(
            "a nested interval needs three folds at least, each trained on in every round that "
            "does not test it",
            where="interval",
            remedy="Use interval: corrected, or a k-fold strategy.",
        )
    first = int(sizes.index.max()) + 1
    found: list[Round] = []
    for start in range(0, len(rounds), a_repeat):
        part = [rounds[at] for at in range(start, start + a_repeat)]
        if sum(int(np.count_nonzero(each.test)) for each in part) < rows:
            raise UsageError(
                "a nested interval needs every row to be tested",
                where="interval",
                remedy="Use interval: corrected.",
            )
        if any(len(np.unique(units[each.test])) < 2 for each in part):
            raise UsageError(
                "a nested interval needs two rows, or two groups, in every fold",
                where="interval",
                remedy="Use interval: corrected, or fewer folds.",
            )
        for one, other in pairs(a_repeat):
            left, right = part[one], part[other]
            train, test = left.train & right.train, left.test | right.test
            found.append(Round(first + len(found), train, test))
    return found


def nested_intervals(
    outer: HeldOutPredictions,
    paired: HeldOutPredictions,
    sizes: Sizes,
    a_repeat: int,
    units: IntArray,
    *,
    confidence: float,
) -> dict[str, Nested]:
    """Compute the nested interval of every metric that is a mean of losses of rows.

    Parameters
    ----------
    outer, paired : HeldOutPredictions
        Of the usual rounds, and of :func:`pair_rounds`.
    sizes : Sizes
        Of the usual rounds.
    a_repeat : int
    units : ndarray of int64, shape (n_rows,)
    confidence : float

    Returns
    -------
    dict of str to Nested
        Of the losses; that of accuracy is the error rate.
    """
    n_rows, k = len(units), a_repeat
    usual, further = row_losses(outer.side()), row_losses(paired.side())
    several = len(np.unique(units)) < n_rows
    places = np.searchsorted(sizes.index, outer.rounds)
    numbers = paired.rounds - paired.rounds.min()
    found = {}
    for name in usual:
        dealings = []
        for repeat in range(len(sizes.index) // k):
            mine = places // k == repeat
            folds = np.empty(n_rows, dtype=np.int64)
            losses = np.empty(n_rows)
            folds[outer.rows[mine]] = places[mine] % k
            losses[outer.rows[mine]] = usual[name][mine]
            inner = np.zeros((n_rows, k))
            for number, (one, other) in enumerate(pairs(k), repeat * k * (k - 1) // 2):
                picked = numbers == number
                rows = paired.rows[picked]
                # The fold of each row that the model left out beside its own.
                inner[rows, one + other - folds[rows]] = further[name][picked]
            dealings.append(Dealing(folds, losses, inner, units if several else None))
        found[name] = nested_interval(dealings, confidence=confidence)
    return found


def with_nested(name: str, summary: MetricSummary, bands: Mapping[str, Nested]) -> MetricSummary:
    """Return a summary whose reported number and interval are the nested ones, where there are."""
    if name not in bands:
        why = "it is no mean of losses of rows" if bands else "a round failed"
        note = f"no nested interval: {why}"
        return replace(summary, note="; ".join(filter(None, (summary.note, note))))
    band = bands[name]
    low, high, estimate = band.low, band.high, band.estimate
    if name == "accuracy":
        low, high, estimate = 1 - high, 1 - low, 1 - estimate
    least, most = metric_range(name)
    return replace(
        summary,
        estimate=min(max(estimate, least), most),
        low=max(low, least),
        high=min(high, most),
        note=f"{METHOD}, {band.inflation:.2f} times as wide as if rows were independent",
    )
