"""Outcomes of suites: what every suite, whatever library it is written for, hands back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fold_guard.checks.outcome import Finding, Outcome, Severity, Status, judged
from fold_guard.errors import FoldGuardError

MAX_ROWS = 20


@dataclass(frozen=True, slots=True)
class SuiteTally:
    """How a suite that ran properly ended.

    Attributes
    ----------
    rules : tuple of (str, bool)
        Every declared rule and whether it holds, in the order of the suite.
    findings : tuple of Finding
    seals : mapping of str to str
        File name to SHA-256 of the suite files.
    """

    rules: tuple[tuple[str, bool], ...]
    findings: tuple[Finding, ...]
    seals: Mapping[str, str]


def suite_outcome(
    code: str,
    name: str,
    target: str,
    severity: Severity,
    parameters: Mapping[str, object],
    run: Callable[[], SuiteTally],
) -> Outcome:
    """Run a suite and turn whatever happens into one outcome.

    Anything but a complete run is ``error``, whatever the severity: not run is never passed.
    """
    try:
        tally = run()
    except FoldGuardError as problem:
        return _not_run(code, name, target, severity, parameters, str(problem))
    except Exception as crash:
        # Third-party validators raise what they like; none of it may read as a verdict.
        what = f"the suite crashed: {type(crash).__name__}: {_one_line(crash)}"
        return _not_run(code, name, target, severity, parameters, what)
    broken = [rule for rule, holds in tally.rules if not holds]
    total = len(tally.rules)
    summary = (
        f"{len(broken)} of {total} expectations do not hold: {_some(broken)}"
        if broken
        else f"all {total} expectations hold"
    )
    return Outcome(
        code=code,
        name=name,
        target=target,
        status=judged(bool(broken), severity),
        severity=severity,
        summary=summary,
        measured={
            "expectations_declared": total,
            "expectations_evaluated": total,
            "successful": total - len(broken),
            "unsuccessful": len(broken),
            "rules": {rule: holds for rule, holds in tally.rules},
            "files": dict(tally.seals),
        },
        findings=tally.findings,
        requires=dict(parameters),
    )


def _not_run(
    code: str,
    name: str,
    target: str,
    severity: Severity,
    parameters: Mapping[str, object],
    what: str,
) -> Outcome:
    return Outcome(
        code=code,
        name=name,
        target=target,
        status=Status.ERROR,
        severity=severity,
        summary=f"did not run: {what}",
        requires=dict(parameters),
    )


def _some(rules: list[str], limit: int = 3) -> str:
    rest = len(rules) - limit
    return ", ".join(rules[:limit]) + (f" and {rest} more" if rest > 0 else "")


def _one_line(crash: Exception, limit: int = 300) -> str:
    text = "; ".join(line.strip() for line in str(crash).splitlines() if line.strip())
    return text if len(text) <= limit else f"{text[: limit - 3]}..."
