"""What the cv stage hands on: scores that were just written, and what they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from fold_guard.crossval.result import Result, RunFacts
from fold_guard.evidence.hidden import hidden_requirements, without_quotes
from fold_guard.evidence.report import Report
from fold_guard.folds.fold_map import FoldMap
from fold_guard.gate.verdict import Verdict

if TYPE_CHECKING:
    from fold_guard.crossval.requirements.requirement import RequirementOutcome
    from fold_guard.identity.pseudonyms import PseudonymKey


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """A cross-validation that has just been written, and what it rests on.

    Attributes
    ----------
    plan : str
    result : Result
    requirements : sequence of RequirementOutcome
    facts : RunFacts
    verdict : Verdict
    report : Report
    fold_map : FoldMap
    frame : polars.DataFrame
        The table.
    hide_by : PseudonymKey or None
        Keeps row ids, and texts that may quote a row, out of all but what a digest covers.
    """

    plan: str
    result: Result
    requirements: Sequence[RequirementOutcome]
    facts: RunFacts
    verdict: Verdict
    report: Report
    fold_map: FoldMap
    frame: pl.DataFrame
    hide_by: PseudonymKey | None = None

    @property
    def passed(self) -> bool:
        """Whether gate and requirements passed."""
        return self.verdict.passed and all(each.met for each in self.requirements)

    def shown(self) -> tuple[Result, Sequence[RequirementOutcome]]:
        """Return result and requirements as they may be printed; ids are in neither's words."""
        if self.hide_by is None:
            return self.result, self.requirements
        hidden = hidden_requirements(self.requirements, self.result)
        return without_quotes(self.result), hidden
