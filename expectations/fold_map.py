"""What a fold map must look like, whatever the data: one row an id, folds 0..k-1, digests."""

from __future__ import annotations

from collections.abc import Mapping

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData


def schema(parameters: Mapping[str, object]) -> pa.DataFrameSchema:
    """Ids unique, folds from -2 (in neither side of a round) to k-1, none empty, labels, digests.

    Parameters
    ----------
    parameters : mapping of str to JSON value
        ``n_splits`` is the number of folds k.
    """
    k = int(str(parameters["n_splits"]))
    columns = {
        "row_id": pa.Column(None, pa.Check(is_id, name="is_id"), unique=True),
        "fold": pa.Column(
            pl.Int64,
            [
                pa.Check.in_range(-2, k - 1),
                pa.Check(has_every_fold, name="has_every_fold", n_splits=k),
            ],
        ),
        "label": pa.Column(pl.String),
        "row_digest": pa.Column(pl.UInt64),
    }
    return pa.DataFrameSchema(columns, strict=True)


def is_id(data: PolarsData) -> bool:
    """Row ids are whole numbers or text; a float or a date would not survive a round trip."""
    return data.lazyframe.collect_schema()[data.key] in (pl.Int64, pl.String)


def has_every_fold(data: PolarsData, *, n_splits: int) -> bool:
    """Each of 0..k-1 occurs: an empty fold is a round that tests nothing."""
    present = data.lazyframe.select(pl.col(data.key).unique()).collect().to_series()
    return set(range(n_splits)) <= set(present.to_list())
