"""Replay a fold map behind the gate: fit, score, interval, requirement."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fold_guard.crossval.exact.leave_one_out import (
        LeaveOneOut,
        leave_one_out,
        leave_one_out_predict,
    )

__all__ = ["LeaveOneOut", "leave_one_out", "leave_one_out_predict"]


def __getattr__(name: str) -> Any:
    # Loaded when first used: the command line imports this folder, too.
    if name in __all__:
        return getattr(importlib.import_module("fold_guard.crossval.exact.leave_one_out"), name)
    raise AttributeError(f"module 'fold_guard.crossval' has no attribute {name!r}")
