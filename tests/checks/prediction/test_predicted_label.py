from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from fold_guard.checks.prediction.feature_bins import Bins
from fold_guard.checks.prediction.held_out_score import Parts
from fold_guard.checks.prediction.predicted_label import (
    MOST_SCORED,
    ClassLabel,
    ContinuousLabel,
    IndicatorLabels,
    predicted_label,
)
from fold_guard.checks.subjects.subject import Subject
from fold_guard.folds.plan import FoldPlan


def _read(subject: Subject) -> object:
    rows = subject.rows(("y",))
    return predicted_label(subject, rows, Parts.of_folds(rows.folds[0]))


@pytest.mark.parametrize(
    ("values", "metric"),
    [
        (["a", "b"] * 20, "roc_auc"),
        ([0, 1, 2, 3] * 10, "macro_roc_auc"),
        ([0.0, 1.0] * 20, "roc_auc"),
        ([0.5, 1.0] * 20, "r2_of_ranks"),
        (list(range(20)) * 2, "macro_roc_auc"),
        (list(range(40)), "r2_of_ranks"),
        ([str(i) for i in range(40)], "macro_roc_auc"),
    ],
)
def test_what_has_classes_and_what_is_continuous(
    values: list[Any], metric: str, subject_of: Callable[..., Subject]
) -> None:
    columns = {"id": list(range(40)), "fold": [0, 1, 2, 3] * 10, "y": values}
    label: Any = _read(subject_of({"columns": columns, "label": "y"}))
    assert (label.metric, label.rows) == (metric, 40)


def test_a_plan_that_bins_the_label_says_that_it_is_continuous(
    subject_of: Callable[..., Subject],
) -> None:
    columns = {"id": list(range(40)), "fold": [0, 1] * 20, "y": [0, 1, 2, 3] * 10}
    subject = subject_of({"columns": columns, "label": "y"})
    binned = replace(subject, traits=FoldPlan("continuous", n_splits=2).traits)
    assert isinstance(_read(subject), ClassLabel)
    assert isinstance(_read(binned), ContinuousLabel)


def test_a_class_of_excluded_rows_alone_is_no_class(subject_of: Callable[..., Subject]) -> None:
    columns = {"id": list(range(5)), "fold": [0, 0, 1, 1, -2], "y": list("ababc")}
    label: Any = _read(subject_of({"columns": columns, "label": "y"}))
    assert (label.metric, label.names, label.rows) == ("roc_auc", ("a", "b"), 4)


def test_the_rarest_of_very_many_classes_are_others_only() -> None:
    codes = np.repeat(np.arange(MOST_SCORED + 20), np.arange(MOST_SCORED + 20) + 2)
    parts = Parts.of_folds(np.arange(len(codes)) % 5)
    label = ClassLabel(codes, [f"class {i:03}" for i in range(MOST_SCORED + 20)], parts)
    assert label.names == tuple(f"class {i:03}" for i in range(20, MOST_SCORED + 20))
    assert label.rows == len(codes)
    found = label.score(Bins((codes == 119).astype(np.int64), 2, False, None, "value"))
    assert found is not None
    assert (found.name, found.of_class) == ("class 119", 1.0)


def test_classes_of_few_rows_do_not_pull_the_mean_down() -> None:
    codes = np.array([0, 1] * 50 + [2])
    label = ClassLabel(codes, ["a", "b", "rare"], Parts.of_folds(np.arange(101) // 2 % 5))
    found = label.score(Bins(np.minimum(codes, 1), 2, False, None, "value"))
    assert found is not None
    assert found.score > 0.99


def test_labels_are_counted_in_their_own_rows_alone() -> None:
    rows = np.array([0, 2, 4, 6, 1, 3])
    codes = np.array([0, 0, 0, 0, 1, 1])
    parts = Parts.of_folds(np.array([0, 0, 1, 1, 0, 0, 1, -2]))
    label = IndicatorLabels(rows, codes, ("even", "odd"), parts)
    assert label.rows == 7
    found = label.score(Bins(np.arange(8) % 2, 2, False, None, "value"))
    assert found is not None
    assert (found.name, found.of_class) == ("even", 1.0)


def test_ranks_do_not_hang_on_the_scale_of_a_label() -> None:
    draw = np.random.default_rng(0)
    price, bins = draw.lognormal(0, 3, 400), draw.integers(0, 5, 400)
    parts = Parts.of_folds(draw.integers(0, 4, 400))
    one, other = (
        ContinuousLabel(pl.Series(values), parts).score(Bins(bins, 5, False, None, "value"))
        for values in (price, np.log(price))
    )
    assert one == other


def test_ranks_of_many_rows_are_coarser_by_less_than_shows() -> None:
    draw = np.random.default_rng(0)
    price = draw.normal(size=140_000)
    parts = Parts.of_folds(draw.integers(0, 4, 140_000))
    halves = (price > 0).astype(np.int64)
    found = ContinuousLabel(pl.Series(price), parts).score(Bins(halves, 2, False, None, "value"))
    assert found is not None
    # Of a uniform label halves explain three quarters.
    assert found.score == pytest.approx(0.75, abs=1e-4)
