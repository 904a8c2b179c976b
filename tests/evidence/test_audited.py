"""Every way to name a split, from Python."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn import model_selection as ms

from fold_guard import FoldMap, FoldPlan, Report, audit, make_folds, splitters
from fold_guard.checks.outcome import Outcome, Status
from fold_guard.errors import DataError, UsageError

ROWS = 80


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    rng = np.random.default_rng(11)
    day = rng.permutation(ROWS)
    return pl.DataFrame(
        {
            "visit": range(ROWS),
            "patient": [f"p{each}" for each in rng.integers(0, 25, ROWS)],
            "result": rng.choice(["negative", "positive"], ROWS, p=[0.6, 0.4]),
            "day": day,
            "known": day + 3,
            "x": rng.integers(0, 50, ROWS),
            "kind": rng.choice(["a", "b"], ROWS),
        }
    )


ROLES: dict[str, Any] = {"id": "visit", "label": "result", "groups": "patient"}


def outcome(report: Report, name: str) -> Outcome:
    return next(each for each in report.checks if each.name == name)


def without_digest(report: Report) -> Any:
    facts = report.to_json()
    facts["dataset"]["digest"] = facts["folds"]["source"] = facts["dataset"]["columns"] = ""
    return facts


def test_pairs_of_folds_read_like_the_column(table: pl.DataFrame) -> None:
    folds = np.arange(ROWS) * 7 % 5
    pairs = [(np.flatnonzero(folds != j), np.flatnonzero(folds == j)) for j in range(5)]
    column = audit(table.with_columns(fold=folds), fold="fold", **ROLES, time="day")
    for splits in (
        pairs,
        ((folds != j, folds == j) for j in range(5)),
        [[a.tolist(), b.tolist()] for a, b in pairs],
        ms.PredefinedSplit(folds),
    ):
        found = audit(table, splits=splits, **ROLES, time="day")
        assert without_digest(found) == without_digest(column)
        assert found.folds.source == "index pairs"


@pytest.mark.parametrize("frame", [pl.DataFrame, pl.DataFrame.to_pandas, pl.DataFrame.to_arrow])
@pytest.mark.parametrize(
    "splitter",
    [
        ms.StratifiedKFold(3),
        ms.GroupKFold(3),
        ms.StratifiedGroupKFold(3),
        splitters.StratifiedGroupKFold(3),
        ms.KFold(3),
    ],
    ids=lambda each: (
        f"{type(each).__module__.split('.')[0]}-{type(each).__name__}"
        if hasattr(each, "split") and not callable(each)
        else None
    ),
)
@pytest.mark.filterwarnings("error")
def test_a_splitter_is_given_label_and_groups(
    splitter: Any, frame: Any, table: pl.DataFrame
) -> None:
    report = audit(frame(table), splits=splitter, **ROLES, features=["x"])
    pairs = list(
        splitter.split(
            np.zeros(ROWS),
            table["result"].to_numpy(),
            table["patient"].to_numpy() if "Group" in type(splitter).__name__ else None,
        )
    )
    listed = audit(table, splits=pairs, **ROLES, features=["x"])
    assert listed.to_json() == report.to_json()
    kept = "Group" in type(splitter).__name__
    assert (outcome(report, "group_overlap").status is Status.PASSED) == kept


def test_a_splitter_of_time_finds_its_column(table: pl.DataFrame) -> None:
    splitter = splitters.PurgedKFold(4, prediction_time="day", evaluation_time="known")
    named = {"id": "visit", "time": "day", "evaluation_time": "known"}
    report = audit(table, splits=splitter, **named, features=["x"])
    assert outcome(report, "purge_embargo").status is Status.PASSED
    naive = audit(table, splits=ms.KFold(4), **named, features=["x"])
    assert outcome(naive, "purge_embargo").status is Status.FAILED


def test_a_splitter_that_fails_is_told(table: pl.DataFrame) -> None:
    with pytest.raises(UsageError, match=r"GroupKFold\.split failed"):
        audit(table, splits=ms.GroupKFold(3), id="visit")


def test_a_fold_map_brings_its_roles(table: pl.DataFrame) -> None:
    made = make_folds(table, FoldPlan("stratified_group", n_splits=4), **ROLES)
    report = audit(table, fold=made)
    assert outcome(report, "group_overlap").status is Status.PASSED
    facts = report.dataset
    assert (facts.id, facts.label, facts.groups) == (("visit",), "result", ("patient",))
    assert set(facts.features) == {"x", "kind"}  # day and known number the rows
    assert outcome(report, "fold_map_matches_data").status is Status.PASSED
    assert report.folds.digest == made.digest
    assert report.folds.source == f"fold map {made.digest[:12]}"
    assert facts.digest == made.manifest.dataset.digest
    # More roles than the map has, and in another order of rows.
    wider = audit(table.sample(fraction=1, shuffle=True, seed=1), fold=made, time="day")
    assert wider.dataset.time == "day"
    assert outcome(wider, "temporal_order").status is Status.FAILED


def test_a_fold_map_of_another_table_fails_fg102(table: pl.DataFrame) -> None:
    made = make_folds(table, FoldPlan("kfold", n_splits=4), id="visit", label="result")
    changed = table.with_columns(x=pl.when(pl.col("visit") == 3).then(99).otherwise("x"))
    found = outcome(audit(changed.filter(pl.col("visit") != 5), fold=made), "fold_map_matches_data")
    assert found.status is Status.FAILED
    assert (found.measured["rows_changed"], found.measured["rows_missing"]) == (1, 1)
    edited = replace(made, table=made.table.with_columns(fold=3 - pl.col("fold")))
    assert outcome(audit(table, fold=edited), "fold_map_matches_data").status is Status.FAILED
    with pytest.raises(UsageError, match="knows rows by visit, not by patient"):
        audit(table, fold=made, id="patient")
    stranger = audit(table.with_columns(pl.col("visit") + 1000), fold=made)
    assert not stranger.passed


@pytest.mark.parametrize("strategy", ["shuffle_split", "forward", "purged"])
def test_maps_of_other_layouts(strategy: Any, table: pl.DataFrame) -> None:
    times = {} if strategy == "shuffle_split" else {"time": "day"}
    if strategy == "purged":
        times["evaluation_time"] = "known"
    made = make_folds(table, FoldPlan(strategy), id="visit", label="result", **times)
    report = audit(table, fold=made, features=["x"])
    assert report.folds.scheme == made.manifest.plan.scheme
    assert not [each for each in report.checks if each.status is Status.ERROR]
    if strategy == "purged":
        assert outcome(report, "purge_embargo").status is Status.PASSED
        assert report.dataset.evaluation_time == "known"


def test_a_predefined_column_is_no_feature(table: pl.DataFrame) -> None:
    held = table.with_columns(part=pl.col("visit") % 4)
    made = make_folds(held, FoldPlan("predefined", column="part"), id="visit")
    assert "part" not in audit(held, fold=made).dataset.features


def test_times_as_text_do_not_change_the_table_of_a_map(table: pl.DataFrame) -> None:
    dated = table.with_columns(pl.col("day", "known").cast(pl.Int32).cast(pl.Date).cast(pl.String))
    made = make_folds(dated, FoldPlan("kfold", n_splits=4), id="visit")
    report = audit(dated, fold=made, time="day", evaluation_time="known")
    assert outcome(report, "fold_map_matches_data").status is Status.PASSED
    assert outcome(report, "purge_embargo").status is Status.FAILED


def test_train_and_test_against_plain_sets(table: pl.DataFrame) -> None:
    train, test = table.filter(pl.col("day") < 60), table.filter(pl.col("day") >= 60)
    report = audit(train, test=test, **ROLES, time="day", features=["x", "kind"])
    groups = outcome(report, "group_overlap").measured["rounds"]
    seen = set(train["patient"])
    assert groups == {
        "1": {
            "groups_shared": len(seen & set(test["patient"])),
            "test_rows_leaking": sum(each in seen for each in test["patient"]),
        }
    }
    copies = outcome(report, "duplicate_rows").measured["test_rows_with_copy_in_train_total"]
    rows = set(train.select("x", "kind").iter_rows())
    assert copies == sum(each in rows for each in test.select("x", "kind").iter_rows())
    assert outcome(report, "temporal_order").status is Status.PASSED
    assert (report.dataset.rows, report.folds.rows) == (ROWS, (60, 20))
    assert report.folds.source == "tables train and test"
    swapped = audit(test, test=train, **ROLES, time="day", features=["x", "kind"])
    assert outcome(swapped, "temporal_order").status is Status.FAILED


def test_validation_stands_between(table: pl.DataFrame) -> None:
    parts = {
        "frame": table.filter(pl.col("day") < 40),
        "validation": table.filter(pl.col("day").is_between(40, 59)).to_pandas(),
        "test": table.filter(pl.col("day") >= 60).reverse(),
    }
    report = audit(**parts, **ROLES, time="day", features=["x"])
    assert outcome(report, "temporal_order").measured["rounds_violating"] == 0
    assert report.folds.rows == (40, 20, 20)
    rounds: Any = outcome(report, "group_overlap").measured["rounds"]
    before = set(parts["frame"]["patient"]) | set(parts["validation"]["patient"])
    assert rounds["2"]["test_rows_leaking"] == sum(
        each in before for each in parts["test"]["patient"]
    )


def test_an_id_in_both_tables_is_told(table: pl.DataFrame) -> None:
    report = audit(table.head(50), test=table.slice(45), id="visit", features=["x"])
    found = outcome(report, "row_identity")
    assert (found.status, found.measured["duplicate_ids"]) == (Status.FAILED, 5)
    assert found.summary == "5 rows with the id of an earlier row"


def test_a_test_table_without_labels(table: pl.DataFrame) -> None:
    split = {"frame": table.head(50), "test": table.slice(50).drop("result")}
    report = audit(**split, **ROLES)
    idle = {each.name: each.reason for each in report.not_run}
    assert idle["class_counts"] == idle["class_balance"] == "test has no label column"
    assert idle["target_leakage"] == idle["identifier_label"] == "test has no label column"
    # With a validation table that has labels there is something to score.
    three = audit(
        table.head(40), validation=table.slice(40, 20), test=table.slice(60).drop("result"), **ROLES
    )
    assert outcome(three, "target_leakage").status is not Status.ERROR
    assert report.folds.by_class[1] == (0, 0)
    assert outcome(report, "label_conflict").status is not Status.ERROR
    with pytest.raises(DataError, match="no column 'result' in test"):
        audit(**split, id="visit")
    with pytest.raises(DataError, match="no column 'result' in train"):
        audit(split["test"].drop("x"), test=split["frame"], id="visit")


def test_columns_that_are_not_compared_need_not_be_in_both(table: pl.DataFrame) -> None:
    report = audit(
        table.head(50).drop("kind"), test=table.slice(50).drop("known"), id="visit", features=["x"]
    )
    assert (report.dataset.features, report.dataset.columns) == (("x",), 2)


def test_rows_without_ids_are_cited_by_table(table: pl.DataFrame) -> None:
    report = audit(table.head(50), test=table.slice(50), groups="patient", features=["x"])
    rows = {row for each in outcome(report, "group_overlap").findings for row in each.rows}
    where = {f"train {at}" for at in range(50)} | {f"test {at}" for at in range(30)}
    assert rows <= where
    assert report.dataset.id == ()


def test_a_pair_and_two_tables_say_the_same(table: pl.DataFrame) -> None:
    named = {"id": "visit", "groups": "patient", "time": "day", "features": ["x", "kind"]}
    one = audit(table, splits=[(range(50), range(50, ROWS))], **named)
    two = audit(table.head(50), test=table.slice(50), **named)
    for name, measure in (
        ("group_overlap", "test_rows_leaking_total"),
        ("duplicate_rows", "test_rows_with_copy_in_train_total"),
        ("temporal_order", "future_pairs_total"),
    ):
        assert outcome(one, name).measured[measure] == outcome(two, name).measured[measure]


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ({}, "nothing names the split"),
        ({"fold": "x", "splits": []}, "in 2 ways (fold, splits)"),
        ({"fold": "x", "test": 1}, "in 2 ways (fold, test)"),
        ({"splits": [], "test": 1}, "in 2 ways (splits, test)"),
        ({"validation": 1}, "there is no test table"),
        ({"splits": [([0], [1])], "scheme": "forward"}, "a scheme says"),
        ({"test": 1, "scheme": "kfold"}, "a scheme says"),
        ({"fold": "fold", "scheme": "folds"}, "there is no scheme 'folds'"),
        ({"splits": [([0], [1])], "embargo": 1}, "no time is named"),
    ],
)
def test_exactly_one_way(way: dict[str, Any], said: str, table: pl.DataFrame) -> None:
    with pytest.raises(UsageError) as caught:
        audit(table, **way)
    assert said in str(caught.value)
    assert caught.value.remedy


def test_an_evaluation_time_of_a_fold_column(table: pl.DataFrame) -> None:
    folded = table.with_columns(fold=pl.col("day") // 20)
    report = audit(folded, fold="fold", time="day", evaluation_time="known")
    found = outcome(report, "purge_embargo")
    assert (found.status, found.target) == (Status.FAILED, "day to known")
    assert "known" not in report.dataset.features
    with pytest.raises(UsageError, match="no time is named"):
        audit(folded, fold="fold", evaluation_time="known")
    zoned = folded.with_columns(known=pl.col("day").cast(pl.Int32).cast(pl.Date))
    with pytest.raises(DataError, match="different kinds"):
        audit(zoned, fold="fold", time="day", evaluation_time="known")


def test_no_column_is_taken(table: pl.DataFrame) -> None:
    # Whatever the folds are kept in, it is no column of the table.
    named = table.rename({"x": "fold", "kind": "row_id"})
    report = audit(named.head(50), test=named.slice(50), id="visit")
    assert {"fold", "row_id"} <= set(report.dataset.features)
    report = audit(named, splits=ms.KFold(3), id="visit")
    assert {"fold", "row_id"} <= set(report.dataset.features)


def test_a_saved_map_is_audited_as_it_was_made(table: pl.DataFrame, tmp_path: Any) -> None:
    made = make_folds(table, FoldPlan("group", n_splits=3), id="visit", groups="patient")
    made.save(tmp_path / "map")
    loaded = FoldMap.load(tmp_path / "map")
    as_pandas: pd.DataFrame = table.to_pandas()
    assert audit(as_pandas, fold=loaded).to_json() == audit(table, fold=made).to_json()


def test_an_embargo_is_judged_and_a_purged_map_promises_its_own() -> None:
    n = 60
    table = pl.DataFrame({"id": range(n), "day": range(n), "known": [i + 1 for i in range(n)]})
    roles: dict[str, Any] = {"id": "id", "time": "day", "evaluation_time": "known", "features": []}
    plan = FoldPlan("purged", n_splits=3, embargo=2)
    made = make_folds(table, plan, id="id", time="day", evaluation_time="known")

    def judged(**more: Any) -> Outcome:
        report = audit(table, fold=made, features=[], **more)
        return next(each for each in report.checks if each.code == "FG307")

    assert judged().requires["embargo"] == 2
    assert judged().status is Status.PASSED
    assert judged(embargo=0).requires["embargo"] == 0
    assert judged(embargo=4).status is Status.FAILED
    columns = table.with_columns(fold=pl.col("day") // 20)
    report = audit(columns, fold="fold", embargo=1, **roles)
    assert next(each for each in report.checks if each.code == "FG307").requires["embargo"] == 1
    for wrong in (-1, float("nan"), float("inf")):
        with pytest.raises(UsageError, match="embargo: must be a number of steps"):
            audit(columns, fold="fold", embargo=wrong, **roles)


def test_arguments_that_mean_nothing_are_refused(table: pl.DataFrame) -> None:
    folded = table.with_columns(fold=pl.Series([i % 2 for i in range(ROWS)]))
    with pytest.raises(UsageError, match="fold: expected the name of a column or a FoldMap"):
        audit(folded, fold=["fold"])
    with pytest.raises(UsageError, match="there is no check 'nope'"):
        audit(folded, fold="fold", rules={"nope": None})


def test_a_faulty_id_that_nobody_named_is_told() -> None:
    n = 60
    columns = {"fold": [i % 2 for i in range(n)], "x": [i % 29 for i in range(n)]}
    keyed = pl.DataFrame({**columns, "key": [*range(n - 1), None]})
    [features, *_] = [e for e in audit(keyed, fold="fold").checks if e.code == "FG303"]
    assert "key differs in nearly every row: if it is an id, it hides copies" in features.summary
    named = audit(keyed, fold="fold", id="key").checks
    [features, *_] = [e for e in named if e.code == "FG303"]
    assert features.status is Status.FAILED
    assert "nearly" not in features.summary
