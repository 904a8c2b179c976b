from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import log_loss

from fold_guard.crossval.result import RunFacts
from fold_guard.crossval.samples import Untested, confident_disagreements, sample_table, worst
from fold_guard.errors import UsageError
from fold_guard.evidence.hidden import without_quotes
from fold_guard.identity.pseudonyms import PseudonymKey, pseudonymised, pseudonyms
from tests.crossval.results import classification, facts, regression, with_failure

KEY = PseudonymKey(b"0123456789abcdef0123456789abcdef")
LABELS = ["cat", "dog", "cat", "^x$", "dog", "cat"]
# Columns: ^x$, cat, dog (code points). Row 1 held its own class for impossible.
PROBABILITIES = [
    [0.1, 0.8, 0.1],
    [0.5, 0.5, 0.0],
    [0.0, 0.04, 0.96],
    [0.7, 0.2, 0.1],
    [0.0, 0.05, 0.95],
    [0.0, 1.0, 0.0],
]
FOLDS = [0, 0, 1, 1, 1, 2]


def animals() -> pl.DataFrame:
    result = classification(LABELS, PROBABILITIES, folds=FOLDS, predictions=None)
    return sample_table(result, facts(result, seconds=0.6))


def test_each_prediction_is_one_line_with_its_own_loss() -> None:
    table = animals()
    assert table.columns == [
        "row_id",
        "fold",
        "label",
        "prediction",
        "probability",
        "loss",
        "seconds",
        "error",
    ]
    assert table["row_id"].to_list() == [f"r{i:02d}" for i in range(6)]
    classes = ["^x$", "cat", "dog"]
    for row, label, given in zip(table.iter_rows(named=True), LABELS, PROBABILITIES, strict=True):
        # scikit-learn on the one row: the independent truth.
        expected = log_loss([label], [given], labels=classes)
        assert row["loss"] == pytest.approx(expected, abs=1e-12)
        assert row["probability"] == max(given)
        assert row["label"] == label
        assert row["error"] is None
    assert math.copysign(1, table["loss"][5]) == 1.0


def test_the_seconds_of_a_round_are_shared_by_its_rows_and_add_up() -> None:
    table = animals()
    assert table["seconds"].to_list() == pytest.approx([0.3, 0.3, 0.2, 0.2, 0.2, 0.6])
    assert table["seconds"].sum() == pytest.approx(3 * 0.6)


def test_without_probabilities_the_loss_is_zero_or_one() -> None:
    result = classification(["a", "b", "a"], None, folds=[0, 1, 1], predictions=["a", "a", "b"])
    table = sample_table(result, facts(result))
    assert table["loss"].to_list() == [0.0, 1.0, 1.0]
    assert table["probability"].null_count() == 3
    assert confident_disagreements(table).is_empty()


def test_regression_has_squared_errors() -> None:
    result = regression([1.0, -2.0, 0.5], [1.5, 1.0, 0.5], folds=[0, 0, 1])
    table = sample_table(result, facts(result))
    assert table["loss"].to_list() == [0.25, 9.0, 0.0]
    assert table["prediction"].dtype == pl.Float64
    assert worst(table, 1)["row_id"].to_list() == ["r01"]


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_rows_of_a_failed_round_are_there_and_say_why(task: str) -> None:
    if task == "regression":
        result, lost = regression([1.0, 2.0], [1.0, 2.0], folds=[0, 1]), pl.Series([7, 8])
    else:
        result = classification(["a", "b"], [[1, 0], [0, 1]], folds=[0, 1])
        lost = pl.Series(["b", "a"])
    failed = with_failure(result, 2, "ValueError: row zz")
    untested = Untested(2, pl.Series(["r99", "r00x"]), lost)
    table = sample_table(failed, facts(result), [untested])
    assert table["row_id"].to_list() == ["r00", "r00x", "r01", "r99"]
    assert table["error"].to_list() == [None, "ValueError: row zz", None, "ValueError: row zz"]
    gone = table.filter(pl.col("error").is_not_null())
    assert (
        gone.select("prediction", "probability", "loss", "seconds").null_count().row(0) == (2,) * 4
    )
    assert gone["label"].to_list() == [lost[1], lost[0]]
    assert not set(worst(table, 10)["row_id"]) & {"r99", "r00x"}


