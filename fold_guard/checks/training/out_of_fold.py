"""Predict the test rows of each round with a model that was fitted on its train rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fold_guard.checks.training.training_function import repeatable
from fold_guard.errors import FoldGuardError
from fold_guard.partition.rounds import Round

if TYPE_CHECKING:
    import pandas

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """The predictions of all rounds, one after the other.

    Attributes
    ----------
    rows, rounds : ndarray of int64, shape (n_predictions,)
        The row, and the number of the round, of each.
    values : ndarray of float64, shape (n_predictions,)
        The class predicted, as its number; or the quantity.
    scores : ndarray of float64, shape (n_predictions,), or None
        Of two classes: how the model ranks the second one; None where it does not say.
    """

    rows: IntArray
    rounds: IntArray
    values: FloatArray
    scores: FloatArray | None

    def at(self, where: IntArray) -> Predictions:
        """Return some of them, in another order."""
        scores = None if self.scores is None else self.scores[where]
        return Predictions(self.rows[where], self.rounds[where], self.values[where], scores)


def out_of_fold(
    model: Any,
    X: pandas.DataFrame,
    y: npt.NDArray[Any],
    rounds: Sequence[Round],
    *,
    known: npt.NDArray[np.bool_],
    classes: Sequence[str] = (),
    which: str,
) -> Predictions:
    """Fit a clone a round, and predict.

    Parameters
    ----------
    model : scikit-learn estimator
    X : pandas.DataFrame, shape (n_rows, n_features)
    y : ndarray, shape (n_rows,)
        Text of classes, or floats.
    rounds : sequence of Round
    known : ndarray of bool, shape (n_rows,)
        Rows with a label; others are on neither side.
    classes : sequence of str
        None: the label is a quantity.
    which : str
        Whose rounds these are, for errors.

    Raises
    ------
    FoldGuardError
        A side without rows, a fit or prediction that fails, or predictions that make no sense.
    """
    parts = []
    for at, each in enumerate(rounds):
        where = f"{which}, round {each.index}"
        train, test = (np.flatnonzero(side & known) for side in (each.train, each.test))
        if not len(train) or not len(test):
            side = "train" if not len(train) else "test"
            raise FoldGuardError(f"its {side} side has no rows with a label", where=where)
        with repeatable(where):
            values, scores = _predicted(model, X, y, train, test, classes)
        if values.shape != test.shape or not np.isfinite(values).all():
            raise FoldGuardError(
                f"predict gave shape {values.shape} for {len(test)} rows, or no finite numbers",
                where=where,
            )
        parts.append(Predictions(test, np.full(len(test), at), values, scores))
    scored = all(part.scores is not None for part in parts)
    return Predictions(
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.rounds for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.scores for part in parts if part.scores is not None])
        if scored
        else None,
    )


def _predicted(
    model: Any,
    X: pandas.DataFrame,
    y: npt.NDArray[Any],
    train: IntArray,
    test: IntArray,
    classes: Sequence[str],
) -> tuple[FloatArray, FloatArray | None]:
    from sklearn.base import clone

    fitted = clone(model)
    fitted.fit(X.iloc[train], y[train])
    said = np.asarray(fitted.predict(X.iloc[test]))
    if not classes:
        return said.astype(np.float64).reshape(len(said), -1)[:, 0], None
    place = {name: float(at) for at, name in enumerate(classes)}
    strange = next((each for each in said.ravel().tolist() if str(each) not in place), None)
    if strange is not None:
        raise FoldGuardError(
            f"predict gave {strange!r}, which is no class of the label",
            remedy="A classifier is needed for classes, a regressor for quantities.",
        )
    values = np.array([place[str(each)] for each in said.tolist()], dtype=np.float64)
    return values, _ranking(fitted, X.iloc[test], classes)


def _ranking(fitted: Any, X: pandas.DataFrame, classes: Sequence[str]) -> FloatArray | None:
    """Return how a classifier ranks the second of two classes."""
    known = [str(each) for each in getattr(fitted, "classes_", ())]
    if len(classes) != 2 or known != list(classes):
        return None
    if hasattr(fitted, "predict_proba"):
        ranked = np.asarray(fitted.predict_proba(X), dtype=np.float64)[:, 1]
    elif hasattr(fitted, "decision_function"):
        ranked = np.asarray(fitted.decision_function(X), dtype=np.float64)
    else:
        return None
    return ranked if ranked.shape == (len(X),) and np.isfinite(ranked).all() else None
