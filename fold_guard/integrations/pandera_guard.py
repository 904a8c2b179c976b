"""What must be so before a Pandera schema is believed: validation on, nothing that looks away."""

from __future__ import annotations

from collections.abc import Iterator

import pandera.polars as pa
import polars as pl
from pandera.config import ValidationDepth, get_config_context, get_config_global
from pandera.errors import SchemaErrors

from fold_guard.integrations.suite_file import SuiteError

_SWITCHES = "Unset PANDERA_VALIDATION_ENABLED and PANDERA_VALIDATION_DEPTH and run again."


def require_switched_on() -> None:
    """Refuse to go on when Pandera is configured to validate nothing, or only a part.

    Both the settings and what Pandera really does are looked at: a table that breaks one rule
    about its shape and one about its values must be refused for both.

    Raises
    ------
    SuiteError
    """
    for config in (get_config_global(), get_config_context(validation_depth_default=None)):
        if not config.validation_enabled:
            raise SuiteError("pandera's validation is switched off", remedy=_SWITCHES)
        if config.validation_depth not in (None, ValidationDepth.SCHEMA_AND_DATA):
            raise SuiteError(
                f"pandera validates {config.validation_depth.value} alone", remedy=_SWITCHES
            )
    columns = {"shape": pa.Column(pl.String), "value": pa.Column(pl.Int64, unique=True)}
    canary = pa.DataFrameSchema(columns)
    try:
        canary.validate(pl.DataFrame({"shape": [0, 1], "value": [1, 1]}), lazy=True)
    except SchemaErrors as errors:
        refused = {error.reason_code.name for error in errors.schema_errors if error.reason_code}
    else:
        refused = set()
    if refused != {"WRONG_DATATYPE", "SERIES_CONTAINS_DUPLICATES"}:
        raise SuiteError(
            f"pandera let a wrong table pass (it refused only {sorted(refused)})", remedy=_SWITCHES
        )


def require_strict(schema: pa.DataFrameSchema, where: str) -> None:
    """Refuse settings under which a rule is skipped, softened, or applied to an altered table.

    Raises
    ------
    SuiteError
        All such settings at once.
    """
    if not schema.columns and not schema.checks:
        raise SuiteError(
            "the schema declares no column and no check",
            where=where,
            remedy="An empty suite proves nothing: declare what must hold.",
        )
    problems = [*_table_problems(schema), *_column_problems(schema), *_check_problems(schema)]
    if problems:
        raise SuiteError("; ".join(problems), where=where)


def _table_problems(schema: pa.DataFrameSchema) -> Iterator[str]:
    altering = {
        "coerce": schema.coerce,
        "drop_invalid_rows": schema.drop_invalid_rows,
        "add_missing_columns": schema.add_missing_columns,
        "parsers": bool(schema.parsers),
        "strict='filter'": schema.strict == "filter",
    }
    for setting, used in altering.items():
        if used:
            yield f"{setting} alters the table before it is checked: leave it out"


def _column_problems(schema: pa.DataFrameSchema) -> Iterator[str]:
    for name, column in schema.columns.items():
        if column.coerce or column.parsers or column.drop_invalid_rows:
            yield f"column {name!r} is altered before it is checked: leave out coerce and parsers"
        if not column.required:
            yield f"column {name!r} may be absent (required=False), its rules with it"
        if column.regex:
            yield f"column {name!r} is a pattern, which may match nothing: write the names out"


def _check_problems(schema: pa.DataFrameSchema) -> Iterator[str]:
    everywhere = [("table", check) for check in schema.checks]
    everywhere += [(n, check) for n, column in schema.columns.items() for check in column.checks]
    for place, check in everywhere:
        if not check.name or check.name == "<lambda>":
            yield f"a check on {place!r} has no name (a lambda is lost on export): give it name="
        if check.raise_warning:
            yield f"check {check.name!r} on {place!r} only warns: set its severity in params"
        if check.groupby is not None:
            yield f"check {check.name!r} on {place!r} uses groupby, which polars ignores"
