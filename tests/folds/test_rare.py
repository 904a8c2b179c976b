"""What becomes of classes that have fewer units than there are folds."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from fold_guard.errors import InfeasibleError
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan

# Thirty patients of two visits: 22 plain, 3 and 2 of two rare classes, 3 of another.
PATIENT = np.arange(60) // 2
CLASS = np.repeat(["plain"] * 22 + ["odd"] * 3 + ["strange"] * 2 + ["queer"] * 3, 2)
TABLE = pl.DataFrame({"id": np.arange(60), "patient": PATIENT, "y": CLASS})


def folds_of(rare_class: Any, strategy: Any = "stratified_group") -> tuple[dict[str, Any], Any]:
    plan = FoldPlan(strategy, n_splits=5, rare_class=rare_class)
    made = make_folds(TABLE, plan, id="id", label="y", groups="patient")
    folds = made.folds_of(TABLE)
    return {name: folds[name == CLASS] for name in np.unique(CLASS)}, made.manifest


def test_fail_names_each_class_the_rarest_first() -> None:
    with pytest.raises(InfeasibleError) as caught:
        folds_of("fail")
    assert "'strange' (2), 'odd' (3), 'queer' (3)" in caught.value.what
    assert "n_splits <= 2" in caught.value.remedy


def test_warn_deals_them_as_far_as_they_go() -> None:
    folds, manifest = folds_of("warn")
    assert len(set(folds["strange"])) == 2
    assert len(set(folds["odd"])) == len(set(folds["queer"])) == 3
    assert any("'strange' (2)" in warning for warning in manifest.warnings)


def test_merged_classes_are_balanced_together() -> None:
    folds, manifest = folds_of("merge")
    together = np.concatenate([folds["odd"], folds["strange"], folds["queer"]])
    # Eight patients in five folds: none has more than two, none is without.
    assert sorted(np.bincount(together, minlength=5).tolist()) == [2, 2, 4, 4, 4]
    assert any("balanced as one" in warning for warning in manifest.warnings)
    # The map keeps the classes as they are.
    assert manifest.classes == ("odd", "plain", "queer", "strange")


def test_pinned_classes_are_always_trained_on() -> None:
    folds, manifest = folds_of(
        {"*": "fail", **dict.fromkeys(("odd", "strange"), "pin_to_train"), "queer": "warn"}
    )
    assert set(folds["odd"]) == set(folds["strange"]) == {-1}
    assert -1 not in set(folds["queer"]) | set(folds["plain"])
    assert any("10 rows are in no test set" in warning for warning in manifest.warnings)


def test_the_whole_unit_of_a_pinned_row_is_pinned() -> None:
    mixed = TABLE.with_columns(
        y=pl.when(pl.col("id") == 0).then(pl.lit("lone")).otherwise(pl.col("y"))
    )
    plan = FoldPlan(n_splits=2, rare_class={"lone": "pin_to_train"})
    made = make_folds(mixed, plan, id="id", label="y", groups="patient")
    folds = made.folds_of(mixed)
    assert folds[:2].tolist() == [-1, -1]
    assert (folds[2:] >= 0).all()


def test_a_policy_by_name_leaves_the_others_to_fail() -> None:
    with pytest.raises(InfeasibleError, match=r"'odd' \(3\), 'queer' \(3\)") as caught:
        folds_of({"strange": "warn"})
    assert "'strange'" not in caught.value.what


def test_pinning_too_much_leaves_nothing_to_test() -> None:
    plan = FoldPlan("stratified", n_splits=5, rare_class="pin_to_train")
    lone = TABLE.with_columns(y=pl.col("id").cast(pl.String)).head(8)
    with pytest.raises(InfeasibleError, match="pinned to the train side, there are 0"):
        make_folds(lone, plan, id="id", label="y")


def test_a_class_that_no_row_has_is_told() -> None:
    _, manifest = folds_of({"*": "warn", "strang": "merge"})
    assert any("'strang', and no row has it" in w and "'strange'" in w for w in manifest.warnings)


def test_labels_are_treated_as_classes_are() -> None:
    table = TABLE.with_columns(
        a=(pl.col("id") % 2 == 0).cast(pl.Int8), b=(pl.col("id") < 2).cast(pl.Int8)
    )
    plan = FoldPlan("multilabel", n_splits=5, rare_class={"b": "pin_to_train"})
    made = make_folds(table, plan, id="id", label=["a", "b"])
    assert made.folds_of(table)[:2].tolist() == [-1, -1]
    with pytest.raises(InfeasibleError, match=r"'b' \(2\)"):
        make_folds(table, FoldPlan("multilabel", n_splits=5), id="id", label=["a", "b"])
