"""What folds are made of: a table's ids, digests, classes and units under a plan."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.dataset.instants import instants, spans
from fold_guard.dataset.labels import Classes, as_text, classes, codes_of
from fold_guard.dataset.roles import Roles
from fold_guard.dataset.strata import Strata, label_sets, labels_of
from fold_guard.errors import DataError, UsageError
from fold_guard.folds.left_out import critical_rows
from fold_guard.folds.plan import FoldPlan
from fold_guard.identity.digests import dataset_digest, row_digests
from fold_guard.identity.row_ids import examine_ids, in_id_order, require_usable, row_ids
from fold_guard.partition.bins import given_bins, quantile_bins
from fold_guard.partition.rounds import EXCLUDED
from fold_guard.suggest import did_you_mean

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
Times = npt.NDArray[np.int64] | npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """A table, read for a plan, in the order of its ids; positions are those of its rows.

    Attributes
    ----------
    frame : polars.DataFrame
    roles : Roles
    ids : polars.Series
        Of each row.
    sealing : Future of (polars.Series, str)
        The digests of the rows and of the table: hashing goes on while the rows are dealt.
    keys : tuple of ndarray of int64, shape (n_rows,)
        Codes of each group key that the plan looks at; negative for null.
    key_values : tuple of list
        What the codes of each key stand for.
    known : Strata or None
        Classes of the label, or the several labels of each row; None for a continuous label.
    strata : Strata or None
        What the plan balances: ``known``, or bins of a continuous label.
    value : ndarray of float64, shape (n_rows,), or None
        The continuous label that is binned.
    when, until : ndarray or None
        The time of each row for a strategy in time, and the end of its interval.
    per_step : int
        What a step of an embargo (a day, for dates) is in the unit of the times.
    given : ndarray of int64, shape (n_rows,), or None
        The folds of a predefined split.
    critical : ndarray of bool, shape (n_rows,), or None
        The rows of the subgroup whose units are left out one by one.
    """

    frame: pl.DataFrame
    roles: Roles
    ids: pl.Series
    sealing: Future[tuple[pl.Series, str]]
    keys: tuple[IntArray, ...]
    key_values: tuple[list[object], ...]
    known: Strata | None
    strata: Strata | None = None
    value: npt.NDArray[np.float64] | None = None
    when: Times | None = None
    until: Times | None = None
    per_step: int = 1
    given: IntArray | None = None
    critical: BoolArray | None = None

    @property
    def digests(self) -> pl.Series:
        """The digest of each row."""
        return self.sealing.result()[0]

    @property
    def dataset(self) -> str:
        """The digest of the table."""
        return self.sealing.result()[1]

    def named(self, key: int, row: int) -> str:
        """Return a row's value of a key as it stands in a message: ``patient 'p7'``."""
        value = repr(self.key_values[key][int(self.keys[key][row])])
        short = value if len(value) <= _VALUE else f"{value[: _VALUE - 1]}…"
        return f"{self.roles.groups[key]} {short}"

    @property
    def label_texts(self) -> pl.Series | None:
        """The label of each row as the fold map holds it; None without a label."""
        if self.roles.labels:
            assert self.known is not None
            return label_sets(self.known)
        if self.roles.label is None:
            return None
        if self.known is not None:
            return Classes(self.known.names, self.known.codes).texts
        return as_text(self.frame[self.roles.label])


_VALUE = 40


def read_material(frame: pl.DataFrame, roles: Roles, plan: FoldPlan) -> Material:
    """Read a table for a plan.

    Parameters
    ----------
    frame : polars.DataFrame
    roles : Roles
        Without features.
    plan : FoldPlan

    Raises
    ------
    UsageError
        An unknown column.
    DataError
        Null or repeated ids, null labels, null times.
    """
    roles = roles.resolve(frame.columns, source="table")
    if not frame.height:
        raise DataError("has no rows", where="table", remedy="Name a table that has some.")
    frame, ids = in_id_order(frame, row_ids(frame, roles.id))
    require_usable(examine_ids(ids), source=f"id {', '.join(roles.id)}")
    _require_roles(plan, roles)
    sealing = _sealing(frame, ids)
    linked = plan.keeps_groups or (plan.scheme == "forward" and plan.purge_groups)
    coded = [codes_of(frame[name]) for name in roles.groups] if linked else []
    known = _known(frame, roles, ids, plan)
    strata, value = known, None
    if plan.traits.strata == "bins":
        assert roles.label is not None
        value = _continuous(frame[roles.label], ids)
        strata = _binned(value, plan)
    when = _times(frame, roles.time, ids) if plan.needs_time else None
    until = None
    if when is not None and roles.time is not None and roles.evaluation_time is not None:
        until = _times(frame, roles.evaluation_time, ids)
        spans(frame[roles.time], frame[roles.evaluation_time])
        _require_order(when, until, roles, ids)
    return Material(
        frame=frame,
        roles=roles,
        ids=ids,
        sealing=sealing,
        keys=tuple(codes for codes, _ in coded),
        key_values=tuple(values for _, values in coded),
        known=known,
        strata=strata if plan.traits.strata != "none" else None,
        value=value,
        when=when,
        until=until,
        per_step=instants(frame[roles.time]).per_step if when is not None and roles.time else 1,
        given=_given(frame, plan.column, ids) if plan.traits.layout == "given" else None,
        critical=critical_rows(frame, plan.subgroup) if plan.subgroup else None,
    )


