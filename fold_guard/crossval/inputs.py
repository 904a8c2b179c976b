"""Check what a cross-validation is given before anything is fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.errors import DataError, UsageError
from fold_guard.partition.rounds import Round

Labels = npt.NDArray[np.object_]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def text_labels(y: npt.ArrayLike) -> Labels:
    """Return the labels as text.

    Raises
    ------
    DataError
        A null, one class only, or two labels that differ but read the same (1 and "1").
    UsageError
        Not one-dimensional.
    """
    from pandas import isna

    given = np.asarray(y, dtype=object)
    if given.ndim != 1:
        raise UsageError(f"must have one dimension, got shape {given.shape}", where="y")
    nulls = np.flatnonzero(isna(given))
    if len(nulls):
        raise DataError(f"{len(nulls)} null labels", where=f"y, position {nulls[0]}")
    texts = np.array([str(value) for value in given], dtype=object)
    if len(set(texts.tolist())) != len(set(given.tolist())):
        raise DataError("labels of different types are mixed", where="y")
    if len(set(texts.tolist())) < 2:
        raise DataError("two classes are needed at least", where="y")
    return texts


def number_labels(y: npt.ArrayLike) -> FloatArray:
    """Return the labels as numbers.

    Raises
    ------
    DataError
        A null, an infinity, or a value that is no number.
    UsageError
        Not one-dimensional.
    """
    given = np.asarray(y)
    if given.ndim != 1:
        raise UsageError(f"must have one dimension, got shape {given.shape}", where="y")
    try:
        numbers = given.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"a quantity is no number ({error})", where="y") from error
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if len(wrong):
        raise DataError(
            f"{len(wrong)} labels are null or not finite", where=f"y, position {wrong[0]}"
        )
    return numbers


def row_id_series(row_ids: Sequence[object] | npt.NDArray[np.generic] | pl.Series) -> pl.Series:
    """Return the row ids as a column of integers or text.

    Raises
    ------
    DataError
        Null or duplicate ids, or ids of other or mixed types.
    """
    try:
        ids = pl.Series("row_id", row_ids)
    except (TypeError, pl.exceptions.PolarsError) as error:
        raise DataError(f"row ids are of mixed types ({error})", where="row_ids") from error
    if ids.null_count() or ids.n_unique() < len(ids):
        raise DataError("row ids must be unique and not null", where="row_ids")
    if len(ids) and not (ids.dtype.is_integer() or ids.dtype == pl.String):
        raise DataError(f"row ids must be whole numbers or text, not {ids.dtype}", where="row_ids")
    return ids


@dataclass(frozen=True, slots=True, eq=False)
class Sizes:
    """Rows on the sides of the rounds, and of each class, by position.

    Attributes
    ----------
    index : ndarray of int64, shape (n_rounds,)
        Numbers of the rounds.
    train, test : ndarray of int64, shape (n_rounds,)
    train_support, test_support : ndarray of int64, shape (n_rounds, n_classes)
        No columns without classes.
    most : int
        How often the row that is tested most often is tested.
    """

    index: IntArray
    train: IntArray
    test: IntArray
    train_support: IntArray
    test_support: IntArray
    most: int

    def inflation(self, rounds_a_repeat: int | None) -> float:
        """Return 1 + n_tested / n_train: what shared training rows add to a pooled variance.

        The training rows are those behind a tested row in the mean, as rounds may differ in size.

        Parameters
        ----------
        rounds_a_repeat : int or None
            So many rounds test no row twice.
        """
        tested = float(self.test[:rounds_a_repeat].sum())
        return 1 + tested / float(np.average(self.train, weights=self.test))


def measured_rounds(
    rounds: Sequence[Round], rows: int, codes: IntArray | None, n_classes: int
) -> Sizes:
    """Measure rounds; refuse those that cannot be scored: none, empty or overlapping sides.

    Parameters
    ----------
    rounds : sequence of Round
        Gone through once: those of a large leave-one-out are made when they are asked for.
    rows : int
    codes : ndarray of int64, shape (n_rows,), or None
        Classes, for the support.
    n_classes : int
    """
    if not rounds:
        raise UsageError("there are no rounds to score", where="rounds")
    n = len(rounds)
    index, train, test = (np.zeros(n, dtype=np.int64) for _ in range(3))
    width = 0 if codes is None else n_classes
    support = np.zeros((2, n, width), dtype=np.int64)
    tested = np.zeros(rows, dtype=np.int64)
    for at, each in enumerate(rounds):
        name = f"round {each.index}"
        if each.train.shape != (rows,) or each.test.shape != (rows,):
            raise UsageError(f"its sides are not of {rows} rows", where=name)
        index[at] = each.index
        train[at], test[at] = np.count_nonzero(each.train), np.count_nonzero(each.test)
        for side, count in (("train", train[at]), ("test", test[at])):
            if not count:
                raise DataError(f"its {side} side has no rows", where=name)
        held = np.flatnonzero(each.test)
        if shared := int(np.count_nonzero(each.train[held])):
            raise UsageError(f"{shared} rows are on both sides", where=name)
        tested[held] += 1
        if codes is not None:
            for side_at, rows_of in enumerate((each.train, held)):
                support[side_at, at] = np.bincount(codes[rows_of], minlength=width)
    if np.unique(index).size < n:
        raise UsageError("two rounds have one number", where="rounds")
    return Sizes(index, train, test, support[0], support[1], int(tested.max()))
