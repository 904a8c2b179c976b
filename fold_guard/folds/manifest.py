"""The manifest of a fold map: what it was made from, how, and how well it turned out."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import Literal

import polars as pl

from fold_guard.dataset.roles import Roles
from fold_guard.folds.plan import FoldPlan
from fold_guard.identity.digests import assignment_digest
from fold_guard.identity.encoding import ENCODING
from fold_guard.identity.hashing import ORDER_HASH, ROW_HASH, SEAL_HASH, json_digest
from fold_guard.partition.assignment import ALGORITHM

FORMAT = "fold-guard/fold-map/2"
OnConflict = Literal["fail", "exclude", "move"]
LISTED = 1000


@dataclass(frozen=True, slots=True)
class Hashes:
    """Names of the rules of assignment, the hashes and the encoding; pinned by test vectors."""

    assignment: str = ALGORITHM
    encoding: str = ENCODING
    order: str = ORDER_HASH
    row: str = ROW_HASH
    seal: str = SEAL_HASH


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """The table behind a fold map: digest over all columns, size, and its columns by role."""

    digest: str
    rows: int
    columns: int
    id: tuple[str, ...]
    label: str | None
    groups: tuple[str, ...]
    time: str | None
    labels: tuple[str, ...] = ()
    evaluation_time: str | None = None

    @property
    def roles(self) -> Roles:
        """The columns by role."""
        return Roles(
            self.id,
            self.label,
            self.groups,
            self.time,
            labels=self.labels,
            evaluation_time=self.evaluation_time,
        )

    @property
    def labelled(self) -> bool:
        """Whether the map holds the label of each row."""
        return self.label is not None or bool(self.labels)


@dataclass(frozen=True, slots=True)
class FoldFacts:
    """One fold: its rows, in all and by class (in the order of the manifest's classes)."""

    fold: int
    rows: int
    by_class: tuple[int, ...]
    repeat: int = 0


@dataclass(frozen=True, slots=True)
class BinFacts:
    """A continuous label in the folds, had it been cut into so many bins.

    Attributes
    ----------
    n_bins : int
        Bins asked for.
    bins : int
        Bins made; equal values share one.
    max_mean_gap : float
        Largest distance between the means of two folds, in standard deviations of the whole.
    max_ks : float
        Largest Kolmogorov-Smirnov distance of a fold from the whole.
    """

    n_bins: int
    bins: int
    max_mean_gap: float
    max_ks: float


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """The units that were assigned: how many, and the rows of the largest."""

    count: int
    largest: int


@dataclass(frozen=True, slots=True)
class BalanceFacts:
    """Balance reached; see `fold_guard.partition.balance.Balance`."""

    max_share_deviation: float
    mean_share_deviation: float
    lower_bound: float
    bound_reached: bool
    size_cv: float


@dataclass(frozen=True, slots=True)
class GrowthFacts:
    """What an extension, or a merge, changed against the parents.

    Attributes
    ----------
    on_conflict : str
        The policy for rows that link units of different folds.
    added, removed, changed, relabelled : int
        Rows that no parent has; that are in a parent and gone; whose content, or whose label, is
        what no parent has.
    moved, excluded : int
        Rows in another fold than in a parent; rows newly in neither side of any round.
    moved_rows, excluded_rows : tuple of int or str
        Their ids, ascending, the first `LISTED`; `fold_guard.folds.diff` lists them all.
    """

    on_conflict: OnConflict
    added: int
    removed: int
    changed: int
    relabelled: int
    moved: int
    excluded: int
    moved_rows: tuple[int | str, ...] = ()
    excluded_rows: tuple[int | str, ...] = ()
    listed_at_most: int = LISTED


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that is kept beside the map itself.

    ``folds`` lists those of every repeat; where the table says how many there are (every row or
    group is a fold, a subgroup is left out unit by unit), the first `folds_listed` of them, and
    ``folds_in_all`` says how many there are. ``parents`` holds the digest of the map that this
    one was grown from, of both when it was merged, and of none when it was made from the table
    alone.
    """

    format: str
    plan: FoldPlan
    scheme: str
    hashes: Hashes
    dataset: DatasetFacts
    digest: str
    classes: tuple[str, ...]
    folds: tuple[FoldFacts, ...]
    units: UnitFacts
    balance: BalanceFacts
    warnings: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    growth: GrowthFacts | None = None
    bins: tuple[BinFacts, ...] = ()
    folds_in_all: int | None = None

    @property
    def n_folds(self) -> int:
        """Folds of each repeat."""
        in_all = len(self.folds) if self.folds_in_all is None else self.folds_in_all
        return in_all // self.plan.n_repeats

    @property
    def n_alone(self) -> int:
        """Folds, the last ones, that are a unit of the plan's subgroup left out by itself."""
        return 0 if self.plan.leave_out is None else self.n_folds - self.plan.n_splits

    @property
    def fold_columns(self) -> tuple[str, ...]:
        """The columns of the table that hold folds, one a repeat."""
        return ("fold", *(f"fold_{repeat}" for repeat in range(1, self.plan.n_repeats)))

    @property
    def inner_columns(self) -> tuple[str, ...]:
        """The columns that hold nested folds, one a round."""
        return tuple(f"inner_{at}" for at in range(self.n_folds if self.plan.inner_splits else 0))

    @property
    def n_rounds(self) -> int:
        """Rounds that follow from the map, those of all repeats."""
        if self.scheme == "forward":
            return self.n_folds - 1
        if self.plan.traits.chosen:
            return comb(self.n_folds, self.plan.n_test_folds)
        return self.n_folds * self.plan.n_repeats

    @property
    def round_columns(self) -> tuple[str, ...]:
        """The columns of a table, besides its ids, that the rounds follow from."""
        if not self.plan.needs_time:
            return ()
        facts, purged = self.dataset, self.plan.traits.purged
        times = (facts.time, facts.evaluation_time if purged else None)
        groups = facts.groups if self.plan.purge_groups and not purged else ()
        return tuple(dict.fromkeys((*(each for each in times if each is not None), *groups)))


def folds_listed(plan: FoldPlan, n_folds: int) -> int:
    """Return how many folds a manifest lists.

    A line for each of a million folds of one row would tell nobody anything.

    >>> folds_listed(FoldPlan("leave_one_out"), 5000), folds_listed(FoldPlan("kfold"), 5000)
    (1000, 5000)
    """
    if plan.leave_out is not None:
        return min(n_folds, max(LISTED, plan.n_splits))
    if plan.traits.layout == "each":
        return min(n_folds, LISTED)
    return n_folds * plan.n_repeats


def fold_map_digest(
    table: pl.DataFrame,
    plan: FoldPlan,
    roles: Roles,
    parents: tuple[str, ...] = (),
) -> str:
    """Digest of a fold map: the assignment, and what the rounds follow from.

    An embargo or a group key that is edited in the manifest changes what is trained on just as
    an edited fold does, so plan and roles are under the same digest; and so are the parents, by
    which the digest of a map vouches for its whole lineage.

    Parameters
    ----------
    table : polars.DataFrame
        ``row_id``, ``fold``, and the columns of further repeats (``fold_1``, ...) and of nested
        folds (``inner_0``, ...).
    plan : FoldPlan
    roles : Roles
        Without the features.
    parents : tuple of str
        Digests of the maps that this one was grown from.

    Returns
    -------
    str
        64 hex digits (SHA-256).
    """
    ids = table["row_id"]
    more = {
        name: assignment_digest(ids, table[name])
        for name in table.columns
        if name.startswith(("fold_", "inner_"))
    }
    sealed: dict[str, object] = {
        "assignment": assignment_digest(ids, table["fold"]),
        "plan": plan.identity(),
        **roles.facts(),
    }
    if more:
        sealed["more"] = more
    return json_digest(sealed | ({"parents": parents} if parents else {}))
