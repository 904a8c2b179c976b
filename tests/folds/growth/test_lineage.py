from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fold_guard.errors import ArtifactError
from fold_guard.folds import storage
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.growth.lineage import Ancestor, walk
from fold_guard.folds.growth.remake import Past, broken_links, lineage_of, remade, remade_past
from fold_guard.folds.manifest import Manifest
from fold_guard.folds.storage import LINEAGE, MANIFEST_FILE, MAP_FILE
from tests.folds.growth.growing import first_map, folds, link, visits


@pytest.fixture(scope="module")
def tables() -> list[pl.DataFrame]:
    """Rows come, then rows come and change, then rows go."""
    start = visits(80)
    more = pl.concat([start, visits(20, start=80)])
    x = pl.when(pl.col("visit") == 5).then(-1.0).otherwise("x")
    changed = pl.concat([more, visits(20, start=100)]).with_columns(x=x)
    return [start, more, changed, changed.filter(pl.col("patient") != 9)]


@pytest.fixture(scope="module")
def line(tables: list[pl.DataFrame]) -> list[FoldMap]:
    made = [first_map(tables[0])]
    for table in tables[1:]:
        made.append(made[-1].grow(table))
    return made


@pytest.fixture
def saved(line: list[FoldMap], tmp_path: Path) -> Path:
    line[-1].save(tmp_path / "main")
    return tmp_path / "main"


def records(folder: Path, fold_map: FoldMap) -> Path:
    return folder / LINEAGE / f"{fold_map.digest[:12]}.json"


def test_every_ancestor_comes_back(line: list[FoldMap], saved: Path) -> None:
    found = lineage_of(FoldMap.load(saved))
    assert broken_links(found) == ()
    for kin, was in zip(found.kin, reversed(line), strict=True):
        assert kin.table.equals(was.table)
        assert kin.manifest == was.manifest


def test_it_is_small(line: list[FoldMap], saved: Path) -> None:
    """Nothing but differences: rows that came later, were changed, or went."""
    rows = [pl.read_parquet(path).height for path in (saved / LINEAGE).glob("*.parquet")]
    assert sorted(rows) == [2, 20, 21]


def test_old_records_are_the_same_bytes_in_each_map(
    line: list[FoldMap], saved: Path, tmp_path: Path
) -> None:
    line[2].save(tmp_path / "before")
    for file in (tmp_path / "before" / LINEAGE).iterdir():
        assert file.read_bytes() == (saved / LINEAGE / file.name).read_bytes()
    manifest = records(saved, line[2]).read_bytes()
    assert manifest == (tmp_path / "before" / MANIFEST_FILE).read_bytes()


def test_a_map_without_a_past_writes_as_ever(line: list[FoldMap], tmp_path: Path) -> None:
    line[0].save(tmp_path / "first")
    assert sorted(each.name for each in (tmp_path / "first").iterdir()) == [MAP_FILE, MANIFEST_FILE]
    raw = json.loads((tmp_path / "first" / MANIFEST_FILE).read_text(encoding="utf-8"))
    assert not {"parents", "growth"} & set(raw)


def test_the_digest_covers_the_parents(line: list[FoldMap]) -> None:
    head = line[-1]
    other = replace(head, manifest=replace(head.manifest, parents=("0" * 64,)))
    assert other.digest_now() != head.digest


def test_a_missing_link_is_told(line: list[FoldMap], saved: Path) -> None:
    for suffix in (".json", ".parquet"):
        records(saved, line[1]).with_suffix(suffix).unlink()
    found = broken_links(lineage_of(FoldMap.load(saved)))
    # The one before it is there, but nothing leads to it any more.
    assert found == (
        f"the parent {line[1].digest[:12]} is not under lineage/",
        f"no map names {line[0].digest[:12]} as its parent",
    )


def test_half_a_record_is_damaged(line: list[FoldMap], saved: Path) -> None:
    records(saved, line[1]).unlink()
    with pytest.raises(ArtifactError, match="not found"):
        FoldMap.load(saved)


def test_files_beside_the_records_are_none(
    line: list[FoldMap], saved: Path, tmp_path: Path
) -> None:
    (saved / LINEAGE / "README.txt").write_text("what lies here")
    (saved / LINEAGE / "notes").mkdir()
    assert len(FoldMap.load(saved).lineage) == 3
    storage.copy(saved, tmp_path / "copied")
    names = {path.name for path in (tmp_path / "copied" / LINEAGE).iterdir()}
    assert names == {
        f"{each.digest[:12]}{end}" for each in line[:3] for end in (".json", ".parquet")
    }


