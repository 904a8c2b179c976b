"""Change the held-out rows of a table, and nothing else: what was trained must not notice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fold_guard.dataset.labels import MOST_CLASSES

if TYPE_CHECKING:
    import pandas

IntArray = npt.NDArray[np.int64]

KINDS = ("values", "signal", "labels", "order", "fewer", "more")
# Whole numbers with no more values than this may be codes, which have nothing beyond the largest.
_CODES = 20


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """A table with the positions of its two sides.

    Attributes
    ----------
    frame : pandas.DataFrame
        With a fresh index.
    train, test : ndarray of int64
        Ascending positions; a row may be on neither side.
    """

    frame: pandas.DataFrame
    train: IntArray
    test: IntArray

    def copy(self) -> Sides:
        """Return the same again; whoever is given it may change it."""
        return Sides(self.frame.copy(deep=True), self.train.copy(), self.test.copy())


@dataclass(frozen=True, slots=True)
class Parts:
    """Which columns of a table are perturbed, and how.

    Attributes
    ----------
    values : sequence of str
        Features.
    labels : sequence of str
        One label, or several of 0 and 1.
    shuffled : sequence of str
        Keys and times: they change places among the test rows, but take no new values.
    """

    values: Sequence[str] = ()
    labels: Sequence[str] = ()
    shuffled: Sequence[str] = field(default_factory=tuple)


def perturbed(sides: Sides, parts: Parts, seed: int) -> Iterator[tuple[str, Sides | None]]:
    """Yield each kind of perturbation with the table that it makes, or None where it changes none.

    ``values``: every other feature of the test rows carries their labels: numbers lie beyond the
    largest of the train rows, by up to ten times their range, the further the higher the class;
    codes and text take one value a class. The features between are drawn from the upper quarter
    of the train rows (from the rarer half of the values, where there is no order), with nulls
    where train has any. No value but a number's is unheard of; means, extremes, frequencies,
    ranks and correlations all move. ``signal``: the same with the features of both kinds
    exchanged, so that a selection of features has to choose others once. ``labels``: each test
    row takes the next class of the train rows; a continuous label is drawn as values are.
    ``order``: test rows change places.
    ``fewer``: every other test row is gone. ``more``: the test rows are there twice.

    Parameters
    ----------
    sides : Sides
        Left as it is.
    parts : Parts
    seed : int

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "y": ["a", "b", "a", "b"]})
    >>> sides = Sides(frame, np.array([0, 1]), np.array([2, 3]))
    >>> made = dict(perturbed(sides, Parts(["x"], ["y"]), 0))
    >>> made["labels"].frame["y"].tolist(), made["fewer"].frame["x"].tolist()
    (['a', 'b', 'b', 'a'], [1.0, 2.0, 4.0])
    """
    draw = np.random.default_rng(seed)
    frame, test = sides.frame, sides.test
    shuffled = draw.permutation(test)
    ranks = _ranks(sides, parts.labels)
    keys = {name: frame[name].take(_from(sides, shuffled)) for name in parts.shuffled}
    for kind, odd in (("values", 0), ("signal", 1)):
        values = {
            name: _telling(frame[name], sides, ranks)
            if at % 2 == odd
            else _drawn(frame[name], sides, draw)
            for at, name in enumerate(parts.values)
        }
        yield kind, _with(sides, values | keys)
    labels = {name: _relabelled(frame[name], sides, draw) for name in parts.labels}
    yield "labels", _with(sides, labels)
    places = _from(sides, np.roll(shuffled, 1) if (shuffled == test).all() else shuffled)
    yield "order", _taken(sides, places, sides.train, test) if len(test) > 1 else None
    yield "fewer", _fewer(sides) if len(test) > 1 else None
    n_rows = len(frame)
    twice = np.concatenate([np.arange(n_rows), test])
    added = np.arange(n_rows, len(twice))
    yield "more", _taken(sides, twice, sides.train, np.concatenate([test, added]))


def _from(sides: Sides, sources: IntArray) -> IntArray:
    """Return positions of all rows, the test rows taken from others."""
    places = np.arange(len(sides.frame))
    places[sides.test] = sources
    return places


def _with(sides: Sides, columns: dict[str, Any]) -> Sides | None:
    """Put columns in; None when they are what they were."""
    frame = sides.frame.copy(deep=True)
    for name, column in columns.items():
        frame[name] = column.reset_index(drop=True)
    return None if frame.equals(sides.frame) else Sides(frame, sides.train, sides.test)


def _taken(sides: Sides, rows: IntArray, train: IntArray, test: IntArray) -> Sides | None:
    frame = sides.frame.take(rows).reset_index(drop=True)
    return None if frame.equals(sides.frame) else Sides(frame, train, test)


def _fewer(sides: Sides) -> Sides | None:
    kept = np.ones(len(sides.frame), dtype=np.bool_)
    kept[sides.test[::2]] = False
    place = np.cumsum(kept) - 1
    test = sides.test[kept[sides.test]]
    return _taken(sides, np.flatnonzero(kept), place[sides.train], place[test])


def _ranks(sides: Sides, labels: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return a number from 0 to 1 for each test row that goes up with its label."""
    rank: npt.NDArray[np.float64] = np.arange(len(sides.test), dtype=np.float64) % 2
    if labels:
        codes = sides.frame[labels[0]].factorize(sort=True)[0][sides.test].astype(np.float64)
        if codes.max() > codes.min():
            rank = (codes - codes.min()) / (codes.max() - codes.min())
    return rank


