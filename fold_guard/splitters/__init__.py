"""scikit-learn splitters over `fold_guard.partition`; each is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fold_guard.splitters.fold_map_split import FoldMapSplit
    from fold_guard.splitters.group_kfold import GroupKFold
    from fold_guard.splitters.kfold import KFold
    from fold_guard.splitters.stratified_group_kfold import StratifiedGroupKFold
    from fold_guard.splitters.stratified_kfold import StratifiedKFold

__all__ = [
    "FoldMapSplit",
    "GroupKFold",
    "KFold",
    "StratifiedGroupKFold",
    "StratifiedKFold",
]

_MODULES = {
    "FoldMapSplit": "fold_map_split",
    "GroupKFold": "group_kfold",
    "KFold": "kfold",
    "StratifiedGroupKFold": "stratified_group_kfold",
    "StratifiedKFold": "stratified_kfold",
}


def __getattr__(name: str) -> object:
    """Import a splitter, and scikit-learn with it, on first use (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
