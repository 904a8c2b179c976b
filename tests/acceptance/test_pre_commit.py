"""The hook of .pre-commit-hooks.yaml, run by the real pre-commit in a scratch repository."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from ruamel.yaml import YAML

pytestmark = pytest.mark.dvc
MANIFEST = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"


def _load(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path)


@pytest.fixture
def hooked(gated: Any) -> Any:
    """A project whose hook is ours word for word, but for the language: no install, no network."""
    (hook,) = _load(MANIFEST)
    local = {**hook, "language": "system"}
    # The refused plan has no part in this: what is committed must be able to pass.
    params = gated.params()
    del params["plans"]["leaky"]
    gated.set_params(params)
    with (gated.root / ".pre-commit-config.yaml").open("w", encoding="utf-8") as file:
        YAML().dump({"repos": [{"repo": "local", "hooks": [local]}]}, file)
    gated.run("git", "add", "--all", check=True)
    gated.run("pre-commit", "install", check=True)
    gated.run("git", "commit", "--quiet", "-m", "hook", check=True)
    return gated


def _commit(scratch: Any) -> Any:
    scratch.run("git", "add", "--all", check=True)
    return scratch.run("git", "commit", "--allow-empty", "-m", "change")


def test_the_manifest_is_valid(gated: Any) -> None:
    gated.run("pre-commit", "validate-manifest", str(MANIFEST), check=True)
    (hook,) = _load(MANIFEST)
    assert hook["id"] == "fold-guard-check"
    assert hook["entry"] == "fold-guard check --quick"
    assert hook["pass_filenames"] is False


def test_an_intact_project_can_be_committed(hooked: Any) -> None:
    (hooked.root / "notes.txt").write_text("nothing of importance\n")

    ran = _commit(hooked)

    assert ran.code == 0, ran.text
    assert "fold-guard check" in ran.text
    assert "Passed" in ran.text


def _change_data(scratch: Any) -> None:
    table = pl.read_parquet(scratch.table)
    table.with_columns(pl.col("age") + 1).write_parquet(scratch.table)


def _edit_fold(scratch: Any) -> None:
    path = scratch.root / "data" / "folds" / "grouped" / "fold_map.parquet"
    pl.read_parquet(path).with_columns((pl.col("fold") + 1) % 3).write_parquet(path)


def _change_params(scratch: Any) -> None:
    params = scratch.params()
    params["plans"]["grouped"]["fold"]["n_splits"] = 4
    scratch.set_params(params)


def _loosen_policy(scratch: Any) -> None:
    params = scratch.params()
    params["plans"]["grouped"]["checks"]["class_counts"]["min_test"] = 1
    scratch.set_params(params)


def _remove_fold_map(scratch: Any) -> None:
    shutil.rmtree(scratch.root / "data" / "folds" / "grouped")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_change_data, "the data changed after the fold map was made"),
        (_edit_fold, "the fold map was edited after it was made"),
        (_change_params, "fold.n_splits changed"),
        (_loosen_policy, "given on other contents of the policy"),
        (_remove_fold_map, "there is no fold map"),
    ],
)
def test_a_broken_project_cannot_be_committed(hooked: Any, change: Any, told: str) -> None:
    change(hooked)
    head = hooked.run("git", "rev-parse", "HEAD").out

    ran = _commit(hooked)

    assert ran.code != 0
    assert told in " ".join(ran.text.split())
    assert "Traceback" not in ran.text
    assert hooked.run("git", "rev-parse", "HEAD").out == head


def test_it_runs_once_however_many_files_are_staged(hooked: Any) -> None:
    """Long lists of files are split among many processes, unless no names are passed."""
    folder = hooked.root / "many"
    folder.mkdir()
    for number in range(3_000):
        (folder / f"{'long name ' * 8}{number}.txt").write_text("x")
    hooked.run("git", "add", "--all", check=True)

    ran = hooked.run("pre-commit", "run", "--verbose", "fold-guard-check")

    assert ran.code == 0, ran.text
    assert ran.out.count("VERIFIED") == 1
