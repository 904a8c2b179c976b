"""Fit and score an estimator on rounds that somebody else made."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.crossval.arguments import require_arguments
from fold_guard.crossval.design import Design
from fold_guard.crossval.estimators.specification import Estimator
from fold_guard.crossval.inputs import measured_rounds, number_labels, row_id_series, text_labels
from fold_guard.crossval.result import Result, RunFacts, Task
from fold_guard.crossval.routes import Job, Running, obtain
from fold_guard.crossval.runs.threads import OneThread
from fold_guard.crossval.scoring import scored
from fold_guard.errors import UsageError
from fold_guard.partition.rounds import Round, Rounds

if TYPE_CHECKING:
    import pandas

IntArray = npt.NDArray[np.int64]
HERE = Running()


def score_rounds(
    estimator: Estimator,
    X: pandas.DataFrame,
    y: npt.ArrayLike,
    rounds: Sequence[Round],
    *,
    row_ids: Sequence[object] | npt.NDArray[np.generic] | pl.Series,
    task: Task = "classification",
    design: Design | None = None,
    units: IntArray | None = None,
    segments: Mapping[str, npt.NDArray[Any]] | None = None,
    inner: Sequence[Rounds] | None = None,
    seed: int = 0,
    confidence: float = 0.95,
    interval: Literal["corrected", "nested"] = "corrected",
    max_failure_rate: float = 0.0,
    running: Running = HERE,
) -> Result:
    """Fit a clone of the estimator on each train side and score it on the test side.

    Nothing of the test side reaches a fit: each round clones the estimator and hands it the train
    rows alone, so preprocessing must be inside it. For the same input the result is the same,
    wherever the rounds run: each round has a seed that follows from ``seed`` (for every
    ``random_state`` that is None, and for the global generators of numpy and Python), and native
    thread pools are held to one thread. Use several processes, not threads, to go faster.

    Parameters
    ----------
    estimator : Estimator
        Never fitted itself. Without ``predict_proba`` the metrics that need probabilities are
        undefined.
    X : pandas.DataFrame, shape (n_rows, n_features)
    y : array_like, shape (n_rows,)
        Classes (those that are no text are turned into text), or numbers for regression.
    rounds : sequence of Round
    row_ids : sequence, shape (n_rows,)
        Unique; int or str.
    task : {"classification", "regression"}
    design : Design, optional
        How the rounds hang together; default: one round a fold, or, when a row is tested more
        than once, rounds drawn from one distribution.
    units : ndarray of int64, shape (n_rows,), optional
        Rows that belong together, for intervals of pooled metrics; default: each row by itself.
    segments : mapping of str to ndarray of object (str), shape (n_rows,), optional
        Columns of subgroups to score by themselves.
    inner : sequence of Rounds, optional
        Inner folds of each round, as masks of all rows: a search in the estimator tunes on them.
    seed : int
    confidence : float
        Of the intervals.
    interval : {"corrected", "nested"}
        ``nested`` leaves the folds out two by two as well, k (k - 1) / 2 more fits for each
        repeat, and measures how far off the cross-validation is; for metrics that are means of
        losses of rows.
    max_failure_rate : float
        Share of the rounds that may fail; they are missing from every score.
    running : Running

    Returns
    -------
    Result
        A class that a round has not seen in training has probability 0 there.

    Raises
    ------
    UsageError
        An argument out of its range, shapes that do not fit together, no rounds, a row on both
        sides, a row tested twice where the design says that none is.
    DataError
        A null label, one class only, a side without rows, duplicate row ids.
    Incomplete
        The budget was used up; the journal keeps what is done.
    FoldGuardError
        More rounds failed than may; the message names the first.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> from fold_guard.partition.rounds import kfold_rounds
    >>> X = pd.DataFrame({"x": [0.0, 1.0, 0.1, 1.1, 0.2, 1.2]})
    >>> y = np.array(["no", "yes"] * 3, dtype=object)
    >>> rounds = kfold_rounds(np.array([0, 0, 1, 1, 2, 2]))
    >>> result = score_rounds(LogisticRegression(), X, y, rounds, row_ids=range(6))
    >>> result.summary["accuracy"].estimate, result.confusion
    (1.0, ((3, 0), (0, 3)))
    """
    require_arguments(
        seed=seed,
        confidence=confidence,
        interval=interval,
        max_failure_rate=max_failure_rate,
        task=task,
    )
    started = time.perf_counter()
    labels: npt.NDArray[Any] = number_labels(y) if task == "regression" else text_labels(y)
    ids = row_id_series(row_ids)
    if not len(X) == len(labels) == len(ids):
        message = f"X has {len(X)} rows, y has {len(labels)}, row_ids has {len(ids)}"
        raise UsageError(message, where="score_rounds")
    classes: tuple[str, ...] = ()
    coded: npt.NDArray[Any] = labels
    if task == "classification":
        names, coded = np.unique(labels.tolist(), return_inverse=True)
        classes = tuple(names.tolist())
    counted = coded if classes and not (design and design.single_rows) else None
    sizes = measured_rounds(rounds, len(labels), counted, len(classes))
    if design is None:
        once = sizes.most == 1
        design = Design(retested=not once, rounds_a_repeat=len(rounds) if once else None)
    elif sizes.most > 1 and not design.retested:
        raise UsageError(f"a row is tested {sizes.most} times", where="rounds")
    job = Job(
        estimator=estimator,
        X=X,
        labels=labels,
        coded=coded,
        task=task,
        classes=classes,
        rounds=rounds,
        sizes=sizes,
        design=design,
        units=np.arange(len(ids)) if units is None else units,
        inner=inner,
        seed=seed,
        nested=interval == "nested",
    )
    # Sums are added up in one order, whatever the machine: the same input, the same bytes.
    with OneThread():
        obtained = obtain(job, running, max_failure_rate=max_failure_rate)
        result = scored(obtained, job, ids=ids, segments=segments or {}, confidence=confidence)
    if running.on_facts is not None:
        seconds = time.perf_counter() - started
        running.on_facts(RunFacts(obtained.facts, seconds, obtained.resumed))
    return result
