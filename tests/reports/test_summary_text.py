from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from fold_guard.crossval.result import MetricSummary, Undefined
from fold_guard.gate.verdict import Objection
from fold_guard.reports.summary_text import render_summary
from tests.reports import text_fixtures as made

NEVER = {"metric": "accuracy", "min": 0.999}


def test_each_plan_has_its_verdict_and_its_numbers() -> None:
    dossier = made.dossier(headline=("accuracy",))
    lines = render_summary(dossier, width=120).splitlines()
    accuracy = made.result().summary["accuracy"]
    assert accuracy.mean is not None
    assert accuracy.low is not None
    assert accuracy.high is not None
    number = f"accuracy {accuracy.mean:.2f} [{accuracy.low:.2f}, {accuracy.high:.2f}]"
    checks = len(made.lenient())  # one of them has two targets
    assert lines[0].startswith(
        f"main           PASSED   {checks} checks, {checks + 1} outcomes, verdict "
    )
    assert lines[1].startswith(
        f"a_longer_name  PASSED   {checks} checks, {checks + 1} outcomes, verdict "
    )
    assert lines[0].endswith(number)
    assert lines[-2] == "Ignoring time makes recall look 0.10 better than it is."
    assert lines[-1] == "Report: reports/index.html"
    assert len(lines) == 4


def test_overlapping_intervals_are_said() -> None:
    dossier = made.dossier()
    assert dossier.comparison is not None
    same = replace(dossier.comparison, metric="accuracy")
    text = " ".join(render_summary(replace(dossier, comparison=same)).split())
    assert "look 0.10 better than it is. The two intervals overlap. Report:" in text


def test_a_refused_plan_shows_objections_and_no_score() -> None:
    dossier = made.dossier(headline=("accuracy",))
    first, second = dossier.plans
    _, verdict = made.checked(made.strict())
    refused = replace(
        first, verdict=verdict, result=None, requirements=(), reason="old scores are not shown"
    )
    dossier = replace(dossier, plans=(refused, second), comparison=None)
    text = render_summary(dossier, width=120)
    lines = text.splitlines()
    assert lines[0].startswith("main           REFUSED")
    assert "refused: FG202 class_counts: " in lines[1]
    assert "no score is shown: old scores are not shown" in text
    assert text.count("accuracy") == 1


def test_stale_scores_are_not_called_passed() -> None:
    dossier = made.dossier()
    first, _ = dossier.plans
    stale = replace(first, result=None, reason="made under another verdict")
    text = render_summary(replace(dossier, plans=(stale,), comparison=None))
    assert text.startswith("main  NO SCORE STANDS")
    assert "made under another verdict" in text
    assert "recall" not in text


def test_a_missed_target_refuses_and_is_told() -> None:
    text = render_summary(made.dossier(made.targets(NEVER)))
    assert text.startswith("main           REFUSED")
    assert "missed: accuracy is" in text


def test_warnings_are_in_the_verdict() -> None:
    dossier = made.dossier()
    first, second = dossier.plans
    verdict = replace(first.verdict, warnings=(Objection("FG305", "label_conflict", "x"),))
    dossier = replace(dossier, plans=(replace(first, verdict=verdict), second))
    assert "PASSED with 1 warning" in render_summary(dossier).splitlines()[0]


@pytest.mark.parametrize(
    ("summary", "words"),
    [
        (MetricSummary(None, None, None, None, 0, None, (), "defined in no round"), "undefined"),
        (MetricSummary(0.5, None, None, None, 1, None, (), "one value only: no interval"), "only"),
        (MetricSummary(0.5, 0.0, 0.5, 0.5, 3, None, (), "all rounds agree"), "rounds agree"),
        (
            MetricSummary(0.5, 0.1, 0.4, 0.6, 3, None, (Undefined(7, "no rows"),)),
            "0.50 [0.40, 0.60] (defined in 3 of 4 rounds)",
        ),
        (
            MetricSummary(0.5, 0.1, None, None, 1, None, (Undefined(7, "no rows"),), "one value"),
            "0.50 (defined in 1 of 2 rounds; one value)",
        ),
    ],
)
def test_what_has_no_number_says_why(summary: MetricSummary, words: str) -> None:
    dossier = made.dossier(headline=("roc_auc",))
    first, _ = dossier.plans
    result = replace(first.result, summary={"roc_auc": summary})
    text = render_summary(replace(dossier, plans=(replace(first, result=result),)))
    assert f"ROC AUC {'' if summary.mean is None else '0.50 '}" in text
    assert words in text
    assert "None" not in text
    assert "nan" not in text


def test_a_headline_that_was_not_measured_is_said() -> None:
    assert "lift was not measured" in render_summary(made.dossier(headline=("lift",)))


@pytest.mark.parametrize("width", made.WIDTHS)
def test_it_fits_and_colour_changes_no_word(width: int) -> None:
    dossier = made.dossier(made.targets(NEVER), headline=(made.HOSTILE, "accuracy", "f1[sick]"))
    first, second = dossier.plans
    verdict = replace(first.verdict, plan=made.HOSTILE)
    dossier = replace(dossier, plans=(replace(first, verdict=verdict), second))
    text = render_summary(dossier, width=width, report_path=made.HOSTILE)
    assert (
        made.plain(render_summary(dossier, width=width, report_path=made.HOSTILE, colour=True))
        == text
    )
    for line in text.splitlines():
        assert cell_len(line) <= width, line
        assert line == line.rstrip()
    assert not set(text) & set("\x1b\x9b\r\u202e")
