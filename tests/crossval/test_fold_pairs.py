"""Rounds that leave two folds out, and the interval that rests on them, against plain loops."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV

from fold_guard.crossval.design import Design
from fold_guard.crossval.fit import score_rounds
from fold_guard.crossval.fold_pairs import METHOD
from fold_guard.crossval.intervals.nested import Dealing, nested_interval
from fold_guard.errors import FoldGuardError, UsageError
from fold_guard.partition.rounds import Round, forward_rounds, kfold_rounds

N, K = 120, 4
LABELS = np.array(["ill", "well"], dtype=object)


def table(seed: int = 0) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(N, 3)), columns=["a", "b", "c"])
    y = LABELS[(X["a"] + rng.normal(size=N) > 0).to_numpy().astype(int)]
    return X, y, rng.permutation(np.arange(N) % K)


def by_hand(X: pd.DataFrame, y: np.ndarray, folds: np.ndarray, name: str) -> Dealing:
    """Fit every model that the interval needs in plain loops."""

    def losses(train: np.ndarray, test: np.ndarray) -> np.ndarray:
        model = LogisticRegression().fit(X[train], y[train])
        if name == "accuracy":
            return (model.predict(X[test]) != y[test]).astype(float)
        sure = model.predict_proba(X[test])[np.arange(test.sum()), np.searchsorted(LABELS, y[test])]
        return -np.log(sure)

    outer, inner = np.zeros(N), np.zeros((N, K))
    for j in range(K):
        outer[folds == j] = losses(folds != j, folds == j)
    for i, j in combinations(range(K), 2):
        train = (folds != i) & (folds != j)
        inner[folds == i, j] = losses(train, folds == i)
        inner[folds == j, i] = losses(train, folds == j)
    return Dealing(folds, outer, inner)


def repeated(folds: list[np.ndarray]) -> list[Round]:
    rounds: list[Round] = []
    for each in folds:
        rounds += [Round(len(rounds) + r.index, r.train, r.test) for r in kfold_rounds(each)]
    return rounds


@pytest.mark.parametrize("name", ["accuracy", "log_loss"])
@pytest.mark.parametrize("n_repeats", [1, 2])
def test_the_interval_is_that_of_plain_loops(name: str, n_repeats: int) -> None:
    X, y, first = table()
    folds = [first, np.random.default_rng(7).permutation(first)][:n_repeats]
    design = Design(retested=n_repeats > 1, rounds_a_repeat=K)
    result = score_rounds(
        LogisticRegression(),
        X,
        y,
        repeated(folds),
        row_ids=range(N),
        design=design,
        interval="nested",
    )
    band = nested_interval([by_hand(X, y, each, name) for each in folds])
    found = result.summary[name]
    expected = (band.estimate, band.low, band.high)
    if name == "accuracy":
        expected = (1 - band.estimate, 1 - band.high, 1 - band.low)
    assert (found.estimate, found.low, found.high) == pytest.approx(expected)
    assert found.note.startswith(METHOD)
    assert result.n_rounds == K * n_repeats
    assert len(result.rounds) == K * n_repeats
    # A metric that is no mean over rows keeps its own interval, and says so.
    assert "no nested interval" in result.summary["roc_auc"].note
    assert result.summary["roc_auc"].low is not None


def test_groups_are_units_of_the_interval() -> None:
    X, y, _ = table()
    group = np.arange(N) // 3
    folds = np.random.default_rng(1).permutation(np.arange(N // 3) % K)[group]
    result = score_rounds(
        LogisticRegression(),
        X,
        y,
        kfold_rounds(folds),
        row_ids=range(N),
        units=group,
        interval="nested",
    )
    dealing = by_hand(X, y, folds, "accuracy")
    band = nested_interval([Dealing(folds, dealing.outer, dealing.inner, group)])
    assert result.summary["accuracy"].low == pytest.approx(1 - band.high)


def test_regression() -> None:
    X, _, folds = table()
    y = X["a"].to_numpy() * 2 + np.random.default_rng(3).normal(size=N)
    result = score_rounds(
        LinearRegression(),
        X,
        y,
        kfold_rounds(folds),
        row_ids=range(N),
        task="regression",
        interval="nested",
    )
    for name in ("mae", "mse"):
        found = result.summary[name]
        assert found.low is not None
        assert found.high is not None
        assert found.low < found.estimate < found.high
    assert "no nested interval" in result.summary["r2"].note


class Never:
    """Fails when it is fitted: nothing may be fitted before the request is looked at."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {}

    def fit(self, X: Any, y: Any) -> None:
        raise AssertionError("was fitted")

    def predict(self, X: Any) -> None:
        raise AssertionError("was asked")


@pytest.mark.parametrize(
    ("folds", "rounds"),
    [
        (np.arange(N) % 2, kfold_rounds),
        (np.arange(N) // 30, forward_rounds),
        (np.where(np.arange(N) < 9, -1, np.arange(N) % 3), kfold_rounds),
    ],
    ids=["two folds", "forward", "rows that no round tests"],
)
def test_rounds_that_have_no_nested_interval(folds: np.ndarray, rounds: Any) -> None:
    X, y, _ = table()
    with pytest.raises(UsageError, match="nested interval") as caught:
        score_rounds(Never(), X, y, rounds(folds), row_ids=range(N), interval="nested")
    assert caught.value.remedy


def test_a_search_has_no_inner_folds_for_them() -> None:
    X, y, folds = table()
    rounds = kfold_rounds(folds)
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]})
    inner = [kfold_rounds(np.where(r.train, np.arange(N) % 2, -2)) for r in rounds]
    with pytest.raises(UsageError, match="nobody dealt"):
        score_rounds(search, X, y, rounds, row_ids=range(N), inner=inner, interval="nested")


class Fails(LogisticRegression):
    """Learns from no set of rows of some size."""

    def __init__(self, least: int = 0, most: int = N) -> None:
        super().__init__()
        self.least, self.most = least, most

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        if not self.least <= len(X) <= self.most:
            raise ValueError(f"cannot learn from {len(X)} rows")
        return super().fit(X, y, sample_weight)


def test_a_pair_that_fails_ends_the_run() -> None:
    X, y, folds = table()
    with pytest.raises(FoldGuardError, match=r"cannot learn from 60 rows.*6 of 6"):
        score_rounds(
            Fails(least=61),
            X,
            y,
            kfold_rounds(folds),
            row_ids=range(N),
            interval="nested",
            max_failure_rate=0.9,
        )


def test_a_fold_that_fails_leaves_the_other_interval_and_says_so() -> None:
    X, y, _ = table()
    folds = np.repeat(np.arange(K), [36, 28, 28, 28])
    result = score_rounds(
        Fails(most=91),
        X,
        y,
        kfold_rounds(folds),
        row_ids=range(N),
        interval="nested",
        max_failure_rate=0.9,
    )
    assert len(result.failures) == 3
    assert result.summary["accuracy"].estimate is not None
    assert "no nested interval: a round failed" in result.summary["accuracy"].note
