from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from fold_guard.checks.catalogue import CATALOGUE
from fold_guard.checks.outcome import Outcome, Status
from fold_guard.errors import DataError, UsageError
from fold_guard.evidence.audit import audit
from fold_guard.evidence.report import Report

ROLES: dict[str, Any] = {"fold": "fold", "id": "visit", "label": "y", "groups": ["patient"]}


@pytest.fixture(scope="session")
def split(clinic: pl.DataFrame, clinic_folds: Any) -> pl.DataFrame:
    return clinic.with_columns(fold=clinic_folds().folds_of(clinic))


def test_a_clean_split_passes(split: pl.DataFrame) -> None:
    report = audit(split, **ROLES, features=["x"], name="t.csv")
    assert report.passed, report.to_json()
    assert (report.dataset.rows, report.dataset.columns, report.dataset.name) == (120, 6, "t.csv")
    assert report.folds.rows == (30, 30, 30, 30)
    assert report.folds.classes == ("no", "yes")
    assert sum(map(sum, report.folds.by_class)) == 120
    assert (report.plan, report.policy_digest) == (None, None)


def test_a_leaky_split_fails_and_names_patients(split: pl.DataFrame) -> None:
    report = audit(split.with_columns(fold=pl.col("visit") % 4), **ROLES)
    assert report.outcome is Status.FAILED
    [overlap] = [each for each in report.checks if each.name == "group_overlap"]
    assert overlap.status is Status.FAILED
    assert overlap.measured["groups_spanning"] == 40


def test_what_cannot_apply_is_listed_as_not_run(split: pl.DataFrame) -> None:
    report = audit(split.drop("y"), fold="fold", id="visit", features=["x"])
    idle = {each.name: each.reason for each in report.not_run}
    assert {"group_overlap", "class_counts", "temporal_order"} <= set(idle)
    assert all(idle.values())
    told = {each.name for each in report.checks} | set(idle)
    assert {check.name for check in CATALOGUE} <= told


def test_order_of_rows_and_columns_does_not_matter(split: pl.DataFrame) -> None:
    report = audit(split, **ROLES, features=["x", "day"])
    other = split.sample(fraction=1.0, shuffle=True, seed=1).select(reversed(split.columns))
    again = audit(other, **ROLES, features=["x", "day"])
    # FG309 asks whether the order of rows tells the label; every other check must not see it.
    found = [replace(each, checks=_without_order(each)) for each in (report, again)]
    assert found[0].to_json() == found[1].to_json()


def _without_order(report: Report) -> tuple[Outcome, ...]:
    return tuple(each for each in report.checks if each.code != "FG309")


def test_pandas_and_a_fold_of_floats_read_the_same(split: pl.DataFrame) -> None:
    frame = split.to_pandas()
    frame["fold"] = frame["fold"].astype(float)
    found = audit(frame, **ROLES, features=["x"])
    assert found.folds == audit(split, **ROLES, features=["x"]).folds


def test_fold_minus_one_always_trains(split: pl.DataFrame) -> None:
    aside = split.with_columns(
        fold=pl.when(pl.col("patient") == 0).then(-1).otherwise("fold").cast(pl.Int64)
    )
    report = audit(aside, **ROLES)
    assert report.folds.always_train == 3
    assert sum(report.folds.rows) == 117


def test_without_an_id_findings_cite_row_numbers(split: pl.DataFrame) -> None:
    leaky = split.drop("visit").with_columns(fold=pl.int_range(pl.len()) % 4)
    report = audit(leaky, fold="fold", groups=["patient"])
    [overlap] = [each for each in report.checks if each.name == "group_overlap"]
    assert all(isinstance(row, int) and 0 <= row < 120 for row in overlap.findings[0].rows)
    assert report.dataset.id == ()


def test_many_classes_are_not_listed(split: pl.DataFrame) -> None:
    report = audit(split, **{**ROLES, "label": "visit", "id": ()})
    assert (report.folds.classes, report.folds.by_class) == ((), ())


def test_null_labels_are_counted_nowhere(split: pl.DataFrame) -> None:
    gaps = split.with_columns(y=pl.when(pl.col("visit") <= 10).then("y"))
    report = audit(gaps, **ROLES)
    assert sum(map(sum, report.folds.by_class)) == 10
    assert len(report.folds.by_class) == 4


