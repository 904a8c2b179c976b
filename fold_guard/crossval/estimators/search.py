"""Searches inside an estimator: tuned on the inner folds of the fold map, or not at all."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeVar

from fold_guard.crossval.estimators.beforehand import (
    FROZEN,
    are_rounds,
    frozen_concerns,
    tuned_on_reported,
)
from fold_guard.crossval.estimators.inner_folds import InnerFolds, Splits
from fold_guard.crossval.estimators.own_split import own_split_concerns, splits_itself, takes_folds
from fold_guard.crossval.estimators.parts import Part, handed_by, is_kind, parts_of
from fold_guard.crossval.estimators.scorable import unscorable
from fold_guard.crossval.result import Concern
from fold_guard.errors import UsageError
from fold_guard.folds.manifest import Manifest

Model = TypeVar("Model")
_CANDIDATES = frozenset({"param_grid", "param_distributions", "search_spaces"})


def searches_in(estimator: Any) -> tuple[Part, ...]:
    """Return the searches inside an estimator, the outermost first.

    A search is what has candidates, an estimator and a ``cv``: those of scikit-learn, of Optuna,
    and others that keep to these names.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.pipeline import make_pipeline
    >>> model = make_pipeline(GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}))
    >>> [each.path for each in searches_in(model)]
    ['gridsearchcv']
    """
    return tuple(part for part in _thawed(estimator) if _is_search(part.model))


def require_inner_folds(estimator: Any, manifest: Manifest) -> tuple[Concern, ...]:
    """Refuse searches that would not tune on the inner folds of the map.

    Parameters
    ----------
    estimator : estimator
        Not fitted here.
    manifest : Manifest

    Returns
    -------
    tuple of Concern
        ``tuned_on_reported_folds``: a search that brings the folds that are reported.
        ``fitted_beforehand``: a part that was fitted on rows that nobody knows. Both block.
        ``inner_folds_ignore_groups``, ``inner_folds_ignore_time``, ``inner_folds_hold_copies``: a
        part that splits the train side by itself. ``search_stops_by_time``.

    Raises
    ------
    UsageError
        A search without inner folds, with folds of its own, where it is not handed the train
        rows, or that cannot predict or score; the message names the parameter.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.model_selection import GridSearchCV
    >>> from fold_guard import FoldPlan, make_folds
    >>> table = pd.DataFrame({"row": range(12)})
    >>> search = GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]})
    >>> nested = make_folds(table, FoldPlan("kfold", n_splits=3, inner_splits=2), id="row")
    >>> require_inner_folds(search, nested.manifest)
    ()
    >>> plain = make_folds(table, FoldPlan("kfold", n_splits=3), id="row")
    >>> require_inner_folds(search, plain.manifest)
    Traceback (most recent call last):
    fold_guard.errors.UsageError: estimator: GridSearchCV has no inner folds to tune on. ...
    """
    concerns = [each for part in parts_of(estimator) for each in frozen_concerns(part)]
    for part in _thawed(estimator):
        params = part.model.get_params(deep=False)
        if _is_search(part.model):
            concerns += _search(part, params, manifest)
        elif splits_itself(part):
            concerns += own_split_concerns(part, manifest.plan)
        if "scoring" in params and "cv" in params:
            _require_scorable(part, params["scoring"], manifest)
    return tuple(concerns)


def with_inner_folds(model: Model, splits: Splits) -> Model:
    """Let every search, and every estimator that splits its rows, use given inner folds.

    The folds take the place of no ``cv`` and of a number; an estimator (no search) with a splitter
    of its own keeps that. A search makes one fit at a time, for rounds run side by side already
    and the order of Optuna's trials decides which come next; and a candidate that fails is an
    error, not a score of NaN, unless ``error_score`` is a number.

    Parameters
    ----------
    model : estimator
        A clone; it is changed.
    splits : sequence of (train, test)
        Positions within the rows that ``fit`` will be handed.

    Returns
    -------
    estimator
        The same.

    Raises
    ------
    UsageError
        A search where it is not handed the train rows as they are.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.model_selection import GridSearchCV
    >>> halves = [(np.array([0, 1]), np.array([2, 3])), (np.array([2, 3]), np.array([0, 1]))]
    >>> search = with_inner_folds(GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}), halves)
    >>> [test.tolist() for _, test in search.cv.split(range(4))]
    [[2, 3], [0, 1]]
    """
    folds = InnerFolds(splits)
    for part in _thawed(model):
        params = part.model.get_params(deep=False)
        if _is_search(part.model):
            _require_train_rows(part)
            given: dict[str, Any] = {"cv": folds}
            if "n_jobs" in params:
                given["n_jobs"] = 1
            if _is_nan(params.get("error_score")):
                given["error_score"] = "raise"
            part.model.set_params(**given)
        elif takes_folds(part):
            part.model.set_params(cv=folds)
    return model


def _thawed(estimator: Any) -> Iterator[Part]:
    """Yield the parts that are fitted in every round: not what is frozen, or lies inside it."""
    for part in parts_of(estimator):
        if not any(is_kind(each, FROZEN) for each in (part.model, *(e for _, e in part.within))):
            yield part


def _is_search(model: Any) -> bool:
    names = model.get_params(deep=False)
    return "cv" in names and "estimator" in names and not _CANDIDATES.isdisjoint(names)


def _search(part: Part, params: dict[str, Any], manifest: Manifest) -> Iterator[Concern]:
    _require_train_rows(part)
    same = are_rounds(params["cv"], manifest)
    if not manifest.plan.inner_splits:
        text = f"{part.kind} has no inner folds to tune on"
        if same:
            text += ": those that it brings are the ones whose scores are reported"
        raise UsageError(text, where=part.where, remedy=_remedy(manifest))
    if same:
        before = ", and it was tuned on them" if hasattr(part.model, "best_params_") else ""
        yield tuned_on_reported(
            f"{part.parameter('cv')} of {part.kind} is the folds whose scores are reported"
            f"{before}: what is chosen by them scores too well on them"
        )
    elif _is_brought(part.model, params["cv"]):
        raise UsageError(
            f"{part.kind} brings folds of its own ({part.parameter('cv')}), which know no groups "
            "and no fold map",
            where=part.where,
            remedy="Leave cv out: the inner folds of the map take its place.",
        )
    if params.get("refit") is False:
        raise UsageError(
            f"{part.kind} cannot predict: {part.parameter('refit')} is False",
            where=part.where,
            remedy="Leave refit out: the best candidate is fitted on the whole train side.",
        )
    if params.get("study") is not None:
        raise UsageError(
            f"{part.kind} brings a study ({part.parameter('study')}): what it learned in one "
            "round would be known in the next",
            where=part.where,
            remedy="Leave study out: each round makes one, seeded by random_state.",
        )
    if params.get("subsample", 1.0) != 1.0:
        raise UsageError(
            f"{part.kind} tunes on a sample of rows ({part.parameter('subsample')}), which the "
            "inner folds do not fit",
            where=part.where,
            remedy="Leave subsample out.",
        )
    yield from _candidates(part, params, manifest)
    if params.get("timeout") is not None:
        yield Concern(
            "search_stops_by_time",
            f"{part.parameter('timeout')} of {part.kind}: how many candidates are tried depends "
            "on the machine, and so may the scores",
        )


def _candidates(part: Part, params: dict[str, Any], manifest: Manifest) -> Iterator[Concern]:
    """Judge estimators among the candidates: fitted beforehand, searches, splits of their own."""
    for name in sorted(_CANDIDATES & params.keys()):
        grids = params[name] if isinstance(params[name], list | tuple) else [params[name]]
        several = [value for grid in grids for value in dict(grid).values()]
        models = [
            each
            for values in several
            for each in (values if isinstance(values, list | tuple) else ())
            if hasattr(each, "get_params") and not isinstance(each, type)
        ]
        inside = [each for model in models for each in parts_of(model)]
        for each in inside:
            yield from frozen_concerns(replace(each, path=part.parameter(name)))
            if _is_search(each.model):
                raise UsageError(
                    f"{each.kind} is a candidate of {part.kind} ({part.parameter(name)}): a search "
                    "within a search would tune on folds that nobody dealt",
                    where=part.where,
                    remedy="Search both in one grid.",
                )
        own = [each for each in inside if splits_itself(each)]
        if own and manifest.plan.keeps_groups:
            yield Concern(
                "inner_folds_ignore_groups",
                f"{own[0].kind}, a candidate of {part.kind} ({part.parameter(name)}), splits the "
                "train side of an inner fold without regard to groups",
            )


def _require_train_rows(part: Part) -> None:
    found = handed_by(part)
    if found is not None:
        owner = type(found).__name__
        raise UsageError(
            f"{part.kind} lies behind {owner}, which hands it other rows than those of the train "
            "side: inner folds do not fit them",
            where=part.where,
            remedy=f"Put {owner} inside the search: it is then fitted with each candidate, on the "
            "train side of each inner fold.",
        )


def _require_scorable(part: Part, scoring: Any, manifest: Manifest) -> None:
    from sklearn.base import is_classifier

    if not manifest.classes or not is_classifier(part.model):
        return
    what, remedy = unscorable(scoring, manifest.classes)
    if what:
        raise UsageError(
            f"{part.parameter('scoring')} of {part.kind}: {what}", where=part.where, remedy=remedy
        )


def _remedy(manifest: Manifest) -> str:
    plan = manifest.plan
    if "inner_splits" not in plan.traits.settings:
        return (
            f"Strategy {plan.strategy!r} has no nested folds: name the parameters instead of "
            "searching, or use a strategy that deals to k folds."
        )
    also = " and n_repeats to 1" if plan.n_repeats > 1 else ""
    return (
        f"Set inner_splits (plans.<plan>.fold.inner_splits: 3){also}, make the fold map again, "
        "and leave cv out of the search."
    )


def _is_brought(model: Any, cv: Any) -> bool:
    default = inspect.signature(type(model)).parameters["cv"].default
    return not (cv is None or (isinstance(cv, int) and cv == default))


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)
