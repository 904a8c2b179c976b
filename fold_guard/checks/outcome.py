"""What a check yields: one outcome with numbers and findings, never an exception or markup."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeAlias

RowId: TypeAlias = int | str
Measured: TypeAlias = Mapping[str, object]


class Severity(StrEnum):
    """How a broken rule counts: ``error`` shuts the gate, ``warning`` does not."""

    ERROR = "error"
    WARNING = "warning"


class Status(StrEnum):
    """How a check ended. Only ``passed`` and ``warned`` let the gate open."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found.

    Attributes
    ----------
    message : str
        A sentence with the number that matters; raw text, escaped only where it is rendered.
    count : int
        How many rows (or groups, rounds, classes: what the message counts) it concerns.
    rows : tuple of int or str
        Row ids, the first few only; ``count`` says how many there are.
    accepted : bool
        Whether a baseline knows it.
    key : str
        What is wrong, without a number that other rows change (``patient 4471``, ``round 2``): by
        it a baseline knows the finding again. It is in no report, and plays no part in equality.
    """

    message: str
    count: int = 0
    rows: tuple[RowId, ...] = ()
    accepted: bool = False
    key: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one check on one target.

    Attributes
    ----------
    code, name : str
        From the catalogue (``FG301``, ``group_overlap``), or ``PANDERA`` or ``GX`` and the name of
        the suite.
    target : str
        What was checked: a group key, the label column, ``13 columns``, a suite file.
    status : Status
    severity : Severity
        What a broken rule would count as under the policy in force.
    summary : str
        The one line a person reads: the number that matters.
    measured : mapping of str to JSON value
        The names that DESIGN.md fixes for the code; numbers are Python ints and floats.
    findings : tuple of Finding
    requires : mapping of str to JSON value
        The thresholds that were applied, so that the evidence states its own rule.
    accepted : bool
        Whether a baseline accepts all of it: then it is ``warned``, whatever the severity.
    """

    code: str
    name: str
    target: str
    status: Status
    severity: Severity
    summary: str
    measured: Measured = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    requires: Measured = field(default_factory=dict)
    accepted: bool = False


def judged(broken: bool, severity: Severity) -> Status:
    """Turn "the rule is broken" into a status under a severity.

    >>> judged(True, Severity.WARNING)
    <Status.WARNED: 'warned'>
    """
    if not broken:
        return Status.PASSED
    return Status.FAILED if severity is Severity.ERROR else Status.WARNED


def on_sample(outcome: Outcome, sampled: str) -> Outcome:
    """State which rows an outcome rests on, where these are not all of them.

    Parameters
    ----------
    outcome : Outcome
    sampled : str
        As `Rows.sampled`; nothing changes where it is empty.
    """
    if not sampled:
        return outcome
    return replace(
        outcome,
        summary=f"{outcome.summary}; on {sampled}",
        measured={**outcome.measured, "sampled": sampled},
    )


def unjudged(outcome: Outcome, reason: str) -> Outcome:
    """Make an error of the outcome of a check that had nothing to look at: unseen is not passed."""
    return replace(outcome, status=Status.ERROR, summary=reason)
