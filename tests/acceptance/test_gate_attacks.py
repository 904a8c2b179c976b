"""Attacks on the gate: whatever is done to the artefacts, no estimator is fitted.

The proof is in `conftest.Spy`: the estimator that params.yaml names leaves a file when it is
fitted. ``test_without_an_attack_training_starts`` shows that it does.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.manifest import Manifest
from fold_guard.identity.hashing import json_digest

pytestmark = pytest.mark.dvc
Attack = Callable[[Any], None]


def test_without_an_attack_training_starts(gated: Any) -> None:
    assert gated.fold_guard("cv", "--plan", "grouped").code == 0
    assert gated.trained
    assert "reports/grouped/cv/metrics.json" in gated.scores()


# -- forgers' tools ----------------------------------------------------------------------------


def _edit_verdict(scratch: Any, of: str, /, **changes: Any) -> None:
    """Rewrite a verdict by hand and give it the digest of its new content."""
    path = scratch.artefact(of, "verdict.json")
    raw = {**scratch.read(path), **changes}
    body = {key: value for key, value in raw.items() if key not in ("schema", "digest")}
    scratch.write(path, {**raw, "digest": json_digest(body)})


def _bind(scratch: Any, plan: str, **digests: str) -> None:
    bound = scratch.read(scratch.artefact(plan, "verdict.json"))["bindings"]
    _edit_verdict(scratch, plan, bindings={**bound, **digests})


def _whitewash(scratch: Any, plan: str) -> None:
    """Turn every failure in a check report into a pass, consistently."""
    path = scratch.artefact(plan, "check.json")
    raw = scratch.read(path)
    for check in raw["checks"]:
        if check["outcome"] in ("failed", "error"):
            check.update(outcome="passed", summary="all well", findings=[])
    warned = any(check["outcome"] == "warned" for check in raw["checks"])
    scratch.write(path, {**raw, "outcome": "warned" if warned else "passed"})


def _move_one_row(scratch: Any, plan: str, *, of_large_group: bool) -> None:
    """Put one row into another fold, in the file of the fold map alone."""
    path = scratch.root / "data" / "folds" / plan / "fold_map.parquet"
    data = pl.read_parquet(scratch.table)
    size = pl.len().over("subject_id")
    chosen = data.filter(size > 2 if of_large_group else size == 1)["row_id"].min()
    moved = pl.when(pl.col("row_id") == chosen).then((pl.col("fold") + 1) % 3)
    pl.read_parquet(path).with_columns(moved.otherwise(pl.col("fold")).alias("fold")).write_parquet(
        path
    )


def _reseal_fold_map(scratch: Any, plan: str) -> str:
    """Write into the manifest the digest of the fold map as it is now, and its rows by fold."""
    folder = scratch.root / "data" / "folds" / plan
    found = FoldMap.load(folder, verify=False)
    manifest: Manifest = found.manifest
    digest = found.digest_now()
    folds = tuple(
        replace(each, rows=found.table.filter(pl.col("fold") == each.fold).height)
        for each in manifest.folds
    )
    scratch.write(folder / "manifest.json", asdict(replace(manifest, digest=digest, folds=folds)))
    return digest


def _with_params(change: Callable[[Any], None]) -> Attack:
    def attack(scratch: Any) -> None:
        params = scratch.params()
        change(params)
        scratch.set_params(params)

    return attack


def _with_table(change: Callable[[pl.DataFrame], pl.DataFrame]) -> Attack:
    def attack(scratch: Any) -> None:
        change(pl.read_parquet(scratch.table)).write_parquet(scratch.table)

    return attack


def _set_cell(column: str, value: object) -> Callable[[pl.DataFrame], pl.DataFrame]:
    def change(table: pl.DataFrame) -> pl.DataFrame:
        first = pl.int_range(pl.len()) == 0
        return table.with_columns(
            pl.when(first).then(pl.lit(value)).otherwise(pl.col(column)).alias(column)
        )

    return change


def _add_row(table: pl.DataFrame) -> pl.DataFrame:
    new = table.head(1).with_columns(pl.lit(10**6, dtype=pl.Int64).alias("row_id"))
    return pl.concat([table, new])


# -- the attacks on a plan whose verdict has passed --------------------------------------------


def _forge_map(scratch: Any) -> None:
    _move_one_row(scratch, "grouped", of_large_group=True)
    _reseal_fold_map(scratch, "grouped")


def _forge_map_and_verdict(scratch: Any) -> None:
    _move_one_row(scratch, "grouped", of_large_group=True)
    _bind(scratch, "grouped", fold_map=_reseal_fold_map(scratch, "grouped"))


def _forge_harmless_map_and_verdict(scratch: Any) -> None:
    _move_one_row(scratch, "grouped", of_large_group=False)
    _bind(scratch, "grouped", fold_map=_reseal_fold_map(scratch, "grouped"))


def _forge_manifest_groups(scratch: Any) -> None:
    """Make the map forget its group key, so that nothing has to be kept together."""
    folder = scratch.root / "data" / "folds" / "grouped"
    manifest = scratch.read(folder / "manifest.json")
    manifest["dataset"]["groups"] = []
    scratch.write(folder / "manifest.json", manifest)
    _bind(scratch, "grouped", fold_map=_reseal_fold_map(scratch, "grouped"))


def _remove_check_from_report(scratch: Any) -> None:
    path = scratch.artefact("grouped", "check.json")
    raw = scratch.read(path)
    raw["checks"] = [check for check in raw["checks"] if check["name"] != "group_overlap"]
    scratch.write(path, raw)


def _remove_check_from_report_and_verdict(scratch: Any) -> None:
    _remove_check_from_report(scratch)
    _bind(
        scratch,
        "grouped",
        report=json_digest(scratch.read(scratch.artefact("grouped", "check.json"))),
    )


def _loosen_and_bind(scratch: Any) -> None:
    """Loosen the policy, and forge the verdict to name the loosened policy."""
    _with_params(_loosen_threshold)(scratch)
    from fold_guard.project import load_project

    policy = load_project(scratch.root / "params.yaml").policy("grouped")
    _bind(scratch, "grouped", policy=policy.digest)


def _verdict_of_other_data(scratch: Any) -> None:
    """Give the verdict of a project with the same plan and other rows."""
    other = type(scratch)(scratch.root.parent / "other")
    shutil.copytree(scratch.root, other.root)
    _with_table(lambda table: table.head(1500))(other)
    for verb in ("fold", "check", "gate"):
        other.fold_guard(verb, "--plan", "grouped", check=True)
    shutil.copy(other.artefact("grouped", "verdict.json"), scratch.artefact("grouped", ""))


def _loosen_threshold(params: Any) -> None:
    params["plans"]["grouped"]["checks"]["class_counts"]["min_test"] = 1


def _loosen_severity(params: Any) -> None:
    params["plans"]["grouped"]["checks"]["group_overlap"] = {"severity": "warning"}


def _remove_check(params: Any) -> None:
    del params["plans"]["grouped"]["checks"]["group_overlap"]


def _other_seed(params: Any) -> None:
    params["plans"]["grouped"]["fold"]["seed"] = 8


def _more_features(params: Any) -> None:
    params["data"]["roles"]["features"].append("ct_result")


def _other_group_key(params: Any) -> None:
    params["data"]["roles"]["groups"] = ["clinic_name"]


def _delete_verdict(scratch: Any) -> None:
    scratch.artefact("grouped", "verdict.json").unlink()


ATTACKS: dict[str, tuple[Attack, str]] = {
    "no verdict": (_delete_verdict, "fold-guard gate --plan grouped"),
    "a value changed": (_with_table(_set_cell("age", 99.5)), "the data"),
    "a label changed": (_with_table(_set_cell("result", "positive")), "the data"),
    "a row added": (_with_table(_add_row), "the data"),
    "a row removed": (_with_table(lambda table: table.slice(1)), "the data"),
    "a column added": (_with_table(lambda t: t.with_columns(extra=pl.lit(1))), "the data"),
    "a fold edited": (
        lambda scratch: _move_one_row(scratch, "grouped", of_large_group=True),
        "the fold map",
    ),
    "a fold edited, manifest forged": (_forge_map, "the fold map"),
    # Bound digests all fit; the recomputed check finds the group on both sides.
    "a fold edited, manifest and verdict forged": (_forge_map_and_verdict, "FG301 group_overlap"),
    # Nothing leaks; but the report that was judged speaks of another map.
    "a lone row moved, manifest and verdict forged": (
        _forge_harmless_map_and_verdict,
        "the check report says something else",
    ),
    "group key forgotten, manifest and verdict forged": (
        _forge_manifest_groups,
        "data.roles.groups changed",
    ),
    "threshold loosened": (_with_params(_loosen_threshold), "the policy"),
    "severity loosened": (_with_params(_loosen_severity), "the policy"),
    "check removed from params": (_with_params(_remove_check), "the policy"),
    "threshold loosened, verdict forged": (
        _loosen_and_bind,
        "the check report says something else",
    ),
    "seed changed": (_with_params(_other_seed), "fold.seed changed"),
    "feature added": (_with_params(_more_features), "the list of features changed"),
    "group key changed": (_with_params(_other_group_key), "data.roles.groups changed"),
    "check removed from report": (_remove_check_from_report, "the check report changed"),
    "check removed from report, verdict forged": (
        _remove_check_from_report_and_verdict,
        "the check report says something else",
    ),
    "verdict of other data": (_verdict_of_other_data, "the data and the fold map"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_cv_alone_refuses(gated: Any, name: str) -> None:
    attack, told = ATTACKS[name]
    attack(gated)

    ran = gated.fold_guard("cv", "--plan", "grouped")

    assert ran.code in (1, 3)
    assert told in ran.err
    assert ran.err.count("fold-guard: error:") == 1
    assert "Traceback" not in ran.text
    gated.assert_untrained()


# -- the attacks on a plan that is refused -----------------------------------------------------


def _whitewashed_before_the_gate(scratch: Any) -> None:
    """The gate has nothing but the report to go by; it believes one that is forged throughout."""
    _whitewash(scratch, "leaky")
    assert scratch.fold_guard("gate", "--plan", "leaky").code == 0


def _passed_by_hand(scratch: Any) -> None:
    _edit_verdict(scratch, "leaky", outcome="passed", passed=True)


def _passed_by_hand_throughout(scratch: Any) -> None:
    _edit_verdict(scratch, "leaky", outcome="passed", passed=True, objections=[])


def _edited_by_hand(scratch: Any) -> None:
    path = scratch.artefact("leaky", "verdict.json")
    scratch.write(path, {**scratch.read(path), "outcome": "passed", "passed": True})


def _report_and_verdict_forged(scratch: Any) -> None:
    _whitewash(scratch, "leaky")
    _passed_by_hand_throughout(scratch)
    _bind(
        scratch, "leaky", report=json_digest(scratch.read(scratch.artefact("leaky", "check.json")))
    )


def _verdict_of_other_plan(scratch: Any) -> None:
    shutil.copy(scratch.artefact("grouped", "verdict.json"), scratch.artefact("leaky", ""))


def _renamed_verdict_of_other_plan(scratch: Any) -> None:
    _verdict_of_other_plan(scratch)
    _edit_verdict(scratch, "leaky", plan="leaky")


REFUSED: dict[str, tuple[Attack, str]] = {
    "as it is": (lambda _: None, "the verdict refuses training (FG301 group_overlap"),
    "edited by hand": (_edited_by_hand, "the verdict was edited"),
    "edited by hand, digest recomputed": (_passed_by_hand, "the verdict contradicts itself"),
    # Only recomputing the checks tells; the verdict is free of contradictions.
    "objections deleted, digest recomputed": (_passed_by_hand_throughout, "FG301 group_overlap"),
    "report forged before the gate": (_whitewashed_before_the_gate, "FG301 group_overlap"),
    "report and verdict forged": (_report_and_verdict_forged, "FG301 group_overlap"),
    "verdict of another plan": (_verdict_of_other_plan, "for plan 'grouped'"),
    "verdict of another plan, renamed": (_renamed_verdict_of_other_plan, "the fold map"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_plan_is_not_trained(gated: Any, name: str) -> None:
    attack, told = REFUSED[name]
    attack(gated)

    ran = gated.fold_guard("cv", "--plan", "leaky")

    assert ran.code == 1
    assert told in ran.err
    assert "Traceback" not in ran.text
    gated.assert_untrained()


def test_a_policy_without_any_check_proves_nothing(gated: Any) -> None:
    _with_params(lambda params: params["plans"]["leaky"].update(checks={}))(gated)
    gated.fold_guard("check", "--plan", "leaky")

    ran = gated.fold_guard("gate", "--plan", "leaky")

    assert ran.code == 1
    assert "nothing was proved" in ran.out
    assert gated.fold_guard("cv", "--plan", "leaky").code == 1
    gated.assert_untrained()


def test_forgeries_are_seen_before_a_commit_and_by_verify(gated: Any) -> None:
    _report_and_verdict_forged(gated)

    for command in (("check", "--quick"), ("verify",)):
        ran = gated.fold_guard(*command, "--plan", "leaky")
        assert ran.code == 1
        assert ran.out.startswith("BROKEN")
        assert "FG301 group_overlap" in ran.out


# -- the report before the gate ----------------------------------------------------------------


def test_the_gate_misses_a_check_that_was_removed_from_the_report(gated: Any) -> None:
    _remove_check_from_report(gated)

    ran = gated.fold_guard("gate", "--plan", "grouped")

    assert ran.code == 1
    assert "did not run" in ran.out
    assert gated.fold_guard("cv", "--plan", "grouped").code == 1
    gated.assert_untrained()


def test_the_gate_refuses_a_report_that_contradicts_itself(gated: Any) -> None:
    path = gated.artefact("leaky", "check.json")
    raw = gated.read(path)
    failed = [check for check in raw["checks"] if check["outcome"] == "failed"]
    assert failed
    for check in failed:
        check["outcome"] = "passed"
    gated.write(path, raw)

    ran = gated.fold_guard("gate", "--plan", "leaky")

    assert ran.code == 3
    assert "is not what its checks say" in ran.err
    assert gated.fold_guard("cv", "--plan", "leaky").code != 0
    gated.assert_untrained()


# -- DVC told to go on -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [("--ignore-errors", "cv@leaky"), ("--force", "--single-item", "cv@leaky")],
    ids=["ignore-errors", "single-item"],
)
def test_dvc_cannot_train_a_refused_plan(gated: Any, command: tuple[str, ...]) -> None:
    ran = gated.dvc("repro", *command)

    assert "fold-guard cv --plan leaky" in ran.out, "the stage was not even tried"
    assert "the verdict refuses training" in ran.err
    gated.assert_untrained()


def test_dvc_stops_at_the_gate(gated: Any) -> None:
    ran = gated.dvc("repro", "cv@leaky")

    assert ran.code != 0
    assert "gate leaky: REFUSED, training will not start" in ran.out
    assert "fold-guard cv" not in ran.out
    gated.assert_untrained()


def test_dvc_single_stage_on_changed_data(gated: Any) -> None:
    _with_table(_set_cell("result", "positive"))(gated)

    ran = gated.dvc("repro", "--single-item", "cv@grouped")

    assert ran.code != 0
    assert "the data changed after the verdict was given" in ran.err
    gated.assert_untrained()


def test_dvc_ignoring_errors_over_a_forged_fold_map(gated: Any) -> None:
    _forge_map_and_verdict(gated)

    ran = gated.dvc("repro", "--single-item", "--force", "--ignore-errors", "cv@grouped")

    assert "FG301 group_overlap" in ran.err
    gated.assert_untrained()


# -- suites ------------------------------------------------------------------------------------


def _declare(scratch: Any, **suites: Any) -> None:
    _with_params(lambda params: params["plans"]["grouped"].update(suites=suites))(scratch)


AGES = {"engine": "pandera", "file": "expectations/ages.py", "on": "table"}


@pytest.mark.parametrize(
    "switch", [("PANDERA_VALIDATION_ENABLED", "False"), ("PANDERA_VALIDATION_DEPTH", "SCHEMA_ONLY")]
)
def test_pandera_switched_off(gated: Any, switch: tuple[str, str]) -> None:
    _declare(gated, ages=AGES)
    off = dict([switch])

    assert gated.fold_guard("check", "--plan", "grouped", **off).code == 0
    ran = gated.fold_guard("gate", "--plan", "grouped", **off)

    assert ran.code == 1
    assert "did not run" in ran.out
    assert gated.fold_guard("cv", "--plan", "grouped", **off).code == 1
    gated.assert_untrained()


def test_pandera_switched_off_in_dvc(gated: Any) -> None:
    _declare(gated, ages=AGES)

    ran = gated.dvc("repro", "--ignore-errors", "cv@grouped", PANDERA_VALIDATION_ENABLED="False")

    assert "did not run" in ran.out
    assert "the verdict refuses training" in ran.err
    gated.assert_untrained()


def test_a_plan_of_suites_alone_may_train(gated: Any) -> None:
    _declare(gated, ages=AGES)
    _with_params(lambda params: params["plans"]["grouped"].update(checks={}))(gated)
    for verb in ("check", "gate", "cv"):
        gated.fold_guard(verb, "--plan", "grouped", check=True)
    assert gated.trained


def test_a_suite_edited_after_the_verdict(gated: Any) -> None:
    _declare(gated, ages=AGES)
    gated.fold_guard("check", "--plan", "grouped", check=True)
    gated.fold_guard("gate", "--plan", "grouped", check=True)
    suite: Path = gated.root / AGES["file"]
    suite.write_text(suite.read_text().replace("pa.Check.ge(0)", "pa.Check.ge(-1)"))

    ran = gated.fold_guard("cv", "--plan", "grouped")

    assert ran.code == 1
    assert "the policy in params.yaml changed" in ran.err
    gated.assert_untrained()


def test_a_forged_suite_is_seen_by_verify(gated: Any) -> None:
    """The limit of what ``cv`` looks at: it runs the checks again, but not the user's suites.

    Whoever forges the outcome of a suite before the gate gets a verdict, and training; ``verify``
    runs the suites again and tells.
    """
    _declare(gated, ages=AGES)
    suite: Path = gated.root / AGES["file"]
    suite.write_text(suite.read_text().replace("pa.Check.ge(0)", "pa.Check.ge(50)"))
    gated.fold_guard("check", "--plan", "grouped", check=True)
    assert gated.fold_guard("gate", "--plan", "grouped").code == 1

    _whitewash(gated, "grouped")
    gated.fold_guard("gate", "--plan", "grouped", check=True)
    ran = gated.fold_guard("verify", "--plan", "grouped")

    assert ran.code == 1
    assert ran.out.startswith("BROKEN")
    assert "run again, it differs in ages" in " ".join(ran.out.split())


def test_a_verdict_forged_over_a_failing_suite(gated: Any) -> None:
    """The report is honest, only the verdict lies: no built-in check is broken to tell of it."""
    _declare(gated, ages=AGES)
    suite: Path = gated.root / AGES["file"]
    suite.write_text(suite.read_text().replace("pa.Check.ge(0)", "pa.Check.ge(50)"))
    gated.fold_guard("check", "--plan", "grouped", check=True)
    assert gated.fold_guard("gate", "--plan", "grouped").code == 1
    _edit_verdict(gated, "grouped", outcome="passed", passed=True, objections=[])

    ran = gated.fold_guard("cv", "--plan", "grouped")

    assert ran.code == 1
    assert "report and policy give another verdict (PANDERA ages" in ran.err
    gated.assert_untrained()
    for command in (("check", "--quick"), ("verify",)):
        ran = gated.fold_guard(*command, "--plan", "grouped")
        assert ran.code == 1
        assert ran.out.startswith("BROKEN")
        assert "give another verdict" in " ".join(ran.out.split())
    ran = gated.fold_guard("report", "--summary", check=True)
    assert ran.out.startswith("grouped  REFUSED")
    assert "refused: PANDERA ages" in ran.out


def test_a_map_dealt_by_hand_is_not_trained(gated: Any) -> None:
    """Every check holds and the gate is honest, but these are not the folds of the plan."""
    _move_one_row(gated, "grouped", of_large_group=False)
    _reseal_fold_map(gated, "grouped")
    gated.fold_guard("check", "--plan", "grouped", check=True)
    gated.fold_guard("gate", "--plan", "grouped", check=True)

    ran = gated.fold_guard("cv", "--plan", "grouped")

    assert ran.code == 1
    assert "the plan gives other folds" in ran.err
    gated.assert_untrained()


@pytest.mark.slow
def test_a_custom_expectation_that_is_not_imported(gated: Any) -> None:
    repository = Path(__file__).parents[2] / "expectations"
    shutil.copy(repository / "fold_rules.json", gated.root / "expectations")
    _declare(
        gated,
        fold_rules={
            "engine": "great_expectations",
            "file": "expectations/fold_rules.json",
            "modules": [],
            "on": "rounds",
            "parameters": {"min_test": 5, "min_train": 10},
        },
    )

    assert gated.fold_guard("check", "--plan", "grouped").code == 0
    ran = gated.fold_guard("gate", "--plan", "grouped")

    assert ran.code == 1
    assert "GX" in ran.out
    assert "did not run" in ran.out
    assert gated.fold_guard("cv", "--plan", "grouped").code == 1
    gated.assert_untrained()
