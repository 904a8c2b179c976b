from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from fold_guard.crossval.result import Concern, MetricSummary, OverRounds, Undefined
from fold_guard.evidence.dossier import Comparison
from fold_guard.gate.verdict import Objection
from fold_guard.reports.summary_text import render_scores, render_summary
from tests.reports import hand_made
from tests.reports import text_fixtures as made

NEVER = {"metric": "accuracy", "min": 0.999}


def test_each_plan_has_its_verdict_and_its_numbers() -> None:
    dossier = made.dossier(headline=("accuracy",))
    lines = render_summary(dossier, width=120).splitlines()
    accuracy = made.result().summary["accuracy"]
    assert accuracy.estimate is not None
    assert accuracy.low is not None
    assert accuracy.high is not None
    number = f"accuracy {accuracy.estimate:.2f} [{accuracy.low:.2f}, {accuracy.high:.2f}]"
    checks = len(made.lenient())  # one of them has two targets
    assert lines[0].startswith(
        f"main           PASSED   {checks} checks, {checks + 1} outcomes, verdict "
    )
    assert lines[1].startswith(
        f"a_longer_name  PASSED   {checks} checks, {checks + 1} outcomes, verdict "
    )
    assert lines[0].endswith(number)
    assert lines[-2] == (
        "Ignoring time makes recall[sick] look 0.10 better than it is. The two intervals overlap."
    )
    assert lines[-1] == "Report: reports/index.html"
    assert len(lines) == 4


def test_intervals_that_are_not_known_are_not_compared() -> None:
    dossier = made.dossier()
    assert dossier.comparison is not None
    other = replace(dossier.comparison, metric="recall[nobody]")
    text = " ".join(render_summary(replace(dossier, comparison=other)).split())
    assert "makes recall[nobody] look 0.10 better than it is. Report:" in text


def test_a_comparison_in_the_unit_of_the_label_keeps_small_numbers() -> None:
    small = Comparison("mae", "a", "b", "time", 0.0004, 0.0009)
    assert small.sentence == (
        "Ignoring time makes mean absolute error look 0.0005 better than it is."
    )
    same = Comparison("mae", "a", "b", "time", 5.0, 5.0)
    assert same.sentence == "Ignoring time makes no difference to mean absolute error."


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
    ("over", "words"),
    [
        (OverRounds(None, None, None, None, 0, note="defined in no round"), "undefined (defined"),
        (OverRounds(0.5, None, None, None, 1, note="one value only: no interval"), "0.50 (one"),
        (OverRounds(0.5, 0.0, 0.5, 0.5, 3, note="all rounds agree"), "(all rounds agree)"),
        (OverRounds(0.5, 0.1, None, None, 3), "0.50 (no interval)"),
        (
            OverRounds(0.5, 0.1, 0.4, 0.6, 3, (Undefined(7, "no rows"),)),
            "0.50 [0.40, 0.60] (defined in 3 of 4 rounds)",
        ),
        (
            OverRounds(0.5, 0.1, None, None, 1, (Undefined(7, "no rows"),), note="one value"),
            "0.50 (defined in 1 of 2 rounds; one value)",
        ),
    ],
)
def test_what_has_no_number_says_why(over: OverRounds, words: str) -> None:
    summary = MetricSummary("rounds", over.mean, over.low, over.high, over.note, over)
    dossier = made.dossier(headline=("roc_auc",))
    first, _ = dossier.plans
    result = replace(first.result, summary={"roc_auc": summary})
    text = render_summary(replace(dossier, plans=(replace(first, result=result),)))
    assert f"ROC AUC {'' if summary.estimate is None else '0.50 '}" in text
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


def test_scores_of_plain_fits_are_the_metrics_alone() -> None:
    result = hand_made.classifier()
    found = result.summary["recall[positive]"]
    assert render_scores("main", result, ("recall[positive]",)) == (
        f"main   recall[positive] {found.estimate:.2f} [{found.low:.2f}, {found.high:.2f}]\n"
    )


