"""What is known of a tracker before training: its files, and whether somebody answers."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fold_guard.errors import FoldGuardError, UsageError
from fold_guard.integrations.beforehand import require_reachable, withdraw
from fold_guard.integrations.tracking import MlflowSettings, TrackSettings


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server


def to_server(port: object, scheme: str = "http") -> TrackSettings:
    return TrackSettings(MlflowSettings(uri=f"{scheme}://127.0.0.1:{port}/mlflow"))


def test_one_connection_and_nothing_is_sent(listening: socket.socket, tmp_path: Path) -> None:
    port = listening.getsockname()[1]
    for scheme in ("http", "https", "postgresql+psycopg2", "mysql+pymysql"):
        require_reachable(to_server(port, scheme), "main", tmp_path)
        seen, _ = listening.accept()
        with seen:
            seen.settimeout(5)
            assert seen.recv(1) == b""


def test_a_server_that_is_not_there(listening: socket.socket, tmp_path: Path) -> None:
    port = listening.getsockname()[1]
    listening.close()
    with pytest.raises(FoldGuardError, match=f"127.0.0.1:{port} does not answer") as caught:
        require_reachable(to_server(port), "main", tmp_path)
    assert (caught.value.where, caught.value.exit_code) == ("cv.track.mlflow.uri", 3)
    with pytest.raises(UsageError, match="no port"):
        require_reachable(to_server(70_000), "main", tmp_path)


def test_a_server_that_says_nothing_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    waited: list[float] = []

    def silent(address: tuple[str, int], timeout: float) -> socket.socket:
        waited.append(timeout)
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket, "create_connection", silent)
    begun = time.monotonic()
    with pytest.raises(FoldGuardError, match=r"mlflow\.invalid:443 does not answer"):
        require_reachable(
            TrackSettings(MlflowSettings(uri="https://mlflow.invalid")), "main", tmp_path
        )
    assert waited == [5.0]
    assert time.monotonic() - begun < 5


def test_behind_a_proxy_nobody_can_tell(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, listening: socket.socket
) -> None:
    port = listening.getsockname()[1]
    listening.close()
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:3128")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    require_reachable(to_server(port), "main", tmp_path)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(FoldGuardError, match="does not answer"):
        require_reachable(to_server(port), "main", tmp_path)


@pytest.mark.parametrize("kind", ["prometheus", "mlflow"])
def test_files_that_cannot_be_written(kind: str, tmp_path: Path) -> None:
    def settings(path: str) -> TrackSettings:
        if kind == "prometheus":
            return TrackSettings(prometheus=f"{path}{{plan}}.prom")
        return TrackSettings(MlflowSettings(uri=f"sqlite:///{path}main.prom"))

    # A new folder is made by whoever writes, and not by looking.
    require_reachable(settings("new/deeper/"), "main", tmp_path)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "taken").touch()
    with pytest.raises(FoldGuardError, match="taken is no folder"):
        require_reachable(settings("taken/"), "main", tmp_path)
    (tmp_path / "main.prom").mkdir()
    with pytest.raises(FoldGuardError, match="is a folder, not a file"):
        require_reachable(settings(""), "main", tmp_path)


@pytest.mark.parametrize("kind", ["prometheus", "mlflow"])
def test_a_folder_that_is_not_ours(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A superuser may write anywhere, so the system's answer is put in its mouth.
    shut, asked = tmp_path / "shut", os.access
    shut.mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != shut and asked(path, mode))
    track = (
        TrackSettings(prometheus="shut/{plan}.prom")
        if kind == "prometheus"
        else TrackSettings(MlflowSettings(uri="sqlite:///shut/deeper/mlflow.db"))
    )
    with pytest.raises(FoldGuardError, match="shut is not writable") as caught:
        require_reachable(track, "main", tmp_path)
    assert caught.value.exit_code == 3
    assert caught.value.remedy


def test_what_an_earlier_run_published_goes(tmp_path: Path) -> None:
    track = TrackSettings(prometheus="metrics/{plan}.prom")
    withdraw(track, "main", tmp_path)
    old = tmp_path / "metrics" / "main.prom"
    old.parent.mkdir()
    old.touch()
    withdraw(track, "main", tmp_path)
    assert not old.exists()
    old.mkdir()
    with pytest.raises(FoldGuardError, match=r"main\.prom: "):
        withdraw(track, "main", tmp_path)
