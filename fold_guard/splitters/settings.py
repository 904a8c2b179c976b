"""What a splitter's settings may be, and the seed that ``random_state`` stands for."""

from __future__ import annotations

import sys
import warnings
from numbers import Integral
from typing import TypeAlias

import numpy as np

from fold_guard.errors import UsageError

RandomState: TypeAlias = int | np.random.RandomState | np.random.Generator | None


class WrongType(UsageError, TypeError):
    """A setting of another type; scikit-learn raises TypeError for it."""


def require_whole(value: object, name: str, least: int, reason: str = "") -> None:
    """Refuse what is no whole number of at least ``least``.

    >>> require_whole(1.5, "n_splits", 2)
    Traceback (most recent call last):
    fold_guard.errors.UsageError: n_splits must be a whole number of at least 2, got 1.5
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < least:
        raise UsageError(
            f"{name} must be a whole number of at least {least}, got {value!r}{reason}"
        )


def require_splits(n_splits: object) -> None:
    """Refuse a k below 2."""
    reason = ": k-fold cross-validation requires at least one train/test split"
    require_whole(n_splits, "n_splits", 2, reason)


def require_shuffle(shuffle: object, random_state: object) -> None:
    """Refuse a seed that nothing would use."""
    if not isinstance(shuffle, bool):
        raise WrongType(f"shuffle must be True or False, got {shuffle!r}")
    require_random_state(random_state)
    if random_state is not None and not shuffle:
        raise UsageError(
            "random_state has no effect since shuffle is False",
            remedy="Set shuffle=True, or leave random_state out.",
        )


def require_random_state(random_state: object) -> None:
    """Refuse what is neither a seed nor a source of seeds."""
    if random_state is None or isinstance(
        random_state, np.random.RandomState | np.random.Generator
    ):
        return
    whole = isinstance(random_state, Integral) and not isinstance(random_state, bool)
    if not whole or not 0 <= int(random_state) < 2**64:  # type: ignore[call-overload]
        raise UsageError(
            f"random_state must be a whole number in 0..2**64-1 or None, got {random_state!r}",
            remedy="A numpy generator is taken, too; it gives other folds at each split().",
        )


def seed_of(random_state: RandomState) -> int:
    """Return a seed; a generator is asked for a new one each time.

    >>> seed_of(None), seed_of(7)
    (0, 7)
    """
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**63 - 1, dtype=np.int64))
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**63 - 1))
    return int(random_state or 0)


def warn_caller(message: str) -> None:
    """Warn in the name of the line that called the package, however deep the splitter is in it."""
    level = 1
    while sys._getframe(level).f_globals.get("__name__", "").startswith("fold_guard."):
        level += 1
    warnings.warn(message, stacklevel=level + 1)
