from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from fold_guard.errors import ConfigError, UsageError
from fold_guard.project import Project, load_project

ROOT = Path(__file__).parents[1]


def minimal() -> dict[str, Any]:
    return {
        "data": {"path": "t.csv", "roles": {"id": "visit", "label": "y", "groups": ["patient"]}},
        "plans": {
            "main": {
                "fold": {"strategy": "stratified_group", "n_splits": 3},
                "checks": {"row_identity": {}, "class_counts": {"min_test": 5}},
                "suites": {"raw": {"engine": "pandera", "file": "raw.py"}},
                "require": [{"metric": "accuracy", "min": 0.5}],
            }
        },
        "cv": {"estimator": {"call": "x.y"}},
        "report": {"title": "T"},
    }


def load(tmp_path: Path, change: Callable[[dict[str, Any]], object] = lambda _: None) -> Project:
    raw = minimal()
    change(raw)
    with (tmp_path / "params.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(raw, file)
    return load_project(tmp_path / "params.yaml")


def test_the_params_of_this_repository_are_valid() -> None:
    project = load_project(ROOT / "params.yaml")
    assert project.names(None) == ("stratified_group", "forward")
    assert project.table.exists()
    assert project.text == (ROOT / "params.yaml").read_text(encoding="utf-8")
    for name in project.names(None):
        policy = project.policy(name)
        assert set(policy.sources) <= {
            str(each.relative_to(ROOT)) for each in (ROOT / "expectations").iterdir()
        }
        assert len(policy.declared) == len(policy.rules) + len(policy.suites)


def test_a_minimal_project(tmp_path: Path) -> None:
    project = load(tmp_path)
    assert project.roles.id == ("visit",)
    assert project.roles.groups == ("patient",)
    plan = project.plan("main")
    assert (plan.fold.n_splits, plan.fold.seed) == (3, 0)
    assert plan.rules["class_counts"].thresholds()["min_test"] == 5
    assert project.table == tmp_path / "t.csv"
    assert project.paths("main").verdict == tmp_path / "reports" / "main" / "verdict.json"
    assert project.index == tmp_path / "reports" / "index.html"


def test_several_id_columns(tmp_path: Path) -> None:
    project = load(tmp_path, lambda raw: raw["data"]["roles"].update(id=["a", "b"]))
    assert project.roles.id == ("a", "b")


PROBLEMS: list[tuple[Callable[[dict[str, Any]], object], str, str]] = [
    (lambda raw: raw.pop("data"), "data.path", "is missing"),
    (lambda raw: raw["data"].pop("roles"), "data.roles", "is missing"),
    (lambda raw: raw["data"]["roles"].pop("id"), "data.roles.id", "is missing"),
    (lambda raw: raw["data"]["roles"].update(id=5), "data.roles.id", "must be text or a list"),
    (lambda raw: raw["data"]["roles"].update(lable="y"), "data.roles.lable", "mean 'label'?"),
    (lambda raw: raw["data"]["roles"].update(groups="p"), "data.roles.groups", "must be a list"),
    (lambda raw: raw["data"].update(dtypes={"a": "int"}), "data.dtypes.a", "must be one of"),
    (lambda raw: raw["data"].update(dtypes={"a": "date:"}), "data.dtypes.a", "'date:FORMAT'"),
    (lambda raw: raw.update(plan={}), "plan", "did you mean 'plans'?"),
    (lambda raw: raw.pop("plans"), "plans", "at least one plan"),
    (lambda raw: raw.update(plans={}), "plans", "at least one plan"),
    (lambda raw: raw.update(plans=[1]), "plans", "at least one plan"),
    (lambda raw: raw["plans"].update(main=None), "plans.main", "must be a mapping"),
    (lambda raw: raw["plans"]["main"].pop("fold"), "plans.main.fold", "is missing"),
    (lambda raw: raw["plans"]["main"].update(fold=None), "plans.main.fold", "is missing"),
    (lambda raw: raw["plans"]["main"].update(folds={}), "plans.main.folds", "mean 'fold'?"),
    (lambda raw: raw["plans"].update({"../up": raw["plans"]["main"]}), "plans.../up", "letters"),
    (
        lambda raw: raw["plans"]["main"]["fold"].update(n_splits="5"),
        "plans.main.fold.n_splits",
        "must be a whole number, got '5'",
    ),
    (
        lambda raw: raw["plans"]["main"]["fold"].update(n_splits=True),
        "plans.main.fold.n_splits",
        "must be a whole number, got True",
    ),
    (
        lambda raw: raw["plans"]["main"]["fold"].update(n_splits=1),
        "plans.main.fold.n_splits",
        "got 1",
    ),
    (
        lambda raw: raw["plans"]["main"]["fold"].update(embargo=float("nan")),
        "plans.main.fold.embargo",
        "at least 0",
    ),
    (
        lambda raw: raw["plans"]["main"]["checks"].update(group_overlaps={}),
        "plans.main.checks.group_overlaps",
        "did you mean 'group_overlap'?",
    ),
    (
        lambda raw: raw["plans"]["main"]["checks"]["class_counts"].update(min_tst=3),
        "plans.main.checks.class_counts.min_tst",
        "did you mean 'min_test'?",
    ),
    (
        lambda raw: raw["plans"]["main"]["checks"]["class_counts"].update(severity="fatal"),
        "plans.main.checks.class_counts.severity",
        "must be one of 'error' or 'warning'",
    ),
    (
        lambda raw: raw["plans"]["main"].update(checks=["row_identity"]),
        "plans.main.checks",
        "must be a mapping",
    ),
    (
        lambda raw: raw["plans"]["main"]["suites"]["raw"].update(engine="pandra"),
        "plans.main.suites.raw.engine",
        "must be one of",
    ),
    (
        lambda raw: raw["plans"]["main"]["suites"].update(row_identity={"file": "a"}),
        "plans.main.suites.row_identity",
        "is the name of a check",
    ),
    (
        lambda raw: raw["plans"]["main"]["require"].append({"metric": "accuracy"}),
        "plans.main.require.1",
        "needs 'min' or 'max'",
    ),
    (lambda raw: raw["plans"]["main"].update(require={}), "plans.main.require", "must be a list"),
    (lambda raw: raw["cv"].pop("estimator"), "cv.estimator", "is missing"),
    (lambda raw: raw["cv"].update(n_job=2), "cv.n_job", "did you mean 'n_jobs'?"),
    (lambda raw: raw["report"].update(titel="x"), "report.titel", "did you mean 'title'?"),
    (
        lambda raw: raw["report"].update(
            compare={"metric": "m", "loose": "main", "strict": "forwrd", "ignores": "time"}
        ),
        "report.compare.strict",
        "there is no plan 'forwrd'",
    ),
    (
        lambda raw: raw["report"].update(
            compare={"metric": "m", "loose": "main", "strict": "main", "ignore": "time"}
        ),
        "report.compare.ignore",
        "did you mean 'ignores'?",
    ),
]


@pytest.mark.parametrize(
    ("change", "path", "said"), PROBLEMS, ids=[f"{p[1]}: {p[2]}" for p in PROBLEMS]
)
def test_one_mistake_is_told_with_its_dotted_path(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], path: str, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, change)
    messages = [message for where, message in caught.value.problems if where == path]
    assert messages, caught.value.problems
    assert any(said in message for message in messages), messages
    assert caught.value.exit_code == 2


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    def spoil(raw: dict[str, Any]) -> None:
        raw["data"]["roles"]["lable"] = "y"
        raw["plans"]["main"]["fold"].update(n_splits=1, seed=-1)
        raw["plans"]["other"] = {"checks": {"group_overlap": {"zzz": 1}}}
        raw["cv"] = None
        raw["reports"] = {}

    with pytest.raises(ConfigError) as caught:
        load(tmp_path, spoil)
    assert {where for where, _ in caught.value.problems} == {
        "data.roles.lable",
        "plans.main.fold.n_splits",
        "plans.main.fold.seed",
        "plans.other.fold",
        "plans.other.checks.group_overlap.zzz",
        "cv.estimator",
        "reports",
    }
    assert caught.value.where.endswith("params.yaml")


