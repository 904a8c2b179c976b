"""Resampling changes what a fit is handed and nothing that is tested; elsewhere it is found."""

from __future__ import annotations

import importlib.util
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline as PlainPipeline
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import fold_guard
from fold_guard import FoldPlan, make_folds
from fold_guard.crossval.estimators.concerns import concerns_about
from fold_guard.crossval.estimators.search import with_inner_folds
from fold_guard.crossval.estimators.seeding import open_seeds, set_seeds
from fold_guard.crossval.runs.play import play
from fold_guard.crossval.runs.work import Work
from fold_guard.errors import MissingExtra, UsageError
from fold_guard.integrations.imbalanced_learn import resampled

imblearn = pytest.importorskip("imblearn")
from imblearn.combine import SMOTEENN  # noqa: E402
from imblearn.ensemble import BalancedBaggingClassifier  # noqa: E402
from imblearn.over_sampling import SMOTE, RandomOverSampler  # noqa: E402
from imblearn.pipeline import Pipeline  # noqa: E402
from imblearn.under_sampling import RandomUnderSampler  # noqa: E402

N = 120


def table() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    return pd.DataFrame(
        {
            "row": np.arange(N),
            "y": np.where(np.arange(N) % 6 == 0, "rare", "usual").astype(object),
            "a": rng.normal(size=N),
            "b": rng.normal(size=N),
        }
    )


TABLE = table()
FEATURES = ["a", "b"]
FOLDS = make_folds(TABLE, FoldPlan("stratified", n_splits=4), id="row", label="y")


