from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn import metrics as reference

from fold_guard.crossval.metrics.counts import (
    ClassCounts,
    class_counts,
    of_classes,
    over_classes,
)
from tests.crossval.metrics.made import random_classes


def test_many_sets_at_once_are_each_as_if_alone() -> None:
    sides = [random_classes(seed, rows=50) for seed in range(6)]
    each = [class_counts(side.actual, side.predicted, 3) for side in sides]
    together = ClassCounts(
        *(
            np.stack([getattr(counts, name) for counts in each]).reshape(2, 3, 3)
            for name in ("support", "predicted", "hits")
        )
    )
    parts = of_classes(together)
    whole = over_classes(together, parts)
    for place, counts in enumerate(each):
        alone = of_classes(counts)
        at = divmod(place, 3)
        for name, values in alone.items():
            assert parts[name][at].tolist() == values.tolist()
        for name, value in over_classes(counts, alone).items():
            assert whole[name][at] == pytest.approx(float(value))


def test_some_classes_with_the_rows_of_all() -> None:
    side = random_classes()
    counts = class_counts(side.actual, side.predicted, 3)
    one = ClassCounts(*(getattr(counts, n)[[2]] for n in ("support", "predicted", "hits")))
    parts = of_classes(one, np.array([200.0]))
    for name, values in of_classes(counts).items():
        assert parts[name].tolist() == [values[2]]


def test_undefined_is_not_a_number_without_a_warning() -> None:
    empty = class_counts(np.array([0, 0]), np.array([1, 1]), 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parts = of_classes(empty)
        whole = over_classes(empty, parts)
    assert np.isnan(parts["recall"]).tolist() == [False, True, True]
    assert np.isnan(parts["precision"]).tolist() == [True, False, True]
    assert np.isnan(parts["specificity"]).tolist() == [True, False, False]
    assert np.isnan(whole["matthews_corrcoef"])
    assert whole["accuracy"] == 0.0


def test_matthews_of_a_million_rows_is_exact() -> None:
    rng = np.random.default_rng(0)
    actual = rng.integers(0, 4, 1_000_000)
    predicted = np.where(rng.random(1_000_000) < 0.7, actual, rng.integers(0, 4, 1_000_000))
    counts = class_counts(actual, predicted, 4)
    found = over_classes(counts, of_classes(counts))["matthews_corrcoef"]
    assert found == pytest.approx(reference.matthews_corrcoef(actual, predicted), abs=1e-12)
