from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from fold_guard.checks.outcome import Outcome, Severity, Status
from fold_guard.integrations.great_expectations import run_great_expectations
from fold_guard.integrations.suite_input import SuiteInput

Write = Callable[..., Path]
ROOT = Path(__file__).parents[2]
EXPECTATIONS = ROOT / "expectations"
CLASS_COUNTS = EXPECTATIONS / "expect_class_counts_per_round.py"
IN_SET = ("expect_column_values_to_be_in_set", {"column": "label", "value_set": ["no", "yes"]})


def run(
    path: Path,
    suite_input: SuiteInput,
    *,
    modules: Sequence[Path] = (),
    severity: Severity = Severity.ERROR,
    data_docs: Path | None = None,
    **parameters: object,
) -> Outcome:
    return run_great_expectations(
        "suite",
        path,
        modules=modules,
        severity=severity,
        suite_input=suite_input,
        parameters=parameters,
        data_docs=data_docs,
    )


def custom(tmp_path: Path, body: str, name: str = "expect_it.py") -> Path:
    """A custom expectation whose ``_validate`` has the given body."""
    lines = "\n        ".join(body.splitlines())
    path = tmp_path / name
    path.write_text(
        "from great_expectations.expectations.expectation import BatchExpectation\n\n"
        "class ExpectIt(BatchExpectation):\n"
        "    metric_dependencies = ('table.row_count',)\n"
        "    def _validate(self, metrics, runtime_configuration=None, execution_engine=None):\n"
        f"        {lines}\n"
    )
    return path


def test_rounds_that_keep_the_rules_pass(suite_input: SuiteInput, write_json: Write) -> None:
    path = write_json(IN_SET, ("expect_table_row_count_to_equal", {"value": {"$PARAMETER": "n"}}))
    outcome = run(path, suite_input, n=24)
    assert outcome.status is Status.PASSED
    assert (outcome.code, outcome.name, outcome.target) == ("GX", "suite", "rounds")
    assert outcome.requires == {"n": 24}
    assert outcome.measured["expectations_declared"] == 2
    assert outcome.measured["expectations_evaluated"] == 2
    assert outcome.measured["successful"] == 2


@pytest.mark.parametrize(
    ("severity", "status"),
    [(Severity.ERROR, Status.FAILED), (Severity.WARNING, Status.WARNED)],
)
def test_a_broken_rule_counts_by_severity_and_names_rows(
    suite_input: SuiteInput, write_json: Write, severity: Severity, status: Status
) -> None:
    kwargs = {"column": "label", "value_set": ["no"]}
    path = write_json(("expect_column_values_to_be_in_set", kwargs))
    outcome = run(path, suite_input, severity=severity)
    assert outcome.status is status
    [finding] = outcome.findings
    assert finding.count == 12
    assert set(finding.rows) == {1, 3, 5, 7, 9, 11}


def test_a_parameter_is_the_one_from_params(suite_input: SuiteInput, write_json: Write) -> None:
    path = write_json(("expect_table_row_count_to_equal", {"value": {"$PARAMETER": "n"}}))
    assert run(path, suite_input, n=24).status is Status.PASSED
    assert run(path, suite_input, n=25).status is Status.FAILED


NOT_RUN = {
    "empty suite": ('{"name": "s", "expectations": []}', "declares no expectation"),
    "no list": ('{"name": "s"}', "has no list of expectations"),
    "not JSON": ("{", "not a JSON file"),
    "no type": ('{"expectations": [{"kwargs": {}}]}', "expectations[0] has no type"),
    "key twice": (
        '{"expectations": [{"type": "expect_x"}], "expectations": []}',
        "a key stands twice",
    ),
    "NaN threshold": (
        '{"expectations": [{"type": "t", "kwargs": {"min_value": NaN}}]}',
        "NaN is not JSON",
    ),
    "thresholds of its own": (
        '{"expectations": [{"type": "t"}], "suite_parameters": {"min": 1}}',
        "belong in params.yaml",
    ),
    "parameter with a value baked in": (
        '{"expectations": [{"type": "t",'
        ' "kwargs": {"v": {"$PARAMETER": "n", "$PARAMETER.n": 1}}}]}',
        "and nothing more",
    ),
    "parameter with arithmetic": (
        '{"expectations": [{"type": "t", "kwargs": {"v": {"$PARAMETER": "n - 100"}}}]}',
        "and nothing more",
    ),
    "parameter too deep": (
        '{"expectations": [{"type": "t", "kwargs": {"v": [{"$PARAMETER": "n"}]}}]}',
        "and nothing more",
    ),
    "unknown type": ('{"expectations": [{"type": "expect_nothing"}]}', "is not imported"),
    "unknown argument": (
        '{"expectations": [{"type": "expect_table_row_count_to_equal",'
        ' "kwargs": {"value": 24, "valeu": 3}}]}',
        "valeu",
    ),
    "argument missing": (
        '{"expectations": [{"type": "expect_table_row_count_to_equal"}]}',
        "value",
    ),
    "column missing": (
        '{"expectations": [{"type": "expect_column_values_to_not_be_null",'
        ' "kwargs": {"column": "nope"}}]}',
        'The column "nope" in BatchData does not exist',
    ),
    "parameter missing": (
        '{"expectations": [{"type": "expect_table_row_count_to_equal",'
        ' "kwargs": {"value": {"$PARAMETER": "n"}}}]}',
        "no value for the parameter 'n'",
    ),
}


