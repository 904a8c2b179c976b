from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from fold_guard.checks.outcome import Outcome, Status
from fold_guard.checks.subjects.subject import Subject

Run = Callable[..., tuple[Outcome, ...]]


@pytest.mark.parametrize(("scheme", "column"), [("kfold", "fold"), ("forward", "block")])
@pytest.mark.parametrize("key", ["subject_id", "payor_group"])
def test_against_pandas(
    key: str,
    scheme: str,
    column: str,
    covid: pd.DataFrame,
    covid_subject: Callable[..., Subject],
    rounds_of: Callable[..., Any],
    outcomes_of: Run,
) -> None:
    [found] = outcomes_of(covid_subject(groups=(key,), scheme=scheme), "group_overlap")
    keyed = covid.dropna(subset=[key])
    folds = keyed.groupby(key)[column].nunique()
    spanning = folds.index[folds > 1]
    sizes = keyed.groupby(key).size()
    within = keyed.groupby([key, column]).size()
    rounds = {}
    for j, (train, test) in rounds_of(covid[column], scheme).items():
        trained = set(covid.loc[train, key].dropna())
        leaking = covid.loc[test & covid[key].isin(trained), key]
        rounds[str(j)] = {
            "groups_shared": leaking.nunique(),
            "test_rows_leaking": len(leaking),
        }
    assert found.measured == {
        "groups": keyed[key].nunique(),
        "null_keys": int(covid[key].isna().sum()),
        "groups_spanning": len(spanning),
        "rows_in_spanning_groups": int(keyed[key].isin(spanning).sum()),
        "cross_fold_pairs": int(
            (sizes * (sizes - 1) // 2).sum() - (within * (within - 1) // 2).sum()
        ),
        "rounds": rounds,
        "test_rows_leaking_total": sum(each["test_rows_leaking"] for each in rounds.values()),
    }


def test_each_key_has_an_outcome_of_its_own(
    covid_subject: Callable[..., Subject], outcomes_of: Run
) -> None:
    found = outcomes_of(covid_subject(groups=("subject_id", "gender")), "group_overlap")
    assert [each.target for each in found] == ["subject_id", "gender"]


def test_the_worst_groups_come_first_with_their_rows(
    covid: pd.DataFrame, covid_subject: Callable[..., Subject], outcomes_of: Run
) -> None:
    [found] = outcomes_of(covid_subject(), "group_overlap")
    sizes = covid.groupby("subject_id").size()
    assert [each.count for each in found.findings] == sorted(sizes, reverse=True)[:5]
    first = found.findings[0]
    subject = int(first.message.split(":")[0].removeprefix("subject_id "))
    assert list(first.rows) == sorted(covid.loc[covid["subject_id"] == subject, "row_id"])[:20]


def test_the_summary_has_the_numbers_that_matter(
    subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    columns = {"id": [1, 2, 3, 4], "fold": [0, 1, 0, 1], "patient": [5, 5, 6, 7]}
    [found] = outcomes_of(subject_of({"columns": columns, "groups": ["patient"]}), "group_overlap")
    assert found.summary == (
        "1 of 3 groups lies in several folds; 2 test rows (50.0%) have their group in train"
    )
    assert found.findings[0].message == "patient 5: 2 rows in folds 0 and 1"


def test_a_key_that_is_null_everywhere_is_not_passed(
    subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    columns = {"id": [1, 2], "fold": [0, 1], "patient": [None, None]}
    [found] = outcomes_of(subject_of({"columns": columns, "groups": ["patient"]}), "group_overlap")
    assert (found.status, found.measured["null_keys"]) == (Status.ERROR, 2)
    assert found.summary == "every key is null, no row has a group"


def test_no_key_no_check(subject_of: Callable[..., Subject], outcomes_of: Run) -> None:
    [found] = outcomes_of(subject_of({"columns": {"id": [1, 2], "fold": [0, 1]}}), "group_overlap")
    assert (found.status, found.summary) == (Status.NOT_APPLICABLE, "there is no group key")
