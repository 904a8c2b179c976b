from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.outcome import Status
from fold_guard.errors import Refused
from fold_guard.evidence.standing import (
    PROVENANCE_FILE,
    Statement,
    decided_again,
    remade_standing,
    require_standing,
    scores_standing,
    standing,
    verdict_standing,
    write_provenance,
)
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.growth.remake import Past
from fold_guard.folds.manifest import Manifest
from fold_guard.gate.policy import Policy
from fold_guard.identity.hashing import json_digest


def statements(checked: Any, **changes: Any) -> dict[str, Statement]:
    given = {
        "fold_map": checked.fold_map,
        "frame": checked.frame,
        "roles": checked.roles,
        "plan": checked.fold_map.manifest.plan,
        "policy": checked.policy,
    } | changes
    return {each.subject: each for each in standing(**given)}


def broken(found: dict[str, Statement]) -> list[str]:
    assert all(each.detail for each in found.values())
    return [subject for subject, each in found.items() if not each.holds]


def test_everything_belongs_together(checked: Any) -> None:
    assert broken(statements(checked)) == []
    assert broken(statements(checked, frame=checked.frame.reverse())) == []


def test_changed_data(checked: Any) -> None:
    found = statements(checked, frame=checked.frame.with_columns(x=pl.col("x") + 1))
    assert broken(found) == ["data", "checks"]
    assert "dvc repro" in found["data"].detail


def test_a_renamed_column(checked: Any) -> None:
    frame = checked.frame.rename({"x": "xx"})
    roles = replace(checked.roles, features=("xx",))
    assert broken(statements(checked, frame=frame, roles=roles)) == ["data", "checks"]


def test_an_edited_fold(checked: Any) -> None:
    row = pl.col("row_id") == 1
    table = checked.fold_map.table.with_columns(
        fold=pl.when(row).then((pl.col("fold") + 1) % 4).otherwise("fold")
    )
    found = statements(checked, fold_map=replace(checked.fold_map, table=table))
    assert broken(found) == ["fold map", "checks"]


def test_an_edited_manifest(checked: Any) -> None:
    """The manifest and params agree again, but the digest was over the old plan."""
    plan = replace(checked.fold_map.manifest.plan, seed=5)
    edited = replace(checked.fold_map, manifest=replace(checked.fold_map.manifest, plan=plan))
    assert "fold map" in broken(statements(checked, fold_map=edited, plan=plan))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seed": 5}, "fold.seed"),
        ({"strategy": "group"}, "fold.strategy"),
        ({"rare_class": "warn"}, "fold.rare_class"),
    ],
)
def test_changed_plans(checked: Any, changes: dict[str, Any], said: str) -> None:
    found = statements(checked, plan=replace(checked.fold_map.manifest.plan, **changes))
    assert broken(found) == ["params"]
    assert said in found["params"].detail


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"groups": ()}, "data.roles.groups"), ({"time": None}, "data.roles.time")],
)
def test_changed_roles(checked: Any, changes: dict[str, Any], said: str) -> None:
    found = statements(checked, roles=replace(checked.roles, **changes))
    assert said in found["params"].detail
    assert not found["params"].holds


def test_a_policy_that_does_not_hold_or_declares_nothing(checked: Any) -> None:
    strict = {"class_counts": BY_NAME["class_counts"].rule.model_validate({"min_test": 10_000})}
    for rules in (strict, {}):
        found = statements(checked, policy=Policy("main", rules, {}, {}))
        assert broken(found) == ["checks"]


def test_a_report_that_says_what_is_found_now(checked: Any) -> None:
    assert broken(statements(checked, report=checked.report)) == []


def test_a_report_with_an_outcome_edited_to_passed(checked: Any) -> None:
    """The report and its verdict agree with each other; the recomputed checks do not."""
    first, *others = checked.report.checks
    edited = replace(checked.report, checks=(replace(first, summary="all is well"), *others))
    assert broken(statements(checked, report=edited)) == ["checks"]
    fewer = replace(checked.report, checks=tuple(others))
    assert broken(statements(checked, report=fewer)) == ["checks"]


def test_features_changed_after_the_check(checked: Any) -> None:
    roles = replace(checked.roles, features=())
    assert "params" in broken(statements(checked, roles=roles, report=checked.report))


def test_training_is_refused_with_every_statement_that_fails(checked: Any) -> None:
    require_standing(tuple(statements(checked).values()), plan="main")
    frame = checked.frame.with_columns(x=pl.col("x") + 1)
    with pytest.raises(Refused, match=r"data: .*checks: ") as caught:
        require_standing(tuple(statements(checked, frame=frame).values()), plan="main")
    assert caught.value.where == "plan main"


