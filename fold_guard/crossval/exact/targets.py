"""Numeric targets in one shape, and outputs back in the shape of the user's."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.exact.family import FloatArray, NotExact


def numeric_targets(y: npt.NDArray[Any]) -> FloatArray:
    """Return the targets as numbers, shape (n_samples, n_targets).

    Raises
    ------
    NotExact
        They are no numbers, or of another dimension.
    """
    if y.ndim not in (1, 2) or y.dtype.kind not in "fiub":
        raise NotExact(f"targets of type {y.dtype} and shape {y.shape}")
    return np.asarray(y, dtype=np.float64).reshape(len(y), -1)


def like(y: npt.NDArray[Any], outputs: FloatArray) -> FloatArray:
    """Return the outputs flat where the targets are."""
    return outputs[:, 0] if y.ndim == 1 else outputs


def flat(outputs: FloatArray) -> FloatArray:
    """Return one column without its second dimension, as models do that drop it."""
    return outputs[:, 0] if outputs.shape[1] == 1 else outputs
