"""Audit a split: checks in, report out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fold_guard.checks.catalogue import BY_NAME, CATALOGUE
from fold_guard.checks.outcome import Outcome, Status
from fold_guard.checks.rule import Rule
from fold_guard.checks.run import run_checks
from fold_guard.checks.subjects.subject import Subject
from fold_guard.checks.subjects.table_subject import TableSubject
from fold_guard.dataset.columns import Columns
from fold_guard.dataset.roles import Roles
from fold_guard.errors import UsageError
from fold_guard.evidence.audited import Audited, audited_column, audited_split
from fold_guard.evidence.fold_facts import NOT_COMPUTED, folds_facts
from fold_guard.evidence.report import DatasetFacts, NotRun, Report
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.plan import Scheme
from fold_guard.identity.digests import dataset_digest
from fold_guard.suggest import did_you_mean

_EMBARGOED = "purge_embargo"


def default_rules(roles: Roles, *, deep: bool = False, embargo: float = 0) -> dict[str, Rule]:
    """Return the checks of the catalogue with their default severity and thresholds.

    With one group key FG302 would say what FG301 says; it is left out. Checks that are costly or
    fit models are there when ``deep``.
    """
    redundant = {"component_overlap"} if len(roles.groups) == 1 else set()
    rules = {
        check.name: check.rule()
        for check in CATALOGUE
        if check.name not in redundant and (deep or not check.opt_in)
    }
    if embargo:
        if isinstance(embargo, str) or not 0 < embargo < math.inf:
            raise UsageError(
                f"must be a number of steps above 0, or 0 for none, got {embargo!r}",
                where="embargo",
            )
        rules[_EMBARGOED] = BY_NAME[_EMBARGOED].rule.model_validate({"embargo": float(embargo)})
    return rules


def audit(
    frame: Any,
    *,
    fold: str | FoldMap | None = None,
    splits: Any = None,
    test: Any = None,
    validation: Any = None,
    label: str | Sequence[str] | None = None,
    id: str | Sequence[str] = (),
    groups: str | Sequence[str] = (),
    time: str | None = None,
    evaluation_time: str | None = None,
    features: Sequence[str] | None = None,
    scheme: Scheme | None = None,
    embargo: float | None = None,
    deep: bool = False,
    estimator: object | None = None,
    rules: Mapping[str, Rule] | None = None,
    name: str = "table",
    source: str | None = None,
    file_digest: Callable[[], str] | None = None,
    on_progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """Check a split: a fold column, a fold map, index pairs, or tables for train and test.

    Parameters
    ----------
    frame : pandas.DataFrame, polars.DataFrame or pyarrow.Table
        The table; with ``test``, its train rows.
    fold : str or FoldMap, optional
        A column of whole numbers 0..k-1; -1 is in no test set and always trains. Or a fold map:
        roles that are not given are those of its manifest.
    splits : iterable of (train, test), or a splitter of scikit-learn, optional
        Row positions from 0, or masks. A splitter is given the table, the label as y and the
        group keys as groups.
    test, validation : table like ``frame``, optional
        Each is tested by what was trained on the tables before it (train, validation, test).
    label : str or sequence of str, optional
        Several columns of 0 and 1 are several labels a row.
    time : str, optional
        Numbers, dates or datetimes; text when every value is ISO 8601.
    evaluation_time : str, optional
        When the label of a row was known: FG307 looks for train rows that share time with test.
    id : str or sequence of str
        Without an id, findings cite row numbers (from 0).
    groups : str or sequence of str
    features : sequence of str, optional
        Default: every column without another role, except columns of whole numbers or text in
        which each of more than 20 rows has its own value: these are taken for ids that nobody
        named, since they would tell all copies apart. FG303 and FG305 say which. Text of four
        words or more, in most rows, is prose, and stays a feature.
    scheme : {"kfold", "forward"}
        Of a fold column. ``kfold`` (default): round j trains on every other row; ``forward``: on
        0 <= fold < j.
    embargo : float, optional
        Steps (days, for dates and datetimes) after a test row in which no train row may begin.
        Default: what the plan of a purged fold map promises, else none.
    deep : bool
        Whether the checks run, too, that are costly or fit models.
    estimator : object, optional
        What is trained on the split, not fitted; for the checks that fit it.
    rules : mapping of check name to Rule, optional
        Default: the catalogue with its default thresholds.
    name : str
        What the report calls the table.
    source : str, optional
        What the report says of where the folds come from.
    file_digest : callable () -> str, optional
        Returns the SHA-256 of the file that the table was read from, for the report; it is not
        called when some columns were not read. Default: the digest of the rows in canonical form,
        which costs more than all checks on a large table.
    on_progress : callable of str
        Told the name of each check before it runs.

    Returns
    -------
    Report

    Raises
    ------
    UsageError
        An unknown column; a split that is named in no way, or in several.
    DataError
        Folds that are missing or no whole numbers; a time column of text that is not ISO 8601;
        positions outside of the table; tables whose columns differ.

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
    found = audited_split(
        frame,
        fold=fold,
        splits=splits,
        test=test,
        validation=validation,
        label=label,
        id=id,
        groups=groups,
        time=time,
        evaluation_time=evaluation_time,
        features=features,
        scheme=scheme,
        name=name,
    )
    for each in rules or ():
        if each not in BY_NAME:
            raise UsageError(
                f"there is no check {each!r}", where="rules", remedy=did_you_mean(each, BY_NAME)
            )
    if rules is None:
        rules = rules_of_audit(found, deep=deep, embargo=embargo)
    return audit_of(
        found,
        rules,
        estimator=estimator,
        name=name,
        source=source,
        file_digest=file_digest,
        on_progress=on_progress,
    )


