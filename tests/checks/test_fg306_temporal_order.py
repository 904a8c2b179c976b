from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
    [found] = outcomes_of(covid_subject(scheme=scheme), "temporal_order", min_gap=3)
    day, rounds = covid["pan_day"], {}
    for j, (train, test) in rounds_of(covid[column], scheme).items():
        trained, tested = day[train], day[test]
        # Pairs by counting days against days: no sorting, no search.
        by_day = tested.value_counts()
        later = {each: int(by_day[by_day.index < each].sum()) for each in trained.unique()}
        rounds[str(j)] = {
            "test_min": tested.min(),
            "test_max": tested.max(),
            "train_rows_after_test_min": (trained > tested.min()).sum(),
            "train_rows_at_or_after_test_min": (trained >= tested.min()).sum(),
            "train_rows_after_test_max": (trained > tested.max()).sum(),
            "test_rows_before_train_max": (tested < trained.max()).sum(),
            "future_pairs": trained.map(later).sum(),
            "train_max": trained.max(),
            "train_rows_within_gap": trained.between(
                tested.min() - 3, tested.min(), inclusive="left"
            ).sum(),
        }
    assert found.measured == {
        "rounds": rounds,
        "rounds_violating": len(rounds),
        "future_pairs_total": sum(each["future_pairs"] for each in rounds.values()),
        "null_times": 0,
    }
    late = sum(each["train_rows_after_test_min"] for each in rounds.values())
    assert bool(late) == (scheme == "kfold")


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    rows=st.lists(
        st.tuples(st.integers(-1, 2), st.none() | st.integers(0, 5)), min_size=2, max_size=12
    ),
    scheme=st.sampled_from(["kfold", "forward"]),
    strict=st.booleans(),
)
def test_against_brute_force(
    rows: list[tuple[int, int | None]],
    scheme: str,
    strict: bool,
    subject_of: Callable[..., Subject],
    outcomes_of: Run,
) -> None:
    columns = {
        "id": list(range(len(rows))),
        "fold": [fold for fold, _ in rows],
        "day": [None if day is None else date(2020, 1, 1 + day) for _, day in rows],
    }
    subject = subject_of({"columns": columns, "time": "day", "scheme": scheme})
    [found] = outcomes_of(subject, "temporal_order", strict=strict)
    if not subject.n_rounds or all(day is None for _, day in rows):
        assert found.status is Status.ERROR
        return
    violating, unseen = 0, False
    for each in subject.shape.rounds:
        trained, tested = (
            [day for (_, day), on in zip(rows, side, strict=True) if on and day is not None]
            for side in (each.train, each.test)
        )
        pairs = sum(a > b for a in trained for b in tested)
        assert found.measured["rounds"][str(each.index)]["future_pairs"] == pairs
        bad = any(a >= min(tested) if strict else a > min(tested) for a in trained if tested)
        violating += bad
        unseen |= not trained or not tested
    assert found.measured["rounds_violating"] == violating
    expected = Status.FAILED if violating else Status.ERROR if unseen else Status.PASSED
    assert found.status is expected


@pytest.mark.parametrize(
    ("fold", "day", "thresholds", "summary"),
    [
        ([0, 1, 1, 2], [1, 2, 3, 4], {}, "train ends before test begins in each of 2 rounds"),
        (
            [0, 1, 1, 2],
            [1, 3, 4, 6],
            {"min_gap": 1},
            "train ends before test begins by more than 1 steps in each of 2 rounds",
        ),
        (
            [0, 1, 1, 2],
            [1, 3, 4, 6],
            {"min_gap": 2},
            "all 2 rounds train on rows within 2 steps before their first test row",
        ),
        (
            [0, 1, 1, 2],
            [1, 2, 4, 4],
            {},
            "1 of 2 rounds trains on rows of the same instant as their first test row",
        ),
        (
            [0, 1, 1, 2],
            [5, 1, 2, None],
            {},
            "1 of 2 rounds trains on rows later than their first test row; "
            "1 row without a time left out",
        ),
        ([0, 0, 0, 1], [1, 2, 3, None], {}, "round 1: a side has no row with a time to compare"),
    ],
)
def test_the_summary_says_how_order_is_broken(
    fold: list[int],
    day: list[int | None],
    thresholds: dict[str, Any],
    summary: str,
    subject_of: Callable[..., Subject],
    outcomes_of: Run,
) -> None:
    columns = {"id": [1, 2, 3, 4], "fold": fold, "day": day}
    example = {"columns": columns, "time": "day", "scheme": "forward"}
    [found] = outcomes_of(subject_of(example), "temporal_order", **thresholds)
    assert found.summary == summary


def test_the_finding_has_the_train_rows(
    subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    columns = {"id": [1, 2, 3, 4], "fold": [0, 1, 0, 1], "day": [1, 2, 3, 4]}
    [found] = outcomes_of(subject_of({"columns": columns, "time": "day"}), "temporal_order")
    worst = found.findings[0]
    assert worst.message == (
        "round 0: 2 train rows no earlier than the first test row, "
        "as late as 4, first test row at 1"
    )
    assert (worst.count, worst.rows) == (2, (2, 4))


def test_text_is_no_time_and_neither_is_infinity(
    subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    columns = {"id": [1, 2], "fold": [0, 1], "day": ["monday", "tuesday"]}
    [found] = outcomes_of(subject_of({"columns": columns, "time": "day"}), "temporal_order")
    assert found.status is Status.ERROR
    assert "a time column must hold numbers, dates or datetimes" in found.summary
    columns["day"] = [1.0, float("inf")]
    example = {"columns": columns, "time": "day", "scheme": "forward"}
    [found] = outcomes_of(subject_of(example), "temporal_order")
    assert found.status is Status.ERROR
    assert "1 instant is infinite" in found.summary


@pytest.mark.parametrize(
    ("rule", "rows"),
    [
        ({}, (2, 3)),
        ({"strict": False}, (3,)),
        ({"min_gap": 2}, (1, 2, 3)),
        ({"min_gap": 2, "strict": False}, (1, 2, 3)),
    ],
)
def test_the_rows_that_offend_are_listed(
    subject_of: Callable[..., Subject],
    outcomes_of: Run,
    rule: dict[str, Any],
    rows: tuple[int, ...],
) -> None:
    # Round 1 tests from day 5 on, and trains on days 1, 4, 5, 6 and one that nobody knows.
    columns = {
        "id": [0, 1, 2, 3, 4, 5, 6],
        "fold": [0, 0, 0, 0, 0, 1, 1],
        "day": [1, 4, 5, 6, None, 5, 9],
    }
    example = {"columns": columns, "time": "day", "scheme": "forward"}
    [found] = outcomes_of(subject_of(example), "temporal_order", **rule)
    [finding] = found.findings
    assert (finding.rows, finding.count) == (rows, len(rows))