@pytest.mark.parametrize(("text", "says"), NOT_RUN.values(), ids=NOT_RUN)
def test_what_did_not_run_is_an_error_even_as_a_warning(
    suite_input: SuiteInput, tmp_path: Path, text: str, says: str
) -> None:
    path = tmp_path / "suite.json"
    path.write_text(text)
    outcome = run(path, suite_input, severity=Severity.WARNING)
    assert outcome.status is Status.ERROR
    assert says in outcome.summary


def test_a_missing_suite_file_is_an_error(suite_input: SuiteInput, tmp_path: Path) -> None:
    outcome = run(tmp_path / "absent.json", suite_input)
    assert outcome.status is Status.ERROR
    assert "absent.json: the suite file cannot be read" in outcome.summary


def test_a_missing_module_is_an_error(
    suite_input: SuiteInput, write_json: Write, tmp_path: Path
) -> None:
    outcome = run(write_json(IN_SET), suite_input, modules=[tmp_path / "absent.py"])
    assert outcome.status is Status.ERROR
    assert "absent.py" in outcome.summary


def test_a_parameter_without_effect_is_an_error(suite_input: SuiteInput, write_json: Write) -> None:
    outcome = run(write_json(IN_SET), suite_input, min_tset=30)
    assert outcome.status is Status.ERROR
    assert "does not ask for the parameter 'min_tset'" in outcome.summary


def test_a_custom_expectation_that_is_not_imported_is_an_error(
    suite_input: SuiteInput, write_json: Write, tmp_path: Path
) -> None:
    path = write_json(IN_SET, ("expect_it", {}))
    module = custom(tmp_path, "return {'success': True, 'result': {'observed_value': 1}}")
    assert run(path, suite_input, modules=[module]).status is Status.PASSED
    # Great Expectations still knows the class from the run above; params do not name it.
    outcome = run(path, suite_input)
    assert outcome.status is Status.ERROR
    assert "'expect_it' is not imported" in outcome.summary


def test_great_expectations_itself_drops_what_it_does_not_know() -> None:
    # The trap that the rules above are for; when this fails, the library has changed its mind.
    import great_expectations as gx

    suite = gx.ExpectationSuite(name="s", expectations=[{"type": "expect_nothing", "kwargs": {}}])
    assert suite.expectations == []


def test_fewer_evaluated_than_declared_is_an_error(
    suite_input: SuiteInput, write_json: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fold_guard.integrations import gx_run

    validate = gx_run.validate

    def lossy(*given: object) -> object:
        validated = validate(*given)
        return replace(validated, results=validated.results[1:])

    monkeypatch.setattr(gx_run, "validate", lossy)
    path = write_json(IN_SET, ("expect_table_row_count_to_equal", {"value": 24}))
    outcome = run(path, suite_input)
    assert outcome.status is Status.ERROR
    assert "2 expectations are declared, 1 were evaluated" in outcome.summary


def test_another_threshold_than_declared_is_an_error(
    suite_input: SuiteInput, write_json: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fold_guard.integrations import gx_run

    validate = gx_run.validate

    def loosened(name: str, declared: object, values: dict[str, object], rounds: object) -> object:
        return validate(name, declared, {**values, "n": 24}, rounds)

    monkeypatch.setattr(gx_run, "validate", loosened)
    path = write_json(("expect_table_row_count_to_equal", {"value": {"$PARAMETER": "n"}}))
    outcome = run(path, suite_input, n=99)
    assert outcome.status is Status.ERROR
    assert "other arguments than declared" in outcome.summary


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("raise KeyError('boom')", "raised an exception: 'boom'"),
        ("return {'success': True, 'result': {}}", "observed nothing"),
        ("return {'success': True, 'result': {'observed_value': None}}", "observed nothing"),
        (
            "return {'success': True, 'result': {'observed_value': float('nan')}}",
            "observed NaN or None",
        ),
        ("return {'success': True, 'result': {'observed_value': {'n': None}}}", "NaN or None"),
        (
            "return {'success': True, 'result': {'observed_value': {'share': float('nan')}}}",
            "observed NaN or None",
        ),
        ("return {'success': None, 'result': {'observed_value': 1}}", "neither success nor"),
    ],
)
def test_a_custom_expectation_that_says_nothing_is_an_error(
    suite_input: SuiteInput, write_json: Write, tmp_path: Path, body: str, says: str
) -> None:
    outcome = run(write_json(("expect_it", {})), suite_input, modules=[custom(tmp_path, body)])
    assert outcome.status is Status.ERROR
    assert says in outcome.summary


