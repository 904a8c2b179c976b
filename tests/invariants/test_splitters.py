"""Laws that every splitter keeps, on small random tables with nulls, rare classes and ties."""

from __future__ import annotations

import warnings
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fold_guard import splitters as s
from fold_guard.errors import InfeasibleError

Table = dict[str, Any]
Pairs = list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]

_TIMES: dict[str, Any] = {"prediction_time": "start", "evaluation_time": "end"}

# Every row is tested once.
PARTITIONS: dict[str, Any] = {
    "KFold": lambda k, seed: s.KFold(k, shuffle=True, random_state=seed),
    "StratifiedKFold": lambda k, seed: s.StratifiedKFold(k, shuffle=True, random_state=seed),
    "GroupKFold": lambda k, seed: s.GroupKFold(k, shuffle=True, random_state=seed),
    "StratifiedGroupKFold": lambda k, seed: s.StratifiedGroupKFold(k, True, seed),
    "MultilabelStratifiedKFold": lambda k, seed: s.MultilabelStratifiedKFold(
        k, shuffle=True, random_state=seed
    ),
    "MultilabelStratifiedGroupKFold": lambda k, seed: s.MultilabelStratifiedGroupKFold(
        k, shuffle=True, random_state=seed
    ),
    "StratifiedKFoldContinuous": lambda k, seed: s.StratifiedKFoldContinuous(
        k, n_bins=3, shuffle=True, random_state=seed
    ),
    "StratifiedGroupKFoldContinuous": lambda k, seed: s.StratifiedGroupKFoldContinuous(
        k, n_bins=3, shuffle=True, random_state=seed
    ),
    "LeaveOneOut": lambda k, seed: s.LeaveOneOut(),
    "LeaveOneGroupOut": lambda k, seed: s.LeaveOneGroupOut(),
    "PurgedKFold": lambda k, seed: s.PurgedKFold(k, **_TIMES),
}
OTHERS: dict[str, Any] = {
    "LeavePGroupsOut": lambda k, seed: s.LeavePGroupsOut(2),
    "PredefinedSplit": lambda k, seed: s.PredefinedSplit([0, 1, -1, -2]),
    "RepeatedKFold": lambda k, seed: s.RepeatedKFold(n_splits=k, n_repeats=2, random_state=seed),
    "RepeatedStratifiedKFold": lambda k, seed: s.RepeatedStratifiedKFold(
        n_splits=k, n_repeats=2, random_state=seed
    ),
    "RepeatedGroupKFold": lambda k, seed: s.RepeatedGroupKFold(
        n_splits=k, n_repeats=2, random_state=seed
    ),
    "RepeatedStratifiedGroupKFold": lambda k, seed: s.RepeatedStratifiedGroupKFold(
        n_splits=k, n_repeats=2, random_state=seed
    ),
    "RepeatedMultilabelStratifiedKFold": lambda k, seed: s.RepeatedMultilabelStratifiedKFold(
        n_splits=k, n_repeats=2, random_state=seed
    ),
    "RepeatedMultilabelStratifiedGroupKFold": (
        lambda k, seed: s.RepeatedMultilabelStratifiedGroupKFold(
            n_splits=k, n_repeats=2, random_state=seed
        )
    ),
    "RepeatedStratifiedKFoldContinuous": lambda k, seed: s.RepeatedStratifiedKFoldContinuous(
        n_splits=k, n_repeats=2, n_bins=3, random_state=seed
    ),
    "RepeatedStratifiedGroupKFoldContinuous": (
        lambda k, seed: s.RepeatedStratifiedGroupKFoldContinuous(
            n_splits=k, n_repeats=2, n_bins=3, random_state=seed
        )
    ),
    "ShuffleSplit": lambda k, seed: s.ShuffleSplit(k, test_size=0.3, random_state=seed),
    "StratifiedShuffleSplit": lambda k, seed: s.StratifiedShuffleSplit(
        k, test_size=0.4, random_state=seed
    ),
    "GroupShuffleSplit": lambda k, seed: s.GroupShuffleSplit(
        k, test_size=0.3, train_size=0.5, random_state=seed
    ),
    "StratifiedGroupShuffleSplit": lambda k, seed: s.StratifiedGroupShuffleSplit(
        k, test_size=0.3, train_size=0.5, random_state=seed
    ),
    "TimeSeriesSplit": lambda k, seed: s.TimeSeriesSplit(k, gap=seed % 3),
    "GroupTimeSeriesSplit": lambda k, seed: s.GroupTimeSeriesSplit(
        k, gap=seed % 3, max_train_size=8, time_column="start"
    ),
    "CombinatorialPurgedKFold": lambda k, seed: s.CombinatorialPurgedKFold(
        k, k - 1, embargo=seed % 3, **_TIMES
    ),
}
ALL = PARTITIONS | OTHERS


