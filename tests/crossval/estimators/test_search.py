"""Searches tune on the inner folds of the fold map, or are refused."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - makes the next one known
from sklearn.feature_selection import RFECV, SelectFromModel, SequentialFeatureSelector
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import (
    LassoCV,
    LogisticRegression,
    LogisticRegressionCV,
    Ridge,
    RidgeClassifierCV,
    RidgeCV,
)
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    KFold,
    PredefinedSplit,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.multioutput import ClassifierChain
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler, TargetEncoder

from fold_guard.crossval.estimators.inner_folds import InnerFolds
from fold_guard.crossval.estimators.search import (
    require_inner_folds,
    searches_in,
    with_inner_folds,
)
from fold_guard.crossval.estimators.seeding import open_seeds, set_seeds
from fold_guard.errors import UsageError
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan
from fold_guard.splitters import FoldMapSplit

GRID = {"C": [0.01, 1.0, 100.0]}
N = 90


def visits() -> pd.DataFrame:
    """Three visits a patient; labels are text."""
    rng = np.random.default_rng(0)
    patient = np.arange(N) // 3
    level = rng.normal(size=N // 3)[patient]
    return pd.DataFrame(
        {
            "visit": np.arange(N),
            "patient": patient,
            "y": np.where(level + rng.normal(size=N) > 0, "yes", "no").astype(object),
            "day": np.arange(N),
            "a": level + rng.normal(size=N),
            "b": rng.normal(size=N),
        }
    )


TABLE = visits()


def mapped(strategy: Any = "stratified_group", **more: Any) -> FoldMap:
    plan = FoldPlan(strategy, **({"n_splits": 3, "inner_splits": 2} | more))
    return make_folds(TABLE, plan, id="visit", label="y", groups="patient", time="day")


@pytest.fixture(scope="module")
def nested() -> FoldMap:
    return mapped()


def search(**more: Any) -> GridSearchCV:
    return GridSearchCV(LogisticRegression(), GRID, **more)


def places(model: Any) -> list[str]:
    return [each.path for each in searches_in(model)]


def train_side(folds: FoldMap) -> tuple[pd.DataFrame, list[tuple[Any, Any]]]:
    """The train rows of round 0, and its inner folds as positions within them."""
    outer, inner = next(iter(folds.nested(TABLE)))
    pairs = [
        (np.flatnonzero(e.train[outer.train]), np.flatnonzero(e.test[outer.train])) for e in inner
    ]
    return TABLE[outer.train], pairs


class Recording(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # no types
    """Keeps what each fit and each prediction was handed, in a list that clones share."""

    def __init__(self, log: Any = None, C: float = 1.0) -> None:
        self.log = log
        self.C = C

    def __sklearn_clone__(self) -> Recording:
        return Recording(self.log, self.C)

    def fit(self, X: pd.DataFrame, y: Any) -> Recording:
        self.classes_ = np.unique(y)
        self.log.append(("fit", tuple(X.index)))
        return self

    def predict(self, X: pd.DataFrame) -> Any:
        self.log.append(("predict", tuple(X.index)))
        return np.full(len(X), self.classes_[0], dtype=object)


def test_searches_are_found_wherever_they_are() -> None:
    assert places(search()) == [""]
    assert places(LogisticRegression()) == []
    assert places(make_pipeline(StandardScaler(), search())) == ["gridsearchcv"]
    assert places(RandomizedSearchCV(LogisticRegression(), GRID)) == [""]
    assert places(HalvingGridSearchCV(LogisticRegression(), GRID)) == [""]
    assert places(HalvingRandomSearchCV(LogisticRegression(), GRID)) == [""]
    selector = SelectFromModel(search())
    columns = ColumnTransformer([("few", make_pipeline(selector), ["a"])])
    assert places(make_pipeline(columns, search())) == [
        "columntransformer__few__selectfrommodel__estimator",
        "gridsearchcv",
    ]
    assert places(VotingClassifier([("one", search()), ("two", search())])) == ["one", "two"]
    assert places(GridSearchCV(search(), {"estimator__C": [1]})) == ["", "estimator"]


def test_each_candidate_is_fitted_on_the_inner_folds_of_the_map(nested: FoldMap) -> None:
    train, pairs = train_side(nested)
    log: list[tuple[str, tuple[int, ...]]] = []
    given = GridSearchCV(Recording(log), {"C": [1.0, 2.0]}, n_jobs=2)
    model = make_pipeline(StandardScaler().set_output(transform="pandas"), given)
    with_inner_folds(clone(model), pairs).fit(train[["a", "b"]], train["y"])
    rows = train.index.to_numpy()
    fits = [each for kind, each in log if kind == "fit"]
    tested = [each for kind, each in log if kind == "predict"]
    expected = [tuple(rows[side]) for side, _ in pairs]
    assert fits == expected * 2 + [tuple(rows)]
    assert tested == [tuple(rows[side]) for _, side in pairs] * 2
    # The truth about the units: no patient on both sides of an inner fold.
    patients = dict(zip(TABLE["visit"], TABLE["patient"], strict=True))
    for learned, seen in zip(fits[:2], tested[:2], strict=True):
        assert not {patients[row] for row in learned} & {patients[row] for row in seen}


@pytest.mark.parametrize(
    "made",
    [
        search,
        lambda: RandomizedSearchCV(LogisticRegression(), GRID, n_iter=2),
        lambda: HalvingGridSearchCV(LogisticRegression(), GRID, min_resources=20, factor=2),
        lambda: HalvingRandomSearchCV(LogisticRegression(), GRID, min_resources=20, factor=2),
    ],
)
def test_every_search_fits_and_gives_the_same_twice(nested: FoldMap, made: Any) -> None:
    train, pairs = train_side(nested)
    found = []
    for _ in range(2):
        model = with_inner_folds(clone(made()), pairs)
        set_seeds(model, open_seeds(model), 7)
        model.fit(train[["a", "b"]], train["y"])
        found.append(model.cv_results_["mean_test_score"].tolist())
        assert model.n_splits_ == 2
        assert np.isfinite(found[-1]).all()
    assert found[0] == found[1]


def test_grid_search_is_what_plain_loops_find(nested: FoldMap) -> None:
    train, pairs = train_side(nested)
    X, y = train[["a", "b"]].to_numpy(), train["y"].to_numpy()
    model = with_inner_folds(search(), pairs).fit(X, y)
    scores = [
        np.mean([LogisticRegression(C=c).fit(X[a], y[a]).score(X[b], y[b]) for a, b in pairs])
        for c in GRID["C"]
    ]
    assert np.allclose(model.cv_results_["mean_test_score"], scores)
    assert model.best_params_ == {"C": GRID["C"][int(np.argmax(scores))]}


@pytest.mark.filterwarnings("ignore:OptunaSearchCV is experimental")
def test_optuna_searches_the_inner_folds_and_gives_the_same_twice(nested: FoldMap) -> None:
    distributions = pytest.importorskip("optuna.distributions")
    OptunaSearchCV = pytest.importorskip("optuna_integration").OptunaSearchCV
    train, pairs = train_side(nested)
    ranges = {"C": distributions.FloatDistribution(1e-3, 1e3, log=True)}
    found = []
    for seed in (1, 1, 2):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            given = OptunaSearchCV(LogisticRegression(), ranges, n_trials=15, n_jobs=4)
            assert places(given) == [""]
            assert require_inner_folds(given, nested.manifest) == ()
            model = with_inner_folds(clone(given), pairs)
            set_seeds(model, open_seeds(model), seed)
            model.fit(train[["a", "b"]], train["y"])
        assert model.n_splits_ == 2
        found.append([each.params["C"] for each in model.trials_])
    assert found[0] == found[1] != found[2]
    for more, text in (
        ({"subsample": 0.5}, "subsample"),
        ({"study": object()}, "known in the next"),
        ({"refit": False}, "cannot predict"),
    ):
        with pytest.raises(UsageError, match=text):
            require_inner_folds(
                OptunaSearchCV(LogisticRegression(), ranges, **more), nested.manifest
            )
    [said] = require_inner_folds(
        OptunaSearchCV(LogisticRegression(), ranges, timeout=60), nested.manifest
    )
    assert (said.name, said.blocking) == ("search_stops_by_time", False)


def test_without_inner_folds_a_search_is_refused() -> None:
    model = make_pipeline(StandardScaler(), search())
    with pytest.raises(UsageError) as caught:
        require_inner_folds(model, mapped(inner_splits=0).manifest)
    assert caught.value.what == "GridSearchCV has no inner folds to tune on"
    assert caught.value.where == "estimator, gridsearchcv"
    assert "plans.<plan>.fold.inner_splits: 3" in caught.value.remedy
    with pytest.raises(UsageError, match="n_repeats to 1"):
        require_inner_folds(model, mapped(inner_splits=0, n_repeats=2).manifest)
    with pytest.raises(UsageError, match="Strategy 'forward' has no nested folds"):
        require_inner_folds(model, mapped("forward", inner_splits=0).manifest)


@pytest.mark.parametrize("cv", [3, KFold(3), [([0, 1], [2]), ([2], [0, 1])]])
def test_a_search_with_folds_of_its_own_is_refused(nested: FoldMap, cv: Any) -> None:
    with pytest.raises(
        UsageError, match="brings folds of its own \\(gridsearchcv__cv\\)"
    ) as caught:
        require_inner_folds(make_pipeline(StandardScaler(), search(cv=cv)), nested.manifest)
    assert caught.value.remedy.startswith("Leave cv out")


def test_a_default_number_is_nobody_s_choice(nested: FoldMap) -> None:
    assert (
        require_inner_folds(HalvingGridSearchCV(LogisticRegression(), GRID), nested.manifest) == ()
    )
    with pytest.raises(UsageError, match="brings folds"):
        require_inner_folds(HalvingGridSearchCV(LogisticRegression(), GRID, cv=4), nested.manifest)


@pytest.mark.parametrize("how", ["map", "list", "predefined"])
def test_tuning_on_the_reported_folds_is_named(nested: FoldMap, how: str) -> None:
    cv: Any = {
        "map": FoldMapSplit(nested),
        "list": list(nested.split(TABLE)),
        "predefined": PredefinedSplit(nested.folds_of(TABLE)),
    }[how]
    [found] = require_inner_folds(search(cv=cv), nested.manifest)
    assert (found.name, found.blocking) == ("tuned_on_reported_folds", True)
    assert "was tuned on them" not in found.message
    if how != "map":
        fitted = search(cv=cv).fit(TABLE[["a", "b"]], TABLE["y"])
        [found] = require_inner_folds(fitted, nested.manifest)
        assert "was tuned on them" in found.message
    plain = mapped(inner_splits=0)
    with pytest.raises(UsageError, match="the ones whose scores are reported"):
        require_inner_folds(search(cv=FoldMapSplit(plain)), plain.manifest)
    # Another map of the same table is no such thing.
    other = FoldMapSplit(mapped(seed=5))
    with pytest.raises(UsageError, match="folds of its own"):
        require_inner_folds(search(cv=other), nested.manifest)


def test_what_was_fitted_and_frozen_is_named(nested: FoldMap) -> None:
    X, y = TABLE[["a", "b"]], TABLE["y"]
    frozen = make_pipeline(FrozenEstimator(StandardScaler().fit(X)), LogisticRegression())
    [found] = require_inner_folds(frozen, nested.manifest)
    assert (found.name, found.blocking) == ("fitted_beforehand", True)
    assert "estimator, frozenestimator: a StandardScaler" in found.message
    tuned = FrozenEstimator(search(cv=3).fit(X, y))
    [found] = require_inner_folds(tuned, mapped(inner_splits=0).manifest)
    assert (found.name, found.blocking) == ("tuned_on_reported_folds", True)


def test_a_search_that_cannot_predict_is_refused(nested: FoldMap) -> None:
    with pytest.raises(UsageError, match="cannot predict: gridsearchcv__refit is False"):
        require_inner_folds(make_pipeline(search(refit=False)), nested.manifest)


@pytest.mark.parametrize(
    ("scoring", "said"),
    [
        ("f1", "pos_label=1 is not a valid label"),
        (["accuracy", "recall"], "scorer 'recall' cannot score"),
        ({"mine": "average_precision"}, "scorer 'mine' cannot score"),
        (make_scorer(f1_score), "cannot score the labels 'no', 'yes'"),
        ("r2", "could not convert string to float"),
        ("f1_makro", "there is no scorer 'f1_makro'. Did you mean 'f1_macro'"),
    ],
)
def test_a_scorer_that_cannot_score_text_is_refused(
    nested: FoldMap, scoring: Any, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        require_inner_folds(search(scoring=scoring, refit="accuracy"), nested.manifest)


@pytest.mark.parametrize(
    "scoring",
    [None, "f1_macro", "roc_auc", make_scorer(f1_score, pos_label="yes"), lambda model, X, y: 1.0],
)
def test_a_scorer_that_can_is_not(nested: FoldMap, scoring: Any) -> None:
    assert require_inner_folds(search(scoring=scoring), nested.manifest) == ()


def test_scorers_of_regressors_are_none_of_text() -> None:
    counted = TABLE.assign(y=np.arange(N) % 4)
    plan = FoldPlan("kfold", n_splits=3, inner_splits=2)
    folds = make_folds(counted, plan, id="visit", label="y")
    model = GridSearchCV(Ridge(), {"alpha": [1.0]}, scoring="neg_mean_absolute_error")
    assert require_inner_folds(TransformedTargetRegressor(model), folds.manifest) == ()


@pytest.mark.parametrize(
    ("model", "owner"),
    [
        (BaggingClassifier(search()), "BaggingClassifier"),
        (CalibratedClassifierCV(search()), "CalibratedClassifierCV"),
        (StackingClassifier([("one", search())]), "StackingClassifier"),
        (GridSearchCV(search(), {"estimator__C": [1.0]}), "GridSearchCV"),
    ],
)
def test_a_search_that_is_handed_other_rows_is_refused(
    nested: FoldMap, model: Any, owner: str
) -> None:
    with pytest.raises(UsageError, match=f"lies behind {owner}"):
        require_inner_folds(model, nested.manifest)
    with pytest.raises(UsageError, match=f"lies behind {owner}"):
        with_inner_folds(clone(model), train_side(nested)[1])


def test_inner_folds_split_no_other_rows(nested: FoldMap) -> None:
    train, pairs = train_side(nested)
    with pytest.raises(UsageError, match=f"{len(train)} train rows are asked to split {N} rows"):
        with_inner_folds(search(), pairs).fit(TABLE[["a", "b"]], TABLE["y"])


def test_a_candidate_that_fails_is_an_error(nested: FoldMap) -> None:
    train, pairs = train_side(nested)
    broken = GridSearchCV(LogisticRegression(), {"C": [1.0, -1.0]})
    with pytest.raises(ValueError, match="'C' parameter"):
        with_inner_folds(clone(broken), pairs).fit(train[["a", "b"]], train["y"])
    allowed = clone(broken).set_params(error_score=0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with_inner_folds(allowed, pairs).fit(train[["a", "b"]], train["y"])
    assert allowed.best_params_ == {"C": 1.0}


OWN: list[Any] = [
    LogisticRegressionCV(Cs=3, l1_ratios=(0.0,), use_legacy_attributes=False, scoring="accuracy"),
    RidgeClassifierCV(),
    CalibratedClassifierCV(LogisticRegression(), cv=3),
    StackingClassifier([("one", LogisticRegression())]),
    RFECV(LogisticRegression()),
    TunedThresholdClassifierCV(LogisticRegression()),
    make_pipeline(SequentialFeatureSelector(LogisticRegression()), LogisticRegression()),
    make_pipeline(TargetEncoder(), LogisticRegression()),
]


@pytest.mark.parametrize("model", OWN, ids=lambda each: type(each).__name__)
def test_an_estimator_that_splits_by_itself_is_given_the_inner_folds(
    nested: FoldMap, model: Any
) -> None:
    assert require_inner_folds(model, nested.manifest) == ()
    train, pairs = train_side(nested)
    given = with_inner_folds(clone(model), pairs)
    own = given.steps[0][1] if isinstance(given, Pipeline) else given
    assert isinstance(own.cv, InnerFolds)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given.fit(train[["a", "b"]], train["y"])
    # Without inner folds its own split is named, where groups would have to be kept.
    [found] = require_inner_folds(model, mapped(inner_splits=0).manifest)
    assert (found.name, found.blocking) == ("inner_folds_ignore_groups", False)
    assert "inner_splits" in found.message
    assert require_inner_folds(model, mapped("stratified", inner_splits=0).manifest) == ()
    [found] = require_inner_folds(model, mapped("forward", inner_splits=0).manifest)
    assert found.name == "inner_folds_ignore_time"


def test_a_splitter_that_somebody_chose_stays_and_is_named(nested: FoldMap) -> None:
    model = LassoCV(cv=KFold(3))
    [found] = require_inner_folds(model, nested.manifest)
    assert found.name == "inner_folds_ignore_groups"
    assert with_inner_folds(model, train_side(nested)[1]).cv.n_splits == 3


def test_a_candidate_that_splits_by_itself_is_named(nested: FoldMap) -> None:
    candidates = [LogisticRegression(), make_pipeline(LassoCV())]
    model = GridSearchCV(Pipeline([("model", LogisticRegression())]), {"model": candidates})
    [found] = require_inner_folds(model, nested.manifest)
    assert (found.name, found.blocking) == ("inner_folds_ignore_groups", False)
    assert "LassoCV, a candidate of GridSearchCV (param_grid)" in found.message
    plain = GridSearchCV(Pipeline([("model", Ridge())]), [{"model": [Ridge(), Ridge(alpha=2)]}])
    assert require_inner_folds(plain, nested.manifest) == ()
    assert require_inner_folds(model, mapped("stratified").manifest) == ()


def test_a_search_among_the_candidates_is_refused(nested: FoldMap) -> None:
    candidates = [LogisticRegression(), make_pipeline(search())]
    model = GridSearchCV(Pipeline([("model", LogisticRegression())]), {"model": candidates})
    with pytest.raises(UsageError, match="is a candidate of GridSearchCV"):
        require_inner_folds(model, nested.manifest)


def test_what_was_fitted_beforehand_is_found_among_the_candidates(nested: FoldMap) -> None:
    frozen = FrozenEstimator(LogisticRegression().fit([[0.0], [1.0]], ["a", "b"]))
    model = GridSearchCV(Pipeline([("model", LogisticRegression())]), {"model": [frozen]})
    [found] = require_inner_folds(model, nested.manifest)
    assert (found.name, found.blocking) == ("fitted_beforehand", True)


def test_a_chain_without_cv_splits_nothing(nested: FoldMap) -> None:
    chain = ClassifierChain(LogisticRegression())
    assert require_inner_folds(chain, mapped(inner_splits=0).manifest) == ()
    assert with_inner_folds(chain, train_side(nested)[1]).cv is None


def test_ridge_chooses_by_the_inner_folds(nested: FoldMap) -> None:
    train, pairs = train_side(nested)
    X, y = train[["a", "b"]].to_numpy(), train["b"].to_numpy() + train["a"].to_numpy() / 4
    model = with_inner_folds(RidgeCV(alphas=(0.1, 1.0, 10.0)), pairs).fit(X[:, :1], y)
    scores = [
        np.mean([Ridge(alpha=a).fit(X[i, :1], y[i]).score(X[j, :1], y[j]) for i, j in pairs])
        for a in (0.1, 1.0, 10.0)
    ]
    assert model.alpha_ == (0.1, 1.0, 10.0)[int(np.argmax(scores))]
