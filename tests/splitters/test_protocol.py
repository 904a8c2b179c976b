"""What scikit-learn asks of a splitter, and laws that each of them must keep."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, check_cv, cross_val_predict, cross_validate

from fold_guard import splitters
from fold_guard.errors import DataError, InfeasibleError, UsageError

KINDS = (
    splitters.KFold,
    splitters.StratifiedKFold,
    splitters.GroupKFold,
    splitters.StratifiedGroupKFold,
)
GROUPED = (splitters.GroupKFold, splitters.StratifiedGroupKFold)
STRATIFIED = (splitters.StratifiedKFold, splitters.StratifiedGroupKFold)
every = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
grouped = pytest.mark.parametrize("kind", GROUPED, ids=lambda kind: kind.__name__)
stratified = pytest.mark.parametrize("kind", STRATIFIED, ids=lambda kind: kind.__name__)
quiet = pytest.mark.filterwarnings("ignore:the (largest|rarest)")

_RNG = np.random.default_rng(0)
GROUPS = np.repeat(np.arange(40), 3)
Y = np.where(_RNG.random(120) < 0.3, "rare", "common")
X = pd.DataFrame({"a": _RNG.normal(size=120) + (Y == "rare"), "b": _RNG.normal(size=120)})


def folds_by(splitter: Any, *arguments: Any) -> list[list[int]]:
    return [test.tolist() for _, test in splitter.split(*arguments)]


@every
def test_cross_validate_and_grid_search_take_it(kind: Any) -> None:
    model = LogisticRegression()
    scores = cross_validate(model, X, Y, groups=GROUPS, cv=kind(4))
    assert len(scores["test_score"]) == 4
    assert np.isfinite(scores["test_score"]).all()
    search = GridSearchCV(model, {"C": [0.1, 1.0]}, cv=kind(4)).fit(X, Y, groups=GROUPS)
    assert search.n_splits_ == 4
    assert "split3_test_score" in search.cv_results_
    assert cross_val_predict(model, X, Y, groups=GROUPS, cv=kind(4)).shape == (120,)


@every
def test_check_cv_copies_and_repr(kind: Any) -> None:
    splitter = kind(4, shuffle=True, random_state=7)
    assert check_cv(splitter) is splitter
    assert repr(splitter) == f"{kind.__name__}(n_splits=4, random_state=7, shuffle=True)"
    rounds = folds_by(splitter, X, Y, GROUPS)
    for other in (copy.deepcopy(splitter), pickle.loads(pickle.dumps(splitter))):
        assert folds_by(other, X, Y, GROUPS) == rounds
    assert clone(GridSearchCV(LogisticRegression(), {}, cv=splitter)).cv.random_state == 7


@every
def test_metadata_routing_hands_groups_over_where_they_are_used(kind: Any) -> None:
    with sklearn.config_context(enable_metadata_routing=True):
        if kind in GROUPED:
            scores = cross_validate(
                LogisticRegression(), X, Y, cv=kind(4), params={"groups": GROUPS}
            )
            assert len(scores["test_score"]) == 4
        else:
            with pytest.raises(TypeError, match="groups"):
                cross_validate(LogisticRegression(), X, Y, cv=kind(4), params={"groups": GROUPS})


@quiet
@every
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_laws(kind: Any, data: st.DataObject) -> None:
    k = data.draw(st.integers(2, 5), label="k")
    sizes = data.draw(st.lists(st.integers(1, 6), min_size=k, max_size=25), label="sizes")
    groups = np.repeat(np.arange(len(sizes)), sizes)
    groups = groups[np.random.default_rng(k).permutation(len(groups))]
    n = len(groups)
    y = np.array(data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n), label="y"))
    shuffle = data.draw(st.booleans(), label="shuffle")
    splitter = kind(k, shuffle=shuffle, random_state=3 if shuffle else None)
    rounds = list(splitter.split(np.zeros((n, 1)), y, groups))
    assert len(rounds) == splitter.get_n_splits() == k
    tested = np.concatenate([test for _, test in rounds])
    assert sorted(tested) == list(range(n))
    for train, test in rounds:
        assert test.dtype == train.dtype == np.int64
        assert len(test)
        assert len(train)
        assert sorted([*train, *test]) == list(range(n))
        assert (np.diff(test) > 0).all()
        assert (np.diff(train) > 0).all()
        if kind in GROUPED:
            assert not set(groups[train]) & set(groups[test])
    assert folds_by(splitter, np.zeros((n, 1)), y, groups) == [t.tolist() for _, t in rounds]


@every
def test_shuffling_depends_on_the_seed_alone(kind: Any) -> None:
    first, again, other = (
        folds_by(kind(4, shuffle=True, random_state=seed), X, Y, GROUPS) for seed in (1, 1, 2)
    )
    assert first == again != other
    unseeded = folds_by(kind(4, shuffle=True), X, Y, GROUPS)
    assert unseeded == folds_by(kind(4, shuffle=True, random_state=0), X, Y, GROUPS)


@every
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_splits": 1}, "n_splits must be"),
        ({"n_splits": 2.0}, "n_splits must be"),
        ({"n_splits": True}, "n_splits must be"),
        ({"shuffle": "yes"}, "shuffle must be"),
        ({"random_state": 3}, "no effect without shuffle"),
        ({"shuffle": True, "random_state": -1}, "random_state must be"),
        ({"shuffle": True, "random_state": np.random.default_rng(0)}, "random_state must be"),
    ],
)
def test_settings_without_meaning_are_refused(
    kind: Any, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        kind(**arguments)


@quiet
@every
def test_more_folds_than_units_is_infeasible(kind: Any) -> None:
    with pytest.raises(InfeasibleError, match="there are 3"):
        folds_by(kind(4), X[:3], Y[:3], GROUPS[[0, 3, 6]])


@every
def test_sides_of_different_length_are_refused(kind: Any) -> None:
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        folds_by(kind(4), X, Y[:-1], GROUPS[:-1])


@grouped
def test_groups_are_needed(kind: Any) -> None:
    with pytest.raises(UsageError, match="groups is None"):
        folds_by(kind(4), X, Y)


@grouped
def test_a_null_group_links_nothing(kind: Any) -> None:
    groups = pd.Series(np.where(np.arange(120) < 60, GROUPS, np.nan))
    folds = np.empty(120, dtype=int)
    for fold, test in enumerate(folds_by(kind(4), X, Y, groups)):
        folds[test] = fold
    assert len(set(folds[60:])) == 4
    assert all(len(set(folds[group == GROUPS])) == 1 for group in range(20))


@grouped
def test_several_keys_link_rows_that_share_any(kind: Any) -> None:
    doctor = np.arange(120) // 6
    keys = pd.DataFrame({"patient": GROUPS, "doctor": [f"dr {d}" for d in doctor]})
    for train, test in kind(4).split(X, Y, keys):
        assert not set(doctor[train]) & set(doctor[test])
    assert folds_by(kind(4), X, Y, np.column_stack([GROUPS, doctor])) == folds_by(
        kind(4), X, Y, keys
    )


@grouped
@pytest.mark.parametrize("make", [list, np.array, pd.Series, lambda g: pd.Series(g).astype(str)])
def test_groups_of_any_kind_say_the_same(kind: Any, make: Any) -> None:
    zero_filled = GROUPS + 100
    assert folds_by(kind(4), X, Y, make(zero_filled)) == folds_by(kind(4), X, Y, zero_filled)


@grouped
def test_a_giant_group_is_not_passed_over_in_silence(kind: Any) -> None:
    groups = np.where(np.arange(120) < 80, 0, np.arange(120))
    with pytest.warns(UserWarning, match="the largest group has 80 of 120 rows"):
        sizes = [len(test) for test in folds_by(kind(5), X, Y, groups)]
    assert sorted(sizes) == [10, 10, 10, 10, 80]


@stratified
def test_labels_are_needed_and_must_be_classes(kind: Any) -> None:
    for y, message in (
        (None, "y is None"),
        (np.column_stack([GROUPS, GROUPS]), "2 columns"),
    ):
        with pytest.raises(UsageError, match=message):
            folds_by(kind(4), X, y, GROUPS)
    for bad, message in (
        (X["a"], "continuous"),
        ([None, *Y[1:].tolist()], "1 row has no label, the first at position 0"),
        (np.array([1, "a"] * 60, dtype=object), "one column"),
    ):
        with pytest.raises(DataError, match=message):
            folds_by(kind(4), X, bad, GROUPS)


@stratified
def test_a_class_rarer_than_the_folds_is_not_passed_over_in_silence(kind: Any) -> None:
    y = np.where(np.arange(120) < 2, "odd", "usual")
    with pytest.warns(UserWarning, match="rarest class has 2 rows, fewer than n_splits=4"):
        folds_by(kind(4), X, y, GROUPS)


@stratified
@pytest.mark.parametrize(
    "make", [list, pd.Series, lambda y: pd.Series(y).astype("category"), lambda y: y == "rare"]
)
def test_labels_of_any_kind_say_the_same(kind: Any, make: Any) -> None:
    assert folds_by(kind(4), X, make(Y), GROUPS) == folds_by(kind(4), X, Y, GROUPS)


def test_importing_the_package_imports_no_scikit_learn() -> None:
    program = (
        "import sys, fold_guard, fold_guard.splitters, fold_guard.partition.assignment\n"
        "assert 'KFold' in dir(fold_guard.splitters)\n"
        "loaded = {'sklearn', 'pandas'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_exports_are_what_the_names_say() -> None:
    for name in splitters.__all__:
        assert getattr(splitters, name).__name__ == name
    with pytest.raises(AttributeError, match="NoSplitter"):
        _ = splitters.NoSplitter
