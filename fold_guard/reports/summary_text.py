"""The end of the pipeline: each plan's verdict and headline numbers, and what they amount to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len

from fold_guard.checks.wording import counted
from fold_guard.crossval.metrics import spoken_metric
from fold_guard.crossval.result import MetricSummary
from fold_guard.evidence.dossier import Dossier, PlanDossier
from fold_guard.reports.clean import clean, clean_sentence
from fold_guard.reports.gate_text import short
from fold_guard.reports.layout import Ink, hanging, padded, usable, widest, wrapped
from fold_guard.reports.page.wording import overlap_sentence

_GAP = "   "


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
        for each in plan.requirements:
            if not each.met:
                lines += hanging(f"{indent}missed: ", clean_sentence(each.message), cells)
    if dossier.comparison is not None:
        compared = f"{dossier.comparison.sentence} {overlap_sentence(dossier)}".rstrip()
        lines += hanging("", clean(compared), cells)
    lines += hanging("", f"Report: {clean(report_path)}", cells)
    return "\n".join(lines) + "\n"


def render_scores(
    plan: str, summary: Mapping[str, MetricSummary], names: Sequence[str], *, width: int = 100
) -> str:
    """Return the scores of one plan: each metric's mean and interval.

    Parameters
    ----------
    plan : str
    summary : mapping of str to MetricSummary
    names : sequence of str
        The metrics that are asked for first.
    width : int
    """
    parts = [_metric(name, summary.get(name)) for name in names]
    lines = _flow(f"cv {clean(plan, 40)}:", parts, usable(width), beneath=2)
    return "\n".join(lines) + "\n"


def _verdict(plan: PlanDossier) -> tuple[str, str, str]:
    fact = f"{_counts(plan)}, verdict {short(plan.verdict.digest)}"
    warned = len(plan.verdict.warnings)
    if plan.verdict.passed and plan.result is None:
        return "NO SCORE STANDS", "red", fact
    if not plan.passed:
        return "REFUSED", "red", fact
    if warned:
        return f"PASSED with {counted(warned, 'warning')}", "yellow", fact
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
    if summary.mean is None:
        return f"{shown} undefined ({clean(summary.note or 'in every round', 80)})"
    notes = []
    if summary.undefined:
        rounds = summary.n_rounds + len(summary.undefined)
        notes.append(f"defined in {summary.n_rounds:,} of {rounds:,} rounds")
    band = ""
    if summary.low is None or summary.high is None:
        notes.append(clean(summary.note or "no interval", 80))
    else:
        band = f" [{summary.low:.2f}, {summary.high:.2f}]"
        # An interval without width would look like certainty.
        if summary.low == summary.high and summary.note:
            notes.append(clean(summary.note, 80))
    return f"{shown} {summary.mean:.2f}{band}" + (f" ({'; '.join(notes)})" if notes else "")


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
