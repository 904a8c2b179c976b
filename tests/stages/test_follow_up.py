"""Trackers that fail: found before any fit where they can be, and never at the cost of a score."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from fold_guard.errors import FoldGuardError
from fold_guard.project import load_project
from fold_guard.stages.cv import cv
from fold_guard.stages.follow_up import follow_up
from tests.stages.spy import Laid, ended, fits


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_a_dead_server_is_found_before_any_fit(
    laid: Laid, closed_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    config = laid({"track": {"mlflow": {"uri": f"http://127.0.0.1:{closed_port}"}}})
    assert ended("cv", "--config", str(config)) == 3
    told = capsys.readouterr().err
    assert f"cv.track.mlflow.uri: 127.0.0.1:{closed_port} does not answer" in told
    assert fits() == []
    assert not load_project(config).paths("whole").cv.exists()


@pytest.mark.parametrize(
    ("track", "where"),
    [
        ({"prometheus": "taken/{plan}.prom"}, "cv.track.prometheus"),
        ({"mlflow": {"uri": "sqlite:///taken/deeper/mlflow.db"}}, "cv.track.mlflow.uri"),
    ],
)
def test_a_file_that_cannot_be_written_is_found_before_any_fit(
    laid: Laid, tmp_path: Path, track: dict[str, Any], where: str
) -> None:
    (tmp_path / "taken").write_text("a file, where a folder is asked for")
    project = load_project(laid({"track": track}))
    with pytest.raises(FoldGuardError, match="taken is no folder") as caught:
        cv(project, "whole")
    assert (caught.value.where, caught.value.exit_code) == (where, 3)
    assert fits() == []


def test_an_empty_uri_is_an_error_of_params(laid: Laid, capsys: pytest.CaptureFixture[str]) -> None:
    config = laid({})
    text = config.read_text(encoding="utf-8").replace(
        '"recheck": 0', '"recheck": 0, "track": {"mlflow": {"uri": ""}}'
    )
    config.write_text(text, encoding="utf-8")
    assert ended("cv", "--config", str(config)) == 2
    assert "cv.track.mlflow.uri: '' is no store" in capsys.readouterr().err
    assert fits() == []


def test_the_score_is_told_before_a_tracker_fails(
    laid: Laid, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = laid({"track": {"prometheus": "metrics/{plan}.prom"}, "headline": ["accuracy"]})

    def full(*_: Any) -> None:
        raise FoldGuardError("the disk is full", where="metrics/whole.prom", remedy="Free some.")

    with monkeypatch.context() as patched:
        patched.setattr("fold_guard.integrations.prometheus.write_prometheus", full)
        assert ended("cv", "--config", str(config)) == 3
    told = capsys.readouterr()
    assert "accuracy 0.50" in told.out
    assert "the disk is full" in told.err
    paths = load_project(config).paths("whole")
    assert (paths.cv / "metrics.json").is_file()
    assert paths.samples.is_file()
    # Nothing is trained again by the call that tells the trackers.
    assert paths.journal.exists()
    trained = len(fits())
    assert trained == 4
    assert ended("cv", "--config", str(config)) == 0
    assert len(fits()) == trained
    assert 'fold_guard_passed{plan="whole"} 1.0' in (
        config.parent / "metrics/whole.prom"
    ).read_text(encoding="utf-8")
    assert not paths.journal.exists()


def test_a_refusal_comes_before_the_look_at_trackers(laid: Laid, closed_port: int) -> None:
    config = laid({"track": {"mlflow": {"uri": f"http://127.0.0.1:{closed_port}"}}})
    project = load_project(config)
    verdict = project.paths("whole").verdict
    verdict.write_text(verdict.read_text().replace('"passed": true', '"passed": false'))
    assert ended("cv", "--config", str(config)) == 1


def test_what_is_kept_beside_scores_is_written_by_the_follow_up_alone(laid: Laid) -> None:
    project = load_project(laid({}))
    scored = cv(project, "whole")
    paths = project.paths("whole")
    assert (paths.cv / "result.json").is_file()
    assert paths.journal.exists()
    assert not paths.samples.exists()
    assert scored.passed
    follow_up(project, scored)
    assert paths.samples.is_file()
    assert paths.run_facts.is_file()
    assert not paths.journal.exists()
