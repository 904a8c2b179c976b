"""Nested folds: the train side of every round is dealt to inner folds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fold_guard.errors import InfeasibleError
from fold_guard.folds.dealing import ALWAYS_TRAIN, Dealt, deal_part
from fold_guard.folds.material import Material
from fold_guard.folds.plan import FoldPlan
from fold_guard.identity.seeds import derived_seed
from fold_guard.partition.rounds import EXCLUDED

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


_MOST_ROUNDS = 1000


def deal_nested(material: Material, plan: FoldPlan, dealt: Dealt) -> IntArray:
    """Deal the train side of every round to inner folds; units stay whole.

    Returns
    -------
    ndarray of int64, shape (n_folds, n_rows)
        One row a round: 0..inner_splits-1 on its train side, -2 elsewhere; rows that are always
        trained on stay -1.

    Raises
    ------
    InfeasibleError
        A train side has fewer units than inner folds.
    """
    outer = dealt.folds[0]
    if dealt.n_alone and dealt.n_folds > _MOST_ROUNDS:
        raise InfeasibleError(
            f"inner folds of {dealt.n_folds:,} rounds are as many columns, more than "
            f"{_MOST_ROUNDS:,}",
            where="inner_splits",
            remedy="Name a smaller subgroup under leave_out, or use fewer folds.",
        )
    inner = np.full((dealt.n_folds, len(outer)), EXCLUDED, dtype=np.int64)
    for at in range(dealt.n_folds):
        inner[at, outer == ALWAYS_TRAIN] = ALWAYS_TRAIN
        rows = (outer >= 0) & (outer != at)
        try:
            inner[at, rows] = deal_part(
                material,
                plan,
                dealt.units,
                material.strata,
                rows,
                plan.inner_splits,
                derived_seed(plan.seed, at + 1),
            )
        except InfeasibleError as error:
            raise InfeasibleError(
                f"the train side of round {at}: {error.what}",
                where="inner_splits",
                remedy=error.remedy,
            ) from None
    return inner
