from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from fold_guard.crossval.metrics.pooled import UNEQUAL
from fold_guard.crossval.metrics.registry import metric_of
from fold_guard.crossval.metrics.segments import LEAST_ROWS, score_segments
from fold_guard.crossval.metrics.side import Side, score_side
from fold_guard.crossval.result import SegmentGap, SegmentScore
from tests.crossval.metrics.made import origin, pooled, random_classes, random_numbers, terms


def segmented(
    side: Side, columns: Mapping[str, Any], **changed: Any
) -> tuple[tuple[SegmentScore, ...], tuple[SegmentGap, ...]]:
    texts = {name: np.array(values, dtype=object) for name, values in columns.items()}
    come = {name: changed.pop(name) for name in ("rows", "repeats", "units") if name in changed}
    return score_segments(side, texts, origin(side, **come), terms(**changed))


@pytest.mark.parametrize("side", [random_classes(rows=600), random_numbers(rows=600)])
def test_a_segment_is_scored_as_if_it_were_all(side: Side) -> None:
    ward = np.array(["east", "north", "west"])[np.arange(600) % 3]
    scores, _ = segmented(side, {"ward": ward})
    assert [(each.column, each.value) for each in scores] == [
        ("ward", "east"),
        ("ward", "north"),
        ("ward", "west"),
    ]
    for each in scores:
        part = side.take(ward == each.value)
        assert (each.rows, each.units) == (200, 200)
        assert each.metrics == pooled(part)
        direct = score_side(part).values
        assert all(
            found.value == pytest.approx(direct[name])
            for name, found in each.metrics.items()
            if metric_of(name).over_rounds
        )


def test_segments_of_few_rows_have_no_scores() -> None:
    side = random_classes(rows=100)
    ward = ["east"] * LEAST_ROWS + ["north"] * (LEAST_ROWS - 1) + ["west"] * 61
    scores, gaps = segmented(side, {"ward": ward})
    east, north, _ = scores
    assert east.metrics["accuracy"].value is not None
    assert {each.value for each in north.metrics.values()} == {None}
    assert {each.note for each in north.metrics.values()} == {"19 rows, fewer than 20"}
    assert all("north" not in (each.highest, each.lowest) for each in gaps)


def test_a_rate_of_few_rows_of_a_class_is_undefined_there() -> None:
    actual = np.array([1] * 4 + [0] * 36 + [1] * 5 + [0] * 35)
    side = Side("classification", ("no", "yes"), actual, actual)
    scores, gaps = segmented(side, {"ward": ["east"] * 40 + ["west"] * 40})
    east, west = (each.metrics for each in scores)
    for name in ("recall[yes]", "precision[yes]", "f1[yes]", "balanced_accuracy", "macro_f1"):
        assert east[name].value is None
        assert east[name].note == "it rests on 4 rows, fewer than 5"
        assert west[name].value == 1.0
    assert east["recall[no]"].value == east["specificity[yes]"].value == 1.0
    assert not [each for each in gaps if each.metric == "recall[yes]"]
    assert [each for each in gaps if each.metric == "recall[no]"]


def test_the_gap_is_between_the_extremes() -> None:
    rng = np.random.default_rng(0)
    actual = np.zeros(600, dtype=np.int64)
    wrong = rng.random(600) < np.repeat([0.1, 0.5, 0.3], 200)
    side = Side("classification", ("no", "yes"), actual, wrong.astype(np.int64))
    ward = np.repeat(["east", "north", "west"], 200)
    _, gaps = segmented(side, {"ward": ward})
    (gap,) = [each for each in gaps if each.metric == "accuracy"]
    assert (gap.column, gap.highest, gap.lowest) == ("ward", "east", "north")
    right = [1 - wrong[ward == name].mean() for name in ("east", "north")]
    assert gap.difference == pytest.approx(right[0] - right[1])
    assert gap.note == "the largest gap among 3 segments is too large on average"
    # Two independent rates, their variance times the inflation.
    half = 1.96 * np.sqrt(2.0 * sum(p * (1 - p) / 200 for p in right))
    assert gap.low is not None
    assert gap.high is not None
    assert (gap.high - gap.low) / 2 == pytest.approx(half, rel=0.1)
    assert (gap.high + gap.low) / 2 == pytest.approx(gap.difference, abs=0.03)


