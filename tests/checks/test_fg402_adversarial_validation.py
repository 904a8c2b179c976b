from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from fold_guard.checks.outcome import Outcome, Status
from fold_guard.checks.subjects.subject import Rows, Subject
from fold_guard.checks.subjects.table_subject import TableSubject
from fold_guard.folds.strategies import TRAITS

Run = Callable[..., tuple[Outcome, ...]]
Make = Callable[..., Subject]
NAME = "adversarial_validation"


def table(seed: int, rows: int = 300) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    start = np.datetime64("2020-01-01T00:00:00", "us")
    return {
        "id": [f"r{i}" for i in range(rows)],
        "fold": rng.integers(0, 3, rows),
        "number": rng.normal(size=rows),
        "when": start + rng.integers(0, 300, rows).astype("timedelta64[D]"),
        "site": rng.choice(["north", "south", "é east"], rows),
        "flag": rng.random(rows) < 0.3,
        "holes": np.where(rng.random(rows) < 0.3, np.nan, rng.normal(size=rows)),
    }


@pytest.mark.parametrize(
    ("name", "drift"),
    [
        ("number", lambda x, own: np.where(own, x + 2, x)),
        ("when", lambda x, own: np.where(own, x + np.timedelta64(200, "D"), x)),
        ("site", lambda x, own: np.where(own, "north", np.where(x == "north", "west", x))),
        ("flag", lambda x, own: own),
        ("holes", lambda x, own: np.where(own, np.nan, x)),
    ],
)
def test_the_driving_feature_of_the_right_fold_comes_first(
    name: str, drift: Callable[..., Any], subject_of: Make, outcomes_of: Run
) -> None:
    columns = table(0)
    columns[name] = drift(columns[name], columns["fold"] == 2)
    [found] = outcomes_of(subject_of({"columns": columns}), NAME, max_iter=5)
    assert found.status is Status.WARNED
    assert found.measured["worst_fold"] == "2"
    assert isinstance(found.measured["driving_features"], dict)
    assert next(iter(found.measured["driving_features"])) == name
    assert f"by {name} (" in found.findings[0].message
    assert found.findings[0].message.startswith("fold 2 is told from the rest with AUC ")


@pytest.mark.parametrize("first", range(0, 20, 5))
def test_random_folds_of_many_tables_are_silent(
    first: int, subject_of: Make, outcomes_of: Run
) -> None:
    for seed in range(first, first + 5):
        features = ["number", "site", "holes"]
        subject = subject_of({"columns": table(seed, 120), "features": features})
        [found] = outcomes_of(subject, NAME, max_iter=2, max_auc=0.5, alpha=0.005)
        assert found.status is Status.PASSED, (seed, found.summary)


def test_folds_that_differ_in_how_features_go_together(subject_of: Make, outcomes_of: Run) -> None:
    rng = np.random.default_rng(1)
    fold, a = rng.integers(0, 2, 800), rng.random(800)
    b = np.where(fold == 0, a, 1 - a) + rng.normal(0, 0.02, 800)
    subject = subject_of({"columns": {"id": list(range(800)), "fold": fold, "a": a, "b": b}})
    [alone] = outcomes_of(subject, "feature_drift")
    assert alone.status is Status.PASSED
    [together] = outcomes_of(subject, NAME, max_iter=20)
    assert together.status is Status.WARNED
    assert isinstance(together.measured["auc"], float)
    assert together.measured["auc"] > 0.9


def test_blocks_of_time_of_the_demo_data_are_told_by_age(
    covid_subject: Make, outcomes_of: Run
) -> None:
    rule = {"max_iter": 5, "max_rows": 2500}
    [found] = outcomes_of(covid_subject(scheme="forward"), NAME, **rule)
    assert found.status is Status.WARNED
    assert found.measured["folds_given_away"] == 5
    assert isinstance(found.measured["folds"], dict)
    for numbers in found.measured["folds"].values():
        assert next(iter(numbers["driving_features"])) == "age"
        assert numbers["auc"] > 0.8
    assert "a sample of 2,500 of 15,524 rows" in found.summary
    assert "blocks of time differ by nature" in found.summary
    [found] = outcomes_of(covid_subject(), NAME, **rule)
    assert found.status is Status.PASSED
    assert found.measured["sampled_rows"] == 2500
    assert found.measured["sampling"] == "least XXH64 of the row id, seed 0"


def test_a_sample_is_the_same_whatever_the_order_of_rows(
    subject_of: Make, outcomes_of: Run
) -> None:
    columns = table(3)
    turned = {name: values[::-1] for name, values in columns.items()}
    rule = {"max_iter": 2, "max_rows": 150}
    [one] = outcomes_of(subject_of({"columns": columns}), NAME, **rule)
    [other] = outcomes_of(subject_of({"columns": turned}), NAME, **rule)
    assert one == other
    assert one.measured["sampled_rows"] == 150
    [all_rows] = outcomes_of(subject_of({"columns": columns}), NAME, max_iter=2)
    assert all_rows.measured["sampling"] == "none"
    assert all_rows.measured["auc"] != one.measured["auc"]


