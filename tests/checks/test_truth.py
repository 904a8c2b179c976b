"""Every measure of the deterministic checks, against SQL over the same rows in SQLite."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from itertools import cycle
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

import fold_guard
from fold_guard.checks.catalogue import BY_NAME
from tests.checks.truth import cases, classes, sets, times
from tests.checks.truth.store import Case, Measured, Stored, stored

# Schemes, and the column that each takes the folds from.
SCHEMES = {"kfold": "fold", "forward": "block"}
NAMES = (
    "row_identity",
    "fold_shape",
    "class_counts",
    "class_balance",
    "group_overlap",
    "component_overlap",
    "duplicate_rows",
    "label_conflict",
    "temporal_order",
    "purge_embargo",
)
FRAMES = {
    "polars": pl.from_arrow,
    "pandas": lambda table: table.to_pandas(),
    "arrow": lambda table: table,
    "lazy": lambda table: pl.from_arrow(table).lazy(),
}
Found = dict[str, list[Measured]]
needs_shared = pytest.mark.skipif(not cases.SHARED.is_dir(), reason="data sets are not here")


def expected(at: Stored) -> Found:
    """Return what the design says each check measures; a check that has nothing to do is absent."""
    case, features = at.case, at.case.taken
    found: Found = {"FG201": [classes.fold_shape(at)]}
    if case.id:
        found["FG101"] = [classes.row_identity(at)]
    if case.groups:
        found["FG301"] = [sets.group_overlap(at, key) for key in case.groups]
        found["FG302"] = [sets.component_overlap(at)]
    labelled = () if case.label is None else ((*features, case.label),)
    if features:
        found["FG303"] = [sets.duplicate_rows(at, each) for each in (features, *labelled)]
    if case.label is not None and not _continuous(case.table[case.label]):
        found["FG202"] = [classes.class_counts(at)]
        found["FG203"] = [classes.class_balance(at)]
        if features:
            found["FG305"] = [sets.label_conflict(at)]
    if case.time is not None:
        found["FG306"] = [times.temporal_order(at)]
        if case.evaluation_time is not None or case.embargo:
            found["FG307"] = [times.purge_embargo(at)]
    return found


def audited(case: Case, scheme: str, kind: str) -> Found:
    """Return what `fold_guard.audit` measures, from its JSON form."""
    rules = {name: BY_NAME[name].rule() for name in NAMES}
    rules["temporal_order"] = BY_NAME["temporal_order"].rule(min_gap=case.min_gap)
    rules["purge_embargo"] = BY_NAME["purge_embargo"].rule(embargo=case.embargo)
    frame = FRAMES[kind](case.table)
    report = fold_guard.audit(frame, fold="fold", scheme=scheme, rules=rules, **case.roles)
    return _by_code(report.to_json())


def _by_code(report: Any) -> Found:
    found = defaultdict(list)
    for check in report["checks"]:
        found[check["code"]].append(check["measured"])
    return dict(found)


def _continuous(column: pa.ChunkedArray) -> bool:
    known = column.drop_null().to_pylist()
    return pa.types.is_floating(column.type) and any(each != round(each) for each in known)


def assert_alike(found: Found, truth: Found) -> None:
    """Compare all numbers, whole numbers and names exactly, shares to the last few bits."""
    assert sorted(found) == sorted(truth)
    for code, [measured] in ((each, found[each]) for each in found if each == "FG203"):
        [shares] = truth[code]
        worst = (measured.pop("worst_fold"), measured.pop("worst_class"))
        assert worst in shares.pop("worst")
        for name in ("max_share_deviation", "mean_share_deviation", "lower_bound"):
            # The bound is found by halving, with room for rounding.
            near = 1e-9 if name == "lower_bound" else 1e-14
            assert measured.pop(name) == pytest.approx(float(shares.pop(name)), abs=near), name
    for code, measures in truth.items():
        assert found[code] == measures, code


def compare(case: Case, scheme: str, kind: str, folds: str = "") -> None:
    """Hold an audit against the truth."""
    case = case.over(folds or SCHEMES[scheme])
    assert_alike(audited(case, scheme, kind), expected(stored(case, scheme)))


def turns(names: Iterable[str]) -> list[tuple[str, str]]:
    """Give each data set a kind of frame, in turn."""
    return list(zip(names, cycle(FRAMES)))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("name", "kind"), turns(cases.BUILT))
def test_data_that_is_always_there(name: str, kind: str, scheme: str) -> None:
    compare(cases.BUILT[name](), scheme, kind)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("kind", FRAMES)
def test_every_kind_of_frame(kind: str, scheme: str) -> None:
    compare(cases.BUILT["covid_horizon"](), scheme, kind)


@needs_shared
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("name", "kind"), turns(cases.FOUND))
def test_data_of_other_fields(name: str, kind: str, scheme: str) -> None:
    compare(cases.FOUND[name](), scheme, kind)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("clock", "kind"), turns(cases.CLOCKS))
def test_every_kind_of_time(clock: str, kind: str, scheme: str) -> None:
    # Of blocks, kfold trains on what lies right before and right after the test rows.
    compare(cases.timed(clock), scheme, kind, folds="block")


def test_dates_in_a_declared_format_on_the_command_line(tmp_path: Path) -> None:
    table = cases.covid(40).select(["row_id", "subject_id", "result", "gender", "pan_day"])
    days = [cases.day_of(each) for each in table["pan_day"].to_pylist()]
    table = table.drop_columns(["pan_day"]).append_column("day", pa.array(days, pa.date32()))
    case = Case(
        cases.with_folds(cases.without(table, "day", 41), "day"),
        label="result",
        id=("row_id",),
        groups=("subject_id",),
        time="day",
        features=("gender",),
    ).over("block")
    file = tmp_path / "tests.csv"
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(case.table.column_names)
        for row in case.table.to_pylist():
            day = row["day"]
            writer.writerow((row | {"day": "" if day is None else f"{day:%d.%m.%Y}"}).values())
    roles = "--label result --id row_id --group subject_id --time day --feature gender"
    command = f"--fold fold --scheme forward {roles} --dtype day=date:%d.%m.%Y --format json"
    ran = subprocess.run(
        [Path(sys.executable).with_name("fold-guard"), "audit", file, *command.split()],
        capture_output=True,
        text=True,
        check=False,
    )
    found, truth = _by_code(json.loads(ran.stdout)), expected(stored(case, "forward"))
    # One key is one component; without a label horizon there is nothing to purge.
    del truth["FG302"]
    assert_alike({code: found[code] for code in truth}, truth)


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    """Counts that were taken from the files by others."""
    counts: dict[str, Any] = json.loads((cases.SHARED / "counts.json").read_text())
    return {name: each for name, each in counts.items() if not name.startswith("multilabel")}


def _dealt(name: str, **roles: Any) -> Found:
    # No fold is -2: every row takes part.
    table = cases.shared(name)
    table = table.append_column("dealt", pa.array([row % 5 for row in range(table.num_rows)]))
    rules = {each: BY_NAME[each].rule() for each in NAMES}
    return _by_code(fold_guard.audit(table, fold="dealt", rules=rules, **roles).to_json())


@needs_shared
def test_published_copies(published: dict[str, Any]) -> None:
    for name, counts in published.items():
        columns = cases.shared(name).column_names
        [found] = _dealt(name, features=columns)["FG303"]
        assert counts["rows"] - found["distinct_rows"] == counts["exact_duplicate_rows"], name


@needs_shared
@pytest.mark.parametrize(
    ("name", "label", "id", "key"),
    [
        ("caravan", "Purchase", (), "feature_duplicates"),
        (
            "credit_default",
            "default-payment-next-month",
            ("ID",),
            "duplicates_without_ID_and_label",
        ),
    ],
)
def test_published_copies_of_another_label(
    name: str, label: str, id: tuple[str, ...], key: str, published: dict[str, Any]
) -> None:
    counts, found = published[name], _dealt(name, label=label, id=id)
    alike, (copies, with_label), [conflict] = counts[key], found["FG303"], found["FG305"]
    assert (copies["clusters"], copies["rows_in_clusters"]) == (
        alike["n_clusters_ge2"],
        alike["n_rows_in_clusters_ge2"],
    )
    assert counts["rows"] - copies["distinct_rows"] == alike["n_extra_copies"]
    assert conflict == {
        "clusters_conflicting": alike["n_clusters_conflicting_label"],
        "rows_conflicting": alike["n_rows_conflicting_label"],
    }
    extra = counts.get("duplicates_without_ID", counts["exact_duplicate_rows"])
    assert counts["rows"] - with_label["distinct_rows"] == extra


@needs_shared
def test_published_groups_and_components(published: dict[str, Any]) -> None:
    seen = 0
    for name, counts in published.items():
        groups = counts.get("groups", {})
        if not groups:
            continue
        found = _dealt(name, groups=list(groups))
        assert [(each["groups"], each["null_keys"]) for each in found["FG301"]] == [
            (each["n"], each["null"]) for each in groups.values()
        ]
        alike = counts.get(f"connected_components({','.join(groups)})")
        if alike is not None:
            [component] = found["FG302"]
            assert component["components"] == alike["n"], name
            assert component["largest_component"] == alike["largest"], name
            seen += 1
    assert seen == sum(
        any(key.startswith("connected") for key in each) for each in published.values()
    )
