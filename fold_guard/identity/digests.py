"""Digests of rows, tables and fold maps: independent of row order, column order and file format."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.dataset.ordering import ascending
from fold_guard.identity.encoding import CHUNK, ENCODING, Canonical, encode
from fold_guard.identity.hashing import sealed, xxh64_integers, xxh64_texts


def row_digests(frame: pl.DataFrame) -> pl.Series:
    """Digest of each row over all columns, taken in the order of their names.

    Good for naming the rows that changed, and not for more: whoever wants to can make two rows of
    one digest. Whether a table changed, `dataset_digest` says.

    Parameters
    ----------
    frame : polars.DataFrame

    Returns
    -------
    polars.Series of UInt64 named ``row_digest``
        Starting from 0, for each column: XXH64 of the value's word, seeded with what there is so
        far XOR the tag; of a value with a tail, the word is the tail's XXH64.

    Examples
    --------
    >>> a = row_digests(pl.DataFrame({"x": [1], "y": ["é"]}))
    >>> b = row_digests(pl.DataFrame({"y": ["é"], "x": [1.0]}))
    >>> a.to_list() == b.to_list()
    True
    """
    digests = np.zeros(frame.height, dtype=np.uint64)
    columns = [frame[name] for name in sorted(frame.columns)]
    for chunk in _chunks(frame.height):
        for series in columns:
            column = encode(series[chunk])
            digests[chunk] = xxh64_integers(_words(column), digests[chunk] ^ column.tags)
    return pl.Series("row_digest", digests)


def _chunks(rows: int) -> Iterator[slice]:
    for start in range(0, rows, CHUNK):
        yield slice(start, min(start + CHUNK, rows))


def _words(column: Canonical) -> npt.NDArray[np.uint64]:
    if column.tails is None:
        return column.words
    return np.where(column.tailed, xxh64_texts(column.tails, 0), column.words)


def dataset_digest(ids: pl.Series, frame: pl.DataFrame) -> str:
    """Digest of a table: names and values of its columns, rows in the order of their ids.

    Parameters
    ----------
    ids : polars.Series of Int64 or String
        Of the rows. Rows that share an id or have none are put in order by their digests.
    frame : polars.DataFrame
        All columns of the table.

    Returns
    -------
    str
        64 hex digits: SHA-256 of the JSON list ``[encoding, "dataset", rows, columns]``, and there
        for each column, in the order of their names, its name and the SHA-256 of its bytes as
        `fold_guard.identity.encoding` defines them.

    Examples
    --------
    >>> table = pl.DataFrame({"id": [1, 2], "x": [0.5, 1.0]})
    >>> dataset_digest(table["id"], table) == dataset_digest(pl.Series([2, 1]), table.reverse())
    True
    """
    order = _order(ids, frame)
    columns = [[name, _column_digest(frame[name], order)] for name in sorted(frame.columns)]
    return _sealed_list("dataset", len(ids), columns)


def _column_digest(series: pl.Series, order: npt.NDArray[np.int64] | None) -> str:
    name = series.name
    # As a table: a Series gathers by its name, where ^x$ would be a pattern.
    table = series.to_frame()
    return sealed(
        part
        for chunk in _chunks(len(series))
        for part in encode((table[chunk] if order is None else table[order[chunk]])[name]).parts()
    )


def _order(ids: pl.Series, frame: pl.DataFrame) -> npt.NDArray[np.int64] | None:
    if not ids.null_count():
        order = ascending(ids)
        sorted_ids = ids if order is None else ids.gather(order)
        if not (sorted_ids.slice(1) == sorted_ids.slice(0, max(len(ids) - 1, 0))).any():
            return order
    keys = pl.DataFrame({"id": ids, "digest": row_digests(frame)}).with_row_index("row")
    return keys.sort("id", "digest")["row"].cast(pl.Int64).to_numpy()


def assignment_digest(ids: pl.Series, folds: pl.Series) -> str:
    """Digest of a fold map: row id and fold, in the order of the ids.

    Parameters
    ----------
    ids : polars.Series of Int64 or String
    folds : polars.Series of Int64

    Returns
    -------
    str
        64 hex digits: SHA-256 of the JSON list ``[encoding, "fold map", rows, columns]``, and there
        the SHA-256 of the ids and that of the folds, as in `dataset_digest`.

    Examples
    --------
    >>> assignment_digest(pl.Series([2, 1]), pl.Series([0, 1])) == assignment_digest(
    ...     pl.Series([1, 2]), pl.Series([1, 0]))
    True
    """
    order = _order(ids, folds.alias("fold").to_frame())
    columns = [_column_digest(each, order) for each in (ids, folds)]
    return _sealed_list("fold map", len(ids), columns)


def _sealed_list(kind: str, rows: int, columns: Sequence[object]) -> str:
    text = json.dumps([ENCODING, kind, rows, columns], ensure_ascii=False)
    return sealed([text.encode()])
