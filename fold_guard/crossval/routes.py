"""The two ways to held-out predictions: a fit a round, or leave-one-out without n fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.arguments import require_recheck
from fold_guard.crossval.design import Design
from fold_guard.crossval.estimators.specification import Estimator
from fold_guard.crossval.exact.leave_one_out import LeaveOneOut, exact_leave_one_out
from fold_guard.crossval.exact.recognise import recognise
from fold_guard.crossval.fold_pairs import pair_rounds
from fold_guard.crossval.held_out import HeldOutPredictions, held_out_predictions
from fold_guard.crossval.inputs import Sizes
from fold_guard.crossval.result import (
    Concern,
    Failure,
    FitWarning,
    RoundFacts,
    RunFacts,
    Scores,
    Task,
)
from fold_guard.crossval.runs.budget import NO_BUDGET, Budget, Estimate
from fold_guard.crossval.runs.engine import Engine
from fold_guard.crossval.runs.journal import Journal
from fold_guard.crossval.runs.one_crew import one_crew
from fold_guard.crossval.runs.play import play
from fold_guard.crossval.runs.played import Played
from fold_guard.crossval.runs.recheck import Rechecked, recheck
from fold_guard.crossval.runs.running import Run, run_rounds
from fold_guard.crossval.runs.serial import SERIAL
from fold_guard.crossval.runs.work import Work
from fold_guard.errors import FoldGuardError, Incomplete, UsageError
from fold_guard.partition.rounds import Round, Rounds

if TYPE_CHECKING:
    import pandas

TRAIN_SIDES_SCORED = 20
"""Of rounds that test one row; the others score every train side."""
VERIFIED = 20
"""Samples that exact leave-one-out refits at random, beside those of highest leverage."""


@dataclass(frozen=True, slots=True)
class Running:
    """How rounds are run. Where, how often and with what budget changes no result; `exact` may.

    Attributes
    ----------
    engine : Engine
        Default: this process, one round after the other.
    journal : Journal or None
        Keeps what was played, for the call after one that was killed.
    budget : Budget
    recheck : int
        So many rounds are played twice, to see whether their predictions agree; within the
        budget, as all others.
    exact : bool
        Whether leave-one-out may be computed without n fits where the estimator allows it: the
        same predictions within a tolerance, and those of the optimum where a solver stops early.
        There are no rounds then: no journal, budget or recheck.
    on_progress : callable, optional
        Called with (rounds done, rounds in all).
    on_estimate : callable, optional
        Called once, after the first fits, with what the rest will take.
    on_facts : callable, optional
        Called once with what the run cost, which is no part of the result.
    on_note : callable, optional
        Called with what there is to say of the journal, a sentence at a time.
    """

    engine: Engine = SERIAL
    journal: Journal | None = None
    budget: Budget = NO_BUDGET
    recheck: int = 0
    exact: bool = True
    on_progress: Callable[[int, int], None] | None = None
    on_estimate: Callable[[Estimate], None] | None = None
    on_facts: Callable[[RunFacts], None] | None = None
    on_note: Callable[[str], None] | None = None

    def __post_init__(self) -> None:
        """Refuse a negative number of rounds to play twice."""
        require_recheck(self.recheck)


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """What is to be predicted, checked already.

    Attributes
    ----------
    estimator : Estimator
    X : pandas.DataFrame, shape (n_rows, n_features)
    labels : ndarray of object (str) or float64, shape (n_rows,)
        What the estimator is fitted on.
    coded : ndarray of int64 or float64, shape (n_rows,)
        The same as positions in ``classes``, or as numbers.
    task : {"classification", "regression"}
    classes : tuple of str
    rounds : sequence of Round
    sizes : Sizes
    design : Design
    units : ndarray of int64, shape (n_rows,)
        Rows that belong together.
    inner : sequence of Rounds, or None
    seed : int
    nested : bool
        Whether folds are left out two by two as well, for nested intervals.
    """

    estimator: Estimator
    X: pandas.DataFrame
    labels: npt.NDArray[Any]
    coded: npt.NDArray[Any]
    task: Task
    classes: tuple[str, ...]
    rounds: Sequence[Round]
    sizes: Sizes
    design: Design
    units: npt.NDArray[np.int64]
    inner: Sequence[Rounds] | None = None
    seed: int = 0
    nested: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Obtained:
    """Held-out predictions, and how they came about.

    Attributes
    ----------
    held_out : HeldOutPredictions
    positions : tuple of int
        Rounds that gave predictions.
    train : mapping of int to Scores
        By position, of the rounds whose train side was scored; of exact leave-one-out, that of
        the fit on all rows.
    warnings, failures, concerns
    path : str
    facts : tuple of RoundFacts
    resumed : int
    paired : HeldOutPredictions or None
        Of the rounds that leave two folds out together.
    """

    held_out: HeldOutPredictions
    positions: tuple[int, ...]
    train: Mapping[int, Scores]
    warnings: tuple[FitWarning, ...] = ()
    failures: tuple[Failure, ...] = ()
    concerns: tuple[Concern, ...] = ()
    path: str = ""
    facts: tuple[RoundFacts, ...] = ()
    resumed: int = 0
    paired: HeldOutPredictions | None = None


def obtain(job: Job, running: Running, *, max_failure_rate: float) -> Obtained:
    """Predict every test row by a model that has not seen it.

    Raises
    ------
    Incomplete
        The budget was used up.
    FoldGuardError
        More rounds failed than may.
    """
    why = ""
    if running.exact and not job.nested:
        found = without_fits(job)
        if isinstance(found, Obtained):
            return found
        why = found
    with one_crew(running.engine) as engine:
        running = replace(running, engine=engine)
        fitted = by_fits(job, running, max_failure_rate=max_failure_rate)
    return replace(fitted, path=f"{fitted.path} ({why})") if why else fitted


def without_fits(job: Job) -> Obtained | str:
    """Compute leave-one-out exactly; a text says why an estimator that has it has none here.

    It is empty where the rounds or the estimator are others, or where the estimator refuses the
    data: the fits are going to say how.
    """
    sizes, n = job.sizes, len(job.labels)
    if not (len(sizes.index) == n == sizes.test.sum() and (sizes.train == n - 1).all()):
        return ""
    features = _numbers(job.X)
    if features is None or isinstance(recognise(job.estimator), str):
        return ""
    try:
        whole = _fit_to_all(job)
    except FoldGuardError:
        return ""
    soft: LeaveOneOut | None = None
    verify = VERIFIED
    if job.task == "classification" and hasattr(job.estimator, "predict_proba"):
        first = exact_leave_one_out(job.estimator, features, job.labels, "predict_proba")
        if isinstance(first, str):
            return first
        soft = first
        # What has been held against real fits once vouches for the classes that follow from it.
        verify = 0
    found = exact_leave_one_out(job.estimator, features, job.labels, "predict", verify=verify)
    if not isinstance(found, str) and soft is not None and _at_odds(job, found, soft):
        found = exact_leave_one_out(job.estimator, features, job.labels, "predict", verify=VERIFIED)
    if isinstance(found, str):
        return found
    forecast = None if soft is None else soft.predictions
    rows = np.fromiter((int(each.test.argmax()) for each in job.rounds), np.int64, n)
    return Obtained(
        held_out=HeldOutPredictions(
            task=job.task,
            classes=job.classes,
            rows=rows,
            rounds=sizes.index,
            actual=job.coded[rows],
            predicted=_coded(job, found)[rows],
            probabilities=None if forecast is None else forecast[rows],
        ),
        positions=tuple(range(n)),
        train={} if whole.train is None else {0: whole.train},
        warnings=tuple(FitWarning(*text, ()) for text in whole.warnings),
        path=(soft or found).path,
    )


def _coded(job: Job, found: LeaveOneOut) -> npt.NDArray[Any]:
    if job.task == "regression":
        return found.predictions
    return np.searchsorted(np.array(job.classes, dtype=object), found.predictions)


def _at_odds(job: Job, found: LeaveOneOut, soft: LeaveOneOut) -> bool:
    """Return whether a class is predicted that is clearly not the most probable."""
    most = soft.predictions.max(axis=1)
    mine = soft.predictions[np.arange(len(most)), _coded(job, found)]
    return bool((mine < most - 1e-6).any())


def _fit_to_all(job: Job) -> Played:
    """Fit all rows, and score them: no round of n - 1 rows would say otherwise."""
    every = np.ones(len(job.labels), dtype=np.bool_)
    work = Work(
        estimator=job.estimator,
        X=job.X,
        y=job.labels,
        task=job.task,
        classes=job.classes,
        rounds=[Round(len(job.labels), every, every)],
        seed=job.seed,
        train_scored=range(1),
    )
    return play(work, 0)


def by_fits(job: Job, running: Running, *, max_failure_rate: float) -> Obtained:
    """Fit a clone for every round."""
    rounds, n = job.rounds, len(job.rounds)
    if job.nested:
        if job.inner is not None:
            raise UsageError(
                "a nested interval beside a search would tune on folds that nobody dealt",
                where="interval",
                remedy="Use interval: corrected, or take the search out.",
            )
        rounds = [*rounds, *pair_rounds(rounds, job.sizes, job.design.rounds_a_repeat, job.units)]
    some = np.linspace(0, n - 1, min(n, TRAIN_SIDES_SCORED)).round().astype(int).tolist()
    work = Work(
        estimator=job.estimator,
        X=job.X,
        y=job.labels,
        task=job.task,
        classes=job.classes,
        rounds=rounds,
        seed=job.seed,
        train_scored=frozenset(some) if job.design.single_rows else range(n),
        inner=job.inner,
    )
    run = run_rounds(
        work,
        engine=running.engine,
        journal=running.journal,
        budget=running.budget,
        on_progress=running.on_progress,
        on_estimate=running.on_estimate,
        on_note=running.on_note,
    )
    if running.on_note is not None:
        for note in run.notes:
            running.on_note(note)
    if run.failures and not run.played:
        _require_few_failures(run.failures, n, 0.0)
    if run.incomplete:
        raise _incomplete(
            run.incomplete,
            "What is recorded is kept: run it again to go on from there."
            if running.journal is not None
            else "With a journal, the next call goes on where this one stopped.",
        )
    known = set(job.sizes.index.tolist())
    pairs_failed = [each for each in run.failures if each.round not in known]
    # Without one of them there is no interval of this kind, and they are nothing to pass by.
    _require_few_failures(pairs_failed, len(rounds) - n, 0.0)
    _require_few_failures(run.failures, n, max_failure_rate)
    order = [at for at in sorted(run.played) if at < n]
    again = _spread(order, running.recheck)
    rechecked = _rechecked(work, run, again, running) if again else Rechecked()
    if rechecked.incomplete:
        raise _incomplete(
            rechecked.incomplete,
            "Rounds that are played again are not recorded: run it again, and where "
            f"{len(again):,} of them outlast a whole budget, raise it or lower recheck.",
        )
    count = len(rounds)
    fits = f"{count:,} fit{'s' if count != 1 else ''}"
    paired = None
    if job.nested and not run.failures:
        paired = _gathered(job, rounds, {at: run.played[at] for at in range(n, count)})
    return Obtained(
        held_out=_gathered(job, rounds, {at: run.played[at] for at in order}),
        positions=tuple(order),
        train={at: scores for at in order if (scores := run.played[at].train) is not None},
        warnings=merged_warnings(run),
        failures=run.failures,
        concerns=rechecked.concerns,
        path=f"{fits}, {len(again):,} of them twice to compare" if again else fits,
        facts=tuple(run.played[at].facts for at in sorted(run.played)),
        resumed=run.resumed,
        paired=paired,
    )


def _incomplete(reason: str, remedy: str) -> Incomplete:
    return Incomplete(f"cross-validation is incomplete: {reason}", remedy=remedy)


def _rechecked(work: Work, run: Run, positions: Sequence[int], running: Running) -> Rechecked:
    """Play rounds again; in a process of its own when that took this one down the last time."""
    begun = None if running.journal is None else running.journal.path.with_suffix(".recheck")
    isolated = begun is not None and begun.exists()
    if begun is not None:
        begun.touch()
    found = recheck(
        work,
        run.played,
        positions,
        engine=running.engine,
        isolated=isolated,
        budget=running.budget,
        # A call that only goes on here has its seconds for this, the start of workers apart.
        spent=run.wall_seconds if run.resumed < len(run.played) else 0.0,
    )
    if begun is not None:
        begun.unlink(missing_ok=True)
    return found


def _gathered(
    job: Job, rounds: Sequence[Round], played: Mapping[int, Played]
) -> HeldOutPredictions:
    return held_out_predictions(job.task, job.classes, job.coded, rounds, played)


def _spread(positions: Sequence[int], count: int) -> list[int]:
    if not positions or not count:
        return []
    places = np.linspace(0, len(positions) - 1, min(count, len(positions))).round().astype(int)
    return [positions[at] for at in dict.fromkeys(places.tolist())]


def _numbers(X: pandas.DataFrame) -> npt.NDArray[np.float64] | None:
    """Return features as numbers; None where some are not, or are missing."""
    if not all(kind.kind in "biuf" for kind in X.dtypes if hasattr(kind, "kind")):
        return None
    try:
        numbers = X.to_numpy(dtype=np.float64)
    except (TypeError, ValueError):
        return None
    return numbers if np.isfinite(numbers).all() else None


def _require_few_failures(
    failures: Sequence[Failure], n_rounds: int, max_failure_rate: float
) -> None:
    if not failures or (len(failures) <= max_failure_rate * n_rounds and len(failures) < n_rounds):
        return
    first = failures[0]
    others = f" ({len(failures):,} of {n_rounds:,} rounds failed)" if len(failures) > 1 else ""
    raise FoldGuardError(
        f"{first.error}{others}",
        where=f"round {first.round}",
        remedy="Mend the estimator, its columns or the folds; or allow for failures "
        "(max_failure_rate), which are then missing from every score.",
    )


def merged_warnings(run: Run) -> tuple[FitWarning, ...]:
    """Return each warning once, with the numbers of the rounds that gave it."""
    rounds: dict[tuple[str, str], list[int]] = {}
    for at in sorted(run.played):
        for text in run.played[at].warnings:
            rounds.setdefault(text, []).append(run.played[at].index)
    return tuple(FitWarning(*text, tuple(rounds[text])) for text in sorted(rounds))
