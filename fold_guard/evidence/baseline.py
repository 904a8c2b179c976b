"""Baselines: what is known to be wrong with a split, so that an audit fails on what is new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.outcome import Finding, Outcome, Status
from fold_guard.checks.wording import counted, listed
from fold_guard.dataset.files import parse_model, read_json
from fold_guard.errors import ArtifactError, UsageError
from fold_guard.evidence.report import BaselineFacts, Gone, Report
from fold_guard.identity.hashing import json_digest

SCHEMA = "fold-guard/baseline/1"
_REMEDY = "Write it again: fold-guard audit ... --write-baseline FILE"
_LAST_BITS = 1e-9
# So many findings of an outcome are kept; there may be more.
FINDINGS_KEPT = 5
_ACCEPTABLE = (Status.FAILED, Status.WARNED)


@dataclass(frozen=True, slots=True)
class Context:
    """What a baseline is about: a report about anything else is not held against it."""

    name: str
    id: tuple[str, ...]
    label: str | None
    labels: tuple[str, ...]
    groups: tuple[str, ...]
    time: str | None
    evaluation_time: str | None
    folds: str
    scheme: str


@dataclass(frozen=True, slots=True)
class Known:
    """A finding that is accepted: its fingerprint, and for readers what it says."""

    fingerprint: str
    message: str
    count: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What is accepted of one check on one target.

    Attributes
    ----------
    code, name, target : str
    totals : mapping of str to number
        The check's `totals`: a report keeps the worst findings only, and what hides behind that
        cap cannot grow unseen when these must not.
    findings : tuple of Known
    """

    code: str
    name: str
    target: str
    totals: Mapping[str, int | float]
    findings: tuple[Known, ...]