def test_without_a_headline_the_task_has_one() -> None:
    assert "macro f1 0." in render_scores("main", hand_made.classifier())
    assert "mean absolute error 2" in render_scores("main", hand_made.regressor())


def test_rounds_that_failed_are_counted_by_cause() -> None:
    failures = (
        *hand_made.failures(2),
        *hand_made.failures(1, "the worker died of SIGKILL"),
    )
    result = hand_made.classifier(failures=failures, n_rounds=2000)
    text = render_scores("main", result, width=120)
    assert (
        "  blocking: 3 of 2,000 rounds failed (0.1%): ValueError: Input X contains NaN x2, "
    ) in text
    assert "the worker died of SIGKILL x1; first round 812" in " ".join(text.split())


def test_many_causes_are_capped() -> None:
    failures = tuple(
        each for i in range(9) for each in hand_made.failures(9 - i, f"ValueError: number {i}")
    )
    text = " ".join(render_scores("m", hand_made.classifier(failures=failures)).split())
    assert "number 0 x9, ValueError: number 1 x8, ValueError: number 2 x7, 6 other errors" in text
    assert "number 3" not in text


def test_concerns_and_a_path_that_is_not_plain_fits_are_told() -> None:
    concerns = (hand_made.concern(), hand_made.concern(blocking=True))
    path = "exact leave-one-out: Newton steps from the full fit"
    result = hand_made.classifier(60, folds=60, concerns=concerns, path=path)
    lines = render_scores("loo", result, ("accuracy",)).splitlines()
    assert lines[1].startswith("  blocking: tuned_on_reported_folds: the search tuned")
    assert lines[2].startswith("  concern: tuned_on_reported_folds: the search tuned")
    assert lines[3] == f"  path: {path}"


@pytest.mark.parametrize("width", made.WIDTHS)
def test_scores_fit_and_colour_changes_no_word(width: int) -> None:
    concerns = (Concern(made.HOSTILE, made.HOSTILE, blocking=True),) * 12
    result = hand_made.classifier(
        concerns=concerns, failures=hand_made.failures(3, made.HOSTILE), path=made.HOSTILE
    )
    text = render_scores(made.HOSTILE, result, (made.HOSTILE, "accuracy"), width=width)
    painted = render_scores(
        made.HOSTILE, result, (made.HOSTILE, "accuracy"), width=width, colour=True
    )
    assert painted != text
    assert made.plain(painted) == text
    assert "and 3 more concerns" in text
    for line in text.splitlines():
        assert cell_len(line) <= width, line
        assert line == line.rstrip()
    assert not set(text) & set("\x1b\x9b\r\u202e")


@pytest.mark.parametrize("allowed", [False, True])
def test_rounds_that_failed_are_never_a_plain_pass(allowed: bool) -> None:
    result = hand_made.classifier(failures=hand_made.failures(1))
    outcome = replace(hand_made.outcome("failure_rate", met=allowed), built_in=True)
    dossier = hand_made.dossier(("main", result), requirements=(outcome,))
    text = render_summary(dossier)
    assert text.startswith("main  FAILURES ALLOWED" if allowed else "main  REFUSED")
    assert dossier.plans[0].passed is allowed
    assert f"{'concern' if allowed else 'blocking'}: 1 of 6 rounds failed (16.7%)" in text
    assert "missed" not in text


def test_failures_that_nothing_speaks_of_block() -> None:
    dossier = hand_made.dossier(("m", hand_made.classifier(failures=hand_made.failures(1))))
    assert not dossier.plans[0].passed


def test_a_concern_is_counted_in_the_verdict_and_a_blocking_one_refuses() -> None:
    known = hand_made.dossier(("main", hand_made.classifier(concerns=(hand_made.concern(),))))
    assert render_summary(known).startswith("main  PASSED with 1 concern ")
    blocking = hand_made.classifier(concerns=(hand_made.concern(blocking=True),))
    assert render_summary(hand_made.dossier(("main", blocking))).startswith("main  REFUSED ")
