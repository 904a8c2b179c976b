from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from fold_guard.checks.outcome import Outcome, Severity, Status
from fold_guard.integrations.pandera import run_pandera
from fold_guard.integrations.suite_input import SuiteInput

WritePython = Callable[..., Path]
ROOT = Path(__file__).parents[2]
AGE = "SCHEMA = pa.DataFrameSchema({'age': pa.Column(float, pa.Check.le(35))})"


def run(
    path: Path,
    suite_input: SuiteInput,
    *,
    severity: Severity = Severity.ERROR,
    parameters: dict[str, object] | None = None,
) -> Outcome:
    return run_pandera(
        "suite",
        path,
        on="table",
        severity=severity,
        suite_input=suite_input,
        parameters=parameters or {},
    )


def test_a_table_that_keeps_the_rules_passes(
    suite_input: SuiteInput, write_python: WritePython
) -> None:
    path = write_python(
        "def schema(parameters):\n"
        "    return pa.DataFrameSchema({'age': pa.Column(float, pa.Check.le(parameters['top']))})"
    )
    outcome = run(path, suite_input, parameters={"top": 99})
    assert outcome.status is Status.PASSED
    assert (outcome.code, outcome.name, outcome.target) == ("PANDERA", "suite", "table")
    assert outcome.requires == {"top": 99}
    assert outcome.measured["rules"] == {
        "age: type": True,
        "age: not_null": True,
        "age: less_than_or_equal_to(99)": True,
    }


@pytest.mark.parametrize(
    ("severity", "status"),
    [(Severity.ERROR, Status.FAILED), (Severity.WARNING, Status.WARNED)],
)
def test_a_broken_rule_counts_by_severity_and_names_rows(
    suite_input: SuiteInput, write_python: WritePython, severity: Severity, status: Status
) -> None:
    outcome = run(write_python(AGE), suite_input, severity=severity)
    assert outcome.status is status
    [finding] = outcome.findings
    assert (finding.count, finding.rows) == (6, (6, 7, 8, 9, 10, 11))
    assert outcome.measured["unsuccessful"] == 1


def test_every_kind_of_broken_shape_is_found(
    suite_input: SuiteInput, write_python: WritePython
) -> None:
    path = write_python(
        "SCHEMA = pa.DataFrameSchema({\n"
        "    'id': pa.Column(int, unique=True), 'patient': pa.Column(str),\n"
        "    'day': pa.Column(int)}, strict=True, unique=['day'])"
    )
    table = suite_input.table.with_columns(
        id=pl.lit(7, dtype=pl.Int64), day=pl.lit(None, dtype=pl.Int64)
    )
    outcome = run(path, replace(suite_input, table=table))
    broken = {rule for rule, holds in dict(outcome.measured["rules"]).items() if not holds}
    assert outcome.status is Status.FAILED
    assert broken == {
        "table: no_other_columns",
        "table: unique",
        "id: unique",
        "patient: type",
        "day: not_null",
    }


def test_findings_are_capped_and_the_count_is_whole(
    suite_input: SuiteInput, write_python: WritePython
) -> None:
    table = pl.DataFrame({"id": range(500), "age": [99.0] * 500})
    [finding] = run(write_python(AGE), replace(suite_input, table=table)).findings
    assert finding.count == 500
    assert finding.rows == tuple(range(20))


def test_a_scalar_and_a_row_wise_failure_on_one_column_are_both_reported(
    suite_input: SuiteInput, write_python: WritePython
) -> None:
    path = write_python(
        "SCHEMA = pa.DataFrameSchema({'age': pa.Column(float, [pa.Check.le(35),\n"
        "    pa.Check(lambda data: False, name='never')])})"
    )
    outcome = run(path, suite_input)
    assert outcome.status is Status.FAILED
    assert outcome.measured["unsuccessful"] == 2


