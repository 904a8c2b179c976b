"""What a leave-one-out is given, looked at before anything is fitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.exact.family import FloatArray
from fold_guard.crossval.exact.recognise import Recognised
from fold_guard.crossval.exact.reference_fits import ReferenceFits
from fold_guard.crossval.exact.refits import Refits
from fold_guard.errors import DataError, UsageError


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """Estimator and data of one leave-one-out.

    Attributes
    ----------
    estimator : estimator
    X : array, sparse matrix or data frame
        As given; lists are arrays by now.
    y : ndarray
    method : str
    sample_weight : ndarray of float64, shape (n_samples,), or None
    n_samples : int
    """

    estimator: Any
    X: Any
    y: npt.NDArray[Any]
    method: str
    sample_weight: FloatArray | None
    n_samples: int

    def numbers(self) -> FloatArray | str:
        """Return X in double precision; a text says why no formula can take it.

        Raises
        ------
        DataError
            Values that are not finite; no model of the known families takes them.
        """
        if hasattr(self.X, "tocsr"):
            return "sparse input"
        found = np.asarray(self.X)
        try:
            X = np.array(found, dtype=np.float64) if found.dtype.kind in "biufO" else None
        except (TypeError, ValueError):
            X = None
        if X is None:
            return "columns that are not numeric"
        if X.ndim != 2 or not X.shape[1]:
            return f"input of shape {X.shape}"
        if self.sample_weight is not None and _routed():
            return "metadata routing decides where the weights go"
        broken = np.argwhere(~np.isfinite(X))
        if len(broken):
            row, column = broken[0]
            raise DataError(
                f"{len(broken)} values are not finite",
                where=f"X, sample {row}, column {column}",
                remedy="Impute them inside the Pipeline",
            )
        if self.y.dtype.kind in "fc" and not np.isfinite(self.y).all():
            first = int(np.argwhere(~np.isfinite(self.y))[0, 0])
            raise DataError("a target is not finite", where=f"y, sample {first}")
        return X

    def refused(self) -> str:
        """Fit the estimator to all samples; return what it raised, or an empty text."""
        from sklearn.base import clone
        from sklearn.utils.metaestimators import _safe_split

        model, everyone = clone(self.estimator), np.arange(self.n_samples)
        try:
            # Rows are taken, and so copied: an estimator may write to what it is given.
            X, y = _safe_split(model, self.X, self.y, everyone)
            x, _ = _safe_split(model, self.X, self.y, everyone[:1], everyone)
            model.fit(X, y, **self._arguments())
            getattr(model, self.method)(x)
        except Exception as error:
            return f"the fit to all samples fails with {type(error).__name__}"
        return ""

    def references(
        self,
        recognised: Recognised,
        reference: Any,
        X: FloatArray,
        tried_first: Mapping[str, Any] = MappingProxyType({}),
    ) -> ReferenceFits:
        """Return real fits with the reference in place of the model, in double precision.

        ``tried_first`` as of `HeldOut`.
        """
        estimator = reference
        prefix = f"{recognised.step}__" if recognised.step else ""
        if recognised.step:
            from sklearn.base import clone

            estimator = clone(self.estimator).set_params(**{recognised.step: reference})
        return ReferenceFits(
            estimator,
            X,
            self.y,
            self.method,
            self._arguments(),
            self._parameters(),
            {f"{prefix}{name}": value for name, value in tried_first.items()},
        )

    def as_given(self) -> Refits:
        """Return real fits of the estimator and the data as they came."""
        return Refits(
            self.estimator, self.X, self.y, self.method, self._arguments(), self._parameters()
        )

    def _arguments(self) -> Mapping[str, npt.NDArray[Any]]:
        if self.sample_weight is None:
            return {}
        steps = getattr(self.estimator, "steps", None)
        prefix = f"{steps[-1][0]}__" if steps and not _routed() else ""
        return {f"{prefix}sample_weight": self.sample_weight}

    def _parameters(self) -> Mapping[str, npt.NDArray[Any]]:
        # Noise of a Gaussian process: the one parameter that holds a value a sample.
        return {
            name: np.asarray(value)
            for name, value in self.estimator.get_params(deep=True).items()
            if name.split("__")[-1] == "alpha"
            and isinstance(value, np.ndarray)
            and value.shape == (self.n_samples,)
            and self._owner(name) == "GaussianProcessRegressor"
        }

    def _owner(self, parameter: str) -> str:
        *path, _ = parameter.split("__")
        owner = self.estimator.get_params(deep=True)["__".join(path)] if path else self.estimator
        return type(owner).__name__


def given(estimator: Any, X: Any, y: Any, *, method: str, sample_weight: Any) -> Given:
    """Check lengths, method and weights.

    Raises
    ------
    UsageError
        Lengths that differ, weights that are negative, of a wrong length or for an estimator
        that takes none, a method that the estimator does not have.
    DataError
        Fewer than two samples.
    """
    if not hasattr(estimator, "fit") or isinstance(estimator, type):
        raise UsageError(f"must be an estimator, got {estimator!r}", where="estimator")
    if not hasattr(estimator, method):
        raise UsageError(f"{type(estimator).__name__} has no {method}", where="method")
    X = X if hasattr(X, "shape") else np.asarray(X)
    labels = np.asarray(y)
    if not X.shape or labels.ndim == 0 or len(labels) != X.shape[0]:
        raise UsageError(
            f"must be of one length, got shapes {X.shape} and {labels.shape}", where="X and y"
        )
    if len(labels) < 2:
        raise DataError("two samples are needed at least: one is left out", where="X")
    weights = None if sample_weight is None else _weights(estimator, sample_weight, len(labels))
    return Given(estimator, X, labels, method, weights, len(labels))


def _weights(estimator: Any, sample_weight: Any, n_samples: int) -> FloatArray:
    from sklearn.utils.validation import has_fit_parameter

    steps = getattr(estimator, "steps", None)
    model = steps[-1][1] if steps else estimator
    if not has_fit_parameter(model, "sample_weight"):
        raise UsageError(f"{type(model).__name__} takes no weights", where="sample_weight")
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.shape != (n_samples,):
        raise UsageError(
            f"must have shape ({n_samples},), got {weights.shape}", where="sample_weight"
        )
    if not np.isfinite(weights).all() or weights.min() < 0:
        raise UsageError("must be finite and not negative", where="sample_weight")
    return weights


def _routed() -> bool:
    from sklearn import get_config

    return bool(get_config()["enable_metadata_routing"])
