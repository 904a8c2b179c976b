"""What is published of one cross-validation, whichever tracker takes it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from fold_guard.crossval.result import Result, RunFacts
from fold_guard.evidence.report import Report
from fold_guard.gate.verdict import Verdict

_OF_CLASS = re.compile(r"([^\[]+)\[(.*)\]", re.DOTALL)


class Judged(Protocol):
    """What became of a requirement."""

    @property
    def met(self) -> bool:
        """Whether the target was reached."""


@dataclass(frozen=True, slots=True, eq=False)
class Tracked:
    """One cross-validation, with what it rests on.

    Attributes
    ----------
    plan : str
    result : Result
    facts : RunFacts
    requirements : sequence of Judged
    verdict : Verdict
    report : Report
        Of the checks.
    passed : bool
        Whether gate and requirements passed.
    params : mapping
        What the run was asked for: for instance the plan and the estimator as params.yaml has
        them; nested.
    artifacts : mapping of str to Path
        Name in the tracker to file or folder; for instance ``cv``, ``fold_map``.
    """

    plan: str
    result: Result
    facts: RunFacts
    requirements: Sequence[Judged]
    verdict: Verdict
    report: Report
    passed: bool
    params: Mapping[str, object] = field(default_factory=dict)
    artifacts: Mapping[str, Path] = field(default_factory=dict)

    @property
    def met(self) -> int:
        """How many requirements are met."""
        return sum(each.met for each in self.requirements)

    @property
    def fit_to_register(self) -> bool:
        """Whether a model may go by this result; no caller can talk it into more."""
        return (
            self.passed
            and self.verdict.passed
            and self.met == len(self.requirements)
            and not any(each.blocking for each in self.result.concerns)
        )


def split_metric(name: str) -> tuple[str, str | None]:
    """Split the name of a metric into what is measured and the class it is about.

    >>> split_metric("recall[positive]"), split_metric("accuracy")
    (('recall', 'positive'), ('accuracy', None))
    """
    found = _OF_CLASS.fullmatch(name)
    return (name, None) if found is None else (found[1], found[2])
