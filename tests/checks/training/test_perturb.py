from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from fold_guard.checks.training.perturb import KINDS, Parts, Sides, perturbed

ROWS = 60
TEST = np.arange(0, ROWS, 3)
TRAIN = np.setdiff1d(np.arange(ROWS), [*TEST, 1])


@pytest.fixture
def frame() -> pd.DataFrame:
    draw = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "id": np.arange(ROWS) + 100,
            "y": np.where(draw.random(ROWS) < 0.3, "ill", "well"),
            "number": draw.normal(size=ROWS),
            "count": draw.integers(0, 1000, ROWS).astype(np.int16),
            "code": draw.integers(0, 4, ROWS),
            "text": draw.choice(list("abc"), ROWS),
            "null": np.where(np.arange(ROWS) % 5 == 1, np.nan, draw.normal(size=ROWS)),
            "flag": draw.random(ROWS) < 0.5,
            "day": pd.to_datetime("2020-01-01") + pd.to_timedelta(draw.integers(0, 90, ROWS), "D"),
            "who": draw.integers(0, 9, ROWS),
        }
    )


FEATURES = ("number", "count", "code", "text", "null", "flag", "day")


@pytest.fixture
def made(frame: pd.DataFrame) -> dict[str, Any]:
    sides = Sides(frame, TRAIN, TEST)
    return dict(perturbed(sides, Parts(FEATURES, ["y"], ["who"]), 0))


def test_train_rows_stay_as_they_are_and_test_rows_do_not(
    frame: pd.DataFrame, made: dict[str, Any]
) -> None:
    before = frame.copy(deep=True)
    assert tuple(made) == KINDS
    for kind, sides in made.items():
        kept = sides.frame.iloc[sides.train].reset_index(drop=True)
        assert kept.equals(frame.iloc[TRAIN].reset_index(drop=True)), kind
        assert (sides.frame.dtypes == frame.dtypes).all(), kind
        assert sides.frame.index.equals(pd.RangeIndex(len(sides.frame))), kind
        assert not set(sides.train) & set(sides.test), kind
        assert not sides.frame.equals(frame), kind
    assert frame.equals(before)


def test_values_are_known_or_beyond_the_largest(frame: pd.DataFrame, made: dict[str, Any]) -> None:
    train = frame.iloc[TRAIN]
    for kind in ("values", "signal"):
        test = made[kind].frame.iloc[TEST]
        for name in ("code", "text", "flag", "day"):
            assert set(test[name]) <= set(train[name]), (kind, name)
        for name in ("number", "count", "null"):
            numbers = test[name].dropna()
            known = numbers.isin(train[name])
            assert (known | (numbers > train[name].max())).all(), (kind, name)
            assert test[name].mean() > train[name].mean(), (kind, name)
        assert test["y"].equals(frame["y"].iloc[TEST])
        assert sorted(test["who"]) == sorted(frame["who"].iloc[TEST])
        assert test["id"].equals(frame["id"].iloc[TEST])


def test_each_feature_tells_the_label_once(made: dict[str, Any]) -> None:
    for at, name in enumerate(FEATURES):
        told = []
        for kind in ("values", "signal"):
            test = made[kind].frame.iloc[TEST]
            ill, well = (set(test.loc[test["y"] == each, name]) for each in ("ill", "well"))
            told.append(not ill & well)
        assert told[at % 2], name


def test_labels_go_to_the_next_class_and_order_and_number_change(
    frame: pd.DataFrame, made: dict[str, Any]
) -> None:
    was, now = frame["y"].iloc[TEST], made["labels"].frame["y"].iloc[TEST]
    assert (was != now).all()
    assert sorted(made["order"].frame["id"]) == sorted(frame["id"])
    assert made["fewer"].frame["id"].tolist() == [
        each for row, each in enumerate(frame["id"]) if row not in TEST[::2]
    ]
    more = made["more"]
    assert len(more.test) == 2 * len(TEST)
    assert more.frame["id"].iloc[more.test].value_counts().eq(2).all()


def test_what_cannot_change_is_none(frame: pd.DataFrame) -> None:
    one = Sides(frame.assign(y="ill", code=1), TRAIN, TEST[:1])
    made = dict(perturbed(one, Parts(["code"], ["y"]), 0))
    assert [kind for kind in KINDS if made[kind] is None] == [
        "values",
        "signal",
        "labels",
        "order",
        "fewer",
    ]


def test_a_continuous_label_and_a_class_that_train_has_not() -> None:
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"y": draw.normal(size=90), "z": ["new"] * 3 + ["a", "b", "c"] * 29})
    sides = Sides(frame, np.arange(9, 90), np.arange(9))
    made: Any = dict(perturbed(sides, Parts((), ["y", "z"]), 0))
    now = made["labels"].frame.iloc[:9]
    assert set(now["y"]) <= set(frame["y"].iloc[9:])
    assert now["y"].min() > frame["y"].iloc[9:].median()
    assert now["z"].tolist() == ["a"] * 3 + ["b", "c", "a"] * 2
