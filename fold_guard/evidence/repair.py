"""Repair an audited split, and check what came of it: nothing is claimed that was not verified."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.checks.outcome import Outcome, Status
from fold_guard.checks.rule import Rule
from fold_guard.checks.run import run_checks
from fold_guard.checks.sets.copies import copies_of_rows
from fold_guard.checks.subjects.prepare import subject_of_map
from fold_guard.checks.subjects.table_subject import TableSubject
from fold_guard.dataset.frames import to_columns
from fold_guard.dataset.instants import instants
from fold_guard.dataset.labels import codes_of
from fold_guard.errors import InfeasibleError, UsageError
from fold_guard.evidence.audit import audited_subject, default_rules, report_on
from fold_guard.evidence.report import Report
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.plan import Scheme
from fold_guard.folds.repair import FoldsBefore, Repair, repaired
from fold_guard.partition.recut import recut_blocks
from fold_guard.partition.repair import rows_to_gather
from fold_guard.partition.rounds import EXCLUDED
from fold_guard.partition.units import connected_units

IntArray = npt.NDArray[np.int64]
_GROUPS = ("group_overlap", "component_overlap")


@dataclass(frozen=True, slots=True, eq=False)
class Repaired:
    """The nearest clean split, and the checks on it.

    Attributes
    ----------
    repair : Repair
    report : Report
        The checks of the audit, run again on the repaired folds.
    """

    repair: Repair
    report: Report

    def __repr__(self) -> str:
        """Return what was moved and what came of it; the tables are a thousand times longer."""
        return (
            f"Repaired({len(self.moves):,} rows moved, {self.repair.units:,} units brought "
            f"together, {'clean' if self.clean else 'not clean'}, {self.fold_map!r})"
        )

    @property
    def clean(self) -> bool:
        """Whether what a repair is for holds: no side empty, groups apart, blocks in time."""
        forward = self.fold_map.manifest.scheme == "forward"
        cured = {"fold_shape", *_GROUPS, *(["temporal_order"] if forward else [])}
        return not any(
            each.status in (Status.FAILED, Status.ERROR)
            for each in self.report.checks
            if each.name in cured
        )

    @property
    def fold_map(self) -> FoldMap:
        """Row id -> fold."""
        return self.repair.fold_map

    @property
    def moves(self) -> pl.DataFrame:
        """The rows that moved: ``row_id``, ``from``, ``to``, ``reason``."""
        return self.repair.moves

    @property
    def before(self) -> FoldsBefore:
        """The folds as they were given."""
        return self.repair.before

    def save(self, directory: Path | str) -> None:
        """Write the fold map with ``moves.csv`` beside it; see `Repair.save`."""
        self.repair.save(directory)


def repair(
    frame: Any,
    *,
    fold: str,
    id: str | Sequence[str],
    label: str | Sequence[str] | None = None,
    groups: str | Sequence[str] = (),
    time: str | None = None,
    features: Sequence[str] | None = None,
    scheme: Scheme = "kfold",
    copies: bool = False,
    rules: Mapping[str, Rule] | None = None,
    name: str = "table",
    on_progress: Callable[[str], None] = lambda _: None,
) -> Repaired:
    """Return the clean split nearest to the one that a fold column stands for.

    Under ``kfold`` every group (connected over all keys) goes to one fold, under ``forward`` every
    row to the block of its time; no other choice moves fewer rows. No fold is empty. Rows of -2
    stay, and rows of -1 move only with a group that is tested, too.

    Parameters
    ----------
    frame : pandas.DataFrame, polars.DataFrame or pyarrow.Table
    fold, label, groups, time, features, scheme, rules, name, on_progress
        As for `audit`.
    id : str or sequence of str
        What names a row; a fold map cannot do without.
    copies : bool
        Whether rows that are equal in every feature are kept together, too. With few or coarse
        features different cases may lawfully be equal, and then much moves for nothing.

    Returns
    -------
    Repaired

    Raises
    ------
    UsageError
        An unknown column; no id; nothing to repair by.
    DataError
        As `audit` and `make_folds`.
    InfeasibleError
        Fewer groups, or instants, than folds; with how many folds there can be.

    Examples
    --------
    >>> import pandas as pd
    >>> visits = pd.DataFrame({
    ...     "visit": [1, 2, 3, 4, 5], "patient": ["a", "a", "a", "b", "b"],
    ...     "fold": [0, 0, 1, 1, 1],
    ... })
    >>> found = repair(visits, fold="fold", id="visit", groups="patient")
    >>> found.moves.rows()
    [(3, 1, 0, 'patient=a')]
    >>> [each.status.value for each in found.report.checks if each.name == "group_overlap"]
    ['passed']
    """
    columns = to_columns(frame)
    table = columns.whole()
    subject = audited_subject(
        columns,
        fold=fold,
        label=label,
        id=id,
        groups=groups,
        time=time,
        features=features,
        scheme=scheme,
        name=name,
    )
    on_progress("repair")
    # Forward rounds need the instants; otherwise the map is of the table just as it was given.
    mapped = subject.table.whole() if scheme == "forward" else table
    found = repaired(
        mapped,
        subject.roles,
        subject.folds,
        column=fold,
        scheme=scheme,
        copies=_copies(subject, name) if copies else None,
    )
    after = replace(
        subject_of_map(found.fold_map, mapped, subject.roles),
        table=subject.table,
        taken_for_ids=subject.taken_for_ids,
    )
    assert after.reconciliation is not None
    report = report_on(
        after,
        run_checks(
            after, default_rules(subject.roles) if rules is None else rules, on_progress=on_progress
        ),
        name=name,
        dataset=after.reconciliation.dataset_digest,
        source=f"column {fold}, repaired",
        columns=table.width,
    )
    return Repaired(found, report)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a repair would do.

    Attributes
    ----------
    keeps : {"groups", "copies", "groups and copies", "time"}
    rows : int
        How many rows would move.
    asks_for_copies : bool
        Whether copies have to be asked for; False where groups alone keep them together, too.
    no_way : str
        Why there is no such repair, and what there could be; empty when there is one.
    """

    keeps: str
    rows: int
    asks_for_copies: bool = False
    no_way: str = ""


