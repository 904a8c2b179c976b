from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from fold_guard.dataset import reading
from fold_guard.dataset.columns import Columns
from fold_guard.dataset.reading import open_table
from fold_guard.errors import DataError, UsageError

TABLE = pl.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"], "c": [0.5, 1.5, None]})


def test_a_column_is_read_once_and_only_when_it_is_asked_for() -> None:
    read = list[str]()

    def select(names: Sequence[str]) -> pl.DataFrame:
        read.extend(names)
        return TABLE.select(names)

    table = Columns(TABLE.columns, select)
    assert table.select(["b", "b", "a"]).columns == ["b", "a"]
    assert table["a"].to_list() == [1, 2, 3]
    assert table.height == 3
    assert read == ["b", "a"]
    assert list(table.held) == ["b", "a"]
    assert table.whole().equals(TABLE)
    assert read == ["b", "a", "c"]


def test_the_height_alone_costs_one_column() -> None:
    read = list[str]()

    def select(names: Sequence[str]) -> pl.DataFrame:
        read.extend(names)
        return TABLE.select(names)

    assert Columns(TABLE.columns, select).height == 3
    assert read == ["a"]


def test_another_column_takes_the_place_of_one() -> None:
    table = Columns.of(TABLE)
    other = table.replaced(pl.Series("a", [7, 8, 9]))
    assert other["a"].to_list() == [7, 8, 9]
    assert table["a"].to_list() == [1, 2, 3]
    assert other.names == table.names


def test_an_unknown_column_is_named() -> None:
    with pytest.raises(UsageError, match="there is no column 'd'"):
        Columns.of(TABLE).select(["d"])


def damaged(path: Path, column: str) -> None:
    """Overwrite the values of a column, and leave all others as they are."""
    chunk = pq.ParquetFile(path).metadata.row_group(0)
    at = next(i for i in range(chunk.num_columns) if chunk.column(i).path_in_schema == column)
    start = chunk.column(at).dictionary_page_offset or chunk.column(at).data_page_offset
    data = bytearray(path.read_bytes())
    size = chunk.column(at).total_compressed_size
    data[start : start + size] = b"\xff" * size
    path.write_bytes(bytes(data))


def test_what_nobody_asks_for_is_not_read_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    TABLE.write_parquet(path)
    damaged(path, "b")
    table = open_table(path)
    assert isinstance(table, Columns)
    assert table.select(["a", "c"]).equals(TABLE.select("a", "c"))
    with pytest.raises(DataError):
        table.select(["b"])


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".arrow", ".jsonl"])
def test_every_kind_of_file_gives_its_columns(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"t{suffix}"
    writers = {
        ".csv": TABLE.write_csv,
        ".parquet": TABLE.write_parquet,
        ".arrow": TABLE.write_ipc,
        ".jsonl": TABLE.write_ndjson,
    }
    writers[suffix](path)
    table = open_table(path)
    assert isinstance(table, Columns)
    assert table.names == ("a", "b", "c")
    assert table.whole().equals(TABLE)


def test_declared_dtypes_hold_by_column(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    TABLE.write_parquet(path)
    table = open_table(path, dtypes={"a": "string", "c": "number"})
    assert isinstance(table, Columns)
    assert table["a"].to_list() == ["1", "2", "3"]
    assert table["b"].to_list() == ["x", "y", "z"]


def test_a_file_that_is_too_large_is_scanned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.parquet"
    TABLE.write_parquet(path)
    monkeypatch.setattr(reading, "_IN_MEMORY", 9 * 8 - 1)
    assert isinstance(open_table(path), pl.LazyFrame)
    monkeypatch.setattr(reading, "_IN_MEMORY", 9 * 8)
    assert isinstance(open_table(path), Columns)
