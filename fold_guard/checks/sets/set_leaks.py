"""Every row of the sets (groups, components, copies) that leak, round by round."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.checks.leaks import Leaks, rows_listed
from fold_guard.checks.sets.spanning import Spanning, largest_sets, leaking_cells, spanning_sets
from fold_guard.checks.subjects.places import folds_named
from fold_guard.checks.subjects.subject import Rows
from fold_guard.checks.wording import counted
from fold_guard.partition.rounds import EXCLUDED

IntArray = npt.NDArray[np.int64]
FOLDS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class SetFacts:
    """What is said of a set: where it leaks first.

    Attributes
    ----------
    code : int
    rows : int
        Rows of it that take part in that repeat.
    folds : str
        Their folds, in words.
    labels : tuple of str or None
        Their distinct labels, in order; empty where nobody asked.
    """

    code: int
    rows: int
    folds: str
    labels: tuple[str | None, ...]


def in_folds(name: Callable[[int], str]) -> Callable[[SetFacts], str]:
    """Return how findings put a set that has a name: its rows and its folds."""
    return lambda each: f"{name(each.code)}: {counted(each.rows, 'row')} in {each.folds}"


def leaks_of_sets(
    rows: Rows,
    codes: IntArray,
    target: str,
    text: Callable[[SetFacts], str],
    *,
    parts: IntArray | None = None,
    labels: pl.Series | None = None,
) -> Iterator[Leaks]:
    """Yield, for each round, the test rows whose set also has a row in train.

    Parameters
    ----------
    rows : Rows
    codes : ndarray of int64, shape (n_rows,)
        The set of each row, 0..n_sets-1; negative: in no set.
    target : str
    text : callable SetFacts -> str
        What the finding says of a set.
    parts : ndarray of int64, shape (n_repeats, n_rows), optional
        As for `spanning_sets`.
    labels : polars.Series of String, optional
        Of the rows, for ``text``.
    """
    cells = rows.cells
    found = spanning_sets(codes, cells, parts=parts)
    worst = largest_sets(codes, found.shared, shown=len(found.shared))
    facts = _facts(rows, codes, found, labels)
    messages = pl.Series([text(facts[code]) for code in worst], dtype=pl.String)
    number = _numbers(codes, worst)
    for each in leaking_cells(codes, cells, parts=parts):
        if not each.where.size:
            continue
        order = number[codes[each.where]]
        listed_rows = rows_listed(rows, each.where, order, messages, each.repeat)
        yield Leaks(target, each.index, each.repeat, "test", listed_rows)


def whole_sets(
    rows: Rows, codes: IntArray, target: str, worst: Sequence[int], messages: Sequence[str]
) -> Leaks:
    """Return every row of some sets, in no round.

    Parameters
    ----------
    rows : Rows
    codes : ndarray of int64, shape (n_rows,)
        The set of each row; negative: in no set.
    target : str
    worst : sequence of int
        The sets that findings are about, the worst first.
    messages : sequence of str
        What each of these says.
    """
    number = _numbers(codes, worst)
    of_any = np.flatnonzero(codes >= 0)
    where = of_any[number[codes[of_any]] >= 0]
    said = pl.Series(messages, dtype=pl.String)
    return Leaks(target, None, None, None, rows_listed(rows, where, number[codes[where]], said))


def whole_set(
    rows: Rows, where: npt.NDArray[np.integer], target: str, finding: int, message: str
) -> Leaks:
    """Return the rows at some positions, in no round, of one finding."""
    found = rows_listed(rows, where, 0, pl.Series([message]))
    numbered = found.with_columns(pl.lit(finding, dtype=pl.Int64).alias("finding"))
    return Leaks(target, None, None, None, numbered)


def _numbers(codes: IntArray, worst: Sequence[int]) -> IntArray:
    """Return the number of the finding of each set; -1 for none."""
    number = np.full(int(codes.max(initial=-1)) + 1, -1, dtype=np.int64)
    number[np.asarray(worst, dtype=np.int64)] = np.arange(len(worst))
    return number


def _facts(
    rows: Rows, codes: IntArray, found: Spanning, labels: pl.Series | None
) -> dict[int, SetFacts]:
    """Return rows, folds and labels of each set, where it leaks first."""
    facts = dict[int, SetFacts]()
    several = len(rows.folds) > 1
    for repeat, dealt in enumerate(rows.folds):
        here = np.unique(
            np.concatenate(
                [np.zeros(0, np.int64), *(x.shared for x in found.rounds if x.repeat == repeat)]
            )
        )
        member = (codes >= 0) & (dealt != EXCLUDED)
        member[member] = np.isin(codes[member], here)
        columns = {"set": pl.Series(codes[member]), "fold": pl.Series(dealt[member])}
        asked = [pl.len().alias("rows"), pl.col("fold").unique().sort()]
        if labels is not None:
            columns["label"] = labels.filter(pl.Series(member))
            asked.append(pl.col("label").unique())
        for code, count, folds, *held in (
            pl.DataFrame(columns).group_by("set").agg(*asked).iter_rows()
        ):
            where = folds_named(folds, rows.fold_names, FOLDS_SHOWN)
            where += f" of repeat {repeat}" if several else ""
            known = tuple(sorted(held[0], key=lambda each: each or "")) if held else ()
            facts.setdefault(code, SetFacts(code, count, where, known))
    return facts
