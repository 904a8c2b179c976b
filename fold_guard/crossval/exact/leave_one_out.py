"""Leave-one-out predictions: exact without n fits where that is known, by n fits where not."""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.exact.family import HeldOut, NotExact, Problem
from fold_guard.crossval.exact.inputs import Given, given
from fold_guard.crossval.exact.recognise import recognise
from fold_guard.crossval.exact.reference_fits import ReferenceFits
from fold_guard.crossval.exact.verification import require_agreement, samples_to_check
from fold_guard.errors import UsageError

IntArray = npt.NDArray[np.int64]
Route: TypeAlias = Literal["auto", "honest"]

_log = logging.getLogger("fold_guard")


@dataclass(frozen=True, slots=True, eq=False)
class LeaveOneOut:
    """What every sample is predicted by the model of all others, and how that was found.

    Attributes
    ----------
    predictions : ndarray, shape (n_samples,) or (n_samples, n_outputs)
        Rows in the order of ``X``; columns by class in sorted order.
    path : str
        The route that was taken, for people; where it is n fits, why.
    refitted : ndarray of int64
        Samples that a real fit decided: all on the honest route, else those for which the
        formula does not hold.
    checked : ndarray of int64
        Samples for which formula and real fit were compared.
    largest_difference : float
        The largest difference among them.
    tolerance : float
        What would have been too large; 0 on the honest route.
    exact : bool
        Whether a formula was used; False: n fits.
    """

    predictions: npt.NDArray[Any]
    path: str
    refitted: IntArray
    checked: IntArray
    largest_difference: float
    tolerance: float
    exact: bool


def leave_one_out_predict(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    method: str = "predict",
    verify: int = 20,
    sample_weight: Any = None,
    n_jobs: int | None = 1,
    route: Route = "auto",
) -> npt.NDArray[Any]:
    """Return what every sample is predicted by the model of all others.

    The same as scikit-learn's ``cross_val_predict(cv=LeaveOneOut())``, without n fits where that
    is possible; ``leave_one_out`` says how it was done.

    Parameters
    ----------
    estimator, X, y, method, verify, sample_weight, n_jobs, route
        As of ``leave_one_out``.

    Returns
    -------
    ndarray, shape (n_samples,) or (n_samples, n_outputs)

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> leave_one_out_predict(LinearRegression(), [[0], [1], [2], [4]], [1, 2, 3, 5]).round(9)
    array([1., 2., 3., 5.])
    """
    return leave_one_out(
        estimator,
        X,
        y,
        method=method,
        verify=verify,
        sample_weight=sample_weight,
        n_jobs=n_jobs,
        route=route,
    ).predictions


def leave_one_out(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    method: str = "predict",
    verify: int = 20,
    sample_weight: Any = None,
    n_jobs: int | None = 1,
    route: Route = "auto",
) -> LeaveOneOut:
    """Predict every sample by the model of all others, and say how.

    Models of a known family, bare or in a ``Pipeline`` behind a ``StandardScaler``, are done
    exactly from the full fit: the result is that of n fits within the tolerance, 1e-6 on
    probabilities, 1e-8 relative on closed forms. Numbers are taken in double precision, also
    those that come in single. Everything else takes the honest route: n fits.

    Parameters
    ----------
    estimator : estimator
        Not changed.
    X : array-like or data frame, shape (n_samples, n_features)
    y : array-like, shape (n_samples,) or (n_samples, n_targets)
    method : str, default="predict"
        Or ``predict_proba``, ``predict_log_proba``, ``decision_function``.
    verify : int, default=20
        So many samples, drawn at random with a seed from the shape of the data, and the five of
        highest leverage are fitted for real and compared; 0 switches that off.
    sample_weight : array-like, shape (n_samples,), optional
        Of the last step, as ``pipeline.fit(X, y, model__sample_weight=w)``: the scaler is
        fitted without.
    n_jobs : int or None, default=1
        Workers for real fits, as in scikit-learn.
    route : {"auto", "honest"}, default="auto"
        ``honest``: n fits, whatever the model.

    Returns
    -------
    LeaveOneOut

    Raises
    ------
    UsageError
        Lengths that differ, a method or weights that the estimator does not know.
    DataError
        Fewer than two samples, values that are not finite.
    FoldGuardError
        Formula and real fit differ, or a real fit fails; names the sample.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> X, y = load_diabetes(return_X_y=True)
    >>> done = leave_one_out(make_pipeline(StandardScaler(), Ridge()), X, y)
    >>> done.exact, len(done.checked), done.largest_difference < 1e-12
    (True, 25, True)
    """
    if route not in ("auto", "honest"):
        raise UsageError(f"must be 'auto' or 'honest', got {route!r}", where="route")
    if verify < 0:
        raise UsageError(f"must not be negative, got {verify}", where="verify")
    data = given(estimator, X, y, method=method, sample_weight=sample_weight)
    jobs = 1 if n_jobs is None else n_jobs
    found = _exactly(data, verify, jobs) if route == "auto" else "asked for"
    if isinstance(found, str):
        found = _honestly(data, jobs, found)
    _log.info("leave-one-out of %d samples: %s", len(found.predictions), found.path)
    return found


