"""The end of the pipeline: each plan's verdict and headline numbers, and what they amount to."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.cells import cell_len

from fold_guard.checks.wording import counted
from fold_guard.crossval.metrics.registry import default_headline, spoken_metric
from fold_guard.crossval.requirements.requirement import RequirementOutcome
from fold_guard.crossval.result import Concern, MetricSummary, Result
from fold_guard.evidence.dossier import FAILED_ROUNDS, Dossier, PlanDossier, concerns_of
from fold_guard.reports.clean import clean, clean_sentence
from fold_guard.reports.gate_text import short
from fold_guard.reports.layout import Ink, hanging, padded, usable, widest, wrapped
from fold_guard.reports.page.numbers import NO_INTERVAL, estimate, undefined, undefined_rounds
from fold_guard.reports.page.wording import overlap_sentence

_GAP = "   "
_CONCERNS_SHOWN = 10
_PLAIN_FITS = re.compile(r"[\d,]+ fits?")


def render_summary(
    dossier: Dossier,
    *,
    width: int = 100,
    colour: bool = False,
    report_path: str = "reports/index.html",
) -> str:
    """Return the summary that ends ``make repro``.

    Parameters
    ----------
    dossier : Dossier
    width : int
    colour : bool
    report_path : str
        Where the HTML report lies.
    """
    cells, ink = usable(width), Ink(colour)
    plans = [
        (clean(plan.name, 32), *_verdict(plan), _metrics(dossier, plan)) for plan in dossier.plans
    ]
    names = widest(name for name, *_ in plans)
    words = widest(word for _, word, *_ in plans)
    facts = widest(fact for _, _, _, fact, _ in plans)
    lines: list[str] = []
    for (name, word, style, fact, metrics), plan in zip(plans, dossier.plans, strict=True):
        head = f"{padded(name, names)}  {padded(word, words)}{_GAP}{padded(fact, facts)}"
        rows = _flow(head, metrics, cells, beneath=names + 2)
        lines += [ink.start(style, rows[0], word, after=f"{padded(name, names)}  "), *rows[1:]]
        indent = " " * (names + 2)
        for objection in plan.verdict.objections:
            named = f"{objection.code} {objection.name}: {objection.message}"
            lines += hanging(f"{indent}refused: ", clean_sentence(named), cells)
        if plan.result is None:
            lines += hanging(f"{indent}no score is shown: ", clean_sentence(plan.reason), cells)
        lines += _concerns(plan.concerns, indent, cells, ink)
        for each in plan.targets:
            if not each.met:
                lines += hanging(f"{indent}missed: ", clean_sentence(each.message), cells)
    if dossier.comparison is not None:
        compared = f"{dossier.comparison.sentence} {overlap_sentence(dossier)}".rstrip()
        lines += hanging("", clean(compared), cells)
    lines += hanging("", f"Report: {clean(report_path)}", cells)
    return "\n".join(lines) + "\n"


def render_scores(
    plan: str,
    result: Result,
    names: Sequence[str] = (),
    *,
    requirements: Sequence[RequirementOutcome] = (),
    width: int = 100,
    colour: bool = False,
) -> str:
    """Return the scores of one plan: each metric with its interval, then what weighs on them.

    Parameters
    ----------
    plan : str
    result : Result
    names : sequence of str
        The metrics that are asked for first; by default those that fit the task.
    requirements : sequence of RequirementOutcome
        They say whether rounds may fail.
    width : int
    colour : bool
    """
    cells, ink = usable(width), Ink(colour)
    parts = [
        _metric(name, result.summary.get(name)) for name in names or default_headline(result.task)
    ]
    lines = _flow(clean(plan, 40), parts, cells, beneath=2)
    lines += _concerns(concerns_of(result, requirements), "  ", cells, ink)
    if not _PLAIN_FITS.fullmatch(result.path):
        lines += hanging("  path: ", clean_sentence(result.path), cells)
    return "\n".join(lines) + "\n"


def _concerns(concerns: Sequence[Concern], indent: str, width: int, ink: Ink) -> list[str]:
    lines = []
    for each in concerns[:_CONCERNS_SHOWN]:
        word = "blocking" if each.blocking else "concern"
        # The sentence on failed rounds says itself what it is about.
        head = "" if each.name == FAILED_ROUNDS else f"{clean(each.name, 40)}: "
        first, *others = hanging(f"{indent}{word}: ", head + clean_sentence(each.message), width)
        style = "red" if each.blocking else "yellow"
        lines += [ink.start(style, first, word, after=indent), *others]
    if len(concerns) > _CONCERNS_SHOWN:
        lines.append(f"{indent}... and {len(concerns) - _CONCERNS_SHOWN:,} more concerns")
    return lines


def _verdict(plan: PlanDossier) -> tuple[str, str, str]:
    fact = f"{_counts(plan)}, verdict {short(plan.verdict.digest)}"
    warned = len(plan.verdict.warnings)
    if plan.verdict.passed and plan.result is None:
        if plan.awaited:
            return "NO SCORE STANDS", "red", fact
        noted = f" with {counted(warned, 'warning')}" if warned else ""
        return f"GATE PASSED{noted}", "yellow" if warned else "green", fact
    if not plan.passed:
        return "REFUSED", "red", fact
    if plan.result is not None and plan.result.failures:
        return "FAILURES ALLOWED", "yellow", fact
    weighing = [counted(warned, "warning")] if warned else []
    weighing += [counted(len(plan.concerns), "concern")] if plan.concerns else []
    if weighing:
        return f"PASSED with {' and '.join(weighing)}", "yellow", fact
    return "PASSED", "green", fact


def _counts(plan: PlanDossier) -> str:
    # Warnings are counted by outcome, so the outcomes are told where they are another number.
    checks, outcomes = plan.verdict.checks, len(plan.report.checks)
    more = f", {counted(outcomes, 'outcome')}" if outcomes != checks else ""
    return f"{counted(checks, 'check')}{more}"


def _metrics(dossier: Dossier, plan: PlanDossier) -> list[str]:
    if plan.result is None:
        return []
    return [_metric(name, plan.result.summary.get(name)) for name in dossier.headline]


def _metric(name: str, summary: MetricSummary | None) -> str:
    shown = clean(spoken_metric(name), 48)
    if summary is None:
        return f"{shown} was not measured"
    if summary.estimate is None:
        return f"{shown} {clean(undefined(summary), 90)}"
    notes = []
    if (lacking := undefined_rounds(summary)) and summary.over_rounds is not None:
        defined = summary.over_rounds.n_rounds
        notes.append(f"defined in {defined:,} of {defined + lacking:,} rounds")
    known = summary.low is not None and summary.high is not None
    # An interval without width would look like certainty.
    if summary.note and (not known or summary.low == summary.high):
        notes.append(clean(summary.note, 80))
    elif not known:
        notes.append("no interval")
    band = estimate(summary).removesuffix(NO_INTERVAL)
    return f"{shown} {band}" + (f" ({'; '.join(notes)})" if notes else "")


def _flow(head: str, parts: Sequence[str], width: int, *, beneath: int) -> list[str]:
    """Put parts behind a head; those that do not fit go on indented lines."""
    lines = [head.rstrip()] if cell_len(head.rstrip()) <= width else wrapped(head, width)
    line = head
    for part in parts:
        if cell_len(f"{line}{_GAP}{part}") <= width:
            line = f"{line}{_GAP}{part}" if line.strip() else f"{line}{part}"
            lines[-1] = line
            continue
        block = hanging(" " * beneath, part, width)
        lines += block
        line = block[-1]
    return lines