def test_two_segments_have_a_gap_without_a_warning_of_many() -> None:
    side = random_numbers(rows=200)
    _, gaps = segmented(side, {"sex": np.array(["F", "M"])[np.arange(200) % 2]})
    by_metric = {each.metric: each for each in gaps}
    assert list(by_metric) == [name for name in score_side(side).values if metric_of(name).pooled]
    assert by_metric["mae"].note == ""
    assert by_metric["max_error"].low is None
    assert by_metric["max_error"].note.startswith("no interval: ")
    for each in gaps:
        assert each.difference >= 0
        if each.low is not None and each.high is not None:
            assert each.low <= each.difference <= each.high


def test_a_unit_in_both_segments_is_drawn_for_both() -> None:
    """Units with errors of their own: what two visits of one share is no gap between visits."""
    rng = np.random.default_rng(0)
    shared = np.repeat(rng.normal(0.0, 5.0, 150), 2)
    actual = rng.normal(0.0, 10.0, 300)
    predicted = actual + 10.0 + shared + rng.normal(0.0, 0.1, 300) + np.tile([0.0, 0.5], 150)
    side = Side("regression", (), actual, predicted)
    visit = np.tile(["first", "second"], 150)

    def width(units: np.ndarray) -> float:
        _, gaps = segmented(side, {"visit": visit}, units=units)
        (gap,) = [each for each in gaps if each.metric == "mae"]
        assert (gap.highest, gap.lowest) == ("second", "first")
        assert gap.low is not None
        assert gap.high is not None
        return gap.high - gap.low

    rows = np.arange(300)
    assert width(rows // 2) < width(rows) / 10


def test_segments_that_are_all_alike_have_a_gap_of_nothing() -> None:
    actual = np.arange(80) % 2
    side = Side("classification", ("no", "yes"), actual, actual)
    _, gaps = segmented(side, {"ward": np.repeat(["east", "west"], 40)})
    (gap,) = [each for each in gaps if each.metric == "accuracy"]
    assert gap.difference == 0.0
    assert gap.highest != gap.lowest
    # Forty rows that agree are no proof that the next one does.
    assert gap.low is not None
    assert gap.high is not None
    assert gap.low < 0.0 < gap.high


def test_the_gap_of_a_mean_over_classes_is_as_uncertain_as_its_rarest_class() -> None:
    actual = np.array(([1] * 6 + [0] * 94) * 2)
    wrong = np.zeros(200, dtype=bool)
    wrong[[10, 11, 12, 110]] = True
    side = Side("classification", ("no", "yes"), actual, np.where(wrong, 1 - actual, actual))
    scores, gaps = segmented(side, {"ward": np.repeat(["east", "west"], 100)})
    (gap,) = [each for each in gaps if each.metric == "balanced_accuracy"]
    east, west = (each.metrics["recall[yes]"] for each in scores)
    assert gap.low is not None
    assert gap.high is not None
    # All six are found in both; of six rows Wilson says less than half that is certain.
    assert east.low == west.low
    assert east.low is not None
    assert gap.high - gap.difference > (1 - east.low) / 2
    assert gap.difference - gap.low > (1 - east.low) / 2


def test_rows_without_a_segment_are_in_none() -> None:
    side = random_classes(rows=90)
    ward = [None] * 30 + ["east"] * 60
    scores, gaps = segmented(side, {"ward": ward, "floor": [None] * 90})
    assert [(each.value, each.rows) for each in scores] == [("east", 60)]
    assert gaps == ()


def test_rows_tested_unequally_often_are_refused() -> None:
    side = random_classes(rows=60)
    rows = np.arange(60) % 45
    scores, gaps = segmented(side, {"ward": np.repeat(["east", "west"], 30)}, rows=rows, units=rows)
    assert [(each.value, each.rows) for each in scores] == [("east", 30), ("west", 30)]
    assert {each.note for score in scores for each in score.metrics.values()} == {UNEQUAL}
    assert gaps == ()


def test_many_classes_and_segments() -> None:
    side = random_classes(rows=2_400, k=12)
    ward = np.array([f"w{n}" for n in range(8)])[np.arange(2_400) // 2 % 8]
    scores, gaps = segmented(side, {"ward": ward}, units=np.arange(2_400) // 2)
    assert len(scores) == 8
    assert {each.units for each in scores} == {150}
    assert {each.metric for each in gaps} >= {"accuracy", "log_loss", "specificity[c000]"}
    for each in gaps:
        known = [
            value for score in scores if (value := score.metrics[each.metric].value) is not None
        ]
        assert each.difference == pytest.approx(max(known) - min(known))
