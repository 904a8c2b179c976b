"""Random sides, and pools of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from fold_guard.crossval.metrics.pool import IntArray, Origin
from fold_guard.crossval.metrics.pooled import Terms, pool
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


def origin(
    side: Side,
    rows: IntArray | None = None,
    repeats: IntArray | None = None,
    units: IntArray | None = None,
) -> Origin:
    """Return rows that are tested once and are units of their own, but for what is given."""
    rows = np.arange(len(side)) if rows is None else rows
    return Origin(rows, repeats, rows if units is None else units)


def terms(inflation: float = 2.0, confidence: float = 0.95, seed: int = 0) -> Terms:
    """Return usual terms, but for what is given."""
    return Terms(inflation, confidence, seed)


def pooled(side: Side, **changed: Any) -> dict[str, Pooled]:
    """Pool a side whose rows are tested once and are units of their own, but for changes."""
    come = {name: changed.pop(name) for name in ("rows", "repeats", "units") if name in changed}
    return pool(side, origin(side, **come), terms(**changed))