@pytest.mark.parametrize(
    ("change", "roles", "kind", "said"),
    [
        ({}, {"label": "Y_"}, UsageError, "Did you mean 'y'?"),
        ({}, {"fold": "folds"}, UsageError, "Did you mean 'fold'?"),
        ({}, {"features": ["y"]}, UsageError, "another role"),
        ({"fold": pl.col("fold") + 0.5}, {}, DataError, "no whole number"),
        ({"fold": pl.lit("a")}, {}, DataError, "no whole number"),
        ({"fold": pl.when(pl.col("visit") > 1).then("fold")}, {}, DataError, "None in row 1"),
        ({"fold": pl.lit(0)}, {}, DataError, "at least the folds 0 and 1"),
        ({"fold": pl.col("fold") - 3}, {}, DataError, "below -2"),
        ({"fold": pl.col("visit") * 10**9}, {}, DataError, "no more folds than rows"),
    ],
)
def test_bad_input(
    split: pl.DataFrame, change: dict[str, Any], roles: dict[str, Any], kind: Any, said: str
) -> None:
    with pytest.raises(kind) as caught:
        audit(split.with_columns(**change), **(ROLES | roles), name="t.csv")
    assert said in str(caught.value)
    assert "t.csv" in caught.value.where
    assert caught.value.remedy


def test_a_report_is_a_value(split: pl.DataFrame) -> None:
    report = audit(split, **ROLES)
    assert replace(report).to_json() == report.to_json()


def test_a_column_that_numbers_the_rows_hides_no_copies(split: pl.DataFrame) -> None:
    doubled = pl.concat([split, split]).select("x", "y", fold=pl.int_range(pl.len()) // 120)
    for column in (pl.int_range(pl.len()), pl.int_range(pl.len()).cast(pl.String)):
        report = audit(doubled.with_columns(number=column), fold="fold", label="y")
        found = {each.target: each for each in report.checks if each.name == "duplicate_rows"}
        assert found["1 feature"].status is Status.FAILED
        assert found["1 feature"].summary.endswith(
            "; number is unique in every row: taken for an id, not compared"
        )
        assert report.dataset.features == ("x",)
    named = audit(doubled.with_row_index("number"), fold="fold", features=["number", "x"])
    assert named.dataset.features == ("number", "x")
    assert all(each.status is Status.PASSED for each in named.checks)


def test_times_of_iso_text_are_read_and_other_text_is_refused(split: pl.DataFrame) -> None:
    dated = split.with_columns(
        when=(pl.lit(0).cast(pl.Date) + pl.duration(days="day")).cast(pl.Date)
    )
    kept = {"fold": "fold", "time": "when", "features": ["x"]}
    text = audit(dated.with_columns(pl.col("when").cast(pl.String)), **kept)
    assert text.checks == audit(dated, **kept).checks
    with pytest.raises(DataError, match="--dtype"):
        audit(dated.with_columns(when=pl.lit("May")), **kept)


def test_dates_beyond_the_year_9999_are_audited(split: pl.DataFrame) -> None:
    late = split.with_columns(
        when=(pl.int_range(pl.len(), dtype=pl.Int32) + 3_000_000).cast(pl.Date)
    )
    report = audit(late, fold="fold", time="when", groups=["when"], features=["x"])
    assert not [each for each in report.checks if each.status is Status.ERROR]


def test_several_labels_a_row(split: pl.DataFrame) -> None:
    marked = split.with_columns(
        well=(pl.col("y") == "yes").cast(pl.Int8), late=(pl.col("day") > 20).cast(pl.Int8)
    )
    roles = ROLES | {"label": ["well", "late"]}
    report = audit(marked, **roles, features=["x"])
    assert (report.dataset.label, report.dataset.labels) == (None, ("well", "late"))
    assert report.to_json()["dataset"]["labels"] == ("well", "late")
    assert report.folds.classes == ("well", "late")
    for fold, counts in enumerate(report.folds.by_class):
        inside = marked.filter(pl.col("fold") == fold)
        assert counts == (inside["well"].sum(), inside["late"].sum())
    assert {each.target for each in report.checks} >= {"2 labels", "1 feature + 2 labels"}
    assert "labels" not in audit(split, **ROLES).to_json()["dataset"]
    # What is a label is no feature.
    assert not {"well", "late"} & set(audit(marked, **roles).dataset.features)


def test_labels_that_cannot_be_read_are_no_verdict(split: pl.DataFrame) -> None:
    report = audit(split, **ROLES | {"label": ["y", "day"]}, features=["x"])
    assert report.outcome is Status.ERROR
    assert (report.folds.classes, report.folds.by_class) == ((), ())
    [counts] = [each for each in report.checks if each.name == "class_counts"]
    assert "column y" in counts.summary
