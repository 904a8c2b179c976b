"""Pictures of segments, of errors, and of calibration, and the sentences that go with them."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import polars as pl
import pytest

from fold_guard.crossval.calibration import CalibrationBin, calibration_bins
from fold_guard.crossval.result import Pooled, Result, SegmentGap, SegmentScore
from fold_guard.reports.charts import errors, score, segments, trust
from fold_guard.reports.charts.dots import Dot, domain_of
from tests.crossval.results import classification, regression
from tests.reports import hand_made


def shapes(svg: str) -> list[str]:
    """Return the paths that are circles: dots of the first plan."""
    return [e.attrib["d"] for e in ET.fromstring(svg).iter("path") if "A" in e.attrib["d"]]


def segmented(values: dict[str, float | None], gap: SegmentGap | None = None) -> Result:
    parts = tuple(
        SegmentScore(
            "ward", name, 100 - i, 50, {"accuracy": Pooled(value, None, None, 9, 9, "", "few rows")}
        )
        for i, (name, value) in enumerate(values.items())
    )
    return replace(hand_made.classifier(60), segments=parts, gaps=() if gap is None else (gap,))


def drawn(result: Result, headline: tuple[str, ...] = ("accuracy",)) -> tuple[str, str, str]:
    topic = segments.segments([("m", result)], headline, name="s")
    assert topic is not None
    return topic.figures[0].sentence, topic.figures[0].svg, topic.note


@pytest.mark.parametrize(
    ("low", "high", "note", "words"),
    [
        (0.1, 0.3, "", "is 0.20 higher for east than for west [0.10, 0.30]."),
        (-0.1, 0.5, "", "[-0.10, 0.50], which may be chance."),
        (0.1, 0.3, "the largest of many", "[0.10, 0.30], the largest of many."),
        (-0.1, 0.5, "of many", "[-0.10, 0.50], which may be chance; of many."),
        (None, None, "no interval: too few", "than for west (no interval: too few)."),
    ],
)
def test_a_gap_is_told_with_what_is_known_of_it(
    low: float | None, high: float | None, note: str, words: str
) -> None:
    gap = SegmentGap("ward", "accuracy", "east", "west", 0.2, low, high, note)
    sentence, _, _ = drawn(segmented({"east": 0.8, "west": 0.6}, gap))
    assert sentence.startswith("On m accuracy is")
    assert words in sentence


def test_equal_segments_are_said_to_be_equal() -> None:
    gap = SegmentGap("ward", "accuracy", "east", "west", 0.0, -0.1, 0.1)
    sentence, _, _ = drawn(segmented({"east": 0.8, "west": 0.8}, gap))
    assert sentence == "On m accuracy is the same for every value."


def test_a_segment_without_a_value_is_named_and_not_drawn() -> None:
    sentence, svg, _ = drawn(segmented({"east": 0.8, "west": None, "": 0.5}))
    assert "It is undefined for west (west: few rows)." in sentence
    assert len(shapes(svg)) == 2
    assert "(empty)" in [e.text for e in ET.fromstring(svg).iter("text")]


def test_the_extremes_are_drawn_however_few_rows_they_have() -> None:
    values = {f"v{i:02d}": 0.5 for i in range(30)} | {"worst": 0.1, "best": 0.9}
    gap = SegmentGap("ward", "accuracy", "best", "worst", 0.8, 0.5, 0.9)
    sentence, svg, _ = drawn(segmented(values, gap))
    labels = [e.text for e in ET.fromstring(svg).iter("text")]
    assert {"best", "worst", "v00", "v09"} <= set(labels)
    assert "v10" not in labels
    assert "12 of 32 values are drawn" in sentence


def test_a_metric_that_no_segment_has_gives_way() -> None:
    sentence, svg, note = drawn(segmented({"east": 0.8, "west": 0.7}), ("roc_auc",))
    assert svg
    assert "No segment has ROC AUC: too few rows, or it may not be pooled." in note
    assert sentence == "No difference between two segments is known."


def test_segments_that_are_too_small_are_not_drawn() -> None:
    topic = segments.segments([("m", segmented({"a": None}))], ("accuracy",), name="s")
    assert topic is not None
    assert topic.figures[0].sentence == "Not drawn: no segment has enough rows for a score."
    assert segments.segments([("m", hand_made.classifier())], ("accuracy",), name="s") is None


def test_columns_that_differ_most_come_first() -> None:
    parts, gaps = [], []
    for i in range(9):
        for name, value in (("x", 0.5 + i / 50), ("y", 0.5)):
            metrics = {"accuracy": Pooled(value, None, None, 50, 50)}
            parts.append(SegmentScore(f"col{i}", name, 50, 50, metrics))
        gaps.append(SegmentGap(f"col{i}", "accuracy", "x", "y", i / 50, None, None))
    result = replace(hand_made.classifier(60), segments=tuple(parts), gaps=tuple(gaps))
    topic = segments.segments([("m", result)], ("accuracy",), name="s")
    assert topic is not None
    assert [each.title for each in topic.figures] == [f"col{8 - i}: accuracy" for i in range(6)]
    assert "6 of 9 segment columns are drawn" in topic.note


def test_the_axis_spans_what_there_is() -> None:
    dots = [Dot(0, 0, -3.0, -4.0, 0.5)]
    assert domain_of(dots, (-np.inf, 1.0)) == (-4.0, 1.0)
    assert domain_of(dots, (0.0, 1.0)) == (0.0, 1.0)
    assert domain_of([Dot(0, 0, 0.0, None, None)], (0.0, np.inf)) == (0.0, 1.0)
    assert domain_of([Dot(0, 0, 40.0, 30.0, 55.0)], (0.0, np.inf)) == (0.0, 55.0)


def test_headline_metrics_of_different_units_share_no_axis() -> None:
    plans = [("m", hand_made.classifier())]
    figures = score.headline(plans, ("accuracy", "log_loss", "recall[positive]"), name="h")
    assert [each.title for each in figures] == [
        "Headline metrics, 0 to 1",
        "Headline metrics, log loss",
    ]
    assert len(shapes(figures[0].svg)) == 2 * (1 + 5)


def cells(svg: str) -> list[float]:
    return [
        float(e.attrib["opacity"])
        for e in ET.fromstring(svg).iter()
        if e.attrib.get("fill") == "var(--s0)" and "opacity" in e.attrib
    ]


def test_predictions_are_drawn_as_cells_and_those_outside_are_counted() -> None:
    actual = [0.0, 10.0, 10.0, 10.0, 5.0]
    predicted = [0.0, 10.0, 10.0, 10.0, 500.0]
    figure = errors.predicted_actual(
        "m", regression(actual, predicted, folds=[0, 1, 0, 1, 0]), name="p"
    )
    assert "(up to 3)" in figure.sentence
    assert "1 prediction lies outside of the picture" in figure.sentence
    assert "from 0.00 to 500.0" in figure.sentence
    drawn_cells = cells(figure.svg)
    assert len(drawn_cells) == 2
    assert max(drawn_cells) == 1.0


def test_a_constant_label_can_be_drawn() -> None:
    result = regression([5.0] * 4, [4.0, 5.0, 6.0, 5.0], folds=[0, 1, 0, 1])
    figure = errors.predicted_actual("m", result, name="p")
    assert figure.svg
    assert "spread" not in figure.sentence


@pytest.mark.parametrize(
    ("shift", "words"), [(3.0, "3.00 too high on average"), (-3.0, "3.00 too low on average")]
)
def test_residuals_say_which_way_predictions_lean(shift: float, words: str) -> None:
    actual = np.linspace(0, 100, 101)
    result = regression(actual.tolist(), (actual + shift).tolist(), folds=[0, 1] * 50 + [0])
    sentence = errors.residuals("m", result, name="r").sentence
    assert words in sentence
    assert "half of them miss by at most 3.00, one in twenty by more than 3.00" in sentence


def test_residuals_to_both_sides_do_not_lean() -> None:
    result = regression([1.0] * 10, [0.0, 2.0] * 5, folds=[0, 1] * 5)
    assert "neither too high nor too low" in errors.residuals("m", result, name="r").sentence


def test_the_worst_hundredth_of_the_loss_is_told() -> None:
    loss = pl.Series([0.1] * 198 + [10.1] * 2)
    figure = errors.losses("m", hand_made.classifier(200, folds=200), loss, name="l")
    text = f"the worst 2 hold {100 * 20.2 / 40:.1f}% of all loss"
    assert "Not drawn: " in figure.sentence or text in figure.sentence
    varied = pl.Series([*np.linspace(0.1, 0.2, 198), 10.1, 10.1])
    figure = errors.losses("m", hand_made.classifier(200, folds=200), varied, name="l")
    assert f"the worst 2 hold {100 * 20.2 / (29.7 + 20.2):.1f}% of all loss" in figure.sentence
    assert figure.svg


def test_losses_of_0_and_1_are_counted() -> None:
    result = classification(["x", "y"], None, folds=[0, 1], predictions=["x", "x"], scored=False)
    figure = errors.losses("m", result, pl.Series([0.0, 1.0]), name="l")
    assert figure.sentence.endswith("1 of 2 predictions (50.0%) are wrong.")
    assert not figure.svg


def test_calibration_counts_the_bins_that_miss() -> None:
    bins = (
        CalibrationBin("x", 0.0, 0.2, 50, 0.1, 0.4, 0.3, 0.5, 50),
        CalibrationBin("x", 0.2, 0.9, 50, 0.5, 0.5, 0.4, 0.6, 50),
        CalibrationBin("y", 0.0, 1.0, 50, 0.5, 0.5, 0.4, 0.6, 50),
    )
    figure = trust.calibration([("m", hand_made.classifier(60))], [bins], "x", name="c")
    assert figure.sentence == (
        "On m forecasts miss the observed share by 0.150 on average, on the whole too low; "
        "1 of 2 bins by more than their interval."
    )
    assert figure.table is not None
    assert figure.table.rows[0] == ("0.000 to 0.200", "m", "50", "0.100", "0.400 [0.300, 0.500]")
    assert len(shapes(figure.svg)) == 2


def test_adaptive_bins_are_drawn_as_they_come() -> None:
    result = hand_made.classifier(400)
    bins = calibration_bins(result)
    figure = trust.calibration([("m", result)], [bins], "positive", name="c")
    assert len(shapes(figure.svg)) == sum(each.label == "positive" for each in bins)


def test_rounds_without_a_scored_train_side_are_left_out() -> None:
    figure = trust.train_validation(
        "m", hand_made.classifier(), ("accuracy", "f1[positive]"), name="t"
    )
    # Rounds 0, 2 and 4 have both sides: two dots each, in each of two metrics.
    assert len(shapes(figure.svg)) == 3 * 2 * 2
    assert "on the rows learned from" in figure.sentence


def test_a_gap_that_is_not_known_is_said_once() -> None:
    result = hand_made.classifier(60, folds=60)
    figure = trust.train_validation("m", result, ("accuracy", "macro_f1"), name="t")
    assert not figure.svg
    assert figure.sentence.endswith(
        "accuracy and macro f1 have no gap: not known both on rows learned from and held out."
    )


def test_a_gap_of_a_loss_is_measured_against_the_loss() -> None:
    result = hand_made.regressor(scale=1e-4)
    found = result.summary["mae"]
    given = replace(found, gap=-1e-5)
    one = replace(result, summary={**result.summary, "mae": given})
    assert (
        "1e-05 lower on the rows learned from"
        in trust.train_validation("m", one, ("mae",), name="t").sentence
    )
    same = replace(result, summary={**result.summary, "mae": replace(found, gap=1e-9)})
    assert "(to within 0.5%)" in trust.train_validation("m", same, ("mae",), name="t").sentence
