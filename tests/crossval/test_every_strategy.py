"""Cross-validation of every kind of map, recomputed by hand with scikit-learn."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats
from sklearn import metrics
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from fold_guard import FoldMap, cross_validate, judge, make_folds
from fold_guard.checks.catalogue import BY_NAME
from fold_guard.crossval.artifacts import write_result
from fold_guard.crossval.calibration import calibration_bins
from fold_guard.crossval.result import Result
from fold_guard.crossval.stored import read_result
from fold_guard.errors import UsageError
from fold_guard.folds.plan import FoldPlan
from tests.folds.strategies import CASES, derived, map_of

FEATURES = ["age", "drive_thru_ind", "ct_result"]
RULES = {name: BY_NAME[name].rule() for name in ("row_identity", "fold_map_matches_data")}
TREE = DecisionTreeClassifier(max_depth=2, random_state=0)
SEVERAL = ("multilabel", "multilabel_group")
CONTINUOUS = ("continuous", "continuous_group")
SINGLE = [each for each in CASES if each not in SEVERAL + CONTINUOUS]
POOLED = ("leave_one_out",)  # A round of one row has no scores of its own.
RETESTED = {
    "leave_p_groups_out",
    "shuffle_split",
    "stratified_shuffle_split",
    "group_shuffle_split",
    "stratified_group_shuffle_split",
    "combinatorial_purged",
}


def rows(covid: pl.DataFrame, strategy: str) -> pl.DataFrame:
    if "leave_one" not in strategy:
        return derived(covid.gather_every(19))
    # A fit a row: as few as hold three classes; of groups those of several rows.
    if "group" in strategy:
        covid = covid.filter(pl.len().over("subject_id") == 3).sort("subject_id")
    rare = covid.filter(pl.col("result") != "negative").head(16)
    return derived(covid.filter(pl.col("result") == "negative").head(24).vstack(rare))


def trained(table: Any, made: FoldMap, estimator: Any = TREE) -> Result:
    verdict = judge(table, made, features=FEATURES, rules=RULES)
    return cross_validate(estimator, table, made, verdict=verdict, features=FEATURES)


Case = tuple[FoldMap, pl.DataFrame, Result]


@pytest.fixture(scope="module", params=SINGLE)
def case(request: pytest.FixtureRequest, covid: pl.DataFrame) -> Case:
    table = rows(covid, request.param)
    made = map_of(table, request.param)
    return made, table, trained(table, made)


def test_the_numbers_of_every_round_are_those_of_scikit_learn(case: Case) -> None:
    made, table, result = case
    if made.manifest.plan.strategy in POOLED:
        assert result.rounds == ()
        return
    X, y = table.select(FEATURES).to_pandas(), table["result"].to_numpy()
    order = np.argsort(table["row_id"].to_numpy())
    classes, numbers = np.unique(y).tolist(), []
    for each, score in zip(made.rounds(table), result.rounds, strict=True):
        train = order[each.train[order]]
        model = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X.iloc[train], y[train])
        actual, called = y[each.test], model.predict(X[each.test])
        values = score.test.values
        assert (score.index, score.train_rows, score.test_rows) == (
            each.index,
            each.train.sum(),
            each.test.sum(),
        )
        assert values["accuracy"] == pytest.approx(metrics.accuracy_score(actual, called))
        matrix = metrics.confusion_matrix(actual, called, labels=classes)
        assert [list(row) for row in score.confusion] == matrix.tolist()
        whole = set(actual) == set(classes)
        f1 = metrics.f1_score(actual, called, average="macro", zero_division=0) if whole else None
        assert values["macro_f1"] == (None if f1 is None else pytest.approx(f1))
        forecast = np.zeros((len(actual), len(classes)))
        forecast[:, [classes.index(name) for name in model.classes_]] = model.predict_proba(
            X[each.test]
        )
        loss = metrics.log_loss(actual, forecast, labels=classes)
        assert values["log_loss"] == pytest.approx(loss)
        area = metrics.roc_auc_score(actual, forecast, multi_class="ovr") if whole else None
        assert values["roc_auc"] == (None if area is None else pytest.approx(area))
        numbers.append(values["accuracy"])
    assert len(numbers) == made.manifest.n_rounds
    assert result.summary["accuracy"].estimate == pytest.approx(np.mean(numbers))


def test_means_say_over_how_many_rounds(case: Case) -> None:
    made, _, result = case
    for name, summary in result.summary.items():
        over = summary.over_rounds
        if over is None:
            assert summary.aggregate == "pooled"
            continue
        values = [each.test.values[name] for each in result.rounds]
        missing = [each.index for each in result.rounds if each.test.values[name] is None]
        assert [each.round for each in over.undefined] == missing
        assert over.n_rounds == made.manifest.n_rounds - len(missing)
        assert all(each.reason for each in over.undefined)
        known = [value for value in values if value is not None]
        assert over.mean == (pytest.approx(np.mean(known)) if known else None)


def test_predictions_are_one_a_row_and_round(case: Case) -> None:
    made, table, result = case
    number = "round" if made.manifest.plan.strategy in RETESTED else "fold"
    frame = result.predictions
    assert frame.columns[:4] == ["row_id", number, "label", "prediction"]
    expected = [
        (row, each.index)
        for each in made.rounds(table)
        for row in table["row_id"].filter(each.test).to_list()
    ]
    assert list(frame.select("row_id", number).iter_rows()) == sorted(expected)
    labels = dict(table.select("row_id", "result").iter_rows())
    assert frame["label"].to_list() == [labels[row] for row in frame["row_id"]]
    assert sum(map(sum, result.confusion)) == frame.height
    for label in result.classes:
        mine = [each for each in calibration_bins(result) if each.label == label]
        assert sum(each.predictions for each in mine) == frame.height
        assert all(each.rows <= each.predictions for each in mine)
        assert all((each.rows == each.predictions) or number == "round" for each in mine)


def test_the_order_of_rows_does_not_matter(case: Case) -> None:
    made, table, result = case
    again = trained(table.sample(fraction=1.0, shuffle=True, seed=5).to_pandas(), made)
    assert again.predictions.equals(result.predictions)
    assert again.summary == result.summary
    assert again.rounds == result.rounds
    assert again.interval == result.interval


def test_what_is_written_is_read_back(case: Case, tmp_path: Path) -> None:
    made, _, result = case
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    write_result(result, (), first)
    back = read_result(first)
    write_result(back, (), second)
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes()
    number = "round" if made.manifest.plan.strategy in RETESTED else "fold"
    for name in ("rounds.csv", "classes.csv"):
        assert (first / name).read_text().partition(",")[0] == number
    heading = (first / "calibration.csv").read_text().splitlines()[0]
    assert heading.endswith("high,predictions" if number == "round" else "observed,low,high")


def by_hand(result: Result, degrees: int) -> tuple[float, float]:
    scores = np.array([each.test.values["log_loss"] for each in result.rounds], dtype=float)
    ratio = np.mean([each.test_rows / each.train_rows for each in result.rounds])
    spread = math.sqrt(scores.var(ddof=1) * (1 / len(scores) + ratio))
    return stats.t.interval(0.95, df=degrees, loc=scores.mean(), scale=spread)


@pytest.mark.parametrize(
    ("strategy", "more", "degrees"),
    [
        ("stratified_group", {"n_splits": 4, "n_repeats": 3}, 11),
        ("stratified_shuffle_split", {"n_repeats": 6}, 5),
        ("leave_p_groups_out", {"n_test_folds": 2}, 3),
    ],
)
def test_the_interval_of_rounds_that_test_a_row_again(
    covid: pl.DataFrame, strategy: str, more: dict[str, Any], degrees: int
) -> None:
    table = rows(covid, strategy)
    result = trained(table, map_of(table, strategy, **more))
    low, high = by_hand(result, degrees)
    summary = result.summary["log_loss"]
    assert (summary.low, summary.high) == (pytest.approx(max(low, 0)), pytest.approx(high))
    assert f"; {len(result.rounds)} rounds: " in result.interval


@pytest.mark.parametrize(
    ("strategy", "more", "note"),
    [
        ("combinatorial_purged", {}, "no interval: choices of blocks in time"),
        ("shuffle_split", {"n_repeats": 1}, "one value only: no interval"),
    ],
)
def test_rounds_that_allow_no_interval(
    covid: pl.DataFrame, strategy: str, more: dict[str, Any], note: str
) -> None:
    table = rows(covid, strategy)
    result = trained(table, map_of(table, strategy, **more))
    for summary in result.summary.values():
        assert (summary.low, summary.high) == (None, None)
    assert result.summary["accuracy"].estimate is not None
    assert result.summary["accuracy"].note.startswith(note)
    assert result.interval.startswith("no interval: ")


class Majority(ClassifierMixin, BaseEstimator):
    """The commonest class among the train rows of the same drive-through lane; hard calls only."""

    fits: list[list[Any]] = []  # noqa: RUF012

    def fit(self, X: Any, y: np.ndarray) -> Majority:
        Majority.fits.append(X["age"].tolist())
        self.classes_ = np.unique(y)
        lanes = X["drive_thru_ind"].to_numpy()
        self.calls_ = {
            lane: max(self.classes_, key=lambda c: ((y == c) & (lanes == lane)).sum())
            for lane in (0, 1)
        }
        return self

    def predict(self, X: Any) -> np.ndarray:
        return np.array([self.calls_[lane] for lane in X["drive_thru_ind"]], dtype=object)


def test_leave_one_out_of_two_hundred_rows(covid: pl.DataFrame) -> None:
    table = derived(covid.sort("pan_day").gather_every(70).head(200))
    X, y = table.select(FEATURES).to_pandas(), table["result"].to_numpy()
    result = trained(table, map_of(table, "leave_one_out"), Majority())
    called = cross_val_predict(Majority(), X, y, cv=LeaveOneOut())
    in_order = np.argsort(table["row_id"].to_numpy())
    assert result.predictions["prediction"].to_list() == called[in_order].tolist()
    accuracy = result.summary["accuracy"]
    assert (accuracy.estimate, accuracy.aggregate) == (
        pytest.approx((called == y).mean()),
        "pooled",
    )
    assert result.n_rounds == 200
    assert result.interval.endswith("; 200 rounds, one a row")
    # The predictions of all rounds are one set; a ranking of them would compare 200 models.
    mine = y == "positive"
    for name, expected in {
        "recall[positive]": (called[mine] == "positive").mean(),
        "macro_f1": metrics.f1_score(y, called, average="macro", zero_division=0),
    }.items():
        assert result.summary[name].estimate == pytest.approx(expected)
    assert result.summary["roc_auc"].estimate is None
    assert "0.37" in result.summary["roc_auc"].note


def test_rows_in_neither_side_are_never_seen(covid: pl.DataFrame) -> None:
    base = rows(covid, "kfold").with_columns(age=pl.int_range(pl.len()).cast(pl.Float64))
    table = base.with_columns(quarter=pl.col("row_id") % 4 - 2)
    made = make_folds(table, FoldPlan("predefined", column="quarter"), id="row_id", label="result")
    Majority.fits.clear()
    result = trained(table, made, Majority())
    fold = dict(table.select("age", "quarter").iter_rows())
    assert [sorted({fold[age] for age in seen}) for seen in Majority.fits] == [[-1, 1], [-1, 0]]
    tested = table.filter(pl.col("quarter") >= 0)["row_id"].sort().to_list()
    assert result.predictions["row_id"].to_list() == tested


class Factory:
    """Would make an estimator, if it were asked for one."""

    calls = 0

    def __call__(self) -> Any:
        self.calls += 1
        return Majority()


def test_several_labels_are_refused(covid: pl.DataFrame) -> None:
    for strategy in SEVERAL:
        table, factory = rows(covid, strategy), Factory()
        made = map_of(table, strategy)
        verdict = judge(table, made, features=["ct_result"], rules=RULES)
        match = "fold map: .*have 4 labels each.*fold_map.split"
        with pytest.raises(UsageError, match=match) as caught:
            cross_validate(factory, table, made, verdict=verdict, features=["ct_result"])
        assert (factory.calls, caught.value.where) == (0, "fold map")


@pytest.mark.parametrize("strategy", CONTINUOUS)
def test_a_continuous_label_is_regressed_on(covid: pl.DataFrame, strategy: str) -> None:
    table = rows(covid, strategy).sort("row_id")
    made = map_of(table, strategy)
    features = ["ct_result", "drive_thru_ind"]
    verdict = judge(table, made, features=features, rules=RULES)
    model = DecisionTreeRegressor(max_depth=2, random_state=0)
    result = cross_validate(model, table, made, verdict=verdict, features=features)
    X, y = table.select(features).to_pandas(), table["age"].to_numpy()
    expected = cross_val_predict(model, X, y, cv=list(made.split(table)))
    assert (result.task, result.classes, result.confusion) == ("regression", (), ())
    assert result.predictions["prediction"].to_numpy() == pytest.approx(expected)
    by_fold = [
        metrics.mean_absolute_error(y[test], expected[test]) for _, test in made.split(table)
    ]
    assert result.summary["mae"].estimate == pytest.approx(np.mean(by_fold))
    pooled = result.summary["r2"].pooled
    assert pooled is not None
    assert pooled.value == pytest.approx(metrics.r2_score(y, expected))


def test_repeats_of_the_same_folds_are_no_further_evidence(covid: pl.DataFrame) -> None:
    """Two equal repeats: twice the predictions, the same rows, the same calibration interval."""
    from fold_guard.crossval.fit import score_rounds
    from fold_guard.partition.rounds import Round

    table = rows(covid, "kfold").sort("row_id")
    X, y = table.select(FEATURES).to_pandas(), table["result"].to_numpy()
    once = list(map_of(table, "stratified").rounds(table))
    again = [Round(each.index + len(once), each.train, each.test) for each in once]
    make: Callable[..., Result] = lambda r: score_rounds(  # noqa: E731
        TREE, X, y, r, row_ids=table["row_id"]
    )
    single, double = make(once), make([*once, *again])
    assert (single.retested, double.retested) == (False, True)
    for one, two in zip(calibration_bins(single), calibration_bins(double), strict=True):
        assert (two.rows, two.predictions) == (one.rows, 2 * one.rows)
        assert (two.observed, two.mean_predicted) == pytest.approx(
            (one.observed, one.mean_predicted)
        )
        assert (two.low, two.high) == pytest.approx((one.low, one.high))
    assert double.confusion == tuple(tuple(2 * n for n in row) for row in single.confusion)
