"""Forward windows: which stretch of a time order trains, and which one tests, round after round."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fold_guard.errors import InfeasibleError
from fold_guard.partition.blocks import nearest_cuts

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open stretches of positions in time order.

    Attributes
    ----------
    train, test : range
        The train side ends before the test side begins.
    """

    train: range
    test: range


def forward_windows(
    n_rows: int,
    n_splits: int,
    *,
    test_size: int | None = None,
    gap: int = 0,
    max_train_size: int | None = None,
    upto: IntArray | None = None,
) -> list[Window]:
    """Return the windows of forward chaining; without ties those of scikit-learn's TimeSeriesSplit.

    Parameters
    ----------
    n_rows : int
    n_splits : int
        Rounds; the test windows are the last ``n_splits * test_size`` rows.
    test_size : int, optional
        Rows of a test window; default ``n_rows // (n_splits + 1)``.
    gap : int
        At least so many rows are left out between train and test.
    max_train_size : int, optional
        A sliding window of at most so many rows; None: the window expands.
    upto : ndarray of int64, shape (n_instants + 1,), optional
        Rows before each instant, and all rows: no instant is divided. Test windows begin at the
        nearest one; the train side gives up those that reach into the gap or beyond
        ``max_train_size``. Default: each row is an instant.

    Raises
    ------
    InfeasibleError
        Not enough rows or instants.

    Examples
    --------
    >>> [(w.train, w.test) for w in forward_windows(6, 2)]
    [(range(0, 2), range(2, 4)), (range(0, 4), range(4, 6))]
    >>> [(w.train, w.test) for w in forward_windows(6, 2, upto=np.array([0, 1, 3, 6]))]
    [(range(0, 1), range(1, 3)), (range(0, 3), range(3, 6))]
    """
    starts = _test_starts(n_rows, n_splits, test_size, gap)
    edges = np.arange(n_rows + 1) if upto is None else upto
    n_instants = len(edges) - 1
    if n_instants <= n_splits:
        raise InfeasibleError(
            f"{n_instants} distinct instants are too few for {n_splits} test windows and a train "
            "window before them",
            remedy=f"Use n_splits <= {n_instants - 1}." if n_instants > 2 else "Add data.",
        )
    cuts = edges[nearest_cuts(edges, starts)]
    windows: list[Window] = []
    for start, stop in zip(cuts, [*cuts[1:], edges[-1]], strict=True):
        end = edges[np.searchsorted(edges, max(start - gap, 0), side="right") - 1]
        begin = 0 if max_train_size is None else max(end - max_train_size, 0)
        begin = edges[np.searchsorted(edges, begin)]
        if begin >= end:
            raise InfeasibleError(
                f"round {len(windows)} has no train row: rows of one instant stay together",
                remedy="Use fewer splits, a smaller gap, or a larger max_train_size.",
            )
        windows.append(Window(range(int(begin), int(end)), range(int(start), int(stop))))
    return windows


def _test_starts(n_rows: int, n_splits: int, test_size: int | None, gap: int) -> list[int]:
    if n_splits + 1 > n_rows:
        raise InfeasibleError(
            f"Cannot have number of folds={n_splits + 1} greater than the number of "
            f"samples={n_rows}",
            remedy=f"Use n_splits <= {n_rows - 1}." if n_rows > 2 else "Add data.",
        )
    size = n_rows // (n_splits + 1) if test_size is None else test_size
    if n_rows - gap - size * n_splits <= 0:
        most = _most_splits(n_rows, test_size, gap)
        raise InfeasibleError(
            f"Too many splits={n_splits} for number of samples={n_rows} with test_size={size} "
            f"and gap={gap}",
            remedy=f"Use n_splits <= {most}." if most > 1 else "Use a smaller test_size or gap.",
        )
    return list(range(n_rows - n_splits * size, n_rows, size))


def _most_splits(n_rows: int, test_size: int | None, gap: int) -> int:
    """Return the largest number of rounds that these sizes allow."""
    if test_size is not None:
        return max((n_rows - gap - 1) // test_size, 0)
    fitting = (k for k in range(n_rows - 1, 0, -1) if n_rows - gap - n_rows // (k + 1) * k > 0)
    return next(fitting, 0)
