"""Play one round: clone, fit on the train side, predict the test side."""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fold_guard.crossval.estimators.seeding import (
    open_seeds,
    seed_globals,
    seeded_globals,
    set_seeds,
)
from fold_guard.crossval.metrics.side import Side, score_side
from fold_guard.crossval.result import RoundFacts, Scores
from fold_guard.crossval.runs.peak_memory import PeakMemory
from fold_guard.crossval.runs.played import Played
from fold_guard.crossval.runs.predicting import (
    predict_classes,
    predict_numbers,
    predict_probabilities,
)
from fold_guard.crossval.runs.threads import OneThread
from fold_guard.crossval.runs.work import FloatArray, IntArray, Work
from fold_guard.errors import FoldGuardError
from fold_guard.identity.seeds import derived_seed

if TYPE_CHECKING:
    import pandas

_UNSEEN_BY_DEFAULT = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)
_ADDRESS = re.compile(r"0x[0-9a-fA-F]+")
_CLOCK = re.compile(r"\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b")


def play(work: Work, position: int) -> Played:
    """Fit a clone on the train side of a round and predict its test side.

    The same round gives the same predictions wherever and whenever it is played: its seed follows
    from the seed of the work and the index of the round. Native threads, and the states of the
    global generators, which are left as they are at the end of the round, are the caller's affair.

    Parameters
    ----------
    work : Work
    position : int
        In ``work.rounds``.

    Raises
    ------
    FoldGuardError
        Whatever fails, named by the round; what the estimator raised is its cause.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sklearn.linear_model import LinearRegression
    >>> from fold_guard.partition.rounds import kfold_rounds
    >>> x = np.arange(6.0)
    >>> rounds = kfold_rounds(np.array([0, 0, 1, 1, 2, 2]))
    >>> table = pd.DataFrame({"x": x})
    >>> work = Work(LinearRegression(), table, 2 * x, "regression", (), rounds)
    >>> play(work, 1).predicted.round(6).tolist()
    [4.0, 6.0]
    """
    split = work.rounds[position]
    train, test = np.flatnonzero(split.train), np.flatnonzero(split.test)
    seed = derived_seed(work.seed, split.index)
    memory = PeakMemory()
    cpu, begun = time.process_time(), time.perf_counter()
    with (
        warnings.catch_warnings(record=True) as caught,
        _named_errors(f"round {split.index}"),
    ):
        warnings.simplefilter("always")
        seed_globals(seed)
        model = _unfitted(work, position, train, seed)
        X_train = work.X.iloc[train]
        fit_begun = time.perf_counter()
        model.fit(X_train, work.y[train])
        fitted = time.perf_counter()
        predicted, probabilities = _predict(model, work.X.iloc[test], work)
        done = time.perf_counter()
        scores = (
            _train_scores(model, X_train, train, work) if position in work.train_scored else None
        )
    facts = RoundFacts(
        index=split.index,
        fit_seconds=fitted - fit_begun,
        predict_seconds=done - fitted,
        wall_seconds=time.perf_counter() - begun,
        cpu_seconds=time.process_time() - cpu,
        peak_memory=memory.most(),
    )
    return Played(split.index, predicted, probabilities, scores, _seen_warnings(caught), facts)


def fitted(work: Work, position: int) -> tuple[Any, IntArray]:
    """Fit the model of a round once more, to look into it.

    Parameters
    ----------
    work : Work
    position : int

    Returns
    -------
    tuple of (estimator, ndarray of int64)
        The model, and the rows that it learned from.
    """
    split = work.rounds[position]
    train = np.flatnonzero(split.train)
    seed = derived_seed(work.seed, split.index)
    with (
        warnings.catch_warnings(),
        seeded_globals(seed),
        OneThread(),
        _named_errors(f"round {split.index}"),
    ):
        warnings.simplefilter("ignore")
        model = _unfitted(work, position, train, seed)
        model.fit(work.X.iloc[train], work.y[train])
    return model, train


def _unfitted(work: Work, position: int, train: IntArray, seed: int) -> Any:
    """Return the clone that a round fits: with the inner folds and the seeds of the round."""
    from sklearn.base import clone

    model, names = clone(work.estimator), work.open_seeds
    if work.inner is not None:
        from fold_guard.crossval.estimators.search import with_inner_folds

        folds = [
            (np.flatnonzero(each.train[train]), np.flatnonzero(each.test[train]))
            for each in work.inner[position]
        ]
        model = with_inner_folds(model, folds)
        names = open_seeds(model)
    return set_seeds(model, names, seed)


def without_addresses(text: str) -> str:
    """Return a text without what differs from run to run: addresses, the time, the folder.

    >>> without_addresses("[23:59:00] <Model at 0x7f2b>")
    '[hh:mm:ss] <Model at 0x...>'
    """
    # Undecodable file names stand in texts as surrogates, which no file takes.
    whole = text.encode("utf-8", "backslashreplace").decode("utf-8")
    here = whole.replace(f"{Path.cwd()}/", "")
    return _CLOCK.sub("hh:mm:ss", _ADDRESS.sub("0x...", here))


@contextmanager
def _named_errors(name: str) -> Iterator[None]:
    try:
        yield
    except FoldGuardError as error:
        raise FoldGuardError(error.what, where=name, remedy=error.remedy) from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # Cancellations and time-outs of libraries, too: a round is lost, not the run.
        raise FoldGuardError(
            f"the estimator failed with {type(error).__name__}: {error}",
            where=name,
            remedy="No round is skipped: mend the estimator, its columns or the folds",
        ) from error


def _predict(
    model: Any, X: pandas.DataFrame, work: Work
) -> tuple[IntArray | FloatArray, FloatArray | None]:
    if work.task == "regression":
        return predict_numbers(model, X), None
    codes = predict_classes(model, X, work.classes)
    return codes, predict_probabilities(model, X, work.classes)


def _train_scores(model: Any, X: pandas.DataFrame, train: IntArray, work: Work) -> Scores:
    predicted, probabilities = _predict(model, X, work)
    return score_side(Side(work.task, work.classes, work.actual[train], predicted, probabilities))


def _seen_warnings(caught: Sequence[warnings.WarningMessage]) -> tuple[tuple[str, str], ...]:
    texts = {
        (each.category.__name__, without_addresses(str(each.message)))
        for each in caught
        if not issubclass(each.category, _UNSEEN_BY_DEFAULT)
    }
    return tuple(sorted(texts))
