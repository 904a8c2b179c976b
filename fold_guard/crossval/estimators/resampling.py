"""Resampling inside the train side: where a sampler may stand, and where it may not."""

from __future__ import annotations

from typing import Any

from fold_guard.crossval.estimators.parts import Part, is_kind, is_sampler, parts_of
from fold_guard.errors import UsageError

_PIPELINE = frozenset({"Pipeline"})
_INSIDE = (
    "Use imblearn.pipeline.Pipeline with the sampler before the model, or name it as cv.resample: "
    "it then changes the rows of each fit and nothing that is tested."
)


def require_resampling_inside(estimator: Any) -> None:
    """Refuse a sampler that would not be run on the train side of each round alone.

    Inside an ``imblearn.pipeline.Pipeline`` a sampler runs in ``fit`` and is left out of
    ``predict``. Samplers are known by ``fit_resample``, not by their package.

    Parameters
    ----------
    estimator : estimator

    Raises
    ------
    UsageError
        A sampler by itself, as the last step of a Pipeline, or inside anything else that does not
        know samplers: scikit-learn's Pipeline, a ColumnTransformer.

    Examples
    --------
    >>> from imblearn.over_sampling import RandomOverSampler
    >>> from sklearn.linear_model import LogisticRegression
    >>> import imblearn.pipeline, sklearn.pipeline
    >>> steps = [("more", RandomOverSampler()), ("model", LogisticRegression())]
    >>> require_resampling_inside(imblearn.pipeline.Pipeline(steps))
    >>> require_resampling_inside(sklearn.pipeline.Pipeline(steps))
    Traceback (most recent call last):
    fold_guard.errors.UsageError: estimator, more: RandomOverSampler is a step of ...
    """
    for part in parts_of(estimator):
        if is_sampler(part.model) and (why := _misplaced(part)):
            raise UsageError(f"{part.kind} {why}", where=part.where, remedy=_INSIDE)


def has_sampler(estimator: Any) -> bool:
    """Return whether any part of an estimator is a sampler."""
    return any(is_sampler(part.model) for part in parts_of(estimator))


def runs_samplers(model: object) -> bool:
    """Return whether something of imbalanced-learn, or derived from it, holds a sampler.

    Its Pipeline, its ensembles and its combined samplers run what they hold in ``fit``.
    """
    return any(each.__module__.split(".")[0] == "imblearn" for each in type(model).__mro__)


def _misplaced(part: Part) -> str:
    """Say why a sampler stands where it must not; empty where it may."""
    if not part.within:
        return "is a sampler by itself: it makes rows and predicts none"
    _, owner = part.within[-1]
    if is_kind(owner, _PIPELINE) and owner.steps[-1][1] is part.model:
        return "is the last step of a Pipeline: it makes rows and predicts none"
    if runs_samplers(owner):
        return ""
    if is_kind(owner, _PIPELINE):
        return (
            "is a step of scikit-learn's Pipeline, which does not run samplers: done before it, "
            "resampling copies test rows into train"
        )
    return f"lies inside {type(owner).__name__}, which does not run samplers"
