"""The section on the score: pictures, what stands beneath them, and the rows that cost most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fold_guard.crossval.calibration import calibration_bins
from fold_guard.crossval.result import Concern, Result
from fold_guard.evidence.dossier import Dossier
from fold_guard.reports.charts import errors, segments, trust
from fold_guard.reports.charts import score as score_charts
from fold_guard.reports.charts.dots import MOST_PLANS
from fold_guard.reports.charts.figure import Figure, Table, Topic
from fold_guard.reports.page import wording
from fold_guard.reports.page.samples import DrillDown, drill_down, row_losses
from fold_guard.reports.page.score import (
    Confusion,
    Named,
    confusion,
    headline_table,
    metric_table,
)

MOST_WARNINGS, MOST_CALIBRATED = 5, 4


@dataclass(frozen=True, slots=True)
class Score:
    """The score in pictures and tables.

    Attributes
    ----------
    headline : Topic
    against, concerns : tuple of (plan and name, text)
        What stands directly beneath: what blocks the score, and what a reader has to know.
    origins : tuple of str
        How predictions and intervals came about.
    topics, later : tuple of Topic
        Before and after the confusion matrices.
    confusions : tuple of Confusion
    drill_downs : tuple of DrillDown
    table : Table
    """

    headline: Topic
    against: tuple[tuple[str, str], ...]
    concerns: tuple[tuple[str, str], ...]
    origins: tuple[str, ...]
    topics: tuple[Topic, ...]
    confusions: tuple[Confusion, ...]
    later: tuple[Topic, ...]
    drill_downs: tuple[DrillDown, ...]
    table: Table


def concern_pairs(
    concerns: Sequence[Concern], *, blocking: bool, plan: str = ""
) -> tuple[tuple[str, str], ...]:
    """Return name and text of what speaks against a score, or of what a reader has to know."""
    named = f"Plan {plan}: " if plan else ""
    return tuple(
        (f"{named}{each.name.replace('_', ' ')}", each.message)
        for each in concerns
        if each.blocking is blocking
    )


def score_section(dossier: Dossier) -> Score:
    """Lay out the scores that stand.

    Parameters
    ----------
    dossier : Dossier
        At least one plan has a result.
    """
    plans = dossier.results
    scored = [plan for plan in dossier.plans if plan.result is not None]
    classified = [each for each in plans if each[1].task == "classification"]
    numeric = [each for each in plans if each[1].task == "regression"]
    losses = [row_losses(result) for _, result in plans]
    split_up = segments.segments(plans, dossier.headline, name="segment")
    single = [(i, *each) for i, each in enumerate(plans) if not each[1].rounds]
    return Score(
        headline=_headline(dossier),
        against=tuple(
            each for p in scored for each in concern_pairs(p.concerns, blocking=True, plan=p.name)
        ),
        concerns=tuple(
            each for p in scored for each in concern_pairs(p.concerns, blocking=False, plan=p.name)
        ),
        origins=tuple(
            text for name, each in plans for text in _origins(name, each, dossier.headline)
        ),
        topics=(
            *(_class_topics(classified) if classified else ()),
            *((split_up,) if split_up is not None else ()),
            *(_number_topics(numeric) if numeric else ()),
        ),
        confusions=tuple(confusion(name, result) for name, result in classified),
        later=(
            Topic(
                "Train against validation",
                tuple(
                    trust.train_validation(name, each, dossier.headline, name=f"gap-{i}")
                    for i, (name, each) in enumerate(plans)
                ),
            ),
            *(
                (
                    Topic(
                        "How the loss is spread",
                        tuple(
                            errors.losses(name, each, losses[i]["loss"], name=f"loss-{i}")
                            for i, name, each in single
                        ),
                        "Rounds that test one row have no scores to compare; single rows have.",
                    ),
                )
                if single
                else ()
            ),
        ),
        drill_downs=tuple(
            drill_down(name, each, losses[i], name=f"worst-{i}")
            for i, (name, each) in enumerate(plans)
        ),
        table=metric_table(plans),
    )


def _origins(name: str, result: Result, headline: Sequence[str]) -> list[str]:
    texts = wording.origin_sentences(name, result, headline)
    for each in result.warnings[:MOST_WARNINGS]:
        rounds = ", ".join(map(str, each.rounds[:10])) + (", …" if len(each.rounds) > 10 else "")
        # Leave-one-out without n fits has one fit, to all rows, and no rounds.
        where = f"rounds {rounds}" if rounds else "all rows"
        texts.append(f"Plan {name}: {each.category} while fitting ({where}): {each.message}")
    if len(result.warnings) > MOST_WARNINGS:
        more = len(result.warnings) - MOST_WARNINGS
        texts.append(f"Plan {name}: {more:,} more warnings are in result.json.")
    return texts


def _headline(dossier: Dossier) -> Topic:
    plans = dossier.results
    return Topic(
        "Plans side by side" if len(plans) > 1 else "Headline",
        (
            *score_charts.headline(plans, dossier.headline, name="headline"),
            Figure(
                "Headline numbers",
                " ".join(wording.comparison_sentences(dossier)),
                table=headline_table(plans, dossier.headline),
                table_open=True,
            ),
        ),
        f"{MOST_PLANS} of {len(plans)} plans are drawn, here and below."
        if len(plans) > MOST_PLANS
        else "",
    )


def _class_topics(plans: Named) -> tuple[Topic, ...]:
    result = plans[0][1]
    classes = score_charts.shown_classes(result)
    cap = "Lower is better for the calibration error, higher for all else."
    if len(classes) < len(result.classes):
        cap = f"The {len(classes)} rarest of {len(result.classes):,} classes are drawn. {cap}"
    bins = [calibration_bins(each) for _, each in plans]
    return (
        Topic(
            "Each class",
            tuple(
                score_charts.of_class(plans, label, name=f"class-{i}")
                for i, label in enumerate(classes)
            ),
            cap,
        ),
        Topic(
            "Calibration",
            tuple(
                trust.calibration(plans, bins, label, name=f"calibration-{i}")
                for i, label in enumerate(classes[:MOST_CALIBRATED])
            ),
            ""
            if len(classes) <= MOST_CALIBRATED
            else f"The {MOST_CALIBRATED} rarest classes are drawn.",
        ),
    )


def _number_topics(plans: Named) -> tuple[Topic, ...]:
    return (
        Topic(
            "Predicted against actual",
            tuple(
                errors.predicted_actual(name, each, name=f"actual-{i}")
                for i, (name, each) in enumerate(plans)
            ),
        ),
        Topic(
            "Residuals",
            tuple(
                errors.residuals(name, each, name=f"residuals-{i}")
                for i, (name, each) in enumerate(plans)
            ),
        ),
    )
