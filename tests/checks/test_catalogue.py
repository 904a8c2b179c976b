from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import fold_guard.checks
from fold_guard.checks.catalogue import BY_NAME, CATALOGUE
from fold_guard.checks.check import Check
from fold_guard.checks.run import run_checks
from fold_guard.checks.subjects.subject import Subject

COVID = Path(__file__).parents[2] / "data" / "raw" / "covid_testing.parquet"
PUBLISHED = {
    "FG101": "row_identity",
    "FG102": "fold_map_matches_data",
    "FG201": "fold_shape",
    "FG202": "class_counts",
    "FG203": "class_balance",
    "FG301": "group_overlap",
    "FG302": "component_overlap",
    "FG303": "duplicate_rows",
    "FG304": "near_duplicate_rows",
    "FG305": "label_conflict",
    "FG306": "temporal_order",
    "FG307": "purge_embargo",
    "FG308": "target_leakage",
    "FG309": "identifier_label",
    "FG401": "feature_drift",
    "FG402": "adversarial_validation",
    "FG501": "preprocessing_isolation",
    "FG601": "optimism_gap",
}


def test_codes_and_names_are_those_published() -> None:
    listed = [(check.code, check.name) for check in CATALOGUE]
    assert dict(listed) == PUBLISHED
    assert listed == sorted(listed)
    assert len(BY_NAME) == len({code for code, _ in listed}) == len(listed)


def test_each_check_file_has_its_line_in_the_catalogue() -> None:
    folder = Path(fold_guard.checks.__file__).parent
    files = {path.stem for path in folder.glob("fg*.py")}
    assert files == {f"{check.code.lower()}_{check.name}" for check in CATALOGUE}


def test_no_check_imports_another() -> None:
    for path in Path(fold_guard.checks.__file__).parent.glob("fg*.py"):
        assert "import fg" not in path.read_text(encoding="utf-8"), path.name
        assert "checks.fg" not in path.read_text(encoding="utf-8"), path.name


@pytest.mark.parametrize("check", CATALOGUE, ids=lambda check: check.code)
def test_each_check_explains_itself(check: Check) -> None:
    told = check.explanation
    for text in (told.meaning, told.example, told.fix):
        assert len(text) > 40
        assert text.endswith(".")
    for threshold in check.rule().thresholds():
        assert re.search(rf"\b{threshold}\b", check.rule.__doc__ or ""), threshold


def test_the_checks_run_without_heavy_imports() -> None:
    script = f"""
import sys
import polars as pl
from fold_guard.checks.catalogue import CATALOGUE
from fold_guard.checks.subjects.prepare import subject_of_column
from fold_guard.checks.run import run_checks
from fold_guard.dataset.roles import Roles

frame = pl.read_parquet({str(COVID)!r}).with_columns((pl.col("row_id") % 5).alias("fold"))
roles = Roles(("row_id",), "result", ("subject_id",), "pan_day")
roles = roles.resolve(frame.columns, source="test", fold="fold")
subject = subject_of_column(frame, "fold", roles, "kfold")
rules = {{check.name: check.rule() for check in CATALOGUE if not check.opt_in}}
outcomes = run_checks(subject, rules)
assert not [each for each in outcomes if each.status == "error"], outcomes
heavy = "pandas sklearn scipy great_expectations pandera mlflow numba".split()
print([name for name in heavy if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_all_checks_together_are_fast_enough_for_a_commit_hook(
    covid_subject: Callable[..., Subject],
) -> None:
    subject = covid_subject()
    rules = {check.name: check.rule() for check in CATALOGUE if not check.opt_in}
    taken = []
    for _ in range(5):
        start = time.perf_counter()
        run_checks(subject, rules)
        taken.append(time.perf_counter() - start)
    assert min(taken) < 0.3
