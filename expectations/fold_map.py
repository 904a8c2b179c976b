"""What a fold map must look like, whatever the data: one row an id, folds 0..k-1, digests."""

from __future__ import annotations

from collections.abc import Mapping

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData


def schema(parameters: Mapping[str, object]) -> pa.DataFrameSchema:
    """Ids unique, folds from -2 (in neither side of a round) to k-1, none empty, labels, digests.

    Further repeats (``fold_1``, ...) are held to the same; nested folds are whole numbers.

    Parameters
    ----------
    parameters : mapping of str to JSON value
        ``n_splits`` is the number of folds k; ``fold_columns`` and ``inner_columns`` name the
        columns of several repeats, and of nested folds, where there are any.
    """
    k = int(str(parameters["n_splits"]))
    folds = [
        pa.Check.in_range(-2, k - 1),
        pa.Check(has_every_fold, name="has_every_fold", n_splits=k),
    ]
    columns = {
        "row_id": pa.Column(None, pa.Check(is_id, name="is_id"), unique=True),
        **{name: pa.Column(pl.Int64, folds) for name in named(parameters, "fold_columns", "fold")},
        **{name: pa.Column(pl.Int64) for name in named(parameters, "inner_columns")},
        "label": pa.Column(pl.String),
        "row_digest": pa.Column(pl.UInt64),
    }
    return pa.DataFrameSchema(columns, strict=True)


def named(parameters: Mapping[str, object], parameter: str, *otherwise: str) -> list[str]:
    """Return the columns that a parameter names."""
    given = parameters.get(parameter, otherwise)
    return [str(name) for name in given] if isinstance(given, list | tuple) else [str(given)]


def is_id(data: PolarsData) -> bool:
    """Row ids are whole numbers or text; a float or a date would not survive a round trip."""
    return data.lazyframe.collect_schema()[data.key] in (pl.Int64, pl.String)


def has_every_fold(data: PolarsData, *, n_splits: int) -> bool:
    """Each of 0..k-1 occurs: an empty fold is a round that tests nothing."""
    present = data.lazyframe.select(pl.col(data.key).unique()).collect().to_series()
    return set(range(n_splits)) <= set(present.to_list())
