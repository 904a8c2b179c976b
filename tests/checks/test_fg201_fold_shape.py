from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from fold_guard.checks.outcome import Outcome
from fold_guard.checks.subjects.subject import Subject

Run = Callable[..., tuple[Outcome, ...]]


@pytest.mark.parametrize(("scheme", "column"), [("kfold", "fold"), ("forward", "block")])
def test_against_pandas(
    scheme: str,
    column: str,
    covid: pd.DataFrame,
    covid_subject: Callable[..., Subject],
    rounds_of: Callable[..., Any],
    outcomes_of: Run,
) -> None:
    [found] = outcomes_of(covid_subject(scheme=scheme), "fold_shape")
    sizes = {
        str(j): {"train_rows": int(train.sum()), "test_rows": int(test.sum())}
        for j, (train, test) in rounds_of(covid[column], scheme).items()
    }
    assert found.measured["rounds"] == sizes
    assert found.measured["folds"] == 5
    assert found.measured["empty_rounds"] == 0
    tests = [test for _, test in rounds_of(covid[column], scheme).values()]
    assert found.measured["rows_in_no_test_set"] == (~pd.concat(tests, axis=1).any(axis=1)).sum()
    tested = [each["test_rows"] for each in sizes.values()]
    assert found.measured["size_ratio"] == pytest.approx(max(tested) / min(tested))


def test_uneven_folds_are_named(subject_of: Callable[..., Subject], outcomes_of: Run) -> None:
    columns = {"id": list(range(100)), "fold": [0] * 90 + [1] * 3 + [2] * 3 + [3] * 2 + [4] * 2}
    [found] = outcomes_of(subject_of({"columns": columns}), "fold_shape", max_size_ratio=3)
    assert found.summary == (
        "5 folds, test sides of 2 to 90 rows, the largest 45.00 times the smallest"
    )
    assert found.findings[0].message == (
        "test sides have 2 (fold 3) to 90 (fold 0) rows, 45.00 times as many; policy allows 3"
    )


def test_empty_sides_are_named(subject_of: Callable[..., Subject], outcomes_of: Run) -> None:
    [found] = outcomes_of(
        subject_of({"columns": {"id": [1, 2, 3], "fold": [0, 1, 4]}}), "fold_shape"
    )
    assert found.summary == "rounds 2 and 3 have an empty side"
    assert [each.message for each in found.findings] == [
        "round 2 has no row to test",
        "round 3 has no row to test",
    ]
