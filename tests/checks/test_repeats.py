"""Folds of several repeats, drawn test sets, several labels: what the checks count of them."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.classes.class_label import (
    label_kinds,
    label_strata,
    lacks_class_label,
)
from fold_guard.checks.classes.fold_shares import shares_of
from fold_guard.checks.outcome import Outcome, Status
from fold_guard.checks.run import run_checks
from fold_guard.checks.subjects.places import round_details, round_name
from fold_guard.checks.subjects.table_subject import TableSubject
from fold_guard.dataset.columns import Columns
from fold_guard.dataset.roles import Roles
from fold_guard.folds.plan import FoldPlan
from fold_guard.folds.replay import replayed
from fold_guard.identity.row_ids import examine_ids

Run = Callable[..., tuple[Outcome, ...]]


def mapped(
    columns: dict[str, list[Any]], repeats: list[list[int]], plan: FoldPlan, **roles: Any
) -> TableSubject:
    """The subject of a map with these folds."""
    frame = pl.DataFrame({"id": range(len(repeats[0])), **columns})
    folds = np.array(repeats, dtype=np.int64)
    plan = replace(plan, n_repeats=len(folds)) if len(folds) > 1 else plan
    return TableSubject(
        table=Columns.of(frame),
        roles=Roles.of("id", **roles).resolve(frame.columns, source="table"),
        row_ids=frame["id"],
        folds=folds[0],
        repeats=folds,
        rounds=replayed(plan, folds, int(folds.max()) + 1),
        scheme="kfold",
        identity=examine_ids(frame["id"]),
        traits=plan.traits,
    )


TWO = [[0, 0, 1, 1], [0, 1, 0, 1]]
KFOLD = FoldPlan("kfold", n_splits=2)
DRAWS = FoldPlan("shuffle_split")


@pytest.mark.parametrize(
    ("folds", "plan", "at", "name"),
    [
        (TWO[:1], KFOLD, 1, "round 1"),
        (TWO, KFOLD, 3, "round 3 (repeat 1, fold 1)"),
        ([[0, -1, -1, 0], [-1, 0, -1, 0]], DRAWS, 1, "round 1 (repeat 1)"),
        ([[0, -1, -1, 0]], DRAWS, 0, "round 0"),
        ([[0, 1, 2, 2]], FoldPlan("leave_p_groups_out"), 1, "round 1 (folds 0 and 2)"),
        ([[0, 0, 0, 1], [1, 1, 1, 1]], KFOLD, 2, "round 2 (repeat 1)"),
    ],
)
def test_a_round_is_named_by_what_it_tests(
    folds: list[list[int]], plan: FoldPlan, at: int, name: str
) -> None:
    subject = mapped({}, folds, plan)
    assert round_name(subject, at) == name
    assert round_details(subject, at) in name
    if " (" not in name:
        assert round_name(subject, at, "fold") == name.replace("round", "fold")


def test_the_uneven_round_is_named_with_its_repeat(outcomes_of: Run) -> None:
    subject = mapped({}, [[0, 0, 1, 1], [0, 1, 1, 1]], KFOLD)
    [found] = outcomes_of(subject, "fold_shape", max_size_ratio=2)
    assert found.findings[0].message == (
        "test sides have 1 (repeat 1, fold 0) to 3 (repeat 1, fold 1) rows, 3.00 times as many; "
        "policy allows 2"
    )
    assert found.summary.startswith("2 folds in each of 2 repeats, test sides of 1 to 3 rows")


def test_one_fold_is_enough_for_a_draw_alone(outcomes_of: Run) -> None:
    folds = [[0, 0, -1, -2]]
    [drawn] = outcomes_of(mapped({}, folds, DRAWS), "fold_shape")
    assert (drawn.status, drawn.measured["folds"]) == (Status.PASSED, 1)
    assert drawn.summary == "1 test set drawn, test sides of 2 rows; 1 row in no round"
    [dealt] = outcomes_of(mapped({}, folds, KFOLD), "fold_shape")
    assert (dealt.status, dealt.summary) == (
        Status.FAILED,
        "1 fold; a split needs two; 1 row excluded from every round",
    )


def test_rows_count_as_left_out_when_every_repeat_leaves_them_out(outcomes_of: Run) -> None:
    subject = mapped({}, [[0, 1, -2, -2, -1, -1], [0, 1, -2, 0, -2, -1]], KFOLD)
    [found] = outcomes_of(subject, "fold_shape")
    assert (found.measured["rows_excluded"], found.measured["rows_in_no_test_set"]) == (1, 3)


def test_a_large_component_is_no_news_where_folds_are_units(outcomes_of: Run) -> None:
    columns = {"patient": [1, 1, 1, 2]}
    for plan, told in ((FoldPlan("leave_one_group_out"), 0), (FoldPlan("group", n_splits=2), 1)):
        subject = mapped(columns, [[0, 0, 0, 1]], plan, groups="patient")
        [found] = outcomes_of(subject, "component_overlap")
        assert (found.status, len(found.findings)) == (Status.PASSED, told)


def test_the_bound_is_the_tightest_of_the_repeats(outcomes_of: Run) -> None:
    # Halves can hold the one "a" in two; of 1 and 3 rows, one holds all or none of it.
    columns = {"y": ["a", "a", "b", "b"]}
    bounds = []
    for repeats in ([[0, 1, 0, 1]], [[0, 1, 1, 1]], [[0, 1, 0, 1], [0, 1, 1, 1]]):
        [found] = outcomes_of(mapped(columns, repeats, KFOLD, label="y"), "class_balance")
        bounds.append(found.measured["lower_bound"])
    assert bounds[0] == pytest.approx(0)
    assert bounds[2] == bounds[1] == pytest.approx(0.5)


def test_excluded_rows_tie_nothing_together_in_their_repeat(outcomes_of: Run) -> None:
    # Row 1 links row 0 (patient) with row 2 (house).
    columns = {"patient": [7, 7, 8, 9], "house": [1, 2, 2, 3]}
    both = {"groups": ["patient", "house"]}
    apart = mapped(columns, [[0, 0, 0, 1], [0, -2, 1, 1]], KFOLD, **both)
    [found] = outcomes_of(apart, "component_overlap")
    assert (found.status, found.measured["components"]) == (Status.PASSED, 2)
    torn = mapped(columns, [[0, 0, 0, 1], [0, 1, 1, 1]], KFOLD, **both)
    [found] = outcomes_of(torn, "component_overlap")
    assert (found.status, found.measured["test_rows_leaking_total"]) == (Status.FAILED, 3)
    assert found.findings[0].message == (
        "component of patient 7: 3 rows in folds 0 and 1 of repeat 1"
    )


def test_copies_are_looked_for_in_every_repeat(outcomes_of: Run) -> None:
    subject = mapped({"x": [1, 1, 2, 3]}, TWO, KFOLD)
    [found] = outcomes_of(subject, "duplicate_rows")
    assert found.measured["cross_fold_pairs"] == 1
    assert found.summary == (
        "1 pair of identical rows lies in different folds (summed over 2 repeats); "
        "2 test rows (25.0%) have a copy in train; "
        "the columns have only 3 distinct rows in 4, copies may be lawful"
    )
    assert found.findings[0].message == "2 rows equal in 1 column, folds 0 and 1 of repeat 1"


def test_classes_are_counted_together_where_every_row_is_a_fold(outcomes_of: Run) -> None:
    columns = {"y": ["a", "a", "b", "b"]}
    subject = mapped(columns, [[0, 1, 2, 3]], FoldPlan("leave_one_out"), label="y")
    [found] = outcomes_of(subject, "class_counts", min_test=2)
    assert found.status is Status.PASSED
    assert found.summary == (
        'rarest class "a": 2 rows in all test sides together, for every row is a fold of its own'
    )
    assert found.measured["min_test"] == {"a": 2, "b": 2}
    assert found.measured["min_train"] == {"a": 1, "b": 1}
    [found] = outcomes_of(subject, "class_counts", min_test=3, min_train=2)
    assert found.measured["shortfalls"] == 2 + 4
    assert found.findings[0].message == (
        '"a" has 2 rows in the test sides of all rounds together; policy asks for 3'
    )
    assert found.findings[1].message.startswith('"a" has 1 row in the train side of round 0;')
    [balance] = outcomes_of(subject, "class_balance")
    assert (balance.status, balance.summary) == (
        Status.NOT_APPLICABLE,
        "every row is a fold of its own: its shares are what they are",
    )


LABELS: dict[str, list[Any]] = {
    "red": [1, 0, 1, 0, 1, 0],
    "round": [True, True, False, False, True, False],
}


def test_several_labels_are_counted_each(outcomes_of: Run) -> None:
    folds = [[0, 0, 0, 1, 1, 1]]
    plan = FoldPlan("multilabel", n_splits=2)
    subject = mapped(LABELS | {"x": [5, 6, 7, 8, 5, 8]}, folds, plan, label=["red", "round"])
    [counts] = outcomes_of(subject, "class_counts")
    assert counts.target == "2 labels"
    assert counts.measured["min_test"] == {"red": 1, "round": 1}
    assert counts.measured["null_labels"] == 0
    assert counts.summary == 'rarest label "red": 1 to 2 rows a fold'
    [counts] = outcomes_of(subject, "class_counts", min_train=2)
    assert counts.findings[0].message == (
        '"red" has 1 row in the train side of round 0; policy asks for 2'
    )
    # Both labels: 2 of 3 rows in fold 0, 1 of 3 in fold 1, one half in all.
    [balance] = outcomes_of(subject, "class_balance")
    assert balance.measured["max_share_deviation"] == pytest.approx(1 / 6)
    assert balance.summary.startswith('share of "red" off by 17 points in fold ')
    features, both = outcomes_of(subject, "duplicate_rows")
    assert (features.target, both.target) == ("1 feature", "1 feature + 2 labels")
    assert (features.measured["clusters"], both.measured["clusters"]) == (2, 2)


def test_rows_that_differ_in_one_label_contradict_each_other(outcomes_of: Run) -> None:
    x = [5, 5, 7, 7, 8, 9]
    columns = {"red": [1, 0, 1, 1, 0, 0], "round": [1, 1, 0, 0, 0, 0], "x": x}
    plan = FoldPlan("multilabel", n_splits=2)
    subject = mapped(columns, [[0, 0, 0, 1, 1, 1]], plan, label=["red", "round"])
    [found] = outcomes_of(subject, "label_conflict")
    assert found.measured == {"clusters_conflicting": 1, "rows_conflicting": 2}
    assert (
        found.findings[0].message
        == '2 rows equal in 1 feature, labels ["red", "round"] and ["round"]'
    )
    _, both = outcomes_of(subject, "duplicate_rows")
    assert both.measured["clusters"] == 1


def test_a_label_that_is_neither_0_nor_1_is_no_verdict(outcomes_of: Run) -> None:
    # Rows 0 and 1 are equal: of rows that equal no other, FG305 has no label to compare.
    columns = {"red": [1, 2, 0, 0], "round": [1, 0, 1, 0], "x": [1, 1, 3, 4]}
    subject = mapped(
        columns, [[0, 0, 1, 1]], FoldPlan("multilabel", n_splits=2), label=["red", "round"]
    )
    for name in ("class_counts", "class_balance", "label_conflict"):
        [found] = outcomes_of(subject, name)
        assert found.status is Status.ERROR
        assert "column red" in found.summary


def test_ages_of_a_continuous_map_are_no_classes() -> None:
    ages = {"age": [30, 40, 50, 60]}
    folds = [[0, 0, 1, 1]]
    binned = mapped(ages, folds, FoldPlan("continuous", n_splits=2), label="age")
    assert lacks_class_label(binned) == "the label is continuous, it has no classes"
    assert lacks_class_label(mapped(ages, folds, KFOLD, label="age")) == ""


@pytest.mark.parametrize("label", ["y", ["red", "round"]])
@pytest.mark.parametrize("plan", [KFOLD, DRAWS])
def test_shares_against_plain_loops(label: Any, plan: FoldPlan) -> None:
    rng = np.random.default_rng(5)
    n = 60
    columns: dict[str, list[Any]] = {
        "red": rng.integers(0, 2, n).tolist(),
        "round": rng.integers(0, 2, n).tolist(),
        "y": [[None, "a", "b"][i] for i in rng.integers(0, 3, n)],
    }
    top = 1 if plan is DRAWS else 2
    repeats = rng.integers(-2, top, (2, n)).tolist()
    subject = mapped(columns, repeats, plan, label=label)
    kinds = label_kinds(subject, subject.cells(subject.roles.label_columns))
    held = [
        {name for name in label if columns[name][row]} if label != "y" else {columns["y"][row]}
        for row in range(n)
    ]
    assert [kinds.codes[row] == -1 for row in range(n)] == [each == {None} for each in held]
    for repeat, folds in enumerate(repeats):
        cells = subject.cells(subject.roles.label_columns)
        strata = label_strata(subject, cells)
        found = shares_of(cells, strata, repeat, drawn=plan is DRAWS)
        assert found is not None
        known = [row for row in range(n) if held[row] != {None}]
        whole = known if plan is DRAWS else [row for row in known if folds[row] >= 0]
        names = ["a", "b"] if label == "y" else ["red", "round"]
        away = []
        for fold in range(top):
            tested = [row for row in known if folds[row] == fold]
            away.append(
                [
                    sum(name in held[row] for row in tested) / len(tested)
                    - sum(name in held[row] for row in whole) / len(whole)
                    for name in names
                ]
            )
        assert found.max_deviation == pytest.approx(np.abs(away).max())
        assert found.mean_deviation == pytest.approx(np.abs(away).mean())
        assert found.deviations == pytest.approx(np.abs(away))
        assert found.lower_bound <= found.max_deviation


def test_the_bound_of_a_draw_is_the_best_draw() -> None:
    # 3 of 10 rows are "a"; of a test set of 4 rows, 1 (25%) is nearest to 30%.
    columns = {"y": list("aaabbbbbbb")}
    best = min(abs(number / 4 - 0.3) for number in range(5))
    for folds in ([0, -1, -1, 0, 0, 0, -1, -1, -1, -1], [0, 0, 0, 0, -1, -1, -1, -1, -1, -1]):
        subject = mapped(columns, [folds], DRAWS, label="y")
        cells = subject.cells(["y"])
        found = shares_of(cells, label_strata(subject, cells), 0, drawn=True)
        assert found is not None
        assert found.lower_bound == pytest.approx(best)


def test_leave_one_out_holds_no_matrix_of_rounds_and_rows() -> None:
    n = 3000
    rng = np.random.default_rng(2)
    columns = {
        "y": rng.integers(0, 2, n).tolist(),
        "patient": rng.integers(0, n // 2, n).tolist(),
        "day": rng.integers(0, 99, n).tolist(),
        "x": rng.integers(0, n, n).tolist(),
    }
    plan = FoldPlan("leave_one_out")
    roles = {"label": "y", "groups": ["patient"], "time": "day"}
    subject = mapped(columns, [list(range(n))], plan, **roles)
    for name in ("fold_shape", "class_counts", "group_overlap", "duplicate_rows", "temporal_order"):
        rule = BY_NAME[name].rule()
        tracemalloc.start()
        outcomes = run_checks(subject, {name: rule})
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert outcomes[0].status in (Status.PASSED, Status.FAILED)
        assert peak < n * n / 2, name
