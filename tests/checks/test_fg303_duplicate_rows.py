from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
    subject = covid_subject(scheme=scheme)
    features = list(subject.features)
    both = outcomes_of(subject, "duplicate_rows")
    assert [each.target for each in both] == ["10 features", "10 features + label"]
    for found, columns in zip(both, (features, [*features, "result"]), strict=True):
        groups = covid.groupby(columns, dropna=False, sort=False)
        number = groups.ngroup()
        sizes = groups["row_id"].transform("size")
        copies = covid.assign(number=number)[sizes > 1]
        folds = copies.groupby("number")[column].nunique()
        crossing = folds.index[folds > 1]
        size = copies.groupby("number").size()
        within = copies.groupby(["number", column]).size()
        rounds = {
            str(j): {"test_rows_with_copy_in_train": int((test & number.isin(number[train])).sum())}
            for j, (train, test) in rounds_of(covid[column], scheme).items()
        }
        assert found.measured == {
            "columns": len(columns),
            "clusters": copies["number"].nunique(),
            "rows_in_clusters": len(copies),
            "clusters_crossing": len(crossing),
            "rows_in_crossing_clusters": int(copies["number"].isin(crossing).sum()),
            "cross_fold_pairs": int(
                (size * (size - 1) // 2).sum() - (within * (within - 1) // 2).sum()
            ),
            "rounds": rounds,
            "test_rows_with_copy_in_train_total": sum(
                each["test_rows_with_copy_in_train"] for each in rounds.values()
            ),
            "distinct_rows": number.nunique(),
        }
        assert found.measured["clusters_crossing"], "the demo data must put the check to the test"


def test_a_pair_is_told_with_its_folds_and_labels(
    subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    columns = {
        "id": [9, 4, 1, 2, 3, 5, 6, 7, 8, 10],
        "fold": [1, 3, 0, 2, 0, 1, 2, 3, 0, 2],
        "y": ["negative", "positive"] + ["negative"] * 8,
        "a": [0.5, 0.5, *range(1, 9)],
    }
    features, with_label = outcomes_of(
        subject_of({"columns": columns, "label": "y"}), "duplicate_rows"
    )
    assert features.summary == (
        "1 pair of identical rows lies in different folds; 2 test rows (20.0%) have a copy in train"
    )
    [finding] = features.findings
    assert finding.message == (
        '2 rows equal in 1 column, folds 1 and 3, labels "negative" and "positive"'
    )
    assert (finding.count, finding.rows) == (2, (4, 9))
    assert (with_label.status, with_label.summary) == (Status.PASSED, "no two rows are identical")


def test_coarse_features_are_said_to_be_coarse(
    subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    columns = {"id": list(range(40)), "fold": [0, 1] * 20, "sex": list("mmff") * 10}
    [found] = outcomes_of(subject_of({"columns": columns}), "duplicate_rows")
    assert found.status is Status.FAILED
    assert found.summary.endswith(
        "; the columns have only 2 distinct rows in 40, copies may be lawful"
    )
    assert [each.count for each in found.findings] == [20, 20]
    assert len(found.findings[0].rows) == 20


def test_no_label_no_second_outcome_and_no_feature_no_check(
    subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    columns = {"id": [1, 2], "fold": [0, 1], "a": [1, 2]}
    assert len(outcomes_of(subject_of({"columns": columns}), "duplicate_rows")) == 1
    bare = subject_of({"columns": columns, "features": []})
    [found] = outcomes_of(bare, "duplicate_rows")
    assert (found.status, found.summary) == (Status.NOT_APPLICABLE, "there is no feature column")
