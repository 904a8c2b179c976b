from __future__ import annotations

import functools
import itertools
import sys
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from fold_guard.errors import MissingExtra, UsageError
from fold_guard.integrations.shap_values import FEATURES, Refitted, failing, shap_values

N = 60
RNG = np.random.default_rng(8)
NUMBERS = pd.DataFrame(RNG.normal(size=(N, 3)), columns=["a", "b", "c"])
MIXED = NUMBERS[["a"]].assign(
    ward=pd.Series(np.array(["east", "west", "north"], dtype=object)[np.arange(N) // 3 % 3]),
    age=np.arange(N),
    seen=[None if row % 7 == 0 else "yes" for row in range(N)],
)
THREE = np.array(["low", "mid", "top"], dtype=object)[
    np.digitize(NUMBERS["a"] + 0.3 * NUMBERS["b"], [-0.5, 0.5])
]
TWO = np.where(THREE == "low", "no", "yes").astype(object)
VALUES = NUMBERS["a"].to_numpy() * 3 + NUMBERS["b"].to_numpy()
IDS = pl.Series("row_id", [f"r{row:02d}" for row in range(N)])
FOLDS = np.arange(N) % 3


def failures_of(y: Any, rows: tuple[int, ...]) -> pl.DataFrame:
    """Rows that failed, as `failing` gives them."""
    number = isinstance(y[0], float)
    kind = pl.Float64 if number else pl.String
    return pl.DataFrame(
        {
            "row_id": pl.Series([IDS[row] for row in rows], dtype=pl.String),
            "fold": pl.Series([int(FOLDS[row]) for row in rows], dtype=pl.Int64),
            "label": pl.Series([y[row] for row in rows], dtype=kind),
            "prediction": pl.Series([0.0 if number else "?" for _ in rows], dtype=kind),
        }
    )


class Rounds:
    """Fits the model of a round, and counts how often it was asked to."""

    def __init__(self, model: Any, X: pd.DataFrame, y: Any) -> None:
        self.model, self.X, self.y = model, X, y
        self.asked: Counter[int] = Counter()
        self.models: dict[int, Any] = {}

    def __call__(self, index: int) -> Refitted:
        from sklearn.base import clone

        self.asked[index] += 1
        train = index != FOLDS
        self.models[index] = clone(self.model).fit(self.X[train], self.y[train])
        return Refitted(self.models[index], self.X[train])


def explain(model: Any, X: pd.DataFrame, y: Any, rows: tuple[int, ...], **more: Any) -> Any:
    rounds = Rounds(model, X, y)
    return shap_values(failures_of(y, rows), X, IDS, rounds, **more), rounds


CASES = {
    "forest of three": (RandomForestClassifier(8, random_state=0), THREE, "tree", "probability"),
    "forest of two": (RandomForestClassifier(8, random_state=0), TWO, "tree", "probability"),
    "boosting of two": (
        GradientBoostingClassifier(n_estimators=5, random_state=0),
        TWO,
        "tree",
        "margin",
    ),
    "boosting of three": (
        GradientBoostingClassifier(n_estimators=3, random_state=0),
        THREE,
        "exact",
        "probability",
    ),
    "logistic of two": (LogisticRegression(), TWO, "linear", "margin"),
    "logistic of three": (LogisticRegression(), THREE, "linear", "margin"),
    "ridge classifier": (RidgeClassifier(), THREE, "linear", "margin"),
    "bayes": (GaussianNB(), THREE, "exact", "probability"),
    "pipeline": (make_pipeline(StandardScaler(), LogisticRegression()), TWO, "linear", "margin"),
    "search": (GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=2), THREE, "linear", "margin"),
    "no probabilities": (SVC(), THREE, "exact", "vote"),
    "ridge": (Ridge(), VALUES, "linear", "value"),
    "forest of values": (RandomForestRegressor(8, random_state=0), VALUES, "tree", "value"),
}


def output(model: Any, row: pd.DataFrame, scale: str) -> dict[str | None, float]:
    """Ask the model itself, class by class."""
    if scale == "value":
        return {None: float(model.predict(row)[0])}
    if scale == "vote":
        return {str(c): float(model.predict(row)[0] == c) for c in model.classes_}
    method = {"probability": "predict_proba", "margin": "decision_function"}[scale]
    found = np.atleast_1d(getattr(model, method)(row)[0])
    names = [str(each) for each in model.classes_]
    return dict(
        zip(names if len(found) == len(names) else names[-1:], map(float, found), strict=True)
    )


@pytest.mark.parametrize("case", CASES, ids=str)
def test_base_and_values_add_up_to_what_the_model_says(case: str) -> None:
    model, y, explainer, scale = CASES[case]
    table, rounds = explain(model, NUMBERS, y, (5, 3, 4))
    assert set(table["explainer"]) == {explainer}
    assert set(table["scale"]) == {scale}
    assert table["row_id"].unique(maintain_order=True).to_list() == ["r05", "r03", "r04"]
    assert set(table["feature"]) == {"a", "b", "c"}
    for row in (5, 3, 4):
        mine = table.filter(pl.col("row_id") == IDS[row])
        fitted = rounds.models[int(FOLDS[row])]
        expected = output(fitted, NUMBERS.iloc[[row]], scale)
        sums = {
            label: part["shap"].sum() + part["base"][0]
            for (label,), part in mine.group_by("class", maintain_order=True)
        }
        assert list(sums) == list(expected)
        assert sums == pytest.approx(expected, abs=1e-2)


def test_each_round_is_fitted_once_and_only_if_a_sample_of_it_failed() -> None:
    _, rounds = explain(LogisticRegression(), NUMBERS, TWO, (3, 6, 9, 4))
    assert rounds.asked == {0: 1, 1: 1}


def shapley(model: Any, row: pd.Series, background: pd.DataFrame) -> dict[str, Any]:
    """The definition: the mean over every order of the features of what each one adds."""
    names = list(background.columns)

    @functools.cache
    def mean(known: frozenset[str]) -> Any:
        mixed = background.copy()
        for name in known:
            mixed[name] = pd.Series([row[name]] * len(mixed), mixed.index, mixed[name].dtype)
        return model.predict_proba(mixed).mean(axis=0)

    orders = list(itertools.permutations(names))
    total = dict.fromkeys(names, 0.0)
    for order in orders:
        for at, name in enumerate(order):
            total[name] += mean(frozenset(order[: at + 1])) - mean(frozenset(order[:at]))
    return {name: each / len(orders) for name, each in total.items()}


def mixed_model() -> Any:
    encode = ColumnTransformer(
        [
            ("text", OneHotEncoder(handle_unknown="ignore"), ["ward", "seen"]),
            ("number", StandardScaler(), ["a", "age"]),
        ]
    )
    return make_pipeline(encode, KNeighborsClassifier(7))


def test_text_goes_through_the_model_as_it_is() -> None:
    table, rounds = explain(mixed_model(), MIXED, THREE, (14, 16))
    assert set(table["explainer"]) == {"exact"}
    first = table.filter(pl.col("row_id") == "r14")
    values = dict(first.select("feature", "value").iter_rows())
    assert values == {
        "a": str(MIXED["a"][14]),
        "ward": str(MIXED["ward"][14]),
        "age": "14",
        "seen": None,
    }
    model = rounds.models[2]
    expected = shapley(model, MIXED.iloc[14], MIXED[FOLDS != 2])
    for label, name in enumerate(model.classes_):
        mine = first.filter(pl.col("class") == name)
        found = dict(mine.select("feature", "shap").iter_rows())
        assert found == pytest.approx({each: expected[each][label] for each in expected}, abs=1e-9)


def test_a_pipeline_is_explained_on_the_features_that_its_last_step_sees() -> None:
    model = mixed_model()
    model.steps[-1] = ("model", LogisticRegression())
    table, _ = explain(model, MIXED, TWO, (14,))
    assert set(table["explainer"]) == {"linear"}
    shown = dict(table.select("feature", "value").iter_rows())
    own = MIXED["ward"][14]
    for ward in ("east", "west", "north"):
        assert shown[f"text__ward_{ward}"] == ("1.0" if ward == own else "0.0")
    assert {"number__a", "number__age"} <= set(shown)


def test_steps_without_names_fall_back_to_the_raw_features() -> None:
    model = make_pipeline(FunctionTransformer(lambda X: X.to_numpy() * 2), LogisticRegression())
    table, _ = explain(model, NUMBERS, TWO, (4,))
    assert set(table["explainer"]) == {"exact"}
    assert set(table["feature"]) == {"a", "b", "c"}


def test_same_input_same_table_whatever_is_drawn() -> None:
    wide = pd.DataFrame(np.random.default_rng(1).normal(size=(N, 12)), columns=list("abcdefghijkl"))
    one, _ = explain(GaussianNB(), wide, TWO, (3, 4), background=10)
    np.random.seed(99)
    two, _ = explain(GaussianNB(), wide, TWO, (3, 4), background=10)
    other, _ = explain(GaussianNB(), wide, TWO, (3, 4), background=10, seed=1)
    assert set(one["explainer"]) == {"permutation"}
    assert one.equals(two)
    assert not one.equals(other)
    sums = one.group_by("row_id", "class").agg(pl.col("shap").sum() + pl.col("base").first())
    assert sums["shap"].is_between(-1e-9, 1 + 1e-9).all()


def test_beyond_the_weightiest_features_the_rest_is_one_line() -> None:
    wide = pd.DataFrame(
        np.random.default_rng(1).normal(size=(N, FEATURES + 20)),
        columns=[f"x{at}" for at in range(FEATURES + 20)],
    )
    table, rounds = explain(Ridge(), wide, VALUES, (3,))
    assert table.height == FEATURES + 1
    last = table.row(-1, named=True)
    assert (last["feature"], last["value"]) == ("(20 others)", None)
    weights = table["shap"].head(FEATURES).abs()
    assert weights.is_sorted(descending=True)
    total = table["shap"].sum() + table["base"][0]
    assert total == pytest.approx(rounds.models[0].predict(wide.iloc[[3]])[0])


def test_failures_are_misclassified_samples_the_worst_first() -> None:
    samples = pl.DataFrame(
        {
            "row_id": ["a", "b", "c", "d"],
            "fold": [0, 0, 1, 1],
            "label": ["x", "x", "y", "y"],
            "prediction": ["x", "y", "x", None],
            "loss": [9.0, 1.0, 2.0, None],
        }
    )
    assert failing(samples, 20)["row_id"].to_list() == ["c", "b"]
    assert failing(samples, 1)["row_id"].to_list() == ["c"]
    numbers = samples.with_columns(label=pl.lit(1.0), prediction=pl.lit(1.5))
    assert failing(numbers, 2)["row_id"].to_list() == ["a", "c"]


def test_nothing_failed_nothing_is_fitted() -> None:
    table, rounds = explain(LogisticRegression(), NUMBERS, TWO, ())
    assert table.is_empty()
    assert table.columns[-1] == "explainer"
    assert not rounds.asked


def test_a_row_that_is_not_there_is_named() -> None:
    with pytest.raises(UsageError, match="'r03'"):
        shap_values(failures_of(TWO, (3,)), NUMBERS, IDS.head(3), Rounds(Ridge(), NUMBERS, TWO))


def test_without_the_package_the_remedy_is_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "shap", None)
    with pytest.raises(MissingExtra, match=r"fold-integrity\[shap\]"):
        explain(LogisticRegression(), NUMBERS, TWO, (3,))
