"""The strategies: what each deals, what it balances, and which rounds follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Strategy = Literal[
    "kfold",
    "stratified",
    "group",
    "stratified_group",
    "multilabel",
    "multilabel_group",
    "continuous",
    "continuous_group",
    "leave_one_out",
    "leave_one_group_out",
    "leave_p_groups_out",
    "shuffle_split",
    "stratified_shuffle_split",
    "group_shuffle_split",
    "stratified_group_shuffle_split",
    "forward",
    "purged",
    "combinatorial_purged",
    "predefined",
]
Strata = Literal["none", "classes", "labels", "bins"]
Layout = Literal["dealt", "each", "sampled", "blocks", "given"]


@dataclass(frozen=True, slots=True)
class Traits:
    """What makes up a strategy.

    Attributes
    ----------
    layout : str
        Where folds come from. ``dealt``: units are dealt to k folds. ``each``: every unit is a
        fold. ``sampled``: each repeat draws a test set. ``blocks``: contiguous blocks of time.
        ``given``: a column of the table.
    groups : bool
        Whether units are groups rather than rows.
    strata : str
        What is balanced: ``classes`` of one label, several ``labels`` a row, ``bins`` of a
        continuous one, or ``none``.
    chosen : bool
        Whether a round tests several folds together.
    purged : bool
        Whether rows that share time with the test rows leave the train side.
    """

    layout: Layout
    groups: bool = False
    strata: Strata = "none"
    chosen: bool = False
    purged: bool = False

    @property
    def settings(self) -> frozenset[str]:
        """The settings of a plan that mean something to this strategy."""
        used = {"strategy"}
        if self.layout in ("dealt", "blocks"):
            used |= {"n_splits"}
        if self.layout == "dealt":
            used |= {"seed", "n_repeats", "inner_splits", "leave_out"}
        if self.layout == "sampled":
            used |= {"seed", "n_repeats", "test_size", "train_size"}
        if self.layout == "blocks" and not self.purged:
            used |= {"window", "embargo", "purge_groups"}
        if self.purged:
            used |= {"embargo", "embargo_rows", "embargo_fraction"}
        if self.chosen:
            used |= {"n_test_folds"}
        if self.layout == "given":
            used |= {"column"}
        if self.layout == "dealt" and self.strata in ("classes", "labels"):
            used |= {"rare_class"}
        if self.strata == "bins":
            used |= {"n_bins", "bin_edges"}
        if self.groups and self.layout == "dealt":
            used |= {"oversized_group"}
        if self.layout == "dealt" and (self.groups or self.strata == "labels"):
            used |= {"quality"}
        return frozenset(used)


TRAITS: dict[Strategy, Traits] = {
    "kfold": Traits("dealt"),
    "stratified": Traits("dealt", strata="classes"),
    "group": Traits("dealt", groups=True),
    "stratified_group": Traits("dealt", groups=True, strata="classes"),
    "multilabel": Traits("dealt", strata="labels"),
    "multilabel_group": Traits("dealt", groups=True, strata="labels"),
    "continuous": Traits("dealt", strata="bins"),
    "continuous_group": Traits("dealt", groups=True, strata="bins"),
    "leave_one_out": Traits("each"),
    "leave_one_group_out": Traits("each", groups=True),
    "leave_p_groups_out": Traits("each", groups=True, chosen=True),
    "shuffle_split": Traits("sampled"),
    "stratified_shuffle_split": Traits("sampled", strata="classes"),
    "group_shuffle_split": Traits("sampled", groups=True),
    "stratified_group_shuffle_split": Traits("sampled", groups=True, strata="classes"),
    "forward": Traits("blocks"),
    "purged": Traits("blocks", purged=True),
    "combinatorial_purged": Traits("blocks", chosen=True, purged=True),
    "predefined": Traits("given"),
}
