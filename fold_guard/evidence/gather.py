"""Gather a plan's dossier from its artefacts."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from fold_guard.checks.subjects.table_subject import TableSubject
from fold_guard.crossval.requirements.requirement import RequirementOutcome
from fold_guard.crossval.result import Result
from fold_guard.dataset.instants import shown
from fold_guard.dataset.labels import codes_of
from fold_guard.evidence.dossier import LargeUnit, PlanDossier, TimeBin
from fold_guard.evidence.report import Report
from fold_guard.folds.manifest import Manifest
from fold_guard.gate.verdict import Verdict
from fold_guard.partition.rounds import EXCLUDED
from fold_guard.partition.units import connected_units

_BINS = 40
_LARGEST = 12


def gather_plan(
    subject: TableSubject,
    manifest: Manifest,
    report: Report,
    verdict: Verdict,
    result: Result | None,
    requirements: tuple[RequirementOutcome, ...],
    reason: str = "",
) -> PlanDossier:
    """Add the pictures' numbers, counted from table and folds, to what the stages wrote.

    The rounds are those of every repeat; timeline and units show the folds of the first.
    """
    if not verdict.passed:
        # Whatever was scored once, it was not under this verdict.
        result, requirements = None, ()
        reason = reason or "the gate refuses training"
    return PlanDossier(
        report=report,
        verdict=verdict,
        manifest=manifest,
        result=result,
        requirements=requirements,
        timeline=_timeline(subject),
        largest_units=_largest_units(subject),
        rounds=_rounds(subject, manifest.plan.window),
        reason=reason,
    )


def _rounds(subject: TableSubject, window: int) -> tuple[tuple[int, int, int, int], ...]:
    """Return the number of each round, its rows in train and in test, and those purged."""
    found = []
    for at, each in enumerate(subject.rounds):
        folds = subject.every_repeat[at // subject.rounds_a_repeat]
        train, test = int(np.count_nonzero(each.train)), int(np.count_nonzero(each.test))
        if subject.scheme == "forward":
            start = max(each.index - window, 0) if window else 0
            candidates = int(np.count_nonzero((folds >= start) & (folds < each.index)))
        else:
            # Whatever is in the repeat and not tested trains, before any purge.
            candidates = int(np.count_nonzero(folds != EXCLUDED)) - test
        found.append((each.index, train, test, candidates - train))
    return tuple(found)


def _timeline(subject: TableSubject) -> tuple[TimeBin, ...]:
    if subject.roles.time is None:
        return ()
    series = subject.table[subject.roles.time]
    known = series.is_not_null().to_numpy() & (subject.folds >= 0)
    if not known.any():
        return ()
    codes, _ = codes_of(series)
    distinct = int(codes.max()) + 1
    edges = np.linspace(0, distinct, min(_BINS, distinct) + 1).astype(np.int64)
    k = int(subject.folds.max()) + 1
    ordered = series.drop_nulls().unique().sort()
    bins = []
    for first, last in pairwise(edges):
        inside = known & (codes >= first) & (codes < last)
        rows = np.bincount(subject.folds[inside], minlength=k)
        bins.append(TimeBin(shown(ordered, int(first)), tuple(map(int, rows))))
    return tuple(bins)


def _largest_units(subject: TableSubject) -> tuple[LargeUnit, ...]:
    if not subject.roles.groups:
        return ()
    keys = [codes_of(subject.table[name])[0] for name in subject.roles.groups]
    units = connected_units(len(subject.folds), keys)
    k = int(subject.folds.max()) + 1

    order = np.argsort(-np.bincount(units), kind="stable")[:_LARGEST]
    found = []
    for unit in order:
        folds = subject.folds[units == unit]
        by_fold = np.bincount(folds[folds >= 0], minlength=k)
        found.append(LargeUnit(len(folds), tuple(map(int, by_fold))))
    return tuple(found)