def edit_delta(path: Path, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    change(pl.read_parquet(path)).write_parquet(path)


def test_a_fold_edited_in_a_record_is_told(line: list[FoldMap], saved: Path) -> None:
    path = records(saved, line[2]).with_suffix(".parquet")
    edit_delta(path, lambda delta: delta.with_columns(fold=(pl.col("fold") + 1) % 4))
    found = broken_links(lineage_of(FoldMap.load(saved)))
    assert f"the record of {line[2].digest[:12]} was edited: its digest does not fit" in found


def test_a_record_of_another_shape_is_damaged(line: list[FoldMap], saved: Path) -> None:
    path = records(saved, line[2]).with_suffix(".parquet")
    edit_delta(path, lambda delta: delta.drop("label"))
    with pytest.raises(ArtifactError, match="does not fit its name or the map"):
        FoldMap.load(saved)
    shutil.copy(records(saved, line[1]).with_suffix(".parquet"), path)
    shutil.copy(records(saved, line[1]), records(saved, line[2]))
    with pytest.raises(ArtifactError, match="does not fit its name"):
        FoldMap.load(saved)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"moved": 1}, "tells otherwise"),
        ({"added": 7}, "tells otherwise"),
        ({"excluded_rows": (3,)}, "tells otherwise"),
    ],
)
def test_growth_that_is_misstated_is_told(
    line: list[FoldMap], changes: dict[str, Any], said: str
) -> None:
    head = line[1]
    assert head.manifest.growth is not None
    edited = replace(head.manifest, growth=replace(head.manifest.growth, **changes))
    [found] = broken_links(lineage_of(replace(head, manifest=edited)))
    assert said in found
    [found] = broken_links(lineage_of(replace(head, manifest=replace(edited, growth=None))))
    assert "no growth" in found


def forged(line: list[FoldMap], row: int) -> FoldMap:
    """A row put in another fold in the first map and the second, every digest made to fit."""

    def other(table: pl.DataFrame) -> pl.DataFrame:
        fold = pl.when(pl.col("row_id") == row).then((pl.col("fold") + 1) % 4).otherwise("fold")
        return table.with_columns(fold=fold.cast(pl.Int64))

    def sealed(fold_map: FoldMap) -> FoldMap:
        return replace(fold_map, manifest=replace(fold_map.manifest, digest=fold_map.digest_now()))

    root = sealed(replace(line[0], table=other(line[0].table)))
    ancestor = Ancestor(root.manifest, line[1].lineage[0].delta)
    manifest: Manifest = replace(line[1].manifest, parents=(root.digest,))
    return sealed(FoldMap(other(line[1].table), manifest, (ancestor,)))


def test_a_forged_past_fits_itself_and_is_not_made_again(
    line: list[FoldMap], tables: list[pl.DataFrame]
) -> None:
    head = forged(line, row=7)
    assert head.digest_now() == head.digest
    assert broken_links(lineage_of(head)) == ()
    past = remade_past(head, tables[1])
    assert past.other == (head.manifest.parents[0],)


def restated(fold_map: FoldMap, **changes: Any) -> FoldMap:
    """The record of a map's one ancestor with other facts, which are under no digest."""
    [record] = fold_map.lineage
    return replace(
        fold_map, lineage=(replace(record, manifest=replace(record.manifest, **changes)),)
    )


def test_a_dataset_digest_of_no_table_does_not_hide_a_forged_past(
    line: list[FoldMap], tables: list[pl.DataFrame]
) -> None:
    head = forged(line, row=7)
    facts = replace(head.lineage[0].manifest.dataset, digest="ab" * 32)
    past = remade_past(restated(head, dataset=facts), tables[1])
    assert (past.other, past.recorded) == ((head.manifest.parents[0],), 0)


def test_features_renamed_since_are_no_forgery() -> None:
    """Renamed in their old order they leave each row's digest, and change the table's."""
    table = visits(100)
    renamed = table.rename({"x": "xx"})
    head = first_map(table.head(80)).grow(renamed)
    past = remade_past(head, renamed)
    assert past == Past(ancestors=1, remade=1, other=(), renamed=1)


def test_rows_changed_or_gone_since_are_counted(
    line: list[FoldMap], tables: list[pl.DataFrame]
) -> None:
    assert [remade_past(m, t).recorded for m, t in zip(line, tables, strict=True)] == [0, 0, 2, 3]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (lambda m: {"units": replace(m.units, largest=1)}, "units.largest"),
        (lambda m: {"classes": m.classes[::-1]}, "classes[0]"),
        (lambda m: {"folds": m.folds[1:]}, "folds"),
        (lambda m: {"dataset": replace(m.dataset, columns=1)}, "dataset.columns"),
        (lambda m: {"balance": replace(m.balance, max_share_deviation=0.5)}, "balance.max_share"),
    ],
)
def test_facts_edited_in_a_record_are_told(
    line: list[FoldMap],
    tables: list[pl.DataFrame],
    changes: Callable[[Manifest], dict[str, Any]],
    said: str,
) -> None:
    edited = restated(line[1], **changes(line[0].manifest))
    assert broken_links(lineage_of(edited)) == ()
    [found] = remade_past(edited, tables[1]).misstated
    assert f"the record of {line[0].digest[:12]} states {said}" in found


