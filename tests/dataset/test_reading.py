from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

from fold_guard.dataset.reading import read_table, scan_table
from fold_guard.errors import DataError, FoldGuardError, UsageError

TABLE = pl.DataFrame({"id": [1, 2, 3], "y": ["a", None, "é"], "x": [0.1, 2.0, None]})
WRITERS = {
    ".parquet": pl.DataFrame.write_parquet,
    ".pq": pl.DataFrame.write_parquet,
    ".csv": pl.DataFrame.write_csv,
    ".tsv": lambda frame, path: frame.write_csv(path, separator="\t"),
    ".arrow": pl.DataFrame.write_ipc,
    ".feather": pl.DataFrame.write_ipc,
    ".jsonl": pl.DataFrame.write_ndjson,
    ".ndjson": pl.DataFrame.write_ndjson,
}


def refused(path: Path, **options: Any) -> FoldGuardError:
    """Read a bad file: the error must say where and what to do, with exit code 2 or 3."""
    with pytest.raises(FoldGuardError) as caught:
        read_table(path, **options)
    error = caught.value
    assert str(path) in error.where
    assert error.remedy
    assert error.exit_code in (2, 3)
    assert "\n" not in str(error)
    return error


@pytest.mark.parametrize("ending", sorted(WRITERS))
def test_every_format_gives_the_same_table(tmp_path: Path, ending: str) -> None:
    WRITERS[ending](TABLE, tmp_path / f"t{ending}")  # type: ignore[operator]
    assert read_table(tmp_path / f"t{ending}").equals(TABLE)


