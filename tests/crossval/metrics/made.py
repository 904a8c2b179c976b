"""Random sides, and pools of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from fold_guard.crossval.metrics.pooled import pool
from fold_guard.crossval.metrics.side import Side
from fold_guard.crossval.result import Pooled

CLASSES = ("invalid", "negative", "positive")


def random_classes(seed: int = 0, rows: int = 200, k: int = 3) -> Side:
    """Return a side of a middling classifier."""
    rng = np.random.default_rng(seed)
    actual = rng.integers(0, k, rows)
    weights = rng.random((rows, k)) + 0.5 * np.eye(k)[actual]
    probabilities = weights / weights.sum(axis=1, keepdims=True)
    names = CLASSES if k == 3 else tuple(f"c{code:03d}" for code in range(k))
    return Side("classification", names, actual, probabilities.argmax(axis=1), probabilities)


def random_numbers(seed: int = 0, rows: int = 200) -> Side:
    """Return a side of a middling regression."""
    rng = np.random.default_rng(seed)
    actual = rng.normal(50.0, 10.0, rows)
    return Side("regression", (), actual, actual + rng.normal(1.0, 5.0, rows))


def pooled(side: Side, **changed: Any) -> dict[str, Pooled]:
    """Pool a side whose rows are tested once and are units of their own, but for changes."""
    rows = np.arange(len(side))
    terms: dict[str, Any] = {
        "rows": rows,
        "repeats": None,
        "units": changed.get("rows", rows),
        "inflation": 2.0,
        "confidence": 0.95,
        "seed": 0,
    }
    return pool(side, **(terms | changed))
