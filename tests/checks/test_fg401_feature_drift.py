from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.stats import chi2_contingency, ks_2samp

from fold_guard.checks.outcome import Outcome, Status
from fold_guard.checks.subjects.subject import Subject
from fold_guard.folds.strategies import TRAITS

Run = Callable[..., tuple[Outcome, ...]]
Make = Callable[..., Subject]


def table(seed: int, rows: int = 400) -> dict[str, Any]:
    """Return features of every kind and random folds."""
    rng = np.random.default_rng(seed)
    start = np.datetime64("2020-01-01")
    return {
        "id": [f"r{i}" for i in range(rows)],
        "fold": rng.integers(0, 4, rows),
        "number": rng.normal(size=rows),
        "whole": rng.poisson(30, rows),
        "flag": rng.random(rows) < 0.3,
        "when": start + rng.integers(0, 300, rows).astype("timedelta64[D]"),
        "site": rng.choice(["north", "south", "é east"], rows),
        "holes": np.where(rng.random(rows) < 0.3, np.nan, rng.normal(size=rows)),
    }


@pytest.mark.parametrize(
    ("name", "drift"),
    [
        ("number", lambda x, own: np.where(own, x + 1.5, x)),
        ("whole", lambda x, own: np.where(own, x + 8, x)),
        ("flag", lambda x, own: x | own),
        ("when", lambda x, own: np.where(own, x + np.timedelta64(150, "D"), x)),
        ("site", lambda x, own: np.where(own, "north", x)),
        ("holes", lambda x, own: np.where(own, np.nan, x)),
    ],
)
def test_a_feature_that_drifts_in_one_fold_is_named_with_it(
    name: str, drift: Callable[..., Any], subject_of: Make, outcomes_of: Run
) -> None:
    columns = table(0)
    columns[name] = drift(columns[name], columns["fold"] == 2)
    [found] = outcomes_of(subject_of({"columns": columns}), "feature_drift")
    assert found.status is Status.WARNED
    assert found.measured["drifting"] == [name]
    assert f"{name}, by" in found.summary
    assert "fold 2" in found.summary
    assert found.findings[0].message.startswith(f"{name} is ")
    assert "of fold 2 and" in found.findings[0].message
    assert found.findings[0].count == (columns["fold"] == 2).sum()


def test_random_folds_of_many_tables_are_silent(subject_of: Make, outcomes_of: Run) -> None:
    fired = 0
    for seed in range(20):
        rule = {"min_effect": 0.0, "alpha": 0.05}
        [found] = outcomes_of(subject_of({"columns": table(seed)}), "feature_drift", **rule)
        assert found.measured["features_tested"] == 6
        fired += found.status is not Status.PASSED
        [found] = outcomes_of(subject_of({"columns": table(seed)}), "feature_drift")
        assert found.status is Status.PASSED
    # At 5% for a whole table, four or more of twenty happen once in sixty times.
    assert fired <= 3


@pytest.mark.parametrize("groups", [(), ("subject_id",)])
def test_random_folds_of_the_demo_data_do_not_drift(
    groups: tuple[str, ...], covid_subject: Make, outcomes_of: Run
) -> None:
    [found] = outcomes_of(covid_subject(groups=groups), "feature_drift")
    assert found.status is Status.PASSED
    assert found.measured["features_tested"] == 10
    assert found.measured["largest_effect"] < 0.06


