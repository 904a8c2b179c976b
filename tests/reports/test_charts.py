from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from sklearn.naive_bayes import GaussianNB

from fold_guard.crossval.fit import score_rounds
from fold_guard.evidence.dossier import Dossier, LargeUnit, TimeBin
from fold_guard.evidence.report import FoldsFacts
from fold_guard.partition.rounds import kfold_rounds
from fold_guard.reports.charts import folds, placement, score
from fold_guard.reports.charts.fold_colours import fold_colours
from fold_guard.reports.charts.svg import clean, series, variable
from fold_guard.reports.page.visible import cut, distinct_labels, sentence, visible, whole


def facts(*by_class: tuple[int, ...], classes: tuple[str, ...] = ("a", "b")) -> FoldsFacts:
    rows = tuple(sum(each) for each in by_class)
    return FoldsFacts("column fold", "kfold", len(rows), 0, classes, rows, by_class, "0" * 64)


def texts(svg: str) -> list[str]:
    return [each.text or "" for each in ET.fromstring(svg).iter("text")]


def test_clean_keeps_shapes_and_renames_ids() -> None:
    dirty = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 5" onload="x()">'
        '<script>x()</script><g clip-path="url(#clip77)"><path d="M0,0h1" '
        f'fill="{series(0)}" '
        'onclick="x()"/><path d="M0,0h0v0h0Z"/></g>'
        '<defs><clipPath id="clip77"><rect width="1"/></clipPath></defs></svg>'
    )
    svg = clean(dirty, name="fig", title="<t>", description="d\x1b")
    assert "script" not in svg
    assert "x()" not in svg
    assert 'id="fig-0"' in svg
    assert 'clip-path="url(#fig-0)"' in svg
    assert 'fill="var(--s0)"' in svg
    assert '<title id="fig-title">&lt;t&gt;</title><desc id="fig-desc">d\\x1b</desc>' in svg
    assert svg.count("<path") == 1


def test_charts_use_theme_colours_only() -> None:
    svg = folds.sizes(facts((5, 5), (6, 4)), name="f", title="t").svg
    colours = set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg))
    assert colours <= {
        "none",
        "transparent",
        "var(--ink)",
        "var(--muted)",
        "var(--s0)",
        "var(--s1)",
    }
    assert {"var(--s0)", "var(--s1)"} <= colours


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def test_series_stand_out_from_the_paper_in_both_themes() -> None:
    css = (Path(folds.__file__).parents[1] / "templates" / "page.css").read_text()
    light, dark = re.findall(r":root \{.*?\}", css, re.S)
    for theme in (light, dark):
        colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", theme.replace("#fff;", "#ffffff;")))
        paper = luminance(colours["paper"])
        assert sum(name.startswith("s") for name in colours) == 8
        for name, colour in colours.items():
            if re.fullmatch(r"s\d", name):
                low, high = sorted((luminance(colour), paper))
                assert (high + 0.05) / (low + 0.05) >= 3, (name, colour)


def test_drawing_does_not_depend_on_what_was_drawn_before() -> None:
    first = folds.composition(facts((5, 5), (6, 4)), name="f", title="t")
    placement.rounds([(0, 3, 2, 0)], name="g", title="t")
    assert folds.composition(facts((5, 5), (6, 4)), name="f", title="t") == first


def test_composition_names_the_fold_that_is_furthest_off() -> None:
    figure = folds.composition(facts((90, 10), (80, 20), (97, 3)), name="f", title="t")
    assert "b in fold 1, 20 rows where its share of all rows would give 11.0" in figure.sentence
    assert {"90", "20", "3"} <= set(texts(figure.svg))


def test_composition_of_balanced_folds_says_so() -> None:
    figure = folds.composition(facts((50, 5), (50, 5)), name="f", title="t")
    assert "to within one row" in figure.sentence


def test_composition_says_which_class_is_missing_where() -> None:
    figure = folds.composition(facts((5, 1), (6, 0), (6, 0)), name="f", title="t")
    assert figure.sentence.endswith("b has no row in 2 of 3 folds.")


def test_composition_shows_the_commonest_and_the_rarest_of_many_classes() -> None:
    names = tuple(f"c{i}" for i in range(30))
    many = facts(tuple(range(30, 0, -1)), tuple(range(30, 0, -1)), classes=names)
    assert [names[i] for i in folds.shown_classes(many)] == [
        "c0",
        "c25",
        "c26",
        "c27",
        "c28",
        "c29",
    ]
    figure = folds.composition(many, name="f", title="t")
    assert figure.table is not None
    assert figure.table.note == "Shown: 6 of 30 classes."