def test_only_the_columns_asked_for(tmp_path: Path) -> None:
    TABLE.write_parquet(tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet", columns=["x", "id"]).columns == ["x", "id"]


def test_the_demo_data(covid_path: Path) -> None:
    assert read_table(covid_path).shape == (15_524, 18)


def test_upper_case_endings_and_brackets_in_names(tmp_path: Path) -> None:
    TABLE.write_csv(tmp_path / "T[1].CSV")
    assert read_table(tmp_path / "T[1].CSV").equals(TABLE)
    TABLE.write_parquet(tmp_path / "t[a]*.parquet")
    assert read_table(tmp_path / "t[a]*.parquet").equals(TABLE)


def test_a_missing_file_suggests_its_neighbour(tmp_path: Path) -> None:
    TABLE.write_csv(tmp_path / "visits.csv")
    error = refused(tmp_path / "visit.csv")
    assert isinstance(error, UsageError)
    assert "visits.csv" in error.remedy
    assert "does not exist either" in refused(tmp_path / "nowhere" / "t.csv").remedy


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").mkdir()
    assert "folder" in refused(tmp_path / "t.parquet").what


def test_a_file_as_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    assert "not a folder" in refused(tmp_path / "a" / "t.csv").what


@pytest.mark.parametrize("ending", sorted(WRITERS))
def test_an_empty_file(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"t{ending}").touch()
    assert refused(tmp_path / f"t{ending}").what == "the file is empty"


@pytest.mark.parametrize("ending", [".parquet", ".arrow", ".csv"])
def test_a_table_without_rows(tmp_path: Path, ending: str) -> None:
    WRITERS[ending](TABLE.clear(), tmp_path / f"t{ending}")  # type: ignore[operator]
    assert refused(tmp_path / f"t{ending}").what == "the table has no rows"


@pytest.mark.parametrize("ending", [".parquet", ".arrow"])
@pytest.mark.parametrize("kept", [3, 60, -1])
def test_a_truncated_file(tmp_path: Path, ending: str, kept: int) -> None:
    path = tmp_path / f"t{ending}"
    WRITERS[ending](TABLE, path)  # type: ignore[operator]
    path.write_bytes(path.read_bytes()[:kept])
    error = refused(path)
    assert isinstance(error, DataError)
    assert "cut short" in error.remedy


@pytest.mark.parametrize(
    ("ending", "content"),
    [
        (".csv", b"id,y\n1,\xff\xfe\n"),
        (".csv", b"id,y\n1,a\n2,b,c,d\n"),
        (".jsonl", b'{"id": 1}\n{"id": '),
        (".parquet", b"id,y\n1,a\n"),
    ],
    ids=["not UTF-8", "ragged", "cut JSON", "CSV called Parquet"],
)
def test_damaged_content(tmp_path: Path, ending: str, content: bytes) -> None:
    (tmp_path / f"t{ending}").write_bytes(content)
    assert "cannot be read as" in refused(tmp_path / f"t{ending}").what


@pytest.mark.parametrize("name", ["t.xlsx", "t.pkl", "t"])
def test_an_unknown_kind_lists_the_known(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("x")
    assert ".parquet" in refused(tmp_path / name).remedy


def test_an_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests may run as root, who can read everything: the mode is simulated."""
    TABLE.write_csv(tmp_path / "t.csv")
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "mode and owner" in refused(tmp_path / "t.csv").remedy


def test_an_unreadable_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(self: Path, **_: object) -> os.stat_result:
        raise PermissionError(13, "Permission denied", str(self))

    path = tmp_path / "t.csv"
    with monkeypatch.context() as patched:
        patched.setattr(Path, "stat", denied)
        with pytest.raises(FoldGuardError, match="permission denied") as caught:
            scan_table(path)
    assert caught.value.where == str(path)
    assert caught.value.remedy


def test_an_unknown_column_is_no_damage(tmp_path: Path) -> None:
    TABLE.write_parquet(tmp_path / "t.parquet")
    error = refused(tmp_path / "t.parquet", columns=["idd"])
    assert isinstance(error, UsageError)
    assert error.remedy == "Did you mean 'id'?"


def test_a_dtype_for_a_column_that_is_not_there(tmp_path: Path) -> None:
    TABLE.write_csv(tmp_path / "t.csv")
    error = refused(tmp_path / "t.csv", dtypes={"idd": "string"})
    assert "'idd'" in error.what
    assert error.remedy == "Did you mean 'id'?"


def test_a_late_text_makes_the_column_text(tmp_path: Path) -> None:
    lines = "\n".join(map(str, range(20_000)))
    (tmp_path / "t.csv").write_text(f"a\n{lines}\nlast\n")
    column = read_table(tmp_path / "t.csv")["a"]
    assert column.dtype == pl.String
    assert column[-1] == "last"


def test_declared_text_keeps_leading_zeros(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,n\n007,1\n7,2\n")
    assert read_table(tmp_path / "t.csv", dtypes={"id": "string"})["id"].to_list() == ["007", "7"]


def test_declared_columns_are_cast_only_when_read(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,n\n007,x\n")
    read = read_table(tmp_path / "t.csv", columns=["id"], dtypes={"n": "integer", "id": "integer"})
    assert read.to_dicts() == [{"id": 7}]


def test_a_value_that_does_not_fit_is_shown(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,n\n1,5\n2,five\n")
    error = refused(tmp_path / "t.csv", dtypes={"n": "integer"})
    assert "'five' in row 1" in error.what
    assert error.where.endswith("column n")


def test_the_index_of_pandas_is_no_column(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": [3, 4]}, index=[7, 9])
    frame.to_parquet(tmp_path / "t.parquet")
    frame.to_csv(tmp_path / "t.csv")
    for name in ("t.parquet", "t.csv"):
        assert read_table(tmp_path / name).columns == ["a", "b"]
    named = pl.DataFrame({"__index_level_0__": [1], "a": [2]})
    named.write_parquet(tmp_path / "own.parquet")
    assert read_table(tmp_path / "own.parquet").columns == named.columns


def test_columns_named_alike_are_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('a,"b",b\n1,2,3\n')
    with pytest.raises(DataError, match="more than once: 'b'"):
        read_table(tmp_path / "t.csv")


def test_a_column_whose_name_looks_like_a_pattern_is_read_alone(tmp_path: Path) -> None:
    pl.DataFrame({"x1": [1], "^x.*$": [2], "*": [3]}).write_parquet(tmp_path / "t.parquet")
    found = read_table(tmp_path / "t.parquet", columns=["^x.*$", "*"])
    assert found.columns == ["^x.*$", "*"]