@st.composite
def tables(draw: st.DrawFn) -> Table:
    rows = draw(st.integers(4, 28))

    def column(values: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(values, min_size=rows, max_size=rows))

    start = np.array(column(st.integers(0, 12)))
    return {
        "X": pd.DataFrame({"start": start, "end": start + np.array(column(st.integers(0, 4)))}),
        "y": np.array(column(st.sampled_from(["common", "common", "rare"]))),
        "labels": np.array(column(st.tuples(*[st.integers(0, 1)] * 3))),
        "value": np.array(column(st.integers(-3, 3) | st.floats(-3, 3)), dtype=float),
        "groups": pd.DataFrame(
            {
                "g": pd.Series(column(st.none() | st.integers(0, rows)), dtype="Int64"),
                "h": pd.Series(column(st.none() | st.sampled_from("abcdefgh")), dtype="string"),
            }
        ),
    }


def split(name: str, table: Table, splitter: Any) -> Pairs:
    y = table["y"]
    if "Multilabel" in name:
        y = table["labels"]
    elif "Continuous" in name:
        y = table["value"]
    X = table["X"].head(4) if name == "PredefinedSplit" else table["X"]
    groups = table["groups"] if "Group" in name else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(splitter.split(X, y.copy()[: len(X)], groups))


def units_by_hand(groups: pd.DataFrame) -> list[set[int]]:
    """Merge the sets of rows that share a key until nothing merges."""
    units = [{row} for row in range(len(groups))]
    for name in groups:
        for value in groups[name].dropna().unique():
            sharing = set(np.flatnonzero((groups[name] == value).fillna(False)))
            merged = set().union(*(unit for unit in units if unit & sharing))
            units = [unit for unit in units if not unit & sharing] + [merged]
    return units


def test_the_laws_are_for_all_splitters() -> None:
    assert set(ALL) == set(s.__all__) - {"FoldMapSplit", "nested_splits"}


# A table costs more to draw than to split: several splitters share it.
SHARES = [list(ALL)[at::4] for at in range(4)]


@pytest.mark.parametrize("names", SHARES, ids=" ".join)
@given(table=tables(), k=st.integers(2, 5), seed=st.integers(0, 2**64 - 1))
def test_laws_of_every_round(names: list[str], table: Table, k: int, seed: int) -> None:
    units = units_by_hand(table["groups"])
    for name in names:
        keeps_the_laws(name, table, k, seed, units)


def keeps_the_laws(name: str, table: Table, k: int, seed: int, units: list[set[int]]) -> None:
    splitter = ALL[name](k, seed)
    try:
        rounds = split(name, table, splitter)
    except InfeasibleError:
        assert infeasible(name, table, k, len(units))
        return
    X = table["X"].head(4) if name == "PredefinedSplit" else table["X"]
    assert len(rounds) == splitter.get_n_splits(X, table["y"], table["groups"])
    for train, test in rounds:
        assert train.dtype == test.dtype == np.int64
        assert len(train)
        assert len(test)
        assert (np.diff(train) > 0).all()
        assert (np.diff(test) > 0).all()
        assert not set(train) & set(test)
        if "Group" in name:
            assert not any(unit & set(train) and unit & set(test) for unit in units)
    again = split(name, table, ALL[name](k, seed))
    assert [(a.tolist(), b.tolist()) for a, b in again] == [
        (a.tolist(), b.tolist()) for a, b in rounds
    ]
    if name in PARTITIONS:
        tested = np.concatenate([test for _, test in rounds])
        assert sorted(tested) == list(range(len(table["X"])))
        if name != "PurgedKFold":
            assert all(len(a) + len(b) == len(table["X"]) for a, b in rounds)
    if name.startswith("Repeated"):
        for turn in range(2):
            tested = np.concatenate([test for _, test in rounds[turn * k : turn * k + k]])
            assert sorted(tested) == list(range(len(table["X"])))


def infeasible(name: str, table: Table, k: int, n_units: int) -> bool:
    """Whether a splitter may refuse, by a count made here."""
    rows = len(table["X"])
    _, per_class = np.unique(table["y"], return_counts=True)
    if "Purged" in name or "TimeSeries" in name:
        # What purge, gap and ties leave is counted by brute force below.
        return True
    if "Continuous" in name:
        return "Group" in name or rows < 5 * k
    if name == "StratifiedShuffleSplit":
        return bool(per_class.min() < 2 or int(np.ceil(0.4 * rows)) < len(per_class))
    if name == "ShuffleSplit":
        return False
    if "Group" in name:
        short = n_units < {"LeaveOneGroupOut": 2}.get(name, 3 if name in OTHERS else k)
        return short or n_units < k or ("Stratified" in name and per_class.max() < k)
    return rows < k or ("Stratified" in name and per_class.max() < k)


