"""What a score must reach, and whether it does."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fold_guard.crossval.metrics import spoken_metric
from fold_guard.crossval.result import MetricSummary, Result
from fold_guard.errors import ConfigError, UsageError
from fold_guard.suggest import did_you_mean

BOUNDS = ("lower", "estimate", "upper")
STATISTICS = ("fold_sd", "gap")
_SPOKEN = {
    "lower": "lower bound of ",
    "upper": "upper bound of ",
    "estimate": "",
    "fold_sd": "standard deviation over rounds of ",
    "gap": "train-validation gap of ",
}
_KEYS = ("metric", "bound", "statistic", "min", "max", "min_rounds")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One target.

    Attributes
    ----------
    metric : str
        For instance ``recall[positive]``.
    measure : str
        ``lower``, ``estimate`` or ``upper`` of the interval, ``fold_sd``, or ``gap`` (train
        minus test).
    least, most : float or None
        Inclusive; at least one is set.
    min_rounds : int or None
        In how many rounds the metric must be defined; None means in all.
    """

    metric: str
    measure: str
    least: float | None = None
    most: float | None = None
    min_rounds: int | None = None


@dataclass(frozen=True, slots=True)
class RequirementOutcome:
    """A target and what became of it; without a value it is never met."""

    requirement: Requirement
    met: bool
    value: float | None
    message: str


def parse_requirements(
    items: Sequence[object], *, path: str = "require", source: str = "params.yaml"
) -> tuple[Requirement, ...]:
    """Read the ``require`` list of params.

    Each item has ``metric``, ``min`` and/or ``max``, and either ``bound`` (lower, estimate,
    upper; estimate if neither is given) or ``statistic`` (fold_sd, gap). ``min_rounds`` allows a
    metric that is undefined in some rounds.

    Raises
    ------
    ConfigError
        Every problem at once, each with its dotted path.

    Examples
    --------
    >>> parse_requirements([{"metric": "recall[positive]", "bound": "lower", "min": 0.5}])[0].least
    0.5
    """
    problems: list[tuple[str, str]] = []
    parsed = [_parse(item, f"{path}.{i}", problems) for i, item in enumerate(items)]
    if problems:
        raise ConfigError(problems, source=source)
    return tuple(each for each in parsed if each is not None)


def check_requirements(
    result: Result, requirements: Sequence[Requirement]
) -> tuple[RequirementOutcome, ...]:
    """Hold a result against its targets.

    Parameters
    ----------
    result : Result
    requirements : sequence of Requirement

    Returns
    -------
    tuple of RequirementOutcome
        One a requirement, in their order. An undefined value misses its target and says why.

    Raises
    ------
    UsageError
        A metric that does not exist, with the nearest name.
    """
    return tuple(_check(result, requirement) for requirement in requirements)


def _check(result: Result, requirement: Requirement) -> RequirementOutcome:
    summary = result.summary.get(requirement.metric)
    if summary is None:
        raise UsageError(
            f"no metric {requirement.metric!r}",
            where="require",
            remedy=did_you_mean(requirement.metric, result.summary),
        )
    subject = f"{_SPOKEN[requirement.measure]}{spoken_metric(requirement.metric)}"
    wanted = len(result.rounds) if requirement.min_rounds is None else requirement.min_rounds
    value = _measure(summary, requirement.measure)
    if summary.n_rounds < wanted:
        why = "; ".join(f"round {each.round}: {each.reason}" for each in summary.undefined[:5])
        message = f"{subject} is defined in {summary.n_rounds} of {len(result.rounds)} rounds"
        return RequirementOutcome(
            requirement, False, value, f"{message}, {wanted} required ({why})"
        )
    if value is None:
        why = summary.note or "no round has both sides"
        return RequirementOutcome(requirement, False, None, f"{subject} is undefined ({why})")
    least, most = requirement.least, requirement.most
    limits = [f">= {least:g}"] if least is not None else []
    limits += [f"<= {most:g}"] if most is not None else []
    met = (least is None or value >= least) and (most is None or value <= most)
    message = f"{subject} is {value:.4f}, required {' and '.join(limits)}"
    return RequirementOutcome(requirement, met, value, message)


def _measure(summary: MetricSummary, measure: str) -> float | None:
    return {
        "lower": summary.low,
        "estimate": summary.mean,
        "upper": summary.high,
        "fold_sd": summary.sd,
        "gap": summary.gap,
    }[measure]


def _parse(item: object, path: str, problems: list[tuple[str, str]]) -> Requirement | None:
    if not isinstance(item, Mapping):
        problems.append((path, "must be a mapping with 'metric' and 'min' or 'max'"))
        return None
    before = len(problems)
    for key in item:
        if key not in _KEYS:
            problems.append((f"{path}.{key}", f"unknown key; known are {', '.join(_KEYS)}"))
    metric = item.get("metric")
    if not isinstance(metric, str) or not metric:
        problems.append((f"{path}.metric", f"must be the name of a metric, got {metric!r}"))
    measure = _choice(item, path, problems)
    least = _number(item, "min", path, problems)
    most = _number(item, "max", path, problems)
    if "min" not in item and "max" not in item:
        problems.append((path, "needs 'min' or 'max'"))
    elif least is not None and most is not None and least > most:
        problems.append((path, f"'min' {least:g} is above 'max' {most:g}"))
    rounds = item.get("min_rounds")
    if rounds is not None and (isinstance(rounds, bool) or not isinstance(rounds, int)):
        problems.append((f"{path}.min_rounds", f"must be a whole number, got {rounds!r}"))
    elif rounds is not None and rounds < 1:
        problems.append((f"{path}.min_rounds", f"must be at least 1, got {rounds}"))
    if len(problems) > before:
        return None
    return Requirement(str(metric), measure, least, most, rounds)


def _choice(item: Mapping[str, object], path: str, problems: list[tuple[str, str]]) -> str:
    if "bound" in item and "statistic" in item:
        problems.append((path, "takes 'bound' or 'statistic', not both"))
    for key, allowed in (("bound", BOUNDS), ("statistic", STATISTICS)):
        if key in item and item[key] not in allowed:
            message = f"must be one of {', '.join(allowed)}, got {item[key]!r}"
            problems.append((f"{path}.{key}", message))
    return str(item.get("statistic", item.get("bound", "estimate")))


def _number(
    item: Mapping[str, object], key: str, path: str, problems: list[tuple[str, str]]
) -> float | None:
    if key not in item:
        return None
    value = item[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        problems.append((f"{path}.{key}", f"must be a number, got {value!r}"))
        return None
    return float(value)
