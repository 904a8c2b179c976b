"""Scratch projects: a small table, one cheap plan of each kind, a spy that tells of training."""

from __future__ import annotations

import fcntl
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from ruamel.yaml import YAML

REPO = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
# A fit leaves a line in a file beside this module: the proof that training did, or did not, start.
SPY = """
from pathlib import Path
from sklearn.dummy import DummyClassifier

class Spy(DummyClassifier):
    def fit(self, X, y, sample_weight=None):
        with Path(__file__).with_name("fits.log").open("a") as log:
            log.write(f"{len(y)}\\n")
        return super().fit(X, y, sample_weight)
"""
PARAMS = """
data:
  path: data/tests.parquet
  roles:
    id: row_id
    label: result
    groups: [subject_id]
    time: pan_day
    features: [gender, age]
plans:
  grouped:
    fold: {strategy: stratified_group, n_splits: 3, seed: 7}
    checks: &checks
      row_identity: {}
      fold_map_matches_data: {}
      fold_shape: {}
      class_counts: {min_test: 5, min_train: 10}
      group_overlap: {}
      temporal_order: {severity: warning}
    suites: {}
    require: []
  leaky:
    fold: {strategy: stratified, n_splits: 3, seed: 7}
    checks: *checks
    suites: {}
    require: []
cv:
  headline: [accuracy]
  estimator: {call: spy_estimator.Spy, with: {strategy: prior}}
  recheck: 0
report:
  title: Scratch
"""
SCHEMA = """
import pandera.polars as pa
import polars as pl

def schema(parameters):
    return pa.DataFrameSchema({"age": pa.Column(pl.Float64, pa.Check.ge(0))})
"""


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


class WarmProcess:
    """The process of `warm`, which ends when nobody is there to ask it."""

    def __init__(self) -> None:
        # A fork has the threads of native libraries no more.
        alone = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.acceptance.warm"],
            cwd=REPO,
            env={**os.environ, **alone},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def run(self, command: tuple[str, ...], root: Path, environment: dict[str, str]) -> Ran:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with tempfile.TemporaryDirectory() as folder:
            streams = {name: f"{folder}/{name}" for name in ("stdout", "stderr")}
            argv = [str(BIN / command[0]), *command[1:]]
            asked = {"argv": argv, "cwd": str(root), "env": environment, **streams}
            self.process.stdin.write(json.dumps(asked).encode() + b"\n")
            self.process.stdin.flush()
            code = int(self.process.stdout.readline())
            written = (Path(streams[name]).read_text(encoding="utf-8") for name in streams)
            return Ran(code, *written)


@functools.cache
def warm_process() -> WarmProcess:
    return WarmProcess()