@pytest.mark.parametrize("name", ["run_facts", "Run_Facts"])
def test_a_plan_may_not_be_called_like_a_folder_of_reports(tmp_path: Path, name: str) -> None:
    def rename(raw: dict[str, Any]) -> None:
        raw["plans"] = {name: raw["plans"]["main"]}

    with pytest.raises(ConfigError, match=rf"plans\.{name}: is the name of a folder"):
        load(tmp_path, rename)


def test_a_plan_may_be_called_by_a_number(tmp_path: Path) -> None:
    def number(raw: dict[str, Any]) -> None:
        raw["plans"] = {2024: raw["plans"]["main"]}
        raw["report"]["compare"] = {
            "metric": "m",
            "loose": "2024",
            "strict": "2024",
            "ignores": "t",
        }

    assert load(tmp_path, number).names(None) == ("2024",)


def test_an_unknown_plan_suggests_the_nearest(tmp_path: Path) -> None:
    project = load(tmp_path)
    assert project.names("main") == ("main",)
    with pytest.raises(UsageError) as caught:
        project.names("mian")
    assert caught.value.remedy == "Did you mean 'main'?"


def test_the_policy_seals_the_files_of_its_suites(tmp_path: Path) -> None:
    project = load(tmp_path)
    with pytest.raises(ConfigError, match=r"raw\.py cannot be read") as caught:
        project.policy("main")
    assert caught.value.problems[0][0] == "plans.main.suites.raw"
    (tmp_path / "raw.py").write_text("a = 1\n")
    before = project.policy("main").digest
    assert project.policy("main").digest == before
    (tmp_path / "raw.py").write_text("a = 2\n")
    assert project.policy("main").digest != before
