"""Tables for the benchmarks of the audit, written in blocks."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

_BLOCK = 2_000_000
_SECONDS = 3 * 365 * 86_400


def long_table(rows: int, path: Path) -> None:
    """Write rows x 6: id, fold, label, patient (ten rows each), a time in seconds, and a number.

    Patients lie in one fold each, save one in 100,000; every 1,000,000th row is a copy of the one
    before it in all but id and fold.
    """
    rng = np.random.default_rng(7)
    writer = None
    for start in range(0, rows, _BLOCK):
        size = min(_BLOCK, rows - start)
        row = np.arange(start, start + size)
        patient = row // 10
        fold = patient * 2_654_435_761 % 2**32 // 2**16 % 5
        x = rng.normal(size=size)
        when = rng.integers(0, _SECONDS, size)
        # A visit of a patient who changed folds, and a row exported twice.
        fold = np.where(row % 1_000_000 == 999_999, (fold + 1) % 5, fold)
        copied = row % 1_000_000 == 500_001
        x[copied] = x[np.flatnonzero(copied) - 1]
        table = pl.DataFrame(
            {
                "row_id": row,
                "fold": fold.astype(np.int8),
                "label": np.where(rng.random(size) < 0.1, "positive", "negative"),
                "patient": patient,
                "time": pl.Series(when * 1_000_000).cast(pl.Datetime("us")),
                "x": x,
            }
        ).to_arrow()
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()


def wide_table(rows: int, path: Path) -> None:
    """Write rows x 25: id, fold, label, patient, day, and 20 features of three kinds."""
    rng = np.random.default_rng(3)
    columns: dict[str, object] = {
        "row_id": np.arange(rows),
        "fold": rng.integers(0, 5, rows),
        "label": np.array(["negative", "positive"])[rng.integers(0, 2, rows)],
        "patient": rng.integers(0, rows // 5, rows),
        "day": rng.integers(0, 1000, rows),
    }
    columns |= {f"number_{i}": rng.normal(size=rows) for i in range(12)}
    columns |= {f"count_{i}": rng.integers(0, 100, rows) for i in range(5)}
    words = np.array([f"word {i}" for i in range(40)])
    columns |= {f"word_{i}": words[rng.integers(0, 40, rows)] for i in range(3)}
    table = pl.DataFrame(columns)
    # Three in a thousand rows are copies of others.
    copies = table.drop("row_id", "fold").sample(rows * 3 // 1000, seed=1)
    kept = table.head(rows - copies.height)
    tail = table.tail(copies.height).select("row_id", "fold")
    pl.concat([kept, pl.concat([tail, copies], how="horizontal")]).write_parquet(path)


if __name__ == "__main__":
    long_table(int(sys.argv[1]), Path(sys.argv[2]))