def _drawn(column: Any, sides: Sides, draw: np.random.Generator) -> Any:
    """Draw a feature of the test rows from the upper quarter of the train rows."""
    null = column.isna().to_numpy()[sides.train]
    present, absent = sides.train[~null], sides.train[null]
    if not len(present):
        return column
    sources = draw.choice(_upper(column.take(present), present), len(sides.test))
    if len(absent):
        sources[::3] = draw.choice(absent, len(sources[::3]))
    return column.take(_from(sides, sources))


def _telling(column: Any, sides: Sides, ranks: npt.NDArray[np.float64]) -> Any:
    """Let a feature of the test rows tell their labels."""
    null = column.isna().to_numpy()[sides.train]
    present = sides.train[~null]
    if not len(present):
        return column
    known = column.take(present)
    beyond = _beyond(known, ranks)
    if beyond is not None:
        told = column.reset_index(drop=True)
        told.iloc[sides.test] = beyond
        return told
    try:
        codes, names = known.astype(str).factorize(sort=True)
    except TypeError:
        return column
    firsts = np.array([int(present[int(np.argmax(codes == at))]) for at in range(len(names))])
    # The highest class first: rows of the lowest value are many as a rule.
    places = ((1 - ranks) * (len(names) - 1)).round().astype(np.int64)
    return column.take(_from(sides, firsts[places]))


def _upper(values: Any, positions: IntArray) -> IntArray:
    """Return the positions of the upper quarter of some values, or of the rarer half of them."""
    from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype

    if is_datetime64_any_dtype(values) or (is_numeric_dtype(values) and values.nunique() > 2):
        order = np.argsort(values.to_numpy(), kind="stable")
        return positions[order[len(order) * 3 // 4 :]]
    try:
        # Ties go by the value itself, so that neither kind of a coin is left alone.
        rows = values.astype(str).value_counts()
    except TypeError:
        return positions
    rarest = sorted(rows.index, key=lambda value: (int(rows[value]), value))
    rarer = rarest[: max(len(rarest) // 2, 1)]
    found: IntArray = positions[values.astype(str).isin(rarer).to_numpy()]
    return found


def _beyond(known: Any, ranks: npt.NDArray[np.float64]) -> npt.NDArray[Any] | None:
    """Return numbers beyond the largest known one; None where there may be none: of codes."""
    from pandas.api.types import is_bool_dtype, is_float_dtype, is_integer_dtype

    whole = is_integer_dtype(known)
    if is_bool_dtype(known) or not (whole or is_float_dtype(known)):
        return None
    # Whole numbers with a null are floats in pandas.
    finite = known.to_numpy(dtype=np.float64)
    finite = finite[np.isfinite(finite)]
    codes = bool((finite == np.round(finite)).all()) and known.nunique() <= _CODES
    if codes or not len(finite):
        return None
    span = float(finite.max() - finite.min()) or 1.0
    # No two alike, so that ranks move, too.
    beyond = finite.max() + span * (1 + 9 * ranks + 0.1 * np.linspace(0, 1, len(ranks)))
    dtype = getattr(known.dtype, "numpy_dtype", known.dtype)
    top = np.iinfo(dtype).max if whole else np.finfo(dtype).max
    if not np.isfinite(beyond).all() or beyond.max(initial=0.0) >= min(float(top), 2.0**1000):
        return None
    moved: npt.NDArray[Any] = beyond.astype(dtype)
    return moved


def _relabelled(column: Any, sides: Sides, draw: np.random.Generator) -> Any:
    """Give each test row the next class of the train rows; a quantity is drawn anew."""
    from pandas.api.types import is_numeric_dtype

    known = column.take(sides.train)
    if is_numeric_dtype(known) and known.nunique() > MOST_CLASSES:
        null = column.isna().to_numpy()
        where = np.arange(len(column))
        change = sides.test[~null[sides.test]]
        present = sides.train[~null[sides.train]]
        where[change] = draw.choice(_upper(column.take(present), present), len(change))
        return column.take(where)
    codes, names = known.factorize(sort=True)
    if len(names) < 2:
        return column
    first = {name: int(sides.train[int(np.argmax(codes == at))]) for at, name in enumerate(names)}
    follows = {name: first[names[(at + 1) % len(names)]] for at, name in enumerate(names)}
    # A class that only test rows have becomes the first of train; a null stays a null.
    sources = [
        int(row) if missing else follows.get(value, first[names[0]])
        for row, value, missing in zip(
            sides.test, column.take(sides.test), column.take(sides.test).isna(), strict=True
        )
    ]
    return column.take(_from(sides, np.array(sources, dtype=np.int64)))
