"""What a cross-validation yields: values only, no clock, no host, no estimator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

Matrix = tuple[tuple[int, ...], ...]
Task = Literal["classification", "regression"]
Aggregate = Literal["rounds", "pooled"]
FOLD, ROUND = "fold", "round"


@dataclass(frozen=True, slots=True)
class Scores:
    """The metrics of one side of one round.

    Attributes
    ----------
    values : mapping of str to float or None
        Every metric by name, see :mod:`fold_guard.crossval.metrics`; None is undefined.
    undefined : mapping of str to str
        The reason for each None, and for nothing else.
    """

    values: Mapping[str, float | None]
    undefined: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RoundScore:
    """One round.

    Attributes
    ----------
    index : int
        The fold that was tested; where rounds and folds are not one to one (repeats, several
        folds at once), the number of the round.
    train_rows, test_rows : int
    train_support, test_support : mapping of str to int
        Rows of each class on each side; empty for regression.
    test : Scores
        Metrics on the held-out rows.
    train : Scores or None
        Metrics on the very rows that the model learned from; None where they were not scored.
    confusion : matrix of int
        Test side; ``confusion[i][j]`` rows of class i were predicted as class j. Empty for
        regression.
    """

    index: int
    train_rows: int
    test_rows: int
    train_support: Mapping[str, int]
    test_support: Mapping[str, int]
    test: Scores
    train: Scores | None
    confusion: Matrix


@dataclass(frozen=True, slots=True)
class Undefined:
    """A round in which a metric has no value, and why."""

    round: int
    reason: str


@dataclass(frozen=True, slots=True)
class OverRounds:
    """One metric, computed round by round.

    Attributes
    ----------
    mean : float or None
        Unweighted mean over the rounds in which the metric is defined; None if it never is.
    sd : float or None
        Sample standard deviation (divisor n - 1) over those rounds.
    low, high : float or None
        Interval of the mean, cut to the range of the metric; None with fewer than two values.
    n_rounds : int
        In how many rounds the metric is defined.
    undefined : tuple of Undefined
        The rounds (test side) that are missing from the mean.
    method : str
        How the interval was made; empty without one.
    note : str
        What a reader of the interval must know, or empty.
    """

    mean: float | None
    sd: float | None
    low: float | None
    high: float | None
    n_rounds: int
    undefined: tuple[Undefined, ...] = ()
    method: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Pooled:
    """One metric, computed once over held-out predictions of all rounds.

    Where rows are dealt several times, the mean over the repeats.

    Attributes
    ----------
    value : float or None
    low, high : float or None
    rows, units : int
        Different rows and units behind the value.
    method : str
        How the interval was made; empty without one.
    note : str
        Why there is no value, or no interval; or empty.
    """

    value: float | None
    low: float | None
    high: float | None
    rows: int
    units: int
    method: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """One metric of a whole cross-validation.

    Attributes
    ----------
    aggregate : {"rounds", "pooled"}
        Which of the two numbers below is reported.
    estimate, low, high : float or None
        The reported number and its interval.
    note : str
        What a reader must know of them, or empty.
    over_rounds : OverRounds or None
        None where rounds have no scores of their own: each tests one row.
    pooled : Pooled or None
        None where the metric may not be pooled.
    train : float or None
        Mean over the rounds whose train side was scored.
    gap : float or None
        Train minus test, over the rounds where both are defined; where rounds have no scores of
        their own, ``train`` minus ``estimate``. Positive means that a score is better on the rows
        learned from; for a loss negative does.
    """

    aggregate: Aggregate
    estimate: float | None
    low: float | None
    high: float | None
    note: str = ""
    over_rounds: OverRounds | None = None
    pooled: Pooled | None = None
    train: float | None = None
    gap: float | None = None


@dataclass(frozen=True, slots=True)
class SegmentScore:
    """The rows that have one value in a segment column, scored by themselves.

    Attributes
    ----------
    column, value : str
    rows, units : int
    metrics : mapping of str to Pooled
        Those that may be pooled.
    """

    column: str
    value: str
    rows: int
    units: int
    metrics: Mapping[str, Pooled]


@dataclass(frozen=True, slots=True)
class SegmentGap:
    """How far the segments of one column lie apart in one metric.

    Attributes
    ----------
    column, metric : str
    highest, lowest : str
        Values of the column.
    difference : float
        Highest minus lowest; never negative.
    low, high : float or None
        Interval of the difference of these two segments.
    note : str
    """

    column: str
    metric: str
    highest: str
    lowest: str
    difference: float
    low: float | None
    high: float | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class FitWarning:
    """A warning that came up in some rounds, once however often it was given."""

    category: str
    message: str
    rounds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """A round that gave no prediction.

    Attributes
    ----------
    round : int
    kind : {"exception", "crash"}
        The estimator raised, or the process that ran it died.
    error : str
        Type and text of the exception, or how the process died.
    attempts : int
    """

    round: int
    kind: Literal["exception", "crash"]
    error: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Concern:
    """Something about how the scores came about that a reader has to know.

    Attributes
    ----------
    name : str
        For instance ``tuned_on_reported_folds``, ``not_deterministic``.
    message : str
    blocking : bool
        Whether the result may pass in spite of it.
    """

    name: str
    message: str
    blocking: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """A whole cross-validation.

    Attributes
    ----------
    task : {"classification", "regression"}
    classes : tuple of str
        In the order of code points; the order of every matrix. Empty for regression.
    n_rounds : int
        Planned; those that failed are among them.
    rounds : tuple of RoundScore
        Empty where each round tests one row: a row is no set to score.
    summary : mapping of str to MetricSummary
    confusion : matrix of int
        Pooled over the test sides: it counts predictions. Empty for regression.
    predictions : polars.DataFrame
        One row a test row and round, sorted by row_id, fold: ``row_id``, ``fold``, ``label``,
        ``prediction`` (text, or float64 for regression) and, if the estimator gives them,
        ``probability[<class>]`` for each class. Where a row may be tested more than once,
        ``round`` stands in the place of ``fold``.
    segments : tuple of SegmentScore
    gaps : tuple of SegmentGap
    warnings : tuple of FitWarning
    failures : tuple of Failure
        A result with failures passes only where params allow for them.
    concerns : tuple of Concern
    confidence : float
    interval : str
        How the intervals were made, in words.
    path : str
        How the predictions came about: so many fits, or exact leave-one-out by which method.
    """

    task: Task
    classes: tuple[str, ...]
    n_rounds: int
    rounds: tuple[RoundScore, ...]
    summary: Mapping[str, MetricSummary]
    confusion: Matrix
    predictions: pl.DataFrame
    segments: tuple[SegmentScore, ...]
    gaps: tuple[SegmentGap, ...]
    warnings: tuple[FitWarning, ...]
    failures: tuple[Failure, ...]
    concerns: tuple[Concern, ...]
    confidence: float
    interval: str
    path: str

    def __str__(self) -> str:
        """Return each metric's estimate and interval; the tables are a thousand times longer."""
        lines = [f"{self.n_rounds} rounds, {self.confidence:.0%} intervals: {self.interval}"]
        for name, each in self.summary.items():
            shown = "undefined" if each.estimate is None else f"{each.estimate:.3f}"
            known = each.low is not None and each.high is not None
            band = f" [{each.low:.3f}, {each.high:.3f}]" if known else ""
            lines.append(f"  {name} {shown}{band}")
        if self.failures:
            lines.append(f"  {len(self.failures)} rounds FAILED ({self.failure_rate:.1%})")
        return "\n".join(lines)

    @property
    def number(self) -> str:
        """What the rounds are numbered by: ``fold``, or ``round`` where rows are retested."""
        return ROUND if self.retested else FOLD

    @property
    def retested(self) -> bool:
        """Whether a row may be tested in several rounds."""
        return ROUND in self.predictions.columns

    @property
    def probabilities(self) -> npt.NDArray[np.float64] | None:
        """Those of all predictions, shape (n_predictions, n_classes); None without any."""
        names = [probability_column(label) for label in self.classes]
        if not names or names[0] not in self.predictions.columns:
            return None
        return self.predictions.select(names).to_numpy()

    def codes(self, labels: pl.Series) -> npt.NDArray[np.int64]:
        """Return the position of each label in ``classes``."""
        places = {label: code for code, label in enumerate(self.classes)}
        return labels.replace_strict(places, return_dtype=pl.Int64).to_numpy()

    @property
    def failure_rate(self) -> float:
        """Share of the rounds that gave no prediction."""
        return len(self.failures) / self.n_rounds


def probability_column(label: str) -> str:
    """Return the name of the column with the probability of a class.

    >>> probability_column("positive")
    'probability[positive]'
    """
    return f"probability[{label}]"


@dataclass(frozen=True, slots=True)
class RoundFacts:
    """What one round cost; never part of a Result.

    Attributes
    ----------
    index : int
    fit_seconds, predict_seconds, wall_seconds, cpu_seconds : float
    peak_memory : int
        Bytes: the most that the process held while it played this round.
    """

    index: int
    fit_seconds: float
    predict_seconds: float
    wall_seconds: float
    cpu_seconds: float
    peak_memory: int


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a run cost; it goes to a file that no digest covers.

    Attributes
    ----------
    rounds : tuple of RoundFacts
        Of the rounds that were played in this call or are in the journal.
    wall_seconds : float
        Of this call.
    resumed : int
        Rounds that were taken from the journal.
    """

    rounds: tuple[RoundFacts, ...]
    wall_seconds: float
    resumed: int = 0