@dataclass(frozen=True, slots=True)
class Baseline:
    """The known faults of a split."""

    context: Context
    outcomes: tuple[Entry, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the published JSON form (``fold-guard/baseline/1``)."""
        return {
            "schema": SCHEMA,
            "context": asdict(self.context),
            "outcomes": [asdict(each) for each in self.outcomes],
        }


def fingerprint(report: Report, outcome: Outcome, finding: Finding) -> str:
    """Return what a finding is known by: the same for other rows around it, in any order.

    Parameters
    ----------
    report : Report
    outcome : Outcome
    finding : Finding

    Returns
    -------
    str
        Digest of check, target, key (of a finding without one, the message) and rows. Row numbers
        are left out: they change with the order of the table.
    """
    rows = finding.rows if report.dataset.id else ()
    parts = [outcome.code, outcome.target, finding.key or finding.message, *rows]
    return json_digest([_encodable(each) for each in parts])


def _encodable(value: int | str) -> int | str:
    """Escape lone surrogates: they are in no encoding, but can be in what a program made."""
    return value if isinstance(value, int) else value.encode("utf-8", "backslashreplace").decode()


def baseline_of(report: Report) -> Baseline:
    """Take everything that failed or warned for known.

    An outcome that is ``error`` or was skipped proved nothing and is never taken.
    """
    entries = [
        Entry(
            each.code,
            each.name,
            each.target,
            _totals(each),
            tuple(
                sorted(
                    (
                        Known(fingerprint(report, each, found), found.message, found.count)
                        for found in each.findings
                    ),
                    key=lambda known: (known.message, known.fingerprint),
                )
            ),
        )
        for each in report.checks
        if each.status in _ACCEPTABLE and _totals(each)
    ]
    entries.sort(key=lambda each: (each.code, each.name, each.target))
    return Baseline(_context(report), tuple(entries))


def load_baseline(path: Path) -> Baseline:
    """Read a baseline.

    Raises
    ------
    UsageError
        No such file, no baseline, or one of another schema.
    """
    try:
        raw = read_json(path, remedy=_REMEDY)
        if raw.get("schema") != SCHEMA:
            raise ArtifactError(f"schema is not {SCHEMA!r}", where=str(path), remedy=_REMEDY)
        fields = {key: value for key, value in raw.items() if key != "schema"}
        found = parse_model(Baseline, fields, source=str(path), remedy=_REMEDY, strict=True)
    except ArtifactError as error:
        raise UsageError(error.what, where=error.where, remedy=error.remedy) from None
    names = Counter((each.code, each.target) for each in found.outcomes)
    twice = [" ".join(each).strip() for each, count in names.items() if count > 1]
    if twice:
        raise UsageError(f"{listed(twice)} is there twice", where=str(path), remedy=_REMEDY)
    return found


def accept(report: Report, baseline: Baseline, name: str) -> Report:
    """Hold a report against a baseline.

    Parameters
    ----------
    report : Report
    baseline : Baseline
    name : str
        Of the baseline's file.

    Returns
    -------
    Report
        An outcome is ``warned`` and accepted when each of its findings is known, names no more
        rows than it did, and none of its totals has grown; any other is as it was, and its summary
        says what is new.

    Raises
    ------
    UsageError
        The baseline is about another table, other roles or other folds.
    """
    _require_same(_context(report), baseline.context, name)
    entries = {(each.code, each.target): each for each in baseline.outcomes}
    checks, gone = list[Outcome](), list[Gone]()
    for each in report.checks:
        entry = entries.get((each.code, each.target))
        if entry is None or each.status not in (*_ACCEPTABLE, Status.PASSED):
            checks.append(each)
            continue
        held, absent = _held(report, each, entry)
        checks.append(held)
        gone += [Gone(each.code, each.name, each.target, text) for text in absent]
    facts = BaselineFacts(
        name,
        outcomes=sum(each.accepted for each in checks),
        findings=sum(finding.accepted for each in checks for finding in each.findings),
        gone=tuple(gone),
    )
    return replace(report, checks=tuple(checks), baseline=facts)


def _held(report: Report, outcome: Outcome, entry: Entry) -> tuple[Outcome, list[str]]:
    """Return the outcome as it stands against what is known, and what is no longer there."""
    if outcome.status is Status.PASSED:
        texts = [each.message for each in entry.findings]
        return outcome, texts or ["everything: the check passes"]
    left = sorted(entry.findings, key=lambda known: known.count)
    findings = list[Finding]()
    for each in outcome.findings:
        mark = fingerprint(report, outcome, each)
        # Without ids two findings can have one fingerprint: each is accepted once.
        found = next((x for x in left if x.fingerprint == mark and _covers(x, each)), None)
        if found is not None:
            left.remove(found)
        findings.append(replace(each, accepted=found is not None))
    now = _totals(outcome)
    grown = [
        f"{name} is {value:,}, was {entry.totals.get(name, 0):,}"
        for name, value in now.items()
        if _grown(value, entry.totals.get(name, 0))
    ]
    # Where the baseline had more than it could name, and less is wrong than then, what it could
    # not name has moved up.
    fell = any(_grown(then, now[name]) for name, then in entry.totals.items() if name in now)
    if len(entry.findings) >= FINDINGS_KEPT and fell and not grown:
        findings = [replace(each, accepted=True) for each in findings]
    new = sum(not each.accepted for each in findings)
    outcome = replace(outcome, findings=tuple(findings))
    if new or grown or not now:
        reasons = [counted(new, "new finding")] if new else []
        if grown and not new:
            grown.append("it is behind the findings named here: --findings FILE has every row")
        text = f"beyond the baseline ({'; '.join([*reasons, *grown])})"
        # A finding that is not there may only have been pushed out by a new one that is worse.
        return replace(outcome, summary=f"{text}: {outcome.summary}"), []
    absent = [each.message for each in entry.findings if each in left]
    absent = absent or [
        f"{name} is {now[name]:,}, was {then:,}"
        for name, then in entry.totals.items()
        if name in now and _grown(then, now[name])
    ]
    accepted = replace(
        outcome,
        status=Status.WARNED,
        accepted=True,
        summary=f"accepted by the baseline: {outcome.summary}",
    )
    return accepted, absent


def _covers(known: Known, finding: Finding) -> bool:
    """Whether a finding is no larger than it was, where its count is that of the rows it names."""
    return not finding.rows or finding.count <= known.count


def _grown(value: float, before: float) -> bool:
    # The last bits of a share depend on the order of additions.
    return value > before + (0 if isinstance(value, int) else _LAST_BITS)


def _totals(outcome: Outcome) -> dict[str, int | float]:
    check = BY_NAME.get(outcome.name)
    names = () if check is None or check.code != outcome.code else check.totals
    found = {name: outcome.measured.get(name) for name in names}
    return {name: value for name, value in found.items() if isinstance(value, int | float)}


def _context(report: Report) -> Context:
    facts = report.dataset
    return Context(
        name=facts.name,
        id=facts.id,
        label=facts.label,
        labels=facts.labels,
        groups=facts.groups,
        time=facts.time,
        evaluation_time=facts.evaluation_time,
        folds=report.folds.source,
        scheme=report.folds.scheme,
    )


def _require_same(now: Context, then: Context, name: str) -> None:
    before = asdict(then)
    other = [
        f"{key} {_said(before[key])}, not {_said(value)}"
        for key, value in asdict(now).items()
        if before[key] != value
    ]
    if other:
        raise UsageError(
            f"the baseline is about {listed(other)}",
            where=name,
            remedy="Give the baseline of this audit, or write one: --write-baseline FILE",
        )


def _said(value: object) -> str:
    if isinstance(value, tuple):
        return listed([repr(each) for each in value]) or "none"
    return "none" if value is None else repr(value)
