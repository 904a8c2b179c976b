"""Laws that every check must keep, on every leaky and every clean example."""

from __future__ import annotations

import importlib.util
import json
import runpy
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from fold_guard.checks.catalogue import BY_NAME, CATALOGUE
from fold_guard.checks.check import Check
from fold_guard.checks.outcome import Outcome, Severity, Status, judged
from fold_guard.checks.subjects.subject import SHOWN, Subject

EXAMPLES = Path(__file__).parents[1] / "examples"
GROUPS = ["groups_spanning", "rows_in_spanning_groups", "cross_fold_pairs", "rounds"]
# The catalogue of the design: names in `measured`, then names in each of its `rounds`. Others may
# be added; none may go.
CONTRACT: dict[str, tuple[list[str], list[str]]] = {
    "FG101": (["rows", "null_ids", "duplicate_ids"], []),
    "FG102": (["rows_missing", "rows_extra", "rows_changed", "labels_changed"], []),
    "FG201": (["rounds", "empty_rounds", "folds"], ["train_rows", "test_rows"]),
    "FG202": (
        ["min_test", "min_train", "classes_missing_in_test", "classes_missing_in_train"],
        [],
    ),
    "FG203": (["max_share_deviation", "mean_share_deviation", "lower_bound", "bound_reached"], []),
    "FG301": (
        ["groups", "null_keys", *GROUPS, "test_rows_leaking_total"],
        ["groups_shared", "test_rows_leaking"],
    ),
    "FG302": (
        [
            "components",
            "largest_component",
            "groups",
            "null_keys",
            *GROUPS,
            "test_rows_leaking_total",
        ],
        ["groups_shared", "test_rows_leaking"],
    ),
    "FG303": (
        [
            "columns",
            "clusters",
            "rows_in_clusters",
            "clusters_crossing",
            "rows_in_crossing_clusters",
            "cross_fold_pairs",
            "rounds",
            "test_rows_with_copy_in_train_total",
        ],
        ["test_rows_with_copy_in_train"],
    ),
    "FG304": (
        [
            "method",
            "threshold",
            "expected_recall",
            "columns",
            "clusters",
            "rows_in_clusters",
            "clusters_crossing",
            "rows_in_crossing_clusters",
            "cross_fold_pairs",
            "rounds",
            "test_rows_with_copy_in_train_total",
        ],
        ["test_rows_with_copy_in_train"],
    ),
    "FG305": (["clusters_conflicting", "rows_conflicting"], []),
    "FG306": (
        ["rounds", "rounds_violating", "future_pairs_total"],
        [
            "test_min",
            "test_max",
            "train_rows_after_test_min",
            "train_rows_at_or_after_test_min",
            "train_rows_after_test_max",
            "test_rows_before_train_max",
            "future_pairs",
        ],
    ),
    "FG307": (["rounds"], ["test_intervals", "train_rows_to_purge", "train_rows_to_embargo"]),
    "FG308": (["features", "golden", "suspicious"], []),
    "FG309": (["associations"], []),
    "FG401": (["features"], []),
    "FG402": (["auc", "driving_features"], []),
    "FG501": (
        ["rounds_checked", "perturbations", "artefacts_compared", "artefacts_changed", "changed"],
        [],
    ),
    "FG601": (["score_given", "score_repaired", "gap", "gap_low", "gap_high"], []),
}
# Names that the design does not ask for; they are out, so they stay as well.
EXTRAS: dict[str, tuple[list[str], list[str]]] = {
    "FG501": (["rounds_in_all", "not_deterministic", "not_looked_into", "training", "seed"], []),
    "FG601": (
        [
            "repair",
            "rows_moved",
            "test_rows_leaking_total",
            "copies_kept_together",
            "metric",
            "confidence",
            "resamples",
            "seed",
            "model",
            "rows_scored",
            "units",
            "metrics",
        ],
        [],
    ),
    "FG102": (["columns_changed", "edited"], []),
    "FG201": (["size_ratio", "rows_in_no_test_set", "rows_on_both_sides"], []),
    "FG202": (
        [
            "classes",
            "classes_shown",
            "classes_missing_in_test_count",
            "classes_missing_in_train_count",
            "shortfalls",
            "null_labels",
        ],
        [],
    ),
    "FG203": (["worst_fold", "worst_class", "null_labels"], []),
    "FG303": (["distinct_rows"], []),
    "FG304": (
        [
            "columns_not_compared",
            "clusters_of_equal_rows",
            "largest_cluster",
            "largest_diameter",
            "near_pairs",
        ],
        [],
    ),
    "FG306": (["null_times"], ["train_max", "train_rows_within_gap"]),
    "FG307": (
        [
            "rounds_violating",
            "train_rows_to_purge_total",
            "train_rows_to_embargo_total",
            "null_times",
            "inverted_intervals",
        ],
        [],
    ),
    "FG308": (
        ["metric", "features_scored", "not_scored", "not_scored_count", "labelled_rows"],
        [],
    ),
    "FG309": (["metric", "not_scored", "labelled_rows"], []),
    "FG401": (
        [
            "features_tested",
            "features_shown",
            "features_drifting",
            "drifting",
            "tests",
            "tests_drifting",
            "folds_tested",
            "folds_too_small",
            "not_tested",
            "not_tested_count",
            "largest_effect",
            "method",
            "adjustment",
        ],
        [],
    ),
    "FG402": (
        [
            "worst_fold",
            "folds",
            "folds_tested",
            "folds_shown",
            "folds_given_away",
            "folds_too_small",
            "features_used",
            "not_used",
            "rows",
            "sampled_rows",
            "sampling",
            "method",
            "adjustment",
        ],
        [],
    ),
}


