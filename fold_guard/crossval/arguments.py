"""What callers may ask of a cross-validation, looked at before anything else is."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import get_args

from fold_guard.crossval.result import Task
from fold_guard.errors import UsageError

_SEED_BITS = 63
_INTERVALS = ("corrected", "nested")


def require_arguments(
    *,
    seed: int,
    confidence: float,
    interval: str,
    max_failure_rate: float,
    task: str | None = None,
) -> None:
    """Refuse arguments of `score_rounds` and `cross_validate` that mean nothing.

    Parameters
    ----------
    seed : int
        From 0 to 2**63 - 1.
    confidence : float
        Above 0, below 1.
    interval : {"corrected", "nested"}
    max_failure_rate : float
        From 0 to 1.
    task : {"classification", "regression"}, optional

    Raises
    ------
    UsageError
        With the name of the argument.

    Examples
    --------
    >>> require_arguments(seed=-1, confidence=0.95, interval="nested", max_failure_rate=0.0)
    Traceback (most recent call last):
    fold_guard.errors.UsageError: seed: must be a whole number from 0 to 2**63 - 1, got -1
    """
    if not _whole(seed) or not 0 <= seed < 2**_SEED_BITS:
        raise UsageError(
            f"must be a whole number from 0 to 2**{_SEED_BITS} - 1, got {seed!r}", where="seed"
        )
    if not _finite(confidence) or not 0 < confidence < 1:
        raise UsageError(f"must lie between 0 and 1, got {confidence!r}", where="confidence")
    if not _finite(max_failure_rate) or not 0 <= max_failure_rate <= 1:
        raise UsageError(
            f"must be a share of the rounds, from 0 to 1, got {max_failure_rate!r}",
            where="max_failure_rate",
        )
    for name, value, known in (
        ("interval", interval, _INTERVALS),
        ("task", task, (None, *get_args(Task))),
    ):
        if value not in known:
            words = " or ".join(repr(each) for each in known if each is not None)
            raise UsageError(f"must be {words}, got {value!r}", where=name)


def require_recheck(rounds: int) -> None:
    """Refuse a number of rounds to play twice that is none.

    Raises
    ------
    UsageError
    """
    if not _whole(rounds) or rounds < 0:
        raise UsageError(
            f"must be a whole number of rounds, 0 or more, got {rounds!r}", where="recheck"
        )


def _whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _finite(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
