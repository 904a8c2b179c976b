"""Ask a fitted model for predictions, and take nothing that cannot be one."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fold_guard.errors import FoldGuardError

if TYPE_CHECKING:
    import pandas

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

PROBABILITY_SLACK = 1e-3
_NAMED = 5


def predict_classes(model: Any, X: pandas.DataFrame, classes: tuple[str, ...]) -> IntArray:
    """Return the code of the class that a model predicts for each row.

    Raises
    ------
    FoldGuardError
        Another shape, or something that is no class of the label.
    """
    predicted = np.asarray(model.predict(X), dtype=object)
    if predicted.shape != (len(X),):
        raise FoldGuardError(f"predict gave shape {predicted.shape} for {len(X)} rows")
    place = {label: code for code, label in enumerate(classes)}
    codes = np.fromiter((place.get(str(each), -1) for each in predicted), np.int64, len(predicted))
    if (codes < 0).any():
        strange = predicted[codes.argmin()]
        raise FoldGuardError(
            f"predict gave {strange!r}, which is no class of the label",
            remedy="A classifier is needed, not a regressor",
        )
    return codes


def predict_probabilities(
    model: Any, X: pandas.DataFrame, classes: tuple[str, ...]
) -> FloatArray | None:
    """Return the probability of every class, 0 for one that the model has not seen.

    Returns
    -------
    ndarray of float64, shape (n_rows, n_classes), or None
        None: the model has no ``predict_proba``.

    Raises
    ------
    FoldGuardError
        Another shape, values that are no probabilities, or ``classes_`` that are not classes of
        the label, or are there twice.
    """
    predict_proba = getattr(model, "predict_proba", None)
    if predict_proba is None:
        return None
    given = np.asarray(predict_proba(X), dtype=np.float64)
    known = [str(label) for label in getattr(model, "classes_", ())]
    _require_known(known, classes)
    if given.shape != (len(X), len(known)):
        raise FoldGuardError(f"predict_proba gave shape {given.shape} for {len(known)} classes_")
    if not np.isfinite(given).all() or given.min() < 0:
        raise FoldGuardError("predict_proba gave values that are negative or not finite")
    total = given.sum(axis=1, keepdims=True)
    if np.abs(total - 1).max() > PROBABILITY_SLACK:
        raise FoldGuardError("predict_proba gave rows that do not sum to one")
    place = {label: code for code, label in enumerate(classes)}
    full = np.zeros((len(X), len(classes)))
    # Division mends single precision, whose rows miss one by rounding.
    full[:, [place[label] for label in known]] = given / total
    return full


def _require_known(given: list[str], classes: tuple[str, ...]) -> None:
    """Refuse ``classes_`` by which columns cannot be told apart, or belong to no class."""
    foreign = sorted(set(given) - set(classes))
    if foreign:
        verb = "is no class" if len(foreign) == 1 else "are no classes"
        raise FoldGuardError(
            f"classes_ has {_named(foreign)}, which {verb} of the label",
            remedy="classes_ must hold the labels that fit was given",
        )
    repeated = sorted(label for label, count in Counter(given).items() if count > 1)
    if repeated:
        raise FoldGuardError(
            f"classes_ has {_named(repeated)} more than once",
            remedy="Each column of predict_proba must belong to another class",
        )


def _named(labels: list[str]) -> str:
    rest = len(labels) - _NAMED
    return ", ".join(map(repr, labels[:_NAMED])) + (f" and {rest:,} more" if rest > 0 else "")


def predict_numbers(model: Any, X: pandas.DataFrame) -> FloatArray:
    """Return the number that a regressor predicts for each row.

    Raises
    ------
    FoldGuardError
        Another shape, or something that is no finite number.
    """
    given = np.asarray(model.predict(X))
    # Some regressors give a column where they were fitted on one.
    if given.shape not in ((len(X),), (len(X), 1)):
        raise FoldGuardError(f"predict gave shape {given.shape} for {len(X)} rows")
    try:
        numbers = given.reshape(len(X)).astype(np.float64)
    except (TypeError, ValueError):
        raise FoldGuardError(
            f"predict gave {given.flat[0]!r}, which is no number",
            remedy="A regressor is needed, not a classifier",
        ) from None
    if not np.isfinite(numbers).all():
        strange = numbers[~np.isfinite(numbers)][0]
        raise FoldGuardError(f"predict gave {strange}, which is no finite number")
    return numbers
