"""Index pairs: the train and test positions that scikit-learn's splitters yield, as folds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fold_guard.errors import DataError, UsageError
from fold_guard.partition.rounds import EXCLUDED, Round, Rounds, kfold_rounds

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Pair = tuple[IntArray, IntArray]
_REMEDY = "A side holds row positions from 0, each once, or a mask with True for its rows."


@dataclass(frozen=True, slots=True, eq=False)
class IndexPairs:
    """Train/test pairs over the rows of a table, as folds and repeats.

    Pairs whose test sets are disjoint, and which train on all their other rows, are one column of
    folds; several such runs of equal length are repeats of it. Anything else (blocks of time, drawn
    test sets, one pair alone) is ``sampled``: each pair is a repeat of its own.

    Attributes
    ----------
    folds : ndarray of int64, shape (n_repeats, n_rows)
        0..k-1; -1 is in no test set and always trains; -2 is in no pair. Sampled: 0 is tested,
        -1 trains, -2 does neither.
    sampled : bool
    on_both : tuple of ndarray of int64
        Of each pair the rows that are in train and in test: fold 0, and on both sides of the
        round all the same, so that every check sees the split as it is.
    """

    folds: IntArray
    sampled: bool
    on_both: tuple[IntArray, ...]

    @classmethod
    def of(cls, splits: Iterable[Any], n_rows: int, *, source: str = "splits") -> IndexPairs:
        """Read pairs.

        Parameters
        ----------
        splits : iterable of (train, test)
            Each side row positions from 0, or a mask of ``n_rows`` booleans.
        n_rows : int
        source : str
            What messages call the pairs.

        Raises
        ------
        UsageError
            No pairs at all, or something that is no pair.
        DataError
            A position that is no whole number, lies outside of the table, or occurs twice in a
            side; a mask of another length.

        Examples
        --------
        >>> found = IndexPairs.of([([0, 1], [2]), ([1, 2], [0]), ([0, 2], [1])], 4)
        >>> found.folds.tolist(), found.sampled
        ([[1, 2, 0, -2]], False)
        >>> IndexPairs.of([([0, 1], [2])], 4).folds.tolist()
        [[-1, -1, 0, -2]]
        """
        pairs = _read(splits, n_rows, source)
        on_both = tuple(_shared(train, test, n_rows) for train, test in pairs)
        dealt = None if any(map(len, on_both)) else _dealt(pairs, n_rows)
        if dealt is not None:
            return cls(dealt, sampled=False, on_both=on_both)
        folds = np.full((len(pairs), n_rows), EXCLUDED, dtype=np.int64)
        for each, (train, test) in zip(folds, pairs, strict=True):
            each[train] = -1
            each[test] = 0
        return cls(folds, sampled=True, on_both=on_both)

    def rounds(self) -> Rounds:
        """Return one round a pair, numbered as the pairs were given."""
        n_folds = 1 if self.sampled else int(self.folds.max()) + 1

        def make(at: int) -> Round:
            repeat, fold = divmod(at, n_folds)
            each = kfold_rounds(self.folds[repeat], n_folds)[fold]
            train = each.train.copy()
            train[self.on_both[at]] = True
            return Round(at, train, each.test)

        return Rounds(range(len(self.on_both)), make)


def _shared(train: IntArray, test: IntArray, n_rows: int) -> IntArray:
    tested = np.zeros(n_rows, dtype=np.bool_)
    tested[test] = True
    return train[tested[train]]


def _read(splits: Iterable[Any], n_rows: int, source: str) -> list[Pair]:
    if isinstance(splits, str | bytes) or not isinstance(splits, Iterable):
        raise UsageError(
            f"expected pairs of train and test rows, got {type(splits).__name__}",
            where=source,
            remedy="Pass a list of (train, test), or a splitter of scikit-learn.",
        )
    pairs = []
    for at, each in enumerate(splits):
        where = f"{source}, pair {at}"
        try:
            train, test = each
        except (TypeError, ValueError):
            raise UsageError(
                "is no pair of train and test rows", where=where, remedy="Pass (train, test)."
            ) from None
        pairs.append(
            (
                _positions(train, n_rows, f"{where}, train"),
                _positions(test, n_rows, f"{where}, test"),
            )
        )
    if not pairs:
        raise UsageError("there is no pair in it", where=source, remedy="Pass at least one.")
    return pairs


def _positions(side: Any, n_rows: int, where: str) -> IntArray:
    """Return the rows of a side, ascending."""
    try:
        given = np.asarray(side)
    except ValueError:
        given = np.asarray(None)
    if given.ndim != 1:
        raise DataError("is no list of row positions", where=where, remedy=_REMEDY)
    if given.dtype == np.bool_:
        if len(given) != n_rows:
            raise DataError(
                f"the mask has {len(given):,} values, the table {n_rows:,} rows",
                where=where,
                remedy="A mask has one value a row; or pass positions.",
            )
        return np.flatnonzero(given)
    # An empty list is one of floats to numpy.
    if given.size and given.dtype.kind not in "iu":
        raise DataError(
            f"holds {given.dtype} (such as {given.tolist()[0]!r}), not whole numbers",
            where=where,
            remedy=_REMEDY,
        )
    outside = given[(given < 0) | (given >= n_rows)]
    if outside.size:
        raise DataError(
            f"{outside.size:,} of {given.size:,} positions are outside of the table, for instance "
            f"{outside[0]}; its rows are 0 to {n_rows - 1:,}",
            where=where,
            remedy="Positions count the rows of the file from 0; they are no row ids.",
        )
    ordered = given.astype(np.int64)
    if (ordered[1:] < ordered[:-1]).any():
        ordered.sort()
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if twice.size:
        raise DataError(
            f"row {twice[0]} occurs more than once ({twice.size:,} positions too many)",
            where=where,
            remedy="Name each row once; draw with replacement after the split, in train alone.",
        )
    return ordered


def _dealt(pairs: Sequence[Pair], n_rows: int) -> IntArray | None:
    """Return the folds, shape (n_repeats, n_rows), if the pairs are k folds or repeats of them."""
    runs: list[list[Pair]] = []
    tested = np.zeros(n_rows, dtype=np.bool_)
    for train, test in pairs:
        if not train.size or not test.size:
            return None
        if not runs or tested[test].any():
            runs.append([])
            tested[:] = False
        runs[-1].append((train, test))
        tested[test] = True
    if len({len(run) for run in runs}) > 1 or len(runs[0]) < 2:
        return None
    found = [_run(run, n_rows) for run in runs]
    repeats = [each for each in found if each is not None]
    return np.stack(repeats) if len(repeats) == len(found) else None


def _run(pairs: Sequence[Pair], n_rows: int) -> IntArray | None:
    """Return one repeat, or None where a pair leaves out rows of the run that it does not test."""
    folds = np.full(n_rows, EXCLUDED, dtype=np.int64)
    for train, _ in pairs:
        folds[train] = -1
    for fold, (_, test) in enumerate(pairs):
        folds[test] = fold
    used = int(np.count_nonzero(folds != EXCLUDED))
    # Both sides are disjoint: by their sizes they are all rows or not.
    whole = all(len(train) + len(test) == used for train, test in pairs)
    return folds if whole else None
