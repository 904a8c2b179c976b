"""What a user trains, as one function: the whole table and both sides in, what was fitted out."""

from __future__ import annotations

import random
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.dataset.labels import classes
from fold_guard.errors import FoldGuardError

if TYPE_CHECKING:
    import pandas

IntArray = npt.NDArray[np.int64]

TrainingFunction: TypeAlias = Callable[["pandas.DataFrame", IntArray, IntArray], object]
"""``train(frame, train_positions, test_positions)`` returns what came of the train side.

``frame`` has every row of the table and a fresh index 0..n-1; the positions (int64, ascending) are
for ``frame.iloc``. What is returned is a fitted estimator, predictions for the train rows, or any
mapping or object that holds such things. Nothing in it may be computed from the test rows: no
test scores, no predictions for test rows.
"""

# The checks that fit what the user trains.
FITTING = ("preprocessing_isolation", "optimism_gap")
SEED = 0


def is_estimator(thing: object) -> bool:
    """Return whether a thing can be cloned and fitted; transformers can."""
    return not isinstance(thing, type) and hasattr(thing, "fit") and hasattr(thing, "get_params")


def described(thing: object) -> str:
    """Return what is trained as one line; the same in every process.

    >>> described(described)
    'the function described'
    """
    name = getattr(thing, "__qualname__", None)
    if name is not None:
        return f"the function {name}"
    text = re.sub(r" at 0x[0-9a-fA-F]+", "", " ".join(repr(thing).split()))
    return text if len(text) <= 200 else f"{text[:197]}..."


def label_values(series: pl.Series, *, continuous: bool) -> npt.NDArray[Any]:
    """Return a label as estimators are given it: floats, or text as in ``fold-guard cv``.

    Returns
    -------
    ndarray of float64 or object (str), shape (n_rows,)
        A null is NaN, or None.
    """
    if continuous:
        return series.cast(pl.Float64).to_numpy()
    return np.array(classes(series).texts.to_list(), dtype=object)


def training_of_estimator(
    estimator: Any, features: list[str], label: npt.NDArray[Any], known: npt.NDArray[np.bool_]
) -> TrainingFunction:
    """Return the training function of an estimator: a clone of it, fitted on train rows alone.

    The test rows are predicted before anything is looked at: an estimator that learns from what it
    predicts, or keeps it outside of itself, shows it.

    Parameters
    ----------
    estimator : scikit-learn estimator
    features : list of str
    label : ndarray, shape (n_train,) or (n_train, n_labels)
        Of the train rows, as `label_values` gives it.
    known : ndarray of bool, shape (n_train,)
        Which of them have a label; others are not trained on.
    """

    def train(frame: pandas.DataFrame, train_at: IntArray, test_at: IntArray) -> object:
        from sklearn.base import clone

        model = clone(estimator)
        # A perturbed table may have fewer rows, but it has the same train rows in the same order.
        model.fit(frame[features].iloc[train_at[known]], label[known])
        for method in ("predict", "transform"):
            if len(test_at) and hasattr(model, method):
                getattr(model, method)(frame[features].iloc[test_at])
        return model

    return train


@contextmanager
def repeatable(where: str) -> Iterator[None]:
    """Run somebody's training so that it gives the same again, and name its errors.

    Python's and numpy's global random state start at `SEED` and are put back afterwards; native
    thread pools are held to one thread; warnings are not shown.

    Raises
    ------
    FoldGuardError
        Whatever the training raises.
    """
    from threadpoolctl import threadpool_limits

    states = random.getstate(), np.random.get_state()
    random.seed(SEED)
    np.random.seed(SEED)
    try:
        with threadpool_limits(limits=1), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except FoldGuardError:
        raise
    except Exception as error:
        raise FoldGuardError(
            f"the training failed with {type(error).__name__}: {error}", where=where
        ) from error
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
