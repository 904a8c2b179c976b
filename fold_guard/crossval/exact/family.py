"""What a family of models with exact leave-one-out gives to the dispatcher."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


class NotExact(Exception):
    """Raised by ``Family.held_out`` when the numbers show that no formula holds; says why."""


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """What is to be left out one by one.

    Attributes
    ----------
    model : estimator
        The last step, unfitted.
    X : ndarray of float64, shape (n_samples, n_features)
        Before scaling; finite.
    y : ndarray, shape (n_samples,) or (n_samples, n_targets)
        As the user gave it: classes keep their type.
    sample_weight : ndarray of float64, shape (n_samples,), or None
    with_mean, with_std : bool
        What a StandardScaler before the model does, which every refit learns anew from its
        n - 1 rows; both False without one.
    """

    model: Any
    X: FloatArray
    y: npt.NDArray[Any]
    sample_weight: FloatArray | None
    with_mean: bool
    with_std: bool

    @property
    def scaled(self) -> bool:
        """Whether a scaler stands before the model."""
        return self.with_mean or self.with_std


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """What each sample would be predicted by the model of all others.

    Attributes
    ----------
    outputs : ndarray, shape (n_samples,) or (n_samples, n_outputs)
        As the method that was asked for would return them, rows in the order of ``X``.
    refit : ndarray of bool, shape (n_samples,)
        Samples for which the formula does not hold (a class that vanishes, a tie that the
        estimator breaks in its own way, no convergence): the dispatcher refits them for real.
    leverage : ndarray of float64, shape (n_samples,)
        How much each sample pulls the full fit towards itself: those on top are refitted as a
        check. Any measure that orders them.
    tolerance : float
        Largest difference from a real refit that is no fault.
    relative : bool
        Whether it is relative to the scale of the outputs (closed forms) or absolute
        (probabilities).
    how : str
        The method, for people: "Newton steps from the full fit, 3 at most".
    tried_first : mapping of str to object
        Parameters of the reference for the samples that are checked: a stricter test of
        convergence; and, where there is one optimum and this test holds the fit to it, a start
        from the fit before. A fit that then does not converge is made anew without them.
    """

    outputs: npt.NDArray[Any]
    refit: BoolArray
    leverage: FloatArray
    tolerance: float
    relative: bool
    how: str
    tried_first: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


class Family(Protocol):
    """One family of models.

    Attributes
    ----------
    name : str
        For people: "ridge regression".
    """

    name: str

    def refuses(self, problem: Problem, method: str) -> str | None:
        """Say why this model, data or method cannot be done exactly; None when it can.

        An empty text means that the model is none of this family.
        """

    def held_out(self, problem: Problem, method: str) -> HeldOut:
        """Compute what every sample is predicted by the model of all others.

        Raises
        ------
        NotExact
            What only shows on the way: a matrix too ill-conditioned for the tolerance.
        """

    def reference(self, model: Any) -> tuple[Any, str]:
        """Return the estimator to hold the formula against, and how it differs from the given one.

        The given one and "" where a fit is itself exact. An iterative solver that stops early is
        replaced by the same model solved to convergence.
        """


Families = Mapping[str, Family]
