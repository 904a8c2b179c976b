"""The ways to name the split that is audited, and the subject that each of them makes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np
import polars as pl

from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.outcome import Outcome, Status
from fold_guard.checks.rule import Rule
from fold_guard.checks.subjects.prepare import subject_of_column, subject_of_map
from fold_guard.checks.subjects.prepare_lazy import subject_of_lazy
from fold_guard.checks.subjects.splits import subject_of_pairs, subject_of_parts
from fold_guard.checks.subjects.subject import Subject
from fold_guard.dataset.columns import Columns
from fold_guard.dataset.declared import iso_instants
from fold_guard.dataset.frames import is_lazy, to_columns
from fold_guard.dataset.instants import instants, spans
from fold_guard.dataset.parts import joined
from fold_guard.dataset.roles import Roles
from fold_guard.errors import FoldGuardError, UsageError
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.index_pairs import IndexPairs
from fold_guard.folds.plan import Scheme
from fold_guard.identity.row_ids import names_rows

_WAYS = (
    "Ways: a fold column (--fold COL; fold=), a fold map (--fold-map FOLDER; "
    "fold=FoldMap.load(...)), index pairs (--splits FILE; splits=), a table of its own for test "
    "(--test FILE; test=)."
)
# Rules on the classes of every side, and rules that score what is held out.
_COUNTED = ("class_counts", "class_balance")
_SCORED = ("target_leakage", "identifier_label", "optimism_gap")


@dataclass(frozen=True, slots=True, eq=False)
class Audited:
    """A subject, the table that it was made of, and what the report says of its folds.

    Attributes
    ----------
    subject : Subject
    columns : tuple of str
        Of the table as it was given; of several tables under each other.
    table : Columns or None
        That table; None where it is not in memory.
    source : str
        Where the folds come from.
    unlabelled : tuple of str
        The tables that have no label column although others have it.
    fold_map : FoldMap or None
        Where the folds are those of a map.
    """

    subject: Subject
    columns: tuple[str, ...]
    table: Columns | None
    source: str
    unlabelled: tuple[str, ...] = ()
    fold_map: FoldMap | None = None

    @property
    def embargo(self) -> float:
        """The embargo that the plan of a purged fold map promises; 0: none."""
        plan = None if self.fold_map is None else self.fold_map.manifest.plan
        return plan.embargo if plan is not None and plan.traits.purged else 0

    def without_labels(self, rules: Mapping[str, Rule]) -> tuple[Outcome, ...]:
        """Return the outcome of the rules that a table without labels leaves without meaning."""
        if not self.unlabelled:
            return ()
        one = len(self.unlabelled) == 1
        reason = f"{' and '.join(self.unlabelled)} {'has' if one else 'have'} no label column"
        held_out = len(self.subject.fold_names) - 1
        idle = (*_COUNTED, *(_SCORED if len(self.unlabelled) == held_out else ()))
        return tuple(
            BY_NAME[name].without(Status.NOT_APPLICABLE, reason, rule.severity)
            for name, rule in rules.items()
            if name in idle
        )


def require_one_way(
    *,
    fold: object,
    splits: object,
    test: object,
    validation: object,
    scheme: object,
    fold_map: object = None,
) -> None:
    """Refuse a split that is named twice or not at all; what is None was not given.

    Raises
    ------
    UsageError
    """
    ways = {"fold": fold, "fold map": fold_map, "splits": splits, "test": test}
    given = [name for name, value in ways.items() if value is not None]
    if validation is not None and test is None:
        raise UsageError(
            "a validation table stands between train and test, and there is no test table",
            where="validation",
            remedy="Add --test FILE (test=), or give the validation table as test.",
        )
    if len(given) != 1:
        raise UsageError(
            f"the split is named in {len(given)} ways ({', '.join(given)}), not in one"
            if given
            else "nothing names the split",
            remedy=_WAYS,
        )
    if scheme not in (None, *get_args(Scheme)):
        raise UsageError(
            f"there is no scheme {scheme!r}", where="scheme", remedy="Known: kfold, forward."
        )
    if fold is not None and not isinstance(fold, str | FoldMap):
        raise UsageError(
            f"expected the name of a column or a FoldMap, got {type(fold).__name__}",
            where="fold",
            remedy="One column holds the folds; index pairs are given as splits.",
        )
    if scheme is not None and not isinstance(fold, str):
        raise UsageError(
            "a scheme says how rounds follow from a fold column; here they are given",
            where="scheme",
            remedy="Leave it out, or name the split by a fold column.",
        )


def audited_split(
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
    name: str = "table",
) -> Audited:
    """Return what the checks of an audit are given; parameters and errors as for `audit`."""
    require_one_way(fold=fold, splits=splits, test=test, validation=validation, scheme=scheme)
    roles = Roles.of(id, label, groups, time, evaluation_time, features)
    if test is not None:
        return audited_parts(frame, test, validation, roles, name=name)
    if splits is not None:
        return audited_pairs(frame, splits, roles, name=name)
    if isinstance(fold, FoldMap):
        return audited_map(frame, fold, roles, name=name)
    assert fold is not None
    return audited_column(frame, fold, roles, scheme or "kfold", name=name)


def audited_column(frame: Any, fold: str, roles: Roles, scheme: Scheme, *, name: str) -> Audited:
    """Audit a fold column.

    Raises
    ------
    UsageError
        An unknown column.
    DataError
        As `subject_of_column`.
    """
    if is_lazy(frame):
        lazy = subject_of_lazy(frame, fold, roles, scheme, source=name)
        return Audited(lazy, lazy.table.names, None, f"column {fold}")
    table = to_columns(frame)
    checked, roles, unnamed = resolved(table, roles, name=name, fold=fold)
    subject = subject_of_column(checked, fold, roles, scheme, source=name, taken_for_ids=unnamed)
    return Audited(subject, table.names, table, f"column {fold}")


def audited_map(frame: Any, fold_map: FoldMap, roles: Roles, *, name: str) -> Audited:
    """Audit a fold map; roles that are not given are those of its manifest.

    Raises
    ------
    UsageError
        Another id than the map's, an unknown column.
    DataError
        As `FoldMap.rounds`.
    """
    table, facts = to_columns(frame), fold_map.manifest.dataset
    if roles.id and roles.id != facts.id:
        raise UsageError(
            f"the fold map knows rows by {', '.join(facts.id)}, not by {', '.join(roles.id)}",
            where="id",
            remedy="Leave the id out: it is taken from the map.",
        )
    labelled = roles.label is not None or roles.labels
    roles = Roles(
        id=facts.id,
        label=roles.label if labelled else facts.label,
        labels=roles.labels if labelled else facts.labels,
        groups=roles.groups or facts.groups,
        time=roles.time or facts.time,
        evaluation_time=roles.evaluation_time or facts.evaluation_time,
        features=roles.features,
    )
    held = fold_map.manifest.plan.column
    checked, roles, unnamed = resolved(table, roles, name=name, fold=held or ())
    subject = subject_of_map(fold_map, table.whole(), roles)
    named = [each for each in (roles.time, roles.evaluation_time) if each is not None]
    # The map is of the table as it was given; the checks compare instants.
    given = subject.table.whole()
    read = given.with_columns(with_instants(given[each], whole=checked[each]) for each in named)
    return Audited(
        replace(subject, table=Columns.of(read), taken_for_ids=unnamed),
        table.names,
        table,
        f"fold map {fold_map.digest[:12]}",
        fold_map=fold_map,
    )


def audited_pairs(frame: Any, splits: Any, roles: Roles, *, name: str) -> Audited:
    """Audit index pairs, or those that a splitter yields for the table.

    Raises
    ------
    UsageError, DataError
        As `IndexPairs.of`; a splitter that fails.
    """
    table = to_columns(frame)
    checked, roles, unnamed = resolved(table, roles, name=name)
    if hasattr(splits, "split") and not isinstance(splits, str | bytes):
        # A lazy frame or an Arrow table is nothing that a splitter knows.
        known = isinstance(frame, pl.DataFrame) or type(frame).__module__.startswith("pandas")
        splits = _split(splits, frame if known else table.whole(), table.whole(), roles)
    pairs = IndexPairs.of(splits, table.height)
    return Audited(
        subject_of_pairs(checked.whole(), pairs, roles, taken_for_ids=unnamed),
        table.names,
        table,
        "index pairs",
    )


def audited_parts(
    train: Any, test: Any, validation: Any, roles: Roles, *, name: str = "table"
) -> Audited:
    """Audit a split into tables: train, perhaps validation, and test.

    Raises
    ------
    UsageError, DataError
        As `fold_guard.dataset.parts.joined`.
    """
    parts = {"train": train, "validation": validation, "test": test}
    frames = {key: to_columns(each).whole() for key, each in parts.items() if each is not None}
    labels = (*roles.labels, *(() if roles.label is None else (roles.label,)))
    needed = None if roles.features is None else (*roles.named(), *roles.features)
    lacking = tuple(
        key
        for key, each in frames.items()
        if key != "train" and any(label not in each.columns for label in labels)
    )
    whole, part = joined(frames, columns=needed, may_lack=labels)
    table = Columns.of(whole)
    checked, roles, unnamed = resolved(table, roles, name=name)
    subject = subject_of_parts(checked.whole(), part, tuple(frames), roles, taken_for_ids=unnamed)
    return Audited(
        subject, table.names, table, f"tables {' and '.join(frames)}", unlabelled=lacking
    )


def resolved(
    table: Columns, roles: Roles, *, name: str, fold: str | tuple[str, ...] = ()
) -> tuple[Columns, Roles, tuple[str, ...]]:
    """Check roles against a table, read its times, and leave out what looks like an id.

    Parameters
    ----------
    table : Columns
    roles : Roles
    name : str
        What messages call the table.
    fold : str or tuple of str
        Columns that hold folds; never features.

    Returns
    -------
    table : Columns
        With times of ISO 8601 text as instants.
    roles : Roles
        Resolved.
    taken_for_ids : tuple of str
        Columns that nobody named and that differ in every row; no features.

    Raises
    ------
    UsageError
        An unknown column; an evaluation time without a time.
    DataError
        Text that is no time; a time and an evaluation time that cannot be compared.
    """
    named = roles.features is not None
    roles = roles.resolve(table.names, source=name, fold=fold)
    if roles.evaluation_time is not None and roles.time is None:
        raise UsageError(
            "an evaluation time ends what a time begins, and no time is named",
            where=name,
            remedy="Name the time, too: --time COL (time=).",
        )
    times = [each for each in (roles.time, roles.evaluation_time) if each is not None]
    checked = table
    for each in times:
        checked = checked.replaced(with_instants(table[each]))
        # Text that is no time cannot be audited; it is said before any work.
        instants(checked[each], source=name)
    if len(times) > 1:
        spans(checked[times[0]], checked[times[1]])
    if named:
        return checked, roles, ()
    features = roles.features or ()
    # All at once: a file of many columns is opened again for each that is read alone.
    table.select(features)
    unnamed = tuple(each for each in features if names_rows(table[each]))
    kept = tuple(each for each in features if each not in unnamed)
    return checked, replace(roles, features=kept), unnamed


def with_instants(series: pl.Series, whole: pl.Series | None = None) -> pl.Series:
    """Read a time column of ISO 8601 text; any other stays as it is.

    Parameters
    ----------
    series : polars.Series
    whole : polars.Series, optional
        What more rows of the column were read as: dates alone may stand among datetimes.

    Examples
    --------
    >>> with_instants(pl.Series("day", ["2020-05-04"])).dtype
    Date
    """
    if series.dtype != pl.String:
        return series
    found = iso_instants(series)
    if found is not None and whole is not None and found.dtype != whole.dtype:
        found = found.cast(whole.dtype)
    return series if found is None else found


def _split(splitter: Any, frame: Any, table: pl.DataFrame, roles: Roles) -> list[Any]:
    """Ask a splitter for its pairs, with the label as y and the group keys as groups."""
    labels = roles.labels or (() if roles.label is None else (roles.label,))
    y, groups = (_array(table, names) for names in (labels, roles.groups))
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="The groups parameter is ignored")
            return list(splitter.split(frame, y, groups))
    except FoldGuardError:
        raise
    except Exception as error:  # whatever somebody else's splitter raises
        raise UsageError(
            f"{type(splitter).__name__}.split failed ({error})",
            where="splits",
            remedy="It is given the table, the label as y and the group keys as groups: name "
            "what it needs, or pass its pairs as a list.",
        ) from error


def _array(table: pl.DataFrame, names: tuple[str, ...]) -> Any:
    columns = [table[name].to_numpy() for name in names]
    if len(columns) > 1:
        return np.stack(columns, axis=1)
    return columns[0] if columns else None