def test_a_fitting_verdict(checked: Any) -> None:
    found = verdict_standing(
        checked.verdict,
        checked.report,
        checked.policy,
        checked.fold_map,
        checked.report.dataset.digest,
    )
    assert found.holds


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: {"dataset": "0" * 64}, "the data"),
        (lambda c: {"policy": replace(c.policy, plan="x")}, "the policy in params.yaml"),
        (lambda c: {"report": replace(c.report, not_run=())}, "the check report"),
        (
            lambda c: {
                "fold_map": replace(c.fold_map, table=c.fold_map.table.with_columns(fold=0))
            },
            "the fold map",
        ),
    ],
)
def test_a_stale_verdict(checked: Any, change: Callable[[Any], dict[str, Any]], said: str) -> None:
    given = {
        "verdict": checked.verdict,
        "report": checked.report,
        "policy": checked.policy,
        "fold_map": checked.fold_map,
        "dataset": checked.report.dataset.digest,
    } | change(checked)
    found = verdict_standing(**given)
    assert not found.holds
    assert f"contents of {said}:" in found.detail


def test_a_verdict_that_the_gate_did_not_give(checked: Any) -> None:
    """The report is honest and bound, and says that a check failed."""
    first, *others = checked.report.checks
    failed = replace(first, status=Status.FAILED, summary="it leaks")
    report = replace(checked.report, checks=(failed, *others))
    digest = json_digest(report.to_json())
    forged = replace(checked.verdict, bindings=replace(checked.verdict.bindings, report=digest))
    given = (report, checked.policy, checked.fold_map, report.dataset.digest)
    found = verdict_standing(forged, *given)
    assert not found.holds
    assert f"give another verdict ({first.code} {first.name}: " in found.detail
    assert "it leaks" in found.detail
    honest = verdict_standing(decided_again(forged, report, checked.policy), *given)
    assert honest.detail == "refused, 1 objection"


def test_a_verdict_without_its_warnings(checked: Any) -> None:
    forged = replace(checked.verdict, checks=checked.verdict.checks + 1)
    found = verdict_standing(
        forged, checked.report, checked.policy, checked.fold_map, checked.report.dataset.digest
    )
    assert "give another verdict" in found.detail


MODEL = {"call": "a.b"}


def test_scores_and_what_happens_to_them(checked: Any, tmp_path: Path) -> None:
    (tmp_path / "metrics.json").write_text("{}")
    (tmp_path / "oof.parquet").write_bytes(b"x")
    write_provenance(tmp_path, checked.verdict, MODEL)
    assert scores_standing(tmp_path, checked.verdict, MODEL).holds
    before = (tmp_path / PROVENANCE_FILE).read_bytes()
    write_provenance(tmp_path, checked.verdict, MODEL)
    assert (tmp_path / PROVENANCE_FILE).read_bytes() == before

    assert "another estimator" in scores_standing(tmp_path, checked.verdict, {"call": "c"}).detail
    other = replace(checked.verdict, plan="other")
    assert "another verdict" in scores_standing(tmp_path, other, MODEL).detail
    (tmp_path / "metrics.json").write_text('{"auc": 1}')
    assert scores_standing(tmp_path, checked.verdict, MODEL).detail.endswith("metrics.json")
    (tmp_path / "metrics.json").write_text("{}")
    (tmp_path / "more.json").write_text("{}")
    assert not scores_standing(tmp_path, checked.verdict, MODEL).holds
    (tmp_path / "more.json").unlink()
    (tmp_path / "oof.parquet").unlink()
    assert not scores_standing(tmp_path, checked.verdict, MODEL).holds


@pytest.mark.parametrize("content", [None, "{", "[]", json.dumps({"files": []})])
def test_scores_without_provenance(checked: Any, tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / PROVENANCE_FILE).write_text(content)
    assert not scores_standing(tmp_path, checked.verdict, MODEL).holds


def test_scores_that_are_not_there_at_all(checked: Any, tmp_path: Path) -> None:
    assert not scores_standing(tmp_path / "nowhere", checked.verdict, MODEL).holds


