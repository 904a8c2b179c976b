from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from fold_guard.crossval.runs.engine import Raised
from fold_guard.crossval.runs.faults import attempt
from fold_guard.crossval.runs.play import play
from fold_guard.crossval.runs.running import run_rounds
from fold_guard.crossval.runs.work import Work
from fold_guard.errors import FoldGuardError
from fold_guard.partition.rounds import EXCLUDED, Round, kfold_rounds
from tests.crossval.runs.models import ByRow, Means, leave_one_out


def three_classes(estimator: Any, **options: Any) -> Work:
    rng = np.random.default_rng(5)
    codes = np.arange(90) % 3
    X = pd.DataFrame({"a": rng.normal(size=90) + codes, "b": rng.normal(size=90) - codes})
    classes = ("blue", "green", "red")
    y = np.array(classes, dtype=object)[codes]
    rounds = kfold_rounds(rng.permutation(np.arange(90) % 5).astype(np.int64))
    return Work(estimator, X, y, "classification", classes, rounds, **options)


def numbers(estimator: Any, **options: Any) -> Work:
    X = pd.DataFrame({"a": np.arange(6.0)})
    rounds = kfold_rounds(np.array([0, 0, 1, 1, 2, 2]))
    return Work(estimator, X, np.arange(6.0) ** 2, "regression", (), rounds, **options)


class Gives(ByRow):
    """Fits on anything; gives what it is told."""

    def __init__(self, labels: Any = None, forecast: Any = None, classes: Any = None) -> None:
        self.labels = labels
        self.forecast = forecast
        self.classes = classes

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> Any:
        self.classes_ = np.unique(y) if self.classes is None else self.classes
        return self

    def predict(self, X: pd.DataFrame) -> Any:
        labels = np.full(len(X), "red", dtype=object) if self.labels is None else self.labels
        return labels

    def predict_proba(self, X: pd.DataFrame) -> Any:
        even = np.full((len(X), len(self.classes_)), 1 / len(self.classes_))
        return even if self.forecast is None else self.forecast(even)


def test_predictions_are_those_of_scikit_learn() -> None:
    work = three_classes(LogisticRegression(), train_scored={1})
    pairs = [(np.flatnonzero(r.train), np.flatnonzero(r.test)) for r in work.rounds]
    expected = cross_val_predict(work.estimator, work.X, work.y, cv=pairs, method="predict_proba")
    for position, (train, test) in enumerate(pairs):
        played = play(work, position)
        assert played.probabilities is not None
        # Rows are made to sum to one, which may change the last bit.
        assert np.allclose(played.probabilities, expected[test], rtol=1e-14, atol=0)
        assert played.predicted.tolist() == expected[test].argmax(axis=1).tolist()
        assert played.predicted.dtype == np.int64
        if position == 1:
            model = LogisticRegression().fit(work.X.iloc[train], work.y[train])
            right = accuracy_score(work.y[train], model.predict(work.X.iloc[train]))
            assert played.train is not None
            assert played.train.values["accuracy"] == right
        else:
            assert played.train is None


def test_regression() -> None:
    work = numbers(LinearRegression(), train_scored=range(3))
    model = LinearRegression().fit(work.X.iloc[[0, 1, 4, 5]], work.y[[0, 1, 4, 5]])
    played = play(work, 1)
    assert np.array_equal(played.predicted, model.predict(work.X.iloc[[2, 3]]))
    assert played.probabilities is None
    assert played.train is not None
    assert play(numbers(Means(np.ones((2, 1)))), 0).predicted.tolist() == [1.0, 1.0]
    assert play(numbers(Means([3, 4])), 0).predicted.dtype == np.float64


def test_a_class_that_training_lacks_has_probability_zero() -> None:
    work = three_classes(LogisticRegression())
    train = np.zeros(90, dtype=bool)
    train[[0, 2, 3, 5, 6, 8]] = True
    played = play(
        Work(work.estimator, work.X, work.y, work.task, work.classes, [Round(4, train, ~train)]), 0
    )
    assert played.index == 4
    assert played.probabilities is not None
    assert (played.probabilities[:, 1] == 0).all()
    assert np.allclose(played.probabilities.sum(axis=1), 1)


def test_no_probabilities() -> None:
    assert play(three_classes(LinearSVC()), 0).probabilities is None


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (Gives(labels=["red"]), r"predict gave shape \(1,\) for 18 rows"),
        (Gives(labels=[0.5] * 18), "predict gave 0.5, which is no class of the label"),
        (Gives(forecast=lambda even: even[:, :2]), "predict_proba gave shape"),
        (
            Gives(classes=["blue", "gren", "red"]),
            "classes_ has 'gren', which is no class of the label",
        ),
        (
            Gives(classes=["x", "blue", "y", "green", "red"]),
            "classes_ has 'x', 'y', which are no classes of the label",
        ),
        (Gives(classes=["blue", "red", "red"]), "classes_ has 'red' more than once"),
        (Gives(classes=[*"abcdefg"]), "'a', 'b', 'c', 'd', 'e' and 2 more, which are no classes"),
        (Gives(forecast=lambda even: even * 2), "do not sum to one"),
        (Gives(forecast=lambda even: even * np.nan), "negative or not finite"),
        (Gives(forecast=lambda even: even - [0.5, 0, -0.5]), "negative or not finite"),
        (LogisticRegression(C=-1.0), "the estimator failed with InvalidParameterError"),
    ],
)
def test_what_is_no_prediction_is_an_error_of_the_round(estimator: Any, message: str) -> None:
    with pytest.raises(FoldGuardError, match=message) as caught:
        play(three_classes(estimator), 2)
    assert caught.value.where == "round 2"


