"""Every row of every finding as Parquet: reports keep the first few of each only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import polars as pl

from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.leaks import Leaks
from fold_guard.checks.outcome import Finding, Outcome
from fold_guard.checks.rule import Rule
from fold_guard.checks.subjects.subject import Subject
from fold_guard.dataset.files import atomic_file
from fold_guard.evidence.report import Report

# The columns of the file, in order, and what each holds.
COLUMNS: Mapping[str, tuple[pl.DataType, str]] = MappingProxyType(
    {
        "code": (pl.String(), "of the check: FG301"),
        "name": (pl.String(), "of the check: group_overlap"),
        "target": (pl.String(), "what was checked: a group key, the label, 13 features"),
        "outcome": (pl.String(), "how the check ended on that target"),
        "finding": (pl.Int64(), "number of the finding within code and target; 0 is the worst"),
        "message": (pl.String(), "the finding in words"),
        "repeat": (pl.Int64(), "the repeat of the round, from 0"),
        "round": (pl.Int64(), "the round in which the row leaks; null: wrong in any round"),
        "side": (pl.String(), "the side that the row is on in that round: test, train or both"),
        "fold": (pl.Int64(), "of the row in that repeat, or in the only one"),
        "row_id": (
            pl.String(),
            "as text; a row number, from 0, where the table has no id; null where it has no order",
        ),
        "reason": (pl.String(), "of FG307: purge or embargo"),
        "complete": (
            pl.Boolean(),
            "whether every row of the finding is listed; false: those of the report only, "
            "without round, side and fold",
        ),
    }
)
# Rounds of one row each (leave-one-out) are written together.
_ROWS_AT_ONCE, _PIECES_AT_ONCE = 2**18, 2**9
_SCHEMA = {name: dtype for name, (dtype, _) in COLUMNS.items()}


@dataclass(frozen=True, slots=True)
class Written:
    """What a file of findings holds.

    Attributes
    ----------
    rows : int
    capped : tuple of str
        Codes of the checks of which it lists no more than the report does.
    """

    rows: int
    capped: tuple[str, ...]


def write_findings(
    path: Path,
    subject: Subject,
    report: Report,
    rules: Mapping[str, Rule],
    on_progress: Callable[[str], None] = lambda _: None,
) -> Written:
    """Write a line for each row of each finding and each round; see `COLUMNS`.

    Parameters
    ----------
    path : Path
        A Parquet file; written atomically.
    subject : Subject
        The one that the report is about.
    report : Report
    rules : mapping of check name to Rule
        Those that the report was made under.
    on_progress : callable of str

    Raises
    ------
    FoldGuardError
        The file cannot be written.
    """
    import pyarrow.parquet as pq

    schema = pl.DataFrame(schema=_SCHEMA).to_arrow().schema
    rows, capped = 0, set[str]()
    # A table at a time: all of them together may be larger than the data.
    with atomic_file(path) as partial, pq.ParquetWriter(partial, schema) as writer:
        for piece in _gathered(_pieces(subject, report, rules, on_progress)):
            writer.write_table(piece.to_arrow().cast(schema))
            rows += piece.height
            capped |= set(piece.filter(~pl.col("complete"))["code"].unique())
    return Written(rows, tuple(sorted(capped)))


def _gathered(pieces: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Put small tables together, and leave out those without a row."""
    held, rows = list[pl.DataFrame](), 0
    for piece in pieces:
        held += [piece] if piece.height else []
        rows += piece.height
        if rows >= _ROWS_AT_ONCE:
            yield pl.concat(held)
            held, rows = [], 0
        elif len(held) >= _PIECES_AT_ONCE:
            # A table of one row takes a thousand times the memory of the row.
            held = [pl.concat(held, rechunk=True)]
    if held:
        yield pl.concat(held)


def _pieces(
    subject: Subject,
    report: Report,
    rules: Mapping[str, Rule],
    on_progress: Callable[[str], None],
) -> Iterator[pl.DataFrame]:
    for name in dict.fromkeys(each.name for each in report.checks if each.findings):
        outcomes = {each.target: each for each in report.checks if each.name == name}
        check = BY_NAME.get(name)
        told = {target: _Told({x.message for x in o.findings}) for target, o in outcomes.items()}
        if check is not None and check.leaks is not None:
            on_progress(f"findings of {name}")
            for leaks in check.leaks(subject, rules[name]):
                told[leaks.target].note(leaks.rows)
                yield _all(outcomes[leaks.target], leaks, named=subject.has_ids or subject.ordered)
        for target, outcome in outcomes.items():
            left = [x for x in outcome.findings if x.message in told[target].not_yet]
            yield _kept(outcome, left, first=told[target].findings)


@dataclass(slots=True)
class _Told:
    """How many findings a full list has named, and which of the report's it has not: of no row."""

    not_yet: set[str]
    findings: int = 0

    def note(self, rows: pl.DataFrame) -> None:
        if self.not_yet:
            self.not_yet -= set(rows["message"].unique())
        # Rows are in the order of their findings.
        self.findings = max([self.findings, *(1 + x for x in rows["finding"].tail(1))])


def _all(outcome: Outcome, leaks: Leaks, *, named: bool) -> pl.DataFrame:
    rows = leaks.rows
    facts = {"repeat": leaks.repeat, "round": leaks.round, "side": leaks.side, "complete": True}
    # Numbers of rows that have no order would name none.
    facts |= {} if named else {"row_id": None}
    facts |= {} if "reason" in rows.columns else {"reason": None}
    return _of(outcome, rows, facts)


def _kept(outcome: Outcome, findings: Sequence[Finding], first: int) -> pl.DataFrame:
    """Return the rows that the report has; a finding without any has a line without a row."""
    lines = [
        {
            "finding": number,
            "message": each.message,
            "row_id": None if row is None else str(row),
            "complete": row is not None and each.count <= len(each.rows),
        }
        for number, each in enumerate(findings, start=first)
        for row in each.rows or (None,)
    ]
    absent = dict.fromkeys(("repeat", "round", "side", "fold", "reason"))
    return _of(outcome, pl.DataFrame(lines, infer_schema_length=None), absent)


def _of(outcome: Outcome, rows: pl.DataFrame, facts: Mapping[str, object]) -> pl.DataFrame:
    """Put the columns of a file together: those of rows, and what is the same for all of them."""
    if not rows.height:
        return pl.DataFrame(schema=_SCHEMA)
    same = {
        "code": outcome.code,
        "name": outcome.name,
        "target": outcome.target,
        "outcome": outcome.status.value,
        **facts,
    }
    return pl.DataFrame(
        [
            pl.Series(name, [same[name]], dtype=dtype).new_from_index(0, rows.height)
            if name in same
            else rows[name].cast(dtype)
            for name, dtype in _SCHEMA.items()
        ]
    )
