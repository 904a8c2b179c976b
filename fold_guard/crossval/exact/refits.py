"""Real fits, each without one sample, of any model: the honest route."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from fold_guard.errors import DataError, FoldGuardError, UsageError

IntArray = npt.NDArray[np.int64]

BY_CLASS = ("predict_proba", "predict_log_proba", "decision_function")
# Tasks for a worker: few enough to cost nothing, enough that no worker waits for the last one.
_BATCHES_A_WORKER = 8


@dataclass(frozen=True, slots=True, eq=False)
class Refits:
    """A model to be fitted without one sample, again and again.

    Attributes
    ----------
    estimator : estimator
        Unfitted or not: clones of it are fitted.
    X : array or data frame, shape (n_samples, ...)
    y : ndarray or None
    method : str
    per_sample : mapping of str to ndarray, shape (n_samples,)
        Arguments of ``fit`` that are split like the rows: ``{"ridge__sample_weight": w}``.
    parameters : mapping of str to ndarray, shape (n_samples,)
        Parameters of the estimator that hold one value a sample.
    """

    estimator: Any
    X: Any
    y: npt.NDArray[Any] | None
    method: str
    per_sample: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    parameters: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)

    def without(self, sample: int) -> npt.NDArray[Any]:
        """Fit on all others; return what the method gives for this sample, shape (1, ...).

        Classes that the others lack get the values of scikit-learn's ``cross_val_predict``: 0 of
        a probability, the lowest number of anything else.

        Raises
        ------
        FoldGuardError
            Whatever the estimator raises, named by the sample.
        """
        from sklearn.base import clone
        from sklearn.utils.metaestimators import _safe_split

        count = len(self.y) if self.y is not None else self.X.shape[0]
        others = np.delete(np.arange(count), sample)
        model = clone(self.estimator)
        if self.parameters:
            model.set_params(**{name: value[others] for name, value in self.parameters.items()})
        arguments = {name: value[others] for name, value in self.per_sample.items()}
        try:
            X, y = _safe_split(model, self.X, self.y, others)
            x, _ = _safe_split(model, self.X, self.y, [sample], others)
            model.fit(X, **arguments) if y is None else model.fit(X, y, **arguments)
            output = getattr(model, self.method)(x)
        except Exception as error:
            raise failed(sample, error) from error
        labels = self.y if self.method in BY_CLASS else None
        classes = None if labels is None or labels.ndim != 1 else np.unique(labels)
        return aligned(model, output, sample, self.method, classes)

    def each(self, samples: Sequence[int] | IntArray, n_jobs: int) -> list[npt.NDArray[Any]]:
        """Return what ``without`` gives for every sample, in their order."""
        return in_batches(self._batch, samples, n_jobs)

    def _batch(self, samples: Sequence[int]) -> list[npt.NDArray[Any]]:
        return [self.without(sample) for sample in samples]


def in_batches(
    play: Callable[[Sequence[int]], list[npt.NDArray[Any]]],
    samples: Sequence[int] | IntArray,
    n_jobs: int,
) -> list[npt.NDArray[Any]]:
    """Give samples to workers, runs of neighbours at a time; return outputs in their order."""
    positions = [int(sample) for sample in samples]
    if n_jobs == 1 or len(positions) < 2:
        return play(positions)
    from joblib import Parallel, delayed, effective_n_jobs

    parts = min(len(positions), _BATCHES_A_WORKER * effective_n_jobs(n_jobs))
    bounds = np.linspace(0, len(positions), parts + 1).astype(int)
    done = Parallel(n_jobs=n_jobs)(
        delayed(play)(positions[start:end]) for start, end in itertools.pairwise(bounds)
    )
    return [output for batch in done for output in batch]


def failed(sample: int, error: Exception) -> FoldGuardError:
    """Return what is to be raised when a fit fails."""
    return FoldGuardError(
        f"the fit without this sample failed with {type(error).__name__}: {error}",
        where=f"sample {sample}",
        remedy="Mend the estimator or the data: a leave-one-out without it would be wrong",
    )


def aligned(
    model: Any, output: Any, sample: int, method: str, classes: npt.NDArray[Any] | None
) -> npt.NDArray[Any]:
    """Return an output with a column for every class, also for those that the fit lacked.

    Parameters
    ----------
    model : estimator
        Fitted.
    output : array-like
    sample : int
    method : str
    classes : ndarray, shape (n_classes,), or None
        Of all samples; None where the target holds no classes.

    Raises
    ------
    UsageError
        Several labels have several arrays.
    DataError
        Columns that do not stand for classes.
    """
    if isinstance(output, list | tuple):
        raise UsageError(f"{method} gives one array for each of several labels", where="method")
    found = np.asarray(output)
    if classes is None or method not in BY_CLASS:
        return found
    known = getattr(model, "classes_", None)
    if known is None or len(known) == len(classes):
        return found
    if found.shape != (1, len(known)):
        raise DataError(
            f"it is the only sample of its class, and without it {method} has other "
            f"columns (shape {found.shape} for {len(known)} classes)",
            where=f"sample {sample}",
            remedy="Ask for predict or predict_proba, or leave classes of one sample out",
        )
    absent = 0.0 if method == "predict_proba" else np.finfo(found.dtype).min
    full = np.full((1, len(classes)), absent, dtype=found.dtype)
    full[:, np.searchsorted(classes, known)] = found
    return full
