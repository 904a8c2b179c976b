from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from fold_guard.dataset.csv_cells import plain_cell, safe_cell, write_csv

ACTIVE = ["=1+1", "+1+1", "-A1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1"]


@given(st.text())
def test_a_cell_can_be_read_back(text: str) -> None:
    assert plain_cell(safe_cell(text)) == text


def test_no_cell_is_a_formula_and_numbers_stay_numbers(tmp_path: Path) -> None:
    table = pl.DataFrame({"=id": ["a;=1", 'b"c', *ACTIVE], "n": [-1.5] * 10, "i": [-7] * 10})
    write_csv(table, tmp_path / "queue.csv")
    text = (tmp_path / "queue.csv").read_text("utf-8")
    with (tmp_path / "queue.csv").open(encoding="utf-8", newline="") as file:
        heads, *rows = list(csv.reader(file))
    assert heads[0] == "'=id"
    assert [plain_cell(row[0]) for row in rows] == table["=id"].to_list()
    assert all(row[0].startswith("'") for row in rows[2:])
    assert {tuple(row[1:]) for row in rows} == {("-1.5", "-7")}
    # Split at semicolons the quotes still hold the cell together.
    assert text.splitlines()[1] == '"a;=1",-1.5,-7'


def test_a_number_is_no_formula() -> None:
    """The classes -1 and +1 keep their names in tables and plots."""
    kept = ["-1", "+1", "-1.50", "7"]
    assert [safe_cell(text) for text in kept] == kept
    for text in ("-1-1", "+1e3", "-", "+", "-1.", "--1", "-1\n", "-\u0661"):
        assert safe_cell(text) == f"'{text}"


def test_same_table_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_csv(pl.DataFrame({"x": ["é", "\n"]}), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
