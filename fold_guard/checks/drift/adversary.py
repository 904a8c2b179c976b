"""A classifier that guesses the fold of a row, scored on rows that it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fold_guard.checks.drift.drift_tests import ranked_design_effect
from fold_guard.partition.assignment import assign_units
from fold_guard.partition.counts import count_units

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
MODEL = "HistGradientBoostingClassifier"
# Held-out rows of an inner fold on which features are permuted.
_PERMUTED = 10_000
_SEED = 0


@dataclass(frozen=True, slots=True, eq=False)
class FoldScore:
    """How well one fold is told from all other rows.

    Attributes
    ----------
    auc : float
        Mean over the inner folds of the area under the ROC curve on their held-out rows.
    error : float
        Standard error of the mean if the features said nothing.
    p_value : float
        One-sided: of so high an AUC by chance.
    importance : ndarray of float64, shape (n_features,)
        By how much the AUC falls when a feature is permuted in the held-out rows.
    """

    auc: float
    error: float
    p_value: float
    importance: FloatArray


def fold_scores(
    X: FloatArray,
    categorical: BoolArray,
    classes: IntArray,
    units: IntArray,
    scored: Sequence[int],
    *,
    n_inner: int = 3,
    max_iter: int = 50,
) -> dict[int, FoldScore]:
    """Cross-validate a classifier of folds; whole units are held out.

    One thread, a fixed seed and no early stopping: the same rows in the same order give the same
    numbers everywhere.

    Parameters
    ----------
    X : ndarray of float64, shape (n_rows, n_features)
        Ranks, or codes 0..254 of categories; NaN is missing.
    categorical : ndarray of bool, shape (n_features,)
    classes : ndarray of int64, shape (n_rows,)
        The fold of each row.
    units : ndarray of int64, shape (n_rows,)
        0..n_units-1, numbered by first row. A model that has seen a patient in fold 2 would know
        the next row of the same patient, whatever the distributions: units stay whole.
    scored : sequence of int
        The classes that are to be told from all other rows.
    n_inner : int
        Inner folds.
    max_iter : int
        Trees a class.
    """
    from scipy.stats import norm
    from threadpoolctl import threadpool_limits

    counts = count_units(units, np.unique(classes, return_inverse=True)[1].astype(np.int64))
    rank = np.arange(counts.n_units, dtype=np.int64)
    inner = assign_units(counts, rank, n_inner)[units]
    parts: dict[int, list[tuple[float, float, FloatArray]]] = {each: [] for each in scored}
    with threadpool_limits(1):
        for held in range(n_inner):
            train, test = inner != held, inner == held
            # One class teaches nothing; the outcome tells of a fold that no model knew.
            if len(np.unique(classes[train])) < 2 or not test.any():
                continue
            model = _model(categorical, max_iter, int(train.sum()))
            model.fit(X[train], classes[train])
            for fold, part in _held_out(model, X[test], classes[test], units[test], scored).items():
                parts[fold].append(part)
    found = {}
    for fold, each in parts.items():
        # An inner fold without a row of the class, or with nothing else, has no AUC.
        if not each:
            continue
        auc = float(np.mean([part[0] for part in each]))
        error = float(np.sqrt(np.sum([part[1] ** 2 for part in each])) / len(each))
        importance = np.mean([part[2] for part in each], axis=0)
        found[fold] = FoldScore(auc, error, float(norm.sf((auc - 0.5) / error)), importance)
    return found


def _model(categorical: BoolArray, max_iter: int, n_rows: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=max_iter,
        max_leaf_nodes=15,
        # Of a small table, leaves of 20 rows would see nothing, and the check would pass blindly.
        min_samples_leaf=max(5, min(20, n_rows // 50)),
        early_stopping=False,
        random_state=_SEED,
        categorical_features=categorical,
    )


def _held_out(
    model: Any, X: FloatArray, classes: IntArray, units: IntArray, scored: Sequence[int]
) -> dict[int, tuple[float, float, FloatArray]]:
    """Return AUC, its standard error and the importance of features for each class."""
    from sklearn.inspection import permutation_importance

    column = {int(each): at for at, each in enumerate(model.classes_)}
    shares = model.predict_proba(X)
    clusters = np.unique(units, return_inverse=True)[1].astype(np.int64)
    found = {}
    for fold in scored:
        own = classes == fold
        if fold in column and own.any() and not own.all():
            score = shares[:, column[fold]]
            found[fold] = (auc_of(score, own), null_error(score, own, clusters))
    some = _every_nth(len(X), _PERMUTED)
    tried = [fold for fold in found if 0 < (classes[some] == fold).sum() < len(some)]
    falls = dict.fromkeys(found, np.zeros(X.shape[1]))

    def aucs(fitted: Any, rows: FloatArray, truth: IntArray) -> dict[str, float]:
        guessed = fitted.predict_proba(rows)
        return {str(j): auc_of(guessed[:, column[j]], truth == j) for j in tried}

    if tried:
        permuted = permutation_importance(
            model, X[some], classes[some], scoring=aucs, n_repeats=2, random_state=_SEED
        )
        falls |= {fold: permuted[str(fold)].importances_mean for fold in tried}
    return {fold: (auc, error, falls[fold]) for fold, (auc, error) in found.items()}


def _every_nth(n_rows: int, most: int) -> IntArray:
    return np.arange(0, n_rows, max(1, -(-n_rows // most)))


def auc_of(score: FloatArray, own: BoolArray) -> float:
    """Return the area under the ROC curve: the probability that an own row scores higher.

    Examples
    --------
    >>> auc_of(np.array([0.1, 0.4, 0.4, 0.8]), np.array([False, False, True, True]))
    0.875
    """
    from scipy.stats import rankdata

    inside, outside = int(own.sum()), int((~own).sum())
    ranks = rankdata(score)[own].sum()
    return float((ranks - inside * (inside + 1) / 2) / (inside * outside))


def null_error(score: FloatArray, own: BoolArray, clusters: IntArray | None) -> float:
    """Return the standard error of the AUC if the score said nothing of the class.

    The variance of the Mann-Whitney statistic without ties, (n1 + n2 + 1) / (12 n1 n2), which
    bounds that with ties, times the design effect of the ranks (rows of one unit score alike).

    Examples
    --------
    >>> round(null_error(np.arange(4.0), np.array([True, False] * 2), None) ** 2, 4)  # 5 / 48
    0.1042
    """
    inside, outside = int(own.sum()), int((~own).sum())
    codes = np.unique(score, return_inverse=True)[1].astype(np.int64)
    design = ranked_design_effect(codes, clusters)
    return float(np.sqrt(design * (inside + outside + 1) / (12 * inside * outside)))
