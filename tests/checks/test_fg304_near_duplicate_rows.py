from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.outcome import Outcome, Severity, Status
from fold_guard.checks.subjects.prepare import subject_of_map
from fold_guard.checks.subjects.subject import Subject
from fold_guard.dataset.roles import Roles
from fold_guard.folds import near_search as module
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan

Run = Callable[..., tuple[Outcome, ...]]
NAME = "near_duplicate_rows"
SPREAD = [float(each) for each in range(11)]


def made(n_rows: int = 900) -> pd.DataFrame:
    """Rows with noisy copies, copies of copies, equal rows, and folds of all kinds."""
    rng = np.random.default_rng(8)
    x = rng.normal(size=(n_rows, 4))
    source, copy = rng.choice(n_rows, (2, 120), replace=False)
    x[copy] = x[source] + rng.normal(size=(120, 4)) * 2e-3
    x[copy[:20]] = x[source[:20]]
    table = pd.DataFrame(x, columns=list("abcd"))
    table["ward"] = "w"
    table["row_id"] = rng.permutation(n_rows)
    table["fold"] = rng.integers(-1, 4, n_rows)
    table["result"] = np.where(rng.random(n_rows) < 0.3, "sick", "well")
    return table


def near_matrix(table: pd.DataFrame, tolerance: float) -> np.ndarray:
    values = table[list("abcd")].to_numpy()
    low, high = np.percentile(values, [25, 75], axis=0)
    apart = np.abs(values[:, None, :] - values[None, :, :])
    near: np.ndarray = (apart <= tolerance * (high - low)).all(axis=2)
    return near


@pytest.mark.parametrize("scheme", ["kfold", "forward"])
@pytest.mark.parametrize("tolerance", [0.003, 0.01, 0.15])
def test_against_all_pairs(
    scheme: str,
    tolerance: float,
    subject_of: Callable[..., Subject],
    outcomes_of: Run,
    rounds_of: Callable[..., Any],
) -> None:
    table = made()
    example = {
        "columns": table.to_dict("list"),
        "id": ["row_id"],
        "label": "result",
        "scheme": scheme,
    }
    [found] = outcomes_of(subject_of(example), NAME, tolerance=tolerance)
    near, fold = near_matrix(table, tolerance), table["fold"].to_numpy()
    component = connected_components(coo_array(near))[1]
    size = np.bincount(component)
    member = size[component] > 1
    crossing = [code for code in np.flatnonzero(size > 1) if len(set(fold[component == code])) > 1]
    same = component[:, None] == component[None, :]
    leaks = {
        str(j): int((near[np.ix_(test, train)].any(axis=1)).sum())
        for j, (train, test) in rounds_of(table["fold"], scheme).items()
    }
    values = table[list("abcd")].to_numpy()
    scale = np.diff(np.percentile(values, [25, 75], axis=0), axis=0)[0]
    spans = [np.ptp(values[component == each], axis=0) / scale for each in np.flatnonzero(size > 1)]
    equal = (values[:, None, :] == values[None, :, :]).all(axis=2)
    distinct = len(np.unique(values, axis=0))
    pairs = int(
        np.triu(near[np.ix_(*[np.unique(values, axis=0, return_index=True)[1]] * 2)], 1).sum()
    )
    measured = dict(found.measured)
    assert measured.pop("method").startswith("scaled distance in each numeric column, equality")
    assert measured.pop("largest_diameter") == pytest.approx(max(each.max() for each in spans))
    assert measured == {
        "threshold": {"tolerance": tolerance},
        "expected_recall": 1.0,
        "columns": 5,
        "columns_not_compared": 0,
        "clusters": int((size > 1).sum()),
        "clusters_of_equal_rows": sum(
            bool(equal[np.ix_(component == each, component == each)].all())
            for each in np.flatnonzero(size > 1)
        ),
        "largest_cluster": int(size.max()),
        "near_pairs": pairs,
        "rows_in_clusters": int(member.sum()),
        "clusters_crossing": len(crossing),
        "rows_in_crossing_clusters": int(np.isin(component, crossing).sum()),
        "cross_fold_pairs": int(np.triu(same & (fold[:, None] != fold[None, :]), 1).sum()),
        "rounds": {j: {"test_rows_with_copy_in_train": rows} for j, rows in leaks.items()},
        "test_rows_with_copy_in_train_total": sum(leaks.values()),
    }
    assert distinct == len(table) - 20
    assert found.status is Status.WARNED
    assert sum(leaks.values()) > 30


def test_the_full_list_holds_the_leaking_rows_of_each_round(
    subject_of: Callable[..., Subject], outcomes_of: Run, rounds_of: Callable[..., Any]
) -> None:
    table = made()
    subject = subject_of({"columns": table.to_dict("list"), "id": ["row_id"], "label": "result"})
    check = BY_NAME[NAME]
    assert check.leaks is not None
    listed = list(check.leaks(subject, check.rule()))
    [outcome] = outcomes_of(subject, NAME)
    near = near_matrix(table, 0.01)
    for each, (train, test) in zip(listed, rounds_of(table["fold"], "kfold").values(), strict=True):
        rows = np.flatnonzero(test)[near[np.ix_(test, train)].any(axis=1)]
        assert sorted(each.rows["row_id"].cast(pl.Int64)) == sorted(table["row_id"].iloc[rows])
        assert set(each.rows["fold"]) == {each.round}
        assert each.target == outcome.target == "5 features"
    worst = {
        each.rows.row(at, named=True)["finding"]: each.rows["message"][at]
        for each in listed
        for at in range(each.rows.height)
    }
    assert [worst[at] for at in range(5)] == [each.message for each in outcome.findings]


