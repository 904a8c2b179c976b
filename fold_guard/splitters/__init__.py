"""scikit-learn splitters over `fold_guard.partition`; each is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fold_guard.splitters.combinatorial_purged_kfold import CombinatorialPurgedKFold
    from fold_guard.splitters.continuous import (
        StratifiedGroupKFoldContinuous,
        StratifiedKFoldContinuous,
    )
    from fold_guard.splitters.fold_map_split import FoldMapSplit
    from fold_guard.splitters.group_kfold import GroupKFold
    from fold_guard.splitters.group_shuffle_split import (
        GroupShuffleSplit,
        StratifiedGroupShuffleSplit,
    )
    from fold_guard.splitters.group_time_series_split import GroupTimeSeriesSplit
    from fold_guard.splitters.kfold import KFold
    from fold_guard.splitters.leave_groups_out import LeaveOneGroupOut, LeavePGroupsOut
    from fold_guard.splitters.leave_one_out import LeaveOneOut
    from fold_guard.splitters.multilabel import (
        MultilabelStratifiedGroupKFold,
        MultilabelStratifiedKFold,
    )
    from fold_guard.splitters.nested import nested_splits
    from fold_guard.splitters.predefined_split import PredefinedSplit
    from fold_guard.splitters.purged_kfold import PurgedKFold
    from fold_guard.splitters.repeated import (
        RepeatedGroupKFold,
        RepeatedKFold,
        RepeatedStratifiedGroupKFold,
        RepeatedStratifiedKFold,
    )
    from fold_guard.splitters.repeated_continuous import (
        RepeatedStratifiedGroupKFoldContinuous,
        RepeatedStratifiedKFoldContinuous,
    )
    from fold_guard.splitters.repeated_multilabel import (
        RepeatedMultilabelStratifiedGroupKFold,
        RepeatedMultilabelStratifiedKFold,
    )
    from fold_guard.splitters.shuffle_split import ShuffleSplit, StratifiedShuffleSplit
    from fold_guard.splitters.stratified_group_kfold import StratifiedGroupKFold
    from fold_guard.splitters.stratified_kfold import StratifiedKFold
    from fold_guard.splitters.time_series_split import TimeSeriesSplit

__all__ = [
    "CombinatorialPurgedKFold",
    "FoldMapSplit",
    "GroupKFold",
    "GroupShuffleSplit",
    "GroupTimeSeriesSplit",
    "KFold",
    "LeaveOneGroupOut",
    "LeaveOneOut",
    "LeavePGroupsOut",
    "MultilabelStratifiedGroupKFold",
    "MultilabelStratifiedKFold",
    "PredefinedSplit",
    "PurgedKFold",
    "RepeatedGroupKFold",
    "RepeatedKFold",
    "RepeatedMultilabelStratifiedGroupKFold",
    "RepeatedMultilabelStratifiedKFold",
    "RepeatedStratifiedGroupKFold",
    "RepeatedStratifiedGroupKFoldContinuous",
    "RepeatedStratifiedKFold",
    "RepeatedStratifiedKFoldContinuous",
    "ShuffleSplit",
    "StratifiedGroupKFold",
    "StratifiedGroupKFoldContinuous",
    "StratifiedGroupShuffleSplit",
    "StratifiedKFold",
    "StratifiedKFoldContinuous",
    "StratifiedShuffleSplit",
    "TimeSeriesSplit",
    "nested_splits",
]

_MODULES = {
    "CombinatorialPurgedKFold": "combinatorial_purged_kfold",
    "FoldMapSplit": "fold_map_split",
    "GroupKFold": "group_kfold",
    "GroupShuffleSplit": "group_shuffle_split",
    "GroupTimeSeriesSplit": "group_time_series_split",
    "KFold": "kfold",
    "LeaveOneGroupOut": "leave_groups_out",
    "LeaveOneOut": "leave_one_out",
    "LeavePGroupsOut": "leave_groups_out",
    "MultilabelStratifiedGroupKFold": "multilabel",
    "MultilabelStratifiedKFold": "multilabel",
    "PredefinedSplit": "predefined_split",
    "PurgedKFold": "purged_kfold",
    "RepeatedGroupKFold": "repeated",
    "RepeatedKFold": "repeated",
    "RepeatedMultilabelStratifiedGroupKFold": "repeated_multilabel",
    "RepeatedMultilabelStratifiedKFold": "repeated_multilabel",
    "RepeatedStratifiedGroupKFold": "repeated",
    "RepeatedStratifiedGroupKFoldContinuous": "repeated_continuous",
    "RepeatedStratifiedKFold": "repeated",
    "RepeatedStratifiedKFoldContinuous": "repeated_continuous",
    "ShuffleSplit": "shuffle_split",
    "StratifiedGroupKFold": "stratified_group_kfold",
    "StratifiedGroupKFoldContinuous": "continuous",
    "StratifiedGroupShuffleSplit": "group_shuffle_split",
    "StratifiedKFold": "stratified_kfold",
    "StratifiedKFoldContinuous": "continuous",
    "StratifiedShuffleSplit": "shuffle_split",
    "TimeSeriesSplit": "time_series_split",
    "nested_splits": "nested",
}


def __getattr__(name: str) -> object:
    """Import a splitter, and scikit-learn with it, on first use (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
