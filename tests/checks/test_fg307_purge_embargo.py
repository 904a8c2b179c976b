from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fold_guard.checks.outcome import Outcome, Status
from fold_guard.checks.subjects.prepare import subject_of_map
from fold_guard.checks.subjects.subject import Subject
from fold_guard.dataset.roles import Roles
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan

Run = Callable[..., tuple[Outcome, ...]]
Spans = list[tuple[Any, Any]]


def by_hand(
    spans: Spans, train: list[bool], test: list[bool], embargo: float
) -> tuple[int, int, int]:
    """Merged test intervals, rows to purge, rows to embargo: every pair of rows is looked at."""
    tested = [span for span, on in zip(spans, test, strict=True) if on and None not in span]
    purge = late = 0
    for (start, end), on in zip(spans, train, strict=True):
        if not on or None in (start, end):
            continue
        if any(start <= b and a <= end for a, b in tested):
            purge += 1
        elif any(b < start <= b + embargo for _, b in tested):
            late += 1
    # Stretches: rows are of one stretch when a chain of touching spans connects them.
    stretch = list(range(len(tested)))
    for i, (a, b) in enumerate(tested):
        for j, (c, d) in enumerate(tested):
            if a <= d and c <= b and stretch[i] != stretch[j]:
                old, new = stretch[j], stretch[i]
                stretch = [new if each == old else each for each in stretch]
    return len(set(stretch)), purge, late


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    rows=st.lists(
        st.tuples(st.integers(-2, 2), st.none() | st.integers(0, 9), st.none() | st.integers(0, 3)),
        min_size=2,
        max_size=14,
    ),
    scheme=st.sampled_from(["kfold", "forward"]),
    embargo=st.integers(0, 4),
    kind=st.sampled_from(["numbers", "dates", "points"]),
)
def test_against_every_pair_of_rows(
    rows: list[tuple[int, int | None, int | None]],
    scheme: str,
    embargo: int,
    kind: str,
    subject_of: Callable[..., Subject],
    outcomes_of: Run,
) -> None:
    spans: Spans = [
        (start, None if start is None or length is None else start + length)
        for _, start, length in rows
    ]
    if kind == "points":
        spans, embargo = [(start, start) for start, _ in spans], embargo + 1

    def written(value: int | None) -> object:
        return value if kind != "dates" or value is None else date(2020, 1, 1 + value)

    columns = {
        "id": list(range(len(rows))),
        "fold": [fold for fold, _, _ in rows],
        "day": [written(start) for start, _ in spans],
        "known": [written(end) for _, end in spans],
    }
    example = {"columns": columns, "time": "day", "scheme": scheme, "features": []}
    if kind != "points":
        example["evaluation_time"] = "known"
    if all(start is None for start, _ in spans) or all(end is None for _, end in spans):
        return
    subject = subject_of(example)
    [found] = outcomes_of(subject, "purge_embargo", embargo=embargo)
    if not subject.rounds:
        assert found.status is Status.ERROR
        return
    bad, blind = False, False
    for each in subject.rounds:
        train, test = each.train.tolist(), each.test.tolist()
        truth = by_hand(spans, train, test, embargo)
        measured = found.measured["rounds"][str(each.index)]
        assert tuple(measured.values()) == truth
        bad |= truth[1] + truth[2] > 0
        blind |= not all(
            any(on and None not in span for on, span in zip(side, spans, strict=True))
            for side in (train, test)
        )
    assert found.status is (Status.FAILED if bad else Status.ERROR if blind else Status.PASSED)


@pytest.mark.parametrize(("scheme", "column"), [("kfold", "fold"), ("forward", "block")])
def test_against_plain_loops_on_the_demo_data(
    scheme: str,
    column: str,
    covid: pd.DataFrame,
    rounds_of: Callable[..., Any],
    subject_of: Callable[..., Subject],
    outcomes_of: Run,
) -> None:
    table = covid.assign(known=covid["pan_day"] + covid["rec_ver_tat"])
    some = table[table["row_id"] % 20 == 0].reset_index(drop=True)
    example = {
        "columns": {
            "id": some["row_id"].tolist(),
            "fold": some[column].tolist(),
            "day": some["pan_day"].astype(float).tolist(),
            "known": some["known"].tolist(),
        },
        "time": "day",
        "evaluation_time": "known",
        "scheme": scheme,
        "features": [],
    }
    [found] = outcomes_of(subject_of(example), "purge_embargo", embargo=2.5)
    start, end = some["pan_day"].to_numpy(float), some["known"].to_numpy(float)
    backwards = start > end
    assert found.measured["inverted_intervals"] == backwards.sum()
    assert found.measured["null_times"] == np.isnan(end).sum()
    usable = (start <= end).tolist()
    spans: Spans = list(zip(start.tolist(), end.tolist(), strict=True))
    for j, (train, test) in rounds_of(some[column], scheme).items():
        inside = [
            [on and fit for on, fit in zip(side.tolist(), usable, strict=True)]
            for side in (train, test)
        ]
        truth = by_hand_without_stretches(spans, *inside, 2.5)
        measured = found.measured["rounds"][str(j)]
        assert (measured["train_rows_to_purge"], measured["train_rows_to_embargo"]) == truth
    assert found.status is Status.FAILED


