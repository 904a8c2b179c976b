"""The Parquet of findings holds every row, and its numbers are those of the report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.outcome import Status
from fold_guard.errors import FoldGuardError
from fold_guard.evidence import full_findings
from fold_guard.evidence.audit import audit, audited_subject
from fold_guard.evidence.full_findings import COLUMNS, Written, write_findings
from fold_guard.evidence.report import Report

GIVEN: dict[str, Any] = {"fold": "fold", "id": "visit", "groups": ["patient", "ward"]}


def visits(rows: int = 300) -> pl.DataFrame:
    rng = np.random.default_rng(5)
    return pl.DataFrame(
        {
            "visit": [f"v{row}" for row in rng.permutation(rows)],
            "patient": [f"p{row % 70}" if row % 11 else None for row in range(rows)],
            "ward": rng.integers(0, 40, rows),
            "day": rng.integers(0, 90, rows),
            "x": rng.normal(size=rows),
            "fold": rng.integers(-1, 4, rows),
        }
    )


def written(
    path: Path, frame: pl.DataFrame, names: tuple[str, ...] = ("group_overlap",), **more: Any
) -> tuple[pl.DataFrame, Report, Written]:
    rules = {name: BY_NAME[name].rule() for name in names}
    report = audit(frame, **GIVEN, **more, name="t", rules=rules)
    subject = audited_subject(frame, **GIVEN, **more, name="t")
    found = write_findings(path, subject, report, rules)
    return pl.read_parquet(path), report, found


@pytest.mark.parametrize("scheme", ["kfold", "forward"])
def test_the_rows_are_those_that_the_definition_names(tmp_path: Path, scheme: str) -> None:
    frame = visits()
    found, report, said = written(tmp_path / "f.parquet", frame, scheme=scheme)
    folds, ids = frame["fold"].to_list(), frame["visit"].to_list()
    expected = set()
    for key in ("patient", "ward"):
        values = frame[key].to_list()
        for j in range(1 if scheme == "forward" else 0, 4):
            train = {
                value
                for value, fold in zip(values, folds, strict=True)
                if value is not None and (0 <= fold < j if scheme == "forward" else fold != j)
            }
            expected |= {
                (key, j, ids[row], folds[row])
                for row, value in enumerate(values)
                if folds[row] == j and value in train
            }
    assert expected
    assert found.height == len(expected) == said.rows
    assert set(found.select("target", "round", "row_id", "fold").rows()) == expected
    assert said.capped == ()
    assert found["complete"].all()
    assert set(found["side"]) == {"test"}
    for outcome in report.checks:
        own = found.filter(pl.col("target") == outcome.target)
        assert own.height == outcome.measured["test_rows_leaking_total"]
        rounds: Any = outcome.measured["rounds"]
        for j, numbers in rounds.items():
            here = own.filter(pl.col("round") == int(j))
            assert here.height == numbers["test_rows_leaking"]
            assert here["finding"].n_unique() == numbers["groups_shared"]


def test_findings_have_the_numbers_and_words_of_the_report(tmp_path: Path) -> None:
    found, report, _ = written(tmp_path / "f.parquet", visits())
    for outcome in report.checks:
        assert outcome.status is Status.FAILED
        own = found.filter(pl.col("target") == outcome.target)
        words = dict(own.select("finding", "message").unique().rows())
        assert sorted(words) == list(range(len(words)))
        shown = [each.message for each in outcome.findings]
        assert len(shown) == 5
        assert [words[number] for number in range(5)] == shown
        assert set(own["outcome"]) == {"failed"}


def test_columns_are_the_documented_ones_also_without_a_row(tmp_path: Path) -> None:
    schema = {name: dtype for name, (dtype, _) in COLUMNS.items()}
    found, _, _ = written(tmp_path / "f.parquet", visits())
    assert dict(found.schema) == schema
    apart = visits().with_columns(patient=pl.col("visit"), ward=pl.col("visit"))
    found, report, said = written(tmp_path / "g.parquet", apart)
    assert report.passed
    assert (found.height, dict(found.schema)) == (0, schema)
    assert said == Written(0, ())


def test_the_order_of_the_table_does_not_show(tmp_path: Path) -> None:
    frame = visits()
    written(tmp_path / "a.parquet", frame)
    written(tmp_path / "b.parquet", frame[::-1])
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_a_check_without_a_full_list_gives_what_the_report_has_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking = replace(BY_NAME["group_overlap"], leaks=None)
    monkeypatch.setattr(full_findings, "BY_NAME", {**BY_NAME, "group_overlap": lacking})
    found, report, said = written(tmp_path / "f.parquet", visits(900))
    assert said.capped == ("FG301",)
    lines = [
        (n, str(row)) for o in report.checks for n, x in enumerate(o.findings) for row in x.rows
    ]
    assert found.select("finding", "row_id").rows() == lines
    assert found["round"].null_count() == found.height == said.rows
    complete = [x.count == len(x.rows) for o in report.checks for x in o.findings for _ in x.rows]
    assert found["complete"].to_list() == complete
    assert set(complete) == {True, False}


def test_a_finding_without_rows_has_a_line(tmp_path: Path) -> None:
    uneven = pl.DataFrame({"visit": range(9), "patient": range(9), "ward": range(9)}).with_columns(
        fold=pl.Series([0] * 3 + [2] * 6), x=pl.int_range(9)
    )
    found, report, _ = written(tmp_path / "f.parquet", uneven, ("fold_shape",))
    assert [each.message for each in report.checks[0].findings] == found["message"].to_list()
    assert found["row_id"].null_count() == found.height == 1


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    folder = tmp_path / "f.parquet"
    folder.mkdir()
    with pytest.raises(FoldGuardError):
        written(folder, visits())
    assert [each.name for each in tmp_path.iterdir()] == ["f.parquet"]


def test_the_documentation_names_the_columns_in_their_order() -> None:
    page = (Path(__file__).parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")
    table = page[page.index("| column | is |") :].partition("\n\n")[0]
    heads = [line.split("|")[1] for line in table.splitlines()[2:]]
    assert [name.strip(" `") for head in heads for name in head.split(",")] == list(COLUMNS)
