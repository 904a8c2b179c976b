"""Links between units that old folds keep apart, and the fewest rows whose leaving undoes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

# The fold of a row that no old map holds.
FREE = -3


@dataclass(frozen=True, slots=True)
class Link:
    """A row that would join several folds.

    Attributes
    ----------
    row : int
        Its position.
    ends : tuple of (int, int)
        Which of its keys leads to which fold; -1 in place of a key is the row's own fold.
    """

    row: int
    ends: tuple[tuple[int, int], ...]


def torn_units(units: IntArray, held: IntArray) -> IntArray:
    """Return the units whose rows several folds hold, ascending.

    Parameters
    ----------
    units : ndarray of int64, shape (n_rows,)
    held : ndarray of int64, shape (n_rows,)
        The fold of each row; `FREE` or an excluded row (any fold below -1) holds nothing.

    Examples
    --------
    >>> torn_units(np.array([0, 0, 1, 1]), np.array([2, FREE, 0, 1])).tolist()
    [1]
    """
    holds = held >= -1
    pairs = np.unique(np.stack([units[holds], held[holds]]), axis=1)
    counts = np.bincount(pairs[0], minlength=int(units.max(initial=-1)) + 1)
    return np.flatnonzero(counts > 1)


def fewest_links(
    keys: Sequence[IntArray], units: IntArray, held: IntArray, fixed: BoolArray, rank: IntArray
) -> tuple[Link, ...]:
    """Return rows without which no two folds are linked, few of them.

    The rows that may stay are let in one by one, those nearest to the old rows first, and each
    that would join two folds stays out; so every row that is left out links two folds on its own
    if it is put back. For each torn unit this is done once a fold, with the rows beside that fold
    first, and the shortest list wins. The least list of all would be a minimum multiway cut, which
    nobody can find fast.

    Parameters
    ----------
    keys : sequence of ndarray of int64, shape (n_rows,)
        Codes; a negative code links nothing.
    units : ndarray of int64, shape (n_rows,)
        The connected components over ``keys``.
    held : ndarray of int64, shape (n_rows,)
        As in `torn_units`.
    fixed : ndarray of bool, shape (n_rows,)
        Rows that stay; they hold a fold, and link no two folds among themselves.
    rank : ndarray of int64, shape (n_rows,)
        A permutation; decides among rows that are equally near.

    Returns
    -------
    tuple of Link
        In the order of ``rank``.

    Examples
    --------
    >>> patient, house = np.array([0, 1, 0]), np.array([-1, 0, 0])
    >>> [link] = fewest_links([patient, house], np.zeros(3, int), np.array([0, 1, FREE]),
    ...                       np.array([True, True, False]), np.arange(3))
    >>> link
    Link(row=2, ends=((0, 0), (1, 1)))
    """
    nodes, n_nodes = _nodes(keys)
    label = np.full(n_nodes, FREE, dtype=np.int64)
    for node in nodes:
        here = fixed & (node >= 0)
        label[node[here]] = held[here]
    torn = torn_units(units, held)
    candidates = np.flatnonzero(~fixed & np.isin(units, torn) & (held != -2))
    candidates = candidates[np.lexsort((rank[candidates], units[candidates]))]
    ends = np.searchsorted(units[candidates], torn, side="right")
    starts = np.searchsorted(units[candidates], torn, side="left")
    links: list[Link] = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        links += _of_unit(candidates[start:end], nodes, label, held)
    return tuple(sorted(links, key=lambda each: int(rank[each.row])))


def _nodes(keys: Sequence[IntArray]) -> tuple[list[IntArray], int]:
    """Give the values of all keys numbers of their own; negative where a row has none."""
    nodes, offset = [], 0
    for key in keys:
        nodes.append(np.where(key >= 0, key + offset, -1))
        offset += int(key.max(initial=-1)) + 1
    return nodes, offset


def _of_unit(
    rows: IntArray, nodes: Sequence[IntArray], label: IntArray, held: IntArray
) -> list[Link]:
    of_row = np.stack([node[rows] for node in nodes], axis=1)
    beside = np.where(of_row >= 0, label[of_row], FREE)
    beside = np.column_stack([beside, held[rows]])
    near = _distance(of_row, beside)
    own = held[rows].tolist()
    within = of_row.tolist()
    best: list[Link] | None = None
    for fold in np.unique(beside[beside > FREE]).tolist():
        order = np.lexsort((np.arange(len(rows)), ~(beside == fold).any(axis=1), near))
        found = _let_in(order.tolist(), rows, within, own, label)
        if best is None or len(found) < len(best):
            best = found
    return best or []


def _distance(of_row: IntArray, beside: IntArray) -> IntArray:
    """Return over how many other rows the nearest fold is reached."""
    local, positions = np.unique(of_row, return_inverse=True)
    positions = positions.reshape(of_row.shape)
    present = of_row >= 0
    near = np.where((beside > FREE).any(axis=1), 0, -1)
    reached = np.zeros(len(local), dtype=np.bool_)
    step = 0
    while (near == step).any():
        now = near == step
        reached[positions[now][present[now]]] = True
        step += 1
        near[(near < 0) & (reached[positions] & present).any(axis=1)] = step
    return np.where(near < 0, step, near)


def _let_in(
    order: Iterable[int],
    rows: IntArray,
    of_row: list[list[int]],
    own: list[int],
    label: IntArray,
) -> list[Link]:
    above: dict[int, int] = {}
    named: dict[int, int] = {}

    def root(node: int) -> int:
        path = []
        while (up := above.get(node, node)) != node:
            path.append(node)
            node = up
        for each in path:
            above[each] = node
        return node

    def fold_at(node: int) -> int:
        top = root(node)
        return named.get(top, int(label[top]))

    out: list[int] = []
    for at in order:
        mine = [node for node in of_row[at] if node >= 0]
        folds = {fold_at(node) for node in mine} | {own[at]}
        folds.discard(FREE)
        if len(folds) > 1:
            out.append(at)
            continue
        tops = {root(node) for node in mine}
        if not tops:
            continue
        first, *others = sorted(tops)
        for top in others:
            above[top] = first
        if folds:
            named[first] = folds.pop()
    return [
        Link(
            int(rows[at]),
            tuple(
                (key, fold)
                for key, fold in (
                    *((k, fold_at(node)) for k, node in enumerate(of_row[at]) if node >= 0),
                    (-1, own[at]),
                )
                if fold > FREE
            ),
        )
        for at in out
    ]
