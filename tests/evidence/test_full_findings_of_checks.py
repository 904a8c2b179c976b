"""Each check that names rows lists all of them: as many as it measured, and the right ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.outcome import Outcome
from fold_guard.checks.rule import Rule
from fold_guard.evidence.audit import audit
from fold_guard.evidence.audited import audited_split
from fold_guard.evidence.full_findings import Written, write_findings
from fold_guard.evidence.report import Report
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan

GIVEN: dict[str, Any] = {
    "fold": "fold",
    "id": "visit",
    "label": "y",
    "groups": ["patient", "ward"],
    "time": "day",
    "evaluation_time": "known",
    "features": ["a", "b"],
}
NAMES = (
    "component_overlap",
    "duplicate_rows",
    "label_conflict",
    "temporal_order",
    "purge_embargo",
)
FRAMES: dict[str, Callable[[pl.DataFrame], Any]] = {
    "memory": lambda frame: frame,
    "polars": lambda frame: frame.lazy(),
    "duckdb": lambda frame: duckdb.connect().from_arrow(frame.to_arrow()),
}


def visits(rows: int = 160) -> pl.DataFrame:
    rng = np.random.default_rng(11)
    day = rng.integers(0, 60, rows)
    return pl.DataFrame(
        {
            "visit": [f"v{row}" for row in rng.permutation(rows)],
            "patient": [f"p{row % 70}" if row % 11 else None for row in range(rows)],
            "ward": [None if row % 3 else f"w{row % 23}" for row in range(rows)],
            "day": day,
            "known": np.where(np.arange(rows) == 7, day - 1, day + rng.integers(0, 3, rows)),
            "a": rng.integers(0, 12, rows),
            "b": [f"b {row % 5}" for row in range(rows)],
            "y": [f"class {label}" for label in rng.integers(0, 2, rows)],
            "fold": rng.permutation(np.arange(rows) % 5 - 1),
        }
    )


def written(
    path: Path,
    frame: Any,
    names: tuple[str, ...],
    thresholds: dict[str, Any] | None = None,
    **given: Any,
) -> tuple[pl.DataFrame, Report, Written]:
    rules: dict[str, Rule] = {
        name: BY_NAME[name].rule(**(thresholds or {}).get(name, {})) for name in names
    }
    report = audit(frame, **given, name="t", rules=rules)
    subject = audited_split(frame, **given, name="t").subject
    said = write_findings(path, subject, report, rules)
    return pl.read_parquet(path), report, said


def by_round(outcome: Outcome, *names: str) -> dict[int, int]:
    rounds: Any = outcome.measured["rounds"]
    counts = {int(j): sum(numbers[name] for name in names) for j, numbers in rounds.items()}
    return {j: count for j, count in counts.items() if count}


def listed(rows: pl.DataFrame) -> dict[int, int]:
    in_rounds = rows.filter(pl.col("round").is_not_null())
    return dict(in_rounds.group_by("round").len().rows())


@pytest.mark.parametrize("kind", FRAMES)
@pytest.mark.parametrize("scheme", ["kfold", "forward"])
def test_as_many_rows_are_listed_as_were_measured(tmp_path: Path, kind: str, scheme: str) -> None:
    embargo = {"purge_embargo": {"embargo": 2}}
    frame = FRAMES[kind](visits())
    found, report, said = written(
        tmp_path / "f.parquet", frame, NAMES, embargo, **GIVEN, scheme=scheme
    )
    assert said.capped == ()
    assert found["complete"].all()
    assert found["row_id"].null_count() == 0
    seen = set()
    for outcome in report.checks:
        own = found.filter(code=outcome.code, target=outcome.target)
        seen.add(outcome.code)
        total = {
            "FG302": "test_rows_leaking",
            "FG303": "test_rows_with_copy_in_train",
            "FG306": "train_rows_at_or_after_test_min",
        }.get(outcome.code)
        if total is not None:
            assert listed(own) == by_round(outcome, total)
            assert own.height
            assert set(own["side"]) == {"train" if outcome.code == "FG306" else "test"}
        if outcome.code == "FG305":
            assert own.height == outcome.measured["rows_conflicting"]
            assert own["round"].null_count() == own["side"].null_count() == own.height
            assert own["fold"].null_count() == 0
        if outcome.code == "FG307":
            for reason in ("purge", "embargo"):
                its = own.filter(pl.col("reason") == reason)
                assert its.height
                assert listed(its) == by_round(outcome, f"train_rows_to_{reason}")
                assert set(its["side"]) == {"train"}
            apart = own.filter(pl.col("round").is_null())
            assert apart.height == outcome.measured["inverted_intervals"] == 1
            assert apart["row_id"].to_list() == [visits()["visit"][7]]
        words = dict(own.select("finding", "message").unique().rows())
        assert sorted(words) == list(range(len(words)))
        assert {each.message for each in outcome.findings} <= set(words.values())
        if kind == "memory" and outcome.code != "FG307":
            shown = [each.message for each in outcome.findings]
            assert [words[number] for number in range(len(shown))] == shown
    assert seen == {"FG302", "FG303", "FG305", "FG306", "FG307"}


@pytest.mark.parametrize("scheme", ["kfold", "forward"])
def test_the_rows_are_those_that_plain_loops_find(tmp_path: Path, scheme: str) -> None:
    frame = visits()
    found, _, _ = written(tmp_path / "f.parquet", frame, NAMES, **GIVEN, scheme=scheme)
    rows = frame.rows(named=True)
    expected = set[tuple[str, str, int, str, str]]()
    for j in range(1 if scheme == "forward" else 0, 4):
        test = [each for each in rows if each["fold"] == j]
        train = [
            each
            for each in rows
            if (0 <= each["fold"] < j if scheme == "forward" else each["fold"] != j)
        ]
        first = min(each["day"] for each in test)
        late = [each for each in train if each["day"] >= first]
        expected |= {("FG306", "day", j, "train", each["visit"]) for each in late}
        for target, columns in (("2 features", "ab"), ("2 features + label", "aby")):
            values = {tuple(each[name] for name in columns) for each in train}
            copies = [each for each in test if tuple(each[name] for name in columns) in values]
            expected |= {("FG303", target, j, "test", each["visit"]) for each in copies}
    held = found.filter(pl.col("code").is_in(["FG303", "FG306"]))
    columns = ("code", "target", "round", "side", "row_id")
    assert set(held.select(columns).rows()) == expected
    assert held.height == len(expected)
    conflicts = {
        one["visit"]
        for one in rows
        for other in rows
        if (one["a"], one["b"]) == (other["a"], other["b"]) and one["y"] != other["y"]
    }
    assert set(found.filter(code="FG305")["row_id"]) == conflicts


def test_the_order_of_the_table_does_not_show(tmp_path: Path) -> None:
    written(tmp_path / "a.parquet", visits(), NAMES, **GIVEN)
    written(tmp_path / "b.parquet", visits()[::-1], NAMES, **GIVEN)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_several_repeats_with_excluded_rows_are_listed_repeat_by_repeat(tmp_path: Path) -> None:
    """A row that links others and is excluded in one repeat links them in the other only."""
    rng = np.random.default_rng(2)
    frame = visits()
    pairs = []
    for _ in range(6):
        side = rng.integers(0, 3, 160)
        pairs.append((np.flatnonzero(side == 0), np.flatnonzero(side == 1)))
    given = {key: value for key, value in GIVEN.items() if key != "fold"}
    names = ("group_overlap", *NAMES)
    found, report, said = written(tmp_path / "f.parquet", frame, names, **given, splits=pairs)
    assert said.capped == ()
    compared = 0
    for outcome in report.checks:
        own = found.filter(code=outcome.code, target=outcome.target)
        for total in ("test_rows_leaking", "test_rows_with_copy_in_train"):
            if f"{total}_total" in outcome.measured:
                assert listed(own) == by_round(outcome, total)
                assert own.height == outcome.measured[f"{total}_total"] > 0
                compared += 1
        if outcome.code == "FG305":
            assert own["fold"].null_count() == own.height == outcome.measured["rows_conflicting"]
    assert compared == 5
    assert (found["repeat"].drop_nulls() == found["round"].drop_nulls()).all()


def test_a_component_too_large_for_a_fold_lists_its_rows_after_what_leaks(tmp_path: Path) -> None:
    frame = visits(60).with_columns(ward=pl.when(pl.col("fold") < 3).then(pl.lit("w")))
    found, report, said = written(tmp_path / "f.parquet", frame, ("component_overlap",), **GIVEN)
    [outcome] = report.checks
    last = found.filter(pl.col("round").is_null())
    assert set(last["message"]) == {outcome.findings[-1].message}
    assert "cannot be of equal size" in outcome.findings[-1].message
    assert last.height == outcome.measured["largest_component"] == outcome.findings[-1].count
    before = found.filter(pl.col("round").is_not_null())
    assert set(last["finding"]) == {int(before["finding"].max()) + 1}  # type: ignore[arg-type]
    assert before.height == outcome.measured["test_rows_leaking_total"]
    assert said.capped == ()


def test_rows_on_both_sides_are_listed_and_other_findings_keep_a_line(tmp_path: Path) -> None:
    frame = visits(40).drop("fold")
    pairs = [(range(0, 30), range(25, 40)), (range(0, 20), range(18, 25)), (range(9), [])]
    given = {"id": "visit", "features": ["a"], "splits": pairs}
    found, report, _ = written(tmp_path / "f.parquet", frame, ("fold_shape",), **given)
    [outcome] = report.checks
    both = found.filter(pl.col("side") == "both")
    assert both.height == outcome.measured["rows_on_both_sides"] == 7
    assert listed(both) == {0: 5, 1: 2}
    assert set(both["row_id"]) == set(frame["visit"][25:30]) | set(frame["visit"][18:20])
    rest = found.filter(pl.col("side").is_null())
    told = [*dict.fromkeys(both.sort("finding")["message"]), *rest["message"]]
    assert [each.message for each in outcome.findings] == told
    assert "has no row to test" in told[-1]
    assert rest["finding"].to_list() == list(range(2, len(told)))
    assert rest["row_id"].null_count() == rest.height
    assert not rest["complete"].any()


@pytest.mark.parametrize("kind", FRAMES)
def test_ids_that_are_missing_or_there_again(tmp_path: Path, kind: str) -> None:
    ids = ["a", "b", None, "a", "b", "a", None, *(f"c{row}" for row in range(7))] + ["d"] * 9
    frame = pl.DataFrame({"visit": ids, "a": range(23), "fold": [0, 1] * 11 + [1]})
    given = {"fold": "fold", "id": "visit", "features": ["a"]}
    found, report, said = written(
        tmp_path / "f.parquet", FRAMES[kind](frame), ("row_identity",), **given
    )
    [outcome] = report.checks
    assert (outcome.measured["null_ids"], outcome.measured["duplicate_ids"]) == (2, 11)
    named = ["row 2", "row 6"] if kind == "memory" else [None, None]
    assert found.filter(finding=0)["row_id"].to_list() == named
    assert found.filter(finding=1)["row_id"].to_list() == ["a", "a", "b", *["d"] * 8]
    assert found.height == 13
    assert found["complete"].all()
    assert said.capped == ()


def test_ids_of_a_table_with_a_fold_map(tmp_path: Path) -> None:
    """Rows that the map does not know are not under check, but their ids are."""
    frame = visits(60).drop("fold")
    made = make_folds(frame, FoldPlan("kfold", n_splits=3), id="visit", label="y")
    late = frame[:3].with_columns(visit=pl.lit("late"))
    nameless = frame[:1].with_columns(visit=pl.lit(None, dtype=pl.String))
    changed = frame[:-30].with_columns(
        a=pl.when(pl.int_range(pl.len()) < 25).then(pl.col("a") + 100).otherwise("a")
    )
    names = ("row_identity", "fold_map_matches_data")
    found, report, said = written(
        tmp_path / "f.parquet", pl.concat([changed, late, nameless]), names, fold=made
    )
    identity, matches = report.checks
    assert found.filter(code="FG101")["row_id"].to_list() == ["row 33", "late", "late"]
    assert (identity.measured["null_ids"], identity.measured["duplicate_ids"]) == (1, 2)
    own = found.filter(code="FG102")
    expected = {
        "missing": sorted(frame["visit"][-30:]),
        "without a fold": ["late"] * 3,
        "changed since": sorted(frame["visit"][:25]),
    }
    for finding, ((words, ids), shown) in enumerate(
        zip(expected.items(), matches.findings, strict=True)
    ):
        its = own.filter(finding=finding)
        assert words in shown.message
        assert set(its["message"]) == {shown.message}
        assert its["row_id"].to_list() == ids
    measured = [matches.measured[f"rows_{each}"] for each in ("missing", "extra", "changed")]
    assert own.height == sum(measured)  # type: ignore[arg-type]
    assert said.capped == ()


def test_leave_one_out_is_not_a_table_for_each_round(tmp_path: Path) -> None:
    rows = 1500
    frame = pl.DataFrame(
        {"visit": range(rows), "patient": np.arange(rows) // 2, "a": 0, "fold": range(rows)}
    )
    path = tmp_path / "f.parquet"
    given = {"fold": "fold", "id": "visit", "groups": ["patient"], "features": ["a"]}
    found, _, _ = written(path, frame, ("group_overlap", "duplicate_rows"), **given)
    assert found["code"].value_counts(sort=True)["count"].to_list() == [rows, rows]
    assert pq.ParquetFile(path).num_row_groups == 1


def test_rows_without_id_or_order_have_no_name(tmp_path: Path) -> None:
    given = {**GIVEN, "id": ()}
    path = tmp_path / "f.parquet"
    for kind, named in (("memory", True), ("duckdb", False)):
        found, report, _ = written(path, FRAMES[kind](visits()), ("duplicate_rows",), **given)
        assert found["row_id"].null_count() == (0 if named else found.height)
        own = found.filter(target=report.checks[0].target)
        assert own.height == report.checks[0].measured["test_rows_with_copy_in_train_total"]
