from __future__ import annotations

import json
from pathlib import Path

import pytest

from fold_guard.crossval.requirements.baseline import stored_fold_map
from fold_guard.errors import ArtifactError
from fold_guard.identity.hashing import file_digest


def stored(folder: Path) -> None:
    for name in ("result.json", "predictions.parquet"):
        (folder / name).write_text(name)
    seals = {each.name: file_digest(each) for each in sorted(folder.iterdir())}
    document = {"bindings": {"fold_map": "f" * 64}, "files": seals}
    (folder / "provenance.json").write_text(json.dumps(document))


def test_the_fold_map_is_named_beside_the_scores(tmp_path: Path) -> None:
    assert stored_fold_map(tmp_path) is None
    stored(tmp_path)
    assert stored_fold_map(tmp_path) == "f" * 64


@pytest.mark.parametrize("name", ["result.json", "predictions.parquet"])
def test_scores_that_were_edited_are_no_baseline(tmp_path: Path, name: str) -> None:
    stored(tmp_path)
    (tmp_path / name).write_text("better")
    with pytest.raises(ArtifactError, match=f"{name}: is not the file that provenance.json"):
        stored_fold_map(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(ArtifactError, match=name):
        stored_fold_map(tmp_path)


@pytest.mark.parametrize("text", ["[]", "{}", '{"bindings": {"fold_map": 3}, "files": {}}', "{"])
def test_a_damaged_provenance_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "provenance.json").write_text(text)
    with pytest.raises(ArtifactError, match="provenance"):
        stored_fold_map(tmp_path)
