"""The only way to train: with a passing verdict that fits what is there now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

from fold_guard.crossval.design import design_of
from fold_guard.crossval.estimator import Classifier
from fold_guard.crossval.fit import Run, run_serially, score_rounds
from fold_guard.crossval.result import Result, RunFacts
from fold_guard.dataset.frames import to_polars
from fold_guard.dataset.labels import as_text
from fold_guard.errors import Refused, UsageError
from fold_guard.folds.fold_map import FoldMap
from fold_guard.gate.policy import Policy
from fold_guard.gate.verdict import Bindings, Verdict, features_digest, require_passing
from fold_guard.identity.digests import dataset_digest
from fold_guard.identity.row_ids import examine_ids, require_usable, row_ids


def cross_validate(
    estimator: Classifier | Callable[[], Classifier],
    frame: Any,
    fold_map: FoldMap,
    *,
    verdict: Verdict,
    policy: Policy | None = None,
    report: str | None = None,
    features: Sequence[str] | None = None,
    run: Run = run_serially,
    on_progress: Callable[[int, int], None] | None = None,
    on_facts: Callable[[RunFacts], None] | None = None,
) -> Result:
    """Cross-validate an estimator on the rounds of a fold map, if the verdict allows it.

    Parameters
    ----------
    estimator : Classifier, or callable that makes one
        With the preprocessing inside it (a scikit-learn Pipeline); never fitted itself. A
        callable is called after the verdict was accepted, so that no user code runs before.
    frame : pandas.DataFrame, polars.DataFrame or pyarrow.Table
        The table that was checked, all columns.
    fold_map : FoldMap
    verdict : Verdict
    policy : Policy, optional
        As it stands now: a verdict given under another refuses. A pipeline always names it; a
        verdict that `fold_guard.judge` gave in the same process needs none.
    report : str, optional
        Digest of the check report as it stands now; likewise.
    features : sequence of str, optional
        Columns that the estimator sees, as they were checked; default: all without another role.
    run, on_progress, on_facts
        See `fold_guard.crossval.fit.score_rounds`.

    Returns
    -------
    Result

    Raises
    ------
    Refused
        The verdict refuses, or data, fold map, policy, report or features are not those that it
        was given on.
    UsageError
        The map has no label, several labels a row, or a continuous one: such rounds are for
        scikit-learn's cross_validate with ``cv=list(fold_map.split(table))``.
    DataError, UsageError, FoldGuardError
        As `score_rounds`.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from fold_guard import FoldPlan, judge, make_folds
    >>> table = pd.DataFrame({"row": range(8), "y": list("abababab"), "x": range(8)})
    >>> folds = make_folds(table, FoldPlan("stratified", n_splits=2), id="row", label="y")
    >>> verdict = judge(table, folds)
    >>> result = cross_validate(DecisionTreeClassifier(), table, folds, verdict=verdict)
    >>> len(result.rounds)
    2
    >>> cross_validate(DecisionTreeClassifier(), table.head(7), folds, verdict=verdict)
    Traceback (most recent call last):
    fold_guard.errors.Refused: the data changed after the verdict was given. ...
    """
    table = to_polars(frame)
    facts = fold_map.manifest.dataset
    _require_one_class_label(fold_map)
    assert facts.label is not None
    ids = row_ids(table, facts.id)
    require_usable(examine_ids(ids), source="table")
    # The order of a file's rows is in no digest, so nothing that is scored may depend on it.
    order = ids.arg_sort()
    table, ids = table[order], ids.gather(order)
    roles = facts.roles
    taken = {*roles.named(), fold_map.manifest.plan.column}
    others = [name for name in table.columns if name not in taken]
    seen = tuple(others if features is None else features)
    now = Bindings(
        dataset=dataset_digest(ids, table),
        fold_map=fold_map.digest_now(),
        policy=verdict.bindings.policy if policy is None else policy.digest,
        report=verdict.bindings.report if report is None else report,
        features=features_digest(seen),
    )
    require_passing(verdict, now, plan=verdict.plan if policy is None else policy.plan)
    if fold_map.digest_now() != fold_map.digest or facts.digest != now.dataset:
        raise Refused("the fold map was not made from this table", remedy="Make it again.")
    replace(roles, features=seen).resolve(table.columns, source="table")
    built = _built(estimator)
    return score_rounds(
        built,
        table.select(seen).to_pandas(),
        as_text(table[facts.label]).to_numpy(),
        fold_map.rounds(table),
        row_ids=ids,
        run=run,
        on_progress=on_progress,
        on_facts=on_facts,
        design=design_of(fold_map.manifest),
    )


def _require_one_class_label(fold_map: FoldMap) -> None:
    manifest = fold_map.manifest
    facts = manifest.dataset
    if not facts.labelled:
        raise UsageError("the fold map has no label", remedy="Make it again with a label.")
    if facts.label is not None and manifest.classes:
        return
    what = (
        f"its rows have {len(facts.labels)} labels each ({', '.join(facts.labels)})"
        if facts.labels
        else f"its label {facts.label!r} is continuous"
    )
    raise UsageError(
        f"{what}, and cross-validation trains classifiers on one label",
        where="fold map",
        remedy="Train on its rounds with scikit-learn: "
        "cross_validate(model, X, y, cv=list(fold_map.split(table))).",
    )


def _built(estimator: Classifier | Callable[[], Classifier]) -> Classifier:
    # A class has `fit`, too; it is a callable that makes an estimator.
    if hasattr(estimator, "fit") and not isinstance(estimator, type):
        return cast(Classifier, estimator)
    return cast(Callable[[], Classifier], estimator)()
