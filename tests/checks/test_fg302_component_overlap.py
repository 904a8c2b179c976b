from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fold_guard.checks.outcome import Outcome, Status
from fold_guard.checks.subjects.subject import Subject

Run = Callable[..., tuple[Outcome, ...]]


def _components(table: pd.DataFrame, keys: tuple[str, ...]) -> pd.Series:
    """Spread the smallest number over rows that share a key, until nothing changes."""
    number = pd.Series(range(len(table)), index=table.index)
    while True:
        before = number.copy()
        for key in keys:
            least = number.groupby(table[key]).transform("min")
            number = number.where(table[key].isna(), least)
        if number.equals(before):
            return number.where(table[list(keys)].notna().any(axis=1))


@pytest.mark.parametrize("keys", [("subject_id", "fake_first_name"), ("payor_group", "orderset")])
def test_against_pandas(
    keys: tuple[str, ...],
    covid: pd.DataFrame,
    covid_subject: Callable[..., Subject],
    outcomes_of: Run,
) -> None:
    [found] = outcomes_of(covid_subject(groups=keys), "component_overlap")
    component = _components(covid, keys)
    sizes = component.value_counts()
    folds = covid["fold"].groupby(component).nunique()
    leaking = 0
    for j in range(5):
        test = covid["fold"] == j
        leaking += int((test & component.isin(component[~test].dropna().unique())).sum())
    within = covid.groupby([component, "fold"]).size()
    measured = found.measured
    assert measured["components"] == measured["groups"] == len(sizes)
    assert measured["largest_component"] == sizes.max()
    assert measured["null_keys"] == component.isna().sum()
    assert measured["groups_spanning"] == (folds > 1).sum()
    assert measured["rows_in_spanning_groups"] == component.map(folds > 1).eq(True).sum()
    assert measured["cross_fold_pairs"] == (
        (sizes * (sizes - 1) // 2).sum() - (within * (within - 1) // 2).sum()
    )
    assert measured["test_rows_leaking_total"] == leaking


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 2),
            st.none() | st.integers(0, 4),
            st.none() | st.integers(0, 4),
        ),
        min_size=3,
        max_size=12,
    )
)
def test_against_brute_force(
    rows: list[tuple[int, int | None, int | None]],
    subject_of: Callable[..., Subject],
    outcomes_of: Run,
) -> None:
    fold, a, b = (list(column) for column in zip(*rows, strict=True))
    columns = {"id": list(range(len(rows))), "fold": fold, "a": a, "b": b}
    [found] = outcomes_of(
        subject_of({"columns": columns, "groups": ["a", "b"]}), "component_overlap"
    )
    component = _components(pd.DataFrame(columns, dtype="Int64"), ("a", "b")).tolist()
    pairs = [
        (i, j)
        for i in range(len(rows))
        for j in range(i)
        if component[i] == component[j] and fold[i] != fold[j]
    ]
    assert found.measured["cross_fold_pairs"] == len(pairs)
    assert found.measured["test_rows_leaking_total"] == len({i for pair in pairs for i in pair})


def test_twice_the_same_key_is_that_key(
    covid: pd.DataFrame, subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    part = covid.head(2000)
    columns = {
        "id": part["row_id"].tolist(),
        "fold": part["fold"].tolist(),
        "a": part["subject_id"].tolist(),
        "b": [f"patient {each}" for each in part["subject_id"]],
    }
    subject = subject_of({"columns": columns, "groups": ["a", "b"]})
    [both] = outcomes_of(subject, "component_overlap")
    one = outcomes_of(subject, "group_overlap")[0]
    assert {name: both.measured[name] for name in one.measured} == one.measured


def test_a_giant_component_is_told_even_when_it_does_not_leak(
    subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    columns = {
        "id": [1, 2, 3, 4],
        "fold": [0, 0, 0, 1],
        "patient": [7, 7, None, 8],
        "clinic": ["b", "a", "a", "c"],
    }
    [found] = outcomes_of(
        subject_of({"columns": columns, "groups": ["patient", "clinic"]}), "component_overlap"
    )
    assert found.status is Status.PASSED
    assert found.findings[0].message == (
        "the component of patient 7 holds 3 of 4 rows, more than one fold in 2: "
        "folds that keep it whole cannot be of equal size"
    )


def test_one_key_alone_gives_the_numbers_of_group_overlap(
    covid_subject: Callable[..., Subject], outcomes_of: Run
) -> None:
    subject = covid_subject()
    [component] = outcomes_of(subject, "component_overlap")
    [group] = outcomes_of(subject, "group_overlap")
    assert {name: component.measured[name] for name in group.measured} == group.measured
    assert component.status is group.status is Status.FAILED


def test_no_key_no_check(subject_of: Callable[..., Subject], outcomes_of: Run) -> None:
    subject = subject_of({"columns": {"id": [1, 2], "fold": [0, 1]}})
    [found] = outcomes_of(subject, "component_overlap")
    assert (found.status, found.summary) == (Status.NOT_APPLICABLE, "there is no group key")


def test_keys_that_are_null_everywhere_are_not_passed(
    subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    columns = {"id": [1, 2], "fold": [0, 1], "a": [None, None], "b": [None, None]}
    [found] = outcomes_of(
        subject_of({"columns": columns, "groups": ["a", "b"]}), "component_overlap"
    )
    assert found.status is Status.ERROR
    assert found.measured["components"] == 0
