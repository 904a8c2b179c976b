"""A repaired split is a fold map like any other, and every move has its reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from fold_guard.dataset.roles import Roles
from fold_guard.errors import DataError, InfeasibleError, UsageError
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.repair import MOVES_FILE, Repair, repaired, require_replaceable

ROLES = Roles(("visit",), "y", ("patient", "house"), "day")


def visits(seed: int = 0, rows: int = 120) -> pl.DataFrame:
    """Patients over several folds; a few of them share a house."""
    rng = np.random.default_rng(seed)
    patient = rng.integers(0, 40, rows)
    house: list[int | None] = [None if p % 4 else int(p) // 8 for p in patient]
    return pl.DataFrame(
        {
            "visit": [f"v{i:03d}" for i in rng.permutation(rows)],
            "patient": [f"p{p}" for p in patient],
            "house": pl.Series(house, dtype=pl.Int64),
            "day": rng.integers(0, 30, rows),
            "y": np.where(rng.random(rows) < 0.3, "no", "yes"),
            "fold": rng.choice([-2, -1, 0, 1, 2, 3], rows, p=[0.05, 0.1, 0.3, 0.2, 0.2, 0.15]),
        }
    )


def mended(frame: pl.DataFrame, roles: Roles = ROLES, **options: Any) -> Repair:
    return repaired(frame, roles, frame["fold"].to_numpy(), column="fold", **options)


def joined(frame: pl.DataFrame, found: Repair) -> pl.DataFrame:
    """The table with the new folds beside the old."""
    return frame.join(
        found.fold_map.table.select(pl.col("row_id").alias("visit"), pl.col("fold").alias("to")),
        on="visit",
        maintain_order="left",
    )


@pytest.mark.parametrize("seed", range(5))
def test_every_key_is_whole_and_moves_are_the_difference(seed: int) -> None:
    frame = visits(seed)
    found = mended(frame)
    after = joined(frame, found)
    inside = after.filter(pl.col("fold") != -2)
    for key in ("patient", "house"):
        folds = inside.drop_nulls(key).group_by(key).agg(pl.col("to").n_unique())
        assert folds["to"].max() == 1
    moved = after.filter(pl.col("fold") != pl.col("to")).sort("visit")
    assert moved.select("visit", "fold", "to").rows() == found.moves.drop("reason").rows()
    assert (after["fold"] == -2).equals(after["to"] == -2)
    assert found.moves["row_id"].is_sorted()
    assert sorted(set(after["to"]) - {-1, -2}) == [0, 1, 2, 3]


def test_the_reason_names_a_key_that_the_row_shares_with_another() -> None:
    frame = visits(1)
    found = mended(frame)
    after = joined(frame, found)
    rows = {row["visit"]: row for row in after.iter_rows(named=True)}
    direct = 0
    for visit, was, to, reason in found.moves.iter_rows():
        key, value = reason.split("=")
        assert str(rows[visit][key]) == value
        same = [r for r in rows.values() if str(r[key]) == value and r["fold"] != -2]
        assert len(same) > 1
        direct += any(r["fold"] == to for r in same)
        assert {r["to"] for r in same} == {to} != {was}
    assert direct > len(found.moves) / 2
    assert {reason.split("=")[0] for reason in found.moves["reason"]} == {"patient", "house"}


def test_a_unit_that_moves_to_fill_a_fold_says_so() -> None:
    frame = pl.DataFrame({"visit": [1, 2, 3, 4], "who": [1, 1, 2, 3], "fold": [0, 1, 0, 0]})
    found = mended(frame, Roles(("visit",), groups=("who",)))
    # Patient 1 is torn either way; no other unit has a row in fold 1.
    assert found.moves.rows() == [(1, 0, 1, "who=1")]
    frame = pl.DataFrame({"visit": [1, 2, 3], "who": [1, 2, 3], "fold": [0, 2, 2]})
    found = mended(frame, Roles(("visit",), groups=("who",)))
    assert found.moves.rows() == [(2, 2, 1, "fold 1 would be empty")]
    assert found.units == 0


def test_copies_are_units_only_when_asked_for() -> None:
    frame = pl.DataFrame(
        {"visit": [1, 2, 3, 4, 5], "who": [1, 1, 2, 3, 3], "fold": [0, 0, 0, 1, 1]}
    )
    roles = Roles(("visit",), groups=("who",))
    assert mended(frame, roles).moves.is_empty()
    copies = np.array([-1, -1, 0, 0, -1])
    assert mended(frame, roles, copies=copies).moves.rows() == [(3, 0, 1, "equal features")]
    only = mended(frame, Roles(("visit",)), copies=copies)
    # Row 3 or row 4: either moves one row, and a fold of three beside one of two is as even.
    assert only.moves["reason"].to_list() == ["equal features"]


@pytest.mark.parametrize("scheme", ["kfold", "forward"])
def test_order_of_rows_and_columns_does_not_matter(scheme: Any) -> None:
    frame = visits(3)
    found = mended(frame, scheme=scheme)
    other = frame.sample(fraction=1.0, shuffle=True, seed=1)
    again = repaired(other, ROLES, other["fold"].to_numpy(), column="fold", scheme=scheme)
    assert again.fold_map.digest == found.fold_map.digest
    assert again.moves.equals(found.moves)


def test_forward_rows_go_to_the_block_of_their_time() -> None:
    frame = visits(2)
    found = mended(frame, scheme="forward")
    after = joined(frame, found).filter(pl.col("fold") >= 0)
    spans = after.group_by("to").agg(pl.col("day").min().alias("a"), pl.col("day").max()).sort("to")
    assert (spans["a"].to_numpy()[1:] > spans["day"].to_numpy()[:-1]).all()
    manifest = found.fold_map.manifest
    assert (manifest.plan.strategy, manifest.plan.purge_groups) == ("forward", True)
    reasons = dict(found.moves.select("row_id", "reason").iter_rows())
    days = dict(frame.select("visit", "day").iter_rows())
    assert all(reasons[row] == f"day={days[row]}" for row in reasons)
    # The rounds of the map do what moving could not: no patient on both sides.
    rounds = found.fold_map.rounds(frame)
    who = frame["patient"].to_numpy()
    for each in rounds:
        assert not set(who[each.train]) & set(who[each.test])


def test_a_saved_repair_is_a_fold_map(tmp_path: Path) -> None:
    frame = visits()
    found = mended(frame)
    found.save(tmp_path / "out")
    loaded = FoldMap.load(tmp_path / "out")
    assert loaded.table.equals(found.fold_map.table)
    manifest = loaded.manifest
    assert (manifest.plan.strategy, manifest.plan.column) == ("predefined", "fold")
    assert f"{len(found.moves)} of 120 rows" in manifest.warnings[0]
    sizes = np.bincount(joined(frame, found)["to"].to_numpy().clip(-1) + 1)[1:].tolist()
    assert [each.rows for each in manifest.folds] == sizes
    assert [sum(each.by_class) for each in manifest.folds] == sizes
    moves = pl.read_csv(tmp_path / "out" / MOVES_FILE)
    assert moves.rows() == found.moves.rows()
    assert len(list(loaded.split(frame))) == 4
    # It takes the place of what it wrote before, and of nothing else.
    found.save(tmp_path / "out")
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="there already"):
        found.save(tmp_path / "out")
    assert (tmp_path / "out" / "notes.txt").read_text() == "mine"


def test_only_a_fold_map_is_replaced(tmp_path: Path) -> None:
    require_replaceable(tmp_path / "new")
    require_replaceable(tmp_path)
    file = tmp_path / "file"
    file.write_text("x")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "manifest.json").write_text('{"format": "another"}')
    for path in (file, folder, tmp_path):
        with pytest.raises(UsageError) as caught:
            require_replaceable(path)
        assert caught.value.where == str(path)
    (folder / "manifest.json").write_text("[" * 100_000)
    with pytest.raises(UsageError):
        require_replaceable(folder)


@pytest.mark.parametrize(
    ("roles", "options", "said"),
    [
        (Roles(groups=("patient",)), {}, "never identified by position"),
        (Roles(("visit",)), {}, "nothing to keep together"),
        (Roles(("visit",), groups=("patient",)), {"scheme": "forward"}, "no time column"),
        (ROLES, {"scheme": "forward", "copies": np.full(120, -1)}, "copies at different times"),
    ],
)
def test_what_cannot_be_repaired_is_said(roles: Roles, options: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        mended(visits(), roles, **options)
    assert caught.value.remedy


def test_bad_rows_are_refused() -> None:
    frame = visits()
    with pytest.raises(DataError, match="repeat an id"):
        mended(pl.concat([frame, frame[:1]]))
    with pytest.raises(DataError, match="no label"):
        mended(frame.with_columns(y=pl.when(pl.col("day") > 3).then("y")))
    with pytest.raises(DataError, match="no time"):
        mended(frame.with_columns(day=pl.when(pl.col("day") > 3).then("day")), scheme="forward")
    with pytest.raises(InfeasibleError, match="1 unit has"):
        mended(frame.with_columns(house=pl.lit(1)))
