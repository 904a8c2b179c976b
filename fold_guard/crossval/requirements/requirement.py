"""One target, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from fold_guard.crossval.metrics.registry import spoken_metric
from fold_guard.crossval.result import Aggregate

BOUNDS = ("lower", "estimate", "upper")
STATISTICS = ("fold_sd", "gap")
AGGREGATES: tuple[Aggregate, ...] = ("rounds", "pooled")
FAILURE_RATE = "failure_rate"
"""A target may be on it as on a metric: the share of rounds that gave no prediction."""

_SPOKEN = {
    "lower": "lower bound of ",
    "upper": "upper bound of ",
    "estimate": "",
    "fold_sd": "standard deviation over rounds of ",
    "gap": "train-validation gap of ",
}


@dataclass(frozen=True, slots=True)
class Requirement:
    """One target.

    Attributes
    ----------
    metric : str
        For instance ``recall[positive]``; or ``failure_rate``.
    measure : str
        ``lower``, ``estimate`` or ``upper`` of the interval, ``fold_sd``, or ``gap`` (train
        minus test).
    least, most : float or None
        Inclusive; one is set at least, but for a target on a baseline, which has neither.
    min_rounds : int or None
        In how many rounds a mean over rounds must be defined; None means in all.
    aggregate : {"rounds", "pooled"} or None
        Which of the two numbers of a metric is meant; None: the one that is reported.
    segment : (str, str) or None
        Column and value: the rows that have this value are scored by themselves.
    gap_between : str or None
        A column: the target is on the difference between its segments.
    no_worse_than : str or None
        Folder of a stored cross-validation that is the baseline.
    margin : float
        By how much the metric may be worse than in the baseline.
    confidence : float or None
        Of the comparison with the baseline, one-sided; None: that of the result.
    """

    metric: str
    measure: str
    least: float | None = None
    most: float | None = None
    min_rounds: int | None = None
    aggregate: Aggregate | None = None
    segment: tuple[str, str] | None = None
    gap_between: str | None = None
    no_worse_than: str | None = None
    margin: float = 0.0
    confidence: float | None = None

    @property
    def subject(self) -> str:
        """What the target is on, as people say it.

        >>> Requirement("recall[yes]", "lower", least=0.5, segment=("ward", "east")).subject
        'lower bound of recall[yes] where ward is east'
        """
        name = "failure rate" if self.metric == FAILURE_RATE else spoken_metric(self.metric)
        if self.gap_between is not None:
            return f"{_SPOKEN[self.measure]}gap between segments of {self.gap_between} in {name}"
        kind = f"{self.aggregate} " if self.aggregate == "pooled" else ""
        over = ", mean over rounds" if self.aggregate == "rounds" else ""
        where = f" where {self.segment[0]} is {self.segment[1]}" if self.segment else ""
        return f"{_SPOKEN[self.measure]}{kind}{name}{over}{where}"


@dataclass(frozen=True, slots=True)
class RequirementOutcome:
    """A target and what became of it; without a value it is never met.

    Attributes
    ----------
    requirement : Requirement
    met : bool
    value : float or None
        What was held against the target; of a comparison with a baseline, how much better it is
        at the lower end of the interval (negative: worse).
    message : str
    built_in : bool
        Whether nobody wrote it down: it stands after all that somebody did.
    """

    requirement: Requirement
    met: bool
    value: float | None
    message: str
    built_in: bool = False
