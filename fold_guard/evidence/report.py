"""The report model: what was checked on which data and folds, and what came of it.

Every format (text, JSON, HTML) renders this one value; nothing in it is markup.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from fold_guard.checks.outcome import Finding, Outcome, Severity, Status
from fold_guard.checks.wording import counted
from fold_guard.dataset.files import parse_model
from fold_guard.errors import ArtifactError

SCHEMA = "fold-guard/audit/1"
_WORST_FIRST = (
    Status.ERROR,
    Status.FAILED,
    Status.SKIPPED,
    Status.NOT_APPLICABLE,
    Status.WARNED,
)


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """The table: its name (no folder), size, digest, and columns by role.

    Attributes
    ----------
    digest : str
        SHA-256, of what ``digest_of`` says: ``rows`` in canonical form, whatever the file's
        format and order, or the bytes of the ``file``.
    labels : tuple of str
        Instead of ``label``, where a row has several.
    evaluation_time : str or None
        In JSON, both are there when the table has them.
    """

    name: str
    rows: int
    columns: int
    digest: str
    id: tuple[str, ...]
    label: str | None
    groups: tuple[str, ...]
    time: str | None
    features: tuple[str, ...]
    digest_of: str = "rows"
    labels: tuple[str, ...] = ()
    evaluation_time: str | None = None


@dataclass(frozen=True, slots=True)
class RepeatFacts:
    """The folds of one repeat: rows by fold and class, as in `FoldsFacts`."""

    rows: tuple[int, ...]
    by_class: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class FoldsFacts:
    """The folds: where they come from, and rows by fold and class.

    Attributes
    ----------
    source : str
        ``column fold`` of an audited table, or the plan's name.
    scheme : {"kfold", "forward"}
    count : int
        k, the folds of each repeat.
    always_train : int
        Rows of fold -1, in every repeat.
    classes : tuple of str
        The classes, or the several labels of a row; empty without a label, when it is
        continuous, and when there are very many.
    rows : tuple of int, length k
        Of the first repeat.
    by_class : tuple of k tuples of int
        Rows of each class, or with each label, in each fold of the first repeat.
    digest : str
        Of the fold map; in an audit, of the assignment.
    repeats : tuple of RepeatFacts
        Every repeat, where there are several; in JSON only then.
    """

    source: str
    scheme: str
    count: int
    always_train: int
    classes: tuple[str, ...]
    rows: tuple[int, ...]
    by_class: tuple[tuple[int, ...], ...]
    digest: str
    repeats: tuple[RepeatFacts, ...] = ()

    @property
    def size(self) -> str:
        """How many folds there are, in words."""
        each = counted(self.count, "fold")
        return each if not self.repeats else f"{counted(len(self.repeats), 'repeat')} of {each}"


@dataclass(frozen=True, slots=True)
class NotRun:
    """A check of the catalogue that was not run, and why."""

    code: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Gone:
    """Something that a baseline accepts and that is no longer there.

    Attributes
    ----------
    code, name, target : str
        Of the outcome.
    message : str
        The finding, or the total that has shrunk.
    """

    code: str
    name: str
    target: str
    message: str


@dataclass(frozen=True, slots=True)
class BaselineFacts:
    """What came of holding a report against a baseline.

    Attributes
    ----------
    name : str
        Of the file, without its folder.
    outcomes, findings : int
        How many are accepted.
    gone : tuple of Gone
    """

    name: str
    outcomes: int
    findings: int
    gone: tuple[Gone, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """An audit, or the check report of a plan.

    Attributes
    ----------
    dataset : DatasetFacts
    folds : FoldsFacts
    checks : tuple of Outcome
    not_run : tuple of NotRun
    plan : str or None
        The plan's name in params.yaml; None for an audit.
    policy_digest : str or None
        Of the policy that the checks ran under.
    fail_on : Severity
        ``warning``: an outcome that only warned refuses, too, unless a baseline accepts it.
    baseline : BaselineFacts or None
        What was accepted as known, if the report was held against a baseline.
    """

    dataset: DatasetFacts
    folds: FoldsFacts
    checks: tuple[Outcome, ...]
    not_run: tuple[NotRun, ...] = ()
    plan: str | None = None
    policy_digest: str | None = None
    fail_on: Severity = Severity.ERROR
    baseline: BaselineFacts | None = None

    @property
    def outcome(self) -> Status:
        """The worst outcome of any check, or passed."""
        statuses = {check.status for check in self.checks}
        if not self.checks:
            return Status.ERROR
        return next((status for status in _WORST_FIRST if status in statuses), Status.PASSED)

    @property
    def passed(self) -> bool:
        """Whether nothing stands against training.

        Warnings do not, unless the report is to fail on them; everything worse does.
        """
        if self.outcome not in (Status.PASSED, Status.WARNED):
            return False
        return self.fail_on is Severity.ERROR or self.count(Status.WARNED) == self.accepted

    @property
    def accepted(self) -> int:
        """How many outcomes a baseline accepts; they are among those that warned."""
        return sum(check.accepted for check in self.checks)

    def count(self, *statuses: Status) -> int:
        """How many checks ended so."""
        return sum(check.status in statuses for check in self.checks)

    def __str__(self) -> str:
        """Return the outcome, the counts, and a line for each check that did not pass."""
        verdict = "PASSED" if self.passed else "REFUSED"
        counts = [f"{self.count(s)} {s.value}" for s in Status if self.count(s)]
        lines = [
            f"{verdict}  {self.dataset.name}: {counted(self.dataset.rows, 'row')}, "
            f"{self.folds.size}; {', '.join(counts) or 'no check ran'}, "
            f"{len(self.not_run)} not run"
        ]
        lines += [
            f"  {each.code} {each.name} {each.target}: {each.status.value}, {each.summary}"
            for status in _WORST_FIRST
            for each in self.checks
            if each.status is status
        ]
        return "\n".join(map(_printable, lines))

    def _repr_html_(self) -> str:
        """Return the same for a notebook."""
        return f"<pre>{escape(str(self))}</pre>"

    def to_json(self) -> dict[str, Any]:
        """Return the published JSON form (``fold-guard/audit/1``)."""
        later: dict[str, Any] = {}
        if self.fail_on is not Severity.ERROR:
            later["fail_on"] = self.fail_on.value
        if self.baseline is not None:
            later["baseline"] = asdict(self.baseline)
        return {
            "schema": SCHEMA,
            "outcome": self.outcome.value,
            **later,
            "plan": self.plan,
            "policy_digest": self.policy_digest,
            "dataset": _without_absent(asdict(self.dataset)),
            "folds": _without_absent(asdict(self.folds)),
            "checks": [check_json(check) for check in self.checks],
            "not_run": [asdict(each) for each in self.not_run],
        }


# What came after the first form of the report stands in it where there is any.
_LATER = ("labels", "evaluation_time", "repeats")


def _without_absent(facts: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in facts.items() if value or key not in _LATER}


def _printable(line: str) -> str:
    """Show what a terminal would obey as an escape; names and labels come from the data."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


