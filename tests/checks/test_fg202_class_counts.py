from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fold_guard.checks.outcome import Outcome, Status
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
    [found] = outcomes_of(covid_subject(scheme=scheme), "class_counts")
    rounds = rounds_of(covid[column], scheme).values()
    for side, name in ((1, "min_test"), (0, "min_train")):
        counts = pd.DataFrame([covid.loc[masks[side], "result"].value_counts() for masks in rounds])
        assert found.measured[name] == counts.fillna(0).min().astype(int).to_dict()
        missing = f"classes_missing_in_{name[4:]}"
        assert found.measured[missing] == sorted(counts.columns[counts.isna().any()])
    assert found.measured["classes"] == 3


def test_the_shortfall_is_told_as_the_policy_asks(
    covid: pd.DataFrame, covid_subject: Callable[..., Subject], outcomes_of: Run
) -> None:
    invalid = covid.loc[(covid["result"] == "invalid") & (covid["fold"] >= 0), "fold"]
    counts = invalid.value_counts()
    [found] = outcomes_of(covid_subject(), "class_counts", min_test=int(counts.min()) + 1)
    assert found.status is Status.FAILED
    assert found.findings[0].message == (
        f'"invalid" has {counts.min()} rows in the test side of fold {counts.idxmin()}; '
        f"policy asks for {counts.min() + 1}"
    )
    assert found.findings[0].count == counts.min()


def test_ten_thousand_classes_stay_a_short_report(
    subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    n = 20_000
    columns = {
        "id": np.arange(n),
        "fold": np.arange(n) % 5,
        "y": [f"class {i // 2:05}" for i in range(n)],
    }
    [found] = outcomes_of(subject_of({"columns": columns, "label": "y"}), "class_counts")
    measured = found.measured
    assert (measured["classes"], measured["classes_shown"]) == (10_000, 20)
    assert measured["classes_missing_in_test_count"] == 10_000
    assert measured["classes_missing_in_train_count"] == 0
    # Each class has two rows, in two of five folds.
    assert measured["shortfalls"] == 30_000
    assert len(found.findings) == 5
    assert len(json.dumps(measured)) < 3000
    assert found.summary == (
        '"class 00000" has 0 rows in the test side of fold 2; policy asks for 1 '
        "(and 29,999 more such)"
    )


def test_continuous_and_absent_labels_have_no_classes(
    subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    columns = {"id": [1, 2], "fold": [0, 1], "y": [0.5, 1.0]}
    for label, reason in (
        ("y", "the label is continuous, it has no classes"),
        (None, "there is no label column"),
    ):
        [found] = outcomes_of(subject_of({"columns": columns, "label": label}), "class_counts")
        assert (found.status, found.summary) == (Status.NOT_APPLICABLE, reason)


def test_no_label_at_all_is_not_passed(
    subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    columns = {"id": [1, 2], "fold": [0, 1], "y": [None, None]}
    [found] = outcomes_of(subject_of({"columns": columns, "label": "y"}), "class_counts")
    assert (found.status, found.summary) == (
        Status.ERROR,
        "every label is null, nothing to count",
    )
