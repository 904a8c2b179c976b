from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from rich.cells import cell_len

from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.outcome import Finding, Outcome, Severity, Status
from fold_guard.cli.options import Format
from fold_guard.evidence.audit import audit
from fold_guard.evidence.report import Report, report_from_json
from fold_guard.reports.formats import FORMATS, renderer
from fold_guard.reports.json import render_json
from fold_guard.reports.text import render_text
from tests.reports import text_fixtures as made

REPORTS: dict[str, Callable[[], Report]] = {
    "leaky": made.leaky,
    "clean": made.clean_split,
    "warned": made.warned,
    "hostile": made.hostile,
    "empty": made.empty,
    "checked": lambda: made.checked(made.lenient())[0],
    "refused": lambda: made.checked(made.strict())[0],
}


@pytest.fixture(params=REPORTS, scope="module")
def report(request: pytest.FixtureRequest) -> Report:
    return REPORTS[request.param]()


@pytest.mark.parametrize("width", made.WIDTHS)
def test_nothing_is_wider_than_the_terminal_or_ends_in_a_space(report: Report, width: int) -> None:
    text = render_text(report, width=width)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    for line in text.splitlines():
        assert cell_len(line) <= width, line
        assert line == line.rstrip()


@pytest.mark.parametrize("width", made.WIDTHS)
def test_colour_changes_no_word(report: Report, width: int) -> None:
    coloured = render_text(report, width=width, colour=True)
    assert made.plain(coloured) == render_text(report, width=width)
    assert coloured != render_text(report, width=width)


def test_the_verdict_is_the_first_word(report: Report) -> None:
    first = render_text(report).split()[0]
    assert first == ("PASSED" if report.passed else "REFUSED")


def test_what_was_not_run_is_always_said(report: Report) -> None:
    text = render_text(report)
    assert text.count("not run: ") == 1
    said = text[text.index("not run: ") :]
    for each in report.not_run:
        assert each.code in said


def test_nothing_that_was_checked_goes_unmentioned(report: Report) -> None:
    text = render_text(report, width=120)
    for each in report.checks:
        assert each.code in text


def test_output_is_the_same_every_time() -> None:
    assert render_text(made.leaky()) == render_text(made.leaky())


def test_a_terminal_is_never_obeyed() -> None:
    for name in FORMATS:
        if name != "html":
            text = renderer(name)(made.hostile())
            assert not set(text) & set("\x1b\x07\x9b\r\u202e\u2066\u200b")


def test_failures_come_first_in_capitals_and_with_their_number() -> None:
    report = made.leaky()
    text = render_text(report, width=120)
    words = [line.split() for line in text.splitlines() if line.startswith("FG")]
    states = [next(w for w in line if w in ("FAILED", "warned", "passed")) for line in words]
    assert states == sorted(states, key=("FAILED", "warned", "passed").index)
    assert states.count("FAILED") == report.count(Status.FAILED) >= 2
    summary = next(each.summary for each in report.checks if each.code == "FG301")
    assert " ".join(text.split()).count(summary) == 1
    assert f"2 failed, {report.count(Status.PASSED)} passed" in text


def test_findings_name_rows_and_the_cap_is_stated() -> None:
    report = made.leaky()
    text = render_text(report, width=120)
    worst = text[text.index("\nWorst  ") : text.index("\nNext  ")]
    assert "patient 0: 3 rows in folds 0, 1 and 2: rows 1000, 1001, 1002\n" in worst
    kept = sum(len(each.findings) for each in report.checks)
    shown = worst.count("FG301") + worst.count("FG306")
    assert shown == 6
    more = f"... and {kept - shown} more; "
    assert f"{more}audit with --findings FILE.parquet for every row of each" in worst
    # A plan is checked by another command, which writes no such file.
    planned = render_text(replace(report, plan="p"), width=120)
    assert f"{more}--format json has all that were kept" in planned
    # Each check that broke shows at least its first finding.
    assert "FG306" in worst


def test_the_next_steps_exist() -> None:
    text = render_text(made.leaky(), next_steps=["fold-guard gate --plan x"])
    after = text[text.index("\nNext  ") :]
    assert after.index("fold-guard gate --plan x") < after.index("fold-guard explain FG301")
    assert "--repair" not in text
    assert "--deep" not in after
    refused = " ".join(render_text(REPORTS["refused"]()).split())
    assert "params.yaml: plans.main.checks.class_counts" in refused


