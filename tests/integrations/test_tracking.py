from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fold_guard.config import Problems, read_section
from fold_guard.errors import ArtifactError
from fold_guard.identity.pseudonyms import PseudonymKey, pseudonyms
from fold_guard.integrations.mlflow_content import flattened, metric_names
from fold_guard.integrations.tracked_files import staged
from fold_guard.integrations.tracking import MlflowSettings, Receipt, TrackSettings, track_all
from tests.integrations.tracked_case import IDS, result_of, tracked_of, written

KEY = PseudonymKey(b"0123456789abcdef0123456789abcdef")


def settings(raw: object) -> tuple[TrackSettings | None, Problems]:
    problems: Problems = []
    return read_section(TrackSettings, raw, "cv.track", problems), problems


def test_params_become_settings() -> None:
    found, problems = settings(
        {"mlflow": {"register": "triage", "trusted_types": ["a.B"]}, "prometheus": "m/{plan}.prom"}
    )
    assert problems == []
    assert found == TrackSettings(
        MlflowSettings(register="triage", trusted_types=("a.B",)), "m/{plan}.prom"
    )
    assert settings({"mlflow": {}})[0] == TrackSettings(MlflowSettings())
    assert settings(None)[0] == TrackSettings()


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        ({"mlflw": {}}, "cv.track.mlflw"),
        ({"mlflow": {"url": "x"}}, "cv.track.mlflow.url"),
        ({"prometheus": "one.prom"}, "cv.track.prometheus"),
        ({"prometheus": "{plan}.txt"}, "cv.track.prometheus"),
        ({"mlflow": True}, "cv.track.mlflow"),
        ({"mlflow": {"uri": ""}}, "cv.track.mlflow.uri"),
        ({"mlflow": {"uri": "mlruns"}}, "cv.track.mlflow.uri"),
        ({"mlflow": {"uri": "sqlite:///:memory:"}}, "cv.track.mlflow.uri"),
        ({"mlflow": {"experiment": " "}}, "cv.track.mlflow.experiment"),
    ],
)
def test_wrong_params_are_named(raw: Any, where: str) -> None:
    found, problems = settings(raw)
    assert found is None
    assert [path for path, _ in problems] == [where]


def test_each_plan_has_its_own_file(tmp_path: Path) -> None:
    wanted = TrackSettings(prometheus="out/{plan}.prom")
    files = [track_all(wanted, tracked_of(plan=p), tmp_path).prometheus for p in ("a", "b")]
    assert files == [tmp_path / "out/a.prom", tmp_path / "out/b.prom"]
    assert 'plan="a"' in (tmp_path / "out/a.prom").read_text()
    assert track_all(TrackSettings(), tracked_of(), tmp_path) == Receipt()


def contents(folder: Path) -> bytes:
    return b"".join(
        file.read_bytes() + "".join(map(str, pl.read_parquet(file).rows())).encode()
        if file.suffix == ".parquet"
        else file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    )


def test_without_a_key_files_go_as_they_are(tmp_path: Path) -> None:
    artifacts = written(tmp_path, result_of())
    with staged(artifacts, None) as files:
        assert (files.paths, files.left_out) == (artifacts, ())


def test_with_a_key_no_id_leaves(tmp_path: Path) -> None:
    result = result_of()
    artifacts = written(tmp_path, result)
    assert IDS[0].encode() in contents(tmp_path)
    with staged(artifacts, KEY) as files:
        assert files.left_out == ("cv/result.json", "fold_map/manifest.json", "report")
        assert sorted(files.paths) == ["cv", "fold_map"]
        for path in files.paths.values():
            found = contents(path)
            assert not any(each.encode() in found for each in IDS)
        predictions = pl.read_parquet(files.paths["cv"] / "predictions.parquet")
        hidden = pseudonyms(result.predictions["row_id"], KEY)
        expected = result.predictions.with_columns(hidden).sort("row_id")
        assert predictions.equals(expected)
        assert pl.read_parquet(files.paths["fold_map"] / "fold_map.parquet").columns == [
            "row_id",
            "fold",
        ]
        assert (files.paths["fold_map"] / "lineage" / "1.parquet").exists()
        copy = files.paths["cv"]
    assert not copy.exists()
    assert IDS[0] in pl.read_parquet(artifacts["fold_map"] / "fold_map.parquet")["row_id"]


@pytest.mark.parametrize("key", [None, KEY])
def test_a_file_that_is_not_there_is_no_success(key: PseudonymKey | None, tmp_path: Path) -> None:
    with (
        pytest.raises(ArtifactError, match="verdict is not there"),
        staged({"verdict": tmp_path / "verdict.json"}, key),
    ):
        pass


def test_params_are_flattened_without_clashes() -> None:
    flat = flattened(
        {"a": {"b": 1, "c": []}, "a.b": 2, "x/y": [True, {"z": None}], "long": "v" * 9000, "..": 1}
    )
    assert flat["a.b"] == "1"
    assert flat["a.b_2"] == "2"
    assert flat["a.c"] == "[]"
    assert (flat["x_y.0"], flat["x_y.1.z"]) == ("true", "null")
    assert len(flat["long"]) == 6000
    assert "sha256" in flat["long"]
    assert flat["__"] == "1"


def test_metric_names_never_collide_nor_climb() -> None:
    odd = ["", ".", "..", "/", "a/b", "a b", "A/B", "é", "\n", "x" * 400, "x" * 401, "[", "]", "_2"]
    names = metric_names(["recall", *(f"recall[{each}]" for each in odd)])
    theirs = list(names.values())
    assert len({each.casefold() for each in theirs}) == len(odd) + 1
    for each in theirs:
        assert len(each) <= 235
        assert all(part.strip(".") for part in each.split("/"))
