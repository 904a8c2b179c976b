from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.svm import LinearSVC

from fold_guard.crossval.design import Design
from fold_guard.crossval.estimators.specification import build_estimator
from fold_guard.crossval.fit import score_rounds
from fold_guard.crossval.result import Result, RunFacts
from fold_guard.crossval.routes import Running
from fold_guard.engines.local import LocalEngine
from fold_guard.errors import DataError, FoldGuardError, UsageError
from fold_guard.partition.rounds import Round, forward_rounds, kfold_rounds

COVID = Path(__file__).parents[2] / "data" / "raw" / "covid_testing.parquet"


def small(rows: int = 90) -> tuple[pd.DataFrame, np.ndarray, tuple[Round, ...]]:
    rng = np.random.default_rng(5)
    codes = np.arange(rows) % 3
    X = pd.DataFrame({"a": rng.normal(size=rows) + codes, "b": rng.normal(size=rows) - codes})
    y = np.array(["blue", "green", "red"], dtype=object)[codes]
    return X, y, kfold_rounds(rng.permutation(np.arange(rows) % 5).astype(np.int64))


def score(estimator: Any, **options: Any) -> Result:
    X, y, rounds = small()
    return score_rounds(estimator, X, y, rounds, row_ids=np.arange(len(y)) + 1000, **options)


class Spy(ClassifierMixin, BaseEstimator):
    """Says which rows it was fitted on."""

    fits: list[list[float]] = []  # noqa: RUF012

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> Spy:
        Spy.fits.append(sorted(X["a"]))
        self.classes_ = np.unique(y)
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        return np.full(len(X), self.classes_[0], dtype=object)


class Breaks(Spy):
    def fit(self, X: pd.DataFrame, y: np.ndarray) -> Breaks:
        if len(Spy.fits) == 2:
            raise ValueError("matrix is singular")
        super().fit(X, y)
        return self


class Noisy(Spy):
    def fit(self, X: pd.DataFrame, y: np.ndarray) -> Noisy:
        for _ in range(3):
            warnings.warn(f"odd scale at {hex(id(self))}", UserWarning, stacklevel=1)
        warnings.warn("an old name", DeprecationWarning, stacklevel=1)
        super().fit(X, y)
        return self


class FalseProbabilities(Spy):
    value = 0.9

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        return np.full((len(X), 3), self.value)


class NotANumber(FalseProbabilities):
    value = np.nan


@pytest.fixture(autouse=True)
def _forget_fits() -> None:
    Spy.fits.clear()


def test_out_of_fold_predictions_are_those_of_scikit_learn() -> None:
    X, y, rounds = small()
    result = score(LogisticRegression())
    pairs = [(np.flatnonzero(r.train), np.flatnonzero(r.test)) for r in rounds]
    expected = cross_val_predict(LogisticRegression(), X, y, cv=pairs, method="predict_proba")
    names = ["probability[blue]", "probability[green]", "probability[red]"]
    assert result.classes == ("blue", "green", "red")
    assert result.predictions["row_id"].to_list() == list(range(1000, 1090))
    assert result.predictions["label"].to_list() == y.tolist()
    np.testing.assert_allclose(result.predictions.select(names).to_numpy(), expected, atol=1e-12)
    labels = np.array(["blue", "green", "red"])[expected.argmax(axis=1)]
    assert result.confusion == tuple(map(tuple, confusion_matrix(y, labels).tolist()))
    assert result.confusion == tuple(
        map(tuple, np.sum([each.confusion for each in result.rounds], axis=0).tolist())
    )


def test_only_the_train_side_reaches_a_fit() -> None:
    X, _, rounds = small()
    score(Spy())
    assert Spy.fits == [sorted(X["a"][r.train]) for r in rounds]


def test_summary_is_over_the_rounds() -> None:
    result = score(LogisticRegression())
    held_out = np.array([each.test.values["accuracy"] for each in result.rounds])
    learned = np.array([each.train.values["accuracy"] for each in result.rounds])
    summary = result.summary["accuracy"]
    rounds = summary.over_rounds
    assert summary.aggregate == "rounds"
    assert rounds is not None
    assert summary.estimate == rounds.mean == pytest.approx(held_out.mean())
    assert rounds.sd == pytest.approx(held_out.std(ddof=1))
    assert summary.train == pytest.approx(learned.mean())
    assert summary.gap == pytest.approx((learned - held_out).mean())
    assert rounds.n_rounds == 5
    assert summary.low is not None
    assert summary.high is not None
    assert 0 <= summary.low < summary.estimate < summary.high <= 1