def test_what_the_policy_lets_pass_is_not_lectured_about() -> None:
    idle = Outcome("FG305", "label_conflict", "y", Status.WARNED, Severity.WARNING, "3 rows")
    fix = BY_NAME["label_conflict"].explanation.fix.split(",")[0]
    audited = replace(made.clean_split(), checks=(idle,))
    assert fix in render_text(audited, width=120)
    planned = render_text(replace(audited, plan="main"), width=120)
    assert fix not in planned
    assert "fold-guard explain FG305" in planned


def test_a_clean_split_gives_four_lines() -> None:
    text = render_text(made.clean_split(), width=110)
    assert len(text.splitlines()) == 4
    assert "FG301" in text
    assert "warn" not in text


def test_warnings_do_not_hide_behind_passed() -> None:
    lines = render_text(made.warned(), width=110).splitlines()
    assert lines[0].startswith("PASSED with 1 warning  t.parquet")
    assert any(line.startswith("FG305") and "warned" in line for line in lines)


def test_no_check_is_no_pass() -> None:
    assert "no check ran" in render_text(made.empty())


def test_errors_and_skips_are_said_in_words() -> None:
    crashed = Outcome("FG301", "group_overlap", "", Status.ERROR, Severity.ERROR, "it crashed")
    skipped = Outcome("GX", "my_suite", "rounds", Status.SKIPPED, Severity.ERROR, "not imported")
    idle = Outcome("FG306", "temporal_order", "", Status.NOT_APPLICABLE, Severity.ERROR, "no time")
    text = render_text(replace(made.clean_split(), checks=(skipped, idle, crashed), not_run=()))
    assert "1 could not run, 1 skipped, 1 not applicable, 0 not run" in text
    assert text.index("ERROR") < text.index("SKIPPED")
    assert "not run: FG306 temporal_order (no time)" in text


def test_rows_without_ids_are_called_row_numbers() -> None:
    frame = made.table().with_columns(fold=np.arange(240) % 4)
    report = audit(frame, fold="fold", groups=["patient"], features=["x"])
    text = render_text(report, width=120)
    assert "row numbers 0, 1, 2" in text
    assert "count from 0" in text


def test_rows_that_always_train_are_counted_in_the_first_line() -> None:
    frame = made.table().with_columns(fold=np.arange(240) % 4 - 1)
    report = audit(frame, fold="fold", id="visit", features=["x"])
    assert "3 folds (60 rows always train)" in render_text(report).splitlines()[0]


def test_many_findings_stay_short() -> None:
    found = tuple(Finding(f"thing {i}", 9000, tuple(range(20))) for i in range(500))
    outcome = Outcome("FG301", "group_overlap", "k", Status.FAILED, Severity.ERROR, "x", {}, found)
    text = render_text(replace(made.clean_split(), checks=(outcome,)), width=100)
    assert len(text.splitlines()) < 30
    assert "... and 494 more" in text
    assert "rows 0, 1, 2, 3, 4, ..." in text


def test_a_count_beyond_the_listed_rows_leaves_an_ellipsis() -> None:
    found = (Finding("copies", 40, (1, 2)), Finding("one", 1, (7,)), Finding("no rows", 3))
    outcome = Outcome("FG303", "duplicate_rows", "", Status.FAILED, Severity.ERROR, "x", {}, found)
    text = render_text(replace(made.clean_split(), checks=(outcome,)))
    assert "copies: rows 1, 2, ...\n" in text
    assert "one: row 7\n" in text
    assert "no rows\n" in text


def test_json_is_the_report_and_reads_back() -> None:
    for make in REPORTS.values():
        report = make()
        text = render_json(report)
        assert json.loads(text) == json.loads(json.dumps(report.to_json()))
        again = report_from_json(json.loads(text), source="x", remedy="")
        assert render_json(again) == text
        assert text.endswith("}\n")


def test_json_refuses_what_json_cannot_hold() -> None:
    first, *_ = made.clean_split().checks
    broken = replace(made.clean_split(), checks=(replace(first, measured={"x": float("inf")}),))
    with pytest.raises(ValueError, match="JSON"):
        render_json(broken)


def test_letters_of_any_script_stay_readable_in_json() -> None:
    frame = pl.DataFrame({"y": ["日本", "Ö"] * 4, "fold": [0, 1] * 4})
    assert "日本" in render_json(audit(frame, fold="fold", label="y", features=[]))


def test_the_formats_are_those_of_the_command_line() -> None:
    assert {"text", "json", "html"} <= set(FORMATS)
    assert [each.value for each in Format] == list(FORMATS)
    assert renderer("text") is render_text


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_takes_what_the_command_line_gives(name: str) -> None:
    text = renderer(name)(made.leaky(), width=90, colour=False, next_steps=["do this"])
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
