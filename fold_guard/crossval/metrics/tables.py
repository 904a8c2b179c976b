"""Tables of sums: what pooled metrics are functions of, added up by repeat or by unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.metrics.counts import ClassCounts, of_classes, over_classes
from fold_guard.crossval.metrics.forecasts import brier_losses, log_losses
from fold_guard.crossval.metrics.pool import Pool
from fold_guard.crossval.metrics.registry import class_metric
from fold_guard.crossval.metrics.regression import SUMS, of_sums, row_sums
from fold_guard.crossval.metrics.side import Side

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
OfSums = Callable[[FloatArray], FloatArray]


class Table(Protocol):
    """Some metrics, and the sums that they are functions of."""

    @property
    def names(self) -> tuple[str, ...]:
        """The metrics."""

    @property
    def width(self) -> int:
        """How many columns the sums have."""

    def sums(self, pool: Pool, cells: IntArray, n_cells: int) -> FloatArray:
        """Add up the rows of each cell.

        Parameters
        ----------
        pool : Pool
        cells : ndarray of int64, shape (n_predictions,)
        n_cells : int

        Returns
        -------
        ndarray of float64, shape (n_cells, width)
        """

    def statistic(self, name: str) -> OfSums:
        """Return the function from sums, shape (n, width), to a metric, shape (n,)."""

    def resting(self, name: str) -> OfSums:
        """Return the function from sums to the rows that a metric rests on.

        The denominator of a rate; of a mean over classes the smallest among its parts.
        """

    def counted(self, name: str) -> int:
        """Return the column that is 1 for the cells that a metric rests on, else 0."""

    def parts(self, name: str) -> tuple[str, ...]:
        """Return what a metric is the plain mean of, if it is one: the metrics of the classes."""


def tables_of(side: Side) -> tuple[Table, ...]:
    """Return the tables for the predictions that there are."""
    if side.task == "regression":
        return (NUMBERS,)
    counts = CountTable(side.classes)
    return (counts,) if side.probabilities is None else (counts, LOSSES)


def drawable(sums: FloatArray) -> FloatArray:
    """Return sums of which a bootstrap can be made.

    Those that are too large for a number are set to zero: a metric that needs them has no value.
    """
    return np.where(np.isfinite(sums), sums, 0.0)


_OVER = {
    "balanced_accuracy": "recall",
    "macro_precision": "precision",
    "macro_f1": "f1",
}


@dataclass(frozen=True, slots=True)
class CountTable:
    """Rows, predictions and hits of each class; which of them a cell has at all; all its rows."""

    classes: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Every metric that follows from counts."""
        whole = ("accuracy", *_OVER, "weighted_precision", "weighted_f1", "matthews_corrcoef")
        return whole + tuple(
            class_metric(name, label)
            for name in ("precision", "recall", "f1", "specificity")
            for label in self.classes
        )

    @property
    def width(self) -> int:
        """Six columns a class, and two."""
        return 6 * len(self.classes) + 2

    def sums(self, pool: Pool, cells: IntArray, n_cells: int) -> FloatArray:
        """Count by cell and class."""
        k = len(self.classes)

        def count(codes: IntArray, of: IntArray) -> FloatArray:
            found = np.bincount(of * k + codes, minlength=n_cells * k)
            return found.reshape(n_cells, k).astype(np.float64)

        actual, predicted = pool.side.actual, pool.side.predicted
        right = actual == predicted
        support, guessed = count(actual, cells), count(predicted, cells)
        rows = support.sum(axis=1, keepdims=True)
        flags = (support > 0, guessed > 0, rows > support, rows > 0)
        return np.hstack([support, guessed, count(actual[right], cells[right]), *flags, rows])

    def statistic(self, name: str) -> OfSums:
        """Return the function for all classes, or for one."""
        base, code = self._split(name)
        if code is None:

            def whole(sums: FloatArray) -> FloatArray:
                counts = self._counts(sums)
                return over_classes(counts, of_classes(counts))[base]

            return whole

        def one(sums: FloatArray) -> FloatArray:
            mine = ClassCounts(*(part[:, [code]] for part in self._three(sums)))
            return of_classes(mine, self._rows(sums)[:, None])[base][:, 0]

        return one

    def resting(self, name: str) -> OfSums:
        """Return the function to the denominator, or to the smallest of those averaged."""
        base, code = self._split(name)

        def rows(sums: FloatArray) -> FloatArray:
            if code is None and base not in _OVER:
                return self._rows(sums)
            counts = self._counts(sums)
            part = base if code is not None else _OVER[base]
            found = {
                "precision": counts.predicted,
                "specificity": self._rows(sums)[:, None] - counts.support,
            }.get(part, counts.support)
            least: FloatArray = found.min(axis=1) if code is None else found[:, code]
            return least

        return rows

    def counted(self, name: str) -> int:
        """Return the flag of the class, or of any row."""
        base, code = self._split(name)
        k = len(self.classes)
        if code is None:
            return 6 * k
        return {"precision": 4 * k, "specificity": 5 * k}.get(base, 3 * k) + code

    def parts(self, name: str) -> tuple[str, ...]:
        """Return the classes' metrics for the macro metrics and balanced accuracy."""
        if name not in _OVER:
            return ()
        return tuple(class_metric(_OVER[name], label) for label in self.classes)

    def _split(self, name: str) -> tuple[str, int | None]:
        base, bracket, rest = name.partition("[")
        return base, self.classes.index(rest[:-1]) if bracket else None

    def _three(self, sums: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        k = len(self.classes)
        return sums[:, :k], sums[:, k : 2 * k], sums[:, 2 * k : 3 * k]

    def _counts(self, sums: FloatArray) -> ClassCounts:
        return ClassCounts(*self._three(sums))

    def _rows(self, sums: FloatArray) -> FloatArray:
        rows: FloatArray = sums[:, -1]
        return rows


@dataclass(frozen=True, slots=True)
class RowTable:
    """Sums of what each row has by itself; the first column counts rows, the last flags cells.

    Attributes
    ----------
    width : int
    per_row : callable
        From a side to all columns but the last, shape (n_predictions, width - 1).
    functions : mapping of str to callable
        Each metric's function of the sums.
    """

    width: int
    per_row: Callable[[Side], FloatArray]
    functions: Mapping[str, OfSums]

    @property
    def names(self) -> tuple[str, ...]:
        """The metrics."""
        return tuple(self.functions)

    def sums(self, pool: Pool, cells: IntArray, n_cells: int) -> FloatArray:
        """Add up by cell."""
        columns = [
            np.bincount(cells, weights=column, minlength=n_cells)
            for column in self.per_row(pool.side).T
        ]
        return np.column_stack([*columns, columns[0] > 0])

    def statistic(self, name: str) -> OfSums:
        """Return the metric's function."""
        return self.functions[name]

    def resting(self, name: str) -> OfSums:
        """Return the function to the number of rows: each counts for every metric."""
        return lambda sums: sums[:, 0]

    def counted(self, name: str) -> int:
        """Return the last column."""
        return self.width - 1

    def parts(self, name: str) -> tuple[str, ...]:
        """Return none: every row counts alike."""
        return ()


def _losses(side: Side) -> FloatArray:
    assert side.probabilities is not None
    losses = (each(side.actual, side.probabilities) for each in (log_losses, brier_losses))
    return np.column_stack([np.ones(len(side)), *losses])


def _mean_of(column: int) -> OfSums:
    return lambda sums: sums[:, column] / sums[:, 0]


def _number(name: str) -> OfSums:
    return lambda sums: of_sums(sums[:, : len(SUMS)])[name]


LOSSES = RowTable(4, _losses, {"log_loss": _mean_of(1), "brier": _mean_of(2)})
NUMBERS = RowTable(
    len(SUMS) + 1,
    lambda side: row_sums(side.actual, side.predicted),
    {name: _number(name) for name in ("mae", "mse", "rmse", "r2", "explained_variance", "mape")},
)