@pytest.mark.parametrize(
    ("gives", "message"),
    [
        ([1.0], r"predict gave shape \(1,\) for 2 rows"),
        (np.ones((2, 2)), r"predict gave shape \(2, 2\)"),
        ([1.0, np.inf], "predict gave inf, which is no finite number"),
        (["a", "b"], "predict gave .*'a'.*, which is no number"),
    ],
)
def test_what_is_no_number_is_an_error_of_the_round(gives: Any, message: str) -> None:
    with pytest.raises(FoldGuardError, match=message) as caught:
        play(numbers(Means(gives)), 1)
    assert caught.value.where == "round 1"


def test_warnings_are_kept_once_without_addresses(recwarn: pytest.WarningsRecorder) -> None:
    work = leave_one_out(ByRow({1: "warn"}), 4)
    assert play(work, 1).warnings == (("UserWarning", "odd scale at 0x..."),)
    assert play(work, 2).warnings == ()
    assert not recwarn.list


def test_seeds_follow_from_the_seed_and_the_round_alone() -> None:
    forest = RandomForestClassifier(n_estimators=5, max_features=1)
    work = three_classes(forest, seed=1)
    first = play(work, 0)
    play(work, 3)
    np.random.random(1000)
    assert np.array_equal(play(work, 0).probabilities, first.probabilities)
    # The last two rounds of a shorter work are the same rounds.
    short = Work(forest, work.X, work.y, work.task, work.classes, list(work.rounds)[3:], work.seed)
    assert np.array_equal(play(short, 0).probabilities, play(work, 3).probabilities)
    other = play(three_classes(forest, seed=2), 0)
    assert not np.array_equal(other.probabilities, first.probabilities)
    fixed = RandomForestClassifier(n_estimators=5, max_features=1, random_state=0)
    one, two = (play(three_classes(fixed, seed=seed), 0).probabilities for seed in (1, 2))
    assert np.array_equal(one, two)
    assert forest.random_state is None


def test_a_search_tunes_on_the_inner_folds_of_its_round() -> None:
    """Masks of all rows become positions within the train rows."""
    grid = {"max_depth": [1, 2, 6], "min_samples_leaf": [1, 9]}
    search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
    rng = np.random.default_rng(1)
    inner, chosen = [], set()
    for each in three_classes(search).rounds:
        folds = np.where(each.train, rng.integers(0, 3, 90), EXCLUDED)
        inner.append(kfold_rounds(folds))
    work = three_classes(search, inner=inner)
    for position in range(5):
        train, test = (np.flatnonzero(side) for side in sides(work.rounds[position]))
        place = {row: at for at, row in enumerate(train)}
        pairs = [
            tuple([place[row] for row in np.flatnonzero(side)] for side in sides(each))
            for each in inner[position]
        ]
        alone = GridSearchCV(DecisionTreeClassifier(random_state=0), grid, cv=pairs)
        alone.fit(work.X.iloc[train], work.y[train])
        chosen.add(str(alone.best_params_))
        expected = alone.predict_proba(work.X.iloc[test])
        assert np.allclose(play(work, position).probabilities, expected, rtol=1e-14, atol=0)
    assert len(chosen) > 1
    assert search.cv is None


def sides(each: Round) -> tuple[np.ndarray, np.ndarray]:
    return each.train, each.test


def test_the_random_state_of_the_caller_is_left_alone() -> None:
    np.random.seed(4)
    expected = np.random.random(2)
    np.random.seed(4)
    assert np.random.random() == expected[0]
    run_rounds(three_classes(ByRowless()))
    assert np.random.random() == expected[1]


class ByRowless(Gives):
    def fit(self, X: pd.DataFrame, y: np.ndarray) -> Any:
        np.random.random(10)
        return super().fit(X, y)


ROUNDS = kfold_rounds(np.array([0, 0, 1, 1]))


class Gives(BaseEstimator):
    """Raises what it is told to."""

    def __init__(self, what: Any) -> None:
        self.what = what

    def fit(self, X: Any, y: Any) -> Gives:
        raise self.what

    def predict(self, X: Any) -> Any:
        return X


@pytest.mark.parametrize(
    ("what", "text"),
    [
        (ValueError("\udcff is no letter"), "ValueError: \\udcff is no letter"),
        (asyncio.CancelledError("late"), "CancelledError: late"),
        (GeneratorExit(), "GeneratorExit: "),
        (RuntimeError("at 12:34:56.789 <x at 0x7f>"), "RuntimeError: at hh:mm:ss <x at 0x...>"),
    ],
)
def test_whatever_is_raised_is_a_value_that_a_file_takes(what: BaseException, text: str) -> None:
    X = pd.DataFrame({"x": range(4)})
    work = Work(Gives(what), X, np.arange(4.0), "regression", (), ROUNDS)
    found = attempt(partial(play, work), 0)
    assert isinstance(found, Raised)
    assert found.error == text
    found.error.encode("utf-8")


def test_an_interrupt_is_no_failure() -> None:
    work = Work(
        Gives(KeyboardInterrupt()),
        pd.DataFrame({"x": range(4)}),
        np.arange(4.0),
        "regression",
        (),
        ROUNDS,
    )
    with pytest.raises(KeyboardInterrupt):
        attempt(partial(play, work), 0)
