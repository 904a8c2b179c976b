"""Replay of a saved fold map as scikit-learn's ``cv=``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import indexable

from fold_guard.dataset.frames import to_polars
from fold_guard.errors import UsageError
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.replay import positions
from fold_guard.identity.row_ids import row_ids
from fold_guard.partition.rounds import Round
from fold_guard.splitters.columns import columns_of
from fold_guard.splitters.nested import NestedRound

IntArray = npt.NDArray[np.int64]


class FoldMapSplit(BaseCrossValidator):  # type: ignore[misc]  # scikit-learn has no types
    """The rounds of a fold map, for whatever rows ``split`` is given.

    Rows are recognised by their ids, in any order: the id columns of ``X`` when it is a frame, or
    else ``groups=``, which holds the row ids (not the groups; the map keeps those already).

    Parameters
    ----------
    fold_map : FoldMap
        Made by `fold_guard.make_folds` or loaded from a directory.

    Examples
    --------
    >>> import pandas as pd
    >>> from fold_guard.folds.make import make_folds
    >>> from fold_guard.folds.plan import FoldPlan
    >>> table = pd.DataFrame({"row": [1, 2, 3, 4], "x": [0.1, 0.2, 0.3, 0.4]})
    >>> splitter = FoldMapSplit(make_folds(table, FoldPlan("kfold", n_splits=2), id="row"))
    >>> sorted(len(test) for _, test in splitter.split(table[["x"]], groups=table["row"]))
    [2, 2]
    """

    # scikit-learn's metadata routing: cross_validate(..., params={"groups": row_ids}).
    __metadata_request__split = {"groups": True}  # noqa: RUF012

    def __init__(self, fold_map: FoldMap) -> None:
        if not isinstance(fold_map, FoldMap):
            raise UsageError(
                f"FoldMapSplit needs a fold map, got {type(fold_map).__name__}",
                remedy="Load it first: FoldMap.load(directory).",
            )
        self.fold_map = fold_map

    def __repr__(self) -> str:
        return f"FoldMapSplit(n_splits={self.get_n_splits()}, digest={self.fold_map.digest[:12]!r})"

    def get_n_splits(self, X: object = None, y: object = None, groups: object = None) -> int:
        """Return the number of rounds; the arguments are of no use."""
        return self.fold_map.manifest.n_rounds

    def split(
        self,
        X: Any,
        y: Any = None,
        groups: Any = None,
    ) -> Iterator[tuple[IntArray, IntArray]]:
        """Yield the positions of train and test rows of each round.

        Parameters
        ----------
        X : frame with the id columns, or array_like of shape (n_samples, n_features)
            For plans in time a frame that also has what their rounds follow from: ``forward``
            the time column, and the group columns if they are purged; ``purged`` and
            ``combinatorial_purged`` the columns of prediction and evaluation time.
        y : array_like, optional
            Of no use.
        groups : array_like, shape (n_samples,) or (n_samples, n_id_columns), optional
            Row ids; needed when X does not have them.

        Yields
        ------
        train, test : ndarray of int64

        Raises
        ------
        UsageError
            Row ids neither in X nor in groups, or not the same in both; a column that the rounds
            follow from is missing.
        DataError
            Null or repeated ids, or rows so few that a round has an empty side.
        Refused
            A row that the map does not know.
        """
        X, y, groups = indexable(X, y, groups)
        yield from self.fold_map.split(self._table(X, groups))

    def nested(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[NestedRound]:
        """Yield each round with the inner rounds of its train side, from the map's nested folds.

        Parameters
        ----------
        X, y, groups
            As for `split`.

        Yields
        ------
        NestedRound
            ``train`` and ``test`` hold positions in X; ``inner`` is what ``GridSearchCV(cv=...)``
            needs for ``X[train]``.

        Raises
        ------
        UsageError
            The map has no nested folds (``inner_splits``); else as `split`.
        DataError, Refused
            As `split`; also for an inner round with an empty side.

        Examples
        --------
        >>> import pandas as pd
        >>> from fold_guard import FoldPlan, make_folds
        >>> table = pd.DataFrame({"row": range(12)})
        >>> made = make_folds(table, FoldPlan("kfold", n_splits=3, inner_splits=2), id="row")
        >>> [(len(a), [len(b) for _, b in i]) for a, _, i in FoldMapSplit(made).nested(table)]
        [(8, [4, 4]), (8, [4, 4]), (8, [4, 4])]
        """
        X, y, groups = indexable(X, y, groups)
        for outer, inner in self.fold_map.nested(self._table(X, groups)):
            train, test = positions(outer, f"round {outer.index}")
            name = f"an inner round of round {outer.index}"
            parts = (Round(e.index, e.train[train], e.test[train]) for e in inner)
            yield NestedRound(train, test, [positions(part, name) for part in parts])

    def _table(self, X: Any, groups: Any) -> pl.DataFrame:
        """Bring the ids, and the columns that the rounds follow from, into one table."""
        manifest = self.fold_map.manifest
        names = manifest.dataset.id
        needed = [*names, *manifest.round_columns]
        found = _named_columns(X, needed)
        if groups is not None:
            given = self._given(groups, names)
            held = {name: found[name] for name in names if name in found}
            if len(held) == len(names) and not _same(held, given, names):
                raise UsageError(
                    f"groups are not the row ids that X has in {', '.join(names)}",
                    where="groups",
                    remedy="FoldMapSplit takes row ids as groups=; X has them, leave groups out.",
                )
            found |= given
        missing = [name for name in needed if name not in found]
        if missing:
            ids, kind = any(name in names for name in missing), manifest.plan.strategy
            raise UsageError(
                f"X has no column {', '.join(map(repr, missing))} "
                f"{'to know the rows by' if ids else f'and a {kind} plan cannot do without'}",
                where="X",
                remedy="Pass X as a frame that has the column"
                + (", or the row ids as groups=." if ids else "."),
            )
        return pl.DataFrame(found)

    def _given(self, groups: Any, names: tuple[str, ...]) -> dict[str, pl.Series]:
        columns = columns_of(groups, "groups")
        if len(columns) != len(names):
            raise UsageError(
                f"groups must hold the row ids ({', '.join(names)}), got {len(columns)} columns",
                where="groups",
                remedy="FoldMapSplit takes row ids as groups=; the map keeps the groups itself.",
            )
        return {name: column.alias(name) for name, column in zip(names, columns, strict=True)}


def _named_columns(X: Any, names: list[str]) -> dict[str, pl.Series]:
    if not hasattr(X, "columns"):
        return {}
    held = [name for name in dict.fromkeys(names) if name in X.columns]
    # Only these: the features may be of any kind and need not be readable here.
    return to_polars(X[held]).to_dict() if held else {}


def _same(held: dict[str, pl.Series], given: dict[str, pl.Series], names: tuple[str, ...]) -> bool:
    left, right = (row_ids(pl.DataFrame(each), names) for each in (held, given))
    return left.dtype == right.dtype and bool(left.eq_missing(right).all())