def test_a_map_that_the_plan_does_not_give(checked: Any) -> None:
    made: FoldMap = checked.fold_map
    assert remade_standing(made, made).holds
    turned = made.table.with_columns(pl.col("fold").reverse())
    moved = FoldMap(turned, made.manifest)
    assert "other folds" in remade_standing(moved, made).detail


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (lambda m: {"folds": (replace(m.folds[0], by_class=(0, 0)), *m.folds[1:])}, "folds[0].by"),
        (lambda m: {"balance": replace(m.balance, size_cv=0.5)}, "balance.size_cv"),
        (lambda m: {"balance": replace(m.balance, bound_reached="?")}, "balance.bound_reached"),
        (lambda m: {"units": replace(m.units, count=1)}, "units.count"),
        (lambda m: {"warnings": ("all is well",)}, "warnings"),
        (lambda m: {"classes": m.classes[::-1]}, "classes[0]"),
        (lambda m: {"dataset": replace(m.dataset, columns=1)}, "dataset.columns"),
        (lambda m: {"dataset": replace(m.dataset, rows=1)}, "dataset.rows"),
        (lambda m: {"hashes": replace(m.hashes, order="md5")}, "hashes.order"),
    ],
)
def test_a_manifest_that_the_plan_does_not_give(
    checked: Any, changes: Callable[[Manifest], dict[str, Any]], said: str
) -> None:
    """The folds are those of the plan, and their digest fits: these facts are under none."""
    made: FoldMap = checked.fold_map
    edited = replace(made, manifest=replace(made.manifest, **changes(made.manifest)))
    assert edited.digest_now() == edited.digest
    found = remade_standing(edited, made)
    assert not found.holds
    assert said in found.detail


def test_a_label_edited_in_the_map_is_told(checked: Any) -> None:
    made: FoldMap = checked.fold_map
    edited = replace(made, table=made.table.with_columns(label=pl.lit("x")))
    assert "the column label" in remade_standing(edited, made).detail


def test_last_digits_and_leniency_are_no_difference(checked: Any) -> None:
    made: FoldMap = checked.fold_map
    balance = replace(made.manifest.balance, lower_bound=made.manifest.balance.lower_bound + 1e-15)
    plan = replace(made.manifest.plan, oversized_group="warn")
    other = replace(made, manifest=replace(made.manifest, balance=balance, plan=plan))
    assert other.manifest != made.manifest
    assert remade_standing(other, made).holds


@pytest.mark.parametrize(
    ("past", "holds", "said"),
    [
        (Past(2, 2, ()), True, "its parents give the same folds again; 2 of 2 remade"),
        (
            Past(2, 2, (), (), 1),
            True,
            "its parents give the same folds again; 2 of 2 remade (1 with columns that were named "
            "otherwise",
        ),
        (Past(1, 0, ()), True, "1 of 1 ancestor taken as recorded: its rows were changed or"),
        (Past(3, 1, ()), True, "2 of 3 ancestors taken as recorded: their rows were changed or"),
        (Past(2, 1, ("ab" * 32,)), False, "other folds than ancestor abababababab holds"),
        (Past(2, 1, (), ("the record of x states y",)), False, "the record of x states y"),
    ],
)
def test_what_became_of_the_ancestors_comes_first(
    checked: Any, past: Past, holds: bool, said: str
) -> None:
    found = remade_standing(checked.fold_map, checked.fold_map, past)
    assert found.holds is holds
    assert (found.detail.startswith if holds else found.detail.__contains__)(said)


def test_the_size_of_a_map_is_told_as_it_is(clinic: pl.DataFrame, clinic_folds: Any) -> None:
    for settings, size in (
        ({}, "4 folds, "),
        ({"n_repeats": 3}, "3 repeats of 4 folds, "),
        ({"strategy": "leave_one_group_out", "n_splits": 5}, "40 folds, "),
        ({"strategy": "shuffle_split", "n_splits": 5, "n_repeats": 2}, "2 repeats of 1 fold, "),
    ):
        fold_map = clinic_folds(**settings)
        roles = fold_map.manifest.dataset.roles.resolve(clinic.columns, source="clinic")
        plan = fold_map.manifest.plan
        policy = Policy("p", {"fold_shape": BY_NAME["fold_shape"].rule()}, {}, {})
        found = {each.subject: each for each in standing(fold_map, clinic, roles, plan, policy)}
        assert found["fold map"].detail.startswith(size)
        assert broken(found) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"label": None, "labels": ("y",)}, "data.roles.label changed"),
        ({"evaluation_time": "day"}, "data.roles.evaluation_time changed"),
    ],
)
def test_other_labels_and_another_evaluation_time(
    checked: Any, change: dict[str, Any], said: str
) -> None:
    found = statements(checked, roles=replace(checked.roles, **change))
    assert not found["params"].holds
    assert found["params"].detail.startswith(said)
