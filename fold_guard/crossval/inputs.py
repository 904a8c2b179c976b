"""Check what a cross-validation is given before anything is fitted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.errors import DataError, UsageError
from fold_guard.partition.rounds import Round

Labels = npt.NDArray[np.object_]


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


def check_rounds(rounds: Sequence[Round], rows: int) -> int:
    """Refuse rounds that cannot be scored: none, of other length, empty or overlapping sides.

    Returns
    -------
    int
        How often the row that is tested most often is tested.
    """
    if not rounds:
        raise UsageError("there are no rounds to score", where="rounds")
    tested = np.zeros(rows, dtype=np.int64)
    for each in rounds:
        name = f"round {each.index}"
        if each.train.shape != (rows,) or each.test.shape != (rows,):
            raise UsageError(f"its sides are not of {rows} rows", where=name)
        for side, mask in (("train", each.train), ("test", each.test)):
            if not mask.any():
                raise DataError(f"its {side} side has no rows", where=name)
        shared = int((each.train & each.test).sum())
        if shared:
            raise UsageError(f"{shared} rows are on both sides", where=name)
        tested += each.test
    return int(tested.max())