def test_no_classes_no_picture() -> None:
    figure = folds.composition(facts((), (), classes=()), name="f", title="t")
    assert not figure.svg
    assert figure.sentence.startswith("Not drawn")


def test_empty_fold_is_drawn() -> None:
    figure = folds.sizes(facts((5, 5), (0, 0)), name="f", title="t")
    assert figure.sentence.startswith("Folds hold 0 to 10 rows")
    assert "0 (0.0%)" in texts(figure.svg)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([(3, 0), (2, 0), (0, 4)], "follow one another in time"),
        ([(1, 1), (1, 1), (1, 1)], "does not show how the model does on later rows"),
        ([(1, 0), (1, 1), (0, 1), (0, 1), (1, 0), (0, 1), (0, 1)], "overlap in time"),
    ],
)
def test_timeline_says_what_is_true_of_the_folds(rows: list[tuple[int, int]], words: str) -> None:
    bins = [TimeBin(str(i), each) for i, each in enumerate(rows)]
    assert words in placement.timeline(bins, name="f", title="t").sentence


def test_long_timelines_are_merged_without_losing_rows() -> None:
    bins = [TimeBin(str(i), (1, 2)) for i in range(500)]
    merged = placement._merged(bins)
    assert len(merged) == 100
    assert sum(sum(each.rows) for each in merged) == 1500
    assert (
        "500 stretches of time are drawn as 100 bars"
        in placement.timeline(bins, name="f", title="t").sentence
    )


def test_units_in_several_folds_are_said_to_be() -> None:
    units = [LargeUnit(5, (3, 2)), LargeUnit(4, (4, 0))]
    figure = placement.largest_units(units, 100, 2, split_means="bad", name="f", title="t")
    assert figure.sentence == (
        "The largest unit has 5 rows (5.0% of all). 1 of the 2 largest lie in several folds: bad."
    )


def test_many_folds_have_many_colours() -> None:
    assert len(set(fold_colours(8))) == 8
    assert len(set(fold_colours(50))) == 50
    assert variable(series(8)) == variable(series(0))


def test_intervals_draw_each_plan_and_each_round(covid: Dossier) -> None:
    plans = [(plan.name, plan.result) for plan in covid.plans]
    figure = score.intervals(plans, [("recall", "recall[positive]")], name="f", title="t")
    shapes = [e for e in ET.fromstring(figure.svg).iter("path") if "A" in e.attrib["d"]]
    assert len(shapes) == 1 + len(plans[0][1].rounds)
    assert [key.label for key in figure.keys] == ["stratified_group", "forward"]


def test_of_many_rounds_those_that_look_alike_are_drawn_once() -> None:
    y = np.array(["no", "yes"] * 30, dtype=object)
    X = pd.DataFrame({"x": (y == "yes") + np.arange(60) % 3})
    result = score_rounds(GaussianNB(), X, y, kfold_rounds(np.arange(60)), row_ids=np.arange(60))
    figure = score.intervals([("all", result)], [("right", "accuracy")], name="f", title="t")
    shapes = [e for e in ET.fromstring(figure.svg).iter("path") if "A" in e.attrib["d"]]
    assert len({each.test.values["accuracy"] for each in result.rounds}) == 2
    assert len(shapes) == 1 + 2  # the mean, and the rounds that are right or wrong


def test_undefined_metric_says_where_and_why(bare: Dossier) -> None:
    plans = [(plan.name, plan.result) for plan in bare.plans]
    figure = score.intervals(plans, [("recall", "recall[yes]")], name="f", title="t")
    assert "recall is undefined in" in figure.sentence
    assert "no rows of class 'yes'" in figure.sentence
    nothing = score.intervals(plans, [("area", "roc_auc[yes]")], name="f", title="t")
    assert not nothing.svg
    assert nothing.sentence.startswith("Not drawn")


def test_chart_labels_are_escaped(hostile: Dossier) -> None:
    svg = folds.composition(hostile.plans[0].report.folds, name="f", title="t").svg
    assert "<script>alert(1)</script>" in texts(svg)
    assert r"\x1b[31mred\x07" in texts(svg)
    assert not [e for e in ET.fromstring(svg).iter() if e.tag in ("script", "image", "a")]


def test_visible_and_cut() -> None:
    assert visible("a\x00\x85\u2066\ufeff\ufffe") == r"a\x00\x85\u2066\ufeff\ufffe"
    assert cut("日本語" * 10, 7) == "日本語…"
    assert whole("x" * 600).endswith("… (600 characters)")
    assert sentence("class " + "a" * 90 + " has 24 rows", 40).endswith("has 24 rows")
    assert distinct_labels(["", "", "b"], 5) == ["(empty)", "(empty) (2)", "b"]
