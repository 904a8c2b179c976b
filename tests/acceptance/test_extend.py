"""Fold maps over time by the command line: extend, conflict, verify, diff, DVC and git."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fold_guard.folds.fold_map import FoldMap
from tests.acceptance.conftest import Scratch

PARAMS = """
data:
  path: data/visits.parquet
  roles: {id: visit, label: y, groups: [patient, house], time: day, features: [x]}
plans:
  main:
    fold: {strategy: stratified_group, n_splits: 4, seed: 3}
    checks:
      row_identity: {}
      fold_map_matches_data: {}
      fold_shape: {}
      class_counts: {}
      component_overlap: {}
cv:
  headline: [accuracy]
  estimator: {call: sklearn.dummy.DummyClassifier, with: {strategy: prior}}
"""
FOLDS = Path("data") / "folds" / "main"


def visits(rows: int, start: int, patients: int, seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    patient = rng.integers(0, patients, rows)
    return pl.DataFrame(
        {
            "visit": [f"v{i:04d}" for i in range(start, start + rows)],
            "patient": patient,
            "house": pl.Series([None if p % 3 else int(p) for p in patient], dtype=pl.Int64),
            "day": np.arange(start, start + rows) // 4,
            "y": np.where(rng.random(rows) < 0.4, "no", "yes"),
            "x": rng.normal(size=rows),
        }
    )


FIRST, SECOND = visits(200, 0, 60, 1), visits(40, 200, 80, 2)
# New patients of its own: the same ones in two branches are a conflict.
THIRD = visits(30, 300, 90, 3).with_columns(
    pl.when(pl.col(name) < 60).then(name).otherwise(pl.col(name) + 1000).alias(name)
    for name in ("patient", "house")
)


def put(scratch: Scratch, *tables: pl.DataFrame) -> None:
    pl.concat(tables).write_parquet(scratch.root / "data" / "visits.parquet")


@pytest.fixture
def project(tmp_path: Path) -> Scratch:
    """A project whose map was made from the first table."""
    scratch = Scratch(tmp_path / "project")
    (scratch.root / "data").mkdir(parents=True)
    (scratch.root / "params.yaml").write_text(PARAMS.lstrip(), encoding="utf-8")
    put(scratch, FIRST)
    scratch.fold_guard("fold", check=True)
    return scratch


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def folds(folder: Path) -> dict[str, int]:
    return dict(FoldMap.load(folder).table.select("row_id", "fold").iter_rows())


def linking(folder: Path) -> pl.DataFrame:
    """A visit of a patient of one fold in the house of a patient of another."""
    found = FIRST.with_columns(
        fold=pl.col("visit").replace_strict(folds(folder), return_dtype=pl.Int64)
    )
    here = found.filter(pl.col("fold") == 0)[0]
    there = found.filter((pl.col("fold") == 2) & pl.col("house").is_not_null())[0]
    return here.drop("fold").with_columns(visit=pl.lit("v9999"), house=there["house"])


def train(scratch: Scratch) -> None:
    for verb in ("check", "gate", "cv"):
        scratch.fold_guard(verb, check=True)


def test_extending_by_nothing_changes_not_one_byte(project: Scratch) -> None:
    folder = project.root / FOLDS
    before = content(folder)
    ran = project.fold_guard("fold", "--extend", str(FOLDS), check=True)
    assert "not one byte" in ran.out
    assert content(folder) == before
    # Nor into another place.
    folder.rename(project.root / "old")
    project.fold_guard("fold", "--extend", "old", check=True)
    assert content(folder) == before


def test_growing_in_two_steps_verifies_and_trains(project: Scratch) -> None:
    folder = project.root / FOLDS
    first = folds(folder)
    put(project, FIRST, SECOND)
    ran = project.fold_guard("fold", "--extend", str(FOLDS), check=True)
    assert "200 rows kept, 40 added, 0 removed; 0 changed" in ran.out
    second = folds(folder)
    put(project, FIRST, SECOND, THIRD)
    project.fold_guard("fold", "--extend", str(FOLDS), check=True)
    third = folds(folder)
    assert first.items() <= second.items() <= third.items()
    assert len(third) == 270
    train(project)
    ran = project.fold_guard("verify")
    assert ran.code == 0, ran.text
    assert "2 ancestors" in ran.out
    assert "2 of 2 remade" in ran.out
    # A manifest says where it comes from, and the files of the folder are enough to go back.
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    [parent] = manifest["parents"]
    assert (folder / "lineage" / f"{parent[:12]}.json").is_file()


def test_a_conflict_is_refused_and_leaves_the_old_map(project: Scratch) -> None:
    folder = project.root / FOLDS
    before, row = content(folder), linking(folder)
    put(project, FIRST, row)
    ran = project.fold_guard("fold", "--extend", str(FOLDS))
    assert ran.code == 1
    for said in ("row 'v9999'", "patient", "house", "fold 0", "fold 2", "--on-conflict exclude"):
        assert said in ran.err, said
    assert content(folder) == before


@pytest.mark.parametrize("policy", ["exclude", "move"])
def test_conflicts_that_are_settled_train(project: Scratch, policy: str) -> None:
    folder = project.root / FOLDS
    before, row = folds(folder), linking(folder)
    put(project, FIRST, row)
    ran = project.fold_guard("fold", "--extend", str(FOLDS), "--on-conflict", policy, check=True)
    after = folds(folder)
    if policy == "exclude":
        assert "excluded: v9999" in ran.out
        assert (after.pop("v9999"), after) == (-2, before)
    else:
        moved = [each for each in before if before[each] != after[each]]
        assert f"{len(moved)} moved to another fold" in ran.out
        assert moved[0] in ran.out
    train(project)
    assert project.fold_guard("verify").code == 0
    predictions = pl.read_parquet(project.artefact("main", "cv") / "predictions.parquet")
    assert ("v9999" in predictions["row_id"].to_list()) is (policy == "move")


def test_removed_and_changed_rows_are_told(project: Scratch) -> None:
    put(
        project,
        FIRST[5:].with_columns(x=pl.when(pl.col("visit") == "v0007").then(9.0).otherwise("x")),
    )
    ran = project.fold_guard("fold", "--extend", str(FOLDS), check=True)
    assert "195 rows kept, 0 added, 5 removed; 1 changed (0 relabelled)" in ran.out
    train(project)
    ran = project.fold_guard("verify")
    assert ran.code == 0, ran.text
    told = " ".join(ran.out.split())
    assert "1 of 1 ancestor taken as recorded: its rows were changed or removed since" in told


def sealed(folder: Path) -> None:
    """Make digest and counts in the manifest fit the folder: what a forger would do."""
    path = folder / "manifest.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    fold_map = FoldMap.load(folder, verify=False)
    raw["digest"] = fold_map.digest_now()
    for each in raw["folds"]:
        each["rows"] = fold_map.table.filter(pl.col("fold") == each["fold"]).height
    path.write_text(json.dumps(raw, indent=2) + "\n", encoding="utf-8")


def test_a_row_of_an_extended_map_moved_by_hand(project: Scratch) -> None:
    """New rows moved together with their patient: no check would mind, but nobody dealt them so."""
    folder = project.root / FOLDS
    put(project, FIRST, SECOND)
    project.fold_guard("fold", "--extend", str(FOLDS), check=True)
    table = pl.concat([FIRST, SECOND])
    new = table.filter(~pl.col("patient").is_in(FIRST["patient"].implode()))
    one = new.filter(pl.col("patient") == new["patient"][0])["visit"]
    path = folder / "fold_map.parquet"
    fold = pl.when(pl.col("row_id").is_in(one.implode())).then((pl.col("fold") + 1) % 4)
    pl.read_parquet(path).with_columns(fold=fold.otherwise("fold")).write_parquet(path)
    sealed(folder)
    for verb in ("check", "gate"):
        project.fold_guard(verb, check=True)
    ran = project.fold_guard("cv")
    assert ran.code == 1
    assert "remade: the plan gives other folds" in ran.err
    assert project.scores() == []


def test_an_old_row_moved_by_hand(project: Scratch) -> None:
    folder = project.root / FOLDS
    put(project, FIRST, SECOND)
    project.fold_guard("fold", "--extend", str(FOLDS), check=True)
    path = folder / "fold_map.parquet"
    fold = pl.when(pl.col("row_id") == "v0003").then((pl.col("fold") + 1) % 4).otherwise("fold")
    pl.read_parquet(path).with_columns(fold=fold).write_parquet(path)
    sealed(folder)
    for verb in ("check", "gate"):
        project.fold_guard(verb)
    assert project.fold_guard("cv").code == 1
    ran = project.fold_guard("verify")
    assert ran.code == 1
    assert "lineage   BROKEN" in ran.out
    # Nor does such a map grow on.
    put(project, FIRST, SECOND, THIRD)
    ran = project.fold_guard("fold", "--extend", str(FOLDS))
    assert ran.code == 3
    assert "lineage is broken" in ran.err


def test_a_missing_link_is_broken(project: Scratch) -> None:
    put(project, FIRST, SECOND)
    project.fold_guard("fold", "--extend", str(FOLDS), check=True)
    train(project)
    shutil.rmtree(project.root / FOLDS / "lineage")
    ran = project.fold_guard("verify")
    assert ran.code == 1
    assert "is not under lineage/" in ran.out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--extend", "nowhere"), 3, "there is no fold map"),
        (("--on-conflict", "move"), 2, "--extend OLD"),
        (("--extend", str(FOLDS), "--on-conflict", "drop"), 2, "drop"),
        (("--extend", str(FOLDS), "--merge", str(FOLDS), str(FOLDS)), 2, "exclude each other"),
    ],
)
def test_usage(project: Scratch, arguments: tuple[str, ...], code: int, said: str) -> None:
    ran = project.fold_guard("fold", *arguments)
    assert (ran.code, said in ran.err) == (code, True), ran.text


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("seed: 3", "seed: 4", "seed 3 -> 4"),
        ("groups: [patient, house]", "groups: [patient]", "groups ('patient', 'house') ->"),
    ],
)
def test_params_that_ask_for_another_map(project: Scratch, old: str, new: str, said: str) -> None:
    params = project.root / "params.yaml"
    params.write_text(params.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    ran = project.fold_guard("fold", "--extend", str(FOLDS))
    assert ran.code == 2
    assert said in ran.err


# -- diff --------------------------------------------------------------------------------------


def test_diff_says_what_differs_and_why(project: Scratch) -> None:
    folder = project.root / FOLDS
    shutil.copytree(folder, project.root / "old")
    row = linking(folder)
    ran = project.fold_guard("diff", "old", str(FOLDS))
    assert ran.code == 0
    assert ran.out.startswith("SAME")
    put(project, FIRST, row)
    project.fold_guard("fold", "--extend", "old", "--on-conflict", "move", check=True)
    ran = project.fold_guard("diff", "old", str(FOLDS), "--data", "data/visits.parquet")
    assert ran.code == 1
    assert ran.out.startswith("DIFFERENT")
    assert "grown from the earlier one in 1 step" in ran.out
    assert "moved rows are of units that now link folds: row 'v9999'" in ran.out
    ran = project.fold_guard(
        "diff", "old", str(FOLDS), "--config", "params.yaml", "-f", "json", "-o", "diff.json"
    )
    assert (ran.code, ran.out) == (1, "")
    raw = project.read(project.root / "diff.json")
    assert raw["schema"] == "fold-guard/diff/1"
    assert raw["rows"]["added"] == ["v9999"]
    assert raw["counts"]["moved"] == sum(each["rows"] for each in raw["moves"]) > 0
    assert {each["kind"] for each in raw["reasons"]} == {"extension", "link", "data"}


def test_diff_tells_folds_that_were_dealt_anew(project: Scratch) -> None:
    shutil.copytree(project.root / FOLDS, project.root / "old")
    put(project, FIRST, SECOND)
    project.fold_guard("fold", check=True)
    ran = project.fold_guard("diff", "old", str(FOLDS), "--format", "markdown")
    assert ran.code == 1
    assert "dealt anew" in ran.out
    assert "| from fold | to fold | rows |" in ran.out


def test_diff_of_what_is_no_map(project: Scratch) -> None:
    assert project.fold_guard("diff", "nowhere", str(FOLDS)).code == 3
    assert project.fold_guard("diff", str(FOLDS)).code == 2
    ran = project.fold_guard("diff", str(FOLDS), str(FOLDS), "--format", "html")
    assert ran.code == 2


# -- DVC and git: the recipes of docs/growing.md ------------------------------------------------

STAGE = """
stages:
  fold:
    cmd: fold-guard fold --plan main --extend data/folds/main
    deps: [data/visits.parquet]
    params: [data, plans.main.fold]
    outs:
      - data/folds/main:
          persist: true
