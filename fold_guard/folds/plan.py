"""Plans: how rows shall be dealt to folds; a pure description."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from fold_guard.errors import ConfigError
from fold_guard.suggest import did_you_mean

Strategy = Literal["kfold", "stratified", "group", "stratified_group", "forward"]
Scheme = Literal["kfold", "forward"]
Leniency = Literal["fail", "warn"]


@dataclass(frozen=True, slots=True)
class FoldPlan:
    """A strategy and its settings.

    Attributes
    ----------
    strategy : str
        ``kfold``: rows, equal sizes. ``stratified``: rows, classes balanced. ``group``: units
        never split, equal sizes. ``stratified_group``: both. ``forward``: contiguous blocks of
        time; round j trains on the blocks before block j.
    n_splits : int
        Folds, or blocks of ``forward``; at least 2.
    seed : int
        0 <= seed < 2**64; decides among equal candidates. ``forward`` does not use it.
    embargo : float
        ``forward``: rows within this many steps (days, for dates) before the test block are
        purged from the train side.
    purge_groups : bool
        ``forward``: rows of units that have rows in the test block are purged.
    rare_class : {"fail", "warn"}
        What a class with fewer units than folds does.
    oversized_group : {"fail", "warn"}
        What a unit larger than n/k rows does.

    Raises
    ------
    ConfigError
        Settings that mean nothing, each by its name.

    Examples
    --------
    >>> FoldPlan("stratified_group", n_splits=3).scheme
    'kfold'
    """

    strategy: Strategy = "stratified_group"
    n_splits: int = 5
    seed: int = 0
    embargo: float = 0
    purge_groups: bool = True
    rare_class: Leniency = "fail"
    oversized_group: Leniency = "fail"

    def __post_init__(self) -> None:
        """Refuse settings that mean nothing, all at once."""
        problems = [
            (name, message)
            for name, message in (
                ("strategy", _not_in(self.strategy, get_args(Strategy))),
                ("n_splits", _not_whole(self.n_splits, 2, 2**31 - 1)),
                ("seed", _not_whole(self.seed, 0, 2**64 - 1)),
                ("embargo", _not_a_span(self.embargo) or self._unused_embargo()),
                ("rare_class", _not_in(self.rare_class, get_args(Leniency))),
                ("oversized_group", _not_in(self.oversized_group, get_args(Leniency))),
            )
            if message
        ]
        if problems:
            raise ConfigError(problems, source="fold plan")

    def identity(self) -> dict[str, object]:
        """Return what the folds and rounds follow from: the settings that this strategy uses.

        It goes under the digest of a fold map. How lenient the plan is does not: it decides
        whether there is a map, not which.

        >>> FoldPlan("forward", n_splits=6, embargo=2).identity()
        {'strategy': 'forward', 'n_splits': 6, 'embargo': 2.0, 'purge_groups': True}
        """
        common: dict[str, object] = {"strategy": self.strategy, "n_splits": self.n_splits}
        if self.scheme == "forward":
            return common | {"embargo": float(self.embargo), "purge_groups": self.purge_groups}
        return common | {"seed": self.seed}

    def _unused_embargo(self) -> str:
        if self.embargo and self.strategy in get_args(Strategy) and self.scheme != "forward":
            return f"strategy {self.strategy!r} has no embargo; only forward looks at time"
        return ""

    @property
    def scheme(self) -> Scheme:
        """How rounds follow from folds."""
        return "forward" if self.strategy == "forward" else "kfold"

    @property
    def keeps_groups(self) -> bool:
        """Whether units are whole groups rather than rows."""
        return self.strategy in ("group", "stratified_group")

    @property
    def balances_classes(self) -> bool:
        """Whether the strata are the classes of the label."""
        return self.strategy in ("stratified", "stratified_group")


def _not_in(value: object, known: tuple[str, ...]) -> str:
    if value in known:
        return ""
    return f"must be one of {', '.join(known)}, got {value!r}. {did_you_mean(str(value), known)}"


def _not_whole(value: object, least: int, most: int) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return ""
    return f"must be a whole number from {least} to {most}, got {value!r}"


def _not_a_span(value: object) -> str:
    # NaN compares false with everything: as an embargo it would purge nothing and say nothing.
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and math.isfinite(value) and value >= 0:  # type: ignore[arg-type, operator]
        return ""
    return f"must be a number of at least 0, got {value!r}"
