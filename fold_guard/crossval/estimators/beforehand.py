"""What was tuned or fitted before the rounds began, perhaps on the rows that they test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fold_guard.crossval.estimators.parts import Part, is_kind
from fold_guard.crossval.result import Concern
from fold_guard.folds.manifest import Manifest

FROZEN = frozenset({"FrozenEstimator"})


def tuned_on_reported(message: str) -> Concern:
    """Return the concern that parameters were chosen by the scores that are reported."""
    return Concern("tuned_on_reported_folds", message, blocking=True)


def frozen_concerns(part: Part) -> Iterator[Concern]:
    """Say of an estimator that no round fits (scikit-learn's ``FrozenEstimator``) what it is.

    Examples
    --------
    >>> from sklearn.frozen import FrozenEstimator
    >>> from sklearn.linear_model import Ridge
    >>> from fold_guard.crossval.estimators.parts import parts_of
    >>> model = FrozenEstimator(Ridge().fit([[0.0], [1.0]], [0.0, 1.0]))
    >>> [(each.name, each.blocking) for each in frozen_concerns(parts_of(model)[0])]
    [('fitted_beforehand', True)]
    """
    if not is_kind(part.model, FROZEN):
        return
    inside = part.model.estimator
    kind = f"{part.where}: a {type(inside).__name__} that was fitted and frozen"
    if hasattr(inside, "best_params_"):
        yield tuned_on_reported(
            f"{kind} was tuned before the rounds began, and no round tunes it anew"
        )
        return
    yield Concern(
        "fitted_beforehand",
        f"{kind}: nobody knows whether the rows that it learned from are tested here",
        blocking=True,
    )


def are_rounds(cv: Any, manifest: Manifest) -> bool:
    """Return whether a ``cv`` is the fold map, or splits a table of its size just so.

    A manifest knows the sizes of folds, not their rows: other folds of the same rows that have the
    same sizes count, too. They were tuned on as much of what is reported.

    Parameters
    ----------
    cv : object
        A splitter, a number, a list of (train, test), or None.
    manifest : Manifest
    """
    if (fold_map := getattr(cv, "fold_map", None)) is not None:
        return bool(getattr(fold_map, "digest", None) == manifest.digest)
    if (test_fold := getattr(cv, "test_fold", None)) is not None:
        folds = [each for each in list(test_fold) if each != -1]
        sizes, n_rows = [folds.count(each) for each in set(folds)], len(test_fold)
    elif isinstance(cv, list | tuple) and all(
        isinstance(each, list | tuple) and len(each) == 2 for each in cv
    ):
        sizes = [len(test) for _, test in cv]
        sides = [side for pair in cv for side in pair if len(side)]
        n_rows = 1 + max((int(max(side)) for side in sides), default=-1)
    else:
        return False
    if n_rows != manifest.dataset.rows or len(sizes) != manifest.n_rounds:
        return False
    if manifest.plan.traits.chosen or manifest.folds_in_all is not None:
        return True
    tested = manifest.folds[1:] if manifest.scheme == "forward" else manifest.folds
    return sorted(sizes) == sorted(each.rows for each in tested)
