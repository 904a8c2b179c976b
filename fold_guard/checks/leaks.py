"""The full list behind capped findings: every row that leaks, round by round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.checks.outcome import RowId
from fold_guard.checks.subjects.subject import Rows

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Leaks:
    """The rows of one side of one round that leak, for one target of a check.

    Attributes
    ----------
    target : str
        That of the outcome.
    round, repeat : int or None
        The round's number, and the repeat that it belongs to; None for what is wrong in itself,
        whatever the round: labels that contradict each other.
    side : {"test", "train", "both"} or None
        Where these rows are.
    rows : polars.DataFrame
        ``finding`` (Int64; 0 is the worst, numbered through all rounds, as in the report),
        ``message`` (String; that of the finding), ``fold`` (Int64) and ``row_id`` (String);
        ordered by finding and id, so that the order of the table does not show. Perhaps
        ``reason`` (String): which of several things a finding says of its rows.
    """

    target: str
    round: int | None
    repeat: int | None
    side: Literal["test", "train", "both"] | None
    rows: pl.DataFrame


def rows_listed(
    rows: Rows,
    where: npt.NDArray[np.integer],
    finding: npt.ArrayLike,
    messages: pl.Series,
    repeat: int | None = None,
    *,
    reason: pl.Series | None = None,
) -> pl.DataFrame:
    """Return some rows as `Leaks` holds them.

    Parameters
    ----------
    rows : Rows
    where : ndarray of int64
        Their positions.
    finding : int or ndarray of int64, shape (n_where,)
        The finding that names each.
    messages : polars.Series of String
        Of every finding.
    repeat : int, optional
        Whose folds are told; none where there are several and it is not said which.
    reason : polars.Series of String, length n_where, optional
    """
    of = np.broadcast_to(np.asarray(finding, dtype=np.int64), where.shape)
    whose = 0 if repeat is None and len(rows.folds) == 1 else repeat
    columns = {
        "finding": pl.Series(of, dtype=pl.Int64),
        "message": messages.gather(of),
        "fold": (
            pl.repeat(None, len(where), dtype=pl.Int64, eager=True)
            if whose is None
            else pl.Series(rows.folds[whose][where], dtype=pl.Int64)
        ),
        "row_id": rows.row_ids.gather(where),
    }
    if reason is not None:
        columns["reason"] = reason
    return _in_order(pl.DataFrame(columns))


def ids_listed(target: str, finding: int, message: str, ids: Sequence[RowId | None]) -> Leaks:
    """Return rows that are known by their ids alone, in no fold."""
    rows = pl.DataFrame(
        {
            "finding": pl.repeat(finding, len(ids), dtype=pl.Int64, eager=True),
            "message": pl.repeat(message, len(ids), dtype=pl.String, eager=True),
            "fold": pl.repeat(None, len(ids), dtype=pl.Int64, eager=True),
            "row_id": pl.Series(ids, strict=False) if len(ids) else pl.Series([], dtype=pl.String),
        }
    )
    return Leaks(target, None, None, None, _in_order(rows))


def _in_order(rows: pl.DataFrame) -> pl.DataFrame:
    # Numbers in their own order, not in that of their digits.
    ordered = rows.sort("finding", "row_id") if rows.height > 1 else rows
    return ordered.replace_column(
        ordered.get_column_index("row_id"), ordered["row_id"].cast(pl.String)
    )
