from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from fold_guard.checks.outcome import Outcome, Status
from fold_guard.checks.subjects.subject import Subject

Run = Callable[..., tuple[Outcome, ...]]
_SPEC = importlib.util.spec_from_file_location(
    "trainings", Path(__file__).with_name("trainings.py")
)
assert _SPEC is not None
assert _SPEC.loader is not None
trainings = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(trainings)


def table(*, nulls: bool = False, rows: int = 60) -> dict[str, Any]:
    draw = np.random.default_rng(3)
    x = draw.normal(size=(rows, 4))
    told = x[:, 0] + x[:, 1] + draw.normal(size=rows)
    found: dict[str, Any] = {
        "id": list(range(rows)),
        "fold": [row % 5 for row in range(rows)],
        "y": ["ill" if each > 0.5 else "well" for each in told],
        "ward": draw.choice(list("abcd"), rows).tolist(),
    }
    for at in range(4):
        found[f"x{at}"] = x[:, at].tolist()
    if nulls:
        found["x2"] = [None if row % 7 == 0 else each for row, each in enumerate(found["x2"])]
    return found


@pytest.fixture
def judged(
    subject_of: Callable[[Mapping[str, Any]], Subject], outcomes_of: Run
) -> Callable[..., Outcome]:
    def run(estimator: object, *, nulls: bool = False, **given: Any) -> Outcome:
        example = {"columns": table(nulls=nulls), "label": "y", **given}
        subject = replace(subject_of(example), estimator=estimator)
        [found] = outcomes_of(subject, "preprocessing_isolation")
        return found

    return run


@pytest.mark.parametrize("train", trainings.LEAKY, ids=lambda each: each.__name__)
def test_each_leak_is_caught(judged: Callable[..., Outcome], train: Any) -> None:
    found = judged(train, nulls="imputation" in train.__name__)
    assert found.status is Status.FAILED
    assert found.measured["artefacts_changed"] > 0  # type: ignore[operator]
    assert found.measured["not_deterministic"] == []
    assert found.measured["training"] == f"the function {train.__name__}"
    assert "(2 of 5 rounds looked at)" in found.summary


@pytest.mark.parametrize("train", trainings.CLEAN, ids=lambda each: each.__name__)
def test_what_is_fitted_on_train_alone_passes(judged: Callable[..., Outcome], train: Any) -> None:
    found = judged(train, nulls="imputation" in train.__name__)
    assert found.status is Status.PASSED, found.summary
    assert found.measured["artefacts_changed"] == 0
    assert found.measured["artefacts_compared"] > 0  # type: ignore[operator]
    tried = found.measured["perturbations"]
    assert tried == dict.fromkeys(
        ["values", "signal", "labels", "order", "fewer", "more", "again"], 0
    )


def test_the_scaler_is_named_first_with_its_column(judged: Callable[..., Outcome]) -> None:
    found = judged(trainings.scaler_before_the_split)
    first = found.findings[0].message
    assert first.startswith("StandardScaler.mean_ changed in column x")
    assert "when the values of test rows are others (round 0; also with" in first
    assert found.summary.startswith("the test rows change StandardScaler.mean_ and ")
    # The mean that the message names is the one that numpy finds.
    value = float(first.split("(")[1].split(" to ")[0])
    column = first.split("in column ")[1].split()[0]
    assert value == pytest.approx(np.mean(table()[column]), rel=1e-5)


@pytest.mark.parametrize("kind", ["sampled", "unseeded"])
def test_training_by_chance_is_an_error_not_a_pass(
    judged: Callable[..., Outcome], kind: str
) -> None:
    fresh = np.random.default_rng()

    def by_chance(frame: Any, train: Any, test: Any) -> Any:
        drawn = fresh.normal(size=3)
        return {"weights": drawn} if kind == "sampled" else {"weights": drawn, "columns": 4}

    found = judged(by_chance)
    assert found.status is Status.ERROR
    assert "not deterministic, cannot be judged: weights differ" in found.summary
    assert found.measured["not_deterministic"] == ["weights"]


def test_chance_beside_a_leak_hides_no_leak(judged: Callable[..., Outcome]) -> None:
    fresh = np.random.default_rng()

    def leaky(frame: Any, train: Any, test: Any) -> Any:
        return {"weights": fresh.normal(size=3), "coin": fresh.integers(2), "mean": frame.x0.mean()}

    found = judged(leaky)
    assert found.status is Status.FAILED
    assert "mean" in found.measured["changed"]  # type: ignore[operator]
    assert "weights" in found.measured["not_deterministic"]  # type: ignore[operator]
    assert "weights" not in found.measured["changed"]  # type: ignore[operator]


