"""Near duplicates among the rows under check: clusters, leaking rows, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.checks.leaks import Leaks, rows_listed
from fold_guard.checks.outcome import Finding
from fold_guard.checks.sets.copies import content_key
from fold_guard.checks.sets.near_sides import NearSides, near_sides
from fold_guard.checks.sets.set_leaks import FOLDS_SHOWN
from fold_guard.checks.sets.spanning import Spanning, largest_sets, spanning_sets
from fold_guard.checks.subjects.places import folds_named
from fold_guard.checks.subjects.subject import Rows, Subject
from fold_guard.checks.wording import counted, listed, quoted
from fold_guard.dataset.labels import as_text
from fold_guard.folds.near_search import Likeness, NearDuplicates, search
from fold_guard.partition.rounds import EXCLUDED

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class NearLook:
    """The rows of a subject, and which of them are near duplicates.

    Attributes
    ----------
    rows : Rows
    features : tuple of str
        What was compared.
    labels : polars.Series of String, or None
        The one label of each row.
    found : NearDuplicates
    codes : ndarray of int64, shape (n_rows,)
        The cluster of each row; -1 for none.
    diameters : ndarray of float64, shape (n_clusters,)
    sides : NearSides
    first : ndarray of int64, shape (n_rows,)
        The position of the first round in which a row leaks; -1 for none.
    """

    rows: Rows
    features: tuple[str, ...]
    labels: pl.Series | None
    found: NearDuplicates
    codes: IntArray
    diameters: FloatArray
    sides: NearSides
    first: IntArray

    @classmethod
    def at(cls, subject: Subject, likeness: Likeness) -> NearLook:
        """Compare the features of all rows; the label is no part of it."""
        label = subject.roles.label
        rows = subject.rows((*subject.features, *([] if label is None else [label])))
        found = search(rows.frame.select(rows.frame[name] for name in subject.features), likeness)
        codes = found.clusters()
        sides = near_sides(found.nodes, found.left, found.right, rows.rounds)
        return cls(
            rows,
            subject.features,
            None if label is None else as_text(rows.frame[label]).alias("label"),
            found,
            codes,
            found.diameters(codes),
            sides,
            sides.first(len(codes)),
        )

    @property
    def sizes(self) -> IntArray:
        """Rows of each cluster."""
        return np.bincount(self.codes[self.codes >= 0]).astype(np.int64)

    @property
    def leaking(self) -> int:
        """Test rows that are near a train row, summed over the rounds."""
        return sum(self.sides.leaking)

    def of_equal_rows(self) -> int:
        """Count the clusters in which all rows are at distance 0."""
        inside, width = self.codes >= 0, max(len(self.codes), 1)
        pairs = np.unique(self.codes[inside] * width + self.found.nodes[inside])
        return int((np.bincount(pairs // width) == 1).sum())

    def spanning(self) -> Spanning:
        """Return how clusters lie over folds; a row in neither side of a round links no others."""
        judged = self.rows.folds != EXCLUDED
        parts = None
        if not judged.all():
            parts = np.stack([self.found.clusters(each) for each in judged])
        return spanning_sets(self.codes, self.rows.cells, parts=parts)

    def worst(self, shown: int) -> list[int]:
        """Return the largest clusters among those with a leaking row."""
        return largest_sets(self.codes, np.unique(self.codes[self.first >= 0]), shown=shown)

    def finding(self, code: int) -> Finding:
        """Describe a cluster in the first repeat in which it leaks."""
        text, where = self._said(code)
        key = content_key(self.rows.frame, self.features, where)
        return Finding(text, count=len(where), rows=self.rows.ids_at(where), key=key)

    def _said(self, code: int) -> tuple[str, IntArray]:
        rounds_a_repeat = len(self.rows.rounds) // len(self.rows.folds)
        member = self.codes == code
        repeat = int(self.first[member & (self.first >= 0)].min()) // rounds_a_repeat
        dealt = self.rows.folds[repeat]
        where = np.flatnonzero(member & (dealt != EXCLUDED))
        text = f"{counted(len(where), 'row')} alike, "
        apart = self.diameters[code]
        text += f"{apart:.2g} apart, " if apart else ""
        folds = np.unique(dealt[where]).tolist()
        text += folds_named(folds, self.rows.fold_names, FOLDS_SHOWN)
        text += "" if len(self.rows.folds) == 1 else f" of repeat {repeat}"
        if self.labels is not None:
            text += f", {_named(self.labels.gather(where))}"
        return text, where

    def leaks(self, target: str) -> Iterator[Leaks]:
        """Yield the leaking test rows of each round."""
        rows, worst = self.rows, self.worst(shown=len(self.codes))
        messages = pl.Series([self._said(code)[0] for code in worst], dtype=pl.String)
        number = np.full(len(self.sizes), -1, dtype=np.int64)
        number[worst] = np.arange(len(worst))
        rounds_a_repeat = len(rows.rounds) // len(rows.folds)
        for position, where in enumerate(self.sides.rows):
            repeat = position // rounds_a_repeat
            found = rows_listed(rows, where, number[self.codes[where]], messages, repeat)
            yield Leaks(target, self.sides.indices[position], repeat, "test", found)


def _named(labels: pl.Series) -> str:
    distinct = sorted(set(labels.to_list()), key=lambda each: each or "")
    named = ["no label" if each is None else quoted(each) for each in distinct]
    return f"{'label' if len(named) == 1 else 'labels'} {listed(named)}"
