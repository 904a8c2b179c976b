from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from fold_guard.crossval.design import Design, design_of
from tests.folds.strategies import derived, map_of

ONE_ROUND_A_FOLD = ("kfold", "stratified_group", "forward", "purged", "predefined")


@pytest.mark.parametrize("strategy", ONE_ROUND_A_FOLD)
def test_one_round_a_fold_needs_no_words(covid: pl.DataFrame, strategy: str) -> None:
    made = map_of(derived(covid.gather_every(19)), strategy)
    assert design_of(made.manifest) == Design(rounds_a_repeat=made.manifest.n_rounds)


@pytest.mark.parametrize(
    ("strategy", "more", "retested", "parts", "wording"),
    [
        ("group", {"n_splits": 3, "n_repeats": 2}, True, None, "6 rounds: 2 repeats of 3 folds"),
        ("shuffle_split", {"n_repeats": 4}, True, None, "4 rounds: test sets drawn anew"),
        ("shuffle_split", {"n_repeats": 1}, False, None, "1 round"),
        ("leave_one_out", {}, False, None, "60 rounds, one a row"),
        ("leave_one_group_out", {}, False, None, "60 rounds, one a group"),
        (
            "leave_p_groups_out",
            {"n_test_folds": 2},
            True,
            4,
            "6 rounds: every choice of 2 of 4 groups, 3 degrees of freedom",
        ),
        ("leave_p_groups_out", {"n_test_folds": 1}, False, None, "4 rounds, one a group"),
        ("combinatorial_purged", {}, True, None, "10 rounds: every choice of 2 of 5 blocks"),
    ],
)
def test_what_rounds_there_are(
    covid: pl.DataFrame,
    strategy: str,
    more: dict[str, Any],
    retested: bool,
    parts: int | None,
    wording: str,
) -> None:
    table = derived(covid.head(60) if "one" in strategy else covid.gather_every(19))
    made = map_of(table, strategy, **more)
    found = design_of(made.manifest)
    assert (found.retested, found.parts, found.wording) == (retested, parts, wording)
    tested = sum(each.test.astype(int) for each in made.rounds(table))
    assert (int(max(tested)) > 1) == retested
    assert found.single_rows == (strategy == "leave_one_out")
    if found.rounds_a_repeat is not None:
        # So many rounds in a row test no row twice.
        rounds = list(made.rounds(table))
        for start in range(0, len(rounds), found.rounds_a_repeat):
            part = rounds[start : start + found.rounds_a_repeat]
            assert int(max(sum(each.test.astype(int) for each in part))) == 1
    else:
        assert retested


@pytest.mark.parametrize(
    ("strategy", "more", "why"),
    [
        ("combinatorial_purged", {}, "no draws from one distribution"),
        ("stratified_shuffle_split", {"n_repeats": 1}, "one test set"),
    ],
)
def test_rounds_without_an_interval_say_why(
    covid: pl.DataFrame, strategy: str, more: dict[str, Any], why: str
) -> None:
    made = map_of(derived(covid.gather_every(19)), strategy, **more)
    assert why in design_of(made.manifest).no_interval
