"""Plans: how rows shall be dealt to folds; a pure description."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, Literal, get_args

import numpy as np

from fold_guard.errors import ConfigError
from fold_guard.folds.left_out import Scalar, as_texts, misnamed
from fold_guard.folds.strategies import TRAITS, Strategy, Traits
from fold_guard.partition.assignment import Quality
from fold_guard.suggest import did_you_mean

Scheme = Literal["kfold", "forward"]
Leniency = Literal["fail", "warn"]
RareClass = Literal["fail", "warn", "merge", "pin_to_train"]
_N_BINS = 10
OTHERS = "*"
"""In a mapping of classes to policies: every class that is not named."""


@dataclass(frozen=True, slots=True)
class FoldPlan:
    """A strategy and its settings; one that would have no effect is refused.

    Attributes
    ----------
    strategy : str
        ``kfold``: rows, equal sizes. ``stratified``: rows, classes balanced. ``group``: units
        never split, equal sizes. ``stratified_group``: both. ``multilabel``,
        ``multilabel_group``: several labels a row. ``continuous``, ``continuous_group``: bins of
        a continuous label. ``leave_one_out``, ``leave_one_group_out``, ``leave_p_groups_out``:
        every row or unit is a fold. ``shuffle_split`` and its stratified and group forms: a test
        set drawn anew for each repeat. ``forward``: contiguous blocks of time; round j trains on
        the blocks before block j. ``purged``, ``combinatorial_purged``: blocks of time, rows
        that share time with the test rows purged. ``predefined``: a column of the table.
    n_splits : int
        Folds, or blocks of time; at least 2.
    seed : int
        0 <= seed < 2**64; decides among equal candidates, and where the search begins.
    n_repeats : int
        How often the rows are dealt, each time under a seed of its own.
    inner_splits : int
        Nested folds: as many inner folds within the train side of every round; 0 for none.
    test_size, train_size : float
        Shuffle splits: shares of the rows, or of the groups; a ``train_size`` of 0 is the rest.
    n_test_folds : int
        ``combinatorial_purged``, ``leave_p_groups_out``: folds that a round tests together.
    window : int
        ``forward``: how many blocks a round trains on; 0 for all that came before.
    embargo : float
        ``forward``: rows within this many steps (days, for dates) before the test block are
        purged from the train side. Purged strategies: rows that start within as many steps after
        a test row has ended.
    embargo_rows : int
        Purged strategies: the embargo in rows.
    embargo_fraction : float
        Purged strategies: the embargo as a share of all rows.
    purge_groups : bool
        ``forward``: rows of units that have rows in the test block are purged.
    n_bins : int
        Continuous label: bins of about equally many rows.
    bin_edges : tuple of float
        Continuous label: given edges instead, ascending.
    rare_class : str, or mapping of class to str
        What a class with fewer units than folds does: ``fail``, ``warn``, ``merge`` (such classes
        are balanced as one) or ``pin_to_train`` (their units are in no test set). In a mapping
        ``"*"`` stands for every class that is not named; without it they ``fail``.
    oversized_group : {"fail", "warn"}
        What a unit larger than n/k rows does.
    quality : {"standard", "high"}
        How long the search for balanced folds goes on.
    column : str
        ``predefined``: the column that holds the folds.
    leave_out : mapping of column to value or values, optional
        Strategies that deal to k folds: every unit that holds a row of this subgroup (one of the
        values in each of the columns) is a fold of its own, numbered after the k; the other units
        are dealt among themselves. Kept as text, in ascending order.

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
    n_repeats: int = 1
    inner_splits: int = 0
    test_size: float = 0.2
    train_size: float = 0
    n_test_folds: int = 2
    window: int = 0
    embargo: float = 0
    embargo_rows: int = 0
    embargo_fraction: float = 0
    purge_groups: bool = True
    n_bins: int = _N_BINS
    bin_edges: tuple[float, ...] = ()
    rare_class: RareClass | Mapping[str, RareClass] = "fail"
    oversized_group: Leniency = "fail"
    quality: Quality = "standard"
    column: str = ""
    leave_out: Mapping[str, Scalar | tuple[Scalar, ...]] | None = None

    def __post_init__(self) -> None:
        """Refuse settings that mean nothing, all at once."""
        for each in fields(self):
            # Whole numbers of numpy are whole numbers; JSON knows none of them.
            if isinstance(value := getattr(self, each.name), np.integer):
                object.__setattr__(self, each.name, int(value))
        problems = [(name, message) for name, message in self._problems() if message]
        if problems:
            raise ConfigError(problems, source="fold plan")
        if self.leave_out is not None:
            object.__setattr__(self, "leave_out", as_texts(self.leave_out))

    def _problems(self) -> list[tuple[str, str]]:
        found = [
            ("strategy", _not_in(self.strategy, get_args(Strategy))),
            ("n_splits", _not_whole(self.n_splits, 2, 2**31 - 1)),
            ("seed", _not_whole(self.seed, 0, 2**64 - 1)),
            ("n_repeats", _not_whole(self.n_repeats, 1, 1000)),
            ("inner_splits", _not_whole(self.inner_splits, 0, 2**31 - 1)),
            ("test_size", _not_a_share(self.test_size)),
            ("train_size", _not_a_share(self.train_size) if self.train_size else ""),
            ("n_test_folds", _not_whole(self.n_test_folds, 1, 2**31 - 1)),
            ("window", _not_whole(self.window, 0, 2**31 - 1)),
            ("embargo", _not_a_span(self.embargo)),
            ("embargo_rows", _not_whole(self.embargo_rows, 0, 2**62)),
            (
                "embargo_fraction",
                _not_a_share(self.embargo_fraction) if self.embargo_fraction else "",
            ),
            ("n_bins", _not_whole(self.n_bins, 2, 2**31 - 1)),
            ("bin_edges", _not_ascending(self.bin_edges)),
            ("rare_class", self._unknown_policy()),
            ("oversized_group", _not_in(self.oversized_group, get_args(Leniency))),
            ("quality", _not_in(self.quality, get_args(Quality))),
            ("leave_out", "" if self.leave_out is None else misnamed(self.leave_out)),
        ]
        if any(message for _, message in found):
            return found
        return [*self._unused(), *self._contradictions()]

    def _unused(self) -> list[tuple[str, str]]:
        # A seed, and how lenient a plan is, do no harm where nothing asks for them.
        harmless = {"seed", "oversized_group"}
        if self.rare_class in ("fail", "warn"):
            harmless.add("rare_class")
        used = self.traits.settings | harmless
        return [
            (each.name, f"strategy {self.strategy!r} has no {each.name}")
            for each in fields(self)
            if each.name not in used and getattr(self, each.name) != each.default
        ]

    def _contradictions(self) -> list[tuple[str, str]]:
        spans = (self.embargo, self.embargo_rows, self.embargo_fraction)
        choices = self.traits.chosen and self.traits.layout == "blocks"
        return [
            (
                "embargo",
                "is counted in time, rows or a share: name one" * (sum(map(bool, spans)) > 1),
            ),
            (
                "n_test_folds",
                f"must be below n_splits {self.n_splits}"
                * (choices and self.n_test_folds >= self.n_splits),
            ),
            (
                "n_bins",
                "has no effect beside bin_edges: name one of the two"
                * (bool(self.bin_edges) and self.n_bins != _N_BINS),
            ),
            ("inner_splits", "must be 0 (none) or at least 2" * (self.inner_splits == 1)),
            (
                "inner_splits",
                "nested folds of a repeated plan are not supported; set n_repeats: 1"
                * (self.inner_splits > 0 and self.n_repeats > 1),
            ),
            (
                "train_size",
                "and test_size exceed 1 together" * (self.test_size + self.train_size > 1),
            ),
            (
                "leave_out",
                "tests a unit by the same round in every repeat; set n_repeats: 1"
                * (self.leave_out is not None and self.n_repeats > 1),
            ),
            ("column", "is missing" * ("column" in self.traits.settings and not self.column)),
        ]

    def _unknown_policy(self) -> str:
        if isinstance(self.rare_class, Mapping):
            for name in self.rare_class:
                if not isinstance(name, str):
                    return f"names classes as text: {str(name)!r} in place of {name!r}"
            wrong = (_not_in(each, get_args(RareClass)) for each in self.rare_class.values())
            return next((message for message in wrong if message), "")
        return _not_in(self.rare_class, get_args(RareClass))

    def identity(self) -> dict[str, object]:
        """Return what the folds and rounds follow from: the settings that this strategy uses.

        It goes under the digest of a fold map. How lenient the plan is does not: it decides
        whether there is a map, not which. Settings that came later than the first format are
        left out where they change nothing.

        >>> FoldPlan("forward", n_splits=6, embargo=2).identity()
        {'strategy': 'forward', 'n_splits': 6, 'embargo': 2.0, 'purge_groups': True}
        """
        used = self.traits.settings - {"oversized_group", "rare_class"}
        stated: dict[str, object] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name in used and (each.name in _ALWAYS or value != each.default):
                stated[each.name] = float(value) if each.name in _FLOATS else value
        treated = {
            name: policy
            for name, policy in sorted(self.rare_classes.items())
            if policy in ("merge", "pin_to_train")
        }
        if "rare_class" in self.traits.settings and treated:
            stated["rare_class"] = treated
        return stated

    def differences(self, other: FoldPlan) -> dict[str, str]:
        """Say of each setting that folds or rounds follow from, and that is another there, how.

        >>> FoldPlan("kfold").differences(FoldPlan("kfold", n_splits=3))
        {'n_splits': 'n_splits 5 -> 3'}
        """
        then, now = self.identity(), other.identity()
        return {
            name: f"{name} {then.get(name)!r} -> {now.get(name)!r}"
            for name in {**then, **now}
            if then.get(name) != now.get(name)
        }

    @property
    def traits(self) -> Traits:
        """What makes up the strategy."""
        return TRAITS[self.strategy]

    @property
    def rare_classes(self) -> Mapping[str, RareClass]:
        """The policy of each class, `OTHERS` for those that are not named."""
        if isinstance(self.rare_class, Mapping):
            return {OTHERS: "fail", **self.rare_class}
        return {OTHERS: self.rare_class}

    def rare_policy(self, name: str) -> RareClass:
        """Return what a class does that has fewer units than there are folds."""
        return self.rare_classes.get(name, self.rare_classes[OTHERS])

    @property
    def subgroup(self) -> Mapping[str, tuple[str, ...]]:
        """The subgroup whose units are left out one by one; empty without one."""
        return {} if self.leave_out is None else as_texts(self.leave_out)

    @property
    def counts_folds(self) -> bool:
        """Whether the number of folds follows from the table, beyond what the plan says."""
        return self.traits.layout == "each" or self.leave_out is not None

    @property
    def scheme(self) -> Scheme:
        """How rounds follow from folds."""
        return "forward" if self.strategy == "forward" else "kfold"

    @property
    def keeps_groups(self) -> bool:
        """Whether units are whole groups rather than rows."""
        return self.traits.groups

    @property
    def balances_classes(self) -> bool:
        """Whether the strata are the classes of the label."""
        return self.traits.strata == "classes"

    @property
    def needs_time(self) -> bool:
        """Whether rows are ordered by time."""
        return self.traits.layout == "blocks"


