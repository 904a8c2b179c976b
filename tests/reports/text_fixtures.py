"""Small reports, verdicts and dossiers, made by the real functions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl

from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.rule import Rule
from fold_guard.crossval.fit import score_rounds
from fold_guard.crossval.requirements.check import check_requirements
from fold_guard.crossval.requirements.parse import parse_requirements
from fold_guard.crossval.requirements.requirement import RequirementOutcome
from fold_guard.crossval.result import Result
from fold_guard.dataset.roles import Roles
from fold_guard.evidence.audit import audit, default_rules
from fold_guard.evidence.check_plan import check_plan
from fold_guard.evidence.dossier import Comparison, Dossier, PlanDossier
from fold_guard.evidence.report import Report
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan
from fold_guard.gate.policy import Policy
from fold_guard.gate.verdict import Bindings, Verdict, decide, features_digest
from fold_guard.identity.hashing import json_digest

WIDTHS = (40, 80, 100, 120)
HOSTILE = '<script>alert("x")</script>\x1b[31m\u202eevil\r\n\x9b2J' + "wide日本" * 60
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_ROWS = 240


def plain(text: str) -> str:
    """Take the colours out."""
    return _ANSI.sub("", text)


@cache
def table() -> pl.DataFrame:
    """80 patients with 3 visits each; no two rows have equal features."""
    rng = np.random.default_rng(3)
    patient = np.arange(_ROWS) // 3
    sick = (patient + np.arange(_ROWS)) % 4 == 0
    return pl.DataFrame(
        {
            "visit": np.arange(_ROWS) + 1000,
            "patient": patient,
            "day": rng.permutation(_ROWS),
            "y": np.where(sick, "sick", "well"),
            "x": rng.normal(size=_ROWS) + sick,
        }
    )


@cache
def folds() -> FoldMap:
    return make_folds(
        table(), FoldPlan(n_splits=4), id="visit", label="y", groups=["patient"], time="day"
    )


def leaky(rows: int | None = None) -> Report:
    """Patients in several folds."""
    frame = table().with_columns(fold=np.arange(_ROWS) % 4).head(rows or _ROWS)
    return audit(
        frame, fold="fold", id="visit", label="y", groups=["patient"], time="day", name="t.csv"
    )


def clean_split() -> Report:
    frame = table().drop("day").with_columns(fold=folds().folds_of(table()))
    return audit(frame, fold="fold", id="visit", label="y", groups=["patient"], name="t.parquet")


def warned() -> Report:
    """Nothing but a label conflict, which warns."""
    frame = table().drop("day").with_columns(fold=folds().folds_of(table()))
    patient = pl.col("patient") == 0
    frame = frame.with_columns(x=pl.when(patient).then(0.5).otherwise(pl.col("x")))
    return audit(frame, fold="fold", id="visit", label="y", groups=["patient"], name="t.parquet")


def hostile() -> Report:
    """Names and values that try to take over the terminal."""
    names = {"patient": f"who\x1b]0;title\x07{HOSTILE}", "y": HOSTILE, "visit": "id\u2066\nx"}
    frame = (
        table()
        .with_columns(
            fold=np.arange(_ROWS) % 4,
            y=pl.lit(HOSTILE) + pl.col("y"),
            patient=pl.format("{}{}", pl.lit(HOSTILE), "patient"),
            visit=pl.format("{}{}", pl.lit("\x1b[2J\u200b"), "visit"),
            x=pl.col("x").round(0),
        )
        .rename(names)
    )
    return audit(
        frame,
        fold="fold",
        id=names["visit"],
        label=names["y"],
        groups=[names["patient"]],
        time="day",
        name=f"{HOSTILE}.csv",
    )


def roles() -> Roles:
    return Roles(("visit",), "y", ("patient",), "day").resolve(table().columns, source="t")


def checked(rules: dict[str, Rule], plan: str = "main") -> tuple[Report, Verdict]:
    """Check the fold map as the pipeline does, and judge it."""
    policy = Policy(plan, rules, {}, {})
    report = check_plan(
        folds(), table(), roles(), policy.rules, name="t.csv", plan=plan, policy=policy.digest
    )
    verdict = decide(
        report.checks,
        policy,
        Bindings(
            report.dataset.digest,
            report.folds.digest,
            policy.digest,
            json_digest(report.to_json()),
            features_digest(report.dataset.features),
        ),
    )
    return report, verdict


def lenient() -> dict[str, Rule]:
    """Return rules under which the fold map passes: time is not looked at."""
    rules = default_rules(roles())
    for name in ("temporal_order", "purge_embargo"):
        del rules[name]
    return rules


def strict() -> dict[str, Rule]:
    """Return rules that no fold map of this table satisfies."""
    counts = BY_NAME["class_counts"].rule.model_validate({"min_test": 50})
    return {**lenient(), "class_counts": counts}


@cache
def result() -> Result:
    from sklearn.linear_model import LogisticRegression

    frame = table()
    return score_rounds(
        LogisticRegression(),
        frame.select("x", "day").to_pandas(),
        frame["y"].to_numpy(),
        folds().rounds(frame),
        row_ids=frame["visit"],
    )


def targets(*items: dict[str, object]) -> tuple[RequirementOutcome, ...]:
    return check_requirements(result(), parse_requirements(items))


def dossier(
    requirements: Sequence[RequirementOutcome] = (),
    headline: tuple[str, ...] = ("recall[sick]", "average_precision[sick]"),
) -> Dossier:
    plans = []
    for name in ("main", "a_longer_name"):
        report, verdict = checked(lenient(), name)
        plans.append(
            PlanDossier(
                report=report,
                verdict=verdict,
                manifest=folds().manifest,
                result=result(),
                requirements=tuple(requirements) if name == "main" else (),
                timeline=(),
                largest_units=(),
                rounds=(),
            )
        )
    return Dossier(
        title="Visits",
        claim="",
        headline=headline,
        plans=tuple(plans),
        comparison=Comparison("recall[sick]", "main", "a_longer_name", "time", 0.5, 0.4),
        parameters="",
        versions={},
    )


def empty() -> Report:
    return replace(clean_split(), checks=())