def test_a_failed_round_may_not_go_missing() -> None:
    result = with_failure(classification(["a", "b"], [[1, 0], [0, 1]], folds=[0, 1]), 2)
    with pytest.raises(UsageError, match=r"rounds \[2\] failed"):
        sample_table(result, facts(result))


def test_rounds_that_were_not_timed_have_no_seconds() -> None:
    result = classification(["a", "b"], [[1, 0], [0, 1]], folds=[0, 1])
    assert sample_table(result, RunFacts((), 0.1))["seconds"].null_count() == 2


def test_with_a_key_no_id_is_left_and_the_order_tells_nothing() -> None:
    result = classification(LABELS, PROBABILITIES, folds=FOLDS)
    plain = sample_table(result, facts(result))
    hidden = pseudonymised(sample_table(result, facts(result)), KEY)
    assert not set(plain["row_id"]) & set(hidden["row_id"])
    assert hidden["row_id"].is_sorted()
    expected = plain.with_columns(pseudonyms(plain["row_id"], KEY)).sort("row_id")
    assert hidden.equals(expected)


def test_with_a_key_the_text_of_an_error_is_left_out() -> None:
    made = classification(["a", "b"], [[1, 0], [0, 1]], folds=[0, 1])
    failed = with_failure(made, 2, "ValueError: row r99")
    untested = Untested(2, pl.Series(["r99"]), pl.Series(["b"]))
    table = sample_table(without_quotes(failed), facts(made), [untested])
    [said] = table["error"].drop_nulls()
    assert said == "ValueError (its text may quote rows, and is left out where a key is set)"


def test_the_worst_come_first_each_row_once_and_by_class() -> None:
    table = animals()
    by_hand = sorted(zip(table["loss"], table["row_id"], strict=True), key=lambda p: (-p[0], p[1]))
    assert worst(table, 3)["row_id"].to_list() == [row for _, row in by_hand[:3]]
    assert worst(table, 9, label="dog")["row_id"].to_list() == ["r01", "r04"]
    assert worst(table, 9, label="none").is_empty()
    result = classification(
        ["a", "b"] * 2,
        [[0.6, 0.4], [0.1, 0.9], [0.2, 0.8], [0.3, 0.7]],
        folds=[0, 0, 1, 1],
        ids=["p", "q", "p", "q"],
        retested=True,
    )
    again = worst(sample_table(result, facts(result)), 5)
    assert again.select("row_id", "round").rows() == [("p", 1), ("q", 1)]


def test_confident_disagreements_are_wrong_and_sure() -> None:
    table = animals()
    assert confident_disagreements(table)["row_id"].to_list() == ["r02"]
    assert confident_disagreements(table, at_least=0.5)["row_id"].to_list() == ["r02", "r01"]
    assert confident_disagreements(table, 1, at_least=0.5)["row_id"].to_list() == ["r02"]
    ties = table.with_columns(probability=pl.lit(0.95), prediction=pl.lit("nobody"))
    shuffled = ties.sample(fraction=1.0, shuffle=True, seed=3)
    assert confident_disagreements(shuffled)["row_id"].to_list() == ties["row_id"].to_list()


def test_hundreds_of_classes_are_no_trouble() -> None:
    names = [f"c{i:04d}" for i in range(300)]
    result = classification(
        names,
        np.full((300, 300), 0.001).tolist(),
        folds=[i % 2 for i in range(300)],
        scored=False,
    )
    table = sample_table(result, facts(result))
    assert table["loss"].to_list() == pytest.approx([math.log(1000)] * 300)
