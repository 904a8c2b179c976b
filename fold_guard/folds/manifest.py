"""The manifest of a fold map: what it was made from, how, and how well it turned out."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from fold_guard.dataset.roles import Roles
from fold_guard.folds.plan import FoldPlan
from fold_guard.identity.digests import assignment_digest
from fold_guard.identity.encoding import ENCODING
from fold_guard.identity.hashing import ORDER_HASH, ROW_HASH, SEAL_HASH, json_digest

FORMAT = "fold-guard/fold-map/1"


@dataclass(frozen=True, slots=True)
class Hashes:
    """Names of the hashes and of the encoding under them; pinned by test vectors."""

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

    @property
    def roles(self) -> Roles:
        """The columns by role."""
        return Roles(self.id, self.label, self.groups, self.time)


@dataclass(frozen=True, slots=True)
class FoldFacts:
    """One fold: its rows, in all and by class (in the order of the manifest's classes)."""

    fold: int
    rows: int
    by_class: tuple[int, ...]


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
class Manifest:
    """Everything that is kept beside the map itself."""

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


def fold_map_digest(ids: pl.Series, folds: pl.Series, plan: FoldPlan, roles: Roles) -> str:
    """Digest of a fold map: the assignment, and what the rounds follow from.

    An embargo or a group key that is edited in the manifest changes what is trained on just as
    an edited fold does, so plan and roles are under the same digest.

    Parameters
    ----------
    ids : polars.Series of Int64 or String
    folds : polars.Series of Int64
    plan : FoldPlan
    roles : Roles
        Without the features.

    Returns
    -------
    str
        64 hex digits (SHA-256).
    """
    return json_digest(
        {
            "assignment": assignment_digest(ids, folds),
            "plan": plan.identity(),
            "id": roles.id,
            "label": roles.label,
            "groups": roles.groups,
            "time": roles.time,
        }
    )