def check_json(check: Outcome) -> dict[str, Any]:
    """Return an outcome as it stands in the JSON form of a report."""
    return {
        "code": check.code,
        "name": check.name,
        "target": check.target,
        "outcome": check.status.value,
        "severity": check.severity.value,
        "summary": check.summary,
        "requires": dict(check.requires),
        "measured": dict(check.measured),
        "findings": [
            {
                "message": each.message,
                "count": each.count,
                "rows": list(each.rows),
                **_if_accepted(each),
            }
            for each in check.findings
        ],
        **_if_accepted(check),
    }


def _if_accepted(each: Outcome | Finding) -> dict[str, bool]:
    return {"accepted": True} if each.accepted else {}


def report_from_json(raw: dict[str, Any], *, source: str, remedy: str) -> Report:
    """Read a report back.

    Raises
    ------
    ArtifactError
        Another schema, missing or wrong fields, or an outcome that its checks do not bear out.
    """
    if raw.get("schema") != SCHEMA:
        raise ArtifactError(f"schema is not {SCHEMA!r}", where=source, remedy=remedy)
    try:
        checks = [
            {("status" if key == "outcome" else key): value for key, value in each.items()}
            for each in raw["checks"]
        ]
        fields = {key: raw[key] for key in ("dataset", "folds", "not_run", "plan", "policy_digest")}
        fields |= {key: raw[key] for key in ("fail_on", "baseline") if key in raw}
    except (KeyError, TypeError, AttributeError) as error:
        raise ArtifactError(f"incomplete ({error})", where=source, remedy=remedy) from None
    report = parse_model(Report, {**fields, "checks": checks}, source=source, remedy=remedy)
    if raw.get("outcome") != report.outcome.value:
        raise ArtifactError(
            f"outcome {raw.get('outcome')!r} is not what its checks say ({report.outcome.value})",
            where=source,
            remedy=remedy,
        )
    return report