def file_of(check: Check) -> str:
    return f"{check.code.lower()}_{check.name}.py"


def examples(kind: str) -> Iterator[Any]:
    for check in CATALOGUE:
        for title, example in runpy.run_path(str(EXAMPLES / kind / file_of(check)))[
            "EXAMPLES"
        ].items():
            yield pytest.param(check, example, kind, id=f"{kind}-{check.code}-{title}")


every = pytest.mark.parametrize(
    ("check", "example", "kind"), [*examples("leaky"), *examples("clean")]
)


@pytest.mark.parametrize("kind", ["leaky", "clean"])
@pytest.mark.parametrize("check", CATALOGUE, ids=lambda check: check.code)
def test_each_check_has_three_examples_of_each_kind(check: Check, kind: str) -> None:
    assert importlib.util.find_spec(f"fold_guard.checks.{file_of(check)[:-3]}") is not None
    assert len(runpy.run_path(str(EXAMPLES / kind / file_of(check)))["EXAMPLES"]) >= 3


def test_no_example_file_is_left_over() -> None:
    known = {file_of(check) for check in CATALOGUE}
    for kind in ("leaky", "clean"):
        assert {path.name for path in (EXAMPLES / kind).glob("*.py")} == known


@every
def test_the_check_fires_on_leaky_and_is_silent_on_clean(
    check: Check,
    example: Mapping[str, Any],
    kind: str,
    subject_of: Callable[..., Subject],
    outcomes_of: Callable[..., tuple[Outcome, ...]],
) -> None:
    outcomes = outcomes_of(subject_of(example), check.name, **example.get("rule", {}))
    assert {(each.code, each.name) for each in outcomes} == {(check.code, check.name)}
    fired = [each for each in outcomes if each.status is not Status.PASSED]
    if kind == "clean":
        assert not fired, fired
        return
    assert fired
    for each in fired:
        assert each.status is judged(True, check.rule().severity), each.summary
        assert each.findings


@every
def test_the_numbers_are_those_worked_out_by_hand(
    check: Check,
    example: Mapping[str, Any],
    kind: str,
    subject_of: Callable[..., Subject],
    outcomes_of: Callable[..., tuple[Outcome, ...]],
) -> None:
    first = outcomes_of(subject_of(example), check.name, **example.get("rule", {}))[0]
    expected = example["expect"]
    assert expected
    for name, value in expected.items():
        measured: Any = first.measured
        for part in name.split("."):
            measured = measured[part]
        assert measured == pytest.approx(value), name


@every
def test_measured_holds_the_names_of_the_contract(
    check: Check,
    example: Mapping[str, Any],
    kind: str,
    subject_of: Callable[..., Subject],
    outcomes_of: Callable[..., tuple[Outcome, ...]],
) -> None:
    names, per_round = CONTRACT[check.code]
    more, more_per_round = EXTRAS.get(check.code, ([], []))
    for each in outcomes_of(subject_of(example), check.name, **example.get("rule", {})):
        assert {*names, *more} <= set(each.measured)
        assert json.loads(json.dumps(each.measured, allow_nan=False)) == each.measured
        assert _builtin(each.measured)
        rounds = each.measured.get("rounds", {})
        assert isinstance(rounds, dict)
        for key, numbers in rounds.items():
            assert str(int(key)) == key
            assert {*per_round, *more_per_round} <= set(numbers)


def _builtin(value: object) -> bool:
    if isinstance(value, dict):
        return all(type(key) is str and _builtin(item) for key, item in value.items())
    if isinstance(value, list):
        return all(_builtin(item) for item in value)
    return type(value) in (int, float, str, bool, type(None))