def test_blocks_of_time_of_the_demo_data_do(
    covid: pd.DataFrame, covid_subject: Make, outcomes_of: Run
) -> None:
    [found] = outcomes_of(covid_subject(scheme="forward"), "feature_drift")
    assert found.measured["drifting"] == ["age"]
    assert "blocks of time differ by nature" in found.summary
    numbers = found.measured["features"]
    assert isinstance(numbers, dict)
    for block, part in covid.groupby("block"):
        rest = covid[covid["block"] != block]
        truth = ks_2samp(part["age"], rest["age"], method="asymp")
        assert numbers["age"][str(block)]["statistic"] == pytest.approx(truth.statistic)
        both = pd.crosstab(covid["gender"], covid["block"] == block)
        truth = chi2_contingency(both, correction=False)
        assert numbers["gender"][str(block)]["statistic"] == pytest.approx(truth.statistic)
        absent = pd.crosstab(covid["payor_group"].isna(), covid["block"] == block)
        truth = chi2_contingency(absent, correction=False)
        missing = numbers["payor_group"][str(block)]["missing"]
        assert missing["statistic"] == pytest.approx(truth.statistic)
        # Every patient's rows count a little less than as many patients would.
        assert 1 <= numbers["age"][str(block)]["design_effect"] < 2


def test_excluded_rows_take_no_part_and_rows_that_always_train_are_rest(
    subject_of: Make, outcomes_of: Run
) -> None:
    rng = np.random.default_rng(0)
    fold = rng.integers(-2, 2, 400)
    values = rng.normal(size=400) + 99 * (fold == -2) + 9 * (fold == -1)
    columns = {"id": list(range(400)), "fold": fold, "a": values}
    [found] = outcomes_of(subject_of({"columns": columns}), "feature_drift")
    numbers = found.measured["features"]
    assert isinstance(numbers, dict)
    for own in (0, 1):
        rest = values[(fold != own) & (fold != -2)]
        truth = ks_2samp(values[fold == own], rest, method="asymp").statistic
        assert numbers["a"][str(own)]["statistic"] == pytest.approx(truth)
    # Between folds alone there is nothing: what differs are the rows that always train.
    assert numbers["a"]["between"]["p_adjusted"] > 0.01


def test_every_repeat_is_tested(subject_of: Make, outcomes_of: Run) -> None:
    columns = table(1)
    drifting = np.argsort(columns["number"]).argsort() // 100
    subject = subject_of({"columns": columns})
    repeats = np.stack([subject.folds, drifting])
    doubled = replace(subject, repeats=repeats, rounds=[*subject.rounds, *subject.rounds])
    [found] = outcomes_of(doubled, "feature_drift")
    numbers = found.measured["features"]
    assert isinstance(numbers, dict)
    assert set(numbers["number"]) == {f"{r}/{f}" for r in (0, 1) for f in (0, 1, 2, 3, "between")}
    assert "of repeat 1" in found.findings[0].message
    assert found.measured["folds_tested"] == 8


def test_a_drawn_test_set_is_held_against_train(subject_of: Make, outcomes_of: Run) -> None:
    columns = table(2)
    columns["fold"] = np.where(columns["number"] > 0.5, 0, -1)
    subject = replace(subject_of({"columns": columns}), traits=TRAITS["shuffle_split"])
    [found] = outcomes_of(subject, "feature_drift")
    assert found.measured["drifting"] == ["number"]
    assert "of the test set and" in found.findings[0].message


def test_folds_with_names_are_called_by_them(subject_of: Make, outcomes_of: Run) -> None:
    columns = table(2)
    columns["fold"] = (columns["number"] > 0.5).astype(int)
    subject = replace(subject_of({"columns": columns}), fold_names={0: "train", 1: "test"})
    [found] = outcomes_of(subject, "feature_drift")
    assert "of train and" in found.findings[0].message


