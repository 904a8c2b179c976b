"""How outcomes count where a viewer knows errors, warnings and notes only; and their order."""

from __future__ import annotations

from typing import Literal

from fold_guard.checks.outcome import Outcome, Status
from fold_guard.evidence.report import Report

Level = Literal["error", "warning", "note", "none"]
WORST_FIRST = (
    Status.ERROR,
    Status.FAILED,
    Status.SKIPPED,
    Status.NOT_APPLICABLE,
    Status.WARNED,
    Status.PASSED,
)


def level(outcome: Outcome) -> Level:
    """Return how an outcome counts; what was not measured counts as an error: it shuts the gate."""
    if outcome.status is Status.PASSED:
        return "none"
    if outcome.status is Status.WARNED:
        return "note" if outcome.accepted else "warning"
    return "error"


def word(outcome: Outcome) -> str:
    """Return how an outcome ended, in capitals where it refuses."""
    if outcome.accepted:
        return "accepted"
    text = "could not run" if outcome.status is Status.ERROR else outcome.status.value
    text = text.replace("_", " ")
    return text.upper() if level(outcome) == "error" else text


def worst_first(report: Report) -> list[Outcome]:
    """Return the outcomes, the worst first, else in their order."""
    return sorted(report.checks, key=lambda each: WORST_FIRST.index(each.status))


def headline(report: Report) -> str:
    """Return the verdict, its subject and the tally in one line; not cleaned.

    Examples
    --------
    >>> import pandas as pd
    >>> from fold_guard.evidence.audit import audit
    >>> visits = pd.DataFrame({"patient": [7, 7], "fold": [0, 1]})
    >>> headline(audit(visits, fold="fold", groups=["patient"], name="v.csv")).split()[:2]
    ['REFUSED', 'v.csv:']
    """
    verdict = "PASSED" if report.passed else "REFUSED"
    plan = f"plan {report.plan} on " if report.plan is not None else ""
    facts, folds = report.dataset, report.folds
    rows = f"{facts.rows:,} row{'' if facts.rows == 1 else 's'}"
    split = f"{rows}, {folds.size}, scheme {folds.scheme}"
    return f"{verdict} {plan}{facts.name}: {split}; {tally(report)}"


def tally(report: Report) -> str:
    """Count the outcomes; what was not run is always said."""
    counts: dict[str, int] = {}
    for each in worst_first(report):
        counts[word(each).lower()] = counts.get(word(each).lower(), 0) + 1
    parts = [f"{number} {name}" for name, number in counts.items()]
    return ", ".join([*(parts or ["no check ran"]), f"{len(report.not_run)} not run"])
