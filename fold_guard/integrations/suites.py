"""Run the suites that a policy declares, each by its engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from fold_guard.checks.outcome import Outcome, Severity, Status
from fold_guard.checks.subjects.subject import Rows, Subject
from fold_guard.dataset.labels import as_text
from fold_guard.errors import FoldGuardError, UsageError
from fold_guard.folds.fold_map import FoldMap
from fold_guard.gate.policy import Policy, Suite
from fold_guard.integrations.suite_input import SuiteInput

# Leave-one-out lays out every row as often as there are rows.
_MOST_CELLS = 100_000_000
ENGINE_CODES = {"pandera": "PANDERA", "great_expectations": "GX"}


def run_suites(
    policy: Policy,
    subject: Subject,
    fold_map: FoldMap,
    table: pl.DataFrame,
    *,
    root: Path,
    data_docs: Path | None,
    on_progress: Callable[[str], None] = lambda _: None,
) -> tuple[Outcome, ...]:
    """Run every declared suite.

    Parameters
    ----------
    policy : Policy
    subject : Subject
    fold_map : FoldMap
    table : polars.DataFrame
        The raw table, all rows and columns.
    root : Path
        Suites' files are relative to it.
    data_docs : Path or None
        A folder; each Great Expectations suite writes its Data Docs to a folder of its name in it.
    on_progress : callable of str

    Returns
    -------
    tuple of Outcome
        One a suite, in the order of their names; a suite that cannot run is an ``error``.
    """
    if not policy.suites:
        return ()
    given: SuiteInput | None = None
    outcomes = []
    for name in sorted(policy.suites):
        on_progress(name)
        suite = policy.suites[name]
        try:
            if given is None:
                given = suite_input(subject, fold_map, table)
            outcomes.append(_run(name, suite, given, root, data_docs))
        except Exception as error:  # a crash is an outcome: it must shut the gate
            text = str(error) if isinstance(error, FoldGuardError) else repr(error)
            outcomes.append(
                Outcome(
                    ENGINE_CODES[suite.engine],
                    name,
                    suite.file,
                    Status.ERROR,
                    suite.severity,
                    f"the suite did not run: {text}"[:500],
                )
            )
    return tuple(outcomes)


def _run(name: str, suite: Suite, given: SuiteInput, root: Path, data_docs: Path | None) -> Outcome:
    severity = Severity(suite.severity)
    if suite.engine == "pandera":
        from fold_guard.integrations.pandera import run_pandera

        if suite.on == "rounds":
            raise FoldGuardError("Pandera suites run on the table or on the fold_map")
        return run_pandera(
            name,
            root / suite.file,
            on=suite.on,
            severity=severity,
            suite_input=given,
            parameters=suite.parameters,
        )
    from fold_guard.integrations.great_expectations import run_great_expectations

    return run_great_expectations(
        name,
        root / suite.file,
        modules=[root / each for each in suite.modules],
        severity=severity,
        suite_input=given,
        parameters=suite.parameters,
        data_docs=None if data_docs is None else data_docs / name,
    )


def suite_input(subject: Subject, fold_map: FoldMap, table: pl.DataFrame) -> SuiteInput:
    """Lay out what suites look at; the rounds become one long table.

    Raises
    ------
    UsageError
        There is no label, the id is several columns, a column has a name that the rounds table
        gives to its own, or there are no rounds.
    """
    roles = subject.roles
    if roles.labels:
        raise UsageError(
            "suites cannot look at several labels a row",
            where="data.roles.label",
            remedy="Declare the built-in checks instead, or name one label column.",
        )
    if roles.label is None:
        raise UsageError("suites need a label", remedy="Name it: data.roles.label.")
    if len(roles.id) != 1:
        raise UsageError(
            "suites need an id of one column", remedy="Join the id columns to one in the table."
        )
    columns = dict.fromkeys((*roles.groups, *((roles.time,) if roles.time else ())))
    taken = sorted({"round", "side", "row_id", "fold", "label"} & set(columns))
    if taken:
        raise UsageError(
            f"the rounds table has a column {taken[0]!r} of its own",
            where=f"column {taken[0]}",
            remedy="Rename the group or time column.",
        )
    given = subject.rows([roles.label, *columns])
    if not subject.n_rounds:
        raise UsageError("there are no rounds to look at", remedy="At least 2 folds are needed.")
    base = pl.DataFrame(
        [
            given.row_ids.alias("row_id"),
            pl.Series("fold", given.folds[0]),
            as_text(given.frame[roles.label]).alias("label"),
            *(given.frame[name] for name in columns),
        ]
    )
    cells = subject.n_rounds * base.height
    too_many = ""
    if cells > _MOST_CELLS:
        too_many = (
            f"{subject.n_rounds:,} rounds of {base.height:,} rows are {cells:,} rows in one "
            f"table, more than {_MOST_CELLS:,}"
        )
    return SuiteInput(
        table=table,
        fold_map=fold_map.table,
        rounds=base.clear() if too_many else _laid_out(given, base),
        id=roles.id[0],
        label=roles.label,
        groups=roles.groups,
        time=roles.time,
        n_splits=fold_map.manifest.n_folds,
        numbers=() if too_many else tuple(each.index for each in given.rounds),
        too_many=too_many,
    )


def _laid_out(given: Rows, base: pl.DataFrame) -> pl.DataFrame:
    """Lay the rounds out one below the other, each with the folds of its repeat."""
    sides = []
    rounds_a_repeat = len(given.rounds) // len(given.folds)
    for repeat, folds in enumerate(given.folds):
        dealt = base.with_columns(pl.Series("fold", folds))
        start = repeat * rounds_a_repeat
        for each in given.rounds[start : start + rounds_a_repeat]:
            sides += [
                dealt[np.flatnonzero(mask)].select(
                    pl.lit(each.index, dtype=pl.Int64).alias("round"),
                    pl.lit(side).alias("side"),
                    pl.all(),
                )
                for side, mask in (("train", each.train), ("test", each.test))
            ]
    return pl.concat(sides)
