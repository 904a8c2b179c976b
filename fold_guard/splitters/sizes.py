"""How many rows or groups ``test_size`` and ``train_size`` stand for: scikit-learn's rules."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor
from numbers import Integral, Real

import numpy as np

from fold_guard.errors import InfeasibleError, UsageError

Size = float | int | None


def sample_sizes(
    n: int, test_size: Size, train_size: Size, default: float, noun: str = "samples"
) -> tuple[int, int]:
    """Return how many train, and how many test.

    Parameters
    ----------
    n : int
        Rows or groups.
    test_size, train_size : float, int or None
        A share in (0, 1), rounded up for test and down for train, or a number. One that is None is
        what the other leaves.
    default : float
        The test share when both are None.
    noun : str
        What is counted.

    Raises
    ------
    UsageError
        Neither a share nor a number, or more than there is.
    InfeasibleError
        Nothing would be left to train on.

    Examples
    --------
    >>> sample_sizes(10, None, None, 0.25)
    (7, 3)
    >>> sample_sizes(10, 2, 0.5, 0.25)
    (5, 2)
    """
    share = default if test_size is None and train_size is None else test_size
    n_test = _number(share, "test_size", n, noun, ceil)
    n_train = _number(train_size, "train_size", n, noun, floor)
    n_test = n - n_train if n_test is None and n_train is not None else n_test or 0
    n_train = n - n_test if n_train is None else n_train
    shares = isinstance(share, float | np.floating) and isinstance(train_size, float | np.floating)
    # Rounding may hide that two shares are more than the whole.
    if n_train + n_test > n or (shares and share + train_size > 1):  # type: ignore[operator]
        raise UsageError(
            f"train_size={train_size} and test_size={share} ask for more than the {n} {noun}",
            remedy="Reduce one of them.",
        )
    if n_train == 0:
        raise InfeasibleError(
            f"With n_samples={n}, test_size={share} and train_size={train_size}, the resulting "
            f"train set will be empty (n_samples counts {noun})",
            remedy="Add data, or ask for a smaller test_size.",
        )
    return n_train, n_test


def _number(
    size: object, name: str, n: int, noun: str, rounded: Callable[[float], int]
) -> int | None:
    if size is None:
        return None
    if isinstance(size, Integral) and not isinstance(size, bool) and 0 < int(size) < n:
        return int(size)
    if isinstance(size, Real) and not isinstance(size, Integral) and 0 < float(size) < 1:
        return rounded(float(size) * n)
    raise UsageError(
        f"{name}={size!r} should be either positive and smaller than the number of {noun} {n} or "
        "a float in the (0, 1) range"
    )
