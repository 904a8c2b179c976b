"""Sentences of the page that a reviewer can quote."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from fold_guard.checks.outcome import Status
from fold_guard.crossval.metrics.registry import spoken_metric
from fold_guard.crossval.result import MetricSummary, Result
from fold_guard.evidence.dossier import FAILED_ROUNDS, Dossier, PlanDossier
from fold_guard.evidence.report import Report
from fold_guard.reports.baseline_words import baseline_sentences
from fold_guard.reports.page.numbers import listed, number, plural, quoted, undefined

STATUS_WORDS = {
    Status.PASSED: "passed",
    Status.WARNED: "warned",
    Status.FAILED: "failed",
    Status.ERROR: "could not run",
    Status.SKIPPED: "skipped",
    Status.NOT_APPLICABLE: "not applicable",
}
WORST_FIRST = (
    Status.ERROR,
    Status.FAILED,
    Status.SKIPPED,
    Status.NOT_APPLICABLE,
    Status.WARNED,
    Status.PASSED,
)


def tally(report: Report) -> str:
    """Count the outcomes: ``1 failed, 9 passed``; those that did not happen are left out."""
    counted = [(report.count(status), STATUS_WORDS[status]) for status in WORST_FIRST]
    return ", ".join(f"{count:,} {word}" for count, word in counted if count) or "nothing ran"


def checks_and_outcomes(report: Report) -> str:
    """Count checks, and their outcomes where a check has several targets.

    One number never stands for both: ``2 checks, 3 outcomes: 1 warned, 2 passed``.
    """
    checks = len({each.name for each in report.checks})
    text = plural(checks, "check")
    if checks != len(report.checks):
        text += f", {plural(len(report.checks), 'outcome')}"
    return f"{text}: {tally(report)}"


def verdict_word(plan: PlanDossier) -> str:
    """Return the first word of a plan's verdict."""
    if not plan.verdict.passed:
        return "REFUSED"
    if plan.result is None:
        return "NO SCORE STANDS" if plan.awaited else "GATE PASSED"
    blocking = [each.name for each in plan.concerns if each.blocking]
    if blocking:
        return "ROUNDS FAILED" if FAILED_ROUNDS in blocking else "SCORE BLOCKED"
    if not plan.passed:
        return "TARGET MISSED"
    # Whatever params allow for: rounds that gave no score are never a plain pass.
    return "FAILURES ALLOWED" if plan.result.failures else "PASSED"


def verdict_kind(plan: PlanDossier) -> str:
    """Return how a verdict is to look: passed, warned or failed."""
    kinds = {"PASSED": "passed", "GATE PASSED": "passed", "FAILURES ALLOWED": "warned"}
    return kinds.get(verdict_word(plan), "failed")


def verdict_sentence(plan: PlanDossier) -> str:
    """Say what the gate decided, on which checks and outcomes, and what becomes of the score."""
    verdict = plan.verdict
    ran = checks_and_outcomes(plan.report)
    if not verdict.passed:
        against = plural(len(verdict.objections), "objection")
        text = f"Training on plan {verdict.plan} was not allowed: {against}. The report has {ran}."
        return f"{text} {no_score(plan)}".rstrip()
    text = f"Training on plan {verdict.plan} was allowed: {ran}."
    if plan.result is None:
        return f"{text} {no_score(plan)}"
    return f"{text} {_outcome(plan, plan.result)}".rstrip()


def _outcome(plan: PlanDossier, result: Result) -> str:
    parts = []
    if result.failures:
        blocks = any(each.blocking for each in plan.concerns)
        allowed = "the score does not pass" if blocks else "params allow for them"
        parts.append(
            f"{len(result.failures):,} of {plural(result.n_rounds, 'round')} failed: {allowed}."
        )
    blocking = [each.name for each in result.concerns if each.blocking]
    if blocking:
        parts.append(f"The score does not pass: {listed(blocking)}.")
    missed = sum(not each.met for each in plan.targets)
    if missed:
        parts.append(f"The score misses {missed} of {plural(len(plan.targets), 'target')}.")
    elif plan.targets:
        parts.append(f"The score meets {_all_of(len(plan.targets), 'target')}.")
    return " ".join(parts)


