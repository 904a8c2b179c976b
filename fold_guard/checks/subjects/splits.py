"""Subjects of splits that are neither a fold column nor a fold map: index pairs, several tables."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.checks.subjects.prepare import named_rows
from fold_guard.checks.subjects.table_subject import TableSubject
from fold_guard.dataset.columns import Columns
from fold_guard.dataset.roles import Roles
from fold_guard.folds.index_pairs import IndexPairs
from fold_guard.folds.strategies import Traits
from fold_guard.identity.row_ids import examine_ids, row_ids
from fold_guard.partition.rounds import forward_rounds

IntArray = npt.NDArray[np.int64]


def subject_of_pairs(
    frame: pl.DataFrame, pairs: IndexPairs, roles: Roles, *, taken_for_ids: tuple[str, ...] = ()
) -> TableSubject:
    """Take the folds from index pairs.

    Parameters
    ----------
    frame : polars.DataFrame
    pairs : IndexPairs
        Over its rows.
    roles : Roles
        Resolved against the table.
    taken_for_ids : tuple of str
        Columns that were left out of the features because every row has its own value there.

    Examples
    --------
    >>> table = pl.DataFrame({"x": [1, 2, 3]})
    >>> pairs = IndexPairs.of([([0, 1], [2])], 3)
    >>> subject = subject_of_pairs(table, pairs, Roles(features=("x",)))
    >>> subject.traits.layout, subject.rounds[0].train.tolist()
    ('sampled', [True, True, False])
    """
    ids = row_ids(frame, roles.id)
    return TableSubject(
        table=Columns.of(frame),
        roles=roles,
        row_ids=named_rows(ids),
        folds=pairs.folds[0],
        repeats=pairs.folds,
        rounds=pairs.rounds(),
        scheme="kfold",
        identity=examine_ids(ids),
        has_ids=bool(roles.id),
        taken_for_ids=taken_for_ids,
        traits=Traits("sampled" if pairs.sampled else "given"),
        fold_names={-1: "train", 0: "test"} if pairs.sampled else {},
    )


def subject_of_parts(
    frame: pl.DataFrame,
    part: IntArray,
    names: tuple[str, ...],
    roles: Roles,
    *,
    taken_for_ids: tuple[str, ...] = (),
) -> TableSubject:
    """Make a forward split of several tables: each is tested by what was trained on all before it.

    Without an id a row is named by its table and its number there, ``test 5``.

    Parameters
    ----------
    frame : polars.DataFrame
        The tables under each other.
    part : ndarray of int64, shape (n_rows,)
        Which table a row is of: 0 is train, the last one is test.
    names : tuple of str
        What the tables are called in findings.
    roles, taken_for_ids
        As for `subject_of_pairs`.

    Examples
    --------
    >>> table = pl.DataFrame({"x": [1, 2, 3]})
    >>> part = np.array([0, 0, 1])
    >>> subject = subject_of_parts(table, part, ("train", "test"), Roles(features=("x",)))
    >>> subject.row_ids.to_list()
    ['train 0', 'train 1', 'test 0']
    """
    ids = row_ids(frame, roles.id)
    numbered = ids
    if not roles.id or ids.null_count():
        start = np.searchsorted(part, np.arange(len(names)))
        at = np.arange(len(part)) - start[part]
        numbered = pl.select(
            pl.format("{} {}", pl.Series(names).gather(part), pl.Series(at))
        ).to_series()
    return TableSubject(
        table=Columns.of(frame),
        roles=roles,
        row_ids=named_rows(ids, numbered) if roles.id else numbered.alias("row_id"),
        folds=part,
        rounds=forward_rounds(part, len(names)),
        scheme="forward",
        identity=examine_ids(ids),
        has_ids=bool(roles.id),
        taken_for_ids=taken_for_ids,
        fold_names=dict(enumerate(names)),
    )
