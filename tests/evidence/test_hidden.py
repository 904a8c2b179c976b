"""With a key: pseudonyms for ids, and no text that may quote a row."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from fold_guard.checks.outcome import Finding
from fold_guard.crossval.requirements.check import check_requirements
from fold_guard.crossval.result import Concern, FitWarning
from fold_guard.crossval.runs.faults import unquoted
from fold_guard.crossval.runs.recheck import NOT_RECHECKED
from fold_guard.errors import FoldGuardError, Incomplete, RepeatedIdsError
from fold_guard.evidence.hidden import (
    hidden_error,
    hidden_report,
    hidden_requirements,
    hidden_result,
)
from fold_guard.identity.pseudonyms import PseudonymKey, pseudonyms
from tests.crossval.results import classification, with_failure
from tests.reports.text_fixtures import leaky

KEY = PseudonymKey(b"0123456789abcdef0123456789abcdef")
QUOTED = "ValueError: could not convert string to float: 'P00123'"


def name_of(row: int | str) -> str:
    return str(pseudonyms(pl.Series([row]), KEY)[0])


def test_findings_cite_pseudonyms_in_an_order_that_tells_nothing() -> None:
    report = leaky()
    hidden = hidden_report(report, KEY)
    cited = 0
    for before, after in zip(report.checks, hidden.checks, strict=True):
        assert replace(before, findings=()) == replace(after, findings=())
        for one, other in zip(before.findings, after.findings, strict=True):
            assert other.rows == tuple(sorted(name_of(row) for row in one.rows))
            assert (other.message, other.count) == (one.message, one.count)
            cited += len(one.rows)
    assert cited > 0
    assert hidden_report(report, None) is report


def test_row_numbers_are_no_ids() -> None:
    report = leaky()
    numbered = replace(report, dataset=replace(report.dataset, id=()))
    assert hidden_report(numbered, KEY) is numbered


def test_texts_of_ids_are_replaced_in_the_words_that_cite_them() -> None:
    report = leaky()
    finding = Finding("unique: P1, P12 and 'P1' of 7 rows (P123, AP1)", 3, ("P1", "P12", 7))
    odd = replace(report, checks=(replace(report.checks[0], findings=(finding,)),))
    [found] = hidden_report(odd, KEY).checks[0].findings
    one, other = name_of("P1"), name_of("P12")
    # Only whole ids, and only texts: 7 is a count here, and also an id.
    assert found.message == f"unique: {one}, {other} and '{one}' of 7 rows (P123, AP1)"
    assert found.rows == tuple(sorted((one, other, name_of(7))))


def test_a_result_without_ids_and_without_what_was_quoted() -> None:
    made = classification(["a", "b", "a"], [[1, 0], [0, 1], [0.4, 0.6]], folds=[0, 1, 1])
    failed = replace(
        with_failure(made, 2, QUOTED),
        warnings=(FitWarning("UserWarning", "unknown categories ['P00123']", (0,)),),
        concerns=(
            Concern(NOT_RECHECKED, f"it failed: round 1 ({QUOTED})", blocking=True),
            Concern("not_deterministic", "round 0 gave other predictions"),
        ),
    )
    outcomes = check_requirements(failed, ())
    assert any("P00123" in each.message for each in outcomes)
    hidden = hidden_result(failed, KEY)
    texts = (
        str(hidden.failures),
        str(hidden.warnings),
        str(hidden.concerns),
        str(hidden_requirements(outcomes, failed)),
    )
    assert not any("P00123" in text for text in texts)
    assert hidden.failures[0].error.startswith("ValueError (")
    assert hidden.warnings[0].category == "UserWarning"
    assert hidden.concerns[1] == failed.concerns[1]
    assert [each.blocking for each in hidden.concerns] == [True, False]
    before = dict(made.predictions.select("row_id", "label").iter_rows())
    after = dict(hidden.predictions.select("row_id", "label").iter_rows())
    assert after == {name_of(row): label for row, label in before.items()}
    assert hidden.predictions["row_id"].is_sorted()
    assert hidden_result(failed, None) is failed


@pytest.mark.parametrize(
    "text",
    [
        "the process was ended by SIGKILL",
        "predict gave shape (1,) for 2 rows",
        "not enough memory: 3 GB",
    ],
)
def test_what_we_say_ourselves_stays(text: str) -> None:
    assert unquoted(text) == text


def test_an_error_says_where_and_what_to_do_and_quotes_nothing() -> None:
    error = Incomplete(f"{QUOTED}\nmore", where="round 3", remedy="Mend it")
    told = hidden_error(error, KEY)
    assert told.startswith("round 3: ValueError (its text")
    assert told.endswith(". Mend it")
    assert "P00123" not in told
    assert hidden_error(error, None) == str(error)
    plain = Incomplete("stopped after 3 rounds")
    assert hidden_error(plain, KEY) == str(plain)


def test_what_was_raised_below_is_not_quoted_anywhere() -> None:
    raised = FoldGuardError("the estimator failed with ValueError: bad 'P00123'", where="round 3")
    raised.__cause__ = ValueError("bad 'P00123'")
    above = FoldGuardError(f"no model ({raised.what})")
    above.__cause__ = raised
    for error in (raised, above):
        assert "P00123" not in hidden_error(error, KEY)
        assert "the estimator failed with ValueError (its text" in hidden_error(error, KEY)


def test_rows_that_errors_name_go_by_pseudonym() -> None:
    text = "the first is row id 7, in row 3; that of row \"P'1\" and row id 'P2'"
    told = hidden_error(FoldGuardError(text), KEY)
    ones = [repr(name_of(row)) for row in (7, "P'1", "P2")]
    assert told == (
        f"the first is row id {ones[0]}, in row 3; that of row id {ones[1]} and row id {ones[2]}"
    )


def test_repeated_ids_are_cited_by_pseudonym() -> None:
    told = hidden_error(RepeatedIdsError(4, ("P1", 7), where="table"), KEY)
    assert told.startswith("table: 4 rows repeat an id, for instance ")
    assert repr(name_of("P1")) in told
    assert "P1'" not in told.replace(name_of("P1"), "")
