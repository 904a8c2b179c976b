"""What an estimator must not do, and what a reader of its scores has to know."""

from __future__ import annotations

from typing import Any

from fold_guard.crossval.estimators.resampling import require_resampling_inside
from fold_guard.crossval.estimators.search import require_inner_folds
from fold_guard.crossval.result import Concern
from fold_guard.folds.manifest import Manifest


def concerns_about(estimator: Any, manifest: Manifest) -> tuple[Concern, ...]:
    """Judge an estimator before it is fitted on the rounds of a map.

    Parameters
    ----------
    estimator : estimator
    manifest : Manifest

    Raises
    ------
    UsageError
        A sampler outside of the train side; a search that would not tune on inner folds.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import LassoCV
    >>> from fold_guard import FoldPlan, make_folds
    >>> table = pd.DataFrame({"row": range(12), "who": [at // 2 for at in range(12)]})
    >>> folds = make_folds(table, FoldPlan("group", n_splits=3), id="row", groups="who")
    >>> [each.name for each in concerns_about(LassoCV(), folds.manifest)]
    ['inner_folds_ignore_groups']
    """
    # Whatever has no parameters by name has no parts that could be looked at.
    if not hasattr(estimator, "get_params"):
        return ()
    require_resampling_inside(estimator)
    return require_inner_folds(estimator, manifest)
