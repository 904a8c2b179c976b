"""Policy: which checks and suites are declared for a plan, how severe, with which thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

from fold_guard.checks.outcome import Severity
from fold_guard.checks.rule import Rule
from fold_guard.identity.hashing import json_digest

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite of the user's own expectations, as params.yaml declares it.

    Attributes
    ----------
    engine : {"pandera", "great_expectations"}
    file : str
        The suite, relative to params.yaml. It is code, or names code: a trust boundary.
    modules : tuple of str
        Files that define custom expectations (Great Expectations).
    on : {"table", "fold_map", "rounds"}
        What it is run on.
    severity : Severity
    parameters : mapping
        Handed to the suite; thresholds live here, so that they are part of the policy.
    """

    engine: Literal["pandera", "great_expectations"]
    file: str
    modules: tuple[str, ...] = ()
    on: Literal["table", "fold_map", "rounds"] = "table"
    severity: Severity = Severity.ERROR
    parameters: Mapping[str, Scalar | list[Scalar]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policy:
    """What must be checked before a plan may train.

    Attributes
    ----------
    plan : str
    rules : mapping of check name to Rule
    suites : mapping of suite name to Suite
    sources : mapping of file to SHA-256
        Content of the suites' files: an edited suite is another policy. So is another estimator
        where a check fits it.
    """

    plan: str
    rules: Mapping[str, Rule]
    suites: Mapping[str, Suite]
    sources: Mapping[str, str]

    @property
    def declared(self) -> frozenset[str]:
        """Names of every check and suite that must have an outcome."""
        return frozenset(self.rules) | frozenset(self.suites)

    @property
    def digest(self) -> str:
        """Digest of everything above."""
        return json_digest(
            {
                "plan": self.plan,
                "rules": {n: rule.model_dump(mode="json") for n, rule in self.rules.items()},
                "suites": {n: _suite_json(suite) for n, suite in self.suites.items()},
                "sources": dict(self.sources),
            }
        )


def _suite_json(suite: Suite) -> dict[str, object]:
    return {
        "engine": suite.engine,
        "file": PurePosixPath(suite.file).as_posix(),
        "modules": [PurePosixPath(each).as_posix() for each in suite.modules],
        "on": suite.on,
        "severity": suite.severity.value,
        "parameters": dict(suite.parameters),
    }
