"""Every interval for a mean loss by name, and the two that people make by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

import numpy as np
from scipy import stats
from threadpoolctl import threadpool_limits

from fold_guard.crossval.intervals.bootstrap import unit_bootstrap
from fold_guard.crossval.intervals.means import Interval, corrected_interval, wilson_interval
from fold_guard.crossval.intervals.nested import nested_interval
from tests.crossval.intervals.simulated import Run, Setting

NAIVE, PLAIN = "sd / root of n", "t over folds"
CORRECTED, WILSON = "corrected t", "Wilson, effective trials"
BOOTSTRAP, NESTED = "unit bootstrap", "nested"


def naive(run: Run, confidence: float) -> Interval:
    half = (
        stats.norm.ppf(0.5 + confidence / 2) * run.losses.std(ddof=1) / math.sqrt(len(run.losses))
    )
    mean = run.losses.mean()
    return Interval(mean - half, mean + half)


def plain(run: Run, confidence: float) -> Interval:
    scores = _scores(run)
    half = stats.t.ppf(0.5 + confidence / 2, len(scores) - 1) * scores.std(ddof=1)
    half /= math.sqrt(len(scores))
    return Interval(scores.mean() - half, scores.mean() + half)


def corrected(run: Run, confidence: float) -> Interval:
    tested = np.bincount(run.folds)
    train = len(run.folds) - tested
    return corrected_interval(_scores(run), train, tested, confidence=confidence)


def wilson(run: Run, confidence: float) -> Interval:
    by = inflation(run)
    return wilson_interval(run.losses.sum() / by, len(run.losses) / by, confidence=confidence)


def bootstrap(run: Run, limits: tuple[float, float], confidence: float) -> Interval:
    units = np.arange(len(run.losses)) if run.units is None else run.units
    sums = np.column_stack([np.bincount(units, weights=run.losses), np.bincount(units)])
    return unit_bootstrap(
        sums,
        lambda s: s[:, 0] / s[:, 1],
        inflation=inflation(run),
        confidence=confidence,
        limits=limits,
    )


def nested(run: Run, confidence: float) -> Interval:
    assert run.dealing is not None
    band = nested_interval([run.dealing], confidence=confidence)
    return Interval(band.low, band.high)


def inflation(run: Run) -> float:
    tested = np.bincount(run.folds)
    train = len(run.folds) - tested
    return 1 + len(tested) * float(np.mean(tested / train))


def methods(setting: Setting, run: Run, confidence: float) -> Mapping[str, Callable[[], Interval]]:
    """Return those that apply: no folds to compare in leave-one-out, Wilson for lone rows."""
    found: dict[str, Callable[[], Interval]] = {NAIVE: lambda: naive(run, confidence)}
    if run.dealing is not None:
        found[PLAIN] = lambda: plain(run, confidence)
        found[CORRECTED] = lambda: corrected(run, confidence)
        found[NESTED] = lambda: nested(run, confidence)
    if setting.rate and run.units is None:
        found[WILSON] = lambda: wilson(run, confidence)
    found[BOOTSTRAP] = lambda: bootstrap(run, setting.limits, confidence)
    return found


def missed(
    setting: Setting,
    *,
    runs: int,
    seed: int,
    confidence: float = 0.95,
    only: Iterable[str] | None = None,
) -> dict[str, tuple[float, float, float]]:
    """Return for each method how often it misses Err, how often Err_XY, and its mean width."""
    random = np.random.default_rng(seed)
    # The matrices are small: threads would wait for each other.
    with threadpool_limits(1):
        drawn = [setting.draw(random) for _ in range(runs)]
    error = float(np.mean([run.err_xy for run in drawn]))
    found: dict[str, list[tuple[bool, bool, float]]] = {}
    for run in drawn:
        for name, make in methods(setting, run, confidence).items():
            if only is None or name in only:
                band = make()
                misses = [not band.low <= truth <= band.high for truth in (error, run.err_xy)]
                found.setdefault(name, []).append((misses[0], misses[1], band.high - band.low))
    return {name: tuple(np.mean(each, axis=0).tolist()) for name, each in found.items()}


def _scores(run: Run) -> np.ndarray:
    return np.bincount(run.folds, weights=run.losses) / np.bincount(run.folds)
