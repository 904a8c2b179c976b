"""What scikit-learn asks of a splitter, of each of them."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, check_cv, cross_val_predict, cross_validate

from fold_guard import splitters
from fold_guard.errors import DataError, InfeasibleError, UsageError
from tests.splitters.cases import CASES, Case

KFOLDS = (
    splitters.KFold,
    splitters.StratifiedKFold,
    splitters.GroupKFold,
    splitters.StratifiedGroupKFold,
)
GROUPED_KFOLDS = (splitters.GroupKFold, splitters.StratifiedGroupKFold)
STRATIFIED = (splitters.StratifiedKFold, splitters.StratifiedGroupKFold)
kfolds = pytest.mark.parametrize("kind", KFOLDS, ids=lambda kind: kind.__name__)
grouped_kfolds = pytest.mark.parametrize("kind", GROUPED_KFOLDS, ids=lambda kind: kind.__name__)
stratified = pytest.mark.parametrize("kind", STRATIFIED, ids=lambda kind: kind.__name__)
every = pytest.mark.parametrize("case", CASES, ids=lambda case: type(case.splitter).__name__)
grouped = pytest.mark.parametrize(
    "case", [c for c in CASES if c.grouped], ids=lambda case: type(case.splitter).__name__
)

_RNG = np.random.default_rng(0)
GROUPS = np.repeat(np.arange(40), 3)
Y = np.where(_RNG.random(120) < 0.3, "rare", "common")
X = pd.DataFrame({"a": _RNG.normal(size=120) + (Y == "rare"), "b": _RNG.normal(size=120)})


def folds_by(splitter: Any, *arguments: Any) -> list[list[int]]:
    return [test.tolist() for _, test in splitter.split(*arguments)]


def rounds_of(case: Case) -> list[tuple[list[int], list[int]]]:
    pairs = case.splitter.split(case.X, case.y, case.groups)
    return [(train.tolist(), test.tolist()) for train, test in pairs]


def test_the_cases_are_all_splitters() -> None:
    apart = {"FoldMapSplit", "nested_splits"}
    assert {type(case.splitter).__name__ for case in CASES} == set(splitters.__all__) - apart


@every
def test_cross_validate_takes_it(case: Case) -> None:
    scores = cross_validate(
        case.model, case.X, case.y, groups=case.groups, cv=case.splitter, error_score="raise"
    )
    n_splits = case.splitter.get_n_splits(case.X, case.y, case.groups)
    assert len(scores["test_score"]) == n_splits == len(rounds_of(case))


@every
def test_grid_search_takes_it(case: Case) -> None:
    search = GridSearchCV(case.model, case.grid, cv=case.splitter, error_score="raise")
    search.fit(case.X, case.y, groups=case.groups)
    assert search.n_splits_ == len(rounds_of(case))
    assert clone(search).cv.__class__ is case.splitter.__class__


@kfolds
def test_cross_val_predict_takes_a_partition(kind: Any) -> None:
    groups = GROUPS if kind in GROUPED_KFOLDS else None
    assert cross_val_predict(LogisticRegression(), X, Y, groups=groups, cv=kind(4)).shape == (120,)


@every
def test_check_cv_copies_and_repr(case: Case) -> None:
    splitter = case.splitter
    assert check_cv(splitter) is splitter
    parameters = sorted(inspect.signature(type(splitter)).parameters)
    shown = re.findall(r"(\w+)=", repr(splitter))
    assert shown == parameters
    rounds = rounds_of(case)
    for other in (copy.deepcopy(splitter), pickle.loads(pickle.dumps(splitter))):
        assert rounds_of(dataclasses.replace(case, splitter=other)) == rounds


@every
def test_metadata_routing_hands_groups_over_where_they_are_used(case: Case) -> None:
    groups = np.arange(len(case.y)) // 2
    with sklearn.config_context(enable_metadata_routing=True):
        arguments = (case.model, case.X, case.y)
        if case.grouped:
            params = {"groups": case.groups}
            scores = cross_validate(*arguments, cv=case.splitter, params=params)
            assert len(scores["test_score"]) == len(rounds_of(case))
        else:
            with pytest.raises(TypeError, match="groups"):
                cross_validate(*arguments, cv=case.splitter, params={"groups": groups})


@every
def test_groups_that_nobody_reads_are_not_passed_over_in_silence(case: Case) -> None:
    if case.grouped:
        with pytest.raises(UsageError, match="The 'groups' parameter should not be None"):
            list(case.splitter.split(case.X, case.y))
    else:
        with pytest.warns(UserWarning, match="groups parameter is ignored") as caught:
            case.splitter.split(case.X, case.y, np.arange(len(case.y)))
        assert [Path(each.filename).name for each in caught] == ["test_protocol.py"]


@grouped
@pytest.mark.parametrize("frame", [True, False])
def test_groups_without_a_column_are_refused(case: Case, frame: bool) -> None:
    rows = len(case.y)
    empty = pd.DataFrame(index=range(rows)) if frame else np.zeros((rows, 0))
    with pytest.raises(UsageError, match="groups have no column"):
        list(case.splitter.split(case.X, case.y, empty))


@every
def test_the_seed_decides_and_nothing_else(case: Case) -> None:
    parameters = inspect.signature(type(case.splitter)).parameters
    if "random_state" not in parameters:
        assert rounds_of(case) == rounds_of(case)
        return
    shuffle = {"shuffle": True} if "shuffle" in parameters else {}

    def seeded(random_state: Any) -> list[tuple[list[int], list[int]]]:
        splitter = copy.copy(case.splitter)
        vars(splitter).update(shuffle, random_state=random_state)
        return rounds_of(dataclasses.replace(case, splitter=splitter))

    assert seeded(1) == seeded(1) != seeded(2)
    assert seeded(None) == seeded(0)
    for source in (np.random.RandomState, np.random.default_rng):
        assert seeded(source(5)) == seeded(source(5))
        generator = source(5)
        assert seeded(generator) != seeded(generator)


@kfolds
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_splits": 1}, "n_splits must be"),
        ({"n_splits": 2.0}, "n_splits must be"),
        ({"n_splits": True}, "n_splits must be"),
        ({"shuffle": "yes"}, "shuffle must be"),
        ({"random_state": 3}, "no effect since shuffle is False"),
        ({"shuffle": True, "random_state": -1}, "random_state must be"),
        ({"shuffle": True, "random_state": "seven"}, "random_state must be"),
    ],
)
def test_settings_without_meaning_are_refused(
    kind: Any, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        kind(**arguments)


@kfolds
def test_more_folds_than_units_is_infeasible(kind: Any) -> None:
    groups = GROUPS[[0, 3, 6]] if kind in GROUPED_KFOLDS else None
    with pytest.raises(InfeasibleError, match="there are 3"):
        folds_by(kind(4), X[:3], Y[:3], groups)


@kfolds
def test_sides_of_different_length_are_refused(kind: Any) -> None:
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        folds_by(kind(4), X, Y[:-1], GROUPS if kind in GROUPED_KFOLDS else None)


@grouped_kfolds
def test_a_null_group_links_nothing(kind: Any) -> None:
    groups = pd.Series(np.where(np.arange(120) < 60, GROUPS, np.nan))
    folds = np.empty(120, dtype=int)
    for fold, test in enumerate(folds_by(kind(4), X, Y, groups)):
        folds[test] = fold
    assert len(set(folds[60:])) == 4
    assert all(len(set(folds[group == GROUPS])) == 1 for group in range(20))


@grouped_kfolds
def test_several_keys_link_rows_that_share_any(kind: Any) -> None:
    doctor = np.arange(120) // 6
    keys = pd.DataFrame({"patient": GROUPS, "doctor": [f"dr {d}" for d in doctor]})
    for train, test in kind(4).split(X, Y, keys):
        assert not set(doctor[train]) & set(doctor[test])
    assert folds_by(kind(4), X, Y, np.column_stack([GROUPS, doctor])) == folds_by(
        kind(4), X, Y, keys
    )


@grouped_kfolds
@pytest.mark.parametrize("make", [list, np.array, pd.Series, lambda g: pd.Series(g).astype(str)])
def test_groups_of_any_kind_say_the_same(kind: Any, make: Any) -> None:
    zero_filled = GROUPS + 100
    assert folds_by(kind(4), X, Y, make(zero_filled)) == folds_by(kind(4), X, Y, zero_filled)


@grouped_kfolds
def test_a_giant_group_is_not_passed_over_in_silence(kind: Any) -> None:
    groups = np.where(np.arange(120) < 80, 0, np.arange(120))
    with pytest.warns(UserWarning, match="the largest group has 80 of 120 rows"):
        sizes = [len(test) for test in folds_by(kind(5), X, Y, groups)]
    assert sorted(sizes) == [10, 10, 10, 10, 80]


@stratified
def test_classes_that_are_all_rarer_than_the_folds_are_infeasible(kind: Any) -> None:
    with pytest.raises(InfeasibleError, match=r"largest has 30\. Use n_splits <= 30"):
        folds_by(kind(31), X, np.arange(120) // 30, _singletons(kind))


@stratified
def test_labels_are_needed_and_must_be_classes(kind: Any) -> None:
    for y, message in (
        (None, "y is None"),
        (np.column_stack([GROUPS, GROUPS]), "2 columns"),
    ):
        with pytest.raises(UsageError, match=message):
            folds_by(kind(4), X, y, _groups(kind))
    for bad, message in (
        (X["a"], "continuous"),
        ([None, *Y[1:].tolist()], "1 row has no label, the first at position 0"),
        (np.array([1, "a"] * 60, dtype=object), "one column"),
    ):
        with pytest.raises(DataError, match=message):
            folds_by(kind(4), X, bad, _groups(kind))


@stratified
def test_a_class_rarer_than_the_folds_is_not_passed_over_in_silence(kind: Any) -> None:
    y = np.where(np.arange(120) < 2, "odd", "usual")
    with pytest.warns(UserWarning, match="least populated class has 2 rows, fewer than n_splits=4"):
        folds_by(kind(4), X, y, _groups(kind))


@stratified
@pytest.mark.parametrize(
    "make", [list, pd.Series, lambda y: pd.Series(y).astype("category"), lambda y: y == "rare"]
)
def test_labels_of_any_kind_say_the_same(kind: Any, make: Any) -> None:
    assert folds_by(kind(4), X, make(Y), _groups(kind)) == folds_by(kind(4), X, Y, _groups(kind))


def _groups(kind: Any) -> Any:
    return GROUPS if kind in GROUPED_KFOLDS else None


def _singletons(kind: Any) -> Any:
    return np.arange(120) if kind in GROUPED_KFOLDS else None


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


def test_keys_that_link_everything_are_named() -> None:
    keys = np.column_stack([np.arange(12), np.ones(12, dtype=int)])
    with pytest.raises(InfeasibleError, match="without key 2 the largest group has 1 rows"):
        list(splitters.GroupKFold(3).split(keys, groups=keys))
