"""What a score must reach: read from params, held against a result, or found impossible before."""

from fold_guard.crossval.requirements.baseline import Baseline, stored_fold_map
from fold_guard.crossval.requirements.check import check_requirements
from fold_guard.crossval.requirements.no_worse import Pairing
from fold_guard.crossval.requirements.parse import parse_requirements
from fold_guard.crossval.requirements.possible import require_possible
from fold_guard.crossval.requirements.requirement import (
    FAILURE_RATE,
    Requirement,
    RequirementOutcome,
)

__all__ = [
    "FAILURE_RATE",
    "Baseline",
    "Pairing",
    "Requirement",
    "RequirementOutcome",
    "check_requirements",
    "parse_requirements",
    "require_possible",
    "stored_fold_map",
]
