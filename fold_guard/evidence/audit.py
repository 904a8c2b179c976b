"""Audit a split: checks in, report out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from fold_guard.checks.catalogue import BY_NAME, CATALOGUE
from fold_guard.checks.outcome import Outcome, Status
from fold_guard.checks.planned import PLANNED
from fold_guard.checks.prepare import subject_of_column
from fold_guard.checks.rule import Rule
from fold_guard.checks.run import run_checks
from fold_guard.checks.subject import Subject
from fold_guard.dataset.declared import iso_instants
from fold_guard.dataset.frames import to_polars
from fold_guard.dataset.instants import instants
from fold_guard.dataset.roles import Roles
from fold_guard.evidence.fold_facts import folds_facts
from fold_guard.evidence.report import DatasetFacts, NotRun, Report
from fold_guard.folds.plan import Scheme
from fold_guard.identity.digests import dataset_digest
from fold_guard.identity.row_ids import names_rows


def default_rules(roles: Roles, *, deep: bool = False) -> dict[str, Rule]:
    """Return the checks of the catalogue with their default severity and thresholds.

    With one group key FG302 would say what FG301 says; it is left out. Checks that are costly or
    fit models are there when ``deep``.
    """
    redundant = {"component_overlap"} if len(roles.groups) == 1 else set()
    return {
        check.name: check.rule()
        for check in CATALOGUE
        if check.name not in redundant and (deep or not check.opt_in)
    }


def audit(
    frame: Any,
    *,
    fold: str,
    label: str | Sequence[str] | None = None,
    id: str | Sequence[str] = (),
    groups: str | Sequence[str] = (),
    time: str | None = None,
    features: Sequence[str] | None = None,
    scheme: Scheme = "kfold",
    deep: bool = False,
    estimator: object | None = None,
    rules: Mapping[str, Rule] | None = None,
    name: str = "table",
    file_digest: str | None = None,
    on_progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """Check the split that a fold column stands for.

    Parameters
    ----------
    frame : pandas.DataFrame, polars.DataFrame or pyarrow.Table
    fold : str
        Column of whole numbers 0..k-1; -1 is in no test set and always trains.
    label : str or sequence of str, optional
        Several columns of 0 and 1 are several labels a row.
    time : str, optional
        Numbers, dates or datetimes; text when every value is ISO 8601.
    id : str or sequence of str
        Without an id, findings cite row numbers (from 0).
    groups : str or sequence of str
    features : sequence of str, optional
        Default: every column without another role, except whole-number and text columns in
        which each of more than 20 rows has its own value: these are taken for ids that nobody
        named, since they would tell all copies apart. FG303 and FG305 say which.
    scheme : {"kfold", "forward"}
        ``kfold``: round j trains on every other row; ``forward``: on 0 <= fold < j.
    deep : bool
        Whether the checks run, too, that are costly or fit models.
    estimator : object, optional
        What is trained on the split, not fitted; for the checks that fit it.
    rules : mapping of check name to Rule, optional
        Default: the catalogue with its default thresholds.
    name : str
        What the report calls the table.
    file_digest : str, optional
        SHA-256 of the file that the table was read from, for the report. Default: the digest of
        the rows in canonical form, which costs more than all checks on a large table.
    on_progress : callable of str
        Told the name of each check before it runs.

    Returns
    -------
    Report

    Raises
    ------
    UsageError
        An unknown column.
    DataError
        Folds that are missing or no whole numbers; a time column of text that is not ISO 8601.

    Examples
    --------
    >>> import pandas as pd
    >>> visits = pd.DataFrame({
    ...     "visit": [1, 2, 3, 4], "patient": ["a", "a", "b", "b"],
    ...     "y": [0, 1, 0, 1], "x": [0.1, 0.2, 0.3, 0.4], "fold": [0, 1, 0, 1],
    ... })
    >>> report = audit(visits, fold="fold", id="visit", label="y", groups=["patient"])
    >>> report.outcome.value
    'failed'
    """
    table = to_polars(frame)
    subject = audited_subject(
        table,
        fold=fold,
        label=label,
        id=id,
        groups=groups,
        time=time,
        features=features,
        scheme=scheme,
        name=name,
    )
    subject = replace(subject, estimator=estimator)
    dataset = file_digest
    if dataset is None:
        on_progress("digest")
        dataset = dataset_digest(subject.row_ids, table)
    chosen = default_rules(subject.roles, deep=deep) if rules is None else rules
    return report_on(
        subject,
        run_checks(subject, chosen, on_progress=on_progress),
        name=name,
        dataset=dataset,
        digest_of="rows" if file_digest is None else "file",
        source=f"column {fold}",
        columns=table.width,
    )


def audited_subject(
    table: pl.DataFrame,
    *,
    fold: str,
    label: str | Sequence[str] | None = None,
    id: str | Sequence[str] = (),
    groups: str | Sequence[str] = (),
    time: str | None = None,
    features: Sequence[str] | None = None,
    scheme: Scheme = "kfold",
    name: str = "table",
) -> Subject:
    """Return what the checks of an audit are given; parameters and errors as for `audit`.

    Its frame has every row of the table, in its order; times of ISO 8601 text are read.
    """
    roles = Roles.of(id, label, groups, time, features=features).resolve(
        table.columns, source=name, fold=fold
    )
    checked = table
    if roles.time is not None:
        checked = _with_instants(table, roles.time)
        # Text that is no time cannot be audited; it is said before any work.
        instants(checked[roles.time], source=name)
    unnamed: tuple[str, ...] = ()
    if features is None:
        unnamed = tuple(each for each in roles.features or () if names_rows(table[each]))
        roles = replace(
            roles, features=tuple(each for each in roles.features or () if each not in unnamed)
        )
    return subject_of_column(checked, fold, roles, scheme, source=name, taken_for_ids=unnamed)


def _with_instants(table: pl.DataFrame, time: str) -> pl.DataFrame:
    """Read a time column of ISO 8601 text; any other stays as it is."""
    if table[time].dtype != pl.String:
        return table
    found = iso_instants(table[time])
    return table if found is None else table.with_columns(found)


def report_on(
    subject: Subject,
    outcomes: Sequence[Outcome],
    *,
    name: str,
    dataset: str,
    source: str,
    columns: int,
    digest_of: str = "rows",
    plan: str | None = None,
    policy: str | None = None,
) -> Report:
    """Gather outcomes into a report, with the facts about table and folds.

    Checks of the catalogue that nobody declared are listed as not run. So are, in an audit, those
    that do not apply; a plan declares each check, and one that cannot run is an outcome there.
    """
    kept = tuple(o for o in outcomes if plan is not None or o.status is not Status.NOT_APPLICABLE)
    idle = {o.name: o.summary for o in outcomes if o.status is Status.NOT_APPLICABLE}
    names = {each.name for each in kept}
    not_run = [
        NotRun(check.code, check.name, idle.get(check.name) or _undeclared(check.name, subject))
        for check in CATALOGUE
        if check.name not in names
    ]
    not_run += [NotRun(code, other, "not in this version") for code, other in PLANNED]
    return Report(
        dataset=DatasetFacts(
            name=name,
            rows=subject.identity.rows,
            columns=columns,
            digest=dataset,
            id=subject.roles.id,
            label=subject.roles.label,
            groups=subject.roles.groups,
            time=subject.roles.time,
            features=subject.features,
            digest_of=digest_of,
            labels=subject.roles.labels,
            evaluation_time=subject.roles.evaluation_time,
        ),
        folds=folds_facts(subject, source),
        checks=kept,
        not_run=tuple(not_run),
        plan=plan,
        policy_digest=policy,
    )


def _undeclared(name: str, subject: Subject) -> str:
    if name == "component_overlap" and len(subject.roles.groups) == 1:
        return "one group key: FG301 says it"
    return "opt in with --deep" if BY_NAME[name].opt_in else "not declared"