@dataclass(frozen=True)
class Scratch:
    """A project in a folder of its own."""

    root: Path

    def run(self, *command: str, check: bool = False, **environment: str) -> Ran:
        """Run a command of the environment that runs the tests, in the project."""
        done = subprocess.run(
            command,
            cwd=self.root,
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return self._ended(command, Ran(done.returncode, done.stdout, done.stderr), check=check)

    def fold_guard(self, *arguments: str, check: bool = False, **environment: str) -> Ran:
        """Run the command in a fork of a process that has imported it; see `warm`.

        Where the environment is under test, an interpreter of its own sees it from the start.
        """
        command = ("fold-guard", *arguments)
        if environment.keys() - {"FOLD_GUARD_KEY"} or not hasattr(os, "fork"):
            return self.run(*command, check=check, **environment)
        ran = warm_process().run(command, self.root, self.environment(**environment))
        return self._ended(command, ran, check=check)

    def dvc(self, *arguments: str, check: bool = False, **environment: str) -> Ran:
        return self.run("dvc", *arguments, check=check, **environment)

    def environment(self, **environment: str) -> dict[str, str]:
        return {
            **os.environ,
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(self.root),
            # Nothing outside the scratch folder is read or written.
            "HOME": str(self.root.parent),
            "DVC_SITE_CACHE_DIR": str(self.root.parent / "dvc"),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            "COLUMNS": "200",
            **{f"GIT_{who}_NAME": "Test" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "test@example.org" for who in ("AUTHOR", "COMMITTER")},
            "GX_ANALYTICS_ENABLED": "false",
            **environment,
        }

    @staticmethod
    def _ended(command: tuple[str, ...], ran: Ran, *, check: bool) -> Ran:
        assert not check or ran.code == 0, f"{' '.join(command)}: {ran.text}"
        return ran

    @property
    def table(self) -> Path:
        return self.root / "data" / "tests.parquet"

    @property
    def trained(self) -> bool:
        """Whether any fit was called."""
        return (self.root / "fits.log").exists()

    def scores(self) -> list[str]:
        """Every file of a cross-validation, of any plan."""
        return sorted(
            str(path.relative_to(self.root))
            for folder in self.root.glob("reports/*/*cv*")
            for path in folder.rglob("*")
        )

    def assert_untrained(self) -> None:
        assert not self.trained, "an estimator was fitted"
        assert self.scores() == [], "scores were written"

    def artefact(self, plan: str, name: str) -> Path:
        return self.root / "reports" / plan / name

    def read(self, path: Path) -> Any:
        return json.loads(path.read_text(encoding="utf-8"))

    def write(self, path: Path, value: object) -> None:
        path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    def params(self) -> Any:
        # By way of JSON: an alias of YAML would be one object under two plans.
        return json.loads(json.dumps(YAML(typ="safe", pure=True).load(self.root / "params.yaml")))

    def set_params(self, value: object) -> None:
        with (self.root / "params.yaml").open("w", encoding="utf-8") as file:
            YAML().dump(value, file)


def _stages() -> str:
    """Return this repository's own dvc.yaml, for other data and other plans."""
    text = (REPO / "dvc.yaml").read_text(encoding="utf-8")
    for ours, theirs in (
        ("data/raw/covid_testing.parquet", "data/tests.parquet"),
        ("stratified_group", "grouped"),
        ("forward", "leaky"),
    ):
        assert ours in text
        text = text.replace(ours, theirs)
    return text


def _sample() -> pl.DataFrame:
    table = pl.read_parquet(REPO / "data" / "raw" / "covid_testing.parquet")
    return table.filter(pl.col("subject_id") % 8 == 0)


def _gated(root: Path) -> Scratch:
    """A git and DVC repository in which every stage before training has run."""
    scratch = Scratch(root)
    (root / "data").mkdir(parents=True)
    (root / "expectations").mkdir()
    _sample().write_parquet(scratch.table)
    for name, text in (
        ("params.yaml", PARAMS),
        ("dvc.yaml", _stages()),
        ("spy_estimator.py", SPY),
        ("expectations/ages.py", SCHEMA),
        (".gitignore", f"{(REPO / '.gitignore').read_text(encoding='utf-8')}\n/fits.log\n"),
    ):
        (root / name).write_text(text.lstrip("\n"), encoding="utf-8")
    scratch.run("git", "init", "--quiet", check=True)
    scratch.dvc("init", "--quiet", check=True)
    scratch.dvc("config", "core.analytics", "false", check=True)
    scratch.dvc("config", "core.check_update", "false", check=True)
    scratch.dvc("repro", "fold", "check", "gate@grouped", check=True)
    # The refusal is what makes this plan of use; the verdict stays on disk.
    assert scratch.dvc("repro", "gate@leaky").code != 0
    scratch.run("git", "add", "--all", check=True)
    scratch.run("git", "commit", "--quiet", "-m", "start", check=True)
    return scratch


def _whole(root: Path, gated: Path) -> None:
    """Every stage has run for both plans, and all is committed."""
    shutil.copytree(gated, root, symlinks=True)
    scratch = Scratch(root)
    params = scratch.params()
    params["plans"]["leaky"]["checks"]["group_overlap"] = {"severity": "warning"}
    scratch.set_params(params)
    scratch.dvc("repro", check=True)
    scratch.run("git", "add", "--all", check=True)
    scratch.run("git", "commit", "--quiet", "-m", "run", check=True)


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], Any]], Path]:
    """Make a folder once, also when several workers run the tests."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent

    def made(name: str, make: Callable[[Path], Any]) -> Path:
        folder = shared / f"acceptance-{name}"
        with (shared / f"acceptance-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "made").exists():
                shutil.rmtree(folder, ignore_errors=True)
                make(folder / "project")
                (folder / "made").touch()
        return folder / "project"

    return made


@pytest.fixture(scope="session")
def gated_original(once: Callable[[str, Callable[[Path], Any]], Path]) -> Path:
    return once("gated", _gated)


@pytest.fixture(scope="session")
def whole_original(
    once: Callable[[str, Callable[[Path], Any]], Path], gated_original: Path
) -> Path:
    return once("whole", lambda root: _whole(root, gated_original))


@pytest.fixture
def gated(gated_original: Path, tmp_path: Path) -> Scratch:
    """Plan ``grouped`` with a passing verdict, plan ``leaky`` refused; nothing trained yet."""
    root = tmp_path / "project"
    shutil.copytree(gated_original, root, symlinks=True)
    return Scratch(root)


@pytest.fixture(scope="session")
def whole(whole_original: Path) -> Scratch:
    """Both plans trained; shared, so tests only look at it."""
    return Scratch(whole_original)


@pytest.fixture
def whole_copy(whole_original: Path, tmp_path: Path) -> Scratch:
    root = tmp_path / "project"
    shutil.copytree(whole_original, root, symlinks=True)
    return Scratch(root)