@every
@pytest.mark.parametrize("seed", [None, 0, 1])
def test_nothing_depends_on_the_order_of_rows(
    check: Check,
    example: Mapping[str, Any],
    kind: str,
    seed: int | None,
    subject_of: Callable[..., Subject],
    outcomes_of: Callable[..., tuple[Outcome, ...]],
) -> None:
    columns = example["columns"]
    count = len(next(iter(columns.values())))
    order = (
        np.arange(count)[::-1] if seed is None else np.random.default_rng(seed).permutation(count)
    )
    moved = {name: [values[i] for i in order] for name, values in columns.items()}
    rule = example.get("rule", {})
    before = outcomes_of(subject_of(example), check.name, **rule)
    after = outcomes_of(subject_of({**example, "columns": moved}), check.name, **rule)
    if subject_of(example).identity.null_ids:
        # A row without an id can be named by its position alone.
        assert [each.measured for each in before] == [each.measured for each in after]
        return
    if check.code == "FG309":
        # It asks whether the order of rows tells the label; all else must stay.
        assert _but_for_order(before) == _but_for_order(after)
        return
    assert before == after


def _but_for_order(outcomes: tuple[Outcome, ...]) -> list[dict[str, Any]]:
    return [
        {
            name: {key: one for key, one in value.items() if key != "row_order"}
            if name in ("associations", "not_scored")
            else value
            for name, value in each.measured.items()
            if name != "associations_flagged"
        }
        for each in outcomes
    ]


@every
def test_severity_decides_how_a_broken_rule_counts(
    check: Check,
    example: Mapping[str, Any],
    kind: str,
    subject_of: Callable[..., Subject],
    outcomes_of: Callable[..., tuple[Outcome, ...]],
) -> None:
    subject, rule = subject_of(example), example.get("rule", {})
    as_error, as_warning = (
        outcomes_of(subject, check.name, **rule, severity=severity)
        for severity in (Severity.ERROR, Severity.WARNING)
    )
    turned = {Status.PASSED: Status.PASSED, Status.FAILED: Status.WARNED}
    assert [turned[each.status] for each in as_error] == [each.status for each in as_warning]
    assert [each.measured for each in as_error] == [each.measured for each in as_warning]


@every
def test_findings_are_short_and_state_their_count(
    check: Check,
    example: Mapping[str, Any],
    kind: str,
    subject_of: Callable[..., Subject],
    outcomes_of: Callable[..., tuple[Outcome, ...]],
) -> None:
    for each in outcomes_of(subject_of(example), check.name, **example.get("rule", {})):
        assert "\n" not in each.summary
        assert len(each.findings) <= 6
        assert each.requires == check.rule(**example.get("rule", {})).thresholds()
        for finding in each.findings:
            assert len(finding.rows) <= min(SHOWN, finding.count or SHOWN)
            assert list(finding.rows) == sorted(finding.rows)


@every
def test_findings_have_a_key_each_and_a_full_list_where_they_name_rows(
    check: Check,
    example: Mapping[str, Any],
    kind: str,
    subject_of: Callable[..., Subject],
    outcomes_of: Callable[..., tuple[Outcome, ...]],
) -> None:
    subject, given = subject_of(example), example.get("rule", {})
    outcomes = outcomes_of(subject, check.name, **given)
    full = dict[str, set[str]]()
    if check.leaks is not None and any(each.findings for each in outcomes):
        for leaks in check.leaks(subject, check.rule(**given)):
            full.setdefault(leaks.target, set()).update(leaks.rows["message"])
    for each in outcomes:
        keys = [finding.key for finding in each.findings]
        assert all(keys)
        assert len(set(keys)) == len(keys)
        naming_rows = {finding.message for finding in each.findings if finding.rows}
        assert naming_rows <= full.get(each.target, set())


def test_columns_that_no_check_was_told_of_change_nothing(
    subject_of: Callable[..., Subject], outcomes_of: Callable[..., tuple[Outcome, ...]]
) -> None:
    for check, example, _ in (param.values for param in examples("leaky")):
        if "made_from" in example:
            continue
        rule = example.get("rule", {})
        subject = subject_of(example)
        named = {**example, "features": subject.features}
        extra = [f"<b>{i}</b>\x1b[31m" for i in range(subject.shape.n_rows)]
        wider = {**named, "columns": {"z": extra, **example["columns"]}}
        assert outcomes_of(subject, check.name, **rule) == outcomes_of(
            subject_of(wider), check.name, **rule
        )


def test_ids_of_any_kind_name_the_same_rows(
    subject_of: Callable[..., Subject], outcomes_of: Callable[..., tuple[Outcome, ...]]
) -> None:
    example = {
        "columns": {"id": [1, 2, 3, 4], "fold": [0, 1, 0, 1], "patient": [5, 5, 6, 7]},
        "groups": ["patient"],
        "features": [],
    }
    for dtype in (pl.Int8, pl.Int32, pl.UInt64, pl.Float64):
        columns = pl.DataFrame(example["columns"]).with_columns(pl.col("id").cast(dtype)).to_dict()
        [found] = outcomes_of(subject_of({**example, "columns": columns}), "group_overlap")
        assert found.findings[0].rows == (1, 2)
    assert BY_NAME["group_overlap"].code == "FG301"
