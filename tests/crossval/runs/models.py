"""Estimators that fail, crash, hang or forget on purpose, and works to play with them."""

from __future__ import annotations

import ctypes
import hashlib
import os
import subprocess
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from fold_guard.crossval.result import Failure
from fold_guard.crossval.runs.played import Played
from fold_guard.crossval.runs.running import Run
from fold_guard.crossval.runs.work import Work
from fold_guard.partition.rounds import kfold_rounds


class ByRow(ClassifierMixin, BaseEstimator):
    """Learns class means of ``a``; what it does besides depends on the row that is left out.

    ``acts`` maps a row to what happens when it is left out; ``log`` is a file with one line a fit.
    """

    def __init__(
        self,
        acts: dict[int, str] | None = None,
        log: str | None = None,
        seconds: float = 0.0,
        random_state: int | None = None,
    ) -> None:
        self.acts = acts
        self.log = log
        self.seconds = seconds
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> ByRow:
        rows = set(X["row"].astype(int).tolist())
        left = min(set(range(max(rows) + 2)) - rows)
        tries = self.written(left)
        time.sleep(self.seconds)
        act = (self.acts or {}).get(left, "")
        if act == "warn":
            warnings.warn(f"odd scale at {hex(id(self))}", UserWarning, stacklevel=1)
        elif act == "raise":
            raise ValueError(f"matrix of row {left} is singular")
        elif act == "memory, twice" and tries <= 2:
            raise MemoryError
        elif act == "disk":
            raise OSError(28, "No space left on device")
        elif act == "leave":
            raise SystemExit(3)
        elif act == "exit" or (act == "exit, once" and tries <= 1):
            os._exit(1)
        elif act == "segfault":
            ctypes.string_at(0)
        elif act.startswith("start"):
            started = subprocess.Popen(["sleep", "600"])
            with Path(f"{self.log}.started").open("a") as file:
                file.write(f"{started.pid}\n")
            if act == "start and exit":
                os._exit(1)
        elif act == "hang":
            time.sleep(600)
        elif act == "interrupt":
            raise KeyboardInterrupt("enough")
        elif act == "grow and hang":
            self.held_ = np.ones(100_000_000)
            time.sleep(600)
        elif act == "grow":
            self.held_ = np.ones(40_000_000)
        self.classes_ = np.unique(y)
        self.means_ = np.array([X["a"][y == label].mean() for label in self.classes_])
        # Draws from each source of random numbers that there is.
        own = np.random.default_rng(self.random_state).random()
        self.noise_ = own + np.random.random() if self.random_state is not None else 0.0
        return self

    def written(self, left: int) -> int:
        """Write the line of this fit; return how many there are of this row."""
        if self.log is None:
            return 0
        with Path(self.log).open("a") as file:
            file.write(f"{left}\n")
        return fits(self.log).count(left)

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        far = np.abs(X["a"].to_numpy()[:, None] - self.means_) + 0.1 + self.noise_
        return (1 / far) / (1 / far).sum(axis=1, keepdims=True)

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class Means(RegressorMixin, BaseEstimator):
    """Predicts the mean, or whatever it is told."""

    def __init__(self, gives: Any = None) -> None:
        self.gives = gives

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> Means:
        self.mean_ = y.mean()
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        return np.full(len(X), self.mean_) if self.gives is None else self.gives


def fits(log: str | Path) -> list[int]:
    """The rows that were left out, fit by fit."""
    path = Path(log)
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def leave_one_out(estimator: Any, rows: int = 20, **options: Any) -> Work:
    rng = np.random.default_rng(3)
    X = pd.DataFrame({"row": np.arange(rows), "a": rng.normal(size=rows)})
    y = np.array(["blue", "red"], dtype=object)[np.arange(rows) % 2]
    rounds = kfold_rounds(np.arange(rows))
    return Work(estimator, X, y, "classification", ("blue", "red"), rounds, **options)


def digest(run: Run) -> str:
    """Of everything that a result is made from, facts apart."""
    seal = hashlib.sha256()
    for position, played in run.played.items():
        seal.update(repr((position, played.index, played.train, played.warnings)).encode())
        seal.update(played.predicted.tobytes())
        if played.probabilities is not None:
            seal.update(played.probabilities.tobytes())
    seal.update(repr((run.failures, run.incomplete)).encode())
    return seal.hexdigest()


def same(one: Played, other: Played) -> bool:
    assert isinstance(other, Played)
    return (
        (one.index, one.train, one.warnings, one.facts)
        == (other.index, other.train, other.warnings, other.facts)
        and one.predicted.dtype == other.predicted.dtype
        and one.predicted.tobytes() == other.predicted.tobytes()
        and (one.probabilities is None) == (other.probabilities is None)
        and (
            one.probabilities is None
            or other.probabilities is None
            or one.probabilities.tobytes() == other.probabilities.tobytes()
        )
    )


def failed(run: Run) -> dict[int, Failure]:
    return {failure.round: failure for failure in run.failures}