def test_folds_that_are_too_small_are_no_pass(subject_of: Make, outcomes_of: Run) -> None:
    columns = {"id": list(range(40)), "fold": list(range(40)), "a": list(range(40))}
    [found] = outcomes_of(subject_of({"columns": columns}), "feature_drift")
    assert found.status is Status.NOT_APPLICABLE
    assert "20 rows" in found.summary
    each = replace(subject_of({"columns": columns}), traits=TRAITS["leave_one_out"])
    [found] = outcomes_of(each, "feature_drift")
    assert found.status is Status.NOT_APPLICABLE
    # Forty rows a fold, of four patients: four values, not forty.
    columns = {
        "id": list(range(80)),
        "fold": [i // 40 for i in range(80)],
        "patient": [i // 10 for i in range(80)],
        "a": list(range(80)),
    }
    patients = subject_of({"columns": columns, "groups": ["patient"]})
    [found] = outcomes_of(patients, "feature_drift")
    assert found.status is Status.NOT_APPLICABLE
    [found] = outcomes_of(patients, "feature_drift", min_rows=4)
    assert found.status is Status.PASSED
    columns |= {"fold": [0] * 38 + [1] * 38 + [2] * 4}
    [found] = outcomes_of(subject_of({"columns": columns}), "feature_drift")
    assert "too small to test: fold 2" in found.summary


def test_what_cannot_be_tested_is_said(subject_of: Make, outcomes_of: Run) -> None:
    columns: dict[str, Any] = {"id": list(range(100)), "fold": [i % 2 for i in range(100)]}
    columns |= {
        "tags": [[i] for i in range(100)],
        "empty": [None] * 100,
        "one": [7] * 100,
        "endless": [float("inf"), float("-inf"), 1.0, float("nan")] * 25,
        "^a.*$": ["x", "y", "y", "x"] * 25,
    }
    [found] = outcomes_of(subject_of({"columns": columns}), "feature_drift")
    assert found.status is Status.WARNED, "endless is missing in fold 1 alone"
    assert found.measured["not_tested"] == ["tags (list)", "empty", "one"]
    assert "not tested: tags (list)" in found.summary
    named = {**columns, "fold": columns["fold"]}
    only = subject_of({"columns": named, "features": ["tags", "empty", "one"]})
    [found] = outcomes_of(only, "feature_drift")
    assert found.status is Status.NOT_APPLICABLE
    [found] = outcomes_of(subject_of({"columns": named, "features": []}), "feature_drift")
    assert found.status is Status.NOT_APPLICABLE


def test_free_text_is_tested_by_its_length(subject_of: Make, outcomes_of: Run) -> None:
    rng = np.random.default_rng(3)
    texts = [f"{i:03d}" + "x" * int(rng.integers(0, 20)) for i in range(200)]
    texts[:100] = [text + "y" * 15 for text in texts[:100]]
    columns = {"id": list(range(200)), "fold": [0] * 100 + [1] * 100, "note": texts}
    [found] = outcomes_of(subject_of({"columns": columns}), "feature_drift")
    assert found.findings[0].message.startswith("the length of note is at most ")


def test_a_wide_table_shows_the_worst_and_says_how_many(subject_of: Make, outcomes_of: Run) -> None:
    rng = np.random.default_rng(4)
    columns = {"id": list(range(200)), "fold": [0] * 100 + [1] * 100}
    columns |= {f"f{i:02d}": rng.normal(size=200) for i in range(50)}
    columns["f49"] = columns["f49"] + 3 * (np.arange(200) < 100)
    [found] = outcomes_of(subject_of({"columns": columns}), "feature_drift")
    assert isinstance(found.measured["features"], dict)
    assert next(iter(found.measured["features"])) == "f49"
    assert len(found.measured["features"]) == found.measured["features_shown"] == 20
    assert found.measured["features_tested"] == 50
    assert found.measured["tests"] == 150
    assert len(json.dumps(found.measured)) < 20_000


def test_the_type_of_ids_frames_and_text_changes_nothing(
    subject_of: Make, outcomes_of: Run
) -> None:
    columns = table(5)
    columns["site"] = np.where(columns["fold"] == 1, "north", columns["site"])
    plain = subject_of({"columns": columns})
    columns["site"] = pl.Series(columns["site"], dtype=pl.Categorical)
    other = subject_of({"columns": columns})
    assert outcomes_of(plain, "feature_drift") == outcomes_of(other, "feature_drift")