def offers(subject: TableSubject, report: Report) -> tuple[Offer, ...]:
    """Count what repairs of an audited split would move; nothing is counted where nothing failed.

    Parameters
    ----------
    subject : TableSubject
        Of a fold column.
    report : Report
        Of its audit.

    Examples
    --------
    >>> from fold_guard.evidence.audit import audit
    >>> table = pl.DataFrame({"who": [1, 1, 1, 2], "fold": [0, 0, 1, 1]})
    >>> roles = {"fold": "fold", "groups": "who"}
    >>> offers(audited_subject(to_columns(table), **roles), audit(table, **roles))
    (Offer(keeps='groups', rows=1, asks_for_copies=False, no_way=''),)
    """
    failed = {each.name for each in report.checks if each.status is Status.FAILED}
    forward = report.folds.scheme == "forward"
    torn = not failed.isdisjoint(_GROUPS)
    copied = "duplicate_rows" in failed and not forward
    ordered = forward and subject.roles.time is not None and (torn or "temporal_order" in failed)
    if not (copied or ordered or (torn and not forward)):
        return ()
    if forward:
        return (_offer("time", lambda: _rows_to_recut(subject)),)
    inside = subject.folds != EXCLUDED
    keys = [np.where(inside, codes_of(subject.table[g])[0], -1) for g in subject.roles.groups]
    n_rows = len(subject.folds)
    whole = connected_units(n_rows, keys)
    if not copied:
        return (_offer("groups", lambda: _rows_to_gather(subject, whole)),)
    wider = connected_units(n_rows, [*keys, np.where(inside, copies_of_rows(subject), -1)])
    # Units are numbered by their first rows: the same partition has the same numbers.
    if np.array_equal(whole, wider):
        return (_offer("groups and copies", lambda: _rows_to_gather(subject, whole)),)
    found = _offer(
        "groups and copies" if keys else "copies", lambda: _rows_to_gather(subject, wider)
    )
    both = replace(found, asks_for_copies=True)
    return (_offer("groups", lambda: _rows_to_gather(subject, whole)), both) if torn else (both,)


def changes(before: Report, after: Report) -> tuple[tuple[Outcome, Status | None], ...]:
    """Pair each check that failed, or fails now, with what it said before.

    Parameters
    ----------
    before, after : Report

    Returns
    -------
    tuple of (Outcome, Status or None)
        The outcome on the repaired folds, and the status on the old ones; None: it was not run.
    """
    then = {(each.code, each.target): each.status for each in before.checks}
    bad = (Status.FAILED, Status.ERROR)
    return tuple(
        (each, then.get((each.code, each.target)))
        for each in after.checks
        if each.status in bad or then.get((each.code, each.target)) in bad or (each.name in _GROUPS)
    )


def _copies(subject: TableSubject, name: str) -> IntArray:
    if not subject.features:
        raise UsageError(
            "there is no feature column by which rows could be copies",
            where=name,
            remedy="Name what is compared: features (--feature COL).",
        )
    return copies_of_rows(subject)


def _offer(keeps: str, count: Callable[[], int]) -> Offer:
    try:
        return Offer(keeps, count())
    except InfeasibleError as error:
        return Offer(keeps, 0, no_way=str(error))


def _rows_to_gather(subject: TableSubject, units: IntArray) -> int:
    return rows_to_gather(units, subject.folds, int(subject.folds.max()) + 1)


def _rows_to_recut(subject: TableSubject) -> int:
    assert subject.roles.time is not None
    when, folds = instants(subject.table[subject.roles.time]), subject.folds
    # A row without a time has no block: a repair would say so, and nothing can be offered.
    lost = int((~when.known).sum())
    if lost:
        raise InfeasibleError(
            f"{lost:,} rows have no time, and so no block",
            remedy="Fill the times in, or leave the rows out of the table.",
        )
    return int((recut_blocks(when.values, folds, int(folds.max()) + 1) != folds).sum())
