from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from fold_guard.checks.outcome import Outcome, Status
from fold_guard.checks.subjects.subject import Subject

Run = Callable[..., tuple[Outcome, ...]]


def test_against_pandas(
    covid: pd.DataFrame, covid_subject: Callable[..., Subject], outcomes_of: Run
) -> None:
    subject = covid_subject()
    [found] = outcomes_of(subject, "label_conflict")
    groups = covid.groupby(list(subject.features), dropna=False, sort=False)["result"]
    kinds = groups.transform("nunique")
    assert found.measured == {
        "clusters_conflicting": int((groups.nunique() > 1).sum()),
        "rows_conflicting": int((kinds > 1).sum()),
    }
    assert found.measured["clusters_conflicting"], "the demo data must put the check to the test"
    assert found.status is Status.WARNED
    listed = covid.set_index("row_id").loc[list(found.findings[0].rows)]
    assert listed["result"].nunique() > 1
    assert len(listed[list(subject.features)].drop_duplicates()) == 1


def test_the_finding_names_the_labels(subject_of: Callable[..., Subject], outcomes_of: Run) -> None:
    columns = {"id": [1, 2, 3], "fold": [0, 1, 1], "y": ["q", "<b>", "q"], "a": [1, 1, 1]}
    [found] = outcomes_of(subject_of({"columns": columns, "label": "y"}), "label_conflict")
    assert found.summary == (
        "3 rows in 1 set of rows that are equal in every feature but not in label"
    )
    assert found.findings[0].message == '3 rows equal in 1 feature, labels "<b>" and "q"'
    assert found.findings[0].rows == (1, 2, 3)


def test_it_applies_to_classes_and_features_only(
    subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    columns = {"id": [1, 2], "fold": [0, 1], "y": ["p", "q"], "z": [0.5, 1.0]}
    for example in (
        {"columns": columns},
        {"columns": columns, "label": "z"},
        {"columns": columns, "label": "y", "features": []},
    ):
        [found] = outcomes_of(subject_of(example), "label_conflict")
        assert found.status is Status.NOT_APPLICABLE
