from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from fold_guard.dataset.strata import Strata
from fold_guard.errors import DataError, InfeasibleError
from fold_guard.folds.feasibility import require_feasible
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan

ROWS = np.arange(12)
GROUPS = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2])


def two_classes(rare: int) -> Strata:
    return Strata(("no", "yes"), np.array([0] * (12 - rare) + [1] * rare))


def refused(units: np.ndarray, classes: Strata | None, plan: FoldPlan) -> InfeasibleError:
    with pytest.raises(InfeasibleError) as caught:
        require_feasible(plan, units, classes, group_names=("patient", "ward"))
    return caught.value


def test_what_is_feasible_passes_in_silence() -> None:
    plan = FoldPlan("stratified", n_splits=3)
    assert require_feasible(plan, ROWS, two_classes(3), group_names=()).warnings == ()


def test_more_folds_than_groups() -> None:
    error = refused(GROUPS, None, FoldPlan("group", n_splits=4, oversized_group="warn"))
    assert "4 folds need at least 4 groups, there are 3" in error.what
    assert error.remedy.startswith("Use n_splits <= 3")


def test_more_folds_than_rows() -> None:
    assert "rows" in refused(ROWS, None, FoldPlan("kfold", n_splits=13)).what


def test_a_group_larger_than_a_fold_names_the_keys() -> None:
    error = refused(GROUPS, None, FoldPlan("group", n_splits=3))
    assert "(patient and ward) has 6 of 12 rows" in error.what
    assert "Use n_splits <= 2" in error.remedy
    assert "oversized_group: warn" in error.remedy


def test_a_rare_class_is_named_with_its_count() -> None:
    error = refused(ROWS, two_classes(2), FoldPlan("stratified", n_splits=3))
    assert "1 of 2 classes occur in fewer rows than the 3 folds need: 'yes' (2)" in error.what
    assert "Use n_splits <= 2" in error.remedy


def test_a_class_is_rare_by_its_groups_not_by_its_rows() -> None:
    classes = Strata(("no", "yes"), np.array([1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0]))
    plan = FoldPlan("stratified_group", n_splits=3, oversized_group="warn")
    assert "groups" in refused(GROUPS, classes, plan).what
    assert "'yes' (2)" in refused(GROUPS, classes, plan).what


@pytest.mark.parametrize("setting", [{"oversized_group": "warn"}, {"rare_class": "warn"}])
def test_the_remedy_heeds_every_other_condition(setting: dict[str, Any]) -> None:
    """The largest group is half of all: "at most 3 folds" would only lead to the next error."""
    classes = Strata(("no", "yes"), np.array([1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0]))
    plan = FoldPlan("stratified_group", n_splits=9, **setting)
    error = refused(GROUPS, classes, plan)
    most = 3 if setting == {"oversized_group": "warn"} else 2
    assert error.remedy.startswith(f"Use n_splits <= {most}")
    fits = FoldPlan("stratified_group", n_splits=most, **setting)
    require_feasible(fits, GROUPS, classes, group_names=("patient", "ward"))


def test_no_k_is_named_where_none_works() -> None:
    error = refused(ROWS, two_classes(1), FoldPlan("stratified", n_splits=2))
    assert "n_splits" not in error.remedy
    assert error.remedy.startswith("Drop or merge")


def test_a_lenient_plan_warns_with_the_same_words() -> None:
    plan = FoldPlan("stratified_group", n_splits=3, rare_class="warn", oversized_group="warn")
    classes = Strata(("no", "yes"), np.array([1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]))
    warnings = require_feasible(plan, GROUPS, classes, group_names=("patient",)).warnings
    assert [w.split(" ")[0] for w in warnings] == ["the", "1"]


@pytest.mark.parametrize("leniency", ["fail", "warn"])
def test_one_class_only_cannot_be_balanced(leniency: Any) -> None:
    plan = FoldPlan("stratified", n_splits=2, rare_class=leniency)
    with pytest.raises(DataError, match="one class only, 'a'"):
        require_feasible(plan, ROWS, Strata(("a",), np.zeros(12, dtype=int)), group_names=())


def test_ten_thousand_classes_get_a_short_message_and_a_guess() -> None:
    rows = np.arange(10_000)
    classes = Strata(tuple(map(str, rows)), rows)
    error = refused(rows, classes, FoldPlan("stratified", n_splits=2))
    assert "and 9,995 more" in error.what
    assert len(str(error)) < 400
    assert "an id or a measure" in error.remedy


def test_a_bin_of_few_rows_is_no_rare_class() -> None:
    table = pl.DataFrame({"id": range(20), "x": [0.0] * 17 + [1.0, 2.0, 3.0]})
    made = make_folds(table, FoldPlan("continuous", n_splits=5, n_bins=4), id="id", label="x")
    assert [fold.rows for fold in made.manifest.folds] == [4] * 5
    assert made.manifest.warnings == ()
