from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from fold_guard.errors import DataError, Refused, UsageError
from fold_guard.folds.fold_map import FoldMap, match_ids


def test_split_gives_positions_in_the_order_of_the_table(
    clinic: pl.DataFrame, clinic_folds: Any
) -> None:
    made: FoldMap = clinic_folds()
    shuffled = clinic.sample(fraction=1.0, shuffle=True, seed=1)
    folds = made.folds_of(shuffled)
    for index, (train, test) in enumerate(made.split(shuffled.to_pandas())):
        assert (folds[test] == index).all()
        assert (folds[train] != index).all()
        assert len(train) + len(test) == shuffled.height


def test_a_part_of_the_table_keeps_its_folds(clinic: pl.DataFrame, clinic_folds: Any) -> None:
    made: FoldMap = clinic_folds()
    assert made.folds_of(clinic[10:20]).tolist() == made.folds_of(clinic)[10:20].tolist()


def test_a_row_without_a_fold_is_refused(clinic: pl.DataFrame, clinic_folds: Any) -> None:
    with pytest.raises(Refused, match=r"2 rows have no fold, for instance row id 1001"):
        clinic_folds().folds_of(clinic.with_columns(visit=pl.col("visit").replace({1: 1001, 2: 0})))


def test_ids_of_another_kind_match_nothing(clinic: pl.DataFrame, clinic_folds: Any) -> None:
    with pytest.raises(Refused, match="120 rows have no fold"):
        clinic_folds().folds_of(clinic.with_columns(pl.col("visit").cast(pl.String)))


def test_repeated_ids_are_refused(clinic: pl.DataFrame, clinic_folds: Any) -> None:
    with pytest.raises(DataError, match="repeat an id"):
        clinic_folds().folds_of(pl.concat([clinic, clinic[:1]]))


@pytest.mark.parametrize("column", ["visit", "patient", "day"])
def test_a_missing_column_is_named(clinic: pl.DataFrame, clinic_folds: Any, column: str) -> None:
    with pytest.raises(UsageError, match=f"column '{column}'"):
        list(clinic_folds("forward").split(clinic.drop(column)))


def test_forward_rounds_purge_patients_and_embargo(clinic: pl.DataFrame, clinic_folds: Any) -> None:
    made: FoldMap = clinic_folds("forward", embargo=2)
    day, patient = clinic["day"].to_numpy(), clinic["patient"].to_numpy()
    rounds = list(made.split(clinic))
    assert len(rounds) == 3
    for train, test in rounds:
        assert len(test)
        assert not np.isin(patient[train], patient[test]).any()
        assert (day[train] < day[test].min() - 2).all()


def test_purge_can_be_switched_off(clinic: pl.DataFrame, clinic_folds: Any) -> None:
    kept = list(clinic_folds("forward", purge_groups=False).split(clinic))
    day = clinic["day"].to_numpy()
    for train, test in kept:
        assert sorted(train) == np.flatnonzero(day < day[test].min()).tolist()


def test_embargo_counts_days_for_dates(clinic: pl.DataFrame) -> None:
    from fold_guard.folds.make import make_folds
    from fold_guard.folds.plan import FoldPlan

    start = pl.date(2020, 1, 1)
    plan = FoldPlan("forward", n_splits=4, embargo=2)
    trained = []
    for when in (
        pl.col("day"),
        start + pl.duration(days="day"),
        start.cast(pl.Datetime("ms")) + pl.duration(days="day"),
        start.cast(pl.Datetime("ns")) + pl.duration(days="day"),
    ):
        frame = clinic.with_columns(day=when)
        made = make_folds(frame, plan, id="visit", time="day")
        trained.append([train.tolist() for train, _ in made.split(frame)])
    assert trained[0] == trained[1] == trained[2] == trained[3]


def test_to_frame_is_pandas_with_two_columns(clinic_folds: Any) -> None:
    frame = clinic_folds().to_frame()
    assert list(frame.columns) == ["row_id", "fold"]
    assert frame["row_id"].is_monotonic_increasing


def test_match_ids_keeps_the_order_and_marks_strangers(clinic_folds: Any) -> None:
    found = match_ids(pl.Series([120, 999, 1]), clinic_folds().table)
    assert found["row_id"].to_list() == [120, 999, 1]
    assert found["fold"].is_null().to_list() == [False, True, False]


def test_its_repr_is_one_line(clinic_folds: Any) -> None:
    folds = clinic_folds()
    assert repr(folds) == (
        f"FoldMap(stratified_group, 120 rows, 4 folds, digest {folds.digest[:12]})"
    )