def test_a_column_of_nulls_is_an_error(suite_input: SuiteInput, write_json: Write) -> None:
    # Great Expectations leaves nulls out, and finds nothing wrong with what remains.
    rounds = suite_input.rounds.with_columns(label=pl.lit(None, dtype=pl.String))
    outcome = run(write_json(IN_SET), replace(suite_input, rounds=rounds))
    assert outcome.status is Status.ERROR
    assert "all are null" in outcome.summary


@pytest.mark.parametrize(
    ("keep", "says"),
    [
        (pl.col("round") > 9, "the rounds table has no rows"),
        (pl.col("round") == 0, "rounds [0] are not those of 2 folds"),
    ],
)
def test_rounds_that_are_not_there_are_an_error(
    suite_input: SuiteInput, write_json: Write, keep: pl.Expr, says: str
) -> None:
    outcome = run(write_json(IN_SET), replace(suite_input, rounds=suite_input.rounds.filter(keep)))
    assert outcome.status is Status.ERROR
    assert says in outcome.summary


def test_two_expectations_of_one_type_are_told_apart(
    suite_input: SuiteInput, write_json: Write
) -> None:
    kind = "expect_column_values_to_not_be_null"
    path = write_json((kind, {"column": "label"}), (kind, {"column": "day"}))
    rounds = suite_input.rounds.with_columns(day=pl.when(pl.col("day") > 2).then(pl.col("day")))
    outcome = run(path, replace(suite_input, rounds=rounds))
    assert outcome.measured["rules"] == {f"{kind}(label)": True, f"{kind}(day)": False}


def test_findings_are_capped_and_the_count_is_whole(
    suite_input: SuiteInput, write_json: Write, tmp_path: Path
) -> None:
    body = (
        "listed = [{'message': f'{n}', 'count': n, 'rows': list(range(99))} for n in range(50)]\n"
        "return {'success': False, 'result': {'observed_value': 50, 'details': "
        "{'findings': listed}}}"
    )
    outcome = run(write_json(("expect_it", {})), suite_input, modules=[custom(tmp_path, body)])
    assert len(outcome.findings) == 21
    assert outcome.findings[-1].message == "expect_it: 30 more findings are not listed"
    assert all(len(finding.rows) <= 20 for finding in outcome.findings)


def test_large_group_ids_with_nulls_stay_apart(suite_input: SuiteInput, write_json: Write) -> None:
    # As floats, 2**53 and 2**53 + 1 are one number.
    from fold_guard.integrations.gx_run import _pandas

    frame = _pandas(pl.DataFrame({"patient": [2**53, 2**53 + 1, None]}))
    assert frame["patient"].nunique() == 2


def test_nothing_is_printed(
    suite_input: SuiteInput, write_json: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    run(write_json(IN_SET), suite_input)
    assert capfd.readouterr() == ("", "")


def test_importing_the_integrations_imports_no_validator() -> None:
    code = (
        "import sys\n"
        "import fold_guard.integrations.great_expectations, fold_guard.integrations.pandera\n"
        "heavy = {'great_expectations', 'pandera', 'pandas', 'sklearn', 'jinja2'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"


def test_this_repository_s_suites_are_what_the_library_would_write() -> None:
    import great_expectations as gx

    for path in sorted(EXPECTATIONS.glob("*.json")):
        document = json.loads(path.read_text())
        assert document["meta"]["great_expectations_version"].startswith("1.")
        assert gx.ExpectationSuite(name=document["name"], meta=document["meta"]).name == path.stem
