from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, check_cv, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from fold_guard.errors import DataError, Refused, UsageError
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan
from fold_guard.splitters import FoldMapSplit
from tests.folds.strategies import CASES, derived, map_of

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


def small(covid: pl.DataFrame, strategy: str) -> pl.DataFrame:
    """Rows of every day, in another order than by id."""
    rows = covid.head(200) if "one" in strategy else covid.gather_every(19)
    return derived(rows).sample(fraction=1.0, shuffle=True, seed=3)


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest, covid: pl.DataFrame) -> tuple[FoldMap, pl.DataFrame]:
    table = small(covid, request.param)
    return map_of(table, request.param), table


def test_every_strategy_is_replayed_round_by_round(case: tuple[FoldMap, pl.DataFrame]) -> None:
    made, table = case
    splitter = FoldMapSplit(made)
    expected = [
        (np.flatnonzero(each.train).tolist(), np.flatnonzero(each.test).tolist())
        for each in made.rounds(table)
    ]
    assert splitter.get_n_splits() == made.manifest.n_rounds == len(expected)
    assert rounds(splitter, table) == expected
    needed = made.manifest.round_columns
    assert rounds(splitter, table.select("row_id", *needed)) == expected
    bare = np.zeros((table.height, 1))
    if not needed:
        assert rounds(splitter, bare, groups=table["row_id"]) == expected
        return
    with pytest.raises(
        UsageError, match=f"no column '{needed[0]}'.* and a {made.manifest.plan.strategy} "
    ):
        rounds(splitter, bare, groups=table["row_id"])
    for name in needed:
        with pytest.raises(UsageError, match=f"no column '{name}' and a"):
            rounds(splitter, table.drop(name))


def test_scikit_learn_scores_every_strategy(case: tuple[FoldMap, pl.DataFrame]) -> None:
    made, table = case
    labels = made.manifest.dataset.labels or made.manifest.dataset.label
    frame = table.to_pandas()
    y = frame[list(labels)] if isinstance(labels, tuple) else frame[labels]
    model = DummyRegressor() if labels == "age" else DummyClassifier()
    splitter = FoldMapSplit(made)
    scores = cross_validate(model, frame, y, cv=splitter, error_score="raise")["test_score"]
    expected = [
        clone(model).fit(None, y[each.train]).score(frame[each.test], y[each.test])
        for each in made.rounds(table)
    ]
    assert scores.tolist() == expected


@pytest.mark.parametrize(
    ("strategy", "more", "expected"),
    [
        ("kfold", {"n_splits": 3, "n_repeats": 4}, 12),
        ("stratified_group", {"n_splits": 3, "n_repeats": 2}, 6),
        ("stratified_shuffle_split", {"n_repeats": 7}, 7),
        ("combinatorial_purged", {"n_splits": 6, "n_test_folds": 3}, 20),
        ("leave_p_groups_out", {"n_test_folds": 3}, 4),
        ("forward", {"n_splits": 6, "window": 2, "purge_groups": False}, 5),
    ],
)
def test_the_number_of_rounds(
    covid: pl.DataFrame, strategy: str, more: dict[str, Any], expected: int
) -> None:
    table = small(covid, strategy)
    made = map_of(table, strategy, **more)
    splitter = FoldMapSplit(made)
    assert splitter.get_n_splits() == len(rounds(splitter, table)) == expected


def test_groups_that_are_not_purged_are_not_asked_for(covid: pl.DataFrame) -> None:
    table = small(covid, "forward")
    made = map_of(table, "forward", purge_groups=False)
    assert made.manifest.round_columns == ("pan_day",)
    assert rounds(FoldMapSplit(made), table.drop("subject_id")) == rounds(FoldMapSplit(made), table)


def test_an_evaluation_time_is_asked_for_by_its_name(covid: pl.DataFrame) -> None:
    table = small(covid, "purged")
    made = map_of(table, "purged")
    assert made.manifest.round_columns == ("pan_day", "known_day")
    days = make_folds(table, FoldPlan("purged", n_splits=4), id="row_id", time="pan_day")
    assert days.manifest.round_columns == ("pan_day",)
    assert len(rounds(FoldMapSplit(days), table.select("row_id", "pan_day"))) == 4


def test_nested_folds_tune_within_each_round(covid: pl.DataFrame) -> None:
    table = small(covid, "group")
    made = map_of(table, "stratified_group", n_splits=3, inner_splits=2)
    frame, y, ids = table.to_pandas(), (table["result"] == "positive").to_numpy(), table["row_id"]
    people = table["subject_id"].to_numpy()
    inner_of = made.table.select("row_id", pl.selectors.starts_with("inner_"))
    held = ids.to_frame().join(inner_of, on="row_id", how="left", maintain_order="left")
    scores, tested = [], []
    for at, (train, test, inner) in enumerate(FoldMapSplit(made).nested(frame)):
        tested += test.tolist()
        folds = held[f"inner_{at}"].to_numpy()
        assert len(inner) == 2
        for fold, (learn, validate) in enumerate(inner):
            # Positions within the train side: the outer test rows are in neither.
            assert sorted(train[validate]) == np.flatnonzero(folds == fold).tolist()
            assert sorted([*learn, *validate]) == list(range(len(train)))
            assert not set(people[train[learn]]) & set(people[train[validate]])
        search = GridSearchCV(
            DecisionTreeClassifier(random_state=0), {"max_depth": [1, 3]}, cv=inner
        )
        search.fit(frame[["age"]].iloc[train], y[train])
        scores.append(search.score(frame[["age"]].iloc[test], y[test]))
    assert sorted(tested) == list(range(table.height))
    assert len(scores) == made.manifest.n_rounds == 3
    bare = FoldMapSplit(made).nested(frame[["age"]], groups=ids)
    assert [len(each.inner) for each in bare] == [2, 2, 2]


def test_nested_folds_are_refused_where_there_are_none(fold_map: FoldMap) -> None:
    with pytest.raises(UsageError, match=r"no nested folds.*inner_splits"):
        list(FoldMapSplit(fold_map).nested(TABLE))


def test_a_part_that_leaves_an_inner_round_empty_is_refused() -> None:
    made = make_folds(TABLE, FoldPlan("kfold", n_splits=2, inner_splits=2), id="row")
    kept = made.table.filter(pl.col("inner_0") != 1)["row_id"].to_list()
    with pytest.raises(DataError, match="an inner round of round 0 has no row of this table in"):
        list(FoldMapSplit(made).nested(TABLE[TABLE["row"].isin(kept)]))


def test_what_is_no_fold_map_is_refused() -> None:
    for bad in ("data/folds/main", None, [([0], [1])]):
        with pytest.raises(UsageError, match=r"needs a fold map.*FoldMap.load"):
            FoldMapSplit(bad)  # type: ignore[arg-type]
