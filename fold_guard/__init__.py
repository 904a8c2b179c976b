"""Can this cross-validation score be trusted? Folds made, proved and gated.

The names below are loaded when they are first used, so that ``import fold_guard`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fold_guard import splitters
    from fold_guard.crossval.guard import cross_validate
    from fold_guard.crossval.result import Result
    from fold_guard.crossval.routes import Running
    from fold_guard.crossval.runs.budget import Budget
    from fold_guard.engines.local import LocalEngine
    from fold_guard.errors import FoldGuardError, InfeasibleError, Refused
    from fold_guard.evidence.audit import audit
    from fold_guard.evidence.judge import judge
    from fold_guard.evidence.repair import repair
    from fold_guard.evidence.report import Report
    from fold_guard.folds.diff import FoldMapDiff
    from fold_guard.folds.fold_map import FoldMap
    from fold_guard.folds.make import make_folds
    from fold_guard.folds.near_duplicates import near_duplicates
    from fold_guard.folds.plan import FoldPlan
    from fold_guard.gate.verdict import Verdict

__all__ = [
    "Budget",
    "FoldGuardError",
    "FoldMap",
    "FoldMapDiff",
    "FoldPlan",
    "InfeasibleError",
    "LocalEngine",
    "Refused",
    "Report",
    "Result",
    "Running",
    "Verdict",
    "audit",
    "cross_validate",
    "judge",
    "make_folds",
    "near_duplicates",
    "repair",
    "splitters",
]

_HOMES = {
    "Budget": "fold_guard.crossval.runs.budget",
    "FoldGuardError": "fold_guard.errors",
    "FoldMap": "fold_guard.folds.fold_map",
    "FoldMapDiff": "fold_guard.folds.diff",
    "FoldPlan": "fold_guard.folds.plan",
    "InfeasibleError": "fold_guard.errors",
    "LocalEngine": "fold_guard.engines.local",
    "Refused": "fold_guard.errors",
    "Report": "fold_guard.evidence.report",
    "Result": "fold_guard.crossval.result",
    "Running": "fold_guard.crossval.routes",
    "Verdict": "fold_guard.gate.verdict",
    "audit": "fold_guard.evidence.audit",
    "cross_validate": "fold_guard.crossval.guard",
    "judge": "fold_guard.evidence.judge",
    "make_folds": "fold_guard.folds.make",
    "near_duplicates": "fold_guard.folds.near_duplicates",
    "repair": "fold_guard.evidence.repair",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    if name == "splitters":
        return importlib.import_module("fold_guard.splitters")
    raise AttributeError(f"module 'fold_guard' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
