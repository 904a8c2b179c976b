"""Play one round: clone, fit on the train side, predict both sides, score."""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.estimator import Classifier
from fold_guard.crossval.inputs import Labels
from fold_guard.crossval.metrics import score_side
from fold_guard.crossval.result import Matrix, RoundFacts, RoundScore
from fold_guard.errors import FoldGuardError
from fold_guard.partition.rounds import BoolArray

if TYPE_CHECKING:
    import pandas

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

PROBABILITY_SLACK = 1e-3
_UNSEEN_BY_DEFAULT = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One round to play; its text names it in errors."""

    index: int
    train: BoolArray
    test: BoolArray

    def __str__(self) -> str:
        return f"round {self.index}"


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """What comes back from a worker."""

    score: RoundScore
    predicted: IntArray
    probabilities: FloatArray | None
    warnings: tuple[tuple[str, str], ...]
    facts: RoundFacts


def play(
    estimator: Classifier,
    X: pandas.DataFrame,
    labels: Labels,
    classes: tuple[str, ...],
    task: Task,
) -> Played:
    """Fit a clone on the train side of a round and score it on both sides.

    Parameters
    ----------
    estimator : Classifier
    X : pandas.DataFrame, shape (n_rows, n_features)
    labels : ndarray of object (str), shape (n_rows,)
    classes : tuple of str
        Sorted; the order of the probabilities.
    task : Task

    Raises
    ------
    FoldGuardError
        Whatever fails, named by the round.
    """
    from sklearn.base import clone
    from threadpoolctl import threadpool_limits

    train, test = np.flatnonzero(task.train), np.flatnonzero(task.test)
    place = {label: code for code, label in enumerate(classes)}
    codes = np.fromiter((place[label] for label in labels), np.int64, len(labels))
    with (
        warnings.catch_warnings(record=True) as caught,
        threadpool_limits(limits=1),
        _seeded(task.index),
        _named_errors(task),
    ):
        warnings.simplefilter("always")
        begun = time.perf_counter()
        model: Classifier = clone(estimator)
        model.fit(X.iloc[train], labels[train])
        fitted = time.perf_counter()
        tested = _predict(model, X.iloc[test], place)
        learned = _predict(model, X.iloc[train], place)
        predicted = time.perf_counter()
        test_scores = score_side(codes[test], *tested, classes)
        train_scores = score_side(codes[train], *learned, classes)
    score = RoundScore(
        index=task.index,
        train_rows=len(train),
        test_rows=len(test),
        train_support=_support(codes[train], classes),
        test_support=_support(codes[test], classes),
        test=test_scores,
        train=train_scores,
        confusion=_confusion(codes[test], tested[0], len(classes)),
    )
    facts = RoundFacts(task.index, fitted - begun, predicted - fitted)
    return Played(score, *tested, _seen_warnings(caught), facts)


@contextmanager
def _named_errors(task: Task) -> Iterator[None]:
    try:
        yield
    except FoldGuardError as error:
        raise FoldGuardError(error.what, where=str(task), remedy=error.remedy) from error
    except Exception as error:
        raise FoldGuardError(
            f"the estimator failed with {type(error).__name__}: {error}",
            where=str(task),
            remedy="No round is skipped: mend the estimator, its columns or the folds",
        ) from error


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    # Estimators with random_state=None draw from numpy's global state.
    state = np.random.get_state()
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(state)


def _predict(
    model: Classifier, X: pandas.DataFrame, place: Mapping[str, int]
) -> tuple[IntArray, FloatArray | None]:
    predicted = np.asarray(model.predict(X), dtype=object)
    if predicted.shape != (len(X),):
        raise FoldGuardError(f"predict gave shape {predicted.shape} for {len(X)} rows")
    strange = next((label for label in predicted if str(label) not in place), None)
    if strange is not None:
        raise FoldGuardError(
            f"predict gave {strange!r}, which is no class of the label",
            remedy="A classifier is needed, not a regressor",
        )
    codes = np.fromiter((place[str(label)] for label in predicted), np.int64, len(predicted))
    return codes, _probabilities(model, X, place)


def _probabilities(
    model: Classifier, X: pandas.DataFrame, place: Mapping[str, int]
) -> FloatArray | None:
    predict_proba = getattr(model, "predict_proba", None)
    if predict_proba is None:
        return None
    given = np.asarray(predict_proba(X), dtype=np.float64)
    known = [str(label) for label in getattr(model, "classes_", ())]
    if given.shape != (len(X), len(known)):
        raise FoldGuardError(f"predict_proba gave shape {given.shape} for {len(known)} classes_")
    if not np.isfinite(given).all() or given.min() < 0:
        raise FoldGuardError("predict_proba gave values that are negative or not finite")
    total = given.sum(axis=1, keepdims=True)
    if np.abs(total - 1).max() > PROBABILITY_SLACK:
        raise FoldGuardError("predict_proba gave rows that do not sum to one")
    full = np.zeros((len(X), len(place)))
    # Division mends single precision, whose rows miss one by rounding.
    full[:, [place[label] for label in known]] = given / total
    return full


def _support(codes: IntArray, classes: Sequence[str]) -> dict[str, int]:
    return dict(zip(classes, np.bincount(codes, minlength=len(classes)).tolist(), strict=True))


def _confusion(actual: IntArray, predicted: IntArray, count: int) -> Matrix:
    cells = np.bincount(actual * count + predicted, minlength=count * count)
    return tuple(tuple(row) for row in cells.reshape(count, count).tolist())


def _seen_warnings(caught: Sequence[warnings.WarningMessage]) -> tuple[tuple[str, str], ...]:
    texts = {
        # Addresses of objects differ from run to run.
        (each.category.__name__, re.sub(r"0x[0-9a-fA-F]+", "0x...", str(each.message)))
        for each in caught
        if not issubclass(each.category, _UNSEEN_BY_DEFAULT)
    }
    return tuple(sorted(texts))
