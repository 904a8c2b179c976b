"""What a cross-validation yields: values only, no clock, no host, no estimator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

Matrix = tuple[tuple[int, ...], ...]
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
        Rows of each class on each side.
    test, train : Scores
        Metrics on the held-out rows, and on the very rows that the model learned from.
    confusion : matrix of int
        Test side; ``confusion[i][j]`` rows of class i were predicted as class j.
    """

    index: int
    train_rows: int
    test_rows: int
    train_support: Mapping[str, int]
    test_support: Mapping[str, int]
    test: Scores
    train: Scores
    confusion: Matrix


@dataclass(frozen=True, slots=True)
class Undefined:
    """A round in which a metric has no value, and why."""

    round: int
    reason: str


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """One metric over all rounds.

    Attributes
    ----------
    mean : float or None
        Unweighted mean over the rounds in which the metric is defined; None if it never is.
    sd : float or None
        Sample standard deviation (divisor n - 1) over those rounds.
    low, high : float or None
        Corrected interval, cut to the range of the metric; None with fewer than two values.
    n_rounds : int
        In how many rounds the metric is defined.
    gap : float or None
        Mean of (train - test) over the rounds where both are defined. Positive means that a
        score is better on the rows learned from; for a loss (log_loss, brier) negative does.
    undefined : tuple of Undefined
        The rounds (test side) that are missing from the mean.
    note : str
        What a reader of the interval must know, or empty.
    """

    mean: float | None
    sd: float | None
    low: float | None
    high: float | None
    n_rounds: int
    gap: float | None
    undefined: tuple[Undefined, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class FitWarning:
    """A warning that came up in some rounds, once however often it was given."""

    category: str
    message: str
    rounds: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """A whole cross-validation.

    Attributes
    ----------
    classes : tuple of str
        In the order of code points; the order of every matrix.
    rounds : tuple of RoundScore
    summary : mapping of str to MetricSummary
    confusion : matrix of int
        Pooled over the test sides: it counts predictions.
    predictions : polars.DataFrame
        One row a test row and round: ``row_id``, ``fold``, ``label``, ``prediction`` and, if the
        estimator gives them, ``probability[<class>]`` for each class; sorted by row_id, fold.
        Where a row may be tested more than once, ``round`` stands in the place of ``fold``.
    warnings : tuple of FitWarning
    confidence : float
    interval : str
        How the intervals were made, in words.
    """

    classes: tuple[str, ...]
    rounds: tuple[RoundScore, ...]
    summary: Mapping[str, MetricSummary]
    confusion: Matrix
    predictions: pl.DataFrame
    warnings: tuple[FitWarning, ...]
    confidence: float
    interval: str

    def __str__(self) -> str:
        """Return each metric's mean and interval; the tables are a thousand times longer."""
        lines = [f"{len(self.rounds)} rounds, {self.confidence:.0%} intervals: {self.interval}"]
        for name, each in self.summary.items():
            mean = "undefined" if each.mean is None else f"{each.mean:.3f}"
            known = each.low is not None and each.high is not None
            band = f" [{each.low:.3f}, {each.high:.3f}]" if known else ""
            lines.append(f"  {name} {mean}{band}")
        return "\n".join(lines)

    @property
    def number(self) -> str:
        """What the rounds are numbered by: ``fold``, or ``round`` where rows are retested."""
        return ROUND if self.retested else FOLD

    @property
    def retested(self) -> bool:
        """Whether a row may be tested in several rounds."""
        return ROUND in self.predictions.columns


def probability_column(label: str) -> str:
    """Return the name of the column with the probability of a class.

    >>> probability_column("positive")
    'probability[positive]'
    """
    return f"probability[{label}]"


@dataclass(frozen=True, slots=True)
class RoundFacts:
    """Seconds that one round took; never part of a Result."""

    index: int
    fit_seconds: float
    predict_seconds: float


@dataclass(frozen=True, slots=True)
class RunFacts:
    """Seconds that a run took; they go to a file that no digest covers."""

    rounds: tuple[RoundFacts, ...]
    wall_seconds: float
