"""Evaluate the rules of a Pandera schema one by one, so that each is known to have run.

`DataFrameSchema.validate` reports what failed, not what ran, counts an exception in a check and a
null answer much alike, and (0.35, polars) crashes while it collects a scalar and a row-wise failure
of one column. So it is asked about the shape (columns, types, nulls, uniqueness), and each check is
called by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy, deepcopy
from dataclasses import dataclass

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from fold_guard.checks.outcome import Finding
from fold_guard.integrations.suite_file import SuiteError
from fold_guard.integrations.suite_outcome import MAX_ROWS

Rules = tuple[tuple[str, bool], ...]

# What a broken rule of shape is called. A missing column is not among them: its checks cannot run.
_SHAPE = {
    "WRONG_DATATYPE": "type",
    "SERIES_CONTAINS_NULLS": "not_null",
    "SERIES_CONTAINS_DUPLICATES": "unique",
    "DUPLICATES": "unique",
    "COLUMN_NOT_IN_SCHEMA": "no_other_columns",
    "COLUMN_NOT_ORDERED": "column_order",
}

_OF_THE_TABLE = {"DUPLICATES", "COLUMN_NOT_IN_SCHEMA", "COLUMN_NOT_ORDERED"}


@dataclass(frozen=True, slots=True)
class _Broken:
    rule: str
    count: int
    rows: pl.Series | None = None


def evaluate(
    schema: pa.DataFrameSchema, table: pl.DataFrame, id_column: str, *, where: str
) -> tuple[Rules, tuple[Finding, ...]]:
    """Evaluate every rule of a schema.

    Parameters
    ----------
    schema : pandera.polars.DataFrameSchema
        One that `pandera_guard.require_strict` accepts.
    table : polars.DataFrame
    id_column : str
        Names the rows in findings, where the table has it.
    where : str
        The suite file, for messages.

    Returns
    -------
    rules : tuple of (str, bool)
        Each declared rule and whether it holds.
    findings : tuple of Finding

    Raises
    ------
    SuiteError
        A column is missing, a check raised an exception or gave no answer.
    """
    missing = [name for name in schema.columns if name not in table.columns]
    if missing:
        raise SuiteError(f"column {missing[0]!r} is missing, so its rules cannot run", where=where)
    declared = list(_declared_shape(schema))
    broken = _broken_shape(schema, table, where)
    if undeclared := [item.rule for item in broken if item.rule not in declared]:
        raise SuiteError(f"pandera refuses {undeclared}, which is not declared", where=where)
    wrong_type = {item.rule.partition(":")[0] for item in broken if item.rule.endswith(": type")}
    for place, check in _checks(schema):
        rule = f"{place}: {_label(check)}"
        if alike := sum(known.partition(" #")[0] == rule for known in declared):
            rule = f"{rule} #{alike + 1}"
        declared.append(rule)
        if place in wrong_type:
            found = table.schema[place]
            raise SuiteError(f"column {place!r} is {found}, so {rule!r} cannot run", where=where)
        broken += _broken_check(rule, check, table, None if place == "table" else place, where)
    failed = {item.rule for item in broken}
    ids = table[id_column] if id_column in table.columns else None
    findings = tuple(_finding(item, table.height, ids) for item in broken)
    return tuple((rule, rule not in failed) for rule in declared), findings


def _declared_shape(schema: pa.DataFrameSchema) -> Iterator[str]:
    if schema.strict:
        yield "table: no_other_columns"
    if schema.ordered:
        yield "table: column_order"
    if schema.unique:
        yield "table: unique"
    for name, column in schema.columns.items():
        yield f"{name}: {'present' if column.dtype is None else 'type'}"
        if not column.nullable:
            yield f"{name}: not_null"
        if column.unique:
            yield f"{name}: unique"


def _broken_shape(schema: pa.DataFrameSchema, table: pl.DataFrame, where: str) -> list[_Broken]:
    shape = deepcopy(schema)
    shape.checks = []
    for column in shape.columns.values():
        column.checks = []
    try:
        shape.validate(table, lazy=True)
    except SchemaErrors as errors:
        found = errors.schema_errors
    else:
        return []
    broken: dict[str, _Broken] = {}
    for error in found:
        reason = error.reason_code.name if error.reason_code else "UNKNOWN"
        if reason not in _SHAPE:
            raise SuiteError(f"pandera reports {reason}: {error}", where=where)
        whole = reason in _OF_THE_TABLE or error.column_name is None
        place = "table" if whole else str(error.column_name)
        rule = f"{place}: {_SHAPE[reason]}"
        broken[rule] = _shape_item(rule, reason, schema, table)
    return list(broken.values())


def _shape_item(rule: str, reason: str, schema: pa.DataFrameSchema, table: pl.DataFrame) -> _Broken:
    place = rule.partition(":")[0]
    match reason:
        case "SERIES_CONTAINS_NULLS":
            rows = _empty(table[place]).arg_true()
        case "SERIES_CONTAINS_DUPLICATES":
            rows = table[place].is_duplicated().arg_true()
        case "DUPLICATES":
            rows = table.select(schema.unique or []).is_duplicated().arg_true()
        case "COLUMN_NOT_IN_SCHEMA":
            return _Broken(rule, len(set(table.columns) - set(schema.columns)))
        case _:
            return _Broken(rule, 1)
    return _Broken(rule, rows.len(), rows)


def _empty(column: pl.Series) -> pl.Series:
    return column.is_null() | column.is_nan() if column.dtype.is_float() else column.is_null()


def _checks(schema: pa.DataFrameSchema) -> Iterator[tuple[str, pa.Check]]:
    for name, column in schema.columns.items():
        for check in column.checks:
            yield name, check
    for check in schema.checks:
        yield "table", check


def _broken_check(
    rule: str, check: pa.Check, table: pl.DataFrame, column: str | None, where: str
) -> list[_Broken]:
    # With ignore_na Pandera turns a null answer into "holds"; without it, into "does not hold".
    # Asking both ways tells the two apart.
    lenient = _answers(rule, check, table, column, where, ignore_na=True)
    strict = _answers(rule, check, table, column, where, ignore_na=False)
    unanswered = (lenient != strict).sum()
    blank = 0
    if column is not None and lenient.len() == table.height:
        if (nans := _nans(table[column])) > 0:
            raise SuiteError(
                f"{rule!r} met {nans} NaN, which compares as larger than any number",
                where=where,
                remedy="Store what is missing as null.",
            )
        blank = table[column].null_count()
        if blank == table.height:
            raise SuiteError(f"{rule!r} has no value to look at: all are null", where=where)
        unanswered = ((lenient != strict) & table[column].is_not_null()).sum()
    if unanswered:
        raise SuiteError(
            f"{rule!r} answered neither true nor false for {unanswered} rows",
            where=where,
            remedy="Let the check say what a null means (fill_null).",
        )
    answers = lenient if check.ignore_na else strict
    if answers.all():
        return []
    if answers.len() != table.height:
        return [_Broken(rule, 1)]
    rows = (~answers).arg_true()
    return [_Broken(rule, rows.len(), rows)]


def _answers(
    rule: str,
    check: pa.Check,
    table: pl.DataFrame,
    column: str | None,
    where: str,
    *,
    ignore_na: bool,
) -> pl.Series:
    asked = copy(check)
    asked.ignore_na = ignore_na
    try:
        output: pl.Series = asked(table.lazy(), column).check_output.collect().to_series()
    except Exception as error:
        first = next(iter(str(error).splitlines()), "")
        raise SuiteError(
            f"{rule!r} raised {type(error).__name__}: {first}",
            where=where,
            remedy="A check that raised has not run; repair it.",
        ) from error
    if output.dtype != pl.Boolean or output.len() not in (1, table.height):
        raise SuiteError(
            f"{rule!r} must answer true or false once, or once a row; "
            f"it gave {output.len()} values of {output.dtype} for {table.height} rows",
            where=where,
        )
    return output


def _nans(column: pl.Series) -> int:
    return int(column.is_nan().sum()) if column.dtype.is_float() else 0


def _label(check: pa.Check) -> str:
    text = str(check.error or check.name)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _finding(item: _Broken, height: int, ids: pl.Series | None) -> Finding:
    if item.rows is None:
        return Finding(f"{item.rule} does not hold", item.count)
    shown = () if ids is None else tuple(ids.gather(item.rows.head(MAX_ROWS)).to_list())
    message = f"{item.rule} does not hold for {item.count:,} of {height:,} rows"
    return Finding(message, item.count, tuple(row for row in shown if row is not None))
