"""Nested cross-validation: inner folds for every outer round."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import check_cv
from sklearn.utils import _safe_indexing

IntArray = npt.NDArray[np.int64]


class NestedRound(NamedTuple):
    """An outer round and the inner rounds of its train side.

    Attributes
    ----------
    train, test : ndarray of int64
        Positions of rows.
    inner : list of (train, test)
        Positions within ``train``: what ``GridSearchCV(cv=...)`` needs for ``X[train]``.
    """

    train: IntArray
    test: IntArray
    inner: list[tuple[IntArray, IntArray]]


def nested_splits(
    outer: Any, inner: Any, X: Any, y: Any = None, groups: Any = None
) -> Iterator[NestedRound]:
    """Yield each outer round with the inner rounds of its train side.

    The inner splitter sees the train rows of the outer round alone, with their y and groups: a
    unit that the inner splitter keeps together is not divided, and no test row of the outer round
    takes part. Explicit lists are needed because ``GridSearchCV`` inside ``cross_validate`` is
    handed no groups. The nested folds of a fold map (``inner_splits``) come from
    `fold_guard.splitters.FoldMapSplit.nested`.

    Parameters
    ----------
    outer, inner : splitter
        Of this package, of scikit-learn, or with their ``split``.
    X : array_like, shape (n_samples, n_features)
    y : array_like, shape (n_samples,) or (n_samples, n_labels), optional
    groups : array_like, shape (n_samples,) or (n_samples, n_keys), optional
        For the splitters that use groups.

    Yields
    ------
    NestedRound

    Raises
    ------
    InfeasibleError
        The train side of an outer round cannot be split by ``inner``.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import GridSearchCV
    >>> from fold_guard.splitters import StratifiedGroupKFold
    >>> rng = np.random.default_rng(0)
    >>> X, y, patient = rng.normal(size=(60, 2)), np.arange(60) % 2, np.arange(60) // 4
    >>> folds, scores = StratifiedGroupKFold(3), []
    >>> for train, test, inner in nested_splits(folds, folds, X, y, patient):
    ...     search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=inner)
    ...     scores.append(search.fit(X[train], y[train]).score(X[test], y[test]))
    >>> len(scores)
    3
    """
    outer, inner = check_cv(outer), check_cv(inner)
    for train, test in outer.split(X, y, _for(outer, groups)):
        part = [None if each is None else _safe_indexing(each, train) for each in (X, y, groups)]
        pairs = list(inner.split(part[0], part[1], _for(inner, part[2])))
        yield NestedRound(train, test, pairs)


def _for(splitter: Any, groups: Any) -> Any:
    """Return groups for a splitter that asks for them; others would warn."""
    if not hasattr(splitter, "get_metadata_routing"):
        return groups
    asked = splitter.get_metadata_routing().split.requests.get("groups")
    return groups if asked else None