def by_hand_without_stretches(
    spans: Spans, train: list[bool], test: list[bool], embargo: float
) -> tuple[int, int]:
    a, b = (np.array([s[i] for s, on in zip(spans, test, strict=True) if on]) for i in (0, 1))
    purge = late = 0
    for (start, end), on in zip(spans, train, strict=True):
        if on:
            if ((start <= b) & (a <= end)).any():
                purge += 1
            elif ((b < start) & (start - b <= embargo)).any():
                late += 1
    return purge, late


@pytest.mark.parametrize("strategy", ["purged", "combinatorial_purged"])
@pytest.mark.parametrize("dated", [False, True])
def test_a_purged_map_passes_where_plain_folds_fail(
    strategy: Any, dated: bool, outcomes_of: Run
) -> None:
    rng = np.random.default_rng(7)
    start = rng.integers(0, 200, 300)
    table = pl.DataFrame({"id": range(300), "day": start, "known": start + rng.integers(0, 6, 300)})
    if dated:
        table = table.with_columns(pl.col("day", "known").cast(pl.Int32).cast(pl.Date))
    roles = Roles.of("id", time="day", evaluation_time="known").resolve(
        table.columns, source="table"
    )
    plan = FoldPlan(strategy, n_splits=5, embargo=3)
    made = make_folds(table, plan, id="id", time="day", evaluation_time="known")
    [clean] = outcomes_of(subject_of_map(made, table, roles), "purge_embargo", embargo=3)
    assert clean.status is Status.PASSED, clean
    assert clean.target == "day to known"
    [wider] = outcomes_of(subject_of_map(made, table, roles), "purge_embargo", embargo=5)
    assert wider.measured["train_rows_to_purge_total"] == 0
    assert wider.measured["train_rows_to_embargo_total"] > 0

    naive = make_folds(table, FoldPlan("kfold", n_splits=5), id="id")
    [leaky] = outcomes_of(subject_of_map(naive, table, roles), "purge_embargo")
    assert leaky.status is Status.FAILED
    assert leaky.measured["rounds_violating"] == 5


def test_without_a_horizon_there_must_be_an_embargo(
    subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    columns = {"id": [1, 2], "fold": [0, 1], "day": [1, 2]}
    subject = subject_of({"columns": columns, "time": "day", "features": []})
    [idle] = outcomes_of(subject, "purge_embargo")
    assert idle.status is Status.NOT_APPLICABLE
    assert "embargo" in idle.summary
    [found] = outcomes_of(subject, "purge_embargo", embargo=1)
    assert found.status is Status.FAILED
    [none] = outcomes_of(subject_of({"columns": columns, "features": []}), "purge_embargo")
    assert (none.status, none.summary) == (Status.NOT_APPLICABLE, "there is no time column")


def test_a_span_that_ends_before_it_begins_is_no_pass(
    subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    columns = {
        "id": ["a", "b", "c"],
        "fold": [0, 1, 1],
        "day": [1, 5, 9],
        "known": [2, 6, 8],
    }
    example = {"columns": columns, "time": "day", "evaluation_time": "known", "features": []}
    [found] = outcomes_of(subject_of(example), "purge_embargo")
    assert found.status is Status.ERROR
    assert "1 row with known before day" in found.summary
    assert found.findings[0].rows == ("c",)
    # A leak among the others is told all the same.
    columns["known"] = [5, 6, 8]
    [found] = outcomes_of(subject_of(example), "purge_embargo")
    assert found.status is Status.FAILED
    assert found.measured["inverted_intervals"] == 1


def test_times_that_cannot_be_compared_are_an_error(
    subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    columns: dict[str, list[Any]] = {
        "id": [1, 2],
        "fold": [0, 1],
        "day": [datetime(2020, 1, 1), datetime(2020, 1, 2)],
        "known": [datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC)],
    }
    example = {"columns": columns, "time": "day", "evaluation_time": "known", "features": []}
    [found] = outcomes_of(subject_of(example), "purge_embargo")
    assert found.status is Status.ERROR
    assert "different kinds" in found.summary
    columns["day"], columns["known"] = [2**60, 2**60 + 2], [2.0**60, 2.0**60 + 512]
    [found] = outcomes_of(subject_of(example), "purge_embargo")
    assert (found.status, "too large" in found.summary) == (Status.ERROR, True)


def test_findings_name_the_rows_of_the_worst_rounds(
    subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    count = 60
    columns = {
        "id": [f"r{at:02}" for at in range(count)],
        "fold": [at // 10 for at in range(count)],
        "day": list(range(count)),
        "known": [at + 2 for at in range(count)],
    }
    example = {"columns": columns, "time": "day", "evaluation_time": "known", "features": []}
    [found] = outcomes_of(subject_of(example), "purge_embargo", embargo=1)
    assert found.summary == "20 train rows to purge and 5 train rows to embargo, in 6 of 6 rounds"
    assert len(found.findings) == 5
    assert found.findings[0].message == (
        "round 1: 4 train rows share time with a test row and "
        "1 train row begins within 1 steps after one"
    )
    assert found.findings[0].rows == ("r08", "r09", "r20", "r21", "r22")
    moved = replace(subject_of(example), scheme="kfold")
    assert outcomes_of(moved, "purge_embargo", embargo=1) == (found,)
