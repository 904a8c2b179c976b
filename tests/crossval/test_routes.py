"""Which way the predictions come about: fits, or leave-one-out without them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from fold_guard.crossval.design import Design
from fold_guard.crossval.fit import score_rounds
from fold_guard.crossval.result import Result, RunFacts
from fold_guard.crossval.routes import TRAIN_SIDES_SCORED, Running
from fold_guard.crossval.runs.budget import Budget
from fold_guard.crossval.runs.journal import Journal
from fold_guard.errors import FoldGuardError, Incomplete
from fold_guard.partition.rounds import Round, kfold_rounds

N = 60
LONE = Design(single_rows=True, rounds_a_repeat=N)
MODEL = make_pipeline(StandardScaler(), LogisticRegression(tol=1e-10, max_iter=1000))


def table(seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(N, 3)), columns=["a", "b", "c"])
    noisy = (X["a"] + rng.normal(size=N)).to_numpy()
    return X, np.array(["ill", "so-so", "well"], dtype=object)[np.digitize(noisy, [-0.5, 0.7])]


def lone_rounds() -> Any:
    return kfold_rounds(np.arange(N))


def score(model: Any, X: pd.DataFrame, y: Any, **more: Any) -> Result:
    return score_rounds(model, X, y, lone_rounds(), row_ids=range(N), design=LONE, **more)


def test_exact_leave_one_out_is_what_fits_would_give() -> None:
    X, y = table()
    exact, fitted = score(MODEL, X, y), score(MODEL, X, y, running=Running(exact=False))
    assert exact.path.startswith("exact: logistic regression")
    assert fitted.path == f"{N} fits"
    expected = cross_val_predict(MODEL, X, y, cv=LeaveOneOut(), method="predict_proba")
    for result in (exact, fitted):
        names = [f"probability[{label}]" for label in result.classes]
        found = result.predictions.select(names).to_numpy()
        np.testing.assert_allclose(found, expected, atol=1e-6)
        assert result.predictions["label"].to_list() == y.tolist()
    same = exact.predictions["prediction"] == fitted.predictions["prediction"]
    assert same.all()
    assert exact.summary["accuracy"].estimate == fitted.summary["accuracy"].estimate
    assert exact.rounds == fitted.rounds == ()


def test_the_rounds_may_come_in_any_order() -> None:
    X, y = table()
    order = np.random.default_rng(1).permutation(N)
    rounds = [
        Round(int(at), np.arange(N) != row, np.arange(N) == row) for at, row in enumerate(order)
    ]
    found = score_rounds(MODEL, X, y, rounds, row_ids=range(N), design=LONE)
    usual = score(MODEL, X, y)
    columns = [name for name in usual.predictions.columns if name != "fold"]
    assert found.predictions.select(columns).equals(usual.predictions.select(columns))
    assert found.predictions["fold"].to_list() == np.argsort(order).tolist()


def test_regression() -> None:
    X, _ = table()
    y = (2 * X["a"] + np.random.default_rng(2).normal(size=N)).to_numpy()
    found = score(LinearRegression(), X, y, task="regression")
    assert found.path.startswith("exact: ")
    expected = cross_val_predict(LinearRegression(), X, y, cv=LeaveOneOut())
    np.testing.assert_allclose(found.predictions["prediction"].to_numpy(), expected, rtol=1e-8)
    assert found.summary["mae"].estimate == pytest.approx(np.abs(expected - y).mean())


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda X: X.assign(a=X["a"].where(X["a"] < 1.5)), "contains NaN"),
        (lambda X: X.assign(word="x"), "could not convert string"),
    ],
    ids=["nulls", "text"],
)
def test_columns_that_no_formula_takes_are_left_to_the_estimator(change: Any, why: str) -> None:
    X, y = table()
    # Not one of the first ten rounds can be fitted: the others are not tried.
    with pytest.raises(FoldGuardError, match=why) as caught:
        score(MODEL, change(X), y)
    assert caught.value.where == "round 0"


def test_other_estimators_and_other_rounds_are_fitted() -> None:
    X, y = table()
    assert score(DecisionTreeClassifier(random_state=0), X, y).path == f"{N} fits"
    folds = score_rounds(MODEL, X, y, kfold_rounds(np.arange(N) % 5), row_ids=range(N))
    assert folds.path == "5 fits"
    # A row that is never trained on: no leave-one-out.
    rounds = [Round(r.index, r.train & (np.arange(N) > 0), r.test) for r in lone_rounds()][1:]
    some = score_rounds(MODEL, X, y, rounds, row_ids=range(N), design=LONE)
    assert some.path == f"{N - 1} fits"


def test_of_single_rows_some_train_sides_are_scored() -> None:
    X, y = table()
    found = score(DecisionTreeClassifier(max_depth=1, random_state=0), X, y)
    accuracy = found.summary["accuracy"]
    assert accuracy.train is not None
    assert accuracy.gap == pytest.approx(accuracy.train - accuracy.estimate)
    seen: list[RunFacts] = []
    score(DecisionTreeClassifier(), X, y, running=Running(on_facts=seen.append))
    assert len(seen[0].rounds) == N
    assert TRAIN_SIDES_SCORED < N


class Moody(ClassifierMixin, BaseEstimator):
    """Fails where it is told to; counts its fits."""

    fits = 0

    def __init__(self, never: float | None = None, noise: bool = False) -> None:
        self.never, self.noise = never, noise

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> Moody:
        Moody.fits += 1
        if self.never is not None and self.never not in X["a"].to_numpy():
            raise ValueError("misses its favourite")
        self.classes_ = np.unique(y)
        self.shift_ = np.random.default_rng().integers(3) if self.noise else 0
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        return self.classes_[(np.arange(len(X)) + self.shift_) % len(self.classes_)]


@pytest.fixture(autouse=True)
def _forget() -> None:
    Moody.fits = 0


def test_failures_are_told_or_refused() -> None:
    X, y = table()
    model = Moody(never=X["a"][7])
    with pytest.raises(FoldGuardError, match="ValueError: misses its favourite") as caught:
        score(model, X, y)
    assert caught.value.where == "round 7"
    found = score(model, X, y, max_failure_rate=0.05)
    assert [(each.round, each.kind) for each in found.failures] == [(7, "exception")]
    assert found.failure_rate == pytest.approx(1 / N)
    assert found.predictions.height == N - 1
    assert 7 not in found.predictions["row_id"].to_list()
    assert found.n_rounds == N
    assert "FAILED" in str(found)


def test_a_fold_that_fails_is_in_no_mean() -> None:
    X, y = table()
    model = Moody(never=X["a"][7])
    rounds = kfold_rounds(np.arange(N) % 5)
    found = score_rounds(model, X, y, rounds, row_ids=range(N), max_failure_rate=0.2)
    assert [each.index for each in found.rounds] == [0, 1, 3, 4]
    assert [each.round for each in found.failures] == [2]
    assert sum(map(sum, found.confusion)) == N - 12


def test_all_that_fail_give_no_result() -> None:
    X, y = table()
    with pytest.raises(FoldGuardError, match="misses its favourite"):
        score(Moody(never=99.0), X, y, max_failure_rate=0.99)


def test_over_budget_and_resumed(tmp_path: Any) -> None:
    X, y = table()
    tight = Running(budget=Budget(seconds=1e-9), journal=Journal(tmp_path / "j.sqlite", "k"))
    with pytest.raises(Incomplete, match=r"incomplete: .*budget\.seconds.*run it again"):
        score(Moody(), X, y, running=tight)
    begun = Moody.fits
    assert begun < N
    facts: list[RunFacts] = []
    free = Running(journal=Journal(tmp_path / "j.sqlite", "k"), on_facts=facts.append)
    found = score(Moody(), X, y, running=free)
    assert Moody.fits == N
    assert facts[0].resumed == begun
    assert found.predictions.equals(score(Moody(), X, y).predictions)


def test_the_budget_holds_for_rounds_that_are_played_twice(tmp_path: Any) -> None:
    X, y = table()
    journal = Journal(tmp_path / "j.sqlite", "k")
    score(Moody(), X, y, running=Running(journal=journal))
    begun = Moody.fits
    tight = Running(budget=Budget(seconds=1e-9), journal=journal, recheck=3)
    with pytest.raises(
        Incomplete,
        match=r"incomplete: 1 of 3 rounds were played again when it stopped: budget\.seconds.*"
        r"run it again.*lower recheck",
    ):
        score(Moody(), X, y, running=tight)
    assert Moody.fits == begun + 1
    # All that was recorded is kept, and no process is under suspicion.
    found = score(Moody(), X, y, running=Running(journal=journal, recheck=3))
    assert Moody.fits == begun + 1 + 3
    assert found.concerns == ()
    assert not list(tmp_path.glob("*.recheck"))


def test_played_twice_to_compare() -> None:
    X, y = table()
    sure = score(Moody(), X, y, running=Running(recheck=3))
    assert Moody.fits == N + 3
    assert sure.concerns == ()
    assert "3 of them twice" in sure.path
    rounds = kfold_rounds(np.arange(N) % 5)
    unsure = score_rounds(
        Moody(noise=True), X, y, rounds, row_ids=range(N), running=Running(recheck=5)
    )
    assert [each.name for each in unsure.concerns] == ["not_deterministic"]


@pytest.mark.parametrize("exact", [True, False])
def test_the_number_of_native_threads_changes_no_byte(exact: bool) -> None:
    from threadpoolctl import threadpool_limits

    rng = np.random.default_rng(5)
    X = pd.DataFrame(rng.normal(size=(N, 40)))
    X.columns = [f"x{at}" for at in range(40)]
    y = table()[1]
    found = []
    for threads in (1, 2):
        with threadpool_limits(limits=threads):
            found.append(score(MODEL, X, y, running=Running(exact=exact)))
    assert found[0].predictions.equals(found[1].predictions)
    assert found[0].summary == found[1].summary


def test_exact_leave_one_out_has_a_train_side_too() -> None:
    X, y = table()
    found = score(MODEL, X, y).summary["accuracy"]
    assert found.train == pytest.approx((MODEL.fit(X, y).predict(X) == y).mean())
    assert found.gap == pytest.approx(found.train - found.estimate)


def test_classes_that_do_not_follow_from_the_probabilities_are_refitted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from fold_guard.crossval import routes

    real, asked = routes.exact_leave_one_out, []

    def spy(estimator: Any, X: Any, y: Any, method: str, *, verify: int = 20) -> Any:
        asked.append((method, verify))
        found = real(estimator, X, y, method, verify=verify)
        if method == "predict" and verify == 0 and lying:
            found.predictions[:] = "ill"
        return found

    monkeypatch.setattr(routes, "exact_leave_one_out", spy)
    X, y = table()
    lying = False
    usual = score(MODEL, X, y)
    assert asked == [("predict_proba", 20), ("predict", 0)]
    lying = True
    asked.clear()
    found = score(MODEL, X, y)
    assert asked[-1] == ("predict", routes.VERIFIED)
    assert found.predictions.equals(usual.predictions)