def part_of(material: Material, plan: FoldPlan, rows: BoolArray) -> Material:
    """Return some rows as if they were the whole table: their own classes, and their own bins.

    Parameters
    ----------
    material : Material
        Of a strategy that deals to k folds.
    plan : FoldPlan
    rows : ndarray of bool, shape (n_rows,)
    """
    known = None if material.known is None else material.known.take(rows).used()
    value = None if material.value is None else material.value[rows]
    strata = None
    if material.strata is not None:
        strata = known if value is None else _binned(value, plan)
    return replace(
        material,
        frame=material.frame.filter(rows),
        ids=material.ids.filter(rows),
        keys=tuple(key[rows] for key in material.keys),
        known=known,
        strata=strata,
        value=value,
        critical=None if material.critical is None else material.critical[rows],
    )


def _sealing(frame: pl.DataFrame, ids: pl.Series) -> Future[tuple[pl.Series, str]]:
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="seal")
    try:
        return pool.submit(lambda: (row_digests(frame), dataset_digest(ids, frame)))
    finally:
        # The thread ends with its one task.
        pool.shutdown(wait=False)


def _require_roles(plan: FoldPlan, roles: Roles) -> None:
    strata = plan.traits.strata
    one = "one label, and label is a list" if roles.labels else "a label"
    missing = [
        (role, option)
        for role, option, needed, given in (
            ("an id", "id", True, bool(roles.id)),
            (one, "label", strata in ("classes", "bins"), roles.label is not None),
            ("several labels, a list", "label", strata == "labels", bool(roles.labels)),
            ("a group key", "groups", plan.keeps_groups, bool(roles.groups)),
            ("a time column", "time", plan.needs_time, roles.time is not None),
        )
        if needed and not given
    ]
    if missing:
        role, option = missing[0]
        raise UsageError(
            f"strategy {plan.strategy!r} needs {role}",
            remedy=f"Name the column: {option} (params: data.roles.{option}).",
        )


def _known(frame: pl.DataFrame, roles: Roles, ids: pl.Series, plan: FoldPlan) -> Strata | None:
    if roles.labels:
        return labels_of(frame, roles.labels)
    if roles.label is None or plan.traits.strata == "bins":
        return None
    series = frame[roles.label]
    if series.dtype.is_float() and not plan.balances_classes:
        whole = series.alias("label").fill_nan(None).drop_nulls()
        if (whole != whole.round()).any():
            return None
    found = classes(series)
    null = np.flatnonzero(found.codes < 0)
    if null.size:
        raise DataError(
            f"{null.size:,} rows have no label, the first is row id {ids[int(null[0])]!r}",
            where=f"column {roles.label}",
            remedy="Label the rows or leave them out of the table.",
        )
    return Strata(found.names, found.codes)


def _continuous(series: pl.Series, ids: pl.Series) -> npt.NDArray[np.float64]:
    if not series.dtype.is_numeric():
        raise DataError(
            f"a continuous label must be numbers, the column holds {series.dtype}",
            where=f"column {series.name}",
            remedy="Use strategy stratified or stratified_group for classes.",
        )
    values = series.alias("label").cast(pl.Float64).fill_null(float("nan")).to_numpy()
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        raise DataError(
            f"{wrong.size:,} rows have no finite label, the first is row id {ids[int(wrong[0])]!r}",
            where=f"column {series.name}",
            remedy="Label the rows or leave them out of the table.",
        )
    return values


def _binned(values: npt.NDArray[np.float64], plan: FoldPlan) -> Strata:
    edges = plan.bin_edges
    codes = given_bins(values, edges) if edges else quantile_bins(values, plan.n_bins)
    return Strata(tuple(f"bin {each}" for each in range(int(codes.max(initial=-1)) + 1)), codes)


_FOLDS = "Number the folds 0, 1, 2, ...; -1 is always train, -2 in neither side."


def _given(frame: pl.DataFrame, column: str, ids: pl.Series) -> IntArray:
    if column not in frame.columns:
        raise UsageError(
            f"there is no column {column!r}",
            where="table",
            remedy=did_you_mean(column, frame.columns),
        )
    series = frame[column].alias("fold")
    whole = series.cast(pl.Int64, strict=False) if series.dtype.is_numeric() else None
    if (
        whole is None
        or not (whole.cast(pl.Float64) == series.cast(pl.Float64)).fill_null(False).all()
    ):
        raise DataError(
            "folds must be whole numbers in every row", where=f"column {column}", remedy=_FOLDS
        )
    folds = whole.to_numpy()
    low = np.flatnonzero(folds < EXCLUDED)
    if low.size:
        raise DataError(
            f"fold {folds[low[0]]} of row id {ids[int(low[0])]!r} means nothing",
            where=f"column {column}",
            remedy=_FOLDS,
        )
    return folds.astype(np.int64)


def _require_order(when: Times, until: Times, roles: Roles, ids: pl.Series) -> None:
    wrong = np.flatnonzero(until < when)
    if wrong.size:
        raise DataError(
            f"{wrong.size:,} rows end before they start, the first is row id "
            f"{ids[int(wrong[0])]!r}",
            where=f"columns {roles.time} and {roles.evaluation_time}",
            remedy="The evaluation time of a row is not before its prediction time.",
        )


def _times(frame: pl.DataFrame, column: str | None, ids: pl.Series) -> Times:
    assert column is not None
    when = instants(frame[column])
    if not when.known.all():
        first = int(np.flatnonzero(~when.known)[0])
        raise DataError(
            f"{int((~when.known).sum()):,} rows have no time, the first is row id {ids[first]!r}",
            where=f"column {column}",
            remedy="Fill the times in or leave the rows out of the table.",
        )
    return when.values