def test_global_random_state_is_seeded_and_put_back(judged: Callable[..., Outcome]) -> None:
    np.random.seed(5)
    expected = np.random.random(2)[1]
    np.random.seed(5)
    np.random.random()
    found = judged(lambda frame, train, test: {"drawn": np.random.random()})
    assert found.status is Status.PASSED
    assert np.random.random() == expected


def test_what_is_remembered_from_earlier_test_rows_is_a_leak(
    judged: Callable[..., Outcome],
) -> None:
    seen: list[float] = []

    def remembering(frame: Any, train: Any, test: Any) -> Any:
        known = max(seen, default=0.0)
        seen.append(float(frame["x0"].iloc[test].max()))
        return {"known": known if known > 5 else 0.0}

    found = judged(remembering)
    assert found.status is Status.FAILED
    assert found.measured["perturbations"]["again"] == 1  # type: ignore[index]


@pytest.mark.parametrize("when", ["always", "on other test rows"])
def test_training_that_raises_is_an_error(judged: Callable[..., Outcome], when: str) -> None:
    def failing(frame: Any, train: Any, test: Any) -> Any:
        if when == "always" or frame["x0"].iloc[test].max() > 5:
            raise ValueError("too large")
        return {"mean": frame["x0"].iloc[train].mean()}

    found = judged(failing)
    assert found.status is Status.ERROR
    assert "ValueError: too large" in found.summary
    assert "round 0" in found.summary or "2 of 5 rounds" in found.summary


@pytest.mark.parametrize("returned", [None, object(), {}, []])
def test_nothing_returned_is_no_pass(judged: Callable[..., Outcome], returned: object) -> None:
    class Handle:
        def __reduce_ex__(self, protocol: Any) -> Any:
            raise TypeError("cannot be pickled")

    answer = Handle() if type(returned) is object else returned
    found = judged(lambda frame, train, test: answer)
    assert found.status is Status.ERROR, found.summary


def test_an_opaque_part_without_predictions_cannot_be_judged(
    judged: Callable[..., Outcome],
) -> None:
    class Handle:
        def __reduce_ex__(self, protocol: Any) -> Any:
            raise TypeError("cannot be pickled")

    found = judged(lambda frame, train, test: {"mean": 1.0, "handle": Handle()})
    assert found.status is Status.ERROR
    assert "nobody can look into handle" in found.summary
    assert found.measured["not_looked_into"] == ["handle"]


def test_an_estimator_is_fitted_on_train_rows(judged: Callable[..., Outcome]) -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression())
    found = judged(model, features=["x0", "x1"])
    assert found.status is Status.PASSED, found.summary
    assert "an estimator alone is handed train rows only" in found.summary
    assert not hasattr(model[0], "mean_")


