"""Can this cross-validation score be trusted? Folds made, proved and gated.

The names below are loaded when they are first used, so that ``import fold_guard`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fold_guard.crossval.guard import cross_validate
    from fold_guard.evidence.audit import audit
    from fold_guard.evidence.judge import judge
    from fold_guard.evidence.repair import repair
    from fold_guard.evidence.report import Report
    from fold_guard.folds.fold_map import FoldMap
    from fold_guard.folds.make import make_folds
    from fold_guard.folds.plan import FoldPlan

__all__ = [
    "FoldMap",
    "FoldPlan",
    "Report",
    "audit",
    "cross_validate",
    "judge",
    "make_folds",
    "repair",
]

_HOMES = {
    "FoldMap": "fold_guard.folds.fold_map",
    "FoldPlan": "fold_guard.folds.plan",
    "Report": "fold_guard.evidence.report",
    "audit": "fold_guard.evidence.audit",
    "cross_validate": "fold_guard.crossval.guard",
    "judge": "fold_guard.evidence.judge",
    "make_folds": "fold_guard.folds.make",
    "repair": "fold_guard.evidence.repair",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'fold_guard' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