def no_score(plan: PlanDossier) -> str:
    """Say why no score of a plan is shown; empty when one is."""
    return "" if plan.result is not None else f"No score is shown: {plan.reason}."


def _all_of(count: int, noun: str) -> str:
    return f"its {noun}" if count == 1 else f"all {count} {noun}s"


def audit_word(report: Report) -> str:
    """Return the first word of an audit."""
    return "PASSED" if report.passed else "REFUSED"


def audit_sentence(report: Report) -> str:
    """Say what the audit found."""
    facts, folds = report.dataset, report.folds
    where = f"{facts.name}, {folds.source}"
    ran = f"{plural(len(report.checks), 'check outcome')}: {tally(report)}"
    word = "stands" if report.passed else "does not stand"
    known = "".join(f" Baseline: {each}." for each in baseline_sentences(report))
    return f"The split of {where} {word}: {ran}.{known}"


def data_sentence(report: Report) -> str:
    """Say which table was judged and which of its columns play a part."""
    facts = report.dataset
    roles = [
        f"id {listed(facts.id)}" if facts.id else "",
        f"label {facts.label}" if facts.label is not None else "",
        f"labels {listed(facts.labels)}" if facts.labels else "",
        f"{'group' if len(facts.groups) == 1 else 'groups'} {listed(facts.groups)}"
        if facts.groups
        else "",
        f"time {facts.time}" if facts.time is not None else "",
        f"evaluation time {facts.evaluation_time}" if facts.evaluation_time is not None else "",
    ]
    named = ", ".join(each for each in roles if each)
    size = f"{plural(facts.rows, 'row')}, {plural(facts.columns, 'column')}"
    return f"The data are {facts.name} ({size}{'; ' + named if named else ''})."


def checked_sentence(reports: Sequence[Report]) -> str:
    """Say what was checked, and what was not."""
    parts = [
        f"{f'plan {each.plan}' if each.plan is not None else 'the split'}: {tally(each)}"
        for each in reports
    ]
    text = f"Outcomes of the checks on {'; on '.join(parts)}."
    idle = [[f"{n.code} {n.name}" for n in each.not_run] for each in reports]
    everywhere = [name for name in idle[0] if all(name in names for names in idle)]
    if everywhere:
        text += f" Not run: {listed(everywhere, 12)}."
    for report, names in zip(reports, idle, strict=True):
        alone = [name for name in names if name not in everywhere]
        if alone:
            text += f" Not run on plan {report.plan}: {listed(alone)}."
    return text


def score_sentences(dossier: Dossier) -> list[str]:
    """Give the headline scores with their intervals, plan by plan."""
    sentences = []
    for metric in dossier.headline[:4]:
        parts = [
            f"{quoted(result.summary[metric])} on {name}"
            for name, result in dossier.results
            if metric in result.summary
        ]
        if parts:
            sentences.append(f"{spoken_metric(metric)} is {', '.join(parts)}.")
    for plan in dossier.plans:
        if plan.result is not None and plan.result.failures:
            failed = f"{len(plan.result.failures):,} of {plural(plan.result.n_rounds, 'round')}"
            sentences.append(f"On {plan.name} {failed} failed and are missing from the score.")
        if plan.result is None:
            sentences.append(f"Plan {plan.name} has no score that stands.")
    return sentences


def origin_sentences(plan: str, result: Result, headline: Sequence[str]) -> list[str]:
    """Say how the predictions came about, and the intervals of what is shown first.

    Metrics that were made in the same way share a sentence.
    """
    known = [name for name in headline if name in result.summary]
    made: dict[tuple[str, str], list[str]] = {}
    for name in known:
        made.setdefault(_origin(result, result.summary[name]), []).append(name)
    sentences = [f"Plan {plan}: {result.path}."]
    for (numbers, interval), names in made.items():
        spoken = listed([spoken_metric(name) for name in names], 4)
        verb = "are" if len(names) > 1 else "is"
        how = f"{numbers}; {interval}" if interval else numbers
        sentences.append(f"Plan {plan}: {spoken} {verb} {how}.")
    if not known:
        sentences.append(f"Plan {plan}: intervals: {result.interval}.")
    return sentences


