"""Aggregates of a cross-validation for the textfile collector of Prometheus.

No row id and no value of a column ever becomes a label: each would be a time series of its own.
Classes do, up to `MOST_CLASSES`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from fold_guard.checks.outcome import Status
from fold_guard.dataset.files import write_text
from fold_guard.errors import MissingExtra
from fold_guard.integrations.tracked import Tracked, split_metric

MOST_CLASSES = 30
Sample: TypeAlias = tuple[Mapping[str, str], float]


def write_prometheus(tracked: Tracked, path: Path) -> None:
    """Write ``path`` atomically; a scrape sees the old numbers or the new ones.

    The name of every metric begins with ``fold_guard_``, and every sample names its plan. What is
    undefined is absent. With more than `MOST_CLASSES` classes those of single classes are left
    out, and ``fold_guard_classes_left_out`` says how many.

    Parameters
    ----------
    tracked : Tracked
    path : Path
        The collector reads files that end in ``.prom``. Each plan wants a file of its own.

    Raises
    ------
    MissingExtra
        prometheus-client is not installed.
    FoldGuardError
        The file cannot be written; the old one is untouched.
    """
    write_text(path, prometheus_text(tracked))


def prometheus_text(tracked: Tracked) -> str:
    """Return the numbers in Prometheus's text format; the same input gives the same text."""
    try:
        from prometheus_client import CollectorRegistry, Gauge, generate_latest
    except ImportError as error:
        raise MissingExtra("prometheus_client", "prometheus") from error
    registry = CollectorRegistry()
    for name, help_text, samples in _families(tracked):
        if not samples:
            continue
        labels = ["plan", *samples[0][0]]
        gauge = Gauge(f"fold_guard_{name}", help_text, labels, registry=registry)
        for values, number in samples:
            gauge.labels(tracked.plan, *values.values()).set(number)
    return generate_latest(registry).decode("utf-8")


def _families(tracked: Tracked) -> Iterator[tuple[str, str, list[Sample]]]:
    result, facts = tracked.result, tracked.facts
    shown = len(result.classes) <= MOST_CLASSES
    statuses = Counter(each.status for each in tracked.report.checks)
    yield _one("verdict_passed", "1 if the gate let training start", tracked.verdict.passed)
    yield _one("passed", "1 if the gate and all requirements passed", tracked.passed)
    yield (
        "checks",
        "Outcomes of checks and suites by status",
        [({"status": str(status)}, float(statuses[status])) for status in Status],
    )
    yield _one("requirements_met", "Requirements that are met", tracked.met)
    missed = len(tracked.requirements) - tracked.met
    yield _one("requirements_missed", "Requirements that are missed", missed)
    for name, words in (
        ("estimate", "Estimate of a metric"),
        ("low", f"Lower bound of the {result.confidence:.0%} interval of a metric"),
        ("high", f"Upper bound of the {result.confidence:.0%} interval of a metric"),
    ):
        yield f"metric_{name}", words, _of_all(tracked, name)
        # A family of its own: a class may be called anything, "" too.
        yield f"class_metric_{name}", f"{words}, of a class", _of_classes(tracked, name, shown)
    left_out = 0 if shown else len(result.classes)
    yield _one("classes_left_out", "Classes without metrics of their own here", left_out)
    yield _one("rounds", "Rounds that were planned", result.n_rounds)
    yield _one("rounds_failed", "Rounds that gave no prediction", len(result.failures))
    yield _one("failure_rate", "Share of the rounds that gave no prediction", result.failure_rate)
    yield _one("predictions", "Held-out predictions", result.predictions.height)
    yield _one("run_seconds", "Wall time of the last run", facts.wall_seconds)
    yield _one("rounds_resumed", "Rounds that the last run found done", facts.resumed)
    if facts.rounds:
        cpu = sum(each.cpu_seconds for each in facts.rounds)
        yield _one("rounds_cpu_seconds", "Processor time of all rounds", cpu)
        peak = max(each.peak_memory for each in facts.rounds)
        yield _one("peak_memory_bytes", "Most memory that a process held", peak)


def _one(name: str, words: str, value: float) -> tuple[str, str, list[Sample]]:
    return name, words, [({}, float(value))]


def _of_all(tracked: Tracked, which: str) -> list[Sample]:
    return [
        ({"metric": metric}, value)
        for metric, label, value in _values(tracked, which)
        if label is None
    ]


def _of_classes(tracked: Tracked, which: str, shown: bool) -> list[Sample]:
    return [
        ({"metric": metric, "class": label}, value)
        for metric, label, value in _values(tracked, which)
        if label is not None and shown
    ]


def _values(tracked: Tracked, which: str) -> Iterator[tuple[str, str | None, float]]:
    for name, summary in tracked.result.summary.items():
        value: float | None = getattr(summary, which)
        if value is not None:
            yield (*split_metric(name), value)
