"""A check: a code, a name, a rule and a function from subject and rule to outcomes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fold_guard.checks.leaks import Leaks
from fold_guard.checks.outcome import Finding, Measured, Outcome, Severity, Status, judged
from fold_guard.checks.rule import Rule
from fold_guard.checks.subjects.subject import Subject


@dataclass(frozen=True, slots=True)
class Explanation:
    """What ``fold-guard explain`` and the reports say about a check.

    Attributes
    ----------
    meaning : str
        What the check asks and why a broken rule spoils the score; one short paragraph.
    example : str
        A small case.
    fix : str
        What to do.
    references : tuple of str
        Papers and documents behind the check, one line each.
    measured : mapping of str to str
        What each name in ``measured`` counts, in the order to read them; of what is measured in
        each round, ``rounds.{j}.name``.
    """

    meaning: str
    example: str
    fix: str
    references: tuple[str, ...] = ()
    measured: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the catalogue.

    Attributes
    ----------
    code, name : str
        ``FG301``, ``group_overlap``; both are fixed for good.
    rule : type of Rule
        Its fields are the thresholds that params.yaml may set.
    run : callable (Subject, rule) -> iterable of Outcome
        Usually one; ``group_overlap`` yields one a key. Raising is a fault of the check.
    explanation : Explanation
    lacks : callable Subject -> str
        Why the check does not apply to a subject ("there is no group key"), or "".
    needs_rounds : bool
        Whether it measures rounds: without any it must not pass for want of something to find.
    opt_in : bool
        Whether an audit runs it only when asked to (``--deep``): it is costly, or fits models.
    totals : tuple of str
        Names in ``measured`` that grow when the fault does. Findings are capped, so a baseline
        keeps these as well; an outcome of a check without any cannot be accepted.
    leaks : callable (Subject, rule) -> iterator of Leaks, or None
        Every row that leaks in every round, for the full list of findings.
    """

    code: str
    name: str
    rule: type[Rule]
    run: Callable[[Subject, Any], Iterable[Outcome]]
    explanation: Explanation
    lacks: Callable[[Subject], str] = lambda _: ""
    needs_rounds: bool = True
    opt_in: bool = False
    totals: tuple[str, ...] = ()
    leaks: Callable[[Subject, Any], Iterator[Leaks]] | None = None

    def outcome(
        self,
        rule: Rule,
        *,
        broken: bool,
        target: str,
        summary: str,
        measured: Measured,
        findings: Iterable[Finding] = (),
    ) -> Outcome:
        """Judge what was measured under a rule."""
        return Outcome(
            code=self.code,
            name=self.name,
            target=target,
            status=judged(broken, rule.severity),
            severity=rule.severity,
            summary=summary,
            measured=measured,
            findings=tuple(findings),
            requires=rule.thresholds(),
        )

    def without(self, status: Status, summary: str, severity: Severity) -> Outcome:
        """Return the outcome of a check that did not measure anything."""
        return Outcome(self.code, self.name, "", status, severity, summary)
