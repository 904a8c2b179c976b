"""Hold a result against all its targets, and against what nobody has to write down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fold_guard.crossval.requirements.baseline import Baseline
from fold_guard.crossval.requirements.no_worse import Pairing, hold_to_baseline
from fold_guard.crossval.requirements.requirement import (
    FAILURE_RATE,
    Requirement,
    RequirementOutcome,
)
from fold_guard.crossval.requirements.threshold import hold_to_limits
from fold_guard.crossval.result import Result
from fold_guard.errors import UsageError

ALONE = Pairing()


def check_requirements(
    result: Result,
    requirements: Sequence[Requirement],
    *,
    baselines: Mapping[str, Baseline] | None = None,
    pairing: Pairing = ALONE,
    max_failure_rate: float = 0.0,
) -> tuple[RequirementOutcome, ...]:
    """Hold a result against its targets.

    Parameters
    ----------
    result : Result
    requirements : sequence of Requirement
    baselines : mapping of str to Baseline, optional
        By the path that ``no_worse_than`` names.
    pairing : Pairing
        Design, units and fold map of the result; only comparisons look at it.
    max_failure_rate : float
        So large a share of the rounds may fail, where no requirement is on the failure rate.

    Returns
    -------
    tuple of RequirementOutcome
        One a requirement, in their order. An undefined value misses its target and says why.
        Then what is built in: one for rounds that failed, if any did, and one for each concern
        that blocks.

    Raises
    ------
    UsageError
        A metric, a segment or a baseline that does not exist, with the nearest name.
    """
    found = [_outcome(result, each, baselines or {}, pairing) for each in requirements]
    return (*found, *_built_in(result, requirements, max_failure_rate))


def _outcome(
    result: Result,
    requirement: Requirement,
    baselines: Mapping[str, Baseline],
    pairing: Pairing,
) -> RequirementOutcome:
    path = requirement.no_worse_than
    if path is None:
        return hold_to_limits(result, requirement)
    if path not in baselines:
        raise UsageError(f"the baseline {path} was not read", where="require")
    return hold_to_baseline(result, requirement, baselines[path], pairing)


def _built_in(
    result: Result, requirements: Sequence[Requirement], max_failure_rate: float
) -> Iterator[RequirementOutcome]:
    stated = any(each.metric == FAILURE_RATE for each in requirements)
    if result.failures and not stated:
        limit = Requirement(FAILURE_RATE, "estimate", most=max_failure_rate)
        found = hold_to_limits(result, limit)
        first = result.failures[0]
        message = f"{found.message}; round {first.round}: {first.error}"
        yield RequirementOutcome(limit, found.met, found.value, message, built_in=True)
    for concern in result.concerns:
        if concern.blocking:
            named = Requirement(concern.name, "estimate", most=0.0)
            yield RequirementOutcome(named, False, None, concern.message, built_in=True)