def test_a_class_unseen_in_training_has_probability_zero() -> None:
    X, y, _ = small()
    folds = np.where(y == "red", 0, np.arange(len(y)) % 2 + 1).astype(np.int64)
    rounds = kfold_rounds(folds)
    result = score_rounds(LogisticRegression(), X, y, rounds, row_ids=np.arange(len(y)))
    unseen = result.predictions.filter(pl.col("fold") == 0)
    assert unseen["probability[red]"].to_list() == [0.0] * 30
    first = result.rounds[0]
    assert first.test.values["recall[red]"] == 0.0
    assert first.test.values["recall[blue]"] is None
    assert first.test_support == {"blue": 0, "green": 0, "red": 30}
    rounds_of = result.summary["recall[blue]"].over_rounds
    assert rounds_of.n_rounds == 2
    assert rounds_of.undefined[0].reason == "no rows of class 'blue'"
    assert result.summary["macro_f1"].estimate is None


def test_processes_give_the_same_result() -> None:
    forest = RandomForestClassifier(n_estimators=5)  # random_state=None: drawn from the seed
    state = np.random.get_state()[1].copy()
    one, again = score(forest), score(forest, running=Running(engine=LocalEngine(2)))
    assert one.predictions.equals(again.predictions)
    assert one.summary == again.summary
    assert (np.random.get_state()[1] == state).all()


def test_progress_and_timings() -> None:
    seen: list[tuple[int, int]] = []
    facts: list[RunFacts] = []
    score(
        Spy(),
        running=Running(on_progress=lambda *done: seen.append(done), on_facts=facts.append),
    )
    assert seen == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]
    assert [each.index for each in facts[0].rounds] == [0, 1, 2, 3, 4]
    assert facts[0].wall_seconds >= sum(each.fit_seconds for each in facts[0].rounds)


def test_without_predict_proba() -> None:
    result = score(LinearSVC())
    assert result.predictions.columns == ["row_id", "fold", "label", "prediction"]
    assert result.summary["accuracy"].over_rounds.n_rounds == 5
    reason = result.summary["log_loss"].over_rounds.undefined[0].reason
    assert reason == "the estimator has no predict_proba"


@pytest.mark.parametrize(
    ("estimator", "where", "what"),
    [
        (Breaks(), "round 2", "ValueError: matrix is singular"),
        (FalseProbabilities(), "round 0", "do not sum to one"),
        (NotANumber(), "round 0", "not finite"),
        (LogisticRegression(C="much"), "round 0", "'C' parameter"),
        (object(), "round 0", "TypeError"),
    ],
)
def test_a_failure_names_its_round(estimator: Any, where: str, what: str) -> None:
    with pytest.raises(FoldGuardError, match=what) as caught:
        score(estimator)
    assert caught.value.where == where


def test_a_regressor_is_refused() -> None:
    X, y, rounds = small()
    numbers = np.unique(y, return_inverse=True)[1]
    with pytest.raises(FoldGuardError, match="no class of the label"):
        score_rounds(LinearRegression(), X, numbers, rounds, row_ids=np.arange(len(y)))


def test_warnings_are_kept_once_and_not_shown(recwarn: pytest.WarningsRecorder) -> None:
    result = score(Noisy())
    assert [(w.category, w.message, w.rounds) for w in result.warnings] == [
        ("UserWarning", "odd scale at 0x...", (0, 1, 2, 3, 4))
    ]
    result = score(LogisticRegression(max_iter=1))
    assert {w.category for w in result.warnings} == {"ConvergenceWarning"}
    assert not recwarn.list


