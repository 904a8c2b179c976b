"""Layouts other than dealt folds: one unit a fold, given folds, blocks; and the label's bins."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from fold_guard.errors import DataError, FoldGuardError, InfeasibleError, UsageError
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan

ROLES: dict[str, Any] = {"id": "visit", "label": "y", "groups": "patient", "time": "day"}


def test_every_row_is_a_fold_in_the_order_of_ids(clinic: pl.DataFrame) -> None:
    made = make_folds(clinic.reverse(), FoldPlan("leave_one_out"), **ROLES)
    assert made.folds_of(clinic).tolist() == list(range(120))


def test_every_component_is_a_fold(clinic: pl.DataFrame) -> None:
    made = make_folds(clinic, FoldPlan("leave_one_group_out"), **ROLES)
    assert made.folds_of(clinic).tolist() == clinic["patient"].to_list()
    linked = clinic.with_columns(clinic=pl.col("patient") // 20)
    both = make_folds(
        linked, FoldPlan("leave_one_group_out"), id="visit", groups=["patient", "clinic"]
    )
    assert both.manifest.n_folds == 2


def test_given_folds_are_taken_as_they_are(clinic: pl.DataFrame) -> None:
    table = clinic.with_columns(mine=pl.col("visit") % 5 - 2)
    made = make_folds(table, FoldPlan("predefined", column="mine"), **ROLES)
    assert made.folds_of(table).tolist() == table["mine"].to_list()


@pytest.mark.parametrize(
    ("column", "kind", "said"),
    [
        (pl.col("visit") % 2 * 2 + 1, InfeasibleError, "no row is in fold 0"),
        (pl.col("visit") * 2, InfeasibleError, "cannot fill the folds up to 240"),
        (pl.col("visit") * 0 - 1, InfeasibleError, "any fold"),
        (pl.col("visit") * 0 - 3, DataError, "fold -3 of row id 1"),
        (pl.col("visit") / 2, DataError, "whole numbers"),
        (pl.col("y"), DataError, "whole numbers"),
        (pl.lit(None, pl.Int64), DataError, "whole numbers"),
    ],
)
def test_given_folds_without_meaning_are_refused(
    clinic: pl.DataFrame, column: pl.Expr, kind: type[FoldGuardError], said: str
) -> None:
    table = clinic.with_columns(mine=column)
    with pytest.raises(kind, match=said):
        make_folds(table, FoldPlan("predefined", column="mine"), **ROLES)
    with pytest.raises(UsageError, match="Did you mean 'mine'"):
        make_folds(table, FoldPlan("predefined", column="mined"), **ROLES)


def test_a_continuous_label_says_how_much_hangs_on_its_bins(clinic: pl.DataFrame) -> None:
    made = make_folds(clinic, FoldPlan("continuous", n_bins=8), id="visit", label="x")
    assert [each.n_bins for each in made.manifest.bins] == [4, 8, 16]
    means = [clinic["x"].filter(made.folds_of(clinic) == fold).mean() for fold in range(5)]
    spread = np.ptp(np.array(means, dtype=float)) / clinic["x"].std(ddof=0)
    assert made.manifest.bins[1].max_mean_gap == pytest.approx(spread)
    given = FoldPlan("continuous", bin_edges=(-0.5, 0.5))
    assert len(make_folds(clinic, given, id="visit", label="x").manifest.bins) == 1


@pytest.mark.parametrize(
    ("strategy", "roles", "kind", "said"),
    [
        ("multilabel", {"label": "y"}, UsageError, "needs several labels"),
        ("stratified", {"label": ["a", "b"]}, UsageError, "needs one label"),
        ("continuous", {"label": "y"}, DataError, "must be numbers"),
        ("continuous", {"label": "hole"}, DataError, "1 rows have no finite label"),
        ("multilabel", {"label": ["a", "y"]}, DataError, "y"),
        ("leave_one_group_out", {"groups": "same"}, InfeasibleError, "nothing to train on"),
        ("purged", {"time": None}, UsageError, "needs a time column"),
        (
            "purged",
            {"evaluation_time": "x"},
            DataError,
            "end before they start, the first is row id 1",
        ),
    ],
)
def test_roles_that_do_not_fit_are_refused(
    clinic: pl.DataFrame, strategy: Any, roles: dict[str, Any], kind: Any, said: str
) -> None:
    table = clinic.with_columns(
        a=pl.col("visit") % 2,
        b=pl.col("visit") % 3 == 0,
        same=pl.lit(1),
        hole=pl.when(pl.col("visit") > 1).then("x"),
        x=pl.col("day").cast(pl.Float64) - 1,
    )
    with pytest.raises(kind, match=said) as caught:
        make_folds(table, FoldPlan(strategy), **(ROLES | roles))
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("strategy", "settings", "said"),
    [
        ("forward", {"n_splits": 6, "embargo": 12}, "leave round 1 of 6 blocks nothing"),
        ("purged", {"embargo": 100, "n_splits": 3}, "leave round 0 of 3 blocks nothing"),
    ],
)
def test_a_round_without_a_train_row_is_refused(
    clinic: pl.DataFrame, strategy: Any, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(InfeasibleError, match=said):
        make_folds(clinic, FoldPlan(strategy, **settings), id="visit", time="day")


def test_the_number_of_blocks_that_works_is_named(clinic: pl.DataFrame) -> None:
    def blocks(n_splits: int) -> Any:
        plan = FoldPlan("forward", n_splits=n_splits, embargo=7)
        return make_folds(clinic, plan, id="visit", time="day")

    with pytest.raises(InfeasibleError, match=r"Use n_splits <= 3"):
        blocks(10)
    assert all(each.train.any() for each in blocks(3).rounds(clinic))


@pytest.mark.parametrize(
    ("strategy", "settings"),
    [
        ("leave_p_groups_out", {"n_test_folds": 5}),
        ("combinatorial_purged", {"n_splits": 28, "n_test_folds": 10}),
    ],
)
def test_more_rounds_than_anybody_can_train_are_refused(
    clinic: pl.DataFrame, strategy: Any, settings: dict[str, Any]
) -> None:
    with pytest.raises(InfeasibleError, match="rounds, more than 100,000"):
        make_folds(clinic, FoldPlan(strategy, **settings), **ROLES)


@pytest.mark.parametrize(("fraction", "rows"), [(0.05, 6), (0.29, 35), (0.001, 1)])
def test_a_part_of_a_row_is_a_row(clinic: pl.DataFrame, fraction: float, rows: int) -> None:
    single = clinic.with_columns(t=pl.col("visit"))
    by_share, by_rows = (
        make_folds(single, FoldPlan("purged", n_splits=2, **given), id="visit", time="t")
        for given in ({"embargo_fraction": fraction}, {"embargo_rows": rows})
    )
    for a, b in zip(by_share.rounds(single), by_rows.rounds(single), strict=True):
        assert (a.train == b.train).all()


def test_two_keys_that_link_everything_are_named() -> None:
    table = pl.DataFrame({"id": range(10), "g": range(10), "h": [1] * 10})
    with pytest.raises(InfeasibleError) as caught:
        make_folds(table, FoldPlan("group", n_splits=2), id="id", groups=["g", "h"])
    assert "without 'h' it would have 1 rows" in caught.value.what
    assert "Leave key 'h' out" in caught.value.remedy


def test_an_empty_table_is_refused() -> None:
    table = pl.DataFrame({"id": [], "g": []}, schema={"id": pl.Int64, "g": pl.Int64})
    for strategy in ("kfold", "group", "leave_one_out", "shuffle_split"):
        with pytest.raises(DataError, match="has no rows"):
            make_folds(table, FoldPlan(strategy), id="id", groups="g")  # type: ignore[arg-type]


def test_labels_as_large_as_they_come_are_measured() -> None:
    table = pl.DataFrame({"id": range(40), "^x$": [1e308, -1e308] * 20})
    made = make_folds(table, FoldPlan("continuous", n_bins=2), id="id", label="^x$")
    assert all(0 <= each.max_mean_gap < 3 for each in made.manifest.bins)