@st.composite
def horizons(draw: st.DrawFn) -> pd.DataFrame:
    rows = draw(st.integers(4, 30))
    whole = draw(st.booleans())
    instant = st.integers(0, 25) if whole else st.integers(0, 25).map(lambda v: v / 4)
    start = np.array(draw(st.lists(instant, min_size=rows, max_size=rows)))
    lasts = draw(
        st.lists(
            st.integers(0, 9).map(lambda v: v if whole else v / 4), min_size=rows, max_size=rows
        )
    )
    return pd.DataFrame({"start": start, "end": start + np.array(lasts)})


@given(
    X=horizons(),
    k=st.integers(2, 5),
    p=st.integers(1, 3),
    embargo=st.sampled_from([0, 1, 2.5, {"rows": 2}, {"rows": 0}, {"fraction": 0.1}]),
)
def test_purge_and_embargo_against_brute_force(
    X: pd.DataFrame, k: int, p: int, embargo: Any
) -> None:
    if p == 1:
        splitter: Any = s.PurgedKFold(k, embargo=embargo, **_TIMES)
    else:
        p = min(p, k - 1)
        splitter = s.CombinatorialPurgedKFold(k, p, embargo=embargo, **_TIMES)
    start, end = X["start"].tolist(), X["end"].tolist()
    if len(set(start)) < k:
        with pytest.raises(InfeasibleError, match="distinct instants"):
            list(splitter.split(X))
        return
    blocks = splitter.test_folds(X)
    expected = []
    for tested in combinations(range(k), p):
        test = [row for row in range(len(X)) if blocks[row] in tested]
        left_out = set(test)
        for row in range(len(X)):
            for other in test:
                if start[row] <= end[other] and start[other] <= end[row]:
                    left_out.add(row)
        for last in _ends_of_stretches(tested, blocks, end):
            left_out |= _embargoed(start, last, embargo)
        train = [row for row in range(len(X)) if row not in left_out]
        expected.append((train, test))
    if all(train for train, _ in expected):
        found = [(train.tolist(), test.tolist()) for train, test in splitter.split(X)]
        assert found == expected
    else:
        with pytest.raises(InfeasibleError, match="has no train row left"):
            next(splitter.split(X))


def _ends_of_stretches(tested: Any, blocks: Any, end: list[Any]) -> list[Any]:
    """The book's rule: blocks that follow one another are one test stretch."""
    stretches: list[list[int]] = []
    for block in tested:
        if stretches and stretches[-1][-1] == block - 1:
            stretches[-1].append(block)
        else:
            stretches.append([block])
    return [max(end[r] for r in range(len(end)) if blocks[r] in each) for each in stretches]


def _embargoed(start: list[Any], last: Any, embargo: Any) -> set[int]:
    after = sorted(value for value in start if value > last)
    if isinstance(embargo, dict):
        rows = embargo.get("rows", -(-len(start) // 10))
        after = after[:rows]
        return {row for row, value in enumerate(start) if value in after}
    return {row for row, value in enumerate(start) if last < value <= last + embargo}


@given(X=horizons(), k=st.integers(2, 4), random=st.randoms(use_true_random=False))
def test_purged_folds_do_not_hang_on_the_order_of_rows(
    X: pd.DataFrame, k: int, random: Any
) -> None:
    order = list(range(len(X)))
    random.shuffle(order)
    splitter = s.PurgedKFold(k, embargo=1, **_TIMES)
    try:
        rounds = list(splitter.split(X))
    except InfeasibleError:
        return
    for (train, test), (other_train, other_test) in zip(
        rounds, splitter.split(X.iloc[order]), strict=True
    ):
        assert sorted(np.array(order)[other_train]) == train.tolist()
        assert sorted(np.array(order)[other_test]) == test.tolist()


@given(
    table=tables(),
    k=st.integers(2, 4),
    gap=st.integers(0, 3),
    window=st.none() | st.integers(1, 12),
    size=st.none() | st.integers(1, 4),
)
def test_group_forward_rounds_train_on_the_past_of_others(
    table: Table, k: int, gap: int, window: int | None, size: int | None
) -> None:
    splitter = s.GroupTimeSeriesSplit(
        k, gap=gap, max_train_size=window, test_size=size, time_column="start"
    )
    time = table["X"]["start"].to_numpy()
    try:
        rounds = split("GroupTimeSeriesSplit", table, splitter)
    except InfeasibleError:
        return
    units = units_by_hand(table["groups"])
    tested: list[int] = []
    for train, test in rounds:
        assert time[train].max() < time[test].min()
        purged = {row for unit in units if unit & set(test) for row in unit}
        past = np.flatnonzero(time < time[test].min())
        kept = [row for row in past if row not in purged]
        # Nothing else is missing without a gap and a window.
        if gap == 0 and window is None:
            assert train.tolist() == kept
        assert window is None or len(train) <= window
        assert not set(test) & set(tested)
        tested += test.tolist()
    # The test windows are the end of time, without a hole.
    assert set(np.flatnonzero(time >= time[tested].min())) == set(tested)