def test_a_pair_is_told_with_distance_folds_and_labels(
    subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    columns = {
        "id": [f"r{at:02}" for at in range(12)],
        "fold": [0, 1] * 6,
        "y": ["well", "sick"] * 6,
        "x": [*SPREAD[:10], 3.02, 50.0],
    }
    [found] = outcomes_of(subject_of({"columns": columns, "label": "y"}), NAME)
    assert found.summary == (
        "2 test rows (16.7%) have a near duplicate in train; 2 rows in 1 cluster of near duplicates"
    )
    [finding] = found.findings
    # Quartiles 2.755 and 7.25.
    assert finding.message == '2 rows alike, 0.0044 apart, folds 0 and 1, labels "sick" and "well"'
    assert (finding.count, finding.rows) == (2, ("r03", "r10"))
    assert (found.severity, found.status) == (Severity.WARNING, Status.WARNED)


def test_a_row_in_neither_side_links_no_others(
    subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    columns = {"id": [1, 2, 3, 4, 5], "fold": [0, 1, 1, 0, 1], "x": [0.0, 1.0, 2.0, 9.0, 5.0]}
    rule = {"tolerance": 0.25}
    [linked] = outcomes_of(subject_of({"columns": columns}), NAME, **rule)
    assert linked.measured["cross_fold_pairs"] == 2
    columns["fold"] = [0, -2, 1, 0, 1]
    [found] = outcomes_of(subject_of({"columns": columns}), NAME, **rule)
    assert found.measured["clusters"] == 1
    assert found.measured["cross_fold_pairs"] == 0
    assert found.measured["test_rows_with_copy_in_train_total"] == 0
    assert "none in several folds" in found.summary


def test_several_repeats_are_told_apart(outcomes_of: Run) -> None:
    frame = pl.DataFrame({"row": range(40), "x": [*map(float, range(39)), 38.01]})
    plan = FoldPlan("kfold", n_splits=2, n_repeats=8)
    folds = make_folds(frame, plan, id="row")
    subject = subject_of_map(folds, frame, Roles(id=("row",), features=("x",)))
    [found] = outcomes_of(subject, NAME)
    dealt = folds.table.sort("row_id")
    names = folds.manifest.fold_columns
    apart = [dealt[name][38] != dealt[name][39] for name in names]
    assert 0 < sum(apart) < 8
    assert found.measured["cross_fold_pairs"] == sum(apart)
    assert found.measured["test_rows_with_copy_in_train_total"] == 2 * sum(apart)
    assert f"of repeat {apart.index(True)}" in found.findings[0].message


def test_what_is_not_compared_or_not_found_is_said(
    subject_of: Callable[..., Subject], outcomes_of: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = {
        "id": [1, 2, 3, 4],
        "fold": [0, 1, 0, 1],
        "tags": [[1], [2], [3], [4]],
        "note": ["one note of many long words", "one note of many long word", "x", "y"],
    }
    subject = subject_of({"columns": columns})
    [found] = outcomes_of(subject, NAME, text_length=5.0)
    assert found.measured["columns_not_compared"] == 1
    assert found.summary.endswith("tags is of a type that is not compared")
    monkeypatch.setattr(module, "_ALL_TEXTS", 0)
    [found] = outcomes_of(subject, NAME, text_length=5.0)
    assert found.measured["expected_recall"] == pytest.approx(1 - (1 - 0.8**6) ** 21)
    assert "at least 99.8% of such pairs are found (MinHash)" in found.summary
    assert found.measured["threshold"] == {"similarity": 0.8}
    [none] = outcomes_of(subject_of({"columns": columns, "features": ["tags"]}), NAME)
    assert none.status is Status.ERROR
    assert "no column that can be compared" in none.summary
    bare = subject_of({"columns": columns, "features": []})
    [absent] = outcomes_of(bare, NAME)
    assert absent.status is Status.NOT_APPLICABLE


def test_columns_that_tell_hardly_anything_apart_are_an_error_and_no_pass(
    subject_of: Callable[..., Subject], outcomes_of: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = {"id": list(range(500)), "fold": [0, 1] * 250, "x": list(np.linspace(0, 1, 500))}
    [found] = outcomes_of(subject_of({"columns": columns}), NAME)
    assert "the columns hardly tell rows apart, likeness may be lawful" in found.summary
    monkeypatch.setattr(module, "_MOST_NEAR", 100)
    [found] = outcomes_of(subject_of({"columns": columns}), NAME)
    assert found.status is Status.ERROR
    assert "Lower the tolerance" in found.summary


def test_the_order_of_rows_changes_nothing(
    subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    table = made(300)
    shuffled = table.sample(frac=1, random_state=0)
    before, after = (
        outcomes_of(subject_of({"columns": each.to_dict("list"), "id": ["row_id"]}), NAME)
        for each in (table, shuffled)
    )
    assert before == after
    assert json.dumps(before[0].measured) == json.dumps(after[0].measured)
