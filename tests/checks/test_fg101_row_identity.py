from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from fold_guard.checks.outcome import Outcome, Status
from fold_guard.checks.subjects.subject import Subject

Run = Callable[..., tuple[Outcome, ...]]


def test_against_pandas(
    covid: pd.DataFrame, covid_subject: Callable[..., Subject], outcomes_of: Run
) -> None:
    [found] = outcomes_of(covid_subject(), "row_identity")
    assert found.measured == {
        "rows": len(covid),
        "null_ids": int(covid["row_id"].isna().sum()),
        "duplicate_ids": int(covid["row_id"].duplicated().sum()),
    }
    assert found.summary == "15,524 rows, each with its own id"


def test_a_table_without_an_id_is_told_that_rows_go_by_number(
    subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    [found] = outcomes_of(subject_of({"columns": {"fold": [0, 1]}, "id": []}), "row_identity")
    assert found.status is Status.NOT_APPLICABLE
    assert found.summary == "no id column was named; findings cite row numbers"


def test_the_finding_says_which_rows(subject_of: Callable[..., Subject], outcomes_of: Run) -> None:
    columns = {"id": ["a", None, "a", "b"], "fold": [0, 1, 0, 1]}
    [found] = outcomes_of(subject_of({"columns": columns}), "row_identity")
    null, repeated = found.findings
    assert null.message == "1 row without an id, at 1 counted from 0"
    assert (repeated.count, repeated.rows) == (1, ("a",))
    assert found.summary == "1 row without an id and 1 row with the id of an earlier row"
