"""Verdicts: whether training may start, bound to the digests of what was judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.outcome import Outcome, Severity, Status
from fold_guard.dataset.files import parse_model
from fold_guard.errors import ArtifactError, Refused
from fold_guard.gate.policy import Policy
from fold_guard.identity.hashing import json_digest

SCHEMA = "fold-guard/verdict/1"
_REMEDY = (
    "Run the stages again: dvc repro (or fold-guard fold, check, gate). In Python: give judge and "
    "cross_validate the same table and the same features."
)
_ENGINE_CODES = {"pandera": "PANDERA", "great_expectations": "GX"}
_IN_WORDS = {
    "dataset": "the data",
    "fold_map": "the fold map",
    "policy": "the policy in params.yaml",
    "report": "the check report",
    "features": "the list of features",
}


@dataclass(frozen=True, slots=True)
class Bindings:
    """Digests of what a verdict speaks of.

    Attributes
    ----------
    dataset, fold_map, policy : str
        SHA-256, as `fold_guard.identity` defines them.
    report : str
        Of the check report, so that a verdict cannot be moved to another.
    features : str
        Of the columns that a model may see; see `features_digest`.
    """

    dataset: str
    fold_map: str
    policy: str
    report: str
    features: str

    def changed(self, now: Bindings) -> tuple[str, ...]:
        """Return in words what is not as it was.

        >>> Bindings("d", "f", "p", "r", "c").changed(Bindings("d", "f", "q", "r", "c"))
        ('the policy in params.yaml',)
        """
        then, current = asdict(self), asdict(now)
        return tuple(words for key, words in _IN_WORDS.items() if then[key] != current[key])


def features_digest(features: Sequence[str]) -> str:
    """Digest of the columns that a model may see, in any order."""
    return json_digest(sorted(features))


@dataclass(frozen=True, slots=True)
class Objection:
    """One reason to refuse.

    Attributes
    ----------
    code, name, message : str
    """

    code: str
    name: str
    message: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer of the gate.

    Attributes
    ----------
    plan : str
    passed : bool
    checks : int
        Declared checks and suites.
    objections : tuple of Objection
        Empty when passed.
    warnings : tuple of Objection
        Broken rules of severity ``warning``: they do not refuse, but they are not hidden.
    bindings : Bindings
    """

    plan: str
    passed: bool
    checks: int
    objections: tuple[Objection, ...]
    warnings: tuple[Objection, ...]
    bindings: Bindings

    def __str__(self) -> str:
        """Return the word first, and then why."""
        word = "PASSED" if self.passed else "REFUSED"
        lines = [f"{word} plan {self.plan}: {self.checks} checks, verdict {self.digest[:12]}"]
        for mark, found in (("refused", self.objections), ("warned", self.warnings)):
            lines += [f"  {mark} {each.code} {each.name} {each.message}" for each in found]
        # Class names and group values come from data: a terminal must not obey them.
        return "\n".join(
            "".join(c if c.isprintable() else repr(c)[1:-1] for c in line) for line in lines
        )

    @property
    def digest(self) -> str:
        """Digest of the whole verdict."""
        return json_digest(self._body())

    @property
    def contradicts_itself(self) -> bool:
        """Whether it passed against objections or without a check, or refused without a reason."""
        return self.passed == bool(self.objections) or (self.passed and self.checks < 1)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form; it carries its own digest."""
        return {"schema": SCHEMA, **self._body(), "digest": self.digest}

    def _body(self) -> dict[str, Any]:
        return {"outcome": "passed" if self.passed else "refused", **asdict(self)}


def decide(
    outcomes: Sequence[Outcome],
    policy: Policy,
    bindings: Bindings,
    *,
    checked_under: str | None = None,
) -> Verdict:
    """Judge outcomes under a policy. Not run is never passed.

    Parameters
    ----------
    outcomes : sequence of Outcome
        Of the check report.
    policy : Policy
        As params.yaml states it now.
    bindings : Bindings
    checked_under : str, optional
        Digest of the policy that the report says it was made under; another than the policy's
        own is an objection (a suite's file may have changed since).

    Returns
    -------
    Verdict
        Passed only if something was declared, executed equals declared (also in severity and
        thresholds), and every outcome is ``passed``, or ``warned`` where the policy says
        ``warning``: a declared check that does not apply has proved nothing.
    """
    objections = [*_undeclared(outcomes, policy)]
    if checked_under not in (None, policy.digest):
        text = "the checks ran under another policy: its rules or its suites' files have changed"
        objections.append(Objection("GATE", "policy", text))
    warnings = []
    for outcome in outcomes:
        if outcome.status is Status.WARNED:
            warnings.append(_objection(outcome))
        elif outcome.status is not Status.PASSED:
            objections.append(_objection(outcome))
    return Verdict(
        plan=policy.plan,
        passed=not objections,
        checks=len(policy.declared),
        objections=tuple(objections),
        warnings=tuple(warnings),
        bindings=bindings,
    )


def _objection(outcome: Outcome) -> Objection:
    target = f"{outcome.target}: " if outcome.target else ""
    return Objection(outcome.code, outcome.name, f"{target}{outcome.summary}")


def _undeclared(outcomes: Sequence[Outcome], policy: Policy) -> list[Objection]:
    if not policy.declared:
        return [Objection("GATE", "policy", "the policy declares no check; nothing was proved")]
    codes = {name: BY_NAME[name].code for name in policy.rules} | {
        name: _ENGINE_CODES[suite.engine] for name, suite in policy.suites.items()
    }
    ran = {outcome.name: outcome for outcome in outcomes}
    found = [
        Objection(codes[name], name, "declared in the policy, but it did not run")
        for name in sorted(policy.declared - set(ran))
    ]
    found.extend(
        Objection(ran[name].code, name, "in the report, but not declared in the policy")
        for name in sorted(set(ran) - policy.declared)
    )
    for name in sorted(policy.declared & set(ran)):
        severity, thresholds = _declared(policy, name)
        here = [outcome for outcome in outcomes if outcome.name == name]
        ended = [each for each in here if each.status in (Status.PASSED, Status.WARNED)]
        reasons = {
            "ran under another severity than the policy declares": any(
                each.severity is not severity for each in here
            ),
            "ran under other thresholds than the policy declares": any(
                dict(each.requires) != thresholds for each in ended
            ),
            "warned where the policy demands a refusal": severity is Severity.ERROR
            and any(each.status is Status.WARNED for each in ended),
            f"is reported under another code than {codes[name]}": any(
                each.code != codes[name] for each in here
            ),
        }
        found.extend(Objection(codes[name], name, text) for text, holds in reasons.items() if holds)
    return found


def _declared(policy: Policy, name: str) -> tuple[Severity, dict[str, object]]:
    if name in policy.rules:
        rule = policy.rules[name]
        return rule.severity, rule.thresholds()
    suite = policy.suites[name]
    return suite.severity, dict(suite.parameters)


def verdict_from_json(raw: dict[str, Any], *, source: str) -> Verdict:
    """Read a verdict back.

    Raises
    ------
    ArtifactError
        Another schema, or fields missing or wrong.
    Refused
        Its content does not fit its digest or its own objections: it was edited.
    """
    if raw.get("schema") != SCHEMA:
        raise ArtifactError(f"schema is not {SCHEMA!r}", where=source, remedy=_REMEDY)
    fields = {k: v for k, v in raw.items() if k not in ("schema", "outcome", "digest")}
    verdict = parse_model(Verdict, fields, source=source, remedy=_REMEDY)
    consistent = raw.get("outcome") == ("passed" if verdict.passed else "refused")
    if raw.get("digest") != verdict.digest or not consistent:
        raise Refused("the verdict was edited after it was given", where=source, remedy=_REMEDY)
    if verdict.contradicts_itself:
        raise Refused("the verdict contradicts itself", where=source, remedy=_REMEDY)
    return verdict


def require_passing(verdict: Verdict, now: Bindings, *, plan: str) -> None:
    """Refuse training unless a verdict passed and speaks of exactly what is there now.

    Parameters
    ----------
    verdict : Verdict
    now : Bindings
        Recomputed from data, fold map, policy and report as they are at this moment.
    plan : str

    Raises
    ------
    Refused
        With every reason.
    """
    if verdict.plan != plan:
        raise Refused(f"the verdict is for plan {verdict.plan!r}, not {plan!r}", remedy=_REMEDY)
    if verdict.contradicts_itself:
        raise Refused("the verdict contradicts itself", remedy=_REMEDY)
    if not verdict.passed:
        reasons = "; ".join(f"{o.code} {o.name}: {o.message}" for o in verdict.objections[:5])
        raise Refused(
            f"the verdict refuses training ({reasons})",
            remedy="Mend what the check report found, then run the stages again.",
        )
    changed = verdict.bindings.changed(now)
    if changed:
        raise Refused(
            f"{' and '.join(changed)} changed after the verdict was given", remedy=_REMEDY
        )