"""


def git(project: Scratch, *arguments: str, check: bool = True) -> str:
    return project.run("git", *arguments, check=check).out


def start(project: Scratch) -> None:
    git(project, "init", "--quiet", "--initial-branch", "main")


@pytest.mark.dvc
def test_a_dvc_stage_extends_its_own_output(project: Scratch) -> None:
    start(project)
    project.dvc("init", "--quiet", check=True)
    project.dvc("config", "core.analytics", "false", check=True)
    (project.root / "dvc.yaml").write_text(STAGE.lstrip(), encoding="utf-8")
    project.dvc("repro", check=True)
    first = folds(project.root / FOLDS)
    for tables in ((FIRST, SECOND), (FIRST, SECOND, THIRD)):
        put(project, *tables)
        project.dvc("repro", check=True)
    assert first.items() <= folds(project.root / FOLDS).items()
    assert len(folds(project.root / FOLDS)) == 270
    before = content(project.root / FOLDS)
    project.dvc("repro", "--force", check=True)
    assert content(project.root / FOLDS) == before
    # The map of a commit, as the recipe for merging takes it.
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "-m", "grown")
    project.dvc("get", ".", str(FOLDS), "--rev", "HEAD", "-o", ".merge/ours", check=True)
    assert content(project.root / ".merge" / "ours") == before
    # A fresh checkout gets it from the cache, and goes on from there.
    shutil.rmtree(project.root / FOLDS)
    project.dvc("checkout", check=True)
    assert content(project.root / FOLDS) == before


def branches(project: Scratch) -> None:
    """Two branches of git, each with rows of its own and the map extended by them."""
    start(project)
    (project.root / ".gitattributes").write_text(
        "data/folds/** merge=binary -diff\n", encoding="utf-8"
    )
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "-m", "base")
    for branch, table in (("theirs", THIRD), ("ours", SECOND)):
        git(project, "checkout", "--quiet", "-b", branch, "main")
        put(project, FIRST, table)
        project.fold_guard("fold", "--extend", str(FOLDS), check=True)
        git(project, "add", "--all")
        git(project, "commit", "--quiet", "-m", branch)


MERGE = """
set -eu
side() {
  mkdir -p "$2" && git archive "$1" data/folds/main | tar -x -C "$2"
}
side HEAD .merge/ours
side MERGE_HEAD .merge/theirs
fold-guard fold --plan main --merge .merge/ours/data/folds/main .merge/theirs/data/folds/main
rm -r .merge
git add data/folds/main
"""


def test_two_branches_of_git_merge(project: Scratch) -> None:
    branches(project)
    ours, theirs = (
        json.loads(git(project, "show", f"{branch}:data/folds/main/manifest.json"))
        for branch in ("ours", "theirs")
    )
    merged = project.run("git", "merge", "theirs")
    assert merged.code == 1
    assert "CONFLICT" in merged.out
    # In the work tree is our map, whole: git has mixed nothing.
    FoldMap.load(project.root / FOLDS)
    put(project, FIRST, SECOND, THIRD)
    git(project, "add", "data/visits.parquet")
    project.run("bash", "-c", MERGE, check=True)
    git(project, "commit", "--quiet", "-m", "merge")
    assert git(project, "status", "--porcelain") == ""
    new = FoldMap.load(project.root / FOLDS)
    assert new.manifest.parents == (ours["digest"], theirs["digest"])
    train(project)
    ran = project.fold_guard("verify")
    assert ran.code == 0, ran.text
    assert "3 ancestors" in ran.out
    assert "3 of 3 remade" in ran.out


def test_a_merge_with_a_conflict_leaves_our_map(project: Scratch) -> None:
    """Each branch brought a visit of an old patient to one new house."""
    start(project)
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "-m", "base")
    found = FIRST.with_columns(
        fold=pl.col("visit").replace_strict(folds(project.root / FOLDS), return_dtype=pl.Int64)
    )
    rows = [
        found.filter(pl.col("fold") == fold)[0]
        .drop("fold")
        .with_columns(visit=pl.lit(f"w{fold}"), house=pl.lit(7000, pl.Int64))
        for fold in (0, 1)
    ]
    for branch, row in zip(("theirs", "ours"), rows, strict=True):
        git(project, "checkout", "--quiet", "-b", branch, "main")
        put(project, FIRST, row)
        project.fold_guard("fold", "--extend", str(FOLDS), check=True)
        git(project, "add", "--all")
        git(project, "commit", "--quiet", "-m", branch)
    assert project.run("git", "merge", "theirs").code == 1
    git(project, "checkout", "--ours", "data/folds/main")
    put(project, FIRST, *rows)
    before = (project.root / FOLDS / "fold_map.parquet").read_bytes()
    ran = project.run("bash", "-c", MERGE)
    assert ran.code == 1
    assert "house 7000 is in fold" in ran.err
    assert (project.root / FOLDS / "fold_map.parquet").read_bytes() == before
    settled = MERGE.replace("--merge", "--on-conflict exclude --merge")
    project.run("bash", "-c", settled, check=True)
    assert sorted(folds(project.root / FOLDS)[row] for row in ("w0", "w1"))[0] == -2
