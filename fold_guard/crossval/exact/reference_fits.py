"""Real fits of models that are known: one model for all samples, one array for all rows."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.exact.family import FloatArray
from fold_guard.crossval.exact.refits import IntArray, aligned, failed, in_batches

_COPIES = ("copy", "copy_X", "copy_X_train")


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceFits:
    """What a formula is held against: the model's own fit to the rows that are left.

    Nothing is simplified but what is known to change no number: a model of scikit-learn forgets
    its last fit, so that one clone is fitted again and again; the array without sample j is that
    without sample i but for the rows between; values and parameters, which were looked at once,
    are not looked at by every fit.

    Attributes
    ----------
    estimator : estimator
        Of a known family, alone or behind a StandardScaler.
    X : ndarray of float64, shape (n_samples, n_features)
    y : ndarray, shape (n_samples,) or (n_samples, n_targets)
    method : str
    per_sample, parameters : mapping of str to ndarray, shape (n_samples,)
        As of `Refits`.
    tried_first : mapping of str to object
        As of `HeldOut`, with the name of the step before each.
    """

    estimator: Any
    X: FloatArray
    y: npt.NDArray[Any]
    method: str
    per_sample: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    parameters: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    tried_first: Mapping[str, Any] = field(default_factory=dict)

    def each(self, samples: Sequence[int] | IntArray, n_jobs: int) -> list[npt.NDArray[Any]]:
        """Return what the model of all others gives for every sample, in their order.

        Raises
        ------
        FoldGuardError
            Whatever the estimator raises, named by the sample.
        """
        return in_batches(self._batch, samples, n_jobs)

    def _batch(self, samples: Sequence[int]) -> list[npt.NDArray[Any]]:
        from sklearn import config_context
        from sklearn.base import clone

        if not samples:
            return []
        # What shares its rows with this array must not write to it.
        copies = dict.fromkeys(self._named(_COPIES), True)
        cold = clone(self.estimator).set_params(**copies)
        first = clone(cold).set_params(**self.tried_first) if self.tried_first else None
        classes = np.unique(self.y) if self.y.ndim == 1 else None
        split = {**self.per_sample, **self.parameters}
        outputs = []
        with (
            config_context(assume_finite=True, skip_parameter_validation=True),
            warnings.catch_warnings(),
        ):
            # What the estimator has to say of the data, its fit to all rows has said.
            warnings.simplefilter("ignore")
            for sample, (X, y, *rest) in zip(
                samples, each_without([self.X, self.y, *split.values()], samples), strict=True
            ):
                values = dict(zip(split, rest, strict=True))
                arguments = {name: values[name] for name in self.per_sample}
                if self.parameters:
                    cold.set_params(**{name: values[name].copy() for name in self.parameters})
                try:
                    model = None if first is None else _converged(first, X, y, arguments)
                    if model is None:
                        model = cold.fit(X, y, **arguments)
                    output = getattr(model, self.method)(self.X[sample : sample + 1])
                except Exception as error:
                    raise failed(sample, error) from error
                outputs.append(aligned(model, output, sample, self.method, classes))
        return outputs

    def _named(self, endings: Sequence[str]) -> list[str]:
        names = self.estimator.get_params(deep=True)
        return [name for name in names if name.split("__")[-1] in endings]


def each_without(
    arrays: Sequence[npt.NDArray[Any]], samples: Sequence[int]
) -> Iterator[list[npt.NDArray[Any]]]:
    """Yield the arrays without one sample after another; each time in the same memory.

    Parameters
    ----------
    arrays : sequence of ndarray, shape (n_samples, ...)
    samples : sequence of int

    Examples
    --------
    >>> [rows.tolist() for rows, in each_without([np.arange(5)], [1, 3, 0])]
    [[0, 2, 3, 4], [0, 1, 2, 4], [1, 2, 3, 4]]
    """
    last = samples[0]
    kept = [np.delete(values, last, axis=0) for values in arrays]
    for sample in samples:
        for values, left in zip(arrays, kept, strict=True):
            if sample > last:
                left[last:sample] = values[last:sample]
            else:
                left[sample:last] = values[sample + 1 : last + 1]
        last = sample
        yield kept


def _converged(
    model: Any, X: FloatArray, y: npt.NDArray[Any], arguments: Mapping[str, npt.NDArray[Any]]
) -> Any:
    """Fit a model, from where it is if it does so; None where it says that it did not converge."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            return model.fit(X, y, **arguments)
        except ConvergenceWarning:
            return None