NOT_RUN = {
    "nothing declared": ("SCHEMA = pa.DataFrameSchema({})", "declares no column and no check"),
    "no schema": ("OTHER = 1", "neither schema(parameters) nor SCHEMA"),
    "not a schema": ("SCHEMA = {'age': 1}", "expected a polars DataFrameSchema, got builtins.dict"),
    "syntax error": ("def schema(:", "raised SyntaxError"),
    "raises on import": ("raise RuntimeError('boom')", "raised RuntimeError: boom"),
    "raises when asked": ("def schema(parameters):\n    return parameters['nope']", "KeyError"),
    "column missing": ("SCHEMA = pa.DataFrameSchema({'no': pa.Column(int)})", "'no' is missing"),
    "column optional": (
        "SCHEMA = pa.DataFrameSchema({'no': pa.Column(int, required=False)})",
        "may be absent",
    ),
    "column by pattern": (
        "SCHEMA = pa.DataFrameSchema({'^x_.*$': pa.Column(int, regex=True)})",
        "is a pattern",
    ),
    "check raises": (
        "def boom(data):\n    raise KeyError('boom')\n"
        "SCHEMA = pa.DataFrameSchema({'age': pa.Column(float, pa.Check(boom, name='boom'))})",
        "'age: boom' raised KeyError",
    ),
    "table check raises": (
        "def boom(data):\n    return data.lazyframe.select(pl.col('nope') > 1)\n"
        "SCHEMA = pa.DataFrameSchema(checks=[pa.Check(boom, name='boom')])",
        "'table: boom' raised ColumnNotFoundError",
    ),
    "check answers null": (
        "def mute(data):\n    return data.lazyframe.select(pl.lit(None, dtype=pl.Boolean))\n"
        "SCHEMA = pa.DataFrameSchema(checks=[pa.Check(mute, name='mute')])",
        "neither true nor false",
    ),
    "check answers nothing": (
        "def none(data):\n    return data.lazyframe.select(pl.col('age') > 0).head(0)\n"
        "SCHEMA = pa.DataFrameSchema(checks=[pa.Check(none, name='none')])",
        "must answer true or false",
    ),
    "check cannot run on the type": (
        "SCHEMA = pa.DataFrameSchema({'result': pa.Column(int, pa.Check.ge(0))})",
        "'result' is String",
    ),
    "check without a name": (
        "SCHEMA = pa.DataFrameSchema({'age': pa.Column(float, pa.Check(lambda data: True))})",
        "has no name",
    ),
    "check only warns": (
        "softly = pa.Check.le(1, raise_warning=True)\n"
        "SCHEMA = pa.DataFrameSchema({'age': pa.Column(float, softly)})",
        "only warns",
    ),
    "coerce": ("SCHEMA = pa.DataFrameSchema({'age': pa.Column(str, coerce=True)})", "altered"),
    "drop_invalid_rows": (
        "SCHEMA = pa.DataFrameSchema({'age': pa.Column(float)}, drop_invalid_rows=True)",
        "drop_invalid_rows alters the table",
    ),
    "strict=filter": (
        "SCHEMA = pa.DataFrameSchema({'age': pa.Column(float)}, strict='filter')",
        "alters the table",
    ),
    "pandas schema": (
        "import pandera.pandas as pp\nSCHEMA = pp.DataFrameSchema({'age': pp.Column(float)})",
        "expected a polars DataFrameSchema",
    ),
}


@pytest.mark.parametrize(("body", "says"), NOT_RUN.values(), ids=NOT_RUN)
def test_what_did_not_run_is_an_error_even_as_a_warning(
    suite_input: SuiteInput, write_python: WritePython, body: str, says: str
) -> None:
    outcome = run(write_python(body), suite_input, severity=Severity.WARNING)
    assert outcome.status is Status.ERROR
    assert says in outcome.summary


def test_a_missing_suite_file_is_an_error(suite_input: SuiteInput, tmp_path: Path) -> None:
    outcome = run(tmp_path / "absent.py", suite_input)
    assert outcome.status is Status.ERROR
    assert "absent.py: the suite file cannot be read" in outcome.summary
    assert str(tmp_path) not in outcome.summary


