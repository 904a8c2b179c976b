from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fold_guard.crossval.result import RunFacts
from fold_guard.errors import FoldGuardError, MissingExtra
from fold_guard.integrations.prometheus import MOST_CLASSES, prometheus_text, write_prometheus
from tests.crossval.results import with_failure
from tests.integrations.tracked_case import IDS, ODD, at_odds, result_of, tracked_of

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def parsed(text: str) -> Samples:
    """Read the text as Prometheus does."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[f"fold_guard_{name}", frozenset({"plan": "main", **labels}.items())]


def test_every_number_is_read_back(tmp_path: Path) -> None:
    tracked = tracked_of(with_failure(result_of(), 3), met=(True, False))
    write_prometheus(tracked, tmp_path / "metrics" / "main.prom")
    samples = parsed((tmp_path / "metrics" / "main.prom").read_text())
    assert value(samples, "verdict_passed") == 1
    assert value(samples, "checks", status="passed") == 2
    assert value(samples, "checks", status="warned") == 1
    assert value(samples, "checks", status="error") == 0
    assert (value(samples, "requirements_met"), value(samples, "requirements_missed")) == (1, 1)
    assert (value(samples, "rounds"), value(samples, "rounds_failed")) == (4, 1)
    assert value(samples, "failure_rate") == 0.25
    assert value(samples, "run_seconds") == 0.75
    assert value(samples, "predictions") == 12
    accuracy = tracked.result.summary["accuracy"]
    for bound in ("estimate", "low", "high"):
        found = samples[
            f"fold_guard_metric_{bound}",
            frozenset({("plan", "main"), ("metric", "accuracy")}),
        ]
        assert found == getattr(accuracy, bound)
    assert list((tmp_path / "metrics").iterdir()) == [tmp_path / "metrics" / "main.prom"]


def test_a_refusal_is_zero() -> None:
    samples = parsed(prometheus_text(at_odds(tracked_of(passed=False))))
    assert (value(samples, "verdict_passed"), value(samples, "passed")) == (0, 0)


def of_classes(n: int) -> Samples:
    result = result_of()
    some = result.summary["accuracy"]
    names = [ODD, *(f"c{i}" for i in range(n - 1))]
    summary = {"accuracy": some} | {f"recall[{name}]": some for name in names}
    return parsed(
        prometheus_text(tracked_of(replace(result, classes=tuple(names), summary=summary)))
    )


def test_classes_are_labels_whatever_they_are_called() -> None:
    samples = of_classes(3)
    assert value(samples, "class_metric_estimate", metric="recall", **{"class": ODD}) > 0
    assert value(samples, "classes_left_out") == 0


def test_the_number_of_series_is_bounded() -> None:
    most, more = of_classes(MOST_CLASSES), of_classes(MOST_CLASSES + 1)
    assert len(most) > 3 * MOST_CLASSES
    assert len(more) < 40
    assert value(more, "classes_left_out") == MOST_CLASSES + 1
    assert value(more, "metric_estimate", metric="accuracy") > 0


def test_no_row_id_and_nothing_undefined() -> None:
    result = result_of()
    unknown = replace(result.summary["accuracy"], low=None, high=None)
    text = prometheus_text(
        replace(tracked_of(replace(result, summary={"accuracy": unknown})), facts=RunFacts((), 1.0))
    )
    assert not any(each in text for each in IDS)
    samples = parsed(text)
    assert not any(
        name in ("fold_guard_metric_low", "fold_guard_peak_memory_bytes") for name, _ in samples
    )
    assert all(math.isfinite(each) for each in samples.values())


def test_same_input_same_text() -> None:
    assert prometheus_text(tracked_of()) == prometheus_text(tracked_of())


def test_a_file_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "main.prom").mkdir()
    with pytest.raises(FoldGuardError, match="folder"):
        write_prometheus(tracked_of(), tmp_path / "main.prom")


def test_without_the_package_the_remedy_is_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(MissingExtra, match=r"fold-integrity\[prometheus\]"):
        prometheus_text(tracked_of())


def test_settings_import_no_tracker() -> None:
    code = (
        "import sys, fold_guard.integrations.tracking\n"
        "heavy = 'mlflow prometheus_client pandas sklearn scipy shap cleanlab'.split()\n"
        "assert not [name for name in heavy if name in sys.modules]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
