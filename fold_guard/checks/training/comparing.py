"""Compare what two trainings left behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fold_guard.checks.training.artefacts import Leaf, Opaque


@dataclass(frozen=True, slots=True)
class Change:
    """A value that is another one.

    Attributes
    ----------
    leaf : Leaf
        As it was (or as it is, where it was not there).
    how : str
        ``in column 3 by 0.52``: to be read after "changed".
    values : int
        How many numbers differ.
    """

    leaf: Leaf
    how: str
    values: int = 1


def differences(
    before: Mapping[str, Leaf], after: Mapping[str, Leaf], tolerance: float
) -> dict[str, Change]:
    """Return what changed, by path.

    Parameters
    ----------
    before, after : mapping of path to Leaf
        From `fold_guard.checks.training.artefacts.artefacts_of`.
    tolerance : float
        Numbers are the same up to this times the largest of their array: memory is laid out
        otherwise from run to run, and sums are rounded otherwise with it.

    Examples
    --------
    >>> from fold_guard.checks.training.artefacts import artefacts_of
    >>> found = differences(artefacts_of({"m": 1.0}), artefacts_of({"m": 3.0}), 1e-6)
    >>> found["[m]"].how
    'by 2 (1 to 3)'
    """
    found = {}
    for path in sorted(before.keys() | after.keys()):
        if path not in after:
            found[path] = Change(before[path], "(it is gone)")
        elif path not in before:
            found[path] = Change(after[path], "(it is new)")
        else:
            change = _change(before[path], after[path], tolerance)
            if change is not None:
                found[path] = change
    return found


def _change(before: Leaf, after: Leaf, tolerance: float) -> Change | None:
    then, now = before.value, after.value
    if isinstance(then, Opaque) and isinstance(now, Opaque):
        return None
    numbers, others = _numbers(then), _numbers(now)
    if numbers is None or others is None:
        return _other(before, then, now)
    if numbers.shape != others.shape:
        shapes = f"in shape from {_shown(numbers.shape)} to {_shown(others.shape)}"
        return Change(before, shapes, max(numbers.size, others.size))
    same = (numbers == others) | ((numbers != numbers) & (others != others))
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.abs(others.astype(np.float64) - numbers.astype(np.float64))
    finite = np.isfinite(apart)
    scale = max(_largest(numbers), _largest(others))
    different = ~same & (~finite | (apart > tolerance * scale))
    if not different.any():
        return None
    count = int(np.count_nonzero(different))
    ranked = np.where(different, np.where(finite, apart, np.inf), -1.0)
    worst = np.unravel_index(int(ranked.argmax()), numbers.shape) if numbers.ndim else ()
    ends = f"{float(numbers[worst]):.6g} to {float(others[worst]):.6g}"
    what = f"by {apart[worst]:.3g} ({ends})"
    where = _place(tuple(map(int, worst)), before, numbers.shape)
    text = f"{where} {what}".strip()
    return Change(before, text if count == 1 else f"{text} and {count - 1:,} more", count)


def _other(before: Leaf, then: object, now: object) -> Change | None:
    if isinstance(then, np.ndarray) and isinstance(now, np.ndarray):
        if then.shape != now.shape:
            return Change(before, f"in shape from {_shown(then.shape)} to {_shown(now.shape)}")
        count = int(np.count_nonzero(~((then == now) | ((then != then) & (now != now)))))
        return Change(before, f"in {count:,} values", count) if count else None
    if type(then) is type(now) and then == now:
        return None
    return Change(before, f"from {_clipped(then)} to {_clipped(now)}")


def _numbers(value: object) -> npt.NDArray[np.generic] | None:
    """Return numbers as an array of any shape; None for what is no number."""
    if isinstance(value, bool | int | float):
        # Whole numbers beyond 64 bits make an array of objects.
        value = np.asarray(value)
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        return value
    return None


def _largest(numbers: npt.NDArray[np.generic]) -> float:
    sizes = np.abs(numbers.astype(np.float64))
    return float(sizes[np.isfinite(sizes)].max(initial=0.0))


def _place(at: tuple[int, ...], leaf: Leaf, shape: tuple[int, ...]) -> str:
    if not at:
        return ""
    known = leaf.columns
    width = known if isinstance(known, int) else len(known)
    if shape[-1] == width and len(at) <= 2:
        column = str(at[-1]) if isinstance(known, int) else known[at[-1]]
        return f"in column {column}"
    return f"at {list(at) if len(at) > 1 else at[0]}"


def _shown(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "one number"


def _clipped(value: object) -> str:
    text = f"{type(value).__name__}" if isinstance(value, Opaque | np.ndarray) else repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