@pytest.mark.parametrize(
    ("age", "says"),
    [
        (pl.lit(float("nan")), "met 12 NaN"),
        (pl.lit(None, dtype=pl.Float64), "all are null"),
    ],
    ids=["NaN", "null"],
)
def test_values_that_no_check_can_judge_are_an_error(
    suite_input: SuiteInput, write_python: WritePython, age: pl.Expr, says: str
) -> None:
    # NaN is larger than any number for polars: without care it passes ge(0).
    path = write_python(
        "SCHEMA = pa.DataFrameSchema({'age': pa.Column(float, pa.Check.ge(0), nullable=True)})"
    )
    changed = replace(suite_input, table=suite_input.table.with_columns(age=age))
    outcome = run(path, changed)
    assert outcome.status is Status.ERROR
    assert says in outcome.summary


def test_nulls_in_a_nullable_column_are_left_out_of_its_checks(
    suite_input: SuiteInput, write_python: WritePython
) -> None:
    path = write_python(
        "SCHEMA = pa.DataFrameSchema({'age': pa.Column(float, pa.Check.ge(0), nullable=True)})"
    )
    table = suite_input.table.with_columns(age=pl.when(pl.col("id") > 3).then(pl.col("age")))
    assert run(path, replace(suite_input, table=table)).status is Status.PASSED


def test_an_empty_table_is_an_error(suite_input: SuiteInput, write_python: WritePython) -> None:
    outcome = run(write_python(AGE), replace(suite_input, table=suite_input.table.head(0)))
    assert outcome.status is Status.ERROR
    assert "no rows" in outcome.summary


@pytest.mark.parametrize(
    "setting",
    [
        {"PANDERA_VALIDATION_ENABLED": "False"},
        {"PANDERA_VALIDATION_DEPTH": "SCHEMA_ONLY"},
        {"PANDERA_VALIDATION_DEPTH": "DATA_ONLY"},
    ],
    ids=lambda setting: "=".join(*setting.items()),
)
def test_pandera_switched_off_by_its_environment_is_an_error(setting: dict[str, str]) -> None:
    code = (
        "import polars as pl\n"
        "from pathlib import Path\n"
        "from fold_guard.checks.outcome import Severity\n"
        "from fold_guard.integrations.pandera import run_pandera\n"
        "from fold_guard.integrations.suite_input import SuiteInput\n"
        "table = pl.DataFrame({'row_id': [1, 1], 'fold': [0, 9], 'label': ['a', 'b'],\n"
        "                      'row_digest': pl.Series([1, 2], dtype=pl.UInt64)})\n"
        "given = SuiteInput(table, table, table, 'row_id', 'label', (), None, 2)\n"
        "outcome = run_pandera('s', Path('expectations/fold_map.py'), on='fold_map',\n"
        "                      severity=Severity.ERROR, suite_input=given, parameters={})\n"
        "print(outcome.status, outcome.summary)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **setting},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("error did not run: pandera"), done.stdout
    assert "Unset PANDERA_VALIDATION_ENABLED" in done.stdout


def test_pandera_switched_off_in_the_process_is_an_error(
    suite_input: SuiteInput, write_python: WritePython
) -> None:
    from pandera.config import config_context

    with config_context(validation_enabled=False):
        outcome = run(write_python(AGE), suite_input)
    assert outcome.status is Status.ERROR
    assert "switched off" in outcome.summary


def test_pandera_that_refuses_nothing_is_an_error(
    suite_input: SuiteInput, write_python: WritePython, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pandera.polars as pa

    monkeypatch.setattr(pa.DataFrameSchema, "validate", lambda self, frame, **_: frame)
    outcome = run(write_python(AGE), suite_input)
    assert outcome.status is Status.ERROR
    assert "let a wrong table pass" in outcome.summary


def test_the_seal_is_of_the_bytes_that_ran(
    suite_input: SuiteInput, write_python: WritePython
) -> None:
    # Same length, same second: a bytecode cache would run the old file.
    first = run(write_python(AGE), suite_input)
    second = run(write_python(AGE.replace("le(35)", "le(99)")), suite_input)
    assert (first.status, second.status) == (Status.FAILED, Status.PASSED)
    assert first.measured["files"] != second.measured["files"]


def test_a_suite_leaves_no_bytecode_behind(
    suite_input: SuiteInput, write_python: WritePython, tmp_path: Path
) -> None:
    run(write_python(AGE), suite_input)
    assert [path.name for path in tmp_path.iterdir()] == ["suite.py"]