def exact_leave_one_out(
    estimator: Any, X: Any, y: Any, method: str, *, verify: int = 20
) -> LeaveOneOut | str:
    """Return the exact leave-one-out, or why it would take n fits.

    Takes for granted that the estimator accepts the data: a fit to all samples has shown it.
    """
    data = given(estimator, X, y, method=method, sample_weight=None)
    return _exactly(data, verify, 1, accepted=True)


def _exactly(data: Given, verify: int, n_jobs: int, *, accepted: bool = False) -> LeaveOneOut | str:
    model = recognise(data.estimator)
    if isinstance(model, str):
        return model
    numbers = data.numbers()
    if isinstance(numbers, str):
        return numbers
    # No formula runs on what no fit accepts; n fits then say what is wrong.
    refused = "" if accepted else data.refused()
    if refused:
        return refused
    problem = Problem(
        model.model, numbers, data.y, data.sample_weight, model.with_mean, model.with_std
    )
    reason = model.family.refuses(problem, data.method)
    if reason is not None:
        return f"{model.family.name}: {reason}"
    try:
        held = model.family.held_out(problem, data.method)
    except NotExact as why:
        return f"{model.family.name}: {why}"
    if held.refit.all():
        return f"{model.family.name}: the formula holds for no sample"
    reference, differs = model.family.reference(model.model)
    refits = data.references(model, reference, numbers)
    held, refitted = _with_refits(held, refits, n_jobs)
    checked = samples_to_check(verify, held.leverage, held.refit, numbers.shape[1])
    largest = require_agreement(
        held,
        checked,
        data.references(model, reference, numbers, held.tried_first).each(checked, n_jobs),
        family=model.family.name,
        size=_size(data),
    )
    parts = (
        f"exact: {model.family.name}, {held.how}",
        differs,
        f"{len(refitted)} of {len(numbers)} samples by real fits" if len(refitted) else "",
        f"checked by {len(checked)} real fits" if len(checked) else "not checked",
    )
    return LeaveOneOut(
        predictions=held.outputs,
        path="; ".join(filter(None, parts)),
        refitted=refitted,
        checked=checked,
        largest_difference=largest,
        tolerance=held.tolerance,
        exact=True,
    )


def _size(data: Given) -> float:
    # Scores of classes are fitted to -1 and 1.
    numeric = data.method == "predict" and data.y.dtype.kind in "fiu"
    return float(np.abs(data.y).max()) if numeric else 1.0


def _with_refits(held: HeldOut, refits: ReferenceFits, n_jobs: int) -> tuple[HeldOut, IntArray]:
    samples = np.flatnonzero(held.refit).astype(np.int64)
    if not len(samples):
        return held, samples
    found = np.concatenate(refits.each(samples, n_jobs))
    outputs = held.outputs.astype(np.result_type(held.outputs, found), copy=True)
    outputs[samples] = found
    return dataclasses.replace(held, outputs=outputs), samples


def _honestly(data: Given, n_jobs: int, why: str) -> LeaveOneOut:
    everyone = np.arange(data.n_samples, dtype=np.int64)
    outputs = data.as_given().each(everyone, n_jobs)
    return LeaveOneOut(
        predictions=np.concatenate(outputs),
        path=f"honest: {len(everyone)} fits ({why})",
        refitted=everyone,
        checked=np.empty(0, dtype=np.int64),
        largest_difference=0.0,
        tolerance=0.0,
        exact=False,
    )
