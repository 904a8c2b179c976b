"""Near duplicates as a group key: rows that look alike stay in one fold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from fold_guard.dataset.frames import to_polars
from fold_guard.errors import DataError, UsageError
from fold_guard.folds.near_search import Likeness, search
from fold_guard.identity.row_ids import names_rows
from fold_guard.suggest import did_you_mean


def near_duplicates(
    frame: Any,
    columns: str | Sequence[str] | None = None,
    *,
    tolerance: float = 0.01,
    similarity: float = 0.8,
    recall: float = 0.99,
    text_length: float = 20,
) -> Any:
    """Give each cluster of near duplicates a number, to be used as a group key.

    Two rows are near when all of this holds:

    - numbers, dates and times differ by at most ``tolerance`` times the distance between the
      quartiles of their column (its standard deviation, where the quartiles are equal);
    - long texts share at least ``similarity`` of their shingles of three characters (Jaccard);
    - short texts, booleans and bytes are equal.

    Texts are compared in lower case and with single spaces. Null and NaN are near each other alone,
    infinity is near infinity. A cluster is what chains of near pairs connect, as a unit of folds
    has to be: its ends may lie further apart than two near rows.

    Numbers and equal values are searched exactly. Where texts have to do it, in large tables,
    MinHash finds a pair at the threshold with a probability of ``recall`` at least (those more
    alike with a higher one), and every pair found is verified. No row is ever left out.

    Parameters
    ----------
    frame : pandas.DataFrame, polars.DataFrame or pyarrow.Table
    columns : str or sequence of str, optional
        What to compare: features, never ids, labels or times. Default: every column but those
        that differ in every row as an id does.
    tolerance : float
        Above 0, at most 1.
    similarity : float
        Above 0, at most 1.
    recall : float
        Above 0, at most 1.
    text_length : float
        Texts are long when the distinct values of a column have so many characters in the mean.

    Returns
    -------
    pandas.Series of Int64, with the index of the frame, or polars.Series of Int64
        ``near_duplicate``: the number of the cluster, null for a row that is like no other. It
        depends on the values alone, not on the order of rows.

    Raises
    ------
    UsageError
        An unknown column, or a number out of range.
    DataError
        No column that can be compared, or one that cannot; far too many near rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from fold_guard import FoldPlan, make_folds, near_duplicates
    >>> table = pd.DataFrame({"scan": range(6), "patient": list("abcdef"),
    ...                       "x": [1.0, 1.001, 2.0, 3.0, 4.0, 4.002]})
    >>> table["look_alike"] = near_duplicates(table, columns=["x"])
    >>> table["look_alike"].tolist()
    [0, 0, <NA>, <NA>, 1, 1]
    >>> folds = make_folds(table, FoldPlan("group", n_splits=2), id="scan",
    ...                    groups=["patient", "look_alike"])
    >>> fold = folds.to_frame().set_index("row_id")["fold"]
    >>> bool(fold[0] == fold[1] and fold[4] == fold[5])
    True
    """
    table = to_polars(frame)
    if columns is None:
        columns = [name for name in table.columns if not names_rows(table[name])]
    chosen = (columns,) if isinstance(columns, str) else tuple(columns)
    for name in chosen:
        if name not in table.columns:
            raise UsageError(
                f"there is no column {name!r}",
                where="table",
                remedy=did_you_mean(name, table.columns),
            )
    found = search(
        table.select(table[name] for name in dict.fromkeys(chosen)),
        Likeness(tolerance, similarity, recall, text_length),
    )
    if found.left_out:
        raise DataError(
            "values of this type cannot be compared",
            where=f"column {found.left_out[0]}",
            remedy="Name the columns to compare: columns=[...].",
        )
    codes = pl.Series("near_duplicate", found.clusters())
    codes = codes.to_frame().select(pl.when(pl.first() >= 0).then(pl.first())).to_series()
    if type(frame).__module__.partition(".")[0] != "pandas":
        return codes
    import pandas as pd

    return pd.Series(codes.to_list(), index=frame.index, dtype="Int64", name="near_duplicate")
