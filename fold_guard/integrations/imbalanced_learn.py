"""imbalanced-learn: a sampler that changes the rows of each fit, and nothing that is tested."""

from __future__ import annotations

import importlib.util
from typing import Any

from fold_guard.crossval.estimators.parts import is_kind, is_sampler
from fold_guard.crossval.estimators.resampling import has_sampler, runs_samplers
from fold_guard.crossval.estimators.search import searches_in
from fold_guard.errors import MissingExtra, UsageError

RESAMPLE = "cv.resample"
_STEP, _MODEL = "resample", "model"


def resampled(estimator: Any, sampler: Any) -> Any:
    """Return an estimator that resamples the rows of each fit, right before its last step.

    In a Pipeline the sampler comes after the preprocessing, as samplers that interpolate need
    numbers; a bare model becomes the last step of one. The names of parameters stay, but for a
    bare model, whose names begin with ``model__``. What is predicted is never resampled.

    Parameters
    ----------
    estimator : estimator
        Not fitted; not changed.
    sampler : object
        With ``fit_resample``. Where its ``random_state`` is None it is seeded for each round, as
        every other part is.

    Returns
    -------
    imblearn.pipeline.Pipeline

    Raises
    ------
    UsageError
        Not a sampler; an estimator that has one already, or that searches: its inner folds would
        split rows that the sampler has added to.
    MissingExtra
        imbalanced-learn is not installed.

    Examples
    --------
    >>> from imblearn.over_sampling import RandomOverSampler
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> model = make_pipeline(StandardScaler(), LogisticRegression())
    >>> [name for name, _ in resampled(model, RandomOverSampler()).steps]
    ['standardscaler', 'resample', 'logisticregression']
    """
    if importlib.util.find_spec("imblearn") is None:
        raise MissingExtra("imblearn", "imbalanced-learn")
    from imblearn.pipeline import Pipeline
    from sklearn.base import clone

    if not is_sampler(sampler):
        raise UsageError(
            f"{type(sampler).__name__} is no sampler: it has no fit_resample",
            where=RESAMPLE,
            remedy="Name one of imbalanced-learn: imblearn.over_sampling.RandomOverSampler.",
        )
    if has_sampler(estimator):
        raise UsageError(
            "the estimator resamples already",
            where=RESAMPLE,
            remedy="Leave out one of the two.",
        )
    if searches := searches_in(estimator):
        raise UsageError(
            f"{searches[0].kind} would tune on rows that the sampler has added to, copies of "
            "one row on both sides",
            where=RESAMPLE,
            remedy="Leave cv.resample out and put the sampler inside the search: its estimator "
            "is then an imblearn.pipeline.Pipeline.",
        )
    if not is_kind(estimator, frozenset({"Pipeline"})):
        return Pipeline([(_STEP, clone(sampler)), (_MODEL, clone(estimator))])
    copied = clone(estimator)
    steps = [*copied.steps[:-1], (_free(copied), clone(sampler)), copied.steps[-1]]
    if runs_samplers(copied):
        return copied.set_params(steps=steps)
    kept = copied.get_params(deep=False)
    return Pipeline(
        steps,
        transform_input=kept.get("transform_input"),
        memory=kept["memory"],
        verbose=kept["verbose"],
    )


def _free(pipeline: Any) -> str:
    """Return a name that no step has."""
    taken = [name for name, _ in pipeline.steps]
    return next(
        name
        for name in (_STEP, *(f"{_STEP}_{at}" for at in range(len(taken) + 1)))
        if name not in taken
    )
