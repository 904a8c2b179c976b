"""Digests of rows, tables and fold maps: independent of row order, column order and file format."""

from __future__ import annotations

import json
from collections.abc import Iterable

import polars as pl

from fold_guard.identity.encoding import ENCODING, encode
from fold_guard.identity.hashing import row_hash, sealed


def row_digests(frame: pl.DataFrame) -> pl.Series:
    """Digest of each row over all columns, taken in the order of their names.

    Parameters
    ----------
    frame : polars.DataFrame

    Returns
    -------
    polars.Series of String named ``row_digest``
        32 hex digits (BLAKE2b, 128 bits) a row.

    Examples
    --------
    >>> a = row_digests(pl.DataFrame({"x": [1], "y": ["é"]}))
    >>> b = row_digests(pl.DataFrame({"y": ["é"], "x": [1.0]}))
    >>> a.to_list() == b.to_list()
    True
    """
    encoded = pl.DataFrame([encode(frame[name]) for name in sorted(frame.columns)])
    texts = encoded.select(pl.concat_str(pl.all())).to_series()
    return pl.Series("row_digest", [row_hash(text) for text in texts], dtype=pl.String)


def dataset_digest(ids: pl.Series, digests: pl.Series, columns: Iterable[str]) -> str:
    """Digest of a table: its column names, and its rows in the order of their ids.

    Parameters
    ----------
    ids : polars.Series of Int64 or String
    digests : polars.Series of String
        As `row_digests` gives them.
    columns : iterable of str

    Returns
    -------
    str
        64 hex digits (SHA-256).
    """
    head = json.dumps([ENCODING, "dataset", sorted(columns)], ensure_ascii=False)
    return sealed([head, "\n", _sorted_lines(ids, digests)])


def assignment_digest(ids: pl.Series, folds: pl.Series) -> str:
    """Digest of a fold map: row id and fold, in the order of the ids.

    Parameters
    ----------
    ids : polars.Series of Int64 or String
    folds : polars.Series of Int64

    Returns
    -------
    str
        64 hex digits (SHA-256).

    Examples
    --------
    >>> assignment_digest(pl.Series([2, 1]), pl.Series([0, 1])) == assignment_digest(
    ...     pl.Series([1, 2]), pl.Series([1, 0]))
    True
    """
    head = json.dumps([ENCODING, "fold map"], ensure_ascii=False)
    return sealed([head, "\n", _sorted_lines(ids, folds.cast(pl.Int64))])


def _sorted_lines(ids: pl.Series, values: pl.Series) -> str:
    frame = pl.DataFrame({"id": ids, "value": values}).sort("id", "value")
    return "\n".join(
        pl.DataFrame([encode(frame["id"]), encode(frame["value"])])
        .select(pl.concat_str(pl.all()))
        .to_series()
    )
