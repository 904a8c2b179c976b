"""The section on the score, of results laid out by hand."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import polars as pl
import pytest

from fold_guard.crossval.result import FitWarning, Result
from fold_guard.evidence.dossier import Dossier
from fold_guard.reports.html import render_dossier
from fold_guard.reports.page.score import MOST_METRICS, metric_table
from fold_guard.reports.page.wording import origin_sentences
from tests.reports import hand_made
from tests.reports.test_html import FOREIGN, outline

N = 300
GENDER = ["FM"[i % 3 == 0] for i in range(N)]
SEGMENTS = {"gender": GENDER, "age": [f"{10 * (i % 5)} and more" for i in range(N)]}
PATH = "exact leave-one-out: Newton steps from the full fit, 25 of 300 rows refitted"


@cache
def rendered(dossier: Dossier) -> str:
    return render_dossier(dossier)


def text_of(dossier: Dossier) -> str:
    return outline(rendered(dossier)).text


def section(dossier: Dossier) -> str:
    text = text_of(dossier)
    return text[text.index("Score in pictures") : text.index("Provenance")]


def in_order(text: str, *words: str) -> None:
    places = [text.index(each) for each in words]
    assert places == sorted(places), dict(zip(words, places, strict=True))


@pytest.fixture(scope="module")
def two() -> Dossier:
    """One plan by fits, with all that can weigh on a score, and one exact leave-one-out."""
    grouped = hand_made.classifier(
        N,
        segments=SEGMENTS,
        failures=hand_made.failures(3),
        concerns=(hand_made.concern(),),
        warnings=(FitWarning("ConvergenceWarning", "did not converge", (1, 3)),),
    )
    single = hand_made.classifier(
        N,
        folds=N,
        seed=1,
        segments=SEGMENTS,
        path=PATH,
        warnings=(FitWarning("ConvergenceWarning", "stopped short", ()),),
    )
    return hand_made.dossier(
        ("grouped", grouped), ("single", single), headline=("recall[positive]", "log_loss")
    )


@pytest.fixture(scope="module")
def numbers() -> Dossier:
    plans = (
        ("a", hand_made.regressor(N, segments=SEGMENTS)),
        ("b", hand_made.regressor(N, seed=1)),
    )
    return hand_made.dossier(*plans, headline=("mae", "r2"))


def test_what_weighs_on_a_score_stands_directly_beneath_it(two: Dossier) -> None:
    text = section(two)
    in_order(
        text,
        "Plans side by side",
        "recall[positive] is 0.",
        "What speaks against the score",
        "Plan grouped: failed rounds 3 of 8 rounds failed (37.5%): ValueError: Input X",
        "What a reader of the score has to know",
        "Plan grouped: tuned on reported folds the search tuned",
        "How the score came about",
        "Plan grouped: 5 fits.",
        "recall[positive] and log loss are the mean over 5 rounds; 95% interval: a t interval.",
        "Plan grouped: ConvergenceWarning while fitting (rounds 1, 3): did not converge",
        f"Plan single: {PATH}.",
        "computed once over the predictions of 300 rows in 150 units; 95% interval: a bootstrap",
        "Plan single: ConvergenceWarning while fitting (all rows): stopped short",
        "Each class",
        "Calibration",
        "Each segment",
        "Confusion",
        "Train against validation",
        "How the loss is spread",
        "Rows that cost most",
    )


def test_it_stands_in_the_verdict_and_in_the_summary_too(two: Dossier) -> None:
    text = text_of(two)
    in_order(
        text,
        "ROUNDS FAILED. Plan grouped",
        "3 of 8 rounds failed: the score does not pass.",
        "What speaks against the score failed rounds 3 of 8 rounds failed",
        "PASSED. Plan single",
        "On grouped 3 of 8 rounds failed and are missing from the score.",
        "Checks The worst",
    )


@pytest.mark.parametrize(
    ("given", "met", "word", "kind"),
    [
        ({}, True, "PASSED", "passed"),
        ({}, False, "TARGET MISSED", "failed"),
        ({"failures": hand_made.failures(1)}, True, "FAILURES ALLOWED", "warned"),
        ({"failures": hand_made.failures(1)}, False, "ROUNDS FAILED", "failed"),
        ({"concerns": (hand_made.concern(),)}, True, "PASSED", "passed"),
        ({"concerns": (hand_made.concern(blocking=True),)}, True, "SCORE BLOCKED", "failed"),
    ],
)
def test_the_word_of_the_verdict(given: dict[str, object], met: bool, word: str, kind: str) -> None:
    metric = "failure_rate" if "failures" in given else "accuracy"
    outcome = hand_made.outcome(metric, met=met)
    dossier = hand_made.dossier(("m", hand_made.classifier(60, **given)), requirements=(outcome,))
    html = render_dossier(dossier)
    assert f'<article class="verdict {kind}">' in html
    assert f"{word}. Plan m" in outline(html).text
    assert dossier.plans[0].passed is (kind != "failed")


def test_what_is_built_in_is_no_target() -> None:
    built_in = replace(hand_made.outcome("failure_rate", met=True), built_in=True)
    result = hand_made.classifier(60, failures=hand_made.failures(1))
    text = text_of(hand_made.dossier(("m", result), requirements=(built_in,)))
    assert "1 of 6 rounds failed: params allow for them." in text
    assert "Targets" not in text
    assert "target" not in text[: text.index("Checks The worst")]


def test_segments_are_drawn_and_their_gaps_told(two: Dossier) -> None:
    html = rendered(two)
    text = section(two)
    [gap] = [
        gap
        for gap in two.results[0][1].gaps
        if (gap.column, gap.metric) == ("gender", "recall[positive]")
    ]
    assert (
        f"On grouped recall[positive] is {gap.difference:.2f} higher for {gap.highest} than for "
        f"{gap.lowest} [{gap.low:.2f}, {gap.high:.2f}]"
    ) in text
    assert text.count("gender: recall[positive]") >= 1
    assert text.count("age: log loss") >= 1
    assert len(re.findall(r'id="segment-\d-\d-title"', html)) == 4


def test_leave_one_out_has_pooled_numbers_and_the_loss_of_rows(two: Dossier) -> None:
    text = section(two)
    assert "Not drawn: each round tests one row, which is no set to score." in text
    assert "Half of the 300 predictions lose at most" in text
    row = next(r for r in metric_table(two.results).rows if r[:2] == ("accuracy", "single"))
    assert row[2] == "none"
    assert not row[3].startswith("(")


def test_of_two_numbers_the_reported_one_is_bare() -> None:
    result = hand_made.classifier()
    table = metric_table([("m", result)])
    row = next(r for r in table.rows if r[0] == "accuracy")
    over, pooled = result.summary["accuracy"].over_rounds, result.summary["accuracy"].pooled
    assert over is not None
    assert over.mean is not None
    assert pooled is not None
    assert pooled.value is not None
    assert row[2].startswith(f"{over.mean:.3f} [")
    assert row[3].startswith(f"({pooled.value:.3f} [")
    assert "not the one that is reported" in table.note


def test_metrics_are_capped_and_the_cap_stated() -> None:
    table = metric_table([("m", hand_made.classifier(120, [f"c{i}" for i in range(30)]))])
    assert len(table.rows) == MOST_METRICS
    assert "60 of 222 metrics are shown" in table.note


def test_regression_has_its_own_pictures_and_no_classes(numbers: Dossier) -> None:
    html = rendered(numbers)
    text = section(numbers)
    for words in (
        "mean absolute error is 29.",
        "Predicted against actual",
        "Residuals",
        "too high on average",
        "Predicted too high",
        "squared error",
        "Headline metrics, in the unit of the label",
        "Headline metrics, at most 1",
    ):
        assert words in text
    for words in ("Each class", "Calibration", "Confusion", "probability"):
        assert words not in text
    assert not re.findall(r"\bNaN\b|\bnan\b|None|inf\b", outline(html).text)


def test_no_actual_value_stands_in_a_picture(numbers: Dossier) -> None:
    result = numbers.results[0][1]
    marked = result.predictions.with_columns(label=pl.col("label").round(6))
    dossier = hand_made.dossier(("a", replace(result, predictions=marked)), headline=("mae",))
    html = render_dossier(dossier)
    svgs = "".join(re.findall(r"<svg.*?</svg>", html, re.DOTALL))
    assert "<svg" in svgs
    assert not [value for value in marked["label"] if f"{value}" in svgs]


@pytest.mark.parametrize("scale", [1e-4, 1e7])
def test_labels_of_any_size_can_be_read(scale: float) -> None:
    text = section(hand_made.dossier(("m", hand_made.regressor(scale=scale)), headline=("mae",)))
    small = "mean absolute error is 2.9e-05 [2.6e-05, "
    large = "mean absolute error is 2,922,651 [2,644,963, 3,200,340] on m."
    assert (small if scale < 1 else large) in text
    assert "Predictions are 0.00 " not in text


def test_without_probabilities_and_segments_the_page_says_so() -> None:
    text = section(hand_made.dossier(("m", hand_made.classifier(probabilities=False))))
    assert "Not drawn: the estimator gives no probabilities." in text
    assert "Without probabilities the loss is 0 or 1" in text
    assert "Each segment" not in text


def test_an_unmeasured_headline_leaves_the_rest_standing() -> None:
    text = section(hand_made.dossier(("m", hand_made.classifier()), headline=("recall[other]",)))
    assert "Not drawn: no headline metric was measured." in text
    assert "recall[other] no metric" in text
    assert "Plan m: intervals: made by hand." in text


def test_more_plans_than_colours_are_said_to_be() -> None:
    result = hand_made.classifier(60)
    text = section(hand_made.dossier(*((f"plan{i}", result) for i in range(6))))
    assert "4 of 6 plans are drawn" in text


def test_no_interval_says_why() -> None:
    result = hand_made.classifier(60)
    found = result.summary["accuracy"]
    assert found.over_rounds is not None
    note = "no interval: choices of blocks are no draws"
    bare = replace(found, low=None, high=None, note=note)
    sentences = origin_sentences("m", replace(result, summary={"accuracy": bare}), ("accuracy",))
    assert sentences[-1] == (
        "Plan m: accuracy is the mean over 5 rounds; no interval: choices of blocks are no draws."
    )


@pytest.fixture(scope="module")
def huge() -> Result:
    """As crowded as it may get: classes, segment columns, values, rows."""
    n = 20_000
    columns = {f"col{c:02d}": [f"v{(i * 7 + c) % 50:02d}" for i in range(n)] for c in range(20)}
    whole = hand_made.classifier(n, [f"class {i:03d}" for i in range(100)])
    one = hand_made.classifier(n, segments=columns)
    return replace(whole, segments=one.segments, gaps=one.gaps)


def test_a_page_stays_small_however_much_there_is(huge: Result) -> None:
    html = render_dossier(hand_made.dossier(("m", huge), headline=("accuracy",)))
    assert len(html.encode()) < 700_000
    text = outline(html).text
    for words in (
        "The 6 rarest of 100 classes are drawn.",
        "The 4 rarest classes are drawn.",
        "6 of 20 segment columns are drawn",
        "12 of 50 values are drawn",
        "8 of 100 classes are shown",
        "12 of 100 classes can be chosen",
        "20 of 20,000 rows, worst first.",
        "60 of 712 metrics are shown",
    ):
        assert words in text


def test_text_from_data_is_shown_never_obeyed() -> None:
    nasty = '<img src=x onerror="alert(1)">\x1b[31m\u202e' + "w" * 600
    result = hand_made.classifier(
        60,
        [nasty, f"{nasty}b"],
        ids=[f"{nasty}{i}" for i in range(60)],
        segments={nasty: [f"{nasty}{i % 2}" for i in range(60)]},
        failures=hand_made.failures(1, nasty),
        concerns=(replace(hand_made.concern(), name=nasty, message=nasty),),
        warnings=(FitWarning(nasty, nasty, (1,)),),
        path=nasty,
        interval=nasty,
    )
    html = render_dossier(hand_made.dossier((nasty, result), headline=("accuracy", "macro_f1")))
    page = outline(html)
    assert not FOREIGN.search(html)
    assert not {"script", "img"} & set(page.tags)
    assert not [key for key, _ in page.attributes if key.startswith("on")]
    assert "w" * 601 not in html
    assert len(html) < 1_000_000


def test_ids_of_choices_are_unique_and_labelled(two: Dossier) -> None:
    html = rendered(two)
    page = outline(html)
    ids = [value for key, value in page.attributes if key == "id"]
    assert len(ids) == len(set(ids))
    named = {value for key, value in page.attributes if key == "for"}
    assert named == {each for each in ids if each is not None and re.match(r"worst-\d+-\d+", each)}
    assert html.count(" checked>") == len(two.plans)


def test_same_result_same_bytes(two: Dossier, numbers: Dossier) -> None:
    for dossier in (two, numbers):
        assert render_dossier(dossier) == rendered(dossier)
