"""Estimators that split their train rows by themselves: to tune, to calibrate, to stack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fold_guard.crossval.estimators.parts import Part, handed_by, is_kind, is_sampler
from fold_guard.crossval.result import Concern
from fold_guard.folds.plan import FoldPlan

# To these no cv is no inner split: the true labels are passed on.
_CHAINS = frozenset({"ClassifierChain", "RegressorChain"})


def splits_itself(part: Part) -> bool:
    """Return whether an estimator has a ``cv`` of its own and uses it."""
    params = part.model.get_params(deep=False)
    return "cv" in params and not (is_kind(part.model, _CHAINS) and params["cv"] is None)


def takes_folds(part: Part) -> bool:
    """Return whether inner folds can take the place of its split: of no ``cv``, or of a number.

    Examples
    --------
    >>> from sklearn.linear_model import LassoCV
    >>> from sklearn.model_selection import KFold
    >>> from fold_guard.crossval.estimators.parts import parts_of
    >>> [takes_folds(parts_of(LassoCV(cv=cv))[0]) for cv in (None, 3, KFold(3))]
    [True, True, False]
    """
    if not splits_itself(part) or handed_by(part) is not None:
        return False
    cv: Any = part.model.get_params(deep=False)["cv"]
    return cv is None or isinstance(cv, int)


def own_split_concerns(part: Part, plan: FoldPlan) -> Iterator[Concern]:
    """Say what an estimator's own split ignores, where inner folds do not take its place."""
    if plan.inner_splits and takes_folds(part):
        return
    name, owner = f"{part.kind} ({part.parameter('cv')})", handed_by(part)
    if is_sampler(owner):
        yield Concern(
            "inner_folds_hold_copies",
            f"{name} splits rows that {type(owner).__name__} has added to: copies of one row, or "
            "what was made of it, may lie on both sides",
        )
    if plan.keeps_groups:
        way = "; inner_splits in the plan would give it the inner folds of the map"
        yield Concern(
            "inner_folds_ignore_groups",
            f"{name} splits the train side without regard to groups: what it tunes or calibrates "
            "by them looks too good" + (way if not plan.inner_splits else ""),
        )
    if plan.needs_time:
        yield Concern(
            "inner_folds_ignore_time",
            f"{name} splits the train side without regard to time: it tunes or calibrates on rows "
            "that come before what it learned from",
        )
