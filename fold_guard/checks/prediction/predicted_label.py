"""The label that single features are scored on: classes, several labels, or a continuous one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.checks.prediction.feature_bins import Bins
from fold_guard.checks.prediction.held_out_score import (
    Parts,
    Scores,
    Tally,
    attainable_auc,
    attainable_r_squared,
    r_squared,
    roc_auc,
)
from fold_guard.checks.subjects.subject import Rows, Subject
from fold_guard.dataset.labels import classes, is_quantity
from fold_guard.dataset.strata import labels_of

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
NOT_SCORABLE = "no held-out part has rows of two classes"
# Of a text with more classes, the rarest are scored as one of the others only.
MOST_SCORED = 100
# Of a class with fewer held-out rows no score is beyond chance; the mean is over the others.
FEW_ROWS = 10
# Ranks of a continuous label: squares of this size can be summed over 500 million rows in 64 bits.
_RANKS = 2**17
# So many rows tell an area under the curve to three digits.
MOST_ROWS = 20_000_000


@dataclass(frozen=True, slots=True)
class LabelScore:
    """What one way to cut a feature tells about the label.

    Attributes
    ----------
    score : float
        Of the whole label: the area under the ROC curve; with several classes its mean over them;
        with several labels a row the largest; of a continuous label R² on its ranks.
    lower : float
        Two standard errors below.
    name : str
        The class, or the label, that is told best; "" where there is only one to tell.
    of_class, lower_of_class : float
        Its own score, and two standard errors below.
    """

    score: float
    lower: float
    name: str
    of_class: float
    lower_of_class: float


class Label(Protocol):
    """A label with the parts that are held out."""

    @property
    def metric(self) -> str:
        """What `LabelScore.score` is."""

    @property
    def rows(self) -> int:
        """Rows with a label that take part."""

    @property
    def scorable(self) -> bool:
        """Whether some held-out part has rows to tell apart, and others train for it."""

    def score(self, bins: Bins) -> LabelScore | None:
        """Score bins; None where nothing is scorable."""

    def missingness(self, bins: Bins) -> LabelScore | None:
        """Score where values are missing; None where none are, or all."""

    def attainable(self) -> float:
        """Return how far above chance, two standard errors below, a perfect feature would be."""


class _Scored:
    """What the three kinds of label share."""

    parts: Parts

    def _tally(self, bins: Bins) -> Tally:
        raise NotImplementedError

    def _scores(self, tally: Tally) -> Scores:
        return roc_auc(tally)

    def _judged(self, scores: Scores, tally: Tally) -> LabelScore | None:
        raise NotImplementedError

    def score(self, bins: Bins) -> LabelScore | None:
        tally = self._tally(bins)
        return self._judged(self._scores(tally), tally)

    def missingness(self, bins: Bins) -> LabelScore | None:
        if bins.missing is None or bins.n_bins == 1:
            return None
        tally = self._tally(bins).of_missing()
        return self._judged(self._scores(tally), tally)

    @property
    def scorable(self) -> bool:
        whole = self._whole()
        return self._judged(self._scores(whole), whole) is not None

    @property
    def rows(self) -> int:
        return int(self._whole().rows.sum())

    def _whole(self) -> Tally:
        one = np.zeros(len(self.parts.codes), dtype=np.int64)
        return self._tally(Bins(one, 1, False, None, "value"))

    def attainable(self) -> float:
        return attainable_auc(self._whole())


class ClassLabel(_Scored):
    """One class a row.

    Parameters
    ----------
    codes : ndarray of int64, shape (n_rows,)
        -1 for a row without a label.
    names : sequence of str
        Two at least.
    parts : Parts
    """

    def __init__(self, codes: IntArray, names: Sequence[str], parts: Parts) -> None:
        self.parts = parts
        counts = np.bincount(codes[codes >= 0], minlength=len(names))
        kept = np.sort(np.argsort(-counts, kind="stable")[:MOST_SCORED])
        # Classes beyond those share the last place.
        place = np.full(len(names) + 1, len(kept), dtype=np.int64)
        place[kept] = np.arange(len(kept))
        self.names = tuple(names[at] for at in kept)
        self._n_classes = len(kept) + (len(names) > len(kept))
        self._width = self._n_classes * (parts.n + 1) + 1
        out = (codes < 0) | (parts.codes > parts.n)
        self._cells = np.where(out, self._width - 1, place[codes] * (parts.n + 1) + parts.codes)

    @property
    def metric(self) -> str:
        """The area under the ROC curve; with more than two classes, its mean over them."""
        return "roc_auc" if len(self.names) == 2 else "macro_roc_auc"

    def _tally(self, bins: Bins) -> Tally:
        found = _counted(self._cells, self._width, bins)[:, :-1]
        cube = found.reshape(bins.n_bins, self._n_classes, self.parts.n + 1).transpose(2, 0, 1)
        # Of two classes, one tells it all.
        scored = slice(1, 2) if len(self.names) == 2 else slice(len(self.names))
        return Tally(
            cube.sum(axis=2), cube[:, :, scored], self.parts.forward, bins.ordered, bins.missing
        )

    def _judged(self, scores: Scores, tally: Tally) -> LabelScore | None:
        if np.isnan(scores.values).all():
            return None
        best = int(np.nanargmax(scores.lower))
        own = float(scores.values[best]), float(scores.lower[best])
        if len(self.names) == 2:
            return LabelScore(*own, "", *own)
        many = (tally.sums[:-1].sum(axis=(0, 1)) >= FEW_ROWS) & ~np.isnan(scores.values)
        used = many if many.any() else ~np.isnan(scores.values)
        mean, lower = float(scores.values[used].mean()), float(scores.lower[used].mean())
        return LabelScore(mean, lower, self.names[best], *own)


class IndicatorLabels(_Scored):
    """Several labels a row, each scored by itself.

    Parameters
    ----------
    rows, codes : ndarray of int64, shape (n_entries,)
        Which row has which label.
    names : sequence of str
    parts : Parts
    """

    metric = "max_roc_auc"

    def __init__(self, rows: IntArray, codes: IntArray, names: Sequence[str], parts: Parts) -> None:
        self.parts, self.names = parts, tuple(names)
        inside = parts.codes[rows] <= parts.n
        self._entry_rows = rows[inside]
        self._width = len(names) * (parts.n + 1)
        self._cells = codes[inside] * (parts.n + 1) + parts.codes[self._entry_rows]

    def _tally(self, bins: Bins) -> Tally:
        own = Bins(bins.codes[self._entry_rows], bins.n_bins, bins.ordered, bins.missing, bins.by)
        found = _counted(self._cells, self._width, own)
        cube = found.reshape(bins.n_bins, len(self.names), self.parts.n + 1).transpose(2, 0, 1)
        rows = _counted(self.parts.codes, self.parts.n + 2, bins)[:, :-1].T
        return Tally(rows, cube, self.parts.forward, bins.ordered, bins.missing)

    def _judged(self, scores: Scores, tally: Tally) -> LabelScore | None:
        if np.isnan(scores.values).all():
            return None
        best = int(np.nanargmax(scores.lower))
        own = float(scores.values[best]), float(scores.lower[best])
        return LabelScore(*own, self.names[best], *own)


class ContinuousLabel(_Scored):
    """A continuous label, by its ranks: a feature that gives away its logarithm gives it away.

    Parameters
    ----------
    series : polars.Series
        Numbers or times; null and NaN: no label.
    parts : Parts
    """

    metric = "r2_of_ranks"

    def __init__(self, series: pl.Series, parts: Parts) -> None:
        series = series.alias("label").to_physical()
        if not series.dtype.is_integer():
            series = series.cast(pl.Float64).fill_nan(None)
        # Twice the middle rank is a whole number: sums are exact in any order of rows.
        ranks = (series.rank("average") * 2).cast(pl.Int64)
        out = ranks.is_null().to_numpy() | (parts.codes > parts.n)
        self.parts = parts
        self._cells = np.where(out, parts.n + 1, parts.codes)
        found = ranks.fill_null(0).to_numpy()
        if 2 * len(found) > _RANKS:
            found = found * (_RANKS // 2) // len(found)
        self._ranks = np.where(out, 0, found)
        self._squares = np.array(
            [int((self._ranks[self._cells == part] ** 2).sum()) for part in range(parts.n + 1)],
            dtype=np.float64,
        )

    def _tally(self, bins: Bins) -> Tally:
        width = self.parts.n + 2
        rows = _counted(self._cells, width, bins)[:, :-1].T
        sums = _counted(self._cells, width, bins, self._ranks)[:, :-1].T
        return Tally(rows, sums[:, :, None], self.parts.forward, bins.ordered, bins.missing)

    def _scores(self, tally: Tally) -> Scores:
        return r_squared(tally, self._squares)

    def _judged(self, scores: Scores, tally: Tally) -> LabelScore | None:
        value, lower = float(scores.values[0]), float(scores.lower[0])
        return None if np.isnan(value) else LabelScore(value, lower, "", value, lower)

    def attainable(self) -> float:
        """As of `Label`."""
        return attainable_r_squared(self._whole())


def _counted(
    cells: IntArray, width: int, bins: Bins, weights: IntArray | None = None
) -> FloatArray:
    """Count the rows of each bin and cell, shape (n_bins, width)."""
    size = bins.n_bins * width
    total = np.zeros(size, dtype=np.float64)
    # One pass over so many rows that the counts are touched seldom, and memory stays small.
    step = max(2**20, 4 * size)
    for start in range(0, len(cells), step):
        part = slice(start, start + step)
        flat = bins.codes[part] * np.int64(width) + cells[part]
        weight = None if weights is None else weights[part].astype(np.float64)
        total += np.bincount(flat, weights=weight, minlength=size)
    return total.reshape(bins.n_bins, width)


def predicted_label(subject: Subject, rows: Rows, parts: Parts) -> Label | str:
    """Read the label of rows, or say why there is nothing to predict.

    Raises
    ------
    DataError
        Values that are neither classes nor numbers; a label of several that is not 0 or 1.
    """
    roles = subject.roles
    inside = parts.codes <= parts.n
    if roles.labels:
        strata = labels_of(rows.frame, roles.labels)
        return IndicatorLabels(strata.rows, strata.codes, strata.names, parts)
    assert roles.label is not None
    series = rows.frame[roles.label]
    if subject.traits.strata == "bins" or is_quantity(series):
        return ContinuousLabel(series, parts)
    known = classes(series)
    present = np.unique(known.codes[inside & (known.codes >= 0)])
    if len(present) < 2:
        return "no row has a label" if not len(present) else "all rows have the same label"
    # A class of excluded rows alone is no class here.
    place = np.full(len(known.names) + 1, -1, dtype=np.int64)
    place[present] = np.arange(len(present))
    return ClassLabel(place[known.codes], [known.names[at] for at in present.tolist()], parts)