class Recording(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # no types
    """Keeps the labels of each fit and the rows of each prediction, in a list clones share."""

    def __init__(self, log: Any = None, C: float = 1.0) -> None:
        self.log = log
        self.C = C

    def __sklearn_clone__(self) -> Recording:
        return Recording(self.log, self.C)

    def fit(self, X: Any, y: Any) -> Recording:
        self.classes_ = np.unique(y)
        self.log.append(("fit", dict(zip(*np.unique(y, return_counts=True), strict=True))))
        return self

    def predict(self, X: Any) -> Any:
        self.log.append(("predict", np.asarray(X).tolist()))
        return np.full(len(X), self.classes_[0], dtype=object)


@pytest.mark.parametrize("sampler", [RandomOverSampler(), SMOTE(), RandomUnderSampler()])
@pytest.mark.parametrize("wrapped", [False, True])
def test_the_train_side_is_resampled_and_the_test_side_never(sampler: Any, wrapped: bool) -> None:
    log: list[Any] = []
    model: Any = Recording(log)
    if wrapped:
        model = make_pipeline(StandardScaler(with_mean=False, with_std=False), model)
    model = resampled(model, sampler)
    rounds = FOLDS.rounds(TABLE)
    work = Work(
        estimator=model,
        X=TABLE[FEATURES],
        y=TABLE["y"].to_numpy().astype(object),
        task="classification",
        classes=("rare", "usual"),
        rounds=rounds,
        train_scored={0},
    )
    for at in range(4):
        log.clear()
        played = play(work, at)
        test, train = (TABLE[side] for side in (rounds[at].test, rounds[at].train))
        [(_, fitted), *predicted] = log
        size = 75 if not isinstance(sampler, RandomUnderSampler) else 15
        assert fitted == {"rare": size, "usual": size}
        assert train["y"].value_counts().to_dict() == {"usual": 75, "rare": 15}
        assert [rows for _, rows in predicted] == [
            side[FEATURES].to_numpy().tolist() for side in ([test, train] if at == 0 else [test])
        ]
        assert len(played.predicted) == len(test) == 30


def test_it_is_seeded_as_every_part_is() -> None:
    model = resampled(LogisticRegression(), SMOTE())
    assert "resample__random_state" in open_seeds(model)
    found = []
    for seed in (1, 1, 2):
        fitted = set_seeds(clone(model), open_seeds(model), seed).fit(TABLE[FEATURES], TABLE["y"])
        found.append(fitted.predict_proba(TABLE[FEATURES]).tolist())
    assert found[0] == found[1] != found[2]


def test_names_and_settings_of_a_pipeline_stay() -> None:
    given = PlainPipeline([("resample", StandardScaler()), ("model", LogisticRegression(C=3))])
    made = resampled(given, RandomOverSampler(random_state=3))
    assert isinstance(made, Pipeline)
    assert [name for name, _ in made.steps] == ["resample", "resample_0", "model"]
    assert made.get_params()["model__C"] == 3
    assert [name for name, _ in given.steps] == ["resample", "model"]
    own = resampled(Pipeline(given.steps, verbose=True), RandomOverSampler())
    assert (type(own), own.verbose, len(own.steps)) == (Pipeline, True, 3)


@pytest.mark.parametrize(
    ("model", "sampler", "said"),
    [
        (LogisticRegression(), StandardScaler(), "StandardScaler is no sampler"),
        (
            Pipeline([("more", SMOTE()), ("model", LogisticRegression())]),
            SMOTE(),
            "resamples already",
        ),
        (GridSearchCV(LogisticRegression(), {"C": [1]}), SMOTE(), "copies of one row"),
        (make_pipeline(GridSearchCV(LogisticRegression(), {})), SMOTE(), "copies of one row"),
    ],
)
def test_what_cannot_be_wrapped(model: Any, sampler: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        resampled(model, sampler)
    assert caught.value.where == "cv.resample"


def test_samplers_of_the_package_stand_where_it_runs_them() -> None:
    for model in (
        Pipeline([("more", SMOTE()), ("model", LogisticRegression())]),
        Pipeline([("more", SMOTEENN(smote=SMOTE())), ("model", LogisticRegression())]),
        BalancedBaggingClassifier(LogisticRegression(), sampler=RandomUnderSampler()),
    ):
        assert concerns_about(model, FOLDS.manifest) == ()
    last = Pipeline([("scale", StandardScaler()), ("more", SMOTE())])
    with pytest.raises(UsageError, match="last step"):
        concerns_about(last, FOLDS.manifest)


def test_a_sampler_is_inside_a_search_and_not_before_it() -> None:
    plan = FoldPlan("stratified", n_splits=4, inner_splits=2)
    folds = make_folds(TABLE, plan, id="row", label="y")
    before = Pipeline([("more", SMOTE()), ("model", GridSearchCV(LogisticRegression(), {}))])
    with pytest.raises(UsageError, match=r"lies behind SMOTE.*Put SMOTE inside the search"):
        concerns_about(before, folds.manifest)
    log: list[Any] = []
    inside = GridSearchCV(
        Pipeline([("more", RandomOverSampler()), ("model", Recording(log))]), {"model__C": [1, 2]}
    )
    assert concerns_about(inside, folds.manifest) == ()
    outer, inner = next(iter(folds.nested(TABLE)))
    train = TABLE[outer.train]
    pairs = [
        (np.flatnonzero(e.train[outer.train]), np.flatnonzero(e.test[outer.train])) for e in inner
    ]
    with_inner_folds(inside, pairs).fit(train[FEATURES], train["y"])
    tested = [len(rows) for kind, rows in log if kind == "predict"]
    assert tested == [len(test) for _, test in pairs] * 2
    for kind, counts in log:
        assert kind == "predict" or counts["rare"] == counts["usual"]


def test_what_splits_resampled_rows_by_itself_is_named() -> None:
    calibrated = CalibratedClassifierCV(LogisticRegression())
    [found] = concerns_about(resampled(calibrated, SMOTE()), FOLDS.manifest)
    assert (found.name, found.blocking) == ("inner_folds_hold_copies", False)
    assert "SMOTE" in found.message


def test_a_missing_package_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"pip install 'fold-integrity\[imbalanced-learn\]'"):
        resampled(LogisticRegression(), SMOTE())


def oversampled(sampler: Any) -> pd.DataFrame:
    """The table with what a sampler adds to it, each new row under a new id."""
    X, y = sampler.fit_resample(TABLE[FEATURES], TABLE["y"])
    return pd.DataFrame({"row": np.arange(len(X)), "y": y, **{each: X[each] for each in X}})


def outcomes(frame: pd.DataFrame, folds: Any, **more: Any) -> dict[str, Any]:
    report = fold_guard.audit(frame, fold=folds, **more)
    return {each.code: each for each in report.checks}


def test_copies_made_before_the_folds_are_found() -> None:
    frame = oversampled(RandomOverSampler(random_state=0))
    folds = make_folds(frame, FoldPlan("stratified", n_splits=4), id="row", label="y")
    found = outcomes(frame, folds)["FG303"]
    assert found.status.value == "failed"
    # 80 copies of 20 rows; a copy with its original in the same fold is none that leaks.
    assert found.measured["rows_in_clusters"] <= 100
    assert found.measured["test_rows_with_copy_in_train_total"] > 60


def test_rows_that_were_added_after_the_folds_have_none() -> None:
    found = outcomes(oversampled(SMOTE(random_state=0)), FOLDS)["FG102"]
    assert found.status.value == "failed"
    assert found.measured["rows_extra"] == 80


def test_interpolated_rows_are_near_those_they_come_from() -> None:
    frame = oversampled(SMOTE(random_state=0))
    folds = make_folds(frame, FoldPlan("stratified", n_splits=4), id="row", label="y")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = outcomes(frame, folds, deep=True)["FG304"]
        plain = outcomes(TABLE, FOLDS, deep=True)["FG304"]
    near = "test_rows_with_copy_in_train_total"
    assert found.measured[near] > 2 * plain.measured[near]