class Disordered(TableSubject):
    """Rows that come in another order whenever they are asked for."""

    def rows(self, columns: Sequence[str], *, at_most: int | None = None) -> Rows:
        rows = super().rows(columns)
        order = np.random.default_rng(len("".join(columns))).permutation(rows.frame.height)
        return Rows(
            rows.frame[order], rows.folds[:, order], rows.rounds, rows.row_ids.gather(order)
        )


@pytest.mark.parametrize("name", [NAME, "feature_drift"])
@pytest.mark.parametrize("groups", [[], ["patient"]])
def test_rows_that_come_in_another_order_for_each_column(
    name: str, groups: list[str], subject_of: Make, outcomes_of: Run
) -> None:
    columns = table(8)
    columns |= {f"more{i}": columns["number"] * i + (columns["fold"] == 1) for i in range(9)}
    columns["patient"] = np.arange(300) // 2
    subject = subject_of({"columns": columns, "groups": groups})
    given = {each.name: getattr(subject, each.name) for each in fields(subject) if each.init}
    rule = {"max_iter": 3} if name == NAME else {}
    assert outcomes_of(subject, name, **rule) == outcomes_of(Disordered(**given), name, **rule)


def test_more_categories_than_the_trees_take(subject_of: Make, outcomes_of: Run) -> None:
    rng = np.random.default_rng(4)
    names = [f"n{i}" for i in rng.integers(0, 400, 1500)]
    columns = {"id": list(range(1500)), "fold": [i % 2 for i in range(1500)], "name": names}
    [found] = outcomes_of(subject_of({"columns": columns}), NAME, max_iter=2)
    assert found.status is Status.PASSED
    assert found.measured["features_used"] == 1


def test_what_cannot_be_used_is_said(subject_of: Make, outcomes_of: Run) -> None:
    columns: dict[str, Any] = {"id": list(range(100)), "fold": [i % 2 for i in range(100)]}
    columns |= {
        "tags": [[i] for i in range(100)],
        "empty": [None] * 100,
        "one": [7] * 100,
        "endless": [float("inf"), 1.0, float("-inf"), None, float("nan")] * 20,
        "^a.*$": ["x", "y", "y", None] * 25,
    }
    [found] = outcomes_of(subject_of({"columns": columns}), NAME, max_iter=2)
    assert found.measured["not_used"] == ["tags", "empty", "one"]
    assert "not used: tags" in found.summary
    only = subject_of({"columns": columns, "features": ["tags", "empty", "one"]})
    [found] = outcomes_of(only, NAME)
    assert found.status is Status.NOT_APPLICABLE


def test_folds_that_are_too_small_are_no_pass(subject_of: Make, outcomes_of: Run) -> None:
    columns = {"id": list(range(40)), "fold": list(range(40)), "a": list(range(40))}
    [found] = outcomes_of(subject_of({"columns": columns}), NAME)
    assert found.status is Status.NOT_APPLICABLE
    each = replace(subject_of({"columns": columns}), traits=TRAITS["leave_one_out"])
    [found] = outcomes_of(each, NAME)
    assert found.status is Status.NOT_APPLICABLE
    columns |= {"fold": [0] * 18 + [1] * 20 + [2] * 2}
    [found] = outcomes_of(subject_of({"columns": columns}), NAME, max_iter=2)
    assert "too small to test: fold 0 and fold 2" in found.summary
    assert found.measured["folds_too_small"] == 2


def test_every_repeat_is_scored(subject_of: Make, outcomes_of: Run) -> None:
    columns = table(5)
    subject = subject_of({"columns": columns})
    by_number = np.argsort(columns["number"]).argsort() // 100
    repeats = np.stack([subject.folds, by_number])
    doubled = replace(subject, repeats=repeats, rounds=[*subject.rounds, *subject.rounds])
    [found] = outcomes_of(doubled, NAME, max_iter=5)
    assert isinstance(found.measured["folds"], dict)
    assert set(found.measured["folds"]) == {f"{r}/{f}" for r in (0, 1) for f in (0, 1, 2)}
    assert str(found.measured["worst_fold"]).startswith("1/")
    assert "of repeat 1 is told from the rest" in found.findings[0].message


def test_without_an_id_rows_go_by_number(subject_of: Make, outcomes_of: Run) -> None:
    columns = {name: values for name, values in table(6).items() if name != "id"}
    columns["number"] = columns["number"] + 3 * (columns["fold"] == 0)
    [found] = outcomes_of(subject_of({"columns": columns, "id": []}), NAME, max_iter=5)
    assert found.measured["worst_fold"] == "0"


def test_categories_and_text_are_the_same(subject_of: Make, outcomes_of: Run) -> None:
    columns = table(7)
    plain = subject_of({"columns": columns})
    columns["site"] = pl.Series(columns["site"], dtype=pl.Categorical)
    other = subject_of({"columns": columns})
    assert outcomes_of(plain, NAME, max_iter=2) == outcomes_of(other, NAME, max_iter=2)