def _origin(result: Result, summary: MetricSummary) -> tuple[str, str]:
    level = f"{100 * result.confidence:g}% interval"
    over, pooled = summary.over_rounds, summary.pooled
    if summary.aggregate == "rounds" and over is not None:
        numbers = f"the mean over {plural(over.n_rounds, 'round')}"
        method, note = over.method, over.note
    elif pooled is not None:
        units = "" if pooled.units == pooled.rows else f" in {plural(pooled.units, 'unit')}"
        numbers = f"computed once over the predictions of {plural(pooled.rows, 'row')}{units}"
        method, note = pooled.method, pooled.note
    else:
        return undefined(summary), ""
    # The whole says of the rounds, too, how they hang together.
    said = (summary.note or note) if summary.low is None else method
    said = result.interval if result.interval.startswith(said) else said
    if summary.low is None:
        return numbers, f"no interval: {said.removeprefix('no interval: ')}"
    return numbers, f"{level}: {said}"


def comparison_sentences(dossier: Dossier) -> list[str]:
    """Set the two plans side by side."""
    found = dossier.comparison
    if found is None:
        return []
    sentences = [found.sentence]
    if found.metric not in dossier.headline:
        sentences.append(
            f"{spoken_metric(found.metric)} is {number(found.loose_estimate)} on {found.loose}, "
            f"{number(found.strict_estimate)} on {found.strict}."
        )
    overlap = overlap_sentence(dossier)
    return [*sentences, *([overlap] if overlap else [])]


def overlap_sentence(dossier: Dossier) -> str:
    """Say whether the intervals of the compared plans overlap; empty when they are not known."""
    compared = dossier.comparison
    if compared is None:
        return ""
    bands = [
        (found.low, found.high)
        for name, result in dossier.results
        if name in (compared.loose, compared.strict)
        and (found := result.summary.get(compared.metric)) is not None
    ]
    known = [(low, high) for low, high in bands if low is not None and high is not None]
    if len(known) < 2:
        return ""
    apart = known[0][1] < known[1][0] or known[1][1] < known[0][0]
    return f"The two intervals {'do not overlap' if apart else 'overlap'}."


def audit_command(report: Report) -> str:
    """Return the command that repeats an audit."""
    facts, folds = report.dataset, report.folds
    split = _split_options(folds.source)
    parts = ["fold-guard", "audit", facts.name, *split]
    for option, names in (
        ("--id", facts.id),
        ("--label", facts.labels if facts.label is None else (facts.label,)),
        ("--group", facts.groups),
        ("--time", () if facts.time is None else (facts.time,)),
        ("--evaluation-time", () if facts.evaluation_time is None else (facts.evaluation_time,)),
    ):
        for name in names:
            parts += [option, name]
    fold = split[1] if split[:1] == ["--fold"] else None
    if folds.scheme != "kfold" and fold is not None:
        parts += ["--scheme", folds.scheme]
    single = {fold, facts.label, facts.time, facts.evaluation_time} - {None}
    roles = {*single, *facts.id, *facts.groups, *facts.labels}
    if len(facts.features) != facts.columns - len(roles):
        for name in facts.features:
            parts += ["--feature", name]
    return shlex.join(parts)


_SPLIT_OPTIONS = (
    (r"column (.*)", "--fold"),
    (r"fold map in (.*)", "--fold-map"),
    (r"index pairs in (.*)", "--splits"),
    (r"(?:validation file (.*), )?test file (.*)", "--validation", "--test"),
)


def _split_options(source: str) -> list[str]:
    """Return the options that name a split; none where it was no file's (an audit in Python)."""
    for pattern, *options in _SPLIT_OPTIONS:
        if found := re.fullmatch(pattern, source, re.DOTALL):
            given = zip(options, found.groups(), strict=True)
            return [
                part for option, value in given if value is not None for part in (option, value)
            ]
    return []
