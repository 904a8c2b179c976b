"""Each strategy's map is judged honestly, and so is one that was tampered with."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

import fold_guard
from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.outcome import Outcome, Status
from fold_guard.checks.subjects.prepare import subject_of_map
from fold_guard.evidence.audit import default_rules
from fold_guard.evidence.check_plan import check_plan
from fold_guard.evidence.gather import gather_plan
from fold_guard.evidence.judge import verdict_on
from fold_guard.evidence.report import Report, report_from_json
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.strategies import TRAITS
from fold_guard.gate.policy import Policy
from tests.folds.strategies import CASES, derived, map_of

FEATURES = ("clinic_name", "orderset", "payor_group", "col_rec_tat", "rec_ver_tat")
LABEL_CHECKS = {"class_counts", "class_balance", "label_conflict"}


@pytest.fixture(scope="module")
def table(covid: pl.DataFrame) -> pl.DataFrame:
    return derived(covid)


def cut(table: pl.DataFrame, strategy: str) -> pl.DataFrame:
    # Where every row is a fold, a few rows say as much as all.
    return table.head(200) if strategy in ("leave_one_out", "leave_one_group_out") else table


def checked(fold_map: FoldMap, table: pl.DataFrame) -> Report:
    """Run every check that an audit runs by default, whether it applies or not."""
    roles = replace(fold_map.manifest.dataset.roles, features=FEATURES)
    roles = roles.resolve(table.columns, source="table")
    rules = {name: check.rule() for name, check in BY_NAME.items() if not check.opt_in}
    return check_plan(fold_map, table, roles, rules, name="t", plan="p", policy="x")


def by_name(report: Report) -> dict[str, list[Outcome]]:
    found: dict[str, list[Outcome]] = {}
    for each in report.checks:
        found.setdefault(each.name, []).append(each)
    return found


@pytest.mark.parametrize("strategy", CASES)
def test_every_strategy_is_judged(table: pl.DataFrame, strategy: Any) -> None:
    frame = cut(table, strategy)
    fold_map = map_of(frame, strategy)
    report = checked(fold_map, frame)
    found, facts, traits = by_name(report), fold_map.manifest.dataset, TRAITS[strategy]

    assert not [each for each in report.checks if each.status in (Status.ERROR, Status.SKIPPED)]
    idle = {name for name, [each, *_] in found.items() if each.status is Status.NOT_APPLICABLE}
    expected = {"group_overlap", "component_overlap"} if not facts.groups else set()
    expected |= set() if facts.time else {"temporal_order"}
    expected |= set() if facts.evaluation_time else {"purge_embargo"}
    expected |= LABEL_CHECKS if traits.strata == "bins" else set()
    expected |= {"class_balance"} if traits.layout == "each" else set()
    assert idle == expected
    assert all(each.summary for each in report.checks)

    # What a made map promises holds.
    for name in ("row_identity", "fold_map_matches_data", "fold_shape", "class_counts"):
        assert all(each.status in (Status.PASSED, Status.NOT_APPLICABLE) for each in found[name])
    if traits.groups or strategy == "forward":
        assert found["group_overlap"][0].status is Status.PASSED
        assert found["component_overlap"][0].status is Status.PASSED
    if traits.strata in ("classes", "labels"):
        assert found["class_balance"][0].status is Status.PASSED

    verdict = fold_guard.judge(frame, fold_map, features=FEATURES)
    judged = {name for name in found if name not in idle}
    if len(facts.groups) == 1:
        judged.remove("component_overlap")
    assert verdict.checks == len(judged)
    objections = {each.name for each in verdict.objections}
    assert objections == {
        name
        for name in judged - {"temporal_order"}
        if any(each.status is Status.FAILED for each in found[name])
    }


@pytest.mark.parametrize("strategy", CASES)
def test_the_report_comes_back_and_counts_every_repeat(table: pl.DataFrame, strategy: Any) -> None:
    frame = cut(table, strategy)
    fold_map = map_of(frame, strategy)
    report = checked(fold_map, frame)
    raw = json.loads(json.dumps(report.to_json(), allow_nan=False))
    again = report_from_json(raw, source="check.json", remedy="")
    assert (again.folds, again.dataset) == (report.folds, report.dataset)

    facts, manifest = report.folds, fold_map.manifest
    dealt = fold_map.repeats_of(frame)
    assert facts.always_train == sum(set(row) == {-1} for row in dealt.T.tolist())
    repeats = facts.repeats or (facts,)
    assert len(repeats) == manifest.plan.n_repeats
    assert facts.count == manifest.n_folds
    rows = [each.rows for each in sorted(manifest.folds, key=lambda each: (each.repeat, each.fold))]
    assert [number for each in repeats for number in each.rows] == rows
    if facts.classes:
        assert facts.classes == manifest.classes
        by_class = [each.by_class for each in manifest.folds]
        assert [counts for each in repeats for counts in each.by_class] == by_class
    else:
        assert TRAITS[strategy].strata == "bins"
    assert ("repeats" in raw["folds"]) == (manifest.plan.n_repeats > 1)
    assert ("labels" in raw["dataset"]) == (TRAITS[strategy].strata == "labels")
    assert ("evaluation_time" in raw["dataset"]) == TRAITS[strategy].purged


@pytest.mark.parametrize(
    ("strategy", "more"),
    [
        *((name, {}) for name in CASES),
        ("stratified_group", {"n_repeats": 2}),
        ("forward", {"window": 2}),
    ],
)
def test_purged_rows_are_those_that_the_scheme_would_train_on(
    table: pl.DataFrame, strategy: Any, more: dict[str, Any]
) -> None:
    frame = cut(table, strategy)
    fold_map = map_of(frame, strategy, **more)
    roles = fold_map.manifest.dataset.roles.resolve(frame.columns, source="table")
    rules = {"fold_shape": default_rules(roles)["fold_shape"]}
    policy = Policy("p", rules, {}, {})
    report = check_plan(fold_map, frame, roles, rules, name="t", plan="p", policy=policy.digest)
    subject = subject_of_map(fold_map, frame, roles)
    dossier = gather_plan(subject, fold_map.manifest, report, verdict_on(report, policy), None, ())
    plan = fold_map.manifest.plan
    by_row = frame.select("row_id").join(fold_map.table, on="row_id", how="left")
    repeats = [by_row[name].to_numpy() for name in fold_map.manifest.fold_columns]
    rounds = list(fold_map.rounds(frame))
    purged = []
    for at, each in enumerate(rounds):
        folds = repeats[at * len(repeats) // len(rounds)]
        tested = set(folds[each.test].tolist())
        if strategy == "forward":
            [last] = tested
            allowed = set(range(max(0, last - plan.window) if plan.window else 0, last))
        else:
            allowed = set(folds.tolist()) - tested - {-2}
        purged.append(int(np.isin(folds, list(allowed)).sum()) - int(each.train.sum()))
    assert [found[3] for found in dossier.rounds] == purged
    assert [found[:3] for found in dossier.rounds] == [
        (each.index, each.train.sum(), each.test.sum()) for each in rounds
    ]
    assert all(number == 0 for number in purged) == (
        not TRAITS[strategy].purged and strategy != "forward"
    )


def test_a_continuous_label_of_few_values_has_no_classes(table: pl.DataFrame) -> None:
    few = table.with_columns(age=(pl.col("age") // 10).cast(pl.Int64))
    assert few["age"].n_unique() < 20
    facts = checked(map_of(few, "continuous", n_bins=3), few).folds
    assert (facts.classes, facts.by_class) == ((), ())


def test_what_one_repeat_excludes_is_not_purged(table: pl.DataFrame) -> None:
    fold_map = map_of(table, "kfold", n_repeats=2)
    some = pl.when(pl.col("row_id") % 7 == 0).then(-2).otherwise("fold_1")
    fold_map = edited(fold_map, fold_1=some)
    roles = fold_map.manifest.dataset.roles.resolve(table.columns, source="table")
    rules = {"fold_shape": default_rules(roles)["fold_shape"]}
    policy = Policy("p", rules, {}, {})
    report = check_plan(fold_map, table, roles, rules, name="t", plan="p", policy=policy.digest)
    subject, verdict = subject_of_map(fold_map, table, roles), verdict_on(report, policy)
    rounds = gather_plan(subject, fold_map.manifest, report, verdict, None, ()).rounds
    assert [purged for *_, purged in rounds] == [0] * 10
    assert sum(tested for _, _, tested, _ in rounds[5:]) < table.height


def edited(fold_map: FoldMap, **columns: pl.Expr) -> FoldMap:
    return replace(fold_map, table=fold_map.table.with_columns(**columns))


def test_a_row_that_left_its_group_in_one_repeat_is_found(table: pl.DataFrame) -> None:
    fold_map = map_of(table, "stratified_group", n_repeats=3)
    assert by_name(checked(fold_map, table))["group_overlap"][0].status is Status.PASSED
    visits = table.group_by("subject_id").agg("row_id").filter(pl.col("row_id").list.len() == 2)
    row, other = visits.sort("subject_id")["row_id"][0].sort().to_list()
    moved = pl.when(pl.col("row_id") == row).then((pl.col("fold_1") + 1) % 5)
    leaky = edited(fold_map, fold_1=moved.otherwise("fold_1"))
    found = by_name(checked(leaky, table))
    for name in ("group_overlap", "component_overlap"):
        [overlap] = found[name]
        assert overlap.status is Status.FAILED
        measured: Any = overlap.measured
        assert (measured["cross_fold_pairs"], measured["groups_spanning"]) == (1, 1)
        assert measured["test_rows_leaking_total"] == 2
        leaking = {j for j, each in measured["rounds"].items() if each["test_rows_leaking"]}
        assert leaking < {"5", "6", "7", "8", "9"}
        assert len(leaking) == 2
        assert overlap.findings[0].message.endswith(" of repeat 1")
        assert overlap.findings[0].rows == (row, other)
    verdict = fold_guard.judge(table, leaky, features=FEATURES)
    assert "group_overlap" in {each.name for each in verdict.objections}


def test_a_class_that_is_missing_in_one_repeat_is_found(table: pl.DataFrame) -> None:
    fold_map = map_of(table, "stratified", n_repeats=2)
    aside = (pl.col("label") == "invalid") & (pl.col("fold_1") == 2)
    leaky = edited(fold_map, fold_1=pl.when(aside).then(0).otherwise("fold_1"))
    [found] = by_name(checked(leaky, table))["class_counts"]
    assert found.status is Status.FAILED
    assert found.summary == (
        '"invalid" has 0 rows in the test side of round 7 (repeat 1, fold 2); policy asks for 1'
    )
    assert found.measured["classes_missing_in_test"] == ["invalid"]
    [balance] = by_name(checked(leaky, table))["class_balance"]
    assert balance.measured["worst_repeat"] == 1
    assert balance.measured["worst_class"] == "invalid"


def test_a_repeat_that_lost_a_fold_is_found(table: pl.DataFrame) -> None:
    fold_map = map_of(table, "kfold", n_repeats=2)
    lost = edited(fold_map, fold_1=pl.col("fold_1").replace({3: 2}))
    [found] = by_name(checked(lost, table))["fold_shape"]
    assert (found.status, found.measured["folds"]) == (Status.FAILED, 4)
    assert [each.message for each in found.findings] == ["round 8 (repeat 1) has no row to test"]


def test_a_class_of_one_row_cannot_be_left_out(table: pl.DataFrame) -> None:
    few = table.head(50).with_columns(
        result=pl.when(pl.col("row_id") == table["row_id"][0])
        .then(pl.lit("odd"))
        .otherwise("result")
    )
    [found] = by_name(checked(map_of(few, "leave_one_out"), few))["class_counts"]
    assert found.status is Status.FAILED
    assert found.summary.startswith('"odd" has 0 rows in the train side of round ')
    assert found.measured["test_sides_counted_together"] is True
    assert found.measured["min_test"]["odd"] == 1  # type: ignore[index]


def test_a_test_set_that_lost_its_rows_is_found(table: pl.DataFrame) -> None:
    fold_map = map_of(table, "shuffle_split")
    assert by_name(checked(fold_map, table))["fold_shape"][0].status is Status.PASSED
    none = edited(fold_map, fold_1=pl.col("fold_1").replace({0: -1}))
    [found] = by_name(checked(none, table))["fold_shape"]
    assert found.status is Status.FAILED
    assert found.summary.startswith("0 folds; a split needs one")


def test_a_skewed_draw_is_held_against_the_whole(table: pl.DataFrame) -> None:
    fold_map = map_of(table, "stratified_shuffle_split")
    # Every positive row of the second draw's test set leaves the round.
    gone = (pl.col("label") == "positive") & (pl.col("fold_1") == 0)
    skewed = edited(fold_map, fold_1=pl.when(gone).then(-2).otherwise("fold_1"))
    [found] = by_name(checked(skewed, table))["class_balance"]
    share = (table["result"] == "positive").mean()
    assert found.measured["max_share_deviation"] == pytest.approx(share)
    assert found.summary.startswith(
        'share of "positive" off by 5.6 points in the test set of repeat 1'
    )
    assert found.findings[0].message.startswith('"positive" is 0.00% of the test set of repeat 1')