def test_forward_rounds_name_the_mean_ratio() -> None:
    X, y, _ = small()
    rounds = forward_rounds((np.arange(90) // 30).astype(np.int64))
    result = score_rounds(LogisticRegression(), X, y, rounds, row_ids=np.arange(90))
    assert [(r.index, r.train_rows, r.test_rows) for r in result.rounds] == [
        (1, 30, 30),
        (2, 60, 30),
    ]
    assert "0.7500, the mean over rounds whose training sides differ" in result.interval


def test_rounds_that_test_a_row_again_are_numbered_as_rounds() -> None:
    X, y, rounds = small()
    again = [Round(each.index + 5, each.train, each.test) for each in rounds]
    both = score_rounds(LogisticRegression(), X, y, [*rounds, *again], row_ids=np.arange(90))
    assert both.predictions.columns[:2] == ["row_id", "round"]
    assert both.predictions.head(2)["row_id"].to_list() == [0, 0]
    assert (score(LogisticRegression()).number, both.number) == ("fold", "round")
    # Of one round a fold the plan may know better: then it is an error.
    with pytest.raises(UsageError, match="a row is tested 2 times"):
        score_rounds(
            Spy(), X, y, [*rounds, *again], row_ids=np.arange(90), design=Design(retested=False)
        )
    assert not Spy.fits


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        ({"y": ["a"] * 90}, DataError, "two classes"),
        ({"y": ["a", None] * 45}, DataError, "45 null labels"),
        ({"y": [1, "1"] * 45}, DataError, "different types"),
        ({"y": ["a", "b"]}, UsageError, "X has 90 rows, y has 2"),
        ({"row_ids": [1] * 90}, DataError, "unique"),
        ({"row_ids": [0.5 + i for i in range(90)]}, DataError, "whole numbers or text"),
        ({"row_ids": [*range(89), "x"]}, DataError, "mixed types"),
        ({"rounds": ()}, UsageError, "no rounds"),
        ({"rounds": (Round(0, np.ones(90, bool), np.ones(90, bool)),)}, UsageError, "both sides"),
        ({"rounds": (Round(0, np.ones(9, bool), np.ones(9, bool)),)}, UsageError, "90 rows"),
        (
            {"rounds": (Round(4, np.ones(90, bool), np.zeros(90, bool)),)},
            DataError,
            "round 4: its test side has no rows",
        ),
        ({"confidence": 95}, UsageError, "between 0 and 1"),
    ],
)
def test_bad_input(change: dict[str, Any], kind: type[Exception], message: str) -> None:
    X, y, rounds = small()
    given: dict[str, Any] = {"X": X, "y": y, "rounds": rounds, "row_ids": np.arange(90)} | change
    with pytest.raises(kind, match=message):
        score_rounds(Spy(), **given)
    assert not Spy.fits


def test_the_example_model_on_real_data_with_nulls() -> None:
    text = ["gender", "clinic_name", "demo_group", "payor_group", "patient_class"]
    encoder = {
        "call": "sklearn.preprocessing.OneHotEncoder",
        "with": {"handle_unknown": "infrequent_if_exist", "min_frequency": 20},
    }
    scaler = {"call": "sklearn.preprocessing.StandardScaler"}
    transformers = [["text", encoder, text], ["age", scaler, ["age"]]]
    columns = {"call": "sklearn.compose.ColumnTransformer", "with": {"transformers": transformers}}
    model = {
        "call": "sklearn.linear_model.LogisticRegression",
        "with": {"class_weight": "balanced", "max_iter": 1000},
    }
    steps = [["features", columns], ["model", model]]
    estimator = build_estimator({"call": "sklearn.pipeline.Pipeline", "with": {"steps": steps}})
    table = pl.read_parquet(COVID)
    X, y = table.select([*text, "age"]).to_pandas(), table["result"].to_numpy()
    assert X["payor_group"].isna().sum() == 7087
    folds = np.zeros(len(y), dtype=np.int64)
    for fold, (_, test) in enumerate(StratifiedKFold(3).split(X, y)):
        folds[test] = fold
    result = score_rounds(estimator, X, y, kfold_rounds(folds), row_ids=table["row_id"])
    assert result.predictions["row_id"].to_list() == sorted(table["row_id"].to_list())
    assert result.warnings == ()
    area = result.summary["roc_auc"].estimate
    assert area is not None
    assert 0.55 < area < 0.8