def test_an_estimator_that_learns_from_what_it_predicts_is_caught(
    judged: Callable[..., Outcome],
) -> None:
    from sklearn.base import BaseEstimator, ClassifierMixin

    class Adapting(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
        def fit(self, X: Any, y: Any) -> Any:
            self.classes_, self.mean_ = np.unique(y), X.mean().to_numpy()
            return self

        def predict(self, X: Any) -> Any:
            self.mean_ = (self.mean_ + X.mean().to_numpy()) / 2
            return np.repeat(self.classes_[0], len(X))

    found = judged(Adapting(), features=["x0", "x1"])
    assert found.status is Status.FAILED
    assert "Adapting.mean_" in found.measured["changed"]  # type: ignore[operator]


def test_forests_and_nested_searches_are_taken_apart(judged: Callable[..., Outcome]) -> None:
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import GridSearchCV

    def searched(frame: Any, train: Any, test: Any) -> Any:
        rows = np.arange(len(frame)) if leak else train
        forest = RandomForestClassifier(3, random_state=0)
        search = GridSearchCV(forest, {"max_depth": [1, 2]}, cv=2)
        return search.fit(frame[trainings.NUMBERS].iloc[rows], frame["y"].iloc[rows])

    leak = False
    clean = judged(searched)
    assert clean.status is Status.PASSED, clean.summary
    assert set(clean.measured["not_deterministic"]) == {  # type: ignore[call-overload]
        "GridSearchCV.refit_time_",
        *(
            f"GridSearchCV.cv_results_[{each}_{what}_time]"
            for each in ("mean", "std")
            for what in ("fit", "score")
        ),
    }
    leak = True
    found = judged(searched)
    assert found.status is Status.FAILED
    assert "DecisionTreeClassifier.tree_" in found.measured["changed"]  # type: ignore[operator]


def test_the_function_may_change_what_it_is_given(judged: Callable[..., Outcome]) -> None:
    def clumsy(frame: Any, train: Any, test: Any) -> Any:
        mean = frame["x0"].iloc[train].mean()
        frame["x0"] = 0.0
        train[:] = 0
        return {"mean": mean}

    assert judged(clumsy).status is Status.PASSED


def test_the_table_has_roles_and_features_but_no_folds(
    subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    given: list[Any] = []

    def keeping(frame: Any, train: Any, test: Any) -> Any:
        given.append((frame, train, test))
        return {"mean": frame["x0"].iloc[train].mean()}

    columns = table()
    columns["patient"] = [row // 2 for row in range(60)]
    example = {"columns": columns, "label": "y", "groups": ["patient"], "features": ["x0", "ward"]}
    subject = replace(subject_of(example), estimator=keeping)
    [found] = outcomes_of(subject, "preprocessing_isolation", max_rounds=1)
    assert found.measured["rounds_checked"] == 1
    frame, train, test = given[0]
    assert sorted(frame.columns) == ["id", "patient", "ward", "x0", "y"]
    assert frame["id"].tolist() == list(range(60))
    assert test.tolist() == [row for row in range(60) if row % 5 == 0]
    assert train.tolist() == [row for row in range(60) if row % 5]
    assert len(given) == 9
    # Train rows are the same rows in every table, and test rows take no new classes or keys.
    for other, at, tested in given:
        assert (
            other.iloc[at].reset_index(drop=True).equals(frame.iloc[train].reset_index(drop=True))
        )
        assert set(other["y"].iloc[tested]) <= {"ill", "well"}
        assert set(other["ward"].iloc[tested]) <= set("abcd")
    assert sorted(len(each[0]) for each in given) == [54, *[60] * 7, 72]


def test_what_is_neither_is_an_error_and_nothing_is_not_applicable(
    judged: Callable[..., Outcome], subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    none = judged(None)
    assert none.status is Status.NOT_APPLICABLE
    assert none.summary.startswith("no estimator or training function was given (--estimator")
    assert judged(3).status is Status.ERROR
    assert judged(dict).status is Status.ERROR
    from sklearn.dummy import DummyClassifier

    unlabelled = {"columns": table(), "features": ["x0"]}
    subject = replace(subject_of(unlabelled), estimator=DummyClassifier())
    [found] = outcomes_of(subject, "preprocessing_isolation")
    assert found.status is Status.NOT_APPLICABLE


def test_a_row_on_both_sides_is_not_perturbed(
    subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    from fold_guard.partition.rounds import Round

    columns = {"id": [1, 2, 3, 4], "fold": [0, 0, 1, 1], "x": [1.0, 2.0, 4.0, 8.0]}
    subject: Any = subject_of({"columns": columns})
    test = np.array([True, True, False, False])
    rounds = [Round(0, np.array([False, True, True, True]), test)]
    train = lambda frame, train, test: {"mean": frame["x"].iloc[train].mean()}  # noqa: E731
    [found] = outcomes_of(
        replace(subject, rounds=rounds, estimator=train), "preprocessing_isolation"
    )
    assert found.status is Status.PASSED, found.summary
    assert "not tried, nothing to change" in found.summary


def test_dates_categories_and_nulls_are_perturbed(
    subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    rows = 40
    frame = pl.DataFrame(
        {
            "id": range(rows),
            "fold": [row % 2 for row in range(rows)],
            "day": pl.Series([row * 37 % 91 for row in range(rows)]).cast(pl.Date),
            "kind": pl.Series([["a", "b", "c"][row % 3] for row in range(rows)]).cast(
                pl.Categorical
            ),
            "count": pl.Series([None if row % 9 == 0 else row for row in range(rows)]),
            "flag": [row % 4 == 0 for row in range(rows)],
            "y": [row % 3 for row in range(rows)],
        }
    )
    columns = {name: frame[name] for name in frame.columns}
    for name, of in (
        ("day", lambda column: column.max().value),
        ("kind", lambda column: column.value_counts().to_dict()),
        ("count", lambda column: column.mean()),
        ("flag", lambda column: column.mean()),
        ("y", lambda column: column.mean()),
    ):
        for whole in (True, False):

            def train(
                frame: Any,
                train: Any,
                test: Any,
                *,
                name: str = name,
                of: Any = of,
                w: bool = whole,
            ) -> Any:
                return {"found": of(frame[name] if w else frame[name].iloc[train])}

            example = {"columns": columns, "label": "y", "estimator": train}
            [found] = outcomes_of(subject_of(example), "preprocessing_isolation")
            assert found.status is (Status.FAILED if whole else Status.PASSED), (name, whole)
