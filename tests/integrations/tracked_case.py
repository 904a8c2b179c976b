"""A cross-validation with everything that trackers are told of, built by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from fold_guard.checks.outcome import Finding, Outcome, Severity, Status
from fold_guard.crossval.result import Result
from fold_guard.evidence.report import DatasetFacts, FoldsFacts, Report
from fold_guard.gate.verdict import Bindings, Objection, Verdict
from fold_guard.integrations.tracked import Tracked
from tests.crossval.results import classification, facts

BINDINGS = Bindings("d" * 64, "f" * 64, "p" * 64, "r" * 64, "c" * 64)
IDS = [f"patient-{number:04d}" for number in range(12)]
# A class that no format may trip over: quotes, a newline, slashes, markup.
ODD = 'yes/"<b>\n{x}'


@dataclass(frozen=True)
class Met:
    met: bool


def result_of(classes: Sequence[str] = ("no", ODD), *, scored: bool = True) -> Result:
    labels = [classes[row % len(classes)] for row in range(12)]
    names = sorted(set(labels))
    wrong = {3, 8}
    rows = []
    for row, label in enumerate(labels):
        likely = (names.index(label) + (row in wrong)) % len(names)
        rest = 0.2 / max(len(names) - 1, 1)
        rows.append([0.8 if code == likely else rest for code in range(len(names))])
    return classification(
        labels, rows, folds=[row // 4 for row in range(12)], ids=IDS, scored=scored
    )


def tracked_of(
    result: Result | None = None,
    *,
    plan: str = "main",
    passed: bool = True,
    met: Sequence[bool] = (True, True),
    refused: bool = False,
    params: Mapping[str, object] | None = None,
    artifacts: Mapping[str, Path] | None = None,
) -> Tracked:
    result = result_of() if result is None else result
    objections = (Objection("FG301", "group_overlap", "patient-0001 leaks"),) if refused else ()
    return Tracked(
        plan=plan,
        result=result,
        facts=facts(result, seconds=0.25),
        requirements=[Met(each) for each in met],
        verdict=Verdict(plan, not refused, 3, objections, (), BINDINGS),
        report=report(),
        passed=passed,
        params={"fold": {"n_splits": 3}, "estimator": {"call": "a.B"}}
        if params is None
        else params,
        artifacts={} if artifacts is None else artifacts,
    )


def report() -> Report:
    def outcome(name: str, status: Status) -> Outcome:
        found = (Finding(f"{IDS[1]} is there twice", 2, (IDS[1],)),)
        return Outcome("FG101", name, "", status, Severity.WARNING, "fine", findings=found)

    return Report(
        DatasetFacts("visits.parquet", 12, 4, "d" * 64, ("visit",), "y", (), None, ("x",)),
        FoldsFacts("main", "kfold", 3, 0, ("no", ODD), (4, 4, 4), (), "f" * 64),
        (
            outcome("row_identity", Status.PASSED),
            outcome("fold_shape", Status.PASSED),
            outcome("duplicate_rows", Status.WARNED),
        ),
        plan="main",
    )


def written(folder: Path, result: Result) -> dict[str, Path]:
    """Write files such as the stages leave behind."""
    cv, folds = folder / "cv", folder / "folds"
    for each in (cv, folds / "lineage"):
        each.mkdir(parents=True)
    result.predictions.write_parquet(cv / "predictions.parquet")
    (cv / "metrics.json").write_text('{"accuracy": 0.8}\n')
    (cv / "result.json").write_text(f'{{"failures": ["ValueError: {IDS[0]}"]}}\n')
    fold_map = pl.DataFrame({"row_id": IDS, "fold": [row // 4 for row in range(12)]})
    fold_map = fold_map.with_columns(row_digest=pl.Series(range(12), dtype=pl.UInt64))
    fold_map.write_parquet(folds / "fold_map.parquet")
    fold_map.write_parquet(folds / "lineage" / "1.parquet")
    (folds / "manifest.json").write_text(f'{{"moved_rows": ["{IDS[2]}"]}}\n')
    page = folder / "check.json"
    page.write_text(f'{{"rows": ["{IDS[1]}"]}}\n')
    return {"cv": cv, "fold_map": folds, "report": page}


def at_odds(tracked: Tracked) -> Tracked:
    """Return it with a verdict that refuses, though the caller says that all passed."""
    return replace(tracked, verdict=replace(tracked.verdict, passed=False))
