"""What a run adds to each fit of a leave-one-out: journal, seeds, quarantine, facts, processes."""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from fold_guard.crossval.runs.journal import Journal
from fold_guard.crossval.runs.running import run_rounds
from fold_guard.crossval.runs.work import Work
from fold_guard.engines.local import LocalEngine
from fold_guard.partition.rounds import kfold_rounds
from tests.benchmarks.record import Row

TOPIC = "Leave-one-out by n fits, 500 x 10: CPU a fit beyond a plain loop of clone, fit, predict"
ROWS = 500
MODELS = {
    "GaussianNB": GaussianNB(),
    "StandardScaler + LogisticRegression": make_pipeline(StandardScaler(), LogisticRegression()),
}


def work(model: Any) -> Work:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(ROWS, 10)), columns=list("abcdefghij"))
    y = np.where(X["a"] + rng.normal(size=ROWS) > 0, "no", "yes").astype(object)
    rounds = kfold_rounds(np.arange(ROWS))
    return Work(model, X, y, "classification", ("no", "yes"), rounds)


def plain(todo: Work) -> None:
    """What anybody would write."""
    with threadpool_limits(1):
        for row in range(ROWS):
            train = np.delete(np.arange(ROWS), row)
            model: Any = clone(todo.estimator)
            model.fit(todo.X.iloc[train], todo.y[train])
            model.predict(todo.X.iloc[[row]])
            model.predict_proba(todo.X.iloc[[row]])


def serial(todo: Work) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = run_rounds(todo, engine=LocalEngine(1), journal=Journal(Path(folder) / "j", "k"))
    assert len(run.played) == ROWS


def spent() -> float:
    """CPU seconds of this process: whatever else the machine does is not in them."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


@pytest.mark.parametrize("name", MODELS)
def test_overhead_in_this_process(benchmark: Any, record: Any, name: str) -> None:
    todo, theirs, ours = work(MODELS[name]), [], []

    def turn(function: Callable[[Work], None], times: list[float]) -> None:
        begun = spent()
        function(todo)
        times.append(spent() - begun)

    benchmark.pedantic(
        lambda: turn(serial, ours), setup=lambda: turn(plain, theirs), rounds=7, warmup_rounds=1
    )
    each = 1000 * (min(ours) - min(theirs)) / ROWS
    record(Row(TOPIC, f"{name}, with a journal", "time", "ms", each, at_most=1))


def test_overhead_in_two_processes(benchmark: Any, record: Any) -> None:
    """The workers' facts count what they do; the rest of a round is what its parent does."""
    todo = work(MODELS["GaussianNB"])
    shares = []

    def once() -> None:
        with tempfile.TemporaryDirectory() as folder:
            journal = Journal(Path(folder) / "j", "k")
            begun = spent()
            run = run_rounds(todo, engine=LocalEngine(2), journal=journal)
            shares.append(spent() - begun)
        assert len(run.played) == ROWS

    benchmark.pedantic(once, rounds=3)
    each = 1000 * min(shares) / ROWS
    record(Row(TOPIC, "what the parent of two processes does, with a journal", "time", "ms", each))
