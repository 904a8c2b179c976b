"""Dossiers and reports made by the real functions, so that they cannot drift from the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.outcome import Severity, Status
from fold_guard.checks.run import run_checks
from fold_guard.checks.subjects.prepare import subject_of_map
from fold_guard.checks.subjects.subject import Subject
from fold_guard.crossval.design import design_of
from fold_guard.crossval.fit import score_rounds
from fold_guard.crossval.requirements.check import check_requirements
from fold_guard.crossval.requirements.parse import parse_requirements
from fold_guard.dataset.roles import Roles
from fold_guard.evidence.audit import audit, report_on
from fold_guard.evidence.dossier import Comparison, Dossier, PlanDossier
from fold_guard.evidence.gather import gather_plan
from fold_guard.evidence.report import Report
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan
from fold_guard.gate.policy import Policy
from fold_guard.gate.verdict import Bindings, decide
from fold_guard.identity.hashing import json_digest

COVID = Path(__file__).parents[2] / "data" / "raw" / "covid_testing.parquet"
ROLES = Roles(
    id=("row_id",),
    label="result",
    groups=("subject_id",),
    time="pan_day",
    features=("age", "drive_thru_ind", "gender", "demo_group"),
)


def covid_sample() -> pl.DataFrame:
    """Every fourth patient: small enough to be quick, rare class and groups kept."""
    table = pl.read_parquet(COVID)
    return table.filter(pl.col("subject_id").cast(pl.Int64) % 4 == 0)


def lenient_rules(subject: Subject) -> dict[str, Any]:
    """A policy that the sample passes with warnings: its few features repeat lawfully."""
    rules = {
        name: check.rule()
        for name, check in BY_NAME.items()
        if not check.opt_in and not check.lacks(subject)
    }
    rules["duplicate_rows"] = BY_NAME["duplicate_rows"].rule(severity=Severity.WARNING)
    if subject.scheme == "kfold":
        rules.pop("temporal_order", None)
    return rules


def plan_dossier(
    table: pl.DataFrame,
    roles: Roles,
    plan: FoldPlan,
    name: str,
    *,
    estimator: Any = None,
    require: Sequence[dict[str, object]] = (),
    segments: Sequence[str] = (),
) -> PlanDossier:
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    fold_map = make_folds(
        table, plan, id=list(roles.id), label=roles.label, groups=roles.groups, time=roles.time
    )
    subject = subject_of_map(fold_map, table, roles)
    rules = lenient_rules(subject)
    for outcome in run_checks(subject, rules):
        if outcome.status is Status.NOT_APPLICABLE:
            rules.pop(outcome.name, None)
        if outcome.status is Status.FAILED:
            # A refused plan shows no score; these tables break rules to show something else.
            rules[outcome.name] = BY_NAME[outcome.name].rule(severity=Severity.WARNING)
    policy = Policy(name, rules, {}, {})
    report = report_on(
        subject,
        run_checks(subject, rules),
        name="covid_testing.parquet",
        dataset=fold_map.manifest.dataset.digest,
        source=name,
        columns=table.width,
        plan=name,
        policy=policy.digest,
    )
    bindings = Bindings(
        fold_map.manifest.dataset.digest,
        fold_map.digest,
        policy.digest,
        json_digest(name),
        json_digest(sorted(subject.features)),
    )
    features = table.select(subject.features).to_pandas()
    numeric = [each for each in features.columns if features[each].dtype.kind in "if"]
    other = [each for each in features.columns if each not in numeric]
    model = estimator or make_pipeline(
        make_column_transformer(
            (StandardScaler(), numeric), (OneHotEncoder(handle_unknown="ignore"), other)
        ),
        LogisticRegression(class_weight="balanced", max_iter=500),
    )
    labels = subject.table[roles.label or ""].to_numpy()
    result = score_rounds(
        model,
        features,
        labels,
        subject.rounds,
        row_ids=subject.row_ids,
        design=design_of(fold_map.manifest),
        segments={name: table[name].to_numpy().astype(object) for name in segments},
    )
    return gather_plan(
        subject,
        fold_map.manifest,
        report,
        decide(report.checks, policy, bindings),
        result,
        check_requirements(result, parse_requirements(list(require))),
    )


def dossier_of(*plans: PlanDossier, headline: tuple[str, ...]) -> Dossier:
    comparison = None
    if len(plans) == 2:
        means = [plan.result.summary[headline[-1]].estimate for plan in plans]
        assert means[0] is not None
        assert means[1] is not None
        comparison = Comparison(
            headline[-1], plans[0].name, plans[1].name, "time", means[0], means[1]
        )
    return Dossier(
        title="Results of COVID tests from what is known at collection",
        claim="A logistic regression ranks positive tests above the others.",
        headline=headline,
        plans=plans,
        comparison=comparison,
        parameters="seed: 7\nplans:\n  stratified_group:\n    n_splits: 5\n",
        versions={"polars": "2.1.0", "fold-integrity": "0.1.0"},
    )


@pytest.fixture(scope="session")
def covid() -> Dossier:
    table = covid_sample()
    require = [{"metric": "roc_auc", "bound": "estimate", "min": 0.4}]
    more: dict[str, Any] = {"require": require, "segments": ("gender", "demo_group")}
    grouped = plan_dossier(
        table, ROLES, FoldPlan("stratified_group", 5, 7), "stratified_group", **more
    )
    forward = plan_dossier(table, ROLES, FoldPlan("forward", 6, embargo=2), "forward", **more)
    return dossier_of(grouped, forward, headline=("recall[positive]", "average_precision"))


@pytest.fixture(scope="session")
def twice() -> Dossier:
    """Every row is tested in two repeats."""
    plan = FoldPlan("stratified_group", 3, 7, n_repeats=2)
    return dossier_of(plan_dossier(covid_sample(), ROLES, plan, "twice"), headline=("macro_f1",))


@pytest.fixture(scope="session")
def choices() -> Dossier:
    """Rounds test choices of blocks in time."""
    plan = FoldPlan("combinatorial_purged", 4)
    return dossier_of(plan_dossier(covid_sample(), ROLES, plan, "choices"), headline=("accuracy",))


@pytest.fixture(scope="session")
def refused_audit() -> Report:
    table = covid_sample().select("row_id", "subject_id", "pan_day", "result", "age", "gender")
    folds = np.arange(table.height) % 5
    return audit(
        table.with_columns(fold=pl.Series(folds)),
        fold="fold",
        id="row_id",
        label="result",
        groups=["subject_id"],
        time="pan_day",
        name="tests.parquet",
    )


HOSTILE = (
    "<script>alert(1)</script>",
    "\x1b[31mred\x07",
    "\u202egnp.exe",
    '" onload="alert(2)" x=\'&amp;',
    "\ufffe\uffff{{ 7 * 7 }}",
    "w" * 3000,
)
HOSTILE_COLUMN = "<i>label</i>\x1b[2J"


@pytest.fixture(scope="session")
def hostile() -> Dossier:
    """Names that would like to be markup, terminal codes or walls of text."""
    n = 240
    kind = np.arange(n) % len(HOSTILE)
    table = pl.DataFrame(
        {
            "id": [f"<img src=x onerror=alert({i})>\u2028" for i in range(n)],
            HOSTILE_COLUMN: [HOSTILE[i] for i in kind],
            "who": [f"</style><b>{i // 3}\x9b" for i in range(n)],
            "x": kind + np.sin(np.arange(n)),
        }
    )
    roles = Roles(("id",), HOSTILE_COLUMN, ("who",), None, ("x",))
    plan = plan_dossier(table, roles, FoldPlan("kfold", 3), "<b>plan</b>\x1b[1m")
    dossier = dossier_of(plan, headline=(f"recall[{HOSTILE[0]}]", "macro_f1"))
    return replace(
        dossier,
        title="<title>\x1b]0;owned\x07",
        claim="</p><script>alert(3)</script>",
        parameters="a: </pre><script>alert(4)</script>\n\tb: \x1b[0m\n",
    )


@pytest.fixture(scope="session")
def bare() -> Dossier:
    """One binary plan without time, groups or probabilities, and a class missing in some folds."""
    from sklearn.linear_model import RidgeClassifier

    label = ["yes" if i in (0, 1, 2) else "no" for i in range(60)]
    table = pl.DataFrame({"id": range(60), "y": label, "x": np.cos(np.arange(60.0))})
    roles = Roles(("id",), "y", (), None, ("x",))
    plan = plan_dossier(
        table,
        roles,
        FoldPlan("kfold", 10),
        "plain",
        estimator=RidgeClassifier(),
        require=[{"metric": "recall[yes]", "min": 0.9}],
    )
    return dossier_of(plan, headline=("recall[yes]", "roc_auc"))


@pytest.fixture(scope="session")
def crowded() -> Dossier:
    """Forty classes and twelve folds: everything must be capped, and say so."""
    n = 960
    table = pl.DataFrame(
        {
            "id": range(n),
            "y": [f"class {i % 40:02d}" for i in range(n)],
            "g": [i // 2 for i in range(n)],
            "x": np.cos(np.arange(n)),
        }
    )
    roles = Roles(("id",), "y", ("g",), None, ("x",))
    plan = plan_dossier(table, roles, FoldPlan("kfold", 12), "crowded")
    return dossier_of(plan, headline=("macro_f1",))


@pytest.fixture(scope="session")
def crowded_audit() -> Report:
    n = 10_000
    table = pl.DataFrame(
        {"id": range(n), "y": [f"c{i}" for i in range(n)], "fold": np.arange(n) % 60, "x": range(n)}
    )
    rules = {name: BY_NAME[name].rule() for name in ("fold_shape", "class_counts")}
    report = audit(table, fold="fold", id="id", label="y", rules=rules, name="crowded.parquet")
    names = tuple(f"c{i}" for i in range(n))
    counts = np.zeros((60, n), dtype=np.int64)
    counts[np.arange(n) % 60, np.arange(n)] = 1
    by_class = tuple(map(tuple, counts.tolist()))
    # Audits list fewer classes than that; the page must bear any report all the same.
    return replace(report, folds=replace(report.folds, classes=names, by_class=by_class))


@pytest.fixture(scope="session")
def broken_audit(refused_audit: Report) -> Report:
    """One check crashed."""
    check = BY_NAME["class_counts"]
    crashed = check.without(Status.ERROR, "the check crashed: KeyError: 'y'", Severity.ERROR)
    return replace(refused_audit, checks=(*refused_audit.checks, crashed))