def rules_of_audit(
    found: Audited, *, deep: bool = False, embargo: float | None = None
) -> dict[str, Rule]:
    """Return the rules that an audit goes by when nobody named others; see `audit`."""
    if embargo and found.subject.roles.time is None:
        raise UsageError(
            "an embargo is a stretch of time, and no time is named",
            where="embargo",
            remedy="Name the time, too: --time COL (time=).",
        )
    span = found.embargo if embargo is None else embargo
    return default_rules(found.subject.roles, deep=deep, embargo=span)


def audit_of(
    found: Audited,
    rules: Mapping[str, Rule],
    *,
    estimator: object | None = None,
    name: str = "table",
    source: str | None = None,
    file_digest: Callable[[], str] | None = None,
    on_progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """Check a split that has been read; parameters as for `audit`.

    Parameters
    ----------
    found : Audited
    rules : mapping of check name to Rule
    """
    subject = replace(found.subject, estimator=estimator)
    idle = found.without_labels(rules)
    left = {each.name for each in idle}
    asked = {each: rule for each, rule in rules.items() if each not in left}
    outcomes = (*idle, *run_checks(subject, asked, on_progress=on_progress))
    on_progress("digest")
    digest, digest_of = _digest(subject, found.table, file_digest)
    report = report_on(
        subject,
        outcomes,
        name=name,
        dataset=digest,
        digest_of=digest_of,
        source=found.source if source is None else source,
        columns=len(found.columns),
    )
    if found.fold_map is None:
        return report
    # Not only of the assignment: plan and roles in the manifest decide what the rounds are.
    return replace(report, folds=replace(report.folds, digest=found.fold_map.digest_now()))


def _digest(
    subject: Subject, table: Columns | None, file_digest: Callable[[], str] | None
) -> tuple[str, str]:
    """Return a digest of what was audited, and of what it is."""
    if table is not None and isinstance(subject, TableSubject):
        held = subject.table.held
        if len(held) < len(table.names) and subject.reconciliation is None:
            # What nobody read was not audited, and is not read for a digest either.
            read = [name for name in table.names if name in held]
            return dataset_digest(subject.row_ids, table.select(read)), "columns read"
        if file_digest is None:
            if subject.reconciliation is not None:
                return subject.reconciliation.dataset_digest, "rows"
            return dataset_digest(subject.row_ids, table.whole()), "rows"
    return (NOT_COMPUTED, "none") if file_digest is None else (file_digest(), "file")


def audited_subject(
    table: Columns,
    *,
    fold: str,
    label: str | Sequence[str] | None = None,
    id: str | Sequence[str] = (),
    groups: str | Sequence[str] = (),
    time: str | None = None,
    features: Sequence[str] | None = None,
    scheme: Scheme = "kfold",
    name: str = "table",
) -> TableSubject:
    """Return what the checks of an audit are given; parameters and errors as for `audit`.

    It has every row of the table, in its order; times of ISO 8601 text are read.
    """
    roles = Roles.of(id, label, groups, time, features=features)
    subject = audited_column(table, fold, roles, scheme, name=name).subject
    assert isinstance(subject, TableSubject)
    return subject


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
