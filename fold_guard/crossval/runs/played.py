"""What one round gives back: small enough for a journal, free of the estimator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.result import RoundFacts, Scores

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """One round, played.

    Attributes
    ----------
    index : int
        Number of the round.
    predicted : ndarray, shape (n_test,)
        int64 codes of classes, or float64 values for regression; test rows in their order.
    probabilities : ndarray of float64, shape (n_test, n_classes), or None
    train : Scores or None
        None where the train side was not scored.
    warnings : tuple of (category, message)
    facts : RoundFacts
    """

    index: int
    predicted: IntArray | FloatArray
    probabilities: FloatArray | None
    train: Scores | None
    warnings: tuple[tuple[str, str], ...]
    facts: RoundFacts
