"""Run a Pandera schema, fail-closed: every declared rule is known to have been evaluated.

A schema file is Python code that params name (see `suite_file.load_module` for what that means).
It holds ``def schema(parameters: Mapping[str, object]) -> pandera.polars.DataFrameSchema``, or a
module-level ``SCHEMA``. ``parameters`` are those of params on top of `SuiteInput.facts`.

The polars backend is used, and no other: it sees the very table that the folds are made from. On
the way into pandas whole numbers with nulls become floats, null and NaN become one, and a NaN then
passes every range check.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from fold_guard.checks.outcome import Outcome, Severity
from fold_guard.errors import MissingExtra
from fold_guard.integrations.suite_file import SuiteError, load_module
from fold_guard.integrations.suite_input import SuiteInput
from fold_guard.integrations.suite_outcome import SuiteTally, suite_outcome

if TYPE_CHECKING:
    import pandera.polars as pa


def run_pandera(
    name: str,
    path: Path,
    *,
    on: Literal["table", "fold_map"],
    severity: Severity,
    suite_input: SuiteInput,
    parameters: Mapping[str, object],
) -> Outcome:
    """Run one schema file on the raw table or on the fold map.

    Parameters
    ----------
    name : str
        The suite's name in params.
    path : Path
        A Python file with ``schema(parameters)`` or ``SCHEMA``.
    on : {"table", "fold_map"}
    severity : Severity
        What a broken rule counts as. A suite that did not run is ``error`` under either.
    suite_input : SuiteInput
    parameters : mapping of str to JSON value
        Handed to ``schema``.

    Returns
    -------
    Outcome
        Code ``PANDERA``.
    """

    def run() -> SuiteTally:
        try:
            import pandera.polars  # noqa: F401
        except ImportError as error:
            raise MissingExtra("pandera", "pandera") from error
        from fold_guard.integrations.pandera_guard import require_strict, require_switched_on
        from fold_guard.integrations.pandera_rules import evaluate

        table = suite_input.table if on == "table" else suite_input.fold_map
        if table.is_empty():
            raise SuiteError("the table has no rows, so every rule would hold", where=on)
        require_switched_on()
        module, seal = load_module(path)
        schema = _schema(vars(module), path.name, {**suite_input.facts(), **parameters})
        require_strict(schema, path.name)
        id_column = suite_input.id if on == "table" else "row_id"
        rules, findings = evaluate(schema, table, id_column, where=path.name)
        return SuiteTally(rules, findings, {path.name: seal})

    return suite_outcome("PANDERA", name, on, severity, parameters, run)


def _schema(
    names: Mapping[str, object], where: str, parameters: Mapping[str, object]
) -> pa.DataFrameSchema:
    import pandera.polars as pa

    make = names.get("schema")
    made = make(parameters) if callable(make) else names.get("SCHEMA")
    if made is None:
        raise SuiteError(
            "neither schema(parameters) nor SCHEMA is defined", where=where, remedy=_REMEDY
        )
    if not isinstance(made, pa.DataFrameSchema):
        kind = f"{type(made).__module__}.{type(made).__qualname__}"
        raise SuiteError(
            f"expected a polars DataFrameSchema, got {kind}", where=where, remedy=_REMEDY
        )
    return made


_REMEDY = "Write `import pandera.polars as pa` and return a pa.DataFrameSchema."
