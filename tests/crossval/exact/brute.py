"""Leave-one-out as anybody would write it: the truth for every exact one."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

Array = npt.NDArray[Any]


def refitted(estimator: Any, X: Any, y: Array, weights: Array | None = None) -> list[Any]:
    """Fit n times, each without one sample."""
    y = np.asarray(y)
    name = "sample_weight"
    if isinstance(estimator, Pipeline):
        name = f"{estimator.steps[-1][0]}__sample_weight"
    models = []
    for i in range(len(y)):
        keep = np.arange(len(y)) != i
        given = {} if weights is None else {name: np.asarray(weights)[keep]}
        models.append(clone(estimator).fit(X[keep], y[keep], **given))
    return models


def brute_force(
    estimator: Any,
    X: Any,
    y: Array,
    method: str = "predict",
    weights: Array | None = None,
    models: list[Any] | None = None,
) -> Array:
    """Ask n fits, those of `refitted` if given; classes that are gone have probability 0."""
    y = np.asarray(y)
    classes = np.unique(y) if y.ndim == 1 else None
    rows = []
    for i, model in enumerate(models or refitted(estimator, X, y, weights)):
        row = getattr(model, method)(X[i : i + 1])
        if method == "predict_proba" and classes is not None:
            full = np.zeros((1, len(classes)))
            full[:, np.isin(classes, model.classes_)] = row
            row = full
        rows.append(row)
    return np.concatenate(rows)


SCALERS = {
    "bare": None,
    "scaled": {},
    "not centred": {"with_mean": False},
    "only centred": {"with_std": False},
}


def behind(scaler: str, model: Any) -> Any:
    """Return the model bare, or behind the scaler of this name."""
    options = SCALERS[scaler]
    return model if options is None else make_pipeline(StandardScaler(**options), model)


def paired(*factors: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the product of all factors but the last, which takes turns.

    Where it has no more levels than any other factor, each two levels of two factors still meet.
    """
    *others, last = (list(factor) for factor in factors)
    numbered = itertools.product(*(enumerate(factor) for factor in others))
    return [
        (*(level for _, level in one), last[sum(at for at, _ in one) % len(last)])
        for one in numbered
    ]


def close(ours: Array, theirs: Array, tolerance: float) -> None:
    """Compare relative to the largest number of a column."""
    assert ours.shape == theirs.shape
    size = np.abs(theirs).max(axis=0)
    np.testing.assert_array_less(np.abs(ours - theirs) / np.where(size > 0, size, 1), tolerance)


def weightings(n: int) -> list[tuple[str, Array | None]]:
    """Return no weights, and weights some of which are zero."""
    generator = np.random.default_rng(n)
    weights = generator.integers(0, 4, n) + generator.random(n).round(1)
    return [("none", None), ("some zero", weights)]
