"""A repair is verified by the checks that found the fault."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

import fold_guard
from fold_guard.checks.outcome import Status
from fold_guard.dataset.columns import Columns
from fold_guard.errors import UsageError
from fold_guard.evidence.audit import audit, audited_subject
from fold_guard.evidence.repair import Offer, changes, offers, repair

ROLES: dict[str, Any] = {"fold": "fold", "id": "visit", "label": "y", "groups": ["patient"]}


@pytest.fixture(scope="module")
def leaky(clinic: pl.DataFrame) -> pl.DataFrame:
    return clinic.with_columns(fold=pl.col("visit") % 4)


def by_name(report: Any, name: str) -> list[Any]:
    return [each for each in report.checks if each.name == name]


def test_the_audit_fails_before_and_passes_after(leaky: pl.DataFrame) -> None:
    assert by_name(audit(leaky, **ROLES), "group_overlap")[0].status is Status.FAILED
    found = fold_guard.repair(leaky, **ROLES)
    assert found.clean
    assert by_name(found.report, "group_overlap")[0].status is Status.PASSED
    assert by_name(found.report, "fold_map_matches_data")[0].status is Status.PASSED
    # And by the audit itself, of the table with the new folds.
    moved = leaky.with_columns(fold=found.fold_map.folds_of(leaky))
    assert by_name(audit(moved, **ROLES), "group_overlap")[0].status is Status.PASSED
    assert repair(moved, **ROLES).moves.is_empty()
    assert f"{len(found.moves)} rows moved" in repr(found)


def test_what_is_not_cured_is_told(leaky: pl.DataFrame) -> None:
    copied = leaky.with_columns(x=pl.lit(1.0))
    before = audit(copied, **ROLES, features=["x"])
    found = repair(copied, **ROLES, features=["x"])
    told = {(each.name, then, each.status) for each, then in changes(before, found.report)}
    assert ("group_overlap", Status.FAILED, Status.PASSED) in told
    assert ("duplicate_rows", Status.FAILED, Status.FAILED) in told


def test_copies_are_kept_together_when_asked_for(leaky: pl.DataFrame) -> None:
    pairs = leaky.with_columns(x=((pl.col("visit") - 1) // 6).cast(pl.Float64))
    for copies, expected in ((False, Status.FAILED), (True, Status.PASSED)):
        found = repair(pairs, **ROLES, features=["x"], copies=copies)
        assert by_name(found.report, "duplicate_rows")[0].status is expected
        assert by_name(found.report, "group_overlap")[0].status is Status.PASSED
    assert (
        "equal features"
        in repair(pairs, fold="fold", id="visit", features=["x"], copies=True)
        .moves["reason"]
        .to_list()
    )
    with pytest.raises(UsageError, match="no feature column"):
        repair(pairs, **ROLES, features=[], copies=True)


def test_forward_cures_time_by_moving_and_groups_by_purging(leaky: pl.DataFrame) -> None:
    roles = {**ROLES, "time": "day", "scheme": "forward"}
    assert by_name(audit(leaky, **roles), "temporal_order")[0].status is Status.FAILED
    found = repair(leaky, **roles)
    assert found.clean
    for name in ("temporal_order", "group_overlap"):
        assert by_name(found.report, name)[0].status is Status.PASSED


def test_times_of_text_are_read(leaky: pl.DataFrame) -> None:
    dated = leaky.with_columns(
        day=pl.lit("2020-01-01").str.to_date().dt.offset_by(pl.format("{}d", "day")).cast(pl.String)
    )
    for scheme in ("kfold", "forward"):
        found = repair(dated, **ROLES, time="day", scheme=scheme)  # type: ignore[arg-type]
        assert found.clean
        assert by_name(found.report, "fold_map_matches_data")[0].status is Status.PASSED
    plain = repair(leaky, **ROLES, time="day", scheme="forward")
    assert found.fold_map.table["fold"].equals(plain.fold_map.table["fold"])


def offered(table: pl.DataFrame, **roles: Any) -> tuple[Offer, ...]:
    return offers(audited_subject(Columns.of(table), **roles), audit(table, **roles))


@pytest.mark.parametrize("scheme", ["kfold", "forward"])
def test_an_offer_counts_what_the_repair_moves(leaky: pl.DataFrame, scheme: Any) -> None:
    roles = {**ROLES, "time": "day"}
    [offer] = offered(leaky, **roles, scheme=scheme)
    assert offer.rows == len(repair(leaky, **roles, scheme=scheme).moves) > 0
    assert (offer.keeps, offer.no_way) == ("groups" if scheme == "kfold" else "time", "")


def test_copies_are_offered_apart_from_groups(leaky: pl.DataFrame) -> None:
    # Two of three visits of a patient stand together; two patients are copies of each other.
    strays = (pl.col("patient") + (pl.col("visit") % 3 == 0)) % 4
    pairs = leaky.with_columns(x=((pl.col("visit") - 1) // 6).cast(pl.Float64), fold=strays)
    roles = {**ROLES, "features": ["x"]}
    first, second = offered(pairs, **roles)
    assert (first.keeps, first.asks_for_copies) == ("groups", False)
    assert (second.keeps, second.asks_for_copies) == ("groups and copies", True)
    assert first.rows == len(repair(pairs, **roles).moves)
    assert second.rows == len(repair(pairs, **roles, copies=True).moves) > first.rows
    # Copies within patients need no asking for.
    within = leaky.with_columns(x=pl.col("patient").cast(pl.Float64))
    assert offered(within, **roles) == (
        Offer("groups and copies", len(repair(within, **roles).moves)),
    )


def test_nothing_is_offered_where_nothing_failed(leaky: pl.DataFrame) -> None:
    clean = leaky.with_columns(fold=repair(leaky, **ROLES).fold_map.folds_of(leaky))
    roles = {**ROLES, "time": "day"}
    # Time is out of order, which no moving under kfold cures.
    assert offered(clean, **ROLES) == ()
    assert offered(clean, **roles) == ()


def test_no_way_says_what_there_could_be(leaky: pl.DataFrame) -> None:
    halves = leaky.with_columns(patient=pl.col("visit") % 2, fold=np.arange(len(leaky)) // 30)
    [offer] = offered(halves, **ROLES)
    assert "n_splits <= 2" in offer.no_way
    gaps = leaky.with_columns(day=pl.when(pl.col("visit") % 3 > 0).then("day"))
    roles = {**ROLES, "time": "day"}
    [offer] = offered(gaps, **roles, scheme="forward")
    assert "no time" in offer.no_way
