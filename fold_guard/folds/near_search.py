"""The search for near duplicates in a table: which pairs are near, and how they were found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.dataset.comparable import Comparable, Text, comparable
from fold_guard.errors import DataError, UsageError
from fold_guard.partition.near.groups import Groups, mixed, pairs_kept
from fold_guard.partition.near.minhash import PERMUTATIONS, SEED, Bands, banded, signatures
from fold_guard.partition.near.numbers import parted, reach_of, within_reach
from fold_guard.partition.near.texts import SHINGLE, ShingleSets

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
# Pairs of texts that are rather all compared than searched by MinHash.
_ALL_TEXTS = 2**20
# More than so many pairs to compare (the second, where texts are compared), or near, take minutes
# or gigabytes.
_MOST_COMPARED = 300_000_000
_MOST_TEXTS_COMPARED = 20_000_000
_MOST_NEAR = 20_000_000


@dataclass(frozen=True, slots=True)
class Likeness:
    """What makes two rows near duplicates; `near_duplicates` explains each.

    Attributes
    ----------
    tolerance : float
    similarity : float
    recall : float
    text_length : float
    """

    tolerance: float = 0.01
    similarity: float = 0.8
    recall: float = 0.99
    text_length: float = 20

    def __post_init__(self) -> None:
        for name, low, high in (
            ("tolerance", 0, 1),
            ("similarity", 0, 1),
            ("recall", 0, 1),
            ("text_length", 0, float("inf")),
        ):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise UsageError(f"{name} is a number, got {value!r}")
            if not low < value <= high:
                bound = f" and at most {high}" if high < float("inf") else ""
                raise UsageError(f"{name} is above {low}{bound}, got {value!r}")


@dataclass(frozen=True, slots=True, eq=False)
class NearDuplicates:
    """Which rows are near duplicates of one another.

    Attributes
    ----------
    nodes : ndarray of int64, shape (n_rows,)
        Rows at distance 0 share a node; nodes are numbered by content, so that the order of rows
        plays no part.
    left, right : ndarray of int64, shape (n_pairs,)
        The pairs of nodes that are near.
    columns : int
        How many were compared.
    method : str
        What was compared how, in words.
    threshold : dict of str to float
        ``tolerance`` and ``similarity``, those of the two that were applied.
    expected_recall : float
        The probability with which a pair at the threshold is found, at least.
    left_out : tuple of str
        Columns that cannot be compared.
    values : ndarray of float64, shape (n_nodes, n_numbers)
        The numbers of the nodes, in the columns where they vary.
    reach : ndarray of float64, shape (n_numbers,)
        How far near values may be apart: ``tolerance`` times the scale of the column.
    tolerance : float
    """

    nodes: IntArray
    left: IntArray
    right: IntArray
    columns: int
    method: str
    threshold: dict[str, float]
    expected_recall: float
    left_out: tuple[str, ...]
    values: FloatArray
    reach: FloatArray
    tolerance: float

    def clusters(self, among: BoolArray | None = None) -> IntArray:
        """Return the cluster of each row: rows that chains of near pairs connect.

        Parameters
        ----------
        among : ndarray of bool, shape (n_rows,), optional
            Only these rows are in clusters, and only they link others.

        Returns
        -------
        ndarray of int64, shape (n_rows,)
            0..n_clusters-1; -1 for a row without near duplicate.
        """
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        taking = np.ones(len(self.nodes), dtype=np.bool_) if among is None else among
        n_nodes = len(self.values)
        here = np.zeros(n_nodes, dtype=np.bool_)
        here[self.nodes[taking]] = True
        linked = here[self.left] & here[self.right]
        ends = self.left[linked], self.right[linked]
        graph = coo_array((np.ones(len(ends[0]), dtype=np.int8), ends), shape=(n_nodes, n_nodes))
        # Components are numbered by their first node.
        of_node = connected_components(graph, directed=False)[1].astype(np.int64)
        of_row = np.where(taking, of_node[self.nodes], -1)
        several = np.bincount(of_row[taking], minlength=n_nodes) > 1
        number = np.cumsum(several) - 1
        return np.where(taking & several[of_row], number[of_row], -1)

    def diameters(self, clusters: IntArray) -> FloatArray:
        """Return how far the rows of each cluster are apart, in the column where it is most.

        In scales of that column; nothing about texts.
        """
        inside = clusters >= 0
        n_clusters = int(clusters.max(initial=-1)) + 1
        # Each node once: its rows are at distance 0.
        owner, node = np.unique(np.stack([clusters[inside], self.nodes[inside]]), axis=1)
        diameters = np.zeros(n_clusters)
        for column in range(self.values.shape[1]):
            at = self.values[node, column]
            low, high = np.full(n_clusters, np.inf), np.full(n_clusters, -np.inf)
            np.minimum.at(low, owner, at)
            np.maximum.at(high, owner, at)
            # Halved, because the distance of two huge numbers may be no number.
            apart = (high / 2 - low / 2) / self.reach[column] * (2 * self.tolerance)
            np.maximum(diameters, apart, out=diameters)
        return diameters


def search(frame: pl.DataFrame, likeness: Likeness) -> NearDuplicates:
    """Find the near duplicates of a table.

    Parameters
    ----------
    frame : polars.DataFrame
        The columns to compare; those that cannot be compared are left out, and named.
    likeness : Likeness

    Raises
    ------
    DataError
        No column that can be compared, or far too many near rows.
    """
    # By name, because nodes are numbered by the columns in turn.
    by_name = frame.select(frame[name] for name in sorted(frame.columns))
    table = comparable(by_name, likeness.text_length)
    width = len(table.equal) + len(table.numbers) + len(table.texts)
    if not width:
        raise DataError(
            "there is no column that can be compared",
            where=", ".join(table.left_out[:5]),
            remedy="Lists and structures cannot; take them apart into columns.",
        )
    reach = np.array(
        [
            reach_of(table.values[table.known[:, at], at], likeness.tolerance)
            for at in range(len(table.numbers))
        ]
    )
    rows, nodes = _collapsed(table)
    # A column that does not vary tells nothing apart; codes say where it is missing.
    varies = reach > 0
    values = _taken(table.values, rows, np.flatnonzero(varies))
    reach = reach[varies]
    codes = _taken(table.codes, rows, np.arange(table.codes.shape[1], dtype=np.int64))
    texts = [Text(each.name, each.codes[rows], each.distinct) for each in table.texts]
    left, right, bands = _near_pairs(codes, values, reach, texts, likeness)
    return NearDuplicates(
        nodes=nodes,
        left=left,
        right=right,
        columns=width,
        method=_method(table, bands),
        threshold=_threshold(table, likeness),
        expected_recall=1.0 if bands is None else bands.recall(likeness.similarity),
        left_out=table.left_out,
        values=values,
        reach=reach,
        tolerance=likeness.tolerance,
    )


def _collapsed(table: Comparable) -> tuple[IntArray, IntArray]:
    """Return one row of each node, and the node of each row; nodes are in the order of content."""
    columns = [*table.codes.T, *(each.codes for each in table.texts), *table.values.T]
    plain = pl.DataFrame({f"c{at}": column for at, column in enumerate(columns)})
    height = len(table.codes)
    if not columns:
        return np.zeros(min(height, 1), dtype=np.int64), np.zeros(height, dtype=np.int64)
    # Equal rows have equal hashes: those whose hash is unique need no exact comparison.
    suspect = plain.hash_rows().is_duplicated()
    first = np.arange(height, dtype=np.int64)
    at = pl.Series("position", first)
    sets = (
        plain.with_columns(at)
        .filter(suspect)
        .group_by(plain.columns)
        .agg("position", pl.col("position").min().alias("first"))
        .explode("position")
    )
    first[sets["position"].to_numpy()] = sets["first"].to_numpy()
    distinct = np.flatnonzero(first == np.arange(height))
    order = plain[distinct].with_row_index("at").sort(plain.columns)["at"].to_numpy()
    rows = distinct[order]
    number = np.empty(height, dtype=np.int64)
    number[rows] = np.arange(len(rows))
    return rows, number[first]


def _taken(table: npt.NDArray[Any], rows: IntArray, columns: IntArray) -> npt.NDArray[Any]:
    """Return some rows and columns, each column in one piece: they are read one by one."""
    taken: npt.NDArray[Any] = np.empty((len(rows), len(columns)), dtype=table.dtype, order="F")
    for at, column in enumerate(columns.tolist()):
        taken[:, at] = table[rows, column]
    return taken


def _near_pairs(
    codes: IntArray,
    values: FloatArray,
    reach: FloatArray,
    texts: Sequence[Text],
    likeness: Likeness,
) -> tuple[IntArray, IntArray, Bands | None]:
    """Return the pairs of nodes that are near, and the bands where texts were searched by them."""
    n_nodes = len(codes)
    keys = np.zeros(n_nodes, dtype=np.uint64)
    for code in codes.T:
        keys = mixed(keys, code)
    groups = parted(Groups.of(np.arange(n_nodes, dtype=np.int64), keys), values, reach)
    sets = [ShingleSets.of(each.distinct) for each in texts]
    bands, candidates = None, [groups]
    if texts and groups.n_pairs > _ALL_TEXTS:
        bands = Bands.reaching(likeness.similarity, likeness.recall)
        # The column that tells most rows apart; all of them have to agree in the end.
        most = max(range(len(texts)), key=lambda at: len(texts[at].distinct))
        signature = signatures(sets[most])
        candidates = list(banded(groups, signature, texts[most].codes, bands))
    to_compare = sum(each.n_pairs for each in candidates)
    if to_compare > (_MOST_TEXTS_COMPARED if texts else _MOST_COMPARED):
        raise _too_many(f"{to_compare:,} pairs of rows would have to be compared")
    same = np.zeros(codes.shape[1])

    def keep(left: IntArray, right: IntArray) -> BoolArray:
        near = within_reach(values, reach, left, right)
        # Codes are compared as well: two of them may have had one key.
        at = np.flatnonzero(near)
        near[at] = within_reach(codes, same, left[at], right[at])
        for text, each in zip(texts, sets, strict=True):
            at = np.flatnonzero(near)
            a, b = text.codes[left[at]], text.codes[right[at]]
            unlike = np.flatnonzero(a != b)
            alike = each.similar(a[unlike], b[unlike], likeness.similarity)
            near[at[unlike[~alike]]] = False
        return near

    pairs = pairs_kept(candidates, n_nodes, keep, _MOST_NEAR)
    if pairs is None:
        raise _too_many(f"more than {_MOST_NEAR:,} pairs of distinct rows are near")
    return *pairs, bands


def _too_many(what: str) -> DataError:
    return DataError(
        f"{what}: these columns hardly tell rows apart at this tolerance",
        remedy="Lower the tolerance, raise the similarity, or compare more columns.",
    )


def _threshold(table: Comparable, likeness: Likeness) -> dict[str, float]:
    applied = {"tolerance": table.numbers, "similarity": table.texts}
    return {name: float(getattr(likeness, name)) for name, used in applied.items() if used}


def _method(table: Comparable, bands: Bands | None) -> str:
    parts = []
    if table.numbers:
        parts.append("scaled distance in each numeric column")
    if table.texts:
        parts.append(f"Jaccard similarity of {SHINGLE}-character shingles in each text column")
    if table.equal:
        parts.append("equality in all others" if parts else "equality in each column")
    searched = "every pair within reach compared"
    if bands is not None:
        searched = (
            f"candidates by MinHash ({PERMUTATIONS} permutations, seed {SEED}, {bands.count} bands "
            f"of {bands.width}), each verified"
        )
    return f"{', '.join(parts)}; {searched}"
