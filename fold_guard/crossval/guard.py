"""The only way to train: with a passing verdict that fits what is there now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from fold_guard.crossval.arguments import require_arguments
from fold_guard.crossval.design import design_of
from fold_guard.crossval.estimators.concerns import concerns_about
from fold_guard.crossval.estimators.specification import Estimator
from fold_guard.crossval.fit import HERE, score_rounds
from fold_guard.crossval.result import Result, Task
from fold_guard.crossval.routes import Running
from fold_guard.crossval.runs.identity import run_key
from fold_guard.crossval.runs.journal import Journal
from fold_guard.crossval.training_table import (
    segment_texts,
    task_of,
    trained_on,
    units_of,
)
from fold_guard.dataset.frames import to_polars
from fold_guard.errors import Refused, UsageError
from fold_guard.folds.fold_map import FoldMap
from fold_guard.gate.policy import Policy
from fold_guard.gate.verdict import Bindings, Verdict, features_digest, require_passing
from fold_guard.identity.digests import dataset_digest
from fold_guard.identity.row_ids import examine_ids, require_usable, row_ids

if TYPE_CHECKING:
    pass


def cross_validate(
    estimator: Estimator | Callable[[], Estimator],
    frame: Any,
    fold_map: FoldMap,
    *,
    verdict: Verdict,
    policy: Policy | None = None,
    report: str | None = None,
    features: Sequence[str] | None = None,
    segments: Sequence[str] = (),
    task: Task | None = None,
    seed: int = 0,
    confidence: float = 0.95,
    interval: Literal["corrected", "nested"] = "corrected",
    max_failure_rate: float = 0.0,
    journal: Path | str | None = None,
    running: Running = HERE,
) -> Result:
    """Cross-validate an estimator on the rounds of a fold map, if the verdict allows it.

    Parameters
    ----------
    estimator : Estimator, or callable that makes one
        With the preprocessing inside it (a scikit-learn Pipeline); never fitted itself. A
        callable is called after the verdict was accepted, so that no user code runs before.
        A search inside it tunes on the inner folds of the map.
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
    segments : sequence of str
        Columns of subgroups to score by themselves; a feature may be one.
    task : {"classification", "regression"}, optional
        Default: regression where the map takes the label for a quantity.
    seed : int
        From 0 to 2**63 - 1; every round has a seed that follows from it.
    confidence : float
        Of the intervals.
    interval : {"corrected", "nested"}
        See `score_rounds`.
    max_failure_rate : float
        Share of the rounds that may fail; they are missing from every score.
    journal : Path, optional
        A file that keeps what was done: the call after one that was killed, or that ran out of
        its budget, goes on from there. It holds for the same data, folds, estimator, code and
        versions alone; it is yours to delete.
    running : Running
        Processes, budget, progress.

    Returns
    -------
    Result

    Raises
    ------
    Refused
        The verdict refuses, or data, fold map, policy, report or features are not those that it
        was given on.
    UsageError
        An argument out of its range. The map has no label, or several labels a row: such rounds
        are for scikit-learn's cross_validate with ``cv=list(fold_map.split(table))``. A search
        without inner folds, a sampler outside of the train side.
    Incomplete, DataError, FoldGuardError
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
    require_arguments(
        seed=seed,
        confidence=confidence,
        interval=interval,
        max_failure_rate=max_failure_rate,
        task=task,
    )
    table = to_polars(frame)
    facts = fold_map.manifest.dataset
    _require_one_label(fold_map)
    assert facts.label is not None
    ids = row_ids(table, facts.id)
    require_usable(examine_ids(ids), source="table")
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
    replace(roles, features=seen, segments=tuple(segments)).resolve(table.columns, source="table")
    task = task or task_of(fold_map.manifest, table[facts.label])
    built = _built(estimator)
    concerns = concerns_about(built, fold_map.manifest)
    if journal is not None:
        key = run_key(
            built,
            dataset=now.dataset,
            fold_map=now.fold_map,
            features=list(seen),
            task=task,
            seed=seed,
            interval=interval,
        )
        running = replace(running, journal=Journal(Path(journal), key))
    given = trained_on(table, fold_map, seen, task)
    result = score_rounds(
        built,
        given.X,
        given.y,
        given.rounds,
        row_ids=given.ids,
        task=task,
        design=design_of(fold_map.manifest),
        units=units_of(given.table, facts.groups),
        segments={name: segment_texts(given.table[name]) for name in segments},
        inner=given.inner,
        seed=seed,
        confidence=confidence,
        interval=interval,
        max_failure_rate=max_failure_rate,
        running=running,
    )
    return replace(result, concerns=(*concerns, *result.concerns))


def _require_one_label(fold_map: FoldMap) -> None:
    facts = fold_map.manifest.dataset
    if not facts.labelled:
        raise UsageError("the fold map has no label", remedy="Make it again with a label.")
    if facts.labels:
        raise UsageError(
            f"its rows have {len(facts.labels)} labels each ({', '.join(facts.labels)}), "
            "and cross-validation trains on one label",
            where="fold map",
            remedy="Train on its rounds with scikit-learn: "
            "cross_validate(model, X, y, cv=list(fold_map.split(table))).",
        )


def _built(estimator: Estimator | Callable[[], Estimator]) -> Estimator:
    # A class has `fit`, too; it is a callable that makes an estimator.
    if hasattr(estimator, "fit") and not isinstance(estimator, type):
        return cast(Estimator, estimator)
    return cast(Callable[[], Estimator], estimator)()
