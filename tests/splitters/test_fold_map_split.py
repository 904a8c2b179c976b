from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, check_cv, cross_validate
from sklearn.pipeline import make_pipeline

from fold_guard.errors import DataError, Refused, UsageError
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan
from fold_guard.splitters import FoldMapSplit

_RNG = np.random.default_rng(1)
_Y = np.arange(120) % 3 % 2
TABLE = pd.DataFrame(
    {
        "row": np.arange(120) + 500,
        "site": [f"s{i % 7}" for i in range(120)],
        "patient": np.arange(120) // 3,
        "day": np.arange(120) // 2,
        "y": _Y,
        "a": _RNG.normal(size=120) + _Y,
    }
)
X, Y, IDS = TABLE[["a"]], TABLE["y"], TABLE["row"]


@pytest.fixture(scope="module")
def fold_map() -> FoldMap:
    return make_folds(TABLE, FoldPlan(n_splits=4), id="row", label="y", groups=["patient"])


@pytest.fixture(scope="module")
def forward() -> FoldMap:
    plan = FoldPlan("forward", n_splits=4, embargo=2)
    return make_folds(TABLE, plan, id="row", label="y", groups=["patient"], time="day")


def rounds(splitter: FoldMapSplit, *arguments: Any, **named: Any) -> list[tuple[Any, Any]]:
    return [(a.tolist(), b.tolist()) for a, b in splitter.split(*arguments, **named)]


def test_it_replays_the_map(fold_map: FoldMap) -> None:
    expected = [(a.tolist(), b.tolist()) for a, b in fold_map.split(TABLE)]
    splitter = FoldMapSplit(fold_map)
    assert splitter.get_n_splits() == len(expected) == 4
    assert rounds(splitter, TABLE) == expected
    assert rounds(splitter, pl.from_pandas(TABLE)) == expected
    assert rounds(splitter, TABLE, Y, IDS) == expected
    for ids in (IDS, IDS.to_numpy(), IDS.tolist(), IDS.astype("int32"), pl.Series(IDS)):
        assert rounds(splitter, X.to_numpy(), groups=ids) == expected


def test_ids_and_not_positions_decide(fold_map: FoldMap) -> None:
    order = np.random.default_rng(2).permutation(120)
    splitter = FoldMapSplit(fold_map)
    before = [set(IDS.iloc[test]) for _, test in splitter.split(X, groups=IDS)]
    mixed = IDS.iloc[order]
    assert [set(mixed.iloc[test]) for _, test in splitter.split(X, groups=mixed)] == before


def test_a_saved_map_gives_the_same_rounds(fold_map: FoldMap, tmp_path: Path) -> None:
    fold_map.save(tmp_path / "map")
    loaded = FoldMapSplit(FoldMap.load(tmp_path / "map"))
    assert rounds(loaded, TABLE) == rounds(FoldMapSplit(fold_map), TABLE)
    assert fold_map.digest[:12] in repr(loaded)


def test_scikit_learn_takes_it(fold_map: FoldMap) -> None:
    splitter, model = FoldMapSplit(fold_map), LogisticRegression()
    assert check_cv(splitter) is splitter
    scores = cross_validate(model, X, Y, groups=IDS, cv=splitter)["test_score"]
    assert np.isfinite(scores).all()
    chosen = make_pipeline(make_column_transformer(("passthrough", ["a"])), model)
    assert (cross_validate(chosen, TABLE, Y, cv=splitter)["test_score"] == scores).all()
    search = GridSearchCV(model, {"C": [1.0, 2.0]}, cv=splitter).fit(X, Y, groups=IDS)
    assert search.n_splits_ == 4
    assert rounds(copy.deepcopy(splitter), TABLE) == rounds(splitter, TABLE)
    with sklearn.config_context(enable_metadata_routing=True):
        routed = cross_validate(model, X, Y, cv=splitter, params={"groups": IDS})["test_score"]
    assert (routed == scores).all()


def test_forward_plans_need_time_and_groups_too(forward: FoldMap) -> None:
    splitter = FoldMapSplit(forward)
    expected = [(a.tolist(), b.tolist()) for a, b in forward.split(TABLE)]
    assert splitter.get_n_splits() == len(expected) == 3
    assert rounds(splitter, TABLE) == expected
    # The ids may come apart from the rest.
    assert rounds(splitter, TABLE.drop(columns="row"), groups=IDS) == expected
    with pytest.raises(UsageError, match=r"no column 'day', 'patient'.*forward plan"):
        rounds(splitter, X, groups=IDS)


def test_several_id_columns(fold_map: FoldMap) -> None:
    two = make_folds(TABLE, FoldPlan("kfold", n_splits=3), id=["site", "row"])
    splitter = FoldMapSplit(two)
    expected = rounds(splitter, TABLE)
    assert rounds(splitter, X, groups=TABLE[["site", "row"]]) == expected
    with pytest.raises(UsageError, match=r"row ids \(site, row\), got 1 columns"):
        rounds(splitter, X, groups=IDS)


def test_rows_without_ids_are_refused(fold_map: FoldMap) -> None:
    splitter = FoldMapSplit(fold_map)
    for table in (X, X.to_numpy()):
        with pytest.raises(UsageError, match=r"no column 'row' to know the rows by.*groups="):
            rounds(splitter, table, Y)


def test_groups_that_are_no_row_ids_are_refused(fold_map: FoldMap) -> None:
    splitter = FoldMapSplit(fold_map)
    with pytest.raises(UsageError, match="not the row ids that X has"):
        rounds(splitter, TABLE, Y, TABLE["patient"])
    with pytest.raises(DataError, match="repeat an id"):
        rounds(splitter, X, Y, TABLE["patient"])
    with pytest.raises(Refused, match="120 rows have no fold"):
        rounds(splitter, X, Y, IDS + 10_000)
    with pytest.raises(Refused, match="120 rows have no fold"):
        rounds(splitter, X, Y, IDS.astype(str))
    with pytest.raises(ValueError, match="inconsistent numbers"):
        rounds(splitter, X, Y, IDS[:-1])


def test_a_part_that_leaves_a_round_empty_is_refused(fold_map: FoldMap) -> None:
    splitter = FoldMapSplit(fold_map)
    for missing in (0, 3):
        train, _ = list(splitter.split(TABLE))[missing]
        with pytest.raises(DataError, match="has no row of this table"):
            rounds(splitter, TABLE.iloc[train])


def test_no_row_is_bound_by_the_constructor(fold_map: FoldMap) -> None:
    half = FoldMapSplit(fold_map).split(TABLE.iloc[:60])
    assert max(max(train.max(), test.max()) for train, test in half) == 59


def test_what_is_no_fold_map_is_refused() -> None:
    for bad in ("data/folds/main", None, [([0], [1])]):
        with pytest.raises(UsageError, match=r"needs a fold map.*FoldMap.load"):
            FoldMapSplit(bad)  # type: ignore[arg-type]
