"""The rows that cost most: which are shown, and what is said of them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fold_guard.crossval.result import Result
from fold_guard.reports.page import samples
from fold_guard.reports.page.samples import MOST_CLASSES, SHOWN, DrillDown, drill_down, row_losses
from tests.crossval.results import classification, regression
from tests.reports import hand_made


def drilled(result: Result) -> DrillDown:
    return drill_down("m", result, row_losses(result), name="worst-0")


def shown(drill: DrillDown, choice: str) -> tuple[tuple[str, ...], ...]:
    [panel] = [each for each in drill.panels if each.choice == choice]
    return panel.table.rows


def test_each_class_has_its_worst_rows_in_the_order_of_their_loss() -> None:
    result = hand_made.classifier(200, ["a", "b", "c"])
    drill = drilled(result)
    assert [each.choice for each in drill.panels][:4] == ["All classes", "a", "b", "c"]
    for label in "abc":
        mine = [row for row in result.predictions.iter_rows(named=True) if row["label"] == label]
        mine.sort(key=lambda row: row[f"probability[{label}]"])
        assert [row[0] for row in shown(drill, label)] == [row["row_id"] for row in mine[:SHOWN]]
        assert {row[2] for row in shown(drill, label)} == {label}
    whole = [float(row[5]) for row in shown(drill, "All classes")]
    assert whole == sorted(whole, reverse=True)
    assert len(whole) == SHOWN


def test_a_row_says_all_that_is_known_of_it() -> None:
    result = classification(
        ["x", "y", "x"],
        [[0.04, 0.96], [0.3, 0.7], [0.9, 0.1]],
        folds=[0, 0, 1],
        ids=[7, 8, 9],
    )
    drill = drilled(result)
    first = shown(drill, "All classes")[0]
    assert first == ("7", "0", "x", "y", "0.960", f"{-np.log(0.04):.3f}", "relabelling candidate")
    assert shown(drill, "y") == (("8", "0", "y", "y", "0.700", f"{-np.log(0.7):.3f}", ""),)


def test_candidates_for_relabelling_are_counted_and_have_a_choice_of_their_own() -> None:
    sure = [[0.05, 0.95]] * 25 + [[0.2, 0.8]] * 5
    drill = drilled(classification(["x"] * 29 + ["y"], sure, folds=[0] * 15 + [1] * 15))
    assert "labels of 25 rows are contradicted with a probability of 0.9 or more" in drill.sentence
    assert "Nothing is relabelled here." in drill.sentence
    assert drill.panels[-1].choice == "Labels to look at"
    assert drill.panels[-1].sentence == "20 of 25 rows, surest first."
    assert {row[-1] for row in drill.panels[-1].table.rows} == {"relabelling candidate"}


def test_a_model_that_is_never_sure_yields_no_candidate() -> None:
    drill = drilled(classification(["x", "y"], [[0.4, 0.6], [0.3, 0.7]], folds=[0, 1]))
    assert "No label is contradicted with a probability of 0.9 or more." in drill.sentence
    assert [each.choice for each in drill.panels] == ["All classes", "x", "y"]


def test_without_probabilities_wrong_rows_come_first() -> None:
    result = classification(
        ["x"] * 30, None, folds=[0, 1] * 15, predictions=["x"] * 25 + ["y"] * 5, classes=["x", "y"]
    )
    drill = drilled(result)
    rows = shown(drill, "x")
    assert [row[3] for row in rows] == ["y"] * 5 + ["x"] * 15
    assert {row[4] for row in rows} == {"none"}
    assert "Without probabilities the loss is 0 or 1" in drill.sentence
    assert "relabelling" not in drill.sentence
    assert shown(drill, "y") == ()


def test_a_row_that_was_tested_twice_is_there_once() -> None:
    result = classification(
        ["x", "x", "y", "y"],
        [[0.1, 0.9], [0.2, 0.8], [0.3, 0.7], [0.4, 0.6]],
        folds=[0, 3, 1, 4],
        ids=["p", "p", "q", "q"],
        retested=True,
    )
    drill = drilled(result)
    assert drill.panels[0].table.head[1] == "round"
    assert [row[:2] for row in shown(drill, "All classes")] == [("p", "0"), ("q", "4")]
    assert drill.panels[0].sentence == "2 rows, worst first."


def test_regression_is_chosen_by_the_side_of_the_error() -> None:
    drill = drilled(
        regression([1.0, 2.0, 3.0], [4.0, 1.5, 3.0], folds=[0, 1, 2], ids=["a", "b", "c"])
    )
    assert [each.choice for each in drill.panels] == [
        "All rows",
        "Predicted too high",
        "Predicted too low",
    ]
    assert shown(drill, "All rows")[0] == ("a", "0", "1.000", "4.000", "3.000", "9.000")
    assert [row[0] for row in shown(drill, "Predicted too high")] == ["a"]
    assert [row[0] for row in shown(drill, "Predicted too low")] == ["b"]


def test_many_classes_are_capped_to_those_that_cost_most() -> None:
    result = hand_made.classifier(600, [f"c{i:02d}" for i in range(40)])
    drill = drilled(result)
    costs: dict[str, float] = {}
    for row in result.predictions.iter_rows(named=True):
        label = row["label"]
        costs[label] = costs.get(label, 0.0) - np.log(row[f"probability[{label}]"])
    dearest = sorted(sorted(costs, key=lambda label: -costs[label])[:MOST_CLASSES])
    choices = [each.choice for each in drill.panels if each.choice.startswith("c")]
    assert choices == dearest
    assert "12 of 40 classes can be chosen: those with the most loss." in drill.sentence


def test_every_choice_has_a_rule_that_shows_it() -> None:
    css = (Path(samples.__file__).parents[1] / "templates" / "page.css").read_text()
    rules = re.findall(r"input:nth-of-type\((\d+)\):checked\) > \.panel:nth-of-type\((\d+)\)", css)
    # All classes, the classes, and the labels to look at; the choices are the first division.
    assert rules == [(str(i), str(i + 1)) for i in range(1, MOST_CLASSES + 3)]


def test_rounds_that_failed_do_not_keep_the_others_from_being_shown() -> None:
    result = hand_made.classifier(60)
    failed = replace(result, failures=hand_made.failures(2), n_rounds=7)
    assert drilled(failed).panels == drilled(result).panels
    assert "Rows of rounds that failed" in drilled(failed).sentence
    assert "failed" not in drilled(result).sentence


@pytest.mark.parametrize("ids", [list(range(60)), [f"<b>{i}" for i in range(60)]])
def test_ids_stand_as_they_are(ids: list[object]) -> None:
    drill = drilled(hand_made.classifier(60, ids=ids))
    assert {row[0] for row in shown(drill, "All classes")} <= {str(each) for each in ids}


def test_losses_are_of_predictions_alone() -> None:
    losses = row_losses(hand_made.classifier(60))
    assert losses["loss"].null_count() == 0
    assert losses.height == 60
    assert losses["seconds"].dtype == pl.Float64