# Under the digest whatever their value is.
_ALWAYS = {
    "strategy",
    "n_splits",
    "seed",
    "embargo",
    "purge_groups",
    "n_bins",
    "test_size",
    "n_test_folds",
    "column",
}
_FLOATS = {"embargo", "embargo_fraction", "test_size", "train_size"}


def _not_in(value: object, known: tuple[str, ...]) -> str:
    if value in known:
        return ""
    return f"must be one of {', '.join(known)}, got {value!r}. {did_you_mean(str(value), known)}"


def _not_whole(value: object, least: int, most: int) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return ""
    return f"must be a whole number from {least} to {most}, got {value!r}"


_FURTHEST = 1e300


def _not_a_span(value: Any) -> str:
    # NaN compares false with everything: as an embargo it would purge nothing and say nothing.
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and 0 <= value <= _FURTHEST:
        return ""
    return f"must be a number of at least 0, got {value!r}"


def _not_a_share(value: Any) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and 0 < value < 1:
        return ""
    return f"must be a share between 0 and 1, got {value!r}"


def _not_ascending(edges: tuple[float, ...]) -> str:
    finite = all(isinstance(e, int | float) and math.isfinite(e) for e in edges)
    if finite and all(a < b for a, b in pairwise(edges)):
        return ""
    return f"must be finite numbers in ascending order, got {list(edges)!r}"