def test_row_digests_edited_in_a_record_are_told(
    line: list[FoldMap], tables: list[pl.DataFrame]
) -> None:
    [record] = line[1].lineage
    row = line[0].table.filter(pl.col("row_id") == 7).select(record.delta.columns)
    delta = pl.concat([record.delta, row.with_columns(row_digest=pl.lit(1, pl.UInt64))])
    edited = replace(line[1], lineage=(Ancestor(record.manifest, delta.sort("row_id")),))
    [found] = remade_past(edited, tables[1]).misstated
    assert "the column row_digest" in found


def test_warnings_of_an_ancestor_may_be_worded_otherwise(
    line: list[FoldMap], tables: list[pl.DataFrame]
) -> None:
    assert remade_past(restated(line[1], warnings=("as it was said then",)), tables[1]).remade == 1


def test_what_can_be_made_again_is(line: list[FoldMap], tables: list[pl.DataFrame]) -> None:
    for fold_map, table in zip(line, tables, strict=True):
        manifest = fold_map.manifest
        again = remade(fold_map, table, manifest.plan, manifest.dataset.roles)
        assert again.manifest.digest == fold_map.digest
        assert again.manifest.growth == manifest.growth
    assert remade_past(line[1], tables[1]).remade == 1
    # In the third table a row was changed, and in the fourth rows went.
    assert remade_past(line[2], tables[2]).remade == 0
    assert remade_past(line[3], tables[3]).remade == 0
    assert remade_past(line[3], tables[3]).other == ()
    assert remade_past(line[3], tables[3]).ancestors == 3


def test_a_head_dealt_by_hand_is_not_made_again(
    line: list[FoldMap], tables: list[pl.DataFrame]
) -> None:
    head = line[1]
    here = pl.col("row_id").is_in([80, 81])
    fold = pl.when(here).then((pl.col("fold") + 1) % 4).otherwise("fold")
    table = head.table.with_columns(fold=fold)
    edited = replace(head, table=table)
    edited = replace(edited, manifest=replace(edited.manifest, digest=edited.digest_now()))
    # New rows may stand anywhere as far as the lineage goes; the plan puts them elsewhere.
    assert broken_links(lineage_of(edited)) == ()
    again = remade(edited, tables[1], head.manifest.plan, head.manifest.dataset.roles)
    assert again.manifest.digest != edited.digest


def test_an_old_row_moved_in_silence_is_told(line: list[FoldMap]) -> None:
    head = line[1]
    fold = pl.when(pl.col("row_id") == 7).then((pl.col("fold") + 1) % 4).otherwise("fold")
    edited = replace(head, table=head.table.with_columns(fold=fold.cast(pl.Int64)))
    edited = replace(edited, manifest=replace(edited.manifest, digest=edited.digest_now()))
    # The record is kept against the rows that were edited, so it no longer gives the parent.
    assert "its digest does not fit" in broken_links(lineage_of(edited))[0]


def test_a_missing_parent_cannot_be_grown_again(
    line: list[FoldMap], tables: list[pl.DataFrame]
) -> None:
    orphan = replace(line[1], lineage=())
    with pytest.raises(ArtifactError, match="a parent is missing"):
        remade(orphan, tables[1], orphan.manifest.plan, orphan.manifest.dataset.roles)


def test_a_copy_is_the_same_bytes(saved: Path, tmp_path: Path) -> None:
    (saved / MAP_FILE).chmod(0o444)
    storage.copy(saved, tmp_path / "again")
    files = sorted(path.relative_to(saved) for path in saved.rglob("*") if path.is_file())
    copied = tmp_path / "again"
    assert files == sorted(p.relative_to(copied) for p in copied.rglob("*") if p.is_file())
    assert all((saved / file).read_bytes() == (copied / file).read_bytes() for file in files)
    # Files of DVC are read-only; their copy must not be, for it is replaced later.
    assert (copied / MAP_FILE).stat().st_mode & 0o200
    before = (saved / MANIFEST_FILE).stat()
    storage.copy(saved, saved)
    assert (saved / MANIFEST_FILE).stat().st_mtime_ns == before.st_mtime_ns


def test_moved_and_excluded_rows_come_back_where_they_were(tmp_path: Path) -> None:
    table = visits(80)
    old = first_map(table)
    for policy in ("move", "exclude"):
        new = old.grow(pl.concat([table, link(old, 80)]), on_conflict=policy)
        new.save(tmp_path / policy)
        found = lineage_of(FoldMap.load(tmp_path / policy))
        assert found.kin[1].table.equals(old.table)
        assert broken_links(found) == ()


def test_walking_ends_where_a_parent_is_its_own_ancestor(line: list[FoldMap]) -> None:
    head = line[1]
    loop = replace(head.lineage[0].manifest, parents=(head.digest,))
    found = walk(head.kin, [Ancestor(loop, head.lineage[0].delta)])
    assert len(found.kin) == 2
    assert broken_links(found)


def test_fold_minus_two_is_saved_and_loaded(tmp_path: Path) -> None:
    table = visits(80)
    old = first_map(table)
    new = old.grow(pl.concat([table, link(old, 80)]), on_conflict="exclude")
    new.save(tmp_path / "map")
    assert folds(FoldMap.load(tmp_path / "map"))[80] == -2
